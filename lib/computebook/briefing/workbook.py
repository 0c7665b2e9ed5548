"""The workbook of a briefing: contents, changes, parameters, what-ifs, one sheet per table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from computebook.book.contents import ChapterRecord, TableRecord
from computebook.book.data_files import bibliography, exhibit_frame, plain_text
from computebook.book.execution import declared_parameters
from computebook.briefing import what_if
from computebook.briefing.changes import Changes
from computebook.briefing.changes_text import frame as changes_frame
from computebook.briefing.sheets import (
    ACCENT,
    column_format,
    head_row,
    put,
    saved,
    sheet_name,
    text_rows,
    widths,
)

__all__ = ["About", "parameter_rows", "workbook"]

CONTENTS: Final = "Contents"


@dataclass(frozen=True)
class About:
    """Whose workbook it is.

    Parameters
    ----------
    title, client, edition : str
        As on the cover.
    date : datetime.date
        Its date.
    mark : str
        What stands on the first sheet and in the head of each printed page.
    """

    title: str
    client: str
    edition: str
    date: dt.date
    mark: str = ""


@dataclass
class _Book:
    """A workbook in the making, and what its first sheet lists."""

    about: About
    book: Workbook = field(default_factory=Workbook)
    listed: list[tuple[str, str, str, int]] = field(default_factory=list)

    def sheet(self, wanted: str, what: str, chapter: str = "", rows: int = 0) -> Worksheet:
        name = sheet_name(wanted, self.book.sheetnames)
        sheet: Worksheet = self.book.create_sheet(name)
        self.listed.append((name, what, chapter, rows))
        _paper(sheet, self.about)
        return sheet

    def table(self, wanted: str, what: str, lines: Iterable[str], rows: pd.DataFrame) -> None:
        """Add a sheet of plain rows."""
        _write_frame(self.sheet(wanted, what, rows=len(rows)), lines, rows)


def workbook(
    about: About,
    chapters: Mapping[str, ChapterRecord],
    changes: Changes,
    bib: Path,
    labels: Mapping[str, str] | None = None,
    ledger: pd.DataFrame | None = None,
) -> bytes:
    """Return the workbook of a report.

    Parameters
    ----------
    about : About
        Whose it is.
    chapters : mapping of str to ChapterRecord
        What its chapters show.
    changes : Changes
        Against the published edition.
    bib : pathlib.Path
        The bibliography.
    labels : mapping of str to str, optional
        Number of each table, such as `Table 1.1`, by name.
    ledger : pandas.DataFrame, optional
        What the client's own usage cost.

    Returns
    -------
    bytes
        An `.xlsx` file, equal for equal content.
    """
    made = _Book(about)
    first = made.book.active
    made.table(
        "Changes",
        "What changed against the published edition",
        _told(changes),
        changes_frame(changes),
    )
    lines = ["Parameters", "Default of the published report and value used here."]
    made.table("Parameters", "Every parameter in force", lines, parameter_rows(chapters))
    _what_ifs(made, chapters)
    if ledger is not None:
        made.table("Own usage", "What the client's own usage cost", ["Own usage"], ledger)
    known = labels or {}
    for record in chapters.values():
        for table in record.tables.values():
            _table_sheet(made, record, table, known)
    _sources(made, chapters, bib)
    if isinstance(first, Worksheet):
        _contents(first, made)
    return saved(made.book, about.date)


def _told(changes: Changes) -> list[str]:
    limit = f"{changes.tolerance * 100:g}%"
    return ["What changed", f"A number counts as moved when it changed by more than {limit}."]


def parameter_rows(chapters: Mapping[str, ChapterRecord]) -> pd.DataFrame:
    """Return one row per parameter in force.

    Parameters
    ----------
    chapters : mapping of str to ChapterRecord
        Executed chapters.

    Returns
    -------
    pandas.DataFrame
        `Chapter`, `Parameter`, `Unit`, `Default`, `Value`, `Overridden` (yes, no), `Meaning`.
    """
    rows = []
    for record in chapters.values():
        declared = {parameter.name: parameter for parameter in declared_parameters(record.chapter)}
        for name, value in record.parameters.items():
            told = declared.get(name)
            default, unit = (told.default, told.unit) if told else (None, "")
            other = "" if told is None else "yes" if value != default else "no"
            meaning = told.meaning if told else ""
            rows.append((record.title, name, unit, default, value, other, meaning))
    heads = ["Chapter", "Parameter", "Unit", "Default", "Value", "Overridden", "Meaning"]
    return pd.DataFrame(rows, columns=heads, dtype=object)


def _what_ifs(made: _Book, chapters: Mapping[str, ChapterRecord]) -> None:
    record = chapters.get(what_if.CHAPTER)
    given = record.parameters if record else {}
    about = "Change a yellow cell; everything else follows."
    sheet = made.sheet(what_if.API, "A bill that follows what you change")
    api = what_if.api_lines(given)
    cells = what_if.write_lines(sheet, "What will the API bill be?", about, api, {})
    sheet = made.sheet(what_if.GPU, "Dollars per token from the price of a GPU-hour")
    others = {f"API.{key}": place for key, place in cells.items()}
    title = "What does a token cost on your own GPUs?"
    what_if.write_lines(sheet, title, about, what_if.gpu_lines(given), others)


def _table_sheet(
    made: _Book, record: ChapterRecord, table: TableRecord, labels: Mapping[str, str]
) -> None:
    label, caption = labels.get(table.name, table.name), plain_text(table.caption, labels)
    rows = exhibit_frame(table, labels)
    name = table.name.removeprefix("tab-")
    sheet = made.sheet(name, f"{label}: {caption}", record.title, len(rows))
    note = plain_text(table.note, labels)
    sources = f"Sources: {', '.join(table.sources)}" if table.sources else ""
    forms = {c.heading: (c.unit, c.format) for c in table.columns}
    _write_frame(sheet, [f"{label}: {caption}", note, sources], rows, forms)


def _write_frame(
    sheet: Worksheet,
    lines: Iterable[str],
    rows: pd.DataFrame,
    forms: Mapping[str, tuple[str, str]] | None = None,
) -> None:
    first = text_rows(sheet, lines)
    heads = [str(name) for name in rows.columns]
    head_row(sheet, first, heads)
    # pandas turns columns of whole numbers with gaps into floats: plain objects stay as they are.
    cells = [list(row) for row in rows.astype(object).itertuples(index=False, name=None)]
    columns = list(zip(*cells, strict=True)) if cells else [()] * len(heads)
    styles = [
        column_format(values, *(forms or {}).get(head, ("", "")))
        for head, values in zip(heads, columns, strict=True)
    ]
    for number, values in enumerate(cells, start=first + 1):
        for column, (value, style) in enumerate(zip(values, styles, strict=True), start=1):
            cell = put(sheet, number, column, value)
            cell.alignment = Alignment(vertical="top", wrap_text=isinstance(value, str))
            if not isinstance(value, str):
                cell.number_format = style
    widths(sheet, [heads, *cells])
    if cells:
        last = sheet.cell(first + len(cells), len(heads)).coordinate
        sheet.auto_filter.ref = f"A{first}:{last}"
        sheet.print_title_rows = f"{first}:{first}"


def _sources(made: _Book, chapters: Mapping[str, ChapterRecord], bib: Path) -> None:
    known = bibliography(bib)
    tables = [table.sources for record in chapters.values() for table in record.tables.values()]
    figures = [figure.sources for record in chapters.values() for figure in record.figures.values()]
    used = sorted({key for keys in (*tables, *figures) for key in keys})
    rows = [
        (key, *(known.get(key, {}).get(name, "") for name in ("title", "by", "year", "url")))
        for key in used
    ]
    heads = ["Key", "Title", "By", "Year", "Address"]
    lines = ["Sources", "Of the tables and figures of this report."]
    made.table("Sources", "Where the numbers come from", lines, pd.DataFrame(rows, columns=heads))


def _contents(sheet: Worksheet, made: _Book) -> None:
    sheet.title = CONTENTS
    about = made.about
    _paper(sheet, about)
    whose = f"Prepared for {about.client}, " if about.client else ""
    told = f"{whose}{about.date.isoformat()}, edition {about.edition}"
    first = text_rows(sheet, [about.title, told, about.mark])
    heads = ["Sheet", "What", "Chapter", "Rows"]
    head_row(sheet, first, heads)
    for number, (name, what, chapter, rows) in enumerate(made.listed, start=first + 1):
        link = put(sheet, number, 1, name)
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{name}'!A1")
        link.font = Font(color=ACCENT, underline="single")
        put(sheet, number, 2, what).alignment = Alignment(wrap_text=True, vertical="top")
        put(sheet, number, 3, chapter)
        put(sheet, number, 4, rows or None)
    widths(sheet, [heads, *made.listed])


def _paper(sheet: Worksheet, about: About) -> None:
    """Set how a sheet prints: on its side, as wide as the paper, marked on each page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    # An ampersand begins a code in heads and feet.
    if sheet.oddHeader is not None and sheet.oddFooter is not None:
        sheet.oddHeader.left.text = (about.mark or about.title).replace("&", "&&")
        sheet.oddFooter.right.text = "&P / &N"
