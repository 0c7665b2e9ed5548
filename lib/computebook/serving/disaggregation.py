"""Prompts and tokens on accelerators of their own, and how many of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from computebook import errors, memory, units
from computebook.serving.deployment import Deployment
from computebook.serving.load import Performance, fixed_concurrency, packed_prefill_s
from computebook.serving.step import prefill_pass
from computebook.units import Quantity

__all__ = ["SplitPerformance", "disaggregated"]


@dataclass(frozen=True)
class SplitPerformance:
    """A decode copy with its share of the prefill copies.

    Parameters
    ----------
    decode : Performance
        What the decode copy does, with first-token times of the whole system.
    prefill_copies_per_decode_copy : float or array
        Ratio that keeps both sides busy.
    cache_transfer_s : float or array
        Time to move one prompt's cache, s.
    accelerators : float or array
        Accelerators of one decode copy and its share of prefill copies.
    """

    decode: Performance
    prefill_copies_per_decode_copy: Quantity
    cache_transfer_s: Quantity
    accelerators: Quantity

    @property
    def output_tokens_per_s_per_accelerator(self) -> Any:
        """Output per accelerator of both kinds, tokens/s."""
        return units.plain(np.divide(self.decode.output_tokens_per_s, self.accelerators))


def disaggregated(
    prefill: Deployment,
    decode: Deployment,
    concurrency: Quantity,
    prompt_tokens: Quantity,
    output_tokens: Quantity,
    *,
    cached_fraction: Quantity = 0.0,
    prefill_utilisation: Quantity = 0.7,
    sequence_limit: Quantity = np.inf,
) -> SplitPerformance:
    """Return the performance of separate prefill and decode copies in their best ratio.

    Decode runs without interference at ``X = N / (output t_step)``; ``X t_packed / rho``
    prefill copies feed it, and prompts wait as in an M/D/1 queue at utilisation rho. The cache
    then crosses the slower of the two sides' network ports.

    Source: `zhong2024distserve`.

    Parameters
    ----------
    prefill, decode : Deployment
        The two kinds of copy.
    concurrency : float or array
        Users of one decode copy, 1 to 1e9.
    prompt_tokens, output_tokens : float or array
        Tokens per request, 1 to 1e8.
    cached_fraction : float or array, default 0
        Share of prompts found in the prefix cache, 0 to 1.
    prefill_utilisation : float or array, default 0.7
        Busy share of the prefill copies, above 0 and below 1.
    sequence_limit : float or array, default infinity
        Sequences that fit in a decode copy.

    Returns
    -------
    SplitPerformance
        Latencies, throughput and the ratio.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> split = disaggregated(llama_8b_on_h100(), llama_8b_on_h100(), 64, 4096, 256)
    >>> split.prefill_copies_per_decode_copy > 1
    True
    """
    busy = errors.require_finite_in("prefill_utilisation", prefill_utilisation, "", 1e-6, 0.999)
    alone = fixed_concurrency(
        decode, concurrency, prompt_tokens, output_tokens,
        sequence_limit=sequence_limit, prefill_interferes=0.0,
    )  # fmt: skip
    packed = packed_prefill_s(prefill, prompt_tokens, cached_fraction)
    ratio = np.multiply(alone.requests_per_s, packed) / busy
    moved = _transfer_s(prefill, decode, prompt_tokens)
    wait = np.multiply(busy, packed) / (2.0 * (1.0 - np.multiply(busy, 1.0)))
    first = prefill_pass(prefill, 1.0, prompt_tokens, cached_fraction).total_s + wait + moved
    first = first + np.multiply(alone.time_per_output_token_s, 1.0)
    whole = first + np.multiply(output_tokens, alone.time_per_output_token_s)
    seen = Performance(
        units.plain(first), alone.time_per_output_token_s, units.plain(whole),
        alone.output_tokens_per_s, alone.requests_per_s, alone.decoding_sequences,
        alone.held_sequences, alone.accelerators,
    )  # fmt: skip
    total = np.add(decode.accelerators, ratio * prefill.accelerators)
    return SplitPerformance(seen, units.plain(ratio), units.plain(moved), units.plain(total))


def _transfer_s(prefill: Deployment, decode: Deployment, prompt_tokens: Quantity) -> Any:
    """Return the time to send one prompt's cache over the network ports of the smaller side."""
    bits = decode.placement.kv_bits
    cache = memory.kv_cache_bytes(decode.architecture, prompt_tokens, 1, bits)
    ports = np.minimum(
        np.multiply(prefill.accelerators, prefill.scale_out_bytes_per_s),
        np.multiply(decode.accelerators, decode.scale_out_bytes_per_s),
    )
    return cache / ports
