"""Uncertain inputs: a low, a central and a high value, a distribution, and where they come from.

Each input is a quantile function of a number between 0 and 1, so that the same inputs serve
random draws, one-at-a-time ends and the designs of a variance-based analysis.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from computebook import errors

__all__ = ["DISTRIBUTIONS", "Spread", "Uncertain", "assumption_table", "centre", "draw_inputs"]

Array = npt.NDArray[np.float64]

TAIL: Final = 0.1
"""Share of the draws beyond each end of an interval."""

_LEAST: Final = 1e-4
"""Where the tails of a lognormal end."""

_TAIL_SIGMAS: Final = -NormalDist().inv_cdf(TAIL)


@dataclass(frozen=True)
class Spread:
    """A low, a central and a high value that rise.

    Parameters
    ----------
    low, central, high : float
        Above 0 and rising; equal ones are allowed.

    Raises
    ------
    ComputebookError
        If they do not rise or are not above 0.

    Examples
    --------
    >>> Spread(1.0, 2.0, 4.0).high
    4.0
    """

    low: float
    central: float
    high: float

    def __post_init__(self) -> None:
        for end in ("low", "central", "high"):
            errors.require_finite_in(end, getattr(self, end), "", 1e-300, 1e300)
        if not self.low <= self.central <= self.high:
            raise errors.ComputebookError(
                f"spread {self.low:g}, {self.central:g}, {self.high:g} must rise from low to high"
            )


def _fixed(u: Array, low: float, central: float, high: float) -> Array:
    return np.full(np.shape(u), central)


def _triangular(u: Array, low: float, central: float, high: float) -> Array:
    """Return quantiles with support from low to high and the mode at the centre."""
    width, peak = high - low, (central - low) / (high - low)
    left = low + width * np.sqrt(u * peak)
    return np.where(u < peak, left, high - width * np.sqrt((1.0 - u) * (1.0 - peak)))


def _log_triangular(u: Array, low: float, central: float, high: float) -> Array:
    return np.asarray(np.exp(_triangular(u, float(np.log(low)), float(np.log(central)),
                                         float(np.log(high)))))  # fmt: skip


@cache
def _normal_quantiles() -> tuple[Array, Array]:
    """Return shares of a normal distribution and its quantiles, from one tail's end to the other.

    A table spares the import of a library of special functions; between its points the error
    is below 1e-5 standard deviations.
    """
    end = -NormalDist().inv_cdf(_LEAST)
    sigmas = np.linspace(-end, end, 4001)
    return np.array([NormalDist().cdf(float(z)) for z in sigmas]), sigmas


def _lognormal(u: Array, low: float, central: float, high: float) -> Array:
    """Return quantiles with the median at the centre and a tenth beyond either end."""
    shares, sigmas = _normal_quantiles()
    z = np.interp(u, shares, sigmas) / _TAIL_SIGMAS
    logs = np.where(z < 0, -z * np.log(low / central), z * np.log(high / central))
    return np.asarray(central * np.exp(logs))


def _choice(u: Array, low: float, central: float, high: float) -> Array:
    """Return whole numbers from low to high, equally likely."""
    return np.minimum(low + np.floor(u * (high - low + 1)), high)


DISTRIBUTIONS: Final = {
    "fixed": _fixed, "triangular": _triangular, "log-triangular": _log_triangular,
    "lognormal": _lognormal, "choice": _choice,
}  # fmt: skip
"""Quantile functions by name. Triangular: support from low to high, most likely at the centre,
on the value or its logarithm. Lognormal: half of it on either side of the centre, a tenth
beyond either end. Choice: whole numbers, equally likely."""


@dataclass(frozen=True, kw_only=True)
class Uncertain:
    """One input with its range, distribution and source.

    Parameters
    ----------
    name : str
        Short name.
    low, central, high : float
        Rising; equal ends make it fixed.
    unit : str
        Unit, empty for a share or ratio.
    meaning : str
        What it is, in words.
    distribution : str, default "triangular"
        One of `DISTRIBUTIONS`.
    basis : str, default "assumed"
        published, measured, derived, assumed or asked.
    source_key, locator, as_of, note : str
        Where it comes from; empty for an assumption of ours.

    Raises
    ------
    ComputebookError
        If the distribution is unknown or the values do not rise.

    Examples
    --------
    >>> pue = Uncertain(name="pue", low=1.05, central=1.1, high=1.2, unit="", meaning="PUE")
    >>> float(pue.at(0.0)), float(pue.at(1.0))
    (1.05, 1.2)
    """

    name: str
    low: float
    central: float
    high: float
    unit: str
    meaning: str
    distribution: str = "triangular"
    basis: str = "assumed"
    source_key: str = ""
    locator: str = ""
    as_of: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        errors.require_known("distribution", self.distribution, DISTRIBUTIONS)
        if not self.low <= self.central <= self.high:
            raise errors.ComputebookError(
                f"{self.name}: {self.low:g}, {self.central:g}, {self.high:g} {self.unit} must rise "
                "from low to high"
            )
        if self.low == self.high:
            object.__setattr__(self, "distribution", "fixed")

    @property
    def varies(self) -> bool:
        """Whether draws differ."""
        return self.distribution != "fixed"

    def at(self, u: Any) -> Any:
        """Return the values below which shares `u` of the distribution lie.

        Parameters
        ----------
        u : float or array
            0 to 1.
        """
        quantile = DISTRIBUTIONS[self.distribution]
        return quantile(np.asarray(u, float), self.low, self.central, self.high)


def draw_inputs(inputs: Iterable[Uncertain], draws: int, seed: int) -> dict[str, Array]:
    """Return independent draws of every input.

    Each input has a stream of its own, so that a new one does not change the others.

    Parameters
    ----------
    inputs : iterable of Uncertain
        The inputs.
    draws : int
        How many, 1 to 1e6.
    seed : int
        Equal seeds give equal draws, 0 to 2^32 - 1.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> pue = Uncertain(name="pue", low=1.05, central=1.1, high=1.2, unit="", meaning="PUE")
    >>> bool((draw_inputs([pue], 100, 1)["pue"] <= 1.2).all())
    True
    """
    count = int(errors.require_finite_in("draws", draws, "draws", 1, 1e6))
    errors.require_finite_in("seed", seed, "", 0, 2**32 - 1)
    streams = {i: np.random.default_rng([int(seed), zlib.crc32(i.name.encode())]) for i in inputs}
    return {i.name: i.at(stream.random(count)) for i, stream in streams.items()}


def centre(inputs: Iterable[Uncertain]) -> dict[str, float]:
    """Return the central value of every input, by name.

    Parameters
    ----------
    inputs : iterable of Uncertain
        The inputs.
    """
    return {each.name: each.central for each in inputs}


def assumption_table(inputs: Iterable[Uncertain]) -> pd.DataFrame:
    """Return one row per input: range, unit, distribution and source.

    Parameters
    ----------
    inputs : iterable of Uncertain
        The inputs.

    Examples
    --------
    >>> pue = Uncertain(name="pue", low=1.05, central=1.1, high=1.2, unit="", meaning="PUE")
    >>> assumption_table([pue])["input"].tolist()
    ['pue']
    """
    names = [field.name for field in fields(Uncertain)]
    rows = [{name: getattr(each, name) for name in names} for each in inputs]
    frame = pd.DataFrame(rows, columns=names).rename(columns={"name": "input"})
    first = ["input", "meaning", "low", "central", "high", "unit", "distribution", "basis"]
    return frame[[*first, *(c for c in frame.columns if c not in first)]]


def override(inputs: Iterable[Uncertain], given: Mapping[str, float]) -> tuple[Uncertain, ...]:
    """Return the inputs with those that were asked for held at their value.

    Parameters
    ----------
    inputs : iterable of Uncertain
        The inputs.
    given : mapping of str to float
        Values by name.
    """
    return tuple(_asked(i, given[i.name]) if i.name in given else i for i in inputs)


def _asked(which: Uncertain, value: float) -> Uncertain:
    return Uncertain(name=which.name, low=value, central=value, high=value, unit=which.unit,
                     meaning=which.meaning, basis="asked")  # fmt: skip
