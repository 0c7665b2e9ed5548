"""Bounds that all training functions share."""

from __future__ import annotations

from typing import Any, Final

from computebook import errors

MAX_ACCELERATORS: Final = 1e8
MAX_S: Final = 1e10


def share(field: str, value: Any) -> Any:
    """Return a share above 0 and at most 1, checked."""
    return errors.require_finite_in(field, value, "of 1", 1e-6, 1.0)


def flop(value: Any) -> Any:
    """Return operations, checked."""
    return errors.require_finite_in("flop", value, "FLOP", 0.0, 1e32)


def rate(value: Any) -> Any:
    """Return a peak rate, checked."""
    return errors.require_finite_in("peak_flop_per_s", value, "FLOP/s", 1.0, 1e21)


def accelerators(value: Any, field: str = "accelerators") -> Any:
    """Return a number of accelerators, checked."""
    return errors.require_finite_in(field, value, "accelerators", 1.0, MAX_ACCELERATORS)


def seconds(field: str, value: Any, low: float = 0.0) -> Any:
    """Return a time, checked."""
    return errors.require_finite_in(field, value, "s", low, MAX_S)
