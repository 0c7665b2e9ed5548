"""The Sphinx extension of the report: figures, formulas, folded code, no outside request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

import computebook
from computebook.book import assets
from computebook.book.figures import has_chart, setup_figures
from computebook.book.mathml import setup_math
from computebook.book.repairs import repaired

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
    for kind in ("script_files", "css_files"):
        if kind in context:
            context[kind] = [item for item in context[kind] if not _is_thebe(item)]


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
    for page in sorted(outdir.rglob("*.html")):
        text = page.read_text("utf-8")
        page.write_text(repaired(text, page.name), encoding="utf-8", newline="\n")


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
    setup_math(app)
    app.add_post_transform(FoldCode)
    app.add_post_transform(CodeAfterOutput)
    app.add_css_file(assets.COLOURS_STYLE, priority=150)
    app.connect("html-page-context", clean_page, priority=900)
    app.connect("build-finished", finish_site, priority=900)
    return {
        "version": computebook.__version__,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
