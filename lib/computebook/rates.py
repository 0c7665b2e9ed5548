"""Describe what a model costs: rates by context tier, tool fees, peak hours, storage of caches.

Prices are list prices in US dollars per million tokens, before tax and negotiated discounts.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from computebook import errors

__all__ = ["ExchangeRate", "PeakHours", "PriceCard", "Rates", "Tier", "first_missing_edge"]


@dataclass(frozen=True)
class ExchangeRate:
    """A rate that was given, to show dollars in another currency; none is ever assumed.

    Parameters
    ----------
    currency : str
        Code of three letters.
    per_usd : float
        Units of the currency per US dollar, 1e-6 to 1e9.
    on : str
        Day of the rate, ISO date; "" where none was given.

    Raises
    ------
    ComputebookError
        If the code or the rate cannot be one.

    Examples
    --------
    >>> rate = ExchangeRate.parse("EUR=0.9@2026-03-02")
    >>> str(rate), rate.per_usd * 100
    ('1 USD = 0.9 EUR on 2026-03-02, as given', 90.0)
    """

    currency: str
    per_usd: float
    on: str = ""

    def __post_init__(self) -> None:
        """Reject what is no rate."""
        if not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise errors.ComputebookError(
                f"currency = {self.currency!r} is not a code of three capital letters such as EUR"
            )
        unit = f"{self.currency} per USD"
        errors.require_finite_in("exchange rate", self.per_usd, unit, 1e-6, 1e9)

    @classmethod
    def parse(cls, text: str) -> ExchangeRate:
        """Return the rate that "EUR=0.9" or "EUR=0.9@2026-03-02" gives.

        Raises
        ------
        ComputebookError
            If the text has another form.
        """
        said = re.fullmatch(r"\s*(\w+)\s*=\s*([0-9.eE+-]+)\s*(?:@(\d{4}-\d\d-\d\d))?\s*", text)
        try:
            if said:
                return cls(said[1].upper(), float(said[2]), said[3] or "")
        except errors.ComputebookError:
            raise
        except ValueError:
            pass
        raise errors.ComputebookError(
            f"exchange rate {text!r}: write it as EUR=0.9 (units per US dollar) or "
            f"EUR=0.9@2026-03-02"
        )

    def __str__(self) -> str:
        when = f" on {self.on}" if self.on else ""
        return f"1 USD = {self.per_usd:g} {self.currency}{when}, as given"


_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_S: Final = 86_400
_THURSDAY: Final = 3
"""The weekday of 1970-01-01, counted from Monday."""


@dataclass(frozen=True)
class PeakHours:
    """Hours of the week in which a card's peak multiplier holds.

    Parameters
    ----------
    first_day, last_day : int
        Weekdays, Monday is 0; both belong to the span.
    windows_s : tuple of pairs
        Start and end of each window, seconds after midnight UTC; the end does not belong to it.

    Examples
    --------
    >>> hours = PeakHours.parse("Mon-Fri 01:00-04:00, 06:00-10:00")
    >>> hours.contains(1_772_330_400), hours.contains(1_772_416_800)
    (False, True)
    """

    first_day: int
    last_day: int
    windows_s: tuple[tuple[int, int], ...]

    @classmethod
    def parse(cls, text: str) -> PeakHours:
        """Return the hours that a text such as "Mon-Fri 01:00-04:00, 06:00-10:00" names.

        Raises
        ------
        ComputebookError
            If the text has another form.
        """
        days = re.match(r"([A-Z][a-z]{2})-([A-Z][a-z]{2}) ", text)
        hours = re.findall(r"(\d\d):(\d\d)-(\d\d):(\d\d)", text)
        if not days or not hours or not {days[1], days[2]} <= set(_DAYS):
            raise errors.ComputebookError(
                f"peak hours {text!r}: write them as Mon-Fri 01:00-04:00, 06:00-10:00"
            )
        numbers = [tuple(int(n) for n in window) for window in hours]
        windows = tuple((h * 3600 + m * 60, hh * 3600 + mm * 60) for h, m, hh, mm in numbers)
        return cls(_DAYS.index(days[1]), _DAYS.index(days[2]), windows)

    def contains(self, seconds: float) -> bool:
        """Return whether a moment, in seconds since 1970 UTC, is a peak hour."""
        day, second = divmod(seconds, _DAY_S)
        weekday = (int(day) + _THURSDAY) % len(_DAYS)
        inside = any(start <= second < end for start, end in self.windows_s)
        return self.first_day <= weekday <= self.last_day and inside


@dataclass(frozen=True)
class Rates:
    """Prices of one context tier, US dollars per million tokens; nan where none is published.

    Parameters
    ----------
    uncached_input_usd_per_mtok, output_usd_per_mtok : float
        Full input and output rates, $/M tokens, 0 to 1e5.
    cached_input_usd_per_mtok : float
        Rate of input read from a cache, $/M tokens.
    cache_write_5m_usd_per_mtok, cache_write_1h_usd_per_mtok : float
        Rates of input written to a cache, $/M tokens.

    Raises
    ------
    ComputebookError
        If a rate is negative or infinite, or the input or output rate is missing.

    Examples
    --------
    >>> Rates(1.75, 14.0, cached_input_usd_per_mtok=0.175).output_usd_per_mtok
    14.0
    """

    uncached_input_usd_per_mtok: float
    output_usd_per_mtok: float
    cached_input_usd_per_mtok: float = math.nan
    cache_write_5m_usd_per_mtok: float = math.nan
    cache_write_1h_usd_per_mtok: float = math.nan

    def __post_init__(self) -> None:
        """Reject what cannot be billed."""
        for rate in dataclasses.fields(self):
            value = getattr(self, rate.name)
            required = rate.default is dataclasses.MISSING
            if required or not math.isnan(value):
                errors.require_finite_in(rate.name, value, "$/M tokens", 0.0, 1e5)

    def times(self, factor: float) -> Rates:
        """Return every rate multiplied, for a discount or a surcharge."""
        return Rates(*(getattr(self, rate.name) * factor for rate in dataclasses.fields(self)))

    def filled(self) -> Rates:
        """Return the rates with the uncached input rate in place of missing cache rates."""
        rates = dataclasses.astuple(self)
        return Rates(*(self.uncached_input_usd_per_mtok if math.isnan(r) else r for r in rates))


@dataclass(frozen=True)
class Tier:
    """Rates that hold for requests whose total input passes an edge.

    Parameters
    ----------
    rates : Rates
        Prices inside the tier.
    context_above_tokens : float
        The edge, tokens; 0 for the base tier.
    edge_inclusive : bool
        Whether a request of exactly `context_above_tokens` is already in the tier.
    """

    rates: Rates
    context_above_tokens: float = 0.0
    edge_inclusive: bool = False

    def contains(self, input_tokens: Any) -> Any:
        """Return whether a request of this total input has passed the edge.

        Examples
        --------
        >>> tier = Tier(Rates(4.0, 18.0), 200_000)
        >>> bool(tier.contains(200_000)), bool(tier.contains(200_001))
        (False, True)
        """
        if self.edge_inclusive:
            return input_tokens >= self.context_above_tokens
        return input_tokens > self.context_above_tokens


@dataclass(frozen=True)
class PriceCard:
    """All prices of one model in one service tier over one period.

    Parameters
    ----------
    model_id : str
        Model that the card prices.
    tiers : tuple of Tier
        Context tiers by rising edge; the first starts at 0.
    service_tier : str
        "standard", "batch", "flex" or "priority".
    effective_from, checked_on : str
        First day that the prices hold and last day that they were read, ISO dates.
    source_key : str
        Key of the source in the bibliography.
    tool_fees_usd_per_kcall : mapping of str to float
        Fees by tool, $ per 1,000 calls.
    peak_multiplier : float
        Factor on every rate in peak hours, >= 1; see `times`. `bill` prices the other hours.
    peak_hours : PeakHours, optional
        When the multiplier holds; None where there is none.
    cache_storage_usd_per_mtok_hour : float
        Price of keeping an explicit cache, $ per million tokens and hour; nan where none is
        published.

    Raises
    ------
    ComputebookError
        If there is no base tier, or the edges do not rise.

    Examples
    --------
    >>> card = PriceCard.flat("gpt-5.2", 1.75, 14.0, cached_input_usd_per_mtok=0.175)
    >>> card.tiers[0].rates.cached_input_usd_per_mtok
    0.175
    """

    model_id: str
    tiers: tuple[Tier, ...]
    service_tier: str = "standard"
    effective_from: str = ""
    checked_on: str = ""
    source_key: str = ""
    tool_fees_usd_per_kcall: Mapping[str, float] = field(default_factory=dict)
    peak_multiplier: float = 1.0
    peak_hours: PeakHours | None = None
    cache_storage_usd_per_mtok_hour: float = math.nan

    def __post_init__(self) -> None:
        """Reject what cannot be billed."""
        edges = [tier.context_above_tokens for tier in self.tiers]
        rising = all(low < high for low, high in itertools.pairwise(edges))
        if not edges or edges[0] != 0 or not rising:
            raise errors.ComputebookError(
                f"price card of {self.model_id!r}: context_above_tokens = {edges} tokens must "
                f"start at 0 and rise from tier to tier"
            )

    @classmethod
    def flat(
        cls,
        model_id: str,
        uncached_input_usd_per_mtok: float,
        output_usd_per_mtok: float,
        **other_rates: float,
    ) -> PriceCard:
        """Return a card with one tier; `other_rates` are the optional fields of `Rates`."""
        rates = Rates(uncached_input_usd_per_mtok, output_usd_per_mtok, **other_rates)
        return cls(model_id, (Tier(rates),))

    def times(self, factor: float, service_tier: str = "") -> PriceCard:
        """Return a card with every token rate multiplied.

        Parameters
        ----------
        factor : float
            Multiple of every token rate: 0.5 for a batch discount of one half.
        service_tier : str
            Name of the tier that it makes; the same by default.

        Examples
        --------
        >>> PriceCard.flat("gpt-5.2", 1.75, 14.0).times(0.5, "batch").service_tier
        'batch'
        """
        tiers = tuple(dataclasses.replace(t, rates=t.rates.times(factor)) for t in self.tiers)
        name = service_tier or self.service_tier
        return dataclasses.replace(self, tiers=tiers, service_tier=name)

    def without_cache_discount(self) -> PriceCard:
        """Return the card with every missing cache rate set to the uncached input rate.

        Where no cached rate is published (GPT-5.2 Pro), a repeated prompt costs what a new one
        does. `bill` refuses to assume that; this method says it.

        Examples
        --------
        >>> pro = PriceCard.flat("gpt-5.2-pro", 21.0, 168.0).without_cache_discount()
        >>> pro.tiers[0].rates.cached_input_usd_per_mtok
        21.0
        """
        tiers = tuple(dataclasses.replace(t, rates=t.rates.filled()) for t in self.tiers)
        return dataclasses.replace(self, tiers=tiers)


def first_missing_edge(card: PriceCard, standard: PriceCard) -> Tier | None:
    """Return the lowest context tier of the standard card that a discount card lacks.

    A batch price may be known for short prompts only: beyond this edge it must not be used.

    Parameters
    ----------
    card : PriceCard
        Batch, flex or priority prices.
    standard : PriceCard
        Standard prices of the same model and day.

    Returns
    -------
    Tier or None
        The tier of `standard`; None if the card has them all.

    Examples
    --------
    >>> standard = PriceCard("m", (Tier(Rates(2.0, 12.0)), Tier(Rates(4.0, 18.0), 200_000)))
    >>> first_missing_edge(PriceCard.flat("m", 1.0, 6.0), standard).context_above_tokens
    200000
    >>> first_missing_edge(standard, standard) is None
    True
    """
    known = {tier.context_above_tokens for tier in card.tiers}
    missing = (tier for tier in standard.tiers if tier.context_above_tokens not in known)
    return next(missing, None)
