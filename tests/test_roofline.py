"""Bounds from arithmetic and bandwidth: published points, limits and scaling laws."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import architectures, hardware, memory, roofline
from computebook.architectures import Transformer
from computebook.errors import ComputebookError
from computebook.hardware import Accelerator
from computebook.memory import Placement


def gpu(name: str, bandwidth: float, bf16: float, fp8: float, fp4: float = np.nan) -> Accelerator:
    return Accelerator(
        accelerator_id=name,
        memory_bytes=100e9,
        memory_bandwidth_bytes_per_s=bandwidth,
        bf16_flop_per_s=bf16,
        fp8_flop_per_s=fp8,
        fp4_flop_per_s=fp4,
    )


H100 = gpu("h100-sxm", 3.35e12, 989e12, 1979e12)
H200 = gpu("h200-sxm", 4.8e12, 989e12, 1979e12)
B200 = gpu("b200", 8e12, 2250e12, 4500e12, 9000e12)
GPUS = {"H100": H100, "H200": H200, "B200": B200}

LLAMA_70B = Transformer(
    architecture_id="llama-3.1-70b", layers=80, hidden_size=8192, attention_heads=64, kv_heads=8,
    head_dim=128, ffn_size=28672, vocab_size=128256,
)  # fmt: skip
DEEPSEEK_V3 = Transformer(
    architecture_id="deepseek-v3", layers=61, hidden_size=7168, attention_heads=128,
    kv_heads=128, head_dim=192, ffn_size=18432, vocab_size=129280, attention="mla",
    experts=256, experts_per_token=8, shared_experts=1, expert_ffn_size=2048, dense_layers=3,
    kv_lora_rank=512, q_lora_rank=1536, qk_rope_head_dim=64, qk_nope_head_dim=128,
    v_head_dim=128,
)  # fmt: skip
GPT_OSS_120B = Transformer(
    architecture_id="gpt-oss-120b", layers=36, hidden_size=2880, attention_heads=64, kv_heads=8,
    head_dim=64, vocab_size=201088, experts=128, experts_per_token=4, expert_ffn_size=2880,
    sliding_window_layers=18, sliding_window_tokens=128, qkv_bias=True, output_bias=True,
    mlp_bias=True,
)  # fmt: skip
GPT_3 = Transformer(
    architecture_id="gpt-3-175b", layers=96, hidden_size=12288, attention_heads=96, kv_heads=96,
    head_dim=128, ffn_size=49152, vocab_size=50257, attention="mha", gated_mlp=False,
    tied_embeddings=True,
)  # fmt: skip
QWEN3_NEXT = Transformer(
    architecture_id="qwen3-next-80b", layers=48, hidden_size=2048, attention_heads=16, kv_heads=2,
    head_dim=256, vocab_size=151936, experts=512, experts_per_token=10, shared_experts=1,
    expert_ffn_size=512, linear_attention_layers=36, linear_key_heads=16,
    linear_key_head_dim=128, linear_value_heads=32, linear_value_head_dim=128,
    linear_conv_kernel=4,
)  # fmt: skip
MODELS = [LLAMA_70B, DEEPSEEK_V3, GPT_OSS_120B, GPT_3, QWEN3_NEXT]
models = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.architecture_id)
contexts = st.integers(0, 1_000_000)
batches = st.integers(1, 4096)
few = settings(max_examples=25, deadline=None)


@pytest.mark.parametrize(
    ("flop_per_s", "bandwidth", "ridge"),
    [
        (989e12, 3.35e12, 295),
        (1979e12, 3.35e12, 591),
        (989e12, 4.8e12, 206),
        (2250e12, 8e12, 281),
        (312e12, 2.039e12, 153),
        (1.97e14, 8.1e11, 243),  # TPU v5e, the scaling book's worked case
    ],
)
def test_published_ridge_points(flop_per_s: float, bandwidth: float, ridge: float) -> None:
    assert round(roofline.ridge_point_flop_per_byte(flop_per_s, bandwidth)) == ridge


def test_the_roof_has_a_slope_a_ridge_and_a_flat() -> None:
    ridge = roofline.ridge_point_flop_per_byte(989e12, 3.35e12)
    below, at, above = roofline.attainable_flop_per_s(
        ridge * np.array([0.5, 1, 2]), 989e12, 3.35e12
    )
    assert below == pytest.approx(at / 2)
    assert at == pytest.approx(989e12)
    assert above == 989e12


@pytest.mark.parametrize(("name", "ms"), [("H100", 7.6), ("H200", 5.3), ("B200", 3.2)])
def test_reading_the_articles_cache_at_400k_tokens(name: str, ms: float) -> None:
    cache = memory.cache_bytes_from_elements(32_000, 400_000)
    seconds = roofline.read_s(cache, GPUS[name].memory_bandwidth_bytes_per_s)
    assert 1e3 * seconds == pytest.approx(ms, abs=0.05)


MEASURED_TPOT_MS = [  # Llama 3.1 70B as served: GPU, weights, TP, prompt, output, sequences, ms
    ("H100", "fp8", 4, 1024, 1024, 16, 13.19),
    ("H100", "fp8", 4, 1024, 1024, 64, 19.51),
    ("H100", "fp8", 8, 8192, 1024, 16, 15.85),
    ("H200", "fp8", 2, 1024, 1024, 64, 18.99),
    ("H200", "fp8", 4, 1024, 1024, 16, 8.93),
    ("H200", "fp8", 4, 8192, 1024, 32, 22.14),
    ("H200", "fp8", 8, 1024, 8192, 4, 6.45),
    ("B200", "fp8", 1, 1024, 1024, 64, 21.39),
    ("B200", "fp8", 4, 1024, 1024, 64, 9.72),
    ("B200", "nvfp4", 2, 8192, 1024, 64, 29.64),
    ("B200", "nvfp4", 8, 1024, 1024, 4, 6.31),
]


@pytest.mark.parametrize("case", MEASURED_TPOT_MS, ids=str)
def test_no_measured_step_is_faster_than_the_bound(
    case: tuple[str, str, int, int, int, int, float],
) -> None:
    name, weights, ranks, prompt, output, batch, measured_ms = case
    placement = Placement.of(weights, "fp8", tensor_parallel=ranks)
    held = 0.8 * prompt + output / 2
    bound_s = roofline.decode_step_lower_bound_s(LLAMA_70B, GPUS[name], held, batch, placement)
    assert 0.05 * measured_ms < 1e3 * bound_s < measured_ms


def test_forward_flop_of_gpt3_match_the_closed_form() -> None:
    """Narayanan et al.: 24 s l h^2 for the layers and 2 V h for the head."""
    layers, width = 96, 12288
    closed = 24 * layers * width**2 + 2 * 50257 * width
    assert roofline.matmul_flop_per_token(GPT_3) == pytest.approx(closed, rel=1e-3)
    assert roofline.attention_flop_per_token(GPT_3, 2048) == 4 * layers * width * 2048


def test_absorbed_latent_attention_costs_more_arithmetic_than_expanded() -> None:
    per_token_and_layer = roofline.attention_flop_per_token(DEEPSEEK_V3, 1) / 61
    assert per_token_and_layer == 2 * 128 * (576 + 512)
    prompt = roofline.prefill_flop(DEEPSEEK_V3, 4096) - roofline.prefill_flop(DEEPSEEK_V3, 4095)
    last_token = 2 * 128 * (192 + 128) * 61 * 4096
    body = roofline.matmul_flop_per_token(DEEPSEEK_V3) - 2 * 129280 * 7168
    assert prompt == pytest.approx(body + last_token, rel=1e-6)


@pytest.mark.parametrize(
    ("tokens", "window", "pairs"),
    [(1, 1, 1), (4, 4, 10), (4, 100, 10), (4, 1, 4), (1000, 128, 119_872)],
)
def test_causal_pairs(tokens: int, window: int, pairs: int) -> None:
    counted = sum(min(position, window) for position in range(1, tokens + 1))
    assert roofline.attended_pairs(tokens, window) == counted == pairs


@models
@given(prompt=st.integers(1, 200_000), share=st.floats(0, 1))
@few
def test_a_prompt_in_two_pieces_costs_one_more_head(
    model: Transformer, prompt: int, share: float
) -> None:
    cached = int(prompt * share)
    pieces = roofline.prefill_flop(model, cached) + roofline.prefill_flop(model, prompt, cached)
    head = 2 * model.vocab_size * model.hidden_size
    assert pieces - head == pytest.approx(roofline.prefill_flop(model, prompt), rel=1e-9)


@models
@given(context=contexts, batch=batches)
@few
def test_a_step_is_never_faster_than_its_bytes_or_its_arithmetic(
    model: Transformer, context: int, batch: int
) -> None:
    step_s = roofline.decode_step_lower_bound_s(model, H100, context, batch)
    read = roofline.decode_read_bytes(model, context, batch)
    flop = roofline.decode_step_flop(model, context, batch)
    slowest = max(read / H100.memory_bandwidth_bytes_per_s, flop / H100.bf16_flop_per_s)
    assert step_s == pytest.approx(slowest, rel=1e-12)


@models
@given(context=contexts, batch=batches, more=st.integers(1, 1000))
@few
def test_a_step_grows_with_context_and_batch_and_shrinks_with_bandwidth(
    model: Transformer, context: int, batch: int, more: int
) -> None:
    bound = roofline.decode_step_lower_bound_s
    here = bound(model, H100, context, batch)
    assert bound(model, H100, context + more, batch) >= here
    assert bound(model, H100, context, batch + more) >= here * (1 - 1e-12)
    assert bound(model, H200, context, batch) <= here


@models
@given(context=contexts, batch=batches, ranks=st.sampled_from([1, 2, 8, 64]))
@few
def test_parts_combine_into_the_step(
    model: Transformer, context: int, batch: int, ranks: int
) -> None:
    placement = Placement.of("fp8", "fp8", tensor_parallel=ranks)
    parts = roofline.decode_step_parts(model, H100, context, batch, placement)
    assert parts.step_s == max(parts.compute_s, parts.weight_read_s + parts.kv_read_s)
    assert parts.memory_s == parts.weight_read_s + parts.kv_read_s


@given(bandwidth=st.floats(0.05, 1), compute=st.floats(0.05, 1))
@few
def test_efficiencies_divide_their_own_part(bandwidth: float, compute: float) -> None:
    peak = roofline.decode_step_parts(LLAMA_70B, H100, 4096, 32)
    real = roofline.decode_step_parts(
        LLAMA_70B, H100, 4096, 32, bandwidth_efficiency=bandwidth, compute_efficiency=compute
    )
    assert real.compute_s == pytest.approx(peak.compute_s / compute)
    assert real.memory_s == pytest.approx(peak.memory_s / bandwidth)
    assert real.step_s >= peak.step_s


def test_one_token_touches_k_of_e_experts_and_many_touch_all() -> None:
    share = roofline.touched_expert_fraction(256, 8, np.array([0, 1, 64, 4096]))
    np.testing.assert_allclose(share, [0, 8 / 256, 1 - (1 - 8 / 256) ** 64, 1], atol=1e-12)
    assert roofline.touched_expert_fraction(0, 0, 64) == 0


@models
def test_touched_weights_lie_between_active_and_all(model: Transformer) -> None:
    lookup_only = np.where(model.tied_embeddings, 0, model.vocab_size * model.hidden_size)
    active = architectures.active_parameter_count(model, include_input_embedding=False)
    every = architectures.parameter_count(model) - lookup_only
    assert roofline.touched_weight_bytes(model, 1) == pytest.approx(2 * active)
    assert roofline.touched_weight_bytes(model, 1e9) == pytest.approx(2 * every)


def test_at_the_critical_batch_compute_equals_weight_reading() -> None:
    for placement in (Placement(), Placement.of("fp8", "fp8", tensor_parallel=8)):
        batch = roofline.critical_batch_size(LLAMA_70B, H100, placement, 50)
        parts = roofline.decode_step_parts(LLAMA_70B, H100, 50, batch, placement)
        assert parts.compute_s == pytest.approx(parts.memory_s)


def test_critical_batch_of_a_dense_model_is_the_ridge_point_and_of_an_moe_far_above() -> None:
    ridge = roofline.ridge_point_flop_per_byte(989e12, 3.35e12)
    assert roofline.critical_batch_size(LLAMA_70B, H100) == pytest.approx(ridge)
    sparse = roofline.critical_batch_size(DEEPSEEK_V3, H100)
    assert sparse == pytest.approx(ridge * 671 / 37, rel=0.02)


def test_long_contexts_never_become_compute_bound() -> None:
    assert roofline.critical_batch_size(LLAMA_70B, H100, context_tokens=100_000) == np.inf


def test_intensity_of_decoding_without_context_is_the_batch() -> None:
    """bf16: two operations per two bytes of weight."""
    assert roofline.decode_intensity_flop_per_byte(LLAMA_70B, 0, 64) == pytest.approx(64)


def test_bandwidth_for_a_target_is_what_the_bound_inverts() -> None:
    read = roofline.decode_read_bytes(LLAMA_70B, 128_000, 1)
    needed = roofline.minimum_bandwidth_bytes_per_s(read, 0.020)
    fitted = dataclasses.replace(H100, memory_bandwidth_bytes_per_s=needed)
    bound = roofline.decode_step_lower_bound_s(LLAMA_70B, fitted, 128_000, 1)
    assert bound == pytest.approx(0.020)
    speed = roofline.tokens_per_s_per_user_upper_bound(LLAMA_70B, fitted, 128_000, 1)
    assert speed == pytest.approx(50)


def test_a_replicated_latent_is_read_by_every_rank() -> None:
    shared = Placement(tensor_parallel=8)
    groups = Placement(tensor_parallel=8, attention_data_parallel=8)
    copied = roofline.decode_step_parts(DEEPSEEK_V3, H100, 100_000, 64, shared)
    split = roofline.decode_step_parts(DEEPSEEK_V3, H100, 100_000, 64, groups)
    assert copied.kv_read_s == pytest.approx(8 * split.kv_read_s)
    assert copied.weight_read_s < split.weight_read_s


def test_prefill_is_compute_bound_for_long_prompts_and_saved_by_a_prefix() -> None:
    parts = roofline.prefill_parts(LLAMA_70B, H100, 8192)
    assert parts.step_s == parts.compute_s
    cached = roofline.prefill_lower_bound_s(LLAMA_70B, H100, 8192, cached_tokens=6144)
    assert cached < 0.3 * parts.step_s
    slower = roofline.prefill_s(LLAMA_70B, H100, 8192, compute_efficiency=0.5)
    assert slower == pytest.approx(2 * parts.step_s)


def test_stacked_models_and_gpus_answer_as_scalars() -> None:
    every_model, every_gpu = architectures.stack(MODELS), hardware.stack(list(GPUS.values()))
    fp8 = Placement.of("fp8", "fp8", tensor_parallel=8)
    functions: list[Callable[[Any, Any], Any]] = [
        lambda a, g: roofline.decode_step_lower_bound_s(a, g, 8192, 16, fp8),
        lambda a, g: roofline.prefill_lower_bound_s(a, g, 8192, 2, fp8),
        lambda a, g: roofline.critical_batch_size(a, g, fp8),
        lambda a, g: roofline.tokens_per_s_per_user_upper_bound(a, g, 100, 1, fp8),
    ]
    for function in functions:
        single = [[function(model, one) for one in GPUS.values()] for model in MODELS]
        assert all(type(value) is float for row in single for value in row)
        for row, model in zip(single, MODELS, strict=True):
            np.testing.assert_allclose(function(model, every_gpu), row, rtol=1e-12)
        np.testing.assert_allclose(
            function(every_model, H100), [row[0] for row in single], rtol=1e-12
        )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: roofline.decode_step_lower_bound_s(LLAMA_70B, H100, -1),
            r"context_tokens = -1 tokens is out of bounds: allowed 0 to 1e\+08 tokens",
        ),
        (
            lambda: roofline.decode_step_s(LLAMA_70B, H100, 1, bandwidth_efficiency=1.2),
            "bandwidth_efficiency = 1.2 of peak is out of bounds",
        ),
        (
            lambda: roofline.decode_step_s(LLAMA_70B, H100, 1, compute_efficiency=float("nan")),
            "compute_efficiency = nan of peak",
        ),
        (lambda: roofline.prefill_flop(LLAMA_70B, -1), "prompt_tokens = -1 tokens"),
        (lambda: roofline.ridge_point_flop_per_byte(0, 1e12), "flop_per_s = 0 FLOP/s"),
        (
            lambda: roofline.minimum_bandwidth_bytes_per_s(1e9, 0),
            "time_per_output_token_s = 0 s is out of bounds",
        ),
        (
            lambda: roofline.decode_step_s(
                LLAMA_70B, H100, 1, 1, Placement(compute_precision="fp")
            ),
            "unknown precision 'fp': did you mean",
        ),
    ],
)
def test_bad_inputs_are_refused_in_one_sentence(call: Any, message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        call()
