"""Take the value of a parameter as a person writes it, and say what is wrong with it."""

from __future__ import annotations

import re
from typing import Any, Final

from computebook import errors
from computebook.errors import ComputebookError
from computebook.parameters import Parameter

__all__ = ["checked_value"]

_NUMERIC: Final = ("int", "float")
_SEPARATED: Final = re.compile(r"[-+]?\d{1,3}([,_' ]\d{3})+(\.\d+)?|[-+]?\d+(_\d+)+")
_QUANTITY: Final = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([^\d\s].*)")
_LARGEST_EXACT: Final = 2**53


def checked_value(parameter: Parameter, value: Any) -> Any:
    """Return a value of a parameter in its declared type.

    A whole number may be written as `1e6` or `64.0`. Units are not written: they belong to the
    parameter.

    Parameters
    ----------
    parameter : Parameter
        Its declaration.
    value : any
        What the file holds.

    Raises
    ------
    ComputebookError
        If it carries a unit, has the wrong type, is out of bounds or not one of the choices.

    Examples
    --------
    >>> limit = Parameter("limit_ms", "float", "ms", 50.0, 0.5, 1000.0)
    >>> checked_value(limit, 20)
    20.0
    >>> checked_value(limit, "2 s")
    Traceback (most recent call last):
        ...
    computebook.errors.ComputebookError: limit_ms = '2 s' has a bad unit 's': it is in ms, \
write the number of ms alone
    """
    if value is None:
        raise ComputebookError(f"{parameter.name} has no value: write one or leave the line out")
    if isinstance(value, list):
        entries = [_entry(parameter, entry) for entry in value]
        if parameter.kind != "list":
            raise ComputebookError(f"{parameter.name} = {value!r} is a list: one value is needed")
        return parameter.check(entries)
    if parameter.kind == "list":
        raise ComputebookError(f"{parameter.name} = {value!r} is no list: write [{value}]")
    return parameter.check(_entry(parameter, value))


def _entry(parameter: Parameter, value: Any) -> Any:
    kind = _entry_kind(parameter)
    if kind == "int" and isinstance(value, float) and abs(value) < _LARGEST_EXACT:
        return int(value) if value.is_integer() else value
    if kind in _NUMERIC and isinstance(value, str):
        raise _no_number(parameter, value)
    return value


def _entry_kind(parameter: Parameter) -> str:
    if parameter.kind != "list":
        return parameter.kind
    return type(parameter.default[0]).__name__


def _no_number(parameter: Parameter, text: str) -> ComputebookError:
    """Return why text stands where a number is needed, and what to write instead."""
    said = f"{parameter.name} = {text!r}"
    unit = parameter.unit or "no unit"
    quantity = _QUANTITY.fullmatch(text.strip())
    if _SEPARATED.fullmatch(text.strip()):
        bare = re.sub(r"[,_' ]", "", text.strip())
        return ComputebookError(f"{said} is text: write {bare} without separators")
    if quantity and quantity[2].strip() == parameter.unit:
        return ComputebookError(f"{said} is text: it is in {unit} already, write {quantity[1]}")
    if quantity:
        wanted = f"it is in {unit}, write the number of {unit} alone"
        without = "it has no unit, write the number alone"
        return ComputebookError(
            f"{said} has a bad unit {quantity[2].strip()!r}: "
            f"{wanted if parameter.unit else without}"
        )
    bare_number = re.fullmatch(r"[-+]?[\d.]+([eE][-+]?\d+)?", text.strip())
    advice = "write it without quotes" if bare_number else f"a number ({unit}) is needed"
    return errors.ComputebookError(f"{said} is text: {advice}")
