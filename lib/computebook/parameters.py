"""Declare what a chapter or a briefing can be asked for, and check what it is given.

A `Parameter` states type, unit, bounds and meaning once; the chapter's cell, the command line,
a briefing and the documentation are all checked against it.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from computebook import errors

__all__ = ["EffectiveParameters", "Parameter", "check_parameters"]

KINDS: Final = ("int", "float", "str", "bool", "list")


@dataclass(frozen=True)
class Parameter:
    """One named input: its type, unit, default, bounds and meaning.

    Parameters
    ----------
    name : str
        Name, ending in its unit.
    kind : {"int", "float", "str", "bool", "list"}
        Type. A whole number is accepted as a float; true and false are never numbers.
    unit : str
        Unit as printed, "" for none.
    default : int, float, str, bool or list
        Value where none is given; it must pass its own bounds.
    low, high : float, optional
        Bounds of a number, or of each number in a list, both allowed.
    choices : iterable of str, int or float
        Closed list of values, for each entry of a "list" too; empty for any.
    meaning : str
        One sentence for the reader.

    Raises
    ------
    ComputebookError
        If the kind is unknown or the default breaks the declaration.

    Examples
    --------
    >>> Parameter("batch_size", "int", "sequences", 16, 1, 4096).check(32)
    32
    """

    name: str
    kind: str
    unit: str
    default: Any
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    meaning: str = ""

    def __post_init__(self) -> None:
        """Reject a declaration whose default it would not accept."""
        errors.require_known(f"kind of parameter {self.name!r}", self.kind, KINDS)
        object.__setattr__(self, "choices", tuple(self.choices))
        object.__setattr__(self, "default", self.check(self.default))

    def check(self, value: Any) -> Any:
        """Return a value as its declared type.

        Parameters
        ----------
        value : any
            What was given.

        Raises
        ------
        ComputebookError
            If it has the wrong type, is not finite, out of bounds or not one of the choices.

        Examples
        --------
        >>> Parameter("load_fraction", "float", "", 0.5, 0, 1).check(1)
        1.0
        """
        if self.kind == "list":
            return self._check_list(value)
        return self._check_one(value, self.kind)

    def _check_list(self, value: Any) -> list[Any]:
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            raise self._wrong_type(value, "list")
        entries = list(value)
        if not entries:
            raise errors.ComputebookError(f"{self.name} = [] is empty: at least 1 entry is needed")
        return [self._check_one(entry, self._entry_kind()) for entry in entries]

    def _entry_kind(self) -> str:
        """Return the type of a list's entries: what the first entry of the default has."""
        first = next(iter(self.default))
        return next(kind for kind in ("bool", "int", "float", "str") if _is_a(first, kind))

    def _check_one(self, value: Any, kind: str) -> Any:
        if not _is_a(value, kind):
            raise self._wrong_type(value, kind)
        if kind == "str":
            return errors.require_known(self.name, value, self.choices) if self.choices else value
        if self.choices and value not in self.choices:
            unit, known = f" {self.unit}" if self.unit else "", ", ".join(map(str, self.choices))
            raise errors.ComputebookError(f"{self.name} = {value}{unit} is not one of {known}")
        return bool(value) if kind == "bool" else self._within_bounds(value, kind)

    def _within_bounds(self, value: Any, kind: str) -> int | float:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        errors.require_finite_in(self.name, value, self.unit, low, high)
        return int(value) if kind == "int" else float(value)

    def _wrong_type(self, value: Any, kind: str) -> errors.ComputebookError:
        unit = f" ({self.unit})" if self.unit else ""
        words = {"int": "a whole number", "float": "a number", "str": "text", "list": "a list"}
        return errors.ComputebookError(
            f"{self.name} = {value!r} is {type(value).__name__}: "
            f"{words.get(kind, 'true or false')}{unit} is needed"
        )


def _is_a(value: Any, kind: str) -> bool:
    # NumPy's true and false are no numbers.Number, Python's are: neither may pass as a number.
    truth = isinstance(value, bool) or type(value).__name__ == "bool_"
    tests = {
        "bool": truth,
        "int": isinstance(value, numbers.Integral) and not truth,
        "float": isinstance(value, numbers.Real) and not truth,
        "str": isinstance(value, str),
    }
    return tests[kind]


class EffectiveParameters(Mapping[str, Any]):
    """Checked values by name, and which of them were given rather than defaults.

    It is a read-only mapping: `function(**effective)` works.

    Parameters
    ----------
    parameters : tuple of Parameter
        The declarations.
    values : mapping
        A checked value for each.
    overridden : frozenset of str
        Names that were given a value other than the default.
    """

    def __init__(
        self,
        parameters: tuple[Parameter, ...],
        values: Mapping[str, Any],
        overridden: frozenset[str],
    ) -> None:
        self.parameters = parameters
        self.overridden = overridden
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        """Return the value in force."""
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in the order of the declarations."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return the number of parameters."""
        return len(self._values)

    def __repr__(self) -> str:
        """Return the values in force as text."""
        return f"EffectiveParameters({self._values}, overridden={sorted(self.overridden)})"

    def table(self) -> pd.DataFrame:
        """Return one row per parameter: name, value, unit, default, overridden and meaning.

        Examples
        --------
        >>> batch = Parameter("batch_size", "int", "sequences", 16, meaning="Sequences together.")
        >>> check_parameters([batch], {"batch_size": 32}).table()["overridden"].tolist()
        [True]
        """
        rows = [
            (p.name, self[p.name], p.unit, p.default, p.name in self.overridden, p.meaning)
            for p in self.parameters
        ]
        columns = ["name", "value", "unit", "default", "overridden", "meaning"]
        return pd.DataFrame(rows, columns=columns)


def check_parameters(
    parameters: Iterable[Parameter], values: Mapping[str, Any]
) -> EffectiveParameters:
    """Return the values in force: what was given, checked, and defaults for the rest.

    Parameters
    ----------
    parameters : iterable of Parameter
        Everything that may be given.
    values : mapping of str to any
        What was given.

    Returns
    -------
    EffectiveParameters
        A mapping with a value for each parameter, and the names that were overridden.

    Raises
    ------
    ComputebookError
        If a name is unknown (the nearest is suggested), or a value has the wrong type, is out
        of bounds or not finite. All faults are named in one message.

    Examples
    --------
    >>> declared = [Parameter("batch_size", "int", "sequences", 16, 1, 4096),
    ...             Parameter("load_fraction", "float", "", 0.5, 0.01, 1)]
    >>> effective = check_parameters(declared, {"batch_size": 32})
    >>> dict(effective), sorted(effective.overridden)
    ({'batch_size': 32, 'load_fraction': 0.5}, ['batch_size'])
    """
    declared = {parameter.name: parameter for parameter in parameters}
    unknown = [name for name in values if name not in declared]
    faults = [str(errors.unknown_name("parameter", name, declared)) for name in unknown]
    effective = {name: parameter.default for name, parameter in declared.items()}
    for name in declared.keys() & values.keys():
        try:
            effective[name] = declared[name].check(values[name])
        except errors.ComputebookError as fault:
            faults.append(str(fault))
    if faults:
        raise errors.ComputebookError("; ".join(sorted(faults)))
    changed = {name for name in values if effective[name] != declared[name].default}
    return EffectiveParameters(tuple(declared.values()), effective, frozenset(changed))
