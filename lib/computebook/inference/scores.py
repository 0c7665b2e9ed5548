"""How far predictions are off: figures by regime, metric and GPU, reasons, worst cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from computebook import errors

__all__ = [
    "GROUPINGS",
    "PREDICTED",
    "error_rows",
    "error_table",
    "reasons_table",
    "worst_cases",
]

GROUPINGS: Final[dict[str, list[str]]] = {
    "regime": ["regime", "quantity"], "metric": ["metric"], "gpu": ["gpu"],
}  # fmt: skip
"""Columns behind each way to group errors."""

PREDICTED: Final = "predicted"
"""Status of a case that has a prediction."""

_CLOSE: Final = 0.2


def error_table(predictions: pd.DataFrame, by: str | list[str]) -> pd.DataFrame:
    """Return how far predictions are off, by group.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From `report.predict_cases`; may carry `in_sample`.
    by : str or list of str
        Columns to group by, for example ``"regime"``, ``"metric"`` or ``"gpu"``.

    Returns
    -------
    pandas.DataFrame
        Columns cases, coverage_percent (of rows in the file), mean_absolute_error_percent,
        median_absolute_error_percent, bias_percent, within_20_percent,
        interval_coverage_percent; in_sample_cases where known.

    Raises
    ------
    ComputebookError
        If a column is unknown.

    Examples
    --------
    >>> frame = pd.DataFrame({"regime": ["a", "a"], "measured": [10.0, 10.0],
    ...     "predicted": [11.0, 13.0], "low": [9.0, 12.0], "high": [12.0, 14.0],
    ...     "error_fraction": [0.1, 0.3], "status": ["predicted", "predicted"]})
    >>> float(error_table(frame, "regime").loc["a", "mean_absolute_error_percent"])
    20.0
    """
    columns = [by] if isinstance(by, str) else by
    for name in columns:
        errors.require_known("by", name, predictions.columns)
    groups = predictions.groupby(columns[0] if len(columns) == 1 else columns)
    return pd.DataFrame({key: _errors(group) for key, group in groups}).T.rename_axis(columns)


def _errors(group: pd.DataFrame) -> pd.Series:
    """Return the error figures of one group."""
    done = group[group["status"] == PREDICTED]
    error = done["error_fraction"]
    inside = (done["measured"] >= done["low"]) & (done["measured"] <= done["high"])
    figures = {
        "cases": float(len(done)),
        "coverage_percent": 100.0 * len(done) / len(group),
        "mean_absolute_error_percent": 100.0 * error.abs().mean(),
        "median_absolute_error_percent": 100.0 * error.abs().median(),
        "bias_percent": 100.0 * error.mean(),
        "within_20_percent": 100.0 * (error.abs() <= _CLOSE).mean(),
        "interval_coverage_percent": 100.0 * inside[done["low"].notna()].mean(),
    }
    if "in_sample" in group.columns:
        figures["in_sample_cases"] = float(done["in_sample"].sum())
    return pd.Series({name: round(value, 1) for name, value in figures.items()})


def error_rows(predictions: pd.DataFrame, groupings: Mapping[str, list[str]]) -> pd.DataFrame:
    """Return the errors of all cases and of every grouping in one long table.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From `report.predict_cases`.
    groupings : mapping of str to list of str
        Columns by name of the grouping; see `GROUPINGS`.

    Returns
    -------
    pandas.DataFrame
        Columns by and group, then those of `error_table`.
    """
    parts = [error_table(predictions.assign(all="all"), "all").assign(by="all", group="all")]
    for name, columns in groupings.items():
        table = error_table(predictions, columns)
        labels = [".".join(filter(None, np.atleast_1d(np.array(key)))) for key in table.index]
        parts.append(table.assign(by=name, group=labels))
    rows = pd.concat(parts, ignore_index=True)
    counts = [name for name in ("cases", "in_sample_cases") if name in rows.columns]
    rows = rows.astype(dict.fromkeys(counts, int))
    return rows[["by", "group", *(name for name in rows.columns if name not in ("by", "group"))]]


def reasons_table(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return why rows are not predicted, with counts.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From `report.predict_cases`.

    Returns
    -------
    pandas.DataFrame
        Columns regime, status, cases, most frequent first.
    """
    missing = predictions[predictions["status"] != PREDICTED]
    counted = missing.groupby(["regime", "status"]).size().rename("cases").reset_index()
    return counted.sort_values("cases", ascending=False, ignore_index=True)


def worst_cases(predictions: pd.DataFrame, count: int = 20) -> pd.DataFrame:
    """Return the cases with the largest ratio of predicted to measured.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From `report.predict_cases`.
    count : int, default 20
        How many.

    Returns
    -------
    pandas.DataFrame
        Rows of `predictions`, worst first.
    """
    ratio = predictions["predicted"].to_numpy() / predictions["measured"].to_numpy()
    distance = pd.Series(np.abs(np.log(ratio)), index=predictions.index).dropna()
    return predictions.loc[distance.nlargest(count).index]
