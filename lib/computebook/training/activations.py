"""Activations kept for the backward pass: published closed forms, and a count by tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from computebook import errors
from computebook.architectures import Transformer
from computebook.training.layout import RECOMPUTE, Layout
from computebook.units import Quantity, scalar_in_scalar_out

__all__ = [
    "activation_bytes_per_layer",
    "korthikanti_activation_bytes",
    "layers_in_flight",
]


@scalar_in_scalar_out
def korthikanti_activation_bytes(
    sequence_tokens: Quantity,
    micro_batch: Quantity,
    hidden_size: Quantity,
    attention_heads: Quantity,
    tensor: Quantity = 1.0,
    *,
    sequence_parallel: bool = False,
    recompute: str = "none",
) -> Any:
    r"""Return the activations of one layer of a GPT without flash attention, bytes.

    .. math::
        s b h \left(10 + \tfrac{24}{t} + \tfrac{5 a s}{h t}\right), \qquad
        \tfrac{s b h}{t} \left(34 + \tfrac{5 a s}{h}\right), \qquad \tfrac{34\, s b h}{t}, \qquad
        2\, s b h

    with tensor parallelism, with sequence parallelism too, with selective recomputation too,
    and with full recomputation. Source: `korthikanti2022reducing`, table 2.

    Parameters
    ----------
    sequence_tokens : float or array
        Sequence length s, tokens.
    micro_batch : float or array
        Sequences b.
    hidden_size : float or array
        Model width h.
    attention_heads : float or array
        Heads a.
    tensor : float or array, default 1
        Tensor degree t.
    sequence_parallel : bool, default False
        Whether norms and dropouts are divided too.
    recompute : str, default "none"
        One of `layout.RECOMPUTE`; selective means attention scores.

    Raises
    ------
    ComputebookError
        If a number is out of bounds or the mode unknown.

    Examples
    --------
    The 22B model on eight accelerators, GiB:

    >>> korthikanti_activation_bytes(2048, 4, 6144, 64, 8) * 48 / 2**30
    59.25
    """
    errors.require_known("recompute", recompute, RECOMPUTE)
    check = errors.require_finite_in
    s = check("sequence_tokens", sequence_tokens, "tokens", 1, 1e9)
    b = check("micro_batch", micro_batch, "sequences", 1e-3, 1e6)
    h = check("hidden_size", hidden_size, "", 1, 1e6)
    heads = check("attention_heads", attention_heads, "heads", 1, 1e6)
    t = check("tensor", tensor, "accelerators", 1, 1e6)
    whole = t if sequence_parallel else np.ones_like(t)
    if recompute == "full":
        return 2.0 * s * b * h / whole
    scores = 5.0 * heads * s / (h * t) if recompute == "none" else 0.0
    return s * b * h * (10.0 / whole + 24.0 / t + scores)


@scalar_in_scalar_out
def layers_in_flight(layers: Quantity, layout: Layout, micro_batches: Quantity) -> Any:
    r"""Return layers times micro-batches whose activations the first stage holds at once.

    .. math:: L \left(1 + \frac{p - 1}{p\, v}\right)

    for interleaved chunks, :math:`L` without, and less while the pipeline has fewer
    micro-batches than that. Source: `korthikanti2022reducing`, section 4.2.3.

    Parameters
    ----------
    layers : float or array
        Layers of the model.
    layout : Layout
        Degrees.
    micro_batches : float or array
        Micro-batches per step.

    Examples
    --------
    >>> layers_in_flight(105, Layout(pipeline=35, virtual_stages=3), 280)
    139.0
    """
    p, v = layout.pipeline, layout.virtual_stages
    more = np.where(np.greater(v, 1), (p - 1.0) / (p * v), 0.0)
    return np.minimum(layers * (1.0 + more), layers / p * micro_batches)


def activation_bytes_per_layer(
    architecture: Transformer, layout: Layout, tokens: Quantity, *, recompute: Any = None
) -> Any:
    """Return the activations that one average layer keeps with flash attention, bytes.

    Counted by tensor in bf16 and divided by the tensor degree. Nothing
    recomputed: inputs of norms, products and activation functions. Selective: inputs and
    outputs of products that cannot be had from others by elementwise work. Alternate: the
    layer's input, attention's output and every second product's, query and value, the first and
    the last of the feed-forward layer. Full: the layer's input.

    Source: `korthikanti2022reducing`, section 4, with flash attention of
    `dao2022flashattention` in place of scores.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    layout : Layout
        Degrees; its `recompute` holds unless given apart.
    tokens : float or array
        Tokens of a micro-batch on one accelerator of the context group.
    recompute : str or array of str, optional
        One of `layout.RECOMPUTE_MODES`.

    Examples
    --------
    >>> from computebook.training.examples import llama_8b
    >>> [round(float(activation_bytes_per_layer(llama_8b(), Layout(recompute=m), 8192)) / 2**30, 2)
    ...  for m in ("none", "selective", "full")]
    [1.06, 0.72, 0.06]

    Every second product, as torchtitan does, per token and layer:

    >>> float(activation_bytes_per_layer(llama_8b(), Layout(recompute="alternate"), 1))
    63488.0
    """
    a = architecture
    mode = layout.recompute if recompute is None else recompute
    attention = a.attention_heads * a.head_dim * 2.0 + 2.0 * a.kv_heads * a.head_dim
    kept = _feed_forward(a, np.equal(mode, "none"))
    norms = np.where(np.equal(mode, "none"), 4.0, 2.0) * a.hidden_size
    whole = np.where(layout.sequence_parallel, layout.tensor, 1.0)
    every = 2.0 * (norms / whole + (attention + kept) / layout.tensor)
    inputs = 2.0 * a.hidden_size / whole
    partly = np.where(np.equal(mode, "alternate"), inputs + _every_second(a, layout), every)
    return tokens * np.where(np.equal(mode, "full"), inputs, partly)


def _every_second(a: Transformer, layout: Layout) -> Any:
    """Return bytes per token of attention's output and of the first, third, ... product.

    The last product of a gated layer is the seventh and stays; of a plain one it is the sixth.
    """
    query, pair = a.attention_heads * a.head_dim, a.kv_heads * a.head_dim
    last = np.where(a.gated_mlp, a.hidden_size, 0.0)
    return 2.0 * (2.0 * query + pair + a.ffn_size + last) / layout.tensor


def _feed_forward(a: Transformer, everything: Any) -> Any:
    """Return values per token that a feed-forward layer keeps, averaged over the layers."""
    products = np.where(a.gated_mlp, 2.0, 1.0)
    inner = products + np.where(everything, 1.0, 0.0)
    share = np.divide(np.subtract(a.layers, a.dense_layers), a.layers)
    # Each expert also keeps the gathered input of its tokens.
    routed = a.experts_per_token * (inner * a.expert_ffn_size + a.hidden_size)
    shared = a.shared_experts * inner * a.expert_ffn_size
    return (1.0 - share) * inner * a.ffn_size + share * (routed + shared)
