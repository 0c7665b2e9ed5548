"""What caching, batching, effort routing and cascades save, alone and together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import optimize, special

from computebook import caching, datasets, levers
from computebook.budgets import RequestMoments
from computebook.exhibits.api_economics.offers import batch_card, model_name, standard_card
from computebook.exhibits.api_economics.reasoning import effort_multiples
from computebook.exhibits.api_economics.workloads import Request, measured_caches, workloads
from computebook.price_cards import ARTICLE_DATE, Date, price_card
from computebook.pricing import PriceCard, bill
from computebook.task_costs import cost_per_solved_task_usd

__all__ = ["cache_break_even", "cache_curves", "cascades", "lifetime_switch_per_hour", "savings"]

LEVERS: Final = ("cache", "batch", "effort")
LOW_EFFORT_SHARE: Final = 0.5
"""Half of the requests at low effort instead of medium: ours, for the comparison."""
CHEAP: Final = "kimi-k2.5"
STRONG: Final = ("gpt-5.2", "claude-opus-4.5")
VERIFIERS: Final = ((1.0, 1.0), (0.9, 0.9), (0.7, 0.8))
"""Recall and precision: tests that decide, a good reviewer, a fair one. The last two are ours."""
WRITER: Final = "claude-opus-4.5"
CONVERSATION_TURNS: Final = 10
_Z95: Final = float(special.ndtri(0.975))
_RATES_PER_HOUR: Final = np.geomspace(0.1, 100, 31)


def _effort_factor() -> float:
    low = float(effort_multiples().set_index("effort")["arc2_multiple"]["low"])
    return levers.routed_factor([1 - LOW_EFFORT_SHARE, LOW_EFFORT_SHARE], [1.0, low])


def _usd(
    request: Request,
    cards: tuple[PriceCard, PriceCard],
    shares: tuple[float, float],
    pulled: frozenset[str],
) -> float:
    """Return the cost of 1,000 requests with some levers pulled, US dollars."""
    cached = shares[0] if "cache" in pulled else 0.0
    waiting = shares[1] if "batch" in pulled else 0.0
    usage = request.usage(cached, _effort_factor() if "effort" in pulled else 1.0)
    now, later = (RequestMoments(bill(usage, card).total_usd, 0.0) for card in cards)
    return float(1_000 * now.mixed(later, waiting).mean_usd)


def savings(
    model: str, on: Date, request: Request, cached_fraction: float, batch_fraction: float
) -> pd.DataFrame:
    """Return what each lever saves of each workload's list bill, none counted twice.

    Parameters
    ----------
    model, on
        Model and day of the prices.
    request : Request
        The reader's own mean request.
    cached_fraction : float
        Share of the input read from a cache where a trace states none, 0 to 1.
    batch_fraction : float
        Share of the requests that can wait.

    Returns
    -------
    DataFrame
        `workload`, `list_usd` ($ per 1,000 requests), `cached`; fractions of the list bill
        `cache`, `batch`, `effort` that sum to `together`, and `alone`, the sum of each lever
        pulled on its own: what a plan that counts twice would book.

    Examples
    --------
    >>> rows = savings("gpt-5.2", "2026-01-15", Request(6_000, 500, 0.7), 0.5, 0.2)
    >>> bool((rows["together"] < rows["alone"]).all())
    True
    """
    standard = standard_card(model, on)
    cards = (standard, batch_card(model, on) or standard)
    rows = []
    for name, mean in workloads(request).items():
        cached = measured_caches().get(name, cached_fraction)
        rows.append({"workload": name, "cached": cached}
                    | _shared_out(mean, cards, (cached, batch_fraction)))  # fmt: skip
    return pd.DataFrame(rows)


def _shared_out(
    request: Request, cards: tuple[PriceCard, PriceCard], shares: tuple[float, float]
) -> dict[str, float]:
    def cost(pulled: frozenset[str]) -> float:
        return _usd(request, cards, shares, pulled)

    listed = cost(frozenset())
    saved = levers.attributed_savings(cost, LEVERS)
    alone = sum(1 - cost(frozenset({lever})) / listed for lever in LEVERS)
    # A lever that moves nothing leaves the last bit behind: a saving is never printed as -0%.
    parts = {lever: max(usd / listed, 0.0) for lever, usd in saved.items()}
    together = 1 - cost(frozenset(LEVERS)) / listed
    return {"list_usd": listed, **parts, "together": together, "alone": alone}


def _caches() -> list[tuple[str, float, float, float]]:
    """Return name, lifetime (s), and price of writing and reading over new input."""
    rates = price_card(WRITER, ARTICLE_DATE).tiers[0].rates
    new, read = rates.uncached_input_usd_per_mtok, rates.cached_input_usd_per_mtok
    return [
        ("No write fee, 5 min", 300.0, 1.0, read / new),
        ("5 min", 300.0, rates.cache_write_5m_usd_per_mtok / new, read / new),
        ("1 hour", 3_600.0, rates.cache_write_1h_usd_per_mtok / new, read / new),
    ]


def _cost(rate: Any, life: float, write: float, read: float) -> Any:
    hit = caching.cache_hit_fraction(rate, life)
    return caching.prefix_cost_ratio(hit, write, read, CONVERSATION_TURNS)


def cache_curves() -> pd.DataFrame:
    """Return the cost of a conversation's prefix over an uncached one by its turns per hour.

    Returns
    -------
    DataFrame
        `cache`, `turns_per_hour`, `cost_percent`, in long form.
    """
    frames = [
        pd.DataFrame(
            {
                "cache": name,
                "turns_per_hour": _RATES_PER_HOUR,
                "cost_percent": 100 * _cost(_RATES_PER_HOUR, *terms),
            }
        )
        for name, *terms in _caches()
    ]
    return pd.concat(frames, ignore_index=True)


def cache_break_even() -> dict[str, float]:
    """Return the turns per hour from which each cache costs no more than none.

    Examples
    --------
    >>> {name: round(rate, 2) for name, rate in cache_break_even().items()}
    {'No write fee, 5 min': 0.0, '5 min': 3.32, '1 hour': 0.88}
    """
    return {
        name: float(caching.break_even_uses_per_hour(write, read, life, CONVERSATION_TURNS))
        for name, life, write, read in _caches()
    }


def lifetime_switch_per_hour() -> float:
    """Return the turns per hour above which five minutes of life cost less than an hour.

    Examples
    --------
    >>> 20 < lifetime_switch_per_hour() < 40
    True
    """
    short, long = (terms for _, *terms in _caches()[1:])

    def gap(rate: float) -> float:
        return float(_cost(rate, *short) - _cost(rate, *long))

    return float(optimize.brentq(gap, 5.0, 500.0))


def _outcomes() -> tuple[pd.DataFrame, dict[str, float]]:
    """Return who solved which task, and the mean cost of an attempt by model."""
    rows = datasets.load("swebench_outcomes")
    solved = rows.pivot_table(index="instance_id", columns="model_id", values="resolved")
    cost = rows.groupby("model_id")["cost_usd"].mean()
    return solved.astype(bool), {str(model): float(usd) for model, usd in cost.items()}


def _alone(model: str) -> dict[str, Any]:
    solved, cost = _outcomes()
    return _row(f"{model_name(model)} alone", cost[model], float(solved[model].mean()))


def _row(route: str, usd: float, solved: float, **more: Any) -> dict[str, Any]:
    per_solved = float(cost_per_solved_task_usd(usd, solved))
    return {"route": route, "task_usd": usd, "solved": solved, "solved_usd": per_solved} | more


def _made(strong: str, recall: float, precision: float) -> dict[str, Any]:
    """Return one cascade with its gain over the strong model on the same tasks, in points."""
    solved, cost = _outcomes()
    did, would = solved[CHEAP], solved[strong]
    wrong = float(levers.false_accept_fraction(float(did.mean()), recall, precision))
    made = levers.Cascade(
        cost[CHEAP],
        cost[strong],
        float(did.mean()),
        float(would[did].mean()),
        float(would[~did].mean()),
        recall,
        wrong,
    )
    # Expected outcome of each task, less the strong model's: the tasks vary, the verifier is given.
    kept = np.where(did, recall + (1 - recall) * would, (1 - wrong) * would)
    gain = 100 * (kept - would.to_numpy(float))
    half = float(_Z95 * gain.std(ddof=1) / np.sqrt(gain.size))
    name = f"{model_name(CHEAP)}, then {model_name(strong)}; {recall:.0%} / {precision:.0%}"
    return _row(
        name,
        float(made.task_usd),
        float(made.solved_fraction),
        gain_points=float(gain.mean()),
        gain_low=float(gain.mean()) - half,
        gain_high=float(gain.mean()) + half,
        escalated=1 - float(made.accepted_fraction),
    )


def cascades() -> pd.DataFrame:
    """Return what a cheap model first costs and solves on 500 software tasks, by verifier.

    Returns
    -------
    DataFrame
        `route`, `task_usd`, `solved` (fraction), `solved_usd` ($ per solved task); of cascades
        `gain_points` over the strong model alone with its 95 % interval `gain_low` to
        `gain_high` over the tasks, `gain` in words, and `escalated` (fraction of tasks).

    Examples
    --------
    >>> rows = cascades().set_index("route")
    >>> round(float(rows["task_usd"]["GPT-5.2 Thinking alone"]), 2)
    0.83
    """
    rows = [_alone(model) for model in (CHEAP, *STRONG)]
    rows += [_made(strong, *terms) for strong in STRONG for terms in VERIFIERS]
    frame = pd.DataFrame(rows)
    return frame.assign(gain=[_gain(row) for row in frame.to_dict("records")])


def _gain(row: Mapping[Any, Any]) -> Any:
    if pd.isna(row["gain_points"]):
        return None
    middle, low, high = (
        f"{row[name]:+.1f}".replace("-", "−") for name in ("gain_points", "gain_low", "gain_high")
    )
    return f"{middle} ({low} to {high})"
