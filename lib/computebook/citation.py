"""Cite the report, or one figure or table of it: as a sentence, as BibTeX, as CSL-JSON."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from computebook.errors import require_known

REPORT = "What frontier language models cost: an executable report"
AUTHOR = "The computebook authors"
DIGEST_SHOWN = 12
_TEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
}
_LAST_STOP = re.compile(r"[.\s]+$")
_QUOTED = re.compile(r'["“]([^"“”]*)["”]')


@dataclass(frozen=True)
class Work:
    """What a citation has to say of the report or of one of its exhibits.

    Parameters
    ----------
    edition : str
        A calendar version, such as `2026.1`.
    data_date : datetime.date
        The newest date that a row of the data carries.
    address : str
        Where it stands: a URL, or the path below the site where the site has no address.
    exhibit : str
        Id of the figure or table; empty for the report as a whole.
    number : str
        Such as `Table 3.2`; empty for the report as a whole.
    title : str
        Caption in plain text; empty for the report as a whole.
    chapter : str
        Title of the chapter; empty for the report as a whole.
    digest : str
        SHA-256 of the exhibit's CSV file in hexadecimal; empty for the report as a whole.
    changed : tuple of str
        Parameters of the chapter that are not the published ones, as `name = value`.
    """

    edition: str
    data_date: dt.date
    address: str
    exhibit: str = ""
    number: str = ""
    title: str = ""
    chapter: str = ""
    digest: str = ""
    changed: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Key for a bibliography."""
        return "-".join(part for part in ("computebook", self.edition, self.exhibit) if part)

    @property
    def data_note(self) -> str:
        """Date and hash of the data, and parameters that are not the published ones."""
        parts = [f"Data of {self.data_date.isoformat()}"]
        parts += [f"SHA-256 of the data {self.digest}"] if self.digest else []
        parts += [f"computed with {', '.join(self.changed)}"] if self.changed else []
        return "; ".join(parts)


def sentence(work: Work) -> str:
    """Return a citation as a plain sentence.

    Parameters
    ----------
    work : Work
        What is cited.

    Returns
    -------
    str
        Author, number, title, report, edition, date and hash of the data, address.

    Examples
    --------
    >>> sentence(Work("2026.1", dt.date(2026, 11, 20), "editions/2026.1/index.html"))[-71:]
    'Edition 2026.1, data of 2026-11-20. Address: editions/2026.1/index.html'
    """
    place = f"{work.number}, “{_closed(work.title)}” In: {REPORT}" if work.exhibit else REPORT
    data = f"data of {work.data_date.isoformat()}"
    data += f" (SHA-256 {work.digest[:DIGEST_SHOWN]}…)" if work.digest else ""
    data += f", computed with {', '.join(work.changed)}" if work.changed else ""
    return f"{AUTHOR}. {place}. Edition {work.edition}, {data}. Address: {work.address}"


def _closed(title: str) -> str:
    """Return a title that stands in quotation marks: with a full stop, inner marks single."""
    single = _QUOTED.sub(r"‘\1’", title)
    return f"{_LAST_STOP.sub('', single)}."


def bibtex(work: Work) -> str:
    """Return a citation as a BibTeX entry.

    Parameters
    ----------
    work : Work
        What is cited.

    Returns
    -------
    str
        A `@book` for the report, an `@incollection` for an exhibit.

    Examples
    --------
    >>> bibtex(Work("2026.1", dt.date(2026, 11, 20), "https://example.org")).splitlines()[0]
    '@book{computebook-2026.1,'
    """
    fields = {"author": f"{{{AUTHOR}}}"}
    if work.exhibit:
        fields["title"] = f"{{{_tex(work.number)}: {_tex(_LAST_STOP.sub('', work.title))}}}"
        fields["booktitle"] = f"{{{_tex(REPORT)}}}"
        fields["chapter"] = f"{{{_tex(work.chapter)}}}"
    else:
        fields["title"] = f"{{{_tex(REPORT)}}}"
    fields |= {"edition": work.edition, "year": str(work.data_date.year)}
    fields |= {"note": _tex(work.data_note), "url": work.address}
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items()]
    kind = "incollection" if work.exhibit else "book"
    return f"@{kind}{{{work.key},\n" + ",\n".join(lines) + "\n}"


def _tex(text: str) -> str:
    return "".join(_TEX.get(mark, mark) for mark in text)


def csl(work: Work) -> str:
    """Return a citation as CSL-JSON, which Zotero and pandoc read.

    Parameters
    ----------
    work : Work
        What is cited.

    Returns
    -------
    str
        A JSON array of one item.

    Examples
    --------
    >>> json.loads(csl(Work("2026.1", dt.date(2026, 11, 20), "https://example.org")))[0]["type"]
    'report'
    """
    date = work.data_date
    item: dict[str, object] = {
        "id": work.key,
        "type": _csl_type(work),
        "title": f"{work.number}: {work.title}" if work.exhibit else REPORT,
        "author": [{"literal": AUTHOR}],
        "issued": {"date-parts": [[date.year, date.month, date.day]]},
        "edition": work.edition,
        "version": work.edition,
        "note": work.data_note,
    }
    item |= {"container-title": REPORT, "section": work.chapter} if work.exhibit else {}
    return json.dumps([item | {"URL": work.address}], ensure_ascii=False)


def _csl_type(work: Work) -> str:
    kinds = {"fig": "figure", "tab": "dataset"}
    return kinds.get(work.exhibit.partition("-")[0], "report")


STYLES: dict[str, Callable[[Work], str]] = {"text": sentence, "bibtex": bibtex, "csl": csl}


def citation(work: Work, style: str) -> str:
    """Return a citation in one of the styles.

    Parameters
    ----------
    work : Work
        What is cited.
    style : str
        `text`, `bibtex` or `csl`.

    Returns
    -------
    str
        The citation, without a final newline.

    Raises
    ------
    ComputebookError
        If there is no such style.

    Examples
    --------
    >>> work = Work("2026.1", dt.date(2026, 11, 20), "https://example.org")
    >>> citation(work, "text") == sentence(work)
    True
    """
    return STYLES[require_known("style", style, STYLES)](work)
