"""Tables of a report as CSV, and as JSON that says what each column means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from computebook.book.contents import ChapterRecord, FigureRecord, TableRecord
from computebook.book.data_files import (
    bibliography,
    columns_of,
    csv_text,
    exhibit_frame,
    plain_text,
)

__all__ = ["described", "write_tables"]


def write_tables(
    chapters: Mapping[str, ChapterRecord],
    bib: Path,
    into: Path,
    labels: Mapping[str, str],
    about: Mapping[str, str],
) -> list[Path]:
    """Write each table and the data of each figure as CSV and JSON.

    Parameters
    ----------
    chapters : mapping of str to ChapterRecord
        Executed chapters.
    bib : pathlib.Path
        The bibliography.
    into : pathlib.Path
        Folder, made if it is not there.
    labels : mapping of str to str
        Number of each exhibit by name.
    about : mapping of str to str
        What each JSON file says of the report, such as client and date.

    Returns
    -------
    list of pathlib.Path
        The files, two for each exhibit.
    """
    into.mkdir(parents=True, exist_ok=True)
    sources = bibliography(bib)
    written = []
    for chapter in chapters.values():
        exhibits: list[TableRecord | FigureRecord] = [*chapter.tables.values()]
        for record in (*exhibits, *chapter.figures.values()):
            told = described(record, chapter, labels, sources)
            text = json.dumps({**about, **told}, indent=1, ensure_ascii=False)
            files = {"csv": csv_text(exhibit_frame(record, labels)), "json": f"{text}\n"}
            for ending, content in files.items():
                path = into / f"{record.name}.{ending}"
                path.write_text(content, encoding="utf-8", newline="\n")
                written.append(path)
    return written


def described(
    record: TableRecord | FigureRecord,
    chapter: ChapterRecord,
    labels: Mapping[str, str],
    sources: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """Return a table or the data of a figure with its description, as JSON holds it.

    Parameters
    ----------
    record : TableRecord or FigureRecord
        The exhibit.
    chapter : ChapterRecord
        Where it stands.
    labels : mapping of str to str
        Number of each exhibit by name.
    sources : mapping of str to mapping
        The bibliography.

    Returns
    -------
    dict
        `name`, `number`, `title`, `note`, `chapter`, `parameters`, `columns` (name, title, unit,
        definition), `sources` and `rows`.
    """
    note = record.note if isinstance(record, TableRecord) else record.alt
    frame = exhibit_frame(record, labels)
    return {
        "name": record.name,
        "number": labels.get(record.name, ""),
        "title": plain_text(record.caption, labels),
        "note": plain_text(note, labels),
        "chapter": chapter.chapter,
        "chapter_title": chapter.title,
        "parameters": chapter.parameters,
        "columns": columns_of(record),
        "sources": [dict(sources.get(key, {"key": key})) for key in record.sources],
        "rows": json.loads(frame.to_json(orient="values", double_precision=15)),
    }
