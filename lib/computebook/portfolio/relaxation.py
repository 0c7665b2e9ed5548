"""Say what each constraint of a portfolio costs, and which of them rule each other out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from computebook.portfolio.mix import cheapest_mix
from computebook.portfolio.problem import Problem

__all__ = [
    "Constraint",
    "ConstraintCost",
    "Relaxation",
    "conflicts",
    "constraint_costs",
    "constraints_of",
    "floor_headroom_points",
    "nearest_relaxations",
]

BUDGET: Final = "budget"
SHARE: Final = "largest share"
FLOOR: Final = "floor"
#: One point of a floor, one point of a share, both in percent.
STEP_POINTS: Final = 1.0
PERCENT: Final = 100.0
BISECTIONS: Final = 24


@dataclass(frozen=True)
class Constraint:
    """One thing asked of a portfolio.

    Attributes
    ----------
    kind : str
        "floor", "largest share" or "budget".
    workload : str
        Workload of a floor, "" otherwise.
    limit : float
        The floor or the share in percent, the budget in US dollars.
    """

    kind: str
    workload: str
    limit: float

    @property
    def name(self) -> str:
        """The constraint in words."""
        if self.kind != FLOOR:
            return self.kind
        return f"floor of {self.workload}" if self.workload else "all floors"

    @property
    def unit(self) -> str:
        """Unit of the limit."""
        if self.kind == BUDGET:
            return "$"
        return "points" if self.name == "all floors" else "%"


@dataclass(frozen=True)
class ConstraintCost:
    """What one constraint costs a month.

    Attributes
    ----------
    constraint : Constraint
        Which one.
    saved_usd : float
        What a month would cost less without it, US dollars.
    saved_by_point_usd : float
        What one point less of a floor, or one point more of the share, would save, US dollars;
        nan for a budget, which a cheapest mix meets or does not.
    """

    constraint: Constraint
    saved_usd: float
    saved_by_point_usd: float

    @property
    def binds(self) -> bool:
        """Whether the mix would be cheaper without it."""
        return self.saved_usd > 1e-6


@dataclass(frozen=True)
class Relaxation:
    """The least change of one constraint that lets a mix exist, all others as they are.

    Attributes
    ----------
    constraint : Constraint
        Which one; a floor without a workload stands for all floors moved by so many points.
    works_at : float
        Limit at which a mix exists, in the unit of the constraint; nan if none does.
    monthly_usd : float
        Cost of the cheapest mix there, US dollars a month; nan if there is none.
    """

    constraint: Constraint
    works_at: float
    monthly_usd: float

    @property
    def works(self) -> bool:
        """Whether changing this constraint alone is enough."""
        return not math.isnan(self.works_at)


def constraints_of(problem: Problem) -> list[Constraint]:
    """Return the constraints of a problem that can bind: budget, share, one floor per workload.

    Parameters
    ----------
    problem : Problem
        Workloads, offers and constraints.

    Examples
    --------
    >>> from computebook.portfolio.problem import Offer, Workload
    >>> offer = Offer("chat", "A", "Acme", 0.02, 90.0, 200)
    >>> asked = Problem((Workload("chat", 1_000, 80.0),), (offer,), budget_usd=50.0)
    >>> [constraint.name for constraint in constraints_of(asked)]
    ['budget', 'floor of chat']
    """
    found = [Constraint(FLOOR, work.name, work.floor_percent) for work in problem.workloads]
    if problem.largest_share < 1:
        found.insert(0, Constraint(SHARE, "", problem.largest_share * PERCENT))
    if math.isfinite(problem.budget_usd):
        found.insert(0, Constraint(BUDGET, "", problem.budget_usd))
    return found


def with_limit(problem: Problem, constraint: Constraint, limit: float) -> Problem:
    """Return the problem with one limit changed, in the unit of the constraint."""
    if constraint.kind == BUDGET:
        return replace(problem, budget_usd=limit)
    if constraint.kind == SHARE:
        return replace(problem, largest_share=min(limit / PERCENT, 1.0))
    works = tuple(
        replace(work, floor_percent=max(limit, 0.0)) if work.name == constraint.workload else work
        for work in problem.workloads
    )
    return replace(problem, workloads=works)


def without(problem: Problem, constraint: Constraint) -> Problem:
    """Return the problem with one constraint dropped."""
    never = {BUDGET: math.inf, SHARE: PERCENT, FLOOR: 0.0}
    return with_limit(problem, constraint, never[constraint.kind])


def _usd(problem: Problem) -> float:
    mix = cheapest_mix(problem)
    return math.nan if mix is None else mix.monthly_usd


def constraint_costs(problem: Problem) -> list[ConstraintCost]:
    """Return what each constraint costs: the saving without it, and by one point of it.

    Each is dropped alone, so that savings do not add up where two constraints bind together.

    Parameters
    ----------
    problem : Problem
        Workloads, offers and constraints.

    Returns
    -------
    list of ConstraintCost
        Empty where no mix meets all constraints; see `conflicts`.

    Examples
    --------
    >>> from computebook.portfolio.problem import Offer, Workload
    >>> offers = (Offer("chat", "A", "Acme", 0.02, 90.0, 200),
    ...           Offer("chat", "B", "Best", 0.01, 82.0, 200))
    >>> costs = constraint_costs(Problem((Workload("chat", 1_000, 85.0),), offers))
    >>> round(costs[0].saved_usd, 6), costs[0].saved_by_point_usd
    (10.0, 0.0)
    """
    here = _usd(problem)
    return [] if math.isnan(here) else [_cost(problem, c, here) for c in constraints_of(problem)]


def _cost(problem: Problem, constraint: Constraint, here: float) -> ConstraintCost:
    saved = max(here - _usd(without(problem, constraint)), 0.0)
    if constraint.kind == BUDGET:
        return ConstraintCost(constraint, saved, math.nan)
    step = STEP_POINTS if constraint.kind == SHARE else -STEP_POINTS
    eased = _usd(with_limit(problem, constraint, constraint.limit + step))
    return ConstraintCost(constraint, saved, max(here - eased, 0.0))


def conflicts(problem: Problem) -> list[list[Constraint]]:
    """Return sets of constraints that no mix meets together, none in two sets; empty if one does.

    Constraints are dropped one after the other; those that can go without letting a mix exist
    are not part of the conflict. Every member of what is left is needed for it. Its members are
    then dropped, and the search begins anew until a mix exists.

    Parameters
    ----------
    problem : Problem
        Workloads, offers and constraints.

    Examples
    --------
    >>> from computebook.portfolio.problem import Offer, Workload
    >>> offer = Offer("chat", "A", "Acme", 0.02, 90.0, 200)
    >>> asked = Problem((Workload("chat", 1_000, 80.0),), (offer,), budget_usd=5.0)
    >>> [[constraint.name for constraint in group] for group in conflicts(asked)]
    [['budget']]
    """
    found: list[list[Constraint]] = []
    while cheapest_mix(problem) is None:
        group = _conflict(problem)
        problem = _without_all(problem, group)
        found.append(group)
    return found


def _conflict(problem: Problem) -> list[Constraint]:
    """Return one smallest set of constraints that no mix meets together."""
    needed = []
    for constraint in reversed(constraints_of(problem)):
        eased = without(problem, constraint)
        if cheapest_mix(eased) is None:
            problem = eased
        else:
            needed.append(constraint)
    return needed[::-1]


def _without_all(problem: Problem, group: Sequence[Constraint]) -> Problem:
    for constraint in group:
        problem = without(problem, constraint)
    return problem


def nearest_relaxations(problem: Problem) -> list[Relaxation]:
    """Return the least change of each constraint in a conflict that ends the conflict.

    Where there are several conflicts, each is looked at with the others set aside: one change
    per conflict is needed. The last row moves all floors together, which ends all of them.

    Parameters
    ----------
    problem : Problem
        Workloads, offers and constraints that no mix meets.

    Returns
    -------
    list of Relaxation
        The lowest budget, the smallest share limit, the highest floor of a workload, and the
        points by which all floors have to move; nan where a change of this one cannot help.

    Examples
    --------
    >>> from computebook.portfolio.problem import Offer, Workload
    >>> offer = Offer("chat", "A", "Acme", 0.02, 90.0, 200)
    >>> asked = Problem((Workload("chat", 1_000, 95.0),), (offer,))
    >>> [(found.constraint.name, found.works_at) for found in nearest_relaxations(asked)]
    [('floor of chat', 90.0), ('all floors', -5.0)]
    """
    groups = conflicts(problem)
    found = []
    for number, group in enumerate(groups):
        others = [other for place, g in enumerate(groups) if place != number for other in g]
        found += [_relaxed(_without_all(problem, others), constraint) for constraint in group]
    headroom = floor_headroom_points(problem)
    usd = math.nan if math.isnan(headroom) else _usd(_floors_moved(problem, headroom))
    return [*found, Relaxation(Constraint(FLOOR, "", 0.0), headroom, usd)]


def _relaxed(problem: Problem, constraint: Constraint) -> Relaxation:
    free = _usd(without(problem, constraint))
    if math.isnan(free):
        return Relaxation(constraint, math.nan, math.nan)
    if constraint.kind == BUDGET:
        return Relaxation(constraint, free, free)
    if constraint.kind == SHARE:
        limit = _smallest_share_percent(problem, constraint)
    else:
        levels = sorted({0.0, *problem.tested_percent[_places(problem, constraint.workload)]})
        limit = _highest(levels, lambda level: with_limit(problem, constraint, level))
    return Relaxation(constraint, limit, _usd(with_limit(problem, constraint, limit)))


def _places(problem: Problem, workload: str) -> list[int]:
    return [place for place, o in enumerate(problem.offers) if o.workload == workload]


def _smallest_share_percent(problem: Problem, constraint: Constraint) -> float:
    """Return the smallest share limit that works, percent, rounded up to a hundredth."""
    low, high = 0.0, PERCENT
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        works = cheapest_mix(with_limit(problem, constraint, middle)) is not None
        low, high = (low, middle) if works else (middle, high)
    # The bisection stops a hair above the bound, which must not round it up a whole hundredth.
    rounded = math.ceil(high * PERCENT - 1e-3) / PERCENT
    works = cheapest_mix(with_limit(problem, constraint, rounded)) is not None
    return min(rounded if works else rounded + 1 / PERCENT, PERCENT)


def _highest(levels: Sequence[float], problem_at: Callable[[float], Problem]) -> float:
    """Return the highest level at which a mix exists; the lowest is known to work."""
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if cheapest_mix(problem_at(levels[middle])) is not None:
            low = middle
        else:
            high = middle - 1
    return float(levels[low])


def _floors_moved(problem: Problem, points: float) -> Problem:
    works = tuple(
        replace(work, floor_percent=min(max(work.floor_percent + points, 0.0), PERCENT))
        for work in problem.workloads
    )
    return replace(problem, workloads=works)


def floor_headroom_points(problem: Problem) -> float:
    """Return by how many points all floors can move together and a mix still exist.

    Parameters
    ----------
    problem : Problem
        Workloads, offers and constraints.

    Returns
    -------
    float
        The most points by which all floors can rise (positive), or the fewest by which they
        have to fall (negative); nan if no floors would help.

    Examples
    --------
    >>> from computebook.portfolio.problem import Offer, Workload
    >>> offers = (Offer("chat", "A", "Acme", 0.02, 90.0, 200),
    ...           Offer("chat", "B", "Best", 0.01, 82.0, 200))
    >>> floor_headroom_points(Problem((Workload("chat", 1_000, 80.0),), offers, budget_usd=15.0))
    2.0
    """
    if cheapest_mix(_floors_moved(problem, -PERCENT)) is None:
        return math.nan
    gaps = problem.tested_percent - problem.floors_percent
    levels = sorted({-PERCENT, *np.round(gaps, 9).tolist()})
    return _highest(levels, lambda points: _floors_moved(problem, points))
