"""How the values of one column are printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from computebook import errors, units
from computebook.tables.markdown import escape, protect_dollars, verdict

Format = str | Callable[[Any], str]
Align = Literal["left", "right", "center"]

EMPTY = "–"
SIGNIFICANT_DIGITS = 6
_KEYS = re.compile(r"\s*[|,;]\s*")
_THOUSAND = 1000
_MOST_DECIMALS = 2


def printed_cells(values: pd.Series[Any], chosen: Format | None) -> list[str]:
    """Return the cells of one column as MyST text.

    Parameters
    ----------
    values : pandas.Series
        One column of a table.
    chosen : str, callable or None
        A format as `table` takes it.

    Returns
    -------
    list of str
        An en dash for a missing value.

    Examples
    --------
    >>> printed_cells(pd.Series([0.5, None]), "percent")
    ['50%', '–']
    """
    printed = _column_printer(values, chosen)
    return [EMPTY if _is_missing(value) else printed(value) for value in values]


def default_align(values: pd.Series[Any], chosen: Format | None) -> Align:
    """Return how a column stands: numbers right, all else left.

    Parameters
    ----------
    values : pandas.Series
        One column of a table.
    chosen : str, callable or None
        A format as `table` takes it.

    Returns
    -------
    str
        `left` or `right`.

    Examples
    --------
    >>> default_align(pd.Series([1.5]), None)
    'right'
    """
    if chosen in ("text", "markdown", "cite", "verdict", "yesno"):
        return "left"
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return "right" if numeric else "left"


def _is_missing(value: Any) -> bool:
    return bool(pd.isna(value)) if np.ndim(value) == 0 else len(value) == 0


def _column_printer(values: pd.Series[Any], chosen: Format | None) -> Callable[[Any], str]:
    if callable(chosen):
        return lambda value: escape(str(chosen(value)))
    if chosen is None:
        return _default_printer(values)
    named = _NAMED.get(chosen)
    return named or (lambda value: escape(_minus(_formatted(value, chosen, str(values.name)))))


def _formatted(value: Any, specification: str, column: str) -> str:
    try:
        return format(value, specification)
    except (ValueError, TypeError) as fault:
        raise errors.ComputebookError(
            f"format {specification!r} of column {column!r} does not suit {value!r}: known are "
            f"{', '.join(_NAMED)} and Python's format specifications"
        ) from fault


def _default_printer(values: pd.Series[Any]) -> Callable[[Any], str]:
    if pd.api.types.is_bool_dtype(values):
        return _yes_no
    if pd.api.types.is_numeric_dtype(values):
        decimals = _shared_decimals([float(value) for value in values.dropna()])
        return lambda value: _minus(_number(float(value), decimals))
    return _any_value


def _any_value(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return _yes_no(value)
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, int | float | np.number):
        return _minus(_number(float(value), None))
    return escape(str(value))


def _shared_decimals(values: Sequence[float]) -> int | None:
    """Return how many decimals a column shows, or None where its numbers span too much."""
    if not values or max(abs(value) for value in values) >= _THOUSAND:
        return None
    needed = max(len(_number(value, None).partition(".")[2]) for value in values)
    return needed if needed <= _MOST_DECIMALS else None


def _number(value: float, decimals: int | None) -> str:
    """Return a number with three significant digits below a thousand, at most six above."""
    if decimals is not None:
        return f"{value:,.{decimals}f}"
    if abs(value) >= _THOUSAND:
        return f"{float(f'{value:.{SIGNIFICANT_DIGITS}g}'):,.0f}"
    text = units.format_significant(value, 3)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _minus(text: str) -> str:
    return f"−{text[1:]}" if text.startswith("-") else text


def _yes_no(value: Any) -> str:
    return "yes" if value else "no"


def _percent(value: Any) -> str:
    return _minus(f"{float(value) * 100:.3g}%")


def _cite(value: Any) -> str:
    keys = _KEYS.split(value) if isinstance(value, str) else [str(key) for key in value]
    return f"{{cite}}`{','.join(key for key in keys if key)}`"


_NAMED: dict[str, Callable[[Any], str]] = {
    "text": lambda value: escape(str(value)),
    "markdown": lambda value: protect_dollars(" ".join(str(value).split())).replace("|", r"\|"),
    "percent": _percent,
    "cite": _cite,
    "verdict": lambda value: verdict(str(value)),
    "yesno": _yes_no,
}
