"""Lower bound on the time to read prompts. A bound, not a prediction; see `decode`."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from computebook import errors, units
from computebook.architectures import Transformer
from computebook.hardware import Accelerator
from computebook.memory import Placement, kv_bytes_per_accelerator
from computebook.roofline.decode import StepParts, effective_rates
from computebook.roofline.flop import prefill_flop
from computebook.roofline.reads import weight_read_bytes_per_accelerator
from computebook.units import Quantity

__all__ = ["prefill_lower_bound_s", "prefill_parts", "prefill_s"]

_ONE_ACCELERATOR: Final = Placement()


def prefill_parts(
    architecture: Transformer,
    accelerator: Accelerator,
    prompt_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
    *,
    cached_tokens: Quantity = 0,
    bandwidth_efficiency: Quantity = 1.0,
    compute_efficiency: Quantity = 1.0,
) -> StepParts:
    """Return the time to read prompts by cause.

    ``B x prefill FLOP / (n F)``, touched weights read once, cache written (or, for its cached
    part, read) once.

    Source: `williams2009roofline`, `pope2022efficiently`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    accelerator : Accelerator
        Rates of one accelerator.
    prompt_tokens : float or array
        Length of each prompt, 0 to 1e8 tokens.
    batch_size : float or array, default 1
        Prompts read together, 0 to 1e9.
    placement : Placement, default one accelerator in bf16
        Parallel degrees, bits and arithmetic.
    cached_tokens : float or array, default 0
        Tokens of each prompt whose cache exists already.
    bandwidth_efficiency, compute_efficiency : float or array, default 1
        Achieved share of the peak rates, above 0 up to 1.

    Returns
    -------
    StepParts
        Seconds; `step_s` combines them.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> h100 = Accelerator(accelerator_id="h100-sxm", memory_bytes=85.5e9,
    ...     memory_bandwidth_bytes_per_s=3.35e12, bf16_flop_per_s=989e12)
    >>> round(1e3 * prefill_parts(llama, h100, 8192).compute_s)
    133
    """
    a, p = architecture, placement
    cached = errors.require_finite_in("cached_tokens", cached_tokens, "tokens", 0, 1e8)
    prompt = errors.require_finite_in("prompt_tokens", prompt_tokens, "tokens", 0, 1e8)
    tokens = batch_size * (prompt - np.minimum(cached, prompt))
    rate, bandwidth = effective_rates(accelerator, p, bandwidth_efficiency, compute_efficiency)
    return StepParts(
        units.plain(batch_size * prefill_flop(a, prompt, cached) / rate),
        units.plain(weight_read_bytes_per_accelerator(a, tokens, p) / bandwidth),
        units.plain(kv_bytes_per_accelerator(a, prompt, batch_size, p) / bandwidth),
    )


def prefill_s(
    architecture: Transformer,
    accelerator: Accelerator,
    prompt_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
    *,
    cached_tokens: Quantity = 0,
    bandwidth_efficiency: Quantity = 1.0,
    compute_efficiency: Quantity = 1.0,
) -> Any:
    """Return the roofline time to read prompts at stated efficiencies.

    Source: `williams2009roofline`, `austin2025scaling`.

    Parameters
    ----------
    architecture, accelerator, prompt_tokens, batch_size, placement, cached_tokens
        As in `prefill_parts`.
    bandwidth_efficiency, compute_efficiency : float or array, default 1
        Achieved share of the peak rates, above 0 up to 1.

    Returns
    -------
    float or array
        Seconds.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> h100 = Accelerator(accelerator_id="h100-sxm", memory_bytes=85.5e9,
    ...     memory_bandwidth_bytes_per_s=3.35e12, bf16_flop_per_s=989e12)
    >>> round(1e3 * prefill_s(llama, h100, 8192, compute_efficiency=0.5))
    267
    """
    return prefill_parts(
        architecture,
        accelerator,
        prompt_tokens,
        batch_size,
        placement,
        cached_tokens=cached_tokens,
        bandwidth_efficiency=bandwidth_efficiency,
        compute_efficiency=compute_efficiency,
    ).step_s


def prefill_lower_bound_s(
    architecture: Transformer,
    accelerator: Accelerator,
    prompt_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
    *,
    cached_tokens: Quantity = 0,
) -> Any:
    """Return the time below which no prefill can fall on a placement.

    `prefill_s` at peak rates: a bound, not a prediction. Time to the first token adds the
    queue, the scheduler and the transfer.

    Source: `williams2009roofline`, `austin2025scaling`.

    Parameters
    ----------
    architecture, accelerator, prompt_tokens, batch_size, placement, cached_tokens
        As in `prefill_parts`.

    Returns
    -------
    float or array
        Seconds.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> h100 = Accelerator(accelerator_id="h100-sxm", memory_bytes=85.5e9,
    ...     memory_bandwidth_bytes_per_s=3.35e12, bf16_flop_per_s=989e12)
    >>> round(1e3 * prefill_lower_bound_s(llama, h100, 8192, cached_tokens=6144))
    37
    """
    return prefill_s(
        architecture, accelerator, prompt_tokens, batch_size, placement, cached_tokens=cached_tokens
    )
