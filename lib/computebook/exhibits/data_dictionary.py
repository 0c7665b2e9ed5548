"""The data dictionary: every table and column, generated from the data package."""

from __future__ import annotations

import pandas as pd

from computebook import datasets
from computebook.parameters import Parameter

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "provenance_shown",
        "bool",
        "",
        False,
        meaning="Whether each table also lists the provenance columns that all tables share.",
    ),
)

PROVENANCE_FIELDS = ("basis", "verification", "source_key", "locator", "as_of", "note")
FIELD_COLUMNS = {"field": "Column", "unit": "Unit", "meaning": "Meaning", "allowed": "Allowed"}


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


def fields(table: str, provenance_shown: bool = False) -> pd.DataFrame:
    """Return the columns of one table: name, unit, meaning, bounds.

    Parameters
    ----------
    table : str
        Name of a table.
    provenance_shown : bool
        Whether to include the provenance columns, which all tables share.

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
        if provenance_shown or field.name not in PROVENANCE_FIELDS
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
