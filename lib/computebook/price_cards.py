"""Take dated price cards from the table of API prices.

A past date gets the prices of that date. Where the table knows none, an error says from when
it does: today's price is never served for a past date in silence.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import fnmatch
import math
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import pandas as pd

from computebook import datasets, errors
from computebook.rates import PeakHours, PriceCard, Rates, Tier

__all__ = [
    "ARTICLE_DATE",
    "Date",
    "Period",
    "cache_storage_usd_per_mtok_hour",
    "card_from_rows",
    "parse_date",
    "price_card",
    "price_cards",
    "price_periods",
    "rows_in_force",
    "service_tiers",
    "tool_fee",
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


class Period(NamedTuple):
    """A span of days with one price: ISO dates, both days included, "" for no end yet."""

    first: str
    last: str
    card: PriceCard

    def __str__(self) -> str:
        return f"{self.first} to {self.last or 'now'}"


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
    hours = base.get("peak_hours_utc", "")
    model_id, first = str(base["model_id"]), str(pd.Timestamp(base["effective_from"]).date())
    return PriceCard(
        model_id=model_id,
        tiers=tuple(_tier(row) for row in by_edge.to_dict("records")),
        service_tier=str(base["service_tier"]),
        effective_from=first,
        checked_on=parse_date(base["checked_on"]).date().isoformat(),
        source_key=str(base["source_key"]),
        tool_fees_usd_per_kcall=fees or {},
        peak_multiplier=1.0 if pd.isna(peak) else float(peak),
        peak_hours=PeakHours.parse(str(hours)) if hours else None,
    )


def cache_storage_usd_per_mtok_hour(model_id: str, on: Date) -> float:
    """Return what a model's vendor charges for keeping an explicit cache, nan for nothing known.

    Parameters
    ----------
    model_id : str
        Id of the model.
    on : str or date
        The day.

    Returns
    -------
    float
        $ per million tokens and hour.

    Examples
    --------
    >>> cache_storage_usd_per_mtok_hour("gemini-3.8-flash", "2027-01-01")
    1.0
    """
    fees = datasets.load("cache_storage_fees")
    held = rows_in_force(fees[fees["model_id"] == model_id], on)["usd_per_mtok_hour"]
    return float(held.iloc[-1]) if len(held) else math.nan


def tool_fee(model: str, tool: str, on: Date) -> tuple[str, float] | None:
    """Return the fee of a built-in tool of a model on a day, None where none is known.

    Parameters
    ----------
    model : str
        Id, name or alias of the model.
    tool : str
        As the table of fees names it: "web-search" say.
    on : str or date
        The day.

    Returns
    -------
    (str, float) or None
        `fee_id` and $ per 1,000 calls.

    Raises
    ------
    ComputebookError
        If the model is unknown or `on` is no date.

    Examples
    --------
    >>> tool_fee("gemini-3.1-pro", "web-search", "2026-11-10")
    ('google-search-grounding-gemini-3', 14.0)
    """
    model_id = datasets.resolve("commercial_models", "model_id", "model", model)
    vendors = datasets.load("commercial_models").set_index("model_id")["vendor"]
    fees = datasets.load("tool_fees")
    named = fees[(fees["vendor"] == vendors[model_id]) & (fees["tool"] == tool)]
    held = rows_in_force(named, on)
    fits = [fnmatch.fnmatchcase(model_id, pattern) for pattern in held["model_pattern"]]
    if not any(fits):
        return None
    row = held[fits].iloc[-1]
    return str(row["fee_id"]), float(row["usd_per_kcall"])


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


def service_tiers(model: str) -> list[str]:
    """Return the service tiers that a model has a price in, on any day.

    Parameters
    ----------
    model : str
        Id, name or alias of the model.

    Raises
    ------
    ComputebookError
        If the model is unknown.

    Examples
    --------
    >>> service_tiers("gpt-5.2")
    ['standard', 'batch', 'flex', 'priority']
    """
    prices = datasets.load("api_prices")
    model_id = datasets.resolve("commercial_models", "model_id", "model", model)
    return [str(t) for t in prices[prices["model_id"] == model_id]["service_tier"].unique()]


@cache
def price_periods(model: str, service_tier: str = "standard") -> tuple[Period, ...]:
    """Return every price of a model in one service tier, by rising date.

    Parameters
    ----------
    model : str
        Id, name or alias of the model.
    service_tier : {"standard", "batch", "flex", "priority"}
        Service tier.

    Returns
    -------
    tuple of Period
        Spans without overlap; a card whose long-context tier ends makes two.

    Raises
    ------
    ComputebookError
        If the model is unknown, or never had a price in the tier.

    Examples
    --------
    >>> [str(period) for period in price_periods("gpt-5.6-sol")]
    ['2026-07-10 to 2026-08-20', '2026-08-21 to now']
    """
    model_id = datasets.resolve("commercial_models", "model_id", "model", model)
    rows = _rows_of_tier(datasets.load("api_prices"), model_id, service_tier)
    day = pd.Timedelta(days=1)
    changes = sorted({*rows["effective_from"], *(rows["effective_to"].dropna() + day)})
    ends = [*(change - day for change in changes[1:]), pd.NaT]
    periods = []
    for first, last in zip(changes, ends, strict=True):
        held = rows_in_force(rows, first.date())
        if not held.empty:
            end = "" if pd.isna(last) else str(last.date())
            periods.append(Period(str(first.date()), end, card_from_rows(held)))
    return tuple(periods)


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


def _other_tiers(rows: pd.DataFrame, on: Date) -> str:
    tiers = rows_in_force(rows, on)["service_tier"].unique()
    return f"; on that day it has {', '.join(map(str, tiers))}" if len(tiers) else ""


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
            f"known for {', '.join(map(str, price_periods(model_id, service_tier)))}"
            f"{_other_tiers(prices[prices['model_id'] == model_id], on)}"
        )
    storage = cache_storage_usd_per_mtok_hour(model_id, on)
    card = card_from_rows(held, _tool_fees(tool_fees, on))
    return dataclasses.replace(card, cache_storage_usd_per_mtok_hour=storage)


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
