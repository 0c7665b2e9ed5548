"""Bytes that a model needs while it serves, and what fits into the accelerators.

Weights, key-value cache and room for the engine add up per accelerator; the largest batch, the
longest context and the smallest number of accelerators follow in closed form. The functions of
`cache_shape` and `kv_cache` are offered here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import errors, units
from computebook.architectures import Transformer, parameter_parts
from computebook.cache_shape import (
    MAX_CONTEXT_TOKENS,
    SLIDING_WINDOW_MODES,
    attended_tokens,
    indexer_elements_per_token,
    kv_elements_per_layer,
    kv_elements_per_token,
    linear_state_elements,
)
from computebook.kv_cache import (
    INDEXER_BITS,
    LINEAR_STATE_BITS,
    cache_bytes_from_elements,
    cached_tokens_per_sequence,
    kv_bytes_per_token,
    kv_cache_bytes,
    kv_read_bytes,
    kv_shards,
)
from computebook.units import BITS_PER_BYTE, BYTES_PER_GIB, Quantity, scalar_in_scalar_out

__all__ = [
    "INDEXER_BITS",
    "LINEAR_STATE_BITS",
    "MAX_CONTEXT_TOKENS",
    "RUNTIME_RESERVE_BYTES",
    "SLIDING_WINDOW_MODES",
    "USABLE_FRACTION",
    "MemoryParts",
    "accelerators_needed",
    "attended_tokens",
    "cache_bytes_from_elements",
    "cached_tokens_per_sequence",
    "fits",
    "indexer_elements_per_token",
    "kv_bytes_per_token",
    "kv_cache_bytes",
    "kv_elements_per_layer",
    "kv_elements_per_token",
    "kv_read_bytes",
    "kv_shards",
    "linear_state_elements",
    "max_batch_size",
    "max_context_tokens",
    "memory_per_accelerator",
    "weight_bytes",
]

USABLE_FRACTION: Final = 0.9
"""Share of memory that an engine plans with: vLLM's default. Source: `kwon2023vllm`."""

RUNTIME_RESERVE_BYTES: Final = 5.5 * BYTES_PER_GIB
"""Room per accelerator for activations and libraries: vLLM on H100 was measured at 2.1 to
7.4 GiB of activations (median about 5) and 0.13 to 0.55 GiB outside PyTorch.
Source: `llmd2026planner`."""

COUNT_CHOICES: Final = ("powers-of-two", "any")


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


def _weight_share(
    architecture: Transformer,
    weights_bytes: Quantity,
    attention_bytes: Quantity,
    tensor_parallel: Quantity,
    attention_data_parallel: Quantity,
) -> Any:
    pass
