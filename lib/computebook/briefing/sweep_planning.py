"""The planning models of a sweep: a fleet that holds its users, and a training run."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from computebook import datasets, serving, sizing, tco, units
from computebook.briefing.sweep_entries import (
    ARCHITECTURE,
    CONTEXT,
    FORMATS,
    GPU,
    MS_PER_S,
    PRICE,
    Output,
    SweepModel,
)
from computebook.errors import ComputebookError
from computebook.memory import Placement
from computebook.parameters import Parameter
from computebook.training_plans import FORMATS as TRAINING_FORMATS
from computebook.training_plans import Request
from computebook.training_plans.inputs import centre
from computebook.training_plans.model import RunModel
from computebook.training_plans.plan import placements, run_model

__all__ = ["GPU_FLEET", "TRAINING_PLAN"]

MOST_COUNTS: Final = 1_000
"""Of each count the fastest layout is searched, which takes up to a second."""


def _gpu_fleet(
    architecture: str,
    gpu: str,
    weights: str,
    kv: str,
    tensor_parallel: Any,
    context_tokens: Any,
    users: Any,
    usd_per_gpu_hour: Any,
) -> Mapping[str, Any]:
    deployment = serving.Deployment(
        architecture=datasets.architecture(architecture),
        accelerator=datasets.accelerator(gpu),
        placement=Placement.of(weights, kv, tensor_parallel=tensor_parallel),
    )
    held = np.floor(sizing.sequences_that_fit(deployment, context_tokens))
    fits = held >= 1
    copies = np.ceil(users / np.where(fits, held, 1.0))
    load = np.ceil(users / copies)
    step_s = serving.decode_step(deployment, load, context_tokens).total_s
    gpus = copies * tensor_parallel
    usd = tco.serving_usd_per_mtok(usd_per_gpu_hour, users / step_s / gpus, 1.0)
    found = {
        "sequences_per_copy": held,
        "gpus": gpus,
        "step_ms": step_s * MS_PER_S,
        "usd_per_hour": gpus * usd_per_gpu_hour,
        "usd_per_mtok": usd,
    }
    return {name: np.where(fits, values, np.nan) for name, values in found.items()}


def _training_plan(
    model: str,
    gpu: str,
    precision: str,
    gpus: Any,
    tokens: Any,
    usd_per_gpu_hour: Any,
) -> Mapping[str, Any]:
    counts = np.unique(gpus)
    if len(counts) > MOST_COUNTS:
        raise ComputebookError(
            f"gpus takes {len(counts):,} values: a layout is searched for each, so list at most "
            f"{MOST_COUNTS:,} (gpus=1024,2048,4096)"
        )
    found = {output.name: np.full(len(gpus), np.nan) for output in TRAINING_PLAN.outputs}
    for count in counts:
        run = _run(model, gpu, precision, float(count))
        rows = np.flatnonzero(gpus == count)
        if run is None:
            continue
        asked = {"tokens": tokens[rows], "rental_usd_per_gpu_hour": usd_per_gpu_hour[rows]}
        results = run.results(centre(run.inputs) | asked)
        for name, (result, size) in _RESULTS.items():
            found[name][rows] = results[result] / size
    return found


@functools.lru_cache(MOST_COUNTS)
def _run(model: str, gpu: str, precision: str, count: float) -> RunModel | None:
    """Return a run as a function of its inputs; None if no layout fits."""
    request = Request(
        model=model, tokens=1e12, gpu=gpu, count=count, precision=precision, usd_per_gpu_hour=1.0
    )
    placed, _ = placements(request)
    return run_model(request, placed) if placed else None


_RESULTS: Final = {
    "tokens_per_s_per_gpu": ("tokens_per_s_per_gpu", 1.0),
    "calendar_days": ("calendar_s", units.SECONDS_PER_DAY),
    "gpu_hours": ("gpu_hours", 1.0),
    "mean_facility_mw": ("mean_facility_w", units.WATTS_PER_MW),
    "facility_mwh": ("facility_energy_j", 1e3 * units.JOULES_PER_KWH),
    "rental_usd": ("rental_usd", 1.0),
    "owned_usd": ("owned_usd", 1.0),
}
"""Of each column the result of the training plan, and how much of its unit one of ours is."""

GPU_FLEET: Final = SweepModel(
    "gpu-fleet",
    "How many GPUs hold the requests of so many users at once, and what they cost.",
    (
        ARCHITECTURE,
        GPU,
        Parameter("weights", "str", "", "fp8", choices=FORMATS, meaning="Format of weights."),
        Parameter("kv", "str", "", "fp8", choices=FORMATS, meaning="Format of the cache."),
        Parameter(
            "tensor_parallel", "float", "GPUs", 8.0, 1, 1024, meaning="GPUs that share a copy."
        ),
        CONTEXT,
        Parameter("users", "float", "users", 64.0, 1, 1e7, meaning="Requests in flight at once."),
        PRICE,
    ),
    (
        Output("sequences_per_copy", "sequences", "That fit in the memory of one copy."),
        Output("gpus", "GPUs", "Whole copies for all users; none where the model does not fit."),
        Output("step_ms", "ms", "Time of one decode step of a copy at its share of the users."),
        Output("usd_per_hour", "$/h", "Price of all GPUs."),
        Output("usd_per_mtok", "$/M tokens", "A million output tokens, always at full load."),
    ),
    _gpu_fleet,
)

TRAINING_PLAN: Final = SweepModel(
    "training-plan",
    "How long a training run takes in its fastest layout, its energy and cost: central values.",
    (
        Parameter("model", "str", "", "llama-3.1-405b", meaning="Open model: id or alias."),
        Parameter("gpu", "str", "", "h100-sxm", meaning="Accelerator: id or usual alias."),
        Parameter("precision", "str", "", "bf16", choices=TRAINING_FORMATS, meaning="Of training."),
        Parameter("gpus", "float", "GPUs", 16_384.0, 1, 1e6, meaning="GPUs held, spares too."),
        Parameter("tokens", "float", "tokens", 1.5e13, 1e6, 1e17, meaning="Training tokens."),
        PRICE,
    ),
    (
        Output("tokens_per_s_per_gpu", "tokens/s", "Speed; none where no layout fits."),
        Output("calendar_days", "days", "Length of the run, interruptions included."),
        Output("gpu_hours", "GPU-hours", "Hours of all GPUs."),
        Output("mean_facility_mw", "MW", "Mean power of the site while training."),
        Output("facility_mwh", "MWh", "Energy of the site."),
        Output("rental_usd", "$", "Rent of the GPUs."),
        Output("owned_usd", "$", "The same hours on a cluster of one's own."),
    ),
    _training_plan,
)
