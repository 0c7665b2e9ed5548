"""Published runs, and their GPU-hours as the chain of models predicts them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import datasets, training, units
from computebook import training_plans as plans
from computebook.exhibits.training_clusters.inputs import accelerator_name

__all__ = ["FEW_GPUS", "REFERENCE_RUN", "published_runs"]

#: The run with a published cluster, cause of failures and GPU-hours.
REFERENCE_RUN: Final = "llama-3.1-405b"
MILLION: Final = 1e6
DRAWS: Final = 2_000
#: Assumed where a card does not give the size of the cluster.
FEW_GPUS: Final = 2_048
#: Sequence and batch in tokens where they differ from the plan's: `meta2022optchronicles`,
#: `meta2023llama2card`, `deepseek2024v3`.
BATCHES: Final = {
    "opt-175b": (2_048, 2_097_152),
    "llama-2-13b": (4_096, 4_194_304),
    "deepseek-v3": (4_096, 62_914_560),
}
#: Arithmetic of runs whose format the plan does not name; the rates of both are equal.
FORMATS: Final = {"fp16": "bf16"}


def _request(run: Mapping[Hashable, Any]) -> plans.Request:
    released: pd.Timestamp = run["as_of"]
    sequence, batch = BATCHES.get(str(run["run_id"]), (8_192, None))
    known = pd.notna(run["accelerators"])
    form = str(run["compute_precision"])
    return plans.Request(
        model=str(run["architecture_id"]),
        tokens=float(run["training_tokens_t"]) * 1e12,
        gpu=str(run["accelerator_id"]),
        count=int(run["accelerators"]) if known else FEW_GPUS,
        precision=FORMATS.get(form, form),
        sequence_tokens=sequence,
        batch_tokens=batch,
        # Software is that of the year of publication, which is late by months.
        software_year=released.year + released.day_of_year / 365,
    )


def _predicted(run: Mapping[Hashable, Any]) -> tuple[float, float, float]:
    answer = plans.plan(_request(run), draws=DRAWS)
    table = answer.frame()
    row = table[table["name"] == "gpu_hours"].iloc[0]
    return float(row["low"]), float(row["central"]), float(row["high"])


@lru_cache(maxsize=1)
def _table() -> pd.DataFrame:
    table = datasets.load("training_runs")
    flop = training.training_flop(
        table["active_params_b"].to_numpy() * units.UNITS["params_b"].factor,
        table["training_tokens_t"].to_numpy() * 1e12,
    )
    devices = [datasets.accelerator(name) for name in table["accelerator_id"]]
    peak = np.array([device.dense_flop_per_s("bf16") for device in devices], float)
    mfu = training.model_flop_utilization(flop, table["gpu_hours"].to_numpy(), peak)
    table = table.assign(flop=flop, mfu=mfu, gpu_hours_m=table["gpu_hours"] / MILLION)
    found = [_predicted(run) for run in table.to_dict("records")]
    names = ["low_m", "predicted_m", "high_m"]
    return table.assign(**dict(zip(names, zip(*found, strict=True), strict=True)))


def published_runs() -> pd.DataFrame:
    """Return published runs, the utilization that they reached, and their predicted GPU-hours.

    No constant of the step model was fitted to GPU-hours of whole runs.

    Returns
    -------
    DataFrame
        `name`, `accelerator`, `accelerators` (NaN where the card gives none: `FEW_GPUS` then),
        `flop`, `mfu` (of the dense BF16 peak, everything included), `gpu_hours_m` (published),
        `predicted_m` with `low_m` and `high_m` (80% interval; `predicted` as text), `error`,
        `inside`, `source_key`.

    Examples
    --------
    >>> runs = published_runs().set_index("name")
    >>> round(float(runs.loc["Llama 3.1 405B", "mfu"]), 3)
    0.346
    """
    table = _table().copy()
    table["error"] = table["predicted_m"] / table["gpu_hours_m"] - 1
    table["inside"] = table["gpu_hours_m"].between(table["low_m"], table["high_m"])
    table["accelerator"] = table["accelerator_id"].map(accelerator_name)
    spans = zip(table["predicted_m"], table["low_m"], table["high_m"], strict=True)
    table["predicted"] = [f"{mid:.2f} ({low:.2f} to {high:.2f})" for mid, low, high in spans]
    kept = ["name", "accelerator", "accelerators", "flop", "mfu", "gpu_hours_m", "low_m"]
    return table[[*kept, "predicted_m", "high_m", "predicted", "error", "inside", "source_key"]]
