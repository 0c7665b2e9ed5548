"""Cache and weight bytes against published and logged figures."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import architectures, memory
from computebook.architectures import Transformer
from computebook.errors import ComputebookError
from computebook.memory import Placement

GIB = 2.0**30


def grouped(name: str, layers: int, kv_heads: int, head_dim: int, **more: Any) -> Transformer:
    shape: dict[str, Any] = {
        "hidden_size": 4096, "attention_heads": 64, "ffn_size": 14336, "vocab_size": 128256,
    }  # fmt: skip
    return Transformer(
        architecture_id=name, layers=layers, kv_heads=kv_heads, head_dim=head_dim, **shape | more
    )


LLAMA_405B = grouped(
    "llama-3.1-405b", 126, 8, 128, hidden_size=16384, attention_heads=128, ffn_size=53248
)
LLAMA_70B = grouped("llama-3.1-70b", 80, 8, 128, hidden_size=8192, ffn_size=28672)
LLAMA_8B = grouped("llama-3.1-8b", 32, 8, 128, attention_heads=32)
GPT_3 = grouped("gpt-3", 96, 96, 128, hidden_size=12288, attention_heads=96, attention="mha")
GEMMA_3_27B = grouped(
    "gemma-3-27b", 62, 16, 128, sliding_window_layers=52, sliding_window_tokens=1024
)
GPT_OSS_120B = grouped(
    "gpt-oss-120b", 36, 8, 64, hidden_size=2880, vocab_size=201088, experts=128,
    experts_per_token=4, expert_ffn_size=2880, sliding_window_layers=18,
    sliding_window_tokens=128, qkv_bias=True, output_bias=True, mlp_bias=True,
)  # fmt: skip
QWEN3_235B = grouped(
    "qwen3-235b-a22b", 94, 4, 128, vocab_size=151936, experts=128, experts_per_token=8,
    expert_ffn_size=1536,
)  # fmt: skip
DEEPSEEK_V3 = grouped(
    "deepseek-v3", 61, 128, 192, hidden_size=7168, attention_heads=128, attention="mla",
    vocab_size=129280, ffn_size=18432, experts=256, experts_per_token=8, shared_experts=1,
    expert_ffn_size=2048, dense_layers=3, kv_lora_rank=512, q_lora_rank=1536,
    qk_rope_head_dim=64, qk_nope_head_dim=128, v_head_dim=128,
)  # fmt: skip
DEEPSEEK_V32 = dataclasses.replace(
    DEEPSEEK_V3, architecture_id="deepseek-v3.2", indexer_heads=64, indexer_head_dim=128,
    indexer_top_k=2048,
)  # fmt: skip
QWEN3_NEXT = grouped(
    "qwen3-next-80b", 48, 2, 256, hidden_size=2048, attention_heads=16, vocab_size=151936,
    linear_attention_layers=36, linear_key_heads=16, linear_key_head_dim=128,
    linear_value_heads=32, linear_value_head_dim=128, linear_conv_kernel=4,
)  # fmt: skip
MODELS = [
    LLAMA_405B, LLAMA_8B, GPT_3, GEMMA_3_27B, GPT_OSS_120B, QWEN3_235B, DEEPSEEK_V3, DEEPSEEK_V32,
    QWEN3_NEXT,
]  # fmt: skip
FULL_ATTENTION = [LLAMA_405B, LLAMA_8B, GPT_3, QWEN3_235B, DEEPSEEK_V3, DEEPSEEK_V32]
models = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.architecture_id)
contexts = st.integers(0, 2_000_000)
batches = st.integers(1, 4096)


@pytest.mark.parametrize(
    ("model", "mode", "bytes_per_token"),
    [
        (LLAMA_405B, "bounded", 516_096),
        (DEEPSEEK_V3, "bounded", 70_272),
        (GPT_OSS_120B, "bounded", 36_864),
        (GPT_OSS_120B, "full", 73_728),
        (GEMMA_3_27B, "bounded", 81_920),
        (GEMMA_3_27B, "full", 507_904),
        (GPT_3, "bounded", 4_718_592),
        (QWEN3_NEXT, "bounded", 24_576),
        (LLAMA_70B, "bounded", 327_680),
    ],
    ids=lambda value: getattr(value, "architecture_id", str(value)),
)
def test_published_bf16_bytes_per_token(
    model: Transformer, mode: str, bytes_per_token: int
) -> None:
    assert memory.kv_bytes_per_token(model, sliding_window=mode) == bytes_per_token


def test_the_articles_constant_gives_its_two_figures() -> None:
    assert memory.cache_bytes_from_elements(32_000, 400_000, kv_bits=8) == 12.8e9
    assert memory.cache_bytes_from_elements(32_000, 128_000, kv_bits=8) == pytest.approx(
        4.1e9, 2e-3
    )


def test_logged_qwen3_cache_on_four_gpus() -> None:
    """vLLM logged 178,880 tokens in 8.11 GiB, SGLang 367,404 tokens in 16.46 GiB per GPU."""
    four = Placement(tensor_parallel=4)
    sglang = memory.kv_bytes_per_accelerator(QWEN3_235B, 367_404, 1, four)
    vllm = memory.kv_bytes_per_accelerator(QWEN3_235B, 178_880, 1, four)
    assert sglang / GIB == pytest.approx(16.46, rel=1e-3)
    assert vllm / GIB == pytest.approx(8.11, rel=0.02)


def test_logged_gpt_oss_cache_keeps_all_pages() -> None:
    """vLLM logged 78,384 tokens in 5.38 GiB."""
    reserved = memory.kv_cache_bytes(GPT_OSS_120B, 78_384, sliding_window="full")
    assert reserved / GIB == pytest.approx(5.38, rel=1e-3)


def test_gpt_oss_weights_are_below_what_engines_load() -> None:
    """Loaded: 64.4 to 66.0 GiB; padding accounts for 6 to 9 percent."""
    weights = memory.weight_bytes(GPT_OSS_120B, 16, expert_bits=4.25) / GIB
    assert weights == pytest.approx(60.7, rel=2e-3)
    assert 64.4 / weights - 1 == pytest.approx(0.06, abs=0.01)


def test_cache_at_400k_tokens_spans_fourteen_times() -> None:
    largest = memory.kv_cache_bytes(LLAMA_405B, 400_000)
    smallest = memory.kv_cache_bytes(GPT_OSS_120B, 400_000)
    assert largest / 1e9 == pytest.approx(206.4, rel=1e-3)
    assert smallest / 1e9 == pytest.approx(14.75, rel=1e-3)
    assert largest / smallest == pytest.approx(14, rel=1e-2)


@pytest.mark.parametrize("model", FULL_ATTENTION, ids=lambda model: model.architecture_id)
@given(context=st.integers(1, 1_000_000), batch=batches)
@settings(max_examples=20, deadline=None)
def test_cache_doubles_with_context_for_full_attention(
    model: Transformer, context: int, batch: int
) -> None:
    once = memory.kv_cache_bytes(model, context, batch)
    assert memory.kv_cache_bytes(model, 2 * context, batch) == pytest.approx(2 * once, rel=1e-12)


@models
@given(context=contexts, batch=batches)
@settings(max_examples=20, deadline=None)
def test_cache_grows_with_context_and_in_proportion_to_batch(
    model: Transformer, context: int, batch: int
) -> None:
    here = memory.kv_cache_bytes(model, context, batch)
    assert memory.kv_cache_bytes(model, context + 1, batch) > here
    assert memory.kv_cache_bytes(model, context, 2 * batch) == pytest.approx(2 * here, rel=1e-12)


@given(beyond=st.integers(0, 1_000_000))
@settings(max_examples=20, deadline=None)
def test_windowed_layers_stop_growing(beyond: int) -> None:
    only_windows = dataclasses.replace(
        GEMMA_3_27B, full_attention_layers=0, sliding_window_layers=62
    )
    at_window = memory.kv_cache_bytes(only_windows, 1024)
    assert memory.kv_cache_bytes(only_windows, 1024 + beyond) == at_window
    assert memory.kv_cache_bytes(only_windows, 1023) < at_window


@models
@given(context=contexts)
@settings(max_examples=20, deadline=None)
def test_full_reservation_is_never_smaller_and_reads_never_exceed_it(
    model: Transformer, context: int
) -> None:
    bounded = memory.kv_cache_bytes(model, context)
    assert memory.kv_cache_bytes(model, context, sliding_window="full") >= bounded
    state = memory.linear_state_elements(model) * memory.LINEAR_STATE_BITS / 8
    assert memory.kv_read_bytes(model, context) <= bounded + state


def test_sparse_attention_reads_little_of_a_cache_it_keeps_whole() -> None:
    keys = 61 * 132 * 128_000
    assert memory.kv_cache_bytes(DEEPSEEK_V32, 128_000) == 70_272 * 128_000 + keys
    assert memory.kv_read_bytes(DEEPSEEK_V32, 128_000) == 70_272 * 2048 + keys


def test_a_linear_state_does_not_depend_on_the_context() -> None:
    state = memory.kv_cache_bytes(QWEN3_NEXT, 0)
    assert state == pytest.approx(19_759_104 * 4)
    assert memory.kv_cache_bytes(QWEN3_NEXT, 1000) - state == pytest.approx(24_576_000)


@given(context=contexts, block=st.sampled_from([1, 16, 64, 256]))
@settings(max_examples=30, deadline=None)
def test_blocks_round_up_by_less_than_one_block(context: int, block: int) -> None:
    reserved = memory.cached_tokens_per_sequence(context, block)
    assert context <= reserved < context + block
    assert reserved % block == 0


@models
def test_weights_halve_from_bf16_to_fp8(model: Transformer) -> None:
    assert memory.weight_bytes(model, 8) == memory.weight_bytes(model, 16) / 2
    assert memory.weight_bytes(model, 16) == 2 * architectures.parameter_count(model)


def test_precision_of_a_part_changes_only_that_part() -> None:
    parts = architectures.parameter_parts(GPT_OSS_120B)
    saved = memory.weight_bytes(GPT_OSS_120B) - memory.weight_bytes(GPT_OSS_120B, expert_bits=4.25)
    assert saved == pytest.approx(parts.experts * (16 - 4.25) / 8)
    kept = memory.weight_bytes(GPT_OSS_120B, 4.25, embedding_bits=16)
    assert kept - memory.weight_bytes(GPT_OSS_120B, 4.25) == pytest.approx(
        (parts.embedding + parts.head) * (16 - 4.25) / 8
    )


@pytest.mark.parametrize(
    ("model", "ranks", "groups", "shards"),
    [
        (LLAMA_405B, 1, 1, 1),
        (LLAMA_405B, 8, 1, 8),
        (LLAMA_405B, 16, 1, 8),
        (QWEN3_235B, 8, 1, 4),
        (DEEPSEEK_V3, 8, 1, 1),
        (DEEPSEEK_V3, 8, 8, 8),
        (QWEN3_235B, 8, 2, 8),
    ],
)
def test_copies_of_the_cache(model: Transformer, ranks: int, groups: int, shards: int) -> None:
    assert memory.kv_shards(model, ranks, groups) == shards


def test_attention_groups_keep_a_copy_of_the_attention_weights() -> None:
    shared = memory.weight_bytes_per_accelerator(DEEPSEEK_V3, Placement(tensor_parallel=8))
    grouped_placement = Placement(tensor_parallel=8, attention_data_parallel=8)
    copied = memory.weight_bytes_per_accelerator(DEEPSEEK_V3, grouped_placement)
    attention = architectures.parameter_parts(DEEPSEEK_V3).attention * 2
    assert copied - shared == pytest.approx(attention * 7 / 8)


@models
@given(context=st.integers(1, 300_000), ranks=st.sampled_from([1, 2, 4, 8, 16]))
@settings(max_examples=15, deadline=None)
def test_the_largest_batch_fits_and_one_more_does_not(
    model: Transformer, context: int, ranks: int
) -> None:
    placement = Placement(tensor_parallel=ranks, weight_bits=8.0)
    batch = memory.max_batch_size(model, 192e9, context, placement)
    empty = memory.fits(model, 192e9, 0, 0, placement)
    assert memory.fits(model, 192e9, context, batch, placement) or (batch == 0 and not empty)
    assert not memory.fits(model, 192e9, context, batch + 1, placement)


@models
@given(batch=st.integers(1, 256), block=st.sampled_from([1, 16]))
@settings(max_examples=15, deadline=None)
def test_the_longest_context_fits_and_one_block_more_does_not(
    model: Transformer, batch: int, block: int
) -> None:
    placement = Placement(tensor_parallel=8, weight_bits=8.0, block_tokens=block)
    context = memory.max_context_tokens(model, 192e9, batch, placement)
    if context > 0:
        assert memory.fits(model, 192e9 * (1 + 1e-12), context, batch, placement)
    assert not memory.fits(model, 192e9, context + block, batch, placement)


def test_the_longest_context_respects_the_model() -> None:
    limited = dataclasses.replace(LLAMA_8B, max_context_tokens=131_072)
    assert memory.max_context_tokens(limited, 192e9) == 131_072


def test_a_full_reservation_shortens_the_context() -> None:
    kept = Placement(sliding_window="full", weight_bits=8.0)
    longest = memory.max_context_tokens(GEMMA_3_27B, 192e9, 8, Placement(weight_bits=8.0))
    assert memory.max_context_tokens(GEMMA_3_27B, 192e9, 8, kept) < longest / 5


@models
@pytest.mark.parametrize("counts", ["powers-of-two", "any"])
def test_accelerators_needed_is_the_smallest_that_fits(model: Transformer, counts: str) -> None:
    placement = Placement(attention_data_parallel=1)
    needed = memory.accelerators_needed(model, 85.5e9, 8192, 4, placement, counts=counts)
    enough = dataclasses.replace(placement, tensor_parallel=needed)
    assert memory.fits(model, 85.5e9, 8192, 4, enough)
    fewer = needed / 2 if counts == "powers-of-two" else needed - 1
    if fewer >= 1:
        too_few = dataclasses.replace(placement, tensor_parallel=fewer)
        assert not memory.fits(model, 85.5e9, 8192, 4, too_few)


def test_replicated_latents_cannot_be_bought_away_but_groups_help() -> None:
    demand = (DEEPSEEK_V3, 85.5e9, 131_072, 64)
    assert memory.accelerators_needed(*demand, Placement(weight_bits=8.0)) == np.inf
    grouped_placement = Placement(weight_bits=8.0, attention_data_parallel=16)
    assert memory.accelerators_needed(*demand, grouped_placement) == 32


def test_h100_starves_on_llama_70b_in_fp8_alone_but_h200_does_not() -> None:
    """TensorRT-LLM 0.17: one H100 reaches 840 tokens/s, two 4,391; one H200 2,823."""
    fp8 = Placement(weight_bits=8.0, kv_bits=8.0)
    assert memory.max_batch_size(LLAMA_70B, 85.5e9, 2000, fp8) <= 2
    assert memory.max_batch_size(LLAMA_70B, 150.8e9, 2000, fp8) > 150
    two = dataclasses.replace(fp8, tensor_parallel=2)
    assert memory.max_batch_size(LLAMA_70B, 85.5e9, 2000, two) > 200


def test_parts_on_an_accelerator_sum_to_the_total() -> None:
    parts = memory.memory_per_accelerator(LLAMA_70B, 8192, 16, Placement(tensor_parallel=4))
    assert parts.total_bytes == parts.weights_bytes + parts.kv_bytes + parts.runtime_bytes
    assert parts.runtime_bytes == 5.5 * GIB


def test_stacked_models_and_arrays_answer_as_scalars() -> None:
    together = architectures.stack(MODELS)
    span = np.array([0, 100, 8192, 400_000])
    placement = Placement(tensor_parallel=8, weight_bits=8.0)
    functions: dict[str, Callable[[Transformer, Any], Any]] = {
        "cache": lambda a, s: memory.kv_cache_bytes(a, s, 3, 8),
        "read": lambda a, s: memory.kv_read_bytes(a, s, 3, 8),
        "batch": lambda a, s: memory.max_batch_size(a, 192e9, np.maximum(s, 1), placement),
        "needed": lambda a, s: memory.accelerators_needed(a, 192e9, s, 2),
        "context": lambda a, s: memory.max_context_tokens(a, 192e9, 1 + s, placement),
    }
    for name, function in functions.items():
        grid = function(together, span[:, None])
        single = [[function(model, int(tokens)) for model in MODELS] for tokens in span]
        np.testing.assert_allclose(grid, single, rtol=1e-12, err_msg=name)
        assert all(type(value) is float for row in single for value in row), name


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: memory.kv_cache_bytes(LLAMA_8B, -5),
            r"context_tokens = -5 tokens is out of bounds: allowed 0 to 1e\+08 tokens",
        ),
        (lambda: memory.kv_cache_bytes(LLAMA_8B, float("nan")), "context_tokens = nan tokens"),
        (lambda: memory.kv_cache_bytes(LLAMA_8B, 1, -1), "batch_size = -1 sequences"),
        (lambda: memory.kv_cache_bytes(LLAMA_8B, 1, 1, 0), "kv_bits = 0 bit is out of bounds"),
        (
            lambda: memory.kv_elements_per_token(LLAMA_8B, "bound"),
            "unknown sliding_window 'bound': did you mean 'bounded'",
        ),
        (lambda: memory.weight_bytes(LLAMA_8B, 128), "weight_bits = 128 bit is out of bounds"),
        (lambda: memory.fits(LLAMA_8B, 80e9, 1, usable_fraction=1.2), "usable_fraction = 1.2"),
        (lambda: memory.fits(LLAMA_8B, -1, 1), "memory_bytes = -1 B is out of bounds"),
        (
            lambda: memory.accelerators_needed(LLAMA_8B, 80e9, 1, counts="power"),
            "unknown counts 'power': did you mean 'powers-of-two'",
        ),
        (lambda: Placement(tensor_parallel=0), "tensor_parallel = 0 accelerators"),
        (lambda: Placement.of("fp7"), "unknown precision 'fp7': did you mean 'fp8'"),
    ],
)
def test_bad_inputs_are_refused_in_one_sentence(call: Any, message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        call()
