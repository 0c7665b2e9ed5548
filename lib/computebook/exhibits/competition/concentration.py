"""How concentrated each metric says the market is, within the bounds of the unlisted rest."""

from __future__ import annotations

from typing import Final

import pandas as pd

from computebook import errors, market
from computebook.exhibits.competition.shares import (
    FORECAST,
    METRIC_NAMES,
    OVERLAPPING,
    latest_shares,
    reading_noise_points,
    vendor_shares,
)

__all__ = ["concentration_by_metric", "concentration_series"]

#: A reading that lists less than this says too little about concentration.
LEAST_LISTED_PERCENT: Final = 50.0


def concentration_series(metric: str, confidence_percent: float = 95.0) -> pd.DataFrame:
    """Return the bounds of concentration at every reading that lists half of the market.

    Parameters
    ----------
    metric : str
        A metric whose shares add up.
    confidence_percent : float
        Level of the interval for noise, percent.

    Returns
    -------
    DataFrame
        `day`, `listed` (vendors), `unlisted_percent`, `low`, `middle`, `high` (index, 0 to
        10,000), `vendors_low`, `vendors_high` (equal vendors as concentrated), `noisy_low`,
        `noisy_high` (the bounds with the noise between copies, where it is known), `series`.

    Raises
    ------
    ComputebookError
        If the shares of the metric overlap, or the metric is unknown.

    Examples
    --------
    >>> frame = concentration_series("web-visits")
    >>> bool(frame["high"].iloc[-1] < frame["low"].iloc[0])
    True
    """
    _require_additive(metric)
    series = market.share_series(vendor_shares(), metric)
    listed = series[series.sum(axis=1) >= LEAST_LISTED_PERCENT]
    rows = [{"day": day, **_concentration(row.dropna())} for day, row in listed.iterrows()]
    noisy = [
        market.concentration_interval(
            row.dropna().to_numpy(float), noise_of(metric), confidence_percent / 100
        )
        for _, row in listed.iterrows()
    ]
    return pd.DataFrame(rows).assign(
        noisy_low=[bounds.low for bounds in noisy],
        noisy_high=[bounds.high for bounds in noisy],
        series=METRIC_NAMES[metric],
    )


def noise_of(metric: str) -> float:
    """Return how far copies of one reading differ, points; 0 where none can be compared.

    Examples
    --------
    >>> noise_of("enterprise-spend")
    0.0
    """
    return reading_noise_points() if metric == "web-visits" else 0.0


def _require_additive(metric: str) -> None:
    errors.require_known("metric", metric, METRIC_NAMES)
    if metric in OVERLAPPING:
        raise errors.ComputebookError(
            f"metric = {metric!r} has overlapping shares: concentration is not defined"
        )


def _concentration(shares: pd.Series[float]) -> dict[str, float]:
    bounds = market.concentration(shares.to_numpy(float))
    return {
        "listed": len(shares),
        "unlisted_percent": bounds.unlisted_percent,
        "low": bounds.low,
        "middle": (bounds.low + bounds.high) / 2,
        "high": bounds.high,
        "vendors_low": market.effective_vendors(bounds.high),
        "vendors_high": market.effective_vendors(bounds.low),
    }


def concentration_by_metric() -> pd.DataFrame:
    """Return the bounds of concentration of every metric whose shares add up, latest reading.

    Returns
    -------
    DataFrame
        `label`, then the columns of `concentration_series`; metrics that list less than half
        are left out, and so are forecasts.

    Examples
    --------
    >>> frame = concentration_by_metric().set_index("label")
    >>> bool(frame.at["Referrals, May 2026", "low"] > 5_000)
    True
    """
    latest = latest_shares()
    vendors = [name for name in latest.columns if name in set(vendor_shares()["vendor"])]
    chosen = latest[latest["adds_up"] & (latest["metric"] != FORECAST)]
    rows = [
        {"label": row["label"], **_concentration(row[vendors].dropna().astype(float))}
        for _, row in chosen.iterrows()
        if row[vendors].sum() >= LEAST_LISTED_PERCENT
    ]
    return pd.DataFrame(rows)
