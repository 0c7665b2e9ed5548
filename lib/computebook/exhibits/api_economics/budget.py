"""A month's bill: its forecast by model, its range and what moves it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from computebook.exhibits.api_economics.offers import (
    batch_card,
    model_vendor,
    sold_cards,
    standard_card,
)
from computebook.exhibits.api_economics.reasoning import effort_multiples
from computebook.exhibits.api_economics.workloads import Request
from computebook.price_cards import Date
from computebook.pricing import PriceCard, bill
from computebook.scenarios import Range, evaluate_range, tornado

__all__ = ["budget_range", "forecast", "monthly_bill_usd", "sensitivity"]

LOW_CACHED: Final = 0.366
"""Prefix blocks seen before in an hour of long chats, unlimited cache (`mooncake2025traces`)."""
HIGH_CACHED: Final = 0.64
"""The same in a synthetic long-context trace; DeepSeek's own service had 0.563."""
TOKEN_FACTOR: Final = 2.0
BATCH_STEP: Final = 0.3

LABELS: Final = {
    "reasoning_factor": "Reasoning effort, over medium",
    "cached_fraction": "Cached share of the input",
    "input_factor": "Prompt length, over the estimate",
    "output_factor": "Answer length, over the estimate",
    "batch_fraction": "Share sent as batch",
}


def _per_request_usd(request: Request, card: PriceCard, cached: float, effort: float) -> float:
    return float(bill(request.usage(cached, effort), card).total_usd)


def monthly_bill_usd(
    model: str,
    on: Date,
    request: Request,
    *,
    requests_per_month: float,
    cached_fraction: float = 0.0,
    batch_fraction: float = 0.0,
    reasoning_factor: float = 1.0,
    input_factor: float = 1.0,
    output_factor: float = 1.0,
) -> float:
    r"""Return the bill of a month, US dollars.

    .. math:: B = N\,[(1 - \beta)\, c_\text{standard} + \beta\, c_\text{batch}]

    Parameters
    ----------
    model, on
        Model and day of the prices.
    request : Request
        Mean request.
    requests_per_month : float
        Requests :math:`N`.
    cached_fraction, batch_fraction : float
        Share of the input read from a cache; share :math:`\beta` of the requests that wait for
        the batch tier, billed as standard where no batch price of that day is known.
    reasoning_factor, input_factor, output_factor : float
        Multiples of the reasoning tokens, of the prompt and of all output.

    Raises
    ------
    ComputebookError
        If the model has no price that day, or an argument is out of bounds.

    Examples
    --------
    >>> round(monthly_bill_usd("gpt-5.2", "2026-01-15", Request(6_000, 500, 0.7),
    ...                        requests_per_month=1e6, cached_fraction=0.5))
    29108
    """
    scaled = Request(
        request.input_tokens * input_factor,
        request.visible_output_tokens * output_factor,
        request.reasoning_fraction,
    )
    standard = standard_card(model, on)
    batch = batch_card(model, on) or standard
    now, later = (
        _per_request_usd(scaled, card, cached_fraction, reasoning_factor)
        for card in (standard, batch)
    )
    return requests_per_month * ((1 - batch_fraction) * now + batch_fraction * later)


def forecast(
    models: Sequence[str],
    on: Date,
    request: Request,
    requests_per_month: float,
    cached_fraction: float,
    batch_fraction: float,
) -> pd.DataFrame:
    """Return the month's bill on each model: as listed, cached, and cached with batch.

    Returns
    -------
    DataFrame
        `model`, `vendor`; US dollars a month `list_usd`, `cached_usd`, `with_batch_usd` (nan
        where no batch price of that day is known); `saved` (fraction of the list bill).

    Raises
    ------
    ComputebookError
        If a model is unknown or none is sold that day.
    """
    rows = []
    for name, card in sold_cards(models, on).items():
        common: dict[str, Any] = {"requests_per_month": requests_per_month}
        ask = (card.model_id, on, request)
        cached = monthly_bill_usd(*ask, **common, cached_fraction=cached_fraction)
        mixed = monthly_bill_usd(
            *ask, **common, cached_fraction=cached_fraction, batch_fraction=batch_fraction
        )
        listed = monthly_bill_usd(*ask, **common)
        known = batch_card(card.model_id, on) is not None
        rows.append(
            {
                "model": name,
                "vendor": model_vendor(card.model_id),
                "list_usd": listed,
                "cached_usd": cached,
                "with_batch_usd": mixed if known else float("nan"),
                "saved": 1 - mixed / listed,
            }
        )
    return pd.DataFrame(rows).sort_values("cached_usd", ignore_index=True)


def _ranges(cached_fraction: float, batch_fraction: float) -> dict[str, Range]:
    multiples = effort_multiples().set_index("effort")["arc2_multiple"]
    return {
        "reasoning_factor": Range(float(multiples["low"]), 1.0, float(multiples["xhigh"])),
        "cached_fraction": Range(
            min(LOW_CACHED, cached_fraction), cached_fraction, max(HIGH_CACHED, cached_fraction)
        ),
        "input_factor": Range(1 / TOKEN_FACTOR, 1.0, TOKEN_FACTOR),
        "output_factor": Range(1 / TOKEN_FACTOR, 1.0, TOKEN_FACTOR),
        "batch_fraction": Range(
            max(0.0, batch_fraction - BATCH_STEP),
            batch_fraction,
            min(1.0, batch_fraction + BATCH_STEP),
        ),
    }


def _bill_of(model: str, on: Date, request: Request, requests_per_month: float) -> Any:
    def month(**inputs: float) -> float:
        return monthly_bill_usd(model, on, request, requests_per_month=requests_per_month, **inputs)

    return month


def sensitivity(
    model: str,
    on: Date,
    request: Request,
    requests_per_month: float,
    cached_fraction: float,
    batch_fraction: float,
) -> pd.DataFrame:
    """Return how far each uncertain input alone moves the month's bill, largest first.

    Returns
    -------
    DataFrame
        `input`, `low_value`, `central_value`, `high_value`, and the bill at each,
        `result_at_low`, `result_at_central`, `result_at_high`, US dollars; `lowest` and
        `highest` are the ends of the bill.
    """
    month = _bill_of(model, on, request, requests_per_month)
    table = tornado(month, {}, _ranges(cached_fraction, batch_fraction))
    results = table[["result_at_low", "result_at_central", "result_at_high"]]
    return table.assign(
        input=table["parameter"].map(LABELS),
        lowest=results.min(axis=1),
        highest=results.max(axis=1),
    )


def budget_range(
    model: str,
    on: Date,
    request: Request,
    requests_per_month: float,
    cached_fraction: float,
    batch_fraction: float,
) -> Range:
    """Return the lowest, central and highest bill with all inputs at their ends together.

    Examples
    --------
    >>> span = budget_range("gpt-5.2", "2026-01-15", Request(6_000, 500, 0.7), 1e6, 0.5, 0.2)
    >>> span.low < span.central < span.high
    True
    """
    month = _bill_of(model, on, request, requests_per_month)
    return evaluate_range(month, **_ranges(cached_fraction, batch_fraction))
