"""Numbers that moved: in sentences with the same wording, and in tables with the same rows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

__all__ = ["Move", "aligned", "cell_moves", "moved_numbers", "relative_change", "wording"]

#: Not within a name such as GPT-5.2, H100 or ARC-AGI-2, nor followed by the rest of one.
_NUMBER: Final = re.compile(r"(?<![\w.\-])[−+]?\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|[-.]\d)")
_DATE: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}|(?:\d{1,2} )?(?:January|February|March|April|May|June|July|August|"
    r"September|October|November|December) \d{4}"
)
#: The word before a number that belongs to a name, such as Claude Opus 4.5.
_NAME_BEFORE: Final = re.compile(r"(?<![.:;?!] )(?<!^)\b[A-Za-z]*[A-Z][A-Za-z]* $")
_PLACE: Final = "\N{NUMBER SIGN}"


@dataclass(frozen=True)
class Move:
    """One number that moved.

    Parameters
    ----------
    where : str
        Row and column, or empty for a number in a sentence.
    old, new : float
        Its values.
    """

    where: str
    old: float
    new: float

    @property
    def relative(self) -> float:
        """Change as a fraction of the old value; infinite from zero."""
        return relative_change(self.old, self.new)


def relative_change(old: float, new: float) -> float:
    """Return a change as a fraction of the old value.

    Parameters
    ----------
    old, new : float
        Finite numbers in one unit.

    Returns
    -------
    float
        0 for equal numbers, infinite from zero.

    Examples
    --------
    >>> relative_change(80.0, 100.0), relative_change(0.0, -1.0)
    (0.25, -inf)
    """
    if old == new:
        return 0.0
    return (new - old) / abs(old) if old else math.copysign(math.inf, new)


def wording(sentence: str) -> tuple[str, tuple[float, ...]]:
    r"""Return a sentence without its numbers, and the numbers.

    Parameters
    ----------
    sentence : str
        MyST inline text.

    Returns
    -------
    tuple of str and tuple of float
        Each number is a number sign in the text. Numbers within names and dates belong to the
        wording.

    Examples
    --------
    >>> wording("GPT-5.2 costs \\$29.03, 8.1 times Claude Opus 4.5, from 1 May 2026.")
    ('GPT-5.2 costs \\$#, # times Claude Opus 4.5, from 1 May 2026.', (29.03, 8.1))
    """
    dates = [found.span() for found in _DATE.finditer(sentence)]
    text, values, end = [], [], 0
    for found in _NUMBER.finditer(sentence):
        start = found.start()
        if any(low <= start < high for low, high in dates):
            continue
        if _NAME_BEFORE.search(sentence[max(0, start - 40) : start]):
            continue
        text.append(sentence[end:start])
        values.append(float(found[0].replace(",", "").replace("−", "-")))
        end = found.end()
    return _PLACE.join([*text, sentence[end:]]), tuple(values)


def moved_numbers(old: Sequence[float], new: Sequence[float], tolerance: float) -> tuple[Move, ...]:
    """Return the numbers of a sentence that moved.

    Parameters
    ----------
    old, new : sequence of float
        Of equal length.
    tolerance : float
        Relative change up to which a number stands still.

    Returns
    -------
    tuple of Move
        In the order of the sentence.

    Examples
    --------
    >>> moved_numbers([100.0, 5.0], [100.1, 6.0], 0.005)
    (Move(where='', old=5.0, new=6.0),)
    """
    pairs = zip(old, new, strict=True)
    return tuple(Move("", a, b) for a, b in pairs if abs(relative_change(a, b)) > tolerance)


def aligned(frame: pd.DataFrame) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the rows of a table by the label in their first column and how often it came before.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table.

    Returns
    -------
    dict
        Cells by column.

    Examples
    --------
    >>> list(aligned(pd.DataFrame({"gpu": ["H100", "H100"], "tb_s": [1, 2]})))
    [('H100', 0), ('H100', 1)]
    """
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    seen: dict[str, int] = {}
    for row in frame.to_dict("records"):
        label = str(next(iter(row.values()), ""))
        rows[label, seen.get(label, 0)] = {str(name): value for name, value in row.items()}
        seen[label] = seen.get(label, 0) + 1
    return rows


def cell_moves(
    old: Mapping[tuple[str, int], Mapping[str, Any]],
    new: Mapping[tuple[str, int], Mapping[str, Any]],
    tolerance: float,
) -> tuple[int, list[Move]]:
    """Return how many cells that two tables share differ, and the numbers that moved.

    Parameters
    ----------
    old, new : mapping
        Rows as `aligned` returns them.
    tolerance : float
        Relative change up to which a number stands still.

    Returns
    -------
    tuple of int and list of Move
        The count of all cells that differ, text included; the numbers, largest change first.

    Examples
    --------
    >>> rows = [aligned(pd.DataFrame({"gpu": ["H100"], "usd": [x], "who": [y]}))
    ...         for x, y in ((2.0, "a"), (3.0, "b"))]
    >>> cell_moves(*rows, 0.01)
    (2, [Move(where='H100, usd', old=2.0, new=3.0)])
    """
    differing = list(_differing(old, new, tolerance))
    found = [move for move in differing if move is not None]
    return len(differing), sorted(found, key=_size, reverse=True)


def _size(move: Move) -> float:
    """Return how far a number moved; from zero it has no measure and stands last."""
    return abs(move.relative) if math.isfinite(move.relative) else 0.0


def _differing(
    old: Mapping[tuple[str, int], Mapping[str, Any]],
    new: Mapping[tuple[str, int], Mapping[str, Any]],
    tolerance: float,
) -> Iterator[Move | None]:
    """Yield each differing cell: a move, or None where one of the two is no number."""
    for key in (key for key in old if key in new):
        for column in (name for name in old[key] if name in new[key]):
            a, b = old[key][column], new[key][column]
            if _is_number(a) and _is_number(b):
                if abs(relative_change(float(a), float(b))) > tolerance:
                    yield Move(f"{key[0]}, {column}", float(a), float(b))
            elif _text(a) != _text(b):
                yield None


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return False
    return math.isfinite(float(value))


def _text(value: Any) -> str:
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    return "" if missing else str(value)
