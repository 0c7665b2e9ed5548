"""One row of a table by its key, for checks that need a single fact."""

from __future__ import annotations

from typing import Any

from computebook import datasets, errors


def row(table: str, key: str, name: str) -> dict[str, Any]:
    """Return the row of a table whose `key` is `name`; the last one where several are.

    Parameters
    ----------
    table, key : str
        Name of the table and of its key column.
    name : str
        Value of the key.

    Raises
    ------
    ComputebookError
        If no row has the name; the sentence suggests the nearest one.

    Examples
    --------
    >>> float(row("accelerators", "accelerator_id", "h100-sxm")["tdp_w"])
    700.0
    """
    frame = datasets.load(table)
    errors.require_known(key, name, frame[key])
    found = frame[frame[key] == name].iloc[-1]
    return {str(field): value for field, value in found.items()}
