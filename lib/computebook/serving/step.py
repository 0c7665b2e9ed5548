"""Time of one forward pass: a bounded roofline in parts that add up."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from computebook import errors, memory, units
from computebook.architectures import moe_layers
from computebook.roofline import touched_expert_fraction
from computebook.serving.constants import EXPERT_TILE_TOKENS
from computebook.serving.deployment import Deployment
from computebook.serving.exchange import all_reduce_s, expert_exchange_s
from computebook.units import Quantity

__all__ = ["StepParts", "decode_step", "forward_pass", "prefill_pass"]

_ABSORBED_UP_TO: Final = 8
_KERNELS_GROUPED: Final = 5
_KERNELS_LATENT: Final = 10
_KERNELS_INDEXER: Final = 8
_KERNELS_LINEAR: Final = 8
_KERNELS_DENSE: Final = 4
_KERNELS_MOE: Final = 9
_KERNELS_SHARED: Final = 3
_HEAD_FRACTION: Final = 0.6
_HEAD_BYTES: Final = 2.0
_MESSAGE_BYTES: Final = 2.0


@dataclass(frozen=True)
class StepParts:
    """Seconds of one pass by what they are spent on; `total_s` is their sum.

    Parameters
    ----------
    dense_s, head_s, experts_s : float or array
        Matrix products: projections and dense layers, output head, routed experts.
    attention_s : float or array
        Reading the cache and multiplying with it.
    communication_s : float or array
        All-reduce and expert exchange.
    kernels_s : float or array
        Start, ramp and drain of kernels.
    activations_s : float or array
        Traffic of norms, residuals and quantisation.
    host_s : float or array
        Scheduler and sampler.
    """

    dense_s: Quantity
    head_s: Quantity
    experts_s: Quantity
    attention_s: Quantity
    communication_s: Quantity
    kernels_s: Quantity
    activations_s: Quantity
    host_s: Quantity

    @property
    def total_s(self) -> Any:
        """Sum of the parts, s."""
        return units.plain(sum(getattr(self, field.name) for field in fields(self)))


def _bounded(first_s: Any, second_s: Any) -> Any:
    """Return the root of the squares: never below either bound, close to the larger one."""
    return np.sqrt(first_s * first_s + second_s * second_s)


def forward_pass(
    deployment: Deployment, sequences: Quantity, new_tokens: Quantity, context_tokens: Quantity
) -> StepParts:
    """Return the time to compute new tokens of several sequences, by part.

    Each matrix product takes ``sqrt(t_memory^2 + t_compute^2)``: never less than its weights
    need to be read nor its FLOP to be done, each at its measured share of the data sheet.

    Source: `williams2009roofline`; touched experts `deepseek2024v3`; see `ServingConstants`.

    Parameters
    ----------
    deployment : Deployment
        Model, accelerators and constants.
    sequences : float or array
        Sequences in the pass over all attention groups, 0 to 1e9.
    new_tokens : float or array
        Tokens computed per sequence (1 for decode, the prompt for prefill), 1 to 1e8.
    context_tokens : float or array
        Tokens that a sequence holds after the pass, 1 to 1e8.

    Returns
    -------
    StepParts
        Seconds by part, for all pipeline stages in turn.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> round(forward_pass(llama_8b_on_h100(), 1, 1, 1024).total_s * 1e3, 1)
    7.2
    """
    check = errors.require_finite_in
    batch = np.multiply(check("sequences", sequences, "sequences", 0, 1e9), 1.0)
    new = np.multiply(check("new_tokens", new_tokens, "tokens", 1e-3, 1e8), 1.0)
    context = np.multiply(check("context_tokens", context_tokens, "tokens", 1e-3, 1e8), 1.0)
    tokens = batch * new
    local = np.maximum(tokens / deployment.placement.attention_data_parallel, 1.0)
    return StepParts(
        _dense_s(deployment, local),
        _head_s(deployment, batch, new),
        _experts_s(deployment, tokens),
        _attention_s(deployment, batch, new, context),
        _communication_s(deployment, local),
        _kernels(deployment) * deployment.constants.kernel_s,
        _activations_s(deployment, local),
        _host_s(deployment, batch),
    )


def _host_s(d: Deployment, batch: Any) -> Any:
    """Return the host's work per step; groups of attention have a host each, or share one."""
    groups, shared = d.placement.attention_data_parallel, d.constants.shared_host
    return d.constants.step_s + d.constants.sequence_s * batch * (shared + (1.0 - shared) / groups)


def _dense_s(d: Deployment, local_tokens: Any) -> Any:
    """Return the time of the products that every token passes."""
    held = d.dense_parameters / d.attention_ranks
    bandwidth = d.accelerator.memory_bandwidth_bytes_per_s * d.constants.memory_fraction
    read = held * d.dense_bytes_per_parameter / bandwidth
    compute = 2.0 * held * local_tokens / (d.dense_flop_per_s * d.constants.matrix_fraction)
    return _bounded(read, compute)


def _head_s(d: Deployment, batch: Any, new: Any) -> Any:
    """Return the time of the output projection: one row per sequence, more when verifying."""
    held = d.head_parameters / d.attention_ranks
    bandwidth = d.accelerator.memory_bandwidth_bytes_per_s * d.constants.memory_fraction
    rows = batch * np.where(new <= _ABSORBED_UP_TO, new, 1.0)
    rows = rows / d.placement.attention_data_parallel
    compute = 2.0 * held * rows / (d.accelerator.bf16_flop_per_s * _HEAD_FRACTION)
    return _bounded(held * _HEAD_BYTES / bandwidth, compute)


def _experts_s(d: Deployment, tokens: Any) -> Any:
    """Return the time of routed experts: those touched are read, each computes whole tiles."""
    a, c = d.architecture, d.constants
    if isinstance(a.experts, int | float) and a.experts == 0:
        return 0.0
    experts = np.maximum(a.experts, 1)
    batch = np.maximum(tokens, 1.0)
    touched = experts * touched_expert_fraction(experts, a.experts_per_token, batch)
    one = d.expert_parameters / experts / d.placement.tensor_parallel
    bandwidth = d.accelerator.memory_bandwidth_bytes_per_s * c.memory_fraction
    read = touched * one * d.expert_bytes_per_parameter / bandwidth
    rows = np.maximum(tokens * a.experts_per_token, touched * EXPERT_TILE_TOKENS)
    compute = 2.0 * rows * one / (d.expert_flop_per_s * c.expert_matrix_fraction)
    return np.where(np.greater(a.experts, 0), _bounded(read, compute), 0.0)


def _attention_s(d: Deployment, batch: Any, new: Any, context: Any) -> Any:
    """Return the time of attention: the cache is read once, each new token meets its context."""
    p, c = d.placement, d.constants
    bandwidth = d.accelerator.memory_bandwidth_bytes_per_s * c.cache_read_fraction
    shards = memory.kv_shards(d.architecture, p.tensor_parallel, p.attention_data_parallel)
    read = memory.kv_read_bytes(d.architecture, context, batch, p.kv_bits) / shards / bandwidth
    flop = 2.0 * batch * new / p.tensor_parallel * _products_per_token(d, new, context)
    return _bounded(read, flop / (d.accelerator.bf16_flop_per_s * c.attention_fraction))


def _products_per_token(d: Deployment, new: Any, context: Any) -> Any:
    """Return the multiplications that one new token causes in the attention of all layers."""
    a = d.architecture
    mean = np.maximum(context - (new - 1.0) / 2.0, 1.0)
    full = a.full_attention_layers * memory.attended_tokens(a, mean)
    windowed = a.sliding_window_layers * np.minimum(mean, a.sliding_window_tokens)
    index = a.full_attention_layers * mean * a.indexer_heads * a.indexer_head_dim
    return (full + windowed) * _products_per_pair(d, new) + index


def _products_per_pair(d: Deployment, new: Any) -> Any:
    """Return the multiplications per token and attended token, over all heads of a layer."""
    a = d.architecture
    grouped = 2.0 * a.attention_heads * a.head_dim
    absorbed = a.attention_heads * (2.0 * a.kv_lora_rank + a.qk_rope_head_dim)
    expanded = a.attention_heads * (a.qk_nope_head_dim + a.qk_rope_head_dim + a.v_head_dim)
    stays = (new <= _ABSORBED_UP_TO) | np.greater(a.indexer_top_k, 0)
    latent = np.where(stays, absorbed, expanded)
    return np.where(np.greater(a.kv_lora_rank, 0), latent, grouped)


def _communication_s(d: Deployment, local_tokens: Any) -> Any:
    """Return the time of the reductions after attention and after the feed-forward layers."""
    a = d.architecture
    message = local_tokens * a.hidden_size * _MESSAGE_BYTES
    reductions = np.where(np.greater(d.placement.attention_data_parallel, 1), 1.0, 2.0)
    reduce = a.layers * reductions * all_reduce_s(d, message, d.attention_ranks)
    return reduce + moe_layers(a) * expert_exchange_s(d, local_tokens)


def _kernels(d: Deployment) -> Any:
    """Return the number of kernels in one pass, counted from the structure of the layers.

    Quantisation is not counted: engines fuse it with the norm or the gate before it.
    """
    a = d.architecture
    softmax = np.add(a.full_attention_layers, a.sliding_window_layers)
    per_softmax = np.where(np.greater(a.kv_lora_rank, 0), _KERNELS_LATENT, _KERNELS_GROUPED)
    per_softmax = per_softmax + np.where(np.greater(a.indexer_heads, 0), _KERNELS_INDEXER, 0)
    per_moe = _KERNELS_MOE + np.where(np.greater(a.shared_experts, 0), _KERNELS_SHARED, 0)
    mixing = softmax * per_softmax + a.linear_attention_layers * _KERNELS_LINEAR
    return mixing + a.dense_layers * _KERNELS_DENSE + moe_layers(a) * per_moe


def _activations_s(d: Deployment, local_tokens: Any) -> Any:
    """Return the time of element-wise work, which is bound by bandwidth."""
    a, per_element = d.architecture, d.constants.activation_bytes_per_element
    moved = a.layers * a.hidden_size * local_tokens * per_element
    return moved / d.accelerator.memory_bandwidth_bytes_per_s


def decode_step(deployment: Deployment, sequences: Quantity, context_tokens: Quantity) -> StepParts:
    """Return the time to compute one more token of every sequence, by part.

    Parameters
    ----------
    deployment : Deployment
        Model, accelerators and constants.
    sequences : float or array
        Sequences that decode together, 0 to 1e9.
    context_tokens : float or array
        Mean tokens held per sequence, 1 to 1e8.

    Returns
    -------
    StepParts
        Seconds by part.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> step = decode_step(llama_8b_on_h100(), 64, 2048)
    >>> bool(step.total_s > step.dense_s + step.attention_s)
    True
    """
    return forward_pass(deployment, sequences, 1.0, context_tokens)


def prefill_pass(
    deployment: Deployment,
    sequences: Quantity,
    prompt_tokens: Quantity,
    cached_fraction: Quantity = 0.0,
) -> StepParts:
    """Return the time to compute the prompts of several sequences in one pass, by part.

    A cached prefix is not computed again, but the rest still attends to it.

    Source: `kwon2023vllm`.

    Parameters
    ----------
    deployment : Deployment
        Model, accelerators and constants.
    sequences : float or array
        Prompts, 0 to 1e9.
    prompt_tokens : float or array
        Tokens per prompt, 1 to 1e8.
    cached_fraction : float or array, default 0
        Share of the prompt found in the prefix cache, 0 to 1 (one token is always computed).

    Returns
    -------
    StepParts
        Seconds by part.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> whole = prefill_pass(llama_8b_on_h100(), 1, 4096).total_s
    >>> bool(whole > prefill_pass(llama_8b_on_h100(), 1, 4096, cached_fraction=0.75).total_s)
    True
    """
    hit = errors.require_finite_in("cached_fraction", cached_fraction, "", 0.0, 1.0)
    computed = np.maximum(np.multiply(prompt_tokens, 1.0 - np.multiply(hit, 1.0)), 1.0)
    return forward_pass(deployment, sequences, computed, prompt_tokens)
