"""Take dated price cards from the table of API prices.

A past date gets the prices of that date. Where the table knows none, an error says from when
it does: today's price is never served for a past date in silence.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from computebook import datasets, errors
from computebook.pricing import PriceCard, Rates, Tier

__all__ = [
    "ARTICLE_DATE",
    "Date",
    "card_from_rows",
    "parse_date",
    "price_card",
    "price_cards",
    "rows_in_force",
]

ARTICLE_DATE: Final = "2026-01-15"
"""The middle of the month that the source article speaks of."""

_RATES: Final = (
    "uncached_input_usd_per_mtok",
    "output_usd_per_mtok",
    "cached_input_usd_per_mtok",
    "cache_write_5m_usd_per_mtok",
    "cache_write_1h_usd_per_mtok",
)

Date = str | dt.date


def parse_date(on: Date) -> pd.Timestamp:
    """Return a day as a timestamp at midnight.

    Parameters
    ----------
    on : str or date
        The day, as "2026-01-15".

    Raises
    ------
    ComputebookError
        If it is no date.

    Examples
    --------
    >>> parse_date("2026-01-15").day_name()
    'Thursday'
    """
    try:
        day = dt.date.fromisoformat(on) if isinstance(on, str) else on
        return pd.Timestamp(day).normalize()
    except (TypeError, ValueError) as wrong:
        raise errors.ComputebookError(
            f"on = {on!r} is not a date: write it as 2026-01-15"
        ) from wrong


def rows_in_force(table: pd.DataFrame, on: Date) -> pd.DataFrame:
    """Return the dated rows that hold on a day.

    Parameters
    ----------
    table : DataFrame
        With `effective_from` and `effective_to`; both days belong to the period, and a missing
        end means that the row still held when it was last checked.
    on : str or date
        The day, as "2026-01-15".

    Raises
    ------
    ComputebookError
        If `on` is no date.

    Examples
    --------
    >>> frame = pd.DataFrame({"effective_from": ["2025-01-01", "2026-01-01"],
    ...                       "effective_to": ["2025-12-31", None]})
    >>> rows_in_force(frame, "2025-12-31").index.tolist()
    [0]
    """
    day = parse_date(on)
    start, end = pd.to_datetime(table["effective_from"]), pd.to_datetime(table["effective_to"])
    return table[(start <= day) & (end.isna() | (day <= end))]


def card_from_rows(rows: pd.DataFrame, fees: dict[str, float] | None = None) -> PriceCard:
    """Return the card that rows of one model and service tier make, one context tier a row.

    Parameters
    ----------
    rows : DataFrame
        Rows of `api_prices` in force on one day.
    fees : dict, optional
        Fees by tool, $ per 1,000 calls.

    Raises
    ------
    ComputebookError
        If the base tier is missing or two rows share an edge.

    Examples
    --------
    >>> prices = datasets.load("api_prices")
    >>> rows = rows_in_force(prices[prices["model_id"] == "gemini-3-pro"], "2026-01-15")
    >>> card = card_from_rows(rows[rows["service_tier"] == "standard"])
    >>> [tier.context_above_tokens for tier in card.tiers]
    [0.0, 200000.0]
    """
    by_edge = rows.sort_values("context_above_tokens")
    base = by_edge.iloc[0]
    peak = base.get("peak_multiplier", math.nan)
    return PriceCard(
        model_id=str(base["model_id"]),
        tiers=tuple(_tier(row) for row in by_edge.to_dict("records")),
        service_tier=str(base["service_tier"]),
        effective_from=parse_date(base["effective_from"]).date().isoformat(),
        checked_on=parse_date(base["checked_on"]).date().isoformat(),
        source_key=str(base["source_key"]),
        tool_fees_usd_per_kcall=fees or {},
        peak_multiplier=1.0 if pd.isna(peak) else float(peak),
    )


def _tier(row: dict[Any, Any]) -> Tier:
    rates = Rates(*(float(row[name]) for name in _RATES))
    return Tier(rates, float(row["context_above_tokens"]), bool(row["edge_inclusive"]))


def _rows_of_tier(prices: pd.DataFrame, model_id: str, service_tier: str) -> pd.DataFrame:
    of_model = prices[prices["model_id"] == model_id]
    if of_model.empty:
        raise errors.unknown_name("model with a price", model_id, prices["model_id"])
    tiers = of_model["service_tier"].unique()
    errors.require_known(f"service_tier of {model_id}", service_tier, map(str, tiers))
    return of_model[of_model["service_tier"] == service_tier]


def _periods(rows: pd.DataFrame) -> str:
    dated = rows[rows["context_above_tokens"] == 0].sort_values("effective_from")
    ends = pd.to_datetime(dated["effective_to"])
    starts = pd.to_datetime(dated["effective_from"])
    return ", ".join(
        f"{start:%Y-%m-%d} to {'now' if pd.isna(end) else format(end, '%Y-%m-%d')}"
        for start, end in zip(starts, ends, strict=True)
    )


def _tool_fees(fee_ids: Sequence[str], on: Date) -> dict[str, float]:
    if not fee_ids:
        return {}
    fees = datasets.load("tool_fees")
    unknown = [fee for fee in fee_ids if fee not in set(fees["fee_id"])]
    if unknown:
        raise errors.unknown_name("fee_id", unknown, fees["fee_id"])
    asked = fees[fees["fee_id"].isin(list(fee_ids))]
    held = rows_in_force(asked, on)
    if len(held) < len(asked):
        late = asked.drop(held.index).iloc[0]
        raise errors.ComputebookError(
            f"no fee {late.fee_id!r} is known on {parse_date(on):%Y-%m-%d}: "
            f"known from {parse_date(late.effective_from):%Y-%m-%d}"
        )
    return {str(tool): float(fee) for tool, fee in zip(held.tool, held.usd_per_kcall, strict=True)}


def price_card(
    model: str,
    on: Date = ARTICLE_DATE,
    service_tier: str = "standard",
    tool_fees: Sequence[str] = (),
) -> PriceCard:
    """Return the prices of a model on a day.

    Parameters
    ----------
    model : str
        Id, name or alias of the model.
    on : str or date
        The day, as "2026-01-15".
    service_tier : {"standard", "batch", "flex", "priority"}
        Service tier.
    tool_fees : sequence of str
        `fee_id` of the tools that the requests call.

    Returns
    -------
    PriceCard
        Its `effective_from`, `checked_on` and `source_key` say where it comes from.

    Raises
    ------
    ComputebookError
        If the model, tier or fee is unknown, or no price of that day is: the message lists the
        periods that are known.

    Examples
    --------
    >>> card = price_card("gpt-5.2", on="2026-01-15")
    >>> card.tiers[0].rates.output_usd_per_mtok
    14.0
    """
    prices = datasets.load("api_prices")
    model_id = datasets.resolve("commercial_models", "model_id", "model", model)
    rows = _rows_of_tier(prices, model_id, service_tier)
    held = rows_in_force(rows, on)
    if held.empty:
        raise errors.ComputebookError(
            f"no {service_tier} price of {model_id} is known on {parse_date(on):%Y-%m-%d}: "
            f"known for {_periods(rows)}"
        )
    return card_from_rows(held, _tool_fees(tool_fees, on))


def price_cards(on: Date = ARTICLE_DATE, service_tier: str = "standard") -> dict[str, PriceCard]:
    """Return the card of every model that is priced on a day, by model id.

    Parameters
    ----------
    on : str or date
        The day, as "2026-01-15".
    service_tier : {"standard", "batch", "flex", "priority"}
        Service tier.

    Raises
    ------
    ComputebookError
        If the tier is unknown or `on` is no date.

    Examples
    --------
    >>> cards = price_cards("2026-01-15")
    >>> "gpt-5.2" in cards, "kimi-k2.5" in cards
    (True, False)
    """
    prices = datasets.load("api_prices")
    errors.require_known("service_tier", service_tier, map(str, prices["service_tier"].unique()))
    held = rows_in_force(prices[prices["service_tier"] == service_tier], on)
    by_model = held.groupby("model_id", sort=False)
    return {str(model): card_from_rows(rows) for model, rows in by_model}
