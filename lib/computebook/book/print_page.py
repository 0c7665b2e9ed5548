"""The document that is printed: cover, contents and the chapters of a site, for paper."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from computebook.book.single_page import SitePage, plain

_SECTION = re.compile(
    r'<section id="(?P<id>[^"]+)"[^>]*>\s*(?:<span[^>]*></span>\s*)*<h2>(?P<title>[\s\S]*?)</h2>'
)
_HEADER_LINK = re.compile(r'<a class="headerlink"[\s\S]*?</a>')
_SMALL = "font: 7.5pt 'Liberation Sans', Arial, sans-serif; color: #566272;"
_HEAD_LENGTH = 78
_BOXES = ("top-left", "top-right", "bottom-left", "bottom-right")


@dataclass(frozen=True)
class Cover:
    """What stands on the first page and in the head of every other.

    Parameters
    ----------
    title : str
        Title of the report.
    client : str
        Whom it was made for; empty for the published report.
    edition : str
        Edition of the report that it rests on.
    date : datetime.date or None
        Day of the document.
    data_date : datetime.date or None
        Day up to which the data reach.
    notes : str
        HTML of a note to the reader.
    confidential : bool
        Mark every page as confidential.

    Examples
    --------
    >>> Cover("Costs", client="A bank", edition="2026.1").head
    'A bank, edition 2026.1'
    """

    title: str
    client: str = ""
    edition: str = ""
    date: dt.date | None = None
    data_date: dt.date | None = None
    notes: str = ""
    confidential: bool = False

    @property
    def head(self) -> str:
        """What the running head says on the left."""
        edition = f"edition {self.edition}" if self.edition else ""
        return ", ".join(part for part in (self.client or self.title, edition) if part)

    @property
    def foot(self) -> str:
        """What the foot says on the left."""
        if not self.confidential:
            return self.title
        return f"Confidential: prepared for {self.client}" if self.client else "Confidential"

    def facts(self) -> dict[str, str]:
        """Return what is known of the document, by label."""
        known = {
            "Prepared for": self.client,
            "Date": _long_date(self.date),
            "Edition": self.edition,
            "Data of": _long_date(self.data_date),
        }
        return {label: value for label, value in known.items() if value}


def _long_date(day: dt.date | None) -> str:
    return "" if day is None else f"{day.day} {day:%B %Y}"


@dataclass(frozen=True)
class Entry:
    """One line of the contents.

    Parameters
    ----------
    anchor : str
        Id of the heading within the document.
    title : str
        The heading.
    level : int
        0 for a part, which has no page, 1 for a chapter, 2 for a section.
    """

    anchor: str
    title: str
    level: int


def entries(pages: Sequence[SitePage]) -> list[Entry]:
    """Return the lines of the contents.

    Parameters
    ----------
    pages : sequence of SitePage
        Joined pages, in order.

    Returns
    -------
    list of Entry
        Parts, chapters and, in numbered chapters, their sections.

    Examples
    --------
    >>> body = '<section id="a"><h1>1. A</h1><section id="b"><h2>1.1. B</h2></section></section>'
    >>> [entry.title for entry in entries([SitePage("a.html", "Report", "1. A", body)])]
    ['Report', '1. A', '1.1. B']
    """
    lines: list[Entry] = []
    part = ""
    for page in pages:
        if page.part != part:
            part = page.part
            lines.append(Entry("", part, 0))
        lines.append(Entry(page.anchor, page.title, 1))
        lines += [section for section in _sections(page) if page.title[:1].isdigit()]
    return lines


def _sections(page: SitePage) -> list[Entry]:
    return [
        Entry(found["id"], plain(_HEADER_LINK.sub("", found["title"])), 2)
        for found in _SECTION.finditer(page.body)
    ]


def document(cover: Cover, pages: Sequence[SitePage], styles: str) -> str:
    """Return the document to print.

    Parameters
    ----------
    cover : Cover
        First page and running head.
    pages : sequence of SitePage
        Joined pages without code and specifications.
    styles : str
        Style sheets of the site.

    Returns
    -------
    str
        HTML that refers to no file.
    """
    sheet = resources.files("computebook.book").joinpath("print.css").read_text("utf-8")
    body = "".join(map(_chapter, pages))
    return (
        '<!DOCTYPE html>\n<html lang="en" data-theme="light" data-mode="light">\n<head>'
        f'<meta charset="utf-8"><title>{html.escape(_title(cover))}</title>\n'
        f"<style>{styles}</style>\n<style>{sheet}\n{_page_rules(cover, pages)}</style></head>\n"
        f'<body><main class="cb-paper">{_cover(cover)}{contents(entries(pages), {})}{body}</main>'
        "</body></html>\n"
    )


def _title(cover: Cover) -> str:
    return f"{cover.title}: {cover.client}" if cover.client else cover.title


def _chapter(page: SitePage) -> str:
    return (
        f'<div class="cb-sheet" id="{page.anchor}" data-page="{_page_name(page)}" '
        f'style="page: {_page_name(page)}"><article class="bd-article">{page.body}</article></div>'
    )


def _page_name(page: SitePage) -> str:
    return "page-" + re.sub(r"[^a-z0-9]+", "-", page.stem.lower())


def _cover(cover: Cover) -> str:
    facts = "".join(
        f"<dt>{label}</dt><dd>{html.escape(value)}</dd>" for label, value in cover.facts().items()
    )
    client = f'<p class="cb-cover-client">{html.escape(cover.client)}</p>' if cover.client else ""
    mark = "Confidential" if cover.confidential else "Report"
    return (
        f'<div class="cb-cover"><div class="cb-cover-mark">{mark}</div>'
        f'<p class="cb-cover-title">{html.escape(cover.title)}</p>{client}'
        f'<div class="cb-cover-notes">{cover.notes}</div><dl>{facts}</dl></div>'
    )


def contents(lines: Iterable[Entry], numbers: Mapping[str, int]) -> str:
    """Return the contents as HTML.

    Parameters
    ----------
    lines : iterable of Entry
        Parts, chapters and sections.
    numbers : mapping of str to int
        Page by anchor; what is not known yet stands as 000, so that lines keep their length.

    Returns
    -------
    str
        A list of links.
    """
    items = "".join(_line(entry, numbers) for entry in lines)
    return f'<nav class="cb-contents" id="cb-contents"><h1>Contents</h1><ol>{items}</ol></nav>'


def _line(entry: Entry, numbers: Mapping[str, int]) -> str:
    title = html.escape(entry.title)
    if entry.level == 0:
        return f'<li class="cb-contents-part">{title}</li>'
    number = numbers.get(entry.anchor, "000")
    return (
        f'<li class="cb-contents-{entry.level}"><a href="#{html.escape(entry.anchor)}" '
        f'data-page="{number}"><span>{title}</span><i></i></a></li>'
    )


def _page_rules(cover: Cover, pages: Sequence[SitePage]) -> str:
    # Every kind of page is named but the cover, which has no margin and no boxes.
    rules = [f"@page contents {{ {_boxes(cover, 'Contents')} }}"]
    for page in pages:
        boxes, name = _boxes(cover, page.title), _page_name(page)
        rules.append(f"@page {name} {{ {boxes} }}")
        rules.append(f"@page {name}-wide {{ size: A4 landscape; {boxes} }}")
    return "\n".join(rules)


def _boxes(cover: Cover, chapter: str) -> str:
    texts = {"top-left": cover.head, "top-right": chapter, "bottom-left": cover.foot}
    boxes = [f"@{box} {{ content: {_css_string(text)}; {_SMALL} }}" for box, text in texts.items()]
    count = f'@bottom-right {{ content: "Page " counter(page) " of " counter(pages); {_SMALL} }}'
    return " ".join([*boxes, count])


def _css_string(text: str) -> str:
    """Return a text as a CSS string, cut to what fits beside another."""
    short = text if len(text) <= _HEAD_LENGTH else f"{text[: _HEAD_LENGTH - 1].rstrip()}…"
    # A style element ends at the first end tag, wherever it stands.
    return json.dumps(short, ensure_ascii=False).replace("<", "\\3c ")
