"""Formulas are recorded, shared and printed without changing what they say.

Physics lets the recorder through: it has no truth value and cannot become an array, so that any
hidden ``if`` or conversion fails here.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import memory, network, power, roofline
from computebook.architectures import Transformer, parameter_count
from computebook.errors import ComputebookError
from computebook.hardware import Accelerator
from computebook.memory import Placement
from computebook.tracing import OPERATIONS, Program, Traced, argument, signals, take, trace

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


INPUTS = ("context", "batch", "bits", "ranks")


@functools.cache
def recorded(name: str, model: Transformer) -> Program:
    return trace(lambda **given: {"r": FORMULAS[name](model, *given.values())}, INPUTS)


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
    program = recorded(name, model)
    assert program.steps
    direct = FORMULAS[name](model, *values.values())
    assert program.evaluate(values)["r"] == pytest.approx(direct, rel=1e-12)


def value_of(node: Traced, values: dict[str, float]) -> float:
    program = trace(lambda **_: {"r": node}, list(values))
    return float(program.evaluate(values)["r"])


def test_a_shape_may_be_recorded_too() -> None:
    model = dataclasses.replace(
        GPT_OSS_120B, kv_heads=argument("kv_heads"), hidden_size=argument("width")
    )
    values = {"kv_heads": 4, "width": 4096}
    plain = dataclasses.replace(GPT_OSS_120B, kv_heads=4, hidden_size=4096)
    assert value_of(memory.kv_cache_bytes(model, 1000), values) == memory.kv_cache_bytes(
        plain, 1000
    )
    assert value_of(parameter_count(model), values) == parameter_count(plain)


def test_rate_and_number_format_may_be_recorded_too() -> None:
    gpu = dataclasses.replace(H100, memory_bandwidth_bytes_per_s=argument("bandwidth"))
    arithmetic = take(["bf16", "fp8", "int8"], argument("format"))
    placed = Placement(compute_precision=arithmetic)
    bound = roofline.decode_step_lower_bound_s(GPT_OSS_120B, gpu, 8192, 4096, placed)
    for position, name in enumerate(("bf16", "fp8", "int8")):
        direct = roofline.decode_step_lower_bound_s(
            GPT_OSS_120B, H100, 8192, 4096, Placement(compute_precision=name)
        )
        values = {"bandwidth": 3.35e12, "format": position}
        assert value_of(bound, values) == pytest.approx(direct, rel=1e-12)


NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
BINARY = (np.add, np.subtract, np.multiply, np.divide, np.minimum, np.maximum, np.remainder,
          np.floor_divide)  # fmt: skip
UNARY = (np.negative, np.absolute, np.floor, np.ceil, np.sign)
COMPARE = (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
LIST = (3.5, -2.0, 0.0, 1e9)


@st.composite
def formulas(draw: st.DrawFn, depth: int = 3) -> Callable[[Any, Any], Any]:
    """Return a random function of two numbers."""
    kind = draw(st.integers(0, 6)) if depth else 0
    if kind == 0:
        return draw(
            st.one_of(
                st.just(lambda x, y: x),
                st.just(lambda x, y: y),
                st.sampled_from([0.0, 1.0, -1.0, 0.1]).map(lambda c: lambda x, y: c),
                NUMBERS.map(lambda c: lambda x, y: c),
            )
        )
    first, second = draw(formulas(depth - 1)), draw(formulas(depth - 1))
    if kind == 1:
        one = draw(st.sampled_from(UNARY))
        return lambda x, y: one(first(x, y))
    if kind in (2, 3):
        two = draw(st.sampled_from(BINARY))
        return lambda x, y: two(first(x, y), second(x, y))
    if kind == 4:
        test, third = draw(st.sampled_from(COMPARE)), draw(formulas(depth - 1))
        return lambda x, y: np.where(test(first(x, y), second(x, y)), third(x, y), first(x, y))
    if kind == 5:
        return lambda x, y: np.clip(first(x, y), -10.0, 10.0) - np.sqrt(abs(second(x, y)))
    return lambda x, y: take(LIST, np.where(abs(first(x, y)) < 4, np.floor(abs(first(x, y))), 0.0))


@given(formula=formulas(), x=NUMBERS, y=NUMBERS)
@settings(max_examples=80, deadline=None)
def test_any_formula_keeps_its_value(formula: Callable[..., Any], x: float, y: float) -> None:
    with np.errstate(all="ignore"):
        direct = np.float64(formula(np.float64(x), np.float64(y)))
        program = trace(lambda x, y: {"r": formula(x, y)}, ["x", "y"])
    found = np.float64(program.evaluate({"x": np.float64(x), "y": np.float64(y)})["r"])
    assert found == direct or (np.isnan(found) and np.isnan(direct))


@given(formula=formulas(), x=st.lists(NUMBERS, min_size=3, max_size=3))
@settings(max_examples=40, deadline=None)
def test_a_program_takes_arrays_entry_by_entry(formula: Callable[..., Any], x: list[float]) -> None:
    with np.errstate(all="ignore"):
        program = trace(lambda x, y: {"r": formula(x, y)}, ["x", "y"])
    together = np.broadcast_to(program.evaluate({"x": np.array(x), "y": np.float64(2.0)})["r"], 3)
    alone = [program.evaluate({"x": np.float64(v), "y": np.float64(2.0)})["r"] for v in x]
    np.testing.assert_array_equal(together, np.array(alone, dtype=float))


def shared(x: Any) -> dict[str, Any]:
    for _ in range(30):
        x = x * x + x
    return {"r": x}


def test_equal_parts_are_computed_once() -> None:
    assert len(trace(shared, ["x"]).steps) == 60
    swapped = trace(lambda x, y: {"a": (x + y) / 2, "b": 3 * (y + x)}, ["x", "y"])
    assert [step.operation for step in swapped.steps] == ["add", "divide", "multiply"]


def test_what_is_known_is_not_recorded() -> None:
    program = trace(
        lambda x: {"r": np.where(np.float64(2) > 1, x * 1.0 + 0.0, 7.0), "c": 2.0**10}, ["x"]
    )
    assert program.steps == ()
    assert program.evaluate({"x": 5.0}) == {"r": 5.0, "c": 1024.0}
    # One times a truth is a number: two truths add up to 2, not to true.
    both = trace(lambda x: {"r": (x > 0) * 1.0 + (x > 1) * 1.0}, ["x"])
    assert both.evaluate({"x": 5.0})["r"] == 2.0


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (lambda x: {"r": 1 if x > 0 else 2}, "branched on a value: use numpy.where"),
        (lambda x: {"r": math.sqrt(x)}, "asked for a number"),
        (lambda x: {"r": np.cbrt(x)}, "cbrt.* has no counterpart in a page"),
        (lambda x: {"r": np.sum(x, axis=0)}, "sum has no counterpart in a page"),
        (lambda x: {"r": np.interp(x, [0, 1], [0, 1])}, "interp|asked for a number"),
        (lambda x: {"r": x * np.ones((2, 2))}, "2 dimensions has no counterpart"),
        (lambda x: {"r": x + None}, "None is no operand"),
        (lambda x: {"r": argument("z")}, "unknown input 'z'"),
    ],
)
def test_what_has_no_counterpart_is_named(formula: Any, message: str) -> None:
    with pytest.raises((ComputebookError, TypeError), match=message):
        trace(formula, ["x"])


def test_a_program_asks_for_its_inputs() -> None:
    with pytest.raises(ComputebookError, match="no value is given for y"):
        trace(lambda x, y: {"r": x + y}, ["x", "y"]).evaluate({"x": 1.0})


def unpacked(constant: Any) -> Any:
    if isinstance(constant, dict):
        return [x for _ in range(constant["times"]) for x in constant["of"]
                for _ in range(constant["each"])]  # fmt: skip
    return constant


@given(
    base=st.lists(st.sampled_from([1.0, 0.1, 1e300, -2.5, math.inf]), min_size=1, max_size=4),
    each=st.integers(1, 3),
    times=st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_lists_survive_their_short_form(base: list[float], each: int, times: int) -> None:
    values = np.tile(np.repeat(np.array(base), each), times)
    program = trace(lambda k: {"r": take(values, k)}, ["k"])
    for constant in json.loads(program.to_json())["constants"]:
        assert unpacked(constant) == values.tolist() or constant == base[0]


def test_a_page_reads_the_same_numbers() -> None:
    odd = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 123456789012345678.0, -0.0, 2.0**53]
    program = trace(lambda x: {"r": x + take(odd, x) + math.inf}, ["x"])
    listed, infinity = json.loads(program.to_json())["constants"]
    assert list(map(repr, map(float, listed))) == list(map(repr, odd))
    assert infinity == math.inf


def vega_values(program: Program, values: dict[str, float]) -> dict[str, float]:
    """Return a program's results as Vega computes them, read from a drawing."""
    vl_convert = pytest.importorskip("vl_convert")
    given_signals = [{"name": name, "value": value} for name, value in values.items()]
    marks = [
        {"type": "text", "encode": {"update": {"text": {"signal": f"'{name}=' + {name}"}}}}
        for name in program.outputs
    ]
    spec = {"signals": given_signals + signals(program), "marks": marks}
    found = re.findall(r">(\w+)=([^<]+)<", vl_convert.vega_to_svg(json.dumps(spec)))
    return {name: float(text) for name, text in found}


def test_vega_computes_the_same() -> None:
    values = {"context": 100_000, "batch": 37, "bits": 8.0, "ranks": 8}
    names = ("decode_step_lower_bound_s", "max_batch_size", "accelerators_needed")
    program = trace(
        lambda **given: {n: FORMULAS[n](DEEPSEEK_V32, *given.values()) for n in names},
        list(values),
    )
    direct = {n: float(FORMULAS[n](DEEPSEEK_V32, *values.values())) for n in names}
    assert vega_values(program, values) == pytest.approx(direct, rel=1e-12)


def test_vega_has_no_arithmetic_on_lists() -> None:
    with pytest.raises(ComputebookError, match="argmin has no counterpart in Vega"):
        signals(trace(lambda x: {"r": np.argmin(x * np.arange(3.0))}, ["x"]))


def test_every_operation_has_a_name_that_numpy_knows() -> None:
    own = {"take", "stack"}
    assert all(hasattr(np, name) for name in OPERATIONS.keys() - own)
