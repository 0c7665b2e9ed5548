"""The first page of a client's report: whose it is, what changed, what their own usage cost."""

from __future__ import annotations

import datetime as dt
import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from computebook import datasets
from computebook.book.contents import read_chapter
from computebook.book.print_page import Cover
from computebook.briefing.changes import Changes, Knowledge, attributed, traced
from computebook.briefing.changes_text import markdown
from computebook.briefing.request import Briefing
from computebook.tables import escape, table

__all__ = ["confidential_mark", "pdf_cover", "write_pages"]

PAGE: Final = "index.md"
_MOST_ROWS: Final = 24
_HEADING: Final = re.compile(r"^#+\s*(.+?)\s*#*$", re.MULTILINE)
#: A name in braces is a role or a directive, which could read files: notes are words.
_DIRECTIVE: Final = re.compile(r"\{(?=[A-Za-z])")
_LEDGER_COLUMNS: Final = {
    "month": "Month",
    "model": "Model",
    "requests": "Requests",
    "uncached_input_tokens": "New input (tokens)",
    "cached_input_tokens": "Cached input (tokens)",
    "cache_write_tokens": "Cache writes (tokens)",
    "output_tokens": "Output (tokens)",
    "reasoning_tokens": "Reasoning (tokens)",
    "cost_usd": "Cost ($)",
}


def confidential_mark(briefing: Briefing) -> str:
    """Return what stands on each page of a briefing.

    Parameters
    ----------
    briefing : Briefing
        The client's.

    Returns
    -------
    str
        Plain text.
    """
    return f"Confidential: prepared for {briefing.client}"


def write_pages(
    book_root: Path, briefing: Briefing, changes: Changes, ledger: pd.DataFrame | None
) -> None:
    """Write the first page of a client's report and mark every page as confidential.

    Parameters
    ----------
    book_root : pathlib.Path
        Root of the client's tree: its `_toc.yml` has the root `index`, its chapters are executed.
    briefing : Briefing
        The client's.
    changes : Changes
        Against the published edition.
    ledger : pandas.DataFrame or None
        What the client's own usage cost, by month and model.
    """
    found = attributed(changes, Knowledge(traced(), tuple(briefing.data.tables)))
    notebooks = sorted((book_root / "chapters").glob("[!.]*.ipynb"))
    titles = {path.stem: read_chapter(path).title for path in notebooks}
    parts = [_head(briefing), notes_text(briefing.notes), markdown(found, titles)]
    parts += [_usage(ledger)] if ledger is not None and len(ledger) else []
    (book_root / "index.ipynb").unlink(missing_ok=True)
    text = "\n".join(part for part in parts if part)
    (book_root / PAGE).write_text(text, encoding="utf-8", newline="\n")
    _configure(book_root / "_config.yml", briefing)


def _head(briefing: Briefing) -> str:
    day = _long_date(briefing.date)
    data = _long_date(datasets.data_date().date())
    lines = [
        f"# {escape(briefing.title)}",
        "",
        f"**Prepared for {escape(briefing.client)}**, {day}. Based on edition "
        f"{escape(briefing.edition)} of the published report, data of {data}.",
        "",
    ]
    if briefing.data.tables:
        names = ", ".join(f"`{name}`" for name in sorted(briefing.data.tables))
        lines += [f"Rows of the client's own stand in the tables {names}.", ""]
    return "\n".join(lines)


def _long_date(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


def notes_text(notes: str) -> str:
    r"""Return the notes of a briefing as Markdown that can only say something.

    Parameters
    ----------
    notes : str
        Markdown of the briefing file.

    Returns
    -------
    str
        Headings become bold lines; roles and directives become words.

    Examples
    --------
    >>> print(notes_text("# Scope\nSee {include}."))
    **Scope**
    See \{include}.
    <BLANKLINE>
    """
    if not notes.strip():
        return ""
    bold = _HEADING.sub(r"**\1**", notes.strip())
    return html.escape(_DIRECTIVE.sub(r"\\{", bold), quote=False).replace("&gt;", ">") + "\n"


def _usage(ledger: pd.DataFrame) -> str:
    """Return the client's own usage as a table: by month and model, by model where long."""
    by_model = len(ledger) > _MOST_ROWS
    frame = _by_model(ledger) if by_model else ledger
    known = {name: title for name, title in _LEDGER_COLUMNS.items() if name in frame}
    numbers = {name: ",.2f" if name == "cost_usd" else ",.0f" for name in known}
    shown = table(
        frame.head(_MOST_ROWS),
        name="tab-own-usage",
        caption="Own usage.",
        columns=known,
        formats={name: form for name, form in numbers.items() if _is_number(frame[name])},
    )
    # A numbered table on a page that is no chapter would shift the numbers of those that are.
    rows = [line for line in shown.text.splitlines() if line.startswith("|")]
    heading = "By model" if by_model else "By month and model"
    said = f"{heading}, each row of usage at the prices of its day."
    return "\n".join(["## What your own usage cost", "", said, "", *rows, ""])


def _by_model(ledger: pd.DataFrame) -> pd.DataFrame:
    numeric = [name for name in ledger.columns if _is_number(ledger[name])]
    summed = ledger.groupby("model", sort=True)[numeric].sum().reset_index()
    return summed.sort_values("cost_usd", ascending=False, kind="stable", ignore_index=True)


def _is_number(values: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values))


def _configure(path: Path, briefing: Briefing) -> None:
    """Give the tree its title, and every page its mark."""
    import yaml

    config: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    sphinx: dict[str, Any] = config.setdefault("sphinx", {}).setdefault("config", {})
    config["title"] = sphinx["html_title"] = sphinx["ogp_site_name"] = briefing.title
    options: dict[str, Any] = sphinx.setdefault("html_theme_options", {})
    options["announcement"] = html.escape(confidential_mark(briefing))
    path.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")


def pdf_cover(briefing: Briefing) -> Cover:
    """Return the cover of a client's PDF.

    Parameters
    ----------
    briefing : Briefing
        The client's.

    Returns
    -------
    Cover
        With its notes as HTML; HTML within them is shown, not obeyed.
    """
    from markdown_it import MarkdownIt

    notes = MarkdownIt("commonmark", {"html": False}).disable("image").render(briefing.notes)
    cover = Cover(
        briefing.title,
        client=briefing.client,
        edition=briefing.edition,
        date=briefing.date,
        data_date=datasets.data_date().date(),
        confidential=True,
    )
    return replace(cover, notes=notes)
