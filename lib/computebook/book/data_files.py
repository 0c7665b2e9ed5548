"""What a reader takes away from one exhibit: its rows as CSV, and what the columns mean."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from computebook import datasets
from computebook.book.contents import FigureRecord, TableRecord
from computebook.tables.raw import heading_unit

#: A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[\d.,]+(e[+-]?\d+)?\s*%?")
_ROLE = re.compile(r"\{[\w:-]+\}`([^`]*)`")
_CITE = re.compile(r"\s*\{cite(?::\w+)?\}`[^`]*`")
_MARKS = re.compile(r"\*\*|(?<!\\)[*`]")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]<>|$~#@^])")
_MYST_FORMATS = ("markdown",)


def plain_text(text: str, names: Mapping[str, str] | None = None) -> str:
    r"""Return MyST inline text as a reader would say it.

    Parameters
    ----------
    text : str
        MyST; citations are left out, marks of bold type and escapes removed.
    names : mapping of str to str, optional
        What references such as ``{numref}`tab-a``` read, by label.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> plain_text("**Two** of {numref}`tab-a` cost \\$5 {cite}`x`.", {"tab-a": "Table 1.1"})
    'Two of Table 1.1 cost $5.'
    """
    known = names or {}
    without = _CITE.sub("", text)
    resolved = _ROLE.sub(lambda role: known.get(role[1], role[1]), without)
    return " ".join(_ESCAPED.sub(r"\1", _MARKS.sub("", resolved)).split())


def safe_cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula.

    Parameters
    ----------
    value : any
        A cell; only text can be a formula.

    Returns
    -------
    any
        Numbers as they are; text that begins like a formula, and is no number, after an
        apostrophe.

    Examples
    --------
    >>> safe_cell("=1+1"), safe_cell(-5.0), safe_cell("+6.0 points"), safe_cell("-5%")
    ("'=1+1", -5.0, "'+6.0 points", '-5%')
    """
    if not isinstance(value, str) or not value.startswith(FORMULA_STARTS):
        return value
    return value if _NUMBER.fullmatch(value) else f"'{value}"


def csv_text(frame: pd.DataFrame) -> str:
    r"""Return a frame as CSV: UTF-8, LF, heading row, empty cells for missing values.

    Parameters
    ----------
    frame : pandas.DataFrame
        Values of JSON kinds.

    Returns
    -------
    str
        Equal for equal frames; no cell is a formula.

    Examples
    --------
    >>> csv_text(pd.DataFrame({"GPU": ["H100"], "Memory (GB)": [80.0]}))
    'GPU,Memory (GB)\nH100,80\n'
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(safe_cell(str(name)) for name in frame.columns)
    for row in zip(*(frame[name].tolist() for name in frame.columns), strict=True):
        writer.writerow(safe_cell(_printed(value)) for value in row)
    return out.getvalue()


def _printed(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, str):
        # The csv module leaves a bare carriage return unquoted: readers end the row there.
        return value.replace("\r", " ")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def exhibit_frame(
    record: TableRecord | FigureRecord, names: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return the rows of an exhibit, with MyST cells as plain text.

    Parameters
    ----------
    record : TableRecord or FigureRecord
        An exhibit of an executed chapter.
    names : mapping of str to str, optional
        What references in cells read, by label.

    Returns
    -------
    pandas.DataFrame
        A copy.
    """
    frame = record.frame.copy()
    if isinstance(record, TableRecord):
        marked = [c.heading for c in record.columns if c.format in _MYST_FORMATS]
        for heading in marked:
            frame[heading] = [_plain_cell(value, names) for value in frame[heading]]
    return frame


def _plain_cell(value: Any, names: Mapping[str, str] | None) -> Any:
    return plain_text(value, names) if isinstance(value, str) else value


def digest(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal.

    Parameters
    ----------
    text : str
        Content of a file.

    Returns
    -------
    str
        64 digits, as `sha256sum` prints them.

    Examples
    --------
    >>> digest("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def columns_of(record: TableRecord | FigureRecord) -> list[dict[str, str]]:
    """Return what each column of an exhibit's CSV means.

    Parameters
    ----------
    record : TableRecord or FigureRecord
        An exhibit.

    Returns
    -------
    list of dict
        `name` as in the CSV, `title`, `unit` and `definition`; empty text for what is not known.
    """
    if isinstance(record, TableRecord):
        return [
            _column(c.heading, c.heading, _table_unit(c.unit, c.format), c.key)
            for c in record.columns
        ]
    titles = axis_titles(record.spec)
    return [
        _column(str(n), titles.get(str(n), ""), heading_unit(titles.get(str(n), "")), str(n))
        for n in record.frame.columns
    ]


def _column(name: str, title: str, unit: str, key: str) -> dict[str, str]:
    return {"name": name, "title": title, "unit": unit, "definition": _definitions().get(key, "")}


def _table_unit(unit: str, form: str) -> str:
    # The page prints percent; the file holds the fraction itself.
    return "fraction of 1" if form == "percent" or form.endswith("%") else unit


def axis_titles(spec: Any) -> dict[str, str]:
    """Return the titles of the axes and legends of a chart, by the field that they show.

    Parameters
    ----------
    spec : dict
        A Vega-Lite specification.

    Returns
    -------
    dict of str to str
        The first title of each field.

    Examples
    --------
    >>> axis_titles({"encoding": {"x": {"field": "tb_s", "title": "Bandwidth (TB/s)"}}})
    {'tb_s': 'Bandwidth (TB/s)'}
    """
    found: dict[str, str] = {}
    for node in _mappings(spec):
        title = (node.get("axis") or {}).get("title") or node.get("title")
        if isinstance(node.get("field"), str) and isinstance(title, str):
            found.setdefault(node["field"], title)
    return found


def _mappings(value: Any) -> Iterable[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for key, item in value.items():
            if key not in ("datasets", "values", "config"):
                yield from _mappings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _mappings(item)


@cache
def _definitions() -> dict[str, str]:
    """Return what the data package says of a field, where all its tables say the same."""
    said: dict[str, set[str]] = {}
    for table in datasets.package().values():
        for field in table.fields:
            said.setdefault(field.name, set()).add(field.description)
    return {name: texts.pop() for name, texts in said.items() if len(texts) == 1}


@cache
def bibliography(path: Path) -> dict[str, dict[str, str]]:
    """Return the entries of a bibliography that a reader needs to find a source.

    Parameters
    ----------
    path : pathlib.Path
        A BibTeX file.

    Returns
    -------
    dict of str to dict
        By key: `key`, `title`, `publisher` (or authors), `year` and `url`.
    """
    from pybtex.database import parse_file

    entries = parse_file(str(path), bib_format="bibtex").entries
    return {key: _source(key, entry) for key, entry in entries.items()}


def _source(key: str, entry: Any) -> dict[str, str]:
    fields = {name.lower(): str(value) for name, value in entry.fields.items()}
    people = [str(person) for role in entry.persons.values() for person in role]
    by = "; ".join(people) or fields.get("organization", fields.get("publisher", ""))
    told = {"title": fields.get("title", ""), "by": by, "year": fields.get("year", "")}
    clean = {name: " ".join(re.sub(r"[{}]", "", text).split()) for name, text in told.items()}
    return {"key": key, **clean, "url": fields.get("url", "")}
