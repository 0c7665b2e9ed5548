"""The command with one phase that says when it is reached, and then takes a minute."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from computebook import briefing, cli
from computebook.briefing import work

MARK = "COMPUTEBOOK_TEST_MARK"


def reached(*_: object) -> None:
    Path(os.environ[MARK]).touch()
    time.sleep(60)


def slow_build(*_: object) -> None:
    """Start a process in a session of its own, as a browser is, and wait for it."""
    mark = Path(os.environ[MARK])
    mark.touch()
    subprocess.run(["sleep", "60"], cwd=mark.parent, start_new_session=True, check=False)


PHASES: dict[str, tuple[object, str, Callable[..., None]]] = {
    "loading": (briefing, "load_all", reached),
    "building": (work, "write_formats", slow_build),
    "writing": (work, "close_folder", reached),
}


def main(phase: str, mark: str) -> None:
    os.environ[MARK] = mark
    work.make_pages = work.write_formats = nothing
    if phase in PHASES:
        module, name, function = PHASES[phase]
        setattr(module, name, function)
    cli.main()


def nothing(*_: object) -> None:
    """Write nothing."""
