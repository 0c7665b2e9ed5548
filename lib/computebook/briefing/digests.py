"""What a chapter's outputs come from, as digests: equal digests mean equal outputs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import computebook
from computebook.book import notebooks, recording

__all__ = ["code", "data", "file", "files", "is_reusable", "record", "source"]

_CODE_FILES = ("requirements.lock", "pyproject.toml")
_NO_CODE = ("__pycache__", "data")
_NO_TABLES = "scenarios/"  # the example briefings: no chapter reads them


def file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file below a folder, by its path there."""
    return {
        path.relative_to(folder).as_posix(): file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def data(folder: Path, bibliography: Path) -> dict[str, str]:
    """Return the SHA-256 of everything a chapter may read, by the name that a kernel notes.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the tables.
    bibliography : pathlib.Path
        The references; beside the tables or elsewhere.
    """
    tables = {n: d for n, d in files(folder).items() if not n.startswith(_NO_TABLES)}
    return tables | {bibliography.name: file(bibliography)}


def library_files() -> dict[str, Path]:
    """Return the files of the package that runs, by their path in it; its data left out."""
    package = Path(computebook.__file__).parent
    found = (path.relative_to(package) for path in sorted(package.rglob("*")))
    kept = [path for path in found if path.parts[0] not in _NO_CODE and path.suffix != ".pyc"]
    return {path.as_posix(): package / path for path in kept if (package / path).is_file()}


def code(root: Path) -> dict[str, str]:
    """Return the SHA-256 of library, lock file and project file; missing ones are left out.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.
    """
    library = {f"computebook/{name}": file(path) for name, path in library_files().items()}
    return library | {name: file(root / name) for name in _CODE_FILES if (root / name).is_file()}


def combined(digests: Mapping[str, str]) -> str:
    """Return one digest of many.

    Examples
    --------
    >>> combined({"a": "1", "b": "2"}) == combined({"b": "2", "a": "1"})
    True
    """
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def source(notebook: Path) -> str:
    """Return a digest of what a notebook says before it is executed: cells and tags."""
    cells = notebooks.read(notebook)["cells"]
    said = [(c["cell_type"], c["source"], c["metadata"].get("tags", [])) for c in cells]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def opened_data(opened: Sequence[str], digests: Mapping[str, str]) -> dict[str, str]:
    """Return the digests of the files that a kernel opened, all of them for "*".

    Examples
    --------
    >>> opened_data(["a.csv"], {"a.csv": "1", "b.csv": "2"})
    {'a.csv': '1'}
    """
    if recording.EVERYTHING in opened:
        return dict(digests)
    return {name: digests.get(name, "") for name in opened}


def record(
    source: str,
    code: str,
    parameters: Mapping[str, Any],
    opened: Sequence[str],
    digests: Mapping[str, str],
) -> dict[str, Any]:
    """Return what the outputs of one chapter come from, for the manifest.

    Parameters
    ----------
    source, code : str
        Digests of the notebook's cells, and of library and lock file together.
    parameters : mapping
        Values that differ from the published ones.
    opened : sequence of str
        Files of the data that the kernel opened.
    digests : mapping
        Digests of all of the data.
    """
    return {
        "source": source,
        "code": code,
        "overrides": dict(parameters),
        "tables": combined(dict.fromkeys(digests, "")),
        "opened": opened_data(opened, digests),
    }


def is_reusable(
    known: Mapping[str, Any],
    source: str,
    code: str,
    parameters: Mapping[str, Any],
    digests: Mapping[str, str],
) -> bool:
    """Return whether outputs with this record are what executing now would give.

    The same cells, code, lock file, parameters and names of tables, and of the data the same
    bytes in each file that the kernel had opened.
    """
    now = record(source, code, parameters, list(known.get("opened", ())), digests)
    return all(known.get(name) == value for name, value in now.items())
