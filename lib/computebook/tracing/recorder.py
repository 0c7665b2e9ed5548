"""A stand-in for a number that notes what is done to it.

It knows operators, NumPy's universal functions and the few array functions of `OPERATIONS`. It
has no truth value and no number inside, so that a formula that branches on a value fails here
and not, silently, in a page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from computebook import errors

__all__ = ["COMMUTATIVE", "INPUT", "OPERATIONS", "Constant", "Traced", "argument", "record", "take"]

Constant = float | bool | str | tuple[float | bool | str, ...]
"""What a formula may hold beside its inputs: a number, a truth value, a name, or a list."""

INPUT: Final = "input"
"""The operation of a node that stands for an input; its one operand is the name."""


def _stack(*values: Any) -> Any:
    return np.stack(np.broadcast_arrays(*values))


def _take(values: Any, index: Any) -> Any:
    return np.asarray(values)[np.asarray(index).astype(int)]


OPERATIONS: Final[Mapping[str, Callable[..., Any]]] = {
    **{
        ufunc.__name__: ufunc
        for ufunc in (
            *(np.add, np.subtract, np.multiply, np.divide, np.power, np.floor_divide, np.remainder),
            *(np.negative, np.absolute, np.sign, np.sqrt, np.exp, np.log, np.log2, np.log10),
            *(np.expm1, np.log1p, np.floor, np.ceil, np.minimum, np.maximum, np.isnan, np.isfinite),
            *(np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal),
            *(np.logical_and, np.logical_or, np.logical_not),
        )
    },
    "where": np.where,
    "take": _take,
    "stack": _stack,
    "argmin": np.argmin,
    "argmax": np.argmax,
    "min": np.min,
    "max": np.max,
    "sum": np.sum,
}
"""Every operation that a page can evaluate, as NumPy does it."""

COMMUTATIVE: Final = frozenset(
    {"add", "multiply", "minimum", "maximum", "equal", "not_equal", "logical_and", "logical_or"}
)
"""Operations whose operands may change places without changing a bit of the result."""

_SAME: Final = {
    "bitwise_and": "logical_and", "bitwise_or": "logical_or", "invert": "logical_not",
    "float_power": "power", "fabs": "absolute",
}  # fmt: skip
_NEUTRAL: Final = {"add": (0.0, True), "subtract": (0.0, False), "multiply": (1.0, True),
                   "divide": (1.0, False), "power": (1.0, False)}  # fmt: skip
_REDUCTIONS: Final = {np.argmin: "argmin", np.argmax: "argmax", np.min: "min", np.max: "max",
                      np.sum: "sum"}  # fmt: skip


class Traced:
    """An input by name, or an operation on other nodes.

    Parameters
    ----------
    operation : str
        `INPUT` or a key of `OPERATIONS`.
    *operands : Traced or Constant
        What it works on; the name of an input.

    Raises
    ------
    ComputebookError
        If a formula does what has no counterpart in a page, or asks for a value.

    Examples
    --------
    >>> x = argument("x")
    >>> np.sqrt(2 * x + 1)
    sqrt(add(multiply(2.0, x), 1.0))
    >>> if x > 0: pass
    Traceback (most recent call last):
        ...
    computebook.errors.ComputebookError: a formula branched on a value: use numpy.where
    """

    __slots__ = ("operands", "operation")
    __hash__ = object.__hash__

    def __init__(self, operation: str, *operands: Traced | Constant) -> None:
        self.operation = operation
        self.operands = operands

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """Record a universal function."""
        name = _SAME.get(ufunc.__name__, ufunc.__name__)
        if method != "__call__" or options or name not in OPERATIONS:
            raise _no_counterpart(f"{ufunc.__name__}.{method}")
        return record(name, *inputs)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        """Record an array function."""
        if function in _FUNCTIONS:
            return _FUNCTIONS[function](*args, **kwargs)
        if function in _REDUCTIONS and len(args) == 1 and not kwargs:
            return record(_REDUCTIONS[function], *args)
        raise _no_counterpart(function.__name__)

    def __bool__(self) -> bool:
        raise errors.ComputebookError("a formula branched on a value: use numpy.where")

    def __float__(self) -> float:
        raise errors.ComputebookError("a formula asked for a number where only its name is known")

    def __repr__(self) -> str:
        if self.operation == INPUT:
            return str(self.operands[0])
        return f"{self.operation}({', '.join(map(repr, self.operands))})"


def _operators() -> None:
    """Give `Traced` every operator, on both sides."""
    binary = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide",
              "pow": "power", "floordiv": "floor_divide", "mod": "remainder",
              "and": "logical_and", "or": "logical_or"}  # fmt: skip
    for name, operation in binary.items():
        setattr(Traced, f"__{name}__", lambda a, b, o=operation: record(o, a, b))
        setattr(Traced, f"__r{name}__", lambda a, b, o=operation: record(o, b, a))
    compared = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
                "eq": "equal", "ne": "not_equal"}  # fmt: skip
    for name, operation in compared.items():
        setattr(Traced, f"__{name}__", lambda a, b, o=operation: record(o, a, b))
    unary = {"neg": "negative", "abs": "absolute", "invert": "logical_not"}
    for name, operation in unary.items():
        setattr(Traced, f"__{name}__", lambda a, o=operation: record(o, a))


_operators()


def argument(name: str) -> Any:
    """Return the stand-in for an input.

    Parameters
    ----------
    name : str
        Name of the input.

    Returns
    -------
    Traced
        Typed as anything, because it goes wherever a number goes.

    Examples
    --------
    >>> argument("users") + 1
    add(users, 1.0)
    """
    return Traced(INPUT, name)


def take(values: Any, position: Any) -> Any:
    """Return one entry of a list, by a position that may be traced.

    `numpy.take` asks only its list whether it is an array of another kind, never its position.

    Parameters
    ----------
    values : array_like of one dimension, or tracer
        Numbers, truth values or texts.
    position : int, float or tracer
        From 0, whole.

    Examples
    --------
    >>> take([1.5, 2.5], 1), take([1.5, 2.5], argument("k"))
    (2.5, take((1.5, 2.5), k))
    """
    if any(map(errors.is_symbolic, (values, position))):
        return record("take", values, position)
    entry = _take(values, position)
    return entry.item() if isinstance(entry, np.generic) else entry


def _no_counterpart(what: str) -> errors.ComputebookError:
    known = ", ".join(sorted(OPERATIONS))
    return errors.ComputebookError(f"{what} has no counterpart in a page: known are {known}")


def record(operation: str, *operands: Any) -> Any:
    """Return the node of an operation, or its value where no input takes part.

    A neutral operand is dropped (`x + 0`, `x * 1`), and a choice between two values whose
    condition is known is made; both leave the result as it was, bit by bit (the sign of a
    zero apart).

    Parameters
    ----------
    operation : str
        A key of `OPERATIONS`.
    *operands : Traced, number, text or array of one dimension
        What it works on.

    Returns
    -------
    Traced or Constant
        The node.

    Raises
    ------
    ComputebookError
        If an operand is neither.

    Examples
    --------
    >>> record("multiply", argument("x"), 1.0), record("where", True, 2.0, argument("x"))
    (x, 2.0)
    """
    nodes = tuple(_operand(value) for value in operands)
    if not any(isinstance(node, Traced) for node in nodes):
        return _operand(OPERATIONS[operation](*nodes))
    return _simplified(operation, nodes) if len(nodes) > 1 else Traced(operation, *nodes)


def _simplified(operation: str, nodes: tuple[Any, ...]) -> Any:
    first, *_, last = nodes
    if operation == "where" and isinstance(first, bool | float):
        return nodes[1] if first else nodes[2]
    if operation == "where" and isinstance(last, Traced) and last is nodes[1]:
        return last
    if operation == "take" and isinstance(first, tuple) and len(set(map(repr, first))) == 1:
        return first[0]
    neutral, either = _NEUTRAL.get(operation, (None, False))
    if neutral is not None and _is_number(last, neutral) and not _is_truth(first):
        return first
    if either and _is_number(first, neutral) and not _is_truth(last):
        return last
    return Traced(operation, *nodes)


def _is_truth(node: Any) -> bool:
    """Return whether a node is true or false: one times that is a number, and is kept."""
    return isinstance(node, Traced) and (
        node.operation.startswith(("less", "greater", "equal", "not_", "logical", "is"))
    )


def _is_number(value: Any, number: Any) -> bool:
    return isinstance(value, float) and value == number


def _operand(value: Any) -> Any:
    """Return an operand as a node or a constant."""
    if isinstance(value, Traced | str | bool):
        return value
    if isinstance(value, np.ndarray | list | tuple):
        return _listed(value)
    if isinstance(value, np.generic):
        return _operand(value.item())
    if isinstance(value, int | float):
        return float(value)
    raise errors.ComputebookError(f"{value!r} is no operand of a formula in a page")


def _listed(values: Any) -> Any:
    """Return a list as a constant, or as a stack where inputs take part in it."""
    entries = np.asarray(values)
    if entries.ndim == 0:
        return _operand(entries.item())
    if entries.ndim > 1:
        raise errors.ComputebookError(
            f"an array of {entries.ndim} dimensions has no counterpart in a page: flatten it"
        )
    nodes = tuple(_operand(entry) for entry in entries.tolist())
    if any(isinstance(node, Traced) for node in nodes):
        return Traced("stack", *nodes)
    return nodes


def _clip(values: Any, low: Any = None, high: Any = None) -> Any:
    above = values if low is None else record("maximum", values, low)
    return above if high is None else record("minimum", above, high)


def _select(conditions: Any, choices: Any, default: Any = 0.0) -> Any:
    chosen = default
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        chosen = record("where", condition, choice, chosen)
    return chosen


def _stacked(arrays: Any, axis: int = 0) -> Any:
    if axis != 0:
        raise _no_counterpart(f"stack along axis {axis}")
    return record("stack", *arrays)


_FUNCTIONS: Final[Mapping[Callable[..., Any], Callable[..., Any]]] = {
    np.where: lambda condition, yes, no: record("where", condition, yes, no),
    np.clip: _clip,
    np.select: _select,
    np.stack: _stacked,
}


def number_text(value: float) -> str:
    """Return a number that reads back as the same number, in JSON and in JavaScript.

    Parameters
    ----------
    value : float
        Any number; infinity is written as one that is too large.

    Examples
    --------
    >>> number_text(0.1), number_text(3.0), number_text(math.inf), number_text(1e22)
    ('0.1', '3', '1e999', '1e+22')
    """
    if math.isinf(value):
        return "1e999" if value > 0 else "-1e999"
    whole = value.is_integer() and abs(value) < 1e15
    return str(int(value)) if whole and (value or not math.copysign(1, value) < 0) else repr(value)
