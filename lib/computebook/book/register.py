"""The register of a report: every figure and table with number, place, hash and origin."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from computebook import datasets, errors
from computebook.book import data_files, notebooks
from computebook.book.contents import ChapterRecord, FigureRecord, TableRecord, read_chapter
from computebook.book.execution import declared_parameters
from computebook.book.makers import Maker, called, maker
from computebook.book.runner import book_root
from computebook.book.table_reads import tables_behind
from computebook.citation import Work
from computebook.exhibits.colophon import edition as own_edition

KINDS = {"tab": "Table", "fig": "Figure"}
_BOLD = re.compile(r"\s*\*\*(.+?)\*\*", re.DOTALL)
_HIDDEN_SOURCE = ("remove-input", "remove-cell", "hide-cell")


@dataclass(frozen=True)
class Exhibit:
    """One figure or table of an edition.

    Parameters
    ----------
    name : str
        Its permanent id and anchor.
    number : str
        Such as `Table 3.2`.
    title : str
        The finding that the caption begins with, else the caption; in plain text.
    chapter, chapter_title : str
        Name and heading of the chapter that shows it.
    page : str
        Path of its page below the site, without an ending.
    sha256 : str
        Hash of its CSV file.
    sources : tuple of str
        Keys of references.bib.
    maker : Maker or None
        The function that computed it.
    code_shown : bool
        Whether the page shows the code of its cell.
    tables : tuple of str
        Tables of the data package that the code behind it reads.
    """

    name: str
    number: str
    title: str
    chapter: str
    chapter_title: str
    page: str
    sha256: str
    sources: tuple[str, ...] = ()
    maker: Maker | None = None
    code_shown: bool = False
    tables: tuple[str, ...] = ()

    @property
    def is_figure(self) -> bool:
        """Whether it is a chart."""
        return self.name.startswith("fig-")


@dataclass(frozen=True)
class Page:
    """One notebook of the report in its place.

    Parameters
    ----------
    path : pathlib.Path
        The notebook.
    name : str
        Its path below the report, without ending.
    number : str
        Number of the chapter; empty for pages without one.
    record : ChapterRecord
        What it shows.
    """

    path: Path
    name: str
    number: str
    record: ChapterRecord


def home(site: str, edition: str) -> str:
    """Return the address of an edition.

    Parameters
    ----------
    site : str
        Address of the site that holds all editions, with a final slash; empty if it has none.
    edition : str
        Calendar version.

    Returns
    -------
    str
        With a final slash.

    Examples
    --------
    >>> home("https://example.org/", "2026.1")
    'https://example.org/editions/2026.1/'
    """
    return f"{site}editions/{edition}/"


@dataclass(frozen=True)
class Register:
    """All exhibits of a report.

    Parameters
    ----------
    edition : str
        Calendar version.
    data_date : datetime.date
        Newest date of the data.
    site : str
        Address of the site that holds all editions, with a final slash; empty if it has none.
    exhibits : dict of str to Exhibit
        By id, in the order of the book.
    pages : tuple of Page
        The notebooks; empty for an edition of the past.
    """

    edition: str
    data_date: dt.date
    site: str = ""
    exhibits: dict[str, Exhibit] = field(default_factory=dict)
    pages: tuple[Page, ...] = ()

    @property
    def home(self) -> str:
        """Address of the edition, with a final slash."""
        return home(self.site, self.edition)

    @cached_property
    def records(self) -> dict[str, TableRecord | FigureRecord]:
        """What the exhibits show, by id."""
        return {name: record for page in self.pages for name, record in _shown(page.record)}

    @cached_property
    def labels(self) -> dict[str, str]:
        """What a reference to an exhibit reads, by id."""
        return {name: exhibit.number for name, exhibit in self.exhibits.items()}

    @cached_property
    def changed(self) -> dict[str, tuple[str, ...]]:
        """Parameters that are not the published ones, as `name = value`, by chapter."""
        return {page.record.chapter: tuple(_changed(page.record)) for page in self.pages}

    def exhibit(self, name: str) -> Exhibit:
        """Return one exhibit, or raise with the nearest id."""
        return self.exhibits[errors.require_known("exhibit", name, self.exhibits)]

    def work(self, name: str) -> Work:
        """Return what a citation of one exhibit has to say."""
        shown = self.exhibit(name)
        return Work(
            edition=self.edition,
            data_date=self.data_date,
            address=f"{self.home}{shown.page}.html#{name}",
            exhibit=name,
            number=shown.number,
            title=shown.title,
            chapter=shown.chapter_title,
            digest=shown.sha256,
            changed=self.changed.get(shown.chapter, ()),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the register without contents, for a later edition to compare with."""
        return {
            "edition": self.edition,
            "data_date": self.data_date.isoformat(),
            "exhibits": [asdict(exhibit) for exhibit in self.exhibits.values()],
        }


def from_json(content: Mapping[str, Any], site: str = "") -> Register:
    """Return the register that `Register.as_json` has written.

    Parameters
    ----------
    content : mapping
        `edition`, `data_date` and `exhibits`.
    site : str
        Address of the site that holds all editions.

    Returns
    -------
    Register
        Without pages.
    """
    exhibits = {}
    for item in content["exhibits"]:
        made = Maker(**item["maker"]) if item["maker"] else None
        lists = {name: tuple(item.get(name, ())) for name in ("sources", "tables")}
        exhibits[item["name"]] = Exhibit(**item | lists | {"maker": made})
    date = dt.date.fromisoformat(content["data_date"])
    return Register(content["edition"], date, site, exhibits)


def read_register(root: Path | None = None) -> Register:
    """Return the register of the report as it is.

    Parameters
    ----------
    root : pathlib.Path, optional
        Root of the report; found upwards from the working folder otherwise.

    Returns
    -------
    Register
        Numbered as the site numbers.

    Raises
    ------
    ComputebookError
        If an id occurs twice, or there is no report.
    """
    base = book_root(root)
    pages = tuple(_pages(base))
    numbers = _numbers(pages)
    exhibits = {e.name: e for page in pages for e in _exhibits(page, numbers)}
    date = datasets.data_date().date()
    return Register(own_edition(), date, site_address(base), exhibits, pages)


def exhibit_names(root: Path) -> frozenset[str]:
    """Return the ids of all exhibits of the report as it is; quicker than the whole register.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.

    Returns
    -------
    frozenset of str
        Ids.
    """
    return frozenset(name for page in _pages(root) for name, _ in _shown(page.record))


def site_address(root: Path) -> str:
    """Return the address of the site as `_config.yml` states it (`html.baseurl`).

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.

    Returns
    -------
    str
        With a final slash; empty when none is stated.
    """
    html = _yaml(root / "_config.yml").get("html") or {}
    address = str(html.get("baseurl") or "")
    return address and f"{address.rstrip('/')}/"


def _yaml(path: Path) -> dict[str, Any]:
    import yaml

    content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8")) or {}
    return content


def _pages(root: Path) -> Iterator[Page]:
    toc = _yaml(root / "_toc.yml")
    for name, number in _numbered_files(toc):
        path = root / f"{name.removesuffix('.ipynb')}.ipynb"
        if path.is_file():
            yield Page(path, name.removesuffix(".ipynb"), number, read_chapter(path))


def _numbered_files(toc: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each file of a table of contents with the number of its chapter.

    Numbers run on through all numbered parts, as the site counts them.
    """
    yield toc["root"], ""
    count = 0
    for part in toc.get("parts", [toc]):
        numbered = bool(part.get("numbered") or toc.get("options", {}).get("numbered"))
        for chapter in part.get("chapters", []):
            count += numbered
            for name in _files_of(chapter):
                yield name, str(count) if numbered else ""


def _files_of(entry: Mapping[str, Any]) -> Iterator[str]:
    if "file" in entry:
        yield entry["file"]
    for section in entry.get("sections", []):
        yield from _files_of(section)


def _shown(record: ChapterRecord) -> Iterator[tuple[str, TableRecord | FigureRecord]]:
    everything: list[TableRecord | FigureRecord] = [*record.tables.values()]
    everything += record.figures.values()
    for shown in sorted(everything, key=lambda one: one.cell):
        yield shown.name, shown


def _numbers(pages: Iterable[Page]) -> dict[str, str]:
    """Return the number of every exhibit: kind, chapter and position in the chapter.

    Pages without a number share one count, as on the site.
    """
    counts: dict[tuple[str, str], int] = {}
    numbers: dict[str, str] = {}
    for page in pages:
        for name, _ in _shown(page.record):
            if name in numbers:
                raise errors.ComputebookError(f"exhibit {name!r} occurs twice in the report")
            kind = KINDS[name.partition("-")[0]]
            counts[kind, page.number] = counts.get((kind, page.number), 0) + 1
            parts = [page.number] if page.number else []
            numbers[name] = f"{kind} {'.'.join([*parts, str(counts[kind, page.number])])}"
    return numbers


def _exhibits(page: Page, numbers: Mapping[str, str]) -> Iterator[Exhibit]:
    cells = notebooks.read(page.path)["cells"]
    sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    for name, record in _shown(page.record):
        tags = cells[record.cell]["metadata"].get("tags", [])
        text = data_files.csv_text(data_files.exhibit_frame(record, numbers))
        yield Exhibit(
            name=name,
            number=numbers[name],
            title=data_files.plain_text(_finding(record.caption), numbers),
            chapter=page.record.chapter,
            chapter_title=page.record.title,
            page=page.name,
            sha256=data_files.digest(text),
            sources=record.sources,
            maker=_maker(record.code, sources),
            code_shown=not set(tags) & set(_HIDDEN_SOURCE),
            tables=_tables(record.code, sources),
        )


def _finding(caption: str) -> str:
    """Return the bold sentence that a caption begins with, else all of it."""
    found = _BOLD.match(caption)
    return found[1] if found else caption


def _maker(code: str, sources: list[str]) -> Maker | None:
    try:
        return maker(code, sources)
    except SyntaxError:  # a cell of IPython magic: it only draws
        return None


def _tables(code: str, sources: list[str]) -> tuple[str, ...]:
    try:
        return tables_behind(called(code, sources))
    except SyntaxError:
        return ()


def _changed(record: ChapterRecord) -> Iterator[str]:
    published = {p.name: p.default for p in declared_parameters(record.chapter)}
    for name, value in record.parameters.items():
        if name in published and value != published[name]:
            yield f"{name} = {value}"
