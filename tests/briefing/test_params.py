"""`computebook params`: every parameter, what it moves, and a schema that editors can use."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from computebook.book import execution, notebooks, traces
from computebook.book.pages import CHAPTERS, PAGES
from computebook.book.traces import Trace, candidates, read_traces, shown, write_traces
from computebook.briefing.loading import load
from computebook.briefing.schema import json_schema
from computebook.briefing.template import template_text
from computebook.cli import main
from computebook.cli.parameters import briefing_schema, pages, params
from computebook.errors import ComputebookError
from computebook.parameters import Parameter

COMMAND = Path(sys.executable).with_name("computebook")
HEAD = {"client": "A", "title": "B", "date": "2026-11-23", "edition": "2026.1"}


@pytest.fixture(scope="module")
def validator() -> Any:
    """Return a checker of the published schema, formats included."""
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


def plain(text: str) -> Any:
    """Return YAML as an editor's schema server sees it: dates are text."""

    def spelt(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: spelt(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [spelt(entry) for entry in value]
        return value.isoformat() if isinstance(value, dt.date) else value

    class Editor(yaml.SafeLoader):
        """YAML 1.2, in which 1e6 is a number."""

    Editor.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?\d+(\.\d+)?[eE][-+]?\d+$"),
        list("-+0123456789"),
    )
    return spelt(Editor(text).get_single_data())


def declared() -> Iterator[tuple[str, Parameter]]:
    for page in PAGES:
        for parameter in execution.declared_parameters(page):
            yield page, parameter


def test_examples_and_template_satisfy_the_schema(root: Path, validator: Any) -> None:
    examples = sorted((root / "data" / "scenarios").glob("*.yaml"))
    assert len(examples) == 3
    texts = [path.read_text(encoding="utf-8") for path in examples] + [template_text()]
    for text in texts:
        assert not list(validator.iter_errors(plain(text)))


@pytest.mark.parametrize(
    "change",
    [
        {"clientt": "A"},
        {"client": 12},
        {"client": ""},
        {"date": "23.11.2026"},
        {"edition": "2025.1"},
        {"slug": "../a"},
        {"chapters": ["gpu_sizng"]},
        {"chapters": []},
        {"parameters": {"gpu_sizng": {}}},
        {"parameters": {"gpu_sizing": {"user": 1}}},
        {"parameters": {"gpu_sizing": {"users": 0}}},
        {"parameters": {"gpu_sizing": {"users": "64 persons"}}},
        {"parameters": {"gpu_sizing": {"users": 64.5}}},
        {"parameters": {"gpu_sizing": {"kv_precision": "fp7"}}},
        {"parameters": {"gpu_sizing": {"models": "llama-3.1-8b"}}},
        {"parameters": {"gpu_sizing": {"models": []}}},
        {"data": {"tables": {"claims": "a.csv"}}},
        {"data": {"usage": "a.csv"}},
    ],
)
def test_schema_and_reader_refuse_the_same(
    validator: Any, tmp_path: Path, change: dict[str, Any]
) -> None:
    value = HEAD | change
    assert not list(validator.iter_errors(HEAD))
    assert list(validator.iter_errors(value))
    path = tmp_path / "a.yaml"
    path.write_text(json.dumps(value))
    with pytest.raises(ComputebookError, match=r"a\.yaml:1: "):
        load(path)


def test_the_schema_says_what_an_editor_shows(validator: Any) -> None:
    defs = validator.schema["$defs"]
    for chapter in CHAPTERS:
        described = defs[f"Parameters_{chapter}"]["properties"]
        for parameter in execution.declared_parameters(chapter):
            told = described[parameter.name]
            assert told["description"] == parameter.meaning
            assert told["unit"] == parameter.unit
            assert told["default"] == parameter.default
            values = told["items"] if parameter.kind == "list" else told
            assert values.get("enum", []) == list(parameter.choices)
            assert values.get("minimum") == parameter.low
            assert values.get("maximum") == parameter.high


def test_every_parameter_is_listed_with_what_it_moves() -> None:
    done = CliRunner().invoke(main, ["params", "--json"])
    assert done.exit_code == 0, done.output
    rows = {(row["chapter"], row["name"]): row for row in json.loads(done.output)}
    assert list(rows) == [(page, parameter.name) for page, parameter in declared()]
    for page, parameter in declared():
        row = rows[page, parameter.name]
        assert row["meaning"] == parameter.meaning
        assert row["unit"] == parameter.unit
    sized = rows["gpu_sizing", "weight_precision"]
    assert "tab-gpu-decision" in sized["tables"].split()
    drawn = CliRunner().invoke(main, ["params", "gpu_sizing"])
    assert "takeaways" in drawn.output


def test_each_trace_is_of_a_parameter_that_exists_and_of_values_it_accepts() -> None:
    known = read_traces()
    parameters = {(page, parameter.name): parameter for page, parameter in declared()}
    missing = [key for key in parameters if key not in known]
    assert not missing, "run computebook params --trace"
    assert not known.keys() - parameters.keys()
    for key, found in known.items():
        assert found.tried
        for value in found.tried:
            assert parameters[key].check(value) != parameters[key].default


def test_what_is_said_to_move_is_in_the_chapter(root: Path) -> None:
    known = read_traces()
    for chapter in CHAPTERS:
        text = "\n".join(
            cell["source"] + json.dumps(cell.get("outputs", []))
            for cell in notebooks.read(root / "chapters" / f"{chapter}.ipynb")["cells"]
        )
        of_chapter = [found for (page, _), found in known.items() if page == chapter]
        moved = {name for found in of_chapter for name in (*found.tables, *found.figures)}
        assert moved, chapter
        absent = {name for name in moved if name not in text}
        assert not absent, f"run computebook params {chapter} --trace"


def test_a_trace_is_what_moving_the_parameter_shows(root: Path) -> None:
    path = root / "chapters" / "source_audit.ipynb"
    cells = [cell["source"] for _, cell in notebooks.code_cells(notebooks.read(path))]
    published = shown(cells, {})
    fewer = shown(cells, {"deviations_shown": 5})
    moved = {name for name in published if published[name] != fewer.get(name)}
    found = read_traces()["source_audit", "deviations_shown"]
    assert ("figures", "fig-deviations") in moved
    assert {name for kind, name in moved if kind == "figures"} == set(found.figures)
    assert {name for kind, name in moved if kind == "tables"} == set(found.tables)


def test_candidates_lie_within_the_declaration() -> None:
    for _, parameter in declared():
        for value in candidates(parameter):
            assert parameter.check(value) == value
            assert value != parameter.default


def test_traces_are_kept_as_they_were(tmp_path: Path) -> None:
    found = [Trace("a", "b", (1, "x", [2.5]), ("tab-a", "tab-b"), (), ("1", "10"))]
    path = tmp_path / "t.tsv"
    assert write_traces(found, path)
    assert list(read_traces(path).values()) == found
    assert not write_traces(found, path), "equal bytes"
    assert found[0].words == "tab-a, tab-b, takeaways 1, 10"


def test_a_parameter_that_accepts_nothing_else_is_said(root: Path) -> None:
    path = root / "chapters" / "source_audit.ipynb"
    fixed = Parameter("deviations_shown", "int", "rows", 20, 20, 20, meaning="Fixed.")
    with pytest.raises(ComputebookError, match=r"source_audit\.deviations_shown: no other value"):
        list(traces.trace(path, [fixed]))


def test_the_command_as_a_process(root: Path, tmp_path: Path) -> None:
    done = subprocess.run([COMMAND, "params", "--schema"], capture_output=True, text=True,
                          cwd=tmp_path, check=True)  # fmt: skip
    assert json.loads(done.stdout) == json.loads(json.dumps(json_schema()))


def test_an_unknown_page_gets_a_sentence() -> None:
    done = CliRunner().invoke(params, ["gpu_sizin"])
    assert isinstance(done.exception, ComputebookError)
    assert "did you mean 'gpu_sizing'" in str(done.exception)


def test_all_pages_with_parameters_are_listed() -> None:
    asked = {name for name in pages() if execution.declared_parameters(name)}
    assert asked == set(PAGES)


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "computebook.briefing.schema", None)
    with pytest.raises(ComputebookError, match=r"pip install 'computebook\[brief\]'"):
        briefing_schema()


def test_one_file_alone_says_what_parameters_move() -> None:
    """A second one would grow old unseen: readers know only that of `book.traces`."""
    found = list(Path(traces.__file__).parents[1].rglob(traces.FILE.name))
    assert found == [traces.FILE]
