"""Execute all chapters of the report in parallel, skipping those that nothing has changed for."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from computebook import errors
from computebook.book import notebooks, recording
from computebook.book.execution import (
    DEFAULT_TIMEOUT_S,
    Outcome,
    checked_parameters,
    declared_parameters,
    execute_chapter,
    execute_here,
    process_pool,
)

__all__ = [
    "Outcome",
    "book_root",
    "chapter_paths",
    "checked_parameters",
    "declared_parameters",
    "execute_chapter",
    "opened_by",
    "refresh",
    "stale_chapters",
]

_CACHE = Path("_build") / "execution-cache"


def book_root(start: Path | None = None) -> Path:
    """Return the root of the report: the nearest folder upwards that holds `_toc.yml`.

    Parameters
    ----------
    start : pathlib.Path, optional
        Where to begin; the working folder otherwise.

    Returns
    -------
    pathlib.Path
        An absolute path.

    Raises
    ------
    ComputebookError
        If no folder upwards is a report.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "_toc.yml").is_file() and (folder / "_config.yml").is_file():
            return folder
    raise errors.ComputebookError(f"no report at or above {here}: _config.yml and _toc.yml needed")


def chapter_paths(root: Path) -> list[Path]:
    """Return every notebook of the report: the landing page and the chapters.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.

    Returns
    -------
    list of pathlib.Path
        In alphabetical order, the landing page first.
    """
    landing = [path for path in (root / "index.ipynb",) if path.is_file()]
    return landing + sorted(
        path for path in (root / "chapters").glob("*.ipynb") if not path.name.startswith(".")
    )


def refresh(
    chapters: Iterable[Path] | None = None,
    *,
    workers: int = 2,
    force: bool = False,
    timeout: int = DEFAULT_TIMEOUT_S,
    root: Path | None = None,
) -> Iterator[Outcome]:
    """Execute chapters in parallel with their defaults and write them in place.

    Parameters
    ----------
    chapters : iterable of pathlib.Path, optional
        Notebooks; all of the report otherwise.
    workers : int
        Processes at a time, at least 1.
    force : bool
        Execute even what nothing has changed for.
    timeout : int
        Longest time for one cell, in seconds.
    root : pathlib.Path, optional
        Root of the report; found upwards from the working folder otherwise.

    Yields
    ------
    Outcome
        One per chapter, as they end. A file is rewritten only when its bytes change.

    Raises
    ------
    ComputebookError
        If a notebook is missing.
    """
    errors.require_finite_in("workers", workers, "processes", 1, 64)
    base = book_root(root)
    paths = [Path(path).resolve() for path in (chapters or chapter_paths(base))]
    keys = {path: notebooks.cache_key(path, base, {}) for path in paths}
    due = [path for path in paths if force or not _is_fresh(path, base, keys[path])]
    yield from (Outcome(path.stem, "cached") for path in paths if path not in due)
    if due:
        yield from _refresh_due(due, base, keys, workers, timeout)


def stale_chapters(root: Path | None = None) -> list[Path]:
    """Return the chapters that are not known to be what their sources give.

    Parameters
    ----------
    root : pathlib.Path, optional
        Root of the report; found upwards from the working folder otherwise.

    Returns
    -------
    list of pathlib.Path
        Those that `refresh` would execute; all of them in a fresh copy.
    """
    base = book_root(root)
    paths = chapter_paths(base)
    return [
        path for path in paths if not _is_fresh(path, base, notebooks.cache_key(path, base, {}))
    ]


def _refresh_due(
    due: list[Path], root: Path, keys: Mapping[Path, str], workers: int, timeout: int
) -> Iterator[Outcome]:
    pool = process_pool(min(workers, len(due)))
    running: dict[Future[Outcome], Path] = {
        pool.submit(execute_here, path, {}, path, timeout): path for path in due
    }
    try:
        for done in as_completed(running):
            path = running[done]
            outcome = _result(done, path.stem)
            if not outcome.failed:
                _remember(path, root, keys[path], outcome.opened)
            yield outcome
    except BaseException:
        _stop(pool)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for path in due:
            notebooks.sweep(path.parent, path.stem)


def _result(done: Future[Outcome], chapter: str) -> Outcome:
    try:
        return done.result()
    except BrokenProcessPool:
        return Outcome(chapter, "failed", message="its process was killed (memory?)")


def _stop(pool: ProcessPoolExecutor) -> None:
    """End the workers; each removes its unfinished file on the way out."""
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        process.terminate()


def _cache_file(path: Path, root: Path) -> Path:
    return root / _CACHE / f"{path.stem}.json"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def opened_by(path: Path, root: Path, key: str) -> tuple[str, ...] | None:
    """Return which files of the data the published outputs of a chapter come from.

    Parameters
    ----------
    path : pathlib.Path
        The notebook.
    root : pathlib.Path
        Root of the report.
    key : str
        From `notebooks.cache_key`, with no parameters.

    Returns
    -------
    tuple of str or None
        Names below the data folder, "*" for all of it; None if the notebook on disk is not known
        to be what its sources give.
    """
    record = _cache_file(path, root)
    if not record.is_file():
        return None
    known = json.loads(record.read_text("utf-8"))
    if (known["key"], known["notebook"]) != (key, _digest(path)):
        return None
    return tuple(known.get("opened", [recording.EVERYTHING]))


def _is_fresh(path: Path, root: Path, key: str) -> bool:
    """Return whether the notebook on disk is what this key produced before."""
    return opened_by(path, root, key) is not None


def _remember(
    path: Path, root: Path, key: str, opened: Sequence[str] = (recording.EVERYTHING,)
) -> None:
    known = {"key": key, "notebook": _digest(path), "opened": list(opened)}
    notebooks.write(_cache_file(path, root), json.dumps(known, indent=1))


def main(arguments: Sequence[str] | None = None) -> int:
    """Execute notebooks from the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Notebook files, and `-p name=value` with the value as JSON.

    Returns
    -------
    int
        0 when all succeeded.
    """
    import argparse

    parser = argparse.ArgumentParser(prog="python -m computebook.book.runner")
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--out", type=Path, help="where one notebook goes; in place otherwise")
    parser.add_argument("--timeout", type=int, default=DEFAULT_TIMEOUT_S)
    options = parser.parse_args(arguments)
    values = dict(item.split("=", 1) for item in options.parameter)
    given = {name: json.loads(value) for name, value in values.items()}
    outcomes = [
        execute_chapter(path, given, options.out, options.timeout) for path in options.notebooks
    ]
    for outcome in outcomes:
        print(f"{outcome.chapter}: {outcome.status} in {outcome.seconds:.1f} s {outcome.message}")
        if outcome.failed:
            print(outcome.detail, file=sys.stderr)
    return int(any(outcome.failed for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
