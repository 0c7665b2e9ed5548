"""Power under load and joules per token: physics, published cases, and errors out of sample."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import datasets, errors, hardware, memory, power, serving
from computebook.cli.calibrate_energy import COMMANDS
from computebook.inference import energy, energy_report, energy_table
from computebook.inference.energy_table import draw_constants
from computebook.serving.examples import llama_8b_on_h100

HOPPER = power.DrawConstants(active_fraction=0.4, byte_j=89e-12, flop_j=2.6e-12)
few = settings(max_examples=60, deadline=None)
rates = st.floats(0, 1e14)


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    return energy.energy_cases()


@pytest.fixture(scope="module")
def table(cases: pd.DataFrame) -> pd.DataFrame:
    return energy_report.energy_error_table(energy_report.energy_errors(cases))


def error(table: pd.DataFrame, scope: str, generation: str = "all") -> pd.Series:
    rows = table[(table["scope"] == scope) & (table["generation"] == generation)]
    assert len(rows) == 1
    return rows.iloc[0]


@few
@given(rates, st.floats(0, 1e16), st.floats(100, 2000))
def test_power_lies_between_nothing_done_and_the_limit(
    moved: float, done: float, limit: float
) -> None:
    draw = power.accelerator_draw(700.0, moved, done, HOPPER, limit)
    still = power.accelerator_draw(700.0, 0.0, 0.0, HOPPER, limit)
    assert still.total_w * (1 - 1e-9) <= draw.total_w <= limit * (1 + 1e-9)
    assert draw.total_w == pytest.approx(draw.active_w + draw.memory_w + draw.matrix_w)


@few
@given(rates, rates, st.floats(0, 1e15))
def test_more_work_never_takes_less_power(moved: float, more: float, done: float) -> None:
    one = power.accelerator_draw(700.0, moved, done, HOPPER).total_w
    two = power.accelerator_draw(700.0, moved + more, done, HOPPER).total_w
    assert one <= two * (1 + 1e-12)


def test_far_below_the_limit_the_parts_are_the_textbook_sum() -> None:
    free = power.accelerator_draw(700.0, 1e12, 10e12, HOPPER, limit_w=1e6)
    assert free.active_w == pytest.approx(280.0)
    assert free.memory_w == pytest.approx(89.0)
    assert free.matrix_w == pytest.approx(26.0)


def test_demand_at_the_limit_is_cut_to_84_percent() -> None:
    draw = power.accelerator_draw(700.0, 420.0 / 89e-12, 0.0, HOPPER)
    assert draw.total_w / 700.0 == pytest.approx(2 ** (-1 / power.LIMIT_SHARPNESS))


def test_arrays_agree_with_numbers() -> None:
    many = power.accelerator_draw(700.0, np.array([1e11, 1e12]), 1e13, HOPPER).total_w
    each = [power.accelerator_draw(700.0, moved, 1e13, HOPPER).total_w for moved in (1e11, 1e12)]
    np.testing.assert_allclose(many, each)


def test_server_adds_its_host_and_its_losses() -> None:
    constants = power.DrawConstants(host_w=190.0, supply_fraction=0.95)
    assert power.server_draw_w(760.0, constants) == pytest.approx(1000.0)


def test_bad_constants_name_field_and_bound() -> None:
    with pytest.raises(errors.ComputebookError, match=r"active_fraction = 1\.4"):
        power.DrawConstants(active_fraction=1.4)
    with pytest.raises(errors.ComputebookError, match="rated_w = nan W"):
        power.accelerator_draw(float("nan"), 0.0, 0.0, HOPPER)


def test_a_decode_step_at_batch_one_reads_every_weight_once() -> None:
    work = serving.decode_work(llama_8b_on_h100(), 1, 1)
    # 8.03e9 parameters less the input embedding (128,256 x 4,096), two bytes each.
    assert work.moved_bytes == pytest.approx(2 * (8.03e9 - 128_256 * 4096), rel=0.01)
    assert work.flop == pytest.approx(work.moved_bytes, rel=0.01)


@pytest.mark.parametrize("sharded", [2, 4, 8])
def test_sharding_divides_the_work(sharded: int) -> None:
    one = serving.decode_work(llama_8b_on_h100(1), 16, 1024)
    many = serving.decode_work(llama_8b_on_h100(sharded), 16, 1024)
    assert many.moved_bytes * sharded == pytest.approx(one.moved_bytes)
    assert many.flop * sharded == pytest.approx(one.flop)


def test_narrow_weights_cost_per_value_not_per_byte() -> None:
    base = llama_8b_on_h100()
    fp8 = dataclasses.replace(base, placement=memory.Placement.of("fp8", "bf16"))
    nvfp4 = dataclasses.replace(base, placement=memory.Placement.of("nvfp4", "bf16"))
    wide = serving.decode_work(base, 1, 1).moved_bytes
    assert serving.decode_work(fp8, 1, 1).moved_bytes == pytest.approx(wide, rel=1e-6)
    assert wide / 2 < serving.decode_work(nvfp4, 1, 1).moved_bytes < wide


@few
@given(st.integers(1, 256), st.integers(1, 64), st.integers(16, 8192), st.integers(16, 4096))
def test_energy_per_token_falls_with_the_batch(
    batch: int, more: int, prompt: int, output: int
) -> None:
    sizes = np.array([batch, batch + more], dtype=float)
    use = serving.request_energy(llama_8b_on_h100(), sizes, prompt, output, HOPPER)
    assert use.answer_j[1] <= use.answer_j[0] * (1 + 1e-9)
    np.testing.assert_allclose(use.total_j, use.prompt_j + use.answer_j)
    assert np.all(use.server_total_j > use.total_j)


def test_a_cached_prompt_saves_its_energy_only() -> None:
    whole = serving.request_energy(llama_8b_on_h100(), 32, 8000, 500, HOPPER)
    cached = serving.request_energy(llama_8b_on_h100(), 32, 8000, 500, HOPPER, cached_fraction=0.9)
    assert cached.prompt_j < whole.prompt_j / 4
    assert cached.answer_j == pytest.approx(whole.answer_j)


def test_idle_time_makes_tokens_dearer() -> None:
    given_load = (llama_8b_on_h100(), 32, 1000, 500, 2500.0, HOPPER)
    busy = serving.serving_energy(*given_load)
    half = serving.serving_energy(*given_load, utilisation=0.5)
    idle_w = 0.12 * 700.0
    assert half.accelerator_w == pytest.approx((busy.accelerator_w + idle_w) / 2)
    assert half.joules_per_output_token == pytest.approx(
        busy.joules_per_output_token + idle_w / 2500.0
    )


def test_a_generation_without_measurements_gets_the_mean_of_the_others() -> None:
    known = draw_constants(["hopper", "blackwell"])
    new = draw_constants("a generation of tomorrow")
    assert min(known.byte_j) < new.byte_j < max(known.byte_j)
    assert draw_constants("blackwell-ultra") == draw_constants("blackwell")


def test_every_ml_energy_run_with_a_known_shape_is_a_case(cases: pd.DataFrame) -> None:
    rows = datasets.load("energy_measurements")
    runs = rows[rows["boundary"] == "gpu"]
    assert len(runs) == 565
    without = runs[runs["architecture_id"].isna() | runs["architecture_id"].eq("")]
    assert len(cases) == len(runs) - len(without)
    known = set(datasets.load("architectures")["architecture_id"])
    assert set(cases["architecture_id"]) <= known


def test_recorded_energy_is_power_over_throughput() -> None:
    rows = datasets.load("energy_measurements")
    each = rows["power_per_accelerator_w"] * rows["accelerators"] / rows["output_tokens_per_s"]
    np.testing.assert_allclose(each, rows["energy_j_per_token"], rtol=2e-3)


@pytest.mark.parametrize("generation", ["hopper", "blackwell"])
def test_energy_at_known_throughput_is_within_15_percent_on_models_never_seen(
    table: pd.DataFrame, generation: str
) -> None:
    # The target of 15 % was set before the fit.
    assert error(table, "model left out", generation)["mape"] < 0.15
    assert error(table, "generation left out", generation)["mape"] < 0.15


def test_predicting_the_throughput_too_costs_accuracy(table: pd.DataFrame) -> None:
    # Above the target: stated, not hidden. The model of the engine's host is what is missing.
    known = error(table, "model left out")
    both = error(table, "throughput predicted")
    shipped = error(table, "throughput predicted, engine as calibrated")
    assert known["median"] < both["median"] < shipped["median"] < 0.35


@pytest.mark.parametrize("prompts_per_output", [0.25, 1.0, 4.0])
def test_servers_that_mlperf_measured_are_within_15_percent_on_average(
    prompts_per_output: float,
) -> None:
    found = energy_report.server_errors(prompts_per_output)
    assert len(found) == 10
    assert energy_report.energy_error_table(found).iloc[0]["mape"] < 0.15


def test_h200_at_500_watts_takes_a_quarter_joule_per_token() -> None:
    found = energy_report.server_errors().set_index("measurement_id")
    run = found.loc["mlperf-v4.1-h200-sxm-141gbx8-trt-maxq-llama2-70b-offline"]
    assert run["measured_j"] == pytest.approx(0.2436, abs=1e-4)
    assert run["predicted_j"] == pytest.approx(0.2436, rel=0.15)


def test_intervals_hold_four_fifths_of_the_runs(cases: pd.DataFrame) -> None:
    found = energy_report.energy_errors(cases)
    low, high = energy_table.energy_intervals()["model-left-out"]
    runs = found[found["scope"] == "model left out"]
    ratio = runs["measured_j"] / runs["predicted_j"]
    assert 0.7 < ratio.between(low, high).mean() < 0.9


def test_prompt_lengths_that_we_assume_do_not_decide(cases: pd.DataFrame) -> None:
    # A third and three times the assumed prompts: the errors stay on this side of the target.
    for factor in (1 / 3, 3.0):
        shifted = energy.energy_rates(cases, prompts=factor)
        watts = energy.held_out_power(cases, rates=shifted)
        assert (watts / cases["power_per_accelerator_w"] - 1).abs().mean() < 0.16


def test_the_command_writes_the_table_of_the_package(tmp_path: Path) -> None:
    run = CliRunner().invoke(COMMANDS["energy"], ["--out", str(tmp_path), "--csv"])
    assert run.exit_code == 0, run.output
    assert run.output.startswith("scope,generation,cases,mape")
    written = pd.read_csv(tmp_path / "energy_calibration.csv")
    kept = datasets.load("energy_calibration")
    constants = written["field"] != "interval_factor"
    np.testing.assert_allclose(
        written[constants]["value"], kept[kept["field"] != "interval_factor"]["value"], rtol=1e-3
    )


def test_the_command_refuses_a_missing_folder() -> None:
    run = CliRunner().invoke(COMMANDS["energy"], ["--out", "nowhere"])
    assert isinstance(run.exception, errors.ComputebookError)
    assert "folder nowhere does not exist" in str(run.exception)


def test_the_command_runs_as_a_program() -> None:
    code = "from computebook.cli.calibrate_energy import COMMANDS; COMMANDS['energy'](['--help'])"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "computebook calibrate energy" in found.stdout


def test_chips_of_one_generation_differ_by_their_rating() -> None:
    chips = datasets.accelerators()
    both = hardware.stack([chips["h100-sxm"], chips["gh200"]])
    draw = power.accelerator_draw(both.tdp_w, 1e12, 1e13, draw_constants("hopper"))
    assert draw.active_w[1] > draw.active_w[0]
