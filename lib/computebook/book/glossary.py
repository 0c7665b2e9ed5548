"""Terms of the field explained where a page first uses them, by pointer, key or link."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from computebook import datasets

PAGE = "chapters/nomenclature"
ANCHOR = "tab-terms"
_BUILDERS = ("html", "dirhtml")
#: Pages that are lists of names already.
_LEFT_OUT = (PAGE, "chapters/references", "chapters/data_dictionary")
_LIBRARY = "chapters/library"
#: Words that the text also uses in their plain sense.
_ORDINARY = ("Effort",)
_CLOSED = (
    *(nodes.reference, nodes.title, nodes.literal, nodes.math, nodes.raw, nodes.table),
    *(nodes.caption, nodes.legend, nodes.literal_block, nodes.footnote, nodes.citation),
)


class glossary_term(nodes.Inline, nodes.TextElement):  # noqa: N801 - docutils names nodes so
    """A term with its `definition` and the `uri` of its row."""


@cache
def definitions() -> dict[str, str]:
    """Return what each term means.

    Returns
    -------
    dict of str to str
        Definition by term, without terms that are ordinary words or pairs.

    Examples
    --------
    >>> definitions()["PUE"]
    'Power usage effectiveness: facility power over IT power.'
    """
    table = datasets.load("terms")
    kept = table[~table["term"].isin(_ORDINARY) & ~table["term"].str.contains(",")]
    return dict(zip(kept["term"], kept["definition"], strict=True))


@cache
def pattern() -> re.Pattern[str]:
    """Return the expression that finds any term as a whole word, longest first.

    Returns
    -------
    re.Pattern
        Abbreviations as they are written, words in either case, both with a plural s.

    Examples
    --------
    >>> pattern().search("Two KV caches, one batch size.")[0]
    'KV caches'
    """
    ordered = sorted(definitions(), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(_spelling, ordered))})s?\b")


def _spelling(term: str) -> str:
    if term[:2].isupper():
        return re.escape(term)
    return f"[{term[0].upper()}{term[0].lower()}]{re.escape(term[1:])}"


def term_of(text: str) -> str:
    """Return the term that a piece of text names.

    Parameters
    ----------
    text : str
        What `pattern` found.

    Returns
    -------
    str
        The term as the table spells it.

    Examples
    --------
    >>> term_of("reasoning tokens"), term_of("KV caches")
    ('Reasoning tokens', 'KV cache')
    """
    known = {name.lower(): name for name in definitions()}
    lowered = text.lower()
    return known[lowered] if lowered in known else known[lowered.removesuffix("s")]


class ExplainTerms(SphinxPostTransform):
    """Mark the first use of each term on a page."""

    default_priority = 600

    def run(self, **_: Any) -> None:
        """Replace the text by a term that carries its definition."""
        page = self.env.docname
        if self.app.builder.name not in _BUILDERS or page in _LEFT_OUT or page.startswith(_LIBRARY):
            return
        if PAGE not in self.env.found_docs:
            return
        uri = f"{self.app.builder.get_relative_uri(page, PAGE)}#{ANCHOR}"
        seen: set[str] = set()
        for text in list(_prose(self.document)):
            parts = list(_parts(text.astext(), seen, uri))
            if len(parts) > 1 or any(not isinstance(p, nodes.Text) for p in parts):
                text.parent.replace(text, parts)


def _prose(document: nodes.document) -> Iterator[nodes.Text]:
    for paragraph in document.findall(nodes.paragraph):
        if not _inside(paragraph, _CLOSED):
            for text in paragraph.findall(nodes.Text):
                if not _inside(text, _CLOSED):
                    yield text


def _inside(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    current: nodes.Node | None = node
    while current is not None:
        if isinstance(current, kinds):
            return True
        current = current.parent
    return False


def _parts(text: str, seen: set[str], uri: str) -> Iterator[nodes.Node]:
    """Yield the text in pieces, terms that were not seen before as such."""
    done = 0
    for found in pattern().finditer(text):
        term = term_of(found[0])
        if term in seen:
            continue
        seen.add(term)
        if found.start() > done:
            yield nodes.Text(text[done : found.start()])
        marked = glossary_term("", found[0])
        marked["definition"], marked["uri"] = definitions()[term], uri
        yield marked
        done = found.end()
    if done < len(text):
        yield nodes.Text(text[done:])


def visit_term(translator: HTML5Translator, node: glossary_term) -> None:
    """Open a term in an HTML page.

    Parameters
    ----------
    translator : HTML5Translator
        Writer of the page.
    node : glossary_term
        The term.
    """
    definition = html.escape(node["definition"])
    translator.body.append(
        f'<a class="cb-term" href="{html.escape(node["uri"])}" data-definition="{definition}">'
    )


def depart_term(translator: HTML5Translator, node: glossary_term) -> None:
    """Close a term in an HTML page.

    Parameters
    ----------
    translator : HTML5Translator
        Writer of the page.
    node : glossary_term
        The term.
    """
    translator.body.append("</a>")


def setup_glossary(app: Sphinx) -> None:
    """Register terms with the writer of HTML pages; other writers never see them.

    Parameters
    ----------
    app : sphinx Application
        The build.
    """
    app.add_node(glossary_term, html=(visit_term, depart_term))
    app.add_post_transform(ExplainTerms)
