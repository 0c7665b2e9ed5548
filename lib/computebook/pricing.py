"""Price a workload: usage in disjoint leaves, a dated card with context tiers, one bill.

Prices are list prices in US dollars per million tokens, before tax and negotiated discounts.
A context tier is a cliff: when the total input of a request passes the edge, every token of
that request is billed at the tier's rates. Whether the edge itself belongs to the tier differs
by vendor, so the card says it. The parts of a bill add up to its total.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.units import TOKENS_PER_MTOK, Quantity, plain
from computebook.usage import LEAVES, Usage

__all__ = [
    "Bill",
    "PriceCard",
    "Rates",
    "Tier",
    "Usage",
    "bill",
    "cost_per_thousand_requests_usd",
    "rate_usd_per_mtok",
]

CALLS_PER_KCALL: Final = 1e3
MAX_REQUEST_INPUT_TOKENS: Final = 1.2e7
"""No model takes a longer prompt: above it, a period's total was passed as one request."""

# A reasoning token costs what a visible one does.
RATE_OF_LEAF: Final = {
    "uncached_input_tokens": "uncached_input_usd_per_mtok",
    "cached_input_tokens": "cached_input_usd_per_mtok",
    "cache_write_5m_tokens": "cache_write_5m_usd_per_mtok",
    "cache_write_1h_tokens": "cache_write_1h_usd_per_mtok",
    "visible_output_tokens": "output_usd_per_mtok",
    "reasoning_output_tokens": "output_usd_per_mtok",
}


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


@dataclass(frozen=True, eq=False)
class Bill:
    """What a usage costs, one part per leaf, US dollars; the parts add up to `total_usd`."""

    uncached_input_usd: Any
    cached_input_usd: Any
    cache_write_5m_usd: Any
    cache_write_1h_usd: Any
    visible_output_usd: Any
    reasoning_output_usd: Any
    tool_calls_usd: Any

    def parts(self) -> dict[str, Any]:
        """Return the parts by name, US dollars."""
        return {part.name: getattr(self, part.name) for part in dataclasses.fields(self)}

    @property
    def total_usd(self) -> Any:
        """Sum of the parts, US dollars."""
        return sum(self.parts().values(), start=0.0)

    @property
    def input_usd(self) -> Any:
        """All that the prompt costs, cached and written tokens included, US dollars."""
        written_usd = self.cache_write_5m_usd + self.cache_write_1h_usd
        return self.uncached_input_usd + self.cached_input_usd + written_usd

    @property
    def output_usd(self) -> Any:
        """All that the answer costs, reasoning included, US dollars."""
        return self.visible_output_usd + self.reasoning_output_usd

    def summed(self) -> Bill:
        """Return the bill of all requests together: each part summed over the arrays."""
        return Bill(**{name: float(np.sum(usd)) for name, usd in self.parts().items()})


def rate_usd_per_mtok(card: PriceCard, rate: str, input_tokens: Any = 0.0) -> Any:
    """Return one rate of a card for requests of a given total input, $/M tokens.

    Parameters
    ----------
    card : PriceCard
        The price card.
    rate : str
        Field of `Rates`.
    input_tokens : float or array
        Total input of a request, cached and written tokens included, tokens.

    Returns
    -------
    float or array
        The rate of the tier that the request falls in; nan where none is published.

    Raises
    ------
    ComputebookError
        If there is no such rate.

    Examples
    --------
    >>> tiers = (Tier(Rates(2.0, 12.0)), Tier(Rates(4.0, 18.0), 200_000))
    >>> rate_usd_per_mtok(PriceCard("gemini-3-pro", tiers), "output_usd_per_mtok", 200_001)
    18.0
    """
    errors.require_known("rate", rate, [known.name for known in dataclasses.fields(Rates)])
    selected: Any = getattr(card.tiers[0].rates, rate)
    for tier in card.tiers[1:]:
        selected = np.where(tier.contains(input_tokens), getattr(tier.rates, rate), selected)
    return plain(selected)


def _leaf_usd(leaf: str, tokens: Any, card: PriceCard, request_input_tokens: Any) -> Any:
    rate_name = RATE_OF_LEAF[leaf]
    rate = rate_usd_per_mtok(card, rate_name, request_input_tokens)
    if errors.is_symbolic(tokens) or errors.is_symbolic(rate):
        # A recorder shows no values to check: a leaf without a rate is left out of the formula.
        published = not math.isnan(getattr(card.tiers[0].rates, rate_name))
        return tokens * rate / TOKENS_PER_MTOK if published else 0.0
    missing = np.isnan(rate) & (np.asarray(tokens) > 0)
    if np.any(missing):
        billed = np.broadcast_to(tokens, missing.shape)[missing].flat[0]
        raise errors.ComputebookError(
            f"{card.model_id} ({card.service_tier}) publishes no {rate_name}, "
            f"yet {leaf} = {billed:.10g} tokens: move them to a leaf that it prices, or bill on "
            f"card.without_cache_discount()"
        )
    return tokens * np.where(np.isnan(rate), 0.0, rate) / TOKENS_PER_MTOK


def _tool_calls_usd(usage: Usage, card: PriceCard) -> Any:
    fees = card.tool_fees_usd_per_kcall
    unpriced = [tool for tool in usage.tool_calls if tool not in fees]
    if unpriced:
        raise errors.unknown_name(f"tool on the card of {card.model_id}", unpriced, fees)
    calls = [np.asarray(n) * fees[tool] for tool, n in usage.tool_calls.items()]
    return sum(calls, start=0.0) / CALLS_PER_KCALL


def _request_input_tokens(usage: Usage, given: Any) -> Any:
    name = "request_input_tokens"
    if given is None:
        name = f"input_tokens of one request (for a total of many, pass {name})"
        given = usage.input_tokens
    return errors.require_finite_in(name, given, "tokens", 0.0, MAX_REQUEST_INPUT_TOKENS)


def bill(usage: Usage, card: PriceCard, request_input_tokens: Quantity | None = None) -> Bill:
    r"""Return what a usage costs on a price card, one part per leaf.

    .. math:: \text{cost} = \sum_{\text{leaf}} n_{\text{leaf}}\, r_{\text{leaf}}(n_{\text{in}})

    where the tier follows from the total input of one request :math:`n_{\text{in}}`.
    Source: `openai2025pricing`, `pydantic2026genaiprices`.

    Parameters
    ----------
    usage : Usage
        Tokens of one request, arrays of them, or the total of many.
    card : PriceCard
        Prices of the model, service tier and date.
    request_input_tokens : float or array, optional
        Total input of one request, tokens, 0 to 1.2e7; by default the usage is one request.
        Pass it with the total of a period: one request of a billion tokens would fall into
        the long-context tier, a million short ones do not.

    Returns
    -------
    Bill
        US dollars, broadcast over the arguments.

    Raises
    ------
    ComputebookError
        If tokens fall in a leaf without a published rate, a tool has no fee, or one request
        exceeds 12 million input tokens (a total passed without `request_input_tokens`).

    Examples
    --------
    The article's extended reasoning: 5,000 visible and 50,000 reasoning tokens on GPT-5.2.

    >>> card = PriceCard.flat("gpt-5.2", 1.75, 14.0)
    >>> cost = bill(Usage(visible_output_tokens=5_000, reasoning_output_tokens=50_000), card)
    >>> round(cost.total_usd, 2), round(cost.reasoning_output_usd, 2)
    (0.77, 0.7)
    """
    length = _request_input_tokens(usage, request_input_tokens)
    parts = [_leaf_usd(leaf, getattr(usage, leaf), card, length) for leaf in LEAVES]
    return Bill(*(plain(part) for part in (*parts, _tool_calls_usd(usage, card))))


def cost_per_thousand_requests_usd(usage: Usage, card: PriceCard) -> Any:
    """Return the cost of 1,000 requests like this one, US dollars.

    On a card with context tiers, price the requests of a distribution one by one and average.

    Parameters
    ----------
    usage : Usage
        Tokens of one request, or arrays of alternatives.
    card : PriceCard
        Prices of the model, service tier and date.

    Examples
    --------
    The mean conversation of a 2023 Azure trace (1,155 tokens in, 211 out) on GPT-5.2:

    >>> card = PriceCard.flat("gpt-5.2", 1.75, 14.0)
    >>> round(cost_per_thousand_requests_usd(Usage.from_totals(1_155, 211), card), 2)
    4.98
    """
    return 1_000 * bill(usage, card).total_usd
