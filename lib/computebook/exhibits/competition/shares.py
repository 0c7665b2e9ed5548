"""Shares by metric: what each counts, how it moved, how concentrated it says the market is."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import pandas as pd

from computebook import claims, datasets, errors, market

__all__ = [
    "ARTICLE_VENDORS",
    "ArticleReading",
    "article_readings",
    "article_shares",
    "latest_shares",
    "metric_definitions",
    "reading_noise_points",
    "share_dots",
    "share_moves",
    "shares_at",
    "vendor_shares",
    "visit_readings",
    "visits_over_time",
]

MARKET_TABLE: Final = 11
#: Columns of the article's table and the vendor behind each product.
ARTICLE_VENDORS: Final = {1: "OpenAI", 2: "Google", 3: "Anthropic"}
#: Row of the article's table and the month that it names.
ARTICLE_MONTHS: Final = {1: "2026-01", 2: "2025-07"}
METRIC_NAMES: Final = {
    "web-visits": "Web visits",
    "web-visits-top7": "Web visits (top 7)",
    "referrals": "Referrals",
    "enterprise-use": "Use",
    "business-adoption": "Paying firms",
    "enterprise-spend": "API spending",
    "enterprise-wallet": "Wallet",
    "enterprise-wallet-forecast": "Wallet (expected)",
    "api-tokens": "Reseller tokens",
    "api-spend": "Reseller spending",
}
#: Shares of firms overlap: one firm uses several vendors.
OVERLAPPING: Final = ("enterprise-use", "business-adoption")
SURVEYS: Final = ("ETR", "a16z")
FORECAST: Final = "enterprise-wallet-forecast"
_KEYS: Final = ["metric", "definition", "population", "month"]


class ArticleReading(NamedTuple):
    """The reading that comes closest to what the article prints for a month."""

    printed_month: str
    day: pd.Timestamp
    largest_miss_points: float


def vendor_shares() -> pd.DataFrame:
    """Return the shares of vendors; those of groups of models are another question.

    Examples
    --------
    >>> "all open-weight models" in set(vendor_shares()["vendor"])
    False
    """
    shares = datasets.load("market_shares")
    return shares[shares["metric"].isin(list(METRIC_NAMES))]


def article_shares() -> pd.DataFrame:
    """Return the six shares that the article prints.

    Returns
    -------
    DataFrame
        `month` (timestamp), `vendor`, `share_percent`.

    Examples
    --------
    >>> article_shares()["share_percent"].tolist()
    [68.0, 18.0, 8.0, 87.0, 5.0, 4.0]
    """
    rows = claims.claims_of_table(MARKET_TABLE)
    rows = rows[rows["row_number"].isin(list(ARTICLE_MONTHS))]
    return pd.DataFrame(
        {
            "month": pd.to_datetime(rows["row_number"].map(ARTICLE_MONTHS)).to_numpy(),
            "vendor": rows["column_number"].map(ARTICLE_VENDORS).to_numpy(),
            "share_percent": rows["value"].to_numpy(float),
        }
    )


def article_readings() -> list[ArticleReading]:
    """Return, for each month that the article prints, the reading of web visits nearest to it.

    The two larger shares decide; early readings list no third vendor.

    Returns
    -------
    list of ArticleReading
        In the article's order, with the larger of the two misses in points.

    Examples
    --------
    >>> [f"{found.day:%Y-%m-%d}" for found in article_readings()]
    ['2025-12-05', '2024-12-05']
    """
    series = market.share_series(vendor_shares(), "web-visits")[["OpenAI", "Google"]].dropna()
    printed = article_shares().pivot_table(index="month", columns="vendor", values="share_percent")
    found = []
    for month in ARTICLE_MONTHS.values():
        wanted = printed.loc[pd.Timestamp(month)].reindex(series.columns)
        misses = (series - wanted).abs().max(axis=1)
        found.append(ArticleReading(month, pd.Timestamp(str(misses.idxmin())), float(misses.min())))
    return found


def metric_definitions() -> pd.DataFrame:
    """Return what each metric counts, for whom, and whether its shares add up.

    Returns
    -------
    DataFrame
        `measure`, `definition`, `population`, `adds_up` (bool), `source_key` (joined by commas).

    Examples
    --------
    >>> metric_definitions().set_index("measure").loc["Web visits", "adds_up"]
    np.True_
    """
    grouped = vendor_shares().groupby(["metric", "definition", "population"], sort=False)
    frame = grouped["source_key"].agg(_joined).reset_index()
    frame = frame.assign(
        measure=_measures(frame),
        adds_up=~frame["metric"].isin(list(OVERLAPPING)),
        place=frame["metric"].map(list(METRIC_NAMES).index),
    )
    return frame.sort_values("place", kind="stable", ignore_index=True)


def _measures(frame: pd.DataFrame) -> list[str]:
    """Return the name of each row's metric; two surveys of use are told apart."""
    names = []
    for metric, population in zip(frame["metric"], frame["population"], strict=True):
        survey = re.search("|".join(SURVEYS), population)
        told_apart = f" ({survey[0]})" if survey and metric == "enterprise-use" else ""
        names.append(METRIC_NAMES[metric] + told_apart)
    return names


def _joined(keys: pd.Series[str]) -> str:
    return ",".join(dict.fromkeys(keys))


def latest_shares() -> pd.DataFrame:
    """Return the latest reading of every metric side by side.

    A month that lists one vendor alone gives way to an older one that compares vendors.

    Returns
    -------
    DataFrame
        A row per metric and population: `metric`, `measure`, `label` (measure and month),
        `month`, `month_text`, `OpenAI`, `Google`, `Anthropic`, `others` (all other listed
        vendors together), in percent, nan where none is published; `adds_up`, `verification`,
        `source_key`.

    Examples
    --------
    >>> latest = latest_shares().set_index("label")
    >>> float(latest.at["Reseller spending, May 2026", "Anthropic"])
    46.3
    """
    wide = market.metric_table(_comparable()).merge(_sources(), on=_KEYS)
    vendors = [name for name in wide.columns if name in set(vendor_shares()["vendor"])]
    others = [name for name in vendors if name not in ARTICLE_VENDORS.values()]
    frame = wide.assign(
        measure=_measures(wide),
        others=wide[others].sum(axis=1, min_count=1),
        adds_up=~wide["metric"].isin(list(OVERLAPPING)),
        place=wide["metric"].map(list(METRIC_NAMES).index),
    )
    month = frame["month"].dt.strftime("%b %Y")
    frame = frame.assign(month_text=month, label=frame["measure"] + ", " + month)
    return frame.sort_values(["place", "month"], kind="stable", ignore_index=True)


def share_dots() -> pd.DataFrame:
    """Return the latest shares of the article's three vendors, one row per metric and vendor.

    Returns
    -------
    DataFrame
        `label`, `vendor`, `share_percent`; metrics with two of them or more, no forecasts.

    Examples
    --------
    >>> "Wallet, Dec 2025" in set(share_dots()["label"])
    False
    """
    vendors = list(ARTICLE_VENDORS.values())
    latest = latest_shares()
    compared = (latest[vendors].notna().sum(axis=1) > 1) & (latest["metric"] != FORECAST)
    tidy = latest[compared].melt("label", vendors, "vendor", "share_percent")
    return tidy.dropna(subset=["share_percent"]).reset_index(drop=True)


def _comparable() -> pd.DataFrame:
    """Return the shares without months of one vendor, where the metric has fuller ones."""
    shares = vendor_shares()
    count = shares.groupby(_KEYS)["vendor"].transform("nunique")
    fullest = count.groupby([shares[key] for key in _KEYS[:-1]]).transform("max")
    return shares[(count > 1) | (fullest == 1)]


def _sources() -> pd.DataFrame:
    shares = vendor_shares()
    dated = shares.assign(month=pd.to_datetime(shares["month"]))
    named = dated.groupby(_KEYS, sort=False)
    return named.agg(
        verification=("verification", _joined), source_key=("source_key", _joined)
    ).reset_index()


def shares_at(metric: str, month: str) -> pd.DataFrame:
    """Return each vendor's last reading up to the end of a month.

    Parameters
    ----------
    metric : str
        Which metric.
    month : str
        Month as "2025-07".

    Returns
    -------
    DataFrame
        Indexed by vendor: `day` of the reading and `share_percent`; vendors without one are
        left out.

    Raises
    ------
    ComputebookError
        If the month is none, or no reading is that old.

    Examples
    --------
    >>> shares_at("web-visits", "2025-07").loc["OpenAI", "share_percent"]
    np.float64(78.6)
    """
    series = market.share_series(vendor_shares(), metric)
    past = series[series.index <= _end_of(month)]
    if past.empty:
        days = [f"{day:%Y-%m-%d}" for day in series.index]
        raise errors.ComputebookError(
            f"no {metric} reading up to {month}: the first is of {days[0]}, the last of {days[-1]}"
        )
    tidy = past.reset_index().melt(id_vars="day", value_name="share_percent").dropna()
    last = tidy.sort_values("day", kind="stable").drop_duplicates("vendor", keep="last")
    return last.set_index("vendor")


def _end_of(month: str) -> pd.Timestamp:
    try:
        return pd.Period(month, freq="M").end_time
    except ValueError as wrong:
        raise errors.ComputebookError(
            f"month = {month!r} is not a month: write it as 2026-01"
        ) from wrong


def share_moves(metric: str, earlier_month: str, later_month: str) -> pd.DataFrame:
    """Return how the shares of a metric moved between two months, largest later share first.

    Parameters
    ----------
    metric : str
        Which metric.
    earlier_month, later_month : str
        Months as "2025-07", in this order.

    Returns
    -------
    DataFrame
        `vendor`, `earlier_day`, `earlier_percent`, `later_day`, `later_percent`,
        `change_points`; missing where the earlier reading lists no share.

    Raises
    ------
    ComputebookError
        If a month is none, they stand in the wrong order, or no reading is that old.

    Examples
    --------
    >>> moves = share_moves("web-visits", "2025-07", "2026-01").set_index("vendor")
    >>> moves["change_points"].round(1).loc[["OpenAI", "Google"]].tolist()
    [-14.0, 13.4]
    """
    if _end_of(earlier_month) >= _end_of(later_month):
        raise errors.ComputebookError(
            f"earlier_month = {earlier_month} is not before later_month = {later_month}"
        )
    later, earlier = (
        shares_at(metric, month).rename(
            columns={"day": f"{side}_day", "share_percent": f"{side}_percent"}
        )
        for side, month in (("later", later_month), ("earlier", earlier_month))
    )
    frame = later.join(earlier).rename_axis("vendor").reset_index()
    frame = frame.assign(change_points=frame["later_percent"] - frame["earlier_percent"])
    return frame.sort_values("later_percent", ascending=False, ignore_index=True)


def visits_over_time(vendors: tuple[str, ...]) -> pd.DataFrame:
    """Return every reading of web visits of some vendors, one row per day and vendor.

    Parameters
    ----------
    vendors : tuple of str
        Vendors, in the order wanted.

    Returns
    -------
    DataFrame
        `day`, `vendor`, `share_percent`.

    Examples
    --------
    >>> visits_over_time(("Anthropic",))["share_percent"].tolist()
    [2.0, 2.0, 2.1, 3.3, 8.9]
    """
    series = market.share_series(vendor_shares(), "web-visits")[list(vendors)]
    tidy = series.reset_index().melt(id_vars="day", value_name="share_percent")
    return tidy.dropna(subset=["share_percent"]).reset_index(drop=True)


def visit_readings() -> pd.DataFrame:
    """Return every reading of web visits, a row per day, with its verification and sources.

    Returns
    -------
    DataFrame
        `day`, a column per vendor in percent (nan where not listed), `verification`,
        `source_key` (joined by commas).

    Examples
    --------
    >>> readings = visit_readings()
    >>> len(readings), readings["verification"].unique().tolist()
    (19, ['secondary'])
    """
    visits = vendor_shares()
    visits = visits[visits["metric"] == "web-visits"]
    series = market.share_series(visits, "web-visits")
    named = visits.groupby("as_of").agg(
        verification=("verification", _joined), source_key=("source_key", _joined)
    )
    return series.join(named).reset_index()


def reading_noise_points() -> float:
    """Return how far two readings of one vendor within seven days differ at most, points.

    Examples
    --------
    >>> round(reading_noise_points(), 1)
    0.8
    """
    series = market.share_series(vendor_shares(), "web-visits")
    largest = 0.0
    for vendor in series.columns:
        known = series[vendor].dropna()
        close = known.index.to_series().diff() <= pd.Timedelta(days=7)
        largest = max(largest, float(known.diff().abs()[close].max() or 0.0))
    return largest
