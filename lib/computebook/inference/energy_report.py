"""The energy constants as a table, and how far the energy model is off where it never looked."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import datasets, serving
from computebook.inference.energy import (
    EnergyRates,
    calibrate_energy,
    energy_cases,
    energy_deployment,
    energy_rates,
    fitted_host_factor,
    held_out_power,
    predicted_rates,
    rates_by_host_factor,
)
from computebook.inference.energy_table import TABLE, draw_constants
from computebook.inference.holdout import interval_factors

__all__ = [
    "TABLE",
    "calibrated_energy",
    "energy_error_table",
    "energy_errors",
    "host_constants",
    "server_errors",
    "write_energy_table",
]

IDLE_FRACTION: Final = (0.12, 0.08, 0.17)
"""Power of a waiting chip over its rating: central, low, high. Assumed; the high end is the
lowest limit that a GB200 accepts. Source: `nvidia_dps_devices`."""

SUPPLY_FRACTION: Final = (0.95, 0.94, 0.96)
"""Efficiency of the power supplies that MLPerf's power runs record."""

ASSUMED_SEQUENCES: Final = 256.0
"""Sequences per copy in a power run whose batch is not in the log."""

_INTERVAL: Final = "interval_factor"
_MEANINGS: Final = {
    "active_fraction": "power of a serving chip before any byte or operation, over its rating",
    "byte_j": "energy to move one byte from memory into the arithmetic",
    "flop_j": "energy of one matrix operation with its operands",
    "idle_fraction": "power of a waiting chip, over its rating",
    "host_w": "processors, fans, network and drives per accelerator, from servers at idle",
    "supply_fraction": "efficiency of the power supplies",
    _INTERVAL: "80 % of measurements lie between these multiples of the prediction",
}
_UNITS: Final = {"byte_j": "J/B", "flop_j": "J/FLOP", "host_w": "W"}


def host_constants() -> pd.DataFrame:
    """Return the host's power per accelerator by generation, from servers that wait for load.

    ``supply x node / 8 - idle fraction x rated power``: what a waiting server draws beyond its
    waiting chips.

    Returns
    -------
    pandas.DataFrame
        Columns field, scope, value, low, high, cases.
    """
    rows = datasets.load("power_measurements")
    idle = rows[(rows["category"] == "idle") & rows["accelerators"].eq(8)]
    devices = datasets.accelerators()
    found: dict[str, list[list[float]]] = {}
    for name, node_w in zip(idle["accelerator_id"], idle["value"].astype(float), strict=True):
        chip = devices[str(name)]
        share_w = SUPPLY_FRACTION[0] * float(node_w) / 8
        each = [share_w - f * float(chip.tdp_w) for f in IDLE_FRACTION]
        found.setdefault(chip.generation, []).append(each)
    return pd.DataFrame(
        {"field": "host_w", "scope": generation, "value": np.mean([e[0] for e in each]),
         "low": min(e[2] for e in each), "high": max(e[1] for e in each), "cases": len(each)}
        for generation, each in sorted(found.items())
    )  # fmt: skip


def energy_errors(cases: pd.DataFrame) -> pd.DataFrame:
    """Return J per token of each case, predicted by constants that never saw it.

    Three predictions: at the measured throughput, with the model left out; the same with the
    accelerator generation left out; and with the throughput of the serving models too, whose
    one factor on the host's time is also fitted to the other models.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `energy_cases`.

    Returns
    -------
    pandas.DataFrame
        Columns measurement_id, generation, architecture_id, scope, measured_j, predicted_j.
    """
    given = energy_rates(cases)
    predicted = _throughput_held_out(cases)
    shipped = predicted_rates(cases)
    runs = {
        "model left out": (held_out_power(cases), given),
        "generation left out": (held_out_power(cases, "generation"), given),
        "throughput predicted": (held_out_power(cases, rates=predicted), predicted),
        "throughput predicted, engine as calibrated": (
            held_out_power(cases, rates=shipped),
            shipped,
        ),
    }
    base = cases[["measurement_id", "generation", "architecture_id", "workload", "data_parallel"]]
    frames = [
        base.assign(scope=scope, measured_j=cases["energy_j_per_token"],
                    predicted_j=np.asarray(watts) / rates.tokens_per_s)
        for scope, (watts, rates) in runs.items()
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def _throughput_held_out(cases: pd.DataFrame) -> EnergyRates:
    """Return rates at predicted throughput, the host's factor fitted without the case's model."""
    tried = rates_by_host_factor(cases)
    columns = {name: np.full(len(cases), np.nan) for name in EnergyRates.__dataclass_fields__}
    for left_out in sorted(cases["architecture_id"].unique()):
        out = (cases["architecture_id"] == left_out).to_numpy()
        rates = tried[fitted_host_factor(cases, tried, ~out)]
        for name, column in columns.items():
            column[out] = getattr(rates, name)[out]
    return EnergyRates(**columns)


def energy_error_table(errors_by_case: pd.DataFrame) -> pd.DataFrame:
    """Return count, mean and median absolute error, bias and share within 20 % by scope.

    Parameters
    ----------
    errors_by_case : pandas.DataFrame
        From `energy_errors` or `server_errors`.

    Returns
    -------
    pandas.DataFrame
        Columns scope, generation, cases, mape, median, bias, within_20: fractions.
    """
    frame = errors_by_case.assign(
        error=errors_by_case["predicted_j"] / errors_by_case["measured_j"] - 1
    )
    everything = frame.assign(generation="all")
    rows = [
        {"scope": scope, "generation": generation, "cases": len(group),
         "mape": group["error"].abs().mean(), "median": group["error"].abs().median(),
         "bias": group["error"].mean(), "within_20": (group["error"].abs() <= 0.2).mean()}
        for (scope, generation), group in pd.concat([everything, frame]).groupby(
            ["scope", "generation"], sort=False)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def server_errors(prompts_per_output: float = 1.0) -> pd.DataFrame:
    """Return J per token at the plug of the servers that MLPerf measured, never fitted.

    The logs hold throughput and output length, not the prompts: these are taken as this many
    times the output.

    Parameters
    ----------
    prompts_per_output : float, default 1
        Prompt over output tokens, 0.01 to 100.

    Returns
    -------
    pandas.DataFrame
        Columns of `energy_errors` with `power_w` and `predicted_w` of the server.
    """
    rows = datasets.load("energy_measurements")
    rows = rows[rows["boundary"] == "node"].reset_index(drop=True)
    copies = rows["accelerators"] / rows["tensor_parallel"]
    one = rows.assign(accelerators=rows["tensor_parallel"])
    deployment = energy_deployment(one)
    generation = [datasets.accelerators()[name].generation for name in rows["accelerator_id"]]
    run = serving.serving_energy(
        deployment,
        rows["batch_limit"].fillna(ASSUMED_SEQUENCES).to_numpy(float),
        np.maximum(rows["output_tokens"].to_numpy() * prompts_per_output, 1.0),
        rows["output_tokens"].to_numpy(),
        (rows["output_tokens_per_s"] / copies).to_numpy(),
        draw_constants(generation),
        power_limit_w=rows["power_limit_w"].fillna(
            pd.Series(np.asarray(deployment.accelerator.tdp_w))
        ).to_numpy(float),
    )  # fmt: skip
    watts = np.asarray(run.server_w_per_accelerator) * rows["accelerators"].to_numpy()
    return pd.DataFrame({
        "measurement_id": rows["measurement_id"], "generation": generation,
        "architecture_id": rows["architecture_id"], "workload": rows["workload"],
        "scope": "server, throughput measured",
        "power_w": rows["power_per_accelerator_w"] * rows["accelerators"], "predicted_w": watts,
        "measured_j": rows["energy_j_per_token"],
        "predicted_j": watts / rows["output_tokens_per_s"],
    })  # fmt: skip


def calibrated_energy(cases: pd.DataFrame | None = None, as_of: str = "2026-11-23") -> pd.DataFrame:
    """Return the table of energy constants: fitted, derived, assumed, and interval factors.

    Parameters
    ----------
    cases : pandas.DataFrame, optional
        From `energy_cases`; the package's own if left out.
    as_of : str, default "2026-11-23"
        ISO date of the calibration.

    Returns
    -------
    pandas.DataFrame
        Columns of the table `energy_calibration`.
    """
    known = energy_cases() if cases is None else cases
    fitted = calibrate_energy(known).assign(basis="derived", source_key="mlenergy2026leaderboard")
    host = host_constants().assign(basis="derived", source_key="mlcommons2025inference51")
    flat = pd.DataFrame([
        _flat("idle_fraction", IDLE_FRACTION, "assumed", "nvidia_dps_devices"),
        _flat("supply_fraction", SUPPLY_FRACTION, "published", "mlcommons2024training41"),
    ])  # fmt: skip
    table = pd.concat([fitted, host, flat, _intervals(known)], ignore_index=True)
    return _finished(table, as_of)


def _flat(field: str, values: tuple[float, float, float], basis: str, key: str) -> dict[str, Any]:
    value, low, high = values
    return {"field": field, "scope": "", "value": value, "low": low, "high": high, "cases": 0,
            "basis": basis, "source_key": key}  # fmt: skip


def _intervals(cases: pd.DataFrame) -> pd.DataFrame:
    found = energy_errors(cases)
    factors = interval_factors(found["measured_j"], found["predicted_j"], found["scope"])
    counts = found["scope"].value_counts()
    return pd.DataFrame(
        {"field": _INTERVAL, "scope": scope, "value": 1.0, "low": low, "high": high,
         "cases": int(counts[scope]), "basis": "derived", "source_key": "mlenergy2026leaderboard"}
        for scope, (low, high) in factors.items()
    )  # fmt: skip


def _finished(table: pd.DataFrame, as_of: str) -> pd.DataFrame:
    table["scope"] = table["scope"].str.replace(", ", "-").str.replace(" ", "-")
    scoped = table["scope"].where(table["scope"] == "", "." + table["scope"])
    table["constant_id"] = table["field"] + scoped
    table["unit"] = table["field"].map(_UNITS).fillna("")
    table["meaning"] = table["field"].map(_MEANINGS)
    table["verification"], table["as_of"], table["note"] = "primary", as_of, ""
    where = {"host_w": "servers before load", "idle_fraction": "lowest settable load of a GB200",
             "supply_fraction": "conversion efficiency of power runs, v4.1 and v5.0"}  # fmt: skip
    table["locator"] = table["field"].map(where).fillna("fit to the table energy_measurements")
    order = ["constant_id", "field", "scope", "value", "low", "high", "unit", "cases", "meaning",
             "basis", "verification", "source_key", "locator", "as_of", "note"]  # fmt: skip
    return table[order]


def write_energy_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write the table as the package stores it: UTF-8, LF, five significant digits.

    Parameters
    ----------
    table : pandas.DataFrame
        From `calibrated_energy`.
    path : str or Path
        Where to.
    """
    table.to_csv(path, index=False, lineterminator="\n", float_format="%.5g")
