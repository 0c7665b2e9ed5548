"""Predictions of cases by constants that never saw them, and intervals from such residuals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from computebook import errors
from computebook.inference.holdout import interval_factors
from computebook.training_cases.fit import Fit, fit_constants
from computebook.training_cases.predictions import predict, prepare

__all__ = ["SPLITS", "error_summary", "factors_from", "held_out"]

SPLITS: Final = ("group", "generation", "model")
"""What may be left out together: model x GPU x precision, GPU generation, or model."""

_COLUMNS: Final = {"model": "architecture_id"}
_STEPS: Final = 8
_LEAST: Final = 8
"""Fewer residuals than this say nothing about an interval."""


def held_out(
    cases: pd.DataFrame,
    by: str = "group",
    *,
    fit: Fit | None = None,
    done: Callable[[str], None] | None = None,
) -> pd.Series:
    """Return predictions of every case by constants fitted without what it belongs to.

    Each refit starts at the optimum on all cases; a constant that loses its last case goes back
    to its prior by itself, because nothing but the prior holds it.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `predictions.with_layouts`.
    by : str, default "group"
        One of `SPLITS`.
    fit : Fit, optional
        Optimum on all cases; found if left out.
    done : callable, optional
        Called with each name when its predictions stand.

    Returns
    -------
    pandas.Series
        Predicted values on the index of the cases that can be predicted.

    Raises
    ------
    ComputebookError
        If the split is unknown.
    """
    errors.require_known("split", by, SPLITS)
    usable = cases[cases["reason"] == ""]
    column = usable[_COLUMNS.get(by, by)]
    start = (fit or fit_constants(cases)).values
    parts = []
    for name in sorted(column.unique()):
        out = column == name
        values = fit_constants(usable[~out], start, steps=_STEPS).values
        parts.append(pd.Series(predict(prepare(usable[out]), values), usable.index[out]))
        if done is not None:
            done(str(name))
    return pd.concat(parts).reindex(usable.index)


def factors_from(
    cases: pd.DataFrame, predicted: pd.Series
) -> dict[str, tuple[float, float]]:  # fmt: skip
    """Return interval factors by kind of model and quantity.

    Parameters
    ----------
    cases : pandas.DataFrame
        With columns regime, quantity and measured.
    predicted : pandas.Series
        From `held_out`.
    """
    rows = cases.loc[predicted.index]
    keys = rows["regime"] + "." + rows["quantity"]
    enough = keys.map(keys.value_counts()) >= _LEAST
    return interval_factors(rows["measured"][enough], predicted[enough], keys[enough])


def error_summary(cases: pd.DataFrame, predicted: pd.Series) -> pd.DataFrame:
    """Return mean and median absolute errors by kind of model and quantity, with counts.

    Parameters
    ----------
    cases : pandas.DataFrame
        With columns regime, quantity and measured.
    predicted : pandas.Series
        From `held_out`.
    """
    rows: Any = cases.loc[predicted.index].assign(predicted=predicted)
    error = (rows["predicted"] / rows["measured"] - 1.0).abs()
    grouped = error.groupby([rows["regime"], rows["quantity"]])
    summary: pd.DataFrame = grouped.agg(mean="mean", median="median", cases="size").reset_index()
    return summary
