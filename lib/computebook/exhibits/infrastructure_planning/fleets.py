"""The smallest fleet for a mix of workloads, by the calibrated serving models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import datasets, sizing
from computebook.exhibits.infrastructure_planning.schema import GPUS, Plan, Workload, gpu_name

__all__ = [
    "ENGINE",
    "HEADROOM_FRACTION",
    "OPPOSITE",
    "SERVER_GPUS",
    "Fleet",
    "Pool",
    "fleet",
    "fleet_table",
    "pool",
    "spare_fraction",
]

SERVER_GPUS: Final = 8
ENGINE: Final = "sglang"
#: Load above the peak asked for at which the times still hold: assumed.
HEADROOM_FRACTION: Final = 0.2
OPPOSITE: Final = {"low": "high", "central": "central", "high": "low"}
SPARES: Final = "spare-nodes"


@dataclass(frozen=True)
class Pool:
    """GPUs of one workload.

    Attributes
    ----------
    workload : str
        Which.
    gpus : float
        GPUs; infinite if no layout serves.
    binding : str
        What no layout could meet; empty where one serves.
    row : dict
        The chosen layout: columns of `sizing.options`.
    """

    workload: str
    gpus: float
    binding: str
    row: dict[str, Any]

    @property
    def server_w_per_gpu(self) -> float:
        """Mean power of the servers per GPU at the peak, W."""
        return float(self.row["power_kw"]) * 1e3 / self.gpus


@dataclass(frozen=True)
class Fleet:
    """GPUs of all workloads, with spares, in whole servers.

    Attributes
    ----------
    accelerator_id : str
        Which GPU.
    pools : tuple of Pool
        One per workload.
    gpus : float
        GPUs to rent or buy; infinite if a workload cannot be served.
    """

    accelerator_id: str
    pools: tuple[Pool, ...]
    gpus: float

    @property
    def server_w_per_gpu(self) -> float:
        """Mean power of the servers per GPU at the peak, W; NaN where a workload is not served."""
        if not np.isfinite(self.gpus):
            return float("nan")
        needed = sum(each.gpus for each in self.pools)
        return sum(each.gpus * each.server_w_per_gpu for each in self.pools) / needed


def spare_fraction(end: str) -> float:
    """Return the share of GPUs kept as spares, from published practice of large clusters.

    Examples
    --------
    >>> spare_fraction("low"), spare_fraction("high")
    (0.05, 0.1)
    """
    row = datasets.row_of("facility_factors", "factor_id", SPARES)
    middle = (row["low"] + row["high"]) / 2
    return float({"low": row["low"], "central": middle, "high": row["high"]}[end])


def _request(plan: Plan, accelerator_id: str, work: Workload, end: str) -> sizing.Request:
    """Return the sizing question; at the high end the times hold where engines are slow."""
    return sizing.Request(
        model=plan.model,
        gpus=(accelerator_id,),
        input_tokens=work.prompt_tokens,
        output_tokens=work.answer_tokens,
        users=work.users,
        time_to_first_token_s=work.ttft_s,
        time_per_output_token_s=plan.tpot_s,
        weights=plan.weights or None,
        kv_cache=plan.cache or None,
        cached_fraction=plan.cached_fraction,
        headroom_fraction=0.0 if end == "low" else HEADROOM_FRACTION,
        engine=ENGINE,
        objective="gpus",
        robust=end == "high",
    )


@lru_cache(maxsize=4096)
def pool(plan: Plan, accelerator_id: str, work: Workload, end: str = "central") -> Pool:
    """Return the fewest GPUs that serve one workload within its times.

    `sizing.options` tries every layout of the calibrated serving models. Low: no headroom. Central:
    the times hold at a fifth more load. High: they hold even at the slow end of the models' 80 %
    interval. Source: `agrawal2024sarathiserve`, `kwon2023vllm`.

    Parameters
    ----------
    plan : Plan
        What is served.
    accelerator_id : str
        Which GPU.
    work : Workload
        The traffic.
    end : {"low", "central", "high"}
        Fewest GPUs, central, most.

    Returns
    -------
    Pool
        With infinite GPUs if no layout serves.
    """
    grid = sizing.grid_for(_request(plan, accelerator_id, work, end))
    found = sizing.options(grid)
    if found.empty:
        return Pool(work.name, float("inf"), " and ".join(sizing.binding(grid)), {})
    row = {str(name): value for name, value in found.iloc[0].items()}
    return Pool(work.name, float(row["gpus"]), "", row)


def fleet(plan: Plan, accelerator_id: str, end: str = "central") -> Fleet:
    """Return the GPUs of all workloads, spares added, in whole servers of eight.

    Parameters
    ----------
    plan, accelerator_id, end
        As in `pool`.
    """
    pools = tuple(pool(plan, accelerator_id, work, end) for work in plan.workloads)
    needed = sum(each.gpus for each in pools) * (1 + spare_fraction(end))
    return Fleet(accelerator_id, pools, float(np.ceil(needed / SERVER_GPUS) * SERVER_GPUS))


def fleet_table(plan: Plan) -> pd.DataFrame:
    """Return the central fleet per GPU and workload, and the range of its GPUs.

    Parameters
    ----------
    plan : Plan
        What is served.

    Returns
    -------
    DataFrame
        One row a GPU and workload: `workload`, `users`, `gpu`, `gpus_per_copy`, `load_per_copy`,
        `ttft_s`, `tpot_ms`, `joules` (per output token, at the plug), `gpus`, `spread`, `binding`;
        missing where no layout serves.
    """
    rows = [_row(plan, work, name) for work in plan.workloads for name in GPUS]
    return pd.DataFrame(rows).replace(np.inf, np.nan)


def _row(plan: Plan, work: Workload, accelerator_id: str) -> dict[str, Any]:
    found = {end: pool(plan, accelerator_id, work, end) for end in OPPOSITE}
    chosen = found["central"].row
    kept = ("gpus_per_copy", "load_per_copy", "ttft_s", "tpot_ms")
    return {
        "workload": work.name,
        "users": work.users,
        "gpu": gpu_name(accelerator_id),
        **{name: chosen.get(name, np.nan) for name in kept},
        "joules": chosen.get("output_j_per_token", np.nan),
        "gpus": found["central"].gpus,
        "spread": _spread(found["low"], found["high"]),
        "binding": found["central"].binding,
    }


def _spread(low: Pool, high: Pool) -> str:
    if not np.isfinite(low.gpus):
        return f"none: {low.binding}"
    most = f"{high.gpus:,.0f}" if np.isfinite(high.gpus) else "none is safe"
    return f"{low.gpus:,.0f} to {most}"
