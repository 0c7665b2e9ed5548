"""The Sphinx extension of the report: figures, formulas, folded code, no outside request."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

import computebook
from computebook.book import assets, editions
from computebook.book.calculators import has_calculator, setup_calculators
from computebook.book.citing import register_of, setup_citing
from computebook.book.downloads import PDF, write_downloads
from computebook.book.figures import has_chart, setup_figures
from computebook.book.glossary import setup_glossary
from computebook.book.lookups import setup_lookups
from computebook.book.mathml import setup_math
from computebook.book.metadata import head
from computebook.book.page_foot import page_foot, pdf_file
from computebook.book.repairs import repaired
from computebook.book.security import with_policy

_OPEN_TAGS = ("parameters", "injected-parameters", "show-input")


class FoldCode(SphinxPostTransform):
    """Fold the source of every code cell that is not tagged to stand open."""

    default_priority = 150  # before myst-nb wraps what it is told to hide

    def run(self, **_: Any) -> None:
        """Mark the cells."""
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") != "cell_code" or cell.get("hide_mode"):
                continue
            tags: list[str] = cell["cell_metadata"].get("tags", [])
            if not set(tags) & set(_OPEN_TAGS):
                cell["hide_mode"] = "input"
                cell["prompt_show"], cell["prompt_hide"] = "Show code", "Hide code"


class CodeAfterOutput(SphinxPostTransform):
    """Put folded code after what it shows: the figure comes first, its proof below it."""

    default_priority = 210  # after myst-nb has wrapped the code

    def run(self, **_: Any) -> None:
        """Swap source and output of the cells."""
        for fold in list(self.document.findall(HideCodeCellNode)):
            cell = fold.parent
            output = cell.children[-1]
            if fold is cell.children[0] and output.get("nb_element") == "cell_code_output":
                cell.remove(fold)
                cell.append(fold)


def _is_thebe(asset: object) -> bool:
    parts = (getattr(asset, "filename", asset), getattr(asset, "attributes", {}).get("body", ""))
    return any("thebe" in str(part).lower() for part in parts)


def clean_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Drop what asks other hosts or fails in a browser, and add the chart script where needed.

    Parameters
    ----------
    app : sphinx Application
        The build.
    pagename, templatename : str
        The page and its template.
    context : dict
        What the template sees; changed in place.
    doctree : docutils document or None
        The page; None for generated pages.
    """
    if has_chart(doctree):
        app.add_js_file(assets.CHART_SCRIPT, loading_method="defer")
    if has_calculator(doctree):
        app.add_js_file(assets.CALCULATOR_SCRIPT, loading_method="defer")
        app.add_css_file(assets.CALCULATOR_STYLE)
    if doctree is not None and os.environ.get(editions.VARIABLE):
        app.add_js_file(assets.EDITION_SCRIPT, loading_method="defer")
    for kind in ("script_files", "css_files"):
        if kind in context:
            context[kind] = [item for item in context[kind] if not _is_thebe(item)]


def describe_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add what machines read of a page, and at its end what readers take away of it.

    Parameters
    ----------
    app : sphinx Application
        The build.
    pagename, templatename : str
        The page and its template.
    context : dict
        What the template sees; changed in place.
    doctree : docutils document or None
        The page; None for generated pages.
    """
    if doctree is None or app.builder.name != "html":
        return
    register = register_of(Path(app.srcdir))
    title = app.env.titles[pagename].astext()
    described = head(register, pagename, title, pdf_file() is not None)
    context["metatags"] = f"{context.get('metatags', '')}\n{described}"
    context["body"] += page_foot(app, register, pagename)


def _write_downloads(root: Path, site: Path) -> None:
    register = register_of(root)
    write_downloads(register, site, root)
    editions.write_gone_pages(root, register, site)
    printed = pdf_file()
    if printed:
        shutil.copyfile(printed, site / PDF)


def finish_site(app: Sphinx, exception: Exception | None) -> None:
    """Write the site's own files and mend what the theme leaves wrong in pages.

    Parameters
    ----------
    app : sphinx Application
        The build.
    exception : Exception or None
        Why the build failed, if it did.
    """
    if exception is not None or app.builder.format != "html" or app.builder.name == "epub":
        return
    outdir = Path(app.outdir)
    assets.write_assets(outdir / "_static")
    if app.builder.name == "html":
        _write_downloads(Path(app.srcdir), outdir)
    for page in sorted(outdir.rglob("*.html")):
        text = page.read_text("utf-8")
        finished = with_policy(repaired(text, page.name))
        page.write_text(finished, encoding="utf-8", newline="\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension.

    Parameters
    ----------
    app : sphinx Application
        The build.

    Returns
    -------
    dict
        What Sphinx wants to know.
    """
    setup_figures(app)
    setup_calculators(app)
    setup_math(app)
    setup_glossary(app)
    setup_citing(app)
    setup_lookups(app)
    app.add_post_transform(FoldCode)
    app.add_post_transform(CodeAfterOutput)
    app.add_css_file(assets.COLOURS_STYLE, priority=150)
    app.connect("html-page-context", clean_page, priority=900)
    app.connect("html-page-context", describe_page, priority=910)
    app.connect("build-finished", finish_site, priority=900)
    return {
        "version": computebook.__version__,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
