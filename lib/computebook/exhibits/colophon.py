"""The colophon: edition, what stands behind the report, and the versions that made it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence

import pandas as pd

import computebook
from computebook import datasets, provenance
from computebook.errors import ComputebookError
from computebook.parameters import Parameter

#: Packages whose version can change a number or a picture.
PINNED = (
    "numpy",
    "pandas",
    "scipy",
    "altair",
    "vl-convert-python",
    "jupyter-book",
    "sphinx",
    "myst-nb",
    "papermill",
    "frictionless",
    "genai-prices",
)

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "packages",
        "list",
        "",
        list(PINNED),
        choices=PINNED,
        meaning="Packages whose versions are listed.",
    ),
)


def versions(packages: Sequence[str] = PINNED) -> pd.DataFrame:
    """Return the packages whose version can change a number or a picture.

    Raises
    ------
    ComputebookError
        If one of them is not installed (extras `book` and `data`).
    """
    try:
        rows = [{"package": p, "version": importlib.metadata.version(p)} for p in packages]
    except importlib.metadata.PackageNotFoundError as error:
        raise ComputebookError(f"the colophon needs {error.name} to be installed") from error
    return pd.DataFrame(rows)


def edition() -> str:
    """Return the edition, a calendar version.

    Examples
    --------
    >>> edition()
    '2026.1'
    """
    return ".".join(computebook.__version__.split(".")[:2])


def counts() -> dict[str, int]:
    """Return how many tables, rows and sources stand behind the report."""
    names = datasets.table_names()
    return {
        "tables": len(names),
        "rows": sum(len(datasets.load(name)) for name in names),
        "sources": len(provenance.reference_keys()),
    }
