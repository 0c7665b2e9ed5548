"""Price a workload: usage in disjoint leaves, a dated card with context tiers, one bill.

Prices are list prices in US dollars per million tokens, before tax and negotiated discounts.
A context tier is a cliff: when the total input of a request passes the edge, every token of
that request is billed at the tier's rates. Whether the edge itself belongs to the tier differs
by vendor, so the card says it. The parts of a bill add up to its total.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.rates import PriceCard, Rates, Tier
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
    cache_storage_usd: Any = 0.0

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


def _cache_storage_usd(usage: Usage, card: PriceCard) -> Any:
    rate, kept = card.cache_storage_usd_per_mtok_hour, usage.cache_storage_token_hours
    if not math.isnan(rate):
        return kept * rate / TOKENS_PER_MTOK
    if errors.is_symbolic(kept) or not np.any(np.asarray(kept) > 0):
        return 0.0
    raise errors.ComputebookError(
        f"{card.model_id} ({card.service_tier}) publishes no cache_storage_usd_per_mtok_hour, "
        f"yet cache_storage_token_hours = {np.max(kept):.10g} token-hours"
    )


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
    extras = (_tool_calls_usd(usage, card), _cache_storage_usd(usage, card))
    return Bill(*(plain(part) for part in (*parts, *extras)))


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
