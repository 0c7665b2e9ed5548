"""Bytes on each accelerator: weights, key-value cache, room for the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from computebook import errors
from computebook.architectures import Transformer, parameter_parts
from computebook.memory.cache import kv_cache_bytes, kv_shards
from computebook.memory.placement import Placement
from computebook.units import BITS_PER_BYTE, BYTES_PER_GIB, Quantity, scalar_in_scalar_out

__all__ = [
    "RUNTIME_RESERVE_BYTES",
    "MemoryParts",
    "kv_bytes_per_accelerator",
    "memory_per_accelerator",
    "weight_bytes",
    "weight_bytes_per_accelerator",
]

RUNTIME_RESERVE_BYTES: Final = 5.5 * BYTES_PER_GIB
"""Room per accelerator for activations and libraries: vLLM on H100 was measured at 2.1 to
7.4 GiB of activations (most models near 5) and 0.13 to 0.55 GiB outside PyTorch.
Source: `llmd2026planner`."""

_ONE_ACCELERATOR: Final = Placement()


def _bits(field: str, value: Quantity) -> Any:
    return errors.require_finite_in(field, value, "bit", 1.0, 64.0)


@dataclass(frozen=True)
class MemoryParts:
    """Bytes on one accelerator by use.

    Parameters
    ----------
    weights_bytes, kv_bytes, runtime_bytes : float or array
        Weights, key-value cache, and room for activations and libraries.
    """

    weights_bytes: Quantity
    kv_bytes: Quantity
    runtime_bytes: Quantity

    @property
    def total_bytes(self) -> Any:
        """Sum of the parts, bytes."""
        return self.weights_bytes + self.kv_bytes + self.runtime_bytes


@scalar_in_scalar_out
def weight_bytes(
    architecture: Transformer,
    weight_bits: Quantity = 16.0,
    *,
    expert_bits: Quantity | None = None,
    embedding_bits: Quantity | None = None,
) -> Any:
    """Return the bytes of all weights, with a precision of their own for experts and embeddings.

    ``sum of part parameters x bits / 8``. Engines pad some matrices: loaded weights were
    measured 6 to 9 % above this for gpt-oss-120b, and above it where a publisher keeps some
    layers wide.

    Source: `nvidia_aiconfigurator`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    weight_bits : float or array, default 16
        Bits per weight, scales included, 1 to 64; see `hardware.PRECISIONS`.
    expert_bits : float or array, optional
        Bits per weight of the routed experts, 1 to 64; `weight_bits` if left out.
    embedding_bits : float or array, optional
        Bits per weight of input and output embedding, 1 to 64; `weight_bits` if left out.

    Returns
    -------
    float or array
        Bytes.

    Raises
    ------
    ComputebookError
        If a number of bits is outside its bounds.

    Examples
    --------
    >>> gpt_oss = Transformer(architecture_id="gpt-oss-120b", layers=36, hidden_size=2880,
    ...     attention_heads=64, kv_heads=8, head_dim=64, vocab_size=201088, experts=128,
    ...     experts_per_token=4, expert_ffn_size=2880, sliding_window_layers=18,
    ...     sliding_window_tokens=128, qkv_bias=True, output_bias=True, mlp_bias=True)
    >>> round(weight_bytes(gpt_oss, 16, expert_bits=4.25) / 2**30, 1)
    60.7
    """
    bits = _bits("weight_bits", weight_bits)
    of_experts = bits if expert_bits is None else _bits("expert_bits", expert_bits)
    of_embeddings = bits if embedding_bits is None else _bits("embedding_bits", embedding_bits)
    parts = parameter_parts(architecture)
    embeddings = parts.embedding + parts.head
    rest = parts.total - parts.experts - embeddings
    total_bits = rest * bits + parts.experts * of_experts + embeddings * of_embeddings
    return total_bits / BITS_PER_BYTE


@scalar_in_scalar_out
def weight_bytes_per_accelerator(architecture: Transformer, placement: Placement) -> Any:
    """Return the bytes of weights on each accelerator.

    ``(W + (dp - 1) W_attention) / tp``: everything is divided, but each attention
    data-parallel group keeps its own attention weights. Copies of key and value projections
    beyond the number of heads are left out (sign: slightly too low).

    Source: `deepseek2024v3` section 3.4.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    placement : Placement
        Parallel degrees and bits.

    Returns
    -------
    float or array
        Bytes.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-405b", layers=126, hidden_size=16384,
    ...     attention_heads=128, kv_heads=8, head_dim=128, ffn_size=53248, vocab_size=128256)
    >>> fp8 = Placement(tensor_parallel=8, weight_bits=8.0)
    >>> round(weight_bytes_per_accelerator(llama, fp8) / 2**30, 1)
    47.2
    """
    p = placement
    whole = weight_bytes(architecture, p.weight_bits, expert_bits=p.expert_bits)
    attention = parameter_parts(architecture).attention * p.weight_bits / BITS_PER_BYTE
    return (whole + (p.attention_data_parallel - 1) * attention) / p.tensor_parallel


@scalar_in_scalar_out
def kv_bytes_per_accelerator(
    architecture: Transformer,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
) -> Any:
    """Return the bytes of cache on each accelerator, copies included.

    ``kv_cache_bytes / kv_shards``.

    Source: `pope2022efficiently` section 3.3.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.
    batch_size : float or array, default 1
        Sequences over all accelerators of the placement, 0 to 1e9.
    placement : Placement, default one accelerator in bf16
        Parallel degrees, bits and cache policy.

    Returns
    -------
    float or array
        Bytes.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> qwen = Transformer(architecture_id="qwen3-235b-a22b", layers=94, hidden_size=4096,
    ...     attention_heads=64, kv_heads=4, head_dim=128, vocab_size=151936, experts=128,
    ...     experts_per_token=8, expert_ffn_size=1536)
    >>> kv_bytes_per_accelerator(qwen, 1, 1, Placement(tensor_parallel=4))
    48128.0
    """
    p = placement
    cache = kv_cache_bytes(
        architecture,
        context_tokens,
        batch_size,
        p.kv_bits,
        sliding_window=p.sliding_window,
        block_tokens=p.block_tokens,
    )
    return cache / kv_shards(architecture, p.tensor_parallel, p.attention_data_parallel)


def memory_per_accelerator(
    architecture: Transformer,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
    runtime_reserve_bytes: Quantity = RUNTIME_RESERVE_BYTES,
) -> MemoryParts:
    """Return the bytes that each accelerator needs, by use.

    Source: `kwon2023vllm`; room for the engine: `llmd2026planner`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.
    batch_size : float or array, default 1
        Sequences, 0 to 1e9.
    placement : Placement, default one accelerator in bf16
        Parallel degrees, bits and cache policy.
    runtime_reserve_bytes : float or array, default 5.5 GiB
        Room for activations and libraries, bytes, 0 to 1e12.

    Returns
    -------
    MemoryParts
        Weights, cache and room; `total_bytes` is their sum.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> round(memory_per_accelerator(llama, 8192, 16).total_bytes / 1e9, 1)
    39.1
    """
    return MemoryParts(
        weight_bytes_per_accelerator(architecture, placement),
        kv_bytes_per_accelerator(architecture, context_tokens, batch_size, placement),
        _reserve(runtime_reserve_bytes),
    )


def _reserve(value: Quantity) -> Any:
    return errors.require_finite_in("runtime_reserve_bytes", value, "B", 0, 1e12)
