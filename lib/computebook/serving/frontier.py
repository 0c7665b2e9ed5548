"""The best of many configurations: the Pareto front, and the smallest fleet for a load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from computebook import errors
from computebook.serving.deployment import Deployment
from computebook.serving.load import Performance, fixed_concurrency, most_sequences
from computebook.units import Quantity

__all__ = ["BINDING", "FleetOptions", "fleet_options", "pareto_mask"]

BINDING: Final = ("feasible", "memory", "time to first token", "time per output token")
"""What stands in the way of a configuration."""


def pareto_mask(first: Any, second: Any) -> npt.NDArray[np.bool_]:
    """Return which points no other point beats in both values (larger is better).

    Source: `zhong2024distserve` (throughput against speed per user).

    Parameters
    ----------
    first, second : array_like
        Values of each point, same shape, one-dimensional; NaN never belongs to the front.

    Returns
    -------
    numpy.ndarray of bool
        True on the front.

    Examples
    --------
    >>> pareto_mask([1.0, 2.0, 3.0, 2.0], [3.0, 2.0, 1.0, 1.0])
    array([ True,  True,  True, False])
    """
    x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    order = np.lexsort((-np.nan_to_num(y, nan=-np.inf), -np.nan_to_num(x, nan=-np.inf)))
    best = np.maximum.accumulate(np.nan_to_num(y[order], nan=-np.inf))
    earlier = np.concatenate(([-np.inf], best[:-1]))
    mask = np.zeros(x.shape, dtype=bool)
    mask[order] = y[order] > earlier
    front: npt.NDArray[np.bool_] = mask & np.isfinite(x) & np.isfinite(y)
    return front


@dataclass(frozen=True)
class FleetOptions:
    """Every configuration with the fleet it would need; fields are arrays.

    Parameters
    ----------
    performance : Performance
        One copy of each configuration.
    copies : numpy.ndarray
        Copies that carry the load with headroom.
    accelerators : numpy.ndarray
        Accelerators in all; infinity where a limit is broken.
    binding : numpy.ndarray of int
        Index into `BINDING`.
    shortfall : numpy.ndarray
        How far the worst limit is broken, as a ratio above 1; 1 where none is.
    """

    performance: Performance
    copies: npt.NDArray[np.float64]
    accelerators: npt.NDArray[np.float64]
    binding: npt.NDArray[np.int64]
    shortfall: npt.NDArray[np.float64]

    def smallest(self) -> int:
        """Return the position of the feasible configuration with the fewest accelerators.

        Returns
        -------
        int
            Position; among equals the one with the shortest time per token.

        Raises
        ------
        ComputebookError
            If none is feasible: the sentence says what binds and how near the nearest one is.
        """
        if not np.isfinite(self.accelerators).any():
            nearest = self.nearest()
            raise errors.ComputebookError(
                f"no configuration is feasible: {BINDING[self.binding[nearest]]} binds, the "
                f"nearest one misses it by {100 * (self.shortfall[nearest] - 1):.0f} %"
            )
        speed = np.asarray(self.performance.time_per_output_token_s)
        return int(np.lexsort((speed, self.accelerators))[0])

    def nearest(self) -> int:
        """Return the position of the configuration that breaks its worst limit least."""
        return int(np.argmin(self.shortfall))


def fleet_options(
    deployment: Deployment,
    concurrency: Quantity,
    prompt_tokens: Quantity,
    output_tokens: Quantity,
    *,
    requests_per_s: Quantity,
    time_to_first_token_s: Quantity,
    time_per_output_token_s: Quantity,
    headroom_fraction: Quantity = 0.2,
    cached_fraction: Quantity = 0.0,
) -> FleetOptions:
    """Return the fleet that each configuration would need for a load within latency limits.

    ``copies = ceil(load (1 + headroom) / rate of one copy)``; a configuration is feasible when
    its sequences fit in memory and both latencies hold.

    Source: `zhong2024distserve` (goodput).

    Parameters
    ----------
    deployment : Deployment
        Configurations as arrays (or one).
    concurrency : float or array
        Users per copy, 1 to 1e9; broadcasts with the deployment.
    prompt_tokens, output_tokens : float or array
        Tokens per request, 1 to 1e8.
    requests_per_s : float
        Load of the whole fleet, above 0.
    time_to_first_token_s, time_per_output_token_s : float
        Limits on the means, s.
    headroom_fraction : float, default 0.2
        Spare capacity, 0 to 10.
    cached_fraction : float, default 0
        Share of prompts found in the prefix cache, 0 to 1.

    Returns
    -------
    FleetOptions
        One entry per configuration.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> options = fleet_options(llama_8b_on_h100(), np.array([8, 32, 64]), 1024, 256,
    ...     requests_per_s=100.0, time_to_first_token_s=1.0, time_per_output_token_s=0.02)
    >>> BINDING[options.binding[options.smallest()]]
    'feasible'
    """
    check = errors.require_finite_in
    load = check("requests_per_s", requests_per_s, "1/s", 1e-9, 1e12)
    spare = 1.0 + np.multiply(check("headroom_fraction", headroom_fraction, "", 0.0, 10.0), 1.0)
    fits = most_sequences(deployment, np.add(prompt_tokens, output_tokens), 0.9, 1e9)
    one = fixed_concurrency(
        deployment, concurrency, prompt_tokens, output_tokens, cached_fraction=cached_fraction
    )
    ratios = np.stack(np.broadcast_arrays(
        np.ones_like(np.multiply(one.requests_per_s, 1.0)),
        np.divide(concurrency, fits),
        np.divide(one.time_to_first_token_s, time_to_first_token_s),
        np.divide(one.time_per_output_token_s, time_per_output_token_s),
    ))  # fmt: skip
    binding = np.argmax(ratios * (1.0 + 1e-12 * (ratios <= 1.0)), axis=0)
    broken = ratios[1:].max(axis=0) > 1.0
    copies = np.ceil(load * spare / np.multiply(one.requests_per_s, 1.0))
    total = np.where(broken, np.inf, copies * np.multiply(one.accelerators, 1.0))
    return FleetOptions(
        one, copies, total, np.where(broken, binding, 0), np.maximum(ratios.max(axis=0), 1.0)
    )
