"""How time, goodput, power and cost of one run grow with the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook.training_plans.inputs import TAIL
from computebook.training_plans.plan import SEED, Plan, plan
from computebook.training_plans.request import Request

__all__ = ["COUNTS", "cluster_growth", "layout_words"]

COUNTS: Final = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 150_000, 200_000)
"""Cluster sizes, accelerators."""

_COLUMNS: Final = {
    "days": ("calendar_s", 86_400.0), "goodput_percent": ("goodput", 0.01),
    "mfu_percent": ("mfu", 0.01), "facility_mw": ("rated_facility_w", 1e6),
    "mean_facility_mw": ("mean_facility_w", 1e6), "energy_gwh": ("facility_energy_j", 3.6e12),
    "co2_kt": ("co2_kg", 1e6), "rental_musd": ("rental_usd", 1e6),
    "owned_musd": ("owned_usd", 1e6), "usd_per_exaflop": ("usd_per_exaflop", 1.0),
    "usd_per_effective_gpu_hour": ("usd_per_effective_gpu_hour", 1.0),
    "gpu_hours_m": ("gpu_hours", 1e6),
}  # fmt: skip
"""Columns of the frame: result and size of the unit in its base unit."""

_DRAWS: Final = 2_000


def layout_words(row: Any) -> str:
    """Return parallel degrees in short.

    Parameters
    ----------
    row : mapping
        One row of `Plan.layouts`.

    Examples
    --------
    >>> layout_words({"tensor": 8, "pipeline": 1, "context": 2, "expert": 1, "data": 16})
    'TP8 CP2 DP16'
    """
    names = {"tensor": "TP", "pipeline": "PP", "context": "CP", "expert": "EP", "data": "DP"}
    return " ".join(f"{s}{row[n]:.0f}" for n, s in names.items() if row[n] > 1) or "one GPU"


def cluster_growth(
    request: Request, counts: Sequence[int] = COUNTS, draws: int = _DRAWS, seed: int = SEED
) -> pd.DataFrame:
    """Return time, goodput, power and cost of one run by cluster size.

    Parameters
    ----------
    request : Request
        The run; its count is replaced.
    counts : sequence of int
        Accelerators held.
    draws, seed : int
        As for `plan`.

    Returns
    -------
    pandas.DataFrame
        One row per count: `gpus`, `working_gpus`, `layout`, `why` (what binds where nothing
        fits), and for each of days, goodput_percent, mfu_percent, facility_mw (rated),
        mean_facility_mw, energy_gwh, co2_kt, rental_musd, owned_musd, usd_per_exaflop,
        usd_per_effective_gpu_hour and gpu_hours_m the central value and `_low` and `_high`.

    Raises
    ------
    ComputebookError
        If a count is out of bounds.

    Examples
    --------
    >>> ask = Request(model="llama-3.1-70b", tokens=15e12, gpu="h100", count=1_000)
    >>> frame = cluster_growth(ask, counts=(1_000, 10_000), draws=200)
    >>> bool(frame["days"].iloc[0] > frame["days"].iloc[1])
    True
    """
    return pd.DataFrame([_row(plan(replace(request, count=n), draws, seed), n) for n in counts])


def _row(answer: Plan, count: int) -> dict[str, Any]:
    """Return one row; NaN where no layout fits."""
    row: dict[str, Any] = {"gpus": count, "working_gpus": 0, "layout": "", "why": answer.binding}
    central = answer.model.central() if answer.model else {}
    if answer.feasible:
        middle = answer.layouts.iloc[(len(answer.layouts) - 1) // 2]
        row |= {"working_gpus": int(middle["working_gpus"]), "layout": layout_words(middle),
                "why": ""}  # fmt: skip
    for column, (name, unit) in _COLUMNS.items():
        row[column] = central.get(name, np.nan) / unit
        for end, share in (("low", TAIL), ("high", 1 - TAIL)):
            value = answer.draws[name].quantile(share) if answer.feasible else np.nan
            row[f"{column}_{end}"] = float(value) / unit
    return row
