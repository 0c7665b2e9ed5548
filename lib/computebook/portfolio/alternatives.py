"""Set a mix beside what people do without one: one vendor, one model, the best everywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from computebook.portfolio.mix import LEAST_SHARE, Mix, cheapest_mix
from computebook.portfolio.problem import Floats, Problem

__all__ = ["Alternative", "alternatives"]


@dataclass(frozen=True)
class Alternative:
    """One way to serve all workloads.

    Attributes
    ----------
    name : str
        What it does.
    monthly_usd : float
        Cost of a month, US dollars.
    floors_met : int
        Workloads whose work goes only to models that reach the floor.
    largest_share : float
        Largest share of a vendor in spend or requests, as the problem counts it, fraction.
    within_budget : bool
        Whether it costs no more than the budget.
    within_share : bool
        Whether the largest share is within the limit.
    """

    name: str
    monthly_usd: float
    floors_met: int
    largest_share: float
    within_budget: bool
    within_share: bool


def alternatives(problem: Problem) -> list[Alternative]:
    """Return the cheapest mix beside the plain alternatives to it.

    Parameters
    ----------
    problem : Problem
        Workloads, offers and constraints.

    Returns
    -------
    list of Alternative
        The cheapest mix, where one exists; the cheapest model per workload with no share limit;
        the best score per workload; then each vendor and each model that is on offer for every
        workload, alone and by rising cost. A vendor alone takes its cheapest model that reaches
        the floor, or its best one where none does.

    Examples
    --------
    >>> from computebook.portfolio.problem import Offer, Workload
    >>> offers = (Offer("chat", "A", "Acme", 0.02, 90.0, 200),
    ...           Offer("chat", "B", "Best", 0.01, 82.0, 200))
    >>> rows = alternatives(Problem((Workload("chat", 1_000, 80.0),), offers))
    >>> [(row.name, row.monthly_usd) for row in rows[:3]]
    [('Cheapest mix', 10.0), ('Cheapest per workload', 10.0), ('Best score per workload', 20.0)]
    """
    everything = np.ones(len(problem.offers), bool)
    unlimited = cheapest_mix(replace(problem, largest_share=1.0, budget_usd=np.inf))
    named: list[tuple[str, Mix | None]] = [
        ("Cheapest mix", cheapest_mix(problem)),
        ("Cheapest per workload", unlimited),
        ("Best score per workload", _picked(problem, everything, best=True)),
    ]
    vendors = _alone(problem, [offer.vendor for offer in problem.offers], "only")
    models = _alone(problem, [offer.label for offer in problem.offers], "for everything")
    return [
        _measured(name, mix, problem)
        for name, mix in [*named, *vendors, *models]
        if mix is not None
    ]


def _alone(problem: Problem, names: list[str], words: str) -> list[tuple[str, Mix]]:
    """Return the mixes of one vendor or model each, those that can serve all, cheapest first."""
    found = []
    for name in sorted(set(names)):
        mix = _picked(problem, np.array(names) == name, best=False)
        if mix is not None:
            found.append((f"{name} {words}", mix))
    return sorted(found, key=lambda pair: pair[1].monthly_usd)


def _picked(problem: Problem, allowed: np.ndarray, best: bool) -> Mix | None:
    """Return one offer per workload: the best, or the cheapest that passes, else the best."""
    works, usd, score = problem.work_of_offer, problem.monthly_usd, problem.tested_percent
    passes = problem.admitted()
    shares = np.zeros(len(works))
    for work in range(len(problem.workloads)):
        places = np.flatnonzero(allowed & (works == work))
        if not places.size:
            return None
        enough = places[passes[places]]
        if best or not enough.size:
            shares[_best(places, score, usd)] = 1.0
        else:
            shares[enough[np.argmin(usd[enough])]] = 1.0
    return Mix(problem, shares)


def _best(places: np.ndarray, score: Floats, usd: Floats) -> int:
    """Return the position of the highest score, the cheaper one of equals."""
    return int(places[np.lexsort((usd[places], -score[places]))[0]])


def _measured(name: str, mix: Mix, problem: Problem) -> Alternative:
    largest = max(mix.vendor_shares.values())
    below = mix.shares * ~problem.admitted() > LEAST_SHARE
    missed = set(problem.work_of_offer[below].tolist())
    return Alternative(
        name,
        mix.monthly_usd,
        len(problem.workloads) - len(missed),
        largest,
        mix.monthly_usd <= problem.budget_usd * (1 + 1e-9),
        largest <= problem.largest_share + 1e-6,
    )
