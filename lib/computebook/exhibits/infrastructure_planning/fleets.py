"""The smallest fleet for a mix of workloads: what memory, latency and prompts ask for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from computebook import datasets, memory, roofline
from computebook.architectures import Transformer
from computebook.exhibits.infrastructure_planning.measured import (
    decode_efficiency,
    prefill_efficiency,
)
from computebook.exhibits.infrastructure_planning.schema import (
    GPUS,
    Plan,
    Workload,
    gpu_name,
    placement,
)
from computebook.exhibits.training_clusters.inputs import row_of
from computebook.hardware import Accelerator
from computebook.memory import Placement

__all__ = [
    "OPPOSITE",
    "SERVER_GPUS",
    "Fleet",
    "Pool",
    "Writers",
    "fleet",
    "fleet_table",
    "pool",
    "spare_fraction",
]

#: GPUs that may share one copy of a model: parts of a server, one server, up to four.
GPUS_PER_COPY: Final = (1, 2, 4, 8, 16, 32)
SERVER_GPUS: Final = 8
#: Sequences per attention group that are tried, beyond which a step gains nothing.
MOST_PER_GROUP: Final = 2_048
#: Prompt tokens that one GPU takes in a pass: assumed, enough for compute to hide the weights.
PACK_TOKENS: Final = 4_096
OPPOSITE: Final = {"low": "high", "central": "central", "high": "low"}
SPARES: Final = "spare-nodes"


@dataclass(frozen=True)
class Writers:
    """GPUs that decode one workload.

    Attributes
    ----------
    layout : Placement
        GPUs that share one copy of the model, and groups among them.
    batch : float
        Sequences that decode together on one copy.
    memory_batch : float
        Sequences that its memory would hold.
    step_s : float
        Time per output token at that batch, s.
    gpus : float
        All copies; infinite if the layout does not serve.
    """

    layout: Placement
    batch: float
    memory_batch: float
    step_s: float
    gpus: float

    @property
    def limit(self) -> str:
        """What keeps the batch from growing."""
        if not np.isfinite(self.gpus):
            return "no layout serves"
        return "memory" if self.batch >= self.memory_batch else "time per token"


@dataclass(frozen=True)
class Pool:
    """GPUs of one workload.

    Attributes
    ----------
    workload : str
        Which.
    writers : Writers
        GPUs that decode.
    prefill_gpus : float
        GPUs that read prompts, whole copies; infinite if no layout serves.
    """

    workload: str
    writers: Writers
    prefill_gpus: float

    @property
    def gpus(self) -> float:
        """Both."""
        return self.writers.gpus + self.prefill_gpus


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


def spare_fraction(end: str) -> float:
    """Return the share of GPUs kept as spares, from published practice of large clusters.

    Examples
    --------
    >>> spare_fraction("low"), spare_fraction("high")
    (0.05, 0.1)
    """
    row = row_of("facility_factors", "factor_id", SPARES)
    middle = (row["low"] + row["high"]) / 2
    return float({"low": row["low"], "central": middle, "high": row["high"]}[end])


def _layouts(plan: Plan, shape: Transformer) -> list[Placement]:
    """Return every layout to try: GPUs per copy, and attention groups among them."""
    return [
        placement(shape, plan.weights, plan.cache, gpus, groups)
        for gpus in GPUS_PER_COPY
        for groups in GPUS_PER_COPY
        if groups <= gpus
    ]


def _decode(
    plan: Plan, shape: Transformer, gpu: Accelerator, work: Workload, layout: Placement, end: str
) -> Writers:
    """Return the largest batch of a layout that fits and meets the time per token."""
    room = float(memory.max_batch_size(shape, gpu.memory_bytes, work.full_tokens, layout))
    groups = float(layout.attention_data_parallel)
    # Each group keeps whole sequences, so that a batch is a multiple of the groups.
    batches = groups * np.arange(1, min(room // groups, MOST_PER_GROUP) + 1)
    if not batches.size:
        return Writers(layout, 0.0, 0.0, np.inf, np.inf)
    share = getattr(decode_efficiency(), OPPOSITE[end])
    bound = roofline.decode_step_lower_bound_s(shape, gpu, work.mean_tokens, batches, layout)
    meeting = np.flatnonzero(bound / share <= plan.tpot_s)
    if not meeting.size:
        return Writers(layout, 0.0, float(batches[-1]), np.inf, np.inf)
    best = int(meeting[-1])
    batch, step = float(batches[best]), float(bound[best] / share)
    copies = np.ceil(work.users / batch)
    return Writers(layout, batch, float(batches[-1]), step, float(copies * layout.tensor_parallel))


def _prefill_gpus(
    plan: Plan, shape: Transformer, gpu: Accelerator, work: Workload, layout: Placement, end: str
) -> float:
    """Return the GPUs that read prompts in a layout; infinite if the prompts do not fit."""
    found = plan.cached_fraction * work.prompt_tokens
    # Prompts are read in packs, so that the weights are not read anew for each.
    pack = np.ceil(PACK_TOKENS * layout.tensor_parallel / (work.prompt_tokens - found))
    if memory.max_batch_size(shape, gpu.memory_bytes, work.prompt_tokens, layout) < pack:
        return np.inf
    share = getattr(prefill_efficiency(), OPPOSITE[end])
    bound = roofline.prefill_lower_bound_s(
        shape, gpu, work.prompt_tokens, pack, layout, cached_tokens=found
    )
    requests_per_s = work.users / (work.answer_tokens * plan.tpot_s)
    copies = np.ceil(requests_per_s * bound / pack / share)
    return float(copies * layout.tensor_parallel)


@lru_cache(maxsize=4096)
def pool(plan: Plan, accelerator_id: str, work: Workload, end: str = "central") -> Pool:
    """Return the fewest GPUs that serve one workload within its time per token.

    Every layout is tried, for writing and for reading apart. Writing: users over the largest
    batch that fits in memory and meets the time per token. Reading: requests per second times
    the time to read what the prefix cache lacks. Source: `pope2022efficiently`,
    `deepseek2025inference` (reading and writing on GPUs of their own).

    Parameters
    ----------
    plan : Plan
        What is served.
    accelerator_id : str
        Which GPU.
    work : Workload
        The traffic.
    end : {"low", "central", "high"}
        Fewest GPUs (efficient engine), central, most.

    Returns
    -------
    Pool
        With infinite GPUs if no layout serves.
    """
    shape, gpu = datasets.architecture(plan.model), datasets.accelerator(accelerator_id)
    layouts = _layouts(plan, shape)
    tried = [_decode(plan, shape, gpu, work, layout, end) for layout in layouts]
    best = min(tried, key=lambda w: (w.gpus, w.layout.tensor_parallel, w.step_s))
    whole = [placement(shape, plan.weights, plan.cache, count) for count in GPUS_PER_COPY]
    readers = min(_prefill_gpus(plan, shape, gpu, work, layout, end) for layout in whole)
    return Pool(work.name, best, readers)


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
        One row a GPU and workload: `workload`, `prompt_tokens`, `users`, `gpu`, `copy_gpus`,
        `batch`, `limit`, `tpot_ms`, `decode_gpus`, `prefill_gpus`, `gpus`, `low_gpus`,
        `high_gpus`; missing where no layout serves.
    """
    rows = []
    for work in plan.workloads:
        for name in GPUS:
            found = {end: pool(plan, name, work, end) for end in OPPOSITE}
            mid = found["central"]
            rows.append(
                {
                    "workload": work.name,
                    "prompt_tokens": work.prompt_tokens,
                    "users": work.users,
                    "gpu": gpu_name(name),
                    "copy_gpus": mid.writers.layout.tensor_parallel,
                    "batch": mid.writers.batch,
                    "limit": mid.writers.limit,
                    "tpot_ms": mid.writers.step_s * 1e3,
                    "decode_gpus": mid.writers.gpus,
                    "prefill_gpus": mid.prefill_gpus,
                    "gpus": mid.gpus,
                    "low_gpus": found["low"].gpus,
                    "high_gpus": found["high"].gpus,
                }
            )
    return pd.DataFrame(rows).replace(np.inf, np.nan)
