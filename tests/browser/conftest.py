"""The built site in a headless Chromium, over HTTP and from the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from computebook.book import browser
from computebook.book import site as book_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def site() -> Path:
    """Folder of the site: SITE_DIR, else `_build/html`, built if it is not there."""
    named = os.environ.get("SITE_DIR")
    folder = Path(named).resolve() if named else ROOT / "_build" / "html"
    if not (folder / "index.html").is_file() and not named:
        book_site.build_site(ROOT)
    assert (folder / "index.html").is_file(), f"no site at {folder}"
    return folder


@pytest.fixture(scope="session")
def pages(site: Path) -> list[str]:
    """Paths of all pages below the site."""
    found = sorted(path.relative_to(site) for path in site.rglob("*.html"))
    return [path.as_posix() for path in found if path.parts[0] not in ("_static", "_sources")]


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Address of a local server of the site."""
    with browser.served(site) as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for one module: modules elsewhere open their own, and a process may hold one."""
    with browser.chromium() as opened:
        yield opened
