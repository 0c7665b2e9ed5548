"""Read a client's CSV as rows of one of our tables, each with the client as its source.

A file may hold any of the table's columns in any order. A row whose primary key we have overrides
ours, and what the file has no column for stays as it is; a row with a new key must say all that
the table requires. Where a row comes from is said by us: the client, this file, this line.
"""

from __future__ import annotations

import csv
import datetime as dt
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from computebook import datapackage, datasets, errors, provenance
from computebook.briefing.document import Fault
from computebook.datapackage import Table
from computebook.errors import ComputebookError

__all__ = ["ClientRows", "Key", "key_of", "our_cells", "read_client_rows"]

Key = tuple[str, ...]
MAX_ROWS: Final = 100_000
_KEPT_FAULTS: Final = 20
_SOURCE: Final = "source_key"


@dataclass
class ClientRows:
    """The rows of one file, complete, and what is wrong with them.

    Parameters
    ----------
    table : Table
        The table that they belong to.
    path : Path
        The file.
    cells : dict
        By primary key, a cell of text for each column of the table.
    lines : dict
        Line of each key.
    faults : list of Fault
        What is wrong.
    """

    table: Table
    path: Path
    cells: dict[Key, dict[str, str]] = field(default_factory=dict)
    lines: dict[Key, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def complain(self, line: int, sentence: str) -> None:
        """Keep a fault; beyond the first twenty the file says enough."""
        if len(self.faults) < _KEPT_FAULTS:
            self.faults.append(Fault(self.path.name, line, sentence))

    def frame(self) -> pd.DataFrame:
        """Return the rows typed, in order; they must be free of faults."""
        values = {
            f.name: [datapackage.parse_cell(f, row[f.name]) for row in self.cells.values()]
            for f in self.table.fields
        }
        numbers = {"number", "integer"}
        frame = pd.DataFrame(values)
        return frame.astype({f.name: float for f in self.table.fields if f.kind in numbers})


def key_of(table: Table, cells: Mapping[str, str]) -> Key:
    """Return the primary key of a row of text."""
    return tuple(cells[name] for name in table.primary_key)


def our_cells(table: Table) -> dict[Key, dict[str, str]]:
    """Return the rows of a published table as text, by primary key, in the order of its file."""
    path = datasets.data_folder() / table.path.name
    with path.open(encoding="utf-8", newline="") as stream:
        return {key_of(table, row): row for row in csv.DictReader(stream)}


def read_client_rows(name: str, path: Path, source_key: str, date: dt.date) -> ClientRows:
    """Return the rows of a client's file for one table, each complete and checked.

    Parameters
    ----------
    name : str
        The table.
    path : Path
        CSV in UTF-8 with a header.
    source_key : str
        Key of the client in the bibliography.
    date : datetime.date
        Date of rows that name none; no row may be later.

    Returns
    -------
    ClientRows
        Its `faults` say what is wrong: columns, cells, keys, magnitudes.
    """
    found = ClientRows(datasets.describe(name), path)
    try:
        lines = _lines(path)
        header = next(lines, (1, []))[1]
        if not _header_serves(found, header):
            return found
        defaults = {"basis": "published", "verification": "primary", "as_of": date.isoformat()}
        ours = our_cells(found.table)
        for line, cells in lines:
            if len(cells) != len(header):
                found.complain(line, f"{len(cells)} cells under a header of {len(header)}")
                continue
            given = dict(zip(header, cells, strict=True))
            place = {_SOURCE: source_key, "locator": f"{path.name}, line {line}"}
            _take(found, line, given, ours, defaults, place)
    except (csv.Error, UnicodeDecodeError) as wrong:
        found.complain(1, f"not CSV in UTF-8: {wrong}")
    except ComputebookError as wrong:
        found.complain(1, str(wrong))
    if not found.cells and not found.faults:
        found.complain(1, "no row in it")
    _check_values(found, date)
    return found


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that hold anything, each with its number."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        for count, cells in enumerate(reader):
            if count > MAX_ROWS:
                raise ComputebookError(f"more than {MAX_ROWS:,} rows: allowed {MAX_ROWS:,}")
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]


def _header_serves(found: ClientRows, header: Sequence[str]) -> bool:
    known = [f.name for f in found.table.fields]
    if not header:
        found.complain(1, f"empty: a header is needed, of {', '.join(known)}")
    for number, name in enumerate(header):
        if name not in known:
            found.complain(
                1, str(errors.unknown_name(f"column of {found.table.name}", name, known))
            )
        elif name in header[:number]:
            found.complain(1, f"column {name!r} stands twice")
    for name in found.table.primary_key:
        if header and name not in header:
            found.complain(1, f"lacks column {name}, which tells the rows apart")
    return not found.faults


def _take(
    found: ClientRows,
    line: int,
    given: Mapping[str, str],
    ours: Mapping[Key, Mapping[str, str]],
    defaults: Mapping[str, str],
    place: Mapping[str, str],
) -> None:
    """Take in one row: what it gives, else what ours has, else what is said of every row."""
    key = key_of(found.table, given)
    if key in found.lines:
        said = ", ".join(key)
        found.complain(line, f"{said!r} stands twice, first in line {found.lines[key]}")
        return
    names = [f.name for f in found.table.fields]
    own = {name: text for name, text in given.items() if text or name not in defaults}
    kept = {**ours.get(key, dict.fromkeys(names, "")), "note": "", **defaults}
    row = {name: text for name, text in {**kept, **place, **own}.items() if name in names}
    row[_SOURCE] = place[_SOURCE]
    row["locator"] = given.get("locator") or place["locator"]
    found.lines[key] = line
    if _cells_serve(found, line, row, is_new=key not in ours):
        found.cells[key] = row


def _cells_serve(found: ClientRows, line: int, row: Mapping[str, str], *, is_new: bool) -> bool:
    before = len(found.faults)
    missing = []
    for column in found.table.fields:
        text = row[column.name]
        hidden = [c for c in text if unicodedata.category(c) == "Cc"]
        if hidden:
            code = f"U+{ord(hidden[0]):04X}"
            found.complain(line, f"{column.name} holds the control character {code}")
        elif text == "" and column.required and is_new:
            missing.append(column.name)
        else:
            _check_cell(found, line, column, text)
    if missing:
        found.complain(line, _lacking(found.table, row, missing))
    return len(found.faults) == before


def _check_cell(found: ClientRows, line: int, column: datapackage.Field, text: str) -> None:
    try:
        datapackage.parse_cell(column, text)
    except ComputebookError as wrong:
        unit = f" (in {column.unit})" if column.unit and column.unit not in str(wrong) else ""
        found.complain(line, f"{wrong}{unit}")


def _lacking(table: Table, row: Mapping[str, str], missing: Sequence[str]) -> str:
    """Return the sentence on a new row that does not say enough; its key may be a slip."""
    name = table.primary_key[0]
    near = errors.nearest_name(row[name], [key[0] for key in our_cells(table)])
    hint = f"; to override ours, did you mean {name} = {near!r}?" if near else ""
    return f"{name} = {row[name]!r} is a new row and lacks {', '.join(missing)}{hint}"


def _check_values(found: ClientRows, date: dt.date) -> None:
    if found.faults:
        return
    frame = found.frame()
    lines = list(found.lines.values())
    for row, day in enumerate(frame["as_of"]):
        if day > date:
            found.complain(lines[row], f"as_of = {day} is later than the briefing, {date}")
    for sentence in provenance.value_findings(found.table, frame):
        _, place, said = sentence.split(":", 2)
        found.complain(lines[int(place) - 2], said.strip())
