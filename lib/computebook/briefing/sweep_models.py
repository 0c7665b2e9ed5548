"""The models that a sweep can run: their parameters, their outputs, and how to call them.

Each takes arrays of numbers and single words, and returns one array per output.
"""

from __future__ import annotations

from typing import Any, Final

from computebook import datasets, memory, price_cards, pricing, serving, tco, training, units
from computebook.briefing import sweep_planning
from computebook.briefing.sweep_entries import (
    ARCHITECTURE,
    BATCH,
    CONTEXT,
    FORMATS,
    GPU,
    MS_PER_S,
    PRICE,
    Output,
    SweepModel,
)
from computebook.errors import require_known
from computebook.memory import Placement
from computebook.parameters import Parameter

__all__ = ["MODELS", "Output", "SweepModel", "model"]


def _kv_cache(architecture: str, context_tokens: Any, batch_size: Any, kv_bits: Any) -> Any:
    shape = datasets.architecture(architecture)
    cache = memory.kv_cache_bytes(shape, context_tokens, batch_size, kv_bits)
    return {"cache_gb": cache / units.BYTES_PER_GB}


def _decode_step(
    architecture: str,
    gpu: str,
    weights: str,
    kv: str,
    tensor_parallel: Any,
    batch_size: Any,
    context_tokens: Any,
) -> Any:
    deployment = serving.Deployment(
        architecture=datasets.architecture(architecture),
        accelerator=datasets.accelerator(gpu),
        placement=Placement.of(weights, kv, tensor_parallel=tensor_parallel),
    )
    step_s = serving.decode_step(deployment, batch_size, context_tokens).total_s
    return {
        "step_ms": step_s * MS_PER_S,
        "tokens_per_s_per_gpu": batch_size / step_s / tensor_parallel,
    }


def _api_bill(
    model: str,
    price_date: str,
    service_tier: str,
    input_tokens: Any,
    cached_fraction: Any,
    visible_output_tokens: Any,
    reasoning_output_tokens: Any,
) -> Any:
    usage = pricing.Usage(
        uncached_input_tokens=input_tokens * (1 - cached_fraction),
        cached_input_tokens=input_tokens * cached_fraction,
        visible_output_tokens=visible_output_tokens,
        reasoning_output_tokens=reasoning_output_tokens,
    )
    card = price_cards.price_card(model, price_date, service_tier)
    bill = pricing.bill(usage, card)
    thousand = 1_000
    return {
        "usd_per_krequest": thousand * bill.total_usd,
        "reasoning_usd_per_krequest": thousand * bill.reasoning_output_usd,
    }


def _campaign(
    tokens: Any,
    tokens_per_s_per_gpu: Any,
    gpus: Any,
    gpu_hours_per_interruption: Any,
    checkpoint_s: Any,
    restart_s: Any,
    usd_per_gpu_hour: Any,
) -> Any:
    reliability = training.Reliability(
        gpu_hours_per_interruption=gpu_hours_per_interruption,
        checkpoint_s=checkpoint_s,
        restart_s=restart_s,
    )
    run = training.campaign(tokens, tokens_per_s_per_gpu, gpus, reliability)
    return {
        "goodput_fraction": run.goodput,
        "calendar_days": run.calendar_s / units.SECONDS_PER_DAY,
        "gpu_hours": run.gpu_hours,
        "rental_usd": training.rental_usd(run.gpu_hours, usd_per_gpu_hour),
    }


def _serving_cost(usd_per_gpu_hour: Any, tokens_per_s_per_gpu: Any, utilization: Any) -> Any:
    usd = tco.serving_usd_per_mtok(usd_per_gpu_hour, tokens_per_s_per_gpu, utilization)
    return {"usd_per_mtok": usd}


_SPEED: Final = Parameter(
    "tokens_per_s_per_gpu", "float", "tokens/s", 400.0, 1e-3, 1e7, meaning="Tokens per GPU."
)
_ALL: Final = (
    SweepModel(
        "kv-cache",
        "How much memory the cache of all sequences takes.",
        (
            ARCHITECTURE,
            CONTEXT,
            BATCH,
            Parameter("kv_bits", "float", "bit", 16.0, 1, 64, meaning="Bits per cached value."),
        ),
        (Output("cache_gb", "GB", "Cache of all sequences, on all GPUs together."),),
        _kv_cache,
    ),
    SweepModel(
        "decode-step",
        "How long one more token of every sequence takes, with the constants of the library.",
        (
            ARCHITECTURE,
            GPU,
            Parameter("weights", "str", "", "fp8", choices=FORMATS, meaning="Format of weights."),
            Parameter("kv", "str", "", "fp8", choices=FORMATS, meaning="Format of the cache."),
            Parameter(
                "tensor_parallel", "float", "GPUs", 8.0, 1, 1024, meaning="GPUs that share a copy."
            ),
            BATCH,
            CONTEXT,
        ),
        (
            Output("step_ms", "ms", "Time of one decode step."),
            Output("tokens_per_s_per_gpu", "tokens/s", "Output tokens per second and GPU."),
        ),
        _decode_step,
    ),
    SweepModel(
        "api-bill",
        "What a thousand requests cost at list prices.",
        (
            Parameter("model", "str", "", "gpt-5.2", meaning="Commercial model: id or alias."),
            Parameter("price_date", "str", "", "2026-01-15", meaning="Day of the prices."),
            Parameter("service_tier", "str", "", "standard", meaning="Service tier."),
            Parameter(
                "input_tokens", "float", "tokens", 4_000.0, 0, 1.2e7, meaning="Prompt of a request."
            ),
            Parameter(
                "cached_fraction", "float", "", 0.0, 0, 1, meaning="Share of the prompt cached."
            ),
            Parameter(
                "visible_output_tokens", "float", "tokens", 500.0, 0, 1e7, meaning="Visible answer."
            ),
            Parameter(
                "reasoning_output_tokens",
                "float",
                "tokens",
                1_000.0,
                0,
                1e7,
                meaning="Billed output that nobody sees.",
            ),
        ),
        (
            Output("usd_per_krequest", "$", "A thousand requests."),
            Output("reasoning_usd_per_krequest", "$", "Of that, reasoning."),
        ),
        _api_bill,
    ),
    SweepModel(
        "training-campaign",
        "How long a training run takes with its interruptions, and what it costs.",
        (
            Parameter("tokens", "float", "tokens", 1.5e13, 1, 1e17, meaning="Training tokens."),
            _SPEED,
            Parameter("gpus", "float", "GPUs", 16_384.0, 1, 1e7, meaning="GPUs that train."),
            Parameter(
                "gpu_hours_per_interruption",
                "float",
                "GPU-hours",
                50_677.0,
                1,
                1e12,
                meaning="GPU-hours between two interruptions.",
            ),
            Parameter(
                "checkpoint_s", "float", "s", 10.0, 0.01, 1e5, meaning="Standstill of a checkpoint."
            ),
            Parameter("restart_s", "float", "s", 300.0, 0, 1e6, meaning="Time of a restart."),
            PRICE,
        ),
        (
            Output("goodput_fraction", "", "Share of the time that ends up in the model."),
            Output("calendar_days", "days", "Length of the run."),
            Output("gpu_hours", "GPU-hours", "Hours of all GPUs."),
            Output("rental_usd", "$", "Rent of the GPUs."),
        ),
        _campaign,
    ),
    SweepModel(
        "serving-cost",
        "What a million tokens cost on GPUs of one's own.",
        (
            PRICE,
            _SPEED,
            Parameter("utilization", "float", "", 0.5, 0.001, 1, meaning="Share of hours used."),
        ),
        (Output("usd_per_mtok", "$/M tokens", "A million tokens."),),
        _serving_cost,
    ),
    sweep_planning.GPU_FLEET,
    sweep_planning.TRAINING_PLAN,
)
MODELS: Final = {entry.name: entry for entry in _ALL}


def model(name: str) -> SweepModel:
    """Return a model by its name.

    Parameters
    ----------
    name : str
        One of `MODELS`.

    Raises
    ------
    ComputebookError
        If there is none of that name; the sentence suggests the nearest.

    Examples
    --------
    >>> [output.unit for output in model("kv-cache").outputs]
    ['GB']
    """
    return MODELS[require_known("model", name, MODELS)]
