"""Parameter counts against what the publishers print."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import architectures
from computebook.architectures import Transformer
from computebook.errors import ComputebookError

LLAMA_8B = Transformer(
    architecture_id="llama-3.1-8b", layers=32, hidden_size=4096, attention_heads=32, kv_heads=8,
    head_dim=128, ffn_size=14336, vocab_size=128256,
)  # fmt: skip
LLAMA_70B = dataclasses.replace(
    LLAMA_8B, architecture_id="llama-3.1-70b", layers=80, full_attention_layers=80,
    dense_layers=80, hidden_size=8192, attention_heads=64, ffn_size=28672,
)  # fmt: skip
LLAMA_405B = dataclasses.replace(
    LLAMA_8B, architecture_id="llama-3.1-405b", layers=126, full_attention_layers=126,
    dense_layers=126, hidden_size=16384, attention_heads=128, ffn_size=53248,
)  # fmt: skip
MIXTRAL_8X7B = Transformer(
    architecture_id="mixtral-8x7b", layers=32, hidden_size=4096, attention_heads=32, kv_heads=8,
    head_dim=128, vocab_size=32000, experts=8, experts_per_token=2, expert_ffn_size=14336,
)  # fmt: skip
QWEN3_235B = Transformer(
    architecture_id="qwen3-235b-a22b", layers=94, hidden_size=4096, attention_heads=64,
    kv_heads=4, head_dim=128, vocab_size=151936, experts=128, experts_per_token=8,
    expert_ffn_size=1536,
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
LLAMA_4_MAVERICK = Transformer(
    architecture_id="llama-4-maverick", layers=48, hidden_size=5120, attention_heads=40,
    kv_heads=8, head_dim=128, ffn_size=16384, vocab_size=202048, experts=128,
    experts_per_token=1, shared_experts=1, expert_ffn_size=8192, dense_layers=24,
    moe_layer_period=2,
)  # fmt: skip
GEMMA_3_27B = Transformer(
    architecture_id="gemma-3-27b", layers=62, hidden_size=5376, attention_heads=32, kv_heads=16,
    head_dim=128, ffn_size=21504, vocab_size=262208, tied_embeddings=True,
    sliding_window_layers=52, sliding_window_tokens=1024, norm_vectors_per_layer=4,
)  # fmt: skip
GPT_3 = Transformer(
    architecture_id="gpt-3-175b", layers=96, hidden_size=12288, attention_heads=96, kv_heads=96,
    head_dim=128, ffn_size=49152, vocab_size=50257, attention="mha", gated_mlp=False,
    tied_embeddings=True, qkv_bias=True, output_bias=True, mlp_bias=True,
    norm_vectors_per_layer=4, learned_positions=2048,
)  # fmt: skip
MODELS = [
    LLAMA_8B, LLAMA_70B, LLAMA_405B, MIXTRAL_8X7B, QWEN3_235B, DEEPSEEK_V3, GPT_OSS_120B,
    LLAMA_4_MAVERICK, GEMMA_3_27B, GPT_3,
]  # fmt: skip


@pytest.mark.parametrize(
    ("model", "published_b"),
    [
        (LLAMA_8B, 8.03),
        (LLAMA_70B, 70.6),
        (LLAMA_405B, 405.9),
        (MIXTRAL_8X7B, 46.7),
        (QWEN3_235B, 235.1),
        (DEEPSEEK_V3, 671.0),
        (GPT_OSS_120B, 116.8),
        (LLAMA_4_MAVERICK, 400.0),
        (GEMMA_3_27B, 27.0),
        (GPT_3, 174.6),
    ],
    ids=lambda value: getattr(value, "architecture_id", ""),
)
def test_total_is_within_two_thousandths_of_the_published_count(
    model: Transformer, published_b: float
) -> None:
    assert architectures.parameter_count(model) / 1e9 == pytest.approx(published_b, rel=2e-3)


@pytest.mark.parametrize(
    ("model", "with_embedding", "published_b"),
    [
        (MIXTRAL_8X7B, True, 12.9),
        (QWEN3_235B, True, 22.2),
        (DEEPSEEK_V3, False, 37.0),
        (GPT_OSS_120B, False, 5.13),
    ],
    ids=lambda value: getattr(value, "architecture_id", ""),
)
def test_active_count_is_within_a_percent_of_the_published_one(
    model: Transformer, with_embedding: bool, published_b: float
) -> None:
    active = architectures.active_parameter_count(model, with_embedding)
    assert active / 1e9 == pytest.approx(published_b, rel=0.011)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.architecture_id)
def test_parts_sum_to_the_total(model: Transformer) -> None:
    parts = architectures.parameter_parts(model)
    assert sum(dataclasses.astuple(parts)) == pytest.approx(parts.total, rel=1e-12)
    assert parts.total == architectures.parameter_count(model)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.architecture_id)
def test_dense_models_use_all_of_their_weights(model: Transformer) -> None:
    active = architectures.active_parameter_count(model)
    total = architectures.parameter_count(model)
    assert active == total if model.experts == 0 else active < total / 2


def test_a_tied_table_is_counted_once_and_always_active() -> None:
    untied = dataclasses.replace(GEMMA_3_27B, tied_embeddings=False)
    table = 262208 * 5376
    assert (
        architectures.parameter_count(untied) - architectures.parameter_count(GEMMA_3_27B) == table
    )
    with_table = architectures.active_parameter_count(GEMMA_3_27B, True)
    assert with_table == architectures.active_parameter_count(GEMMA_3_27B, False)


def test_stacked_models_answer_as_single_ones() -> None:
    together = architectures.stack(MODELS)
    for function in (
        architectures.parameter_count,
        architectures.active_parameter_count,
        architectures.moe_layers,
        architectures.attention_layer_parameters,
    ):
        single = [function(model) for model in MODELS]
        np.testing.assert_allclose(function(together), single, rtol=1e-14)
        assert all(type(value) is float for value in single)


def test_counts_that_are_left_out_follow_from_the_others() -> None:
    assert LLAMA_8B.full_attention_layers == 32
    assert LLAMA_8B.dense_layers == 32
    assert MIXTRAL_8X7B.dense_layers == 0
    assert GPT_OSS_120B.full_attention_layers == 18


def test_gated_delta_net_layer_of_qwen3_next() -> None:
    model = Transformer(
        architecture_id="qwen3-next-80b", layers=48, hidden_size=2048, attention_heads=16,
        kv_heads=2, head_dim=256, vocab_size=151936, linear_attention_layers=36,
        linear_key_heads=16, linear_key_head_dim=128, linear_value_heads=32,
        linear_value_head_dim=128, linear_conv_kernel=4,
    )  # fmt: skip
    projections = 2048 * (2048 + 2048 + 4096 + 4096 + 32 + 32) + 4096 * 2048
    convolution, decay_and_norm = 4 * (2048 + 2048 + 4096), 32 + 32 + 128
    per_layer = architectures.linear_attention_layer_parameters(model)
    assert per_layer == projections + convolution + decay_and_norm


@given(
    layers=st.integers(1, 200),
    hidden=st.integers(64, 20_000),
    experts=st.integers(2, 512),
    used=st.integers(1, 2),
)
@settings(max_examples=40, deadline=None)
def test_more_layers_and_experts_mean_more_parameters(
    layers: int, hidden: int, experts: int, used: int
) -> None:
    def model(depth: int, choices: int) -> Transformer:
        return Transformer(
            architecture_id="m", layers=depth, hidden_size=hidden, attention_heads=8, kv_heads=2,
            head_dim=64, vocab_size=1000, experts=choices, experts_per_token=used,
            expert_ffn_size=128,
        )  # fmt: skip

    small, deep, wide = (
        model(layers, experts),
        model(layers + 1, experts),
        model(layers, experts + 1),
    )
    count, active = architectures.parameter_count, architectures.active_parameter_count
    assert count(deep) > count(small)
    assert count(wide) > count(small)
    router = layers * hidden
    assert active(wide) - active(small) == pytest.approx(router, rel=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": -1}, r"layers = -1 is out of bounds: allowed 1 to 1e\+09"),
        ({"hidden_size": float("nan")}, "hidden_size = nan is out of bounds"),
        ({"kv_heads": -8}, "kv_heads = -8 is out of bounds"),
        ({"attention": "gqaa"}, "unknown attention 'gqaa': did you mean 'gqa'"),
        ({"full_attention_layers": 31}, "llama-3.1-8b: full_attention_layers = 31 plus sliding"),
        ({"experts_per_token": 3}, "experts_per_token = 3 exceeds experts = 0"),
    ],
)
def test_impossible_shapes_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        dataclasses.replace(LLAMA_8B, **change)
