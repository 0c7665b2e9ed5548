"""Physics lets an expression recorder through, so that the same formulas run in a page.

The recorder below knows operators, NumPy's universal functions and ``numpy.where``; it has no
truth value and cannot become an array, so that any hidden ``if`` or conversion fails here.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import memory, network, power, roofline
from computebook.architectures import Transformer, parameter_count
from computebook.hardware import Accelerator
from computebook.memory import Placement


class Traced:
    """An input by name, or an operation on other nodes."""

    def __init__(self, operation: Callable[..., Any] | str, *operands: Any) -> None:
        self.operation = operation
        self.operands = operands

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **_: Any) -> Traced:
        assert method == "__call__"
        return Traced(ufunc, *inputs)

    def __array_function__(
        self, function: Callable[..., Any], _types: Any, args: Any, _kwargs: Any
    ) -> Traced:
        assert function is np.where, f"{function} has no counterpart in a page"
        return Traced(np.where, *args)

    def __bool__(self) -> bool:
        raise AssertionError("a formula branched on a value")

    def __float__(self) -> float:
        raise AssertionError("a formula asked for a number")


def _operators() -> None:
    """Give `Traced` every arithmetic operator, on both sides."""
    for name in ("add", "sub", "mul", "truediv", "pow", "floordiv", "mod"):
        function = getattr(operator, name)
        setattr(Traced, f"__{name}__", lambda a, b, f=function: Traced(f, a, b))
        setattr(Traced, f"__r{name}__", lambda a, b, f=function: Traced(f, b, a))
    for name in ("lt", "le", "gt", "ge"):
        function = getattr(operator, name)
        setattr(Traced, f"__{name}__", lambda a, b, f=function: Traced(f, a, b))
    for name in ("neg", "abs"):
        function = getattr(operator, name)
        setattr(Traced, f"__{name}__", lambda a, f=function: Traced(f, a))


_operators()


def evaluate(node: Any, values: Mapping[str, float]) -> Any:
    """Return the number that a recorded expression stands for."""
    if not isinstance(node, Traced):
        return node
    if isinstance(node.operation, str):
        return values[node.operation]
    return node.operation(*(evaluate(operand, values) for operand in node.operands))


def traced(name: str) -> Any:
    return Traced(name)


H100 = Accelerator(
    accelerator_id="h100-sxm", memory_bytes=85.5e9, memory_bandwidth_bytes_per_s=3.35e12,
    bf16_flop_per_s=989e12, fp8_flop_per_s=1979e12,
)  # fmt: skip
GPT_OSS_120B = Transformer(
    architecture_id="gpt-oss-120b", layers=36, hidden_size=2880, attention_heads=64, kv_heads=8,
    head_dim=64, vocab_size=201088, experts=128, experts_per_token=4, expert_ffn_size=2880,
    sliding_window_layers=18, sliding_window_tokens=128, qkv_bias=True, output_bias=True,
    mlp_bias=True,
)  # fmt: skip
DEEPSEEK_V32 = Transformer(
    architecture_id="deepseek-v3.2", layers=61, hidden_size=7168, attention_heads=128,
    kv_heads=128, head_dim=192, ffn_size=18432, vocab_size=129280, attention="mla",
    experts=256, experts_per_token=8, shared_experts=1, expert_ffn_size=2048, dense_layers=3,
    kv_lora_rank=512, q_lora_rank=1536, qk_rope_head_dim=64, qk_nope_head_dim=128,
    v_head_dim=128, indexer_heads=64, indexer_head_dim=128, indexer_top_k=2048,
)  # fmt: skip
LINK = network.Link(450e9)

FORMULAS: dict[str, Callable[..., Any]] = {
    "kv_cache_bytes": lambda a, context, batch, bits, ranks: memory.kv_cache_bytes(
        a, context, batch, bits, block_tokens=16
    ),
    "decode_step_lower_bound_s": lambda a, context, batch, bits, ranks: (
        roofline.decode_step_lower_bound_s(
            a, H100, context, batch, Placement(tensor_parallel=ranks, kv_bits=bits)
        )
    ),
    "prefill_lower_bound_s": lambda a, context, batch, bits, ranks: roofline.prefill_lower_bound_s(
        a, H100, context, batch, Placement(tensor_parallel=ranks, weight_bits=bits)
    ),
    "critical_batch_size": lambda a, context, batch, bits, ranks: roofline.critical_batch_size(
        a, H100, Placement(tensor_parallel=ranks, weight_bits=bits), context
    ),
    "max_batch_size": lambda a, context, batch, bits, ranks: memory.max_batch_size(
        a, 192e9, context, Placement(tensor_parallel=ranks, weight_bits=bits)
    ),
    "max_context_tokens": lambda a, context, batch, bits, ranks: memory.max_context_tokens(
        a, 192e9, batch, Placement(tensor_parallel=ranks, weight_bits=bits)
    ),
    "accelerators_needed": lambda a, context, batch, bits, ranks: memory.accelerators_needed(
        a, 192e9, context, batch, Placement(weight_bits=bits), max_accelerators=64
    ),
    "tensor_parallel_step_s": lambda a, context, batch, bits, ranks: network.tensor_parallel_step_s(
        a, batch, ranks, LINK
    ),
    "energy_per_token_j": lambda a, context, batch, bits, ranks: power.energy_per_token_j(
        700 * ranks, batch / roofline.decode_step_lower_bound_s(a, H100, context, batch)
    ),
}


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize(
    "model", [GPT_OSS_120B, DEEPSEEK_V32], ids=lambda model: model.architecture_id
)
@given(
    context=st.integers(1, 400_000),
    batch=st.integers(1, 1024),
    bits=st.sampled_from([4.25, 8.0, 16.0]),
    ranks=st.sampled_from([1, 2, 8, 64]),
)
@settings(max_examples=10, deadline=None)
def test_a_recorded_formula_equals_numpy(
    name: str, model: Transformer, context: int, batch: int, bits: float, ranks: int
) -> None:
    values = {"context": context, "batch": batch, "bits": bits, "ranks": ranks}
    recorded = FORMULAS[name](model, *map(traced, values))
    assert isinstance(recorded, Traced)
    direct = FORMULAS[name](model, *values.values())
    assert evaluate(recorded, values) == pytest.approx(direct, rel=1e-12)


def test_a_shape_may_be_recorded_too() -> None:
    model = dataclasses.replace(
        GPT_OSS_120B, kv_heads=traced("kv_heads"), hidden_size=traced("width")
    )
    values = {"kv_heads": 4, "width": 4096}
    plain = dataclasses.replace(GPT_OSS_120B, kv_heads=4, hidden_size=4096)
    recorded = memory.kv_cache_bytes(model, 1000)
    assert evaluate(recorded, values) == memory.kv_cache_bytes(plain, 1000)
    assert evaluate(parameter_count(model), values) == parameter_count(plain)


def test_bandwidth_may_be_recorded_too() -> None:
    gpu = dataclasses.replace(H100, memory_bandwidth_bytes_per_s=traced("bandwidth"))
    recorded = roofline.decode_step_lower_bound_s(GPT_OSS_120B, gpu, 8192, 4)
    direct = roofline.decode_step_lower_bound_s(GPT_OSS_120B, H100, 8192, 4)
    assert evaluate(recorded, {"bandwidth": 3.35e12}) == pytest.approx(direct, rel=1e-12)
