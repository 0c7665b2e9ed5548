"""Properties and published cases of the serving models."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import errors, memory, serving
from computebook.serving.examples import llama_8b_on_h100
from computebook.serving.exchange import all_reduce_s

BATCH = st.integers(1, 2048)
CONTEXT = st.integers(16, 200_000)
few = settings(max_examples=60, deadline=None)


def step_s(deployment: serving.Deployment, batch: float, context: float) -> float:
    return float(serving.decode_step(deployment, batch, context).total_s)


@few
@given(BATCH, CONTEXT, st.integers(1, 100_000))
def test_step_grows_with_context(batch: int, context: int, more: int) -> None:
    base = llama_8b_on_h100()
    assert step_s(base, batch, context) <= step_s(base, batch, context + more)


@few
@given(BATCH, CONTEXT, st.integers(1, 1000))
def test_step_grows_with_batch_but_less_than_in_proportion(
    batch: int, context: int, more: int
) -> None:
    base = llama_8b_on_h100()
    one, two = step_s(base, batch, context), step_s(base, batch + more, context)
    assert one <= two <= one * (batch + more) / batch * (1 + 1e-9)


@few
@given(BATCH, CONTEXT, st.floats(1.01, 5.0))
def test_step_shrinks_with_bandwidth(batch: int, context: int, factor: float) -> None:
    base = llama_8b_on_h100()
    faster = dataclasses.replace(
        base.accelerator,
        memory_bandwidth_bytes_per_s=base.accelerator.memory_bandwidth_bytes_per_s * factor,
    )
    better = dataclasses.replace(base, accelerator=faster)
    assert step_s(better, batch, context) < step_s(base, batch, context)


@few
@given(BATCH, CONTEXT)
def test_never_faster_than_the_physical_bound(batch: int, context: int) -> None:
    base = llama_8b_on_h100()
    perfect = dataclasses.replace(
        base,
        constants=serving.ServingConstants(
            memory_fraction=1.0, matrix_fraction=1.0, cache_read_fraction=1.0,
            attention_fraction=1.0, link_fraction=1.0, kernel_s=0.0, step_s=0.0, sequence_s=0.0,
            activation_bytes_per_element=0.0,
        ),
    )  # fmt: skip
    weights = (base.dense_parameters + base.head_parameters) * 2.0
    cache = float(memory.kv_read_bytes(base.architecture, context, batch))
    read = (weights + cache) / base.accelerator.memory_bandwidth_bytes_per_s
    work = 2.0 * batch * base.dense_parameters / base.accelerator.bf16_flop_per_s
    assert step_s(perfect, batch, context) >= max(read, work) * (1 - 1e-9)
    assert step_s(base, batch, context) >= step_s(perfect, batch, context)


@few
@given(BATCH, CONTEXT)
def test_parts_sum_to_the_total(batch: int, context: int) -> None:
    parts = serving.decode_step(llama_8b_on_h100(4), batch, context)
    total = sum(float(getattr(parts, field.name)) for field in dataclasses.fields(parts))
    assert parts.total_s == pytest.approx(total)
    assert all(getattr(parts, field.name) >= 0 for field in dataclasses.fields(parts))


@few
@given(BATCH, CONTEXT)
def test_one_accelerator_does_not_communicate(batch: int, context: int) -> None:
    assert serving.decode_step(llama_8b_on_h100(1), batch, context).communication_s == 0
    assert serving.decode_step(llama_8b_on_h100(2), batch, context).communication_s > 0


def test_scalars_and_arrays_agree() -> None:
    batches, contexts = np.array([1, 8, 64, 512]), np.array([128, 1024, 8192, 65536])
    base = llama_8b_on_h100(2)
    many = serving.fixed_concurrency(base, batches, contexts, 256)
    for i, (batch, context) in enumerate(zip(batches, contexts, strict=True)):
        one = serving.fixed_concurrency(base, int(batch), int(context), 256)
        for field in dataclasses.fields(one):
            whole = np.broadcast_to(getattr(many, field.name), batches.shape)
            assert getattr(one, field.name) == pytest.approx(whole[i], rel=1e-12)
    assert isinstance(serving.fixed_concurrency(base, 8, 128, 64).requests_per_s, float)


def test_arrays_of_accelerators_broadcast_with_arrays_of_loads() -> None:
    base = llama_8b_on_h100(np.array([[1], [2], [4]]))
    step = serving.decode_step(base, np.array([1, 16, 64, 256]), 2048).total_s
    assert np.shape(step) == (3, 4)
    assert np.all(np.diff(step, axis=1) > 0)


@few
@given(st.integers(2, 512), st.integers(64, 16_000), st.integers(32, 2000))
def test_burst_moves_time_between_first_and_later_tokens(
    users: int, prompt: int, output: int
) -> None:
    base = llama_8b_on_h100()

    def with_burst(share: float) -> serving.Performance:
        constants = dataclasses.replace(base.constants, burst_share=share, first_token_steps=0.0)
        deployment = dataclasses.replace(base, constants=constants)
        return serving.fixed_concurrency(deployment, users, prompt, output)

    apart, together = with_burst(0.0), with_burst(1.0)
    assert together.time_to_first_token_s > apart.time_to_first_token_s
    assert together.time_per_output_token_s < apart.time_per_output_token_s
    assert together.output_tokens_per_s == pytest.approx(apart.output_tokens_per_s)


def test_users_beyond_memory_wait() -> None:
    base = llama_8b_on_h100()
    free = serving.fixed_concurrency(base, 128, 1024, 512)
    full = serving.fixed_concurrency(base, 128, 1024, 512, sequence_limit=64)
    assert full.held_sequences == 64
    assert full.time_to_first_token_s > 5 * free.time_to_first_token_s
    assert full.time_per_output_token_s < free.time_per_output_token_s


@few
@given(st.floats(0.1, 8.0), st.floats(1.05, 2.0))
def test_open_loop_slows_down_with_load(rate: float, factor: float) -> None:
    base = llama_8b_on_h100()
    one = serving.open_loop(base, rate, 1024, 256)
    two = serving.open_loop(base, rate * factor, 1024, 256)
    assert two.time_per_output_token_s >= one.time_per_output_token_s * (1 - 1e-4)
    assert two.time_to_first_token_s >= one.time_to_first_token_s * (1 - 1e-4)


def test_open_loop_at_low_load_is_one_request_alone() -> None:
    base = llama_8b_on_h100()
    calm = serving.open_loop(base, 1e-3, 1024, 256)
    alone = step_s(base, 1, 1024 + 128)
    assert calm.time_per_output_token_s == pytest.approx(alone, rel=0.01)


def test_groups_of_attention_share_a_host_or_have_their_own() -> None:
    base = llama_8b_on_h100()
    wide = dataclasses.replace(base.placement, tensor_parallel=8, attention_data_parallel=8)
    own = dataclasses.replace(base, placement=wide)
    one_host = dataclasses.replace(base.constants, shared_host=1.0)
    shared = dataclasses.replace(own, constants=one_host)
    one = serving.decode_step(base, 64, 1024).host_s
    assert serving.decode_step(shared, 64, 1024).host_s == pytest.approx(one)
    groups = serving.decode_step(own, 64, 1024).host_s
    assert groups == pytest.approx(serving.decode_step(base, 8, 1024).host_s)


@few
@given(st.floats(0.1, 12.0))
def test_an_endless_open_loop_obeys_littles_law(rate: float) -> None:
    run = serving.open_loop(llama_8b_on_h100(), rate, 1024, 256, requests=np.inf)
    assert run.requests_per_s == pytest.approx(rate, rel=1e-6)
    inside = run.decoding_sequences / rate
    steps_and_prompts = run.time_per_output_token_s * 256
    assert inside == pytest.approx(steps_and_prompts, rel=0.05)
    assert inside >= steps_and_prompts


def test_an_overloaded_endless_loop_serves_what_it_can_and_nobody_gets_a_first_token() -> None:
    base = llama_8b_on_h100()
    most = serving.most_arrivals_per_s(base, 1024, 256, sequence_limit=128)
    run = serving.open_loop(base, 10 * most, 1024, 256, sequence_limit=128, requests=np.inf)
    assert run.requests_per_s == pytest.approx(most, rel=0.01)
    assert np.isinf(run.time_to_first_token_s)


def test_a_run_of_one_request_is_that_request_at_any_rate() -> None:
    runs = serving.open_loop(llama_8b_on_h100(), [0.01, 1e3], 1024, 256, requests=1)
    assert runs.requests_per_s[0] == pytest.approx(runs.requests_per_s[1])
    assert runs.requests_per_s * runs.request_s == pytest.approx(1.0, rel=0.02)


@few
@given(st.integers(2, 1000), st.integers(2, 100))
def test_a_longer_run_comes_closer_to_its_arrival_rate(requests: int, factor: int) -> None:
    base = llama_8b_on_h100()
    short = serving.open_loop(base, 5.0, 1024, 256, requests=requests)
    long = serving.open_loop(base, 5.0, 1024, 256, requests=requests * factor)
    assert short.requests_per_s <= long.requests_per_s * (1 + 1e-6) <= 5.0 * (1 + 2e-6)


@few
@given(st.floats(0.0, 0.99), st.floats(0.0, 1.0))
def test_prefix_cache_saves_time(first: float, second: float) -> None:
    low, high = sorted((first, second))
    base = llama_8b_on_h100()
    cold = serving.prefill_pass(base, 1, 8192, low).total_s
    assert serving.prefill_pass(base, 1, 8192, high).total_s <= cold * (1 + 1e-12)


def test_speculation_without_drafts_is_plain_decoding() -> None:
    base = llama_8b_on_h100()
    plain = serving.speculative_time_per_output_token_s(
        base, 4, 1024, acceptance_fraction=0.7, draft_tokens=0, draft_cost_fraction=0.1
    )
    assert plain == pytest.approx(step_s(base, 4, 1024))


def test_speculation_stops_paying_at_large_batches() -> None:
    base = llama_8b_on_h100()
    drafts = {"acceptance_fraction": 0.6, "draft_tokens": 3, "draft_cost_fraction": 0.05}
    batches = np.array([1.0, 2048.0])
    fast = serving.speculative_time_per_output_token_s(base, batches, 512, **drafts)
    gain = serving.decode_step(base, batches, 512).total_s / fast
    assert gain[0] > 1.5
    assert gain[1] < gain[0]


def test_disaggregation_removes_interference_and_balances() -> None:
    base = llama_8b_on_h100()
    mixed = serving.fixed_concurrency(base, 64, 8192, 256)
    split = serving.disaggregated(base, base, 64, 8192, 256)
    assert split.decode.time_per_output_token_s < mixed.time_per_output_token_s
    offered = split.decode.requests_per_s * serving.packed_prefill_s(base, 8192)
    assert offered / split.prefill_copies_per_decode_copy == pytest.approx(0.7)


def test_costs_add_up_and_scale() -> None:
    base = llama_8b_on_h100()
    load = {"usd_per_accelerator_hour": 3.0, "cached_fraction": 0.25}
    full = serving.token_costs(base, 64, 4000, 500, **load)
    half = serving.token_costs(base, 64, 4000, 500, utilisation=0.5, **load)
    assert half.request_usd == pytest.approx(2 * full.request_usd)
    kinds = (full.input_usd_per_mtok, full.cached_input_usd_per_mtok, full.output_usd_per_mtok)
    parts = np.dot(kinds, (3000, 1000, 500)) / 1e6
    assert parts == pytest.approx(full.request_usd)


def test_pareto_front_holds_no_beaten_point() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.random((2, 200))
    mask = serving.pareto_mask(x, y)
    for i in np.flatnonzero(mask):
        assert not np.any((x > x[i]) & (y > y[i]))
    for i in np.flatnonzero(~mask):
        assert np.any((x >= x[i]) & (y >= y[i]) & ((x > x[i]) | (y > y[i])))


def test_fleet_says_what_binds() -> None:
    options = serving.fleet_options(
        llama_8b_on_h100(), np.array([1, 4, 16]), 1024, 256,
        requests_per_s=50.0, time_to_first_token_s=5.0, time_per_output_token_s=0.001,
    )  # fmt: skip
    with pytest.raises(errors.ComputebookError, match="time per output token binds"):
        options.smallest()


def test_fleet_carries_the_load_with_headroom() -> None:
    options = serving.fleet_options(
        llama_8b_on_h100(), np.array([4, 16, 64]), 1024, 256,
        requests_per_s=80.0, time_to_first_token_s=2.0, time_per_output_token_s=0.03,
        headroom_fraction=0.25,
    )  # fmt: skip
    best = options.smallest()
    rate = np.asarray(options.performance.requests_per_s)[best] * options.copies[best]
    assert rate >= 100.0
    assert rate - np.asarray(options.performance.requests_per_s)[best] < 100.0


@pytest.mark.parametrize(
    ("message_bytes", "measured_s"),
    [(16_384, 3.6e-6), (1_048_576, 26.0e-6), (16_777_216, 122.3e-6), (134_217_728, 575.5e-6)],
)
def test_all_reduce_over_eight_h100_follows_measured_times(
    message_bytes: float, measured_s: float
) -> None:
    predicted = float(all_reduce_s(llama_8b_on_h100(8), float(message_bytes), 8.0))
    assert predicted == pytest.approx(measured_s, rel=0.45)


def test_bad_numbers_name_field_value_and_bound() -> None:
    with pytest.raises(errors.ComputebookError, match=r"concurrency = 0 users .* 1 to 1e\+09"):
        serving.fixed_concurrency(llama_8b_on_h100(), 0, 1024, 256)
    with pytest.raises(errors.ComputebookError, match=r"memory_fraction = 1\.2"):
        serving.ServingConstants(memory_fraction=1.2)
