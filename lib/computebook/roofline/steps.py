"""Lower bounds on the time of a decode step and of a prefill.

A bound, not a prediction: with efficiencies of 1 no schedule on the same placement is faster,
and measured steps on GPUs take about three times as long. What the bound leaves out (kernel
launches, communication, scheduling, small transfers that miss peak bandwidth) is modelled
on top of it, in the serving models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import errors, units
from computebook.architectures import Transformer, parameter_parts
from computebook.hardware import Accelerator
from computebook.memory import Placement, kv_bytes_per_accelerator, kv_read_bytes, kv_shards
from computebook.roofline.flop import decode_step_flop, prefill_flop
from computebook.units import BITS_PER_BYTE, Quantity, scalar_in_scalar_out

__all__ = [
    "StepParts",
    "decode_read_bytes",
    "decode_step_lower_bound_s",
    "decode_step_parts",
    "decode_step_s",
    "prefill_lower_bound_s",
    "prefill_parts",
    "prefill_s",
    "touched_expert_fraction",
    "touched_weight_bytes",
]

_ONE_ACCELERATOR: Final = Placement()


@dataclass(frozen=True)
class StepParts:
    """Time of a step by cause; reads happen one after another, computing beside them.

    Parameters
    ----------
    compute_s, weight_read_s, kv_read_s : float or array
        Seconds for arithmetic, for reading weights and for reading (or writing) the cache.
    """

    compute_s: Quantity
    weight_read_s: Quantity
    kv_read_s: Quantity

    @property
    def memory_s(self) -> Any:
        """Seconds of all memory traffic."""
        return self.weight_read_s + self.kv_read_s

    @property
    def step_s(self) -> Any:
        """Seconds of the step: the longer of arithmetic and memory traffic."""
        return units.plain(np.maximum(self.compute_s, self.memory_s))


def _efficiency(field: str, value: Quantity) -> Any:
    return errors.require_finite_in(field, value, "of peak", 1e-6, 1)


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


def _weight_read_per_accelerator(a: Transformer, tokens: Any, p: Placement) -> Any:
    """Bytes of weights that each accelerator reads; attention once per data-parallel group."""
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


def decode_step_parts(
    architecture: Transformer,
    accelerator: Accelerator,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
    *,
    bandwidth_efficiency: Quantity = 1.0,
    compute_efficiency: Quantity = 1.0,
) -> StepParts:
    """Return the time of one decode step by cause.

    ``FLOP / (n F)``, ``touched weights / (n W)`` and ``cache / (shards W)`` for n accelerators
    of dense rate F and bandwidth W, each divided by its efficiency.

    Source: `williams2009roofline`, `pope2022efficiently`, `austin2025scaling`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    accelerator : Accelerator
        Rates of one accelerator.
    context_tokens : float or array
        Tokens held per sequence, 0 to 1e8.
    batch_size : float or array, default 1
        Sequences over all accelerators of the placement, 0 to 1e9.
    placement : Placement, default one accelerator in bf16
        Parallel degrees, bits and arithmetic.
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
    >>> llama = Transformer(architecture_id="llama-3.1-70b", layers=80, hidden_size=8192,
    ...     attention_heads=64, kv_heads=8, head_dim=128, ffn_size=28672, vocab_size=128256)
    >>> h100 = Accelerator(accelerator_id="h100-sxm", memory_bytes=85.5e9,
    ...     memory_bandwidth_bytes_per_s=3.35e12, bf16_flop_per_s=989e12, fp8_flop_per_s=1979e12)
    >>> fp8 = Placement.of("fp8", "fp8", tensor_parallel=4)
    >>> parts = decode_step_parts(llama, h100, 2048, 16, fp8)
    >>> [round(1e3 * t, 2) for t in (parts.compute_s, parts.weight_read_s, parts.kv_read_s)]
    [0.29, 5.19, 0.4]
    """
    a, p = architecture, placement
    shards = kv_shards(a, p.tensor_parallel, p.attention_data_parallel)
    rate = accelerator.dense_flop_per_s(p.compute_precision) * p.tensor_parallel
    rate = rate * _efficiency("compute_efficiency", compute_efficiency)
    bandwidth = _efficiency("bandwidth_efficiency", bandwidth_efficiency)
    bandwidth = accelerator.memory_bandwidth_bytes_per_s * bandwidth
    cache = kv_read_bytes(a, context_tokens, batch_size, p.kv_bits) / shards
    return StepParts(
        units.plain(decode_step_flop(a, context_tokens, batch_size) / rate),
        units.plain(_weight_read_per_accelerator(a, batch_size, p) / bandwidth),
        units.plain(cache / bandwidth),
    )


def decode_step_s(
    architecture: Transformer,
    accelerator: Accelerator,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
    *,
    bandwidth_efficiency: Quantity = 1.0,
    compute_efficiency: Quantity = 1.0,
) -> Any:
    """Return the roofline time of one decode step at stated efficiencies.

    ``max(compute, weights + cache)`` of `decode_step_parts`.

    Source: `williams2009roofline`, `austin2025scaling`.

    Parameters
    ----------
    architecture, accelerator, context_tokens, batch_size, placement
        As in `decode_step_parts`.
    bandwidth_efficiency, compute_efficiency : float or array, default 1
        Achieved share of the peak rates, above 0 up to 1.

    Returns
    -------
    float or array
        Seconds per step, which is seconds per output token of each sequence.

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
    >>> round(1e3 * decode_step_s(llama, h100, 2048, 1, bandwidth_efficiency=0.8), 2)
    5.7
    """
    return decode_step_parts(
        architecture,
        accelerator,
        context_tokens,
        batch_size,
        placement,
        bandwidth_efficiency=bandwidth_efficiency,
        compute_efficiency=compute_efficiency,
    ).step_s


def decode_step_lower_bound_s(
    architecture: Transformer,
    accelerator: Accelerator,
    context_tokens: Quantity,
    batch_size: Quantity = 1,
    placement: Placement = _ONE_ACCELERATOR,
) -> Any:
    """Return the time below which no decode step can fall on a placement.

    `decode_step_s` at peak rates: a bound, not a prediction.

    Source: `williams2009roofline`, `austin2025scaling`.

    Parameters
    ----------
    architecture, accelerator, context_tokens, batch_size, placement
        As in `decode_step_parts`.

    Returns
    -------
    float or array
        Seconds per step.

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
    >>> np.round(1e3 * decode_step_lower_bound_s(llama, h100, 2048, [1, 64]), 2)
    array([4.56, 9.61])
    """
    return decode_step_s(architecture, accelerator, context_tokens, batch_size, placement)


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
    rate = accelerator.dense_flop_per_s(p.compute_precision) * p.tensor_parallel
    rate = rate * _efficiency("compute_efficiency", compute_efficiency)
    bandwidth = _efficiency("bandwidth_efficiency", bandwidth_efficiency)
    bandwidth = accelerator.memory_bandwidth_bytes_per_s * bandwidth
    return StepParts(
        units.plain(batch_size * prefill_flop(a, prompt, cached) / rate),
        units.plain(_weight_read_per_accelerator(a, tokens, p) / bandwidth),
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
