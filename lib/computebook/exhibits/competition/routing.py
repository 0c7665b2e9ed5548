"""Which model for which work: cost measured per task, and the cheapest that is good enough."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from computebook import benchmarks, datasets, errors
from computebook.exhibits.competition.costs import (
    GPT,
    RIVALS,
    implied_volumes,
    model_name,
    model_vendor,
)
from computebook.exhibits.competition.mixes import trace_means
from computebook.price_cards import Date, price_cards
from computebook.price_comparison import blended_usd_per_mtok
from computebook.pricing import Usage, bill

__all__ = ["Route", "candidates", "cost_per_task", "everywhere_good", "route_table", "routes"]

#: Models that the article speaks of, and those with open weights that it compares them with.
MODELS: Final[tuple[str, ...]] = (
    "gpt-5.2",
    "gpt-5.2-pro",
    "claude-opus-4.5",
    "gemini-3-pro",
    "kimi-k2.5",
    "deepseek-v3.2",
)
MEASURED: Final = "measured"
#: Work, the benchmark that stands for it, and the trace that gives its tokens.
WORK: Final = {
    "Long documents": ("longbench-v2", "mooncake-conversation"),
    "Long documents, other test": ("aa-lcr", "mooncake-conversation"),
    "Science questions": ("gpqa-diamond", "servegen-deepseek-r1"),
    "Software issues": ("swe-bench-verified", MEASURED),
    "Abstract puzzles": ("arc-agi-2", MEASURED),
}


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
        One of "Long documents", "Long documents, other test", "Science questions",
        "Software issues", "Abstract puzzles".
    on : str or date
        Day of the prices; models without a price that day are left out.

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
    errors.require_known("work", work, WORK)
    benchmark, profile = WORK[work]
    priced = price_cards(on)
    models = [model for model in MODELS if model in priced]
    if benchmark == "swe-bench-verified":
        frame = _issues(models)
    elif profile == MEASURED:
        frame = _runs(benchmark, models)
    else:
        frame = _asked(benchmark, profile, models, on)
    items = datasets.load("benchmarks").set_index("benchmark_id")["items"]
    frame = frame.assign(vendor=frame["model_id"].map(model_vendor), items=float(items[benchmark]))
    return frame.sort_values("usd_per_ktask", ignore_index=True)


def _issues(models: list[str]) -> pd.DataFrame:
    """Return scores and costs per issue from one independent harness."""
    outcomes = datasets.load("swebench_outcomes")
    table = benchmarks.solved_task_costs(outcomes[outcomes["model_id"].isin(models)]).reset_index()
    return pd.DataFrame(
        {
            "label": table["model_id"].map(model_name),
            "model_id": table["model_id"],
            "score_percent": table["score_percent"],
            "usd_per_ktask": 1e3 * table["cost_per_task_usd"],
        }
    )


def _runs(benchmark: str, models: list[str]) -> pd.DataFrame:
    """Return every priced run of an independent benchmark, one per model and effort."""
    runs = datasets.load("benchmark_scores")
    runs = runs[(runs["benchmark_id"] == benchmark) & runs["model_id"].isin(models)]
    runs = runs[runs["cost_per_task_usd"].notna() & (runs["variant"].fillna("") == "")]
    effort = runs["effort"].str.replace(" thinking budget", "").replace("default", "")
    names = runs["model_id"].map(model_name)
    return pd.DataFrame(
        {
            "label": names.where(effort == "", names + ", " + effort),
            "model_id": runs["model_id"],
            "score_percent": runs["score_percent"],
            "usd_per_ktask": 1e3 * runs["cost_per_task_usd"],
        }
    )


def _asked(benchmark: str, profile: str, models: list[str], on: Date) -> pd.DataFrame:
    """Return best scores, and what the mean request of a trace costs at list price."""
    runs = datasets.load("benchmark_scores")
    runs = runs[(runs["benchmark_id"] == benchmark) & runs["model_id"].isin(models)]
    best = runs.groupby("model_id")["score_percent"].max().reset_index()
    usage, cards = _mean_request(profile), price_cards(on)
    usd = [
        1e3 * float(bill(usage, cards[model].without_cache_discount()).total_usd)
        for model in best["model_id"]
    ]
    return best.assign(label=best["model_id"].map(model_name), usd_per_ktask=usd)


def _mean_request(profile: str) -> Usage:
    trace = trace_means(profile)
    return Usage.from_shares(
        trace.input_tokens, trace.output_tokens, cached_fraction=trace.cached_fraction
    )


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
    ['GPT-5.2 Thinking', 'GPT-5.2 Thinking, xhigh']
    """
    errors.require_finite_in("quality_margin_percent", quality_margin_percent, "points", 0, 100)
    return [_route(work, on, quality_margin_percent, confidence_percent) for work in WORK]


def _route(work: str, on: Date, margin: float, confidence_percent: float) -> Route:
    frame = candidates(work, on)
    best = frame.sort_values("score_percent", ascending=False, kind="stable").iloc[0]
    enough = frame[frame["score_percent"] >= best["score_percent"] - margin].iloc[0]
    same = frame[~_provably_worse(frame, best, confidence_percent)].iloc[0]
    benchmark, profile = WORK[work]
    named = datasets.load("benchmarks").set_index("benchmark_id")["name"]
    measured = "measured per task" if profile == MEASURED else "list price on a trace"
    return Route(
        work,
        str(named[benchmark]).split(",")[0].split(" (")[0],
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
    GPT-5.2 Thinking (74.6%, $833)
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
    good: set[str] = set(MODELS)
    for work in WORK:
        frame = candidates(work, on)
        floor = frame["score_percent"].max() - quality_margin_percent
        good &= set(frame.loc[frame["score_percent"] >= floor, "model_id"])
    return [model_name(model) for model in MODELS if model in good]


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
        "Measured, software issue": _issues(list(RIVALS)).set_index("model_id")["usd_per_ktask"],
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
    """Return the cost of a task at the effort of each model's best score."""
    runs = _runs(benchmark, list(RIVALS)).sort_values("score_percent")
    return runs.drop_duplicates("model_id", keep="last").set_index("model_id")["usd_per_ktask"]
