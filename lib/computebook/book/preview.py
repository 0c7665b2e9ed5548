"""A small site of single chapters, for whoever writes one of them."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from computebook import errors
from computebook.book.runner import book_root
from computebook.book.site import build_site

_REFERENCES = "# References\n\n```{bibliography}\n```\n"
_SHARED = ("_config.yml", "references.bib")


def build_preview(pages: Sequence[Path], out: Path, source_root: Path | None = None) -> Path:
    """Render single pages of the report with its theme, sources and numbering.

    Parameters
    ----------
    pages : sequence of pathlib.Path
        Notebooks or Markdown files, numbered in this order.
    out : pathlib.Path
        Where the site goes, replaced whole.
    source_root : pathlib.Path, optional
        Root of the report; found upwards from the working folder otherwise.

    Returns
    -------
    pathlib.Path
        The folder of the site. References to other chapters stay unresolved warnings.

    Raises
    ------
    ComputebookError
        If a page is missing or the build fails.
    """
    root = book_root(source_root)
    missing = [str(page) for page in pages if not page.is_file()]
    if missing:
        raise errors.ComputebookError(f"no page at {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="computebook-preview-") as name:
        source = Path(name)
        for shared in _SHARED:
            shutil.copy(root / shared, source / shared)
        shutil.copytree(root / "_static", source / "_static")
        (source / "chapters").mkdir()
        for page in pages:
            shutil.copy(page, source / "chapters" / page.name)
        (source / "chapters" / "references.md").write_text(_REFERENCES, encoding="utf-8")
        (source / "index.rst").write_text("Preview\n=======\n", encoding="utf-8")
        (source / "_toc.yml").write_text(_toc([page.stem for page in pages]), encoding="utf-8")
        return build_site(source, out, strict=False)


def _toc(names: Sequence[str]) -> str:
    numbered = [{"file": f"chapters/{name}"} for name in names if name != "references"]
    parts = [
        {"caption": "The report", "numbered": True, "chapters": numbered},
        {"caption": "Reference", "chapters": [{"file": "chapters/references"}]},
    ]
    return json.dumps({"format": "jb-book", "root": "index", "parts": parts})  # JSON is YAML
