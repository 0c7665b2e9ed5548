"""How to cite an edition, and what can be taken away of each of its figures and tables."""

from __future__ import annotations

import pandas as pd

from computebook import citation as citing
from computebook import datasets
from computebook.errors import require_known
from computebook.exhibits.colophon import edition
from computebook.parameters import Parameter

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "style",
        "str",
        "",
        "bibtex",
        choices=("bibtex", "csl", "text"),
        meaning="Form in which the citation is given beside the plain sentence.",
    ),
)

#: Ending, name and content of the files that every table and figure offers; then those that only
#: figures offer.
FILES = (
    ("csv", "Data (CSV)", "its rows as computed, before rounding for print"),
    (
        "json",
        "Columns, sources, licence (JSON)",
        "units and definitions of the columns, sources, licence, edition, hash, code of the cell",
    ),
)
PICTURES = (
    ("svg", "Picture (SVG)", "the chart as vectors, for print"),
    ("png", "Picture (PNG)", "the chart as pixels, for slides"),
    ("vl.json", "Vega-Lite", "the chart with its data, to be changed"),
)
STYLE_NAMES = {"text": "Sentence", "bibtex": "BibTeX", "csl": "CSL-JSON"}
_READ_BY = {
    "text": "people",
    "bibtex": "LaTeX, JabRef, Zotero",
    "csl": "Zotero, pandoc, Word with a reference manager",
}


def report() -> citing.Work:
    """Return what a citation of the whole report has to say."""
    number = edition()
    return citing.Work(number, datasets.data_date().date(), f"editions/{number}/index.html")


def citation(style: str) -> str:
    """Return how to cite the edition.

    Parameters
    ----------
    style : str
        "text", "bibtex" or "csl".

    Raises
    ------
    ComputebookError
        If the style is none of these.
    """
    return citing.citation(report(), require_known("style", style, citing.STYLES))


def cited(style: str) -> str:
    """Return the citation as MyST: a listing, or a sentence as it is."""
    text = citation(style)
    language = {"bibtex": "bibtex", "csl": "json"}.get(style)
    return f"```{language}\n{text}\n```" if language else text


def styles() -> pd.DataFrame:
    """Return the forms of a citation, who reads them, and the command that prints them."""
    rows = [
        {
            "form": STYLE_NAMES[style],
            "read_by": _READ_BY[style],
            "command": f"computebook cite ID --style {style}",
        }
        for style in citing.STYLES
    ]
    return pd.DataFrame(rows)


def files() -> pd.DataFrame:
    """Return the files that a figure or table offers: name, ending, content, for which kind."""
    rows = [(*entry, "tables and figures") for entry in FILES]
    rows += [(*entry, "figures") for entry in PICTURES]
    return pd.DataFrame(rows, columns=["ending", "name", "content", "kind"])
