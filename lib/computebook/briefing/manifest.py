"""The manifest: everything that went into a client's folder, and what came out, as digests."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import computebook
from computebook.book import notebooks
from computebook.book.execution import declared_parameters
from computebook.briefing import digests
from computebook.briefing.request import Briefing
from computebook.parameters import check_parameters

__all__ = ["NAME", "is_current", "read", "request", "write"]

NAME: Final = "manifest.json"

#: Packages whose version can change a number, a page or a picture; those of the report.
_PACKAGES = (
    *("numpy", "pandas", "scipy", "altair", "vl-convert-python", "jupyter-book", "sphinx"),
    *("myst-nb", "papermill", "nbclient", "ipykernel", "openpyxl", "playwright", "pydantic"),
)


def input_digests(briefing: Briefing) -> dict[str, str]:
    """Return the SHA-256 of the briefing file and of each file of the client's own, by its use."""
    tables = {f"tables/{n}": digests.file(path) for n, path in briefing.data.tables.items()}
    exports = {
        f"usage/{number}/{path.name}": digests.file(path)
        for number, path in enumerate(briefing.data.usage)
    }
    return {"briefing": digests.file(briefing.source)} | tables | exports


def request(briefing: Briefing, root: Path, formats: Sequence[str]) -> dict[str, Any]:
    """Return all that decides what a client's folder holds.

    Parameters
    ----------
    briefing : Briefing
        The client's.
    root : pathlib.Path
        Root of the published report.
    formats : sequence of str
        What is asked for.
    """
    from computebook import datasets, provenance

    published = digests.data(datasets.data_folder(), provenance.reference_file())
    code = digests.code(root)
    pages = [root / "_config.yml", *sorted((root / "chapters").glob("[!.]*"))]
    report = {path.name: digests.file(path) for path in pages if path.is_file()}
    return {
        "inputs": input_digests(briefing),
        "formats": sorted(formats),
        "code": digests.combined(code),
        "lock_file": code.get("requirements.lock"),
        "published_data": digests.combined(published),
        "published_report": digests.combined(report),
        "tool_edition": computebook.__version__,
        "python": platform.python_version(),
        "packages": versions(),
        "commit": commit(root),
    }


def versions() -> dict[str, str]:
    """Return the version of each package that can change what a reader sees, if installed."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def commit(root: Path) -> str | None:
    """Return the commit of the report, marked when files differ from it; None without history."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return None
    asked = [git, "-C", str(root), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() or None


def parameter_rows(briefing: Briefing, chapters: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return every effective parameter by chapter, with its default and whether it was changed."""
    rows: dict[str, dict[str, Any]] = {}
    for chapter in chapters:
        given = briefing.parameters.get(chapter, {})
        effective = check_parameters(declared_parameters(chapter), given)
        rows[chapter] = {
            p.name: {
                "value": effective[p.name],
                "unit": p.unit,
                "default": p.default,
                "overridden": p.name in effective.overridden,
            }
            for p in effective.parameters
        }
    return rows


def write(
    into: Path,
    briefing: Briefing,
    asked: Mapping[str, Any],
    records: Mapping[str, Any],
    data: Mapping[str, str],
) -> None:
    """Write the manifest of a finished folder, last of its files.

    Parameters
    ----------
    into : pathlib.Path
        The folder.
    briefing : Briefing
        The client's.
    asked : mapping
        From `request`.
    records : mapping
        By chapter, from `digests.record`, and the digest of the notebook.
    data : mapping
        Digests of the merged data.
    """
    day = f"{briefing.date.isoformat()}T00:00:00Z"
    content = {
        "client": briefing.client,
        "title": briefing.title,
        "date": day,
        "edition": briefing.edition,
        "chapters": list(briefing.chapters),
        "request": dict(asked),
        "parameters": parameter_rows(briefing, briefing.chapters),
        "data": dict(data),
        "executions": {name: dict(record) for name, record in records.items()},
        "files": file_digests(into),
    }
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, default=str)
    notebooks.write(into / NAME, text + "\n")


def file_digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a finished folder, the manifest itself left out."""
    names = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    return {
        name: digests.file(path)
        for name, path in sorted(names.items())
        if path.is_file() and name != NAME
    }


def read(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a folder, None if it has none that can be read."""
    try:
        content = json.loads((folder / NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def is_current(folder: Path, asked: Mapping[str, Any]) -> bool:
    """Return whether a finished folder is what this request gives, with all of its files.

    Parameters
    ----------
    folder : pathlib.Path
        A client's folder.
    asked : mapping
        From `request`.
    """
    known = read(folder)
    if known is None or known.get("request") != json.loads(json.dumps(asked)):
        return False
    return bool(known.get("files") == file_digests(folder))
