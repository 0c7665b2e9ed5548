"""Find a Chromium, and look at a site with it: one way for tests, PDF and screenshots."""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from computebook import errors

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

VARIABLE = "COMPUTEBOOK_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def find_chromium() -> str:
    """Return the path of an installed Chromium.

    Returns
    -------
    str
        From the variable COMPUTEBOOK_CHROMIUM, the search path, or playwright's own download.

    Raises
    ------
    ComputebookError
        If there is none; the message says how to get one.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if not Path(named).is_file():
            raise errors.ComputebookError(f"{VARIABLE} = {named!r} is no file")
        return named
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    found = found or _playwright_chromium()
    if found is None:
        raise errors.ComputebookError(
            f"no Chromium found: install the package chromium, run 'playwright install chromium', "
            f"or set {VARIABLE} to its path"
        )
    return found


def _playwright_chromium() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Open a headless Chromium.

    Yields
    ------
    playwright Browser
        Closed at the end.

    Raises
    ------
    ComputebookError
        If playwright or Chromium is missing.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError as missing:
        raise errors.ComputebookError(
            "playwright is missing: pip install computebook[pdf]"
        ) from missing
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - name of the base
        """Say nothing: a test log is for faults."""


@contextlib.contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a folder on this machine.

    Parameters
    ----------
    site : pathlib.Path
        Folder with an `index.html`.

    Yields
    ------
    str
        Its address, without a final slash.
    """
    handler = functools.partial(_QuietHandler, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def draw_all_charts(page: Page) -> None:
    """Wait until every live chart of a page is drawn, as if a reader had scrolled past it.

    Parameters
    ----------
    page : playwright Page
        An open page of the site.
    """
    for chart in page.query_selector_all(".cb-chart"):
        chart.scroll_into_view_if_needed()
        page.wait_for_function("chart => chart.dataset.drawn", arg=chart)
    page.evaluate("window.scrollTo(0, 0)")


def screenshots(site: Path, folder: Path) -> list[Path]:
    """Take pictures of every page: wide and phone, light and dark.

    Parameters
    ----------
    site : pathlib.Path
        A built site.
    folder : pathlib.Path
        Where the PNG files go.

    Returns
    -------
    list of pathlib.Path
        One file per page, width and theme.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]
    taken = []
    with served(site) as address, chromium() as browser:
        for theme in ("light", "dark"):
            for kind, viewport in (("wide", WIDE), ("phone", PHONE)):
                context = browser.new_context(viewport=viewport, color_scheme=theme)  # type: ignore[arg-type]
                page = context.new_page()
                for path in pages:
                    page.goto(f"{address}/{path.relative_to(site).as_posix()}")
                    draw_all_charts(page)
                    target = folder / f"{path.stem}-{kind}-{theme}.png"
                    page.screenshot(path=target, full_page=True)
                    taken.append(target)
                context.close()
    return taken


def main(arguments: Sequence[str] | None = None) -> int:
    """Take screenshots from the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The site, and `--shots FOLDER`.

    Returns
    -------
    int
        0 on success.
    """
    import argparse

    parser = argparse.ArgumentParser(prog="python -m computebook.book.browser")
    parser.add_argument("site", type=Path)
    parser.add_argument("--shots", type=Path, required=True)
    options = parser.parse_args(arguments)
    for path in screenshots(options.site, options.shots):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
