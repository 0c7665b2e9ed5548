"""Parameter counts, exact from the shape of a model.

Counts leave out multi-token-prediction layers, vision towers,
per-head query and key norms, attention sinks and routing-correction biases; together they are
below 0.1 % of the language models tested here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from computebook import units
from computebook.architectures.transformer import Transformer
from computebook.units import Quantity, scalar_in_scalar_out

__all__ = [
    "ParameterParts",
    "active_parameter_count",
    "attention_layer_parameters",
    "expert_parameters",
    "indexer_layer_parameters",
    "linear_attention_layer_parameters",
    "moe_layers",
    "parameter_count",
    "parameter_parts",
]


@dataclass(frozen=True)
class ParameterParts:
    """Parameters of a model by the part that holds them; the parts add up to the total.

    Parameters
    ----------
    embedding : float
        Input embedding and learned positions.
    attention : float
        Attention of all kinds, with the sparse-attention indexer.
    mlp : float
        Dense feed-forward layers.
    shared_experts : float
        Experts that every token uses, with their gate.
    router : float
        Routing matrices.
    experts : float
        Routed experts.
    norms : float
        Normalisation vectors.
    head : float
        Output embedding; 0 when it is tied to the input.
    """

    embedding: Quantity
    attention: Quantity
    mlp: Quantity
    shared_experts: Quantity
    router: Quantity
    experts: Quantity
    norms: Quantity
    head: Quantity

    @property
    def total(self) -> Any:
        """Sum of the parts, parameters."""
        dense = self.embedding + self.attention + self.mlp + self.norms + self.head
        return units.plain(dense + self.shared_experts + self.router + self.experts)


@scalar_in_scalar_out
def moe_layers(architecture: Transformer) -> Any:
    """Return the number of layers that hold experts.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.

    Returns
    -------
    float or array
        Layers: ``layers - dense_layers``.

    Examples
    --------
    >>> moe_layers(Transformer(architecture_id="m", layers=61, hidden_size=1, vocab_size=1,
    ...     attention_heads=1, kv_heads=1, head_dim=1, experts=256, experts_per_token=8,
    ...     dense_layers=3))
    58.0
    """
    return np.subtract(architecture.layers, architecture.dense_layers)


def _grouped_attention(a: Transformer) -> Any:
    """Parameters of one MHA, GQA or MQA layer (biases and output gate included)."""
    query = a.attention_heads * a.head_dim
    key_value = 2 * a.kv_heads * a.head_dim
    gates = np.where(a.attention_output_gate, 2, 1)
    biases = np.where(a.qkv_bias, query + key_value, 0) + np.where(a.output_bias, a.hidden_size, 0)
    return a.hidden_size * (query * (gates + 1) + key_value) + biases


def _latent_attention(a: Transformer) -> Any:
    """Parameters of one multi-head latent attention layer, its two latent norms included."""
    head = a.qk_nope_head_dim + a.qk_rope_head_dim
    through_latent = a.q_lora_rank * (a.hidden_size + 1 + a.attention_heads * head)
    query = np.where(
        np.greater(a.q_lora_rank, 0), through_latent, a.hidden_size * a.attention_heads * head
    )
    expand = a.attention_heads * (a.qk_nope_head_dim + a.v_head_dim)
    key_value = a.hidden_size * a.qk_rope_head_dim + a.kv_lora_rank * (a.hidden_size + 1 + expand)
    return query + key_value + a.attention_heads * a.v_head_dim * a.hidden_size


@scalar_in_scalar_out
def attention_layer_parameters(architecture: Transformer) -> Any:
    """Return the parameters of one softmax-attention layer.

    Grouped: ``H (2 n d + 2 k d)`` for n query and k key-value heads of width d. Latent: the
    query and key-value down- and up-projections, their norms, and the output projection.

    Source: `ainslie2023gqa` (grouped), `deepseek2024v2` section 2.1 (latent).

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.

    Returns
    -------
    float or array
        Parameters per layer, without the sparse-attention indexer.

    Examples
    --------
    >>> attention_layer_parameters(Transformer(architecture_id="llama-3.1-8b", layers=32,
    ...     hidden_size=4096, attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336,
    ...     vocab_size=128256))
    41943040.0
    """
    latent = np.greater(architecture.kv_lora_rank, 0)
    return np.where(latent, _latent_attention(architecture), _grouped_attention(architecture))


@scalar_in_scalar_out
def indexer_layer_parameters(architecture: Transformer) -> Any:
    """Return the parameters of one sparse-attention indexer.

    ``q_rank h d + H d + H h + 2 d`` for h index heads of width d: query, key and weight
    projections and the key's norm.

    Source: `deepseek2025v32`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.

    Returns
    -------
    float or array
        Parameters per layer; 0 without an indexer.

    Examples
    --------
    >>> indexer_layer_parameters(Transformer(architecture_id="v3.2", layers=61, hidden_size=7168,
    ...     attention_heads=128, kv_heads=128, head_dim=192, vocab_size=129280,
    ...     q_lora_rank=1536, indexer_heads=64, indexer_head_dim=128))
    13959424.0
    """
    a = architecture
    query = a.q_lora_rank * a.indexer_heads * a.indexer_head_dim
    key = a.hidden_size * a.indexer_head_dim + 2 * a.indexer_head_dim
    return np.where(
        np.greater(a.indexer_heads, 0), query + key + a.hidden_size * a.indexer_heads, 0
    )


@scalar_in_scalar_out
def linear_attention_layer_parameters(architecture: Transformer) -> Any:
    """Return the parameters of one linear-attention layer.

    ``H (2 K + 2 V) + V H`` for total key width K and value width V (query, key, value, output
    gate, output); Gated DeltaNet adds a short convolution, decay terms and a gated norm.

    Source: `yang2024gateddeltanet`, `minimax2025minimax01`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.

    Returns
    -------
    float or array
        Parameters per layer; 0 without linear attention.

    Examples
    --------
    >>> linear_attention_layer_parameters(Transformer(architecture_id="m", layers=1,
    ...     hidden_size=8, attention_heads=1, kv_heads=1, head_dim=8, vocab_size=1,
    ...     linear_key_heads=1, linear_key_head_dim=8, linear_value_heads=1,
    ...     linear_value_head_dim=8))
    320.0
    """
    a = architecture
    keys = a.linear_key_heads * a.linear_key_head_dim
    values = a.linear_value_heads * a.linear_value_head_dim
    delta_net = (
        a.linear_conv_kernel * (2 * keys + values)
        + 2 * (a.hidden_size + 1) * a.linear_value_heads
        + a.linear_value_head_dim
    )
    extras = np.where(np.greater(a.linear_conv_kernel, 0), delta_net, 0)
    return a.hidden_size * (2 * keys + 3 * values) + extras


def _mlp(a: Transformer, width: Quantity) -> Any:
    """Parameters of one feed-forward block of a given inner width, biases included."""
    matrices = np.where(a.gated_mlp, 3, 2)
    biases = np.where(a.mlp_bias, (matrices - 1) * width + a.hidden_size, 0)
    return matrices * a.hidden_size * width + biases


@scalar_in_scalar_out
def expert_parameters(architecture: Transformer) -> Any:
    """Return the parameters of one routed expert.

    Source: `jiang2024mixtral`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.

    Returns
    -------
    float or array
        ``3 H f`` with a gate, ``2 H f`` without, for inner width f.

    Examples
    --------
    >>> expert_parameters(Transformer(architecture_id="deepseek-v3", layers=61, hidden_size=7168,
    ...     attention_heads=128, kv_heads=128, head_dim=192, vocab_size=129280, experts=256,
    ...     experts_per_token=8, expert_ffn_size=2048, dense_layers=3))
    44040192.0
    """
    return _mlp(architecture, architecture.expert_ffn_size)


def _attention_total(a: Transformer) -> Any:
    softmax_layers = a.full_attention_layers + a.sliding_window_layers
    softmax = attention_layer_parameters(a) + indexer_layer_parameters(a)
    return softmax_layers * softmax + a.linear_attention_layers * linear_attention_layer_parameters(
        a
    )


def parameter_parts(architecture: Transformer) -> ParameterParts:
    """Return the parameters of a model by part.

    Source: `vaswani2017attention`; parts as in `attention_layer_parameters`,
    `linear_attention_layer_parameters` and `expert_parameters`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.

    Returns
    -------
    ParameterParts
        Parameters; ``total`` is their sum.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> parameter_parts(llama).total / 1e9
    8.030261248
    """
    a, routed = architecture, moe_layers(architecture)
    gate = np.where(a.shared_expert_gate, a.hidden_size, 0)
    router_bias = np.where(a.mlp_bias, a.experts, 0)
    table = np.multiply(a.vocab_size, a.hidden_size)
    parts = {
        "embedding": table + a.learned_positions * a.hidden_size,
        "attention": _attention_total(a),
        "mlp": a.dense_layers * _mlp(a, a.ffn_size),
        "shared_experts": routed * (a.shared_experts * expert_parameters(a) + gate),
        "router": routed * (a.hidden_size * a.experts + router_bias),
        "experts": routed * a.experts * expert_parameters(a),
        "norms": (a.norm_vectors_per_layer * a.layers + 1) * a.hidden_size,
        "head": np.where(a.tied_embeddings, 0, table),
    }
    return ParameterParts(
        **{name: units.plain(np.multiply(part, 1.0)) for name, part in parts.items()}
    )


def parameter_count(architecture: Transformer) -> Any:
    """Return the number of learned weights of a model.

    Source: `vaswani2017attention`; see `parameter_parts`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.

    Returns
    -------
    float or array
        Parameters.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> parameter_count(llama)
    8030261248.0
    """
    return parameter_parts(architecture).total


@scalar_in_scalar_out
def active_parameter_count(architecture: Transformer, include_input_embedding: bool = True) -> Any:
    """Return the number of weights that take part in computing one token.

    Of each MoE layer the routed experts count ``experts_per_token / experts``; everything
    else counts whole. Published figures leave the input embedding in or out.

    Source: `jiang2024mixtral`, `deepseek2024v3` section 4.2.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    include_input_embedding : bool, default True
        Whether to count the input table, which is looked up and not multiplied. A tied table
        always counts, because it is also the output head.

    Returns
    -------
    float or array
        Parameters.

    Examples
    --------
    >>> mixtral = Transformer(architecture_id="mixtral-8x7b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, vocab_size=32000, experts=8,
    ...     experts_per_token=2, expert_ffn_size=14336, dense_layers=0)
    >>> round(active_parameter_count(mixtral) / 1e9, 2)
    12.88
    """
    a, parts = architecture, parameter_parts(architecture)
    used = np.divide(a.experts_per_token, np.maximum(a.experts, 1))
    lookup_only = np.where(a.tied_embeddings, 0, np.multiply(a.vocab_size, a.hidden_size))
    skipped = 0 if include_input_embedding else lookup_only
    return parts.total - parts.experts * (1 - used) - skipped
