"""What lies in the memory of each accelerator, and how many sequences find room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import memory, units
from computebook.serving import Deployment
from computebook.serving.constants import PREFILL_CHUNK_TOKENS
from computebook.units import Quantity

__all__ = ["USABLE_FRACTION", "MemoryUse", "engine_bytes", "memory_use", "sequences_that_fit"]

USABLE_FRACTION: Final = 0.9
"""Share of the memory left after weights and engine that becomes cache; TensorRT-LLM's default."""

_RUNTIME_BYTES: Final = 1.5e9
_BUFFER_BYTES_PER_RANK: Final = 0.15e9
_ACTIVATION_BYTES_PER_ELEMENT: Final = 30.0


@dataclass(frozen=True)
class MemoryUse:
    """Bytes on each accelerator of a copy by use; fields are numbers or arrays.

    Parameters
    ----------
    weights_bytes, cache_bytes, engine_bytes : float or array
        Weights; blocks of the sequences held; activations, runtime and communication buffers.
    memory_bytes : float or array
        What the accelerator has.
    """

    weights_bytes: Quantity
    cache_bytes: Quantity
    engine_bytes: Quantity
    memory_bytes: Quantity

    @property
    def spare_bytes(self) -> Any:
        """What is left, bytes; negative where it does not fit."""
        used = np.add(self.weights_bytes, np.add(self.cache_bytes, self.engine_bytes))
        return np.subtract(self.memory_bytes, used)


def engine_bytes(deployment: Deployment) -> Any:
    """Return the bytes that an engine needs on each accelerator beside weights and cache.

    Runtime, one communication buffer per rank, and the activations of a full prefill step:
    ``1.5e9 + 0.15e9 (n - 1) + 30 H tokens / ranks``.

    Source: `kwon2023vllm` (profile run before the cache is sized).

    Parameters
    ----------
    deployment : Deployment
        Model and accelerators.

    Returns
    -------
    float or array
        Bytes.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> round(engine_bytes(llama_8b_on_h100()) / 1e9, 2)
    2.51
    """
    ranks = deployment.placement.tensor_parallel
    per_token = deployment.architecture.hidden_size * _ACTIVATION_BYTES_PER_ELEMENT
    activations = PREFILL_CHUNK_TOKENS * per_token / deployment.attention_ranks
    buffers = _BUFFER_BYTES_PER_RANK * (ranks - 1.0)
    return units.plain(_RUNTIME_BYTES + buffers + activations)


def _cache_bytes(deployment: Deployment, context_tokens: Quantity) -> Any:
    """Return the bytes of one sequence on each accelerator, averaged over copies and stages."""
    one = memory.kv_bytes_per_accelerator(
        deployment.architecture, context_tokens, 1, deployment.placement
    )
    return np.divide(one, deployment.pipeline_parallel)


def memory_use(deployment: Deployment, context_tokens: Quantity, sequences: Quantity) -> MemoryUse:
    """Return what lies on each accelerator when a copy holds a number of sequences.

    Parameters
    ----------
    deployment : Deployment
        Model and accelerators.
    context_tokens : float or array
        Tokens of each sequence at its longest, 1 to 1e8; whole blocks are reserved.
    sequences : float or array
        Sequences of the copy, 0 to 1e9.

    Returns
    -------
    MemoryUse
        Bytes by use.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> use = memory_use(llama_8b_on_h100(), 8192, 16)
    >>> round(use.weights_bytes / 1e9, 1), round(use.cache_bytes / 1e9, 1)
    (16.1, 17.2)
    """
    return MemoryUse(
        deployment.weight_bytes,
        units.plain(np.multiply(_cache_bytes(deployment, context_tokens), sequences)),
        engine_bytes(deployment),
        deployment.accelerator.memory_bytes,
    )


def sequences_that_fit(deployment: Deployment, context_tokens: Quantity) -> Any:
    """Return the sequences that a copy holds at their longest; 0 where none fits.

    ``floor(0.9 (memory - weights - engine) / cache of one sequence)``: `serving.most_sequences`
    without its floor, with whole blocks, so that a plan never rests on memory that is not there.

    Source: `kwon2023vllm`.

    Parameters
    ----------
    deployment : Deployment
        Model and accelerators.
    context_tokens : float or array
        Tokens of each sequence at its longest, 1 to 1e8.

    Returns
    -------
    float or array
        Whole sequences.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> sequences_that_fit(llama_8b_on_h100(), 8192)
    56.0
    """
    empty = memory_use(deployment, context_tokens, 0)
    budget = USABLE_FRACTION * np.maximum(empty.spare_bytes, 0.0)
    return units.plain(np.floor(budget / _cache_bytes(deployment, context_tokens)))
