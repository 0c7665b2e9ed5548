"""Find the executed chapters of an edition, a briefing or a folder of notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import computebook
from computebook.book.contents import ChapterRecord, read_chapter, read_report
from computebook.book.runner import book_root
from computebook.errors import ComputebookError

__all__ = ["PUBLISHED", "published_root", "read"]

PUBLISHED: Final = "published"
#: Where a folder keeps its chapters: a briefing, a published edition, and a plain folder.
_PLACES: Final = ("notebooks", "_sources/chapters", "site/_sources/chapters", "chapters", ".")


def published_root(start: Path | None = None) -> Path:
    """Return the root of the published report.

    Parameters
    ----------
    start : pathlib.Path, optional
        A folder in it. Otherwise the report around the working folder, and where there is none,
        that of the checkout from which the library runs: briefings are written anywhere.

    Returns
    -------
    pathlib.Path
        An absolute path.

    Raises
    ------
    ComputebookError
        If there is no report; the sentence says how to name one.

    Examples
    --------
    >>> published_root(Path("/"))
    Traceback (most recent call last):
        ...
    computebook.errors.ComputebookError: no report at or above /: _config.yml and _toc.yml needed
    """
    if start is not None:
        return book_root(start)
    try:
        return book_root()
    except ComputebookError:
        checkout = Path(computebook.__file__).parents[2]
        if (checkout / "_toc.yml").is_file():
            return checkout
        raise ComputebookError(
            f"no report at or above {Path.cwd()}, and none comes with this installation: run the "
            f"command in a checkout of the report, or name one with --report FOLDER"
        ) from None


def read(named: str | Path) -> Mapping[str, ChapterRecord]:
    """Return what the chapters of a report show.

    Parameters
    ----------
    named : str or Path
        `published`, the report of this checkout; or the folder of a briefing, of a published
        edition, of a report or of notebooks; or one notebook.

    Returns
    -------
    mapping of str to ChapterRecord
        By chapter.

    Raises
    ------
    ComputebookError
        If there is no such folder, or no notebook in it.
    """
    if str(named) == PUBLISHED:
        return read_report(published_root())
    path = Path(named)
    if path.is_file() and path.suffix == ".ipynb":
        return {path.stem: read_chapter(path)}
    if not path.is_dir():
        raise ComputebookError(f"no edition, briefing or notebook at {path}")
    if (path / "_toc.yml").is_file():
        return read_report(path)
    for place in _PLACES:
        found = sorted((path / place).glob("[!.]*.ipynb"))
        if found:
            return {notebook.stem: read_chapter(notebook) for notebook in found}
    raise ComputebookError(f"{path} holds no notebook: give an edition, a briefing or 'published'")
