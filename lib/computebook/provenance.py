"""Check that every number is of the right size and comes from somewhere.

`findings` returns what is wrong with the tables as sentences, each with file and line. The
checks go beyond types and bounds of single cells (see `datapackage`): sources that exist and are
used, foreign keys, ordered ranges, one unit per quantity, magnitudes a planner would believe.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pandas as pd

from computebook import datasets, units
from computebook.datapackage import Field, Table
from computebook.errors import ComputebookError

BIB_ENTRY = re.compile(r"^@\w+\{([^,\s]+),", re.MULTILINE)
CITATION = re.compile(r"\{cite(?::[a-z]+)?\}`([^`]+)`")

#: Bounds of what is believable, by unit suffix; outside them a slipped decimal is likelier.
MAGNITUDES: dict[str, tuple[float, float]] = {
    "usd_per_mtok": (0, 1_000),
    "usd_per_gpu_hour": (0.05, 100),
    "usd_per_kcall": (0, 1_000),
    "tb_s": (0.1, 2_000),
    "tflop_s": (10, 50_000),
    "top_s": (10, 50_000),
    "percent": (0, 100),
    "fraction": (0, 1),
    "kw": (0.1, 10_000),
    "w": (30, 5_000),
    "params_b": (0.01, 20_000),
    "tokens": (0, 2e12),
}

#: Tables whose range columns are named otherwise than low, central, high.
RANGE_COLUMNS = (("low", "central", "high"), ("low_usd", "central_usd", "high_usd"))


def reference_file() -> Path:
    """Return the bibliography: beside the tables, or at the root of the checkout.

    It lies beside them in the wheel, and in the folder that a briefing made of its client's data.
    """
    installed = datasets.data_folder() / "references.bib"
    return installed if installed.is_file() else datasets.data_folder().parent / "references.bib"


def reference_keys() -> list[str]:
    """Return the keys of the bibliography, in its order."""
    return BIB_ENTRY.findall(reference_file().read_text(encoding="utf-8"))


def cited_keys(texts: Iterable[str]) -> set[str]:
    """Return the keys that MyST text cites.

    Examples
    --------
    >>> sorted(cited_keys(["as {cite}`nvidia2025dgxb200, kwon2023pagedattention` show"]))
    ['kwon2023pagedattention', 'nvidia2025dgxb200']
    """
    groups = (group for text in texts for group in CITATION.findall(text))
    return {key.strip() for group in groups for key in group.split(",")}


def _at(table: Table, row: int, sentence: str) -> str:
    return f"{table.path.name}:{row + 2}: {sentence}"


def _unknown_sources(table: Table, frame: pd.DataFrame) -> Iterator[str]:
    known = set(reference_keys())
    columns = [name for name in frame.columns if name.endswith("source_key")]
    for column in columns:
        for row, key in enumerate(frame[column]):
            if key and key not in known:
                yield _at(table, row, f"{column} = {key!r} is not in references.bib")


def _broken_foreign_keys(table: Table, frame: pd.DataFrame) -> Iterator[str]:
    for field, other, target in table.foreign_keys:
        known = set(datasets.load(other or table.name)[target])
        for row, value in enumerate(frame[field]):
            if value and value not in known:
                yield _at(table, row, f"{field} = {value!r} has no row in {other}.{target}")


def _unordered_ranges(table: Table, frame: pd.DataFrame) -> Iterator[str]:
    for names in RANGE_COLUMNS:
        if not set(names) <= set(frame.columns):
            continue
        for row, values in enumerate(frame[list(names)].itertuples(index=False)):
            known = [value for value in values if pd.notna(value)]
            if known != sorted(known):
                text = ", ".join(f"{n} = {v:g}" for n, v in zip(names, values, strict=True))
                yield _at(table, row, f"{text}: low <= central <= high does not hold")


def _future_dates(table: Table, frame: pd.DataFrame) -> Iterator[str]:
    today = pd.Timestamp(dt.datetime.now(dt.UTC).date())
    for row, date in enumerate(frame.get("as_of", ())):
        if pd.notna(date) and date > today:
            yield _at(table, row, f"as_of = {date.date()} lies in the future")


def _implausible(table: Table, frame: pd.DataFrame) -> Iterator[str]:
    for field in table.fields:
        unit = units.unit_of(field.name)
        if field.kind not in {"number", "integer"} or not unit or unit.suffix not in MAGNITUDES:
            continue
        low, high = MAGNITUDES[unit.suffix]
        for row, value in enumerate(frame[field.name]):
            if pd.notna(value) and not low <= value <= high:
                yield _at(
                    table, row, f"{field.name} = {value:g} is not believable: {low:g} to {high:g}"
                )


def _undated_or_unsourced(table: Table, frame: pd.DataFrame) -> Iterator[str]:
    for column in ("basis", "verification", "source_key", "locator", "as_of"):
        if column not in frame.columns:
            yield f"{table.path.name}: has no column {column}"


ROW_CHECKS: tuple[Callable[[Table, pd.DataFrame], Iterator[str]], ...] = (
    _undated_or_unsourced,
    _unknown_sources,
    _broken_foreign_keys,
    _unordered_ranges,
    _future_dates,
    _implausible,
)


def value_findings(table: Table, frame: pd.DataFrame) -> list[str]:
    """Return what is not believable in the rows of a frame: ranges that fall, magnitudes.

    Parameters
    ----------
    table : Table
        What the columns mean; its path names the file in the sentences.
    frame : DataFrame
        Typed rows with its columns; a sentence gives the line as row + 2.

    Returns
    -------
    list of str
        Empty when all is well.

    Examples
    --------
    >>> table = datasets.describe("gpu_hour_prices")
    >>> frame = datasets.load("gpu_hour_prices").head(1).assign(usd_per_gpu_hour=399.0)
    >>> value_findings(table, frame)
    ['gpu_hour_prices.csv:2: usd_per_gpu_hour = 399 is not believable: 0.05 to 100']
    """
    return [*_unordered_ranges(table, frame), *_implausible(table, frame)]


def table_findings(name: str) -> list[str]:
    """Return what is wrong with one table, one sentence each; empty when all is well."""
    table = datasets.describe(name)
    try:
        frame = datasets.load(name)
    except ComputebookError as error:
        return [str(error)]
    return [sentence for check in ROW_CHECKS for sentence in check(table, frame)]


def _fields_by_unit_suffix() -> Iterator[tuple[str, Table, Field]]:
    for table in datasets.package().values():
        for field in table.fields:
            unit = units.unit_of(field.name)
            if unit and field.kind in {"number", "integer"}:
                yield unit.symbol, table, field


def unit_findings() -> list[str]:
    """Return fields whose stated unit is not the unit that their name ends in."""
    return [
        f"{table.path.name}: {field.name} is described in {field.unit!r}, its name says {symbol!r}"
        for symbol, table, field in _fields_by_unit_suffix()
        if symbol and field.unit != symbol
    ]


def orphan_findings(texts: Iterable[str]) -> list[str]:
    """Return entries of the bibliography that no table row and no text uses.

    Parameters
    ----------
    texts : iterable of str
        Chapters and library sources; a key counts as used when it stands anywhere in them.
    """
    prose = "\n".join(texts)
    used = {key for name in datasets.table_names() for key in _source_keys(name)}
    return [
        f"references.bib: {key} is used by no row and no page"
        for key in reference_keys()
        if key not in used and key not in prose
    ]


def _source_keys(name: str) -> set[str]:
    frame = datasets.load(name)
    return {str(k) for c in frame.columns if c.endswith("source_key") for k in frame[c]}


def frictionless_findings() -> list[str]:
    """Return what Frictionless finds wrong with the data package.

    Raises
    ------
    ComputebookError
        If the package frictionless is not installed (extra `data`).
    """
    try:
        import frictionless
    except ImportError as error:
        raise ComputebookError(
            "the data check needs frictionless: pip install 'computebook[data]'"
        ) from error
    report = frictionless.validate(str(datasets.data_folder() / "datapackage.json"))
    rows = report.flatten(["title", "rowNumber", "fieldName", "note"])
    return [f"frictionless: {title} line {row} {field}: {note}" for title, row, field, note in rows]


def findings(texts: Iterable[str] | None = None) -> list[str]:
    """Return everything that is wrong with the data; empty when all is well.

    Parameters
    ----------
    texts : iterable of str, optional
        Chapters and sources in which to look for uses of the bibliography; without them the
        search for orphans is left out.
    """
    found = [sentence for name in datasets.table_names() for sentence in table_findings(name)]
    if any(found):
        return found
    orphans = orphan_findings(texts) if texts is not None else []
    return found + unit_findings() + orphans + frictionless_findings()
