"""Parameters of the chapter, and ranges from the tables that its exhibits share."""

from __future__ import annotations

from typing import Final

from computebook import datasets
from computebook.exhibits.facility import RATED_ACCELERATORS
from computebook.parameters import Parameter

__all__ = ["MODELS", "PARAMETERS", "accelerator_name", "model_name"]

#: Open models of the size of a frontier run, dense and with experts.
MODELS: Final = (
    *("llama-3.1-405b", "llama-3.1-70b", "nemotron-4-340b"),
    *("deepseek-v3", "qwen3-235b-a22b", "kimi-k2"),
)

PARAMETERS: Final = (
    Parameter(
        "gpus_per_building", "int", "GPUs", 150_000, 1_000, 5_000_000,
        meaning="GB200 GPUs in one building, 72 to a rack.",
    ),
    Parameter(
        "rack_kw", "float", "kW", 140.0, 90.0, 250.0,
        meaning="Power of one GB200 NVL72 rack at full load.",
    ),
    Parameter(
        "pue", "float", "", 1.1, 1.0, 2.5,
        meaning="Facility power over IT power (power usage effectiveness).",
    ),
    Parameter(
        "deal_gpus", "list", "GPUs", [200_000, 300_000, 500_000], 1_000, 10_000_000,
        meaning="Low, central and high reading of 'hundreds of thousands' in the AWS deal.",
    ),
    Parameter(
        "ramp_years", "float", "years", 1.16, 0.0, 5.0,
        meaning="Time over which the deal's GPUs arrive at an even pace.",
    ),
    Parameter(
        "model", "str", "", "llama-3.1-405b", choices=MODELS,
        meaning="Open model whose run is followed over cluster sizes.",
    ),
    Parameter(
        "tokens_t", "float", "trillion tokens", 15.6, 0.1, 1_000.0,
        meaning="Training tokens of that run, trillions.",
    ),
    Parameter(
        "accelerator", "str", "", "gb200", choices=RATED_ACCELERATORS,
        meaning="Accelerator of all runs that are predicted.",
    ),
    Parameter(
        "run_gpus", "int", "GPUs", 100_000, 1_024, 1_000_000,
        meaning="Accelerators held for the run of GPT-5.2's class.",
    ),
    Parameter(
        "class_active_b", "list", "B", [37.0, 100.0, 300.0], 1.0, 2_000.0,
        meaning="Low, central and high active parameters of that class, billions.",
    ),
    Parameter(
        "class_tokens_t", "list", "trillion tokens", [15.0, 30.0, 60.0], 0.1, 1_000.0,
        meaning="Low, central and high training tokens of that class, trillions.",
    ),
    Parameter(
        "restart_s", "float", "s", 300.0, 1.0, 86_400.0,
        meaning="From an interruption to the first new training step.",
    ),
)  # fmt: skip


def accelerator_name(accelerator_id: str) -> str:
    """Return the name of an accelerator for a table or a sentence.

    Examples
    --------
    >>> accelerator_name("gb200"), accelerator_name("h100-sxm")
    ('GB200', 'H100')
    """
    accelerator = datasets.accelerator(accelerator_id)
    return accelerator.name.removeprefix(f"{accelerator.vendor} ").partition(" ")[0].rstrip(",")


def model_name(architecture_id: str) -> str:
    """Return the name of an open model for a table or a sentence.

    Examples
    --------
    >>> model_name("llama-3.1-405b")
    'Llama 3.1 405B'
    """
    return str(datasets.architecture(architecture_id).name)
