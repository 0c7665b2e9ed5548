"""How many GPUs of one kind serve a number of users of one open model in time."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from computebook import architectures, datasets, hardware, memory, roofline, serving, sizing, tco
from computebook.architectures import Transformer
from computebook.calculators.calculator import Calculator, Field, Result
from computebook.calculators.lookup import looked_up
from computebook.hardware import Accelerator
from computebook.inference.calibration import constants_for
from computebook.inference.table import constants_from_table
from computebook.parameters import Parameter
from computebook.sizing.request import calibrated_generations
from computebook.sizing.room import memory_use
from computebook.tracing import take
from computebook.units import BYTES_PER_GB

__all__ = ["gpu_sizing"]

ENGINE: Final = "tensorrt-llm"
WEIGHTS: Final = ("bf16", "fp8", "nvfp4")
CACHES: Final = ("bf16", "fp8")
MIXED: Final = ("gpt-oss-120b", "gpt-oss-20b")
"""Published with experts in MXFP4 and the rest in BF16; engines serve them as they are."""
BLOCK_TOKENS: Final = 16
MOST_GPUS: Final = 64
MOST_RANKS: Final = 8
"""Layouts with more accelerators than this on one sequence's attention were never measured."""
MS_PER_S: Final = 1e3
PERCENT: Final = 100.0
_TIE: Final = 1e-3
_NONE_IN_TIME: Final = "no layout is in time"

Floats = npt.NDArray[np.float64]


@functools.cache
def devices() -> tuple[Accelerator, ...]:
    """Return the accelerators whose constants rest on measurements."""
    measured = calibrated_generations()
    return tuple(d for d in datasets.accelerators().values() if d.generation in measured)


@functools.cache
def shapes() -> tuple[Transformer, ...]:
    """Return the open models with a date of release, by name."""
    dated = datasets.load("architectures").dropna(subset=["released_on"])["architecture_id"]
    known = datasets.architectures()
    return tuple(sorted((known[name] for name in dated), key=lambda shape: shape.name.lower()))


@functools.cache
def candidates() -> tuple[Floats, Floats, Floats]:
    """Return every fleet that is tried: GPUs of a copy, attention groups in it, and copies.

    Examples
    --------
    >>> gpus, groups, copies = candidates()
    >>> float((gpus / groups).max()), float(copies.max())
    (8.0, 4096.0)
    """
    powers = [2**power for power in range(MOST_GPUS.bit_length()) if 2**power <= MOST_GPUS]
    layouts = [
        (gpus, groups)
        for gpus, groups in itertools.product(powers, powers)
        if groups <= gpus <= groups * MOST_RANKS
    ]
    steps = [*range(1, 33), *(q * 2**power for power in range(2, 9) for q in range(8, 16)), 4096]
    rows = [(*layout, copies) for layout in layouts for copies in sorted(set(steps))]
    gpus, groups, copies = np.array(rows, dtype=float).T
    return gpus, groups, copies


@functools.cache
def _formats() -> tuple[list[int], list[sizing.Formats], list[Accelerator]]:
    """Return each model's class of formats; formats and device by class, device and weights."""

    def of(model: str) -> tuple[sizing.Formats, ...]:
        asked = [None] * len(WEIGHTS) if model in MIXED else WEIGHTS
        return tuple(
            sizing.formats_for(model, device, weights, CACHES[0])
            for device in devices()
            for weights in asked
        )

    served = [of(shape.architecture_id) for shape in shapes()]
    classes = list(dict.fromkeys(served))
    rows = [formats for each in classes for formats in each]
    chips = [device for _ in classes for device in devices() for _ in WEIGHTS]
    return [classes.index(each) for each in served], rows, chips


def _bits(names: list[str]) -> Floats:
    return np.array([hardware.precision(name).bits_per_element for name in names])


def _arithmetic(names: list[str]) -> Any:
    return np.array([hardware.precision(name).compute for name in names])


@functools.cache
def _all_constants() -> serving.ServingConstants:
    """Return the calibrated constants of every row of the formats."""
    _, rows, chips = _formats()
    return constants_for(
        constants_from_table(),
        generation=[chip.generation for chip in chips],
        weights=[formats.dense for formats in rows],
        experts=[formats.experts for formats in rows],
        engine=ENGINE,
    )


@functools.cache
def _records() -> tuple[Transformer, Accelerator]:
    """Return all models and all devices, each kind as one record of arrays."""
    return architectures.stack(shapes()), hardware.stack(devices())


def deployment(
    architecture: Any,
    accelerator: Any,
    weights: Any,
    cache: Any,
    tensor_parallel: Any,
    groups: Any,
) -> serving.Deployment:
    """Return a model on accelerators, everything chosen by position.

    Parameters
    ----------
    architecture, accelerator, weights, cache : int or tracer
        Positions in `shapes`, `devices`, `WEIGHTS` and `CACHES`.
    tensor_parallel, groups : float or array
        GPUs of a copy, and groups among them that keep different sequences.

    Examples
    --------
    >>> deployment(0, 0, 1, 0, 1.0, 1.0).accelerators
    1.0
    """
    classes, rows, _ = _formats()
    models, chips = _records()
    kind = take(np.array(classes, dtype=float), architecture)
    row = (kind * len(devices()) + accelerator) * len(WEIGHTS) + weights

    def by_row(values: Any) -> Any:
        return take(values, row)

    placement = memory.Placement(
        tensor_parallel=tensor_parallel,
        attention_data_parallel=groups,
        weight_bits=by_row(_bits([each.dense for each in rows])),
        expert_bits=by_row(_bits([each.experts for each in rows])),
        kv_bits=take(_bits(list(CACHES)), cache),
        compute_precision=by_row(_arithmetic([each.dense for each in rows])),
        sliding_window="full",
        block_tokens=BLOCK_TOKENS,
    )
    return serving.Deployment(
        architecture=looked_up(models, architecture),
        accelerator=looked_up(chips, accelerator),
        placement=placement,
        expert_precision=by_row(_arithmetic([each.expert_arithmetic for each in rows])),
        constants=looked_up(_all_constants(), row),
    )


def _possible(placed: serving.Deployment, load: Any, held: Any, copies: Any, users: Any) -> Any:
    """Return which fleets can be built: enough memory, whole groups, heads that divide."""
    gpus, groups, _ = candidates()
    experts = np.greater(placed.architecture.experts, 0)
    layout = experts | ((groups == 1) & (gpus <= MOST_RANKS))
    divides = np.equal(np.remainder(placed.architecture.attention_heads, gpus / groups), 0)
    fits = (load <= held) & (groups <= load) & (copies <= users)
    return layout & divides & fits


def formula(
    *,
    architecture: Any,
    accelerator: Any,
    weight_precision: Any,
    kv_precision: Any,
    context_tokens: Any,
    output_tokens: Any,
    users: Any,
    time_per_output_token_ms: Any,
    cached_percent: Any,
    usd_per_gpu_hour: Any,
) -> Mapping[str, Any]:
    """Return the smallest fleet that serves the users in time, and what it does.

    Every layout of `candidates` is put through `serving.fixed_concurrency`; of the smallest
    fleets in time the fastest is taken.

    Parameters
    ----------
    architecture, accelerator, weight_precision, kv_precision : int or tracer
        Positions of the choices.
    context_tokens, output_tokens, users, time_per_output_token_ms, cached_percent
        The load and its limit.
    usd_per_gpu_hour : float or tracer
        What a GPU costs an hour.
    """
    gpus, groups, copies = candidates()
    asked = (architecture, accelerator, weight_precision, kv_precision)
    placed = deployment(*asked, gpus, groups)
    load, prompt = np.ceil(users / copies), context_tokens - output_tokens
    held = np.floor(sizing.sequences_that_fit(placed, context_tokens) / groups) * groups
    run = serving.fixed_concurrency(
        placed, load, prompt, output_tokens, cached_fraction=cached_percent / PERCENT
    )
    token_ms = run.time_per_output_token_s * MS_PER_S
    in_time = _possible(placed, load, held, copies, users) & (token_ms <= time_per_output_token_ms)
    tried = np.where(in_time, gpus * copies + _TIE * token_ms / time_per_output_token_ms, np.inf)
    best = np.argmin(tried)
    found = np.isfinite(np.min(tried))

    def chosen(values: Any) -> Any:
        return np.where(found, take(values, best), np.nan)

    total = chosen(gpus * copies)
    rate = users * chosen(run.output_tokens_per_s / load)
    use = memory_use(placed, context_tokens, load)
    parts = (use.weights_bytes, use.cache_bytes, use.engine_bytes)
    one = dataclasses.replace(
        placed.placement, tensor_parallel=take(gpus, best),
        attention_data_parallel=take(groups, best),
    )  # fmt: skip
    bound = roofline.decode_step_lower_bound_s(
        placed.architecture, placed.accelerator, context_tokens - output_tokens / 2,
        take(load, best), one,
    )  # fmt: skip
    # Where there is no fleet any rate will do: its cost is not shown.
    usd = tco.serving_usd_per_mtok(usd_per_gpu_hour, np.where(found, rate / total, 1.0))
    return {
        "gpus": total,
        "copies": chosen(copies),
        "gpus_per_copy": chosen(gpus),
        "token_ms": chosen(token_ms),
        "bound_ms": np.where(found, bound * MS_PER_S, np.nan),
        "first_s": chosen(run.time_to_first_token_s),
        "weights_gb": chosen(parts[0]) / BYTES_PER_GB,
        "cache_gb": chosen(parts[1]) / BYTES_PER_GB,
        "memory_percent": PERCENT * chosen(sum(parts)) / use.memory_bytes,
        "tokens_per_s": rate,
        "usd_per_hour": total * usd_per_gpu_hour,
        "usd_per_mtok": np.where(found, usd, np.nan),
    }


def _name(device: Accelerator) -> str:
    short = device.name.removeprefix("NVIDIA ").removeprefix("AMD Instinct ")
    priced = np.isfinite(_hour_usd(device))
    return short if priced else f"{short}, no list price"


def _hour_usd(device: Accelerator) -> float:
    return sizing.hour_price(device.accelerator_id).central_usd_per_gpu_hour


def _fields() -> tuple[Field, ...]:
    models = tuple(shape.architecture_id for shape in shapes())
    chips = tuple(device.accelerator_id for device in devices())
    prices = [_hour_usd(device) for device in devices()]
    default = "b200-sxm"
    usd = round(prices[chips.index(default)], 2)
    return (
        Field(
            Parameter("architecture", "str", "", "llama-3.1-70b", choices=models,
                      meaning="An open model; GPT-5.2 discloses no shape."),
            "Model", tuple(shape.name for shape in shapes()),
        ),
        Field(
            Parameter("accelerator", "str", "", default, choices=chips,
                      meaning="One kind for the whole fleet; the price follows it."),
            "GPU", tuple(map(_name, devices())),
            {"usd_per_gpu_hour": tuple(round(p, 2) if np.isfinite(p) else None for p in prices)},
        ),
        Field(
            Parameter("weight_precision", "str", "", "fp8", choices=WEIGHTS,
                      meaning="The gpt-oss models keep the mixture that they were published in."),
            "Weights", tuple(name.upper() for name in WEIGHTS),
        ),
        Field(
            Parameter("kv_precision", "str", "", "bf16", choices=CACHES,
                      meaning="Number format of keys and values."),
            "Cache", tuple(name.upper() for name in CACHES),
        ),
        Field(
            Parameter("context_tokens", "int", "tokens", 32_768, 1_024, 10_000_000,
                      meaning="A request at its end, prompt and answer."),
            "Context",
        ),
        Field(
            Parameter("output_tokens", "int", "tokens", 1_000, 1, 128_000,
                      meaning="Tokens of it that are generated."),
            "Answer", below="context_tokens",
        ),
        Field(
            Parameter("users", "int", "users", 64, 1, 4_096,
                      meaning="Requests in flight at once."),
            "Users",
        ),
        Field(
            Parameter("time_per_output_token_ms", "float", "ms", 50.0, 0.5, 1_000.0,
                      meaning="Longest mean wait for the next token."),
            "Time limit per token",
        ),
        Field(
            Parameter("cached_percent", "float", "%", 0.0, 0.0, 100.0,
                      meaning="Share of each prompt that the prefix cache holds."),
            "Cached prompt",
        ),
        Field(
            Parameter("usd_per_gpu_hour", "float", "$/h", usd, 0.01, 1_000.0,
                      meaning="Median on-demand offer of the GPU, or your own quote."),
            "Price of a GPU-hour",
        ),
    )  # fmt: skip


@functools.cache
def gpu_sizing() -> Calculator:
    """Return the calculator of GPUs, latency and cost for an open model.

    Examples
    --------
    >>> found = gpu_sizing().evaluate()
    >>> found["token_ms"] < 50, found["bound_ms"] < found["token_ms"]
    (True, True)
    """
    absent = _NONE_IN_TIME
    return Calculator(
        "gpu-sizing",
        "How many GPUs for your load?",
        "Runs `serving.fixed_concurrency` with the constants calibrated for TensorRT-LLM: the "
        f"model behind the predictions of this chapter. It tries copies of 1 to {MOST_GPUS} GPUs "
        "without pipeline stages and takes the smallest fleet in time. The bound is "
        "`roofline.decode_step_lower_bound_s`.",
        _fields(),
        (
            Result("gpus", "GPUs", "", "count", absent),
            Result("copies", "Copies of the model", "", "count"),
            Result("gpus_per_copy", "GPUs of a copy", "", "count"),
            Result("token_ms", "Time per token, predicted", "ms"),
            Result("bound_ms", "Time per token, least possible", "ms"),
            Result("first_s", "Time to the first token", "s"),
            Result("weights_gb", "Weights on each GPU", "GB"),
            Result("cache_gb", "Cache on each GPU", "GB"),
            Result("memory_percent", "Memory in use", "%"),
            Result("tokens_per_s", "Output of the fleet", "tokens/s"),
            Result("usd_per_hour", "Cost", "$/h"),
            Result("usd_per_mtok", "Cost of output", "$ per million tokens"),
        ),
        formula,
    )
