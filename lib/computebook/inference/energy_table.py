"""The calibrated energy constants, read from their table and handed to the models."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np

from computebook import datasets, errors, power

__all__ = ["NAMES", "TABLE", "draw_constants", "energy_intervals"]

TABLE: Final = "energy_calibration"
"""Name of the table of energy constants."""

NAMES: Final = (
    "active_fraction", "byte_j", "flop_j", "idle_fraction", "host_w", "supply_fraction",
)  # fmt: skip
"""Constants of a generation."""

_INTERVAL: Final = "interval_factor"


@cache
def _by_generation() -> dict[str, dict[str, float]]:
    """Return the constants by generation from the package's table."""
    rows = datasets.load(TABLE)
    rows = rows[rows["field"] != _INTERVAL]
    if rows.empty:
        raise errors.ComputebookError(f"table {TABLE!r} holds no constants")
    found: dict[str, dict[str, float]] = {}
    columns = (rows["scope"].fillna(""), rows["field"], rows["value"].astype(float))
    for scope, field, value in zip(*columns, strict=True):
        found.setdefault(str(scope), {})[str(field)] = float(value)
    return found


def _constant(name: str, generation: str) -> float:
    """Return one constant; a generation never measured gets the mean of the measured ones."""
    known = _by_generation()
    if name in known.get("", {}):
        return known[""][name]
    family = generation.removesuffix("-ultra")
    if name in known.get(family, {}):
        return known[family][name]
    return float(np.exp(np.mean([np.log(v[name]) for v in known.values() if name in v])))


def draw_constants(generation: Any) -> power.DrawConstants:
    """Return the calibrated energy constants of one accelerator generation, or of many.

    A generation without measurements gets the geometric mean of those with; `blackwell-ultra`
    counts as Blackwell.

    Parameters
    ----------
    generation : str or sequence of str
        As in the table of accelerators.

    Returns
    -------
    power.DrawConstants
        For `serving.serving_energy`.

    Examples
    --------
    >>> 0.2 < draw_constants("hopper").active_fraction < 0.6
    True
    """
    if isinstance(generation, str):
        return power.DrawConstants(**{name: _constant(name, generation) for name in NAMES})
    return power.DrawConstants(
        **{name: np.array([_constant(name, str(g)) for g in generation]) for name in NAMES}
    )


def energy_intervals() -> Mapping[str, tuple[float, float]]:
    """Return the factors from a predicted J per token to its 80 % interval, by kind.

    Returns
    -------
    mapping of str to tuple of float
        ``"model-left-out"`` (throughput known), ``"throughput-predicted"`` and so on.

    Examples
    --------
    >>> low, high = energy_intervals()["model-left-out"]
    >>> low < 1 < high
    True
    """
    rows = datasets.load(TABLE)
    rows = rows[rows["field"] == _INTERVAL]
    pairs = zip(rows["low"].astype(float), rows["high"].astype(float), strict=True)
    return dict(zip(rows["scope"].astype(str), pairs, strict=True))
