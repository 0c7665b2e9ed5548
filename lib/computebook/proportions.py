"""Say how sure a proportion is, and whether two proportions differ.

The score of a model on a benchmark is a proportion: so many items solved of so many. Each
function takes fractions and counts of items, broadcasts over arrays and returns fractions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from computebook import errors
from computebook.units import plain, scalar_in_scalar_out

__all__ = [
    "Difference",
    "Interval",
    "PairedDifference",
    "bootstrap_mean_interval",
    "difference_interval",
    "difference_z",
    "holm_adjusted",
    "normal_quantile",
    "paired_difference",
    "two_sided_p_value",
    "wilson_interval",
]

MAX_ITEMS = 1e9


class Interval(NamedTuple):
    """Lower and upper limit of a quantity, in its own unit."""

    low: Any
    high: Any


class Difference(NamedTuple):
    """A difference of two proportions with its interval, as fractions."""

    difference: Any
    low: Any
    high: Any


class PairedDifference(NamedTuple):
    """Difference of two solve rates on the same items.

    `difference`, `low` and `high` are fractions (first minus second), `p_value` is exact,
    `only_first` and `only_second` count the items that one alone solved, `items` all of them.
    """

    difference: Any
    low: Any
    high: Any
    p_value: Any
    only_first: Any
    only_second: Any
    items: int


def _fraction(name: str, value: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(errors.require_finite_in(name, value, "fraction", 0.0, 1.0), float)


def _items(name: str, value: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(errors.require_finite_in(name, value, "items", 1, MAX_ITEMS), float)


@scalar_in_scalar_out
def normal_quantile(confidence_fraction: ArrayLike = 0.95) -> Any:
    """Return the two-sided normal quantile of a confidence level, in standard errors.

    Parameters
    ----------
    confidence_fraction : array_like
        Confidence level, fraction, 0 < level < 1.

    Examples
    --------
    >>> round(normal_quantile(0.95), 3)
    1.96
    """
    level = errors.require_finite_in(
        "confidence_fraction", confidence_fraction, "fraction", 1e-9, 1 - 1e-12
    )
    return stats.norm.ppf(0.5 + np.asarray(level, float) / 2)


def wilson_interval(
    score_fraction: ArrayLike, items: ArrayLike, confidence_fraction: ArrayLike = 0.95
) -> Interval:
    r"""Return the Wilson score interval of a proportion.

    .. math::
        \frac{p + \frac{z^2}{2n} \pm z \sqrt{\frac{p(1-p)}{n} + \frac{z^2}{4n^2}}}
             {1 + \frac{z^2}{n}}

    It stays inside 0 to 1 and holds its level on small benchmarks and at scores near 100 %,
    where the textbook interval collapses to a point. Source: `wilson1927probable`.

    Parameters
    ----------
    score_fraction : array_like
        Share of items solved, fraction, 0 to 1. A mean over repeated runs is allowed; the
        interval then still speaks of the choice of items, not of the runs.
    items : array_like
        Number of items, >= 1.
    confidence_fraction : array_like
        Confidence level, fraction.

    Returns
    -------
    Interval
        `low` and `high`, fractions, broadcast over the arguments.

    Raises
    ------
    ComputebookError
        If a score leaves 0 to 1, there are no items, or the level is not between 0 and 1.

    Examples
    --------
    A perfect AIME (30 questions) is compatible with a true solve rate of 88.6 %:

    >>> low, high = wilson_interval(1.0, 30)
    >>> round(low, 3), high
    (0.886, 1.0)
    """
    p, n = _fraction("score_fraction", score_fraction), _items("items", items)
    z2_n = normal_quantile(confidence_fraction) ** 2 / n
    half_width = np.sqrt(z2_n * (p * (1 - p) + z2_n / 4))
    low = (p + z2_n / 2 - half_width) / (1 + z2_n)
    high = (p + z2_n / 2 + half_width) / (1 + z2_n)
    # At 0 and 1 the formula is exact on paper; rounding must not move the estimate outside.
    return Interval(plain(np.clip(low, 0.0, p)), plain(np.clip(high, p, 1.0)))


def difference_interval(
    first_fraction: ArrayLike,
    first_items: ArrayLike,
    second_fraction: ArrayLike,
    second_items: ArrayLike,
    confidence_fraction: ArrayLike = 0.95,
    method: str = "newcombe",
) -> Difference:
    r"""Return the difference of two independent proportions with its interval.

    Newcombe's hybrid score interval joins the Wilson limits :math:`l_i, u_i` of both scores:

    .. math::
        d - \sqrt{(p_1 - l_1)^2 + (u_2 - p_2)^2} \;\le\; \theta \;\le\;
        d + \sqrt{(u_1 - p_1)^2 + (p_2 - l_2)^2}

    Source: `newcombe1998interval`, method 10.

    Parameters
    ----------
    first_fraction, second_fraction : array_like
        Scores, fractions, 0 to 1.
    first_items, second_items : array_like
        Items behind each score, >= 1.
    confidence_fraction : array_like
        Confidence level, fraction.
    method : {"newcombe", "wald"}
        "wald" is the textbook interval, which fails near 0 and 1.

    Returns
    -------
    Difference
        First minus second and its limits, fractions.

    Raises
    ------
    ComputebookError
        If an argument is out of bounds, or the method is unknown.

    Examples
    --------
    >>> d = difference_interval(0.542, 120, 0.376, 120)
    >>> [round(100 * v, 1) for v in d]
    [16.6, 4.0, 28.5]
    """
    p1, n1 = _fraction("first_fraction", first_fraction), _items("first_items", first_items)
    p2, n2 = _fraction("second_fraction", second_fraction), _items("second_items", second_items)
    if method not in ("newcombe", "wald"):
        raise errors.unknown_name("method", method, ["newcombe", "wald"])
    if method == "wald":
        error = np.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
        below = above = normal_quantile(confidence_fraction) * error
    else:
        low1, high1 = wilson_interval(p1, n1, confidence_fraction)
        low2, high2 = wilson_interval(p2, n2, confidence_fraction)
        below, above = np.hypot(p1 - low1, high2 - p2), np.hypot(high1 - p1, p2 - low2)
    difference = p1 - p2
    limits = (difference - below, difference + above)
    return Difference(plain(difference), *(plain(limit) for limit in limits))


@scalar_in_scalar_out
def difference_z(
    first_fraction: ArrayLike,
    first_items: ArrayLike,
    second_fraction: ArrayLike,
    second_items: ArrayLike,
) -> Any:
    r"""Return the pooled two-proportion z statistic, in standard errors.

    .. math:: z = (p_1 - p_2) \Big/ \sqrt{\bar p (1 - \bar p)(1/n_1 + 1/n_2)}

    Zero where both scores are 0 or both are 1. Source: `newcombe1998interval`.

    Parameters
    ----------
    first_fraction, second_fraction : array_like
        Scores, fractions, 0 to 1.
    first_items, second_items : array_like
        Items behind each score, >= 1.

    Examples
    --------
    SWE-bench Verified, 80.0 % against 80.9 % of 500: no difference.

    >>> round(difference_z(0.800, 500, 0.809, 500), 2)
    -0.36
    """
    p1, n1 = _fraction("first_fraction", first_fraction), _items("first_items", first_items)
    p2, n2 = _fraction("second_fraction", second_fraction), _items("second_items", second_items)
    pooled = (p1 * n1 + p2 * n2) / (n1 + n2)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    return np.where(error > 0, (p1 - p2) / np.where(error > 0, error, 1.0), 0.0)


@scalar_in_scalar_out
def two_sided_p_value(z: ArrayLike) -> Any:
    """Return the two-sided normal p-value of a z statistic, fraction.

    Parameters
    ----------
    z : array_like
        Statistic, in standard errors.

    Examples
    --------
    >>> round(two_sided_p_value(1.96), 3)
    0.05
    """
    return 2 * stats.norm.sf(np.abs(np.asarray(z, float)))


def holm_adjusted(p_values: ArrayLike) -> NDArray[np.float64]:
    r"""Return p-values adjusted for making several comparisons at once (Holm's step-down).

    .. math:: \tilde p_{(i)} = \max_{j \le i} \min\{(m - j + 1)\, p_{(j)},\ 1\}

    Comparing an adjusted value with 5 % keeps the chance of even one false lead among the
    :math:`m` at 5 %, whatever their dependence. Source: `holm1979simple`.

    Parameters
    ----------
    p_values : array_like
        p-values of the comparisons made together, fractions, shape (m,).

    Raises
    ------
    ComputebookError
        If a value leaves 0 to 1.

    Examples
    --------
    >>> [round(float(p), 3) for p in holm_adjusted([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    p = _fraction("p_values", p_values).ravel()
    order = np.argsort(p, kind="stable")
    stepped = p[order] * np.arange(p.size, 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted


def paired_difference(
    first_solved: ArrayLike, second_solved: ArrayLike, confidence_fraction: float = 0.95
) -> PairedDifference:
    r"""Return the difference of two solve rates measured on the same items.

    With :math:`b` items solved only by the first model and :math:`c` only by the second,

    .. math::
        d = \frac{b - c}{n}, \qquad
        \mathrm{se}(d) = \frac{1}{n} \sqrt{b + c - \frac{(b - c)^2}{n}}

    and the p-value is McNemar's in its exact binomial form: given :math:`b + c` disagreements,
    either model wins each with even odds. Source: `mcnemar1947note`.

    Parameters
    ----------
    first_solved, second_solved : array_like of bool
        Outcomes in the same order of items, shape (..., items); leading axes broadcast.
    confidence_fraction : float
        Confidence level, fraction.

    Raises
    ------
    ComputebookError
        If the two do not cover the same number of items, or there are none.

    Examples
    --------
    >>> first = [True] * 8 + [False] * 2
    >>> second = [True] * 3 + [False] * 7
    >>> result = paired_difference(first, second)
    >>> result.difference, round(result.p_value, 4)
    (0.5, 0.0625)
    """
    first = _outcomes("first_solved", first_solved)
    second = _outcomes("second_solved", second_solved)
    if first.shape[-1] != second.shape[-1]:
        raise errors.ComputebookError(
            f"first_solved has {first.shape[-1]} items and second_solved {second.shape[-1]}: "
            f"a paired comparison needs the outcomes of both models on the same items"
        )
    n = first.shape[-1]
    only_first, only_second = (first & ~second).sum(-1), (~first & second).sum(-1)
    discordant = only_first + only_second
    difference = (only_first - only_second) / n
    error = np.sqrt(np.maximum(discordant - n * difference**2, 0.0)) / n
    reach = normal_quantile(confidence_fraction) * error
    tail = stats.binom.cdf(np.minimum(only_first, only_second), discordant, 0.5)
    p_value = np.minimum(2 * tail, 1.0)
    limits = Interval(plain(difference - reach), plain(difference + reach))
    counts = (plain(only_first), plain(only_second), n)
    return PairedDifference(plain(difference), *limits, plain(p_value), *counts)


def _outcomes(name: str, solved: ArrayLike) -> NDArray[np.bool_]:
    outcomes = np.asarray(solved)
    if outcomes.ndim == 0 or outcomes.shape[-1] == 0:
        raise errors.ComputebookError(f"{name} = {solved!r} holds no items: at least 1 is needed")
    if not np.isin(outcomes, (0, 1)).all():
        wrong = outcomes[~np.isin(outcomes, (0, 1))].flat[0]
        raise errors.ComputebookError(f"{name} holds {wrong!r}: allowed true, false, 1 and 0")
    return outcomes.astype(bool)


def bootstrap_mean_interval(
    values: ArrayLike,
    confidence_fraction: float = 0.95,
    resamples: int = 10_000,
    seed: int = 20260115,
) -> Interval:
    """Return the percentile bootstrap interval of a mean, in the unit of the values.

    Use it on paired differences of any kind, cost per item for example, where no closed form
    holds. Source: `efron1979bootstrap`.

    Parameters
    ----------
    values : array_like
        One value per item, shape (items,).
    confidence_fraction : float
        Confidence level, fraction.
    resamples : int
        Resampled data sets.
    seed : int
        Seed of the generator: equal seeds give equal limits.

    Examples
    --------
    >>> low, high = bootstrap_mean_interval([1.0, 2.0, 3.0, 4.0], resamples=2_000)
    >>> 1.0 <= low < 2.5 < high <= 4.0
    True
    """
    sample = np.asarray(values, float)
    if sample.ndim != 1 or sample.size == 0 or not np.isfinite(sample).all():
        raise errors.ComputebookError(
            f"values must be a flat list of finite numbers, one per item: got shape {sample.shape}"
        )
    generator = np.random.default_rng(seed)
    # One row of counts per resample: drawing counts is the bootstrap without its n x B indices.
    weights = generator.multinomial(sample.size, np.full(sample.size, 1 / sample.size), resamples)
    means = weights @ sample / sample.size
    tail = (1 - confidence_fraction) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))
