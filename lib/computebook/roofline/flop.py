"""Floating-point operations that a model needs: a count, not a rate.

A multiplication with an addition counts as two. Softmax, norms and activations are left out;
they are below a percent of the matrices.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from computebook import errors
from computebook.architectures import Transformer, parameter_parts
from computebook.memory import attended_tokens
from computebook.memory.shape import MAX_CONTEXT_TOKENS
from computebook.units import Quantity, scalar_in_scalar_out

__all__ = [
    "attended_pairs",
    "attention_flop_per_token",
    "decode_step_flop",
    "matmul_flop_per_token",
    "prefill_flop",
]


def _context(field: str, value: Quantity) -> Any:
    return errors.require_finite_in(field, value, "tokens", 0, MAX_CONTEXT_TOKENS)


def _head_parameters(a: Transformer) -> Any:
    return np.multiply(a.vocab_size, a.hidden_size)


def _body_parameters(a: Transformer) -> Any:
    """Weights that every token is multiplied with, output head left out."""
    parts = parameter_parts(a)
    used = np.divide(a.experts_per_token, np.maximum(a.experts, 1))
    return parts.total - parts.embedding - parts.head - parts.experts * (1 - used)


@scalar_in_scalar_out
def matmul_flop_per_token(architecture: Transformer) -> Any:
    """Return the operations of all weight matrices for one token.

    ``2 x active parameters``, the input embedding left out (a lookup) and the output head
    counted once, tied or not.

    Source: `kaplan2020scaling` section 2.1.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.

    Returns
    -------
    float or array
        FLOP per token.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> round(matmul_flop_per_token(llama) / 1e9, 2)
    15.01
    """
    return 2 * (_body_parameters(architecture) + _head_parameters(architecture))


def _decode_flop_per_pair(a: Transformer) -> Any:
    """Operations per query token, attended token and layer; latent attention in absorbed form."""
    latent = 2 * (2 * a.kv_lora_rank + a.qk_rope_head_dim)
    grouped = np.multiply(4, a.head_dim)
    return a.attention_heads * np.where(np.greater(a.kv_lora_rank, 0), latent, grouped)


def _prefill_flop_per_pair(a: Transformer) -> Any:
    """Operations per query token, attended token and layer; latent keys and values expanded."""
    latent = 2 * (a.qk_nope_head_dim + a.qk_rope_head_dim + a.v_head_dim)
    grouped = np.multiply(4, a.head_dim)
    return a.attention_heads * np.where(np.greater(a.kv_lora_rank, 0), latent, grouped)


def _index_flop_per_pair(a: Transformer) -> Any:
    return 2 * a.indexer_heads * a.indexer_head_dim * a.full_attention_layers


def _linear_flop_per_token(a: Transformer) -> Any:
    """Operations to update and to read the matrix state of all linear layers."""
    values = a.linear_value_heads * a.linear_value_head_dim
    return 4 * a.linear_attention_layers * values * a.linear_key_head_dim


@scalar_in_scalar_out
def attention_flop_per_token(architecture: Transformer, context_tokens: Quantity) -> Any:
    """Return the operations of attention for one decoded token.

    ``4 n d S`` per layer for n query heads of width d; ``2 n (2 r + d_rope) S`` for latent
    attention, whose up-projections are absorbed; windowed layers stop at their window.

    Source: `pope2022efficiently`; latent: `deepseek2024v2` section 2.1.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.

    Returns
    -------
    float or array
        FLOP per token.

    Raises
    ------
    ComputebookError
        If the context is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> attention_flop_per_token(llama, 10_000) / 1e9
    5.24288
    """
    a, tokens = architecture, _context("context_tokens", context_tokens)
    spans = a.full_attention_layers * attended_tokens(a, tokens)
    spans = spans + a.sliding_window_layers * np.minimum(tokens, a.sliding_window_tokens)
    index = _index_flop_per_pair(a) * tokens
    return _decode_flop_per_pair(a) * spans + index + _linear_flop_per_token(a)


@scalar_in_scalar_out
def decode_step_flop(
    architecture: Transformer, context_tokens: Quantity, batch_size: Quantity = 1
) -> Any:
    """Return the operations of one decode step: one new token for every sequence.

    ``B x (matmul_flop_per_token + attention_flop_per_token)``.

    Source: `pope2022efficiently`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.
    batch_size : float or array, default 1
        Sequences, 0 to 1e9.

    Returns
    -------
    float or array
        FLOP per step.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> round(decode_step_flop(llama, 10_000, 16) / 1e9)
    324
    """
    batch = errors.require_finite_in("batch_size", batch_size, "sequences", 0, 1e9)
    attention = attention_flop_per_token(architecture, context_tokens)
    return batch * (matmul_flop_per_token(architecture) + attention)


@scalar_in_scalar_out
def attended_pairs(tokens: Quantity, window_tokens: Quantity) -> Any:
    """Return the query-key pairs of causal attention over a prompt.

    ``m (m + 1) / 2 + (S - m) m`` with ``m = min(S, window)``: a triangle, then a band.

    Source: `dao2022flashattention` (causal), `gemma2025gemma3` (window).

    Parameters
    ----------
    tokens : float or array
        Length of the prompt, 0 to 1e8 tokens.
    window_tokens : float or array
        Tokens that each query may see, itself included.

    Returns
    -------
    float or array
        Pairs.

    Examples
    --------
    >>> attended_pairs([4, 4], [4, 2])
    array([10.,  7.])
    """
    inside = np.minimum(tokens, window_tokens)
    return inside * (inside + 1) / 2 + (tokens - inside) * inside


def _attention_prefill_flop(a: Transformer, tokens: Any) -> Any:
    """Operations of attention over a whole prompt from its first token."""
    reach = attended_tokens(a, tokens)
    pairs = a.full_attention_layers * attended_pairs(tokens, reach)
    pairs = pairs + a.sliding_window_layers * attended_pairs(tokens, a.sliding_window_tokens)
    index = _index_flop_per_pair(a) * attended_pairs(tokens, tokens)
    return _prefill_flop_per_pair(a) * pairs + index + _linear_flop_per_token(a) * tokens


@scalar_in_scalar_out
def prefill_flop(
    architecture: Transformer, prompt_tokens: Quantity, cached_tokens: Quantity = 0
) -> Any:
    """Return the operations to read one prompt.

    ``2 x body x (S - c) + 2 x head`` for the matrices, with the head at the last position
    only, plus causal attention of the new tokens over everything before them.

    Source: `kaplan2020scaling`; causal half: `dao2022flashattention`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    prompt_tokens : float or array
        Length S of the prompt, 1 to 1e8 tokens.
    cached_tokens : float or array, default 0
        Tokens c of it whose cache exists already, 0 to `prompt_tokens`.

    Returns
    -------
    float or array
        FLOP per sequence.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> round(prefill_flop(llama, 8192) / 1e12, 1)
    131.9
    """
    tokens = _context("prompt_tokens", prompt_tokens)
    cached = np.minimum(_context("cached_tokens", cached_tokens), tokens)
    a = architecture
    matrices = 2 * (_body_parameters(a) * (tokens - cached) + _head_parameters(a))
    return matrices + _attention_prefill_flop(a, tokens) - _attention_prefill_flop(a, cached)
