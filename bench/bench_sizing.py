"""Time per configuration and memory of sizing: whole plans, and a sweep of a million."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from computebook import sizing

MILLION = 1_000_000
GIB = 2**30
MODELS = ("llama-3.1-70b", "gpt-oss-120b", "qwen3-235b-a22b", "deepseek-v3")
PROMPTS = (500.0, 2_000.0, 8_000.0, 32_000.0)


def requests() -> list[sizing.Request]:
    """Return a planner's questions: four models by four prompts, on every accelerator."""
    return [
        sizing.Request(
            model=model, gpus=("all",), input_tokens=prompt, output_tokens=500.0, users=1000.0,
            time_to_first_token_s=3.0, time_per_output_token_s=0.05,
        )
        for model in MODELS
        for prompt in PROMPTS
    ]  # fmt: skip


def sweep() -> tuple[int, int]:
    """Return the configurations looked at, and those within memory and limits."""
    looked, passed = 0, 0
    for request in requests():
        grid = sizing.grid_for(request)
        looked += grid.loads.size
        passed += int(grid.passing(*sizing.effective_limits(request)).sum())
    return looked, passed


@pytest.mark.benchmark(group="sizing sweep")
def test_a_million_configurations(benchmark: Any) -> None:
    sweep()
    looked, passed = benchmark.pedantic(sweep, rounds=3)
    assert looked > MILLION
    assert passed > 0
    tracemalloc.start()
    sweep()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * GIB
    benchmark.extra_info["configurations"] = looked
    benchmark.extra_info["us_per_configuration"] = benchmark.stats["min"] / looked * 1e6
    benchmark.extra_info["peak_mib"] = peak / 2**20


@pytest.mark.benchmark(group="sizing plan")
def test_one_plan(benchmark: Any) -> None:
    request = sizing.Request(
        model="llama-3.1-405b", gpus=("b200",), input_tokens=8000.0, output_tokens=1000.0,
        users=200.0, time_to_first_token_s=2.0, time_per_output_token_s=0.05,
    )  # fmt: skip
    assert benchmark.pedantic(lambda: sizing.plan(request), rounds=5, warmup_rounds=1).feasible
