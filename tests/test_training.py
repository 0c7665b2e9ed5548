"""Work, time and goodput of training runs: published cases, limits and scaling laws."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from computebook import datasets, training
from computebook.errors import ComputebookError

HOUR_S = 3_600.0
H100_BF16 = 989e12
LLAMA_RATE = 54 * 24 * 16_384 / 419  # GPU-hours per interruption

sizes = st.floats(100, 1e6)
stalls = st.floats(0.1, 300)
restarts = st.floats(0, 3_600)


def between_s(accelerators: float) -> float:
    return training.mean_time_between_interruptions_s(accelerators, LLAMA_RATE)


# Published cases


def test_llama_405b_flop_as_printed() -> None:
    assert training.training_flop(405.9e9, 15.6e12) == pytest.approx(3.8e25, rel=0.001)


def test_llama_405b_whole_programme_utilization() -> None:
    reached = training.model_flop_utilization(3.8e25, 30.84e6, H100_BF16)
    assert reached == pytest.approx(0.346, abs=0.0005)
    assert training.run_gpu_hours(3.8e25, H100_BF16, reached) == pytest.approx(30.84e6)
    days = training.run_time_s(3.8e25, 16_384, H100_BF16, reached) / 86_400
    assert days == pytest.approx(78.4, abs=0.05)


def test_deepseek_v3_gpu_hours() -> None:
    flop = training.training_flop(37e9, 14.8e12)
    assert flop == pytest.approx(3.29e24, rel=0.002)
    h800 = datasets.accelerator("H800")
    reached = training.model_flop_utilization(flop, 2.664e6, h800.fp8_flop_per_s)
    assert reached == pytest.approx(0.173, abs=0.001)
    assert training.run_time_s(flop, 2_048, h800.fp8_flop_per_s, reached) / 86_400 == pytest.approx(
        54.2, abs=0.1
    )


def test_llama_405b_interruptions() -> None:
    assert pytest.approx(50_677, abs=1) == LLAMA_RATE
    assert between_s(16_384) / HOUR_S == pytest.approx(3.09, abs=0.005)


@pytest.mark.parametrize(("gpus", "hours"), [(50_000, 1.01), (100_000, 0.51), (150_000, 0.34)])
def test_interruptions_of_larger_clusters(gpus: int, hours: float) -> None:
    assert between_s(gpus) / HOUR_S == pytest.approx(hours, abs=0.005)


@pytest.mark.parametrize(
    ("gpus", "checkpoint_s", "restart_s", "expected"),
    [
        (16_384, 10, 300, 0.935),
        (16_384, 60, 300, 0.884),
        (100_000, 10, 300, 0.788),
        (150_000, 10, 300, 0.727),
        (150_000, 10, 60, 0.849),
    ],
)
def test_young_goodput_worked_by_hand(
    gpus: int, checkpoint_s: float, restart_s: float, expected: float
) -> None:
    found = training.goodput_fraction(between_s(gpus), checkpoint_s, restart_s, method="young")
    assert found == pytest.approx(expected, abs=0.0006)


def test_goodput_agrees_with_the_bound_that_meta_states() -> None:
    assert training.goodput_fraction(between_s(16_384), 10, 300) > 0.90


@pytest.mark.parametrize(("accelerators", "minutes", "expected"), [(8_192, 20.81, 0.81)])
def test_mlperf_strong_scaling(accelerators: int, minutes: float, expected: float) -> None:
    found = training.strong_scaling_fraction(minutes, accelerators, 269.12, 512)
    assert found == pytest.approx(expected, abs=0.005)


# Against a simulation: Daly's expected time is exact for exponential failures


def simulated_goodput(between: float, stall: float, restart: float, interval: float) -> float:
    generator = np.random.default_rng(7)
    elapsed, done, segments = 0.0, 0, 4_000
    while done < segments:
        failure = generator.exponential(between)
        if failure > interval + stall:
            elapsed, done = elapsed + interval + stall, done + 1
            continue
        elapsed += failure
        while (again := generator.exponential(between)) < restart:
            elapsed += again
        elapsed += restart
    return segments * interval / elapsed


@pytest.mark.parametrize("between", [1_200.0, 11_130.0])
def test_daly_matches_a_simulation(between: float) -> None:
    found = training.goodput_fraction(between, 30.0, 300.0, 400.0)
    assert found == pytest.approx(simulated_goodput(between, 30.0, 300.0, 400.0), rel=0.02)


# Properties


@given(sizes, stalls, restarts)
def test_goodput_is_a_share(gpus: float, stall: float, restart: float) -> None:
    for method in training.CHECKPOINT_METHODS:
        assert 0 < training.goodput_fraction(between_s(gpus), stall, restart, method=method) < 1


@given(sizes, stalls, restarts)
def test_daly_interval_is_close_to_the_best(gpus: float, stall: float, restart: float) -> None:
    between = between_s(gpus)
    best = training.checkpoint_interval_s(between, stall)
    chosen = training.goodput_fraction(between, stall, restart)
    for change in (0.7, 1.4):
        assert chosen >= training.goodput_fraction(between, stall, restart, change * best) - 1e-3


@given(sizes, stalls, restarts)
def test_more_trouble_leaves_less(gpus: float, stall: float, restart: float) -> None:
    base = training.goodput_fraction(between_s(gpus), stall, restart)
    assert training.goodput_fraction(between_s(2 * gpus), stall, restart) < base
    assert training.goodput_fraction(between_s(gpus), stall, restart + 60) < base
    assert training.goodput_fraction(between_s(gpus), 2 * stall, restart) < base


def test_methods_meet_where_failures_are_rare() -> None:
    young, daly = (
        training.goodput_fraction(1e9, 10, 300, method=method) for method in ("young", "daly")
    )
    assert young == pytest.approx(daly, abs=1e-5)
    assert young > 0.999


def test_interval_is_the_time_between_failures_when_checkpoints_are_hopeless() -> None:
    assert training.checkpoint_interval_s(100.0, 300.0) == 100.0


@given(st.floats(1e6, 1e15), st.floats(1.0, 1e15))
def test_flop_grow_in_proportion(params: float, tokens: float) -> None:
    once = training.training_flop(params, tokens)
    assert training.training_flop(params, 2 * tokens) == pytest.approx(2 * once)
    assert once == pytest.approx(6 * params * tokens)


def test_arrays_give_what_scalars_give() -> None:
    gpus = np.array([1_024.0, 16_384.0, 150_000.0])
    together = training.goodput_fraction(
        training.mean_time_between_interruptions_s(gpus, LLAMA_RATE), 10, 300
    )
    assert together == pytest.approx(
        [training.goodput_fraction(between_s(n), 10, 300) for n in gpus]
    )
    times = training.run_time_s(1e25, gpus, H100_BF16, 0.4, together)
    assert times[0] > times[1] > times[2]
    assert isinstance(training.run_time_s(1e25, 8, H100_BF16, 0.4), float)


def test_failure_storms_end_at_nothing_without_a_warning() -> None:
    assert training.goodput_fraction(1.0, 1e6, 1e6) == pytest.approx(0, abs=1e-100)


# Errors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: training.run_gpu_hours(1e25, 1e15, 1.2), "model_flop_utilization = 1.2 of 1"),
        (lambda: training.run_time_s(1e25, 0, 1e15, 0.4), "accelerators = 0 accelerators"),
        (lambda: training.training_flop(-1, 1e12), "active_params = -1 parameters"),
        (lambda: training.goodput_fraction(1e4, 0, 300), "checkpoint_s = 0 s is out of bounds"),
        (lambda: training.goodput_fraction(1e4, 9, 300, method="dally"), "did you mean 'daly'"),
        (lambda: training.goodput_fraction(float("nan"), 9, 3), "interruption_s = nan s"),
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ComputebookError) as caught:
        call()
    assert message in str(caught.value)
