"""Size and traffic of the key-value cache.

Exact for multi-head, grouped-query, multi-query and latent attention, sliding windows,
linear-attention states and sparse-attention indexers; engines that round to blocks or keep
whole contexts for windowed layers are covered by two switches.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.architectures import Transformer
from computebook.memory.shape import (
    MAX_CONTEXT_TOKENS,
    SLIDING_WINDOW_MODES,
    attended_tokens,
    indexer_elements_per_token,
    kv_elements_per_layer,
    kv_elements_per_token,
    linear_state_elements,
)
from computebook.units import BITS_PER_BYTE, Quantity, scalar_in_scalar_out

__all__ = [
    "INDEXER_BITS",
    "LINEAR_STATE_BITS",
    "cache_bytes_from_elements",
    "cached_tokens_per_sequence",
    "kv_bytes_per_token",
    "kv_cache_bytes",
    "kv_read_bytes",
    "kv_shards",
]

INDEXER_BITS: Final = 8.0 + 32 / 128
"""Bits per index-key element: FP8 with one 32-bit scale per 128 values, 132 bytes a key."""

LINEAR_STATE_BITS: Final = 32.0
"""Bits per element of a linear-attention state: published configurations keep it in fp32."""

MAX_SEQUENCES: Final = 1e9
_MAX_BITS: Final = 64.0


def _bits(field: str, value: Quantity) -> Any:
    return errors.require_finite_in(field, value, "bit", 1.0, _MAX_BITS)


def _context(value: Quantity) -> Any:
    return errors.require_finite_in("context_tokens", value, "tokens", 0, MAX_CONTEXT_TOKENS)


def _batch(value: Quantity) -> Any:
    return errors.require_finite_in("batch_size", value, "sequences", 0, MAX_SEQUENCES)


@scalar_in_scalar_out
def kv_bytes_per_token(
    architecture: Transformer, kv_bits: Quantity = 16.0, sliding_window: str = "bounded"
) -> Any:
    """Return the bytes that one more token of context adds to the cache.

    Source: `zhao2025deepseekinsights`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    kv_bits : float or array, default 16
        Bits per cached value, 1 to 64.
    sliding_window : {"bounded", "full"}, default "bounded"
        Whether windowed layers stop at their window or keep everything.

    Returns
    -------
    float or array
        Bytes per token, index keys left out.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds or a name is unknown.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-405b", layers=126, hidden_size=16384,
    ...     attention_heads=128, kv_heads=8, head_dim=128, ffn_size=53248, vocab_size=128256)
    >>> kv_bytes_per_token(llama)
    516096.0
    """
    elements = kv_elements_per_token(architecture, sliding_window)
    return elements * _bits("kv_bits", kv_bits) / BITS_PER_BYTE


@scalar_in_scalar_out
def cached_tokens_per_sequence(context_tokens: Quantity, block_tokens: Quantity = 1) -> Any:
    """Return the tokens that a paged cache reserves for a context.

    ``ceil(context / block) x block``: the last block is reserved whole.

    Source: `kwon2023vllm`.

    Parameters
    ----------
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.
    block_tokens : float or array, default 1
        Tokens per block, 1 to 1e6; 1 means no rounding, vLLM's default is 16.

    Returns
    -------
    float or array
        Tokens.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> cached_tokens_per_sequence([1, 16, 17], 16)
    array([16., 16., 32.])
    """
    block = errors.require_finite_in("block_tokens", block_tokens, "tokens", 1, 1e6)
    return np.ceil(_context(context_tokens) / block) * block


@scalar_in_scalar_out
def kv_cache_bytes(
    architecture: Transformer,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    kv_bits: Quantity = 16.0,
    *,
    sliding_window: str = "bounded",
    block_tokens: Quantity = 1,
    indexer_bits: Quantity = INDEXER_BITS,
    state_bits: Quantity = LINEAR_STATE_BITS,
) -> Any:
    """Return the bytes of the cache of all sequences, on all accelerators together.

    Per sequence: ``full layers x e x S + sliding layers x e x min(S, window)`` elements, plus
    index keys and linear states in their own precision. Nothing is replicated here; see
    `kv_shards` for tensor parallelism.

    Source: `zhao2025deepseekinsights`; blocks: `kwon2023vllm`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    context_tokens : float or array
        Tokens held per sequence, prompt and output so far, 0 to 1e8.
    batch_size : float or array, default 1
        Sequences, 0 to 1e9.
    kv_bits : float or array, default 16
        Bits per cached value, 1 to 64.
    sliding_window : {"bounded", "full"}, default "bounded"
        Whether windowed layers stop at their window or keep everything.
    block_tokens : float or array, default 1
        Tokens per cache block; 1 means no rounding.
    indexer_bits, state_bits : float or array
        Bits per index-key and per linear-state element, 1 to 64.

    Returns
    -------
    float or array
        Bytes.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds or a name is unknown.

    Examples
    --------
    >>> deepseek = Transformer(architecture_id="deepseek-v3", layers=61, hidden_size=7168,
    ...     attention_heads=128, kv_heads=128, head_dim=192, vocab_size=129280,
    ...     attention="mla", kv_lora_rank=512, qk_rope_head_dim=64)
    >>> kv_cache_bytes(deepseek, 400_000) / 1e9
    28.1088
    """
    errors.require_known("sliding_window", sliding_window, SLIDING_WINDOW_MODES)
    tokens = cached_tokens_per_sequence(context_tokens, block_tokens)
    a = architecture
    windowed = tokens if sliding_window == "full" else _within_window(a, tokens, block_tokens)
    spans = a.full_attention_layers * tokens + a.sliding_window_layers * windowed
    keys = indexer_elements_per_token(a) * tokens * _bits("indexer_bits", indexer_bits)
    state = linear_state_elements(a) * _bits("state_bits", state_bits)
    cached = kv_elements_per_layer(a) * spans * _bits("kv_bits", kv_bits)
    return _batch(batch_size) * (cached + keys + state) / BITS_PER_BYTE


def _within_window(a: Transformer, tokens: Any, block_tokens: Quantity) -> Any:
    """Return the tokens that a windowed layer holds: whole blocks, the window at most."""
    window = np.ceil(a.sliding_window_tokens / block_tokens) * block_tokens
    return np.minimum(tokens, window)


@scalar_in_scalar_out
def kv_read_bytes(
    architecture: Transformer,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    kv_bits: Quantity = 16.0,
    *,
    indexer_bits: Quantity = INDEXER_BITS,
    state_bits: Quantity = LINEAR_STATE_BITS,
) -> Any:
    """Return the bytes that one decode step moves for the caches of all sequences.

    Windowed layers read their window even in an engine that keeps more; sparse attention
    reads every index key but only its top-k tokens; a linear state is read and written.

    Source: `pope2022efficiently`; sparse: `deepseek2025v32`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.
    batch_size : float or array, default 1
        Sequences, 0 to 1e9.
    kv_bits : float or array, default 16
        Bits per cached value, 1 to 64.
    indexer_bits, state_bits : float or array
        Bits per index-key and per linear-state element, 1 to 64.

    Returns
    -------
    float or array
        Bytes per step.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> v32 = Transformer(architecture_id="deepseek-v3.2", layers=61, hidden_size=7168,
    ...     attention_heads=128, kv_heads=128, head_dim=192, vocab_size=129280,
    ...     kv_lora_rank=512, qk_rope_head_dim=64, indexer_heads=64, indexer_head_dim=128,
    ...     indexer_top_k=2048)
    >>> round(kv_cache_bytes(v32, 128_000) / kv_read_bytes(v32, 128_000), 1)
    8.5
    """
    a, tokens = architecture, _context(context_tokens)
    spans = a.full_attention_layers * attended_tokens(a, tokens)
    spans = spans + a.sliding_window_layers * np.minimum(tokens, a.sliding_window_tokens)
    keys = indexer_elements_per_token(a) * tokens * _bits("indexer_bits", indexer_bits)
    state = 2 * linear_state_elements(a) * _bits("state_bits", state_bits)
    cached = kv_elements_per_layer(a) * spans * _bits("kv_bits", kv_bits)
    return _batch(batch_size) * (cached + keys + state) / BITS_PER_BYTE


@scalar_in_scalar_out
def cache_bytes_from_elements(
    elements_per_token: Quantity,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    kv_bits: Quantity = 16.0,
) -> Any:
    """Return the bytes of a cache whose elements per token are assumed, not derived.

    For models whose architecture is not disclosed: ``elements x S x B x bits / 8``.

    Source: `zhao2025deepseekinsights` (range over open models).

    Parameters
    ----------
    elements_per_token : float or array
        Values cached per token, 0 to 1e8.
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.
    batch_size : float or array, default 1
        Sequences, 0 to 1e9.
    kv_bits : float or array, default 16
        Bits per cached value, 1 to 64.

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
    >>> cache_bytes_from_elements(32_000, 400_000) / 1e9
    25.6
    """
    elements = errors.require_finite_in("elements_per_token", elements_per_token, "", 0, 1e8)
    tokens = _batch(batch_size) * _context(context_tokens)
    return elements * tokens * _bits("kv_bits", kv_bits) / BITS_PER_BYTE


@scalar_in_scalar_out
def kv_shards(
    architecture: Transformer,
    tensor_parallel: Quantity,
    attention_data_parallel: Quantity = 1,
) -> Any:
    """Return into how many distinct parts the cache is divided over the accelerators.

    Tensor parallelism divides key-value heads: ranks beyond their number hold copies. A latent
    has no heads, so each rank of a tensor-parallel group holds all of it. Attention data
    parallelism divides sequences: ``dp x min(tp / dp, heads)``.

    Source: `pope2022efficiently` section 3.3; latent: `deepseek2024v3` section 3.4.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    tensor_parallel : float or array
        Accelerators that serve one copy of the weights, 1 to 1e6.
    attention_data_parallel : float or array, default 1
        Groups among them that keep different sequences, 1 to `tensor_parallel`.

    Returns
    -------
    float or array
        Parts; each accelerator holds the cache divided by this.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-405b", layers=126, hidden_size=16384,
    ...     attention_heads=128, kv_heads=8, head_dim=128, ffn_size=53248, vocab_size=128256)
    >>> kv_shards(llama, [1, 4, 8, 16])
    array([1., 4., 8., 8.])
    """
    check = errors.require_finite_in
    ranks = check("tensor_parallel", tensor_parallel, "accelerators", 1, 1e6)
    groups = check("attention_data_parallel", attention_data_parallel, "groups", 1, 1e6)
    latent = np.greater(architecture.kv_lora_rank, 0)
    heads = np.where(latent, 1, np.maximum(architecture.kv_heads, 1))
    return groups * np.minimum(np.maximum(ranks / groups, 1), heads)
