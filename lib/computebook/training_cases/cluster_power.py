"""Metered power of training clusters beside the power model, which saw none of the meters.

Chips draw what the phases of the predicted step ask for, at energies per byte and operation that
were fitted to runs of inference; hosts draw what servers drew at idle. No constant is fitted to a
training run, so every metered one is out of sample.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from computebook import datasets, errors
from computebook.inference.energy_table import draw_constants
from computebook.power import DrawConstants
from computebook.power.clusters import StepPhases, cluster_draw, step_draw_w
from computebook.training import StepTime
from computebook.training_cases.cases import read_cases
from computebook.training_cases.predictions import constants_of, prepare, step_of, with_layouts
from computebook.training_cases.table import MEASUREMENTS, constants_from_table

__all__ = ["METERED", "metered_clusters", "phases_of"]

Array = npt.NDArray[np.float64]

METERED: Final = {
    "mlperf-training-v4.0-smc-ac-power-64-nodes-gpt-3-175b":
        "mlp_v4.1_gpt3_NVIDIA_eos_n64_ngc24.09_nemo_tok",
    "mlperf-training-v4.0-smc-ac-power-64-nodes-llama-2-70b-lora":
        "mlp_v4.0_llama2_70b_lora_NVIDIA_eos_n128_ngc24.04_nemo_ttt",
    "mlperf-training-v4.0-smc-ac-power-8-nodes-llama-2-70b-lora":
        "mlp_v4.0_llama2_70b_lora_NVIDIA_eos_n8_ngc24.04_nemo_ttt",
    "mlperf-training-v4.0-smc-dc-power-64-nodes-gpt-3-175b":
        "mlp_v4.1_gpt3_NVIDIA_eos_n64_ngc24.09_nemo_tok",
    "mlperf-training-v4.0-smc-dc-power-64-nodes-llama-2-70b-lora":
        "mlp_v4.0_llama2_70b_lora_NVIDIA_eos_n128_ngc24.04_nemo_ttt",
    "mlperf-training-v4.0-smc-dc-power-8-nodes-llama-2-70b-lora":
        "mlp_v4.0_llama2_70b_lora_NVIDIA_eos_n8_ngc24.04_nemo_ttt",
    "mlperf-training-v4.1-dell-8-nodes-llama-2-70b-lora":
        "mlp_v4.1_llama2_70b_lora_NVIDIA_eos_n8_ngc24.09_nemo_ttt",
    "mlperf-training-v5.0-lenovo-1-nodes-llama-2-70b-lora":
        "mlp_v5.0_llama2_70b_lora_NVIDIA_nyx_n1_ngc25.04_nemo_ttt",
}  # fmt: skip
"""Metered runs, and the run of the same benchmark whose recorded layout stands for each: metered
entries record none. The 64 nodes of LoRA take the layout of 128 with half of the batch."""

_MEAN: Final = "-mean-power"
_SWITCHES: Final = "-switches"
_GPUS: Final = 8.0
_WATTS_PER_KW: Final = 1e3
_PHASES: Final = {"products_s": ("matrix_s", "attention_s"), "memory_s": ("elementwise_s",)}


def phases_of(step: StepTime, flop_per_s: Any, bytes_per_s: Any) -> StepPhases:
    """Return the phases of a predicted step.

    Parameters
    ----------
    step : StepTime
        From `training.step_time`.
    flop_per_s : float or array
        Rate of products while they run, FLOP/s.
    bytes_per_s : float or array
        Bandwidth that elementwise work reaches, bytes/s.

    Examples
    --------
    >>> step = StepTime(6, 1, 2, 0, 1, 0, 0, 0, 1, 0, 0, 0, tokens=1, accelerators=1)
    >>> phases_of(step, 1e15, 2.7e12).busy_fraction
    0.818...
    """
    sums = {
        name: np.sum([np.multiply(getattr(step, part), 1.0) for part in parts], axis=0)
        for name, parts in _PHASES.items()
    }
    known = {part for parts in _PHASES.values() for part in parts}
    others = [f.name for f in fields(step) if f.name.endswith("_s") and f.name not in known]
    waiting = np.sum([np.multiply(getattr(step, name), 1.0) for name in others], axis=0)
    return StepPhases(**sums, waiting_s=waiting, flop_per_s=flop_per_s, bytes_per_s=bytes_per_s)


def metered_clusters(constants: DrawConstants | None = None) -> pd.DataFrame:
    """Return every metered training run beside its predicted power.

    Parameters
    ----------
    constants : DrawConstants, optional
        Energy constants for all runs; those of each run's GPU generation if left out.

    Returns
    -------
    DataFrame
        `measurement_id`, `name` (the server), `model`, `accelerators` (of the whole run),
        `meter` ("at the plug" or "behind the supplies"), `measured_kw`, `predicted_kw` (per
        server of eight), `accelerator_w`, `busy_fraction`, `error_fraction`, `source_key`.

    Raises
    ------
    ComputebookError
        If a metered run or the run that lends its layout is missing from the tables.

    Examples
    --------
    >>> len(metered_clusters())
    8
    """
    rows = _metered_rows()
    cases = _layouts(list(METERED.values()))
    prepared = prepare(cases)
    device = prepared.accelerator
    found = constants_of(prepared, constants_from_table())
    phases = phases_of(
        step_of(prepared, found), prepared.peak_flop_per_s * found.matrix_fraction,
        device.memory_bandwidth_bytes_per_s * found.memory_fraction,
    )  # fmt: skip
    energy = constants or draw_constants(list(prepared.cases["generation"]))
    chip = step_draw_w(device.tdp_w, phases, energy)
    plug = ~rows["condition"].str.contains("DC side")
    draw = cluster_draw(chip, energy, at_plug=plug.to_numpy())
    predicted = np.asarray(draw.node_w) * _GPUS / _WATTS_PER_KW
    measured = rows["value"].astype(float) / _WATTS_PER_KW
    return pd.DataFrame({
        "measurement_id": rows["measurement_id"], "name": rows["system"], "model": rows["model"],
        "accelerators": rows["condition"].str.extract(r"(\d+) node")[0].astype(int) * int(_GPUS),
        "meter": plug.map({True: "at the plug", False: "behind the supplies"}),
        "measured_kw": measured, "predicted_kw": predicted, "accelerator_w": np.asarray(chip),
        "busy_fraction": np.asarray(phases.busy_fraction),
        "error_fraction": predicted / measured - 1.0, "source_key": rows["source_key"],
    }).reset_index(drop=True)  # fmt: skip


def _metered_rows() -> pd.DataFrame:
    """Return the rows of mean power, in the order of `METERED`."""
    table = datasets.load("power_measurements").set_index("measurement_id")
    names = [f"{run}{_MEAN}" for run in METERED]
    missing = sorted(set(names) - set(table.index))
    if missing:
        raise errors.ComputebookError(f"table 'power_measurements' lacks {missing}")
    return table.loc[names].reset_index()


def _layouts(case_ids: list[str]) -> pd.DataFrame:
    """Return the runs that lend their layouts, one row per metered run."""
    cases = read_cases(datasets.describe(MEASUREMENTS).path).set_index("case_id", drop=False)
    missing = sorted(set(case_ids) - set(cases.index))
    if missing:
        raise errors.ComputebookError(f"table {MEASUREMENTS!r} lacks {missing}")
    return with_layouts(cases.loc[case_ids].reset_index(drop=True))
