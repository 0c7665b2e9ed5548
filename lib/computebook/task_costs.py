"""Say what a solved task costs, and which models nobody beats on cost and score together."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from computebook import errors
from computebook.proportions import Interval, wilson_interval
from computebook.units import Quantity, scalar_in_scalar_out

__all__ = [
    "CostDecline",
    "best_score_within",
    "cheapest_over_time",
    "cost_decline",
    "cost_per_solved_task_interval",
    "cost_per_solved_task_usd",
    "pareto_front",
]

DAYS_PER_YEAR: Final = 365.25
#: Jeffreys' prior of a proportion: half an item solved, half an item missed.
PRIOR_ITEMS: Final = 0.5


class CostDecline(NamedTuple):
    """How the cheapest cost of reaching a score fell between two days.

    `first_usd` and `last_usd` are the cheapest cost per task on the first and the last day,
    `factor` how many times cheaper the last is, `factor_per_year` the same for a year of equal
    pace, `low_per_year` and `high_per_year` its interval.
    """

    first_usd: float
    last_usd: float
    factor: float
    factor_per_year: float
    low_per_year: float
    high_per_year: float


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


def cheapest_over_time(
    day: ArrayLike, cost_usd: ArrayLike, score: ArrayLike, floor: float
) -> NDArray[np.float64]:
    """Return the cheapest cost at which a score was to be had up to each day, US dollars.

    Parameters
    ----------
    day : array_like
        Day on which each model came out, as a number, shape (points,).
    cost_usd : array_like
        Cost per task, US dollars, >= 0.
    score, floor : array_like and float
        Scores and the one to be reached, in one unit.

    Returns
    -------
    array
        In the order of the points; infinite until a model reaches the floor. Models of one day
        count together.

    Examples
    --------
    >>> cheapest_over_time([0, 10, 20], [2.0, 1.0, 0.5], [60, 40, 60], 50).tolist()
    [2.0, 2.0, 0.5]
    """
    days = errors.require_finite_in("day", day, "days", -1e9, 1e9).astype(float)
    cost = errors.require_finite_in("cost_usd", cost_usd, "$", 0.0, 1e9).astype(float)
    enough = np.where(np.asarray(score, float) >= floor, cost, np.inf)
    return np.asarray(np.where(days[None, :] <= days[:, None], enough, np.inf).min(axis=1))


def best_score_within(
    day: ArrayLike, cost_usd: ArrayLike, score: ArrayLike, most_usd: float
) -> NDArray[np.float64]:
    """Return the best score to be had for a cost up to each day, in the unit of the scores.

    Parameters
    ----------
    day : array_like
        Day on which each model came out, as a number, shape (points,).
    cost_usd, most_usd : array_like and float
        Costs per task and the most that one pays, US dollars.
    score : array_like
        Scores, in any unit.

    Returns
    -------
    array
        In the order of the points; minus infinity until a model is cheap enough.

    Examples
    --------
    >>> best_score_within([0, 10, 20], [2.0, 1.0, 0.5], [60, 40, 55], 1.0).tolist()
    [-inf, 40.0, 55.0]
    """
    days = errors.require_finite_in("day", day, "days", -1e9, 1e9).astype(float)
    cost = errors.require_finite_in("cost_usd", cost_usd, "$", 0.0, 1e9).astype(float)
    within = np.where(cost <= most_usd, np.asarray(score, float), -np.inf)
    return np.asarray(np.where(days[None, :] <= days[:, None], within, -np.inf).max(axis=1))


def cost_decline(
    day: ArrayLike,
    cost_usd: ArrayLike,
    score_fraction: ArrayLike,
    items: float,
    floor_fraction: float,
    draws: int = 2_000,
    seed: int = 20260131,
    confidence_fraction: float = 0.95,
) -> CostDecline:
    r"""Return how fast the cheapest cost of reaching a score fell.

    .. math:: f_\text{year} = (c_\text{first} / c_\text{last})^{365.25 / \Delta t}

    from the first day on which the score was reached to the last day of the points. Each draw
    picks the later models anew with replacement and draws their scores from
    :math:`B(k + 1/2, n - k + 1/2)`: one lucky cheap model or one lucky score then moves the
    interval, not the result. Source: `efron1979bootstrap`, `brown2001interval`.

    Parameters
    ----------
    day : array_like
        Day on which each model came out, as a number, shape (points,).
    cost_usd : array_like
        Cost per task, US dollars, above 0.
    score_fraction : array_like
        Scores, fractions.
    items : float
        Items of the benchmark.
    floor_fraction : float
        Score to be reached, fraction.
    draws : int
        Number of draws.
    seed : int
        Seed: equal seeds give equal intervals.
    confidence_fraction : float
        Level of the interval, fraction.

    Returns
    -------
    CostDecline
        A factor of 1 means no decline.

    Raises
    ------
    ComputebookError
        If no model reaches the floor, or none came out after the first that does.

    Examples
    --------
    >>> found = cost_decline([0, 365.25], [1.0, 0.1], [0.6, 0.9], 500, 0.6)
    >>> round(found.factor_per_year, 6)
    10.0
    """
    days = errors.require_finite_in("day", day, "days", -1e9, 1e9).astype(float)
    cost = errors.require_finite_in("cost_usd", cost_usd, "$", 1e-12, 1e9).astype(float)
    solved = errors.require_finite_in("score_fraction", score_fraction, "of 1", 0.0, 1.0)
    reach = solved >= floor_fraction - 1e-12
    later = days > days[reach].min() if reach.any() else np.zeros(days.size, bool)
    if not later.any():
        raise errors.ComputebookError(
            f"floor_fraction = {floor_fraction:g}: no model came out after the first that "
            f"reaches it, so there is no decline to measure"
        )
    first = float(cost[reach & ~later].min())
    years = float(days.max() - days[reach].min()) / DAYS_PER_YEAR
    drawn = _redrawn(cost[later], solved[later], items, floor_fraction, draws, seed)
    last = min(first, float(cost[reach].min()))
    tail = (1 - confidence_fraction) / 2
    ends = np.quantile((first / np.minimum(drawn, first)) ** (1 / years), [tail, 1 - tail])
    pace = (first / last) ** (1 / years)
    return CostDecline(first, last, first / last, pace, float(ends[0]), float(ends[1]))


def _redrawn(
    cost: NDArray[np.float64],
    solved: NDArray[np.float64],
    items: float,
    floor: float,
    draws: int,
    seed: int,
) -> NDArray[np.float64]:
    """Return the cheapest cost above the floor with models picked and scores drawn anew."""
    generator = np.random.default_rng(seed)
    picked = generator.integers(0, cost.size, (draws, cost.size))
    right, wrong = solved * items + PRIOR_ITEMS, (1 - solved) * items + PRIOR_ITEMS
    scores = generator.beta(right[picked], wrong[picked])
    return np.asarray(np.where(scores >= floor, cost[picked], np.inf).min(axis=1))
