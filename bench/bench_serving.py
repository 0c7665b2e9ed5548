"""Time per configuration, and time and memory of a million-configuration sizing sweep."""

from __future__ import annotations

import dataclasses
import tracemalloc
from typing import Any

import numpy as np
import pytest

from computebook import memory, serving
from computebook.serving.examples import llama_8b_on_h100

CHUNK = 5_000
MILLION = 1_000_000


def grid(count: int, seed: int = 0) -> tuple[serving.Deployment, Any, Any, Any]:
    """Return deployments, users, prompts and outputs drawn over a planner's range."""
    rng = np.random.default_rng(seed)
    base = llama_8b_on_h100()
    device = dataclasses.replace(
        base.accelerator, memory_bandwidth_bytes_per_s=rng.choice([3.35e12, 4.8e12, 8e12], count)
    )
    placement = memory.Placement(
        tensor_parallel=rng.choice([1.0, 2.0, 4.0, 8.0], count), weight_bits=8.0, kv_bits=8.0,
        compute_precision="fp8",
    )  # fmt: skip
    deployment = dataclasses.replace(base, accelerator=device, placement=placement)
    users = rng.integers(1, 512, count).astype(float)
    return deployment, users, rng.uniform(200, 16_000, count), rng.uniform(50, 2000, count)


@pytest.mark.benchmark(group="per configuration")
def test_decode_step(benchmark: Any) -> None:
    deployment, users, prompt, _ = grid(CHUNK)
    benchmark(lambda: serving.decode_step(deployment, users, prompt).total_s)
    benchmark.extra_info["us_per_configuration"] = benchmark.stats["median"] / CHUNK * 1e6


@pytest.mark.benchmark(group="per configuration")
def test_memory_capacity(benchmark: Any) -> None:
    deployment, _, prompt, output = grid(CHUNK)
    benchmark(lambda: serving.most_sequences(deployment, prompt + output))
    benchmark.extra_info["us_per_configuration"] = benchmark.stats["median"] / CHUNK * 1e6


@pytest.mark.benchmark(group="sweep")
def test_million_configurations(benchmark: Any) -> None:
    def sweep() -> float:
        total = 0.0
        for part in range(MILLION // CHUNK):
            deployment, users, prompt, output = grid(CHUNK, part)
            held = serving.most_sequences(deployment, prompt + output)
            run = serving.fixed_concurrency(deployment, users, prompt, output, sequence_limit=held)
            total += float(np.max(run.output_tokens_per_s))
        return total

    assert benchmark.pedantic(sweep, rounds=1) > 0
    tracemalloc.start()
    grid(CHUNK)
    assert tracemalloc.get_traced_memory()[1] < 2 * 2**30
    tracemalloc.stop()
