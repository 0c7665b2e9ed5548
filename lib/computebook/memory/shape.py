"""Values that attention layers cache: per token, per layer, per sequence.

Counts, not bytes; `cache` gives them a precision.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.architectures import Transformer
from computebook.units import Quantity, scalar_in_scalar_out

__all__ = [
    "MAX_CONTEXT_TOKENS",
    "SLIDING_WINDOW_MODES",
    "attended_tokens",
    "indexer_elements_per_token",
    "kv_elements_per_layer",
    "kv_elements_per_token",
    "linear_state_elements",
]

MAX_CONTEXT_TOKENS: Final = 1e8
"""Bound on every context, tokens."""

SLIDING_WINDOW_MODES: Final = ("bounded", "full")
"""Whether an engine frees what has left the window, or reserves the whole context."""


@scalar_in_scalar_out
def kv_elements_per_layer(architecture: Transformer) -> Any:
    """Return the values that one softmax-attention layer caches per token.

    ``2 k d`` for k key-value heads of width d; for latent attention the latent and the shared
    rotary key, ``r + d_rope``, whatever the number of heads.

    Source: `shazeer2019mqa`, `ainslie2023gqa`; latent: `deepseek2024v2`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.

    Returns
    -------
    float or array
        Elements per token and layer.

    Examples
    --------
    >>> kv_elements_per_layer(Transformer(architecture_id="deepseek-v3", layers=61,
    ...     hidden_size=7168, attention_heads=128, kv_heads=128, head_dim=192,
    ...     vocab_size=129280, kv_lora_rank=512, qk_rope_head_dim=64))
    576.0
    """
    a = architecture
    return np.where(
        np.greater(a.kv_lora_rank, 0),
        a.kv_lora_rank + a.qk_rope_head_dim,
        2 * a.kv_heads * a.head_dim,
    )


@scalar_in_scalar_out
def kv_elements_per_token(architecture: Transformer, sliding_window: str = "bounded") -> Any:
    """Return the values cached per token of context, over all layers that keep growing.

    ``growing layers x elements per layer``. Windowed layers count only in an engine that
    reserves whole contexts for them; index keys are apart, in `indexer_elements_per_token`.

    Source: `zhao2025deepseekinsights`; windows: `gemma2025gemma3`, `openai2025gptoss`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    sliding_window : {"bounded", "full"}, default "bounded"
        Whether windowed layers stop at their window or keep everything.

    Returns
    -------
    float or array
        Elements per token.

    Raises
    ------
    ComputebookError
        If `sliding_window` is neither of the two.

    Examples
    --------
    >>> gemma = Transformer(architecture_id="gemma-3-27b", layers=62, hidden_size=5376,
    ...     attention_heads=32, kv_heads=16, head_dim=128, vocab_size=262208, ffn_size=21504,
    ...     sliding_window_layers=52, sliding_window_tokens=1024)
    >>> kv_elements_per_token(gemma), kv_elements_per_token(gemma, "full")
    (40960.0, 253952.0)
    """
    errors.require_known("sliding_window", sliding_window, SLIDING_WINDOW_MODES)
    a = architecture
    kept = a.sliding_window_layers if sliding_window == "full" else 0
    return (a.full_attention_layers + kept) * kv_elements_per_layer(a)


@scalar_in_scalar_out
def indexer_elements_per_token(architecture: Transformer) -> Any:
    """Return the index keys that sparse attention caches per token, over all layers.

    Source: `deepseek2025v32`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.

    Returns
    -------
    float or array
        Elements per token: one key per full-attention layer; 0 without an indexer.

    Examples
    --------
    >>> indexer_elements_per_token(Transformer(architecture_id="deepseek-v3.2", layers=61,
    ...     hidden_size=7168, attention_heads=128, kv_heads=128, head_dim=192,
    ...     vocab_size=129280, indexer_heads=64, indexer_head_dim=128))
    7808.0
    """
    a = architecture
    return np.where(np.greater(a.indexer_heads, 0), a.full_attention_layers * a.indexer_head_dim, 0)


@scalar_in_scalar_out
def linear_state_elements(architecture: Transformer) -> Any:
    """Return the values that linear-attention layers keep per sequence, whatever its length.

    ``layers x (heads d_k d_v + (c - 1) (2 K + V))``: the matrix state and the last inputs of a
    short convolution of width c.

    Source: `yang2024gateddeltanet`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.

    Returns
    -------
    float or array
        Elements per sequence; 0 without linear attention.

    Examples
    --------
    >>> qwen = Transformer(architecture_id="qwen3-next-80b", layers=48, hidden_size=2048,
    ...     attention_heads=16, kv_heads=2, head_dim=256, vocab_size=151936,
    ...     linear_attention_layers=36, linear_key_heads=16, linear_key_head_dim=128,
    ...     linear_value_heads=32, linear_value_head_dim=128, linear_conv_kernel=4)
    >>> linear_state_elements(qwen)
    19759104.0
    """
    a = architecture
    keys = a.linear_key_heads * a.linear_key_head_dim
    values = a.linear_value_heads * a.linear_value_head_dim
    convolution = np.maximum(a.linear_conv_kernel - 1, 0) * (2 * keys + values)
    return a.linear_attention_layers * (values * a.linear_key_head_dim + convolution)


@scalar_in_scalar_out
def attended_tokens(architecture: Transformer, context_tokens: Quantity) -> Any:
    """Return the tokens of context that a full-attention layer attends to.

    Source: `deepseek2025v32`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.

    Returns
    -------
    float or array
        Tokens: all of them, or the indexer's top-k where that is known.

    Examples
    --------
    >>> attended_tokens(Transformer(architecture_id="m", layers=1, hidden_size=8, vocab_size=8,
    ...     attention_heads=1, kv_heads=1, head_dim=8, indexer_top_k=2048), [100, 9000])
    array([ 100., 2048.])
    """
    top_k = architecture.indexer_top_k
    limit = np.where(np.greater(top_k, 0), top_k, MAX_CONTEXT_TOKENS)
    return np.minimum(context_tokens, limit)
