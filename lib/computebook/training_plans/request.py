"""What is asked of a training plan: a model or its class, tokens, accelerators, and overrides."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Final

import numpy as np

from computebook import datasets, errors
from computebook.architectures import Transformer
from computebook.hardware import Accelerator
from computebook.training_plans.shapes import class_shapes

__all__ = ["BATCH_TOKENS", "FORMATS", "OVERRIDES", "Request", "usual_batch_tokens"]

FORMATS: Final = ("bf16", "fp8", "mxfp8", "nvfp4")
"""Number formats of the products that may be asked for."""

BATCH_TOKENS: Final = (16_777_216.0, 62_914_560.0)
"""Tokens of an optimizer step: of Llama 3.1 405B (`grattafiori2024llama3`), and of DeepSeek-V3
(15,360 sequences of 4,096, `deepseek2024v3`), the largest that is published."""

_LLAMA_GPUS: Final = 16_384.0

OVERRIDES: Final[dict[str, tuple[str, str, float, float]]] = {
    "usd_per_gpu_hour": ("rental_usd_per_gpu_hour", "$/GPU-h", 1e-3, 1e3),
    "gpu_hours_per_interruption": ("gpu_hours_per_interruption", "GPU-h", 10.0, 1e6),
    "checkpoint_s": ("checkpoint_s", "s", 1e-3, 1e5),
    "restart_s": ("restart_s", "s", 0.0, 1e6),
    "pue": ("pue", "", 1.0, 3.0),
    "utilisation": ("utilisation", "of 1", 0.01, 1.0),
    "load_fraction": ("load_fraction", "of 1", 0.05, 1.2),
    "usd_per_kwh": ("electricity_usd_per_kwh", "$/kWh", 0.0, 10.0),
    "grid_kg_per_kwh": ("grid_kg_per_kwh", "kg/kWh", 0.0, 5.0),
}
"""Fields that hold an input at one value: the input, unit, low, high."""

_BOUNDS: Final = {
    "tokens": ("tokens", 1e6, 1e17), "count": ("accelerators", 1, 1e6),
    "sequence_tokens": ("tokens", 128, 1e7), "batch_tokens": ("tokens", 128, 1e10),
    "software_year": ("", 2018.0, 2030.0),
}  # fmt: skip


def usual_batch_tokens(count: float) -> float:
    """Return the tokens of a step that a cluster of a size usually takes.

    As Llama 3.1 405B up to its 16,384 accelerators, in proportion beyond, at most as DeepSeek-V3.

    Parameters
    ----------
    count : float
        Accelerators.

    Examples
    --------
    >>> usual_batch_tokens(16_384), usual_batch_tokens(100_000)
    (16777216.0, 62914560.0)
    """
    low, high = BATCH_TOKENS
    return float(np.clip(low * count / _LLAMA_GPUS, low, high))


@dataclass(frozen=True, kw_only=True)
class Request:
    """A question to the training plan.

    Parameters
    ----------
    model : str, optional
        Open architecture: id, hub name or usual alias. Either this or `params`.
    params, active_params : float, optional
        Class of an undisclosed model: parameters in all, and those that a token meets (all of
        them if left out). It is computed with several open shapes scaled to that size.
    tokens : float
        Training tokens, 1e6 to 1e17.
    gpu : str
        Accelerator: id, name or alias.
    count : int
        Accelerators held, 1 to 1e6.
    precision : str, optional
        One of `FORMATS`; bf16 up to Hopper and fp8 from then on if left out.
    sequence_tokens : float, default 8192
        Length of a training sequence.
    batch_tokens : float, optional
        Tokens of an optimizer step; `usual_batch_tokens` if left out.
    software_year : float, optional
        Year of the software, to look back; today's if left out.
    owned : bool, default False
        Whether the cost of the run is that of an own cluster rather than the rent.
    usd_per_gpu_hour, gpu_hours_per_interruption, checkpoint_s, restart_s, pue, utilisation, \
load_fraction, usd_per_kwh, grid_kg_per_kwh : float, optional
        Inputs to hold at one value; see `OVERRIDES`.

    Raises
    ------
    ComputebookError
        If a name is unknown, a number out of bounds, or the model is given twice or not at all.

    Examples
    --------
    >>> ask = Request(model="meta-llama/Llama-3.1-405B", tokens=15.6e12, gpu="H100", count=16_384)
    >>> ask.model, ask.gpu, ask.precision
    ('llama-3.1-405b', 'h100-sxm', 'bf16')
    """

    model: str | None = None
    params: float | None = None
    active_params: float | None = None
    tokens: float
    gpu: str
    count: float
    precision: str | None = None
    sequence_tokens: float = 8192.0
    batch_tokens: float | None = None
    software_year: float | None = None
    owned: bool = False
    usd_per_gpu_hour: float | None = None
    gpu_hours_per_interruption: float | None = None
    checkpoint_s: float | None = None
    restart_s: float | None = None
    pue: float | None = None
    utilisation: float | None = None
    load_fraction: float | None = None
    usd_per_kwh: float | None = None
    grid_kg_per_kwh: float | None = None

    def __post_init__(self) -> None:
        self._check_names()
        self._check_numbers()
        if not self.device.tdp_w > 0:
            raise errors.ComputebookError(
                f"gpu {self.gpu!r}: its maker publishes no board power, so neither energy nor "
                "cost can be given"
            )
        _ = self.shapes

    def _check_names(self) -> None:
        if (self.model is None) == (self.params is None):
            raise errors.ComputebookError(
                "give the model once: either an open one by name or the parameters of a class"
            )
        if self.model is not None:
            name = datasets.resolve("architectures", "architecture_id", "model", self.model)
            object.__setattr__(self, "model", name)
            if self.active_params is not None:
                raise errors.ComputebookError(
                    f"active_params = {self.active_params:g} parameters belongs to a class given "
                    f"by params, not to the open model {name!r}"
                )
        gpu = datasets.resolve("accelerators", "accelerator_id", "gpu", self.gpu)
        object.__setattr__(self, "gpu", gpu)
        narrow = self.device.generation in ("ampere", "hopper", "ada")
        form = self.precision or ("bf16" if narrow else "fp8")
        object.__setattr__(self, "precision", errors.require_known("precision", form, FORMATS))

    def _check_numbers(self) -> None:
        bounds = _BOUNDS | {name: row[1:] for name, row in OVERRIDES.items()}
        for name, bound in bounds.items():
            value: Any = getattr(self, name)
            if value is not None:
                errors.require_finite_in(name, value, *bound)
        if float(self.count) != round(float(self.count)):
            raise errors.ComputebookError(
                f"count = {self.count:g} accelerators is not a whole number"
            )

    @cached_property
    def device(self) -> Accelerator:
        """The accelerator."""
        return datasets.accelerator(self.gpu)

    @cached_property
    def shapes(self) -> tuple[Transformer, ...]:
        """The open model, or the open shapes that stand for a class."""
        if self.model is not None:
            return (datasets.architecture(self.model),)
        return class_shapes(float(self.params or 0.0), self.active_params)

    @property
    def step_tokens(self) -> float:
        """Tokens of an optimizer step that are aimed at."""
        return float(self.batch_tokens or usual_batch_tokens(self.count))

    @property
    def overrides(self) -> dict[str, float]:
        """Inputs that were asked for, by the input's name."""
        return {row[0]: float(getattr(self, name)) for name, row in OVERRIDES.items()
                if getattr(self, name) is not None}  # fmt: skip

    @property
    def given(self) -> dict[str, Any]:
        """Fields and values as they were understood."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
