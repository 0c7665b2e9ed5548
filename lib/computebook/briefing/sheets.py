"""Cells of a workbook: values that stay values, heads that stay in view, equal bytes."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from computebook.book.data_files import FORMULA_STARTS

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["column_format", "head_row", "put", "saved", "sheet_name", "text_rows", "widths"]

ACCENT: Final = "0B5CAD"
INPUT_FILL: Final = PatternFill("solid", fgColor="FFF6D6")
_MUTED: Final = Font(color="566272")
_HEAD: Final = Font(bold=True, color="1B2430")
_HEAD_FILL: Final = PatternFill("solid", fgColor="E9EDF2")
_RULE: Final = Border(bottom=Side(style="thin", color="566272"))
_MOST_CHARACTERS: Final = 32_000
_WIDEST: Final = 60
#: Characters that XML has no place for.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\']")
_MODIFIED: Final = re.compile(r"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_NAME_LENGTH: Final = 31


def put(sheet: Worksheet, row: int, column: int, value: Any) -> Cell:
    """Write a value that no reader's program takes for a formula.

    Parameters
    ----------
    sheet : openpyxl Worksheet
        Where.
    row, column : int
        Place in the sheet, from 1.
    value : any
        Number, truth, date, text or nothing; lists become text.

    Returns
    -------
    openpyxl Cell
        The cell. Text that begins like a formula is marked as text.
    """
    cell = cast("Cell", sheet.cell(row, column))
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return cell
    if isinstance(value, bool | int | float):
        cell.value = value
        return cell
    text = _CONTROL.sub("", _plain(value))[:_MOST_CHARACTERS]
    cell.value = text
    if text.startswith(FORMULA_STARTS):
        cell.data_type = "s"
        cell.quotePrefix = True
    return cell


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def head_row(sheet: Worksheet, row: int, heads: Sequence[str]) -> None:
    """Write column heads, and keep them and the first column in view.

    Parameters
    ----------
    sheet : openpyxl Worksheet
        Where.
    row : int
        Its row, from 1.
    heads : sequence of str
        With their units.
    """
    for column, head in enumerate(heads, start=1):
        cell = put(sheet, row, column, head)
        cell.font, cell.fill, cell.border = _HEAD, _HEAD_FILL, _RULE
        cell.alignment = Alignment(wrap_text=True, vertical="bottom")
    sheet.freeze_panes = f"B{row + 1}"


def text_rows(sheet: Worksheet, lines: Iterable[str], start: int = 1) -> int:
    """Write lines of text above a table: the first is its title.

    Parameters
    ----------
    sheet : openpyxl Worksheet
        Where.
    lines : iterable of str
        Empty ones are left out.
    start : int
        First row, from 1.

    Returns
    -------
    int
        The next free row but one.
    """
    row = start
    for line in (line for line in lines if line):
        cell = put(sheet, row, 1, line)
        cell.font = Font(bold=True, size=14) if row == start else _MUTED
        row += 1
    return row + 1


def column_format(values: Sequence[Any], unit: str, form: str = "") -> str:
    """Return the number format of a column.

    Parameters
    ----------
    values : sequence
        Its values.
    unit : str
        Its unit.
    form : str
        Name of the format that the page has; `percent` is of a fraction.

    Returns
    -------
    str
        General for text, and where numbers span more than a million to one.

    Examples
    --------
    >>> column_format([0.5, None], "", "percent"), column_format([1200.5, 3400.0], "$")
    ('0.0%', '#,##0')
    """
    if form == "percent" or form.endswith("%"):
        return "0.0%"
    numbers = [abs(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    finite = [v for v in numbers if v and math.isfinite(v)]
    if not finite or (not unit and all(1900 <= v <= 2100 and v == int(v) for v in finite)):
        return "General"
    if all(v == int(v) for v in finite):
        return "#,##0"
    if max(finite) / min(finite) > 1e6:
        return "General"
    places = 0 if max(finite) >= 1000 else 3 - math.floor(math.log10(max(finite)))
    return "#,##0" + (f".{'0' * min(places, 8)}" if places > 0 else "")


def widths(sheet: Worksheet, rows: Iterable[Sequence[Any]]) -> None:
    """Set each column as wide as its cells, within reason.

    Parameters
    ----------
    sheet : openpyxl Worksheet
        Where.
    rows : iterable of sequence
        Head and cells.
    """
    longest: dict[int, int] = {}
    for row in rows:
        for column, value in enumerate(row, start=1):
            size = min(len(f"{value:,.6g}" if isinstance(value, float) else str(value)), _WIDEST)
            longest[column] = max(longest.get(column, 8), size)
    for column, size in longest.items():
        sheet.column_dimensions[get_column_letter(column)].width = size + 2


def sheet_name(wanted: str, taken: Iterable[str]) -> str:
    """Return a name that a sheet may have and no other has.

    Parameters
    ----------
    wanted : str
        Any text.
    taken : iterable of str
        Names in use.

    Returns
    -------
    str
        At most 31 characters.

    Examples
    --------
    >>> sheet_name("api-prices", ["API-prices"])
    'api-prices 2'
    """
    base = _FORBIDDEN.sub(" ", wanted).strip()[:_NAME_LENGTH] or "Sheet"
    used = {name.lower() for name in taken}
    name, number = base, 2
    while name.lower() in used:
        tail = f" {number}"
        name, number = f"{base[: _NAME_LENGTH - len(tail)]}{tail}", number + 1
    return name


def saved(book: Workbook, day: dt.date) -> bytes:
    """Return a workbook as the bytes of its file, equal for equal content.

    Parameters
    ----------
    book : openpyxl Workbook
        The workbook.
    day : datetime.date
        Its date, which stands for every time in it.

    Returns
    -------
    bytes
        An `.xlsx` file.
    """
    moment = dt.datetime(day.year, day.month, day.day)
    book.calculation.fullCalcOnLoad = True  # formulas have no stored results
    book.properties.created = book.properties.modified = moment
    raw, out = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            content = old.read(name)
            if name == "docProps/core.xml":
                stamp = rf"\g<1>{moment.isoformat()}Z\g<2>"
                content = _MODIFIED.sub(stamp, content.decode()).encode()
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(entry, content)
    return out.getvalue()
