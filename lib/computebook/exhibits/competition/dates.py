"""The same workload at the list prices of two days."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from computebook.exhibits.competition.costs import annual_cost_usd, model_name, model_vendor
from computebook.price_cards import Date, price_cards
from computebook.pricing import PriceCard

__all__ = ["RepricedModels", "price_dates", "repriced_models"]

#: Models with one product name and their newest namesake in the table of prices. That the
#: second follows the first is our reading of the names; no vendor states it.
NAMESAKES: Final = (
    ("gpt-5.2", "gpt-6.1-sol"),
    ("gpt-5.2", "gpt-6-astra"),
    ("claude-opus-4.5", "claude-opus-5.5"),
    ("claude-sonnet-4.5", "claude-sonnet-5.5"),
    ("gemini-3-pro", "gemini-3.1-pro"),
    ("gemini-3-flash", "gemini-3.8-flash"),
    ("kimi-k2.5", "kimi-k3.1-pro"),
    ("deepseek-v3.2", "deepseek-v4-pro"),
)


class RepricedModels(NamedTuple):
    """How many models are priced on both days, and how many of them changed a base rate."""

    on_both_days: int
    repriced: int


def repriced_models(on: Date, later: Date) -> RepricedModels:
    """Return how many models that are sold on both days changed their standard rates.

    Parameters
    ----------
    on, later : str or date
        The two days.

    Examples
    --------
    >>> repriced_models("2026-01-31", "2026-11-10").repriced
    0
    """
    first, second = price_cards(on), price_cards(later)
    both = [model for model in first if model in second]
    moved = [model for model in both if _rates(first[model]) != _rates(second[model])]
    return RepricedModels(len(both), len(moved))


def _rates(card: PriceCard) -> tuple[float, float]:
    rates = card.tiers[0].rates
    return rates.uncached_input_usd_per_mtok, rates.output_usd_per_mtok


def price_dates(
    on: Date,
    later: Date,
    annual_mtok: float,
    input_output_ratio: float,
    cached_fraction: float,
    request_input_tokens: float,
) -> pd.DataFrame:
    """Return what your workload costs on models of one day and on their later namesakes.

    Parameters
    ----------
    on, later : str or date
        The two days.
    annual_mtok, input_output_ratio, cached_fraction, request_input_tokens : float
        Your workload, as in `costs.annual_cost_usd`.

    Returns
    -------
    DataFrame
        `vendor`, `model`, `annual_usd`, `later_model`, `later_usd`, `change_fraction`; nan
        where no price of the day is known.

    Examples
    --------
    >>> frame = price_dates("2026-01-31", "2026-11-10", 10_000, 5.5, 0.0, 6_000)
    >>> frame.set_index("later_model").loc["Gemini 3.1 Pro", "change_fraction"]
    np.float64(0.0)
    """
    mix = (annual_mtok, input_output_ratio, cached_fraction, request_input_tokens)
    costs = [
        {model: annual_cost_usd(card, *mix) for model, card in price_cards(day).items()}
        for day in (on, later)
    ]
    frame = pd.DataFrame(
        {
            "vendor": model_vendor(before),
            "model": model_name(before),
            "annual_usd": costs[0].get(before, np.nan),
            "later_model": model_name(after),
            "later_usd": costs[1].get(after, np.nan),
        }
        for before, after in NAMESAKES
    )
    return frame.assign(change_fraction=frame["later_usd"] / frame["annual_usd"] - 1)
