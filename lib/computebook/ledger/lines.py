"""Read lines from files, compressed files and standard input without holding a file in memory.

A line is a piece of work with a name: file and number. A line without an end (a binary file, a
broken export) is cut off at a bound, so that no input can fill the memory.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final, NamedTuple

from computebook import errors

__all__ = ["MAX_LINE_BYTES", "STDIN", "Line", "byte_count", "lines", "require_files"]

STDIN: Final = "-"
MAX_LINE_BYTES: Final = 64 * 2**20
"""Longest line, bytes: a response of a million tokens has about 10 MB."""

_GZIP_MAGIC: Final = b"\x1f\x8b"
_BUFFER_BYTES: Final = 2**20
_REPORT_EVERY: Final = 4096


class Line(NamedTuple):
    """One line with its place; `problem` says why the text is not whole."""

    file: str
    number: int
    text: bytes
    problem: str = ""


def require_files(paths: Sequence[str | Path]) -> list[str]:
    """Return the paths as text after checking that each is a file to read, or `-`.

    Parameters
    ----------
    paths : sequence of str or Path
        Files; `-` for standard input, once.

    Raises
    ------
    ComputebookError
        If there is none, one does not exist or is a folder, or `-` is given twice.

    Examples
    --------
    >>> require_files(["-"])
    ['-']
    """
    names = [str(path) for path in paths]
    if not names:
        raise errors.ComputebookError("no file to read: name one, or - for standard input")
    for name in names:
        if name != STDIN and not Path(name).exists():
            raise errors.ComputebookError(f"{name} does not exist")
        if Path(name).is_dir():
            raise errors.ComputebookError(f"{name} is a folder: name the files in it")
    if names.count(STDIN) > 1:
        raise errors.ComputebookError("standard input (-) is named twice: it can be read once")
    return names


def byte_count(paths: Sequence[str]) -> int | None:
    """Return the size of the files on disk, bytes; None if one is a pipe or standard input."""
    if any(path == STDIN or not Path(path).is_file() for path in paths):
        return None
    return sum(Path(path).stat().st_size for path in paths)


def _plain(stream: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
    """Return the stream, decompressed if its first bytes say that it is gzip."""
    peek = stream.peek(2)[:2] if isinstance(stream, io.BufferedReader) else b""
    return gzip.open(stream) if peek == _GZIP_MAGIC else stream


@contextlib.contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    if path == STDIN:
        yield sys.stdin.buffer
        return
    with Path(path).open("rb", buffering=_BUFFER_BYTES) as stream:
        yield stream


def _numbered(stream: IO[bytes] | gzip.GzipFile, file: str) -> Iterator[Line]:
    number, cut = 0, False
    while text := stream.readline(MAX_LINE_BYTES):
        whole = text.endswith(b"\n") or len(text) < MAX_LINE_BYTES
        if not cut:
            number += 1
            problem = "" if whole else f"longer than {MAX_LINE_BYTES} bytes"
            yield Line(file, number, text, problem)
        cut = not whole


def lines(paths: Sequence[str], on_bytes: Callable[[int], None] | None = None) -> Iterator[Line]:
    r"""Yield the lines of all files in turn, each with its file and number.

    Parameters
    ----------
    paths : sequence of str
        Files, plain or gzip (told by their first bytes), or `-`.
    on_bytes : function, optional
        Called now and then with the bytes used up since the last call, for a progress bar.

    Yields
    ------
    Line
        Numbered from 1 in each file. A file that breaks off (truncated gzip) ends with a line
        whose `problem` says so; the next file follows.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.jsonl"
    ...     _ = path.write_bytes(b"{}\n{}\n")
    ...     [(line.number, line.text) for line in lines([str(path)])]
    [(1, b'{}\n'), (2, b'{}\n')]
    """
    for path in paths:
        with _opened(path) as stream:
            yield from _with_progress(stream, path, on_bytes or _nowhere)


def _nowhere(used: int) -> None:
    """Take a report of progress that nobody asked for."""


def _with_progress(stream: IO[bytes], path: str, on_bytes: Callable[[int], None]) -> Iterator[Line]:
    seen, number = 0, 0
    try:
        for line in _numbered(_plain(stream), path):
            number = line.number
            yield line
            if number % _REPORT_EVERY == 0 and path != STDIN:
                seen, used = stream.tell(), stream.tell() - seen
                on_bytes(used)
    except (OSError, EOFError, zlib.error) as broken:
        yield Line(path, number + 1, b"", f"the file breaks off here ({broken})")
    if path != STDIN:
        on_bytes(stream.tell() - seen)
