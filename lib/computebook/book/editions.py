"""Ids that earlier editions promised: they stay, or somebody says where they went.

Each published edition leaves a record in `_editions/<edition>.json`. An id of the newest record
that the report no longer has needs a line in `_editions/redirects.csv`.
"""

from __future__ import annotations

import csv
import html
import json
from functools import cache
from pathlib import Path

from computebook.book.register import (
    Exhibit,
    Register,
    exhibit_names,
    from_json,
    read_register,
    site_address,
)
from computebook.errors import ComputebookError, require_known

RECORDS = "_editions"
REDIRECTS = f"{RECORDS}/redirects.csv"
#: Name of the environment variable that makes a build that of an edition.
VARIABLE = "COMPUTEBOOK_EDITION"


def version_key(edition: str) -> tuple[int, ...]:
    """Return what editions are ordered by.

    Parameters
    ----------
    edition : str
        Calendar version, numbers joined by dots.

    Returns
    -------
    tuple of int
        Its numbers.

    Raises
    ------
    ComputebookError
        If a part is no number.

    Examples
    --------
    >>> version_key("2026.10") > version_key("2026.9")
    True
    """
    parts = edition.split(".")
    if not all(part.isdigit() for part in parts):
        raise ComputebookError(f"edition = {edition!r} must read like '2026.1'")
    return tuple(map(int, parts))


@cache
def published(root: Path) -> dict[str, Register]:
    """Return the records of all published editions.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.

    Returns
    -------
    dict of str to Register
        By edition, oldest first; empty before the first.
    """
    site = site_address(root)
    paths = [p for p in (root / RECORDS).glob("*.json") if p.stem[:1].isdigit()]
    ordered = sorted(paths, key=lambda path: version_key(path.stem))
    return {p.stem: from_json(json.loads(p.read_text("utf-8")), site) for p in ordered}


def latest(root: Path) -> Register | None:
    """Return the record of the newest published edition, None before the first.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.

    Returns
    -------
    Register or None
        Without contents.
    """
    return next(reversed(published(root).values()), None)


@cache
def redirects(root: Path) -> dict[str, str]:
    """Return where exhibits went whose id is no longer in use.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.

    Returns
    -------
    dict of str to str
        New id by old id, each followed to its end.

    Raises
    ------
    ComputebookError
        If redirects go round in a circle.
    """
    path = root / REDIRECTS
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as lines:
        steps = {row["exhibit_id"]: row["redirect_to"] for row in csv.DictReader(lines)}
    return {old: _end_of(old, steps) for old in steps}


def _end_of(old: str, steps: dict[str, str]) -> str:
    seen, now = [old], steps[old]
    while now in steps:
        if now in seen:
            raise ComputebookError(f"{REDIRECTS}: {' to '.join([*seen, now])} is a circle")
        seen.append(now)
        now = steps[now]
    return now


def require_promised(root: Path) -> None:
    """Raise when an id of a published edition has vanished.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.

    Raises
    ------
    ComputebookError
        If an id is gone without a redirect, or a redirect leads to no exhibit or stands for an
        id that is in use.
    """
    promised = {name for record in published(root).values() for name in record.exhibits}
    if not promised and not redirects(root):
        return
    now = exhibit_names(root)
    for old, new in redirects(root).items():
        require_known(f"{REDIRECTS}: redirect_to of {old!r}", new, now)
        if old in now:
            raise ComputebookError(f"{REDIRECTS}: exhibit_id = {old!r} is in use, not redirected")
    gone = sorted(promised - now - set(redirects(root)))
    if gone:
        raise ComputebookError(
            f"ids of a published edition have vanished: {', '.join(gone)}; keep them, or say in "
            f"{REDIRECTS} where they went (exhibit_id,redirect_to,since_edition,reason)"
        )


def _former_page(root: Path, name: str) -> str:
    pages = [r.exhibits[name].page for r in published(root).values() if name in r.exhibits]
    return pages[-1] if pages else ""


def former_names(root: Path, register: Register, name: str) -> list[str]:
    """Return the old ids of an exhibit that stood on the page where it stands now.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.
    register : Register
        The report as it is.
    name : str
        Id of the exhibit.

    Returns
    -------
    list of str
        Anchors to set beside it.
    """
    page = register.exhibit(name).page
    olds = [old for old, new in redirects(root).items() if new == name]
    return [old for old in olds if _former_page(root, old) in ("", page)]


def moved_from(root: Path, register: Register, page: str) -> dict[str, Exhibit]:
    """Return the exhibits that earlier editions showed on a page and that stand elsewhere now.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.
    register : Register
        The report as it is.
    page : str
        Path of the page below the site, without an ending.

    Returns
    -------
    dict of str to Exhibit
        By the id that an old link asks for.
    """
    known = {name for record in published(root).values() for name in record.exhibits}
    target = {name: redirects(root).get(name, name) for name in sorted(known)}
    return {
        old: register.exhibits[new]
        for old, new in target.items()
        if _former_page(root, old) == page and register.exhibits[new].page != page
    }


def moved_html(moved: dict[str, Exhibit], up: str) -> str:
    """Return where the exhibits went that a page used to show, with their old anchors.

    Parameters
    ----------
    moved : dict of str to Exhibit
        By old id.
    up : str
        Relative address of the site's root.

    Returns
    -------
    str
        HTML paragraphs; empty for none.
    """
    return "".join(
        f'<p class="cb-moved" id="{old}">Moved: {html.escape(old)} is now '
        f'<a href="{up}{new.page}.html#{new.name}">{new.number}</a>.</p>\n'
        for old, new in moved.items()
    )


def write_gone_pages(root: Path, register: Register, site: Path) -> None:
    """Write a page where an earlier edition had one, saying where its exhibits went.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.
    register : Register
        The report as it is.
    site : pathlib.Path
        Folder of the site.
    """
    pages = {e.page for record in published(root).values() for e in record.exhibits.values()}
    for page in sorted(pages):
        path = site / f"{page}.html"
        moved = moved_from(root, register, page)
        if moved and not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            body = moved_html(moved, "../" * page.count("/"))
            path.write_text(_bare_page("This page has moved", body), encoding="utf-8")


def _bare_page(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en" data-theme="light"><head><meta charset="utf-8" />'
        '<meta name="viewport" content="width=device-width, initial-scale=1" />'
        f"<title>{title}</title></head>\n<body><main><h1>{title}</h1>\n{body}</main></body></html>\n"
    )


def register_for(root: Path, edition: str | None = None) -> Register:
    """Return the register of an edition: of the report as it is, or from its record.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.
    edition : str, optional
        A published edition; the report as it is when left out.

    Returns
    -------
    Register
        Of that edition.

    Raises
    ------
    ComputebookError
        If there is no such edition.
    """
    records = published(root)
    if edition in records:
        return records[edition]
    now = read_register(root)
    if edition is not None:
        require_known("edition", edition, [*records, now.edition])
    return now


def present_name(root: Path, register: Register, name: str) -> str:
    """Return the id that an exhibit has in an edition, of the id that somebody remembers.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.
    register : Register
        The edition.
    name : str
        An id, in use or redirected.

    Returns
    -------
    str
        The id itself where the edition has it, else where it was redirected to.

    Raises
    ------
    ComputebookError
        If the edition has neither; the sentence suggests the nearest id.
    """
    found = name if name in register.exhibits else redirects(root).get(name, name)
    return register.exhibit(found).name
