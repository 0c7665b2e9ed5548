"""How long the models take per configuration, and what a sweep holds in memory.

Run with `make bench`. One round is one call on a grid; divide by its size.
"""

import tracemalloc

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from computebook import datasets, memory, pricing, roofline
from computebook.memory import Placement
from computebook.price_cards import price_card
from computebook.usage import Usage

GRID = 1_000_000
LLAMA = datasets.architecture("llama-3.1-405b")
H200 = datasets.accelerator("h200-sxm")
PLACEMENT = Placement.of("fp8", "fp8", tensor_parallel=8)


@pytest.fixture(scope="module")
def contexts() -> np.ndarray:
    return np.random.default_rng(0).uniform(1e3, 4e5, GRID)


@pytest.fixture(scope="module")
def batches() -> np.ndarray:
    return np.random.default_rng(1).integers(1, 256, GRID).astype(float)


def test_kv_cache_of_a_million_contexts(
    benchmark: BenchmarkFixture, contexts: np.ndarray, batches: np.ndarray
) -> None:
    out = benchmark(memory.kv_cache_bytes, LLAMA, contexts, batches, 8.0)
    assert out.shape == (GRID,)


def test_decode_bound_of_a_million_design_points(
    benchmark: BenchmarkFixture, contexts: np.ndarray, batches: np.ndarray
) -> None:
    bound = roofline.decode_step_lower_bound_s
    out = benchmark(bound, LLAMA, H200, contexts, batches, PLACEMENT)
    assert np.isfinite(out).all()


def test_bill_of_a_million_requests(benchmark: BenchmarkFixture, contexts: np.ndarray) -> None:
    card = price_card("gemini-3-pro", "2026-01-15")
    usage = Usage(uncached_input_tokens=contexts, reasoning_output_tokens=contexts / 50)
    assert benchmark(pricing.bill, usage, card).total_usd.shape == (GRID,)


def test_memory_of_a_million_point_sweep(contexts: np.ndarray, batches: np.ndarray) -> None:
    tracemalloc.start()
    roofline.decode_step_lower_bound_s(LLAMA, H200, contexts, batches, PLACEMENT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"peak {peak / 2**20:.0f} MiB")
    assert peak < 2 * 2**30
