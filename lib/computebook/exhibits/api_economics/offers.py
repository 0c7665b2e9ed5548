"""Price cards of a day beside those of other price lists and of the newest price check."""

from __future__ import annotations

from functools import cache
from typing import Final

import pandas as pd

from computebook import datasets, errors
from computebook.price_cards import (
    Date,
    price_card,
    price_cards,
    rows_in_force,
)
from computebook.pricing import PriceCard

__all__ = [
    "dated_card",
    "latest_check",
    "model_name",
    "no_longer_listed",
    "openai_cards",
    "price_agreement",
]

OPENAI_OFFERS: Final = (
    ("GPT-5.2 Thinking", "gpt-5.2", "standard"),
    ("GPT-5.2 Instant", "gpt-5.2-chat-latest", "standard"),
    ("GPT-5.2 Pro", "gpt-5.2-pro", "standard"),
    ("GPT-5", "gpt-5", "standard"),
    ("GPT-5.2 Thinking, batch", "gpt-5.2", "batch"),
    ("GPT-5.2 Pro, batch", "gpt-5.2-pro", "batch"),
)
_SHOWN: Final = [
    "uncached_input_usd_per_mtok",
    "cached_input_usd_per_mtok",
    "output_usd_per_mtok",
]


def _models() -> pd.DataFrame:
    return datasets.load("commercial_models").set_index("model_id")


def model_name(model_id: str) -> str:
    """Return a model's name without the remark in brackets.

    Examples
    --------
    >>> model_name("gemini-3-pro")
    'Gemini 3 Pro'
    """
    return str(_models().loc[model_id, "name"]).split(" (")[0]


def latest_check() -> str:
    """Return the newest day on which a price was checked, as an ISO date."""
    return str(datasets.load("api_prices")["checked_on"].max().date())


def _base_rows(on: Date, service_tier: str = "standard") -> pd.DataFrame:
    """Return the rows of the lowest context tier in force on a day, by model."""
    prices = datasets.load("api_prices")
    base = prices[(prices["service_tier"] == service_tier) & (prices["context_above_tokens"] == 0)]
    return rows_in_force(base, on).set_index("model_id", drop=False)


@cache
def _cards(on: Date, service_tier: str) -> dict[str, PriceCard]:
    """Return all cards of a day, cached tokens billed as new where no rate is known."""
    cards = price_cards(on, service_tier)
    return {model_id: card.without_cache_discount() for model_id, card in cards.items()}


def dated_card(model: str, on: Date, service_tier: str = "standard") -> PriceCard | None:
    """Return a model's card, cached tokens billed as new where no rate is known; None for no card.

    Parameters
    ----------
    model : str
        Id, name or alias.
    on : str or date
        The day.
    service_tier : str
        Service tier.

    Raises
    ------
    ComputebookError
        If the model is unknown or `on` is no date.

    Examples
    --------
    >>> dated_card("claude-opus-4.5", "2026-01-15", "batch") is None
    True
    """
    model_id = datasets.resolve("commercial_models", "model_id", "model", model)
    return _cards(on, service_tier).get(model_id)


def openai_cards(on: Date) -> pd.DataFrame:
    """Return the article's price table with one row per variant that has a price of its own.

    Returns
    -------
    DataFrame
        `offer`, three rates ($/M tokens), `context_window_tokens`, `verification`, `source_key`.

    Raises
    ------
    ComputebookError
        If none of the offers has a price on that day.
    """
    rows = []
    for offer, model_id, tier in OPENAI_OFFERS:
        base = _base_rows(on, tier)
        if model_id in base.index:
            window = _models().loc[model_id, "context_window_tokens"]
            rows.append({"offer": offer, "context_window_tokens": window, **base.loc[model_id]})
    if not rows:
        raise errors.ComputebookError(f"no OpenAI price of the article is known on {on}")
    columns = ["offer", *_SHOWN, "context_window_tokens", "verification", "source_key"]
    return pd.DataFrame(rows)[columns]


def no_longer_listed(on: Date) -> tuple[int, int]:
    """Return how many models of a day the latest price check lists no more, and of how many.

    Examples
    --------
    >>> gone, listed = no_longer_listed("2026-01-15")
    >>> 0 < gone < listed
    True
    """
    then, latest = _base_rows(on), _base_rows(latest_check())
    return int((~then.index.isin(latest.index)).sum()), len(then)


def price_agreement(on: Date) -> tuple[int, int]:
    """Return how many standard rates of a day other price lists carry, and how many are equal.

    Returns
    -------
    tuple of int
        Rates of single lists compared with ours, and those that agree.

    Examples
    --------
    >>> price_agreement("2026-01-15")
    (110, 110)
    """
    listed = datasets.load("price_crosscheck").dropna(subset=["usd_per_mtok"])
    base = _base_rows(on)
    listed = listed[listed["model_id"].isin(base.index)]
    ours = [
        base.loc[row["model_id"], f"{row['price_kind'].replace('-', '_')}_usd_per_mtok"]
        for row in listed.to_dict("records")
    ]
    return len(listed), int((listed["usd_per_mtok"].to_numpy() == pd.Series(ours)).sum())


def batch_card(model: str, on: Date) -> PriceCard | None:
    """Return the batch card of a day, cached tokens billed as new where no rate is known."""
    return dated_card(model, on, "batch")


def standard_card(model: str, on: Date) -> PriceCard:
    """Return the standard card of a day, cached tokens billed as new where no rate is known.

    Raises
    ------
    ComputebookError
        If the model is unknown or has no price that day; the message lists the known periods.
    """
    card = dated_card(model, on)
    return price_card(model, on).without_cache_discount() if card is None else card
