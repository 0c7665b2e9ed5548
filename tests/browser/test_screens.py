"""Key pages look as they did: pictures of them against small committed ones.

A picture is shrunk to 320 pixels of width and compared block by block. Where the fonts of this
machine are those of the committed pictures, blocks are small; elsewhere text breaks at other words
and only the large ones are compared. Intended changes: `SCREENS=renew pytest
tests/browser/test_screens.py`, then look at what changed in tests/browser/screens.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from computebook.book.browser import PHONE, WIDE, draw_all_charts

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FOLDER = Path(__file__).with_name("screens")
FONTS = FOLDER / "fonts.json"
RENEW = os.environ.get("SCREENS") == "renew"
WIDTH = 320
LEVELS = 48  # colours of a committed picture: a third of the bytes
FONT_WIDTHS = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  return ["body", "code, pre", "h1"].map((name) => {
    const style = getComputedStyle(document.querySelector(name) ?? document.body);
    pen.font = `16px ${style.fontFamily}`;
    return Math.round(10 * pen.measureText("Reading 0123456789 $ per million tokens").width) / 10;
  });
}"""


@dataclass(frozen=True)
class Screen:
    """A picture: of what is seen first of a page, or of one of its parts."""

    name: str
    page: str
    part: str = ""
    phone: bool = False
    dark: bool = False


@dataclass(frozen=True)
class Tolerance:
    """How much may differ: the mean of a block by levels, in so many of all blocks."""

    block: int
    levels: float
    share: float


SCREENS = (
    Screen("landing", "index.html"),
    Screen("landing-dark", "index.html", dark=True),
    Screen("landing-phone", "index.html", phone=True),
    Screen("chapter", "chapters/gpu_sizing.html"),
    Screen("chapter-phone-dark", "chapters/gpu_sizing.html", phone=True, dark=True),
    Screen("table", "chapters/api_economics.html", "#tab-api-openai"),
    Screen("chart", "chapters/competition.html", "#fig-concentration"),
    Screen("chart-dark", "chapters/competition.html", "#fig-concentration", dark=True),
    Screen("calculator", "chapters/gpu_sizing.html", "#calc-gpu-sizing"),
)
SAME_FONTS = Tolerance(block=8, levels=14.0, share=0.01)
OTHER_FONTS = Tolerance(block=40, levels=24.0, share=0.05)


def small(picture: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    height = round(image.height * WIDTH / image.width)
    return image.resize((WIDTH, height), Image.Resampling.BOX)


def blocks(image: Image.Image, size: int) -> np.ndarray:
    levels = np.asarray(image.convert("RGB"), dtype=float)
    rows, columns = levels.shape[0] // size, levels.shape[1] // size
    cut = levels[: rows * size, : columns * size]
    return cut.reshape(rows, size, columns, size, 3).mean(axis=(1, 3))


def difference(one: Image.Image, two: Image.Image, tolerance: Tolerance) -> float:
    """Return the share of blocks that differ; all of them where heights differ by a block."""
    if abs(one.height - two.height) > 2 * tolerance.block:
        return 1.0
    left, right = blocks(one, tolerance.block), blocks(two, tolerance.block)
    rows = min(len(left), len(right))
    far = np.abs(left[:rows] - right[:rows]).max(axis=2) > tolerance.levels
    return float(far.mean())


def taken(page: Page, screen: Screen) -> Image.Image:
    if screen.part:
        part = page.locator(screen.part).first
        part.scroll_into_view_if_needed()
        return small(part.screenshot(animations="disabled"))
    return small(page.screenshot(animations="disabled"))


@pytest.fixture(scope="module")
def opened(chromium: Browser, address: str) -> Iterator[dict[tuple[str, bool, bool], Page]]:
    kinds = {(screen.page, screen.phone, screen.dark) for screen in SCREENS}
    pages = {}
    for name, phone, dark in sorted(kinds):
        context = chromium.new_context(
            viewport=PHONE if phone else WIDE, color_scheme="dark" if dark else "light"
        )
        pages[name, phone, dark] = page = context.new_page()
        page.goto(f"{address}/{name}")
        draw_all_charts(page)
        page.evaluate("scrollTo(0, 0)")
    yield pages
    for page in pages.values():
        page.context.close()


@pytest.fixture(scope="module")
def tolerance(opened: dict[tuple[str, bool, bool], Page]) -> Tolerance:
    page = opened["chapters/gpu_sizing.html", False, False]
    here = page.evaluate(FONT_WIDTHS)
    if RENEW:
        FONTS.write_text(json.dumps(here) + "\n", encoding="utf-8")
    return SAME_FONTS if json.loads(FONTS.read_text(encoding="utf-8")) == here else OTHER_FONTS


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_page_looks_as_it_did(
    opened: dict[tuple[str, bool, bool], Page],
    tolerance: Tolerance,
    screen: Screen,
    tmp_path: Path,
) -> None:
    now = taken(opened[screen.page, screen.phone, screen.dark], screen)
    kept = FOLDER / f"{screen.name}.png"
    if RENEW:
        now.quantize(LEVELS, dither=Image.Dither.NONE).save(kept, optimize=True)
    with Image.open(kept) as before:
        share = difference(before, now, tolerance)
    new = tmp_path / kept.name
    now.save(new)
    assert share <= tolerance.share, (
        f"{screen.name}: {share:.1%} of the picture changed, {tolerance.share:.0%} may; see {new}, "
        f"and SCREENS=renew if that is what you want"
    )


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (".cb-live { visibility: hidden }", "chart"),
        ("html, body { background: #fff3e0 !important }", "landing"),
        ("html { --cb-accent: #d00000 !important }", "calculator"),
        ("#tab-api-openai td { padding-block: 1rem !important }", "table"),
        (".bd-article-container { max-width: 40rem !important }", "chapter"),
    ],
)
def test_a_changed_look_is_seen(
    opened: dict[tuple[str, bool, bool], Page], tolerance: Tolerance, change: str, name: str
) -> None:
    screen = next(screen for screen in SCREENS if screen.name == name)
    page = opened[screen.page, screen.phone, screen.dark]
    before = taken(page, screen)
    # A sheet in a tag is against the policy of the pages; a constructed one is not.
    page.evaluate(
        "text => { const sheet = new CSSStyleSheet(); sheet.replaceSync(text);"
        " document.adoptedStyleSheets = [sheet]; }",
        change,
    )
    after = taken(page, screen)
    page.evaluate("() => { document.adoptedStyleSheets = []; }")
    assert difference(before, after, tolerance) > tolerance.share
    assert difference(before, taken(page, screen), tolerance) <= tolerance.share
