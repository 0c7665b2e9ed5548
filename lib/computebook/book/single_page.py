"""The whole site on one page: for the file that is mailed, and for print.

The pages are joined as they were built, so numbers, links and charts are those of the site.
"""

from __future__ import annotations

import base64
import html
import mimetypes
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from computebook import errors

_NAV = re.compile(r'<nav class="bd-links[\s\S]*?</nav>')
_ENTRY = re.compile(
    r'<p[^>]*class="caption"[^>]*><span class="caption-text">(?P<part>.*?)</span>'
    r'|<li class="toctree-l1[^>]*><a [^>]*href="(?P<href>[^"]*)">(?P<title>.*?)</a>'
)
_ARTICLE = re.compile(r'<article class="bd-article[^"]*"[^>]*>([\s\S]*?)</article>')
_TITLE = re.compile(r"<h1>([\s\S]*?)(?:<a class=\"headerlink\"|</h1>)")
_SCRIPT = re.compile(r"(<script\b[\s\S]*?</script>)")
_SPEC = re.compile(r'<script type="application/json" class="cb-spec">[\s\S]*?</script>')
#: Controls that lead to other files of the site.
_SITE_ONLY = re.compile(
    r'<details class="cb-cite[^>]*>[\s\S]*?</details>|<p class="cb-edition">[\s\S]*?</p>'
)
_ID = re.compile(r'\bid="([^"]+)"')
_HREF = re.compile(r' href="([^"]*)"')
_REFERS = re.compile(r'\b(for|aria-labelledby|aria-describedby|aria-controls)="([^"]+)"')
_IMAGE = re.compile(r'(<img\b[^>]*?) src="([^"]*)"')
_TAGS = re.compile(r"<[^>]+>")
_STYLE_LINK = re.compile(r'<link\b[^>]*href="([^"?]+\.css)[^"]*"[^>]*>')
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_IMPORT = re.compile(r"@import[^;]*;")
_FILE = re.compile(r"url\((?!['\"]?(?:data:|#))[^)]*\)")
#: What is looked up on the site, and read neither on paper nor in a mailed file.
LEFT_OUT = ("library",)
#: Icons and buttons of pages that one file does not have.
_STYLES_LEFT_OUT = ("fontawesome", "copybutton", "togglebutton", "thebe")


@dataclass(frozen=True)
class SitePage:
    """One page of a built site.

    Parameters
    ----------
    path : str
        Its file below the site.
    part : str
        Part of the book that it belongs to, empty for the first page.
    title : str
        Its heading as plain text, with its number.
    body : str
        HTML of its content.
    """

    path: str
    part: str
    title: str
    body: str

    @property
    def stem(self) -> str:
        """Name of its file without folder and ending."""
        return PurePosixPath(self.path).stem

    @property
    def anchor(self) -> str:
        """Id of the page within the joined document."""
        return f"page-{self.stem}"


def site_pages(site: Path, without: Iterable[str] = ()) -> list[SitePage]:
    """Return the pages of a site in the order of the book.

    Parameters
    ----------
    site : pathlib.Path
        A site that `build_site` made.
    without : iterable of str
        Names of pages to leave out.

    Returns
    -------
    list of SitePage
        The first page, then those that the side bar lists.

    Raises
    ------
    ComputebookError
        If the folder is no site, or a listed page is missing.
    """
    first = _page(site, "index.html", "")
    pages, part = [first], ""
    for entry in _ENTRY.finditer("".join(_NAV.findall(_text(site / "index.html"))[:1])):
        if entry["part"] is not None:
            part = plain(entry["part"])
        elif _is_page(entry["href"]):
            pages.append(_page(site, entry["href"], part))
    skipped = set(without)
    return [page for page in pages if page.stem not in skipped]


def _is_page(href: str) -> bool:
    parts = urlsplit(href)
    return not parts.scheme and parts.path.endswith(".html") and parts.path != "index.html"


def _text(path: Path) -> str:
    if not path.is_file():
        raise errors.ComputebookError(f"no page {path.name} in the site {path.parent}")
    return path.read_text("utf-8")


def _page(site: Path, path: str, part: str) -> SitePage:
    text = _text(site / path)
    article = _ARTICLE.search(text)
    if article is None:
        raise errors.ComputebookError(f"page {path} of the site {site} has no article")
    title = _TITLE.search(article[1])
    body = _IMAGE.sub(lambda found: _inlined_image(found, site / path), article[1])
    return SitePage(path, part, plain(title[1]) if title else path, body)


def _inlined_image(found: re.Match[str], page: Path) -> str:
    source = found[2]
    file = page.parent / unquote(source)
    if urlsplit(source).scheme or not file.is_file():
        return found[0]
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    data = base64.b64encode(file.read_bytes()).decode()
    return f'{found[1]} src="data:{kind};base64,{data}"'


def plain(markup: str) -> str:
    """Return HTML as plain text on one line.

    Parameters
    ----------
    markup : str
        HTML.

    Returns
    -------
    str
        Its words.

    Examples
    --------
    >>> plain("<b>2. </b>Which &amp; why?")
    '2. Which & why?'
    """
    return " ".join(html.unescape(_TAGS.sub("", markup)).split())


def joined(pages: Sequence[SitePage], *, code: bool = True, live: bool = True) -> list[SitePage]:
    """Return pages that can stand in one document.

    Parameters
    ----------
    pages : sequence of SitePage
        Pages of one site.
    code : bool
        Keep the folded code.
    live : bool
        Keep the specifications of live charts.

    Returns
    -------
    list of SitePage
        Ids that two pages share are told apart, links between the pages lead within the
        document, and links to files that it does not hold are no links any more.

    Examples
    --------
    >>> a = SitePage("a.html", "", "A", '<p id="x"><a href="b.html#x">b</a></p>')
    >>> b = SitePage("b.html", "", "B", '<p id="x"><a href="a.html">a</a></p>')
    >>> [page.body for page in joined([a, b])]
    ['<p id="a--x"><a href="#b--x">b</a></p>', '<p id="b--x"><a href="#page-a">a</a></p>']
    """
    bodies = [_kept(page.body, code, live) for page in pages]
    counted = Counter(name for body in bodies for name in set(_ID.findall(_markup(body))))
    shared = {name for name, count in counted.items() if count > 1}
    known = {page.path: page for page in pages}
    return [
        replace(page, body=_rewritten(body, _Links(page, known, shared)))
        for page, body in zip(pages, bodies, strict=True)
    ]


def _markup(body: str) -> str:
    return _SCRIPT.sub("", body)


def _kept(body: str, code: bool, live: bool) -> str:
    body = _SITE_ONLY.sub("", body)
    if not live:
        body = _SPEC.sub("", body)
    if not code:
        body = re.sub(r'<details class="[^"]*\bhide\b[^"]*">[\s\S]*?</details>', "", body)
    return body


class _Links:
    """Where ids and links of one page lead in the joined document."""

    def __init__(self, page: SitePage, pages: dict[str, SitePage], shared: set[str]) -> None:
        self.page, self.pages, self.shared = page, pages, shared

    def identifier(self, name: str, page: SitePage | None = None) -> str:
        return f"{(page or self.page).stem}--{name}" if name in self.shared else name

    def href(self, found: re.Match[str]) -> str:
        parts = urlsplit(html.unescape(found[1]))
        if parts.scheme or parts.netloc:
            return found[0]
        page = self.pages.get(_resolved(self.page.path, parts.path)) if parts.path else self.page
        if page is None:
            return ""
        target = self.identifier(unquote(parts.fragment), page) if parts.fragment else page.anchor
        return f' href="#{html.escape(target)}"'

    def reference(self, found: re.Match[str]) -> str:
        names = " ".join(map(self.identifier, found[2].split()))
        return f'{found[1]}="{names}"'


def _resolved(page: str, path: str) -> str:
    """Return the path below the site that a relative link of a page means."""
    parts: list[str] = list(PurePosixPath(page).parent.parts)
    for part in PurePosixPath(unquote(path)).parts:
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    return "/".join(parts)


def _rewritten(body: str, links: _Links) -> str:
    def outside_scripts(change: Callable[[str], str]) -> str:
        pieces = _SCRIPT.split(body)
        return "".join(p if n % 2 else change(p) for n, p in enumerate(pieces))

    def change(text: str) -> str:
        text = _ID.sub(lambda found: f'id="{links.identifier(found[1])}"', text)
        return _REFERS.sub(links.reference, _HREF.sub(links.href, text))

    return outside_scripts(change)


def styles(site: Path) -> str:
    """Return the style sheets of a site as one that asks for nothing.

    Parameters
    ----------
    site : pathlib.Path
        A built site.

    Returns
    -------
    str
        CSS in the order of the first page, without fonts and pictures from files.
    """
    names = dict.fromkeys(_STYLE_LINK.findall(_text(site / "index.html")))
    kept = [name for name in names if not any(word in name for word in _STYLES_LEFT_OUT)]
    sheets = [(site / name).read_text("utf-8") for name in kept if (site / name).is_file()]
    return "\n".join(_FILE.sub("none", _IMPORT.sub("", _FONT_FACE.sub("", s))) for s in sheets)
