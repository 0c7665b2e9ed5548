"""Findings of the chapter in words, from its tables."""

from __future__ import annotations

import pandas as pd

from computebook import units
from computebook.exhibits.api_economics.self_hosting import CLOSED

__all__ = [
    "cascade_in_words",
    "hosting_in_words",
    "least_load",
    "newer_api_in_words",
    "open_model_in_words",
    "rounded",
]


def cascade_in_words(rows: pd.DataFrame) -> str:
    """Return what the second-best verifier makes of the first pair, in words.

    Parameters
    ----------
    rows : DataFrame
        From `cascades`: three models alone, then three verifiers for each pair.

    Examples
    --------
    >>> from computebook.exhibits.api_economics.savings import cascades
    >>> cascade_in_words(cascades()).startswith("costs 20% less per task")
    True
    """
    strong, made = rows.iloc[1], rows.iloc[4]
    less = 1 - made["task_usd"] / strong["task_usd"]
    return (
        f"costs {abs(less):.0%} {'less' if less >= 0 else 'more'} per task than "
        f"{strong['route'].removesuffix(' alone')} alone, at {made['gain']} points of solved tasks"
    )


def _volume(requests: float) -> str:
    return f"{requests / 1e6:,.0f} million requests a month"


def _cheapest_fleet(rows: pd.DataFrame) -> str:
    known = rows.dropna(subset=["requests"]).sort_values("requests")
    if known.empty:
        return "at no traffic"
    best = known.iloc[0]
    return f"from {_volume(best['requests'])} on {best['accelerators']:,.0f} GPUs"


def hosting_in_words(rows: pd.DataFrame) -> str:
    """Return from which traffic hosting pays against the open model's API prices, in words.

    Parameters
    ----------
    rows : DataFrame
        From `break_even`.
    """
    open_rows = rows[~rows["api"].str.endswith(CLOSED)]
    return "; ".join(
        f"against {api}, {_cheapest_fleet(own)}"
        for api, own in open_rows.groupby("api", sort=False)
    )


def newer_api_in_words(rows: pd.DataFrame) -> str:
    """Return from which traffic hosting pays against the newer open API price, in words."""
    return _cheapest_fleet(rows[rows["api"].str.startswith("V3.2")])


def open_model_in_words(rows: pd.DataFrame) -> str:
    """Return from which traffic a hosted open model costs less than the closed API, in words."""
    return _cheapest_fleet(rows[rows["api"].str.endswith(CLOSED)])


def least_load(rows: pd.DataFrame) -> float:
    """Return the mean load at which the best fleet meets the newer open API price, fraction.

    Staff and spares left out, so that no traffic is large enough below it; above 1, never.

    Parameters
    ----------
    rows : DataFrame
        From `break_even`.
    """
    own = rows[rows["api"].str.startswith("V3.2")]
    return float((own["full_load_usd"] / own["api_usd"]).min())


def rounded(usd: float) -> str:
    """Return dollars to three significant digits: a forecast has no more.

    Examples
    --------
    >>> rounded(42_828.3)
    '$42,800'
    """
    return f"${units.format_significant(usd, 3)}"
