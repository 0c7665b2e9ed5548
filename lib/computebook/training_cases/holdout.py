"""Predictions of cases by constants that never saw them, and intervals from such residuals."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Final

import pandas as pd

from computebook import errors
from computebook.inference.holdout import interval_factors
from computebook.training_cases.fit import Fit, fit_constants, fitted_rows
from computebook.training_cases.predictions import predict, prepare

__all__ = ["LEAST", "SPLITS", "error_summary", "factors_from", "held_out", "parts_of"]

SPLITS: Final = ("group", "generation", "model")
"""What may be left out together: model x GPU x precision, GPU generation, or model."""

_COLUMNS: Final = {"model": "architecture_id"}
_STEPS: Final = 8
LEAST: Final = 8
"""Fewer residuals than this say nothing about an interval."""

_state: dict[str, Any] = {}


def parts_of(cases: pd.DataFrame, by: str) -> pd.Series:
    """Return what each case that can be predicted belongs to in a split.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `predictions.with_layouts`.
    by : str
        One of `SPLITS`.

    Raises
    ------
    ComputebookError
        If the split is unknown.
    """
    errors.require_known("split", by, SPLITS)
    return cases.loc[cases["reason"] == "", _COLUMNS.get(by, by)]


def held_out(
    cases: pd.DataFrame,
    by: str = "group",
    *,
    fit: Fit | None = None,
    workers: int = 1,
    done: Callable[[str], None] | None = None,
) -> pd.Series:
    """Return predictions of every case by constants fitted without what it belongs to.

    Each refit starts at the optimum on all cases; a constant that loses its last case goes back
    to its prior by itself, because nothing but the prior holds it. Where no constant was fitted
    to any case of a part, the constants stay as they are.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `predictions.with_layouts`.
    by : str, default "group"
        One of `SPLITS`.
    fit : Fit, optional
        Optimum on all cases; found if left out.
    workers : int, default 1
        Processes.
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
    column = parts_of(cases, by)
    usable = cases.loc[column.index]
    start = (fit or fit_constants(cases)).values
    names, parts = sorted(column.unique()), []
    for name, predicted in _each(usable, column, names, start, workers):
        parts.append(predicted)
        if done is not None:
            done(str(name))
    every: pd.Series = pd.concat(parts)
    return every.reindex(usable.index)


def _each(
    usable: pd.DataFrame, column: pd.Series, names: list[str], start: dict[str, float],
    workers: int,
) -> Iterator[tuple[str, pd.Series]]:  # fmt: skip
    """Yield the predictions of each part, in order, from one process or several."""
    if workers <= 1 or len(names) < 2:
        _state.update(usable=usable, column=column, start=start)
        yield from ((name, _without(name)) for name in names)
        return
    # Fresh processes: a fork of a process with threads (a progress bar, say) may hang.
    pool = ProcessPoolExecutor(
        min(workers, len(names)), get_context("spawn"), initializer=_begin,
        initargs=(usable, column, start),
    )  # fmt: skip
    with pool:
        try:
            yield from zip(names, pool.map(_without, names), strict=True)
        except BaseException:
            # Work that has not begun is dropped, so that an interrupt ends at once.
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _begin(usable: pd.DataFrame, column: pd.Series, start: dict[str, float]) -> None:
    """Keep what every part of this process needs; leave an interrupt to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _state.update(usable=usable, column=column, start=start)


def _without(name: str) -> pd.Series:
    """Return the predictions of one part by constants fitted to all others."""
    usable, out = _state["usable"], _state["column"] == name
    values = _state["start"]
    if not fitted_rows(usable[out]).empty:
        values = fit_constants(usable[~out], values, steps=_STEPS).values
    return pd.Series(predict(prepare(usable[out]), values), usable.index[out])


def factors_from(cases: pd.DataFrame, predicted: pd.Series) -> dict[str, tuple[float, float]]:
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
    enough = keys.map(keys.value_counts()) >= LEAST
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
