"""Time per configuration of the vectorised training models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from computebook import training, training_plans
from computebook.training import Batch, Layout, examples

CHUNK = 5_000


def grid(count: int, seed: int = 0) -> tuple[Layout, Batch]:
    """Return layouts and batches drawn over a planner's range."""
    rng = np.random.default_rng(seed)
    powers = [2.0**k for k in range(5)]
    layout = Layout(
        tensor=rng.choice(powers[:4], count), pipeline=rng.choice(powers, count),
        context=rng.choice(powers[:3], count), data=rng.choice([16.0, 64.0, 256.0], count),
        virtual_stages=rng.choice([1.0, 2.0, 4.0], count), sharding=rng.choice([1.0, 3.0], count),
        recompute=rng.choice(training.RECOMPUTE, count),
    )  # fmt: skip
    return layout, Batch(sequence_tokens=8192.0, sequences=rng.choice([1024.0, 2048.0], count))


@pytest.mark.benchmark(group="per configuration")
def test_training_step(benchmark: Any) -> None:
    layout, batch = grid(CHUNK)
    model, device = examples.llama_405b(), examples.h100()
    benchmark(lambda: training.step_time(model, device, layout, batch, precision="fp8").total_s)
    benchmark.extra_info["us_per_configuration"] = benchmark.stats["median"] / CHUNK * 1e6


@pytest.mark.benchmark(group="per configuration")
def test_training_memory(benchmark: Any) -> None:
    layout, batch = grid(CHUNK)
    model = examples.llama_405b()
    benchmark(lambda: training.training_memory(model, layout, batch).total_bytes)
    benchmark.extra_info["us_per_configuration"] = benchmark.stats["median"] / CHUNK * 1e6


@pytest.mark.benchmark(group="search")
def test_layout_search(benchmark: Any) -> None:
    batch = Batch(sequence_tokens=8192, sequences=1536)
    found = benchmark.pedantic(
        lambda: training.fastest_layout(
            examples.llama_405b(), examples.h100(), 1024, batch, precision="fp8"
        ),
        rounds=3,
    )
    assert found.feasible > 0
    benchmark.extra_info["layouts"] = found.tried


DRAWS = 10_000


def answered() -> training_plans.Plan:
    """Return a plan of a published run."""
    ask = training_plans.Request(model="llama-3.1-405b", tokens=15.6e12, gpu="h100", count=16_384)
    return training_plans.plan(ask, draws=10)


@pytest.mark.benchmark(group="monte carlo")
def test_run_monte_carlo(benchmark: Any) -> None:
    model = answered().model
    assert model is not None
    benchmark(lambda: model.drawn(DRAWS, seed=1))
    benchmark.extra_info["us_per_draw"] = benchmark.stats["median"] / DRAWS * 1e6


@pytest.mark.benchmark(group="sensitivity")
def test_run_sobol(benchmark: Any) -> None:
    found = answered()
    table = benchmark.pedantic(lambda: training_plans.sobol(found, samples=1_024), rounds=3)
    assert table["total"].sum() > 0.5


@pytest.mark.benchmark(group="search")
def test_cluster_growth(benchmark: Any) -> None:
    ask = answered().request
    frame = benchmark.pedantic(lambda: training_plans.cluster_growth(ask, draws=1_000), rounds=3)
    benchmark.extra_info["clusters"] = len(frame)
