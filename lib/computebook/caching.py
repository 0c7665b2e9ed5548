"""When a prompt cache pays: write surcharge, lifetime and expiry under random arrivals.

A cached prefix is written once, read cheaply, and written again when it has expired. Whether that
costs less than sending it each time depends on how often it is used and how long it lives.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from computebook import errors
from computebook.units import SECONDS_PER_HOUR, Quantity, scalar_in_scalar_out

__all__ = [
    "break_even_hit_fraction",
    "break_even_uses_per_hour",
    "cache_hit_fraction",
    "prefix_cost_ratio",
]


def _rate(uses_per_hour: Any) -> Any:
    return errors.require_finite_in("uses_per_hour", uses_per_hour, "uses/h", 0.0, 1e12)


def _lifetime(lifetime_s: Any) -> Any:
    return errors.require_finite_in("lifetime_s", lifetime_s, "s", 1e-3, 1e9)


@scalar_in_scalar_out
def cache_hit_fraction(
    uses_per_hour: Quantity, lifetime_s: Quantity, *, renewed: bool = True
) -> Any:
    r"""Return the share of uses that find their prefix in the cache, under random arrivals.

    .. math:: h = 1 - e^{-\lambda\tau} \quad\text{or}\quad \frac{\lambda\tau}{1+\lambda\tau}

    for Poisson arrivals of rate :math:`\lambda`: the first where a read renews the lifetime
    :math:`\tau` (Anthropic), the second where it runs from the write.

    Source: `pydantic2026genaiprices` for the lifetimes that are priced; the shares follow from
    the exponential gaps of Poisson arrivals.

    Parameters
    ----------
    uses_per_hour : float or array
        Requests an hour that share the prefix, >= 0.
    lifetime_s : float or array
        Time that an entry lives, s.
    renewed : bool
        Whether a read starts the lifetime anew.

    Examples
    --------
    Twelve uses an hour, five minutes of life: on average one use per lifetime.

    >>> round(cache_hit_fraction(12, 300), 3), cache_hit_fraction(12, 300, renewed=False)
    (0.632, 0.5)
    """
    expected = _rate(uses_per_hour) * _lifetime(lifetime_s) / SECONDS_PER_HOUR
    return -np.expm1(-expected) if renewed else expected / (1 + expected)


def _multipliers(write_multiplier: Any, read_multiplier: Any) -> tuple[Any, Any]:
    write = errors.require_finite_in("write_multiplier", write_multiplier, "", 0.0, 100.0)
    return write, errors.require_finite_in("read_multiplier", read_multiplier, "", 0.0, 100.0)


def _uses(uses: Any) -> Any:
    """Return checked uses of a prefix; infinite ones mean that it is never retired."""
    count = np.asarray(uses, float)
    errors.require_finite_in("uses", np.where(np.isposinf(count), 1.0, count), "requests", 1, 1e15)
    return count


@scalar_in_scalar_out
def prefix_cost_ratio(
    hit_fraction: Quantity,
    write_multiplier: Quantity,
    read_multiplier: Quantity,
    uses: Quantity = np.inf,
) -> Any:
    r"""Return the cost of a prefix that is cached over that of sending it each time.

    .. math:: \frac{w + (n - 1)\,[h\,r + (1 - h)\,w]}{n}

    The first of :math:`n` uses writes, and so does every miss: a cache that expires between uses
    costs more than none.

    Parameters
    ----------
    hit_fraction : float or array
        Share of the later uses that find the prefix, 0 to 1; see `cache_hit_fraction`.
    write_multiplier, read_multiplier : float or array
        Price of a written and of a read token over a new one.
    uses : float or array
        Requests that share the prefix before it is retired, >= 1; endless by default.

    Examples
    --------
    >>> prefix_cost_ratio([0.0, 1.0], 1.25, 0.1).tolist()
    [1.25, 0.1]
    >>> round(prefix_cost_ratio(1.0, 1.25, 0.1, uses=10), 3)
    0.215
    """
    hit = errors.require_finite_in("hit_fraction", hit_fraction, "of 1", 0.0, 1.0)
    write, read = _multipliers(write_multiplier, read_multiplier)
    later = hit * read + (1 - hit) * write
    return later + (write - later) / _uses(uses)


@scalar_in_scalar_out
def break_even_hit_fraction(
    write_multiplier: Quantity, read_multiplier: Quantity, uses: Quantity = np.inf
) -> Any:
    r"""Return the share of hits from which a cache costs no more than none.

    .. math:: h^* = \frac{n\,(w - 1)}{(n - 1)\,(w - r)}

    Parameters
    ----------
    write_multiplier, read_multiplier : float or array
        Price of a written and of a read token over a new one; reading costs less than writing.
    uses : float or array
        Requests that share the prefix, >= 1; endless by default.

    Returns
    -------
    float or array
        0 where writing has no surcharge; above 1 where no share of hits is enough.

    Raises
    ------
    ComputebookError
        If reading saves nothing.

    Examples
    --------
    >>> break_even_hit_fraction([1.0, 1.25, 2.0], 0.1).round(3).tolist()
    [0.0, 0.217, 0.526]
    """
    write, _ = _multipliers(write_multiplier, read_multiplier)
    read = errors.require_finite_in("read_multiplier", read_multiplier, "", 0.0, 1 - 1e-9)
    count = np.multiply(_uses(uses), 1.0)
    surcharge = np.maximum(np.multiply(write, 1.0) - 1, 0.0)
    later = np.where(count > 1, count - 1, np.nan)
    needed = surcharge / (np.maximum(write, 1.0) - read) * (1 + 1 / later)
    return np.where(surcharge == 0, 0.0, np.where(count > 1, needed, np.inf))


@scalar_in_scalar_out
def break_even_uses_per_hour(
    write_multiplier: Quantity,
    read_multiplier: Quantity,
    lifetime_s: Quantity,
    uses: Quantity = np.inf,
    *,
    renewed: bool = True,
) -> Any:
    r"""Return the rate of uses from which a cache costs no more than none, uses per hour.

    .. math:: \lambda^* = \frac{-\ln(1 - h^*)}{\tau} \quad\text{or}\quad
        \frac{h^*}{(1 - h^*)\,\tau}

    Parameters
    ----------
    write_multiplier, read_multiplier : float or array
        Price of a written and of a read token over a new one.
    lifetime_s : float or array
        Time that an entry lives, s.
    uses : float or array
        Requests that share the prefix, >= 1; endless by default.
    renewed : bool
        Whether a read starts the lifetime anew.

    Returns
    -------
    float or array
        Infinite where even a certain hit is not enough.

    Examples
    --------
    Anthropic's five minutes and one hour:

    >>> break_even_uses_per_hour([1.25, 2.0], 0.1, [300, 3_600]).round(2).tolist()
    [2.94, 0.75]
    """
    hit = np.asarray(break_even_hit_fraction(write_multiplier, read_multiplier, uses))
    enough = hit < 1
    share = np.where(enough, hit, 0.0)
    expected = -np.log1p(-share) if renewed else share / (1 - share)
    return np.where(enough, expected * SECONDS_PER_HOUR / _lifetime(lifetime_s), np.inf)
