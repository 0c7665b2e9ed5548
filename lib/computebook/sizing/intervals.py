"""80 % intervals of a plan, and the chance that a limit holds."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist
from typing import Any, Final

import numpy as np

from computebook.inference import table
from computebook.inference.energy_table import energy_intervals

__all__ = ["Factors", "chance_within", "factors", "regime_of"]

Factors = tuple[float, float]
"""Multiples of the prediction between which 80 % of the measurements lie."""

_TAIL: Final = NormalDist().inv_cdf(0.9)
_SURE: Final = 1.0 + 1e-6


def regime_of(is_open: bool) -> str:
    """Return the regime of measured cases that stands behind a kind of load."""
    return "open_loop_qps" if is_open else "serving_fixed_concurrency"


@cache
def factors(is_open: bool) -> dict[str, Factors]:
    """Return the interval factors of a plan by quantity.

    Throughput at a fixed number of users goes as one over the time per token, whose factors are
    turned round where it has none of its own. Throughput at given arrivals is what arrives.

    Parameters
    ----------
    is_open : bool
        Arrivals rather than users.

    Returns
    -------
    dict of str to tuple of float
        For ``"ttft"``, ``"tpot"``, ``"throughput"``, ``"energy"`` and ``"capacity"``.

    Examples
    --------
    >>> low, high = factors(False)["tpot"]
    >>> low < 1 < high
    True
    """
    known, regime = table.intervals_from_table(), regime_of(is_open)
    ttft, tpot = known[f"{regime}.ttft"], known[f"{regime}.tpot"]
    turned = (1.0 / tpot[1], 1.0 / tpot[0])
    rate = (1.0, 1.0) if is_open else known.get(f"{regime}.throughput", turned)
    energy = energy_intervals()["model-left-out" if is_open else "throughput-predicted"]
    return {"ttft": ttft, "tpot": tpot, "throughput": rate, "energy": energy,
            "capacity": known["kv_capacity.capacity"]}  # fmt: skip


def chance_within(predicted: Any, limit: Any, factor: Factors) -> Any:
    """Return the chance that the true value stays within an upper limit.

    The logarithm of the error is taken as normal on each side, with the median at the
    prediction and a tenth beyond either end of the interval.

    Parameters
    ----------
    predicted : float or array
        Central value, above 0.
    limit : float or array
        Upper limit in the same unit; infinity always holds.
    factor : tuple of float
        Low and high end of the 80 % interval as multiples of the prediction.

    Returns
    -------
    float or array
        0 to 1.

    Examples
    --------
    >>> chance_within(40.0, 40.0, (0.8, 1.25)), round(chance_within(40.0, 50.0, (0.8, 1.25)), 6)
    (0.5, 0.9)
    """
    low, high = min(factor[0], 1.0 / _SURE), max(factor[1], _SURE)
    margin = np.log(np.divide(limit, predicted))
    scaled = _TAIL * np.where(margin > 0, margin / np.log(high), -margin / np.log(low))
    chance = np.vectorize(NormalDist().cdf, otypes=[float])(np.clip(scaled, -9.0, 9.0))
    return chance.item() if np.ndim(chance) == 0 else chance
