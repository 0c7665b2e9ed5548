"""Bytes that a decode step moves: touched weights and caches."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from computebook.architectures import Transformer, parameter_parts
from computebook.memory import Placement, kv_read_bytes
from computebook.units import BITS_PER_BYTE, Quantity, scalar_in_scalar_out

__all__ = [
    "decode_read_bytes",
    "touched_expert_fraction",
    "touched_weight_bytes",
    "weight_read_bytes_per_accelerator",
]

_ONE_ACCELERATOR: Final = Placement()


@scalar_in_scalar_out
def touched_expert_fraction(
    experts: Quantity, experts_per_token: Quantity, tokens: Quantity
) -> Any:
    """Return the expected share of routed experts that a batch of tokens uses.

    ``1 - (1 - k / E) ^ B``: each token picks k of E experts evenly and independently. Skewed
    routing touches fewer.

    Source: `deepseek2024v3` (balanced routing); the formula is the occupancy of random draws.

    Parameters
    ----------
    experts : float or array
        Routed experts E per layer, 0 for a dense model.
    experts_per_token : float or array
        Experts k that each token uses.
    tokens : float or array
        Tokens B of the batch, 0 or more.

    Returns
    -------
    float or array
        Fraction between 0 and 1; 0 for a dense model.

    Examples
    --------
    >>> touched_expert_fraction(8, 2, [0, 1, 4])
    array([0.        , 0.25      , 0.68359375])
    """
    return 1 - (1 - np.divide(experts_per_token, np.maximum(experts, 1))) ** tokens


@scalar_in_scalar_out
def touched_weight_bytes(
    architecture: Transformer,
    tokens: Quantity,
    weight_bits: Quantity = 16.0,
    *,
    expert_bits: Quantity | None = None,
) -> Any:
    """Return the bytes of weights that a batch of tokens reads, once each.

    All weights but the input embedding, of which only rows are looked up (a tied table is
    read as output head), and of the routed experts the share that is touched.

    Source: `williams2009roofline`; experts as in `touched_expert_fraction`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    tokens : float or array
        Tokens of the batch, 0 or more.
    weight_bits : float or array, default 16
        Bits per weight, 1 to 64.
    expert_bits : float or array, optional
        Bits per weight of the routed experts; `weight_bits` if left out.

    Returns
    -------
    float or array
        Bytes.

    Examples
    --------
    >>> mixtral = Transformer(architecture_id="mixtral-8x7b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, vocab_size=32000, experts=8,
    ...     experts_per_token=2, expert_ffn_size=14336, dense_layers=0)
    >>> np.round(touched_weight_bytes(mixtral, [1, 64]) / 1e9, 1)
    array([25.5, 93.1])
    """
    a, parts = architecture, parameter_parts(architecture)
    share = touched_expert_fraction(a.experts, a.experts_per_token, tokens)
    head = np.multiply(a.vocab_size, a.hidden_size)
    always = parts.total - parts.embedding - parts.head - parts.experts + head
    of_experts = weight_bits if expert_bits is None else expert_bits
    return (always * weight_bits + parts.experts * share * of_experts) / BITS_PER_BYTE


@scalar_in_scalar_out
def weight_read_bytes_per_accelerator(
    architecture: Transformer, tokens: Quantity, placement: Placement
) -> Any:
    """Return the bytes of weights that each accelerator reads for a batch of tokens.

    ``(touched + (dp - 1) attention) / tp``: each attention data-parallel group reads its own
    copy of the attention weights.

    Source: `williams2009roofline`; copies: `deepseek2024v3` section 3.4.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    tokens : float or array
        Tokens of the batch, 0 or more.
    placement : Placement
        Parallel degrees and bits.

    Returns
    -------
    float or array
        Bytes.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-70b", layers=80, hidden_size=8192,
    ...     attention_heads=64, kv_heads=8, head_dim=128, ffn_size=28672, vocab_size=128256)
    >>> read = weight_read_bytes_per_accelerator(llama, 1, Placement(tensor_parallel=4))
    >>> round(read / 1e9, 1)
    34.8
    """
    a, p = architecture, placement
    touched = touched_weight_bytes(a, tokens, p.weight_bits, expert_bits=p.expert_bits)
    attention = parameter_parts(a).attention * p.weight_bits / BITS_PER_BYTE
    return (touched + (p.attention_data_parallel - 1) * attention) / p.tensor_parallel


@scalar_in_scalar_out
def decode_read_bytes(
    architecture: Transformer,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
) -> Any:
    """Return the bytes that one decode step moves, nothing copied: touched weights and caches.

    Source: `pope2022efficiently`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.
    batch_size : float or array, default 1
        Sequences, 0 to 1e9.
    placement : Placement, default bf16
        Bits; parallel degrees do not matter here.

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
    >>> llama = Transformer(architecture_id="llama-3.1-70b", layers=80, hidden_size=8192,
    ...     attention_heads=64, kv_heads=8, head_dim=128, ffn_size=28672, vocab_size=128256)
    >>> round(decode_read_bytes(llama, 8192, 16) / 1e9, 1)
    182.0
    """
    p = placement
    weights = touched_weight_bytes(
        architecture, batch_size, p.weight_bits, expert_bits=p.expert_bits
    )
    return weights + kv_read_bytes(architecture, context_tokens, batch_size, p.kv_bits)
