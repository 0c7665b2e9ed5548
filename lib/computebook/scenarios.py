"""Check parameters, carry ranges through a model, and rank what the answer depends on.

A model here is any function of keyword arguments. `check_parameters` guards what enters it;
`evaluate_range` gives its lowest and highest value over a box of inputs; `tornado` ranks the
inputs one at a time; `monte_carlo` draws them all together.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from computebook import errors
from computebook.parameters import EffectiveParameters, Parameter, check_parameters

__all__ = [
    "EffectiveParameters",
    "Parameter",
    "Range",
    "check_parameters",
    "evaluate_range",
    "lognormal",
    "monte_carlo",
    "quantiles",
    "range_of",
    "rank_correlation",
    "tornado",
    "triangular",
]

MAX_CORNERS: Final = 2**16
RESULT: Final = "result"
#: Low, central and high.
ENDS: Final = 3


@dataclass(frozen=True)
class Range:
    """A low, a central and a high value of one quantity, in one unit.

    Parameters
    ----------
    low, central, high : float
        Rising values; equal ones are allowed.

    Raises
    ------
    ComputebookError
        If a value is not finite or the three do not rise.

    Examples
    --------
    >>> Range(0.3, 0.5, 0.8).high
    0.8
    """

    low: float
    central: float
    high: float

    def __post_init__(self) -> None:
        """Reject a range that does not rise."""
        for name in ("low", "central", "high"):
            errors.require_finite_in(name, getattr(self, name), "", -1e300, 1e300)
        if not self.low <= self.central <= self.high:
            raise errors.ComputebookError(
                f"range {self.low:g}, {self.central:g}, {self.high:g} must rise from low to high"
            )


def range_of(field: str, values: Sequence[float]) -> Range:
    """Return a low, central and high value from a list parameter.

    Parameters
    ----------
    field : str
        Name of the parameter, for the message.
    values : sequence of float
        Three rising numbers.

    Raises
    ------
    ComputebookError
        If there are not three of them, or they do not rise.

    Examples
    --------
    >>> range_of("mfu_percent", [20, 35, 43])
    Range(low=20, central=35, high=43)
    """
    if len(values) != ENDS:
        raise errors.ComputebookError(
            f"{field} = {list(values)} has {len(values)} values: low, central and high are needed"
        )
    try:
        return Range(*values)
    except errors.ComputebookError as fault:
        raise errors.ComputebookError(f"{field}: {fault}") from fault


def evaluate_range(function: Callable[..., Any], **inputs: Any) -> Range:
    """Return the range of a function over every corner of its inputs' ranges.

    The corners hold the extremes of any function that rises or falls in each input taken
    alone; an extreme inside the box of a function that turns around is missed.

    Parameters
    ----------
    function : callable
        Model of keyword arguments that returns one number.
    **inputs
        A `Range` for each uncertain argument, anything else for a fixed one; at most 16 ranges.

    Returns
    -------
    Range
        Lowest corner, value at the central inputs, highest corner.

    Raises
    ------
    ComputebookError
        If there are more than 16 ranges, or the function returns no finite number.

    Examples
    --------
    >>> evaluate_range(lambda price, load: price / load, price=Range(2, 3, 4),
    ...                load=Range(0.25, 0.5, 0.8))
    Range(low=2.5, central=6.0, high=16.0)
    """
    ranges = {name: value for name, value in inputs.items() if isinstance(value, Range)}
    fixed = {name: value for name, value in inputs.items() if name not in ranges}
    if 2 ** len(ranges) > MAX_CORNERS:
        raise errors.ComputebookError(
            f"{len(ranges)} ranges have {2 ** len(ranges)} corners: allowed 16 ranges; "
            f"use monte_carlo"
        )
    ends = [(limits.low, limits.high) for limits in ranges.values()]
    corners = [
        _number(function, fixed | dict(zip(ranges, corner, strict=True)))
        for corner in itertools.product(*ends)
    ]
    middle = {name: limits.central for name, limits in ranges.items()}
    central = _number(function, fixed | middle)
    return Range(min(*corners, central), central, max(*corners, central))


def _number(function: Callable[..., Any], arguments: Mapping[str, Any]) -> float:
    value = np.asarray(function(**arguments))
    if value.size != 1 or value.dtype.kind not in "iuf" or not np.isfinite(value).all():
        raise errors.ComputebookError(
            f"{_name(function)} returned {value!r} at {dict(arguments)}: "
            f"one finite number is needed"
        )
    return float(value.reshape(()))


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", function))


def tornado(
    function: Callable[..., Any], base: Mapping[str, Any], ranges: Mapping[str, Range]
) -> pd.DataFrame:
    """Return how far each input alone moves the result, largest first.

    Parameters
    ----------
    function : callable
        Model of keyword arguments that returns one number.
    base : mapping
        Arguments that `ranges` does not name.
    ranges : mapping of str to Range
        The uncertain arguments; their central values complete the base.

    Returns
    -------
    DataFrame
        One row per range: `parameter`, `low_value`, `central_value`, `high_value`,
        `result_at_low`, `result_at_central`, `result_at_high`, `swing` (in the unit of the
        result, >= 0).

    Raises
    ------
    ComputebookError
        If no range is given, or the function returns no finite number.

    Examples
    --------
    >>> table = tornado(lambda price, load: price / load, {},
    ...                 {"price": Range(2, 3, 4), "load": Range(0.25, 0.5, 0.8)})
    >>> table[["parameter", "swing"]].to_numpy().tolist()
    [['load', 8.25], ['price', 4.0]]
    """
    if not ranges:
        raise errors.ComputebookError("ranges is empty: at least one uncertain input is needed")
    central = dict(base) | {name: limits.central for name, limits in ranges.items()}
    at_central = _number(function, central)
    rows = []
    for name, limits in ranges.items():
        at_low = _number(function, central | {name: limits.low})
        at_high = _number(function, central | {name: limits.high})
        results = (at_low, at_central, at_high)
        swing = max(results) - min(results)
        rows.append((name, limits.low, limits.central, limits.high, *results, swing))
    columns = [
        *("parameter", "low_value", "central_value", "high_value"),
        *("result_at_low", "result_at_central", "result_at_high", "swing"),
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def triangular(limits: Range) -> Any:
    """Return the triangular distribution with its mode at the central value.

    Parameters
    ----------
    limits : Range
        Support and mode.

    Returns
    -------
    frozen distribution
        Of `scipy.stats`; the point itself where low equals high.

    Examples
    --------
    >>> float(triangular(Range(0.0, 1.0, 2.0)).mean())
    1.0
    """
    from scipy import stats  # a second to load, for draws alone

    width = limits.high - limits.low
    if width == 0:
        return stats.uniform(limits.low, 0)
    return stats.triang((limits.central - limits.low) / width, limits.low, width)


def lognormal(low: float, high: float, coverage_fraction: float = 0.90) -> Any:
    r"""Return the log-normal distribution with a given central interval.

    .. math::
        \mu = \tfrac12 \ln(\text{low} \cdot \text{high}), \qquad
        \sigma = \frac{\ln(\text{high} / \text{low})}{2 z}

    Parameters
    ----------
    low, high : float
        Ends of the interval, 0 < low < high.
    coverage_fraction : float
        Probability inside the interval, split evenly outside, above 0, below 1.

    Returns
    -------
    frozen distribution
        Of `scipy.stats`.

    Raises
    ------
    ComputebookError
        If the interval is empty or not positive.

    Examples
    --------
    >>> lognormal(1.0, 4.0).ppf([0.05, 0.5, 0.95]).round(6).tolist()
    [1.0, 2.0, 4.0]
    """
    errors.require_finite_in("low", low, "", 1e-300, 1e300)
    errors.require_finite_in("high", high, "", 1e-300, 1e300)
    inside = errors.require_finite_in("coverage_fraction", coverage_fraction, "", 1e-6, 1 - 1e-9)
    if low >= high:
        raise errors.ComputebookError(f"low = {low:g} must be less than high = {high:g}")
    from scipy import stats

    sigma = np.log(high / low) / (2 * stats.norm.ppf(0.5 + inside / 2))
    return stats.lognorm(sigma, scale=np.sqrt(low * high))


def _draw(name: str, distribution: Any, samples: int, seed: int) -> NDArray[np.float64]:
    # A stream of its own for each name: a new input does not change the draws of the others.
    generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
    source = triangular(distribution) if isinstance(distribution, Range) else distribution
    if hasattr(source, "rvs"):
        return np.asarray(source.rvs(size=samples, random_state=generator), float)
    if callable(source):
        return np.asarray(source(generator, samples), float)
    raise errors.ComputebookError(
        f"distribution of {name!r} is {distribution!r}: pass a Range, a frozen scipy.stats "
        f"distribution or a function of (generator, samples)"
    )


def monte_carlo(
    function: Callable[..., Any],
    distributions: Mapping[str, Any],
    samples: int = 10_000,
    seed: int = 20260115,
    **fixed: Any,
) -> pd.DataFrame:
    """Return draws of the inputs and the result of the function on each.

    Parameters
    ----------
    function : callable
        Model of keyword arguments that takes arrays and returns one array.
    distributions : mapping
        By argument: a `Range` (triangular), a frozen `scipy.stats` distribution, or a function
        of (generator, samples). Inputs are drawn independently.
    samples : int
        Number of draws, 1 to 1e7.
    seed : int
        Equal seeds give equal draws.
    **fixed
        Arguments that are certain.

    Returns
    -------
    DataFrame
        One row per draw: a column per input, and `result`.

    Raises
    ------
    ComputebookError
        If a distribution is of no known kind, or the function does not return one finite
        number per draw.

    Examples
    --------
    >>> draws = monte_carlo(lambda price, load: price / load, {"price": Range(2, 3, 4)},
    ...                     samples=1_000, load=0.5)
    >>> bool(draws["result"].between(4, 8).all())
    True
    """
    count = int(errors.require_finite_in("samples", samples, "draws", 1, 10_000_000))
    inputs = {name: _draw(name, d, count, seed) for name, d in distributions.items()}
    result = np.asarray(function(**fixed, **inputs), float)
    if result.shape != (count,) or not np.isfinite(result).all():
        bad = int((~np.isfinite(result)).sum())
        raise errors.ComputebookError(
            f"{_name(function)} returned shape {result.shape} with {bad} values that are not "
            f"finite: {count} finite numbers, one per draw, are needed"
        )
    return pd.DataFrame(inputs | {RESULT: result})


def quantiles(
    draws: pd.DataFrame, at: Sequence[float] = (0.05, 0.50, 0.95), column: str = RESULT
) -> pd.Series[float]:
    """Return quantiles of the draws, in the unit of the column.

    Parameters
    ----------
    draws : DataFrame
        From `monte_carlo`.
    at : sequence of float
        Probabilities, 0 to 1.
    column : str
        Column to describe.

    Examples
    --------
    >>> quantiles(pd.DataFrame({"result": [1.0, 2.0, 3.0]})).round(2).tolist()
    [1.1, 2.0, 2.9]
    """
    errors.require_known("column of draws", column, map(str, draws.columns))
    return draws[column].quantile(list(at))


def rank_correlation(draws: pd.DataFrame, inputs: Iterable[str] | None = None) -> pd.Series[float]:
    """Return Spearman's correlation of each input with the result, strongest first.

    Parameters
    ----------
    draws : DataFrame
        From `monte_carlo`.
    inputs : iterable of str, optional
        Columns to rank; all but `result` by default.

    Returns
    -------
    Series
        -1 to 1 by input; nan for an input that never varies.

    Examples
    --------
    >>> draws = monte_carlo(lambda a, b: a + 10 * b, {"a": Range(0, 1, 2), "b": Range(0, 1, 2)})
    >>> rank_correlation(draws).index.tolist()
    ['b', 'a']
    """
    names = [name for name in draws.columns if name != RESULT] if inputs is None else list(inputs)
    ranks = draws[[*names, RESULT]].rank()
    correlation = ranks[names].corrwith(ranks[RESULT])
    return correlation.sort_values(key=np.abs, ascending=False)
