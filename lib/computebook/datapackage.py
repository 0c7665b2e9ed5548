"""Tabular data as the data package describes it: fields, types, bounds, and typed reading.

A table is one CSV file; `data/datapackage.json` (a Frictionless Data Package) says what each
column means. This module reads both and turns a broken cell into one clear sentence that names
the file, the line, the field, the value and what is allowed. It knows nothing of the subject.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from computebook.errors import ComputebookError, unknown_name

Row = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """One column of a table.

    Attributes
    ----------
    name, kind, title, description
        As in the Frictionless field descriptor; `kind` is its `type`.
    unit : str
        Unit of the values; empty for text.
    required : bool
        Whether an empty cell is an error.
    minimum, maximum : float
        Inclusive bounds of a number; infinite where the descriptor gives none.
    allowed : tuple of str
        The closed list of values; empty when any value is allowed.
    pattern : str
        Regular expression that the whole cell must match; empty for none.
    """

    name: str
    kind: str
    title: str
    description: str
    unit: str = ""
    required: bool = False
    minimum: float = -math.inf
    maximum: float = math.inf
    allowed: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True)
class Table:
    """One table of the package: its file, meaning, fields, keys, licence and sources."""

    name: str
    path: Path
    title: str
    description: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[tuple[str, str, str], ...]
    licences: tuple[str, ...]
    sources: tuple[str, ...]

    def field(self, name: str) -> Field:
        """Return the field called `name`, or raise with the nearest name."""
        for field in self.fields:
            if field.name == name:
                return field
        raise unknown_name(f"field of table {self.name}", name, [f.name for f in self.fields])


def field_from_descriptor(descriptor: Mapping[str, Any]) -> Field:
    """Return the `Field` that a Frictionless field descriptor describes."""
    constraints = descriptor.get("constraints", {})
    return Field(
        name=descriptor["name"],
        kind=descriptor.get("type", "string"),
        title=descriptor.get("title", descriptor["name"]),
        description=descriptor.get("description", ""),
        unit=descriptor.get("unit", ""),
        required=bool(constraints.get("required", False)),
        minimum=float(constraints.get("minimum", -math.inf))
        if _is_number(descriptor)
        else -math.inf,
        maximum=float(constraints.get("maximum", math.inf)) if _is_number(descriptor) else math.inf,
        allowed=tuple(str(v) for v in constraints.get("enum", ())),
        pattern=constraints.get("pattern", ""),
    )


def _is_number(descriptor: Mapping[str, Any]) -> bool:
    return descriptor.get("type") in {"number", "integer"}


def table_from_descriptor(descriptor: Mapping[str, Any], folder: Path) -> Table:
    """Return the `Table` that a Frictionless resource descriptor describes."""
    schema = descriptor["schema"]
    return Table(
        name=descriptor["name"],
        path=folder / descriptor["path"],
        title=descriptor.get("title", descriptor["name"]),
        description=descriptor.get("description", ""),
        fields=tuple(field_from_descriptor(f) for f in schema["fields"]),
        primary_key=_names(schema.get("primaryKey", ())),
        foreign_keys=tuple(_foreign_key(key) for key in schema.get("foreignKeys", ())),
        licences=tuple(licence["name"] for licence in descriptor.get("licenses", ())),
        sources=tuple(source["title"] for source in descriptor.get("sources", ())),
    )


def _names(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _foreign_key(key: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return (field, table, field there); every key of this package has one field."""
    reference = key["reference"]
    return _names(key["fields"])[0], reference["resource"], _names(reference["fields"])[0]


def read_package(path: Path) -> dict[str, Table]:
    """Return the tables of a data package, by name, in the order of the descriptor.

    Parameters
    ----------
    path : Path
        `datapackage.json`; the CSV files lie beside it.

    Raises
    ------
    ComputebookError
        If the file is missing or is not JSON.
    """
    try:
        descriptor = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ComputebookError(f"data package {path} does not exist") from error
    except json.JSONDecodeError as error:
        raise ComputebookError(f"data package {path} is not JSON: {error}") from error
    return {r["name"]: table_from_descriptor(r, path.parent) for r in descriptor["resources"]}


def _parse_integer(text: str) -> int:
    return int(text)


def _parse_number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _parse_boolean(text: str) -> bool:
    return {"true": True, "false": False}[text]


def _parse_date(text: str) -> dt.date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(text)
    return dt.date.fromisoformat(text)


PARSERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "integer": (_parse_integer, "a whole number"),
    "number": (_parse_number, "a finite number"),
    "boolean": (_parse_boolean, "true or false"),
    "date": (_parse_date, "a date as YYYY-MM-DD"),
    "string": (str, "text"),
    "year": (_parse_integer, "a year"),
}


def parse_cell(field: Field, text: str) -> Any:
    """Return the typed value of one cell, None when it is empty.

    Parameters
    ----------
    field : Field
        What the column allows.
    text : str
        The cell as it stands in the file.

    Raises
    ------
    ComputebookError
        If the cell is empty but required, is of the wrong type, out of bounds, not in the closed
        list, or does not match the pattern. The sentence names field, value and what is allowed.

    Examples
    --------
    >>> parse_cell(Field("tdp_w", "number", "Power", "", unit="W", minimum=0), "700")
    700.0
    """
    if text == "":
        if field.required:
            raise ComputebookError(f"{field.name} is empty but required")
        return None
    parser, wanted = PARSERS[field.kind]
    try:
        value = parser(text)
    except (ValueError, KeyError) as error:
        raise ComputebookError(f"{field.name} = {text!r} is not {wanted}") from error
    _check_constraints(field, text, value)
    return value


def _check_constraints(field: Field, text: str, value: Any) -> None:
    if field.allowed and text not in field.allowed:
        raise unknown_name(field.name, text, field.allowed)
    if field.pattern and not re.fullmatch(field.pattern, text):
        raise ComputebookError(f"{field.name} = {text!r} does not match {field.pattern}")
    bounded = field.kind in {"number", "integer"}
    if bounded and not field.minimum <= value <= field.maximum:
        unit = f" {field.unit}" if field.unit else ""
        raise ComputebookError(
            f"{field.name} = {text}{unit} is out of bounds: "
            f"allowed {field.minimum:g} to {field.maximum:g}{unit}"
        )


def _checked_header(table: Table, header: Sequence[str]) -> None:
    names = [field.name for field in table.fields]
    for name in header:
        if name not in names:
            raise ComputebookError(f"{table.path.name}:1: {unknown_name('column', name, names)}")
    missing = [name for name in names if name not in header]
    if missing or list(header) != names:
        problem = f"lacks column {missing[0]}" if missing else "has its columns in another order"
        raise ComputebookError(f"{table.path.name}:1: {problem}; expected {', '.join(names)}")


def read_rows(table: Table) -> Iterator[Row]:
    """Yield the typed rows of a table, stopping at the first broken cell.

    Raises
    ------
    ComputebookError
        `file:line: ...` for a missing file, a wrong header, a row of the wrong length or a cell
        that its field does not allow.
    """
    if not table.path.is_file():
        raise ComputebookError(f"table {table.name}: file {table.path.name} does not exist")
    with table.path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        _checked_header(table, next(reader, []))
        for cells in reader:
            yield _typed_row(table, cells, reader.line_num)


def _typed_row(table: Table, cells: Sequence[str], line: int) -> Row:
    where = f"{table.path.name}:{line}"
    if len(cells) != len(table.fields):
        raise ComputebookError(f"{where}: {len(cells)} cells, expected {len(table.fields)}")
    try:
        return {f.name: parse_cell(f, text) for f, text in zip(table.fields, cells, strict=True)}
    except ComputebookError as error:
        raise ComputebookError(f"{where}: {error}") from error


def read_table(table: Table) -> pd.DataFrame:
    """Return a table as a frame with one dtype per kind of field.

    Whole numbers without a gap are int64, with a gap float64 (NaN); numbers float64; booleans
    without a gap bool; dates datetime64; text str with "" for an empty cell.

    Raises
    ------
    ComputebookError
        As `read_rows`, and for a repeated primary key.
    """
    rows = list(read_rows(table))
    frame = pd.DataFrame({f.name: _column(f, [row[f.name] for row in rows]) for f in table.fields})
    _check_primary_key(table, frame)
    return frame


def _column(field: Field, values: list[Any]) -> pd.Series[Any]:
    gap = any(value is None for value in values)
    if field.kind in {"integer", "year"}:
        return pd.Series(values, dtype="float64" if gap else "int64")
    if field.kind == "number":
        return pd.Series(values, dtype="float64")
    if field.kind == "boolean":
        return pd.Series(values, dtype="boolean" if gap else "bool")
    if field.kind == "date":
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object")), dtype="datetime64[s]")
    return pd.Series(["" if value is None else value for value in values], dtype="str")


def _check_primary_key(table: Table, frame: pd.DataFrame) -> None:
    if not table.primary_key:
        return
    repeated = frame[frame.duplicated(list(table.primary_key))]
    if len(repeated):
        key = ", ".join(f"{name} = {repeated.iloc[0][name]!r}" for name in table.primary_key)
        line = int(repeated.index[0]) + 2
        raise ComputebookError(f"{table.path.name}:{line}: {key} stands twice, but must be unique")
