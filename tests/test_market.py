"""Shares: series, change, leaders and the bounds of concentration."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from computebook import datasets, market
from computebook.errors import ComputebookError


def rows(metric: str, month: str, shares: dict[str, float], population: str = "world") -> list:
    return [(metric, f"share of {metric}", population, v, s, month) for v, s in shares.items()]


SHARES = pd.DataFrame(
    [
        *rows("web-visits", "2024-12", {"OpenAI": 87.2, "Google": 5.4}),
        *rows("web-visits", "2025-12", {"OpenAI": 68.0, "Google": 18.2, "Anthropic": 2.0}),
        *rows("enterprise-spend", "2025-11", {"Anthropic": 40.0, "OpenAI": 27.0}, "US"),
    ],
    columns=["metric", "definition", "population", "vendor", "share_percent", "month"],
)

lists_of_shares = st.lists(st.floats(0, 100), min_size=1, max_size=8).map(
    lambda raw: np.array(raw) * min(1, 100 / max(sum(raw), 1e-9))
)


def test_series_has_a_row_per_month_and_the_leader_first() -> None:
    series = market.share_series(SHARES, "web-visits")
    assert list(series.columns) == ["OpenAI", "Google", "Anthropic"]
    assert [f"{month:%Y-%m}" for month in series.index] == ["2024-12", "2025-12"]
    assert np.isnan(series.loc["2024-12-01", "Anthropic"])


def test_change_over_the_year_of_the_article() -> None:
    series = market.share_series(SHARES, "web-visits")
    change = market.share_change(series, "2024-12", "2025-12-01")
    assert change.loc["OpenAI", "change_points"] == pytest.approx(-19.2)
    assert change.loc["Google", "change_percent"] == pytest.approx(237, abs=0.1)
    assert np.isnan(change.loc["Anthropic", "change_points"])


def test_unknown_month_metric_and_population_suggest_the_nearest() -> None:
    series = market.share_series(SHARES, "web-visits")
    with pytest.raises(ComputebookError, match="unknown reading '2025-11': did you mean"):
        market.share_change(series, "2024-12", "2025-11")
    with pytest.raises(ComputebookError, match="did you mean 'web-visits'"):
        market.share_series(SHARES, "web-visit")
    with pytest.raises(ComputebookError, match=r"unknown population 'U\.S\.'"):
        market.share_series(SHARES, "enterprise-spend", "U.S.")
    with pytest.raises(ComputebookError, match="unknown column of shares 'vendor'"):
        market.share_series(SHARES.drop(columns="vendor"), "web-visits")


def test_two_shares_of_one_vendor_in_one_month_need_a_population() -> None:
    twice = pd.concat([SHARES, SHARES.assign(population="US", share_percent=50.0)])
    with pytest.raises(ComputebookError, match="two shares of 'OpenAI' on 2024-12-01"):
        market.share_series(twice, "web-visits")
    assert market.share_series(twice, "web-visits", "US").loc["2024-12-01", "OpenAI"] == 50.0


def test_concentration_bounds_by_hand() -> None:
    result = market.concentration([68.0, 18.2])
    assert result.low == pytest.approx(68**2 + 18.2**2)
    assert result.high == pytest.approx(68**2 + 18.2**2 + 13.8**2)
    assert result.unlisted_percent == pytest.approx(13.8)


def test_small_vendors_lower_the_upper_bound() -> None:
    wide, narrow = market.concentration([40, 27]), market.concentration([40, 27], 10)
    assert wide.high == pytest.approx(1_600 + 729 + 33**2)
    assert narrow.high == pytest.approx(1_600 + 729 + 3 * 100 + 9)


def test_noise_widens_the_index_both_ways() -> None:
    bounds = market.concentration([68.0, 18.2])
    wide = market.concentration_interval([68.0, 18.2], 1.0)
    wider = market.concentration_interval([68.0, 18.2], 3.0)
    assert wider.low < wide.low < bounds.low < bounds.high < wide.high < wider.high
    # No draw can leave 67 to 69 and 17.2 to 19.2, nor can its rest.
    assert wide.low > 67**2 + 17.2**2
    assert wide.high < 69**2 + 19.2**2 + (100 - 67 - 17.2) ** 2
    assert market.concentration_interval([60.0, 40.0], 5.0).high <= 10_000
    with pytest.raises(ComputebookError, match="noise_points = -1"):
        market.concentration_interval([60.0], -1.0)


@given(lists_of_shares)
def test_concentration_lies_between_none_and_monopoly(shares: np.ndarray) -> None:
    result = market.concentration(shares)
    assert 0 <= result.low <= result.high <= 10_000 + 1e-3


@pytest.mark.parametrize(("vendors", "index"), [(1, 10_000), (4, 2_500), (10, 1_000)])
def test_equal_vendors(vendors: int, index: float) -> None:
    result = market.concentration([100 / vendors] * vendors)
    assert result.low == pytest.approx(index)
    assert result.high == pytest.approx(index)
    assert market.effective_vendors(result.low) == pytest.approx(vendors)


def test_more_than_the_whole_is_refused() -> None:
    with pytest.raises(ComputebookError, match=r"shares_percent = \[60, 60\] sum to 120 %"):
        market.concentration([60, 60])
    with pytest.raises(ComputebookError, match="shares_percent = -1 % is out of bounds"):
        market.concentration([-1, 5])


def test_leaders_differ_by_metric() -> None:
    table = market.leaders(SHARES).set_index("metric")
    assert table.loc["web-visits", ["leader", "runner_up"]].tolist() == ["OpenAI", "Google"]
    assert table.loc["enterprise-spend", "leader"] == "Anthropic"
    assert table.loc["enterprise-spend", "gap_points"] == pytest.approx(13)


def test_a_single_vendor_has_no_runner_up() -> None:
    table = market.leaders(SHARES[SHARES["vendor"] == "OpenAI"])
    assert table["runner_up"].tolist() == ["", ""]
    assert table["gap_points"].isna().all()


def test_metrics_stand_side_by_side_with_their_definitions() -> None:
    table = market.metric_table(SHARES).set_index("metric")
    assert table.loc["web-visits", "OpenAI"] == 68.0
    assert table.loc["enterprise-spend", "definition"] == "share of enterprise-spend"
    assert np.isnan(table.loc["enterprise-spend", "Google"])


# The table of the report


@pytest.fixture(scope="module")
def shares() -> pd.DataFrame:
    return datasets.load("market_shares")


def test_every_metric_of_the_table_has_a_series(
    shares: pd.DataFrame,
) -> None:
    for (metric, population), _ in shares.groupby(["metric", "population"]):
        series = market.share_series(shares, metric, population)
        assert series.index.is_monotonic_increasing
        assert ((series >= 0) & (series <= 100) | series.isna()).all(axis=None)


def test_web_visits_moved_over_twelve_months_and_not_six(shares: pd.DataFrame) -> None:
    series = market.share_series(shares, "web-visits")
    year = market.share_change(series, "2024-12-05", "2025-12-05").loc["OpenAI"]
    assert year.tolist() == pytest.approx([87.2, 68.0, -19.2, -22.0], abs=0.05)
    half = market.share_change(series, "2025-06", "2026-01").loc["OpenAI", "change_points"]
    assert half == pytest.approx(-14, abs=1)


def test_monthly_series_keeps_the_last_reading(shares: pd.DataFrame) -> None:
    series = market.share_series(shares, "web-visits")
    monthly = market.share_series(shares, "web-visits", monthly=True)
    assert monthly.loc["2026-01-01", "OpenAI"] == series.loc["2026-01-16", "OpenAI"]
    assert not monthly.index.duplicated().any()
    assert len(monthly) < len(series)


def test_metrics_disagree_about_the_leader(shares: pd.DataFrame) -> None:
    leaders = market.leaders(shares)
    assert len(set(leaders["leader"])) > 1
    assert len(leaders) == shares.groupby(["metric", "population"]).ngroups
    assert len(market.metric_table(shares)) >= len(leaders)
