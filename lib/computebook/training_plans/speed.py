"""How fast a model trains on a cluster: calibrated constants, usable sizes, the fastest layout."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import architectures, errors
from computebook.architectures import Transformer
from computebook.hardware import Accelerator
from computebook.training import (
    Batch,
    FoundLayout,
    TrainingConstants,
    fastest_layout,
    flop_per_token,
    scale_out_bytes_per_s,
)
from computebook.training_cases.calibration import constants_for, rate_factor, scope_columns
from computebook.training_cases.table import constants_from_table
from computebook.training_plans.request import Request

__all__ = ["Placement", "calibrated_constants", "place", "working_sizes"]

_PRESENT: Final = 2026.0
_ODD: Final = (1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
_IDLE: Final = 0.13
"""Share of a cluster that may stand idle so that the rest divides well."""
_OFF: Final = 0.125
"""How far a batch may leave the usual one before another factor is tried."""
_KEPT: Final = 0.05
_FACTORS: Final = (1, 3, 5, 7, 9, 15)
_FRAMEWORK: Final = "megatron"


@dataclass(frozen=True)
class Placement:
    """A model on the working part of a cluster.

    Parameters
    ----------
    shape : Transformer
        The model.
    found : FoundLayout
        Its fastest layout.
    batch : Batch
        Work of a step.
    working : int
        Accelerators at work; the rest of the cluster is spare.
    flop_per_token : float
        Operations of one token, attention over the causal half, FLOP.
    """

    shape: Transformer
    found: FoundLayout
    batch: Batch
    working: int
    flop_per_token: float

    @property
    def tokens_per_s_per_gpu(self) -> float:
        """Throughput of one working accelerator, tokens/s."""
        return float(self.found.step.tokens_per_s_per_accelerator)

    def row(self, device: Accelerator, precision: str) -> dict[str, Any]:
        """Return the layout for a table.

        Parameters
        ----------
        device : Accelerator
            One device.
        precision : str
            Number format of the products.
        """
        layout = {f.name: getattr(self.found.layout, f.name) for f in fields(self.found.layout)}
        peak = float(device.dense_flop_per_s(precision))
        return {
            "shape": self.shape.name or self.shape.architecture_id,
            "params_b": float(architectures.parameter_count(self.shape)) / 1e9,
            "active_params_b": float(architectures.active_parameter_count(self.shape)) / 1e9,
            "working_gpus": self.working, **layout, "batch_tokens": float(self.batch.tokens),
            "memory_gb": self.found.memory_bytes / 1e9,
            "tokens_per_s_per_gpu": self.tokens_per_s_per_gpu,
            "mfu_percent": 100 * self.tokens_per_s_per_gpu * self.flop_per_token / peak,
            "step_s": float(self.found.step.total_s),
        }  # fmt: skip


def working_sizes(count: int) -> list[int]:
    """Return how many accelerators of a cluster may work so that they divide well.

    A small odd number times a power of two, at least 87 % of the cluster: the largest such
    number, and the one with most factors of two.

    Parameters
    ----------
    count : int
        Accelerators held.

    Examples
    --------
    >>> working_sizes(16_384), working_sizes(100_000)
    ([16384], [98304])
    """
    if count & (count - 1) == 0:
        return [count]
    sizes = {m * 2 ** int(np.log2(count / m)) for m in _ODD if m <= count}
    near = [n for n in sizes if n >= (1 - _IDLE) * count]
    return sorted({max(near), max(near, key=lambda n: (n & -n, n))}, reverse=True)


def _batches(request: Request, working: int) -> list[Batch]:
    """Return the work of a step near the one aimed at, such that the cluster divides it well.

    Sequences have the odd part of the cluster and small factors. A batch that was asked for is
    kept to a twentieth, or else exactly.
    """
    aim = max(request.step_tokens / request.sequence_tokens, 1.0)
    odd = working // (working & -working)
    near = [m * 2.0 ** max(round(np.log2(aim / m)), 0) for m in odd * np.array(_FACTORS)]
    best = min(near, key=lambda n: abs(np.log(n / aim)))
    if request.batch_tokens is not None:
        counts = {n for n in near if abs(n / aim - 1) <= _KEPT} or {float(round(aim))}
    elif abs(near[0] / aim - 1) <= _OFF:
        counts = {near[0]}
    else:
        # A batch well above the usual one would flatter a cluster of that size.
        counts = {best, min(near[0], best)}
    return [Batch(sequence_tokens=request.sequence_tokens, sequences=n) for n in sorted(counts)]


@cache
def calibrated_constants(
    device: Accelerator, precision: str, routed: bool, year: float | None = None
) -> TrainingConstants:
    """Return the calibrated constants of the step model for one kind of run.

    Parameters
    ----------
    device : Accelerator
        Of the table.
    precision : str
        Number format of the products.
    routed : bool
        Whether the model has experts.
    year : float, optional
        Year of the software; today's if left out.

    Examples
    --------
    >>> from computebook import datasets
    >>> constants = calibrated_constants(datasets.accelerator("h100"), "bf16", routed=False)
    >>> 0.4 < constants.matrix_fraction < 0.9
    True
    """
    values = constants_from_table()
    case = pd.DataFrame({"generation": [device.generation], "format": [precision],
                         "framework": [_FRAMEWORK]})  # fmt: skip
    power = rate_factor(case, np.array([device.tdp_w]), np.array([device.bf16_flop_per_s]),
                        values["power_exponent"])  # fmt: skip
    years = np.array([min(year or _PRESENT, _PRESENT)])
    found = constants_for(scope_columns(case), years, np.array([routed]), power, values)
    return TrainingConstants(**{name: _number(value) for name, value in vars(found).items()})


def _number(value: Any) -> float:
    return float(np.asarray(value, float).reshape(-1)[0])


def place(request: Request, shape: Transformer) -> Placement:
    """Return the fastest layout of a shape over all working sizes of a cluster.

    Parameters
    ----------
    request : Request
        What is asked.
    shape : Transformer
        One of its shapes.

    Raises
    ------
    ComputebookError
        If nothing divides or nothing fits.

    Examples
    --------
    >>> ask = Request(model="llama-3.1-8b", tokens=1e12, gpu="h100", count=64)
    >>> place(ask, ask.shapes[0]).working
    64
    """
    found: list[Placement] = []
    faults: list[errors.ComputebookError] = []
    for working in working_sizes(int(request.count)):
        for batch in _batches(request, working):
            try:
                found.append(_on(request, shape, working, batch))
            except errors.ComputebookError as fault:
                faults.append(fault)
    if not found:
        raise faults[0]
    return max(found, key=lambda p: p.working * p.tokens_per_s_per_gpu)


def _on(request: Request, shape: Transformer, working: int, batch: Batch) -> Placement:
    """Return the fastest layout on a number of working accelerators."""
    device, precision = request.device, str(request.precision)
    routed = float(shape.experts) > 0
    best = fastest_layout(
        shape, device, working, batch, precision=precision,
        constants=calibrated_constants(device, precision, routed, request.software_year),
        scale_out_bytes_per_s=scale_out_bytes_per_s(device.generation), whole_parts=True,
    )  # fmt: skip
    flop = float(flop_per_token(shape, request.sequence_tokens, convention="causal"))
    return Placement(shape, best, batch, working, flop)
