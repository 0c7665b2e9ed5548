"""What a training run takes: days, GPU-hours, megawatts and dollars."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from computebook import datasets, power, tco, training, units
from computebook.calculators.calculator import Calculator, Field, Result
from computebook.hardware import Accelerator, System
from computebook.parameters import Parameter
from computebook.tracing import take
from computebook.training import Reliability, campaign

__all__ = ["training_run"]

FORMATS: Final = ("bf16", "fp8")
DEFAULT: Final = "gb200"
PERCENT: Final = 100.0
BILLION: Final = 1e9
TRILLION: Final = 1e12
MILLION: Final = 1e6
YOTTA: Final = 1e24
STALL_S: Final = 30.0
"""Standstill of one checkpoint, as the chapter takes it."""


@functools.cache
def ratings() -> dict[str, float]:
    """Return the rated power per accelerator of servers and racks, median, W, by accelerator.

    Examples
    --------
    >>> ratings()["h100-sxm"]
    1275.0
    """
    table = datasets.load("systems")
    whole = table["power_boundary"].isin(["node", "rack"]) & table["accelerators"].isin([8, 72])
    rated: dict[str, list[float]] = {}
    for row in table[whole].dropna(subset=["rated_power_kw"]).to_dict("records"):
        system = System(
            system_id=str(row["system_id"]), accelerator_id=str(row["accelerator_id"]),
            accelerators=float(row["accelerators"]),
            rated_power_w=float(row["rated_power_kw"]) * units.WATTS_PER_KW,
        )  # fmt: skip
        rated.setdefault(system.accelerator_id, []).append(system.rated_w_per_accelerator)
    return {name: float(np.median(values)) for name, values in rated.items()}


@functools.cache
def devices() -> tuple[Accelerator, ...]:
    """Return the accelerators with a rated system."""
    return tuple(d for name, d in datasets.accelerators().items() if name in ratings())


def formula(
    *,
    params_b: Any,
    active_params_b: Any,
    tokens_t: Any,
    accelerator: Any,
    precision: Any,
    gpus: Any,
    mfu_percent: Any,
    restart_s: Any,
    rated_w: Any,
    load_percent: Any,
    pue: Any,
    usd_per_gpu_hour: Any,
) -> Mapping[str, Any]:
    """Return what one run takes.

    Parameters
    ----------
    params_b, active_params_b, tokens_t
        Parameters, those that a token uses, and training tokens; billions and trillions.
    accelerator, precision : int or tracer
        Positions in `devices` and `FORMATS`.
    gpus, mfu_percent, restart_s
        Accelerators, share of the dense peak while training, and time to come back.
    rated_w, load_percent, pue, usd_per_gpu_hour
        Power of a GPU with its share of the server, how much of it is drawn, the site, the price.
    """
    flop = training.training_flop(active_params_b * BILLION, tokens_t * TRILLION)
    peaks = [device.dense_flop_per_s(name) for device in devices() for name in FORMATS]
    peak = take(peaks, accelerator * len(FORMATS) + precision)
    each = flop / (tokens_t * TRILLION)
    speed = peak * (mfu_percent / PERCENT) / each
    run = campaign(
        tokens_t * TRILLION, speed, gpus, Reliability(checkpoint_s=STALL_S, restart_s=restart_s)
    )
    rated = power.power_for_accelerators_w(gpus, rated_w) * pue
    drawn = rated * load_percent / PERCENT
    state = training.STATE_FORMATS["mixed"]
    per_parameter = state.weights + state.gradients + state.optimizer
    memory = take([device.memory_bytes for device in devices()], accelerator)
    return {
        "days": run.calendar_s / units.SECONDS_PER_DAY,
        "gpu_hours_m": run.gpu_hours / MILLION,
        "rental_musd": tco.run_usd(gpus, run.calendar_s, usd_per_gpu_hour) / MILLION,
        "drawn_mw": drawn / units.WATTS_PER_MW,
        "rated_mw": rated / units.WATTS_PER_MW,
        "energy_gwh": drawn * run.calendar_s / units.JOULES_PER_KWH / MILLION,
        "flop_e24": flop / YOTTA,
        "goodput_percent": PERCENT * run.goodput,
        "least_gpus": np.ceil(params_b * BILLION * per_parameter / memory),
    }


def _fields() -> tuple[Field, ...]:
    chips = devices()
    names = tuple(device.accelerator_id for device in chips)
    rated = tuple(round(ratings()[name]) for name in names)
    load = datasets.row_of("facility_factors", "factor_id", "load-fraction-planning")
    return (
        Field(
            Parameter("params_b", "float", "billion", 405.9, 0.01, 1e5,
                      meaning="All parameters; they set the memory of the states."),
            "Parameters",
        ),
        Field(
            Parameter("active_params_b", "float", "billion", 405.9, 0.01, 1e5,
                      meaning="Those that one token uses; of a mixture the active ones."),
            "Active parameters",
        ),
        Field(
            Parameter("tokens_t", "float", "trillion", 15.6, 0.001, 10_000.0,
                      meaning="Training tokens."),
            "Tokens",
        ),
        Field(
            Parameter("accelerator", "str", "", DEFAULT, choices=names,
                      meaning="Sets the peak, the memory and the rated power."),
            "GPU", tuple(device.name for device in chips), {"rated_w": rated},
        ),
        Field(
            Parameter("precision", "str", "", "fp8", choices=FORMATS,
                      meaning="The peak that the utilization refers to."),
            "Peak of", tuple(name.upper() for name in FORMATS),
        ),
        Field(
            Parameter("gpus", "int", "GPUs", 16_384, 1, 1_000_000,
                      meaning="GPUs that train together."),
            "GPUs",
        ),
        Field(
            Parameter("mfu_percent", "float", "%", 35.0, 1.0, 100.0,
                      meaning="Share of the dense peak while training; it falls as clusters grow."),
            "Utilization (MFU)",
        ),
        Field(
            Parameter("restart_s", "float", "s", 300.0, 1.0, 3_600.0,
                      meaning="From an interruption to the first new step."),
            "Restart",
        ),
        Field(
            Parameter("rated_w", "float", "W", float(rated[names.index(DEFAULT)]), 1.0, 10_000.0,
                      meaning="A GPU with its share of server or rack; follows the GPU."),
            "Rated power",
        ),
        Field(
            Parameter("load_percent", "float", "%", PERCENT * float(load["central"]), 1.0, 100.0,
                      meaning="Share of the rating that training draws."),
            "Drawn",
        ),
        Field(
            Parameter("pue", "float", "", 1.1, 1.0, 2.5, meaning="Facility power over IT power."),
            "PUE",
        ),
        Field(
            Parameter("usd_per_gpu_hour", "float", "$/h", 5.5, 0.05, 100.0,
                      meaning="Rent of one GPU."),
            "Price of a GPU-hour",
        ),
    )  # fmt: skip


@functools.cache
def training_run() -> Calculator:
    """Return the calculator of a training run.

    Examples
    --------
    >>> found = training_run().evaluate()
    >>> 15 < found["days"] < 20
    True
    """
    return Calculator(
        "training-run",
        "What will a training run take?",
        "Runs `training.training_flop` and `training.campaign` with the failure rate of Llama 3 "
        f"405B and checkpoints that stop training for {STALL_S:.0f} s. Utilization is an input "
        "here: the step model of this chapter predicts it from a layout.",
        _fields(),
        (
            Result("days", "Duration", "days"),
            Result("gpu_hours_m", "GPU-hours", "million"),
            Result("rental_musd", "Rental", "$ million"),
            Result("drawn_mw", "Mean power of the site", "MW"),
            Result("rated_mw", "Power to provide for", "MW"),
            Result("energy_gwh", "Energy", "GWh"),
            Result("flop_e24", "Operations", "10²⁴ FLOP"),
            Result("goodput_percent", "Time that ends up in the model", "%"),
            Result("least_gpus", "GPUs that the states fill", "", "count"),
        ),
        formula,
    )
