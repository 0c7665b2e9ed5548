"""The last lines of a page: its edition, how to cite it, what to take away as a whole."""

from __future__ import annotations

import os
from pathlib import Path

from sphinx.application import Sphinx

from computebook.book import downloads, editions
from computebook.book.register import Register

#: Name of the environment variable that holds the report as a PDF, to be offered by the site.
PDF_VARIABLE = "COMPUTEBOOK_PDF"
_HOW_TO_CITE = "chapters/how_to_cite"


def pdf_file() -> Path | None:
    """Return the report as a PDF, None where none was made for this build."""
    named = os.environ.get(PDF_VARIABLE)
    return Path(named) if named and Path(named).is_file() else None


def page_foot(app: Sphinx, register: Register, page: str) -> str:
    """Return the last lines of one page.

    Parameters
    ----------
    app : sphinx Application
        The build.
    register : Register
        The edition.
    page : str
        Path of the page below the site, without an ending.

    Returns
    -------
    str
        HTML: where vanished exhibits went, the edition, and links.
    """
    root, up = Path(app.srcdir), "../" * page.count("/")
    links = _links(register, page, up, _HOW_TO_CITE in app.env.found_docs)
    date = register.data_date.isoformat()
    return (
        editions.moved_html(editions.moved_from(root, register, page), up)
        + f'<p class="cb-edition">Edition {register.edition}, data of {date}. '
        + " · ".join(f'<a href="{address}"{more}>{label}</a>' for label, address, more in links)
        + "</p>\n"
    )


def _links(register: Register, page: str, up: str, cited: bool) -> list[tuple[str, str, str]]:
    """Return label, address and further attributes of each link."""
    notebooks = {p.name for p in register.pages}
    save = " download"
    links = [("How to cite", f"{up}{_HOW_TO_CITE}.html", "")] if cited else []
    if page in notebooks:
        links.append(("This page as a notebook", f"{up}_sources/{page}.ipynb", save))
    links.append(("All data (zip)", f"{up}{downloads.package_name(register.edition)}", save))
    links += [("The report as PDF", f"{up}{downloads.PDF}", "")] if pdf_file() else []
    if os.environ.get(editions.VARIABLE):
        links.append(("All editions", f"{up}../../index.html", ""))
    return links
