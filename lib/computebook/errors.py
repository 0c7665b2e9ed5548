"""The one exception of the package and the checks that raise it.

A message names the field, the offending value, its unit and the bound, and offers the nearest
valid name, so that a planner can correct an input without reading any code.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

__all__ = [
    "ComputebookError",
    "is_symbolic",
    "nearest_name",
    "out_of_bounds",
    "require_finite_in",
    "require_known",
    "unknown_name",
]

_KNOWN_SHOWN = 12


class ComputebookError(ValueError):
    """Any input, table or scenario that the package cannot accept.

    Examples
    --------
    >>> issubclass(ComputebookError, ValueError)
    True
    """


def nearest_name(value: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to a misspelt one.

    Parameters
    ----------
    value : str
        What the user typed; case is ignored.
    known : iterable of str
        The names that would have been accepted.

    Returns
    -------
    str or None
        The closest name by `difflib`, or None when nothing comes close.

    Examples
    --------
    >>> nearest_name("H10-sxm", ["h100-sxm", "b200-sxm"])
    'h100-sxm'
    >>> nearest_name("abacus", ["h100-sxm", "b200-sxm"]) is None
    True
    """
    by_lower_case = {name.lower(): name for name in known}
    matches = difflib.get_close_matches(value.lower(), by_lower_case, n=1, cutoff=0.5)
    return by_lower_case[matches[0]] if matches else None


def unknown_name(field: str, value: str | Sequence[str], known: Iterable[str]) -> ComputebookError:
    """Return the error for one or several names that are not in a closed list.

    Parameters
    ----------
    field : str
        What the name stands for, for example ``"gpu"``.
    value : str or sequence of str
        The unknown name or names.
    known : iterable of str
        The accepted names; at most 12 of them are printed.

    Returns
    -------
    ComputebookError
        To be raised by the caller.

    Examples
    --------
    >>> print(unknown_name("gpu", "h10-sxm", ["h100-sxm", "b200-sxm"]))
    unknown gpu 'h10-sxm': did you mean 'h100-sxm'? Known: b200-sxm, h100-sxm
    >>> print(unknown_name("gpu", ["h10-sxm", "abacus"], ["h100-sxm", "b200-sxm"]))
    unknown gpu 'h10-sxm', 'abacus': did you mean 'h100-sxm'? Known: b200-sxm, h100-sxm
    """
    names = [value] if isinstance(value, str) else [str(name) for name in value]
    accepted = sorted({str(name) for name in known})
    nearest = [near for near in (nearest_name(name, accepted) for name in names) if near]
    quoted = ", ".join(repr(name) for name in names)
    hint = f"did you mean {', '.join(repr(near) for near in nearest)}? " if nearest else ""
    shown = ", ".join(accepted[:_KNOWN_SHOWN]) or "none"
    more = len(accepted) - _KNOWN_SHOWN
    tail = f" and {more} more" if more > 0 else ""
    return ComputebookError(f"unknown {field} {quoted}: {hint}Known: {shown}{tail}")


def require_known(field: str, value: str, known: Iterable[str]) -> str:
    """Return a name unchanged if it belongs to a closed list.

    Parameters
    ----------
    field : str
        What the name stands for.
    value : str
        The name to check.
    known : iterable of str
        The accepted names.

    Returns
    -------
    str
        `value`.

    Raises
    ------
    ComputebookError
        If `value` is not one of `known`.

    Examples
    --------
    >>> require_known("precision", "fp8", ("bf16", "fp8"))
    'fp8'
    """
    accepted = tuple(known)
    if value not in accepted:
        raise unknown_name(field, str(value), accepted)
    return value


def out_of_bounds(field: str, value: Any, unit: str, low: float, high: float) -> ComputebookError:
    """Return the error for a number outside its bounds.

    Parameters
    ----------
    field : str
        Name of the argument, column or parameter.
    value : number
        The offending value (of an array: the first one).
    unit : str
        Unit as printed after the number; empty for a pure number.
    low, high : float
        Bounds, both allowed.

    Returns
    -------
    ComputebookError
        To be raised by the caller.

    Examples
    --------
    >>> print(out_of_bounds("context_tokens", -5, "tokens", 0, 1e8))
    context_tokens = -5 tokens is out of bounds: allowed 0 to 1e+08 tokens
    >>> print(out_of_bounds("pue", 0.9, "", 1, 3))
    pue = 0.9 is out of bounds: allowed 1 to 3
    """
    suffix = f" {unit}" if unit else ""
    number = value if isinstance(value, str) else f"{value:.6g}"
    return ComputebookError(
        f"{field} = {number}{suffix} is out of bounds: allowed {low:g} to {high:g}{suffix}"
    )


def is_symbolic(value: Any) -> bool:
    """Return whether a value is an expression recorder rather than numbers.

    A tracer implements NumPy's ``__array_ufunc__`` but cannot be turned into an array; its
    bounds are checked by whoever evaluates the recorded expression.

    Parameters
    ----------
    value : any
        An argument of a physics function.

    Returns
    -------
    bool
        True for a tracer, False for numbers, arrays, lists and pandas objects.

    Examples
    --------
    >>> is_symbolic(3.0), is_symbolic(np.ones(2)), is_symbolic("3")
    (False, False, False)
    """
    return hasattr(type(value), "__array_ufunc__") and not hasattr(type(value), "__array__")


def require_finite_in(field: str, value: Any, unit: str, low: float, high: float) -> Any:
    """Return numbers after checking that each is finite and within bounds.

    Parameters
    ----------
    field : str
        Name of the argument, for the message.
    value : number, array_like or tracer
        What to check; a tracer is returned unchanged.
    unit : str
        Unit of the value, for the message.
    low, high : float
        Bounds, both allowed; ``numpy.inf`` for none. Infinity itself is never accepted.

    Returns
    -------
    number, numpy.ndarray or tracer
        A scalar or tracer as it came; a list, tuple, Series or array as an array.

    Raises
    ------
    ComputebookError
        If a value is no number, is NaN or infinite, or lies outside the bounds.

    Examples
    --------
    >>> require_finite_in("batch_size", [1, 2], "sequences", 1, 4096)
    array([1, 2])
    >>> require_finite_in("batch_size", 8, "sequences", 1, 4096)
    8
    >>> require_finite_in("batch_size", float("nan"), "sequences", 1, 4096)
    Traceback (most recent call last):
        ...
    computebook.errors.ComputebookError: batch_size = nan sequences is out of bounds: \
allowed 1 to 4096 sequences
    """
    if is_symbolic(value):
        return value
    numbers = np.asarray(value)
    if numbers.dtype.kind not in "iuf":
        suffix = f" in {unit}" if unit else ""
        raise ComputebookError(f"{field} = {value!r} is not a number{suffix}")
    wrong = ~(np.isfinite(numbers) & (numbers >= low) & (numbers <= high))
    if wrong.any():
        raise out_of_bounds(field, numbers[wrong].flat[0], unit, low, high)
    return numbers if np.ndim(value) else value
