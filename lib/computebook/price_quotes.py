"""Bill one workload on the cards of several models, side by side, with what else they offer."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from computebook import datasets, errors
from computebook.price_cards import (
    Date,
    price_card,
    price_cards,
    service_tiers,
    tool_fee,
)
from computebook.pricing import RATE_OF_LEAF, Bill, PriceCard, Usage, bill, rate_usd_per_mtok
from computebook.rates import first_missing_edge
from computebook.usage import LEAVES

__all__ = ["ALL_MODELS", "alternatives", "cards_for_length", "quote_cards", "quotes"]

ALL_MODELS: Final = "all"
PART_OF_LEAF: Final = {leaf: leaf.replace("_tokens", "_usd") for leaf in LEAVES}


def quote_cards(
    models: Sequence[str],
    on: Date,
    service_tier: str = "standard",
    tools: Sequence[str] = (),
    *,
    peak: bool = False,
) -> list[PriceCard]:
    """Return the cards of models on a day, with the fees of the tools that they call.

    Parameters
    ----------
    models : sequence of str
        Ids, names or aliases; "all" for every model that is priced that day in that tier.
    on : str or date
        The day, as "2026-01-15".
    service_tier : {"standard", "batch", "flex", "priority"}
        Service tier.
    tools : sequence of str
        Tools called, as the table of fees names them.
    peak : bool
        Whether the requests fall into peak hours, for those who have them.

    Raises
    ------
    ComputebookError
        If a model, tier, day or fee is unknown; the message says what is known.

    Examples
    --------
    >>> [card.model_id for card in quote_cards(["gpt-5.2", "Opus 4.5"], "2026-03-01")]
    ['gpt-5.2', 'claude-opus-4.5']
    """
    names = list(models)
    if ALL_MODELS in names:
        names = list(price_cards(on, service_tier))
    if not names:
        raise errors.ComputebookError(f"no model has a {service_tier} price on {on}")
    cards = [price_card(name, on, service_tier, _fee_ids(name, tools, on)) for name in names]
    unique = list({card.model_id: card for card in cards}.values())
    return [card.times(card.peak_multiplier) if peak else card for card in unique]


def _fee_ids(model: str, tools: Sequence[str], on: Date) -> list[str]:
    found = [tool_fee(model, tool, on) for tool in tools]
    for tool, fee in zip(tools, found, strict=True):
        if fee is None:
            raise _no_fee(model, tool, on)
    return [fee[0] for fee in found if fee]


def _no_fee(model: str, tool: str, on: Date) -> errors.ComputebookError:
    fees = datasets.load("tool_fees")
    if tool not in set(fees["tool"]):
        return errors.unknown_name("tool", tool, fees["tool"].unique())
    known = fees[fees["tool"] == tool]
    periods = [f"{row.fee_id} from {row.effective_from:%Y-%m-%d}" for row in known.itertuples()]
    return errors.ComputebookError(
        f"no fee for {tool} of {model} is known on {on}: known are {', '.join(periods)}"
    )


def quotes(cards: Sequence[PriceCard], request: Usage, requests: float = 1) -> pd.DataFrame:
    """Return the bill of a workload on each card, a row per part.

    Parameters
    ----------
    cards : sequence of PriceCard
        The cards; a cached or written token without a rate is billed as uncached input.
    request : Usage
        One request; its own total input selects the context tier.
    requests : float
        How many of them, 0 to 1e15.

    Returns
    -------
    DataFrame
        `model`, `tier`, `part` (a leaf, "tool_calls", "cache_storage" or "total"), `count` (of
        all requests), `usd_per_mtok` (nan for tools and the total), `usd`, `share` of the bill.

    Raises
    ------
    ComputebookError
        If a count is out of bounds or a tool has no fee on a card.

    Examples
    --------
    >>> card = PriceCard.flat("gpt-5.2", 1.75, 14.0)
    >>> frame = quotes([card], Usage.from_totals(1_155, 211), 1_000)
    >>> round(float(frame.set_index("part").loc["total", "usd"]), 2)
    4.98
    """
    times = errors.require_finite_in("requests", requests, "requests", 0.0, 1e15)
    rows: list[dict[str, Any]] = []
    for card in cards:
        filled = card.without_cache_discount()
        cost = bill(request.times(times), filled, float(request.input_tokens))
        rows += _parts(filled, request, times, cost)
    return pd.DataFrame(rows)


def _parts(card: PriceCard, request: Usage, times: float, cost: Bill) -> list[dict[str, Any]]:
    total, parts = float(cost.total_usd), cost.parts()
    names = {"model": card.model_id, "tier": card.service_tier}
    counts: Mapping[str, Any] = {
        **{leaf: getattr(request, leaf) for leaf in LEAVES},
        "tool_calls": sum(request.tool_calls.values()),
        "cache_storage": request.cache_storage_token_hours,
    }
    rows = []
    for name, count in counts.items():
        usd = float(parts[PART_OF_LEAF.get(name, f"{name}_usd")])
        if count:
            rate = _rate(card, name, float(request.input_tokens))
            share = usd / total if total else float("nan")
            cells = {"count": count * times, "usd_per_mtok": rate, "usd": usd, "share": share}
            rows.append({**names, "part": name.removesuffix("_tokens"), **cells})
    everything = float(request.input_tokens + request.output_tokens) * times
    per_mtok = total / everything * 1e6 if everything else float("nan")
    whole = {"count": everything, "usd_per_mtok": per_mtok, "usd": total, "share": 1.0}
    return [*rows, {**names, "part": "total", **whole}]


def _rate(card: PriceCard, name: str, input_tokens: float) -> float:
    if name not in RATE_OF_LEAF:
        return float("nan")
    return float(rate_usd_per_mtok(card, RATE_OF_LEAF[name], input_tokens))


def alternatives(
    cards: Sequence[PriceCard], request: Usage, requests: float, on: Date
) -> pd.DataFrame:
    """Return what the same workload costs in the other service tiers of each model on a day.

    Parameters
    ----------
    cards : sequence of PriceCard
        The cards that were quoted; tools are left out of all.
    request : Usage
        One request.
    requests : float
        How many of them.
    on : str or date
        The day.

    Returns
    -------
    DataFrame
        `model`, `tier`, `usd`, `of_quoted` (share of what was quoted), dearest last; without
        rows where a model has no other tier.

    Examples
    --------
    >>> cards = quote_cards(["gpt-5.2"], "2026-03-01")
    >>> alternatives(cards, Usage(uncached_input_tokens=1e6), 1, "2026-03-01")["tier"].tolist()
    ['batch', 'priority']
    """
    plain = dataclasses.replace(request, tool_calls={}, cache_storage_token_hours=0.0)
    priced = set(datasets.load("api_prices")["model_id"])
    ours = [card for card in cards if card.model_id in priced]
    tiers = {tier for card in ours for tier in service_tiers(card.model_id)} | {"standard"}
    of_day = {tier: price_cards(on, tier) for tier in tiers}
    rows = []
    for card in ours:
        quoted = _total(card, plain, requests)
        others = {tier: of_day[tier].get(card.model_id) for tier in tiers - {card.service_tier}}
        for tier, other in others.items():
            if other and _is_known(other, of_day["standard"].get(card.model_id), plain):
                usd = _total(other, plain, requests)
                share = usd / quoted if quoted else float("nan")
                rows.append({"model": card.model_id, "tier": tier, "usd": usd, "of_quoted": share})
    frame = pd.DataFrame(rows, columns=["model", "tier", "usd", "of_quoted"])
    return frame.sort_values(["model", "usd"], ignore_index=True)


def _is_known(card: PriceCard, standard: PriceCard | None, request: Usage) -> bool:
    """Return whether a card's rates hold for a prompt of this length."""
    missing = first_missing_edge(card, standard) if standard else None
    return missing is None or not missing.contains(request.input_tokens)


def cards_for_length(
    cards: Sequence[PriceCard], request: Usage, on: Date, *, skip: bool = False
) -> list[PriceCard]:
    """Return the cards whose rates are known for a prompt of this length.

    Parameters
    ----------
    cards : sequence of PriceCard
        Cards of any service tier.
    request : Usage
        One request.
    on : str or date
        The day.
    skip : bool
        Whether to leave out a card that is not known for it, rather than refuse.

    Raises
    ------
    ComputebookError
        If a discount card lacks the context tier of its standard card that the prompt falls
        in, or no card is left.

    Examples
    --------
    >>> cards = quote_cards(["gemini-3-pro"], "2026-01-15", "batch")
    >>> len(cards_for_length(cards, Usage(uncached_input_tokens=200_000), "2026-01-15"))
    1
    """
    standard = price_cards(on, "standard")
    known = [card for card in cards if _is_known(card, standard.get(card.model_id), request)]
    short = [card for card in cards if card not in known]
    if short and not (skip and known):
        names = ", ".join(card.model_id for card in short)
        raise errors.ComputebookError(
            f"no {short[0].service_tier} price of {names} is known on {on} for an input of "
            f"{request.input_tokens:.10g} tokens: only for shorter ones"
        )
    return known


def _total(card: PriceCard, request: Usage, requests: float) -> float:
    filled = card.without_cache_discount()
    return float(bill(request.times(requests), filled, float(request.input_tokens)).total_usd)
