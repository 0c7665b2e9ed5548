"""What a planner asks for: a model, a load, limits on latency, and what may be used."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Final

import numpy as np

from computebook import datasets, errors, hardware
from computebook.architectures import Transformer
from computebook.inference import table
from computebook.sizing.formats import WEIGHT_FORMATS

__all__ = ["ENGINES", "OBJECTIVES", "UNLIMITED_GPUS", "Request", "calibrated_generations"]

ENGINES: Final = ("vllm", "sglang", "tensorrt-llm")
"""Engines whose overheads are calibrated and still in use."""

OBJECTIVES: Final = ("usd", "gpus")
"""What the plan has least of: dollars per hour, or accelerators."""

UNLIMITED_GPUS: Final = 1e6
"""Accelerators of a fleet that count as no limit."""

KV_FORMATS: Final = ("bf16", "fp8")
"""Formats of the cache that may be asked for."""

_BOUNDS: Final[dict[str, tuple[str, float, float]]] = {
    "input_tokens": ("tokens", 1, 1e7),
    "output_tokens": ("tokens", 1, 1e7),
    "users": ("users", 1, 1e7),
    "requests_per_s": ("1/s", 1e-6, 1e6),
    "cached_fraction": ("", 0.0, 0.999),
    "headroom_fraction": ("", 0.0, 10.0),
    "usd_per_gpu_hour": ("$/h", 0.0, 1e4),
    "utilisation": ("", 1e-3, 1.0),
    "max_gpus": ("accelerators", 1, UNLIMITED_GPUS),
    "percentile": ("%", 50.0, 99.9),
    "draft_tokens": ("tokens", 0, 16),
    "acceptance_fraction": ("", 0.0, 1.0),
}


def calibrated_generations() -> frozenset[str]:
    """Return the accelerator generations whose constants rest on measurements.

    Examples
    --------
    >>> "hopper" in calibrated_generations()
    True
    """
    prefix = "memory_fraction."
    names = table.constants_from_table()
    return frozenset(name.removeprefix(prefix) for name in names if name.startswith(prefix))


@dataclass(frozen=True, kw_only=True)
class Request:
    """A sizing question; every number in base units.

    Parameters
    ----------
    model : str
        Open architecture: id, hub name or usual alias; kept as the id.
    gpus : tuple of str, optional
        Accelerators to consider: ids or usual aliases; ``("all",)`` for every one in the table;
        those of calibrated generations if left out.
    input_tokens, output_tokens : float
        Tokens per request, 1 to 1e7.
    users : float, optional
        Users at once, each with one request under way, 1 to 1e7. Either this or the next.
    requests_per_s : float, optional
        Poisson arrivals at the whole fleet, 1e-6 to 1e6 per second.
    time_to_first_token_s, time_per_output_token_s : float, default infinity
        Limits on the mean, or on `percentile`, s.
    percentile : float, optional
        Percent of requests that must stay within the limits, 50 to 99.9; arrivals only.
    weights, kv_cache : str, optional
        Number formats; see `formats.formats_for` for what is taken if left out.
    cached_fraction : float, default 0
        Share of the prompt found in the prefix cache, 0 to 0.999.
    headroom_fraction : float, default 0.2
        Load above the one asked for at which the limits still hold, 0 to 10.
    usd_per_gpu_hour : float, optional
        Price for every accelerator, $/h, 0 to 1e4; else the median on-demand offer of each.
    utilisation : float, default 1
        Share of the paid hours in which the load is there, 1e-3 to 1.
    engine : str, default "vllm"
        One of `ENGINES`.
    max_gpus : float, default 1e6
        Accelerators of the whole fleet at most.
    objective : {"usd", "gpus"}, default "usd"
        What the plan has least of; accelerators decide where a price is missing.
    robust : bool, default False
        Hold the limits at the slow end of the 80 % interval rather than at the central value.
    draft_tokens : float, default 0
        Tokens drafted per step in the speculative alternative, 0 to 16; 0 shows none.
    acceptance_fraction : float, default 0.7
        Chance that a drafted token is accepted, 0 to 1.

    Raises
    ------
    ComputebookError
        If a name is unknown, a number outside its bounds, or the load is given twice or not.

    Examples
    --------
    >>> ask = Request(model="meta-llama/Llama-3.1-405B", gpus=("B200",), input_tokens=8000,
    ...     output_tokens=1000, users=200, time_to_first_token_s=2, time_per_output_token_s=0.05)
    >>> ask.model, ask.gpus
    ('llama-3.1-405b', ('b200-sxm',))
    """

    model: str
    gpus: tuple[str, ...] = ()
    input_tokens: float
    output_tokens: float
    users: float | None = None
    requests_per_s: float | None = None
    time_to_first_token_s: float = np.inf
    time_per_output_token_s: float = np.inf
    percentile: float | None = None
    weights: str | None = None
    kv_cache: str | None = None
    cached_fraction: float = 0.0
    headroom_fraction: float = 0.2
    usd_per_gpu_hour: float | None = None
    utilisation: float = 1.0
    engine: str = "vllm"
    max_gpus: float = UNLIMITED_GPUS
    objective: str = "usd"
    robust: bool = False
    draft_tokens: float = 0.0
    acceptance_fraction: float = 0.7

    def __post_init__(self) -> None:
        self._check_names()
        for field in fields(self):
            value: Any = getattr(self, field.name)
            if field.name in _BOUNDS and value is not None:
                errors.require_finite_in(field.name, value, *_BOUNDS[field.name])
        for name in ("time_to_first_token_s", "time_per_output_token_s"):
            if not getattr(self, name) > 0:
                raise errors.ComputebookError(f"{name} = {getattr(self, name)} s must be above 0")
        self._check_load()

    def _check_names(self) -> None:
        """Replace names by ids and refuse unknown ones."""
        model = datasets.resolve("architectures", "architecture_id", "model", self.model)
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "gpus", _accelerator_ids(self.gpus))
        if self.weights is not None:
            errors.require_known("weights", self.weights, WEIGHT_FORMATS)
        if self.kv_cache is not None:
            errors.require_known("kv", self.kv_cache, KV_FORMATS)
        errors.require_known("engine", self.engine, ENGINES)
        errors.require_known("objective", self.objective, OBJECTIVES)

    def _check_load(self) -> None:
        """Raise unless there is one load, with a percentile only where queues form."""
        if (self.users is None) == (self.requests_per_s is None):
            raise errors.ComputebookError("give the load once: either users or a rate of requests")
        if self.percentile is not None and self.requests_per_s is None:
            raise errors.ComputebookError(
                "percentile needs a rate of requests: with a fixed number of users only means "
                "are modelled"
            )

    @property
    def is_open(self) -> bool:
        """Whether requests arrive on their own."""
        return self.requests_per_s is not None

    @property
    def load(self) -> float:
        """Users or arrivals per second, without headroom."""
        return float((self.requests_per_s if self.is_open else self.users) or 0.0)

    @property
    def design_load(self) -> float:
        """Load at which the limits must hold."""
        # Rounded, so that 10 users and 20 % are 12 copies of one user and never 13.
        return float(np.round(self.load * (1.0 + self.headroom_fraction), 9))

    @property
    def context_tokens(self) -> float:
        """Tokens that a sequence holds at its end."""
        return self.input_tokens + self.output_tokens

    @property
    def architecture(self) -> Transformer:
        """Shape of the model."""
        return datasets.architecture(self.model)

    @cached_property
    def accelerators(self) -> tuple[hardware.Accelerator, ...]:
        """Accelerators to consider."""
        return tuple(datasets.accelerators()[name] for name in self.gpus)


def _accelerator_ids(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return ids without repeats, in the order given; those of calibrated generations for none."""
    known = datasets.accelerators()
    if not names:
        sound = calibrated_generations()
        return tuple(name for name, device in known.items() if device.generation in sound)
    if "all" in [name.lower() for name in names]:
        return tuple(known)
    found = [datasets.resolve("accelerators", "accelerator_id", "gpu", name) for name in names]
    return tuple(dict.fromkeys(found))
