"""What a reader takes away: rows, meaning, pictures and specification of every exhibit."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from computebook import datasets, provenance
from computebook.book import data_files, figures
from computebook.book.contents import FigureRecord
from computebook.book.makers import PACKAGE, documentation
from computebook.book.register import Exhibit, Register
from computebook.citation import sentence
from computebook.exhibits.how_to_cite import FILES, PICTURES

EXHIBITS = "exhibits"
CODE = "code"
DOWNLOADS = "downloads"
PDF = f"{DOWNLOADS}/report.pdf"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_LICENCE = {
    "name": "CC-BY-4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
    "note": "Extracts of collections keep the licence that datapackage.json states for them.",
}


def endings(exhibit: Exhibit) -> dict[str, str]:
    """Return the files that exist of an exhibit: what each is, by its ending.

    Parameters
    ----------
    exhibit : Exhibit
        A figure or table.

    Returns
    -------
    dict of str to str
        In the order in which they are offered.
    """
    offered = [*FILES, *(PICTURES if exhibit.is_figure else ())]
    return {ending: name for ending, name, _ in offered}


def package_name(edition: str) -> str:
    """Return the path of the data package below the site.

    Parameters
    ----------
    edition : str
        Calendar version.

    Returns
    -------
    str
        Path of a zip file.

    Examples
    --------
    >>> package_name("2026.1")
    'downloads/computebook-data-2026.1.zip'
    """
    return f"{DOWNLOADS}/computebook-data-{edition}.zip"


def write_downloads(register: Register, site: Path, root: Path) -> None:
    """Write all files to take away into a site.

    Parameters
    ----------
    register : Register
        The exhibits.
    site : pathlib.Path
        Folder of the site.
    root : pathlib.Path
        Root of the report, for bibliography and licence.
    """
    known = data_files.bibliography(root / "references.bib")
    (site / EXHIBITS).mkdir(exist_ok=True)
    for exhibit in register.exhibits.values():
        for ending, content in _files(register, exhibit, known):
            (site / EXHIBITS / f"{exhibit.name}.{ending}").write_bytes(content)
    _write_code(register, site / CODE)
    package = site / package_name(register.edition)
    package.parent.mkdir(exist_ok=True)
    write_package(package, register.edition, root)


def _files(
    register: Register, exhibit: Exhibit, known: dict[str, dict[str, str]]
) -> Iterator[tuple[str, bytes]]:
    record = register.records[exhibit.name]
    frame = data_files.exhibit_frame(record, register.labels)
    yield "csv", data_files.csv_text(frame).encode()
    yield "json", _json(metadata(register, exhibit, known))
    if isinstance(record, FigureRecord):
        yield "svg", figures.picture_svg(record.spec).encode()
        yield "png", figures.picture_png(record.spec)
        yield "vl.json", _json(_specification(record, sentence(register.work(exhibit.name))))


def metadata(
    register: Register, exhibit: Exhibit, known: dict[str, dict[str, str]]
) -> dict[str, Any]:
    """Return what has to be known to use the rows of an exhibit elsewhere.

    Parameters
    ----------
    register : Register
        The edition.
    exhibit : Exhibit
        A figure or table of it.
    known : dict of str to dict
        Entries of the bibliography by key.

    Returns
    -------
    dict
        Columns with units and definitions, sources, licence, edition, hash, origin, citation.
    """
    record = register.records[exhibit.name]
    work = register.work(exhibit.name)
    return {
        "id": exhibit.name,
        "number": exhibit.number,
        "title": exhibit.title,
        "caption": data_files.plain_text(record.caption, register.labels),
        "note": data_files.plain_text(getattr(record, "note", ""), register.labels),
        "description": getattr(record, "alt", ""),
        "chapter": exhibit.chapter_title,
        "address": work.address,
        "edition": register.edition,
        "data_date": register.data_date.isoformat(),
        "file": f"{exhibit.name}.csv",
        "sha256": exhibit.sha256,
        "text_cells": "text that a spreadsheet would take for a formula begins with an apostrophe",
        "rows": len(record.frame),
        "columns": data_files.columns_of(record),
        "sources": [known[key] for key in exhibit.sources if key in known],
        "tables": list(exhibit.tables),
        "parameters_changed": list(work.changed),
        "licence": _LICENCE,
        "computed_by": exhibit.maker.function if exhibit.maker else "",
        "method": documentation(exhibit.maker) if exhibit.maker else "",
        "cell": record.code,
        "citation": sentence(work),
    }


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _specification(record: FigureRecord, cited: str) -> dict[str, Any]:
    about = {"name": record.name, "description": record.alt, "citation": cited}
    return {**record.spec, "width": figures.STATIC_WIDTH, "usermeta": {"computebook": about}}


def _write_code(register: Register, folder: Path) -> None:
    """Put the source files that made exhibits beside the site, as text that a browser shows."""
    made = {e.maker.path for e in register.exhibits.values() if e.maker and e.maker.path}
    for path in sorted(made):
        target = folder / f"{path}.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PACKAGE / path, target)


def write_package(path: Path, edition: str, root: Path) -> None:
    """Write the whole data package as one zip file, equal for equal data on any machine.

    Parameters
    ----------
    path : pathlib.Path
        The zip file.
    edition : str
        Calendar version, which names the folder inside.
    root : pathlib.Path
        Root of the report, for the licence.
    """
    top = f"computebook-data-{edition}"
    # Stored, not deflated: compressors differ in their bytes from one zlib to the next, and the
    # web server compresses on the way.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as package:
        for name, source in _members(root):
            member = zipfile.ZipInfo(f"{top}/{name}", _ZIP_EPOCH)
            member.external_attr = 0o644 << 16
            member.create_system = 3
            package.writestr(member, source.read_bytes())


def _members(root: Path) -> list[tuple[str, Path]]:
    folder = datasets.data_folder()
    inside = [path for path in folder.rglob("*") if path.is_file()]
    found = {path.relative_to(folder).as_posix(): path for path in inside}
    found["references.bib"] = provenance.reference_file()
    licence = root / "LICENSE-data.md"
    found |= {"LICENSE-data.md": licence} if licence.is_file() else {}
    return sorted((name, path) for name, path in found.items() if not _hidden(name))


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__")) for part in name.split("/"))
