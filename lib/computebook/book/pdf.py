"""The whole report as one PDF, printed by Chromium from the single-page site."""

from __future__ import annotations

import tempfile
from pathlib import Path

from computebook.book.browser import chromium, draw_all_charts, served
from computebook.book.site import build_site

_FOOTER = (
    '<div style="font:8px sans-serif;width:100%;text-align:center;color:#566272">'
    '<span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)


def print_pdf(source_root: Path | None, out: Path, *, strict: bool = True) -> Path:
    """Print the report as a PDF.

    Parameters
    ----------
    source_root : pathlib.Path or None
        Root of the report; found upwards from the working folder otherwise.
    out : pathlib.Path
        The file to write.
    strict : bool
        Any warning of the build fails it.

    Returns
    -------
    pathlib.Path
        `out`.

    Raises
    ------
    ComputebookError
        If the build fails or no Chromium is found.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pdf-", dir=out.parent) as scratch:
        site = build_site(source_root, Path(scratch) / "site", strict, builder="singlehtml")
        printed = Path(scratch) / "report.pdf"
        with served(site) as address, chromium() as browser:
            page = browser.new_page(color_scheme="light")
            page.goto(f"{address}/index.html")
            draw_all_charts(page)
            page.emulate_media(media="print", color_scheme="light")
            page.pdf(
                path=printed,
                format="A4",
                print_background=True,
                outline=True,
                tagged=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=_FOOTER,
            )
        printed.replace(out)
    return out
