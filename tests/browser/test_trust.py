"""What a reader may rely on in every page: policy, validity, weight, stillness, keyboard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import html5lib
import pytest

from computebook.book import security
from computebook.book.browser import WIDE, draw_all_charts

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHAPTER_LIMIT_BYTES = 1.5e6
SHIFT_LIMIT = 0.1  # "good" by the definition of Core Web Vitals
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})"""

SILENT = """() => [...document.querySelectorAll(".cb-chart")].filter((chart) => {
  const key = new KeyboardEvent("keydown", { key: "ArrowRight" });
  chart.querySelector(".cb-view").dispatchEvent(key);
  return !chart.querySelector(".cb-spoken").textContent;
}).map((chart) => chart.dataset.name)"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Page:
    return chromium.new_context(viewport=WIDE).new_page()


def test_every_page_carries_the_strict_policy(site: Path, pages: list[str]) -> None:
    for name in pages:
        text = (site / name).read_text("utf-8")
        assert "Content-Security-Policy" in text, name
        assert "unsafe-eval" not in text, name
        assert security.inline_handlers(text) == [], name


def test_the_policy_is_in_force(page: Page, address: str) -> None:
    """A script that the build did not write does not run."""
    page.goto(f"{address}/index.html")
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.strange = 1';"
        " document.body.append(s); }"
    )
    assert page.evaluate("window.strange") is None


def test_html_is_valid(site: Path, pages: list[str]) -> None:
    faults = []
    for name in pages:
        parser = html5lib.HTMLParser()
        parser.parse((site / name).read_text("utf-8"))
        faults += [f"{name}: {place} {code}" for place, code, _ in parser.errors]
    assert faults == []


def test_a_chapter_is_light(site: Path, pages: list[str]) -> None:
    heavy = {
        name: size for name in pages if (size := (site / name).stat().st_size) > CHAPTER_LIMIT_BYTES
    }
    assert heavy == {}


def test_charts_keep_the_page_still_and_answer_to_keys(
    page: Page, address: str, site: Path, pages: list[str]
) -> None:
    faults = []
    for name in pages:
        if "cb-chart" not in (site / name).read_text("utf-8"):
            continue
        page.goto(f"{address}/{name}")
        loaded = page.evaluate(SHIFTS)
        draw_all_charts(page)
        drawn = page.evaluate(SHIFTS) - loaded
        moved = max(loaded, drawn / max(page.locator(".cb-chart").count(), 1))
        faults += [f"{name} moves by {moved:.3f}"] if moved > SHIFT_LIMIT else []
        faults += [f"{name}: {chart} is silent" for chart in page.evaluate(SILENT)]
    assert faults == []


def test_a_table_sorts_by_a_click_and_by_a_key(page: Page, address: str) -> None:
    page.goto(f"{address}/chapters/nomenclature.html")
    table = page.locator("#tab-units")
    first = table.locator("tbody tr td:first-child, tbody tr th:first-child")
    published = first.all_inner_texts()
    header, button = table.locator("th").first, table.locator("th .cb-sort").first
    button.click()
    assert header.get_attribute("aria-sort") == "ascending"
    rising = first.all_inner_texts()
    assert sorted(rising) == sorted(published)
    button.focus()
    page.keyboard.press("Enter")
    assert header.get_attribute("aria-sort") == "descending"
    assert first.all_inner_texts() == rising[::-1]


def test_numbers_sort_as_numbers_and_gaps_stay_last(page: Page, address: str) -> None:
    page.goto(f"{address}/chapters/nomenclature.html")
    page.set_content(
        f"<script src='{address}/_static/report.js'></script><table class='cb-table'><thead><tr>"
        "<th>a</th></tr></thead><tbody>"
        + "".join(f"<tr><td>{x}</td></tr>" for x in ("1,200", "–", "$3.5 to 4", "−2", "20"))
        + "</tbody></table>"
    )
    page.wait_for_selector(".cb-sort")
    cells = page.locator("td")
    page.locator(".cb-sort").click()
    assert cells.all_inner_texts() == ["−2", "$3.5 to 4", "20", "1,200", "–"]
    page.locator(".cb-sort").click()
    assert cells.all_inner_texts() == ["1,200", "20", "$3.5 to 4", "−2", "–"]


def test_a_chart_is_walked_by_arrow_keys(page: Page, address: str) -> None:
    page.goto(f"{address}/chapters/competition.html")
    draw_all_charts(page)
    page.locator(".cb-view").first.focus()
    spoken = page.locator(".cb-spoken").first
    page.keyboard.press("ArrowRight")
    one = spoken.inner_text()
    page.keyboard.press("ArrowRight")
    two = spoken.inner_text()
    assert re.search(r"\d", one)
    assert one != two
    assert page.locator("#vg-tooltip-element.visible").count() == 1
    page.keyboard.press("ArrowLeft")
    assert spoken.inner_text() == one
    page.keyboard.press("Escape")
    assert spoken.inner_text() == ""


def test_a_term_explains_itself_by_key(page: Page, address: str) -> None:
    page.goto(f"{address}/chapters/competition.html")
    term = page.locator("a.cb-term").first
    term.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    box = term.evaluate("element => getComputedStyle(element, '::after').content")
    assert term.get_attribute("data-definition") in box
    assert page.locator("a.cb-term").count() > 2


def test_a_missing_page_is_answered_in_style(page: Page, address: str) -> None:
    page.goto(f"{address}/404.html")
    assert page.locator(".bd-article h1").count() == 1
    assert page.locator(".bd-sidebar-primary a").count() > 5
