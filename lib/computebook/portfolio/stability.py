"""Ask how far a choice depends on the noise of the scores and on prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from computebook import errors
from computebook.portfolio.mix import LEAST_SHARE, Mix, cheapest_shares
from computebook.portfolio.problem import PERCENT, Floats, Problem

__all__ = ["Place", "Stability", "drawn_costs_usd", "drawn_scores_percent", "stability"]

#: Jeffreys' prior: half an item solved, half an item missed.
PRIOR_ITEMS: Final = 0.5
MAX_DRAWS: Final = 100_000


class Place(NamedTuple):
    """What becomes of one offer when scores and costs are drawn again.

    `share` is its share of the workload in the mix, `kept_fraction` the share of draws in which
    it takes work, `mean_share` its mean share over them, and `passes_fraction` the share of all
    draws in which its score reaches the floor; fractions all.
    """

    workload: str
    model: str
    share: float
    mean_share: float
    kept_fraction: float
    passes_fraction: float


@dataclass(frozen=True)
class Stability:
    """How a choice stands under noise.

    Attributes
    ----------
    draws : int
        Draws taken.
    solvable_fraction : float
        Share of draws in which some mix meets every floor and the limit per vendor, fraction.
    floors_hold_fraction : float
        Share of draws in which every model of the chosen mix reaches its floor, fraction.
    same_choice_fraction : float
        Share of the solvable draws in which the same models take the work, fraction.
    monthly_usd : tuple of float
        5th, 50th and 95th percentile of the cost of the mix that is best in each draw.
    chosen_usd : tuple of float
        The same of the chosen mix at the drawn costs.
    places : list of Place
        One per offer that the mix or any draw gives work, in the order of the offers.
    """

    draws: int
    solvable_fraction: float
    floors_hold_fraction: float
    same_choice_fraction: float
    monthly_usd: tuple[float, float, float]
    chosen_usd: tuple[float, float, float]
    places: list[Place]


def drawn_scores_percent(problem: Problem, draws: int, generator: np.random.Generator) -> Floats:
    r"""Return scores drawn from what their items leave open, percent, shape (draws, offers).

    With :math:`k` of :math:`n` items solved each score is drawn from the beta distribution
    :math:`B(k + 1/2,\, n - k + 1/2)`, whose limits lie close to Wilson's. Source:
    `brown2001interval`. Runs are drawn apart, although models meet the same items: the draws
    overstate how often two of them change places.

    Parameters
    ----------
    problem : Problem
        The offers with their scores and items.
    draws : int
        Number of draws, 1 to 100,000.
    generator : Generator
        Source of randomness.

    Examples
    --------
    >>> from computebook.portfolio.problem import Offer, Workload
    >>> problem = Problem((Workload("chat", 1, 0.0),), (Offer("chat", "A", "X", 1, 54.2, 120),))
    >>> drawn = drawn_scores_percent(problem, 4_000, np.random.default_rng(0))
    >>> bool(abs(np.quantile(drawn, 0.025) - 45.3) < 0.5)
    True
    """
    errors.require_finite_in("draws", draws, "draws", 1, MAX_DRAWS)
    score = np.array([offer.score_percent for offer in problem.offers]) / PERCENT
    items = np.array([offer.items for offer in problem.offers], float)
    solved, missed = score * items + PRIOR_ITEMS, (1 - score) * items + PRIOR_ITEMS
    return PERCENT * generator.beta(solved, missed, size=(draws, len(score)))


def drawn_costs_usd(
    problem: Problem, draws: int, spread_fraction: float, generator: np.random.Generator
) -> Floats:
    """Return monthly costs with one random factor per model and draw, shape (draws, offers).

    The factor is lognormal with median 1; a model keeps it over all workloads of a draw.

    Parameters
    ----------
    problem : Problem
        The offers with their costs.
    draws : int
        Number of draws.
    spread_fraction : float
        Standard deviation of the factor's logarithm, 0 to 2; 0.15 is about 15 %.
    generator : Generator
        Source of randomness.

    Examples
    --------
    >>> from computebook.portfolio.problem import Offer, Workload
    >>> problem = Problem((Workload("chat", 2, 0.0),), (Offer("chat", "A", "X", 1, 54.2, 120),))
    >>> drawn_costs_usd(problem, 1, 0.0, np.random.default_rng(0)).tolist()
    [[2.0]]
    """
    errors.require_finite_in("spread_fraction", spread_fraction, "of 1", 0.0, 2.0)
    names = [offer.model_id or offer.label for offer in problem.offers]
    models = {name: place for place, name in enumerate(dict.fromkeys(names))}
    factors = np.exp(spread_fraction * generator.standard_normal((draws, len(models))))
    return np.asarray(factors[:, [models[name] for name in names]] * problem.monthly_usd)


def stability(
    mix: Mix, draws: int = 500, spread_fraction: float = 0.15, seed: int = 20260131
) -> Stability:
    """Return how a mix stands when scores and costs are drawn again.

    In each draw the drawn scores are taken as the truth: a model is admitted where its draw
    reaches the floor, and the cheapest mix is found anew, the budget left aside.

    Parameters
    ----------
    mix : Mix
        The chosen mix.
    draws : int
        Number of draws, 1 to 100,000.
    spread_fraction : float
        Spread of costs, as in `drawn_costs_usd`.
    seed : int
        Seed: equal seeds give equal answers.

    Examples
    --------
    >>> from computebook.portfolio.mix import cheapest_mix
    >>> from computebook.portfolio.problem import Offer, Workload
    >>> offers = (Offer("chat", "A", "Acme", 0.02, 90.0, 200),
    ...           Offer("chat", "B", "Best", 0.01, 80.0, 200))
    >>> found = stability(cheapest_mix(Problem((Workload("chat", 1_000, 80.0),), offers)))
    >>> 0.4 < found.floors_hold_fraction < 0.6
    True
    """
    problem, generator = mix.problem, np.random.default_rng(seed)
    scores = drawn_scores_percent(problem, draws, generator)
    costs = drawn_costs_usd(problem, draws, spread_fraction, generator)
    passes = scores >= problem.floors_percent
    solved = [
        cheapest_shares(problem, usd, admitted) for usd, admitted in zip(costs, passes, strict=True)
    ]
    kept = np.array([place for place, shares in enumerate(solved) if shares is not None], int)
    shares = np.array([solved[place] for place in kept]).reshape(len(kept), len(problem.offers))
    takes, chosen = shares > LEAST_SHARE, mix.shares > LEAST_SHARE
    return Stability(
        draws=draws,
        solvable_fraction=len(kept) / draws,
        floors_hold_fraction=float(passes[:, chosen].all(axis=1).mean()),
        same_choice_fraction=_mean((takes == chosen).all(axis=1)),
        monthly_usd=_percentiles((costs[kept] * shares).sum(axis=1)),
        chosen_usd=_percentiles(costs @ mix.shares),
        places=_places(mix, shares, takes, passes),
    )


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def _percentiles(values: Floats) -> tuple[float, float, float]:
    if not values.size:
        return (float("nan"),) * 3
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return float(low), float(middle), float(high)


def _places(mix: Mix, shares: Floats, takes: np.ndarray, passes: np.ndarray) -> list[Place]:
    return [
        Place(
            offer.workload,
            offer.label,
            float(mix.shares[number]),
            _mean(shares[:, number]),
            _mean(takes[:, number]),
            float(passes[:, number].mean()),
        )
        for number, offer in enumerate(mix.problem.offers)
        if mix.shares[number] > LEAST_SHARE or takes[:, number].any()
    ]
