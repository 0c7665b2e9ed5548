"""Say what a solved task costs, and which models nobody beats on cost and score together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from computebook import errors
from computebook.proportions import Interval, wilson_interval
from computebook.units import Quantity, scalar_in_scalar_out

__all__ = ["cost_per_solved_task_interval", "cost_per_solved_task_usd", "pareto_front"]


@scalar_in_scalar_out
def cost_per_solved_task_usd(cost_per_task_usd: Quantity, score_fraction: Quantity) -> Any:
    """Return what one solved task costs, failed attempts included, US dollars.

    Parameters
    ----------
    cost_per_task_usd : float or array
        Average cost of an attempt, US dollars, >= 0.
    score_fraction : float or array
        Share of tasks solved, fraction, 0 to 1.

    Returns
    -------
    float or array
        Infinite where nothing was solved.

    Raises
    ------
    ComputebookError
        If an argument is out of bounds.

    Examples
    --------
    ARC-AGI-2: GPT-5.2 Thinking at $1.90 and 52.9 %, Pro at $15.72 and 54.2 %.

    >>> cost_per_solved_task_usd([1.90, 15.72], [0.529, 0.542]).round(2)
    array([ 3.59, 29.  ])
    """
    cost = errors.require_finite_in("cost_per_task_usd", cost_per_task_usd, "$", 0.0, 1e9)
    solved = errors.require_finite_in("score_fraction", score_fraction, "of 1", 0.0, 1.0)
    return np.where(solved > 0, cost / np.where(solved > 0, solved, 1.0), np.inf)


def cost_per_solved_task_interval(
    cost_per_task_usd: Quantity,
    score_fraction: Quantity,
    items: Quantity,
    confidence_fraction: float = 0.95,
) -> Interval:
    """Return the interval of the cost of a solved task, US dollars.

    Only the score is uncertain here; the spread of the cost between tasks comes on top.

    Parameters
    ----------
    cost_per_task_usd : float or array
        Average cost of an attempt, US dollars.
    score_fraction : float or array
        Share of tasks solved, fraction.
    items : float or array
        Number of tasks, >= 1.
    confidence_fraction : float
        Confidence level, fraction.

    Examples
    --------
    >>> low, high = cost_per_solved_task_interval(1.90, 0.529, 120)
    >>> round(low, 2), round(high, 2)
    (3.08, 4.32)
    """
    solved = wilson_interval(score_fraction, items, confidence_fraction)
    return Interval(
        cost_per_solved_task_usd(cost_per_task_usd, solved.high),
        cost_per_solved_task_usd(cost_per_task_usd, solved.low),
    )


def pareto_front(cost: ArrayLike, score: ArrayLike) -> NDArray[np.bool_]:
    """Return which points no other beats: none is as cheap and better, or as good and cheaper.

    Parameters
    ----------
    cost : array_like
        Cost of each point in one unit, lower is better, shape (points,).
    score : array_like
        Score of each point in one unit, higher is better, shape (points,).

    Returns
    -------
    array of bool
        True on the front; equal points are all on it or all off it.

    Raises
    ------
    ComputebookError
        If the shapes differ or a value is not finite.

    Examples
    --------
    >>> pareto_front([1.0, 2.0, 3.0, 2.5], [50, 60, 55, 60]).tolist()
    [True, True, False, False]
    """
    costs = errors.require_finite_in("cost", cost, "", -1e300, 1e300)
    scores = errors.require_finite_in("score", score, "", -1e300, 1e300)
    if costs.ndim != 1 or costs.shape != scores.shape:
        raise errors.ComputebookError(
            f"cost has shape {costs.shape} and score {scores.shape}: one value per point is needed"
        )
    # By rising cost and falling score, a point is beaten if one before it scores as much.
    order = np.lexsort((-scores, costs))
    ordered, paid = scores[order], costs[order]
    best_before = np.maximum.accumulate(np.concatenate(([-np.inf], ordered[:-1])))
    same = np.r_[False, (np.diff(paid) == 0) & (np.diff(ordered) == 0)]
    on_front = np.empty(costs.size, dtype=bool)
    on_front[order] = _repeat_for_equals(ordered > best_before, same)
    return on_front


def _repeat_for_equals(on_front: NDArray[np.bool_], same: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Give each point that equals its predecessor the verdict of the first of them."""
    first = np.maximum.accumulate(np.where(same, 0, np.arange(same.size)))
    return np.asarray(on_front[first], dtype=bool)
