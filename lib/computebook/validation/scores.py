"""How far predictions are from measurements: the same few numbers for every model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from computebook import errors

__all__ = ["ErrorSummary", "error_percent", "error_summary", "summarise"]

_MOST = 1e30


@dataclass(frozen=True)
class ErrorSummary:
    """Errors of a set of cases, percent of the measured value.

    Attributes
    ----------
    cases : int
        How many.
    mean_percent, median_percent, max_percent : float
        Of the absolute errors.
    bias_percent : float
        Mean of the signed errors: above zero the model predicts too much.
    """

    cases: int
    mean_percent: float
    median_percent: float
    max_percent: float
    bias_percent: float


def error_percent(predicted: Any, measured: Any) -> Any:
    """Return the signed error of predictions.

    ``100 (predicted / measured - 1)``.

    Parameters
    ----------
    predicted : float or array
        Finite numbers.
    measured : float or array
        Numbers above zero, in the unit of `predicted`.

    Returns
    -------
    float or array
        Percent; above zero where the prediction is too large.

    Raises
    ------
    ComputebookError
        If a number is not finite or a measurement is not above zero.

    Examples
    --------
    >>> error_percent(110, 100)
    10.0
    """
    made = errors.require_finite_in("predicted", predicted, "", -_MOST, _MOST)
    seen = errors.require_finite_in("measured", measured, "", 1 / _MOST, _MOST)
    error = np.round(100 * (np.divide(made, seen) - 1), 10)
    return float(error) if np.ndim(error) == 0 else error


def error_summary(predicted: Iterable[float], measured: Iterable[float]) -> ErrorSummary:
    """Return the errors of a set of cases in five numbers.

    Parameters
    ----------
    predicted, measured : iterable of float
        One pair a case, in the same unit; `measured` above zero.

    Raises
    ------
    ComputebookError
        If there is no case, the two differ in length, or a number is out of bounds.

    Examples
    --------
    >>> error_summary([90, 120], [100, 100])
    ErrorSummary(cases=2, mean_percent=15.0, median_percent=15.0, max_percent=20.0, \
bias_percent=5.0)
    """
    made, seen = np.array(list(predicted), float), np.array(list(measured), float)
    if made.size != seen.size or not made.size:
        raise errors.ComputebookError(
            f"{made.size} predictions for {seen.size} measurements: pairs are needed, one at least"
        )
    error = np.atleast_1d(error_percent(made, seen))
    size = np.abs(error)
    return ErrorSummary(
        cases=int(made.size),
        mean_percent=float(size.mean()),
        median_percent=float(np.median(size)),
        max_percent=float(size.max()),
        bias_percent=float(error.mean()),
    )


def summarise(cases: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the errors of a table of cases by group.

    Parameters
    ----------
    cases : DataFrame
        With columns `predicted` and `measured`.
    by : str
        Column that names the group.

    Returns
    -------
    DataFrame
        One row per group, in order of appearance, with the fields of `ErrorSummary`.

    Raises
    ------
    ComputebookError
        If a column is missing.

    Examples
    --------
    >>> frame = pd.DataFrame({"gpu": ["a", "a"], "predicted": [1.0, 2.0], "measured": [1.0, 1.0]})
    >>> summarise(frame, "gpu")["max_percent"].tolist()
    [100.0]
    """
    for column in (by, "predicted", "measured"):
        errors.require_known("column of cases", column, cases.columns)
    rows = [
        {by: name, **asdict(error_summary(group["predicted"], group["measured"]))}
        for name, group in cases.groupby(by, sort=False)
    ]
    return pd.DataFrame(rows)
