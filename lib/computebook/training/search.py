"""The fastest layout of a model that fits a number of accelerators, by complete enumeration."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import product
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from computebook import errors
from computebook.architectures import Transformer
from computebook.hardware import Accelerator
from computebook.training.constants import TrainingConstants
from computebook.training.footprint import training_memory
from computebook.training.layout import RECOMPUTE, Batch, Layout
from computebook.training.step import StepTime, step_time
from computebook.units import Quantity

__all__ = ["FoundLayout", "candidate_layouts", "fastest_layout"]

_MICRO: Final = (1.0, 2.0, 4.0, 8.0)
_MAX_TENSOR: Final = 16
_MAX_PIPELINE: Final = 64
_MAX_CONTEXT: Final = 64
_USABLE: Final = 0.94
"""Share of the memory that a job may plan with; the rest is fragmentation."""


@dataclass(frozen=True)
class FoundLayout:
    """The fastest layout that fits, and how many were tried.

    Parameters
    ----------
    layout : Layout
        Degrees, one layout.
    step : StepTime
        Its time by part.
    memory_bytes : float
        Memory that it needs on one accelerator.
    tried, feasible : int
        Layouts enumerated, and those of them that fit.
    """

    layout: Layout
    step: StepTime
    memory_bytes: float
    tried: int
    feasible: int


def _divisors(number: int, most: int) -> list[int]:
    return [d for d in range(1, min(number, most) + 1) if number % d == 0]


def _degrees(a: Transformer, count: int, sequences: float, domain: int) -> list[tuple[int, ...]]:
    """Return tensor, pipeline, context, expert and data degrees that divide model and cluster."""
    heads, layers, experts = int(a.attention_heads), int(a.layers), int(a.experts)
    shares = _divisors(experts, experts)
    tensors = [t for t in _divisors(count, min(_MAX_TENSOR, domain)) if heads % t == 0]
    found: list[tuple[int, ...]] = []
    for t, p in product(tensors, _divisors(count, min(_MAX_PIPELINE, layers))):
        if count % (t * p):
            continue
        for c in _divisors(count // (t * p), _MAX_CONTEXT):
            data = count // (t * p * c)
            if data > sequences or sequences % data:
                continue
            # A divisor of the stage cannot exceed it, so that no bound is needed.
            spread = [e for e in shares if (t * c * data) % e == 0]
            found += [(t, p, c, e, data) for e in (spread or [1])]
    return found


def candidate_layouts(
    architecture: Transformer, accelerators: int, sequences: float, scale_up_domain: int = 8
) -> Layout:
    """Return all layouts that divide a model and a batch over a cluster.

    Degrees are divisors; tensor parallelism stays inside a scale-up domain. Each pipeline is
    tried with one chunk per stage and with as many as its layers allow (8 at most), each micro-
    batch with 1, 2, 4 and 8 sequences, each mode of recomputation, and where there is neither
    pipeline nor tensor parallelism also with sharded weights.

    Parameters
    ----------
    architecture : Transformer
        Shape of one model.
    accelerators : int
        Accelerators, 1 to 1e6.
    sequences : float
        Global batch, sequences.
    scale_up_domain : int, default 8
        Accelerators of one domain.

    Raises
    ------
    ComputebookError
        If nothing divides.

    Examples
    --------
    >>> from computebook.training.examples import llama_8b
    >>> found = candidate_layouts(llama_8b(), 16, 128)
    >>> float(found.accelerators.min()), float(found.accelerators.max())
    (16.0, 16.0)
    """
    errors.require_finite_in("accelerators", accelerators, "accelerators", 1, 1e6)
    degrees = _degrees(architecture, int(accelerators), sequences, scale_up_domain)
    layouts = _variants(architecture, degrees, sequences)
    if not len(layouts["tensor"]):
        raise errors.ComputebookError(
            f"accelerators = {accelerators}: no layout divides {sequences:g} sequences of "
            f"{architecture.architecture_id!r} over them"
        )
    return Layout(**layouts)


def _variants(
    a: Transformer, degrees: list[tuple[int, ...]], sequences: float
) -> dict[str, npt.NDArray[Any]]:
    """Return every degree with every micro-batch, chunk count, recomputation and sharding."""
    t, p, c, e, d = np.array(degrees, dtype=float).reshape(-1, 5).T
    most = np.where(p > 1, np.clip(int(a.layers) // p, 1, 8), 1.0)
    each = np.arange(len(t))[:, None, None, None, None]
    grid = np.broadcast_arrays(
        each, np.array(_MICRO)[:, None, None, None], np.arange(2)[:, None, None],
        np.arange(len(RECOMPUTE))[:, None], np.arange(2),
    )  # fmt: skip
    at, micro, deep, mode, sharded = (axis.ravel() for axis in grid)
    # A second chunk count where the first is not the only one; sharded weights without stages.
    kept = (sequences % (d[at] * micro) == 0) & ((deep == 0) | (most[at] > 1))
    kept &= (sharded == 0) | (p[at] == 1)
    at, deep = at[kept], deep[kept]
    return {
        "tensor": t[at], "pipeline": p[at], "context": c[at], "expert": e[at], "data": d[at],
        "micro_batch": micro[kept], "virtual_stages": np.where(deep == 1, most[at], 1.0),
        "sharding": np.where(sharded[kept] == 1, 3.0, 1.0),
        "recompute": np.array(RECOMPUTE)[mode[kept]],
    }  # fmt: skip


def _pick(record: Any, where: int) -> Any:
    """Return one entry of a record of arrays."""
    values = {}
    for field in fields(record):
        column: npt.NDArray[Any] = np.asarray(getattr(record, field.name))
        values[field.name] = column if column.ndim == 0 else column[where]
    return type(record)(**{name: value.item() for name, value in values.items()})


def fastest_layout(
    architecture: Transformer,
    accelerator: Accelerator,
    accelerators: int,
    batch: Batch,
    *,
    precision: str = "bf16",
    constants: TrainingConstants | None = None,
    scale_out_bytes_per_s: Quantity = 50e9,
    states: str = "mixed",
    recompute: str | None = None,
    whole_parts: bool = False,
) -> FoundLayout:
    """Return the fastest layout that fits the memory.

    Parameters
    ----------
    architecture : Transformer
        Shape of one model.
    accelerator : Accelerator
        One device.
    accelerators : int
        How many.
    batch : Batch
        Work of a step.
    precision : str, default "bf16"
        Number format of the products.
    constants : TrainingConstants, optional
        Efficiencies; general ones if left out.
    scale_out_bytes_per_s : float, default 50e9
        Network between domains per accelerator and direction, bytes/s.
    states : str, default "mixed"
        One of `footprint.STATE_FORMATS`.
    recompute : str, optional
        Only layouts of this mode.
    whole_parts : bool, default False
        Only layouts whose context degree divides the sequence.

    Raises
    ------
    ComputebookError
        If nothing divides or nothing fits.

    Examples
    --------
    >>> from computebook.training import examples
    >>> batch = Batch(sequence_tokens=8192, sequences=128)
    >>> best = fastest_layout(examples.llama_8b(), examples.h100(), 8, batch)
    >>> best.layout.accelerators, best.memory_bytes < 85.52e9
    (8.0, True)
    """
    layouts = candidate_layouts(
        architecture, accelerators, float(np.max(batch.sequences)),
        int(min(accelerator.scale_up_domain, accelerators)),
    )  # fmt: skip
    need = training_memory(architecture, layouts, batch, states=states).total_bytes
    fits = need <= _USABLE * accelerator.memory_bytes
    if recompute is not None:
        fits &= np.equal(layouts.recompute, recompute)
    if whole_parts:
        fits &= np.equal(np.mod(batch.sequence_tokens, layouts.context), 0)
    if not np.any(fits):
        least = float(np.min(need)) / 1e9
        raise errors.ComputebookError(
            f"accelerators = {accelerators}: {architecture.architecture_id!r} fits in no layout; "
            f"the smallest needs {least:.3g} GB of {accelerator.memory_bytes / 1e9:.3g} GB each"
        )
    step = step_time(
        architecture, accelerator, layouts, batch, constants=constants,
        scale_out_bytes_per_s=scale_out_bytes_per_s,
        matrix_flop_per_s=accelerator.dense_flop_per_s(precision),
    )  # fmt: skip
    best = int(np.argmin(np.where(fits, step.total_s, np.inf)))
    shape = np.shape(step.total_s)
    whole = {f.name: np.broadcast_to(getattr(step, f.name), shape) for f in fields(step)}
    return FoundLayout(
        layout=_pick(layouts, best), step=_pick(StepTime(**whole), best),
        memory_bytes=float(need[best]), tried=len(need), feasible=int(np.sum(fits)),
    )  # fmt: skip
