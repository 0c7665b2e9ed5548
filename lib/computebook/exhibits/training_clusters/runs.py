"""Time, energy and rental of a training run, and published runs to hold it against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from computebook import datasets, tco, training, units
from computebook.exhibits.training_clusters.inputs import (
    accelerator_name,
    factor,
    range_of,
    rated_w_per_gpu,
    row_of,
)
from computebook.exhibits.training_clusters.reliability import CHECKPOINT_S, goodput
from computebook.exhibits.training_clusters.sites import boundary_w_per_gpu
from computebook.scenarios import Range, evaluate_range

__all__ = ["REFERENCE_RUN", "published_runs", "run_estimate", "training_days"]

#: The run whose utilization predicts the others.
REFERENCE_RUN: Final = "llama-3.1-405b"
REFERENCE_THROUGHPUT: Final = "llama-3-paper-16384-h100"
MILLION: Final = 1e6
PERCENT: Final = 100.0
BUDGETS_FLOP: Final = (1e26, 1e27, 1e28)
FLEETS: Final = (16_384, 50_000, 100_000)


def _peak_flop_per_s(accelerator_id: str, precision: str) -> float:
    return float(datasets.accelerator(accelerator_id).dense_flop_per_s(precision))


def published_runs() -> pd.DataFrame:
    """Return published runs, the utilization that they reached, and how one predicts the rest.

    Returns
    -------
    DataFrame
        `name`, `accelerator`, `flop`, `gpu_hours_m` (published), `mfu` (of the dense BF16 peak,
        everything included), `predicted_m` (at the utilization of Llama 3.1 405B), `error`
        (NaN for that run itself), `scope`, `source_key`.

    Examples
    --------
    >>> runs = published_runs().set_index("name")
    >>> round(float(runs.loc["Llama 3.1 405B", "mfu"]), 3)
    0.346
    """
    table = datasets.load("training_runs")
    flop = training.training_flop(
        table["active_params_b"].to_numpy() * units.UNITS["params_b"].factor,
        table["training_tokens_t"].to_numpy() * 1e12,
    )
    peak = table["accelerator_id"].map(lambda name: _peak_flop_per_s(name, "bf16")).to_numpy()
    mfu = training.model_flop_utilization(flop, table["gpu_hours"].to_numpy(), peak)
    table = table.assign(flop=flop, mfu=mfu, gpu_hours_m=table["gpu_hours"] / MILLION)
    reference = table["run_id"] == REFERENCE_RUN
    predicted = training.run_gpu_hours(flop, peak, float(table.loc[reference, "mfu"].iloc[0]))
    table["predicted_m"] = predicted / MILLION
    table["error"] = (table["predicted_m"] / table["gpu_hours_m"] - 1).mask(reference)
    table["accelerator"] = table["accelerator_id"].map(accelerator_name)
    table["scope"] = table["scope"].str.replace("-", " ")
    kept = ["name", "accelerator", "flop", "gpu_hours_m", "mfu", "predicted_m", "error"]
    return table[[*kept, "scope", "source_key"]]


def snapshot_prediction(restart_s: float) -> tuple[float, float]:
    """Return GPU-hours of Llama 3.1 405B: from its measured rate with goodput, and published.

    Parameters
    ----------
    restart_s : float
        From an interruption to the first new step, s.

    Returns
    -------
    tuple of float
        Predicted and published, in millions.

    Examples
    --------
    >>> predicted, published = snapshot_prediction(300.0)
    >>> -0.12 < predicted / published - 1 < -0.05
    True
    """
    run = row_of("training_runs", "run_id", REFERENCE_RUN)
    measured = row_of("training_throughput", "throughput_id", REFERENCE_THROUGHPUT)
    rate = float(measured["model_tflop_s_per_accelerator"])
    flop = training.training_flop(run["active_params_b"] * 1e9, run["training_tokens_t"] * 1e12)
    share = goodput(
        float(run["accelerators"]), checkpoint_s=CHECKPOINT_S.central, restart_s=restart_s
    )
    hours = training.run_gpu_hours(flop, rate * units.FLOP_PER_TFLOP, 1.0, share)
    return float(hours) / MILLION, float(run["gpu_hours"]) / MILLION


def _drawn_w(accelerator_id: str, pue: float) -> Range:
    """Return the mean power of one training GPU at the facility, W."""
    load, planning = factor("load-fraction-planning"), factor("pue-planning-hyperscale")
    site = Range(min(planning.low, pue), pue, max(planning.high, pue))
    rated = boundary_w_per_gpu(accelerator_id, "facility", rated_w_per_gpu(accelerator_id), site)
    return Range(rated.low * load.low, rated.central * load.central, rated.high * load.high)


def run_estimate(
    *,
    active_params_b: float,
    tokens_t: float,
    accelerator: str,
    run_gpus: int,
    mfu_percent: Sequence[float],
    usd_per_gpu_hour: Sequence[float],
    restart_s: float,
    pue: float,
) -> pd.DataFrame:
    """Return what one run takes: lowest, central and highest over the stated assumptions.

    Parameters
    ----------
    active_params_b : float
        Active parameters, billions.
    tokens_t : float
        Training tokens, trillions.
    accelerator : str
        Id of the accelerator; the utilization refers to its dense FP8 peak.
    run_gpus : int
        Accelerators that train together.
    mfu_percent, usd_per_gpu_hour : sequence of float
        Low, central and high.
    restart_s : float
        From an interruption to the first new step, s.
    pue : float
        Facility power over IT power.

    Returns
    -------
    DataFrame
        `quantity`, `unit`, `low`, `central`, `high`; the lowest and highest value over all
        corners of the assumptions.

    Raises
    ------
    ComputebookError
        If a list is not three rising values.

    Examples
    --------
    >>> frame = run_estimate(active_params_b=405.9, tokens_t=15.6, accelerator="gb200",
    ...     run_gpus=16_384, mfu_percent=[17, 35, 43], usd_per_gpu_hour=[2.25, 5.5, 7.25],
    ...     restart_s=300.0, pue=1.1)
    >>> 5 < float(frame["central"].iloc[0]) < 8
    True
    """
    flop = training.training_flop(active_params_b * 1e9, tokens_t * 1e12)
    peak = _peak_flop_per_s(accelerator, "fp8")

    def hours(mfu: float, checkpoint_s: float) -> Any:
        share = goodput(run_gpus, checkpoint_s=checkpoint_s, restart_s=restart_s)
        return training.run_gpu_hours(flop, peak, mfu / PERCENT, share)

    def days(**inputs: float) -> Any:
        return hours(**inputs) * units.SECONDS_PER_HOUR / run_gpus / units.SECONDS_PER_DAY

    def gwh(drawn_w: float, **inputs: float) -> Any:
        return hours(**inputs) * drawn_w / 1e9

    def million_usd(price: float, **inputs: float) -> Any:
        held_s = hours(**inputs) * units.SECONDS_PER_HOUR / run_gpus
        return tco.run_usd(run_gpus, held_s, price) / MILLION

    base = {"mfu": range_of("mfu_percent", mfu_percent), "checkpoint_s": CHECKPOINT_S}
    price, drawn = range_of("usd_per_gpu_hour", usd_per_gpu_hour), _drawn_w(accelerator, pue)
    found = {
        ("GPU-hours", "million"): evaluate_range(lambda **i: hours(**i) / MILLION, **base),
        ("Duration", "days"): evaluate_range(days, **base),
        ("Energy at the facility", "GWh"): evaluate_range(gwh, drawn_w=drawn, **base),
        ("Rental", "$ million"): evaluate_range(million_usd, price=price, **base),
    }
    rows = [(*names, each.low, each.central, each.high) for names, each in found.items()]
    return pd.DataFrame(rows, columns=["quantity", "unit", "low", "central", "high"])


def training_days(
    *,
    active_params_b: float,
    tokens_t: float,
    gpus_per_building: int,
    accelerator: str,
    mfu_percent: Sequence[float],
    restart_s: float,
) -> pd.DataFrame:
    """Return days of training by compute budget and cluster, central assumptions.

    Parameters
    ----------
    active_params_b, tokens_t, accelerator, mfu_percent, restart_s
        As for `run_estimate`.
    gpus_per_building : int
        The largest cluster: a whole building on one job.

    Returns
    -------
    DataFrame
        `budget`, `fleet`, `days`, with the numbers `flop` and `gpus`.

    Examples
    --------
    >>> frame = training_days(active_params_b=405.9, tokens_t=15.6, gpus_per_building=150_000,
    ...     accelerator="gb200", mfu_percent=[17, 35, 43], restart_s=300.0)
    >>> len(frame)
    16
    """
    run = float(training.training_flop(active_params_b * 1e9, tokens_t * 1e12))
    peak, mfu = _peak_flop_per_s(accelerator, "fp8"), range_of("mfu_percent", mfu_percent).central
    budgets = {f"run: {_power_of_ten(run)}": run}
    budgets |= {_power_of_ten(flop): flop for flop in BUDGETS_FLOP}
    rows = []
    for budget, flop in sorted(budgets.items(), key=lambda item: item[1]):
        for gpus in sorted({*FLEETS, gpus_per_building}):
            share = goodput(gpus, checkpoint_s=CHECKPOINT_S.central, restart_s=restart_s)
            taken = training.run_time_s(flop, gpus, peak, mfu / PERCENT, share)
            rows.append((budget, f"{gpus:,}", taken / units.SECONDS_PER_DAY, flop, gpus))
    return pd.DataFrame(rows, columns=["budget", "fleet", "days", "flop", "gpus"])


def _power_of_ten(flop: float) -> str:
    mantissa, exponent = f"{flop:.1e}".split("e+")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)} FLOP"
