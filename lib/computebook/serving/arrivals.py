"""Open loads: requests arrive on their own, queues form, percentiles matter."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from computebook import errors, units
from computebook.serving.deployment import Deployment
from computebook.serving.load import Performance, packed_prefill_s
from computebook.serving.step import decode_step, prefill_pass
from computebook.units import Quantity

__all__ = ["latency_quantile_s", "most_arrivals_per_s", "open_loop"]

_ITERATIONS: Final = 20
_FULL: Final = 0.98


def most_arrivals_per_s(
    deployment: Deployment,
    prompt_tokens: Quantity,
    output_tokens: Quantity,
    *,
    cached_fraction: Quantity = 0.0,
    sequence_limit: Quantity = 4096,
) -> Any:
    """Return the arrival rate at which one copy is saturated.

    ``N / (N t_packed + output t_step(N))`` with every place taken.

    Source: `yu2022orca`.

    Parameters
    ----------
    deployment : Deployment
        Model, accelerators and constants.
    prompt_tokens, output_tokens : float or array
        Tokens per request, 1 to 1e8.
    cached_fraction : float or array, default 0
        Share of prompts found in the prefix cache, 0 to 1.
    sequence_limit : float or array, default 4096
        Sequences that fit; see `most_sequences`.

    Returns
    -------
    float or array
        Requests per second.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> most_arrivals_per_s(llama_8b_on_h100(), 1024, 256, sequence_limit=128) > 10
    True
    """
    places = np.multiply(errors.require_finite_in(
        "sequence_limit", sequence_limit, "sequences", 1, 1e9), 1.0)  # fmt: skip
    middle = np.multiply(prompt_tokens, 1.0) + np.multiply(output_tokens, 0.5)
    packed = packed_prefill_s(deployment, prompt_tokens, cached_fraction)
    step = decode_step(deployment, places, middle).total_s
    return units.plain(places / (places * packed + np.multiply(output_tokens, step)))


def open_loop(
    deployment: Deployment,
    arrivals_per_s: Quantity,
    prompt_tokens: Quantity,
    output_tokens: Quantity,
    *,
    cached_fraction: Quantity = 0.0,
    sequence_limit: Quantity = 4096,
    requests: Quantity = 500.0,
) -> Performance:
    r"""Return the performance under Poisson arrivals at one copy.

    Little's law closes the loop: with n sequences decoding,
    ``TPOT = t_step(n) / (1 - rate t_packed)`` and ``n = rate x output x TPOT``. Prompts queue for
    the accelerator as in an M/D/1 queue. Beyond saturation every place is taken, and the
    backlog of a run of `requests` requests adds half its length to the first-token time.

    Source: `kleinrock1975queueing`; continuous batching `yu2022orca`.

    Parameters
    ----------
    deployment : Deployment
        Model, accelerators and constants.
    arrivals_per_s : float or array
        Mean arrivals at one copy, above 0, up to 1e9 per second.
    prompt_tokens, output_tokens : float or array
        Tokens per request, 1 to 1e8.
    cached_fraction : float or array, default 0
        Share of prompts found in the prefix cache, 0 to 1.
    sequence_limit : float or array, default 4096
        Sequences that fit; see `most_sequences`.
    requests : float or array, default 500
        Requests of the run: at most half of them are in the engine on average, and the run
        ends with a tail in which none arrive.

    Returns
    -------
    Performance
        Mean latencies, and throughput over the run.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> slow, busy = open_loop(llama_8b_on_h100(), [1, 10], 1024, 256).time_per_output_token_s
    >>> bool(busy > slow)
    True
    """
    rate = np.multiply(errors.require_finite_in(
        "arrivals_per_s", arrivals_per_s, "1/s", 1e-9, 1e9), 1.0)  # fmt: skip
    prompt, output = np.multiply(prompt_tokens, 1.0), np.multiply(output_tokens, 1.0)
    packed = packed_prefill_s(deployment, prompt, cached_fraction)
    places = np.maximum(np.minimum(sequence_limit, np.divide(requests, 2.0)), 1.0)
    limits = {"cached_fraction": cached_fraction, "sequence_limit": places}
    highest = most_arrivals_per_s(deployment, prompt, output, **limits)
    served = np.minimum(rate, _FULL * np.asarray(highest))
    count, step = _decoding(deployment, served, prompt, output, packed, places)
    busy = np.minimum(served * packed, 0.999)
    gap = step / (1.0 - busy)
    queue = busy / (2.0 * (1.0 - busy)) * packed
    backlog = np.maximum(requests / served - requests / rate, 0.0) / 2.0
    alone = prefill_pass(deployment, 1.0, prompt, cached_fraction).total_s
    first = alone + step / 2.0 + queue + backlog
    whole = first + output * gap
    run = requests / served + whole - backlog
    return Performance(*(units.plain(np.asarray(value)[()]) for value in (
        first, gap, whole, requests * output / run, requests / run, count, count,
        deployment.accelerators,
    )))  # fmt: skip


def _decoding(
    deployment: Deployment, rate: Any, prompt: Any, output: Any, packed: Any, limit: Quantity
) -> tuple[Any, Any]:
    """Return the sequences that decode at an arrival rate, and their step, by bisection."""
    low, high = np.zeros_like(rate * output * packed), np.multiply(limit, 1.0)
    free = np.maximum(1.0 - rate * packed, 1e-3)
    middle_tokens = prompt + output / 2.0
    for _ in range(_ITERATIONS):
        count = np.sqrt(np.maximum(low, 0.05) * np.maximum(high, 0.05))
        step = decode_step(deployment, np.maximum(count, 1.0), middle_tokens).total_s
        too_few = rate * output * step / free > count
        low, high = np.where(too_few, count, low), np.where(too_few, high, count)
    return count, step


def latency_quantile_s(
    service_s: Quantity, mean_wait_s: Quantity, utilisation: Quantity, quantile: Quantity
) -> Any:
    """Return a quantile of a latency that is a service plus a wait in a queue.

    The wait is zero with probability ``1 - rho`` and else close to exponential:
    ``service + max(0, W / rho ln(rho / (1 - q)))``.

    Source: `kleinrock1975queueing`.

    Parameters
    ----------
    service_s : float or array
        Time without a queue, s.
    mean_wait_s : float or array
        Mean wait, s.
    utilisation : float or array
        Busy share of the server, 0 to 1.
    quantile : float or array
        Share of requests that are faster, 0 to 1 (excluded).

    Returns
    -------
    float or array
        Seconds.

    Raises
    ------
    ComputebookError
        If a share is outside its bounds.

    Examples
    --------
    >>> round(latency_quantile_s(0.1, 0.2, 0.8, 0.99), 3)
    1.196
    """
    busy = errors.require_finite_in("utilisation", utilisation, "", 0.0, 1.0)
    share = errors.require_finite_in("quantile", quantile, "", 0.0, 1.0 - 1e-9)
    known = np.maximum(np.multiply(busy, 1.0), 1e-9)
    tail = np.log(known / (1.0 - np.multiply(share, 1.0)))
    return units.plain(service_s + np.maximum(mean_wait_s / known * tail, 0.0))
