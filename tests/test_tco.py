"""Dollars per token: published serving figures, limits, and what moves them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from computebook import datasets, tco
from computebook.errors import ComputebookError

DAY_S = 86_400.0
positive = st.floats(0.01, 1e4)
shares = st.floats(0.01, 1.0)


def case(name: str) -> dict[str, float]:
    table = datasets.load("self_host_cases")
    rows = table[table["case_id"] == name]
    return dict(zip(rows["quantity"], rows["value"], strict=True))


# Published cases


@pytest.mark.parametrize(
    ("usd_per_gpu_hour", "tokens_per_s", "published", "tolerance"),
    [
        (2.0, 22_300 / 8, 0.20, 0.005),  # SGLang on 12 nodes of 8 H100, decode
        (1.41, 90, 4.20, 0.04),  # H200, as NVIDIA and SemiAnalysis give it
        (2.65, 6_000, 0.12, 0.03),  # GB300
    ],
)
def test_published_cost_of_a_million_output_tokens(
    usd_per_gpu_hour: float, tokens_per_s: float, published: float, tolerance: float
) -> None:
    ours = tco.serving_usd_per_mtok(usd_per_gpu_hour, tokens_per_s)
    assert ours == pytest.approx(published, rel=tolerance)


def test_deepseek_day() -> None:
    assert tco.run_usd(226.75 * 8, DAY_S, 2.0) == pytest.approx(87_072)


def test_deepseek_day_from_the_table() -> None:
    day = case("deepseek-2025-02")
    assert day["nodes_average"] == 226.75
    assert day["nodes_peak"] / day["nodes_average"] == pytest.approx(1.23, abs=0.01)


@pytest.mark.parametrize(("tokens_per_s_per_node", "share"), [(14_800, 0.137), (22_300, 0.091)])
def test_break_even_against_the_price_of_r1(tokens_per_s_per_node: float, share: float) -> None:
    ours = tco.break_even_utilization_fraction(2.19, 2.0, tokens_per_s_per_node / 8)
    assert ours == pytest.approx(share, abs=0.001)


@pytest.mark.parametrize(("utilization", "usd"), [(1.0, 0.99), (0.1, 9.9)])
def test_utilization_moves_cost_tenfold(utilization: float, usd: float) -> None:
    assert tco.serving_usd_per_mtok(2.5, 700, utilization) == pytest.approx(usd, rel=0.01)


def test_deepseek_v3_training_cost() -> None:
    seconds = 2.788e6 / 2_048 * 3_600
    assert tco.gpu_hours(2_048, seconds) == pytest.approx(2.788e6)
    assert tco.run_usd(2_048, seconds, 2.0) == pytest.approx(5.576e6)


def test_deals_per_gpu_hour_and_per_watt() -> None:
    assert tco.deal_usd_per_gpu_hour(38e9, 300_000, 7) == pytest.approx(2.066, abs=0.001)
    assert tco.deal_usd_per_gpu_hour(38e9, 300_000, 7, 0.5) == pytest.approx(4.131, abs=0.001)
    assert tco.deal_usd_per_w_year(300e9, 4.5e9, 5) == pytest.approx(13.33, abs=0.01)


# Limits and properties


@given(positive, positive, shares)
def test_at_break_even_own_cost_is_the_price(usd: float, rate: float, api: float) -> None:
    share = tco.break_even_utilization_fraction(api, usd, rate)
    if 1e-6 <= share <= 1:
        assert tco.serving_usd_per_mtok(usd, rate, share) == pytest.approx(api)


@given(positive, positive, shares, shares)
def test_cost_falls_with_utilization(usd: float, rate: float, one: float, two: float) -> None:
    low, high = sorted((one, two))
    costs = tco.serving_usd_per_mtok(usd, rate, np.array([low, high]))
    assert costs[0] >= costs[1]


@given(st.floats(1, 1e6), st.floats(0.5, 20), st.floats(1e-6, 1), st.floats(0, 1))
def test_capital_has_a_price(capital: float, years: float, rate: float, residual: float) -> None:
    free = tco.amortized_usd_per_gpu_hour(capital, years, 0.0, residual)
    dear = tco.amortized_usd_per_gpu_hour(capital, years, rate, residual)
    assert dear >= free * (1 - 1e-9)


def test_annuity_repays_the_capital() -> None:
    hourly = tco.amortized_usd_per_gpu_hour(30_000, 4, 0.10)
    present = sum(hourly * 8_760 / 1.10**year for year in range(1, 5))
    assert present == pytest.approx(30_000)


def test_free_money_is_the_limit_of_cheap_money() -> None:
    free, cheap = tco.amortized_usd_per_gpu_hour(30_000, 4, np.array([0.0, 1e-9]))
    assert cheap == pytest.approx(free, rel=1e-5)


def test_scalars_give_floats_and_arrays_arrays() -> None:
    assert isinstance(tco.serving_usd_per_mtok(2.0, 1_000), float)
    assert tco.serving_usd_per_mtok([1.0, 2.0], 1_000).shape == (2,)
    assert tco.electricity_usd_per_gpu_hour(1_000, 1.2, 0.1) == pytest.approx(0.12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tco.serving_usd_per_mtok(2, 100, 0), "utilization_fraction = 0 of 1"),
        (lambda: tco.serving_usd_per_mtok(2, 0), "tokens_per_s_per_gpu = 0 tokens/s"),
        (lambda: tco.serving_usd_per_mtok(-1, 100), r"usd_per_gpu_hour = -1 \$/GPU-h"),
        (lambda: tco.amortized_usd_per_gpu_hour(1, 0), "lifetime_years = 0 years"),
        (
            lambda: tco.electricity_usd_per_gpu_hour(1, 0.9, 1),
            "power_usage_effectiveness = 0.9 is out",
        ),
    ],
)
def test_bad_inputs_are_named(call: object, message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        call()
