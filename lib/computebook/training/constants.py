"""Efficiencies and overheads of a training step, with values that need no calibration."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

from computebook import errors
from computebook.units import Quantity

__all__ = ["SCALE_OUT_BYTES_PER_S", "TrainingConstants", "scale_out_bytes_per_s"]

SCALE_OUT_BYTES_PER_S: Final[dict[str, float]] = {
    "ampere": 25e9, "hopper": 50e9, "blackwell": 50e9, "blackwell-ultra": 100e9,
    "cdna3": 50e9, "cdna4": 50e9,
}  # fmt: skip
"""Network between scale-up domains per accelerator and direction, as the reference systems are
built: one adapter of 200, 400 or 800 Gbit/s each. Source: `bekman2026mlengineering`, network."""

_DEFAULT_SCALE_OUT: Final = 50e9
_FRACTIONS: Final = (
    "matrix_fraction", "head_fraction", "expert_fraction", "attention_fraction", "memory_fraction",
    "weight_exposed", "link_fraction",
    "network_fraction", "tensor_exposed", "context_exposed", "expert_exposed", "data_exposed",
)  # fmt: skip


def scale_out_bytes_per_s(generation: str) -> float:
    """Return the usual network rate of an accelerator generation, bytes/s in one direction.

    Parameters
    ----------
    generation : str
        For example ``"hopper"``; others count 400 Gbit/s.

    Examples
    --------
    >>> scale_out_bytes_per_s("blackwell-ultra")
    100000000000.0
    """
    return SCALE_OUT_BYTES_PER_S.get(generation, _DEFAULT_SCALE_OUT)


@dataclass(frozen=True, kw_only=True)
class TrainingConstants:
    """Efficiencies and overheads of a training step; each may be an array over cases.

    Parameters
    ----------
    matrix_fraction : float, default 0.65
        Share of the dense rate of the training precision that large products reach.
    head_fraction : float, default 0.65
        The same for the output embedding, which stays in bf16.
    expert_fraction : float, default 0.7
        Rate of products over experts relative to dense ones.
    expert_half_tokens : float, default 500
        Tokens of one expert at which its products reach half of that rate.
    wide_share : float, default 0
        Share of the products that stay in bf16 although the recipe's format is narrower.
    attention_fraction : float, default 0.5
        Share of the dense bf16 rate that attention over the context reaches.
    memory_fraction : float, default 0.8
        Share of the memory bandwidth that elementwise work reaches.
    traffic_factor : float, default 1
        Bytes of elementwise work relative to the count of an unfused layer.
    expert_traffic_factor : float, default 1
        The same for gathering and scattering tokens of experts.
    weight_exposed : float, default 0.3
        Share of the traffic of weights and gradient sums that products do not hide.
    link_fraction, network_fraction : float, default 0.8, 0.7
        Share of the rate inside a scale-up domain, and between domains.
    tensor_exposed, context_exposed, expert_exposed, data_exposed : float
        Share of each communication that no computation hides, at least.
    kernel_s : float, default 4e-6
        Start and drain of one kernel, s.
    step_s : float, default 0.02
        Host work, gradient norm and synchronisation per step, s.
    scale_loss : float, default 0.004
        Time that each doubling of the accelerators beyond eight adds by waiting for the slowest.

    Raises
    ------
    ComputebookError
        If a fraction is outside 0 to 1 or another number is negative.

    Examples
    --------
    >>> TrainingConstants(matrix_fraction=0.7).attention_fraction
    0.5
    """

    matrix_fraction: Quantity = 0.65
    head_fraction: Quantity = 0.65
    expert_fraction: Quantity = 0.7
    expert_half_tokens: Quantity = 500.0
    wide_share: Quantity = 0.0
    attention_fraction: Quantity = 0.5
    memory_fraction: Quantity = 0.8
    traffic_factor: Quantity = 1.0
    expert_traffic_factor: Quantity = 1.0
    weight_exposed: Quantity = 0.3
    link_fraction: Quantity = 0.8
    network_fraction: Quantity = 0.7
    tensor_exposed: Quantity = 0.4
    context_exposed: Quantity = 0.2
    expert_exposed: Quantity = 0.7
    data_exposed: Quantity = 0.15
    kernel_s: Quantity = 4e-6
    step_s: Quantity = 0.02
    scale_loss: Quantity = 0.004

    def __post_init__(self) -> None:
        for field in fields(self):
            value: Any = getattr(self, field.name)
            high = 1.0 if field.name in _FRACTIONS else 1e4
            low = 1e-6 if field.name in _FRACTIONS else 0.0
            errors.require_finite_in(field.name, value, "", low, high)
