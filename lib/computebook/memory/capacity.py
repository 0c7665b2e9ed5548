"""What fits: the largest batch, the longest context, the smallest number of accelerators."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.architectures import Transformer
from computebook.memory.cache import INDEXER_BITS, kv_cache_bytes, kv_shards
from computebook.memory.footprint import (
    RUNTIME_RESERVE_BYTES,
    kv_bytes_per_accelerator,
    memory_per_accelerator,
    weight_bytes_per_accelerator,
)
from computebook.memory.placement import Placement
from computebook.memory.shape import (
    MAX_CONTEXT_TOKENS,
    indexer_elements_per_token,
    kv_elements_per_layer,
)
from computebook.units import BITS_PER_BYTE, Quantity, scalar_in_scalar_out

__all__ = [
    "COUNT_CHOICES",
    "USABLE_FRACTION",
    "accelerators_needed",
    "cache_budget_bytes",
    "fits",
    "max_batch_size",
    "max_context_tokens",
]

USABLE_FRACTION: Final = 0.9
"""Share of memory that an engine plans with: vLLM's long-standing default (newer releases take
0.92). Source: `kwon2023vllm`."""

COUNT_CHOICES: Final = ("powers-of-two", "any")
"""Which numbers of accelerators are tried."""

_ONE_ACCELERATOR: Final = Placement()
_TINY: Final = 1e-30


def _usable(memory_bytes: Quantity, usable_fraction: Quantity) -> Any:
    share = errors.require_finite_in("usable_fraction", usable_fraction, "", 0, 1)
    return share * errors.require_finite_in("memory_bytes", memory_bytes, "B", 1, 1e16)


@scalar_in_scalar_out
def fits(
    architecture: Transformer,
    memory_bytes: Quantity,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
    *,
    usable_fraction: Quantity = USABLE_FRACTION,
    runtime_reserve_bytes: Quantity = RUNTIME_RESERVE_BYTES,
) -> Any:
    """Return whether a batch at a context fits.

    ``weights + cache + room <= usable share x memory``, on each accelerator.

    Source: `kwon2023vllm`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    memory_bytes : float or array
        Memory of one accelerator, bytes, 1 to 1e16.
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.
    batch_size : float or array, default 1
        Sequences, 0 to 1e9.
    placement : Placement, default one accelerator in bf16
        Parallel degrees, bits and cache policy.
    usable_fraction : float or array, default 0.9
        Share of the memory that the engine plans with, 0 to 1.
    runtime_reserve_bytes : float or array, default 5.5 GiB
        Room for activations and libraries, bytes, 0 to 1e12.

    Returns
    -------
    bool or array of bool
        True where everything fits.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-70b", layers=80, hidden_size=8192,
    ...     attention_heads=64, kv_heads=8, head_dim=128, ffn_size=28672, vocab_size=128256)
    >>> fits(llama, 85.5e9, 8192, 1, Placement(weight_bits=8.0, tensor_parallel=np.array([1, 2])))
    array([False,  True])
    """
    parts = memory_per_accelerator(
        architecture, context_tokens, batch_size, placement, runtime_reserve_bytes
    )
    return np.less_equal(parts.total_bytes, _usable(memory_bytes, usable_fraction))


@scalar_in_scalar_out
def cache_budget_bytes(
    architecture: Transformer,
    memory_bytes: Quantity,
    placement: Placement = _ONE_ACCELERATOR,
    *,
    usable_fraction: Quantity = USABLE_FRACTION,
    runtime_reserve_bytes: Quantity = RUNTIME_RESERVE_BYTES,
) -> Any:
    """Return the bytes that weights and engine leave for the cache on each accelerator.

    ``max(0, usable share x memory - weights - room)``.

    Source: `kwon2023vllm`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    memory_bytes : float or array
        Memory of one accelerator, bytes, 1 to 1e16.
    placement : Placement, default one accelerator in bf16
        Parallel degrees and bits.
    usable_fraction : float or array, default 0.9
        Share of the memory that the engine plans with, 0 to 1.
    runtime_reserve_bytes : float or array, default 5.5 GiB
        Room for activations and libraries, bytes, 0 to 1e12.

    Returns
    -------
    float or array
        Bytes; 0 where the weights alone do not fit.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> round(cache_budget_bytes(llama, 85.5e9) / 1e9, 1)
    55.0
    """
    reserve = errors.require_finite_in("runtime_reserve_bytes", runtime_reserve_bytes, "B", 0, 1e12)
    taken = weight_bytes_per_accelerator(architecture, placement) + reserve
    return np.maximum(_usable(memory_bytes, usable_fraction) - taken, 0.0)


@scalar_in_scalar_out
def max_batch_size(
    architecture: Transformer,
    memory_bytes: Quantity,
    context_tokens: Quantity,
    placement: Placement = _ONE_ACCELERATOR,
    *,
    usable_fraction: Quantity = USABLE_FRACTION,
    runtime_reserve_bytes: Quantity = RUNTIME_RESERVE_BYTES,
) -> Any:
    """Return the most sequences of a given context that fit together.

    ``floor(budget / cache of one sequence)`` per accelerator.

    Source: `kwon2023vllm`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    memory_bytes : float or array
        Memory of one accelerator, bytes, 1 to 1e16.
    context_tokens : float or array
        Tokens held per sequence, 1 to 1e8.
    placement : Placement, default one accelerator in bf16
        Parallel degrees, bits and cache policy.
    usable_fraction : float or array, default 0.9
        Share of the memory that the engine plans with, 0 to 1.
    runtime_reserve_bytes : float or array, default 5.5 GiB
        Room for activations and libraries, bytes, 0 to 1e12.

    Returns
    -------
    float or array
        Sequences; 0 where not even one fits.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> max_batch_size(llama, 85.5e9, [8192, 131072])
    array([51.,  3.])
    """
    tokens = errors.require_finite_in(
        "context_tokens", context_tokens, "tokens", 1, MAX_CONTEXT_TOKENS
    )
    budget = cache_budget_bytes(
        architecture,
        memory_bytes,
        placement,
        usable_fraction=usable_fraction,
        runtime_reserve_bytes=runtime_reserve_bytes,
    )
    per_sequence = kv_bytes_per_accelerator(architecture, tokens, 1, placement)
    return np.floor(budget / np.maximum(per_sequence, _TINY))


@scalar_in_scalar_out
def max_context_tokens(
    architecture: Transformer,
    memory_bytes: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
    *,
    usable_fraction: Quantity = USABLE_FRACTION,
    runtime_reserve_bytes: Quantity = RUNTIME_RESERVE_BYTES,
) -> Any:
    """Return the longest context that a number of sequences can hold together.

    The inverse of the cache size, which is linear below the window and linear with a smaller
    slope above it. Capped at the model's own `max_context_tokens` where that is known.

    Source: `kwon2023vllm`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    memory_bytes : float or array
        Memory of one accelerator, bytes, 1 to 1e16.
    batch_size : float or array, default 1
        Sequences, 1 to 1e9.
    placement : Placement, default one accelerator in bf16
        Parallel degrees, bits and cache policy.
    usable_fraction : float or array, default 0.9
        Share of the memory that the engine plans with, 0 to 1.
    runtime_reserve_bytes : float or array, default 5.5 GiB
        Room for activations and libraries, bytes, 0 to 1e12.

    Returns
    -------
    float or array
        Tokens per sequence, whole blocks; 0 where nothing fits.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> max_context_tokens(llama, 85.5e9, [1, 8, 64])
    array([419493.,  52436.,   6554.])
    """
    batch = errors.require_finite_in("batch_size", batch_size, "sequences", 1, 1e9)
    budget = cache_budget_bytes(
        architecture,
        memory_bytes,
        placement,
        usable_fraction=usable_fraction,
        runtime_reserve_bytes=runtime_reserve_bytes,
    )
    p = placement
    shards = kv_shards(architecture, p.tensor_parallel, p.attention_data_parallel)
    state = kv_cache_bytes(architecture, 0, 1, p.kv_bits)
    per_sequence = np.maximum(budget * shards / batch - state, 0.0)
    tokens = _context_for(architecture, per_sequence, p)
    limit = architecture.max_context_tokens
    capped = np.minimum(tokens, np.where(np.greater(limit, 0), limit, MAX_CONTEXT_TOKENS))
    return np.floor(capped / p.block_tokens) * p.block_tokens


def _context_for(a: Transformer, cache_bytes: Any, p: Placement) -> Any:
    """Return the context whose cache has a given size: the piecewise line turned round."""
    per_layer = kv_elements_per_layer(a) * p.kv_bits / BITS_PER_BYTE
    keys = indexer_elements_per_token(a) * INDEXER_BITS / BITS_PER_BYTE
    growing = a.full_attention_layers * per_layer + keys
    windowed = a.sliding_window_layers * per_layer
    steep = cache_bytes / np.maximum(growing + windowed, _TINY)
    if p.sliding_window == "full":
        return steep
    window = np.ceil(a.sliding_window_tokens / p.block_tokens) * p.block_tokens
    shallow = (cache_bytes - windowed * window) / np.maximum(growing, _TINY)
    return np.where(np.less_equal(steep, window), steep, shallow)


@scalar_in_scalar_out
def accelerators_needed(
    architecture: Transformer,
    memory_bytes: Quantity,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
    *,
    counts: str = "powers-of-two",
    max_accelerators: int = 1024,
    usable_fraction: Quantity = USABLE_FRACTION,
    runtime_reserve_bytes: Quantity = RUNTIME_RESERVE_BYTES,
) -> Any:
    """Return the smallest number of accelerators that hold one copy of a model and its batch.

    Tries each allowed number as the tensor-parallel degree. More accelerators do not help
    once every one of them holds a copy of the same cache: the answer is then infinity, and
    attention data parallelism (`Placement.attention_data_parallel`) is the way out.

    Source: `kwon2023vllm`; copies: `pope2022efficiently`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    memory_bytes : float or array
        Memory of one accelerator, bytes, 1 to 1e16.
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.
    batch_size : float or array, default 1
        Sequences, 0 to 1e9.
    placement : Placement, default bf16
        Bits and cache policy; its `tensor_parallel` is what this function varies.
    counts : {"powers-of-two", "any"}, default "powers-of-two"
        Which numbers are tried; engines want the heads to divide evenly.
    max_accelerators : int, default 1024
        Largest number tried, 1 to 65,536.
    usable_fraction : float or array, default 0.9
        Share of the memory that the engine plans with, 0 to 1.
    runtime_reserve_bytes : float or array, default 5.5 GiB
        Room for activations and libraries, bytes, 0 to 1e12.

    Returns
    -------
    float or array
        Accelerators; infinity where no tried number is enough.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds or `counts` is unknown.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-405b", layers=126, hidden_size=16384,
    ...     attention_heads=128, kv_heads=8, head_dim=128, ffn_size=53248, vocab_size=128256)
    >>> accelerators_needed(llama, 85.5e9, 8192, 8, Placement(weight_bits=8.0))
    8.0
    >>> accelerators_needed(llama, 85.5e9, 8192, 8, Placement(weight_bits=8.0), counts="any")
    7.0
    """
    errors.require_known("counts", counts, COUNT_CHOICES)
    errors.require_finite_in("max_accelerators", max_accelerators, "accelerators", 1, 65536)
    needed: Any = np.inf
    for count in reversed(_counts(counts, max_accelerators, placement)):
        enough = fits(
            architecture,
            memory_bytes,
            context_tokens,
            batch_size,
            dataclasses.replace(placement, tensor_parallel=count),
            usable_fraction=usable_fraction,
            runtime_reserve_bytes=runtime_reserve_bytes,
        )
        needed = np.where(enough, count, needed)
    return needed


def _counts(counts: str, max_accelerators: int, placement: Placement) -> list[int]:
    """Return the numbers of accelerators to try, from one group per copy of attention up."""
    groups = placement.attention_data_parallel
    least = 1 if errors.is_symbolic(groups) else int(np.max(groups))
    if counts == "any":
        return list(range(least, max_accelerators + 1))
    powers = (2**exponent for exponent in range(max_accelerators.bit_length()))
    return [power for power in powers if least <= power <= max_accelerators]
