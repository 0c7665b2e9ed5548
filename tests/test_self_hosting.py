"""Buy or host: the published fleets, whole nodes, and a break-even that is one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from computebook import datasets, tco
from computebook.errors import ComputebookError
from computebook.price_cards import price_card
from computebook.pricing import Usage, bill
from computebook.self_hosting import HOURS_PER_MONTH, Fleet, PhaseRates, RequestShape

positive = st.floats(0.01, 100.0)
DAY_TO_MONTH = HOURS_PER_MONTH / 24


def case(name: str) -> dict[str, float]:
    table = datasets.load("self_host_cases")
    rows = table[table["case_id"] == name]
    return dict(zip(rows["quantity"], rows["value"], strict=True))


def deepseek() -> tuple[Fleet, RequestShape, float]:
    """Return the fleet, a request that stands for 1/1e8 of the day, and a month of such days."""
    day = case("deepseek-2025-02")
    rates = PhaseRates(
        day["input_tokens_per_s_per_node"] / 8, day["output_tokens_per_s_per_node"] / 8, True
    )
    shape = RequestShape(
        day["input_tokens_per_day"] / 1e8,
        day["output_tokens_per_day"] / 1e8,
        day["cached_input_tokens_per_day"] / day["input_tokens_per_day"],
    )
    return Fleet(rates, day["usd_per_gpu_hour"], 8), shape, 1e8 * DAY_TO_MONTH


# Published cases


def test_deepseek_day_in_nodes_dollars_and_income() -> None:
    day, (fleet, shape, requests) = case("deepseek-2025-02"), deepseek()
    assert fleet.units(shape, requests) == math.ceil(day["nodes_average"])
    exact = fleet.full_load_usd_per_krequest(shape) * 1e8 / 1e3
    assert exact == pytest.approx(day["cost_usd_per_day"], rel=1e-3)
    assert exact == pytest.approx(87_072, rel=1e-3)
    usage = Usage.from_totals(608e9, 168e9, cached_input_tokens=342e9)
    income = bill(usage, price_card("deepseek-r1", "2025-02-28"), 0.0).total_usd
    assert income == pytest.approx(562_027, rel=2e-4)
    # The publisher's cost profit margin: 545 %.
    assert income / exact - 1 == pytest.approx(5.45, abs=0.02)


def test_deepseek_average_output_per_node() -> None:
    # 168 billion tokens a day over 226.75 nodes, prefill nodes included.
    assert pytest.approx(8_576, rel=1e-3) == 168e9 / 86_400 / 226.75
    fleet, shape, requests = deepseek()
    paid = fleet.units(shape, requests) * 86_400 * DAY_TO_MONTH
    assert shape.output_tokens * requests / paid == pytest.approx(8_576, rel=2e-3)


def test_sglang_on_96_h100() -> None:
    published = case("sglang-2025-05")
    rates = PhaseRates(
        published["input_tokens_per_s_per_node"] / 8, published["output_tokens_per_s_per_node"] / 8
    )
    fleet = Fleet(rates, 2.0, 96)
    output = 1e3 * fleet.full_load_usd_per_krequest(RequestShape(0, 1_000)) / 1e3
    prompt = 1e3 * fleet.full_load_usd_per_krequest(RequestShape(1_000, 0)) / 1e3
    assert output == pytest.approx(published["usd_per_mtok_output"], rel=0.005)
    assert prompt == pytest.approx(published["usd_per_mtok_input"], rel=0.005)


def test_full_load_is_the_cost_of_tco() -> None:
    fleet = Fleet(PhaseRates(1e9, 700.0), 2.5, 1)
    ours = fleet.full_load_usd_per_krequest(RequestShape(0, 1_000))
    assert ours == pytest.approx(tco.serving_usd_per_mtok(2.5, 700.0))
    assert ours == pytest.approx(0.99, abs=0.005)  # a published worked example of one H100


# Fleets


def fleet_of(
    price: float = 3.0, peak: float = 2.0, spare: float = 1.0, staff: float = 3e5
) -> Fleet:
    return Fleet(PhaseRates(6_000.0, 800.0), price, 8, peak, spare, staff)


SHAPE = RequestShape(6_000, 1_500, 0.5)


def test_a_cached_prompt_costs_nothing_where_the_rate_does_not_count_it() -> None:
    plain, counting = PhaseRates(1e3, 1e3), PhaseRates(1e3, 1e3, counts_cached=True)
    assert plain.prefill_seconds(RequestShape(1_000, 0, 0.9)) == pytest.approx(0.1)
    assert counting.prefill_seconds(RequestShape(1_000, 0, 0.9)) == pytest.approx(1.0)
    both = plain.accelerator_seconds(RequestShape(1_000, 500, 0.0))
    assert both == pytest.approx(plain.prefill_seconds(RequestShape(1_000, 0)) + 0.5)


@given(st.floats(1.0, 1e9), st.floats(1.0, 10.0))
def test_nodes_are_whole_and_meet_the_peak(requests: float, peak: float) -> None:
    fleet = fleet_of(peak=peak, spare=0.0)
    units = fleet.units(SHAPE, requests)
    assert units == round(units) >= 1
    assert units * fleet.unit_requests(SHAPE) >= requests * (1 - 1e-6)
    assert fleet.utilization_fraction(SHAPE, requests) <= 1 / peak + 1e-6


@given(st.floats(1e3, 1e9), st.floats(1e3, 1e9))
def test_cost_rises_with_traffic_and_is_never_below_full_load(one: float, other: float) -> None:
    fleet, (low, high) = fleet_of(), sorted((one, other))
    costs = fleet.month_usd(SHAPE, np.array([low, high]))
    assert costs[0] <= costs[1]
    least = fleet.full_load_usd_per_krequest(SHAPE) * np.array([low, high]) / 1e3
    assert (costs >= least * (1 - 1e-6)).all()


@given(positive, st.floats(1.0, 5.0), st.floats(0, 4), st.floats(0, 1e7), st.floats(1e-4, 1.0))
def test_at_the_break_even_both_cost_the_same(
    price: float, peak: float, spare: float, staff: float, api_usd: float
) -> None:
    fleet = fleet_of(price, peak, spare, staff)
    found = fleet.break_even(SHAPE, api_usd)
    if math.isinf(found.requests_per_month):
        # Not even a node at its peak earns its own price back.
        assert api_usd * fleet.unit_requests(SHAPE) <= fleet.unit_usd * (1 + 1e-9)
        assert math.isnan(found.units)
        return
    own = fleet.month_usd(SHAPE, found.requests_per_month)
    assert own == pytest.approx(api_usd * found.requests_per_month, rel=1e-6)
    assert own == pytest.approx(found.month_usd, rel=1e-6)
    assert found.units == pytest.approx(fleet.units(SHAPE, found.requests_per_month))


@given(st.floats(1e-3, 0.2), st.floats(0.05, 0.999))
def test_below_the_break_even_the_api_costs_less(api_usd: float, part: float) -> None:
    fleet = fleet_of()
    found = fleet.break_even(SHAPE, api_usd)
    if math.isfinite(found.requests_per_month):
        less = part * found.requests_per_month
        assert api_usd * less < fleet.month_usd(SHAPE, less)


@pytest.mark.parametrize("change", ["price", "peak", "spare", "staff"])
def test_each_cost_of_a_fleet_moves_the_break_even_up(change: str) -> None:
    base = {"price": 3.0, "peak": 2.0, "spare": 1.0, "staff": 3e5}
    more = {**base, change: 1.5 * base[change]}
    volumes = [
        fleet_of(**terms).break_even(SHAPE, 0.005).requests_per_month for terms in (base, more)
    ]
    assert volumes[0] < volumes[1]


def test_arrays_give_what_scalars_give() -> None:
    fleet = Fleet(PhaseRates([5e3, 6e3], [700.0, 800.0]), 3.0, 8, 2.0, 1.0, 3e5)
    both = fleet.break_even(SHAPE, 0.005).requests_per_month
    single = fleet_of().break_even(SHAPE, 0.005).requests_per_month
    assert both[1] == pytest.approx(single)
    assert both[0] > both[1]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: PhaseRates(0.0, 1.0), r"prefill_tokens_per_s = 0 tokens/s is out of bounds"),
        (lambda: fleet_of(peak=0.5), r"peak_to_mean = 0\.5 is out of bounds"),
        (lambda: fleet_of().break_even(SHAPE, 0.0), r"api_usd_per_request = 0 \$"),
        (lambda: fleet_of().units(SHAPE, -1.0), r"requests_per_month = -1 requests"),
    ],
)
def test_what_is_no_fleet_is_refused(build: object, message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        build()  # type: ignore[operator]
