"""The control below every figure and table: cite it, download it, see what made it.

It is a `details` element written by the build: it opens by keyboard and without JavaScript. A
script only adds the copying.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from computebook.book import data_files, downloads, editions
from computebook.book.metadata import set_addresses
from computebook.book.register import Exhibit, Register, read_register
from computebook.citation import STYLES, citation
from computebook.exhibits.how_to_cite import STYLE_NAMES

_BUILDER = "html"
_log = logging.getLogger(__name__)


class cite_control(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """The control of one exhibit: `name` is its id, `depth` that of its page."""


@cache
def register_of(root: Path) -> Register:
    """Return the register of the report that is being built; read once.

    Parameters
    ----------
    root : pathlib.Path
        Folder of the sources.

    Returns
    -------
    Register
        With the records of every exhibit.
    """
    return read_register(root)


class AddControls(SphinxPostTransform):
    """Put a control after every figure and table, and an anchor at the code that shows it."""

    default_priority = 220  # after the code has been folded and moved
    builders = (_BUILDER,)

    def run(self, **_: Any) -> None:
        """Add the nodes."""
        register = register_of(Path(self.app.srcdir))
        shown: list[nodes.Element] = [*self.document.findall(nodes.figure)]
        shown += self.document.findall(nodes.table)
        for node in shown:
            for name in set(node["ids"]) & set(register.exhibits):
                self._check_number(node, register.exhibits[name])
                depth = self.env.docname.count("/")
                _insert_after(node, cite_control(name=name, depth=depth))
                _mark_code(node, f"code-{name}")

    def _check_number(self, node: nodes.Element, exhibit: Exhibit) -> None:
        kind = "figure" if exhibit.is_figure else "table"
        numbers = self.env.toc_fignumbers.get(self.env.docname, {}).get(kind, {})
        drawn = ".".join(map(str, numbers.get(node["ids"][0], ())))
        if not exhibit.number.endswith(f" {drawn}"):
            _log.warning("%s is %s %s, cited as %s", exhibit.name, kind, drawn, exhibit.number)


def _insert_after(node: nodes.Element, new: nodes.Node) -> None:
    """Put a node after an exhibit and the note that belongs to it."""
    parent, place = node.parent, node.parent.index(node)
    following = parent.children[place + 1 : place + 2]
    has_note = any(
        isinstance(n, nodes.Element) and "cb-note" in n.get("classes", ()) for n in following
    )
    parent.insert(place + 1 + has_note, new)


def _mark_code(node: nodes.Element, anchor: str) -> None:
    """Give the source of the cell that shows an exhibit an anchor."""
    cell = node.parent
    while cell is not None and cell.get("nb_element") != "cell_code":
        cell = cell.parent
    for source in cell.findall(nodes.container) if cell is not None else ():
        if source.get("nb_element") == "cell_code_source":
            source["ids"].append(anchor)


def visit_control(translator: HTML5Translator, node: cite_control) -> None:
    """Write a control into an HTML page.

    Parameters
    ----------
    translator : HTML5Translator
        Writer of the page.
    node : cite_control
        The control.
    """
    root = Path(translator.builder.srcdir)
    up = "../" * node["depth"]
    register = register_of(root)
    known = data_files.bibliography(root / "references.bib")
    for old in editions.former_names(root, register, node["name"]):
        translator.body.append(f'<span id="{old}"></span>')
    translator.body.append(control_html(register, node["name"], up, known))
    raise nodes.SkipNode


def skip_control(translator: Any, node: cite_control) -> None:
    """Leave the control out where nothing can be clicked.

    Parameters
    ----------
    translator : sphinx translator
        Writer of another format.
    node : cite_control
        The control.
    """
    raise nodes.SkipNode


def control_html(
    register: Register, name: str, up: str, known: Mapping[str, Mapping[str, str]]
) -> str:
    """Return the control of one exhibit.

    Parameters
    ----------
    register : Register
        The edition.
    name : str
        Id of the exhibit.
    up : str
        Relative address of the site's root, such as `../`.
    known : mapping
        Entries of the bibliography by key.

    Returns
    -------
    str
        A `details` element.
    """
    exhibit = register.exhibit(name)
    parts = [_files(exhibit, up), *(_citation(register, name, style) for style in STYLES)]
    parts += [_origin(exhibit, up), _tables(register, exhibit, up), _sources(exhibit, known)]
    return (
        f'<details class="cb-cite" id="cite-{name}" data-exhibit="{name}">'
        f"<summary>Cite or download {exhibit.number}</summary>"
        f'<div class="cb-cite-body">{"".join(parts)}</div></details>\n'
    )


def _citation(register: Register, name: str, style: str) -> str:
    text = html.escape(citation(register.work(name), style), quote=False)
    label = STYLE_NAMES[style]
    return (
        f'<div class="cb-cite-item"><p class="cb-cite-label">{label}</p>'
        f'<pre class="cb-cite-text">{text}</pre>'
        f'<button type="button" class="cb-copy" hidden>Copy {label}</button></div>'
    )


def _files(exhibit: Exhibit, up: str) -> str:
    links = [
        f'<a href="{up}{downloads.EXHIBITS}/{exhibit.name}.{ending}" download>{label}</a>'
        for ending, label in downloads.endings(exhibit).items()
    ]
    return _line("Download", ", ".join(links), "cb-cite-files")


def _origin(exhibit: Exhibit, up: str) -> str:
    said = []
    if exhibit.maker:
        name = f"<code>{html.escape(exhibit.maker.function.removeprefix('computebook.'))}</code>"
        said.append(_code_link(exhibit, up, name) if exhibit.maker.path else name)
    if exhibit.code_shown:
        said.append(f'called in <a href="#code-{exhibit.name}">this cell</a>')
    return _line("Computed by", ", ".join(said)) if said else ""


def _code_link(exhibit: Exhibit, up: str, label: str) -> str:
    made = exhibit.maker
    if made is None:
        return label
    # A browser that knows text fragments scrolls to the definition; others show the file.
    word = made.function.rpartition(".")[2]
    return f'<a href="{up}{downloads.CODE}/{made.path}.txt#:~:text=def-,{word}">{label}</a>'


def _tables(register: Register, exhibit: Exhibit, up: str) -> str:
    """Say which tables of the data were read; each row of them names its source."""
    links = []
    for table in exhibit.tables:
        described = register.exhibits.get(f"tab-data-{table.replace('_', '-')}")
        label = f"<code>{table}</code>"
        place = f"{up}{described.page}.html#{described.name}" if described else ""
        links.append(f'<a href="{place}">{label}</a>' if place else label)
    return _line("Tables read", ", ".join(links)) if links else ""


def _sources(exhibit: Exhibit, known: Mapping[str, Mapping[str, str]]) -> str:
    entries = [known[key] for key in exhibit.sources if key in known]
    return _line("Sources of its rows", "; ".join(map(_source, entries))) if entries else ""


def _source(entry: Mapping[str, str]) -> str:
    title = html.escape(entry["title"])
    year = f" ({html.escape(entry['year'])})" if entry["year"] else ""
    if not entry["url"].startswith(("http://", "https://")):
        return f"{title}{year}"
    return f'<a href="{html.escape(entry["url"])}">{title}</a>{year}'


def _line(label: str, content: str, kind: str = "") -> str:
    classes = f"cb-cite-item {kind}".strip()
    return f'<div class="{classes}"><p class="cb-cite-label">{label}</p><p>{content}</p></div>'


def setup_citing(app: Sphinx) -> None:
    """Register the control with all writers.

    Parameters
    ----------
    app : sphinx Application
        The build.
    """
    skip = (skip_control, None)
    app.add_node(
        cite_control, html=(visit_control, None), latex=skip, text=skip, man=skip, texinfo=skip
    )
    app.add_post_transform(AddControls)
    app.connect("config-inited", set_addresses)
