"""Build price cards from the genai-prices package, for models that our table does not hold.

The package dates few of its prices: where it has no start date, it knows one price for all time,
and so does the card, whose `effective_from` is then empty. A service tier that the package does
not know on a day has no card here; the package itself would serve the standard price.
"""

from __future__ import annotations

import datetime as dt
import importlib
import math
from typing import Any, Final

from computebook.price_crosscheck import CONTEXT_OF_TIER, NOON_UTC, package_module
from computebook.rates import PriceCard, Rates, Tier

__all__ = ["card_from_package"]

_KEYS: Final = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")
STANDARD: Final = "standard"
_LONG_LIFE_KEY: Final = "cache_write_1h_mtok"


def card_from_package(
    model: str,
    on: str,
    service_tier: str = "standard",
    provider: str | None = None,
    *,
    filled: bool = True,
) -> PriceCard | None:
    """Return what genai-prices says that a model cost on a day, None if it knows no such price.

    Parameters
    ----------
    model : str
        The model's name, as a response gives it.
    on : str
        The day, ISO date; of a price by the clock, the one at noon UTC.
    service_tier : {"standard", "batch", "flex", "priority"}
        Service tier.
    provider : str, optional
        The package's id of the provider; by default it guesses from the model's name.
    filled : bool
        Whether missing cache rates are set to the uncached one, as the package bills them.

    Returns
    -------
    PriceCard or None
        Its `model_id` is the package's.

    Raises
    ------
    ComputebookError
        If genai-prices is not installed.

    Examples
    --------
    >>> from importlib.util import find_spec
    >>> installed = find_spec("genai_prices") is not None
    >>> not installed or card_from_package("gpt-4.1-mini", "2026-01-15") is not None
    True
    """
    package = package_module()
    snapshot = importlib.import_module("genai_prices.data_snapshot").get_snapshot()
    try:
        _, info = snapshot.find_provider_model(model, None, provider, None)
    except LookupError:
        return None
    moment = dt.datetime.fromisoformat(on).replace(hour=NOON_UTC, tzinfo=dt.UTC)
    variants = _variants(info, service_tier, moment)
    if service_tier != STANDARD and not variants:
        return None
    prices = info.get_prices(moment, CONTEXT_OF_TIER.get(service_tier))
    tiers = _tiers({key: getattr(prices, key, None) for key in _own_keys(variants)})
    if tiers is None:
        return None
    card = PriceCard(
        model_id=str(info.id),
        tiers=tiers,
        service_tier=service_tier,
        effective_from=_start(info, variants, moment),
        source_key=f"genai-prices {package.__version__}",
    )
    return card.without_cache_discount() if filled else card


def _variants(info: Any, service_tier: str, moment: dt.datetime) -> list[Any]:
    """Return the prices that the package has for a service tier of its own at a moment."""
    context = CONTEXT_OF_TIER.get(service_tier) or {}
    return [
        variant
        for variant in (info.price_variants or () if context else ())
        if variant.when.items() <= context.items()
        and (variant.constraint is None or variant.constraint.active(moment))
    ]


def _own_keys(variants: list[Any]) -> tuple[str, ...]:
    """Return the rates that a tier names itself: the package lends it the others of standard."""
    keys = (*_KEYS, _LONG_LIFE_KEY)
    if not variants:
        return keys
    return tuple(k for k in keys if any(getattr(v.prices, k, None) is not None for v in variants))


def _tiers(prices: dict[str, Any]) -> tuple[Tier, ...] | None:
    found = {key: prices.get(key) for key in (*_KEYS, _LONG_LIFE_KEY)}
    if found["input_mtok"] is None or found["output_mtok"] is None:
        return None
    edges = {0} | {tier.start for price in found.values() for tier in getattr(price, "tiers", ())}
    return tuple(
        Tier(Rates(*(_rate_above(found[key], edge) for key in found)), float(edge))
        for edge in sorted(edges)
    )


def _rate_above(price: Any, edge: int) -> float:
    """Return the rate of requests just above an edge, nan where there is none."""
    if price is None:
        return math.nan
    passed = [tier.price for tier in getattr(price, "tiers", ()) if tier.start <= edge]
    return float(passed[-1] if passed else getattr(price, "base", price))


def _start(info: Any, variants: list[Any], moment: dt.datetime) -> str:
    """Return the first day of the prices as far as the package dates them, "" where not."""
    dated = [*(info.prices if isinstance(info.prices, list) else ()), *variants]
    starts = [
        entry.constraint.start_date
        for entry in dated
        if hasattr(entry.constraint, "start_date") and entry.constraint.active(moment)
    ]
    return max(starts).isoformat() if starts else ""
