"""Turn demands into a problem: who offers each workload, at which score and cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from computebook import datasets, errors
from computebook.portfolio.demand import MEASURED, Demand
from computebook.portfolio.problem import Offer, Problem, Workload
from computebook.price_cards import ARTICLE_DATE, Date, parse_date, price_cards
from computebook.pricing import Usage, bill

__all__ = ["REPORTERS", "offers_for", "problem_for"]

#: Whose runs count: independent ones where two models or more have them, else anybody's.
REPORTERS: Final = ("independent first", "independent", "self", "competitor", "any")


def problem_for(
    demands: Sequence[Demand],
    on: Date = ARTICLE_DATE,
    reporter: str = REPORTERS[0],
    vendors: Sequence[str] = (),
    **limits: Any,
) -> Problem:
    """Return the problem that demands pose on a day.

    Parameters
    ----------
    demands : sequence of Demand
        The workloads.
    on : str or date
        Day of the prices; models that were not sold by then are left out.
    reporter : {"independent first", "independent", "self", "competitor", "any"}
        Whose runs give the scores. A vendor's own runs score higher than independent ones, so
        both are not mixed where independent ones suffice.
    vendors : sequence of str
        Vendors to choose from; all by default.
    **limits
        Further fields of `Problem`: `budget_usd`, `largest_share`, `share_of`, `floor_rule`,
        `confidence_fraction`, `whole_workloads`.

    Raises
    ------
    ComputebookError
        If a name or number is wrong, or no model is on offer for a workload.

    Examples
    --------
    >>> from computebook.portfolio.demand import EXAMPLE_MIX, parse_demands
    >>> problem = problem_for(parse_demands(EXAMPLE_MIX), "2026-01-31", budget_usd=1e5)
    >>> [work.floor_percent for work in problem.workloads][:2]
    [63.2, 67.3]
    """
    offers = {demand.workload: offers_for(demand, on, reporter) for demand in demands}
    if vendors:
        known = {offer.vendor for group in offers.values() for offer in group}
        for vendor in vendors:
            errors.require_known("vendor", vendor, known)
        offers = {
            work: [offer for offer in group if offer.vendor in vendors]
            for work, group in offers.items()
        }
    works = tuple(_workload(demand, offers[demand.workload]) for demand in demands)
    return Problem(works, tuple(o for group in offers.values() for o in group), **limits)


def _workload(demand: Demand, offers: list[Offer]) -> Workload:
    best = max((offer.score_percent for offer in offers), default=math.nan)
    relative = max(best - demand.margin_points, 0.0) if offers else 0.0
    floor = relative if math.isnan(demand.floor_percent) else demand.floor_percent
    return Workload(demand.workload, demand.requests, round(floor, 9), demand.benchmark)


def offers_for(
    demand: Demand, on: Date = ARTICLE_DATE, reporter: str = REPORTERS[0]
) -> list[Offer]:
    """Return the models that a workload can go to, cheapest first.

    Parameters
    ----------
    demand : Demand
        The workload.
    on : str or date
        Day of the prices.
    reporter : str
        Whose runs give the scores, as in `problem_for`.

    Returns
    -------
    list of Offer
        With measured cost one per model and effort; with list prices one per model, at its best
        score, where the mean request fits into the model.

    Examples
    --------
    >>> demand = Demand("issues", "swe-bench-verified", 1, cost="measured", floor_percent=70)
    >>> offer = next(o for o in offers_for(demand, "2026-01-31") if o.model_id == "gpt-5.2")
    >>> round(offer.usd_per_request, 3)
    0.833
    """
    runs = _runs(demand, on, reporter)
    if demand.cost == MEASURED:
        rows = _measured(runs)
    else:
        best = runs.sort_values("score_percent", ascending=False, kind="stable")
        rows = _priced(best.drop_duplicates("model_id"), demand, on)
    offers = [_offer(demand.workload, row) for row in rows]
    return sorted(offers, key=lambda offer: (offer.usd_per_request, offer.label))


def _runs(demand: Demand, on: Date, reporter: str) -> pd.DataFrame:
    """Return the runs that count on a benchmark, of models that were released by a day."""
    errors.require_known("reporter", reporter, REPORTERS)
    runs = datasets.load("benchmark_scores")
    runs = runs[(runs["benchmark_id"] == demand.benchmark) & (runs["variant"].fillna("") == "")]
    runs = runs.merge(datasets.load("commercial_models")[[*_OF_MODEL]], on="model_id")
    items = datasets.load("benchmarks").set_index("benchmark_id")["items"][demand.benchmark]
    runs = runs.assign(items=runs["items"].fillna(items))
    if runs.empty or runs["items"].isna().any():
        raise errors.ComputebookError(
            f"benchmark {demand.benchmark!r} of {demand.workload!r} has no score with a known "
            f"number of items: choose another"
        )
    runs = runs[pd.to_datetime(runs["released_on"]) <= parse_date(on)]
    if demand.cost == MEASURED:
        runs = runs[runs["cost_per_task_usd"].notna()]
    return _by_party(runs, reporter)


_OF_MODEL: Final = (
    "model_id",
    "name",
    "vendor",
    "released_on",
    "max_input_tokens",
    "context_window_tokens",
)


def _by_party(runs: pd.DataFrame, reporter: str) -> pd.DataFrame:
    if reporter == "any":
        return runs
    asked = "independent" if reporter == REPORTERS[0] else reporter
    chosen = runs[runs["reported_by"] == asked]
    enough = len(set(chosen["model_id"])) > 1 or reporter != REPORTERS[0]
    return chosen if enough else runs


def _measured(runs: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return runs with their cost per task, from outcomes by task where these are known."""
    effort = runs["effort"].str.replace(" thinking budget", "", regex=False)
    unnamed = effort.isin(["default", "not stated"])
    name = runs["name"].str.split(" (", regex=False).str[0]
    label = name.where(unnamed, name + ", " + effort)
    runs = runs.assign(label=label, usd=runs["cost_per_task_usd"])
    ranked = runs.sort_values("score_percent", ascending=False, kind="stable")
    return [_from_outcomes(row) for row in ranked.drop_duplicates("label").to_dict("records")]


def _from_outcomes(row: dict[Any, Any]) -> dict[Any, Any]:
    """Return a run with the mean cost of its tasks where they were recorded one by one."""
    outcomes = datasets.load("swebench_outcomes")
    same = row["benchmark_id"] == "swe-bench-verified" and row["harness"].startswith("OpenHands")
    tasks = outcomes[outcomes["model_id"] == row["model_id"]]
    return row | {"usd": float(tasks["cost_usd"].mean())} if same and len(tasks) else row


def _priced(runs: pd.DataFrame, demand: Demand, on: Date) -> list[dict[Any, Any]]:
    """Return runs of models with a price on the day that take the request, with its bill."""
    cards = price_cards(on, demand.service_tier)
    room = runs["max_input_tokens"].fillna(runs["context_window_tokens"]).fillna(math.inf)
    runs = runs[runs["model_id"].isin(list(cards)) & (room >= demand.input_tokens)]
    usage = Usage.from_shares(
        demand.input_tokens, demand.output_tokens, cached_fraction=demand.cached_fraction
    )
    return [
        row
        | {
            "label": str(row["name"]).split(" (", maxsplit=1)[0],
            "usd": bill(usage, cards[row["model_id"]].without_cache_discount()).total_usd,
        }
        for row in runs.to_dict("records")
    ]


def _offer(workload: str, row: dict[Any, Any]) -> Offer:
    return Offer(
        workload,
        str(row["label"]),
        str(row["vendor"]),
        float(row["usd"]),
        float(row["score_percent"]),
        float(row["items"]),
        str(row["model_id"]),
        str(row["reported_by"]),
        str(row["source_key"]),
    )
