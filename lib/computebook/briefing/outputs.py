"""The formats of a briefing: site, single file, PDF, workbook, tables."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from computebook.book.contents import ChapterRecord, read_report
from computebook.book.register import read_register
from computebook.book.site import build_site
from computebook.briefing import changes
from computebook.briefing.client_usage import ledger_summary
from computebook.briefing.cover import confidential_mark, pdf_cover
from computebook.briefing.request import Briefing
from computebook.errors import require_known

__all__ = ["FORMATS", "write"]

FORMATS: Final = ("site", "html", "pdf", "xlsx", "json")
#: Looked up on the client's site; half of all pages if printed.
_NOT_PRINTED: Final = ("library", "data_dictionary")
_FROM_SITE: Final = ("site", "html", "pdf")


def write(
    book_root: Path,
    briefing: Briefing,
    published_root: Path,
    into: Path,
    formats: Sequence[str] = FORMATS,
) -> None:
    """Write the formats of a briefing.

    Parameters
    ----------
    book_root : pathlib.Path
        Root of the client's tree, its chapters executed and its first page written.
    briefing : Briefing
        The client's.
    published_root : pathlib.Path
        Root of the published report.
    into : pathlib.Path
        The client's folder; only files of the formats asked for are written.
    formats : sequence of str
        Some of `FORMATS`: `site/`, `report.html`, `report.pdf`, `workbook.xlsx` and `tables/`.
        The first three come from one build: ask for them together.

    Raises
    ------
    ComputebookError
        If a format is unknown, the build fails or no Chromium is found.
    """
    for form in formats:
        require_known("format", form, FORMATS)
    into.mkdir(parents=True, exist_ok=True)
    if set(formats) & set(_FROM_SITE):
        _write_site(book_root, briefing, into, formats)
    if set(formats) & {"xlsx", "json"}:
        _write_tables(book_root, briefing, published_root, into, formats)


def _write_site(book_root: Path, briefing: Briefing, into: Path, formats: Sequence[str]) -> None:
    with _site(book_root, into, "site" in formats) as site:
        if "html" in formats:
            from computebook.book.single_file import single_file

            text = single_file(site, confidential_mark(briefing))
            (into / "report.html").write_text(text, encoding="utf-8", newline="\n")
        if "pdf" in formats:
            from computebook.book.pdf import print_site

            print_site(site, into / "report.pdf", pdf_cover(briefing), _NOT_PRINTED)


@contextlib.contextmanager
def _site(book_root: Path, into: Path, kept: bool) -> Iterator[Path]:
    """Yield the built site: in the client's folder, or in one that is removed afterwards."""
    if kept:
        yield build_site(book_root, into / "site")
        return
    with tempfile.TemporaryDirectory(prefix=".site-", dir=into) as scratch:
        yield build_site(book_root, Path(scratch) / "site")


def _write_tables(
    book_root: Path,
    briefing: Briefing,
    published_root: Path,
    into: Path,
    formats: Sequence[str],
) -> None:
    records = _chapters(book_root, briefing)
    labels = read_register(book_root).labels
    bib = book_root / "references.bib"
    if "json" in formats:
        from computebook.briefing.tables_export import write_tables

        write_tables(records, bib, into / "tables", labels, _about(briefing))
    if "xlsx" in formats:
        from computebook.briefing.workbook import About, workbook

        mark = confidential_mark(briefing)
        about = About(briefing.title, briefing.client, briefing.edition, briefing.date, mark)
        moved = _changes(records, briefing, published_root)
        content = workbook(about, records, moved, bib, labels, ledger_summary(briefing))
        (into / "workbook.xlsx").write_bytes(content)


def _chapters(book_root: Path, briefing: Briefing) -> dict[str, ChapterRecord]:
    """Return the chapters of the briefing in the order of the book."""
    found = read_report(book_root)
    return {name: found[name] for name in briefing.chapters if name in found}


def _changes(
    records: dict[str, ChapterRecord], briefing: Briefing, published_root: Path
) -> changes.Changes:
    known = changes.Knowledge(changes.traced(), tuple(briefing.data.tables))
    return changes.compare(read_report(published_root), records, known=known)


def _about(briefing: Briefing) -> dict[str, str]:
    return {
        "report": briefing.title,
        "client": briefing.client,
        "date": briefing.date.isoformat(),
        "edition": briefing.edition,
        "confidentiality": confidential_mark(briefing),
    }
