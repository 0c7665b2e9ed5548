"""The bill as a distribution: one request, a month of them, and what nobody knows yet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from computebook import budgets
from computebook.budgets import Spread
from computebook.exhibits.api_economics.offers import batch_card, standard_card
from computebook.exhibits.api_economics.reasoning import (
    effort_multiples,
    input_lengths,
    output_lengths,
)
from computebook.exhibits.api_economics.workloads import Request
from computebook.price_cards import Date
from computebook.request_lengths import Workload

__all__ = [
    "Traffic",
    "budget_curves",
    "budget_for",
    "doubts",
    "spreads",
    "workload",
]

LOW_CACHED: Final = 0.366
"""Prefix blocks seen before in an hour of long chats, unlimited cache (`mooncake2025traces`)."""
HIGH_CACHED: Final = 0.64
"""The same in a synthetic long-context trace; DeepSeek's own service had 0.563."""
LONGER_PER_YEAR: Final = 5.0
"""Growth of reasoning models' answers on three benchmarks (`epoch2025outputlength`)."""
ASSUMED: Final = 1.25
"""Either way, for the plan of traffic and of prompts: ours, not measured."""
REQUESTS_DRAWN: Final = 1_000_000
MONTHS_DRAWN: Final = 20_000
ALL: Final = "All of these"
FIXED: Final = "All, at a fixed effort"
CHANCE: Final = "Chance alone, all means known"


class Traffic(NamedTuple):
    """Requests a month, and the shares of input cached and of requests sent as batch."""

    requests_per_month: float
    cached_fraction: float
    batch_fraction: float


@dataclass(frozen=True)
class Doubt:
    """One thing that all requests of a month share and nobody knows."""

    parameter: str
    label: str
    spread: Spread
    basis: str


def workload(request: Request, cached_fraction: float) -> Workload:
    """Return the reader's requests with the shape of DeepSeek-R1 traffic and their own means.

    Examples
    --------
    >>> own = workload(Request(6_000, 500, 0.7), 0.5)
    >>> round(own.input_lengths.mean_tokens), round(own.output_lengths.mean_tokens)
    (6000, 1667)
    """
    return Workload(
        input_lengths().with_mean(request.input_tokens),
        output_lengths().with_mean(request.output_tokens),
        request.reasoning_fraction,
        cached_fraction,
    )


def doubts(on: Date, cached_fraction: float) -> list[Doubt]:
    """Return what is not known of a month a year ahead, with its range and where that is from."""
    multiples = effort_multiples().set_index("effort")["arc2_multiple"]
    longer, step = LONGER_PER_YEAR**0.25, _price_step()
    effort = Spread(float(multiples["low"]), 1.0, float(multiples["xhigh"]))
    found = [
        Doubt("effort_factor", "Reasoning effort", effort, "low to xhigh on ARC-AGI-2"),
        Doubt("reasoning_factor", "Drift of reasoning", _either_way(longer), "a quarter's growth"),
        Doubt("price_factor", "Price", _either_way(step), "the step from GPT-5 to GPT-5.2"),
        Doubt("traffic_factor", "Requests", _either_way(ASSUMED), "assumed"),
        Doubt("input_factor", "Prompt length", _either_way(ASSUMED), "assumed"),
    ]
    if cached_fraction > 0:
        share = Spread(
            min(LOW_CACHED, cached_fraction), cached_fraction, max(HIGH_CACHED, cached_fraction)
        )
        found.append(Doubt("cached_fraction", "Cached share", share, "two traces"))
    return found


def _either_way(factor: float) -> Spread:
    return Spread(1 / factor, 1.0, factor)


def _price_step() -> float:
    old, new = (standard_card(name, "2026-01-15") for name in ("gpt-5", "gpt-5.2"))
    rates = [card.tiers[0].rates.output_usd_per_mtok for card in (new, old)]
    return rates[0] / rates[1]


def spreads(found: list[Doubt]) -> dict[str, Spread]:
    """Return the doubts as ranges by parameter; effort and drift of reasoning multiply.

    Each side of the product of two lognormals is as wide as the root of the summed squares.
    """
    ranges = {doubt.parameter: doubt.spread for doubt in found}
    effort = ranges.pop("effort_factor", None)
    if effort is not None:
        drift = ranges.get("reasoning_factor", Spread(1.0, 1.0, 1.0))
        low = math.hypot(math.log(effort.low), math.log(drift.low))
        high = math.hypot(math.log(effort.high), math.log(drift.high))
        ranges["reasoning_factor"] = Spread(math.exp(-low), 1.0, math.exp(high))
    return ranges


def _months(
    model: str, on: Date, request: Request, traffic: Traffic, known: Mapping[str, Spread]
) -> Any:
    return budgets.month_usd(
        workload(request, traffic.cached_fraction),
        standard_card(model, on),
        traffic.requests_per_month,
        batch=batch_card(model, on),
        batch_fraction=traffic.batch_fraction,
        spreads=known,
        months=MONTHS_DRAWN,
    )


def _cases(on: Date, cached_fraction: float) -> dict[str, list[Doubt]]:
    found = doubts(on, cached_fraction)
    alone = {doubt.label: [doubt] for doubt in found}
    return {CHANCE: [], **alone, FIXED: found[1:], ALL: found}


def _range_in_words(found: list[Doubt]) -> str:
    if len(found) != 1:
        return ""
    spread, basis = found[0].spread, found[0].basis
    return f"{spread.low:.2f} to {spread.high:.2f}, {basis}"


def budget_for(
    model: str, on: Date, request: Request, traffic: Traffic, budget_usd: float
) -> pd.DataFrame:
    """Return the bill of one request and of a month as distributions, doubt by doubt.

    Parameters
    ----------
    model, on
        Model and day of the prices.
    request : Request
        Mean request.
    traffic : Traffic
        Requests a month and how they are sent.
    budget_usd : float
        What may be spent in a month, US dollars.

    Returns
    -------
    DataFrame
        `case`, `range`; the bill over its expected value without doubt `p5`, `p50`, `p95`;
        `mean_usd`, `p95_usd` of the month, `exceeds` (chance of passing the budget) and
        `deviation` (standard deviation over mean). The first row is one request.
    """
    each = budgets.sample_requests_usd(
        workload(request, traffic.cached_fraction), standard_card(model, on), REQUESTS_DRAWN
    )
    one = budgets.summarize(each)
    rows = [_row("One request", "length alone", one, one.mean_usd, month=False)]
    for name, found in _cases(on, traffic.cached_fraction).items():
        months = _months(model, on, request, traffic, spreads(found))
        summary = budgets.summarize(months, budget_usd)
        expected = rows[1]["mean_usd"] if len(rows) > 1 else summary.mean_usd
        rows.append(_row(name, _range_in_words(found), summary, expected))
    return pd.DataFrame(rows)


def _row(
    case: str, span: str, bill: budgets.BillSummary, expected_usd: float, *, month: bool = True
) -> dict[str, Any]:
    nothing = float("nan")
    return {
        "case": case,
        "range": span,
        "p5": bill.p5_usd / expected_usd,
        "p50": bill.p50_usd / expected_usd,
        "p95": bill.p95_usd / expected_usd,
        "mean_usd": bill.mean_usd,
        "p95_usd": bill.p95_usd,
        "deviation": bill.deviation_fraction,
        "exceeds": bill.exceeds_fraction if month else nothing,
    }


def budget_curves(model: str, on: Date, request: Request, traffic: Traffic) -> pd.DataFrame:
    """Return the chance that a month exceeds each budget, by what is known.

    Returns
    -------
    DataFrame
        `known`, `budget_usd`, `exceeds_percent`, in long form.
    """
    cases = _cases(on, traffic.cached_fraction)
    drawn = {name: _months(model, on, request, traffic, spreads(cases[name]))
             for name in (CHANCE, FIXED, ALL)}  # fmt: skip
    low, high = (float(np.quantile(drawn[ALL], share)) for share in (0.002, 0.99))
    grid = np.linspace(low, high, 120)
    labels = {CHANCE: "All means known", FIXED: "Effort fixed", ALL: "Nothing fixed"}
    frames = [
        pd.DataFrame({"known": labels[name], "budget_usd": grid, "exceeds_percent": share})
        for name, months in drawn.items()
        for share in [100 * (1 - np.searchsorted(np.sort(months), grid, "right") / months.size)]
    ]
    return pd.concat(frames, ignore_index=True)
