"""Latency of every configuration over a grid of loads, and the largest load within limits."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from computebook import serving
from computebook.sizing.intervals import factors
from computebook.sizing.layouts import Layouts, deployment, layouts_for
from computebook.sizing.request import Request
from computebook.sizing.room import sequences_that_fit

__all__ = ["Grid", "Seen", "copies_for", "grid_for", "largest_load", "robust_grid", "seen"]

Floats = npt.NDArray[np.float64]

_USERS: Final = np.unique(np.concatenate([
    np.arange(1, 17), np.round(np.geomspace(16, 16384, 84))]))  # fmt: skip
_SHARES: Final = np.concatenate([np.geomspace(1e-3, 0.1, 8), np.linspace(0.125, 0.975, 35)])
_STEADY_REQUESTS: Final = 1e7
_MOST_PLACES: Final = 1e6
_HALVINGS: Final = 24
_RATE_HALVINGS: Final = 9


@dataclass(frozen=True)
class Seen:
    """What users see and a copy does at a load; arrays of one shape.

    Parameters
    ----------
    time_to_first_token_s, time_per_output_token_s : numpy.ndarray
        Means, or the percentile of the request, s.
    performance : serving.Performance
        Means, throughput and batch of one copy.
    """

    time_to_first_token_s: Floats
    time_per_output_token_s: Floats
    performance: serving.Performance


@dataclass(frozen=True)
class Grid:
    """Every configuration at every load of one copy.

    Parameters
    ----------
    request : Request
        What was asked.
    layouts : Layouts
        Configurations, n of them.
    deployment : serving.Deployment
        The same as columns.
    places : numpy.ndarray
        Sequences that fit in a copy, shape (n, 1); 0 where none does.
    loads : numpy.ndarray
        Users or arrivals per second of one copy, shape (n, m), rising along the second axis.
    seen : Seen
        Latencies at those loads.
    """

    request: Request
    layouts: Layouts
    deployment: serving.Deployment
    places: Floats
    loads: Floats
    seen: Seen

    def passing(self, first_s: float, token_s: float) -> npt.NDArray[np.bool_]:
        """Return where a load is held in memory and within limits, shape (n, m).

        Parameters
        ----------
        first_s, token_s : float
            Limits on both latencies, s.

        Returns
        -------
        numpy.ndarray of bool
            True where all holds.

        Examples
        --------
        >>> from computebook.sizing.examples import small_request
        >>> grid = grid_for(small_request())
        >>> bool(grid.passing(1.0, 0.02).sum() < grid.passing(2.0, 0.04).sum())
        True
        """
        within = (self.seen.time_to_first_token_s <= first_s) & (
            self.seen.time_per_output_token_s <= token_s
        )
        held = (self.places >= 1) & (self.request.is_open | (self.loads <= self.places))
        passes: npt.NDArray[np.bool_] = within & held
        return passes


def seen(request: Request, deployed: serving.Deployment, places: Floats, load: Floats) -> Seen:
    """Return what users see at a load of one copy.

    With users: `serving.fixed_concurrency`. With arrivals: `serving.open_loop` in its steady
    state; a percentile adds the M/D/1 wait's tail to the first token and takes the number of
    decoding sequences at the same percentile of a Poisson count, which is what an infinite
    server holds.

    Source: `yu2022orca`, `kleinrock1975queueing`.

    Parameters
    ----------
    request : Request
        Tokens, cache hits, kind of load and percentile.
    deployed : serving.Deployment
        Configurations as columns.
    places : numpy.ndarray
        Sequences that fit, at least 1 is taken.
    load : numpy.ndarray
        Users (at least 1) or arrivals per second of one copy.

    Returns
    -------
    Seen
        Latencies and performance.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> ask = small_request()
    >>> deployed = deployment(ask, layouts_for(ask).take(0))
    >>> few, many = seen(ask, deployed, np.array([[64.0]]), np.array([[1.0, 32.0]])
    ...                  ).time_per_output_token_s[0]
    >>> bool(few < many)
    True
    """
    tokens = (request.input_tokens, request.output_tokens)
    known: dict[str, Any] = {
        "cached_fraction": request.cached_fraction,
        "sequence_limit": np.clip(places, 1.0, _MOST_PLACES),
    }
    if not request.is_open:
        run = serving.fixed_concurrency(deployed, np.maximum(load, 1.0), *tokens, **known)
        return _seen(run, run.time_to_first_token_s, run.time_per_output_token_s, load)
    run = serving.open_loop(deployed, load, *tokens, requests=_STEADY_REQUESTS, **known)
    first, token = _percentiles(request, deployed, run, load)
    return _seen(run, first, token, load)


def _seen(run: serving.Performance, first: Any, token: Any, load: Floats) -> Seen:
    shape = np.broadcast_shapes(np.shape(first), np.shape(load))
    return Seen(np.broadcast_to(first, shape), np.broadcast_to(token, shape), run)


def _percentiles(
    request: Request, deployed: serving.Deployment, run: serving.Performance, load: Floats
) -> tuple[Any, Any]:
    """Return both latencies at the percentile of the request, or the means without one."""
    first, token = run.time_to_first_token_s, run.time_per_output_token_s
    if request.percentile is None:
        return first, token
    share = request.percentile / 100.0
    packed = serving.packed_prefill_s(deployed, request.input_tokens, request.cached_fraction)
    busy = np.minimum(load * packed, 0.999)
    wait = busy / (2.0 * (1.0 - busy)) * packed
    late = serving.latency_quantile_s(np.subtract(first, wait), wait, busy, share)
    middle = request.input_tokens + request.output_tokens / 2.0
    count = np.maximum(run.decoding_sequences, 1.0)
    crowd = count + NormalDist().inv_cdf(share) * np.sqrt(count)
    step = serving.decode_step(deployed, count, middle).total_s
    slow = serving.decode_step(deployed, np.maximum(crowd, count), middle).total_s
    return np.maximum(late, first), np.multiply(token, slow) / step


def grid_for(request: Request) -> Grid:
    """Return every configuration of a request over a grid of loads.

    Parameters
    ----------
    request : Request
        What is asked.

    Returns
    -------
    Grid
        Loads from one user, or a thousandth of saturation, up to what memory holds.

    Examples
    --------
    >>> ask = Request(model="llama-3.1-8b", gpus=("h100",), input_tokens=1000, output_tokens=100,
    ...               users=10, max_gpus=2)
    >>> grid_for(ask).loads.shape[0]
    3
    """
    layouts = layouts_for(request)
    deployed = deployment(request, layouts)
    places = np.asarray(sequences_that_fit(deployed, request.context_tokens), dtype=float)
    places = np.minimum(_sure_places(request, places), _MOST_PLACES)
    loads = _loads(request, layouts, deployed, places)
    return Grid(request, layouts, deployed, places, loads, seen(request, deployed, places, loads))


def _sure_places(request: Request, places: Floats) -> Floats:
    """Return the sequences at the low end of the capacity's interval for a robust request."""
    low = min(factors(request.is_open)["capacity"][0], 1.0)
    return np.floor(places * low) if request.robust else places


def robust_grid(grid: Grid) -> Grid:
    """Return a grid whose plans hold at the slow end of the intervals.

    Parameters
    ----------
    grid : Grid
        Of a request at central values.

    Returns
    -------
    Grid
        The same latencies with less room and tighter limits.

    Examples
    --------
    >>> ask = Request(model="llama-3.1-8b", gpus=("h100",), input_tokens=1000, output_tokens=100,
    ...               users=10, max_gpus=2)
    >>> bool((robust_grid(grid_for(ask)).places < grid_for(ask).places).all())
    True
    """
    sure = dataclasses.replace(grid.request, robust=True)
    return dataclasses.replace(grid, request=sure, places=_sure_places(sure, grid.places))


def _loads(
    request: Request, layouts: Layouts, deployed: serving.Deployment, places: Floats
) -> Floats:
    """Return the loads of one copy to look at, the least one that the fleet allows among them."""
    most_copies = np.floor(request.max_gpus / layouts.gpus_per_copy)[:, None]
    least = request.design_load / np.maximum(most_copies, 1.0)
    if request.is_open:
        highest = serving.most_arrivals_per_s(
            deployed, request.input_tokens, request.output_tokens,
            cached_fraction=request.cached_fraction, sequence_limit=np.maximum(places, 1.0),
        )  # fmt: skip
        grid = _SHARES * np.asarray(highest)
        return np.sort(np.hstack([grid, np.minimum(least, grid[:, -1:])]), axis=1)
    held = np.maximum(places, 1.0)
    grid = np.minimum(_USERS, held)
    return np.sort(np.hstack([grid, held, np.minimum(np.ceil(least), held)]), axis=1)


def largest_load(grid: Grid, first_s: float, token_s: float) -> Floats:
    """Return the largest load of one copy within limits, for every configuration.

    The last passing load of the grid, refined by halving up to its neighbour: whole users, or
    arrivals to one part in a thousand.

    Parameters
    ----------
    grid : Grid
        Configurations and loads.
    first_s, token_s : float
        Limits on both latencies, s.

    Returns
    -------
    numpy.ndarray
        Users or arrivals per second, shape (n,); 0 where even the smallest load fails.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> grid = grid_for(small_request())
    >>> bool((largest_load(grid, 1.0, 0.02) >= largest_load(grid, 1.0, 0.01)).all())
    True
    """
    passes = grid.passing(first_s, token_s)
    last = np.where(passes.any(axis=1), passes.shape[1] - 1 - passes[:, ::-1].argmax(axis=1), -1)
    rows = np.flatnonzero(last >= 0)
    result = np.zeros(len(last))
    if rows.size:
        after = np.minimum(last[rows] + 1, passes.shape[1] - 1)
        ends = grid.loads[rows, last[rows]], grid.loads[rows, after]
        result[rows] = _refined(grid, rows, *ends, (first_s, token_s))
    return result


def _refined(
    grid: Grid, rows: Any, low: Floats, high: Floats, limits: tuple[float, float]
) -> Floats:
    """Return the largest passing load between a passing and a failing one."""
    request, some = grid.request, grid.layouts.take(rows)
    deployed, places = deployment(request, some), grid.places[rows]
    for _ in range(_RATE_HALVINGS if request.is_open else _HALVINGS):
        middle = (low + high) / 2.0 if request.is_open else np.ceil((low + high) / 2.0)
        if np.all(high <= low):
            break
        now = seen(request, deployed, places, middle[:, None])
        good = (now.time_to_first_token_s <= limits[0]) & (now.time_per_output_token_s <= limits[1])
        low = np.where(good[:, 0], middle, low)
        high = np.where(good[:, 0], high, middle if request.is_open else middle - 1.0)
    return low


def copies_for(design_load: float, load_of_a_copy: Floats) -> Floats:
    """Return the copies that carry a load; infinity where a copy carries none.

    Parameters
    ----------
    design_load : float
        Users or arrivals per second of the fleet.
    load_of_a_copy : numpy.ndarray
        The most that one copy carries.

    Returns
    -------
    numpy.ndarray
        Whole copies.

    Examples
    --------
    >>> copies_for(240.0, np.array([30.0, 31.0, 0.0]))
    array([ 8.,  8., inf])
    """
    with np.errstate(divide="ignore"):
        exact = design_load / np.asarray(load_of_a_copy, dtype=float)
    return np.ceil(exact * (1.0 - 1e-9))
