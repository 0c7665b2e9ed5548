"""Faults of the theme's pages, each with its cure: in file reading, scripts and accessibility."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Repair:
    """One replacement in the HTML of a page.

    Parameters
    ----------
    pattern : re.Pattern
        What the theme or docutils write.
    replacement : str
        What stands there instead.
    why : str
        The fault that it cures.
    only : str
        Name of the one page that needs it; empty for all.
    """

    pattern: re.Pattern[str]
    replacement: str
    why: str
    only: str = ""


def _repair(pattern: str, replacement: str, why: str, only: str = "") -> Repair:
    return Repair(re.compile(pattern), replacement, why, only)


REPAIRS: tuple[Repair, ...] = (
    _repair(
        r'(<html\b[^>]*?)\s+data-theme="auto"',
        r'\1 data-theme="light"',
        "scripts set the theme; a page without them has no rules for auto",
    ),
    _repair(
        r'<link rel="preload" as="font"[^>]*>\s*',
        "",
        "a font may not be fetched ahead from the disk; the style sheet loads it anyway",
    ),
    _repair(
        r'(<div class="bd-sidebar-primary\b[^"]*")',
        r'\1 role="navigation" aria-label="Report"',
        "the side bar belongs to no landmark",
    ),
    _repair(
        r'(<button class="btn search-button-field[^>]*?)\s+aria-label="Search"',
        r"\1",
        "the spoken name of the search button is not the one it shows",
    ),
    _repair(
        r' aria-label="Toggle hidden content"',
        "",
        "the spoken name of a fold is not the one it shows",
    ),
    _repair(
        r'<script type="text/x-thebe-config">[\s\S]*?</script>\s*'
        r"(?:<script>kernelName = '[^']*'</script>\s*)?",
        "",
        "no server executes code for this site, whose scripts for that are left out",
    ),
    _repair(
        r'<div role="list" class="citation-list">',
        '<div class="citation-list">',
        "the bibliography has the role of a list whose items have none",
    ),
    _repair(
        r' onclick="window\.print\(\)"',
        "",
        "the policy of the pages refuses handlers that stand in tags; a script adds it",
    ),
    _repair(
        r'(<body\b[^>]*?) data-bs-spy="scroll"(?![\s\S]*class="bd-toc-nav)',
        r"\1",
        "on a page without a list of contents the theme follows the links of its text instead, "
        "and fails on one that it cannot read",
    ),
    _repair(
        r'<summary>(?=<span class="toctree-toggle")',
        '<summary aria-label="Pages of this part">',
        "the fold of a branch in the side bar has no name",
    ),
    _repair(
        r' role="doc-biblioentry"',
        "",
        "the role of a bibliography entry is deprecated",
    ),
    _repair(
        r'id="search-input"(?=[\s\S]*id="search-input")',
        'id="search-page-input"',
        "the theme puts its search field on this page a second time, under the same id",
        only="search.html",
    ),
)


def repaired(html: str, page: str) -> str:
    """Return a page without the faults that its theme brings.

    Parameters
    ----------
    html : str
        The page as written.
    page : str
        Name of its file.

    Returns
    -------
    str
        The page.

    Examples
    --------
    >>> repaired('<html lang="en" data-theme="auto">', "index.html")
    '<html lang="en" data-theme="light">'
    """
    for repair in REPAIRS:
        if not repair.only or repair.only == page:
            html = repair.pattern.sub(repair.replacement, html)
    return html
