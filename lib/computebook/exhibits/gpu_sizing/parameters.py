"""What a reader can change in the chapter on GPU sizing."""

from __future__ import annotations

from typing import Final

from computebook import datasets, hardware
from computebook.memory import RUNTIME_RESERVE_BYTES, USABLE_FRACTION
from computebook.parameters import Parameter
from computebook.units import BYTES_PER_GIB

__all__ = ["PARAMETERS"]

_ACCELERATORS: Final = tuple(sorted(datasets.accelerators()))
_MODELS: Final = tuple(
    sorted(datasets.load("architectures").dropna(subset=["released_on"])["architecture_id"])
)
_FORMATS: Final = tuple(hardware.PRECISIONS)

PARAMETERS: Final = (
    Parameter(
        "model",
        "str",
        "",
        "qwen3-coder-480b",
        choices=_MODELS,
        meaning="Open model that is sized; undisclosed models are bracketed by ranges.",
    ),
    Parameter(
        "context_tokens",
        "int",
        "tokens",
        131_072,
        1_024,
        10_000_000,
        meaning="Tokens that each sequence holds, prompt and answer so far.",
    ),
    Parameter(
        "batch_size",
        "int",
        "sequences",
        16,
        1,
        4_096,
        meaning="Sequences decoded together on one copy of the model.",
    ),
    Parameter(
        "weight_precision",
        "str",
        "",
        "fp8",
        choices=_FORMATS,
        meaning="Number format of all weights.",
    ),
    Parameter(
        "kv_precision",
        "str",
        "",
        "bf16",
        choices=_FORMATS,
        meaning="Number format of the KV cache.",
    ),
    Parameter(
        "accelerator",
        "str",
        "",
        "h200-sxm",
        choices=_ACCELERATORS,
        meaning="Accelerator of the fleet map.",
    ),
    Parameter(
        "accelerators",
        "list",
        "",
        ["h100-sxm", "h200-sxm", "b200-sxm", "gb200"],
        choices=_ACCELERATORS,
        meaning="Accelerators that are compared.",
    ),
    Parameter(
        "time_per_output_token_ms",
        "float",
        "ms",
        20.0,
        0.5,
        1_000.0,
        meaning="Longest time that a user may wait for the next token.",
    ),
    Parameter(
        "price_percent",
        "float",
        "%",
        100.0,
        1.0,
        500.0,
        meaning="What you pay per GPU-hour, percent of the on-demand list price.",
    ),
    Parameter(
        "busy_percent",
        "float",
        "%",
        100.0,
        1.0,
        100.0,
        meaning="Share of the paid hours in which the fleet runs the full batch.",
    ),
    Parameter(
        "usable_percent",
        "float",
        "%",
        100 * USABLE_FRACTION,
        10.0,
        100.0,
        meaning="Share of the memory that the engine plans with.",
    ),
    Parameter(
        "runtime_reserve_gib",
        "float",
        "GiB",
        RUNTIME_RESERVE_BYTES / BYTES_PER_GIB,
        0.0,
        50.0,
        meaning="Room on each accelerator for activations and libraries.",
    ),
)
