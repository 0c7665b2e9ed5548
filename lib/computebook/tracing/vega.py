"""Print a program as Vega expressions: a signal for each value that is used twice."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from computebook import errors
from computebook.tracing.program import Program
from computebook.tracing.recorder import Constant, number_text

__all__ = ["signals"]


def _between(sign: str) -> Callable[..., str]:
    return lambda a, b: f"({a} {sign} {b})"


def _call(name: str) -> Callable[..., str]:
    return lambda *operands: f"{name}({', '.join(operands)})"


_PRINTED: Final[Mapping[str, Callable[..., str]]] = {
    **{operation: _between(sign) for operation, sign in {
        "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "less": "<",
        "less_equal": "<=", "greater": ">", "greater_equal": ">=", "equal": "===",
        "not_equal": "!==", "logical_and": "&&", "logical_or": "||",
    }.items()},
    **{operation: _call(name) for operation, name in {
        "power": "pow", "absolute": "abs", "sqrt": "sqrt", "exp": "exp", "log": "log",
        "floor": "floor", "ceil": "ceil", "minimum": "min", "maximum": "max", "isnan": "isNaN",
        "isfinite": "isFinite",
    }.items()},
    "negative": lambda a: f"(-{a})",
    "logical_not": lambda a: f"(!{a})",
    "floor_divide": lambda a, b: f"floor({a} / {b})",
    "where": lambda condition, yes, no: f"({condition} ? {yes} : {no})",
    "take": lambda values, index: f"{values}[{index}]",
    "stack": lambda *values: f"[{', '.join(values)}]",
}  # fmt: skip
"""Vega has no other operations on numbers, and none on whole lists."""


def signals(program: Program) -> list[dict[str, str]]:
    """Return the signals that compute a program's results from signals of its inputs.

    Parameters
    ----------
    program : Program
        Without arithmetic on whole lists, which Vega has not.

    Returns
    -------
    list of dict
        `name` and `update`, in order; results by their names, shared parts as `_1`, `_2`, ...

    Raises
    ------
    ComputebookError
        If an operation has no counterpart in Vega.

    Examples
    --------
    >>> from computebook.tracing import trace
    >>> signals(trace(lambda x: {"y": (x + 1) * (x + 1) / 3}, ["x"]))
    [{'name': '_1', 'update': '(1 + x)'}, {'name': 'y', 'update': '((_1 * _1) / 3)'}]
    """
    texts: list[str] = [*program.inputs, *map(_literal, program.constants)]
    uses = Counter(operand for step in program.steps for operand in step.operands)
    uses.update(program.outputs.values())
    made: list[dict[str, str]] = []
    for step in program.steps:
        text = _expression(step.operation, [texts[i] for i in step.operands])
        if uses[len(texts)] > 1:
            made.append({"name": f"_{len(made) + 1}", "update": text})
            text = made[-1]["name"]
        texts.append(text)
    results = [{"name": name, "update": texts[at]} for name, at in program.outputs.items()]
    return made + results


def _expression(operation: str, operands: list[str]) -> str:
    if operation not in _PRINTED:
        raise errors.ComputebookError(
            f"{operation} has no counterpart in Vega: known are {', '.join(sorted(_PRINTED))}"
        )
    return _PRINTED[operation](*operands)


def _literal(value: Constant) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, bool | str):
        return json.dumps(value)
    if math.isnan(value) or math.isinf(value):
        # Vega knows the name of NaN, not that of infinity.
        words: dict[Any, str] = {math.inf: "(1 / 0)", -math.inf: "(-1 / 0)"}
        return words.get(value, "NaN")
    return f"({number_text(value)})" if value < 0 else number_text(value)
