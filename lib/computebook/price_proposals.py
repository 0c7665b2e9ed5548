"""Propose dated rows for the table of prices, from where genai-prices says more or otherwise.

A proposal is a row to review, never a row to trust: the package copies from other tables and
dates few of its prices. Its columns are those of `data/api_prices.csv`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import pandas as pd

from computebook import datasets
from computebook.price_cards import Date, parse_date, price_cards
from computebook.price_crosscheck import CONTEXT_OF_TIER, PACKAGE_MODELS, price_differences
from computebook.price_package import card_from_package
from computebook.rates import PriceCard, Tier

__all__ = ["PROVIDER_OF_VENDOR", "price_proposals"]

PROVIDER_OF_VENDOR: Final = {
    "OpenAI": "openai",
    "Anthropic": "anthropic",
    "Google": "google",
    "xAI": "x-ai",
    "Moonshot AI": "moonshotai",
    "DeepSeek": "deepseek",
}
"""Provider of genai-prices by vendor; others sell through resellers only, or are not matched."""

_RATES: Final = (
    "uncached_input_usd_per_mtok",
    "cached_input_usd_per_mtok",
    "cache_write_5m_usd_per_mtok",
    "cache_write_1h_usd_per_mtok",
    "output_usd_per_mtok",
)


def price_proposals(on: Date) -> pd.DataFrame:
    """Return rows that genai-prices would add to our table on a day, for review.

    Parameters
    ----------
    on : str or date
        The day, which becomes the first day of each proposed row.

    Returns
    -------
    DataFrame
        `why` ("price differs", "tier not in the table" or "model not in the table"), then the
        columns of `api_prices`. Differences with a known reason are left out.

    Raises
    ------
    ComputebookError
        If genai-prices is not installed, or `on` is no date.

    Examples
    --------
    >>> from importlib.util import find_spec
    >>> installed = find_spec("genai_prices") is not None
    >>> not installed or "gpt-5.2" not in set(price_proposals("2026-11-10")["model_id"])
    True
    """
    day = str(parse_date(on).date())
    found = price_differences(day)
    unknown = found[found["reason"] == ""]
    differing = set(zip(unknown["model_id"], unknown["service_tier"], strict=True))
    prices = datasets.load("api_prices")
    ever = set(zip(prices["model_id"], prices["service_tier"], strict=True))
    sold = set(price_cards(day)) | (
        set(datasets.load("commercial_models")["model_id"]) - {model_id for model_id, _ in ever}
    )
    rows: list[dict[str, Any]] = []
    for model_id in datasets.load("commercial_models")["model_id"]:
        for tier in CONTEXT_OF_TIER if model_id in sold else ():
            pair = (str(model_id), tier)
            if pair in differing or pair not in ever:
                card = _their_card(*pair, day)
                rows += _rows(*pair, card, day, _why(pair, differing, ever)) if card else []
    return pd.DataFrame(rows, columns=["why", *prices.columns])


def _why(pair: tuple[str, str], differing: set[Any], ever: set[Any]) -> str:
    if pair in differing:
        return "price differs"
    known = any(model_id == pair[0] for model_id, _ in ever)
    return "tier not in the table" if known else "model not in the table"


def _their_card(model_id: str, service_tier: str, day: str) -> PriceCard | None:
    """Return the package's card of exactly this model, None if it knows it by no such name."""
    if model_id in PACKAGE_MODELS:
        provider, name = PACKAGE_MODELS[model_id]
        return card_from_package(name, day, service_tier, provider, filled=False)
    row = datasets.load("commercial_models").set_index("model_id").loc[model_id]
    provider = PROVIDER_OF_VENDOR.get(str(row["vendor"]), "")
    names = {_plain(name) for name in (model_id, *str(row["aliases"]).split("|"))}
    if not provider:
        return None
    card = card_from_package(_plain(model_id), day, service_tier, provider, filled=False)
    card = card or card_from_package(model_id, day, service_tier, provider, filled=False)
    return card if card and _plain(card.model_id) in names else None


def _plain(name: str) -> str:
    return name.lower().replace(".", "-")


def _rows(
    model_id: str, service_tier: str, card: PriceCard, day: str, why: str
) -> list[dict[str, Any]]:
    return [{"why": why, **_row(model_id, service_tier, card, tier, day)} for tier in card.tiers]


def _row(model_id: str, service_tier: str, card: PriceCard, tier: Tier, day: str) -> dict[str, Any]:
    edge, inclusive = int(tier.context_above_tokens), tier.context_above_tokens == 0
    if edge % 1_000 == 999:
        # The package writes an edge that belongs to its tier as one token less.
        edge, inclusive = edge + 1, True
    above = f"-above-{edge // 1_000}k" if edge else ""
    first = max(card.effective_from, "") or day
    rates = {name: getattr(tier.rates, name) for name in _RATES}
    return {
        "card_id": f"{model_id}-{service_tier}{above}-{first}",
        "model_id": model_id,
        "service_tier": service_tier,
        "context_above_tokens": edge,
        "edge_inclusive": str(inclusive).lower(),
        **{name: None if math.isnan(rate) else rate for name, rate in rates.items()},
        "effective_from": first,
        "start_kind": "change" if card.effective_from else "evidence",
        "checked_on": day,
        "sources_agreeing": 1,
        "basis": "published",
        "verification": "secondary",
        "source_key": "pydantic2026genaiprices",
        "locator": f"{card.source_key}, model {card.model_id}, {service_tier}",
        "as_of": day,
        "note": "Proposed from the package: review before use, and close the row that it follows.",
    }
