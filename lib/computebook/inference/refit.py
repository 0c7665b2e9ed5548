"""Refits without some of the cases, started at the optimum on all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from computebook.inference.calibration import CONSTANTS
from computebook.inference.fit import Fit, Objective, gauss_newton_step, named, prior_logs

__all__ = ["independent_constants", "refit", "step_without"]

Array = npt.NDArray[np.float64]

_STEP: Final = 1e-4
_ENOUGH: Final = 1e-3
_HALVINGS: Final = 4


def step_without(fit: Fit, out: Sequence[Any] | pd.Index) -> dict[str, float]:
    """Return constants after one Gauss-Newton step without some of the cases.

    The step costs nothing: residuals and slopes of the other cases are those of the optimum.

    Parameters
    ----------
    fit : Fit
        Optimum on all cases.
    out : sequence
        Index of the cases to leave out.

    Returns
    -------
    dict of str to float
        Constants by name.
    """
    weight = (~fit.index.isin(out)).astype(float)
    return named(fit.logs + gauss_newton_step(fit, weight, prior_logs()[0]))


def independent_constants(slopes: Array) -> list[list[int]]:
    """Return constants in sets of which no case feels two.

    Constants of one set are varied together, so that the slopes of some fifty constants take
    some twenty evaluations of the models.

    Parameters
    ----------
    slopes : numpy.ndarray
        Cases x constants; a zero means that the case does not feel the constant.

    Returns
    -------
    list of list of int
        Columns by set.

    Examples
    --------
    >>> independent_constants(np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 4.0]]))
    [[0, 1], [2]]
    """
    felt, sets = slopes != 0.0, list[list[int]]()
    for column in range(slopes.shape[1]):
        for group in sets:
            if not (felt[:, group].any(axis=1) & felt[:, column]).any():
                group.append(column)
                break
        else:
            sets.append([column])
    return sets


def _slopes(
    objective: Objective, logs: Array, at: Array, sets: list[list[int]], felt: Any
) -> Array:
    """Return forward differences, one evaluation per set of independent constants."""
    result = np.zeros((len(at), len(logs)))
    for group in sets:
        moved = logs.copy()
        moved[group] += _STEP
        change = (objective.residuals(moved) - at) / _STEP
        for column in group:
            result[:, column] = np.where(felt[:, column], change, 0.0)
    return result


def refit(
    cases: pd.DataFrame, start: Mapping[str, float], like: Fit, steps: int
) -> dict[str, float]:
    """Return constants fitted to fewer cases, by a few damped Gauss-Newton steps.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `calibration_cases`, all of them among those behind `like`.
    start : mapping of str to float
        Where the steps begin: every constant by name.
    like : Fit
        Optimum on all cases: it says which case feels which constant.
    steps : int
        Most steps.

    Returns
    -------
    dict of str to float
        Constants by name.
    """
    objective = Objective.of(cases)
    felt = pd.DataFrame(like.slopes, like.index).loc[objective.index].to_numpy() != 0.0
    sets = independent_constants(felt.astype(float))
    logs = np.log([start[constant.name] for constant in CONSTANTS])
    at = objective.residuals(logs)
    for _ in range(steps):
        slopes = _slopes(objective, logs, at, sets, felt)
        fit = Fit(logs, at, slopes, objective.index)
        step = gauss_newton_step(fit, np.ones(len(at)), prior_logs()[0])
        logs, at = _descend(objective, logs, at, step)
        if np.abs(step).max() < _ENOUGH:
            break
    return named(logs)


def _descend(objective: Objective, logs: Array, at: Array, step: Array) -> tuple[Array, Array]:
    """Return the point after the step, halved until it leads down; the old one if none does."""
    cost = objective.cost(logs, at)
    for halving in range(_HALVINGS):
        moved = logs + step * 0.5**halving
        there = objective.residuals(moved)
        if objective.cost(moved, there) < cost:
            return moved, there
    return logs, at
