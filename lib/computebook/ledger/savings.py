"""How much of a bill caching saved, and at most how much more caching or batch could save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from computebook.ledger.accounts import Account
from computebook.ledger.offers import Offer, atto_per_token

__all__ = ["Savings", "savings_of"]

_UNCACHED: Final = 0
_CACHED: Final = 1
_WRITTEN: Final = (2, 3)


class Savings(NamedTuple):
    """Attodollars: saved by the cache; bounds of more caching and of batch; cost batch covers.

    The bounds are generous: all uncached input read from a cache, with no write and no minimum
    length; every standard request in a batch, where a batch price of its days is known.
    """

    cache_saved: int
    cache_bound: int
    batch_bound: int
    batch_known: int


def savings_of(offers: Sequence[Offer], sums: Mapping[Account, list[int]]) -> Savings:
    """Return the savings of priced accounts.

    Parameters
    ----------
    offers : sequence of Offer
        The offers by number.
    sums : mapping of Account to list of int
        Rows, requests, six leaves and unsplit output of each account.
    """
    saved = bound = batch = known = 0
    for account, values in sums.items():
        offer = offers[account.offer]
        if offer.card is None:
            continue
        rates, tokens = atto_per_token(offer.card)[account.context_tier], values[2:-1]
        discount = rates[_UNCACHED] - rates[_CACHED]
        surcharges = sum(tokens[i] * (rates[i] - rates[_UNCACHED]) for i in _WRITTEN)
        saved += tokens[_CACHED] * discount - surcharges
        bound += max(0, tokens[_UNCACHED] * discount)
        in_batch = _batch_rates(offer, account.context_tier)
        if in_batch:
            cost = sum(n * rate for n, rate in zip(tokens, rates, strict=True))
            less = sum(n * rate for n, rate in zip(tokens, in_batch, strict=True))
            batch, known = batch + max(0, cost - less), known + cost
    return Savings(saved, bound, batch, known)


def _batch_rates(offer: Offer, context_tier: int) -> list[int] | None:
    """Return the batch rates of a standard card's days, None where none are known."""
    if offer.batch is None or offer.card is None:
        return None
    edge = offer.card.tiers[context_tier].context_above_tokens
    rates = {
        tier.context_above_tokens: prices
        for tier, prices in zip(offer.batch.tiers, atto_per_token(offer.batch), strict=True)
    }
    return rates.get(edge)
