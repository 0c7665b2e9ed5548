"""A calculator of the page: inputs, results, and the library's functions between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np

from computebook import errors, tracing
from computebook.parameters import Parameter, check_parameters

__all__ = ["Calculator", "Field", "Result", "value_text"]

KINDS: Final = ("number", "count")
NO_VALUE: Final = "–"


@dataclass(frozen=True)
class Field:
    """One input as a reader sees it.

    Parameters
    ----------
    parameter : Parameter
        Type, unit, default, bounds and meaning. A choice hands its position to the formula.
    label : str
        What it is, without its unit.
    choices : tuple of str
        Labels of the choices, in their order; empty for a number.
    fills : mapping of str to tuple
        Other inputs that a choice sets, a value for each choice; None leaves them alone.
    below : str
        Another input that this one must stay below; empty for none.

    Raises
    ------
    ComputebookError
        If choices and labels do not match.
    """

    parameter: Parameter
    label: str
    choices: tuple[str, ...] = ()
    fills: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    below: str = ""

    def __post_init__(self) -> None:
        """Reject choices without labels."""
        lists = [self.choices, *self.fills.values()]
        if any(len(entries) != len(self.parameter.choices) for entries in lists):
            raise errors.ComputebookError(
                f"{self.name} has {len(self.parameter.choices)} choices: each needs a label, and "
                "a value of every input that it fills"
            )

    @property
    def name(self) -> str:
        """Name of the parameter."""
        return self.parameter.name

    def position(self, value: Any) -> Any:
        """Return what the formula gets: the position of a choice, or the number itself."""
        return self.parameter.choices.index(value) if self.choices else value

    def value_text(self, value: Any) -> str:
        """Return a value as the page shows it, without its unit."""
        if self.choices:
            return str(self.choices[self.position(value)])
        text = f"{value:,.15g}" if isinstance(value, float) else f"{value:,}"
        return str(text)

    def bounds_text(self) -> str:
        """Return the allowed numbers in words, without their unit; empty for a choice."""
        low, high = self.parameter.low, self.parameter.high
        if self.choices or low is None or high is None:
            return ""
        return f"{low:,.15g} to {high:,.15g}"


@dataclass(frozen=True)
class Result:
    """One result as a reader sees it.

    Parameters
    ----------
    name : str
        Name in the formula's answer.
    label : str
        What it is, without its unit.
    unit : str
        Unit, "" for none.
    kind : {"number", "count"}
        Three significant digits at least, or whole.
    absent : str
        What stands there where there is no finite number.
    """

    name: str
    label: str
    unit: str = ""
    kind: str = "number"
    absent: str = NO_VALUE

    def value_text(self, value: float) -> str:
        """Return a value as the page shows it, without its unit."""
        return value_text(value, self.kind) if math.isfinite(value) else self.absent


def value_text(value: float, kind: str = "number") -> str:
    """Return a finite number as the page shows it.

    Parameters
    ----------
    value : float
        The number.
    kind : {"number", "count"}
        Three significant digits, whole from a thousand on; or whole always.

    Returns
    -------
    str
        With commas between thousands; `calculator.js` writes the same.

    Examples
    --------
    >>> [value_text(x) for x in (12345.6, 12.345, 0.0123456, 0.0)]
    ['12,346', '12.3', '0.0123', '0.00']
    >>> value_text(2.0, "count")
    '2'
    """
    if kind == "count" or abs(value) >= 999.5:
        return f"{value:,.0f}"
    if value == 0:
        return "0.00"
    places = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    return f"{rounded:.{2 - math.floor(math.log10(abs(rounded)))}f}"


@dataclass(frozen=True)
class Calculator:
    """Inputs, results, and a formula that both Python and the page evaluate.

    Parameters
    ----------
    name : str
        Slug; the anchor in the page is `calc-` and this.
    title : str
        What it answers.
    about : str
        MyST inline text: which functions it runs and what they leave out.
    fields : tuple of Field
        Inputs.
    results : tuple of Result
        Results, the one that matters most first.
    formula : callable
        Takes every input by its name, returns every result by its name. It must be traceable.
    """

    name: str
    title: str
    about: str
    fields: tuple[Field, ...]
    results: tuple[Result, ...]
    formula: Callable[..., Mapping[str, Any]]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The declarations of the inputs."""
        return tuple(each.parameter for each in self.fields)

    @cached_property
    def program(self) -> tracing.Program:
        """The formula as the page runs it."""
        return tracing.trace(self.formula, [each.name for each in self.fields])

    def check(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return a value for every input: those given, checked, and defaults for the rest.

        Parameters
        ----------
        values : mapping of str to any
            What is given.

        Raises
        ------
        ComputebookError
            If a name is unknown or a value out of bounds.
        """
        known = dict(check_parameters(self.parameters, values))
        for each in self.fields:
            if each.below and known[each.name] >= known[each.below]:
                raise errors.ComputebookError(
                    f"{each.name} = {known[each.name]} must be below {each.below} = "
                    f"{known[each.below]}"
                )
        return known

    def evaluate(self, values: Mapping[str, Any] | None = None) -> dict[str, float]:
        """Return the results by calling the library's functions, nothing traced.

        Parameters
        ----------
        values : mapping of str to any, optional
            Inputs; the rest have their published values.

        Raises
        ------
        ComputebookError
            If a name is unknown or a value out of bounds.
        """
        known = self.check(values or {})
        inputs = {each.name: each.position(known[each.name]) for each in self.fields}
        with np.errstate(all="ignore"):
            found = self.formula(**inputs)
        return {each.name: float(found[each.name]) for each in self.results}
