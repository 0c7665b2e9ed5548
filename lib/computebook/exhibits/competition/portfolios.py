"""The cheapest mix of models for an example client: its price, its limits, its noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from computebook import benchmarks, datasets, portfolio
from computebook.portfolio import Mix, Problem, Stability
from computebook.price_cards import Date

__all__ = [
    "CLIENT",
    "Decision",
    "alternative_table",
    "client_demands",
    "client_problem",
    "constraint_table",
    "decision",
    "limit_curve",
    "mix_table",
    "place_table",
    "works",
]

#: The built-in example of the command `computebook portfolio`.
CLIENT: Final = portfolio.parse_demands(portfolio.EXAMPLE_MIX, "example")
DRAWS: Final = 300
#: Limits on the largest share that the curve runs through, percent.
LIMITS: Final = tuple(np.arange(30.0, 100.1, 2.5))
#: A model that fewer draws choose is left out of the table.
LEAST_DRAWN: Final = 0.05


@dataclass(frozen=True)
class Decision:
    """What the example client learns.

    Attributes
    ----------
    problem : Problem
        What is asked.
    mix : Mix or None
        The cheapest mix; None where there is none.
    conflict : tuple of str
        Constraints that rule each other out, in words; empty where there is a mix.
    noise : Stability or None
        How the choice stands under noise.
    best_usd : float
        Cost of a month with the best score everywhere, US dollars.
    free_usd : float
        Cost of a month with neither a limit per vendor nor a budget, US dollars.
    assured : Mix or None
        The cheapest mix if the lower end of each interval has to reach the floor.
    headroom_points, assured_points : float
        Points by which all floors can rise together, and by which they have to move so that the
        lower ends reach them; negative where they have to fall, nan where that does not help.
    assured_usd : float
        Cost of a month there, US dollars; nan where there is none.
    """

    problem: Problem
    mix: Mix | None
    conflict: tuple[str, ...]
    noise: Stability | None
    best_usd: float
    free_usd: float
    assured: Mix | None
    headroom_points: float
    assured_points: float
    assured_usd: float

    @property
    def limit_usd(self) -> float:
        """What the limit per vendor costs a month, US dollars; nan where there is no mix."""
        return float("nan") if self.mix is None else self.mix.monthly_usd - self.free_usd


def client_demands(quality_margin_percent: float) -> list[portfolio.Demand]:
    """Return the example client's workloads, all floors so far below the best score.

    Parameters
    ----------
    quality_margin_percent : float
        Points below the best score on offer, 0 to 100.

    Examples
    --------
    >>> [demand.margin_points for demand in client_demands(5.0)]
    [5.0, 5.0, 5.0, 5.0, 5.0]
    """
    margin = float(quality_margin_percent)
    return [replace(demand, floor_percent=float("nan"), margin_points=margin) for demand in CLIENT]


def works() -> list[str]:
    """Return the names of the client's workloads.

    Examples
    --------
    >>> works()[0]
    'Long documents'
    """
    return [demand.workload for demand in CLIENT]


@lru_cache(maxsize=32)
def client_problem(
    on: Date,
    quality_margin_percent: float,
    monthly_budget_usd: float,
    largest_share_percent: float,
    share_of: str = "requests",
) -> Problem:
    """Return the example client's problem.

    Parameters
    ----------
    on : str or date
        Day of the prices.
    quality_margin_percent : float
        Points that a model may lie below the best score.
    monthly_budget_usd : float
        Most that a month may cost, US dollars.
    largest_share_percent : float
        Largest share of one vendor, percent.
    share_of : {"requests", "spend"}
        What the share is taken of.

    Examples
    --------
    >>> len(client_problem("2026-01-31", 5.0, 60_000.0, 60.0).workloads)
    5
    """
    return portfolio.problem_for(
        client_demands(quality_margin_percent),
        on,
        budget_usd=float(monthly_budget_usd),
        largest_share=largest_share_percent / 100,
        share_of=share_of,
    )


def decision(problem: Problem, confidence_percent: float = 95.0) -> Decision:
    """Return what the client learns from the problem.

    Parameters
    ----------
    problem : Problem
        From `client_problem`.
    confidence_percent : float
        Level of the intervals whose lower ends may have to reach the floors, percent.

    Examples
    --------
    >>> found = decision(client_problem("2026-01-31", 5.0, 60_000.0, 60.0))
    >>> found.mix.monthly_usd < found.best_usd, found.conflict
    (True, ())
    """
    mix = portfolio.cheapest_mix(problem)
    free = portfolio.cheapest_mix(replace(problem, largest_share=1.0, budget_usd=np.inf))
    lower = replace(problem, floor_rule="lower", confidence_fraction=confidence_percent / 100)
    together = portfolio.nearest_relaxations(lower)[-1]
    return Decision(
        problem=problem,
        mix=mix,
        conflict=tuple(c.name for group in portfolio.conflicts(problem) for c in group),
        noise=None if mix is None else portfolio.stability(mix, DRAWS),
        best_usd=_usd_of(problem, "Best score per workload"),
        free_usd=float("nan") if free is None else free.monthly_usd,
        assured=portfolio.cheapest_mix(lower),
        headroom_points=portfolio.floor_headroom_points(problem),
        assured_points=together.works_at,
        assured_usd=together.monthly_usd,
    )


def _usd_of(problem: Problem, name: str) -> float:
    return next(row.monthly_usd for row in portfolio.alternatives(problem) if row.name == name)


def mix_table(found: Decision, confidence_percent: float = 95.0) -> pd.DataFrame:
    """Return who does which work, a row per workload and model.

    Parameters
    ----------
    found : Decision
        From `decision`.
    confidence_percent : float
        Level of the interval of a score, percent.

    Returns
    -------
    DataFrame
        `work`, `requests`, `benchmark`, `floor_percent`, `model`, `share_fraction`,
        `score_percent`, `interval`, `monthly_usd`; without a mix the model that reaches the
        floor at the lowest price, each workload by itself, at a share of zero.

    Examples
    --------
    >>> table = mix_table(decision(client_problem("2026-01-31", 5.0, 60_000.0, 60.0)))
    >>> round(float(table["share_fraction"].sum()), 6)
    5.0
    """
    problem = found.problem
    shown = found.mix if found.mix is not None else _unlimited(problem)
    names = datasets.load("benchmarks").set_index("benchmark_id")["name"]
    frame = pd.DataFrame(
        {
            "work": problem.offers[place].workload,
            "requests": float(shown.shares[place] * problem.requests[place]),
            "benchmark": _short(str(names[_benchmark(problem, place)])),
            "floor_percent": float(problem.floors_percent[place]),
            "model": problem.offers[place].label,
            "share_fraction": float(shown.shares[place]) if found.mix is not None else 0.0,
            "score_percent": problem.offers[place].score_percent,
            "items": problem.offers[place].items,
            "monthly_usd": float(shown.shares[place] * problem.monthly_usd[place]),
        }
        for place in shown.chosen
    )
    frame = benchmarks.score_intervals(frame, confidence_percent / 100)
    spans = zip(frame["low_percent"], frame["high_percent"], strict=True)
    return frame.assign(interval=[f"{low:.1f} to {high:.1f}" for low, high in spans])


def _unlimited(problem: Problem) -> Mix:
    """Return the cheapest admitted offer per workload, or the best one where none is admitted."""
    free = replace(problem, largest_share=1.0, budget_usd=np.inf)
    mix = portfolio.cheapest_mix(free)
    if mix is not None:
        return mix
    floorless = tuple(replace(work, floor_percent=0.0) for work in problem.workloads)
    fallback = portfolio.cheapest_mix(replace(free, workloads=floorless))
    return fallback if fallback is not None else Mix(problem, np.zeros(len(problem.offers)))


def _benchmark(problem: Problem, place: int) -> str:
    return problem.workloads[int(problem.work_of_offer[place])].benchmark


def _short(name: str) -> str:
    return name.split(",")[0].split(" (")[0]


def constraint_table(problem: Problem) -> pd.DataFrame:
    """Return what each constraint costs; without a mix, where each would allow one.

    Parameters
    ----------
    problem : Problem
        From `client_problem`.

    Returns
    -------
    DataFrame
        `constraint`, `limit` (text with its unit), `saved_usd`, `by_point_usd` (US dollars a
        month), `works_at` (text) and `then_usd`; the last two only without a mix.

    Examples
    --------
    >>> table = constraint_table(client_problem("2026-01-31", 5.0, 60_000.0, 60.0))
    >>> table["constraint"].tolist()[:2]
    ['budget', 'largest share']
    """
    costs = portfolio.constraint_costs(problem)
    rows = [(c.constraint, c.saved_usd, c.saved_by_point_usd, "", np.nan) for c in costs]
    if not costs:
        rows = [
            (r.constraint, np.nan, np.nan, _limit(r.constraint, r.works_at), r.monthly_usd)
            for r in portfolio.nearest_relaxations(problem)
        ]
    return pd.DataFrame(
        {
            "constraint": constraint.name,
            "limit": _limit(constraint, constraint.limit),
            "saved_usd": saved,
            "by_point_usd": by_point,
            "works_at": works_at,
            "then_usd": then,
        }
        for constraint, saved, by_point, works_at, then in rows
    )


def _limit(constraint: portfolio.Constraint, value: float) -> str:
    if np.isnan(value):
        return "no value helps"
    if constraint.unit == "$":
        return f"${value:,.0f}"
    mark = "%" if constraint.unit == "%" else " points"
    return f"{value:.1f}{mark}".replace("-", "−")


def alternative_table(problem: Problem) -> pd.DataFrame:
    """Return the mix beside one vendor, one model, and the best score everywhere.

    Parameters
    ----------
    problem : Problem
        From `client_problem`.

    Returns
    -------
    DataFrame
        `name`, `monthly_usd`, `floors` (text: met of all), `largest_share`, `meets_all`.

    Examples
    --------
    >>> table = alternative_table(client_problem("2026-01-31", 5.0, 60_000.0, 60.0))
    >>> bool(table["meets_all"].iloc[0])
    True
    """
    count = len(problem.workloads)
    return pd.DataFrame(
        {
            "name": row.name,
            "monthly_usd": row.monthly_usd,
            "floors": f"{row.floors_met} of {count}",
            "largest_share": row.largest_share,
            "meets_all": row.floors_met == count and row.within_budget and row.within_share,
        }
        for row in portfolio.alternatives(problem)
    )


def limit_curve(problem: Problem) -> pd.DataFrame:
    """Return the cost of the cheapest mix by the limit per vendor, the budget left aside.

    Parameters
    ----------
    problem : Problem
        From `client_problem`.

    Returns
    -------
    DataFrame
        `limit_percent`, `basis` (share of requests or of spend), `monthly_kusd` (thousand US
        dollars); limits that no mix meets are left out.

    Examples
    --------
    >>> curve = limit_curve(client_problem("2026-01-31", 5.0, 60_000.0, 60.0))
    >>> bool(curve.groupby("basis")["monthly_kusd"].last().nunique() == 1)
    True
    """
    rows = []
    for basis in ("requests", "spend"):
        for limit in LIMITS:
            asked = replace(problem, budget_usd=np.inf, largest_share=limit / 100, share_of=basis)
            mix = portfolio.cheapest_mix(asked)
            if mix is not None:
                row = {"limit_percent": float(limit), "basis": f"Share of {basis}"}
                rows.append(row | {"monthly_kusd": mix.monthly_usd / 1e3})
    return pd.DataFrame(rows, columns=["limit_percent", "basis", "monthly_kusd"])


def place_table(found: Decision) -> pd.DataFrame:
    """Return how often each model takes a workload when scores and costs are drawn again.

    Parameters
    ----------
    found : Decision
        From `decision`.

    Returns
    -------
    DataFrame
        `work`, `model`, `share_fraction` (in the mix), `mean_share` (over the draws, fraction),
        `passes_fraction` (draws in which the model reaches the floor), most frequent first in
        each workload. Without a mix the draws leave the limit per vendor aside, the share in the
        mix is zero, and the cheapest model of each workload is always listed.

    Examples
    --------
    >>> table = place_table(decision(client_problem("2026-01-31", 5.0, 60_000.0, 60.0)))
    >>> bool(table["mean_share"].between(0, 1).all())
    True
    """
    places = _places_without_mix(found.problem) if found.noise is None else found.noise.places
    frame = pd.DataFrame(
        [(p.workload, p.model, p.share, p.mean_share, p.passes_fraction) for p in places],
        columns=["work", "model", "share_fraction", "mean_share", "passes_fraction"],
    )
    kept = (frame["mean_share"] >= LEAST_DRAWN) | (frame["share_fraction"] > 0)
    share = frame["share_fraction"] * (found.mix is not None)
    frame = frame.assign(place=frame["work"].map(works().index), share_fraction=share)[kept]
    ordered = frame.sort_values(["place", "mean_share"], ascending=[True, False], kind="stable")
    return ordered.drop(columns="place").reset_index(drop=True)


def _places_without_mix(problem: Problem) -> list[portfolio.Place]:
    """Return what draws say of the offers while neither budget nor limit per vendor holds."""
    free = replace(problem, largest_share=1.0, budget_usd=np.inf)
    places = portfolio.stability(replace(_unlimited(problem), problem=free), DRAWS).places
    return [place._replace(mean_share=float(np.nan_to_num(place.mean_share))) for place in places]
