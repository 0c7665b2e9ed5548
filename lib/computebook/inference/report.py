"""Predicted against measured inference: every case, its interval, and error tables.

`computebook validate inference` prints these tables and writes the predictions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from computebook import errors
from computebook.inference.cases import read_cases
from computebook.inference.predictions import predict

__all__ = [
    "PREDICTION_COLUMNS",
    "error_table",
    "interval_key",
    "predict_cases",
    "reasons_table",
    "validate",
    "worst_cases",
]

PREDICTION_COLUMNS: Final = (
    "case_id", "metric", "measured", "predicted", "low", "high", "error_fraction", "status",
)  # fmt: skip
"""Columns of the written predictions."""

_CLOSE: Final = 0.2
_WIDEST: Final = (0.4, 2.5)
_PREDICTED: Final = "predicted"


def interval_key(cases: pd.DataFrame) -> pd.Series:
    """Return the regime of residuals that each case belongs to.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.read_cases`.

    Returns
    -------
    pandas.Series
        Load and quantity, ``"max_load.throughput"`` say.

    Examples
    --------
    >>> interval_key(pd.DataFrame({"regime": ["max_load"], "quantity": ["throughput"]})).item()
    'max_load.throughput'
    """
    return cases["regime"].str.cat(cases["quantity"], sep=".")


def predict_cases(
    cases: pd.DataFrame,
    values: Mapping[str, float],
    factors: Mapping[str, tuple[float, float]],
) -> pd.DataFrame:
    """Return central values, 80 % intervals and a status for every case.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.read_cases`.
    values : mapping of str to float
        Constants by name.
    factors : mapping of str to tuple of float
        Interval factors by `interval_key`, from residuals out of sample.

    Returns
    -------
    pandas.DataFrame
        `cases` with predicted, low, high, error_fraction and status: ``"predicted"``, or why
        the row is not.
    """
    result = cases.copy()
    result["predicted"] = predict(cases, values)
    known = interval_key(cases).map(factors)
    pairs = [pair if isinstance(pair, tuple) else _WIDEST for pair in known]
    result["low"] = result["predicted"] * [pair[0] for pair in pairs]
    result["high"] = result["predicted"] * [pair[1] for pair in pairs]
    result["error_fraction"] = result["predicted"] / result["measured"] - 1.0
    result["status"] = np.where(result["reason"] == "", _PREDICTED, result["reason"])
    return result


def error_table(predictions: pd.DataFrame, by: str | list[str]) -> pd.DataFrame:
    """Return how far predictions are off, by group.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From `predict_cases`.
    by : str or list of str
        Columns to group by, for example ``"regime"``, ``"metric"`` or ``"gpu"``.

    Returns
    -------
    pandas.DataFrame
        Columns cases, coverage_percent (of rows in the file), mean_absolute_error_percent,
        median_absolute_error_percent, bias_percent, within_20_percent,
        interval_coverage_percent.

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
    done = group[group["status"] == _PREDICTED]
    error = done["error_fraction"]
    inside = (done["measured"] >= done["low"]) & (done["measured"] <= done["high"])
    figures = {
        "cases": float(len(done)),
        "coverage_percent": 100.0 * len(done) / len(group),
        "mean_absolute_error_percent": 100.0 * error.abs().mean(),
        "median_absolute_error_percent": 100.0 * error.abs().median(),
        "bias_percent": 100.0 * error.mean(),
        "within_20_percent": 100.0 * (error.abs() <= _CLOSE).mean(),
        "interval_coverage_percent": 100.0 * inside.mean(),
    }
    return pd.Series({name: round(value, 1) for name, value in figures.items()})


def reasons_table(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return why rows are not predicted, with counts.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From `predict_cases`.

    Returns
    -------
    pandas.DataFrame
        Columns status and cases, most frequent first.
    """
    left_out = predictions.loc[predictions["status"] != _PREDICTED, "status"]
    return left_out.value_counts().rename_axis("status").reset_index(name="cases")


def worst_cases(predictions: pd.DataFrame, count: int = 20) -> pd.DataFrame:
    """Return the cases that are furthest off, by the ratio of predicted to measured.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From `predict_cases`.
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


def validate(
    path: str | Path,
    values: Mapping[str, float],
    factors: Mapping[str, tuple[float, float]],
    out: str | Path | None = None,
) -> dict[str, pd.DataFrame]:
    """Return error tables for a file of cases, and write the predictions if asked.

    Parameters
    ----------
    path : str or Path
        CSV with `cases.COLUMNS`.
    values : mapping of str to float
        Constants by name.
    factors : mapping of str to tuple of float
        Interval factors by `interval_key`.
    out : str or Path, optional
        Where to write `PREDICTION_COLUMNS`.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``predictions``, ``by_regime``, ``by_metric``, ``by_gpu``, ``not_predicted``.

    Raises
    ------
    ComputebookError
        If the file is missing or lacks a column.
    """
    predictions = predict_cases(read_cases(path), values, factors)
    if out is not None:
        predictions[list(PREDICTION_COLUMNS)].to_csv(out, index=False, lineterminator="\n")
    groupings: dict[str, list[str]] = {
        "by_regime": ["regime", "quantity"],
        "by_metric": ["metric"],
        "by_gpu": ["gpu"],
    }
    tables = {name: error_table(predictions, columns) for name, columns in groupings.items()}
    return {"predictions": predictions, **tables, "not_predicted": reasons_table(predictions)}
