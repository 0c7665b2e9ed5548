"""What the chapter can be asked for."""

from __future__ import annotations

from typing import Final

from computebook.parameters import Parameter
from computebook.price_cards import ARTICLE_DATE

__all__ = ["PARAMETERS"]

_DEFAULT_MODELS: Final = [
    "gpt-5.2",
    "gpt-5.2-pro",
    "claude-opus-4.5",
    "gemini-3-pro",
    "deepseek-v3.2",
]

PARAMETERS: Final[tuple[Parameter, ...]] = (
    Parameter("model", "str", "", "gpt-5.2", meaning="Model whose bill is taken apart."),
    Parameter("models", "list", "", _DEFAULT_MODELS, meaning="Models compared; at most seven."),
    Parameter("price_date", "str", "", ARTICLE_DATE, meaning="Day whose list prices apply."),
    Parameter(
        "requests_per_month", "int", "requests", 1_000_000, 1, 10**12, meaning="Requests a month."
    ),
    Parameter(
        "input_tokens",
        "int",
        "tokens",
        6_000,
        0,
        1_000_000,
        meaning="Mean prompt of a request, cached tokens included.",
    ),
    Parameter(
        "visible_output_tokens",
        "int",
        "tokens",
        500,
        1,
        1_000_000,
        meaning="Mean answer that the caller sees.",
    ),
    Parameter(
        "reasoning_fraction",
        "float",
        "of 1",
        0.70,
        0.0,
        0.99,
        meaning="Share of the output that is reasoning, at medium effort.",
    ),
    Parameter(
        "cached_fraction",
        "float",
        "of 1",
        0.50,
        0.0,
        1.0,
        meaning="Share of the input read from a prefix cache.",
    ),
    Parameter(
        "batch_fraction",
        "float",
        "of 1",
        0.20,
        0.0,
        1.0,
        meaning="Share of the requests that can wait for the batch tier.",
    ),
    Parameter(
        "gpu_hour_usd",
        "float",
        "$/GPU-h",
        3.0,
        0.01,
        100.0,
        meaning="Price of one Hopper GPU for one hour, for own serving.",
    ),
    Parameter(
        "utilization_fraction",
        "float",
        "of 1",
        0.50,
        0.01,
        1.0,
        meaning="Average load of an own fleet over the load that it is sized for.",
    ),
    Parameter(
        "overhead_fraction",
        "float",
        "of 1",
        0.25,
        0.0,
        10.0,
        meaning="Spare capacity, staff and software on top of the GPU bill.",
    ),
)
