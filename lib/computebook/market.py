"""Read market shares with their definitions: change, leaders, concentration.

There is no one market share. Visits to web sites, enterprise spending and tokens through an API
are different metrics over different populations; they disagree by tens of points and are shown
side by side, each with its definition, never merged.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from computebook import errors

__all__ = [
    "Concentration",
    "concentration",
    "concentration_interval",
    "effective_vendors",
    "leaders",
    "metric_table",
    "share_change",
    "share_series",
]

PERCENT = 100.0
MONOPOLY_INDEX = 10_000.0
_COLUMNS = ("metric", "vendor", "share_percent", "month")


class Concentration(NamedTuple):
    """Herfindahl-Hirschman index, 0 to 10,000, between the bounds the unlisted rest allows."""

    low: float
    high: float
    unlisted_percent: float


def _metric_rows(shares: pd.DataFrame, metric: str) -> pd.DataFrame:
    missing = [column for column in _COLUMNS if column not in shares.columns]
    if missing:
        raise errors.unknown_name("column of shares", missing, map(str, shares.columns))
    errors.require_known("metric", metric, map(str, shares["metric"].unique()))
    return _dated(shares[shares["metric"] == metric])


def _dated(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the first day of their month, and the day of the reading where known."""
    month = pd.to_datetime(rows["month"].astype(str).str[:7])
    day = pd.to_datetime(rows["as_of"]) if "as_of" in rows else month
    day = day.where(day.dt.to_period("M") == month.dt.to_period("M"), month)
    return rows.assign(month=month.to_numpy(), day=day.to_numpy()).reset_index(drop=True)


def share_series(
    shares: pd.DataFrame, metric: str, population: str | None = None, monthly: bool = False
) -> pd.DataFrame:
    """Return one metric over time: a row per reading, a column per vendor.

    Parameters
    ----------
    shares : DataFrame
        With `metric`, `population`, `vendor`, `share_percent` (0 to 100), `month` as "2025-12",
        and `as_of`, which dates the reading where it lies in that month.
    metric : str
        Which metric; metrics are never mixed.
    population : str, optional
        Keep one population where the metric has several.
    monthly : bool
        Keep the last reading of each month, dated by its first day.

    Returns
    -------
    DataFrame
        Shares in percent, indexed by day, vendors by falling latest share; nan where a reading
        lists no share of a vendor.

    Raises
    ------
    ComputebookError
        If the metric or population is unknown, or a vendor has two shares on one day.

    Examples
    --------
    >>> frame = pd.DataFrame({"metric": "web-visits", "population": "all", "vendor": ["a", "b"],
    ...                       "share_percent": [68.0, 18.2], "month": "2025-12"})
    >>> share_series(frame, "web-visits").iloc[0].tolist()
    [68.0, 18.2]
    """
    rows = _metric_rows(shares, metric)
    if population is not None:
        errors.require_known("population", population, map(str, rows["population"].unique()))
        rows = rows[rows["population"] == population]
    twice = rows.duplicated(["day", "vendor"])
    if twice.any():
        row = rows[twice].iloc[0]
        raise errors.ComputebookError(
            f"{metric} has two shares of {row.vendor!r} on {row.day:%Y-%m-%d}: "
            f"choose one population of {sorted(rows['population'].unique())}"
        )
    if monthly:
        rows = _last_of_month(rows).assign(day=lambda last: last["month"])
    wide = rows.pivot_table(index="day", columns="vendor", values="share_percent")
    return wide[wide.ffill().iloc[-1].sort_values(ascending=False).index]


def _last_of_month(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the last reading of each vendor in each month of a metric and population."""
    keys = ["metric", "population", "month", "vendor"]
    return rows.sort_values("day", kind="stable").drop_duplicates(keys, keep="last")


def share_change(series: pd.DataFrame, start: str, end: str) -> pd.DataFrame:
    """Return how each vendor's share moved between two readings.

    Parameters
    ----------
    series : DataFrame
        From `share_series`.
    start, end : str
        Days, as "2025-12-05", or months, as "2025-12", for their last reading.

    Returns
    -------
    DataFrame
        Indexed by vendor: `start_percent`, `end_percent`, `change_points` (percentage points),
        `change_percent` (relative); nan where a reading does not list the vendor.

    Raises
    ------
    ComputebookError
        If the series has no reading then; the message lists the days it has.

    Examples
    --------
    >>> series = pd.DataFrame({"a": [87.2, 68.0]}, index=pd.to_datetime(["2024-12", "2025-12"]))
    >>> float(share_change(series, "2024-12", "2025-12").loc["a", "change_points"].round(1))
    -19.2
    """
    first, last = (_reading(series, when) for when in (start, end))
    table = pd.DataFrame({"start_percent": first, "end_percent": last})
    change = table["end_percent"] - table["start_percent"]
    relative = change / table["start_percent"] * PERCENT
    return table.assign(change_points=change, change_percent=relative)


def _reading(series: pd.DataFrame, when: str) -> pd.Series[float]:
    """Return the reading of a day, or each vendor's last one in a month."""
    days = [f"{day:%Y-%m-%d}" for day in series.index]
    asked = series[[day.startswith(when) for day in days]]
    if asked.empty or len(when) < len("2025-12"):
        raise errors.unknown_name("reading", when, days)
    return asked.ffill().iloc[-1]


def concentration(shares_percent: Any, largest_unlisted_percent: float = 100.0) -> Concentration:
    r"""Return the Herfindahl-Hirschman index of listed shares, bounded for the unlisted rest.

    .. math::
        \sum_i s_i^2 \;\le\; H \;\le\;
        \sum_i s_i^2 + \lfloor R / m \rfloor\, m^2 + (R \bmod m)^2

    with :math:`R` the rest to 100 % and :math:`m` the largest share that an unlisted vendor can
    have: below, the rest is spread over countless vendors, above, it sits in the largest pieces.
    Source: `hirschman1964paternity`. It has no meaning for shares that overlap, such as the
    companies that pay each vendor.

    Parameters
    ----------
    shares_percent : array_like
        Listed shares, percent, each 0 to 100, together at most 100 (101 with rounding).
    largest_unlisted_percent : float
        :math:`m`, percent, 0 to 100. By default the whole rest may be one vendor; where the
        list names the largest vendors, pass the smallest listed share.

    Returns
    -------
    Concentration
        Lower and upper index, and the unlisted share in percent.

    Raises
    ------
    ComputebookError
        If no share is listed, or the shares exceed the whole.

    Examples
    --------
    >>> concentration([68.0, 18.2])
    Concentration(low=4955.24, high=5145.68, unlisted_percent=13.8)
    """
    shares = np.atleast_1d(errors.require_finite_in("shares_percent", shares_percent, "%", 0, 100))
    if shares.size == 0 or shares.sum() > PERCENT + 1:
        raise errors.ComputebookError(
            f"shares_percent = {shares.tolist()} sum to {shares.sum():.6g} %: "
            f"at least one share is needed, and at most 100 % together"
        )
    rest = max(round(PERCENT - float(shares.sum()), 10), 0.0)
    largest = float(largest_unlisted_percent)
    errors.require_finite_in("largest_unlisted_percent", largest, "%", 0.0, PERCENT)
    pieces, left = divmod(rest, largest) if largest > 0 else (0.0, 0.0)
    listed = float((shares.astype(float) ** 2).sum())
    high = listed + pieces * largest**2 + left**2
    return Concentration(round(listed, 6), round(high, 6), rest)


def concentration_interval(
    shares_percent: Any,
    noise_points: float,
    confidence_fraction: float = 0.95,
    draws: int = 2_000,
    seed: int = 20260131,
) -> Concentration:
    """Return the bounds of the index widened by the noise of the shares.

    Each share is drawn again, evenly within the noise on either side; draws that exceed the
    whole are scaled to it. The interval runs from the lower tail of the lower bound to the upper
    tail of the upper one: it covers what is unlisted and what is imprecise.

    Parameters
    ----------
    shares_percent : array_like
        Listed shares, percent, as in `concentration`.
    noise_points : float
        How far a reading may be off on either side, percentage points, 0 to 100.
    confidence_fraction : float
        Level of the interval, fraction.
    draws : int
        Number of draws.
    seed : int
        Seed: equal seeds give equal limits.

    Raises
    ------
    ComputebookError
        If a share, the noise or the level is out of bounds.

    Examples
    --------
    >>> concentration_interval([68.0, 18.2], 0.0) == concentration([68.0, 18.2])
    True
    >>> wide = concentration_interval([68.0, 18.2], 0.8)
    >>> wide.low < 4_955.24 < 5_145.68 < wide.high
    True
    """
    bounds = concentration(shares_percent)
    noise = errors.require_finite_in("noise_points", noise_points, "points", 0.0, PERCENT)
    level = errors.require_finite_in(
        "confidence_fraction", confidence_fraction, "fraction", 1e-9, 1 - 1e-9
    )
    shares = np.atleast_1d(np.asarray(shares_percent, float))
    moved = np.random.default_rng(seed).uniform(-noise, noise, (draws, shares.size))
    drawn = np.clip(shares + moved, 0.0, None)
    drawn *= np.minimum(PERCENT / np.maximum(drawn.sum(axis=1, keepdims=True), PERCENT), 1.0)
    listed = (drawn**2).sum(axis=1)
    rest = PERCENT - drawn.sum(axis=1)
    tail = (1 - float(level)) / 2
    low, high = np.quantile(listed, tail), np.quantile(listed + rest**2, 1 - tail)
    return Concentration(round(float(low), 6), round(float(high), 6), bounds.unlisted_percent)


def effective_vendors(index: float) -> float:
    """Return how many equal vendors would be as concentrated as an index says.

    Parameters
    ----------
    index : float
        Herfindahl-Hirschman index, above 0, at most 10,000 (10,201 with rounding).

    Examples
    --------
    >>> effective_vendors(5_000.0)
    2.0
    """
    errors.require_finite_in("index", index, "", 1e-9, (PERCENT + 1) ** 2)
    return MONOPOLY_INDEX / index


def leaders(shares: pd.DataFrame) -> pd.DataFrame:
    """Return the leader, the next vendor and the gap of each metric, latest month.

    Parameters
    ----------
    shares : DataFrame
        With `metric`, `definition`, `population`, `vendor`, `share_percent` and `month`.

    Returns
    -------
    DataFrame
        One row per metric and population: `metric`, `population`, `definition`, `month`,
        `leader`, `leader_percent`, `runner_up`, `runner_up_percent`, `gap_points`. Without a
        second vendor: "" and nan.

    Examples
    --------
    >>> frame = pd.DataFrame({"metric": "web-visits", "population": "all", "definition": "visits",
    ...                       "vendor": ["a", "b"], "share_percent": [68.0, 18.0],
    ...                       "month": "2025-12"})
    >>> latest = leaders(frame)
    >>> latest.loc[0, "leader"], float(latest.loc[0, "gap_points"])
    ('a', 50.0)
    """
    latest = _latest(shares)
    rows = [
        _leader_row(group.sort_values("share_percent", ascending=False))
        for _, group in latest.groupby(["metric", "population"], sort=False)
    ]
    return pd.DataFrame(rows)


def _latest(shares: pd.DataFrame) -> pd.DataFrame:
    """Return the last readings of the newest month of every metric and population."""
    rows = _last_of_month(_dated(shares))
    newest = rows.groupby(["metric", "population"])["month"].transform("max")
    return rows[rows["month"] == newest].sort_index()


def _leader_row(ranked: pd.DataFrame) -> dict[str, Any]:
    first = ranked.iloc[0]
    second = ranked.iloc[1] if len(ranked) > 1 else None
    next_percent = float(second.share_percent) if second is not None else float("nan")
    return {
        **{name: first[name] for name in ("metric", "population", "definition", "month")},
        "leader": first.vendor,
        "leader_percent": float(first.share_percent),
        "runner_up": "" if second is None else second.vendor,
        "runner_up_percent": next_percent,
        "gap_points": float(first.share_percent) - next_percent,
    }


def metric_table(shares: pd.DataFrame) -> pd.DataFrame:
    """Return the latest shares of every metric side by side, each with its definition.

    Parameters
    ----------
    shares : DataFrame
        With `metric`, `definition`, `population`, `vendor`, `share_percent` and `month`.

    Returns
    -------
    DataFrame
        One row per metric, definition and population; `metric`, `definition`, `population`,
        `month`, then a column per vendor with its share in percent, nan where none is published.

    Examples
    --------
    >>> frame = pd.DataFrame({"metric": ["web-visits", "enterprise-spend"], "vendor": "a",
    ...                       "population": "all", "definition": ["visits", "dollars"],
    ...                       "share_percent": [68.0, 27.0], "month": "2025-12"})
    >>> metric_table(frame)["a"].tolist()
    [27.0, 68.0]
    """
    keys = ["metric", "definition", "population", "month"]
    wide = _latest(shares).pivot_table(index=keys, columns="vendor", values="share_percent")
    order = wide.max().sort_values(ascending=False).index
    return wide[order].reset_index().rename_axis(columns=None)
