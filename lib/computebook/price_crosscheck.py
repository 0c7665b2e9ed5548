"""Compare our price cards with the genai-prices package, an independent compilation.

The two copy from overlapping sources, so agreement is weaker than two readings; a difference,
though, is always worth a look. Known ones are listed with their reason. The package is optional
(`pip install computebook[data]`).
"""

from __future__ import annotations

import datetime as dt
import importlib
import math
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from computebook import datasets, errors
from computebook.price_cards import ARTICLE_DATE, Date, card_from_rows, parse_date, rows_in_force
from computebook.pricing import PriceCard, Tier

__all__ = [
    "KNOWN_DIFFERENCES",
    "PACKAGE_MODELS",
    "KnownDifference",
    "package_module",
    "price_comparisons",
    "price_differences",
]

PACKAGE_MODELS: Final = {
    "gpt-4-turbo": ("openai", "gpt-4-turbo"),
    "gpt-4o": ("openai", "gpt-4o"),
    "gpt-5": ("openai", "gpt-5"),
    "gpt-5.1": ("openai", "gpt-5.1"),
    "gpt-5.2": ("openai", "gpt-5.2"),
    "gpt-5.2-chat-latest": ("openai", "gpt-5.2-chat-latest"),
    "gpt-5.2-pro": ("openai", "gpt-5.2-pro"),
    "gpt-5.6-sol": ("openai", "gpt-5.6-sol"),
    "gpt-6-astra": ("openai", "gpt-6-astra"),
    "gpt-6.1-sol": ("openai", "gpt-6.1-sol"),
    "claude-opus-4.5": ("anthropic", "claude-opus-4-5"),
    "claude-sonnet-4.5": ("anthropic", "claude-sonnet-4-5"),
    "claude-opus-5.5": ("anthropic", "claude-opus-5-5"),
    "claude-sonnet-5.5": ("anthropic", "claude-sonnet-5-5"),
    "claude-fable-5.2": ("anthropic", "claude-fable-5-2"),
    "gemini-3-pro": ("google", "gemini-3-pro-preview"),
    "gemini-3-flash": ("google", "gemini-3-flash-preview"),
    "gemini-3.1-pro": ("google", "gemini-3.1-pro-preview"),
    "gemini-3.8-flash": ("google", "gemini-3.8-flash"),
    "gemini-4-argon": ("google", "gemini-4-argon"),
    "grok-4.3": ("x-ai", "grok-4.3"),
    "grok-4.7": ("x-ai", "grok-4.7"),
    "kimi-k2.5": ("moonshotai", "kimi-k2.5"),
    "kimi-k2.6": ("moonshotai", "kimi-k2.6"),
    "kimi-k3.1-pro": ("moonshotai", "kimi-k3.1-pro"),
    "deepseek-r1": ("deepseek", "deepseek-reasoner"),
    "deepseek-v3.2": ("deepseek", "deepseek-v3.2"),
    "deepseek-v4-pro": ("deepseek", "deepseek-v4-pro"),
    "deepseek-v4.1-flash": ("deepseek", "deepseek-flash"),
}
"""Provider and model of genai-prices by our model id; other models are not compared."""

CONTEXT_OF_TIER: Final[dict[str, dict[str, str] | None]] = {
    "standard": None,
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
}

COLUMNS: Final = (
    *("model_id", "service_tier", "context_above_tokens", "rate"),
    *("ours_usd_per_mtok", "theirs_usd_per_mtok", "reason"),
)

NOON_UTC: Final = 12
"""An hour outside the discount and peak windows of the vendors that price by the clock."""


@dataclass(frozen=True)
class KnownDifference:
    """A difference that is understood: where it applies, until when, and why.

    Parameters
    ----------
    reason : str
        Why the two differ, in one clause.
    model_id, service_tier : str
        What it applies to; "" for any.
    before : str
        First day on which it no longer applies, ISO date; "" for always.
    """

    reason: str
    model_id: str = ""
    service_tier: str = ""
    before: str = ""

    def explains(self, model_id: str, service_tier: str, day: dt.date) -> bool:
        """Return whether the difference is this one."""
        return (
            self.model_id in ("", model_id)
            and self.service_tier in ("", service_tier)
            and (not self.before or day.isoformat() < self.before)
        )


KNOWN_DIFFERENCES: Final = (
    KnownDifference("no batch variant of this retired model", "gemini-3-pro", "batch"),
    KnownDifference(
        "batch modelled from 2026-10-14, standard served before", "", "batch", "2026-10-14"
    ),
    KnownDifference(
        "flex modelled from 2026-10-12, standard served before", "", "flex", "2026-10-12"
    ),
    KnownDifference(
        "priority modelled from 2026-10-12, standard served before", "", "priority", "2026-10-12"
    ),
    KnownDifference("the package holds a reseller's price", "deepseek-v3.2"),
    KnownDifference("the package lost the first price", "deepseek-v4-pro", "", "2026-06-02"),
)
"""Differences found in genai-prices 0.2.3, each read at its source."""


def package_module() -> Any:
    """Return the installed genai-prices.

    Raises
    ------
    ComputebookError
        If it is not installed.
    """
    try:
        return importlib.import_module("genai_prices")
    except ModuleNotFoundError as missing:
        raise errors.ComputebookError(
            "genai-prices is not installed: `pip install computebook[data]` adds it"
        ) from missing


def _package_usd(package: Any, card: PriceCard, day: pd.Timestamp, **tokens: int) -> float:
    provider, model = PACKAGE_MODELS[card.model_id]
    priced = package.calc_price(
        package.Usage(**tokens),
        model,
        provider_id=provider,
        genai_request_timestamp=dt.datetime(day.year, day.month, day.day, NOON_UTC, tzinfo=dt.UTC),
        price_context=CONTEXT_OF_TIER[card.service_tier],
    )
    return float(priced.total_price)


def _package_rates(
    package: Any, card: PriceCard, tier: Tier, day: pd.Timestamp
) -> dict[str, float]:
    """Return the package's rates from bills of a prompt just inside the tier, $/M tokens."""
    edge = int(tier.context_above_tokens)
    n = edge + (0 if tier.edge_inclusive else 1) if edge else 1_000
    written: dict[str, int] = {"input_tokens": n, "cache_write_tokens": n}
    prompts: dict[str, dict[str, int]] = {
        "uncached_input_usd_per_mtok": {"input_tokens": n},
        "cached_input_usd_per_mtok": {"input_tokens": n, "cache_read_tokens": n},
        "cache_write_5m_usd_per_mtok": written,
        "cache_write_1h_usd_per_mtok": written | {"cache_write_1h_tokens": n},
    }
    rates = {
        rate: _package_usd(package, card, day, **tokens) / n * 1e6
        for rate, tokens in prompts.items()
    }
    answer = _package_usd(package, card, day, input_tokens=n, output_tokens=1_000_000)
    prompt_usd = rates["uncached_input_usd_per_mtok"] * n / 1e6
    return rates | {"output_usd_per_mtok": answer - prompt_usd}


def _tier_comparisons(
    package: Any, card: PriceCard, tier: Tier, day: pd.Timestamp
) -> list[dict[str, Any]]:
    offered = not math.isnan(tier.rates.cache_write_1h_usd_per_mtok)
    known = (k.reason for k in KNOWN_DIFFERENCES if _explains(k, card, day))
    reason = next(known, "")
    found = []
    for rate, theirs in _package_rates(package, card, tier, day).items():
        ours = getattr(tier.rates.filled(), rate)
        agrees = math.isclose(ours, theirs, rel_tol=1e-6, abs_tol=1e-9)
        if offered or rate != "cache_write_1h_usd_per_mtok":
            name = (card.model_id, card.service_tier, tier.context_above_tokens, rate)
            cells = (*name, ours, theirs, "" if agrees else reason, agrees)
            found.append(dict(zip((*COLUMNS, "agrees"), cells, strict=True)))
    return found


def _explains(known: KnownDifference, card: PriceCard, day: pd.Timestamp) -> bool:
    return known.explains(card.model_id, card.service_tier, day.date())


def price_comparisons(on: Date = ARTICLE_DATE) -> pd.DataFrame:
    """Return every rate of our cards of a day beside the one of genai-prices.

    A rate that is not published counts as the uncached input rate, as in the package; a
    one-hour cache that is not offered is not compared.

    Parameters
    ----------
    on : str or date
        The day, as "2026-01-15".

    Returns
    -------
    DataFrame
        One row per rate: `model_id`, `service_tier`, `context_above_tokens`, `rate`,
        `ours_usd_per_mtok`, `theirs_usd_per_mtok`, `reason` (of a difference that is
        understood), `agrees`.

    Raises
    ------
    ComputebookError
        If genai-prices is not installed, or `on` is no date.

    Examples
    --------
    >>> from importlib.util import find_spec
    >>> installed = find_spec("genai_prices") is not None
    >>> not installed or bool(price_comparisons("2026-01-15")["agrees"].mean() > 0.5)
    True
    """
    package, day = package_module(), parse_date(on)
    held = rows_in_force(datasets.load("api_prices"), on)
    found: list[dict[str, Any]] = []
    for (model_id, _), rows in held.groupby(["model_id", "service_tier"], sort=False):
        if model_id in PACKAGE_MODELS:
            card = card_from_rows(rows)
            for tier in card.tiers:
                found += _tier_comparisons(package, card, tier, day)
    return pd.DataFrame(found, columns=[*COLUMNS, "agrees"])


def price_differences(on: Date = ARTICLE_DATE) -> pd.DataFrame:
    """Return where our cards of a day and genai-prices differ.

    What differs in `price_comparisons`.

    Parameters
    ----------
    on : str or date
        The day, as "2026-01-15".

    Returns
    -------
    DataFrame
        One row per rate that differs: `model_id`, `service_tier`, `context_above_tokens`,
        `rate`, `ours_usd_per_mtok`, `theirs_usd_per_mtok`, `reason` ("" where not understood).

    Raises
    ------
    ComputebookError
        If genai-prices is not installed, or `on` is no date.

    Examples
    --------
    >>> from importlib.util import find_spec
    >>> installed = find_spec("genai_prices") is not None
    >>> installed and bool((price_differences("2026-01-15")["reason"] == "").any())
    False
    """
    compared = price_comparisons(on)
    return compared[~compared["agrees"].astype(bool)].drop(columns="agrees").reset_index(drop=True)
