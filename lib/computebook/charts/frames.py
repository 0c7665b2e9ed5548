"""Checks and small steps that all chart forms share: columns, order, printed numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from computebook import errors, units

LABEL = "mark_label"


def chart_data(
    frame: pd.DataFrame,
    required: Sequence[str],
    numbers: Sequence[str],
    optional: Iterable[str | None] = (),
) -> pd.DataFrame:
    """Return the columns that a chart needs, checked.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per mark.
    required : sequence of str
        Columns without missing values.
    numbers : sequence of str
        Those of `required` that must hold finite numbers.
    optional : iterable of str or None
        Columns in which a missing value means that the mark is not drawn.

    Returns
    -------
    pandas.DataFrame
        A copy with these columns and a fresh index.

    Raises
    ------
    ComputebookError
        If the frame is empty, a column is unknown, or a required value is missing.
    """
    names = list(dict.fromkeys([*required, *(name for name in optional if name is not None)]))
    known = [str(name) for name in frame.columns]
    for name in names:
        errors.require_known("column", name, known)
    data = frame.loc[:, names].reset_index(drop=True)
    if data.empty:
        raise errors.ComputebookError("a chart needs at least one row: the frame is empty")
    for name in required:
        if data[name].isna().any():
            row = int(np.flatnonzero(data[name].isna())[0])
            raise errors.ComputebookError(f"column {name!r} has no value in row {row}")
    for name in numbers:
        errors.require_finite_in(name, data[name].to_numpy(), "", -np.inf, np.inf)
    return data


def require_unique(data: pd.DataFrame, keys: Sequence[str]) -> None:
    """Raise when two rows would be drawn at the same place.

    Parameters
    ----------
    data : pandas.DataFrame
        Rows of a chart.
    keys : sequence of str
        Columns that together name one mark.

    Raises
    ------
    ComputebookError
        If a combination of keys occurs twice.
    """
    repeated = data[data.duplicated(list(keys))]
    if not repeated.empty:
        value = ", ".join(str(item) for item in repeated.iloc[0][list(keys)])
        raise errors.ComputebookError(
            f"{' and '.join(keys)} must name each mark once: {value!r} occurs twice"
        )


def require_positive(data: pd.DataFrame, names: Iterable[str | None]) -> None:
    """Raise when a column of a logarithmic axis holds zero or a negative number.

    Parameters
    ----------
    data : pandas.DataFrame
        Rows of a chart.
    names : iterable of str or None
        Columns drawn on the logarithmic axis.

    Raises
    ------
    ComputebookError
        If a value is not positive.
    """
    for name in names:
        if name is not None and (data[name].dropna() <= 0).any():
            raise errors.ComputebookError(
                f"{name} = {data[name].min():g} cannot be drawn on a logarithmic axis"
            )


def ordered(data: pd.DataFrame, category: str, value: str, sort: str) -> list[str]:
    """Return the order of the categories along their axis.

    Parameters
    ----------
    data : pandas.DataFrame
        Rows of a chart.
    category, value : str
        Columns with the names and the numbers.
    sort : str
        `value` (largest first) or `given` (as the rows stand).

    Returns
    -------
    list of str
        Each category once.

    Examples
    --------
    >>> ordered(pd.DataFrame({"a": ["x", "y"], "b": [1, 2]}), "a", "b", "value")
    ['y', 'x']
    """
    errors.require_known("sort", sort, ("value", "given"))
    rows = data.sort_values(value, ascending=False, kind="stable") if sort == "value" else data
    return list(dict.fromkeys(str(item) for item in rows[category]))


def number_labels(values: Iterable[Any]) -> list[str]:
    """Return numbers as they are printed at their marks: three significant digits.

    Parameters
    ----------
    values : iterable of float
        Finite numbers.

    Returns
    -------
    list of str
        Without trailing zeros.

    Examples
    --------
    >>> number_labels([8, 4.8, 0.12345, 26400.0])
    ['8', '4.8', '0.123', '26,400']
    """
    return [_number_label(float(value)) for value in values]


def _number_label(value: float) -> str:
    text = units.format_significant(value, 3)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def with_labels(data: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return rows with the printed form of one column added.

    Parameters
    ----------
    data : pandas.DataFrame
        Rows of a chart.
    value : str
        Column of numbers.

    Returns
    -------
    pandas.DataFrame
        A copy with the column `mark_label`.
    """
    return data.assign(**{LABEL: number_labels(data[value])})
