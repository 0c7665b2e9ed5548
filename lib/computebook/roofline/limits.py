"""The roofline itself, and what it says about batch, speed and bandwidth."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.architectures import Transformer
from computebook.hardware import Accelerator
from computebook.memory import Placement, kv_read_bytes, kv_shards
from computebook.roofline.decode import decode_step_lower_bound_s, effective_rates
from computebook.roofline.flop import (
    attention_flop_per_token,
    decode_step_flop,
    matmul_flop_per_token,
)
from computebook.roofline.reads import decode_read_bytes, weight_read_bytes_per_accelerator
from computebook.units import Quantity, scalar_in_scalar_out

__all__ = [
    "attainable_flop_per_s",
    "critical_batch_size",
    "decode_intensity_flop_per_byte",
    "minimum_bandwidth_bytes_per_s",
    "read_s",
    "ridge_point_flop_per_byte",
    "tokens_per_s_per_user_upper_bound",
]

_ONE_ACCELERATOR: Final = Placement()
_ALL_EXPERTS: Final = 1e12
_TINY: Final = 1e-30


def _rate(field: str, value: Quantity, unit: str) -> Any:
    return errors.require_finite_in(field, value, unit, 1, 1e30)


@scalar_in_scalar_out
def ridge_point_flop_per_byte(flop_per_s: Quantity, memory_bandwidth_bytes_per_s: Quantity) -> Any:
    """Return the arithmetic intensity at which compute and bandwidth limit equally.

    ``F / W``.

    Source: `williams2009roofline`.

    Parameters
    ----------
    flop_per_s : float or array
        Dense rate, FLOP/s, 1 to 1e30.
    memory_bandwidth_bytes_per_s : float or array
        Bandwidth, bytes/s, 1 to 1e30.

    Returns
    -------
    float or array
        FLOP per byte.

    Raises
    ------
    ComputebookError
        If a rate is outside its bounds.

    Examples
    --------
    >>> round(ridge_point_flop_per_byte(989e12, 3.35e12))
    295
    """
    bandwidth = _rate("memory_bandwidth_bytes_per_s", memory_bandwidth_bytes_per_s, "B/s")
    return np.divide(_rate("flop_per_s", flop_per_s, "FLOP/s"), bandwidth)


@scalar_in_scalar_out
def attainable_flop_per_s(
    intensity_flop_per_byte: Quantity,
    flop_per_s: Quantity,
    memory_bandwidth_bytes_per_s: Quantity,
) -> Any:
    """Return the rate that the roofline allows at an arithmetic intensity.

    ``min(F, I x W)``.

    Source: `williams2009roofline`.

    Parameters
    ----------
    intensity_flop_per_byte : float or array
        Operations per byte moved, 0 to 1e12.
    flop_per_s : float or array
        Dense rate, FLOP/s, 1 to 1e30.
    memory_bandwidth_bytes_per_s : float or array
        Bandwidth, bytes/s, 1 to 1e30.

    Returns
    -------
    float or array
        FLOP/s.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> attainable_flop_per_s([1, 1000], 989e12, 3.35e12)
    array([3.35e+12, 9.89e+14])
    """
    intensity = errors.require_finite_in(
        "intensity_flop_per_byte", intensity_flop_per_byte, "FLOP/B", 0, 1e12
    )
    bandwidth = _rate("memory_bandwidth_bytes_per_s", memory_bandwidth_bytes_per_s, "B/s")
    return np.minimum(_rate("flop_per_s", flop_per_s, "FLOP/s"), intensity * bandwidth)


@scalar_in_scalar_out
def decode_intensity_flop_per_byte(
    architecture: Transformer,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
) -> Any:
    """Return the arithmetic intensity of a decode step.

    ``decode_step_flop / decode_read_bytes``.

    Source: `williams2009roofline`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.
    batch_size : float or array, default 1
        Sequences, 0 to 1e9.
    placement : Placement, default bf16
        Bits.

    Returns
    -------
    float or array
        FLOP per byte.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> np.round(decode_intensity_flop_per_byte(llama, 0, [1, 100]))
    array([  1., 100.])
    """
    flop = decode_step_flop(architecture, context_tokens, batch_size)
    return flop / decode_read_bytes(architecture, context_tokens, batch_size, placement)


@scalar_in_scalar_out
def critical_batch_size(
    architecture: Transformer,
    accelerator: Accelerator,
    placement: Placement = _ONE_ACCELERATOR,
    context_tokens: Quantity = 0,
) -> Any:
    """Return the batch at which decoding turns from memory-bound to compute-bound.

    Solves ``B f / (n F) = weights / W + B kv / (shards W)`` for B with every expert touched:
    below it, another sequence costs no time for weights. At long contexts each sequence
    brings more bytes than arithmetic can hide, and no batch is large enough.

    Source: `austin2025scaling`, `pope2022efficiently`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    accelerator : Accelerator
        Rates of one accelerator.
    placement : Placement, default one accelerator in bf16
        Parallel degrees, bits and arithmetic.
    context_tokens : float or array, default 0
        Tokens held per sequence, 0 to 1e8.

    Returns
    -------
    float or array
        Sequences; infinity where decoding stays memory-bound at any batch.

    Raises
    ------
    ComputebookError
        If the context is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> h100 = Accelerator(accelerator_id="h100-sxm", memory_bytes=85.5e9,
    ...     memory_bandwidth_bytes_per_s=3.35e12, bf16_flop_per_s=989e12)
    >>> np.round(critical_batch_size(llama, h100, context_tokens=[0, 100, 8192]))
    array([295., 396.,  inf])
    """
    a, p = architecture, placement
    rate, bandwidth = effective_rates(accelerator, p)
    flop = matmul_flop_per_token(a) + attention_flop_per_token(a, context_tokens)
    shards = kv_shards(a, p.tensor_parallel, p.attention_data_parallel)
    cache_s = kv_read_bytes(a, context_tokens, 1, p.kv_bits) / shards / bandwidth
    spare_s = flop / rate - cache_s
    weights_s = weight_read_bytes_per_accelerator(a, _ALL_EXPERTS, p) / bandwidth
    return np.where(np.greater(spare_s, 0), weights_s / np.maximum(spare_s, _TINY), np.inf)


@scalar_in_scalar_out
def read_s(read_bytes: Quantity, memory_bandwidth_bytes_per_s: Quantity) -> Any:
    """Return the time to read bytes once at a bandwidth, for example a whole cache.

    ``bytes / W``.

    Source: `williams2009roofline`.

    Parameters
    ----------
    read_bytes : float or array
        Bytes, 0 to 1e18.
    memory_bandwidth_bytes_per_s : float or array
        Bandwidth of all accelerators that share the read, bytes/s, 1 to 1e30.

    Returns
    -------
    float or array
        Seconds.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> round(1e3 * read_s(25.6e9, 3.35e12), 1)
    7.6
    """
    amount = errors.require_finite_in("read_bytes", read_bytes, "B", 0, 1e18)
    return amount / _rate("memory_bandwidth_bytes_per_s", memory_bandwidth_bytes_per_s, "B/s")


def tokens_per_s_per_user_upper_bound(
    architecture: Transformer,
    accelerator: Accelerator,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
) -> Any:
    """Return the speed above which no sequence can decode on a placement.

    ``1 / decode_step_lower_bound_s``, without speculative decoding.

    Source: `austin2025scaling`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    accelerator : Accelerator
        Rates of one accelerator.
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.
    batch_size : float or array, default 1
        Sequences, 0 to 1e9.
    placement : Placement, default one accelerator in bf16
        Parallel degrees, bits and arithmetic.

    Returns
    -------
    float or array
        Tokens/s of each sequence.

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
    >>> round(tokens_per_s_per_user_upper_bound(llama, h100, 2048))
    219
    """
    return 1 / decode_step_lower_bound_s(
        architecture, accelerator, context_tokens, batch_size, placement
    )


@scalar_in_scalar_out
def minimum_bandwidth_bytes_per_s(read_bytes: Quantity, time_per_output_token_s: Quantity) -> Any:
    """Return the bandwidth below which a decode step cannot meet its time.

    ``bytes / time``: the sum over all accelerators that share the read, so that it names no
    single GPU. For a disclosed model the bytes are `decode_read_bytes`; for an assumed cache,
    `memory.cache_bytes_from_elements` plus the weights.

    Source: `williams2009roofline`.

    Parameters
    ----------
    read_bytes : float or array
        Bytes that a step moves, 0 to 1e18.
    time_per_output_token_s : float or array
        Time allowed for the step, 1e-6 to 1e4 s.

    Returns
    -------
    float or array
        Bytes/s over all accelerators.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> minimum_bandwidth_bytes_per_s(25.6e9, 0.020) / 1e12
    1.28
    """
    amount = errors.require_finite_in("read_bytes", read_bytes, "B", 0, 1e18)
    time = errors.require_finite_in(
        "time_per_output_token_s", time_per_output_token_s, "s", 1e-6, 1e4
    )
    return amount / time
