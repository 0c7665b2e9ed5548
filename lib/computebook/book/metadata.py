"""What a page tells machines: reference managers, search engines, previews of links."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

from computebook.book import downloads
from computebook.book.register import Exhibit, Register, home, site_address
from computebook.citation import AUTHOR, REPORT, sentence
from computebook.exhibits.colophon import edition

LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def head(register: Register, page: str, title: str, pdf: bool = False) -> str:
    """Return the metadata of one page: Highwire, Dublin Core, Open Graph, JSON-LD.

    Parameters
    ----------
    register : Register
        The edition.
    page : str
        Path of the page below the site, without an ending.
    title : str
        Its title.
    pdf : bool
        Whether the report's PDF lies beside the site.

    Returns
    -------
    str
        HTML elements. Addresses stand in it only where the site has one; other links are relative.
    """
    shown = [e for e in register.exhibits.values() if e.page == page]
    plain = {
        **_highwire(register, page, title, pdf),
        **_dublin_core(register, page, title),
        "twitter:card": "summary_large_image" if _picture(shown) else "summary",
        "computebook:edition": register.edition,
    }
    tags = [_meta("name", name, text) for name, text in plain.items()]
    tags += [_meta("property", name, text) for name, text in _preview(register, shown).items()]
    return "\n".join([*tags, _linked_data(register, page, title, shown)])


def set_addresses(app: Sphinx, config: Config) -> None:
    """Let canonical links and previews name the place of the edition, not that of all editions.

    Parameters
    ----------
    app : sphinx Application
        The build.
    config : sphinx Config
        Changed in place where the site has an address; relative links serve otherwise.
    """
    site = site_address(Path(app.srcdir))
    if site:
        config.html_baseurl = config.ogp_site_url = home(site, edition())


def _meta(kind: str, name: str, text: str) -> str:
    return f'<meta {kind}="{name}" content="{html.escape(text)}" />'


def _address(register: Register, page: str) -> str:
    return f"{register.home}{page}.html"


def _highwire(register: Register, page: str, title: str, pdf: bool) -> dict[str, str]:
    """Return the tags that Google Scholar and Zotero read."""
    date = register.data_date
    tags = {
        "citation_title": title,
        "citation_author": AUTHOR,
        "citation_publication_date": f"{date:%Y/%m/%d}",
        "citation_inbook_title": REPORT,
        "citation_technical_report_number": register.edition,
        "citation_language": "en",
    }
    if register.site:
        tags["citation_public_url"] = _address(register, page)
        tags |= {"citation_pdf_url": f"{register.home}{downloads.PDF}"} if pdf else {}
    return tags


def _dublin_core(register: Register, page: str, title: str) -> dict[str, str]:
    return {
        "DC.title": title,
        "DC.creator": AUTHOR,
        "DC.date": register.data_date.isoformat(),
        "DC.type": "Text",
        "DC.language": "en",
        "DC.rights": LICENCE,
        "DC.identifier": _address(register, page),
        "DC.relation.isPartOf": REPORT,
    }


def _picture(shown: list[Exhibit]) -> Exhibit | None:
    return next((exhibit for exhibit in shown if exhibit.is_figure), None)


def _preview(register: Register, shown: list[Exhibit]) -> dict[str, str]:
    picture = _picture(shown)
    if picture is None:
        return {}
    base = register.home if register.site else "../" * picture.page.count("/")
    return {
        "og:image": f"{base}{downloads.EXHIBITS}/{picture.name}.png",
        "og:image:type": "image/png",
        "og:image:alt": str(getattr(register.records[picture.name], "alt", picture.title)),
    }


def _linked_data(register: Register, page: str, title: str, shown: list[Exhibit]) -> str:
    """Return the page and its exhibits in the terms of schema.org; nothing is fetched for it."""
    whole = {"@type": "Report", "name": REPORT, "version": register.edition}
    content: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Report",
        "name": title,
        "author": {"@type": "Organization", "name": AUTHOR},
        "datePublished": register.data_date.isoformat(),
        "version": register.edition,
        "license": LICENCE,
        "isPartOf": whole,
    }
    if register.site:
        content["url"] = _address(register, page)
    content["hasPart"] = [_dataset(register, exhibit) for exhibit in shown]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'


def _dataset(register: Register, exhibit: Exhibit) -> dict[str, Any]:
    folder = f"{'../' * exhibit.page.count('/')}{downloads.EXHIBITS}"
    return {
        "@type": "Dataset",
        "@id": f"#{exhibit.name}",
        "name": f"{exhibit.number}: {exhibit.title}",
        "description": sentence(register.work(exhibit.name)),
        "license": LICENCE,
        "creator": {"@type": "Organization", "name": AUTHOR},
        "distribution": {
            "@type": "DataDownload",
            "encodingFormat": "text/csv",
            "contentUrl": f"{folder}/{exhibit.name}.csv",
        },
    }
