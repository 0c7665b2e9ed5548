"""A few labelled bars as a picture within a card: no script, no axis, each number printed."""

from __future__ import annotations

import html
from collections.abc import Sequence

from computebook import errors

_WIDTH, _ROW, _BAR = 300, 34, 9
_LABEL_BASE, _BAR_TOP = 12, 17
_MOST_BARS = 5


def mini_bars(bars: Sequence[tuple[str, float, str]], *, alt: str, marked: int = 0) -> str:
    """Return a few bars as one line of SVG that takes its colours from the page.

    Parameters
    ----------
    bars : sequence of (label, value, text)
        One to five; values are finite, not negative, and share one unit. `text` is the value as
        the reader sees it.
    alt : str
        What is seen, in words; not empty.
    marked : int
        Which bar has the accent, counted from 0.

    Returns
    -------
    str
        An `svg` element without line breaks.

    Raises
    ------
    ComputebookError
        If there is no bar or too many, a value is not finite or negative, all are 0, or the
        words are missing.

    Examples
    --------
    >>> mini_bars([("racks", 292, "292 MW")], alt="One bar of 292 MW.")[:41]
    '<svg class="cb-mini" viewBox="0 0 300 34"'
    """
    errors.require_finite_in("number of bars", len(bars), "bars", 1, _MOST_BARS)
    for label, value, _ in bars:
        errors.require_finite_in(f"bar {label!r}", value, "", 0, float("inf"))
    largest = max(value for _, value, _ in bars)
    if not alt.strip() or largest <= 0:
        raise errors.ComputebookError("a small chart needs words and a bar longer than 0")
    rows = [
        _row(number, label, value / largest, text, number == marked)
        for number, (label, value, text) in enumerate(bars)
    ]
    return (
        f'<svg class="cb-mini" viewBox="0 0 {_WIDTH} {_ROW * len(bars)}" role="img" '
        f'aria-label="{html.escape(alt)}">{"".join(rows)}</svg>'
    )


def _row(number: int, label: str, fraction: float, text: str, marked: bool) -> str:
    top = number * _ROW
    kind = "marked" if marked else "plain"
    return (
        f'<text x="0" y="{top + _LABEL_BASE}">{html.escape(label)}</text>'
        f'<text class="value" x="{_WIDTH}" y="{top + _LABEL_BASE}">{html.escape(text)}</text>'
        f'<rect class="{kind}" x="0" y="{top + _BAR_TOP}" width="{max(fraction * _WIDTH, 1):.1f}" '
        f'height="{_BAR}" rx="1.5"></rect>'
    )
