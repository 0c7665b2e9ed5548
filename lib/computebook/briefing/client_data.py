"""Merge a client's own rows into a copy of the tables, never into ours.

The copy is a whole data folder of its own, with a bibliography in which the client is a source. A
process that is started with `COMPUTEBOOK_DATA` set to it computes every chapter from it.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pandas as pd

from computebook import datapackage, datasets, errors, provenance
from computebook.briefing.client_rows import ClientRows, Key, our_cells, read_client_rows
from computebook.briefing.document import Fault
from computebook.briefing.request import Briefing

__all__ = ["data_folder", "faults", "source_entry", "source_key"]

_LEFT_BEHIND: Final = "scenarios"
_CARD: Final = ("model_id", "service_tier", "context_above_tokens")


def source_key(briefing: Briefing) -> str:
    """Return the key under which the client stands in its own bibliography.

    The tables allow letters, digits and underscores in a key.
    """
    return f"client_{briefing.slug.replace('-', '_')}"


def source_entry(briefing: Briefing) -> str:
    """Return the entry of the client in its own bibliography, as BibTeX.

    Parameters
    ----------
    briefing : Briefing
        Whose data it is.

    Returns
    -------
    str
        One `@misc` entry; what BibTeX would read as a command is taken out of the names.
    """
    date = briefing.date
    return (
        f"\n@misc{{{source_key(briefing)},\n"
        f"  author = {{{{{_plain(briefing.client)}}}}},\n"
        f"  title = {{Own data for the briefing: {_plain(briefing.title)}}},\n"
        f"  year = {{{date.year}}},\n  month = {{{date:%B}}},\n"
        f"  note = {{Given by the client on {date}; not published.}},\n}}\n"
    )


def _plain(text: str) -> str:
    return re.sub(r"([&%#_$])", r"\\\1", re.sub(r"[{}\\~^\"@]", " ", text)).strip()


def _client_rows(briefing: Briefing) -> list[ClientRows]:
    key, date = source_key(briefing), briefing.date
    files = briefing.data.tables.items()
    return [read_client_rows(name, path, key, date) for name, path in sorted(files)]


def faults(briefing: Briefing) -> list[Fault]:
    """Return what is wrong with the tables of a client: rows, keys, references between tables.

    Parameters
    ----------
    briefing : Briefing
        Whose files to check.

    Returns
    -------
    list of Fault
        Each with the client's file and line; empty when all is well.
    """
    read = _client_rows(briefing)
    found = [fault for rows in read for fault in rows.faults]
    if found:
        return found
    return [fault for rows in read for check in _CHECKS for fault in check(rows, read)]


def _broken_references(rows: ClientRows, read: list[ClientRows]) -> Iterator[Fault]:
    for field, other, target in rows.table.foreign_keys:
        known = set(_published(other or rows.table.name, target))
        known |= {
            cells[target]
            for more in read
            if more.table.name == (other or rows.table.name)
            for cells in more.cells.values()
        }
        for key, cells in rows.cells.items():
            if cells[field] and cells[field] not in known:
                wrong = errors.unknown_name(field, cells[field], known)
                yield Fault(rows.path.name, rows.lines[key], str(wrong))


@cache
def _published(table: str, column: str) -> tuple[str, ...]:
    return tuple(str(value) for value in datasets.load(table)[column])


def _overlapping_cards(rows: ClientRows, read: list[ClientRows]) -> Iterator[Fault]:
    """Yield price cards that hold on a day on which another card of the model holds too."""
    if rows.table.name != "api_prices":
        return
    merged = our_cells(rows.table) | rows.cells
    for key, cells in rows.cells.items():
        for other, more in merged.items():
            same = other != key and all(_number(cells[n]) == _number(more[n]) for n in _CARD)
            if same and _overlap(cells, more):
                yield Fault(
                    rows.path.name,
                    rows.lines[key],
                    f"card_id = {key[0]!r} holds on days of card {other[0]!r} "
                    f"({more['effective_from']} to {more['effective_to'] or 'now'}): give the row "
                    f"that card_id, which overrides ours, or days of its own",
                )


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _overlap(one: Mapping[str, str], two: Mapping[str, str]) -> bool:
    ends = (one["effective_to"] or "9999-12-31", two["effective_to"] or "9999-12-31")
    return one["effective_from"] <= ends[1] and two["effective_from"] <= ends[0]


_CHECKS: Final = (_broken_references, _overlapping_cards)


def data_folder(briefing: Briefing, into: Path) -> Path:
    r"""Write the data folder of a briefing: our tables with the client's rows, and the sources.

    Parameters
    ----------
    briefing : Briefing
        Whose rows are merged; see `client_rows` for how.
    into : Path
        Folder to write, made if need be; files of ours in it are replaced.

    Returns
    -------
    Path
        `into`, for `COMPUTEBOOK_DATA`. Equal briefings give equal bytes.

    Raises
    ------
    ComputebookError
        With every fault of the client's rows, each with file and line; nothing is then written.

    Examples
    --------
    >>> import datetime, tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     prices = Path(place) / "prices.csv"
    ...     _ = prices.write_text("price_id,usd_per_gpu_hour\nlambda-h100-sxm-on-demand,2.1\n")
    ...     briefing = Briefing(
    ...         client="Example", title="Costs", date=datetime.date(2026, 11, 23),
    ...         edition="2026.1.0", slug="example", source=Path(place) / "example.yaml",
    ...         data={"tables": {"gpu_hour_prices": prices}})
    ...     folder = data_folder(briefing, Path(place) / "data")
    ...     table = datapackage.read_package(folder / "datapackage.json")["gpu_hour_prices"]
    ...     row = datapackage.read_table(table).set_index("price_id").iloc[0]
    >>> float(row.usd_per_gpu_hour), row.source_key, row.locator
    (2.1, 'client_example', 'prices.csv, line 2')
    """
    found = faults(briefing)
    if found:
        raise errors.ComputebookError("\n".join(map(str, found)))
    texts = {rows.table.path.name: _merged_text(rows) for rows in _client_rows(briefing)}
    bibliography = provenance.reference_file().read_text(encoding="utf-8")
    _copy(datasets.data_folder(), into)
    for name, text in texts.items():
        (into / name).write_text(text, encoding="utf-8", newline="")
    # Without rows of its own a client is no source, and every chapter is as published.
    entry = source_entry(briefing) if texts else ""
    (into / "references.bib").write_text(bibliography + entry, encoding="utf-8", newline="\n")
    _read_again(into, list(briefing.data.tables))
    return into


def _copy(ours: Path, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    for source in sorted(ours.rglob("*")):
        part = source.relative_to(ours)
        hidden = any(name.startswith(".") or name == "__pycache__" for name in part.parts)
        if source.is_file() and part.parts[0] != _LEFT_BEHIND and not hidden:
            (into / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, into / part)


def _merged_text(rows: ClientRows) -> str:
    """Return a table as CSV, ours overridden in place and the client's other rows at the end."""
    merged: dict[Key, dict[str, str]] = our_cells(rows.table) | rows.cells
    text = io.StringIO()
    names = [field.name for field in rows.table.fields]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(merged.values())
    return text.getvalue()


def _read_again(folder: Path, tables: list[str]) -> list[pd.DataFrame]:
    """Read what was written as the chapters will: a fault here is ours, not the client's."""
    package = datapackage.read_package(folder / "datapackage.json")
    return [datapackage.read_table(package[name]) for name in tables]
