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
from computebook.inference.records import write_tables
from computebook.inference.scores import GROUPINGS, PREDICTED, error_table, reasons_table

__all__ = [
    "PREDICTION_COLUMNS",
    "cases_of",
    "factor_of",
    "in_sample",
    "interval_key",
    "predict_cases",
    "usable_cases",
    "validate",
    "with_held_out",
]

PREDICTION_COLUMNS: Final = (
    "case_id", "metric", "measured", "predicted", "low", "high", "error_fraction", "status",
)  # fmt: skip
"""Columns of the written predictions."""

_WIDEST: Final = (0.4, 2.5)
_TIMES: Final = ("tpot", "latency", "throughput")


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


def usable_cases(cases: pd.DataFrame) -> pd.DataFrame:
    """Return cases with a reason against those whose measured value cannot be compared.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.normalise`.
    """
    nothing = ~(cases["measured"] > 0.0) & (cases["reason"] == "")
    return cases.assign(reason=cases["reason"].mask(nothing, "measured value is not positive"))


def cases_of(path: str | Path) -> pd.DataFrame:
    """Return a file of cases in the terms of the models.

    Parameters
    ----------
    path : str or Path
        CSV with `cases.COLUMNS`.

    Returns
    -------
    pandas.DataFrame
        Columns of `cases.normalise`.

    Raises
    ------
    ComputebookError
        If the file is missing, broken or lacks a column.
    """
    return usable_cases(read_cases(path))


def factor_of(key: str, factors: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    """Return the interval factors of a regime, or of the nearest one that has any.

    A throughput is as uncertain as the time behind it, the other way round; otherwise the
    widest factors of the same quantity under any load hold.

    Parameters
    ----------
    key : str
        From `interval_key`.
    factors : mapping of str to tuple of float
        Low and high factor by key.

    Returns
    -------
    tuple of float
        Low and high multiple of the prediction.

    Examples
    --------
    >>> factor_of("a.throughput", {"a.tpot": (0.5, 1.25)})
    (0.8, 2.0)
    """
    if key in factors:
        return factors[key]
    load, _, quantity = key.partition(".")
    kin = [name for name in _TIMES if f"{load}.{name}" in factors and quantity in _TIMES]
    if kin:
        low, high = factors[f"{load}.{kin[0]}"]
        opposite = (kin[0] == "throughput") != (quantity == "throughput")
        return (1.0 / high, 1.0 / low) if opposite else (low, high)
    same = [pair for name, pair in factors.items() if name.endswith(f".{quantity}")]
    return (min(p[0] for p in same), max(p[1] for p in same)) if same else _WIDEST


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
    result = cases.assign(predicted=predict(cases, values))
    result["status"] = result["reason"].mask(result["reason"] == "", PREDICTED)
    return _with_intervals(result, factors)


def _with_intervals(
    predictions: pd.DataFrame, factors: Mapping[str, tuple[float, float]]
) -> pd.DataFrame:
    """Return predictions with the interval and the error that follow from their values."""
    pairs = [factor_of(str(key), factors) for key in interval_key(predictions)]
    predicted = predictions["predicted"]
    measured = predictions["measured"].where(predictions["status"] == PREDICTED)
    return predictions.assign(
        low=predicted * [pair[0] for pair in pairs],
        high=predicted * [pair[1] for pair in pairs],
        error_fraction=predicted / measured - 1.0,
    )


def _matched(predictions: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Return the held-out row of each case, missing where case or measurement differs."""
    keys = ["case_id", "metric"]
    found = predictions[[*keys, "measured"]].merge(
        held.drop_duplicates(keys), on=keys, how="left", suffixes=("", "_then")
    )
    found.index = predictions.index
    same = np.isclose(found["measured"], found["measured_then"], rtol=1e-4)
    return found.where(pd.Series(same, index=found.index))


def in_sample(predictions: pd.DataFrame, held: pd.DataFrame) -> pd.Series:
    """Return which cases are among those that the constants were fitted to.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From `predict_cases`.
    held : pandas.DataFrame
        Table `inference_holdout`.

    Returns
    -------
    pandas.Series
        True where case, metric and measured value are those of a fitted row.
    """
    return _matched(predictions, held)["fitted"].eq(True)


def with_held_out(
    predictions: pd.DataFrame,
    held: pd.DataFrame,
    factors: Mapping[str, tuple[float, float]],
    split: str = "group",
) -> pd.DataFrame:
    """Return predictions in which known cases are predicted by constants that never saw them.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From `predict_cases`.
    held : pandas.DataFrame
        Table `inference_holdout`.
    factors : mapping of str to tuple of float
        For cases without an interval of their own.
    split : str, default "group"
        What was left out together.

    Returns
    -------
    pandas.DataFrame
        The same columns; other cases as they were.

    Raises
    ------
    ComputebookError
        If the table has no such split.
    """
    errors.require_known("split", split, sorted(held["split"].unique()))
    known = _matched(predictions, held[held["split"] == split])
    result = predictions.assign(predicted=known["predicted"].fillna(predictions["predicted"]))
    result = _with_intervals(result, factors)
    own = {end: known[end].astype(float).fillna(result[end]) for end in ("low", "high")}
    return result.assign(**own)


def validate(
    path: str | Path,
    values: Mapping[str, float],
    factors: Mapping[str, tuple[float, float]],
    out: str | Path | None = None,
    *,
    held: pd.DataFrame | None = None,
    split: str | None = None,
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
        Where to write `PREDICTION_COLUMNS`, one row per row of the file.
    held : pandas.DataFrame, optional
        Table `inference_holdout`; says which cases are in sample.
    split : str, optional
        Predict known cases by constants that never saw their ``"group"`` or ``"generation"``.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``predictions``, ``by_regime``, ``by_metric``, ``by_gpu``, ``not_predicted``.

    Raises
    ------
    ComputebookError
        If the file is missing, broken or lacks a column, or the output cannot be written.
    """
    predictions = predict_cases(cases_of(path), values, factors)
    if held is not None:
        seen = in_sample(predictions, held)
        if split is not None:
            predictions = with_held_out(predictions, held, factors, split)
            seen = seen & False
        predictions = predictions.assign(in_sample=seen)
    if out is not None:
        write_tables({Path(out): predictions[list(PREDICTION_COLUMNS)]})
    tables = {
        f"by_{name}": error_table(predictions, columns) for name, columns in GROUPINGS.items()
    }
    return {"predictions": predictions, **tables, "not_predicted": reasons_table(predictions)}
