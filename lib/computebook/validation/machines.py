"""Machines against their ratings and their vendors' claims: power, training speed."""

from __future__ import annotations

from typing import Final

import pandas as pd

from computebook import datasets, errors

__all__ = ["RATED_SYSTEMS", "power_against_ratings", "training_speedups"]

#: NVIDIA's system of the same accelerators; a measured server may be another maker's.
RATED_SYSTEMS: Final = {
    ("h100-sxm", 8): "dgx-h100",
    ("h200-sxm", 8): "dgx-h200",
    ("b200-sxm", 8): "dgx-b200",
}
WATTS_PER_KW: Final = 1e3
TRAINING_BENCHMARK: Final = "llama-3.1-405b"
TRAINING_ACCELERATORS: Final = 512
#: Speed over Hopper as NVIDIA prints it; the second is printed as "more than".
CLAIMED_SPEEDUPS: Final = {"gb200": (3.0, "3x"), "gb300": (4.0, "more than 4x")}
BASELINE: Final = "h100-sxm"


def power_against_ratings() -> pd.DataFrame:
    """Return measured node power beside the rating of NVIDIA's node with the same accelerators.

    Returns
    -------
    DataFrame
        One row per metered run: `measurement_id`, `name` (the server), `metric` ("mean_power" or
        "peak_power"), `model`, `workload`, `condition`, `measured_kw`, `rated_kw`,
        `share_of_rating`, `holds` (not above the rating), `source_key`.

    Examples
    --------
    >>> bool(power_against_ratings()["holds"].all())
    True
    """
    table = datasets.load("power_measurements")
    chosen = table[
        (table["category"] == "measured")
        & (table["boundary"] == "node")
        & table["metric"].isin(["mean_power", "peak_power"])
    ].copy()
    pairs = zip(chosen["accelerator_id"], chosen["accelerators"].fillna(0), strict=True)
    systems = [RATED_SYSTEMS.get((str(gpu), int(count))) for gpu, count in pairs]
    rated = datasets.load("systems").set_index("system_id")["rated_power_kw"].astype(float)
    chosen = chosen.assign(
        name=chosen["system"],
        measured_kw=chosen["value"].astype(float) / WATTS_PER_KW,
        rated_kw=[rated.get(system, float("nan")) for system in systems],
    ).dropna(subset=["rated_kw"])
    chosen["share_of_rating"] = chosen["measured_kw"] / chosen["rated_kw"]
    chosen["holds"] = chosen["share_of_rating"] <= 1
    kept = ["measurement_id", "name", "metric", "model", "workload", "condition", "measured_kw"]
    return chosen[[*kept, "rated_kw", "share_of_rating", "holds", "source_key"]].reset_index(
        drop=True
    )


def _fastest(accelerator_id: str) -> pd.Series[float]:
    """Return the best 512-accelerator run: scored and raw minutes."""
    table = datasets.load("mlperf_training")
    chosen = table[
        (table["accelerator_id"] == accelerator_id)
        & (table["benchmark"] == TRAINING_BENCHMARK)
        & (table["accelerators"] == TRAINING_ACCELERATORS)
    ]
    if chosen.empty:
        raise errors.unknown_name("accelerator", accelerator_id, table["accelerator_id"].dropna())
    return chosen.sort_values("score_min").iloc[0]


def training_speedups() -> pd.DataFrame:
    """Return training speed over H100 as recomputed from result logs, beside NVIDIA's claim.

    Source: `mlcommons2025training50`, `mlcommons2025training51`.

    Returns
    -------
    DataFrame
        One row per claim: `accelerator`, `claimed_text`, `claimed`, `scored` (ratio of the
        official times), `raw` (the same before the scaling for convergence), `holds`.

    Examples
    --------
    >>> training_speedups()["scored"].round(2).tolist()
    [3.17, 4.17]
    """
    slow = _fastest(BASELINE)
    rows = []
    for accelerator_id, (claimed, text) in CLAIMED_SPEEDUPS.items():
        fast = _fastest(accelerator_id)
        scored = float(slow["score_min"] / fast["score_min"])
        rows.append(
            {
                "accelerator": datasets.accelerator(accelerator_id).name,
                "claimed_text": text,
                "claimed": claimed,
                "scored": scored,
                "raw": float(slow["raw_median_min"] / fast["raw_median_min"]),
                "holds": scored >= claimed,
            }
        )
    return pd.DataFrame(rows)
