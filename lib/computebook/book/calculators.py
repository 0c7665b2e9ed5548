"""Calculators on the page: two tables of published values that a script brings to life.

Without JavaScript, in print and in every other format the tables stand as they are.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

__all__ = ["close_html", "has_calculator", "open_html", "rendered", "setup_calculators"]

_HEADS = (("Input", "Published value"), ("Result", "Published"))


class calculator(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """A calculator: `title` and `page` (JSON for the script); the tables are inside."""


def rendered(renderer: Any, data: Any) -> list[nodes.Element]:
    """Return the nodes of a calculator.

    Parameters
    ----------
    renderer : myst_nb NbElementRenderer
        Renderer of the page.
    data : myst_nb MimeData
        An output of `calculators.show`.

    Returns
    -------
    list of docutils nodes
        One calculator, which other pages link to as `calc-` and its name.
    """
    content = data.content
    node = calculator(page=content["page"], title=content["title"], classes=["cb-calculator"])
    node["names"].append(f"calc-{content['name']}")
    renderer.renderer.document.note_explicit_target(node, node)
    node.line, node.source = data.line, renderer.source
    node += nodes.paragraph("", content["title"], classes=["cb-calculator-title"])
    about = nodes.paragraph(content["about"], "", classes=["cb-calculator-about"])
    with renderer.renderer.current_node_context(about):
        renderer.renderer.nested_render_text(content["about"], data.line or 0, inline=True)
    node += about
    inputs = [
        (_paragraphs(f["label"], f["meaning"]), _paragraphs(f["value"], f["bounds"]))
        for f in content["fields"]
    ]
    results = [(_paragraphs(r["label"]), _paragraphs(r["value"])) for r in content["results"]]
    tables = nodes.container(classes=["cb-calculator-tables"])
    tables += [_table(head, rows) for head, rows in zip(_HEADS, (inputs, results), strict=True)]
    node += tables
    return [node]


def _paragraphs(text: str, hint: str = "") -> list[nodes.Node]:
    shown: list[nodes.Node] = [nodes.paragraph("", text)]
    return [*shown, nodes.paragraph("", hint, classes=["cb-hint"])] if hint else shown


def _table(head: tuple[str, str], rows: list[tuple[list[nodes.Node], list[nodes.Node]]]) -> Any:
    """Return a table whose first column heads its rows."""
    group = nodes.tgroup("", cols=2)
    group += [nodes.colspec("", colwidth=1, stub=1), nodes.colspec("", colwidth=1)]
    group += nodes.thead("", _row([[nodes.paragraph("", text)] for text in head]))
    group += nodes.tbody("", *(_row(list(row)) for row in rows))
    return nodes.table("", group, classes=["colwidths-auto"])


def _row(cells: list[list[nodes.Node]]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", *cell) for cell in cells))


def open_html(translator: HTML5Translator, node: calculator) -> None:
    """Write what stands before the tables of a calculator.

    Parameters
    ----------
    translator : HTML5Translator
        Writer of the page.
    node : calculator
        The calculator.
    """
    attributes = {"role": "group", "aria-label": node["title"]}
    translator.body.append(translator.starttag(node, "div", **attributes))


def close_html(translator: HTML5Translator, node: calculator) -> None:
    """Write what the script reads, after the tables of a calculator.

    Parameters
    ----------
    translator : HTML5Translator
        Writer of the page.
    node : calculator
        The calculator.
    """
    text = node["page"].replace("</", "<\\/")
    translator.body.append(f'<script type="application/json" class="cb-page">{text}</script></div>')


def _nothing(translator: Any, node: calculator) -> None:
    """Let the tables inside speak."""


def has_calculator(doctree: nodes.document | None) -> bool:
    """Return whether a page shows a calculator.

    Parameters
    ----------
    doctree : docutils document or None
        The page; None for generated pages.
    """
    return doctree is not None and next(iter(doctree.findall(calculator)), None) is not None


def setup_calculators(app: Sphinx) -> None:
    """Register the calculator node with all writers.

    Parameters
    ----------
    app : sphinx Application
        The build.
    """
    plain = (_nothing, _nothing)
    app.add_node(
        calculator, html=(open_html, close_html), latex=plain, text=plain, man=plain,
        texinfo=plain,
    )  # fmt: skip
