"""A briefing: whose report it is, what it assumes, which data of their own it uses.

`Briefing` is what the rest of the package works with; `computebook.briefing.load` makes it from
a YAML file after every check.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from computebook.book.pages import CHAPTERS

__all__ = ["CHAPTERS", "Briefing", "ClientData"]


class ClientData(BaseModel):
    """Files of the client's own, resolved and found readable.

    Attributes
    ----------
    tables : dict of str to Path
        By table of the data package: a CSV whose rows override ours by primary key, or are added.
    usage : tuple of Path
        Usage exports and logs for the ledger.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tables: dict[str, Path] = Field(default_factory=dict)
    usage: tuple[Path, ...] = ()


class Briefing(BaseModel):
    """One client's report, checked: see `computebook.briefing.load`.

    Attributes
    ----------
    client, title : str
        As printed on the cover.
    date : datetime.date
        Date of the briefing; every date in the hand-over comes from it.
    edition : str
        Edition of the published report that it is based on.
    slug : str
        Name of the client's folder: lower-case letters, digits and hyphens.
    chapters : tuple of str
        Chapters shown, in the order of the book.
    parameters : dict
        By chapter and name, only what was given, in its declared type and bounds.
    data : ClientData
        Tables and usage exports of the client's own.
    notes : str
        Markdown for the cover; may be empty.
    source : Path
        The file it was read from, absolute.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    client: str
    title: str
    date: dt.date
    edition: str
    slug: str
    chapters: tuple[str, ...] = CHAPTERS
    parameters: dict[str, dict[str, Any]] = Field(default_factory=dict)
    data: ClientData = ClientData()
    notes: str = ""
    source: Path
