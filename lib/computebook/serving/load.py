"""Closed loads: a static batch, a fixed number of users, and as many as memory holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import errors, memory, units
from computebook.serving.constants import PREFILL_CHUNK_TOKENS
from computebook.serving.deployment import Deployment
from computebook.serving.step import decode_step, prefill_pass
from computebook.units import Quantity

__all__ = [
    "Performance",
    "fixed_concurrency",
    "most_sequences",
    "packed_prefill_s",
    "static_batch",
]

_STAGE_HANDOVER_S: Final = 20e-6
_WORKSPACE_BYTES: Final = 1.5e9
_WORKSPACE_PER_TOKEN_ELEMENT: Final = 30.0


@dataclass(frozen=True)
class Performance:
    """What users and operators see under a load; fields are numbers or arrays.

    Parameters
    ----------
    time_to_first_token_s, time_per_output_token_s : float or array
        Mean latency to the first token and between later ones, s.
    request_s : float or array
        Mean time of a whole request, s.
    output_tokens_per_s : float or array
        Output of one copy of the model, tokens/s.
    requests_per_s : float or array
        Requests that one copy completes, 1/s.
    decoding_sequences : float or array
        Mean sequences in a decode step.
    held_sequences : float or array
        Sequences in the engine, at most what memory holds.
    accelerators : float or array
        Accelerators of one copy.
    """

    time_to_first_token_s: Quantity
    time_per_output_token_s: Quantity
    request_s: Quantity
    output_tokens_per_s: Quantity
    requests_per_s: Quantity
    decoding_sequences: Quantity
    held_sequences: Quantity
    accelerators: Quantity

    @property
    def output_tokens_per_s_per_accelerator(self) -> Any:
        """Output per accelerator, tokens/s."""
        return units.plain(np.divide(self.output_tokens_per_s, self.accelerators))

    @property
    def output_tokens_per_s_per_user(self) -> Any:
        """Speed that one user sees once tokens flow, tokens/s."""
        return units.plain(1.0 / np.multiply(self.time_per_output_token_s, 1.0))


def _tokens(field: str, value: Quantity) -> Any:
    return np.multiply(errors.require_finite_in(field, value, "tokens", 1, 1e8), 1.0)


def _finish(deployment: Deployment, **values: Any) -> Performance:
    """Return a record of plain numbers."""
    values["accelerators"] = deployment.accelerators
    return Performance(**{name: units.plain(np.asarray(v)[()]) for name, v in values.items()})


def static_batch(
    deployment: Deployment,
    batch_size: Quantity,
    prompt_tokens: Quantity,
    output_tokens: Quantity,
) -> Performance:
    """Return the performance of one batch that starts and ends together.

    ``latency = prefill + (output - 1) x step`` at the mean context; a pipeline works on as many
    micro-batches as it has stages.

    Source: `pope2022efficiently`; pipeline: `narayanan2021megatron`.

    Parameters
    ----------
    deployment : Deployment
        Model, accelerators and constants.
    batch_size : float or array
        Sequences, 1 to 1e9.
    prompt_tokens, output_tokens : float or array
        Tokens per sequence, 1 to 1e8.

    Returns
    -------
    Performance
        Latencies and throughput of one copy.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> one = static_batch(llama_8b_on_h100(), [1, 64], 1024, 256)
    >>> bool(one.output_tokens_per_s[1] > 20 * one.output_tokens_per_s[0])
    True
    """
    batch = np.multiply(
        errors.require_finite_in("batch_size", batch_size, "sequences", 1, 1e9), 1.0
    )
    prompt, output = (
        _tokens("prompt_tokens", prompt_tokens),
        _tokens("output_tokens", output_tokens),
    )
    stages = np.multiply(deployment.pipeline_parallel, 1.0)
    micro = np.where(batch >= stages, stages, 1.0)
    fill = np.where(micro > 1.0, (2.0 * stages - 1.0) / stages, 1.0)
    first = prefill_pass(deployment, batch / micro, prompt).total_s * fill
    step = decode_step(deployment, batch / micro, prompt + output / 2.0).total_s
    step = step + np.where(stages > 1.0, stages * _STAGE_HANDOVER_S, 0.0)
    request = first + (output - 1.0) * step
    return _finish(
        deployment,
        time_to_first_token_s=first,
        time_per_output_token_s=step,
        request_s=request,
        output_tokens_per_s=batch * output / request,
        requests_per_s=batch / request,
        decoding_sequences=batch,
        held_sequences=batch,
    )


def packed_prefill_s(
    deployment: Deployment, prompt_tokens: Quantity, cached_fraction: Quantity = 0.0
) -> Any:
    """Return the time that one prompt takes from the others when prompts share steps.

    Engines pack prompts (or pieces of them) up to a token budget together with the decoding
    sequences: weights and launches are then paid once per step, not once per prompt.

    Source: `agrawal2024sarathiserve`.

    Parameters
    ----------
    deployment : Deployment
        Model, accelerators and constants.
    prompt_tokens : float or array
        Tokens per prompt, 1 to 1e8.
    cached_fraction : float or array, default 0
        Share of the prompt found in the prefix cache, 0 to 1.

    Returns
    -------
    float or array
        Seconds per prompt.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> alone = prefill_pass(llama_8b_on_h100(), 1, 128).total_s
    >>> alone > 2 * packed_prefill_s(llama_8b_on_h100(), 128)
    True
    """
    computed = np.multiply(prompt_tokens, 1.0 - np.multiply(cached_fraction, 1.0))
    prompts = np.maximum(PREFILL_CHUNK_TOKENS / np.maximum(computed, 1.0), 1.0)
    parts = prefill_pass(deployment, prompts, prompt_tokens, cached_fraction)
    shared = parts.total_s - parts.host_s
    return units.plain(shared / prompts + deployment.constants.request_s)


def most_sequences(
    deployment: Deployment,
    context_tokens: Quantity,
    usable_fraction: Quantity = 0.92,
    batch_limit: Quantity = 4096,
) -> Any:
    """Return the sequences that one copy holds, from its own memory model.

    ``usable x (memory - weights - workspace) x shards / cache of one sequence``: the engine
    first loads weights and workspace, then gives the cache a share of what is left. Windowed
    layers are reserved whole, as engines do.

    Source: `kwon2023vllm`.

    Parameters
    ----------
    deployment : Deployment
        Model and accelerators.
    context_tokens : float or array
        Tokens held per sequence at its longest, 1 to 1e8.
    usable_fraction : float or array, default 0.92
        Share of the free memory that becomes cache, 0 to 1.
    batch_limit : float or array, default 4096
        Scheduler's limit per attention group, sequences.

    Returns
    -------
    float or array
        Sequences over all attention groups; at least one where weights fit.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> round(most_sequences(llama_8b_on_h100(), 8192))
    57
    """
    share = errors.require_finite_in("usable_fraction", usable_fraction, "", 0.0, 1.0)
    p, a = deployment.placement, deployment.architecture
    per_token = a.hidden_size * _WORKSPACE_PER_TOKEN_ELEMENT / deployment.attention_ranks
    workspace = _WORKSPACE_BYTES + PREFILL_CHUNK_TOKENS * per_token
    total = deployment.accelerator.memory_bytes
    free = np.maximum(total - deployment.weight_bytes - workspace, 0.02 * total)
    tokens = _tokens("context_tokens", context_tokens)
    cache = memory.kv_cache_bytes(a, tokens, 1, p.kv_bits, sliding_window="full")
    shards = memory.kv_shards(a, p.tensor_parallel, p.attention_data_parallel)
    fitting = share * free * shards * deployment.pipeline_parallel / cache
    return units.plain(np.clip(fitting, 1.0, batch_limit * p.attention_data_parallel))


def fixed_concurrency(
    deployment: Deployment,
    concurrency: Quantity,
    prompt_tokens: Quantity,
    output_tokens: Quantity,
    *,
    cached_fraction: Quantity = 0.0,
    sequence_limit: Quantity = np.inf,
    prefill_interferes: Quantity = 1.0,
) -> Performance:
    """Return the steady performance with a fixed number of users, by continuous batching.

    Each user sends the next request when one ends. While one request runs, the other users'
    prompts are computed too, once each: their time either delays first tokens (users in
    lockstep, share b of them) or stretches the gaps between tokens::

        TTFT = t_prompt (1 + b/2 (N - 1)) + k t_step
        TPOT = t_step(N decoding) + (1 - b/2) (N - 1) t_packed / output
        throughput = N output / (N t_packed + output t_step)

    Users beyond the sequences that fit wait for a place.

    Source: `yu2022orca`, `agrawal2024sarathiserve`.

    Parameters
    ----------
    deployment : Deployment
        Model, accelerators and constants.
    concurrency : float or array
        Users of one copy, 1 to 1e9.
    prompt_tokens, output_tokens : float or array
        Tokens per request, 1 to 1e8.
    cached_fraction : float or array, default 0
        Share of prompts found in the prefix cache, 0 to 1.
    sequence_limit : float or array, default infinity
        Sequences that fit; see `most_sequences`.
    prefill_interferes : float or array, default 1
        1 where prompts run on the same accelerators, 0 where others compute them.

    Returns
    -------
    Performance
        Latencies and throughput of one copy.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> users = fixed_concurrency(llama_8b_on_h100(), [8, 64], 1024, 256)
    >>> bool(users.time_per_output_token_s[1] > users.time_per_output_token_s[0])
    True
    """
    users = errors.require_finite_in("concurrency", concurrency, "users", 1, 1e9)
    prompt, output = (
        _tokens("prompt_tokens", prompt_tokens),
        _tokens("output_tokens", output_tokens),
    )
    held = np.minimum(np.multiply(users, 1.0), np.maximum(sequence_limit, 1.0))
    burst = np.minimum(deployment.constants.burst_share, 1.0) / 2.0 * (held - 1.0)
    alone = prefill_pass(deployment, 1.0, prompt, cached_fraction).total_s
    packed = packed_prefill_s(deployment, prompt, cached_fraction) * prefill_interferes
    gap = (held - 1.0 - burst) / output * packed
    middle = prompt + output / 2.0
    full_step = decode_step(deployment, held, middle).total_s
    waited = alone * (1.0 + burst) + deployment.constants.first_token_steps * full_step
    decoding = held * output * (full_step + gap) / (waited + output * (full_step + gap))
    step = decode_step(deployment, np.maximum(decoding, 1.0), middle).total_s
    cycle = waited + output * (step + gap)
    queue = (users - held) / held * cycle
    rate = held / (held * packed + output * full_step)
    return _finish(
        deployment,
        time_to_first_token_s=waited + queue,
        time_per_output_token_s=step + gap,
        request_s=cycle + queue,
        output_tokens_per_s=rate * output,
        requests_per_s=rate,
        decoding_sequences=decoding,
        held_sequences=held,
    )
