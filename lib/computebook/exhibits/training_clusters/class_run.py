"""What a run of GPT-5.2's class may cost and draw: a range over stated assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import charts
from computebook import training_plans as plans
from computebook.scenarios import Range, range_of

__all__ = [
    "class_assumptions",
    "class_by_size",
    "class_run",
    "class_table",
    "cost_chart",
    "cost_shares",
    "drivers",
    "drivers_chart",
    "result_range",
]

COST: Final = "total_usd"
DRAWS: Final = 10_000
SOBOL_SAMPLES: Final = 512
#: Rows of the result, in the order of the table.
SHOWN: Final = (
    *("gpu_hours", "calendar_s", "goodput", "rated_facility_w", "mean_facility_w"),
    *("facility_energy_j", "co2_kg", "rental_usd", "owned_usd"),
    *("usd_per_effective_gpu_hour", "usd_per_exaflop"),
)
BY_SIZE: Final = (
    *("calendar_s", "rated_facility_w", "facility_energy_j"),
    *("rental_usd", "owned_usd"),
)
#: Inputs that the table of assumptions leaves out: a number without meaning, and no result shown.
HIDDEN: Final = ("shape", "water_l_per_kwh")
#: Where the low end of the two inputs that a reader may change comes from.
LOW_ENDS: Final = {"active_params": "deepseek2024v3", "tokens": "grattafiori2024llama3"}
OURS: Final = "this report"
#: Inputs shown in another unit than their own.
SCALES: Final = {"parameters": 1e9, "tokens": 1e12}
UNITS: Final = {"parameters": "billion", "tokens": "trillion"}
COSTS: Final = {"rental_usd": "rented", "owned_usd": "owned"}
SHARES: Final = np.linspace(0.01, 0.99, 50)
ENDS: Final = (0.1, 0.5, 0.9)
MOST_DRIVERS: Final = 8
#: Short words for a chart; other inputs keep theirs.
WORDS: Final = {
    "active_params": "Active parameters",
    "tokens": "Training tokens",
    "model_error": "Step model error",
    "run_error": "Whole-run error",
    "rental_usd_per_gpu_hour": "Rent",
    "gpu_hours_per_interruption": "Failure rate",
    "restart_s": "Restart time",
    "checkpoint_s": "Checkpoint time",
    "shape": "Model shape",
    "ramp_fraction": "Ramp",
    "straggler_fraction": "Slow GPUs",
}


@lru_cache(maxsize=16)
def _found(
    accelerator: str, run_gpus: int, active_b: tuple[float, ...], tokens_t: tuple[float, ...]
) -> Any:
    def spread(field: str, values: tuple[float, ...], unit: float) -> plans.Spread:
        given = range_of(field, values)
        return plans.Spread(given.low * unit, given.central * unit, given.high * unit)

    return plans.frontier_range(
        gpu=accelerator,
        count=run_gpus,
        active_params=spread("class_active_b", active_b, 1e9),
        tokens=spread("class_tokens_t", tokens_t, 1e12),
        draws=DRAWS,
    )


def class_run(
    *,
    accelerator: str,
    run_gpus: int,
    class_active_b: Sequence[float],
    class_tokens_t: Sequence[float],
) -> Any:
    """Return the run of a model whose size and tokens are only known as ranges.

    Parameters
    ----------
    accelerator : str
        Id of the accelerator.
    run_gpus : int
        GPUs held.
    class_active_b : sequence of float
        Low, central and high active parameters, billions.
    class_tokens_t : sequence of float
        Low, central and high training tokens, trillions.

    Returns
    -------
    training_plans.FrontierRange
        Draws, layouts and assumptions.

    Raises
    ------
    ComputebookError
        If a list is not three rising values, or no shape fits the cluster.
    """
    return _found(accelerator, run_gpus, tuple(class_active_b), tuple(class_tokens_t))


def result_range(found: Any, name: str) -> Range:
    """Return the 10th, 50th and 90th percentile of one result, in the unit that it is shown in.

    Parameters
    ----------
    found : training_plans.FrontierRange
        From `class_run`.
    name : str
        Short name of the result.
    """
    values = found.draws[name] / plans.RESULTS[name].per_base
    return Range(*(float(value) for value in values.quantile(list(ENDS))))


def class_table(found: Any) -> pd.DataFrame:
    """Return the results that a planner asks for, each with its interval.

    Parameters
    ----------
    found : training_plans.FrontierRange
        From `class_run`.

    Returns
    -------
    DataFrame
        `quantity`, `unit`, `low`, `central`, `high`.
    """
    rows = []
    for name in SHOWN:
        words, each = plans.RESULTS[name], result_range(found, name)
        at = f", {words.boundary}" if words.boundary else ""
        quantity = f"{words.words}{at}"
        rows.append((quantity[0].upper() + quantity[1:], words.unit, each.low, each.central,
                     each.high))  # fmt: skip
    return pd.DataFrame(rows, columns=["quantity", "unit", "low", "central", "high"])


def class_by_size(sizes: Sequence[int], **given: Any) -> pd.DataFrame:
    """Return time, power, energy and cost of that class on clusters of several sizes.

    Parameters
    ----------
    sizes : sequence of int
        GPUs held; equal ones count once.
    **given
        As for `class_run`; its `run_gpus` is replaced.

    Returns
    -------
    DataFrame
        `gpus`, and as text with the interval `calendar_s` (days),
        `rated_facility_w` (MW), `facility_energy_j` (GWh), `rental_usd`, `owned_usd` ($ million);
        the medians as numbers in columns that end in ``_median``.
    """
    rows = []
    for gpus in sorted(set(sizes)):
        found = class_run(**(given | {"run_gpus": gpus}))
        each = {name: result_range(found, name) for name in BY_SIZE}
        spans = {name: _span(value) for name, value in each.items()}
        middles = {f"{name}_median": value.central for name, value in each.items()}
        rows.append({"gpus": gpus} | spans | middles)
    return pd.DataFrame(rows)


def _span(each: Range) -> str:
    return f"{each.central:,.3g} ({each.low:,.3g}\N{EN DASH}{each.high:,.3g})"


def class_assumptions(found: Any) -> pd.DataFrame:
    """Return the inputs that vary, with their ranges and where they come from.

    Parameters
    ----------
    found : training_plans.FrontierRange
        From `class_run`.

    Returns
    -------
    DataFrame
        `meaning`, `unit`, `low`, `central`, `high`, `basis`, `source_key` (as MyST).
    """
    table: pd.DataFrame = found.assumptions
    varying = table[(table["low"] < table["high"]) & ~table["input"].isin(HIDDEN)].copy()
    varying["meaning"] = varying["meaning"].str[:1].str.upper() + varying["meaning"].str[1:]
    for end in ("low", "central", "high"):
        varying[end] /= varying["unit"].map(SCALES).fillna(1.0)
    varying["unit"] = varying["unit"].replace(UNITS)
    varying["basis"] = varying["basis"].replace("asked", "assumed")
    keys = varying["input"].map(LOW_ENDS).fillna(varying["source_key"])
    keys = keys.str.replace("; ", ",")
    varying["source_key"] = [f"{{cite}}`{key}`" if key else OURS for key in keys]
    kept = ["meaning", "unit", "low", "central", "high", "basis", "source_key"]
    return varying[kept].reset_index(drop=True)


def cost_shares(found: Any) -> pd.DataFrame:
    """Return the share of the draws that cost less than an amount, rented and owned.

    Parameters
    ----------
    found : training_plans.FrontierRange
        From `class_run`.

    Returns
    -------
    DataFrame
        `million_usd`, `percent`, `way`.
    """
    frames = []
    for name, way in COSTS.items():
        values = found.draws[name].quantile(SHARES) / plans.RESULTS[name].per_base
        frames.append(
            pd.DataFrame({"million_usd": values.to_numpy(), "percent": 100 * SHARES, "way": way})
        )
    return pd.concat(frames, ignore_index=True)


def cost_chart(frame: pd.DataFrame) -> Any:
    """Return the share of the draws below each cost.

    Parameters
    ----------
    frame : DataFrame
        From `cost_shares`.
    """
    return charts.lines(
        frame, x="million_usd", y="percent", series="way", log_x=True, x_format="~s",
        x_title="Cost of the run ($ million)", y_title="Draws that cost less (%)",
    )  # fmt: skip


@lru_cache(maxsize=16)
def _drivers(
    accelerator: str, run_gpus: int, active_b: tuple[float, ...], tokens_t: tuple[float, ...]
) -> pd.DataFrame:
    found = _found(accelerator, run_gpus, active_b, tokens_t)
    swings = plans.tornado(found, COST)
    shares = plans.sobol(found, COST, samples=SOBOL_SAMPLES)
    meanings = dict(zip(found.assumptions["input"], found.assumptions["meaning"], strict=True))
    frame = swings.merge(shares, on="input", how="left")
    frame["meaning"] = frame["input"].map(meanings | WORDS)
    return frame


def drivers(**given: Any) -> pd.DataFrame:
    """Return which inputs move the cost: alone, and as a share of its variance.

    Parameters
    ----------
    **given
        As for `class_run`.

    Returns
    -------
    DataFrame
        `meaning`, `low_musd` and `high_musd` (cost with that input at either end, $ million),
        `first` and `total` (first-order and total Sobol index); largest swing first, the
        `MOST_DRIVERS` first of them.
    """
    frame = _drivers(
        given["accelerator"], given["run_gpus"],
        tuple(given["class_active_b"]), tuple(given["class_tokens_t"]),
    )  # fmt: skip
    scale = plans.RESULTS[COST].per_base
    # A skewed input may have its most likely value outside its 10th to 90th percentile.
    ends = frame[["result_at_low", "result_at_central", "result_at_high"]] / scale
    found = frame.assign(
        low_musd=ends.min(axis=1), high_musd=ends.max(axis=1),
        central_musd=frame["result_at_central"] / scale,
    )  # fmt: skip
    # An estimate may fall a hair below zero; rounding must not show it as minus nothing.
    found[["first", "total"]] = found[["first", "total"]].round(2) + 0.0
    return found.head(MOST_DRIVERS)


def drivers_chart(frame: pd.DataFrame) -> Any:
    """Return the cost with each input at its low and its high end.

    Parameters
    ----------
    frame : DataFrame
        From `drivers`.
    """
    chart = charts.range_bars(
        frame, category="meaning", low="low_musd", central="central_musd", high="high_musd",
        value_title="Cost of the run ($ million)",
    )  # fmt: skip
    # The table below holds the numbers; on a phone labels would be cut.
    chart.layer = chart.layer[:-1]
    return chart
