"""How to cite an edition, as a sentence and as BibTeX."""

from __future__ import annotations

from computebook import datasets
from computebook.errors import ComputebookError
from computebook.exhibits.colophon import edition
from computebook.parameters import Parameter

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "style",
        "str",
        "",
        "bibtex",
        choices=("bibtex", "sentence"),
        meaning="Form in which the citation is given beside the plain sentence.",
    ),
)


def citation(kind: str) -> str:
    """Return how to cite the edition.

    Parameters
    ----------
    kind : str
        "sentence" or "bibtex".

    Raises
    ------
    ComputebookError
        If the kind is neither.
    """
    date = datasets.data_date()
    if kind == "sentence":
        return (
            f"The computebook authors. What frontier language models cost: an executable report. "
            f"Edition {edition()}, data of {date.date()}."
        )
    if kind == "bibtex":
        return (
            f"@book{{computebook{edition().replace('.', '_')},\n"
            "  author = {{The computebook authors}},\n"
            "  title = {What frontier language models cost: an executable report},\n"
            f"  edition = {{{edition()}}},\n  year = {{{date.year}}},\n"
            f"  note = {{Data of {date.date()}}}\n}}"
        )
    raise ComputebookError(f"kind = {kind!r} is unknown: allowed bibtex, sentence")


def cited(style: str) -> str:
    """Return the citation as MyST: BibTeX in a listing, a sentence as it is."""
    text = citation(style)
    return f"```bibtex\n{text}\n```" if style == "bibtex" else text
