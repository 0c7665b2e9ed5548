"""Every page of the site, as readers meet it."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urlparse

import pytest

from computebook.book.browser import PHONE, WIDE, draw_all_charts

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

INK = "getComputedStyle(document.querySelector('.bd-article h1')).color"
GROUND = "getComputedStyle(document.body).backgroundColor"


class _Anchors(HTMLParser):
    """Collect ids and links of one page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        for name in ("href", "src"):
            if given.get(name):
                self.links.append(str(given[name]))


def anchors(path: Path) -> _Anchors:
    parser = _Anchors()
    parser.feed(path.read_text("utf-8"))
    return parser


def watched(context: BrowserContext, own: str) -> tuple[Page, list[str]]:
    """Return a page and the list to which its faults are added."""
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda message: (
            faults.append(f"{page.url}: {message.text}") if message.type == "error" else None
        ),
    )

    def check(request: Any) -> None:
        if not request.url.startswith((own, "data:", "blob:")):
            faults.append(f"{page.url} asks {request.url}")

    page.on("request", check)
    return page, faults


def test_pages_ask_no_other_host_and_draw_their_charts(
    chromium: Browser, address: str, pages: list[str]
) -> None:
    context = chromium.new_context(viewport=WIDE)
    page, faults = watched(context, address)
    for name in pages:
        page.goto(f"{address}/{name}")
        draw_all_charts(page)
        states = page.eval_on_selector_all(".cb-chart", "all => all.map(c => c.dataset.drawn)")
        faults += [f"{name}: chart is {state}" for state in states if state != "live"]
    context.close()
    assert faults == []


def test_pages_work_from_the_disk(chromium: Browser, site: Path, pages: list[str]) -> None:
    context = chromium.new_context(viewport=WIDE)
    page, faults = watched(context, "file://")
    # The page for a missing address is only ever sent by a server: its links are absolute.
    for name in (name for name in pages if name != "404.html"):
        page.goto((site / name).as_uri())
        draw_all_charts(page)
        assert page.locator(".cb-static").count() == 0
    context.close()
    assert faults == []


def test_search_finds_a_word_without_a_network(
    chromium: Browser, address: str, pages: list[str]
) -> None:
    context = chromium.new_context(viewport=WIDE)
    page, faults = watched(context, address)
    page.goto(f"{address}/search.html?q=references")
    page.wait_for_selector("#search-results li")
    context.close()
    assert faults == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_theme_of_the_system_reaches_text_and_charts(
    chromium: Browser, address: str, pages: list[str], site: Path, theme: str
) -> None:
    context = chromium.new_context(viewport=WIDE, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    charted = next(name for name in pages if "cb-chart" in (site / name).read_text("utf-8"))
    page.goto(f"{address}/{charted}")
    draw_all_charts(page)
    dark = theme == "dark"
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert (_brightness(page.evaluate(GROUND)) < 60) == dark
    assert (_brightness(page.evaluate(INK)) > 180) == dark
    label = "getComputedStyle(document.querySelector('.cb-live text')).fill"
    assert (_brightness(page.evaluate(label)) > 130) == dark
    page.evaluate(
        "theme => document.documentElement.dataset.theme = theme", "light" if dark else "dark"
    )
    assert (_brightness(page.evaluate(label)) > 130) != dark
    context.close()


def _brightness(colour: str) -> float:
    numbers = [float(part) for part in re.findall(r"[\d.]+", colour)[:3]]
    return sum(numbers) / 3


def test_pages_read_without_javascript(
    chromium: Browser, address: str, pages: list[str], site: Path
) -> None:
    context = chromium.new_context(viewport=WIDE, java_script_enabled=False)
    page = context.new_page()
    for name in pages:
        page.goto(f"{address}/{name}")
        assert page.locator("html").get_attribute("data-theme") == "light"
        for picture in page.locator(".cb-static svg").all():
            box = picture.bounding_box()
            assert box is not None
            assert box["width"] > 300
            assert box["height"] > 60
    context.close()


def test_nothing_but_tables_and_code_scrolls_sideways_on_a_phone(
    chromium: Browser, address: str, pages: list[str]
) -> None:
    context = chromium.new_context(viewport=PHONE, is_mobile=True, has_touch=True)
    page, faults = context.new_page(), []
    for name in pages:
        page.goto(f"{address}/{name}")
        draw_all_charts(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        faults += [f"{name} is {wide} pixels wide"] if wide > PHONE["width"] else []
        cut = page.eval_on_selector_all(
            ".cb-live svg", "all => all.filter(s => s.getBoundingClientRect().right > 391).length"
        )
        faults += [f"{name}: {cut} charts are cut"] if cut else []
    context.close()
    assert faults == []


def test_live_charts_keep_ids_unique(chromium: Browser, address: str, pages: list[str]) -> None:
    context = chromium.new_context(viewport=WIDE)
    page, faults = context.new_page(), []
    for name in pages:
        page.goto(f"{address}/{name}")
        draw_all_charts(page)
        ids = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
        faults += [f"{name}: {i} occurs {n} times" for i, n in Counter(ids).items() if n > 1]
    context.close()
    assert faults == []


def test_links_and_anchors_resolve(site: Path, pages: list[str]) -> None:
    read = {name: anchors(site / name) for name in pages}
    faults = []
    for name, found in read.items():
        faults += [f"{name}: id {i} twice" for i, n in Counter(found.ids).items() if n > 1]
        for link in found.links:
            fault = _broken(site, name, link, read)
            faults += [f"{name}: {link} {fault}"] if fault else []
    assert faults == []


def _broken(site: Path, name: str, link: str, read: dict[str, _Anchors]) -> str:
    address, anchor = urldefrag(link)
    if urlparse(link).scheme or (link.startswith(("//", "#")) and not anchor):
        return ""
    path = urlparse(unquote(address)).path
    target = (site / name).parent / path if path else site / name
    target = (site / path.lstrip("/") if path.startswith("/") else target).resolve()
    target = target / "index.html" if target.is_dir() else target
    if not target.is_file():
        return "is missing"
    page = target.relative_to(site).as_posix()
    known = read[page].ids if page in read else [anchor]
    return "" if not anchor or unquote(anchor) in known else "has no such anchor"


def test_pictures_and_charts_are_described(site: Path, pages: list[str]) -> None:
    for name in pages:
        text = (site / name).read_text("utf-8")
        views = re.findall(r'<div class="cb-view"[^>]*>', text)
        assert all(re.search(r'role="img" aria-label="[^"]{10,}"', view) for view in views), name
        assert not re.search(r"<img(?![^>]*\balt=)", text), name
