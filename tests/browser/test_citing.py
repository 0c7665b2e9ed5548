"""The control below figures and tables, as readers meet it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from computebook.book import browser, citing, edition_changes, publishing
from computebook.book.browser import PHONE, WIDE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGE = "chapters/api_economics.html"
ROOT = Path(__file__).resolve().parents[2]


def open_by_key(page: Page, control: str = "details.cb-cite") -> Any:
    """Open a control without a mouse and return it."""
    found = page.locator(control).first
    found.locator("summary").focus()
    page.keyboard.press("Enter")
    assert found.evaluate("control => control.open")
    return found


def test_every_exhibit_has_one_control(site: Path) -> None:
    register = citing.register_of(ROOT)
    found: dict[str, str] = {}
    for path in (site / name for name in {f"{e.page}.html" for e in register.exhibits.values()}):
        text = path.read_text("utf-8")
        for name in re.findall(r'<details class="cb-cite" id="cite-([\w-]+)"', text):
            assert name not in found
            assert f'id="{name}"' in text
            found[name] = path.name
    assert set(found) == set(register.exhibits)


def test_no_page_names_a_place_of_the_machine_that_built_it(site: Path, pages: list[str]) -> None:
    places = (str(ROOT), "object at 0x")
    odd = [page for page in pages if any(p in (site / page).read_text("utf-8") for p in places)]
    assert odd == []


@pytest.mark.parametrize("disk", [False, True], ids=["http", "disk"])
def test_key_opens_and_copies(chromium: Browser, address: str, site: Path, disk: bool) -> None:
    context = chromium.new_context(viewport=WIDE)
    if not disk:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto((site / PAGE).as_uri() if disk else f"{address}/{PAGE}")
    control = open_by_key(page)
    for item in control.locator(".cb-cite-item:has(.cb-copy)").all():
        item.locator("button").focus()
        page.keyboard.press("Enter")
        page.wait_for_function(
            "b => b.textContent === 'Copied'", arg=item.locator("button").element_handle()
        )
        if not disk:
            copied = page.evaluate("navigator.clipboard.readText()")
            assert copied == item.locator("pre").text_content()
    context.close()


def test_control_works_without_scripts(chromium: Browser, address: str) -> None:
    context = chromium.new_context(viewport=WIDE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/{PAGE}")
    control = page.locator("details.cb-cite").first
    assert not control.locator("pre").first.is_visible()
    control.locator("summary").focus()
    page.keyboard.press("Enter")
    assert control.locator("pre").first.is_visible()
    assert not control.locator(".cb-copy").first.is_visible()
    context.close()


def test_downloads_are_there_and_the_cell_is_found(chromium: Browser, address: str) -> None:
    context = chromium.new_context(viewport=WIDE)
    page = context.new_page()
    page.goto(f"{address}/{PAGE}")
    control = open_by_key(page, "details.cb-cite[id^=cite-fig]")
    links = control.locator("a[download]").all()
    assert len(links) == 5
    for link in links:
        got = page.request.get(link.evaluate("a => a.href"))
        assert got.ok
        assert len(got.body()) > 100
    cell = control.locator("a[href^='#code-']")
    cell.focus()
    page.keyboard.press("Enter")
    source = page.locator(str(cell.get_attribute("href")))
    source.wait_for(state="visible")
    made = control.locator("a[href*='../code/']").evaluate("a => a.href")
    assert "def " in page.request.get(made.partition("#")[0]).text()
    context.close()


def test_open_controls_are_accessible_and_fit_a_phone(chromium: Browser, address: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    faults = []
    for theme in ("light", "dark"):
        context = chromium.new_context(viewport=PHONE, color_scheme=theme)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{address}/{PAGE}")
        page.evaluate("document.querySelectorAll('.cb-cite').forEach(d => { d.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        report = axe.run(page, ".cb-cite", {"resultTypes": ["violations"]}).response
        faults += [f"{theme} {fault['id']}" for fault in report["violations"]]
        context.close()
    assert faults == []


def test_pages_beside_the_editions_are_accessible(chromium: Browser, tmp_path: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    move = edition_changes.Move("GPT-5.2", "Price ($)", 1.0, 2.0)
    change = edition_changes.ExhibitChange(
        "tab-a", "Table 1.1", "A", "chapters/a", "changed", (move,)
    )
    changes = edition_changes.Changes("2026.1", "2026.2", ("data table a",), (change,), ("It is.",))
    body = edition_changes.changes_html(changes)
    (tmp_path / "changes.html").write_text(publishing.front_page("What changed", body))
    for theme in ("light", "dark"):
        context = chromium.new_context(viewport=WIDE, color_scheme=theme)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto((tmp_path / "changes.html").as_uri())
        found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [fault["id"] for fault in found] == []
        context.close()


def test_controls_are_not_printed(chromium: Browser, address: str) -> None:
    context = chromium.new_context(viewport=WIDE)
    page = context.new_page()
    page.goto(f"{address}/{PAGE}")
    open_by_key(page)
    page.emulate_media(media="print")
    assert not page.locator("details.cb-cite").first.is_visible()
    context.close()


def wait_for_list(page: Page) -> None:
    """Playwright's own wait evaluates text in the page, which the policy of the pages refuses."""
    for _ in range(100):
        if page.evaluate("Boolean(window.computebookEditions)"):
            return
        page.wait_for_timeout(50)
    pytest.fail("the list of editions did not arrive")


def test_an_old_edition_says_so_and_links_the_same_exhibit(
    chromium: Browser, site: Path, tmp_path: Path
) -> None:
    """The folder of an edition holds still; the list beside it says what is current."""
    edition = citing.register_of(ROOT).edition
    (tmp_path / "editions").mkdir()
    (tmp_path / "editions" / edition).symlink_to(site)
    context = chromium.new_context(viewport=WIDE)
    with browser.served(tmp_path) as address:
        for current in (edition, "2099.1"):
            told = {
                "current": current,
                "pages": [PAGE],
                "exhibits": {"tab-api-openai": f"{PAGE}#t"},
            }
            (tmp_path / "editions.js").write_text(
                f"window.computebookEditions = {json.dumps(told)};"
            )
            page = context.new_page()
            page.goto(f"{address}/editions/{edition}/{PAGE}")
            page.add_script_tag(url=f"{address}/editions/{edition}/_static/computebook/edition.js")
            wait_for_list(page)
            notes = page.locator(".cb-old-edition")
            assert notes.count() == (current != edition)
        assert f"This is edition {edition}." in notes.inner_text()
        newer = "editions/2099.1/chapters/api_economics.html"
        assert notes.locator("a").get_attribute("href") == f"{address}/{newer}"
        same = page.locator("#cite-tab-api-openai .cb-newer a")
        assert same.get_attribute("href") == f"{address}/{newer}#t"
        cited = page.locator("#cite-tab-api-openai pre").all_text_contents()
        own = f"{address}/editions/{edition}/{PAGE}#tab-api-openai"
        assert [text.count(own) for text in cited] == [1, 1, 1]
        page.close()
    context.close()
