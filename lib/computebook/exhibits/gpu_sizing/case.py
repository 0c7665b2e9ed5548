"""One model in chosen number formats, under the engine's memory policy."""

from __future__ import annotations

from dataclasses import dataclass

from computebook import datasets, hardware
from computebook.architectures import Transformer
from computebook.memory import RUNTIME_RESERVE_BYTES, USABLE_FRACTION, Placement
from computebook.units import BYTES_PER_GIB

__all__ = ["Case", "case"]


@dataclass(frozen=True)
class Case:
    """What is sized.

    Attributes
    ----------
    shape : Transformer
        The model.
    weights, kv_cache : str
        Number formats.
    usable_fraction : float
        Share of the memory that the engine plans with.
    reserve_bytes : float
        Room on each accelerator for activations and libraries.
    """

    shape: Transformer
    weights: str
    kv_cache: str
    usable_fraction: float = USABLE_FRACTION
    reserve_bytes: float = RUNTIME_RESERVE_BYTES

    @property
    def kv_bits(self) -> float:
        """Bits per cached value."""
        return hardware.precision(self.kv_cache).bits_per_element

    @property
    def weight_bits(self) -> float:
        """Bits per weight."""
        return hardware.precision(self.weights).bits_per_element

    def placement(self, accelerators: int = 1, groups: int = 1) -> Placement:
        """Return the model laid out on some accelerators in attention groups."""
        return Placement.of(
            self.weights,
            self.kv_cache,
            tensor_parallel=accelerators,
            attention_data_parallel=groups,
        )


def case(
    model: str,
    weight_precision: str,
    kv_precision: str,
    usable_percent: float = 100 * USABLE_FRACTION,
    runtime_reserve_gib: float = RUNTIME_RESERVE_BYTES / BYTES_PER_GIB,
) -> Case:
    """Return the case that the chapter's parameters describe.

    Parameters
    ----------
    model : str
        Id or alias of an open architecture.
    weight_precision, kv_precision : str
        Number formats; see `hardware.PRECISIONS`.
    usable_percent : float
        Share of the memory that the engine plans with, percent.
    runtime_reserve_gib : float
        Room on each accelerator, GiB.

    Raises
    ------
    ComputebookError
        If a name is unknown.

    Examples
    --------
    >>> case("llama-3.1-405b", "fp8", "bf16").weight_bits
    8.0
    """
    for name in (weight_precision, kv_precision):
        hardware.precision(name)
    return Case(
        datasets.architecture(model),
        weight_precision,
        kv_precision,
        usable_percent / 100,
        runtime_reserve_gib * BYTES_PER_GIB,
    )
