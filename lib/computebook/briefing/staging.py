"""A client's folder appears whole or not at all.

Everything is made in a hidden folder beside the target, `.SLUG.PID.partial`, and put in place by
a rename; the folder that stood there goes only then.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

from computebook.errors import ComputebookError

__all__ = ["prepared", "put_in_place", "staging_folder", "sweep"]

_PARTIAL = re.compile(r"^\.(?P<slug>[a-z0-9-]+)\.(?P<pid>\d+)\.partial$")
_OLD = "replaced"


def staging_folder(out: Path, slug: str) -> Path:
    """Return where the unfinished work of this process for a client lies."""
    return out / f".{slug}.{os.getpid()}.partial"


def prepared(out: Path) -> Path:
    """Return the folder for all clients, made and found writable.

    Raises
    ------
    ComputebookError
        If it cannot be made or written.
    """
    probe = out / f".{os.getpid()}.probe"
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as fault:
        raise ComputebookError(
            f"folder {out} cannot be written ({fault.strerror}): nothing was done"
        ) from fault
    return out.resolve()


def sweep(out: Path) -> None:
    """Remove what processes that are gone left unfinished; put back what they were replacing."""
    for folder in out.glob(".*.partial"):
        found = _PARTIAL.match(folder.name)
        if found and not psutil.pid_exists(int(found["pid"])):
            old, target = folder / _OLD, out / found["slug"]
            if old.is_dir() and not target.exists():
                old.rename(target)
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def removed_at_end(folder: Path) -> Iterator[Path]:
    """Make a folder that only its owner reads, and remove it whatever happens."""
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put_in_place(finished: Path, target: Path) -> None:
    """Rename a finished folder to its place; what stood there comes back if that fails.

    Parameters
    ----------
    finished : pathlib.Path
        A folder inside the staging folder.
    target : pathlib.Path
        Where it goes, on the same file system.
    """
    old = finished.parent / _OLD
    if target.exists():
        target.rename(old)
    try:
        finished.rename(target)
    except BaseException:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
