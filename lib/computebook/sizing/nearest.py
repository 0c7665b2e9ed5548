"""Of a request that cannot be met: what binds, and the nearest ones that can."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook.sizing.formats import WEIGHT_FORMATS
from computebook.sizing.grid import Grid, grid_for
from computebook.sizing.intervals import factors
from computebook.sizing.options import effective_limits, fleets
from computebook.sizing.request import UNLIMITED_GPUS, Request
from computebook.sizing.room import memory_use
from computebook.units import BYTES_PER_GB

__all__ = ["Relaxation", "binding", "is_feasible", "memory_detail", "relaxations"]

_HALVINGS: Final = 14
_DIGITS: Final = 3


@dataclass(frozen=True)
class Relaxation:
    """A change that makes a request feasible, all else as asked.

    Parameters
    ----------
    changes : dict
        Fields of the request and their new values.
    """

    changes: dict[str, Any]

    def apply(self, request: Request) -> Request:
        """Return the request with the change.

        Parameters
        ----------
        request : Request
            The one that was refused.

        Returns
        -------
        Request
            The nearest one of this kind.

        Examples
        --------
        >>> from computebook.sizing.examples import small_request
        >>> Relaxation({"users": 5.0}).apply(small_request()).users
        5.0
        """
        return dataclasses.replace(request, **self.changes)


def is_feasible(request: Request) -> bool:
    """Return whether any configuration meets a request.

    Parameters
    ----------
    request : Request
        What is asked.

    Returns
    -------
    bool
        True if a fleet exists.

    Examples
    --------
    >>> ask = dict(model="llama-3.1-8b", gpus=("h100",), output_tokens=100, users=1,
    ...            max_gpus=1)
    >>> [is_feasible(Request(input_tokens=n, **ask)) for n in (1e3, 1e6)]
    [True, False]
    """
    return _met(grid_for(request), *effective_limits(request))


def _met(grid: Grid, first_s: float, token_s: float) -> bool:
    """Return whether any configuration is within limits at a load that the fleet can do with."""
    return bool((grid.passing(first_s, token_s) & _enough(grid)).any())


def binding(grid: Grid) -> tuple[str, ...]:
    """Return what stands in the way of a request; nothing if it is feasible.

    Memory, if no layout holds one sequence; else each limit without which the request would be
    feasible; else all limits together.

    Parameters
    ----------
    grid : Grid
        Configurations.

    Returns
    -------
    tuple of str
        Of `options.BINDINGS`.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> binding(grid_for(small_request(time_per_output_token_s=0.001)))
    ('time per output token',)
    """
    first, token = effective_limits(grid.request)
    if not (grid.places >= 1).any():
        return ("memory",)
    if _met(grid, first, token):
        return ()
    open_fleet = dataclasses.replace(
        grid, request=dataclasses.replace(grid.request, max_gpus=UNLIMITED_GPUS))  # fmt: skip
    without = {
        "time to first token": _met(grid, np.inf, token),
        "time per output token": _met(grid, first, np.inf),
        "accelerators": _met(open_fleet, first, token),
    }
    alone = tuple(name for name, feasible in without.items() if feasible)
    return alone or ("time to first token", "time per output token")


def memory_detail(grid: Grid) -> str:
    """Return what does not fit where, on the layout that comes nearest; nothing if all fits.

    Parameters
    ----------
    grid : Grid
        Configurations.

    Returns
    -------
    str
        One sentence.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> memory_detail(grid_for(small_request()))
    ''
    """
    request, layouts = grid.request, grid.layouts
    if (grid.places >= 1).any():
        return ""
    use = memory_use(grid.deployment, request.context_tokens, 1)
    spare = np.broadcast_to(use.spare_bytes / use.memory_bytes, (len(layouts), 1))[:, 0]
    at = int(np.argmax(spare))
    weights, cache, room = (
        float(np.broadcast_to(part, (len(layouts), 1))[at, 0]) / BYTES_PER_GB
        for part in (use.weights_bytes, use.cache_bytes, use.memory_bytes)
    )
    return (
        f"On {layouts.gpus_per_copy[at]:.0f} {layouts.accelerators[at].accelerator_id} the weights "
        f"take {weights:.3g} GB and one sequence {cache:.3g} GB of the {room:.4g} GB of each."
    )


def relaxations(grid: Grid) -> tuple[Relaxation, ...]:
    """Return the nearest feasible requests, one for each thing that could give way.

    Each is found by search and then tried: the smallest limit on either latency with the rest
    as asked, both together where neither is enough, the fewest accelerators, the largest load,
    the longest prompt, narrower weights.

    Parameters
    ----------
    grid : Grid
        Configurations of an infeasible request.

    Returns
    -------
    tuple of Relaxation
        Those that are feasible; empty where nothing helps.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> offers = relaxations(grid_for(small_request(time_per_output_token_s=0.001)))
    >>> list(offers[0].changes)
    ['time_per_output_token_s']
    """
    request = grid.request
    tries = [*_latency_changes(grid), _fleet_change(grid), _load_change(grid),
             _prompt_change(request), _format_change(request)]  # fmt: skip
    offers = [Relaxation(changes) for changes in tries if changes]
    return tuple(offer for offer in offers if is_feasible(offer.apply(request)))


def _up(value: float) -> float:
    """Return a value rounded up to three digits."""
    scale = 10.0 ** (np.floor(np.log10(value)) - _DIGITS + 1)
    return float(f"{np.ceil(value * (1 + 1e-9) / scale) * scale:.12g}")


def _down(value: float) -> float:
    """Return a value rounded down to three digits."""
    scale = 10.0 ** (np.floor(np.log10(value)) - _DIGITS + 1)
    return float(f"{np.floor(value * (1 - 1e-9) / scale) * scale:.12g}")


def _latency_changes(grid: Grid) -> list[dict[str, Any]]:
    """Return the smallest limits on either latency alone, or on both by the same factor."""
    request = grid.request
    limits = request.time_to_first_token_s, request.time_per_output_token_s
    first, token = _slow_latencies(grid)
    sound = grid.passing(np.inf, np.inf) & _enough(grid)
    alone = [
        {"time_to_first_token_s": _up(value)}
        for value in _above(first[sound & (token <= limits[1])], limits[0])
    ] + [
        {"time_per_output_token_s": _up(value)}
        for value in _above(token[sound & (first <= limits[0])], limits[1])
    ]
    if alone or not sound.any():
        return alone
    miss = np.where(sound, np.maximum(first / limits[0], token / limits[1]), np.inf)
    at = np.unravel_index(np.argmin(miss), miss.shape)
    return [{"time_to_first_token_s": _up(max(first[at], limits[0])),
             "time_per_output_token_s": _up(max(token[at], limits[1]))}]  # fmt: skip


def _above(values: Any, limit: float) -> list[float]:
    """Return the smallest value if there is one and it is above a limit."""
    least = float(np.min(values, initial=np.inf))
    return [least] if limit < least < np.inf else []


def _slow_latencies(grid: Grid) -> tuple[Any, Any]:
    """Return both latencies over the grid, at the slow end of the interval for a robust plan."""
    known, robust = factors(grid.request.is_open), grid.request.robust
    slow = [max(known[name][1], 1.0) if robust else 1.0 for name in ("ttft", "tpot")]
    seen, shape = grid.seen, grid.loads.shape
    first = np.broadcast_to(seen.time_to_first_token_s, shape) * slow[0]
    return first, np.broadcast_to(seen.time_per_output_token_s, shape) * slow[1]


def _enough(grid: Grid) -> Any:
    """Return where a copy at this load is large enough for the fleet that is allowed."""
    copies = np.floor(grid.request.max_gpus / grid.layouts.gpus_per_copy)[:, None]
    return copies * grid.loads >= grid.request.design_load * (1 - 1e-9)


def _fleet_change(grid: Grid) -> dict[str, Any]:
    """Return the fewest accelerators that meet everything else."""
    free = dataclasses.replace(grid.request, max_gpus=UNLIMITED_GPUS)
    if grid.request.max_gpus > UNLIMITED_GPUS - 1:
        return {}
    total = fleets(grid_for(free), *effective_limits(free))[2]
    return {"max_gpus": float(total.min())} if np.isfinite(total).any() else {}


def _load_change(grid: Grid) -> dict[str, Any]:
    """Return the largest load that the allowed fleet carries within the limits."""
    request = grid.request
    if request.max_gpus > UNLIMITED_GPUS - 1:
        return {}
    least = dataclasses.replace(request, **_load(request, 1e-6 if request.is_open else 1.0))
    all_loads = grid_for(least)
    most = fleets(all_loads, *effective_limits(least))[0]
    copies = np.floor(request.max_gpus / all_loads.layouts.gpus_per_copy)
    carried = float((copies * most).max()) / (1.0 + request.headroom_fraction)
    carried = _down(carried) if request.is_open else float(np.floor(carried + 1e-9))
    return _load(request, carried) if carried >= (1e-6 if request.is_open else 1.0) else {}


def _load(request: Request, value: float) -> dict[str, Any]:
    return {"requests_per_s" if request.is_open else "users": value}


def _prompt_change(request: Request) -> dict[str, Any]:
    """Return the longest prompt that meets everything else, by halving."""
    low, high = 1.0, request.input_tokens
    if not is_feasible(dataclasses.replace(request, input_tokens=low)):
        return {}
    for _ in range(_HALVINGS):
        middle = np.sqrt(low * high)
        good = is_feasible(dataclasses.replace(request, input_tokens=middle))
        low, high = (middle, high) if good else (low, middle)
    return {"input_tokens": float(max(np.floor(_down(low)), 1.0))}


def _format_change(request: Request) -> dict[str, Any]:
    """Return the widest weight format, narrower than now, that meets everything else."""
    if request.weights is not None and request.weights not in ("bf16", "fp8"):
        return {}
    tried = WEIGHT_FORMATS[1:3] if request.weights == "bf16" else WEIGHT_FORMATS[2:3]
    for weights in tried:
        if is_feasible(dataclasses.replace(request, weights=weights)):
            return {"weights": weights}
    return {}
