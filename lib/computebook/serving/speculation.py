"""Several tokens per step: speculative decoding and multi-token prediction."""

from __future__ import annotations

from typing import Any

import numpy as np

from computebook import errors, units
from computebook.serving.deployment import Deployment
from computebook.serving.step import decode_step, forward_pass
from computebook.units import Quantity

__all__ = ["accepted_tokens", "speculative_time_per_output_token_s"]


@units.scalar_in_scalar_out
def accepted_tokens(acceptance_fraction: Quantity, draft_tokens: Quantity) -> Any:
    """Return the mean tokens that one verification step yields.

    ``(1 - a^(k + 1)) / (1 - a)``: drafts count until the first that is refused, and the
    verifier always adds one token of its own.

    Source: `leviathan2023speculative` equation 1.

    Parameters
    ----------
    acceptance_fraction : float or array
        Chance that a drafted token is accepted, 0 to 1.
    draft_tokens : float or array
        Tokens drafted per step, 0 to 64.

    Returns
    -------
    float or array
        Tokens per step, 1 to ``draft_tokens + 1``.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> accepted_tokens(0.8, [0, 1, 3])
    array([1.   , 1.8  , 2.952])
    """
    chance = errors.require_finite_in("acceptance_fraction", acceptance_fraction, "", 0.0, 1.0)
    drafts = errors.require_finite_in("draft_tokens", draft_tokens, "tokens", 0, 64)
    below = np.minimum(np.multiply(chance, 1.0), 1.0 - 1e-12)
    return (1.0 - below ** (np.multiply(drafts, 1.0) + 1.0)) / (1.0 - below)


def speculative_time_per_output_token_s(
    deployment: Deployment,
    sequences: Quantity,
    context_tokens: Quantity,
    *,
    acceptance_fraction: Quantity,
    draft_tokens: Quantity,
    draft_cost_fraction: Quantity,
) -> Any:
    """Return the time per token when drafts are verified together.

    ``(t_verify + k c t_step) / accepted``: verification computes k + 1 tokens per sequence but
    reads weights and cache once; each draft costs a share c of a plain step.

    Source: `leviathan2023speculative`; multi-token prediction `deepseek2024v3` section 5.4.3.

    Parameters
    ----------
    deployment : Deployment
        Model, accelerators and constants.
    sequences : float or array
        Sequences that decode together, 0 to 1e9.
    context_tokens : float or array
        Mean tokens held per sequence, 1 to 1e8.
    acceptance_fraction : float or array
        Chance that a drafted token is accepted, 0 to 1.
    draft_tokens : float or array
        Tokens drafted per step, 0 to 64.
    draft_cost_fraction : float or array
        Time of one draft relative to a plain step, 0 to 1 (a prediction layer: about
        1 / layers; a separate small model: the ratio of the sizes).

    Returns
    -------
    float or array
        Seconds per accepted token.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> plain = decode_step(llama_8b_on_h100(), 1, 2048).total_s
    >>> fast = speculative_time_per_output_token_s(llama_8b_on_h100(), 1, 2048,
    ...     acceptance_fraction=0.8, draft_tokens=3, draft_cost_fraction=0.03)
    >>> 2.0 < plain / fast < 2.952
    True
    """
    share = errors.require_finite_in("draft_cost_fraction", draft_cost_fraction, "", 0.0, 1.0)
    gained = accepted_tokens(acceptance_fraction, draft_tokens)
    new = np.multiply(draft_tokens, 1.0) + 1.0
    verify = forward_pass(deployment, sequences, new, np.multiply(context_tokens, 1.0) + new - 1.0)
    draft = (
        np.multiply(draft_tokens, share)
        * decode_step(deployment, sequences, context_tokens).total_s
    )
    return units.plain((verify.total_s + draft) / gained)
