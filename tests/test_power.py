"""Kilowatts and joules against published and measured figures."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import power, units
from computebook.errors import ComputebookError
from computebook.power import BoundaryFactors

FACTORS = BoundaryFactors(
    node_per_gpu=1.82, rack_per_node=1.05, it_per_rack=1.1, facility_per_it=1.15
)
watts = st.floats(1e-3, 1e10)
few = settings(max_examples=30, deadline=None)


def test_150_000_gb200_in_140_kw_racks_draw_292_mw() -> None:
    hall = power.power_for_accelerators_w(150_000, 140e3 / 72)
    assert round(hall / 1e6) == 292
    racks = power.units_needed(150_000, 72)
    assert racks == 2084
    assert round(racks * 140e3 / 1e6) == 292


@pytest.mark.parametrize(
    ("name", "system_w", "tokens_per_s", "joules"),
    [
        ("8x H200 power-capped, Llama 2 70B Offline", 6_153, 25_262, 0.2436),
        ("8x B200 air-cooled, Llama 2 70B Offline", 10_401, 102_909, 0.1011),
        ("8x H200 power-capped, Mixtral 8x7B Server", 6_175, 45_497, 0.1357),
        ("8x B200 water-cooled, Llama 3.1 405B Offline", 9_892, 1_637.11, 6.0422),
    ],
)
def test_measured_energy_per_output_token(
    name: str, system_w: float, tokens_per_s: float, joules: float
) -> None:
    assert power.energy_per_token_j(system_w, tokens_per_s) == pytest.approx(joules, rel=1e-3), name


@pytest.mark.parametrize(
    ("rated_w", "gpus", "tdp_w", "ratio"),
    [(10_200, 8, 700, 1.82), (14_300, 8, 1000, 1.79), (120_000, 72, 1200, 1.39)],
)
def test_rated_node_over_its_chips(rated_w: float, gpus: int, tdp_w: float, ratio: float) -> None:
    assert round(power.load_fraction(rated_w, gpus * tdp_w), 2) == ratio


def test_a_nameplate_is_not_a_load() -> None:
    assert round(power.load_fraction(10_401, 14_300), 2) == 0.73
    assert round(power.load_fraction(2_876, 10_401), 2) == 0.28


def test_boundaries_chain_from_the_chip_to_the_site() -> None:
    multiples = [FACTORS.multiple_of_gpu(boundary) for boundary in power.POWER_BOUNDARIES]
    np.testing.assert_allclose(multiples, np.cumprod([1, 1.82, 1.05, 1.1, 1.15]), rtol=1e-12)
    assert multiples == sorted(multiples)


@given(value=watts, start=st.sampled_from(power.POWER_BOUNDARIES),
       end=st.sampled_from(power.POWER_BOUNDARIES))  # fmt: skip
@few
def test_boundary_there_and_back(value: float, start: str, end: str) -> None:
    there = power.power_at_boundary_w(value, start, end, FACTORS)
    assert power.power_at_boundary_w(there, end, start, FACTORS) == pytest.approx(value)


@given(budget=st.floats(1e3, 1e10), each=st.floats(100, 5000))
@few
def test_supported_accelerators_fit_the_budget_and_one_more_does_not(
    budget: float, each: float
) -> None:
    count = power.accelerators_supported(budget, each)
    assert power.power_for_accelerators_w(count, each) <= budget * (1 + 1e-12)
    assert power.power_for_accelerators_w(count + 1, each) > budget * (1 - 1e-12)


def test_power_between_idle_and_busy() -> None:
    draw = power.power_at_utilization_w(2_876, 10_401, np.array([0, 0.5, 1]))
    np.testing.assert_allclose(draw, [2_876, 6_638.5, 10_401])


def test_300_mw_is_about_244_000_average_us_homes() -> None:
    assert power.households_supplied(300e6, 10_791) == pytest.approx(243_500, rel=1e-3)


def test_a_megawatt_year_is_8_76_gwh() -> None:
    energy = power.annual_energy_j(1e6)
    assert units.convert(energy, "j", "gwh") == pytest.approx(8.76)
    assert power.annual_energy_j(1e6, 0.5) == energy / 2


def test_a_query_adds_its_two_kinds_of_token_and_the_site() -> None:
    it_only = power.energy_per_query_j(10_000, 1_000, 0.02, 0.5)
    assert it_only == 700
    assert power.energy_per_query_j(10_000, 1_000, 0.02, 0.5, facility_per_it=1.5) == 1050


def test_tokens_per_kwh_inverts_joules_per_token() -> None:
    assert power.tokens_per_kwh(0.2436) * 0.2436 == pytest.approx(3.6e6)


def test_liquid_cooling_saves_more_than_the_pue_shows() -> None:
    """NVIDIA and Vertiv: PUE falls by 3.3 %, site power by 10.2 %, so IT by 7.1 %."""
    shown = power.facility_saving_fraction(1.38, 1.38 * (1 - 0.033))
    assert shown == pytest.approx(0.033)
    real = power.facility_saving_fraction(1.38, 1.38 * (1 - 0.033), 0.0714)
    assert real == pytest.approx(0.102, abs=5e-4)


def test_fans_inside_servers_hide_in_the_pue() -> None:
    assert power.total_usage_effectiveness(1.15, 0.0) == 1.15
    assert power.total_usage_effectiveness(1.15, 0.2) == pytest.approx(1.4375)


def test_water_needs_a_thousandth_of_the_volume_of_air() -> None:
    heat = 120e3
    litres_per_s = power.coolant_flow_kg_per_s(heat, 10)
    air_litres_per_s = 1000 * power.airflow_m3_per_s(heat, 10)
    assert air_litres_per_s / litres_per_s == pytest.approx(3467, rel=1e-3)
    assert power.heat_to_air_w(heat, 1.0) == 0
    assert power.water_litres(units.convert(1, "mwh", "j"), 0.3) == pytest.approx(300)


def test_vector_equals_scalar() -> None:
    system, speed = np.array([6_153.0, 10_401.0]), np.array([25_262.0, 102_909.0])
    single = [power.energy_per_token_j(w, s) for w, s in zip(system, speed, strict=True)]
    np.testing.assert_array_equal(power.energy_per_token_j(system, speed), single)
    assert all(type(value) is float for value in single)


@given(value=watts, speed=st.floats(1, 1e7))
@few
def test_energy_falls_with_throughput_and_grows_with_the_site(value: float, speed: float) -> None:
    here = power.energy_per_token_j(value, speed)
    assert power.energy_per_token_j(value, 2 * speed) == pytest.approx(here / 2)
    assert power.energy_per_token_j(value, speed, 1.5) == pytest.approx(1.5 * here)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: power.energy_per_token_j(-1, 1), "power_w = -1 W is out of bounds"),
        (lambda: power.energy_per_token_j(1, 0), "tokens_per_s = 0 tokens/s is out of bounds"),
        (lambda: power.energy_per_token_j(1, 1, 0.9), "facility_per_it = 0.9 is out of bounds"),
        (
            lambda: power.power_at_boundary_w(1, "gpus", "it", FACTORS),
            "unknown power boundary 'gpus': did you mean 'gpu'",
        ),
        (
            lambda: BoundaryFactors(node_per_gpu=0.9, facility_per_it=1.1),
            "node_per_gpu = 0.9 is out of bounds: allowed 1 to 5",
        ),
        (lambda: power.accelerators_supported(1e6, 0), "w_per_accelerator = 0 W"),
        (lambda: power.power_at_utilization_w(1, 2, 1.5), "utilization_fraction = 1.5"),
        (lambda: power.coolant_flow_kg_per_s(1, 0), "temperature_rise_kelvin = 0 K"),
        (lambda: power.households_supplied(1, float("nan")), "household_kwh_per_year = nan"),
    ],
)
def test_bad_inputs_are_refused_in_one_sentence(call: Any, message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        call()


# Training clusters


def phases(products_s: float, memory_s: float, waiting_s: float) -> power.StepPhases:
    return power.StepPhases(
        products_s=products_s, memory_s=memory_s, waiting_s=waiting_s, flop_per_s=1.3e15,
        bytes_per_s=2.7e12,
    )  # fmt: skip


HOPPER = power.DrawConstants(active_fraction=0.4, byte_j=89e-12, flop_j=2.6e-12, host_w=200.0)


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0.01, 100), st.floats(0.01, 100))
def test_a_step_draws_between_waiting_and_the_limit(
    products_s: float, memory_s: float, waiting_s: float, more_s: float
) -> None:
    step = power.step_draw_w(700.0, phases(products_s, memory_s, waiting_s), HOPPER)
    idle = power.step_draw_w(700.0, phases(0, 0, 1), HOPPER)
    assert idle * (1 - 1e-9) <= step <= 700.0
    longer = power.step_draw_w(700.0, phases(products_s, memory_s, waiting_s + more_s), HOPPER)
    assert longer <= step * (1 + 1e-9)


def test_phases_may_be_arrays() -> None:
    both = power.StepPhases(
        products_s=np.array([6.0, 1.0]), memory_s=1.0, waiting_s=1.0, flop_per_s=1e15,
        bytes_per_s=2.7e12,
    )  # fmt: skip
    drawn = power.step_draw_w(700.0, both, HOPPER)
    assert drawn.shape == (2,)
    assert drawn[0] > drawn[1]


def test_boundaries_of_a_cluster_add_up() -> None:
    draw = power.cluster_draw(600.0, HOPPER, switch_w=116.0, facility_per_it=1.25)
    assert draw.node_w == pytest.approx(800.0 / 0.95)
    assert draw.it_w - draw.node_w == pytest.approx(116.0)
    assert draw.facility_w == pytest.approx(1.25 * draw.it_w)
    behind = power.cluster_draw(600.0, HOPPER, at_plug=False)
    assert behind.node_w == pytest.approx(800.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: phases(-1, 1, 1), "products_s = -1 s is out of bounds"),
        (lambda: power.cluster_draw(600.0, HOPPER, facility_per_it=0.9), "facility_per_it = 0.9"),
        (lambda: power.cluster_draw(600.0, HOPPER, switch_w=-1), "switch_w = -1 W"),
    ],
)
def test_clusters_name_what_is_out_of_bounds(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        call()
