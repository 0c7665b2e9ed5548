"""Which model for which work: cost measured per task, and the cheapest that is good enough."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from computebook import benchmarks, datasets, errors, portfolio
from computebook.exhibits.competition.costs import (
    GPT,
    RIVALS,
    implied_volumes,
    model_name,
    model_vendor,
)
from computebook.exhibits.competition.portfolios import CLIENT, works
from computebook.price_cards import Date, price_cards
from computebook.price_comparison import blended_usd_per_mtok

__all__ = ["Route", "candidates", "cost_per_task", "everywhere_good", "route_table", "routes"]


class Route(NamedTuple):
    """One piece of work: the best model, and the cheapest that is good enough."""

    work: str
    benchmark: str
    cost_basis: str
    best: str
    best_percent: float
    best_usd: float
    routed: str
    routed_percent: float
    routed_usd: float
    saving_fraction: float
    indistinct: str
    indistinct_usd: float


def candidates(work: str, on: Date) -> pd.DataFrame:
    """Return the models that a piece of work can go to, cheapest first.

    Parameters
    ----------
    work : str
        One of the example client's workloads.
    on : str or date
        Day of the prices; models that were not sold by then are left out.

    Returns
    -------
    DataFrame
        `label`, `model_id`, `vendor`, `score_percent`, `items`, `usd_per_ktask` (US dollars per
        1,000 tasks).

    Raises
    ------
    ComputebookError
        If the work is unknown.

    Examples
    --------
    >>> frame = candidates("Software issues", "2026-01-31").set_index("model_id")
    >>> float(frame.loc["gpt-5.2", "usd_per_ktask"].round())
    833.0
    """
    demand = _demand(work)
    return pd.DataFrame(
        {
            "label": offer.label,
            "model_id": offer.model_id,
            "vendor": offer.vendor,
            "score_percent": offer.score_percent,
            "items": offer.items,
            "usd_per_ktask": 1e3 * offer.usd_per_request,
        }
        for offer in portfolio.offers_for(demand, on)
    )


def _demand(work: str) -> portfolio.Demand:
    by_name = {demand.workload: demand for demand in CLIENT}
    return by_name[errors.require_known("work", work, by_name)]


def routes(
    on: Date, quality_margin_percent: float = 5.0, confidence_percent: float = 95.0
) -> list[Route]:
    """Return, for each piece of work, the best model and the cheapest that is good enough.

    Parameters
    ----------
    on : str or date
        Day of the prices.
    quality_margin_percent : float
        How far below the best score a model may lie, points, 0 to 100.
    confidence_percent : float
        Level at which a model counts as provably worse than the best, percent.

    Returns
    -------
    list of Route
        `indistinct` is the cheapest model that is not provably worse than the best.

    Examples
    --------
    >>> [route.routed for route in routes("2026-01-31")][3:]
    ['DeepSeek V3.2', 'GPT-5.2 Thinking, xhigh']
    """
    errors.require_finite_in("quality_margin_percent", quality_margin_percent, "points", 0, 100)
    return [_route(work, on, quality_margin_percent, confidence_percent) for work in works()]


def _route(work: str, on: Date, margin: float, confidence_percent: float) -> Route:
    frame = candidates(work, on)
    best = frame.sort_values("score_percent", ascending=False, kind="stable").iloc[0]
    enough = frame[frame["score_percent"] >= best["score_percent"] - margin - 1e-9].iloc[0]
    same = frame[~_provably_worse(frame, best, confidence_percent)].iloc[0]
    demand = _demand(work)
    named = datasets.load("benchmarks").set_index("benchmark_id")["name"]
    measured = "measured per task" if demand.cost == "measured" else "list price on a trace"
    return Route(
        work,
        str(named[demand.benchmark]).split(",")[0].split(" (")[0],
        measured,
        str(best["label"]),
        float(best["score_percent"]),
        float(best["usd_per_ktask"]),
        str(enough["label"]),
        float(enough["score_percent"]),
        float(enough["usd_per_ktask"]),
        1 - float(enough["usd_per_ktask"] / best["usd_per_ktask"]),
        str(same["label"]),
        float(same["usd_per_ktask"]),
    )


def _provably_worse(
    frame: pd.DataFrame, best: pd.Series[Any], confidence_percent: float
) -> pd.Series[bool]:
    z = benchmarks.difference_z(
        best["score_percent"] / 100,
        best["items"],
        frame["score_percent"].to_numpy(float) / 100,
        frame["items"].to_numpy(float),
    )
    p_value = np.asarray(benchmarks.two_sided_p_value(z))
    return pd.Series(p_value < 1 - confidence_percent / 100, index=frame.index)


def route_table(chosen: list[Route]) -> pd.DataFrame:
    """Return routes for print: the work with its benchmark, the models with their scores.

    Parameters
    ----------
    chosen : list of Route
        From `routes`.

    Returns
    -------
    DataFrame
        `work`, `benchmark`, `cost_basis`, `best`, `routed` (each with score and US dollars per
        1,000 tasks), `saving_fraction`, `indistinct` (with its cost).

    Examples
    --------
    >>> print(route_table(routes("2026-01-31")).loc[3, "routed"])
    DeepSeek V3.2 (71.6%, $160)
    """
    frame = pd.DataFrame(chosen)
    return frame.assign(
        best=[f"{r.best} ({r.best_percent:.1f}%, ${r.best_usd:,.0f})" for r in chosen],
        routed=[f"{r.routed} ({r.routed_percent:.1f}%, ${r.routed_usd:,.0f})" for r in chosen],
        indistinct=[f"{r.indistinct} (${r.indistinct_usd:,.0f})" for r in chosen],
    )


def everywhere_good(on: Date, quality_margin_percent: float = 5.0) -> list[str]:
    """Return the models that lie within the margin of the best in every piece of work.

    Parameters
    ----------
    on : str or date
        Day of the prices.
    quality_margin_percent : float
        How far below the best score a model may lie, points.

    Examples
    --------
    >>> everywhere_good("2026-01-31")
    []
    """
    within = []
    for work in works():
        frame = candidates(work, on)
        floor = frame["score_percent"].max() - quality_margin_percent
        within.append(set(frame.loc[frame["score_percent"] >= floor - 1e-9, "model_id"]))
    return sorted(model_name(model) for model in set.intersection(*within))


def cost_per_task(
    on: Date, input_output_ratio: float, cached_fraction: float, request_input_tokens: float
) -> pd.DataFrame:
    """Return what the article's models cost against GPT-5.2: at equal tokens, and as measured.

    Parameters
    ----------
    on : str or date
        Day of the prices.
    input_output_ratio, cached_fraction, request_input_tokens : float
        Your workload, as in `costs.annual_cost_usd`.

    Returns
    -------
    DataFrame
        `basis`, `model`, `vendor`, `multiple` (of GPT-5.2's cost), GPT-5.2 left out.

    Examples
    --------
    >>> frame = cost_per_task("2026-01-31", 5.5, 0.35, 6_000)
    >>> round(float(frame["multiple"].max()), 2)
    2.15
    """
    volumes = implied_volumes(on)
    implied = volumes.input_tokens / volumes.output_tokens
    usd = {
        "Equal tokens, article's mix": _per_mtok(on, implied, 0.0, 0.0),
        "Equal tokens, your mix": _per_mtok(
            on, input_output_ratio, cached_fraction, request_input_tokens
        ),
        "Measured, ARC-AGI-1 task": _dearest_run("arc-agi-1"),
        "Measured, ARC-AGI-2 task": _dearest_run("arc-agi-2"),
        "Measured, software issue": _issue_costs(),
    }
    return pd.DataFrame(
        {
            "basis": basis,
            "model": model_name(model),
            "vendor": model_vendor(model),
            "multiple": float(costs[model] / costs[GPT]),
        }
        for basis, costs in usd.items()
        for model in RIVALS
        if model != GPT
    )


def _per_mtok(on: Date, *mix: float) -> pd.Series[float]:
    cards = price_cards(on)
    return pd.Series(
        {m: blended_usd_per_mtok(cards[m].without_cache_discount(), *mix) for m in RIVALS}
    )


def _dearest_run(benchmark: str) -> pd.Series[float]:
    """Return the cost of 1,000 tasks at the effort of each model's best score, US dollars."""
    runs = datasets.load("benchmark_scores")
    runs = runs[(runs["benchmark_id"] == benchmark) & runs["model_id"].isin(list(RIVALS))]
    runs = runs[runs["cost_per_task_usd"].notna()].sort_values("score_percent")
    last = runs.drop_duplicates("model_id", keep="last")
    return 1e3 * last.set_index("model_id")["cost_per_task_usd"]


def _issue_costs() -> pd.Series[float]:
    """Return the cost of 1,000 software issues in one independent harness, US dollars."""
    return 1e3 * datasets.load("swebench_outcomes").groupby("model_id")["cost_usd"].mean()
