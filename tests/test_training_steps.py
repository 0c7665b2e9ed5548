"""Step time, memory, layouts and campaigns of training: published cases and laws of physics."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from computebook import datasets, training
from computebook.errors import ComputebookError
from computebook.training import Batch, Layout, TrainingConstants, examples

GIB = 2.0**30
LLAMA = examples.llama_405b()
H100 = examples.h100()
degrees = st.sampled_from([1.0, 2.0, 4.0, 8.0])
modes = st.sampled_from(training.RECOMPUTE)


def step(layout: Layout, batch: Batch, **constants: float) -> training.StepTime:
    chosen = TrainingConstants(**constants)
    return training.step_time(LLAMA, H100, layout, batch, precision="fp8", constants=chosen)


# FLOP by convention: Llama 3.1 405B at 8,192 tokens, in TFLOP per token


@pytest.mark.parametrize(
    ("convention", "published"),
    [
        ("parameters", 2.422),
        ("causal", 2.524),
        ("full", 21508 / 8192),
        ("full-with-embedding", 834 / 315),
    ],
)
def test_flop_conventions_of_llama_405b(convention: str, published: float) -> None:
    found = training.flop_per_token(LLAMA, 8192, convention=convention) / 1e12
    assert found == pytest.approx(published, rel=0.004)


def test_hardware_flop_of_the_megatron_paper() -> None:
    a = datasets.architecture("megatron-gpt-1t")
    s, h, v = 2048, 25600, 51200
    paper = 96 * 128 * h**2 * (1 + s / (6 * h) + v / (16 * 128 * h))
    found = training.flop_per_token(a, s, convention="hardware")
    # The paper recomputes all but the head.
    assert found == pytest.approx(paper, rel=0.003)


def test_deepseek_v3_flop_with_a_further_token() -> None:
    """Megatron Bridge prints 4,912 tokens/s as 1,276 TFLOP/s."""
    a = datasets.architecture("deepseek-v3")
    assert training.flop_per_token(a, 4096, predicted_tokens=2) == pytest.approx(
        1276e12 / 4912, rel=0.03
    )


@given(st.floats(128, 1e5), st.floats(1, 4))
def test_flop_grow_with_context_and_predicted_tokens(tokens: float, predicted: float) -> None:
    base = training.flop_per_token(LLAMA, tokens, predicted_tokens=predicted)
    assert training.flop_per_token(LLAMA, 2 * tokens, predicted_tokens=predicted) > base
    assert training.flop_per_token(LLAMA, tokens, predicted_tokens=predicted + 1) > base


def test_parts_of_a_forward_pass_add_up() -> None:
    parts = training.forward_flop_per_token(LLAMA, 8192)
    assert parts.total == pytest.approx(parts.dense + parts.experts + parts.attention + parts.head)
    assert parts.experts == 0


# Activations: closed forms of Korthikanti et al., exact


@pytest.mark.parametrize(
    ("shape", "parallel", "recompute", "layers", "published_gib"),
    [
        ((2048, 4, 6144, 64, 8), False, "none", 48, 59.25),
        ((2048, 4, 6144, 64, 8), True, "selective", 48, 9.5625),
        ((2048, 1, 20480, 128, 8), False, "none", 139, 114.0234375),
        ((2048, 1, 20480, 128, 8), True, "selective", 139, 23.076171875),
    ],
)
def test_closed_forms_of_activations(
    shape: tuple[int, ...], parallel: bool, recompute: str, layers: int, published_gib: float
) -> None:
    each = training.korthikanti_activation_bytes(
        *shape, sequence_parallel=parallel, recompute=recompute
    )
    assert each * layers / GIB == published_gib


def test_interleaving_of_the_530b_model_keeps_139_layers() -> None:
    layout = Layout(pipeline=35, virtual_stages=3)
    assert training.layers_in_flight(105, layout, 280) == 139


def test_full_recomputation_keeps_two_bytes_per_value() -> None:
    found = training.korthikanti_activation_bytes(2048, 4, 6144, 64, 8, recompute="full")
    assert found == 2 * 2048 * 4 * 6144


def test_count_by_tensor_agrees_with_the_closed_form_without_scores_and_dropout() -> None:
    """34 bytes less two of dropout masks per value, for a GPT with a plain MLP."""
    gpt = datasets.architecture("megatron-gpt-22b")
    found = training.activation_bytes_per_layer(gpt, Layout(), 1.0)
    assert found == 32 * gpt.hidden_size


@given(degrees, modes, st.floats(1, 1e5))
def test_recomputation_saves_memory(tensor: float, mode: str, tokens: float) -> None:
    layout = Layout(tensor=tensor)
    kept = [
        training.activation_bytes_per_layer(LLAMA, layout, tokens, recompute=m)
        for m in training.RECOMPUTE
    ]
    assert kept == sorted(kept, reverse=True)
    assert training.activation_bytes_per_layer(
        LLAMA, layout, 2 * tokens, recompute=mode
    ) == pytest.approx(2 * kept[training.RECOMPUTE.index(mode)])


# States


@pytest.mark.parametrize(
    ("sharding", "bytes_per_parameter"),
    [(0, 18.0), (1, 6 + 12 / 8), (2, 2 + 16 / 8)],
)
def test_states_by_zero_stage(sharding: int, bytes_per_parameter: float) -> None:
    llama = examples.llama_8b()
    states = training.state_bytes(llama, Layout(data=8, sharding=sharding))
    assert sum(states) / 8.030261248e9 == pytest.approx(bytes_per_parameter)


def test_zero_3_leaves_a_share_and_two_layers() -> None:
    llama = examples.llama_8b()
    weights, gradients, optimizer = training.state_bytes(llama, Layout(data=1024, sharding=3))
    share = 8.030261248e9 / 1024
    assert (gradients, optimizer) == (pytest.approx(4 * share), pytest.approx(12 * share))
    assert weights == pytest.approx(2 * share + 4 * 8.030261248e9 / 32)


@given(degrees, degrees, st.integers(0, 3))
def test_more_of_anything_never_needs_more_memory(
    tensor: float, data: float, sharding: int
) -> None:
    batch = Batch(sequence_tokens=4096, sequences=64)
    base = Layout(tensor=tensor, data=data, sharding=sharding)
    need = training.training_memory(LLAMA, base, batch).total_bytes
    for more in ({"tensor": 2 * tensor}, {"data": 2 * data}, {"recompute": "full"}):
        other = dataclasses.replace(base, **more)
        assert training.training_memory(LLAMA, other, batch).total_bytes <= need * (1 + 1e-12)


def test_parts_of_memory_add_up() -> None:
    used = training.training_memory(LLAMA, *examples.llama_405b_on_1024())
    parts = [getattr(used, field.name) for field in dataclasses.fields(used)]
    assert used.total_bytes == pytest.approx(sum(parts))


@pytest.mark.parametrize("states", training.STATE_FORMATS)
def test_every_state_format_counts(states: str) -> None:
    form = training.STATE_FORMATS[states]
    found = sum(training.state_bytes(examples.llama_8b(), Layout(), states=states))
    assert found / 8.030261248e9 == pytest.approx(form.weights + form.gradients + form.optimizer)


# Step time: published cases with general constants, no calibration


def test_llama_405b_on_1024_h100_within_a_fifth() -> None:
    """Megatron Bridge measures 326 tokens/s per GPU."""
    found = step(*examples.llama_405b_on_1024()).tokens_per_s_per_accelerator
    assert found == pytest.approx(326, rel=0.2)


def test_llama_405b_bf16_utilization() -> None:
    """Llama 3 reached 400 TFLOP/s, 41 %, on 16,384 H100 at tensor 8, pipeline 16, data 128."""
    layout = Layout(tensor=8, pipeline=16, data=128, virtual_stages=8)
    batch = Batch(sequence_tokens=8192, sequences=2048)
    found = training.step_time(LLAMA, H100, layout, batch)
    flop = training.flop_per_token(LLAMA, 8192, convention="parameters")
    reached = found.model_flop_utilization(flop, H100.bf16_flop_per_s)
    assert reached == pytest.approx(0.41, abs=0.08)


def test_bubble_is_the_published_one() -> None:
    """(p - 1) / (m v) of the work, Narayanan et al., section 2.2."""
    layout = Layout(tensor=8, pipeline=8, data=2, virtual_stages=2)
    found = step(layout, Batch(sequence_tokens=4096, sequences=64))
    work = found.total_s - found.bubble_s - found.data_s - found.optimizer_s - found.waiting_s
    assert found.bubble_s / work == pytest.approx(7 / (32 * 2), rel=1e-9)


def test_strong_scaling_costs_what_mlperf_shows() -> None:
    """GB200 from 512 to 2,560 GPUs at MLPerf v5.1 kept 90 % per GPU; the model must be near."""
    gb200 = datasets.accelerator("gb200")
    rates = []
    for count, sequences in ((512, 1152), (2560, 960)):
        layout = Layout(tensor=4, pipeline=8, context=2, data=count / 64, virtual_stages=8)
        batch = Batch(sequence_tokens=8192, sequences=sequences)
        found = training.step_time(LLAMA, gb200, layout, batch, precision="nvfp4")
        rates.append(found.tokens_per_s_per_accelerator)
    assert rates[1] / rates[0] == pytest.approx(0.904, abs=0.05)


# Step time: laws


@given(degrees, degrees, degrees, modes, st.sampled_from([0, 1, 3]))
def test_parts_are_positive_and_add_up(
    tensor: float, pipeline: float, context: float, mode: str, sharding: int
) -> None:
    layout = Layout(tensor=tensor, pipeline=pipeline, context=context, data=4, recompute=mode,
                    sharding=sharding)  # fmt: skip
    found = step(layout, Batch(sequence_tokens=8192, sequences=64))
    parts = [
        float(getattr(found, field.name))
        for field in dataclasses.fields(found)
        if field.name.endswith("_s")
    ]
    assert min(parts) >= 0
    assert sum(parts) == pytest.approx(found.total_s)


@given(degrees, degrees, degrees)
def test_utilization_stays_below_the_ceiling(
    tensor: float, pipeline: float, context: float
) -> None:
    layout = Layout(tensor=tensor, pipeline=pipeline, context=context, data=2)
    found = step(layout, Batch(sequence_tokens=8192, sequences=64), matrix_fraction=0.7)
    flop = training.flop_per_token(LLAMA, 8192, convention="parameters")
    assert found.model_flop_utilization(flop, H100.fp8_flop_per_s) < 0.7


@given(st.floats(0.3, 0.9), st.floats(1.01, 1.1))
def test_better_hardware_is_never_slower(fraction: float, better: float) -> None:
    layout, batch = examples.llama_405b_on_1024()
    base = step(layout, batch, matrix_fraction=fraction).total_s
    assert step(layout, batch, matrix_fraction=fraction * better).total_s < base
    for field in ("scale_up_bytes_per_s", "memory_bandwidth_bytes_per_s", "fp8_flop_per_s"):
        device = dataclasses.replace(H100, **{field: getattr(H100, field) * better})
        constants = TrainingConstants(matrix_fraction=fraction)
        other = training.step_time(
            LLAMA, device, layout, batch, precision="fp8", constants=constants
        )
        assert other.total_s <= base


def test_more_micro_batches_shrink_the_bubble() -> None:
    layout = Layout(tensor=8, pipeline=8, data=2)
    shares = [
        found.bubble_s / found.total_s
        for n in (16, 32, 128)
        if (found := step(layout, Batch(sequence_tokens=4096, sequences=n)))
    ]
    assert shares[0] > shares[1] > shares[2]


def test_frozen_weights_save_a_third_of_the_products() -> None:
    layout = Layout(tensor=4)
    whole, frozen = (
        step(layout, Batch(sequence_tokens=8192, sequences=8, frozen=share)) for share in (0, 1)
    )
    assert frozen.matrix_s == pytest.approx(whole.matrix_s * 2 / 3)
    assert frozen.data_s == 0


def test_one_accelerator_talks_to_nobody() -> None:
    found = training.step_time(
        examples.llama_8b(), H100, Layout(), Batch(sequence_tokens=4096, sequences=4)
    )
    talk = (found.tensor_s, found.context_s, found.expert_s, found.handover_s, found.data_s)
    assert talk == (0, 0, 0, 0, 0)
    assert found.bubble_s == 0
    assert found.waiting_s == 0


def test_experts_cost_more_when_their_exchange_leaves_the_domain() -> None:
    model = datasets.architecture("qwen3-235b-a22b")
    batch = Batch(sequence_tokens=4096, sequences=1024)
    layout = Layout(pipeline=8, data=32, expert=32)
    near, far = (
        training.step_time(model, dataclasses.replace(H100, scale_up_domain=domain), layout, batch)
        for domain in (32, 8)
    )
    assert far.expert_s > 1.5 * near.expert_s > 0


def test_arrays_give_what_scalars_give() -> None:
    tensors = np.array([1.0, 2.0, 8.0])
    batch = Batch(sequence_tokens=8192, sequences=64)
    together = step(Layout(tensor=tensors, data=2), batch)
    for where, tensor in enumerate(tensors):
        alone = step(Layout(tensor=float(tensor), data=2), batch)
        assert together.total_s[where] == pytest.approx(alone.total_s)
    assert isinstance(alone.total_s, float)
    assert isinstance(alone.tokens_per_s_per_accelerator, float)


# Search


def brute_force(batch: Batch, count: int) -> float:
    layouts = training.candidate_layouts(examples.llama_8b(), count, batch.sequences)
    best = np.inf
    for i in range(len(layouts.tensor)):
        one = Layout(**{
            field.name: np.asarray(getattr(layouts, field.name))[i].item()
            for field in dataclasses.fields(layouts)
            if np.ndim(getattr(layouts, field.name))
        })  # fmt: skip
        need = training.training_memory(examples.llama_8b(), one, batch).total_bytes
        if need <= 0.94 * H100.memory_bytes:
            best = min(best, training.step_time(examples.llama_8b(), H100, one, batch).total_s)
    return best


def test_search_finds_what_brute_force_finds() -> None:
    batch = Batch(sequence_tokens=8192, sequences=16.0)
    found = training.fastest_layout(examples.llama_8b(), H100, 4, batch)
    assert found.step.total_s == pytest.approx(brute_force(batch, 4))
    assert 0 < found.feasible < found.tried
    assert found.memory_bytes <= 0.94 * H100.memory_bytes
    assert found.layout.accelerators == 4


def test_candidates_divide_everything() -> None:
    model = datasets.architecture("qwen3-30b-a3b")
    found = training.candidate_layouts(model, 16, 96.0)
    assert np.all(found.accelerators == 16)
    assert np.all(96 % (found.data * found.micro_batch) == 0)
    assert np.all(model.experts % found.expert == 0)
    assert np.all(found.tensor <= 8)


def test_what_fits_nowhere_is_said() -> None:
    batch = Batch(sequence_tokens=8192, sequences=8)
    with pytest.raises(ComputebookError, match="fits in no layout; the smallest needs"):
        training.fastest_layout(LLAMA, H100, 8, batch)


# Campaigns


def test_llama_405b_takes_the_days_that_it_took() -> None:
    """78 days of 16,384 GPUs were reported; ramp and failures left 0.84 of full speed."""
    run = training.campaign(
        15.6e12, 400e12 / 2.422e12, 16_384, training.Reliability(ramp_fraction=0.9)
    )
    assert run.gpu_hours / 1e6 == pytest.approx(30.84, rel=0.07)
    assert run.goodput == pytest.approx(0.84, abs=0.01)


@pytest.mark.parametrize(("count", "least", "most"), [(16_384, 0.92, 0.94), (150_000, 0.6, 0.75)])
def test_goodput_falls_with_size(count: int, least: float, most: float) -> None:
    assert least < training.campaign(1e13, 1e3, count).goodput < most


@given(st.floats(1e3, 2e5), st.floats(10, 1e4))
def test_campaign_arithmetic(count: float, speed: float) -> None:
    run = training.campaign(1e13, speed, count)
    assert run.calendar_s * run.goodput == pytest.approx(run.training_s)
    assert run.gpu_hours == pytest.approx(run.calendar_s * count / 3600)
    assert training.rental_usd(run.gpu_hours, 2.0) == pytest.approx(2 * run.gpu_hours)
    energy = training.joules_per_token(1000.0, speed, run.goodput)
    assert energy * 1e13 == pytest.approx(1000.0 * run.gpu_hours * 3600)


# Errors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Layout(tensor=0), "tensor = 0 accelerators"),
        (lambda: Layout(expert=16, data=8), "expert_data = 0.5 accelerators per expert share"),
        (lambda: Layout(recompute="fulll"), "did you mean 'full'"),
        (lambda: Batch(sequence_tokens=0, sequences=1), "sequence_tokens = 0 tokens"),
        (lambda: TrainingConstants(matrix_fraction=1.5), "matrix_fraction = 1.5"),
        (lambda: training.flop_per_token(LLAMA, 8192, convention="casual"), "mean 'causal'"),
        (lambda: training.state_bytes(LLAMA, Layout(), states="mixd"), "did you mean 'mixed'"),
        (lambda: training.campaign(1e12, 0, 8), "tokens_per_s_per_accelerator = 0 tokens/s"),
        (lambda: training.Reliability(ramp_fraction=2), "ramp_fraction = 2 of 1"),
        (lambda: training.candidate_layouts(LLAMA, 97, 3.0), "no layout divides 3 sequences"),
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ComputebookError) as caught:
        call()
    assert message in str(caught.value)
