"""What caching and batching save, by workload, and how often a cached prefix must be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook.exhibits.api_economics.offers import (
    batch_card,
    model_name,
    model_vendor,
    sold_cards,
    standard_card,
)
from computebook.exhibits.api_economics.workloads import Request, workloads
from computebook.price_cards import Date, price_cards
from computebook.price_comparison import cache_break_even_uses, cached_prefix_cost_ratio
from computebook.pricing import PriceCard, Rates, bill, cost_per_thousand_requests_usd
from computebook.units import TOKENS_PER_MTOK

__all__ = [
    "cache_break_even",
    "cost_by_cached_share",
    "saved_by_cached_share",
    "savings",
    "write_surcharges",
]

SHARES_SHOWN: Final = (0.25, 0.50, 0.75, 0.90)
USES_SHOWN: Final = 10
_STEPS: Final = 21
_LIFETIMES: Final = {
    "5 minutes": "cache_write_5m_usd_per_mtok",
    "1 hour": "cache_write_1h_usd_per_mtok",
}


def _total(request: Request, card: PriceCard, cached_fraction: Any = 0.0) -> Any:
    return cost_per_thousand_requests_usd(request.usage(cached_fraction), card)


def _input_share(request: Request, card: PriceCard) -> float:
    parts = bill(request.usage(), card)
    return float(parts.input_usd / parts.total_usd)


def _cached_rate_ratio(card: PriceCard) -> float:
    rates = card.tiers[0].rates
    return rates.cached_input_usd_per_mtok / rates.uncached_input_usd_per_mtok


def savings(model: str, on: Date, request: Request, cached_fraction: float) -> pd.DataFrame:
    """Return what caching, batching and both save of each workload's list bill.

    Parameters
    ----------
    model, on
        Model and day of the prices.
    request : Request
        The reader's own mean request.
    cached_fraction : float
        Share of the input read from a cache, 0 to 1.

    Returns
    -------
    DataFrame
        `workload`; `list_usd` ($ per 1,000 requests, nothing cached); fractions of it:
        `input_share`, `cache_saved`, `batch_saved`, `both_saved`; and `cache_beats_batch`, the
        cached share from which caching alone saves more than batching alone (nan if none does).
        Batch columns are nan where no batch price of that day is known.

    Examples
    --------
    >>> rows = savings("gpt-5.2", "2026-01-15", Request(6_000, 500, 0.7), 0.5)
    >>> rows["cache_saved"].round(2).tolist()
    [0.18, 0.41, 0.37, 0.04, 0.14]
    """
    card, batch = standard_card(model, on), batch_card(model, on)
    rows = [
        {"workload": name, **_saved(mean, card, batch, cached_fraction)}
        for name, mean in workloads(request).items()
    ]
    return pd.DataFrame(rows)


def _saved(
    request: Request, card: PriceCard, batch: PriceCard | None, cached_fraction: float
) -> dict[str, float]:
    listed, share = _total(request, card), _input_share(request, card)
    # No cached rate makes this zero but for the last bit: a saving is never printed as -0%.
    cached = max(0.0, 1 - _total(request, card, cached_fraction) / listed)
    batched = np.nan if batch is None else 1 - _total(request, batch) / listed
    both = np.nan if batch is None else 1 - _total(request, batch, cached_fraction) / listed
    most = share * (1 - _cached_rate_ratio(card))
    needed = batched / most if most > 0 else np.inf
    return {
        "list_usd": listed,
        "input_share": share,
        "cache_saved": cached,
        "batch_saved": batched,
        "both_saved": both,
        "cache_beats_batch": needed if needed <= 1 else np.nan,
    }


def write_surcharges(
    models: Sequence[str], on: Date, request: Request, cached_fraction: float
) -> dict[str, float]:
    """Return by how much bills rise if all new input is also written to a five-minute cache.

    Returns
    -------
    dict of str to float
        Fraction of the bill without writes, by model; only those that charge for writing.

    Examples
    --------
    >>> rises = write_surcharges(["claude-opus-4.5"], "2026-01-15", Request(6_000, 500, 0.7), 0.5)
    >>> round(rises["Claude Opus 4.5"], 3)
    0.064
    """
    surcharges = {}
    for name, card in sold_cards(models, on).items():
        rates = card.tiers[0].rates
        extra = rates.cache_write_5m_usd_per_mtok - rates.uncached_input_usd_per_mtok
        new_mtok = request.input_tokens * (1 - cached_fraction) / TOKENS_PER_MTOK
        rise = 1_000 * extra * new_mtok / _total(request, card, cached_fraction)
        surcharges[name] = float(rise)
    return {name: rise for name, rise in surcharges.items() if rise > 0}


def saved_by_cached_share(model: str, on: Date, request: Request) -> pd.DataFrame:
    """Return the fraction of each workload's bill that each cached share saves.

    Returns
    -------
    DataFrame
        `workload`, `ratio` (input per output token) and one column per share, named by its
        percent.

    Examples
    --------
    >>> rows = saved_by_cached_share("gpt-5.2", "2026-01-15", Request(6_000, 500, 0.7))
    >>> list(rows.columns)
    ['workload', 'ratio', '25', '50', '75', '90']
    """
    card = standard_card(model, on)
    rows = [
        {"workload": name, "ratio": mean.input_output_ratio}
        | {
            f"{100 * share:.0f}": 1 - _total(mean, card, share) / _total(mean, card)
            for share in SHARES_SHOWN
        }
        for name, mean in workloads(request).items()
    ]
    return pd.DataFrame(rows).sort_values("ratio", ascending=False, ignore_index=True)


def cost_by_cached_share(models: Sequence[str], on: Date, request: Request) -> pd.DataFrame:
    """Return what 1,000 requests cost on each model as the cached share rises.

    Cache writes are not billed here: see `cache_break_even`.

    Returns
    -------
    DataFrame
        `model`, `vendor`, `cached_percent`, `usd_per_krequest`, in long form.
    """
    shares = np.linspace(0.0, 1.0, _STEPS)
    frames = [
        pd.DataFrame(
            {
                "model": name,
                "vendor": model_vendor(card.model_id),
                "cached_percent": 100 * shares,
                "usd_per_krequest": _total(request, card, shares),
            }
        )
        for name, card in sold_cards(models, on).items()
    ]
    return pd.concat(frames, ignore_index=True)


def _lifetimes(rates: Rates) -> dict[str, float]:
    """Return the price of writing over that of new input, by lifetime of the cache."""
    new = rates.uncached_input_usd_per_mtok
    written = {life: getattr(rates, field) / new for life, field in _LIFETIMES.items()}
    known = {life: ratio for life, ratio in written.items() if not np.isnan(ratio)}
    return known or {"automatic": 1.0}


def cache_break_even(models: Sequence[str], on: Date) -> pd.DataFrame:
    """Return how often a prefix must be used until caching it costs less than not.

    Parameters
    ----------
    models : sequence of str
        Model ids; those without a published cached rate on that day are left out.
    on : str or date
        Day of the prices.

    Returns
    -------
    DataFrame
        `model`, `lifetime` of the cache, `write_multiple` and `read_multiple` (over the rate of
        new input), `uses` (the writing one included), `cost_at_ten` (fraction of the uncached
        cost at ten uses).

    Examples
    --------
    >>> rows = cache_break_even(["gpt-5.2", "claude-opus-4.5"], "2026-01-15")
    >>> rows[["lifetime", "uses"]].to_numpy().tolist()
    [['automatic', 2.0], ['5 minutes', 2.0], ['1 hour', 3.0]]
    """
    cards = price_cards(on)
    rows = []
    for model_id in models:
        rates = cards[model_id].tiers[0].rates if model_id in cards else None
        if rates is None or np.isnan(rates.cached_input_usd_per_mtok):
            continue
        read = rates.cached_input_usd_per_mtok / rates.uncached_input_usd_per_mtok
        rows += [
            {
                "model": model_name(model_id),
                "lifetime": life,
                "write_multiple": write,
                "read_multiple": read,
                "uses": cache_break_even_uses(write, read),
                "cost_at_ten": cached_prefix_cost_ratio(USES_SHOWN, write, read),
            }
            for life, write in _lifetimes(rates).items()
        ]
    return pd.DataFrame(rows)
