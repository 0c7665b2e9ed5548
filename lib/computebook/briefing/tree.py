"""The scratch copy of the report in which a client's briefing is executed and built."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from computebook.errors import ComputebookError

__all__ = ["DATA", "REFERENCE_PAGES", "build_tree", "notebook_names"]

DATA: Final = "data"
"""Folder of the merged tables, below the root of the tree."""

#: Pages that every briefing has after its chapters, if the report has them. The pages on the
#: library, the edition and how to cite it belong to the published report.
REFERENCE_PAGES: Final = ("nomenclature", "data_dictionary", "references")

_SHARED = ("_config.yml", "requirements.lock", "pyproject.toml")


def build_tree(root: Path, chapters: Sequence[str], into: Path) -> None:
    """Copy what the chapters of a briefing need; its merged data is there already.

    Parameters
    ----------
    root : pathlib.Path
        Root of the published report.
    chapters : sequence of str
        Names of the chapters shown, in the order of the book.
    into : pathlib.Path
        Root of the tree; holds `data/` with the tables and `references.bib`.

    Raises
    ------
    ComputebookError
        If the report has no such chapter.
    """
    (into / "chapters").mkdir()
    for name in _SHARED:
        if (root / name).is_file():
            shutil.copyfile(root / name, into / name)
    if (root / "_static").is_dir():
        shutil.copytree(root / "_static", into / "_static")
    shutil.copyfile(into / DATA / "references.bib", into / "references.bib")
    for name in (*chapters, *REFERENCE_PAGES):
        page = _page(root, name)
        if page is not None:
            shutil.copyfile(page, into / "chapters" / page.name)
        elif name in chapters:
            raise ComputebookError(f"the report at {root} has no chapter {name}")
    (into / "_toc.yml").write_text(json.dumps(contents(into, chapters), indent=1), "utf-8")


def _page(root: Path, name: str) -> Path | None:
    found = (root / "chapters" / f"{name}{suffix}" for suffix in (".ipynb", ".md"))
    return next((path for path in found if path.is_file()), None)


def contents(tree: Path, chapters: Sequence[str]) -> dict[str, Any]:
    """Return the table of contents of a tree: the chapters numbered, then the reference pages."""
    numbered = [{"file": f"chapters/{name}"} for name in chapters]
    pages = [{"file": f"chapters/{n}"} for n in REFERENCE_PAGES if _page(tree, n) is not None]
    parts: list[dict[str, Any]] = [
        {"caption": "The report", "numbered": True, "chapters": numbered}
    ]
    parts += [{"caption": "Reference", "chapters": pages}] if pages else []
    return {"format": "jb-book", "root": "index", "parts": parts}


def notebook_names(tree: Path) -> list[str]:
    """Return the names of the notebooks of a tree."""
    return sorted(path.stem for path in (tree / "chapters").glob("[!.]*.ipynb"))
