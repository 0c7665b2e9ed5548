"""Note which files of the data a kernel opens, so that other data re-executes no more than it must.

`python -m computebook.book.recording` is a kernel like any other, with an audit hook of the
interpreter in place before the first cell: no way of opening a file in Python passes it by.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

WATCHED: Final = "COMPUTEBOOK_WATCHED"
RECORD: Final = "COMPUTEBOOK_RECORD"
EVERYTHING: Final = "*"
"""Stands for all of the data: what another process reads is not seen from here."""

_OTHER_PROCESS = frozenset(
    ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system")
)


def recorder(watched: Sequence[str], note: Callable[[str], None]) -> Callable[[str, Any], None]:
    """Return an audit hook that notes each watched file once.

    Parameters
    ----------
    watched : sequence of str
        Absolute paths of files, and of folders with all that lies in them.
    note : callable
        Called with the name of a file: its path below the watched folder, or its own name.

    Returns
    -------
    callable
        For `sys.addaudithook`.

    Examples
    --------
    >>> seen = []
    >>> hook = recorder(["/book/data"], seen.append)
    >>> hook("open", ("/book/data/terms.csv", "r", 0))
    >>> hook("open", ("/elsewhere/terms.csv", "r", 0))
    >>> seen
    ['terms.csv']
    """
    known: set[str] = set()

    def hook(event: str, arguments: Any) -> None:
        name = None
        if event == "open" and isinstance(arguments[0], str | bytes):
            name = _watched_name(os.path.abspath(os.fsdecode(arguments[0])), watched)  # noqa: PTH100 - a Path here would open audit events of its own
        elif event in _OTHER_PROCESS:
            name = EVERYTHING
        if name is not None and name not in known:
            known.add(name)
            note(name)

    return hook


def _watched_name(path: str, watched: Sequence[str]) -> str | None:
    for place in watched:
        if path == place:
            return os.path.basename(path)  # noqa: PTH119 - as above
        if path.startswith(place + os.sep):
            return path[len(place) + 1 :].replace(os.sep, "/")
    return None


def read_names(record: Path) -> tuple[str, ...]:
    """Return what a kernel noted.

    Parameters
    ----------
    record : pathlib.Path
        File that the kernel wrote.

    Returns
    -------
    tuple of str
        Names in alphabetical order; `("*",)` if the kernel left no record.
    """
    if not record.is_file():
        return (EVERYTHING,)
    names = set(record.read_text("utf-8").splitlines())
    return (EVERYTHING,) if EVERYTHING in names else tuple(sorted(names))


def main() -> None:
    """Start a kernel that notes what it opens."""
    from ipykernel import kernelapp

    # The folder of the notebook is no place to import from, as in ipykernel's own launcher.
    sys.path = [place for place in sys.path if place not in ("", os.getcwd())]  # noqa: PTH109
    record = os.open(os.environ[RECORD], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    platform.processor()  # starts a process once; the kernel's debugger asks for it too
    watched = os.environ[WATCHED].split(os.pathsep)
    sys.addaudithook(recorder(watched, lambda name: _append(record, name)))
    kernelapp.launch_new_instance()


def _append(record: int, name: str) -> None:
    os.write(record, f"{name}\n".encode())


if __name__ == "__main__":
    main()
