"""Commands that pages show are commands that exist."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from computebook.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("chapters/briefings.md", "README.md", "CONTRIBUTING.md", "data/scenarios/README.md")
SHOWN = re.compile(r"^(?:\.venv/bin/)?(computebook .*?)$|`(computebook [^`]*)`", re.M)


def shown() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8").replace("\\\n", " ")
        for found in SHOWN.finditer(text):
            yield page, (found[1] or found[2]).partition(" > ")[0]


@pytest.mark.parametrize(("page", "line"), list(shown()))
def test_shown_commands_exist(page: str, line: str) -> None:
    command: click.Command = main
    context = click.Context(main)
    words = shlex.split(line)[1:]
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words.pop(0))
        assert found is not None, f"{page}: {line}"
        command = found
    known = {name for parameter in command.params for name in parameter.opts} | {"-h", "--help"}
    options = {word.partition("=")[0] for word in words if word.startswith("-")}
    assert options <= known, f"{page}: {line}: {sorted(options - known)}"


def test_error_on_the_page_is_what_the_command_says(tmp_path: Path) -> None:
    text = (ROOT / "data" / "scenarios" / "bank.yaml").read_text(encoding="utf-8")
    file = tmp_path / "bank.yaml"
    file.write_text(text.replace("requests_per_month:", "requests_per_mont:"), encoding="utf-8")
    shutil.copytree(ROOT / "data" / "scenarios" / "bank", tmp_path / "bank")
    said = CliRunner().invoke(main, ["brief", str(file), "--out", str(tmp_path / "out")])
    page = (ROOT / "chapters" / "briefings.md").read_text(encoding="utf-8")
    line = re.findall(r"^Error: (.*)$", page, re.M)[0]
    assert said.exit_code == 1
    assert line in said.stderr
    assert not (tmp_path / "out").exists()
