"""Numbered tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import pandas as pd

from computebook import errors
from computebook.tables.cells import EMPTY, Align, Format, default_align, printed_cells
from computebook.tables.markdown import Markdown, escape, protect_dollars
from computebook.tables.raw import TABLE_MIME, raw_table

T = TypeVar("T")

_NAME = re.compile(r"tab-[a-z0-9]+(-[a-z0-9]+)*")
_RULES = {"left": ":---", "right": "---:", "center": ":---:"}


class Table(Markdown):
    """A numbered table of the report.

    Parameters
    ----------
    text : str
        The MyST table.
    name : str
        Label by which text refers to it.
    raw : dict
        Its values before printing, as `raw.raw_table` returns them.
    """

    def __init__(self, text: str, name: str, raw: dict[str, Any]) -> None:
        super().__init__(text)
        self.name = name
        self.raw = raw

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return super()._repr_mimebundle_(include, exclude) | {TABLE_MIME: self.raw}


def table(
    frame: pd.DataFrame,
    *,
    name: str,
    caption: str,
    sources: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    formats: Mapping[str, Format] | None = None,
    align: Mapping[str, Align] | None = None,
    note: str | None = None,
    empty: str = "not published",
) -> Table:
    """Return a numbered table of the report.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per row; the first column names the rows. The index is not shown.
    name : str
        Label for references, `tab-` and lower-case words joined by hyphens.
    caption : str
        MyST inline text.
    sources : sequence of str
        Keys of references.bib, cited after the caption.
    columns : mapping of str to str, optional
        Selects, orders and heads the columns; headings carry the unit.
    formats : mapping of str to str or callable, optional
        By column or heading: a Python format specification, `text`, `markdown`, `percent` (of a
        fraction), `cite` (bib keys), `verdict`, `yesno`, or a function to plain text.
    align : mapping of str to str, optional
        By column or heading: `left`, `right` or `center`; numbers stand right otherwise.
    note : str, optional
        MyST paragraph under the table.
    empty : str
        What an empty cell means, said under the table when there is one.

    Returns
    -------
    Table
        Displays itself.

    Raises
    ------
    ComputebookError
        If the frame has no row, or a name, a column or a format does not serve.

    Examples
    --------
    >>> frame = pd.DataFrame({"gpu": ["H100", "B200"], "tb_s": [3.35, None]})
    >>> shown = table(frame, name="tab-gpu", caption="Bandwidth.",
    ...               columns={"gpu": "GPU", "tb_s": "Bandwidth (TB/s)"})
    >>> print(shown.text)
    :::{table} Bandwidth.
    :name: tab-gpu
    :class: cb-table
    <BLANKLINE>
    | GPU | Bandwidth (TB/s) |
    | :--- | ---: |
    | H100 | 3.35 |
    | B200 | – |
    :::
    <BLANKLINE>
    :::{div} cb-note
    – not published.
    :::
    """
    if not _NAME.fullmatch(name):
        raise errors.ComputebookError(f"name = {name!r} must read like 'tab-gpu-memory'")
    if not caption.strip():
        raise errors.ComputebookError(f"caption of {name!r} is empty: say what the table shows")
    if frame.empty:
        raise errors.ComputebookError(f"table {name!r} has no row")
    headings = _headings(frame, columns)
    known = [*headings, *headings.values()]
    chosen = _by_column("formats", formats or {}, headings, known)
    alignments = _by_column("align", align or {}, headings, known)
    cells = {column: printed_cells(frame[column], chosen.get(column)) for column in headings}
    rules = [
        _RULES[alignments.get(column, default_align(frame[column], chosen.get(column)))]
        for column in headings
    ]
    lines = [_row(escape(heading) for heading in headings.values()), _row(rules)]
    lines += [_row(row) for row in zip(*cells.values(), strict=True)]
    title = f"{protect_dollars(' '.join(caption.split()))}{_cited(sources)}"
    text = "\n".join([f":::{{table}} {title}", f":name: {name}", ":class: cb-table", "", *lines])
    has_empty = any(cell == EMPTY for column in cells.values() for cell in column)
    raw = raw_table(
        frame,
        headings,
        name=name,
        caption=" ".join(caption.split()),
        sources=sources,
        formats={key: form for key, form in chosen.items() if isinstance(form, str)},
        note=" ".join((note or "").split()),
    )
    return Table(f"{text}\n:::{_notes(note, empty if has_empty else None)}", name, raw)


def _headings(frame: pd.DataFrame, columns: Mapping[str, str] | None) -> dict[str, str]:
    known = [str(column) for column in frame.columns]
    if columns is None:
        return {column: column for column in known}
    for column in columns:
        errors.require_known("column", column, known)
    return dict(columns)


def _by_column(
    what: str, given: Mapping[str, T], headings: Mapping[str, str], known: Sequence[str]
) -> dict[str, T]:
    """Return options keyed by column, whether they were given by column or by heading."""
    by_heading = {heading: column for column, heading in headings.items()}
    for key in given:
        errors.require_known(f"{what} column", key, known)
    return {key if key in headings else by_heading[key]: value for key, value in given.items()}


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cited(sources: Sequence[str]) -> str:
    return f" Sources: {{cite}}`{','.join(sources)}`." if sources else ""


def _notes(note: str | None, empty: str | None) -> str:
    parts = [] if empty is None else [f"{EMPTY} {escape(empty)}"]
    parts += [] if note is None else [protect_dollars(" ".join(note.split()))]
    text = " ".join(f"{part.rstrip('.')}." for part in parts)
    return f"\n\n:::{{div}} cb-note\n{text}\n:::" if text else ""
