"""Lower bound on the time of a decode step.

A bound, not a prediction: with efficiencies of 1 no schedule on the same placement is faster
(for evenly routed experts), and measured steps on GPUs take about three times as long. What
the bound leaves out (kernel launches, communication, scheduling, small transfers that miss
peak bandwidth) is modelled on top of it, in the serving models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import errors, units
from computebook.architectures import Transformer
from computebook.hardware import Accelerator
from computebook.memory import Placement, kv_read_bytes, kv_shards
from computebook.roofline.flop import decode_step_flop
from computebook.roofline.reads import weight_read_bytes_per_accelerator
from computebook.units import Quantity

__all__ = [
    "StepParts",
    "decode_step_lower_bound_s",
    "decode_step_parts",
    "decode_step_s",
    "effective_rates",
]

_ONE_ACCELERATOR: Final = Placement()


@dataclass(frozen=True)
class StepParts:
    """Time of a step by cause; reads happen one after another, computing beside them.

    Parameters
    ----------
    compute_s, weight_read_s, kv_read_s : float or array
        Seconds for arithmetic, for reading weights and for reading (or writing) the cache.
    """

    compute_s: Quantity
    weight_read_s: Quantity
    kv_read_s: Quantity

    @property
    def memory_s(self) -> Any:
        """Seconds of all memory traffic."""
        return self.weight_read_s + self.kv_read_s

    @property
    def step_s(self) -> Any:
        """Seconds of the step: the longer of arithmetic and memory traffic."""
        return units.plain(np.maximum(self.compute_s, self.memory_s))


def effective_rates(
    accelerator: Accelerator,
    placement: Placement,
    bandwidth_efficiency: Quantity = 1.0,
    compute_efficiency: Quantity = 1.0,
) -> tuple[Any, Any]:
    """Return the arithmetic rate of a placement and the bandwidth of one accelerator.

    Source: `williams2009roofline`.

    Parameters
    ----------
    accelerator : Accelerator
        Peak rates.
    placement : Placement
        How many accelerators, and in which arithmetic.
    bandwidth_efficiency, compute_efficiency : float or array, default 1
        Achieved share of the peak rates, 1e-6 to 1.

    Returns
    -------
    tuple of float or array
        FLOP/s of all accelerators together, bytes/s of each.

    Raises
    ------
    ComputebookError
        If an efficiency is outside its bounds.

    Examples
    --------
    >>> h100 = Accelerator(accelerator_id="h100-sxm", memory_bytes=85.5e9,
    ...     memory_bandwidth_bytes_per_s=3.35e12, bf16_flop_per_s=989e12)
    >>> effective_rates(h100, Placement(tensor_parallel=2), bandwidth_efficiency=0.5)
    (1978000000000000.0, 1675000000000.0)
    """
    check = errors.require_finite_in
    compute = check("compute_efficiency", compute_efficiency, "of peak", 1e-6, 1)
    transfer = check("bandwidth_efficiency", bandwidth_efficiency, "of peak", 1e-6, 1)
    dense = accelerator.dense_flop_per_s(placement.compute_precision)
    together = dense * placement.tensor_parallel * compute
    return together, accelerator.memory_bandwidth_bytes_per_s * transfer


def decode_step_parts(
    architecture: Transformer,
    accelerator: Accelerator,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
    *,
    bandwidth_efficiency: Quantity = 1.0,
    compute_efficiency: Quantity = 1.0,
) -> StepParts:
    """Return the time of one decode step by cause.

    ``FLOP / (n F)``, ``touched weights / (n W)`` and ``cache / (shards W)`` for n accelerators
    of dense rate F and bandwidth W, each divided by its efficiency.

    Source: `williams2009roofline`, `pope2022efficiently`, `austin2025scaling`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    accelerator : Accelerator
        Rates of one accelerator.
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.
    batch_size : float or array, default 1
        Sequences over all accelerators of the placement, 0 to 1e9.
    placement : Placement, default one accelerator in bf16
        Parallel degrees, bits and arithmetic.
    bandwidth_efficiency, compute_efficiency : float or array, default 1
        Achieved share of the peak rates, above 0 up to 1.

    Returns
    -------
    StepParts
        Seconds; `step_s` combines them.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-70b", layers=80, hidden_size=8192,
    ...     attention_heads=64, kv_heads=8, head_dim=128, ffn_size=28672, vocab_size=128256)
    >>> h100 = Accelerator(accelerator_id="h100-sxm", memory_bytes=85.5e9,
    ...     memory_bandwidth_bytes_per_s=3.35e12, bf16_flop_per_s=989e12, fp8_flop_per_s=1979e12)
    >>> fp8 = Placement.of("fp8", "fp8", tensor_parallel=4)
    >>> parts = decode_step_parts(llama, h100, 2048, 16, fp8)
    >>> [round(1e3 * t, 2) for t in (parts.compute_s, parts.weight_read_s, parts.kv_read_s)]
    [0.29, 5.19, 0.4]
    """
    a, p = architecture, placement
    shards = kv_shards(a, p.tensor_parallel, p.attention_data_parallel)
    rate, bandwidth = effective_rates(accelerator, p, bandwidth_efficiency, compute_efficiency)
    cache = kv_read_bytes(a, context_tokens, batch_size, p.kv_bits) / shards
    return StepParts(
        units.plain(decode_step_flop(a, context_tokens, batch_size) / rate),
        units.plain(weight_read_bytes_per_accelerator(a, batch_size, p) / bandwidth),
        units.plain(cache / bandwidth),
    )


def decode_step_s(
    architecture: Transformer,
    accelerator: Accelerator,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
    *,
    bandwidth_efficiency: Quantity = 1.0,
    compute_efficiency: Quantity = 1.0,
) -> Any:
    """Return the roofline time of one decode step at stated efficiencies.

    ``max(compute, weights + cache)`` of `decode_step_parts`.

    Source: `williams2009roofline`, `austin2025scaling`.

    Parameters
    ----------
    architecture, accelerator, context_tokens, batch_size, placement
        As in `decode_step_parts`.
    bandwidth_efficiency, compute_efficiency : float or array, default 1
        Achieved share of the peak rates, above 0 up to 1.

    Returns
    -------
    float or array
        Seconds per step, which is seconds per output token of each sequence.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> h100 = Accelerator(accelerator_id="h100-sxm", memory_bytes=85.5e9,
    ...     memory_bandwidth_bytes_per_s=3.35e12, bf16_flop_per_s=989e12)
    >>> round(1e3 * decode_step_s(llama, h100, 2048, 1, bandwidth_efficiency=0.8), 2)
    5.7
    """
    return decode_step_parts(
        architecture,
        accelerator,
        context_tokens,
        batch_size,
        placement,
        bandwidth_efficiency=bandwidth_efficiency,
        compute_efficiency=compute_efficiency,
    ).step_s


def decode_step_lower_bound_s(
    architecture: Transformer,
    accelerator: Accelerator,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
) -> Any:
    """Return the time below which no decode step can fall on a placement.

    `decode_step_s` at peak rates: a bound, not a prediction.

    Source: `williams2009roofline`, `austin2025scaling`.

    Parameters
    ----------
    architecture, accelerator, context_tokens, batch_size, placement
        As in `decode_step_parts`.

    Returns
    -------
    float or array
        Seconds per step.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> h100 = Accelerator(accelerator_id="h100-sxm", memory_bytes=85.5e9,
    ...     memory_bandwidth_bytes_per_s=3.35e12, bf16_flop_per_s=989e12)
    >>> np.round(1e3 * decode_step_lower_bound_s(llama, h100, 2048, [1, 64]), 2)
    array([4.56, 9.61])
    """
    return decode_step_s(architecture, accelerator, context_tokens, batch_size, placement)
