"""Predictions of cases by constants that never saw them, and intervals from such residuals."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from computebook import errors
from computebook.inference.calibration import priors
from computebook.inference.fit import (
    Fit,
    calibration_cases,
    fit_constants,
    supported,
    without_support,
)
from computebook.inference.predictions import predict
from computebook.inference.refit import refit, step_without

__all__ = ["SPLITS", "cross_intervals", "groups_of", "held_out", "interval_factors"]

Array = npt.NDArray[np.float64]
Done = Callable[[str], None]

SPLITS: Final = {"group": 2, "generation": 8, "model": 4}
"""What may be left out together, and the steps that each refit may take."""

_COLUMNS: Final = {"model": "architecture_id"}
_state: dict[str, Any] = {}


def held_out(
    cases: pd.DataFrame,
    by: str = "group",
    *,
    fit: Fit | None = None,
    workers: int = 1,
    steps: int | None = None,
    done: Done | None = None,
) -> pd.DataFrame:
    """Return predictions of every case by constants that never saw what it belongs to.

    Groups are left out one by one. Each refit starts at the optimum on all cases, less one
    Gauss-Newton step for the rows left out, with constants that lost their last case back at
    their priors, and takes a few steps more.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.read_cases`.
    by : str, default "group"
        What is left out together: ``"group"`` (model x GPU x engine), ``"generation"`` (of GPU)
        or ``"model"``.
    fit : Fit, optional
        Optimum on all cases; found if left out.
    workers : int, default 1
        Processes.
    steps : int, optional
        Most steps of each refit; `SPLITS` if left out.
    done : callable, optional
        Called with the name of each group when its predictions stand.

    Returns
    -------
    pandas.DataFrame
        Columns left_out and predicted, on the index of the cases that can be predicted.

    Raises
    ------
    ComputebookError
        If `by` is unknown.
    """
    names = groups_of(cases, by)
    column = _COLUMNS.get(by, by)
    usable = cases[cases["reason"] == ""]
    start = fit or fit_constants(calibration_cases(cases), priors())
    most = steps or SPLITS[by]
    parts = []
    for name, values in _each(usable, column, names, start, most, workers):
        parts.append(pd.DataFrame({"left_out": name, "predicted": values}))
        if done is not None:
            done(str(name))
    return pd.concat(parts).reindex(usable.index)


def groups_of(cases: pd.DataFrame, by: str) -> list[str]:
    """Return the names of what a split leaves out, in order.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.read_cases`.
    by : str
        One of `SPLITS`.

    Raises
    ------
    ComputebookError
        If `by` is unknown.
    """
    errors.require_known("split", by, SPLITS)
    column = _COLUMNS.get(by, by)
    return sorted(map(str, cases.loc[cases["reason"] == "", column].unique()))


def _each(
    cases: pd.DataFrame, column: str, names: list[str], start: Fit, steps: int, workers: int
) -> Iterator[tuple[str, pd.Series]]:
    """Yield the predictions of each group, in order, from one process or several."""
    prepare = (cases, column, start, steps)
    if workers <= 1:
        _prepare(*prepare)
        yield from ((name, _predict_one(name)) for name in names)
        return
    # Fresh processes: a fork of a process with threads (a progress bar, say) may hang.
    pool = ProcessPoolExecutor(
        min(workers, len(names)), get_context("spawn"), initializer=_start, initargs=prepare
    )
    with pool:
        try:
            yield from zip(names, pool.map(_predict_one, names), strict=True)
        except BaseException:
            # Work that has not begun is dropped, so that an interrupt ends at once.
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start(*prepare: Any) -> None:
    """Prepare a process that leaves an interrupt to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _prepare(*prepare)


def _prepare(cases: pd.DataFrame, column: str, start: Fit, steps: int) -> None:
    """Keep what every group of this process needs."""
    _state.update(cases=cases, column=column, start=start, steps=steps)


def _predict_one(name: str) -> pd.Series:
    """Return the predictions of one group by constants fitted without it."""
    cases, start = _state["cases"], _state["start"]
    out = cases[_state["column"]] == name
    rest = calibration_cases(cases[~out])
    near = without_support(step_without(start, cases.index[out]), rest)
    values = refit(rest, near, start, _state["steps"])
    return predict(cases[out], supported(values, rest))


def interval_factors(
    measured: Any,
    predicted: Any,
    regimes: Any,
    coverage: float = 0.8,
    narrowest: float = 0.03,
) -> dict[str, tuple[float, float]]:
    """Return what to multiply predictions with for an interval, by regime.

    Quantiles of ``measured / predicted`` out of sample: half of what is left over on each side.

    Source: `lei2018distribution`.

    Parameters
    ----------
    measured, predicted : array_like
        Pairs of the same quantity.
    regimes : array_like of str
        What to keep apart.
    coverage : float, default 0.8
        Share that the interval shall hold, 0 to 1.
    narrowest : float, default 0.03
        Least distance of a factor from 1: a handful of exact hits is no proof of exactness.

    Returns
    -------
    dict of str to tuple of float
        Low and high factor by regime.

    Examples
    --------
    >>> interval_factors([8.0, 9.0, 10.0, 11.0, 12.0], [10.0] * 5, ["a"] * 5)["a"]
    (0.84, 1.16)
    """
    frame = pd.DataFrame({"ratio": np.divide(measured, predicted), "regime": regimes}).dropna()
    tails = [(1.0 - coverage) / 2.0, (1.0 + coverage) / 2.0]
    factors = {}
    for name, group in frame.groupby("regime")["ratio"]:
        low, high = np.quantile(group.to_numpy(), tails)
        factors[str(name)] = (
            round(min(float(low), 1.0 - narrowest), 4),
            round(max(float(high), 1.0 + narrowest), 4),
        )
    return factors


def cross_intervals(
    measured: pd.Series,
    predicted: pd.Series,
    regimes: pd.Series,
    groups: pd.Series,
    evidence: pd.Series | None = None,
) -> pd.DataFrame:
    """Return intervals of held-out predictions from the residuals of all other groups.

    A row's own group never widens or narrows its interval, so the share of measurements inside
    is an honest one. Where a regime has one group only there are no other residuals, and the
    interval is missing.

    Source: `lei2018distribution`.

    Parameters
    ----------
    measured, predicted : pandas.Series
        Pairs of the same quantity; predictions out of sample.
    regimes : pandas.Series
        What to keep apart.
    groups : pandas.Series
        What was left out together.
    evidence : pandas.Series, optional
        Rows whose residuals count; all if left out.

    Returns
    -------
    pandas.DataFrame
        Columns low and high, in the unit of the prediction.

    Examples
    --------
    >>> two = cross_intervals(pd.Series([9.0, 12.0]), pd.Series([10.0, 10.0]),
    ...     pd.Series(["a", "a"]), pd.Series(["x", "y"]))
    >>> two["high"].round(1).tolist(), two["low"].round(1).tolist()
    ([12.0, 10.3], [9.7, 9.0])
    """
    result = pd.DataFrame({"low": np.nan, "high": np.nan}, index=predicted.index)
    counts = pd.Series(True, index=predicted.index) if evidence is None else evidence
    for regime, group in pd.DataFrame({"r": regimes, "g": groups}).drop_duplicates().to_numpy():
        own = (regimes == regime) & (groups == group)
        other = (regimes == regime) & (groups != group) & counts
        pair = interval_factors(measured[other], predicted[other], regimes[other])
        low, high = pair.get(str(regime), (np.nan, np.nan))
        result.loc[own, "low"] = predicted[own] * low
        result.loc[own, "high"] = predicted[own] * high
    return result
