"""Operations of training one token, part by part, and the conventions in which they are printed.

Published TFLOP/s and utilizations of one model differ by 9 % because some count attention over
the whole context and others its causal half, some the input embedding and others not, and some
the recomputation of activations. Every number here states which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.architectures import Transformer, parameter_parts
from computebook.units import Quantity, plain, scalar_in_scalar_out

__all__ = [
    "FLOP_CONVENTIONS",
    "FlopConvention",
    "ForwardFlop",
    "attention_width",
    "attention_window_tokens",
    "flop_per_token",
    "forward_flop_per_token",
]


@dataclass(frozen=True)
class FlopConvention:
    """What a published number of operations counts.

    Parameters
    ----------
    attention : float
        Share of the context that a query is multiplied with: 1 all of it, 0.5 the causal half,
        0 attention left out.
    input_embedding : bool
        Whether the input table counts as if it were a multiplication.
    passes : float
        Times the forward operations: 3 for forward and backward, 4 with full recomputation.
    source_key : str
        Entry of the bibliography.
    """

    attention: float
    input_embedding: bool
    passes: float
    source_key: str


FLOP_CONVENTIONS: Final[dict[str, FlopConvention]] = {
    "parameters": FlopConvention(0.0, False, 3.0, "kaplan2020scaling"),
    "causal": FlopConvention(0.5, False, 3.0, "nvidia2026megatronbridge"),
    "full": FlopConvention(1.0, False, 3.0, "narayanan2021megatron"),
    "full-with-embedding": FlopConvention(1.0, True, 3.0, "chowdhery2022palm"),
    "hardware": FlopConvention(1.0, False, 4.0, "narayanan2021megatron"),
}
"""Conventions by name; ``"causal"`` is what Megatron Bridge and MaxText print today,
``"full"`` the older Megatron tables and MLPerf logs, ``"hardware"`` those with recomputation."""


@dataclass(frozen=True)
class ForwardFlop:
    """Operations of one token in one forward pass, by part.

    Parameters
    ----------
    dense : float
        Projections, dense feed-forward layers, shared experts and routers.
    experts : float
        Routed experts.
    attention : float
        Scores and weighted sums over the context.
    head : float
        Output embedding.
    """

    dense: Quantity
    experts: Quantity
    attention: Quantity
    head: Quantity

    @property
    def total(self) -> Any:
        """Sum of the parts, FLOP."""
        return plain(self.dense + self.experts + self.attention + self.head)


def attention_width(architecture: Transformer) -> Any:
    """Return key plus value width over all heads, which attention multiplies with per position.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.

    Examples
    --------
    >>> from computebook.training.examples import llama_8b
    >>> attention_width(llama_8b())
    8192.0
    """
    a = architecture
    latent = np.equal(a.attention, "mla")
    key = np.where(latent, a.qk_nope_head_dim + a.qk_rope_head_dim, a.head_dim)
    value = np.where(latent, a.v_head_dim, a.head_dim)
    return plain(1.0 * a.attention_heads * (key + value))


def attention_window_tokens(
    architecture: Transformer, sequence_tokens: Quantity, share: Quantity = 0.5
) -> Any:
    """Return the positions that a query meets, summed over all layers with attention.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    sequence_tokens : float or array
        Length of a training sequence.
    share : float or array, default 0.5
        1 for the whole context, 0.5 for its causal half.

    Examples
    --------
    >>> from computebook.training.examples import llama_8b
    >>> attention_window_tokens(llama_8b(), 8192) / 32
    4096.0
    """
    a = architecture
    window = np.minimum(np.where(np.greater(a.sliding_window_tokens, 0), a.sliding_window_tokens,
                                 sequence_tokens), sequence_tokens)  # fmt: skip
    # A causal window of w tokens still fills up over its first w positions.
    inside = 2 * share * window * (1 - window / (2 * np.maximum(sequence_tokens, 1)))
    return plain(
        a.full_attention_layers * share * sequence_tokens + a.sliding_window_layers * inside
    )


def forward_flop_per_token(
    architecture: Transformer,
    sequence_tokens: Quantity,
    *,
    attention_share: Quantity = 0.5,
    predicted_tokens: Quantity = 1.0,
) -> ForwardFlop:
    r"""Return the operations of one token in one forward pass, FLOP.

    Two per weight that the token meets, and for attention
    :math:`2 (d_k + d_v)` per head and position. Each further predicted token adds a layer of
    the last kind, a projection of two states to one, and the head. State updates of linear
    attention are left out (below 1 %).

    Sources: `narayanan2021megatron`, appendix; `deepseek2024v3` section 2.2 for further tokens.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    sequence_tokens : float or array
        Length of a training sequence, tokens, 1 to 1e9.
    attention_share : float or array, default 0.5
        Share of the context that counts: 0.5 causal, 1 full, 0 none.
    predicted_tokens : float or array, default 1
        Tokens that are predicted at a time, 1 to 16.

    Raises
    ------
    ComputebookError
        If an argument is out of bounds.

    Examples
    --------
    >>> from computebook.training.examples import llama_8b
    >>> round(3 * forward_flop_per_token(llama_8b(), 8192).total / 1e9, 2)
    51.47
    """
    sequence = errors.require_finite_in("sequence_tokens", sequence_tokens, "tokens", 1, 1e9)
    share = errors.require_finite_in("attention_share", attention_share, "of 1", 0, 1)
    further = errors.require_finite_in("predicted_tokens", predicted_tokens, "tokens", 1, 16) - 1
    a, parts = architecture, parameter_parts(architecture)
    used = np.divide(a.experts_per_token, np.maximum(a.experts, 1))
    dense = parts.attention + parts.mlp + parts.shared_experts + parts.router
    per_layer = 1.0 / a.layers
    more = 1 + further * per_layer
    window = attention_window_tokens(a, sequence, share)
    return ForwardFlop(
        dense=2 * dense * more + further * 4 * np.square(1.0 * a.hidden_size),
        experts=2 * parts.experts * used * more,
        attention=2 * attention_width(a) * window * more,
        head=2.0 * a.vocab_size * a.hidden_size * (1 + further),
    )


@scalar_in_scalar_out
def flop_per_token(
    architecture: Transformer,
    sequence_tokens: Quantity,
    *,
    convention: str = "causal",
    predicted_tokens: Quantity = 1.0,
) -> Any:
    """Return the operations of training one token in a stated convention, FLOP.

    Source: the `source_key` of the convention in `FLOP_CONVENTIONS`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    sequence_tokens : float or array
        Length of a training sequence, tokens.
    convention : str, default "causal"
        One of `FLOP_CONVENTIONS`.
    predicted_tokens : float or array, default 1
        Tokens that are predicted at a time.

    Raises
    ------
    ComputebookError
        If the convention is unknown or a number is out of bounds.

    Examples
    --------
    >>> from computebook.training.examples import llama_8b
    >>> both = [flop_per_token(llama_8b(), 8192, convention=c) for c in ("causal", "full")]
    >>> [round(value / 1e9, 1) for value in both]
    [51.5, 57.9]
    """
    errors.require_known("convention", convention, FLOP_CONVENTIONS)
    rule = FLOP_CONVENTIONS[convention]
    forward = forward_flop_per_token(
        architecture, sequence_tokens, attention_share=rule.attention,
        predicted_tokens=predicted_tokens,
    )  # fmt: skip
    table = 2.0 * architecture.vocab_size * architecture.hidden_size
    return rule.passes * (forward.total + (table if rule.input_embedding else 0.0))
