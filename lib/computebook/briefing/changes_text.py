"""What changed, for the reader: one table for the terminal, and Markdown for the first page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from computebook.book.data_files import plain_text
from computebook.briefing.changes import Changes, ExhibitChange, HeadlineChange
from computebook.briefing.moves import Move
from computebook.tables import escape

__all__ = ["frame", "markdown", "percent"]

#: More of each kind than a first page can hold is said to be in the workbook.
MOST_SHOWN: Final = 15
_MANY_TIMES: Final = 10
_GROUPED_FROM: Final = 10_000
_COLUMNS: Final = ("chapter", "kind", "what", "old", "new", "change_percent", "cause")


def percent(fraction: float) -> str:
    """Return a relative change as text.

    Parameters
    ----------
    fraction : float
        Change as a fraction of the old value.

    Returns
    -------
    str
        With its sign, three significant digits; how many times the old value from ten times up;
        "from 0" where the old value was zero.

    Examples
    --------
    >>> percent(0.25), percent(-0.0512), percent(11.5), percent(math.inf)
    ('+25%', '−5.12%', '12.5 times', 'from 0')
    """
    if math.isinf(fraction):
        return "from 0"
    if fraction >= _MANY_TIMES - 1:
        return f"{fraction + 1:,.3g} times" if fraction < 999 else f"{fraction + 1:,.0f} times"
    return f"{fraction * 100:+,.3g}%".replace("-", "−")


def _number(value: float) -> str:
    return f"{value:,.6g}".replace("-", "−")


def frame(changes: Changes) -> pd.DataFrame:
    """Return every difference as one row.

    Parameters
    ----------
    changes : Changes
        Of two reports.

    Returns
    -------
    pandas.DataFrame
        `chapter`, `kind` (parameter, headline, sentence, table, figure), `what`, `old`, `new`,
        `change_percent` (empty where it has none) and `cause`.
    """
    rows: list[tuple[Any, ...]] = [
        (p.chapter, "parameter", p.name, _value(p.old), _value(p.new), _of(p.old, p.new), "")
        for p in changes.parameters
    ]
    rows += [
        (h.chapter, "headline", plain_text(h.new), m.old, m.new, _finite(m.relative), h.causes)
        for h in changes.headlines
        for m in h.moves
    ]
    rows += [
        (s.chapter, "sentence", "", plain_text(s.old), plain_text(s.new), None, s.causes)
        for s in changes.sentences
    ]
    rows += [_exhibit_row(exhibit) for exhibit in changes.exhibits]
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"change_percent": float})


def _value(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _grouped(value: Any) -> str:
    """Return a value as text; large whole numbers in groups of three digits, years not."""
    whole = isinstance(value, int | float) and value == int(value)
    return f"{int(value):,}" if whole and abs(value) >= _GROUPED_FROM else str(_value(value))


def _of(old: Any, new: Any) -> float | None:
    numbers = [isinstance(v, int | float) and not isinstance(v, bool) for v in (old, new)]
    return _finite(Move("", old, new).relative) if all(numbers) else None


def _finite(fraction: float) -> float | None:
    return fraction * 100 if math.isfinite(fraction) else None


def _exhibit_row(change: ExhibitChange) -> tuple[Any, ...]:
    largest = change.largest
    what = f"{change.name}: {change.moved} of {change.cells} cells moved"
    if largest is None:
        return (change.chapter, change.kind, what, None, None, None, "")
    words = f"{what}, most {largest.where}"
    moved = _finite(largest.relative)
    return (change.chapter, change.kind, words, largest.old, largest.new, moved, "")


def markdown(changes: Changes, titles: Mapping[str, str]) -> str:
    """Return what changed as a section of MyST Markdown.

    Parameters
    ----------
    changes : Changes
        Of the published edition and a briefing.
    titles : mapping of str to str
        Heading by chapter.

    Returns
    -------
    str
        Beginning with a heading of the second level.
    """
    lines = ["## What changed against the published edition", "", _summary(changes), ""]
    lines += _parameters(changes)
    lines += _headlines(changes.headlines, titles)
    lines += _sentences(changes, titles)
    lines += _exhibits(changes)
    return "\n".join(lines).rstrip() + "\n"


def _summary(changes: Changes) -> str:
    limit = f"{changes.tolerance * 100:g}%"
    if changes.is_empty:
        return f"Nothing changed: no parameter differs and no number moved by more than {limit}."
    moved = sum(len(headline.moves) for headline in changes.headlines)
    exhibits = len(changes.exhibits)
    return (
        f"{_count(len(changes.parameters), 'parameter')} differ{_s(changes.parameters)}. Of "
        f"{_count(changes.takeaways, 'takeaway')}, {len(changes.headlines)} moved in "
        f"{_count(moved, 'number')} and {len(changes.sentences)} read otherwise; "
        f"{_count(exhibits, 'table or figure', 'tables and figures')} "
        f"show{_s(changes.exhibits)} other data. "
        f"A number counts as moved when it changed by more than {limit} of its published value."
    )


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _s(items: Sequence[Any]) -> str:
    return "s" if len(items) == 1 else ""


def _parameters(changes: Changes) -> list[str]:
    if not changes.parameters:
        return []
    rows = [
        (f"`{p.name}`", _cell(p.old), _cell(p.new), escape(p.unit), escape(p.chapter))
        for p in changes.parameters
    ]
    heads = ("Parameter", "Published", "Here", "Unit", "Chapter")
    return ["### Parameters that differ", "", *_table(heads, rows, "lllll"), ""]


def _cell(value: Any) -> str:
    return escape(_grouped(value)) if value is not None else "–"


def _headlines(headlines: Sequence[HeadlineChange], titles: Mapping[str, str]) -> list[str]:
    if not headlines:
        return []
    lines = ["### Headline numbers that moved", ""]
    for change in headlines[:MOST_SHOWN]:
        moves = "; ".join(
            f"{_number(m.old)} → {_number(m.new)} ({percent(m.relative)})" for m in change.moves
        )
        lines += [
            f"- **{escape(titles.get(change.chapter, change.chapter))}** {change.new}",
            f"  *Was → is: {moves}. Moved by: {escape(change.causes)}.*",
        ]
    return [*lines, *_rest(len(headlines)), ""]


def _sentences(changes: Changes, titles: Mapping[str, str]) -> list[str]:
    if not changes.sentences:
        return []
    lines = ["### Takeaways whose sentence changed", ""]
    for change in changes.sentences[:MOST_SHOWN]:
        title = escape(titles.get(change.chapter, change.chapter))
        lines += [
            f"- **{title}** {change.new or 'No longer said.'}",
            f"  *Published: {plain_emphasis(change.old)} Moved by: {escape(change.causes)}.*",
        ]
    return [*lines, *_rest(len(changes.sentences)), ""]


def plain_emphasis(text: str) -> str:
    r"""Return MyST text that can stand within emphasis.

    Examples
    --------
    >>> print(plain_emphasis(r"**Two** cost \$5."))
    Two cost \$5.
    """
    return escape(plain_text(text)) if text else "nothing of the kind."


def _exhibits(changes: Changes) -> list[str]:
    if not changes.exhibits:
        return []
    order = sorted(changes.exhibits, key=lambda change: -_size(change))
    rows = [
        (
            f"{{numref}}`{change.name}`",
            f"{change.moved:,} of {change.cells:,}",
            f"{change.rows_added} / {change.rows_removed}",
            escape(change.largest.where) if change.largest else "–",
            _was_is(change.largest),
        )
        for change in order[:MOST_SHOWN]
    ]
    heads = ("Table or figure", "Cells moved", "Rows new / gone", "Largest move", "Was → is")
    title = "### Tables and figures that moved most"
    return [title, "", *_table(heads, rows, "lrrll"), "", *_rest(len(order))]


def _size(change: ExhibitChange) -> float:
    """Return the largest finite move of an exhibit."""
    moved = abs(change.largest.relative) if change.largest else 0.0
    return moved if math.isfinite(moved) else 0.0


def _was_is(move: Move | None) -> str:
    if move is None:
        return "–"
    return f"{_number(move.old)} → {_number(move.new)} ({percent(move.relative)})"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> list[str]:
    rules = {"l": ":---", "r": "---:"}
    cells = [heads, [rules[letter] for letter in align], *rows]
    return [f"| {' | '.join(row)} |" for row in cells]


def _rest(count: int) -> list[str]:
    more = count - MOST_SHOWN
    return [f"{more} more are in the workbook, sheet *Changes*.", ""] if more > 0 else []
