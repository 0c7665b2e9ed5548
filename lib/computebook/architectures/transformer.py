"""The shape of a decoder-only transformer as one frozen record.

The fields are the shape columns of the table of architectures. Zero means that the model has
none of a thing, so that one set of formulas serves every kind of model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from computebook import errors, units
from computebook.units import Quantity

__all__ = ["ATTENTION_KINDS", "Transformer", "stack"]

ATTENTION_KINDS: Final = ("mha", "gqa", "mqa", "mla")
"""Attention families that differ in what they cache."""

_MAX_SIZE: Final = 1e9

_POSITIVE: Final = ("layers", "hidden_size", "vocab_size", "attention_heads")


@dataclass(frozen=True, kw_only=True)
class Transformer:
    """The shape of one decoder-only model, or of several as arrays; see `stack`.

    Zero means that the model has none of a thing: no experts, no window, no latent.

    Parameters
    ----------
    architecture_id, name, developer : str
        Slug, label and maker.
    layers, hidden_size, vocab_size : int
        Depth, model width and vocabulary.
    attention_heads, kv_heads, head_dim : int
        Query heads, key-value heads and width of a head.
    ffn_size : int
        Inner width of a dense feed-forward layer.
    gated_mlp, tied_embeddings : bool
        Whether the MLP has a gate matrix; whether input and output embedding are one matrix.
    experts, experts_per_token, shared_experts, expert_ffn_size : int
        Routed experts per MoE layer, those that each token uses, those that every token uses,
        and their inner width.
    dense_layers : int, optional
        Layers whose MLP is dense; all of them when `experts` is 0 and this is left out.
    moe_layer_period : int
        1 if every layer after the dense ones has experts, 2 for every second; informative.
    attention : str
        One of `ATTENTION_KINDS`.
    full_attention_layers, sliding_window_layers, linear_attention_layers : int
        Layers by reach of attention; their sum is `layers`. The first is the rest if left out.
    sliding_window_tokens : int
        Tokens that a sliding layer sees.
    kv_lora_rank, q_lora_rank, qk_rope_head_dim, qk_nope_head_dim, v_head_dim : int
        Latent widths and head parts of MLA.
    indexer_heads, indexer_head_dim, indexer_top_k : int
        Sparse attention: index heads, their width, and tokens that attention then reads
        (0: unknown, all are read).
    linear_key_heads, linear_key_head_dim, linear_value_heads, linear_value_head_dim : int
        Shape of a linear-attention layer.
    linear_conv_kernel : int
        Width of its short convolution (Gated DeltaNet: 4; lightning attention: 0).
    attention_output_gate, qkv_bias, output_bias, mlp_bias, shared_expert_gate : bool
        Extra weights that some models have.
    learned_positions : int
        Rows of a learned position table.
    norm_vectors_per_layer : int
        Vectors of model width per layer (RMSNorm: 2; LayerNorm with biases: 4).
    max_context_tokens : int
        Longest context that the publisher supports, tokens.

    Raises
    ------
    ComputebookError
        If a size is negative, the attention kind is unknown, or the layers do not add up.

    Examples
    --------
    >>> tiny = Transformer(architecture_id="tiny", layers=2, hidden_size=64, attention_heads=4,
    ...                    kv_heads=2, head_dim=16, ffn_size=256, vocab_size=1000)
    >>> tiny.full_attention_layers, tiny.dense_layers
    (2, 2.0)
    """

    architecture_id: str
    name: str = ""
    developer: str = ""
    layers: Quantity
    hidden_size: Quantity
    vocab_size: Quantity
    attention_heads: Quantity
    kv_heads: Quantity
    head_dim: Quantity
    ffn_size: Quantity = 0
    gated_mlp: bool = True
    tied_embeddings: bool = False
    experts: Quantity = 0
    experts_per_token: Quantity = 0
    shared_experts: Quantity = 0
    expert_ffn_size: Quantity = 0
    dense_layers: Quantity = -1
    moe_layer_period: Quantity = 1
    attention: str = "gqa"
    full_attention_layers: Quantity = -1
    sliding_window_layers: Quantity = 0
    linear_attention_layers: Quantity = 0
    sliding_window_tokens: Quantity = 0
    kv_lora_rank: Quantity = 0
    q_lora_rank: Quantity = 0
    qk_rope_head_dim: Quantity = 0
    qk_nope_head_dim: Quantity = 0
    v_head_dim: Quantity = 0
    indexer_heads: Quantity = 0
    indexer_head_dim: Quantity = 0
    indexer_top_k: Quantity = 0
    linear_key_heads: Quantity = 0
    linear_key_head_dim: Quantity = 0
    linear_value_heads: Quantity = 0
    linear_value_head_dim: Quantity = 0
    linear_conv_kernel: Quantity = 0
    attention_output_gate: bool = False
    qkv_bias: bool = False
    output_bias: bool = False
    mlp_bias: bool = False
    shared_expert_gate: bool = False
    learned_positions: Quantity = 0
    norm_vectors_per_layer: Quantity = 2
    max_context_tokens: Quantity = 0

    def __post_init__(self) -> None:
        softmax_rest = self.layers - self.sliding_window_layers - self.linear_attention_layers
        dense_rest = np.where(np.equal(self.experts, 0), self.layers, 0)
        self._fill("full_attention_layers", softmax_rest)
        self._fill("dense_layers", units.plain(dense_rest))
        sizes = [field.name for field in fields(self) if field.type == "Quantity"]
        for size in sizes:
            low = 1 if size in _POSITIVE else 0
            errors.require_finite_in(size, getattr(self, size), "", low, _MAX_SIZE)
        for kind in np.atleast_1d(self.attention):
            errors.require_known("attention", str(kind), ATTENTION_KINDS)
        self._check_sums(softmax_rest)

    def _fill(self, field: str, value: Any) -> None:
        """Replace a count that was left out (-1) by the one that follows from the others."""
        given = getattr(self, field)
        if isinstance(given, int) and given == -1:
            object.__setattr__(self, field, value)

    def _check_sums(self, softmax_rest: Any) -> None:
        """Raise when layers do not add up or more experts are used than there are."""
        wrong_layers = np.not_equal(self.full_attention_layers, softmax_rest)
        if not errors.is_symbolic(wrong_layers) and np.any(wrong_layers):
            raise errors.ComputebookError(
                f"{self.architecture_id}: full_attention_layers = {self.full_attention_layers} "
                f"plus sliding and linear layers must equal layers = {self.layers}"
            )
        too_many = np.greater(self.experts_per_token, self.experts)
        if not errors.is_symbolic(too_many) and np.any(too_many):
            raise errors.ComputebookError(
                f"{self.architecture_id}: experts_per_token = {self.experts_per_token} exceeds "
                f"experts = {self.experts}"
            )


def stack(architectures: Sequence[Transformer]) -> Transformer:
    """Return one record whose fields are arrays over several models.

    Parameters
    ----------
    architectures : sequence of Transformer
        At least one.

    Returns
    -------
    Transformer
        Fields of shape ``(len(architectures),)``; any function of one model takes it.

    Raises
    ------
    ComputebookError
        If the sequence is empty.

    Examples
    --------
    >>> tiny = Transformer(architecture_id="tiny", layers=2, hidden_size=64, attention_heads=4,
    ...                    kv_heads=2, head_dim=16, ffn_size=256, vocab_size=1000)
    >>> stack([tiny, tiny]).hidden_size
    array([64., 64.])
    """
    return units.stack_records(architectures)
