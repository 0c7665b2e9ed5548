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
_WALK: Final = 0.4
_STEPS_TO_FIRST: Final = 1.5


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
    r"""Return the mean performance of a run of Poisson arrivals at one copy.

    With N requests in the engine each stays ``W = t_prompt + output t_step(N) + N t_packed``: its
    own work and the prompts of the others. Requests enter at a pace of ``p = max(1 / rate,
    t_packed, W / places)``. A run of n requests lasts ``(n - 1) p + W``, so Little's law over the
    run closes the loop: ``1/N = (1 - 1/n) p/W + 1/n``. An endless run (n infinite) is the steady
    state. Prompts queue for the accelerator as in an M/D/1 queue; in a short run the queue never
    gets longer than the random walk of its arrivals, about ``0.4 sqrt(n)``. Where requests arrive
    faster than they enter, half the backlog of the run adds to the first token.

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
        Requests of the run, 1 to infinity.

    Returns
    -------
    Performance
        Mean latencies, and throughput over the run; infinite first-token time where an endless
        run asks for more than one copy can serve.

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
    run = np.multiply(requests, 1.0)
    others = 1.0 - 1.0 / run
    packed = packed_prefill_s(deployment, prompt, cached_fraction)
    alone = prefill_pass(deployment, 1.0, prompt, cached_fraction).total_s
    places = np.maximum(np.minimum(sequence_limit, run), 1.0)
    pace = np.maximum(1.0 / rate, packed)
    count, step = _in_engine(
        deployment, prompt, output, (alone, packed), pace * others, places, run
    )
    stay = alone + output * step + count * packed
    pace = np.where(count < _FULL * places, pace, np.maximum(pace, stay / places))
    backlog = _backlog_s(pace - 1.0 / rate, rate, run)
    queue = _queue_s(packed / pace, run) * packed * others
    first = alone + queue + _STEPS_TO_FIRST * step + backlog
    lasts = pace * others + stay / run
    return Performance(*(units.plain(np.asarray(value)[()]) for value in (
        first, step + count * packed / output, stay + backlog, output / lasts, 1.0 / lasts,
        count, count, deployment.accelerators,
    )))  # fmt: skip


def _queue_s(load: Any, run: Any) -> Any:
    """Return how many prompts wait for the accelerator ahead of one, on average."""
    steady = load / (2.0 * np.maximum(1.0 - load, 1e-9))
    return np.minimum(steady, _WALK * np.sqrt(run))


def _backlog_s(late_s: Any, rate: Any, run: Any) -> Any:
    """Return the mean wait outside an engine that serves each request later than it arrives."""
    behind = late_s * rate > 1e-9
    return np.where(behind, np.where(behind, late_s, 1.0) * (run - 1.0) / 2.0, 0.0)


def _in_engine(
    deployment: Deployment, prompt: Any, output: Any, own: Any, pace: Any, places: Any, run: Any
) -> tuple[Any, Any]:
    """Return the mean requests in the engine over the run, and their step, by bisection."""
    alone, packed = own
    low = np.full(np.broadcast(pace, output, packed, places, run).shape, 0.02)
    high = np.broadcast_to(places, low.shape) * 1.0
    for _ in range(_ITERATIONS):
        count = np.sqrt(low * high)
        step = decode_step(deployment, np.maximum(count, 1.0), prompt + output / 2.0).total_s
        asked = 1.0 / (pace / (alone + output * step + count * packed) + 1.0 / run)
        low, high = np.where(asked > count, count, low), np.where(asked > count, high, count)
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
