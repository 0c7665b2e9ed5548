"""The whole report as one PDF: cover, contents with page numbers, running head, bookmarks."""

from __future__ import annotations

import datetime as dt
import html
import re
import tempfile
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from computebook import errors
from computebook.book.browser import chromium
from computebook.book.print_page import Cover, Entry, contents, document, entries
from computebook.book.single_page import LEFT_OUT, joined, site_pages, styles
from computebook.book.site import build_site

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: Text width of the paper upright and on its side, and the tallest table kept on one page, in CSS
#: pixels of 1/96 inch.
_LIMITS = {"upright": 680, "sideways": 1009, "whole": 460}
_MOST_PASSES = 4
_DATE = re.compile(rb"\(D:\d{14}[^)]*\)")


def print_pdf(
    source_root: Path | None,
    out: Path,
    *,
    strict: bool = True,
    cover: Cover | None = None,
) -> Path:
    """Print the report as a PDF.

    Parameters
    ----------
    source_root : pathlib.Path or None
        Root of the report; found upwards from the working folder otherwise.
    out : pathlib.Path
        The file to write.
    strict : bool
        Any warning of the build fails it.
    cover : Cover, optional
        First page and running head; those of the published report otherwise.

    Returns
    -------
    pathlib.Path
        `out`.

    Raises
    ------
    ComputebookError
        If the build fails or no Chromium is found.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pdf-", dir=out.parent) as scratch:
        site = build_site(source_root, Path(scratch) / "site", strict)
        return print_site(site, out, cover)


def print_site(
    site: Path, out: Path, cover: Cover | None = None, without: Iterable[str] = LEFT_OUT
) -> Path:
    """Print a built site as a PDF.

    Parameters
    ----------
    site : pathlib.Path
        A site that `build_site` made.
    out : pathlib.Path
        The file to write, whole or not at all.
    cover : Cover, optional
        First page and running head; those of the published report otherwise.
    without : iterable of str
        Names of pages to leave out.

    Returns
    -------
    pathlib.Path
        `out`: the same pages for the same site and cover.

    Raises
    ------
    ComputebookError
        If the folder is no site, no Chromium is found, or the page numbers do not settle.
    """
    pages = joined(site_pages(site, without), code=False, live=False)
    first = cover or published_cover(pages[0].title)
    with tempfile.TemporaryDirectory(prefix=".pdf-", dir=out.parent) as name:
        source, printed = Path(name) / "report.html", Path(name) / "report.pdf"
        source.write_text(document(first, pages, styles(site)), encoding="utf-8")
        with chromium() as browser:
            page = browser.new_page(color_scheme="light", java_script_enabled=True)
            page.set_viewport_size({"width": _LIMITS["upright"], "height": 1000})
            page.emulate_media(media="print", color_scheme="light")
            page.goto(source.as_uri())
            _fit_tables(page)
            _print_until_settled(page, entries(pages), printed)
        _date(printed, first.date or first.data_date)
        printed.replace(out)
    return out


def published_cover(title: str) -> Cover:
    """Return the cover of the published report.

    Parameters
    ----------
    title : str
        Its title.

    Returns
    -------
    Cover
        With edition and date of the data.
    """
    import computebook
    from computebook import datasets

    edition = ".".join(computebook.__version__.split(".")[:2])
    return Cover(title, edition=edition, data_date=datasets.data_date().date())


def _fit_tables(page: Page) -> dict[str, Any]:
    script = resources.files("computebook.book").joinpath("print.js").read_text("utf-8")
    fitted: dict[str, Any] = page.evaluate(script, _LIMITS)
    return fitted


def _print_until_settled(page: Page, lines: Sequence[Entry], printed: Path) -> None:
    """Print, read where the headings fell, write the contents, and print again until it holds."""
    numbers: dict[str, int] = {}
    for _ in range(_MOST_PASSES):
        page.pdf(
            path=printed,
            prefer_css_page_size=True,
            print_background=True,
            outline=True,
            tagged=True,
        )
        found = heading_pages(printed, lines)
        if found == numbers:
            return
        numbers = found
        page.evaluate(
            "text => { document.getElementById('cb-contents').outerHTML = text }",
            contents(lines, numbers),
        )
    raise errors.ComputebookError(f"the page numbers did not settle in {_MOST_PASSES} prints")


def heading_pages(pdf: Path, lines: Iterable[Entry]) -> dict[str, int]:
    """Return on which page of a PDF the headings of its contents stand.

    Parameters
    ----------
    pdf : pathlib.Path
        A PDF whose contents link to its headings.
    lines : iterable of Entry
        Lines of the contents.

    Returns
    -------
    dict of str to int
        Page, from 1, by anchor.

    Raises
    ------
    ComputebookError
        If pypdf is missing.
    """
    try:
        from pypdf import PdfReader
    except ModuleNotFoundError as missing:
        raise errors.ComputebookError("pypdf is missing: pip install computebook[pdf]") from missing
    reader = PdfReader(pdf)
    targets = reader.named_destinations
    places = {entry.anchor: targets.get(f"/{entry.anchor}") for entry in lines if entry.level}
    return {
        anchor: (reader.get_destination_page_number(target) or 0) + 1
        for anchor, target in places.items()
        if target is not None
    }


def _date(pdf: Path, day: dt.date | None) -> None:
    """Write the day of the document for the minute of printing, at the same length."""
    if day is None:
        return

    def same_length(found: re.Match[bytes]) -> bytes:
        return f"(D:{day:%Y%m%d}000000+00'00')".encode().ljust(len(found[0]), b" ")

    pdf.write_bytes(_DATE.sub(same_length, pdf.read_bytes()))


def paragraphs(text: str) -> str:
    """Return plain text as HTML paragraphs.

    Parameters
    ----------
    text : str
        Text; an empty line ends a paragraph.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> paragraphs("For <you>.")
    '<p>For &lt;you&gt;.</p>'
    """
    parts = [part.strip() for part in re.split(r"\n\s*\n", text)]
    return "".join(f"<p>{html.escape(part)}</p>" for part in parts if part)
