"""Notebook files as the report keeps them: normal form, validity, cache key."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat

from computebook import errors

_KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
_LANGUAGE_INFO = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}
_CELL_METADATA_KEPT = ("tags", "mystnb")
_PARTIAL = ".partial.ipynb"
_CODE_TABLES = ("lib/computebook", "data")
_CODE_FILES = ("references.bib", "requirements.lock", "pyproject.toml")
_CODE_SUFFIXES = (".py", ".csv", ".json", ".yaml", ".yml", ".js", ".bib", ".lock", ".toml")


def read(path: Path) -> nbformat.NotebookNode:
    """Return a notebook in the current format.

    Parameters
    ----------
    path : pathlib.Path
        A notebook file.

    Returns
    -------
    nbformat.NotebookNode
        Version 4.

    Raises
    ------
    ComputebookError
        If there is no such file or it is no notebook.
    """
    if not path.is_file():
        raise errors.ComputebookError(f"no notebook at {path}")
    try:
        notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except Exception as fault:
        raise errors.ComputebookError(f"{path} is not a notebook: {fault}") from fault
    return notebook


def normalised(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a notebook without anything that differs from run to run.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        An executed or fresh notebook; changed in place.

    Returns
    -------
    nbformat.NotebookNode
        With cell ids `c000`, `c001`, ... and neither times nor versions.
    """
    notebook["metadata"] = {"kernelspec": dict(_KERNELSPEC), "language_info": dict(_LANGUAGE_INFO)}
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    for index, cell in enumerate(notebook["cells"]):
        cell["id"] = f"c{index:03d}"
        kept = {
            key: cell["metadata"][key] for key in _CELL_METADATA_KEPT if key in cell["metadata"]
        }
        cell["metadata"] = {key: value for key, value in kept.items() if value}
    clean: nbformat.NotebookNode = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
    return clean


def as_text(notebook: nbformat.NotebookNode) -> str:
    """Return the file content of a notebook.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        A notebook in normal form.

    Returns
    -------
    str
        JSON with sorted keys and a final newline.
    """
    text: str = nbformat.writes(notebook, version=4)  # type: ignore[no-untyped-call]
    return text.rstrip("\n") + "\n"


def code_cells(notebook: nbformat.NotebookNode) -> Iterator[tuple[int, Any]]:
    """Yield index and cell of every code cell that has code.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Any notebook.

    Yields
    ------
    tuple of int and nbformat.NotebookNode
        In order.
    """
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code" and cell["source"].strip():
            yield index, cell


def faults(notebook: nbformat.NotebookNode) -> list[str]:
    """Return what shows that a notebook was not executed to its end.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        A notebook with outputs.

    Returns
    -------
    list of str
        Empty for a good run.
    """
    found = []
    for index, cell in code_cells(notebook):
        if cell.get("execution_count") is None:
            found.append(f"cell {index} was not executed")
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                found.append(f"cell {index}: {output['ename']}: {output['evalue']}")
            if output["output_type"] == "stream" and output["name"] == "stderr":
                found.append(f"cell {index} wrote to stderr: {output['text'].strip()[:200]}")
            if "text/html" in output.get("data", {}):
                found.append(f"cell {index} shows text/html: show a figure or a table")
    return found


def write(path: Path, text: str) -> bool:
    """Write a file at once or not at all.

    Parameters
    ----------
    path : pathlib.Path
        Where it goes.
    text : str
        Its content.

    Returns
    -------
    bool
        Whether the content changed.
    """
    if path.is_file() and path.read_text("utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_path(path)
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return True


def partial_path(path: Path) -> Path:
    """Return the name of an unfinished file beside its final one.

    Parameters
    ----------
    path : pathlib.Path
        The final file.

    Returns
    -------
    pathlib.Path
        A hidden file in the same folder, of this process.
    """
    return path.with_name(f".{path.stem}-{os.getpid()}{_PARTIAL}")


def sweep(folder: Path, stem: str) -> None:
    """Remove unfinished files that an earlier run left behind.

    Parameters
    ----------
    folder : pathlib.Path
        Where the final file lies.
    stem : str
        Name of the final file without its ending.
    """
    for stale in folder.glob(f".{stem}-*{_PARTIAL}"):
        stale.unlink(missing_ok=True)


def cache_key(path: Path, root: Path, parameters: Mapping[str, Any]) -> str:
    """Return a key that changes with anything that can change a chapter's outputs.

    Parameters
    ----------
    path : pathlib.Path
        The notebook; its sources and tags count, its outputs do not.
    root : pathlib.Path
        Root of the report: library, data, sources and lock file lie below it.
    parameters : mapping
        Values that override the notebook's.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    digest = hashlib.sha256()
    for cell in read(path)["cells"]:
        tags = cell["metadata"].get("tags", [])
        digest.update(repr((cell["cell_type"], cell["source"], tags)).encode())
    digest.update(repr(sorted(parameters.items())).encode())
    for source in _sources(root):
        digest.update(str(source.relative_to(root)).encode())
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()


def _sources(root: Path) -> Iterator[Path]:
    for name in _CODE_FILES:
        if (root / name).is_file():
            yield root / name
    for name in _CODE_TABLES:
        yield from sorted(
            path
            for path in (root / name).rglob("*")
            if path.suffix in _CODE_SUFFIXES and path.is_file()
        )
