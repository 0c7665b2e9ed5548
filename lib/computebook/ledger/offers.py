"""Find the price that held for a model in a service tier on a day, or say why there is none.

Money is counted in whole attodollars (1e-18 $), so that sums are exact: they depend neither on
the order of the rows nor on how files are split.
"""

from __future__ import annotations

import bisect
import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from computebook import datasets, errors, price_cards
from computebook.price_cards import price_periods, service_tiers
from computebook.pricing import RATE_OF_LEAF, PriceCard, Tier
from computebook.rates import first_missing_edge
from computebook.usage import LEAVES

__all__ = [
    "ATTO_PER_USD",
    "Fallback",
    "Fee",
    "Offer",
    "Offers",
    "atto_per_token",
    "model_of",
    "usd",
]

ATTO_PER_USD: Final = 10**18
MAX_TIERS: Final = 4
NEVER: Final = int(np.iinfo(np.int64).max)

OTHER_PRICE: Final = {
    "gpt-4o-2024-05-13": "the snapshot of May 2024 cost more than the card of gpt-4o says",
}
"""Snapshots that share a model's name, not its price (see the note of the row)."""

Fallback = Callable[[str, str, str], PriceCard | None]
"""Takes the name of a model, an ISO day and a service tier; returns a card from elsewhere."""

_DECORATION: Final = re.compile(
    r"(-latest|-preview(-\d\d-\d\d(-?\d{4})?)?|[-@](20\d\d-?\d\d-?\d\d)|-v\d+(:\d+)?)$"
)


def usd(atto: int) -> Decimal:
    """Return attodollars as dollars, exactly.

    Examples
    --------
    >>> usd(1_500_000_000_000_000_000)
    Decimal('1.5')
    """
    whole, rest = divmod(atto, ATTO_PER_USD)
    return Decimal(f"{whole}.{rest:018d}".rstrip("0").rstrip("."))


def _atto_per_unit(price: float, units: int) -> int:
    return round(Decimal(repr(price)) * (ATTO_PER_USD // units))


@cache
def model_of(name: str) -> str | None:
    """Return the id of the model that a provider's name means, None if it is not in the table.

    Parameters
    ----------
    name : str
        As a response gives it, perhaps with a path before it and a date or "preview" after it.

    Examples
    --------
    >>> model_of("models/gemini-3-pro-preview"), model_of("gpt-5.2-2025-12-11")
    ('gemini-3-pro', 'gpt-5.2')
    >>> model_of("gpt-5.2-imaginary") is None
    True
    """
    plain = name.lower()
    if plain in OTHER_PRICE:
        return None
    for form in (plain, plain.rsplit("/", 1)[-1], _DECORATION.sub("", plain.rsplit("/", 1)[-1])):
        try:
            return datasets.resolve("commercial_models", "model_id", "model", form)
        except errors.ComputebookError:
            continue
    return None


class Fee(NamedTuple):
    """A fee per call in force: its id and price."""

    fee_id: str
    atto_per_call: int


@dataclass(frozen=True, eq=False)
class Offer:
    """A card that rows are billed on, or the reason why they are not.

    Parameters
    ----------
    model_id : str
        The model, or its name as given where it has no card.
    vendor : str
        Who sells it, "" where unknown.
    service_tier : str
        Service tier.
    card : PriceCard or None
        Every missing cache rate set to the uncached one: without a discount, a repeated prompt
        costs what a new one does.
    reason : str
        Why there is no card.
    source : str
        Where the card comes from.
    batch : PriceCard or None
        The batch card of the same days, of a standard card.
    limit_tokens : int
        Smallest total input for which the card is not known, as a discount card may be for
        long prompts.
    """

    model_id: str
    vendor: str
    service_tier: str
    card: PriceCard | None = None
    reason: str = ""
    source: str = ""
    batch: PriceCard | None = None
    limit_tokens: int = NEVER

    @property
    def thresholds(self) -> list[int]:
        """Smallest total input, whole tokens, inside each tier above the base."""
        tiers = self.card.tiers[1:] if self.card else ()
        return [_threshold(tier) for tier in tiers]


def atto_per_token(card: PriceCard) -> list[list[int]]:
    """Return the price of a token by context tier and leaf, attodollars.

    Examples
    --------
    >>> card = PriceCard.flat("gpt-5.2", 1.75, 14.0).without_cache_discount()
    >>> atto_per_token(card)[0][0] * 1_000_000 == 1.75 * ATTO_PER_USD
    True
    """
    names = [RATE_OF_LEAF[leaf] for leaf in LEAVES]
    return [[_atto_per_unit(getattr(t.rates, n), 10**6) for n in names] for t in card.tiers]


def _limit(card: PriceCard, standard: PriceCard | None) -> int:
    missing = first_missing_edge(card, standard) if standard else None
    return _threshold(missing) if missing else NEVER


def _threshold(tier: Tier) -> int:
    edge = tier.context_above_tokens
    return int(np.ceil(edge)) if tier.edge_inclusive else int(np.floor(edge)) + 1


def _vendor(model_id: str) -> str:
    models = datasets.load("commercial_models").set_index("model_id")["vendor"]
    return str(models.get(model_id, ""))


class Offers:
    """The offers that the rows of a ledger met, each with a number.

    Parameters
    ----------
    fallback : function, optional
        Asked for a card where the table of prices has none.

    Examples
    --------
    >>> offers = Offers()
    >>> number = offers.number("gpt-5.2-2025-12-11", "standard", 20_500, None)
    >>> offers[number].card.effective_from
    '2025-12-11'
    >>> offers[offers.number("gpt-9", "standard", 20_500, None)].reason
    "model 'gpt-9' has no price card (nearest: gpt-5)"
    """

    def __init__(self, fallback: Fallback | None = None) -> None:
        self.fallback = fallback
        self.known: list[Offer] = []
        self._numbers: dict[Any, tuple[int, int | None]] = {}
        self._by_card: dict[Any, int] = {}
        self._fees: dict[tuple[int, str, int], Fee | None] = {}
        self.atto_per_call: dict[str, int] = {}
        self.thresholds: NDArray[np.int64] = np.zeros((0, MAX_TIERS - 1), np.int64)
        self.limits: NDArray[np.int64] = np.zeros(0, np.int64)

    def __getitem__(self, number: int) -> Offer:
        return self.known[number]

    def number(
        self,
        model: str,
        service_tier: str,
        day: int | None,
        seconds: float | None,
        problem: str = "",
    ) -> int:
        """Return the number of the offer that a row is billed on.

        Parameters
        ----------
        model : str
            Name of the model as the row gives it.
        service_tier : str
            Service tier.
        day : int or None
            Days since 1970 in UTC; None where the row has no date.
        seconds : float or None
            The moment, for cards with peak hours; None where the hour is unknown: off-peak.
        problem : str
            Why no card's rates hold for the row, "" if they do.
        """
        key = (model, service_tier, day, problem)
        if key not in self._numbers:
            self._numbers[key] = self._looked_up(model, service_tier, day, problem)
        plain, peak = self._numbers[key]
        if peak is None or seconds is None:
            return plain
        card = self.known[plain].card
        hours = card.peak_hours if card else None
        return peak if hours and hours.contains(seconds) else plain

    def _looked_up(
        self, model: str, service_tier: str, day: int | None, problem: str
    ) -> tuple[int, int | None]:
        offer = self._offer(model, service_tier, day, problem)
        plain = self._kept(offer)
        if offer.card is None or offer.card.peak_multiplier == 1:
            return plain, None
        peak = offer.card.times(offer.card.peak_multiplier)
        source = f"{offer.source}, peak hours"
        return plain, self._kept(dataclasses.replace(offer, card=peak, source=source))

    def _kept(self, offer: Offer) -> int:
        card = offer.card
        period = (card.effective_from, card.tiers) if card else None
        batch = offer.batch.effective_from if offer.batch else ""
        key = (offer.model_id, offer.service_tier, period, offer.reason, offer.source, batch)
        if key not in self._by_card:
            if card and len(card.tiers) > MAX_TIERS:
                raise errors.ComputebookError(f"{card.model_id} has over {MAX_TIERS} context tiers")
            edges = (offer.thresholds + [NEVER] * MAX_TIERS)[: MAX_TIERS - 1]
            self.thresholds = np.vstack([self.thresholds, np.array([edges], np.int64)])
            self.limits = np.append(self.limits, np.int64(offer.limit_tokens))
            self.known.append(offer)
            self._by_card[key] = len(self.known) - 1
        return self._by_card[key]

    def _offer(self, model: str, service_tier: str, day: int | None, problem: str) -> Offer:
        model_id = model_of(model)
        name, vendor = model_id or model, _vendor(model_id) if model_id else ""
        if problem or day is None or not model:
            reason = problem or (
                "no model is named" if not model else "no date: give one with --on"
            )
            return Offer(name, vendor, service_tier, reason=reason)
        card = _card(model_id, service_tier, _iso(day))
        if card:
            batch = _card(model_id, "batch", _iso(day)) if service_tier == "standard" else None
            limit = _limit(card, _card(model_id, "standard", _iso(day)))
            return Offer(name, vendor, service_tier, card, "", card.source_key, batch, limit)
        card_elsewhere = self.fallback(model, _iso(day), service_tier) if self.fallback else None
        if card_elsewhere:
            source = card_elsewhere.source_key
            return Offer(name, vendor, service_tier, card_elsewhere, source=source)
        return Offer(name, vendor, service_tier, reason=_why_not(model, model_id, service_tier))

    def beyond(self, number: int) -> int:
        """Return the number of the offer that says that a card is not known for long prompts."""
        offer = self.known[number]
        reason = (
            f"{offer.model_id} has no {offer.service_tier} price known for an input of "
            f"{offer.limit_tokens} tokens or more"
        )
        return self._kept(Offer(offer.model_id, offer.vendor, offer.service_tier, reason=reason))

    def fee(self, number: int, tool: str, day: int) -> Fee | None:
        """Return the fee per call of a tool on a day, None where none is known."""
        key = (number, tool, day)
        if key not in self._fees:
            self._fees[key] = _fee(self.known[number], tool, _iso(day))
        fee = self._fees[key]
        if fee:
            self.atto_per_call[fee.fee_id] = fee.atto_per_call
        return fee


def _iso(day: int) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=day)).isoformat()


def _card(model_id: str | None, service_tier: str, day: str) -> PriceCard | None:
    if model_id is None or service_tier not in _priced_tiers(model_id):
        return None
    periods = price_periods(model_id, service_tier)
    at = bisect.bisect_right([period.first for period in periods], day) - 1
    held = at >= 0 and (not periods[at].last or day <= periods[at].last)
    return periods[at].card.without_cache_discount() if held else None


@cache
def _priced_tiers(model_id: str) -> tuple[str, ...]:
    return tuple(service_tiers(model_id))


def _why_not(model: str, model_id: str | None, service_tier: str) -> str:
    if model.lower() in OTHER_PRICE:
        return OTHER_PRICE[model.lower()]
    tiers = _priced_tiers(model_id) if model_id else ()
    if not tiers:
        priced = datasets.load("api_prices")["model_id"].unique()
        near = errors.nearest_name(model, map(str, priced))
        return f"model {model!r} has no price card" + (f" (nearest: {near})" if near else "")
    if service_tier not in tiers:
        return f"{model_id} has no {service_tier} price (known: {', '.join(tiers)})"
    known = ", ".join(map(str, price_periods(str(model_id), service_tier)))
    return f"no {service_tier} price of {model_id} on that day (known: {known})"


def _fee(offer: Offer, tool: str, day: str) -> Fee | None:
    known = price_cards.tool_fee(offer.model_id, tool, day) if offer.vendor else None
    return Fee(known[0], _atto_per_unit(known[1], 1_000)) if known else None
