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

    With N requests in the engine each takes ``W = TTFT + output t_step(N) + N t_packed``: its own
    steps, and the prompts of the others. A run of n requests lasts ``n / rate + W``, so Little's
    law over the run closes the loop: ``1/N = 1/(rate W) + 1/n``. Endless runs (n infinite) give
    the steady state. Prompts queue for the accelerator as in an M/D/1 queue; in a short run the
    queue never gets longer than the random walk of its arrivals, about ``0.4 sqrt(n)``. Requests
    beyond the places wait outside; their backlog adds half its length to the first token.

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
    packed = packed_prefill_s(deployment, prompt, cached_fraction)
    places = np.maximum(np.minimum(sequence_limit, run), 1.0)
    alone = prefill_pass(deployment, 1.0, prompt, cached_fraction).total_s
    first = alone + _queue_s(rate * packed, run, packed)
    count, step = _in_engine(deployment, rate, prompt, output, packed, first, places, run)
    stay = first + output * step + count * packed
    backlog = np.where(count < _FULL * places, 0.0, _backlog_s(rate, stay, places, run))
    gap = step + count * packed / output
    lasts = 1.0 / rate + (stay + 2.0 * backlog) / run
    return Performance(*(units.plain(np.asarray(value)[()]) for value in (
        first + _STEPS_TO_FIRST * step + backlog, gap, stay + backlog, output / lasts, 1.0 / lasts,
        count, count, deployment.accelerators,
    )))  # fmt: skip


def _queue_s(load: Any, run: Any, packed: Any) -> Any:
    """Return the mean wait of a prompt for the accelerator.

    M/D/1 below saturation, bounded by the random walk of a short run; above saturation the
    backlog grows over the run.
    """
    spare = np.maximum(1.0 - load, 1e-9)
    steady = np.minimum(load, 1.0) / (2.0 * spare)
    walk = np.where(np.isfinite(run), _WALK * np.sqrt(np.minimum(run, 1e18)), np.inf)
    excess = np.where(load > 1.0, (load - 1.0) * run / 2.0, 0.0)
    return (np.minimum(steady, walk) + excess) * packed


def _backlog_s(rate: Any, stay: Any, places: Any, run: Any) -> Any:
    """Return the mean wait outside a full engine, over a run."""
    longer = stay / places - 1.0 / rate
    return np.where(longer > 0.0, np.maximum(longer, 1e-300) * run / 2.0, 0.0)


def _in_engine(
    deployment: Deployment,
    rate: Any,
    prompt: Any,
    output: Any,
    packed: Any,
    first: Any,
    places: Any,
    run: Any,
) -> tuple[Any, Any]:
    """Return the mean requests in the engine over the run, and their step, by bisection."""
    low = np.full(np.broadcast(rate, output, packed, first, places).shape, 0.02)
    high = np.broadcast_to(places, low.shape) * 1.0
    for _ in range(_ITERATIONS):
        count = np.sqrt(low * high)
        step = decode_step(deployment, np.maximum(count, 1.0), prompt + output / 2.0).total_s
        asked = 1.0 / (1.0 / (rate * (first + output * step + count * packed)) + 1.0 / run)
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
