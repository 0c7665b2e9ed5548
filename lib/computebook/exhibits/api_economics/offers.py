"""Price cards of a day beside those of the newest price check, and their context tiers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import pandas as pd

from computebook import datasets, errors
from computebook.price_cards import (
    ARTICLE_DATE,
    Date,
    parse_date,
    price_card,
    price_cards,
    rows_in_force,
)
from computebook.pricing import PriceCard, Usage, bill

__all__ = [
    "context_cliffs",
    "dated_card",
    "latest_check",
    "model_name",
    "model_vendor",
    "newer_cards",
    "openai_cards",
    "price_agreement",
    "price_changes",
    "sold_cards",
    "unsold",
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
CLIFF_OUTPUT_TOKENS: Final = 1_000.0


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


def model_vendor(model_id: str) -> str:
    """Return who makes a model."""
    return str(_models().loc[model_id, "vendor"])


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


def sold_cards(models: Sequence[str], on: Date) -> dict[str, PriceCard]:
    """Return the standard cards, by name, of those models that are sold on a day.

    Raises
    ------
    ComputebookError
        If a model is unknown, or none of them has a price of that day.
    """
    cards = {model: dated_card(model, on) for model in models}
    sold = {model_name(card.model_id): card for card in cards.values() if card is not None}
    if not sold:
        raise errors.ComputebookError(
            f"none of {', '.join(models)} has a price on {parse_date(on):%Y-%m-%d}"
        )
    return sold


def unsold(models: Sequence[str], on: Date) -> list[str]:
    """Return the names of the models without a price on a day.

    Examples
    --------
    >>> unsold(["gpt-5.2", "kimi-k2.5"], "2026-01-15")
    ['Kimi K2.5']
    """
    ids = [datasets.resolve("commercial_models", "model_id", "model", name) for name in models]
    sold = _base_rows(on).index
    return [model_name(model_id) for model_id in ids if model_id not in sold]


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


def _became(row: pd.Series[Any], latest: pd.DataFrame) -> str:
    model_id = row["model_id"]
    if model_id not in latest.index:
        return "no longer listed"
    now = latest.loc[model_id]
    same = all(now[name] == row[name] or pd.isna(row[name]) for name in _SHOWN)
    if same:
        return "same price"
    return f"${now['uncached_input_usd_per_mtok']:g} in, ${now['output_usd_per_mtok']:g} out"


def price_changes(on: Date) -> pd.DataFrame:
    """Return the standard cards of a day and what became of each by the latest price check.

    Parameters
    ----------
    on : str or date
        The day.

    Returns
    -------
    DataFrame
        `model`, `vendor`, rates ($/M tokens), `context_above_tokens` of the first long-context
        tier, `sources_agreeing` (price tables), `became`.

    Examples
    --------
    >>> price_changes("2026-01-15").set_index("model").at["Gemini 3 Pro", "became"]
    'no longer listed'
    """
    base, latest = _base_rows(on), _base_rows(latest_check())
    cards = price_cards(on)
    frame = base.assign(
        model=[model_name(name) for name in base["model_id"]],
        vendor=[model_vendor(name) for name in base["model_id"]],
        edge_tokens=[_first_edge(cards[name]) for name in base["model_id"]],
        became=[_became(row, latest) for _, row in base.iterrows()],
    )
    columns = ["model", "vendor", *_SHOWN, "cache_write_5m_usd_per_mtok", "edge_tokens"]
    shown = frame[[*columns, "sources_agreeing", "became"]]
    return shown.sort_values(["vendor", "output_usd_per_mtok"], ignore_index=True)


def _first_edge(card: PriceCard) -> float:
    return card.tiers[1].context_above_tokens if len(card.tiers) > 1 else float("nan")


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


def newer_cards(on: Date = ARTICLE_DATE) -> pd.DataFrame:
    """Return the cards of the latest price check whose models were not sold on a day.

    Parameters
    ----------
    on : str or date
        The day; the article's by default.

    Returns
    -------
    DataFrame
        `model`, `vendor`, `listed_from`, rates ($/M tokens), `edge_tokens`; empty if none.

    Examples
    --------
    >>> "GPT-6.1 Sol" in set(newer_cards()["model"])
    True
    """
    latest = _base_rows(latest_check())
    new = latest[~latest["model_id"].isin(_base_rows(on)["model_id"])]
    new = new[new["effective_from"] > parse_date(on)]
    cards = price_cards(latest_check())
    frame = new.assign(
        model=[model_name(name) for name in new["model_id"]],
        vendor=[model_vendor(name) for name in new["model_id"]],
        edge_tokens=[_first_edge(cards[name]) for name in new["model_id"]],
        listed_from=new["effective_from"],
    )
    columns = ["model", "vendor", "listed_from", *_SHOWN, "edge_tokens", "sources_agreeing"]
    return frame[columns].sort_values(["vendor", "output_usd_per_mtok"], ignore_index=True)


def _cliff(card: PriceCard) -> dict[str, Any]:
    edge = _first_edge(card)
    last = edge - 1 if card.tiers[1].edge_inclusive else edge
    below, above = (
        bill(
            Usage(uncached_input_tokens=tokens, visible_output_tokens=CLIFF_OUTPUT_TOKENS), card
        ).total_usd
        for tokens in (last, last + 1)
    )
    return {
        "model": model_name(card.model_id),
        "last_tokens": last,
        "below_usd": below,
        "above_usd": above,
        "factor": above / below,
    }


def context_cliffs(on: Date) -> pd.DataFrame:
    """Return what one more prompt token costs at the edge of each long-context tier.

    The whole request moves to the tier's rates; 1,000 output tokens, nothing cached.

    Returns
    -------
    DataFrame
        `date`, `model`, `last_tokens` (longest prompt at the base rates), `below_usd`,
        `above_usd`, `factor`, for the day and for the latest price check.

    Examples
    --------
    >>> cliffs = context_cliffs("2026-01-15").set_index("model")
    >>> round(float(cliffs.at["Gemini 3 Pro", "below_usd"]), 3)
    0.412
    """
    days = dict.fromkeys([str(parse_date(on).date()), latest_check()])
    rows = [
        {"date": day, **_cliff(card)}
        for day in days
        for card in price_cards(day).values()
        if len(card.tiers) > 1
    ]
    return pd.DataFrame(rows).drop_duplicates(["model", "last_tokens"], ignore_index=True)


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
