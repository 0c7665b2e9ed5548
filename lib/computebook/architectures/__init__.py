"""Transformer shapes, and the exact parameter counts that follow from them.

A shape covers multi-head, grouped-query and multi-query attention, multi-head latent attention
(MLA), sliding windows, linear-attention hybrids, sparse-attention indexers, and dense or
mixture-of-experts (MoE) layers.
"""

from computebook.architectures.parameters import (
    ParameterParts,
    active_parameter_count,
    attention_layer_parameters,
    expert_parameters,
    indexer_layer_parameters,
    linear_attention_layer_parameters,
    moe_layers,
    parameter_count,
    parameter_parts,
)
from computebook.architectures.transformer import ATTENTION_KINDS, Transformer, stack

__all__ = [
    "ATTENTION_KINDS",
    "ParameterParts",
    "Transformer",
    "active_parameter_count",
    "attention_layer_parameters",
    "expert_parameters",
    "indexer_layer_parameters",
    "linear_attention_layer_parameters",
    "moe_layers",
    "parameter_count",
    "parameter_parts",
    "stack",
]
