"""What runs on a machine of a Dask cluster: the standard library only, sent as bytes.

The package, the client's tables and the notebook travel with the order; the machine needs the
packages of the lock file and nothing of ours. What it unpacks is private to its user and to one
run, and is removed when the run ends.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["answer", "carried", "clear", "execute", "packed", "versions"]


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip archive; equal bytes for equal files.

    Examples
    --------
    >>> packed({"b": b"2", "a": b"1"}) == packed({"a": b"1", "b": b"2"})
    True
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as into:
        for name in sorted(files):
            into.writestr(zipfile.ZipInfo(name), files[name], zipfile.ZIP_DEFLATED, 6)
    return archive.getvalue()


def carried(archive: bytes) -> bytes:
    """Return an archive: as a task of its own it travels once, and again if its machine dies."""
    return archive


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the versions of Python and of packages here; empty for a missing one."""
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    for name in packages:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = ""
    return found


def run_folder(run: str) -> Path:
    """Return the folder of one run on this machine, made for this user only."""
    folder = Path(tempfile.gettempdir()) / f"computebook-{run}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def unpacked(archive: bytes, folder: Path) -> Path:
    """Return where an archive lies unpacked, under its own digest; unpack it if it does not."""
    target = folder / hashlib.sha256(archive).hexdigest()[:32]
    if not target.is_dir():
        partial = Path(tempfile.mkdtemp(dir=folder))
        zipfile.ZipFile(io.BytesIO(archive)).extractall(partial)
        try:
            partial.rename(target)
        except OSError:  # another process of this machine was first
            shutil.rmtree(partial)
    return target


def execute(
    library: bytes,
    data: bytes,
    notebook: bytes,
    name: str,
    parameters: Mapping[str, Any],
    timeout: int,
    run: str,
) -> tuple[dict[str, Any], bytes]:
    """Execute a chapter here and return its outcome and the executed notebook.

    Nothing outside the run's own folder is touched, so that a second attempt finds no trace of
    a first one that was killed.

    Parameters
    ----------
    library, data : bytes
        Archives of the package and of the client's tables.
    notebook : bytes
        The chapter.
    name : str
        Its name.
    parameters : mapping
        Checked values.
    timeout : int
        Longest time for one cell, in seconds.
    run : str
        Name of the run.
    """
    folder = run_folder(run)
    scratch = Path(tempfile.mkdtemp(prefix="chapter-", dir=folder))
    # The library is kept for the next chapter; the client's tables go with this one's scratch.
    environment = dict(os.environ) | {
        "PYTHONPATH": str(unpacked(library, folder)),
        "COMPUTEBOOK_DATA": str(unpacked(data, scratch)),
        "TMPDIR": str(scratch),  # what Jupyter and the chapter leave goes with it too
    }
    source, target = scratch / f"{name}.ipynb", scratch / "out" / f"{name}.ipynb"
    source.write_bytes(notebook)
    order = {
        "notebook": str(source),
        "parameters": dict(parameters),
        "target": str(target),
        "timeout": timeout,
    }
    (scratch / "order.json").write_text(json.dumps(order), encoding="utf-8")
    command = [sys.executable, "-m", "computebook.book.remote", str(scratch / "order.json")]
    try:
        said = _run(command, environment, folder)
        answer = scratch / "outcome.json"
        if not answer.is_file():
            raise RuntimeError(f"chapter {name} ended without an outcome: {said[-2000:]}")
        outcome = json.loads(answer.read_text("utf-8"))
        return outcome, target.read_bytes() if target.is_file() else b""
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def answer(library: bytes, data: bytes, words: Sequence[str], run: str) -> bytes:
    """Run a module of the package here and return the file that it writes.

    Parameters
    ----------
    library, data : bytes
        Archives of the package and of the tables.
    words : sequence of str
        The module and its arguments; the name of the file is added to them.
    run : str
        Name of the run.
    """
    folder = run_folder(run)
    environment = dict(os.environ) | {
        "PYTHONPATH": str(unpacked(library, folder)),
        "COMPUTEBOOK_DATA": str(unpacked(data, folder)),
    }
    scratch = Path(tempfile.mkdtemp(prefix="answer-", dir=folder))
    target = scratch / "answer"
    try:
        said = _run([sys.executable, "-m", *words, str(target)], environment, folder)
        if not target.is_file():
            raise RuntimeError(said.strip().splitlines()[-1] if said.strip() else "no answer")
        return target.read_bytes()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _run(command: list[str], environment: dict[str, str], folder: Path) -> str:
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    mark = folder / f"{process.pid}.pid"
    mark.touch()
    try:
        return process.communicate()[0]
    finally:
        process.kill()
        mark.unlink(missing_ok=True)


def clear(run: str) -> None:
    """End what a run still executes on this machine, and remove all that it unpacked."""
    folder = Path(tempfile.gettempdir()) / f"computebook-{run}"
    for mark in folder.glob("*.pid"):
        try:
            os.kill(int(mark.stem), signal.SIGTERM)
        except OSError:
            continue
    shutil.rmtree(folder, ignore_errors=True)
