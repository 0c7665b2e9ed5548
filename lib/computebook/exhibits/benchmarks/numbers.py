"""How the chapter on benchmarks prints differences and probabilities."""

from __future__ import annotations

import math

__all__ = ["adjustment", "p_value", "signed"]

_ADJUSTED = {
    "holm": "adjusted by Holm's method",
    "bonferroni": "adjusted by Bonferroni's method",
    "none": "not adjusted",
}
LEAST_P = 0.001
NUDGE = 1e-9


def signed(value: float, decimals: int = 1) -> str:
    """Return a difference with its sign, halves rounded away from zero.

    54.16 less 52.91 is a hair under 1.25 in floating point; a reader expects 1.3.

    Parameters
    ----------
    value : float
        A difference, in any unit.
    decimals : int
        Digits after the point.

    Examples
    --------
    >>> signed(54.16 - 52.91), signed(-11.2)
    ('+1.3', '−11.2')
    """
    nudged = value + math.copysign(NUDGE, value)
    return f"{nudged:+.{decimals}f}".replace("-", "−")


def p_value(value: float) -> str:
    """Return a p-value, never as zero.

    Parameters
    ----------
    value : float
        Fraction, 0 to 1.

    Examples
    --------
    >>> p_value(0.0446), p_value(1e-9)
    ('0.045', '<0.001')
    """
    return f"<{LEAST_P}" if value < LEAST_P else f"{value:.3f}"


def adjustment(multiple_comparisons: str) -> str:
    """Return what was done to the p-values, in words.

    Parameters
    ----------
    multiple_comparisons : {"holm", "bonferroni", "none"}
        The adjustment.

    Examples
    --------
    >>> adjustment("none")
    'not adjusted'
    """
    return _ADJUSTED[multiple_comparisons]
