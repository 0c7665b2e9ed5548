"""Collectives: nothing alone, never faster than measured, slower across domains."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import network
from computebook.architectures import Transformer
from computebook.errors import ComputebookError
from computebook.network import Link

NVLINK_4 = Link(450e9)
INFINIBAND = Link(50e9, network.SCALE_OUT_LATENCY_S)
LLAMA_70B = Transformer(
    architecture_id="llama-3.1-70b", layers=80, hidden_size=8192, attention_heads=64, kv_heads=8,
    head_dim=128, ffn_size=28672, vocab_size=128256,
)  # fmt: skip
sizes = st.floats(0, 1e11)
few = settings(max_examples=30, deadline=None)


@given(size=sizes)
@few
def test_one_accelerator_sends_nothing(size: float) -> None:
    for collective in (network.all_reduce_s, network.all_gather_s, network.all_to_all_s):
        assert collective(size, 1, NVLINK_4) == 0.0
    assert network.two_tier_all_reduce_s(size, 1, 8, NVLINK_4, INFINIBAND) == 0.0
    assert network.two_tier_all_to_all_s(size, 1, 8, NVLINK_4, INFINIBAND) == 0.0
    assert network.tensor_parallel_step_s(LLAMA_70B, 64, 1, NVLINK_4) == 0.0


@pytest.mark.parametrize(
    ("kib", "measured_us"),
    [(16, 3.6), (128, 6.2), (1024, 26.0), (2048, 35.5), (16_384, 122.3), (131_072, 575.5)],
)
def test_no_measured_all_reduce_over_eight_h100_is_faster(kib: int, measured_us: float) -> None:
    peak = Link(450e9, latency_s=3.5e-6, efficiency=1.0)
    assert 1e6 * network.all_reduce_s(kib * 1024, 8, peak) <= measured_us
    if kib == 131_072:
        bus = 1e6 * network.all_reduce_s(kib * 1024, 8, NVLINK_4)
        assert bus == pytest.approx(measured_us, rel=0.02)


@given(size=sizes, more=st.floats(1, 1e9), ranks=st.integers(2, 1000))
@few
def test_time_grows_with_bytes_and_ranks_and_shrinks_with_bandwidth(
    size: float, more: float, ranks: int
) -> None:
    here = network.all_reduce_s(size, ranks, NVLINK_4)
    assert network.all_reduce_s(size + more, ranks, NVLINK_4) >= here
    assert network.all_reduce_s(size, ranks + 1, NVLINK_4) >= here
    assert network.all_reduce_s(size, ranks, Link(900e9)) <= here


@given(size=sizes, ranks=st.integers(2, 1000))
@few
def test_an_all_reduce_is_a_reduce_scatter_and_an_all_gather(size: float, ranks: int) -> None:
    no_latency = Link(450e9, latency_s=0.0)
    half = network.all_gather_s(size, ranks, no_latency)
    assert network.all_reduce_s(size, ranks, no_latency) == pytest.approx(2 * half)


def test_two_tiers_reduce_to_one_inside_a_domain() -> None:
    inside = network.two_tier_all_reduce_s(1e8, 8, 8, NVLINK_4, INFINIBAND)
    assert inside == network.all_reduce_s(1e8, 8, NVLINK_4)
    to_all = network.two_tier_all_to_all_s(1e8, 8, 8, NVLINK_4, INFINIBAND)
    assert to_all == network.all_to_all_s(1e8, 8, NVLINK_4)


def test_two_tiers_beat_a_flat_ring_over_the_slow_network() -> None:
    flat = network.all_reduce_s(1e9, 64, INFINIBAND)
    tiered = network.two_tier_all_reduce_s(1e9, 64, 8, NVLINK_4, INFINIBAND)
    assert tiered < flat / 3


@pytest.mark.parametrize("domain", [1, 8, 64])
def test_a_wider_domain_never_slows_an_all_reduce(domain: int) -> None:
    here = network.two_tier_all_reduce_s(1e9, 512, domain, NVLINK_4, INFINIBAND)
    wider = network.two_tier_all_reduce_s(1e9, 512, 8 * domain, NVLINK_4, INFINIBAND)
    assert wider < here


def test_two_all_reduces_per_layer() -> None:
    message = 64 * 8192 * 2
    expected = 160 * network.all_reduce_s(message, 8, NVLINK_4)
    assert network.tensor_parallel_step_s(LLAMA_70B, 64, 8, NVLINK_4) == pytest.approx(expected)


def test_vector_equals_scalar() -> None:
    sizes_b, ranks = np.array([1e4, 1e6, 1e9]), np.array([1, 8, 72])
    grid = network.all_reduce_s(sizes_b[:, None], ranks, NVLINK_4)
    single = [[network.all_reduce_s(s, int(n), NVLINK_4) for n in ranks] for s in sizes_b]
    np.testing.assert_array_equal(grid, single)
    assert type(single[0][0]) is float


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Link(0), "bandwidth_bytes_per_s = 0 B/s is out of bounds"),
        (lambda: Link(1e9, latency_s=-1), "latency_s = -1 s is out of bounds"),
        (lambda: Link(1e9, efficiency=1.1), "efficiency = 1.1 of peak is out of bounds"),
        (lambda: network.all_reduce_s(-1, 8, NVLINK_4), "message_bytes = -1 B"),
        (lambda: network.all_reduce_s(1, 0, NVLINK_4), "participants = 0 accelerators"),
        (lambda: network.point_to_point_s(float("nan"), NVLINK_4), "message_bytes = nan B"),
    ],
)
def test_bad_inputs_are_refused_in_one_sentence(call: Any, message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        call()
