"""What a reader can change in the chapter on GPU sizing."""

from __future__ import annotations

from typing import Final

from computebook import datasets
from computebook.exhibits.gpu_sizing.plan import ENGINES, Plan, plan
from computebook.parameters import Parameter

__all__ = ["DEFAULT", "PARAMETERS"]

_ACCELERATORS: Final = tuple(sorted(datasets.accelerators()))
_MODELS: Final = tuple(
    sorted(datasets.load("architectures").dropna(subset=["released_on"])["architecture_id"])
)

PARAMETERS: Final = (
    Parameter(
        "models",
        "list",
        "",
        [
            *("llama-3.1-8b", "llama-3.1-70b", "llama-3.1-405b"),
            *("gpt-oss-120b", "qwen3-235b-a22b", "deepseek-v3"),
        ],
        choices=_MODELS,
        meaning="Open models that are sized; undisclosed models are bracketed by them.",
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
        "accelerator",
        "str",
        "",
        "b200-sxm",
        choices=_ACCELERATORS,
        meaning="Accelerator of the full window and of the number formats.",
    ),
    Parameter(
        "engine",
        "str",
        "",
        "tensorrt-llm",
        choices=ENGINES,
        meaning="Serving engine whose host and kernel times apply.",
    ),
    Parameter(
        "weight_precision",
        "str",
        "",
        "fp8",
        choices=("bf16", "fp8", "nvfp4"),
        meaning="Number format of the weights, of models that are not published in MXFP4.",
    ),
    Parameter(
        "kv_precision",
        "str",
        "",
        "bf16",
        choices=("bf16", "fp8"),
        meaning="Number format of the KV cache.",
    ),
    Parameter(
        "context_tokens",
        "int",
        "tokens",
        32_768,
        1_024,
        10_000_000,
        meaning="Tokens of a request at its end, prompt and answer.",
    ),
    Parameter(
        "output_tokens",
        "int",
        "tokens",
        1_000,
        1,
        128_000,
        meaning="Tokens that a request generates.",
    ),
    Parameter(
        "users",
        "int",
        "users",
        64,
        1,
        4_096,
        meaning="Requests in flight at once, on as many copies of the model as it takes.",
    ),
    Parameter(
        "time_per_output_token_ms",
        "float",
        "ms",
        50.0,
        0.5,
        1_000.0,
        meaning="Longest time that a user may wait for the next token.",
    ),
    Parameter(
        "cached_percent",
        "float",
        "%",
        0.0,
        0.0,
        100.0,
        meaning="Share of each prompt that the prefix cache holds already.",
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
)

#: The published values as one record.
DEFAULT: Final[Plan] = plan(**{parameter.name: parameter.default for parameter in PARAMETERS})
