"""Quantities as a planner types them: a number and a unit from a short list, nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from computebook import errors

__all__ = ["KINDS", "parse"]

_NUMBER: Final = re.compile(r"\s*(\$?)\s*([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*(\S*)\s*")
_NEGATIVE: Final = re.compile(r"\s*\$?\s*-\s*[0-9.]")

KINDS: Final[Mapping[str, tuple[Mapping[str, float], str]]] = {
    "duration": ({"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0}, "2s or 50ms"),
    "tokens": ({"": 1.0, "k": 1e3, "Ki": 1024.0, "M": 1e6}, "8000, 8k or 128Ki"),
    "amount": ({"": 1.0, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}, "15.6e12 or 15.6T"),
    "count": ({"": 1.0, "k": 1e3, "M": 1e6}, "200 or 1.5k"),
    "rate": ({"": 1.0, "/s": 1.0, "/min": 1 / 60, "/h": 1 / 3600}, "12/s or 700/min"),
    "share": ({"": 1.0, "%": 0.01}, "0.5 or 50%"),
    "price": ({"": 1.0, "/h": 1.0}, "3.5 or $3.5/h"),
}
"""Units of each kind with their size in base units, and an example. No unit: the base unit."""

# 8K tokens could be 8,000 or 8,192; a plain number has no such other reading.
_PLAIN: Final = ("amount", "count")


def parse(field: str, text: str, kind: str) -> float:
    """Return a typed quantity in base units: seconds, tokens, per second, shares of one, $/h.

    A duration must carry its unit, because a bare number could be seconds or milliseconds.

    Parameters
    ----------
    field : str
        What the quantity is, for the message.
    text : str
        Number and unit, a space between them at most.
    kind : str
        One of `KINDS`.

    Returns
    -------
    float
        Value in the base unit of the kind.

    Raises
    ------
    ComputebookError
        If the text is no number with one of the units of the kind.

    Examples
    --------
    >>> parse("tpot", "50ms", "duration"), parse("tpot", "0.05 s", "duration")
    (0.05, 0.05)
    >>> parse("input", "8k", "tokens"), parse("input", "128Ki", "tokens")
    (8000.0, 131072.0)
    >>> parse("params", "405b", "amount"), parse("count", "100K", "count")
    (405000000000.0, 100000.0)
    >>> parse("ttft", "2", "duration")
    Traceback (most recent call last):
        ...
    computebook.errors.ComputebookError: ttft = '2' has no unit: write a number with \
s, ms, us or min, for example 2s or 50ms
    """
    units, example = KINDS[errors.require_known("kind of quantity", kind, KINDS)]
    found = _NUMBER.fullmatch(text)
    if found is None or (found[1] and kind != "price"):
        wrong = "is negative" if _NEGATIVE.match(text) else "is not a number"
        raise errors.ComputebookError(f"{field} = {text!r} {wrong}: write {example}")
    unit = _unit(found[3], kind)
    if unit is None:
        wrong = f"has unknown unit {found[3]!r}" if found[3] else "has no unit"
        raise errors.ComputebookError(
            f"{field} = {text!r} {wrong}: write a number with {_words(units)}, "
            f"for example {example}"
        )
    # Dividing by 1,000 rounds once; multiplying by 0.001 would give 0.050000000000000003.
    scale = units[unit]
    return float(found[2]) / (1 / scale) if scale < 1 else float(found[2]) * scale


def _unit(typed: str, kind: str) -> str | None:
    """Return the unit meant; of a plain number in any case, as in 405b."""
    units = KINDS[kind][0]
    if typed in units or kind not in _PLAIN:
        return typed if typed in units else None
    return next((unit for unit in units if unit.lower() == typed.lower()), None)


def _words(units: Mapping[str, float]) -> str:
    """Return the allowed units as words."""
    names = [name or "no unit" for name in units]
    return f"{', '.join(names[:-1])} or {names[-1]}"
