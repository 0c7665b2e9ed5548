"""The site as one file to mail: everything in it, nothing asked for."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from computebook.book import assets
from computebook.book.security import with_policy
from computebook.book.single_page import LEFT_OUT, SitePage, joined, site_pages, styles

#: Scripts of the site that a single file carries, in this order; those that a site lacks are
#: skipped. The chart library stands first: the chart script finds it instead of fetching it.
_SCRIPTS: Final = (
    *(assets.VEGA_BUNDLE, assets.CHART_SCRIPT, assets.CALCULATOR_SCRIPT),
    "report.js",
)
_THEME: Final = (
    "(() => { const dark = matchMedia('(prefers-color-scheme: dark)');"
    " const set = () => {"
    " document.documentElement.dataset.theme = dark.matches ? 'dark' : 'light'; };"
    " set(); dark.addEventListener('change', set); })();"
)


def single_file(site: Path, mark: str = "", without: Iterable[str] = LEFT_OUT) -> str:
    """Return a built site as one HTML page.

    Parameters
    ----------
    site : pathlib.Path
        A site that `build_site` made.
    mark : str
        What stands above every part of it, such as that it is confidential.
    without : iterable of str
        Names of pages to leave out.

    Returns
    -------
    str
        HTML with styles, scripts and charts in it. It reads without scripts and works from the
        disk; its policy forbids any request.

    Raises
    ------
    ComputebookError
        If the folder is no site.
    """
    pages = joined(site_pages(site, without))
    sheet = resources.files("computebook.book").joinpath("single_file.css").read_text("utf-8")
    banner = f'<div class="cb-mark" role="note">{html.escape(mark)}</div>' if mark else ""
    scripts = "".join(f"<script>{text}</script>\n" for text in _scripts(site))
    return with_policy(
        '<!DOCTYPE html>\n<html lang="en" data-theme="light">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(pages[0].title)}</title>\n<script>{_THEME}</script>\n"
        f"<style>{styles(site)}\n{sheet}</style>\n</head>\n<body>\n{banner}"
        f'<div class="cb-file">{_contents(pages)}<main>{"".join(map(_section, pages))}</main>'
        f"</div>\n{scripts}</body>\n</html>\n"
    )


def _scripts(site: Path) -> list[str]:
    """Return the texts of the scripts; an end tag within one would end it."""
    paths = (site / "_static" / name for name in _SCRIPTS)
    texts = (path.read_text("utf-8") for path in paths if path.is_file())
    return [text.replace("</script", "<\\/script") for text in texts]


def _contents(pages: Sequence[SitePage]) -> str:
    lines, part = [], ""
    for page in pages:
        if page.part != part:
            part = page.part
            lines.append(f'<li class="cb-part">{html.escape(part)}</li>')
        lines.append(f'<li><a href="#{page.anchor}">{html.escape(page.title)}</a></li>')
    return (
        '<nav aria-label="Contents"><details open><summary>Contents</summary>'
        f"<ol>{''.join(lines)}</ol></details></nav>"
    )


def _section(page: SitePage) -> str:
    return (
        f'<section class="cb-sheet" id="{page.anchor}">'
        f'<article class="bd-article">{page.body}</article></section>\n'
    )
