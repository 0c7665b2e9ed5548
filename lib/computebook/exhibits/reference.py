"""The reference pages: data dictionary, nomenclature, versions, how to cite.

All of it is generated from the data package, the unit list, the docstrings and the installed
packages, so that it cannot disagree with them.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType

import pandas as pd

import computebook
from computebook import datasets, provenance, units
from computebook.errors import ComputebookError
from computebook.parameters import Parameter

PARAMETERS: tuple[Parameter, ...] = ()

#: Modules whose public functions make up the models, from the ground up.
MODEL_MODULES = (
    "hardware",
    "architectures",
    "memory",
    "roofline",
    "network",
    "serving",
    "training",
    "power",
    "usage",
    "pricing",
    "tco",
    "proportions",
    "benchmarks",
    "market",
)

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

PROVENANCE_FIELDS = ("basis", "verification", "source_key", "locator", "as_of", "note")


def tables_overview() -> pd.DataFrame:
    """Return one row per table: name, title, rows, columns, licence."""
    return pd.DataFrame(
        {
            "table": name,
            "title": datasets.describe(name).title,
            "rows": len(datasets.load(name)),
            "columns": len(datasets.describe(name).fields),
            "licence": ", ".join(datasets.describe(name).licences),
        }
        for name in datasets.table_names()
    )


def fields(table: str) -> pd.DataFrame:
    """Return the columns of one table that are its own: name, unit, meaning, bounds.

    Parameters
    ----------
    table : str
        Name of a table; the provenance columns, which all share, are left out.

    Raises
    ------
    ComputebookError
        If there is no such table.
    """
    return pd.DataFrame(
        {
            "field": field.name,
            "unit": field.unit or "",
            "meaning": field.description,
            "allowed": _allowed(field.allowed, field.minimum, field.maximum, field.required),
        }
        for field in datasets.describe(table).fields
        if field.name not in PROVENANCE_FIELDS
    )


def _allowed(names: tuple[str, ...], low: float, high: float, required: bool) -> str:
    if names:
        return ", ".join(names)
    bounds = [f"from {low:g}"] * (low > -float("inf")) + [f"to {high:g}"] * (high < float("inf"))
    return " ".join(bounds) or ("required" if required else "")


def provenance_fields() -> pd.DataFrame:
    """Return the columns that every table shares, with their meaning."""
    table = datasets.describe(datasets.table_names()[0])
    found = [table.field(name) for name in PROVENANCE_FIELDS]
    return pd.DataFrame({"field": f.name, "meaning": f.description} for f in found)


def unit_list() -> pd.DataFrame:
    """Return the closed list of units with symbol and meaning."""
    return pd.DataFrame(
        {"suffix": f"_{u.suffix}", "symbol": u.symbol, "meaning": u.meaning}
        for u in units.UNITS.values()
    )


def terms() -> pd.DataFrame:
    """Return the terms of the field with symbol, name in the code, unit, meaning and source."""
    return datasets.load("terms")


def _public_functions(module: ModuleType) -> Iterator[tuple[str, Callable[..., object]]]:
    for name in getattr(module, "__all__", ()):
        thing = getattr(module, name)
        if inspect.isfunction(thing):
            yield name, thing


def model_functions() -> list[tuple[str, str, Callable[..., object]]]:
    """Return (module, name, function) for every public function of the models."""
    present = {module.name for module in pkgutil.iter_modules(computebook.__path__)}
    return [
        (module, name, function)
        for module in MODEL_MODULES
        if module in present
        for name, function in _public_functions(importlib.import_module(f"computebook.{module}"))
    ]


@cache
def functions() -> pd.DataFrame:
    """Return every public function of the models with its module and first sentence."""
    return pd.DataFrame(
        {
            "function": f"`{module}.{name}`",
            "returns": (inspect.getdoc(function) or "").split("\n")[0].rstrip("."),
        }
        for module, name, function in model_functions()
    )


def arguments() -> pd.DataFrame:
    """Return every argument name of the models' public functions, its unit and its users."""
    users: dict[str, list[str]] = {}
    for module, _, function in model_functions():
        for name in inspect.signature(function).parameters:
            if module not in users.setdefault(name, []):
                users[name].append(module)
    return pd.DataFrame(
        {"name": f"`{name}`", "unit": _symbol(name), "modules": ", ".join(modules)}
        for name, modules in sorted(users.items())
    )


def _symbol(name: str) -> str:
    unit = units.unit_of(name)
    return unit.symbol if unit else ""


def versions() -> pd.DataFrame:
    """Return the packages whose version can change a number or a picture.

    Raises
    ------
    ComputebookError
        If one of them is not installed (extras `book` and `data`).
    """
    try:
        rows = [{"package": p, "version": importlib.metadata.version(p)} for p in PINNED]
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


def citation(kind: str) -> str:
    """Return how to cite the edition.

    Parameters
    ----------
    kind : str
        "sentence" or "bibtex".

    Raises
    ------
    ComputebookError
        If the kind is neither.
    """
    date = datasets.data_date()
    if kind == "sentence":
        return (
            f"The computebook authors. What frontier language models cost: an executable report. "
            f"Edition {edition()}, data of {date.date()}."
        )
    if kind == "bibtex":
        return (
            f"@book{{computebook{edition().replace('.', '_')},\n"
            "  author = {{The computebook authors}},\n"
            "  title = {What frontier language models cost: an executable report},\n"
            f"  edition = {{{edition()}}},\n  year = {{{date.year}}},\n"
            f"  note = {{Data of {date.date()}}}\n}}"
        )
    raise ComputebookError(f"kind = {kind!r} is unknown: allowed bibtex, sentence")
