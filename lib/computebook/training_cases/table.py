"""The calibration of the training models as data: names of its tables, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from computebook import datasets, errors

__all__ = [
    "HOLDOUT",
    "INTERVAL",
    "MEASUREMENTS",
    "TABLE",
    "constants_from_table",
    "intervals_from_table",
]

TABLE: Final = "training_calibration"
"""Name of the table of constants, interval factors and mean errors."""

HOLDOUT: Final = "training_holdout"
"""Name of the table of predictions out of sample."""

MEASUREMENTS: Final = "training_measurements"
"""Name of the table of measured cases."""

INTERVAL: Final = "interval_factor"
"""Field of the rows that hold interval factors."""


def _frame(table: pd.DataFrame | None) -> pd.DataFrame:
    return datasets.load(TABLE) if table is None else table


def constants_from_table(table: pd.DataFrame | None = None) -> dict[str, float]:
    """Return the constants by name.

    Parameters
    ----------
    table : pandas.DataFrame, optional
        The table; the package's own if left out.

    Raises
    ------
    ComputebookError
        If the table holds no constants.
    """
    frame = _frame(table)
    rows = frame[frame["prior"].notna()]
    if rows.empty:
        raise errors.ComputebookError(f"table {TABLE!r} holds no constants")
    return dict(zip(rows["constant_id"], rows["value"].astype(float), strict=True))


def intervals_from_table(table: pd.DataFrame | None = None) -> Mapping[str, tuple[float, float]]:
    """Return the interval factors by kind of model and quantity.

    Parameters
    ----------
    table : pandas.DataFrame, optional
        The table; the package's own if left out.
    """
    frame = _frame(table)
    rows = frame[frame["field"] == INTERVAL]
    pairs = zip(rows["low"].astype(float), rows["high"].astype(float), strict=True)
    return dict(zip(rows["scope"], pairs, strict=True))
