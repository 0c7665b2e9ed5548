"""Every page keeps the rules of WCAG 2.2 AA that axe can check, in both themes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from computebook.book.browser import PHONE, WIDE, draw_all_charts

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# What axe leaves off unless asked: the size of what a finger touches, new in WCAG 2.2.
ALL_RULES: dict[str, Any] = {"rules": {"target-size": {"enabled": True}}}
# The rows of a long table are made as its first ones are.
MORE_ROWS = {"exclude": ["tbody tr:nth-child(n+9)"]}
# All else is read from the tree of a page, which a theme does not change.
COLOURS: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
TOUCH: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["target-size"]}}


@pytest.fixture(scope="module")
def axe() -> Any:
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


def faults_of(axe: Any, page: Page, options: dict[str, Any], where: str) -> list[str]:
    found = axe.run(page, MORE_ROWS, {"resultTypes": ["violations"], **options}).response
    return [
        f"{where}: {fault['id']}: {[node['html'][:120] for node in fault['nodes'][:3]]}"
        for fault in found["violations"]
    ]


def test_rules_hold_on_every_page_in_both_themes(
    axe: Any, chromium: Browser, address: str, pages: list[str]
) -> None:
    faults = []
    for name in pages:
        context = chromium.new_context(viewport=WIDE, color_scheme="light")
        page = context.new_page()
        page.goto(f"{address}/{name}")
        draw_all_charts(page)
        faults += faults_of(axe, page, ALL_RULES, f"light {name}")
        page.emulate_media(color_scheme="dark")
        page.locator('html[data-theme="dark"]').wait_for(state="attached", timeout=5000)
        page.wait_for_timeout(100)
        faults += faults_of(axe, page, COLOURS, f"dark {name}")
        context.close()
    assert faults == []


def test_targets_are_large_enough_on_a_phone(
    axe: Any, chromium: Browser, address: str, pages: list[str]
) -> None:
    context = chromium.new_context(viewport=PHONE, has_touch=True)
    page = context.new_page()
    faults = []
    for name in pages:
        page.goto(f"{address}/{name}")
        faults += faults_of(axe, page, TOUCH, f"phone {name}")
    context.close()
    assert faults == []
