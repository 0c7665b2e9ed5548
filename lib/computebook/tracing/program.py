"""The steps of a formula in order, each once, as a page evaluates them."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from computebook import errors
from computebook.tracing.recorder import (
    COMMUTATIVE,
    INPUT,
    OPERATIONS,
    Constant,
    Traced,
    argument,
    number_text,
)

__all__ = ["Program", "Step", "trace"]


@dataclass(frozen=True)
class Step:
    """One operation on values that stand before it.

    Parameters
    ----------
    operation : str
        A key of `tracing.OPERATIONS`.
    operands : tuple of int
        Positions: inputs first, then constants, then the steps in order.
    """

    operation: str
    operands: tuple[int, ...]


@dataclass(frozen=True)
class Program:
    """A formula as a list of steps; equal parts are computed once.

    Parameters
    ----------
    inputs : tuple of str
        Names, in the order of their positions.
    constants : tuple of Constant
        What the steps use beside the inputs.
    steps : tuple of Step
        In order.
    outputs : mapping of str to int
        Position of each result.

    Examples
    --------
    >>> def formula(x, y):
    ...     return {"r": np.sqrt(x * x + y * y), "twice": 2 * np.sqrt(x * x + y * y)}
    >>> program = trace(formula, ["x", "y"])
    >>> len(program.steps), float(program.evaluate({"x": 3.0, "y": 4.0})["r"])
    (5, 5.0)
    """

    inputs: tuple[str, ...]
    constants: tuple[Constant, ...]
    steps: tuple[Step, ...]
    outputs: Mapping[str, int]

    def evaluate(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the results for values of the inputs, by NumPy.

        Parameters
        ----------
        values : mapping of str to float or array
            One for each input.

        Raises
        ------
        ComputebookError
            If an input is missing.
        """
        missing = [name for name in self.inputs if name not in values]
        if missing:
            raise errors.ComputebookError(f"no value is given for {', '.join(missing)}")
        known: list[Any] = [values[name] for name in self.inputs]
        known += [np.array(c) if isinstance(c, tuple) else c for c in self.constants]
        with np.errstate(all="ignore"):
            for step in self.steps:
                known.append(OPERATIONS[step.operation](*(known[i] for i in step.operands)))
        return {name: known[position] for name, position in self.outputs.items()}

    def to_json(self) -> str:
        """Return the program as compact JSON for `calculator.js`.

        Steps are one text, `operation operand operand;...`, the operation by its place in the
        list of those that occur. NaN is null, infinity 1e999, truth in a list 1 or 0. A list that
        repeats itself is `{"of": list, "each": n, "times": m}`: each entry n times, all of that
        m times.
        """
        names = sorted({step.operation for step in self.steps})
        place = {name: position for position, name in enumerate(names)}
        steps = ";".join(
            " ".join(map(str, (place[step.operation], *step.operands))) for step in self.steps
        )
        constants = ",".join(map(_constant_text, self.constants))
        rest = {"inputs": list(self.inputs), "operations": names, "steps": steps,
                "outputs": dict(self.outputs)}  # fmt: skip
        return f'{json.dumps(rest, separators=(",", ":"))[:-1]},"constants":[{constants}]}}'


def _constant_text(value: Constant) -> str:
    if isinstance(value, tuple):
        truths = {True: "1", False: "0"}
        return _list_text([truths[e] if isinstance(e, bool) else _constant_text(e) for e in value])
    if isinstance(value, bool | str):
        return json.dumps(value)
    return "null" if math.isnan(value) else number_text(value)


def _list_text(entries: list[str]) -> str:
    """Return a list, in short where it repeats itself."""
    each = math.gcd(*(len(list(run)) for _, run in itertools.groupby(entries)))
    short = entries[::each]
    period = next(n for n in range(1, len(short) + 1) if _repeats(short, n))
    listed = ",".join(short[:period])
    if period == len(entries):
        return f"[{listed}]"
    return f'{{"of":[{listed}],"each":{each},"times":{len(short) // period}}}'


def _repeats(entries: list[str], period: int) -> bool:
    return len(entries) % period == 0 and entries == entries[:period] * (len(entries) // period)


class _Builder:
    """Number the nodes below some results, equal ones alike."""

    def __init__(self, inputs: Sequence[str]) -> None:
        self.inputs = tuple(inputs)
        self.constants: dict[str, tuple[int, Constant]] = {}
        self.steps: dict[tuple[str, tuple[Any, ...]], int] = {}
        self.place: dict[int, Any] = {}
        self.kept: list[Traced] = []

    def key(self, node: Traced | Constant) -> Any:
        """Return what stands for a node in the operands of another: its kind and number."""
        if isinstance(node, Traced):
            return self.place[id(node)]
        text = _constant_text(node)
        return "constant", self.constants.setdefault(text, (len(self.constants), node))[0]

    def add(self, root: Traced | Constant) -> Any:
        """Return the key of a result, after numbering all below it, operands first."""
        waiting = [root] if isinstance(root, Traced) else []
        while waiting:
            node = waiting[-1]
            below = [o for o in node.operands if isinstance(o, Traced)]
            open_ones = [o for o in below if id(o) not in self.place]
            if id(node) not in self.place and open_ones:
                waiting.extend(reversed(open_ones))
                continue
            waiting.pop()
            if id(node) not in self.place:
                self.place[id(node)] = self._number(node)
                self.kept.append(node)  # an id is unique only while its node lives
        return self.key(root)

    def _number(self, node: Traced) -> Any:
        if node.operation == INPUT:
            name = str(node.operands[0])
            return "input", self.inputs.index(errors.require_known("input", name, self.inputs))
        keys = tuple(self.key(operand) for operand in node.operands)
        keys = tuple(sorted(keys)) if node.operation in COMMUTATIVE else keys
        return "step", self.steps.setdefault((node.operation, keys), len(self.steps))

    def position(self, key: Any) -> int:
        """Return the position of a key once all are numbered."""
        kind, number = key
        before = {"input": 0, "constant": len(self.inputs)}
        return int(before.get(kind, len(self.inputs) + len(self.constants)) + number)


def trace(function: Callable[..., Mapping[str, Any]], inputs: Sequence[str]) -> Program:
    """Return the program of a function of numbers.

    Parameters
    ----------
    function : callable
        Takes each input by its name and returns results by theirs.
    inputs : sequence of str
        Names of the inputs.

    Returns
    -------
    Program
        Equal to the function on every input.

    Raises
    ------
    ComputebookError
        If the function branches on a value or does what has no counterpart in a page.

    Examples
    --------
    >>> trace(lambda x: {"half": x / 2}, ["x"]).to_json()
    '{"inputs":["x"],"operations":["divide"],"steps":"0 0 1","outputs":{"half":2},"constants":[2]}'
    """
    results = function(**{name: argument(name) for name in inputs})
    builder = _Builder(inputs)
    keys = {name: builder.add(_plain(value)) for name, value in results.items()}
    steps = tuple(
        Step(operation, tuple(map(builder.position, operands)))
        for operation, operands in builder.steps
    )
    constants = tuple(value for _, value in builder.constants.values())
    outputs = {name: builder.position(key) for name, key in keys.items()}
    return Program(builder.inputs, constants, steps, outputs)


def _plain(value: Any) -> Any:
    """Return a result as a node or a constant: results may depend on no input."""
    if isinstance(value, Traced | str | bool):
        return value
    return float(np.asarray(value).item())
