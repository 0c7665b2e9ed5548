"""What an accelerator costs and draws: prices within providers, power at the boundary of the IT."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from computebook import datasets, units

__all__ = ["PriceRange", "hour_prices", "price_providers", "price_ratio", "usd_per_mtok", "watts"]

ON_DEMAND: Final = "on-demand"
NODE: Final = "node"
LOAD_SHARE: Final = "load-fraction-planning"
PriceRange = tuple[float, float, float]


def _offers(accelerators: Sequence[str]) -> pd.DataFrame:
    """Return on-demand prices, a row per provider and a column per accelerator."""
    table = datasets.load("gpu_hour_prices")
    wanted = (table["kind"] == ON_DEMAND) & table["accelerator_id"].isin(accelerators)
    offers = table[wanted].astype({"usd_per_gpu_hour": float})
    return offers.pivot_table(index="provider", columns="accelerator_id", values="usd_per_gpu_hour")


def price_providers(accelerators: Sequence[str]) -> list[str]:
    """Return the providers that list every one of the accelerators that have any price.

    Prices of different providers differ more than those of different GPUs: comparing within
    providers keeps the one out of the other.

    Parameters
    ----------
    accelerators : sequence of str
        Ids; one that nobody lists does not count.

    Returns
    -------
    list of str
        In alphabetical order; empty if no provider lists them all.

    Examples
    --------
    >>> price_providers(["h100-sxm", "h200-sxm", "b200-sxm", "gb200"])
    ['Crusoe', 'Nebius']
    """
    return sorted(map(str, _offers(accelerators).dropna().index))


def hour_prices(accelerators: Sequence[str], price_percent: float = 100.0) -> dict[str, PriceRange]:
    """Return lowest, mean and highest price of each accelerator that has one, $ per GPU-hour.

    Parameters
    ----------
    accelerators : sequence of str
        Ids.
    price_percent : float
        What is paid, percent of the list price.

    Returns
    -------
    dict of str to tuple of float
        Over the providers that list all of them; over all providers where none does.

    Examples
    --------
    >>> {name: round(price[1], 2) for name, price in hour_prices(["h100-sxm", "h200-sxm"]).items()}
    {'h100-sxm': 6.38, 'h200-sxm': 6.13}
    """
    offers = _offers(accelerators)
    shared = offers.dropna()
    chosen = offers if shared.empty else shared
    paid = chosen * price_percent / 100
    return {
        str(name): (float(column.min()), float(column.mean()), float(column.max()))
        for name, column in paid.items()
    }


def price_ratio(accelerator: str, against: str) -> PriceRange | None:
    """Return lowest, median and highest price ratio of two accelerators within a provider.

    Parameters
    ----------
    accelerator, against : str
        Ids.

    Returns
    -------
    tuple of float or None
        None where no provider lists both.

    Examples
    --------
    >>> [round(ratio, 2) for ratio in price_ratio("h200-sxm", "h100-sxm")]
    [0.86, 1.1, 1.19]
    """
    offers = _offers([accelerator, against]).dropna()
    if offers.empty or len(offers.columns) < 2:
        return None
    ratios = offers[accelerator] / offers[against]
    return float(ratios.min()), float(ratios.median()), float(ratios.max())


@functools.cache
def watts(accelerator: str) -> float:
    """Return the power of an accelerator under load with its share of the server, W.

    The smallest rating per accelerator among its nodes, times the load share for planning.

    Parameters
    ----------
    accelerator : str
        Id.

    Returns
    -------
    float
        W at the boundary of the node; NaN where no node is in the table.

    Examples
    --------
    >>> round(watts("h100-sxm"), 1)
    892.5
    """
    table = datasets.load("systems")
    nodes = table[(table["accelerator_id"] == accelerator) & (table["power_boundary"] == NODE)]
    rated = float((nodes["rated_power_kw"] / nodes["accelerators"]).astype(float).min())
    factors = datasets.load("facility_factors").set_index("factor_id")["central"].astype(float)
    return rated * units.WATTS_PER_KW * float(factors[LOAD_SHARE])


def usd_per_mtok(usd_per_hour: Any, tokens_per_s: Any) -> Any:
    """Return the price of a million tokens at a price of the hour, $.

    Parameters
    ----------
    usd_per_hour : float, array or Series
        Price of one accelerator.
    tokens_per_s : float, array or Series
        Output of one accelerator.

    Examples
    --------
    >>> usd_per_mtok(3.6, 1000.0)
    1.0
    """
    return usd_per_hour / units.SECONDS_PER_HOUR / tokens_per_s * units.TOKENS_PER_MTOK
