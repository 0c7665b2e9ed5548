"""Price of an hour of an accelerator, with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import pandas as pd

from computebook import datasets

__all__ = ["HourPrice", "hour_price"]

_YEAR: Final = pd.Timedelta(days=365)


@dataclass(frozen=True)
class HourPrice:
    """Price of one accelerator for an hour.

    Parameters
    ----------
    central_usd_per_gpu_hour, low_usd_per_gpu_hour, high_usd_per_gpu_hour : float
        Median, lowest and highest offer, $/h; NaN where there is none.
    offers : int
        Offers behind them.
    source_keys : tuple of str
        Their sources.
    as_of : str
        Oldest and newest date of the offers, in words.
    """

    central_usd_per_gpu_hour: float
    low_usd_per_gpu_hour: float
    high_usd_per_gpu_hour: float
    offers: int
    source_keys: tuple[str, ...]
    as_of: str


@cache
def hour_price(accelerator_id: str) -> HourPrice:
    """Return the on-demand price of an accelerator over the offers of a year.

    Prices fall from year to year: offers that are more than a year older than the newest one for
    this accelerator are left out, or the oldest list prices would set the median.

    Parameters
    ----------
    accelerator_id : str
        Id of the accelerator.

    Returns
    -------
    HourPrice
        NaN prices where no offer is known.

    Examples
    --------
    >>> hour_price("b200-sxm").offers
    3
    """
    offers = datasets.load("gpu_hour_prices")
    same = (offers["accelerator_id"] == accelerator_id) & (offers["kind"] == "on-demand")
    newest = offers.loc[same, "as_of"].max()
    rows = offers[same & (offers["as_of"] > newest - _YEAR)]
    prices = rows["usd_per_gpu_hour"].astype(float)
    return HourPrice(
        float(prices.median()), float(prices.min()), float(prices.max()), len(prices),
        tuple(sorted(set(rows["source_key"]))), _dates(rows["as_of"]),
    )  # fmt: skip


def _dates(dates: pd.Series[pd.Timestamp]) -> str:
    if dates.empty:
        return ""
    first, last = str(dates.min().date()), str(dates.max().date())
    return first if first == last else f"{first} to {last}"
