"""Formulas as MathML, written at build time: no script, no font from another host."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

_LOGGER = logging.getLogger(__name__)
_ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|split|align|gathered)\}")
_UNREAD = re.compile(r"<m[a-z]+>(?:\\[A-Za-z]+|&)</m[a-z]+>")


def to_mathml(latex: str, *, block: bool) -> str:
    r"""Return a formula as MathML.

    Parameters
    ----------
    latex : str
        LaTeX of one formula, without delimiters.
    block : bool
        Set on a line of its own.

    Returns
    -------
    str
        A `math` element.

    Raises
    ------
    ValueError
        If a command is not understood.

    Examples
    --------
    >>> to_mathml(r"\alpha", block=False).startswith("<math")
    True
    >>> to_mathml(r"\notacommand", block=False)
    Traceback (most recent call last):
        ...
    ValueError: formula not understood near '\\notacommand': \notacommand
    """
    from latex2mathml.converter import convert

    text = _ALIGNED.sub(r"\\\1{align*}", latex.strip())
    written: str = convert(text, display="block" if block else "inline")
    unread = _UNREAD.search(written)
    if unread is not None:
        near = re.sub(r"<[^>]*>", "", unread[0])
        raise ValueError(f"formula not understood near {near!r}: {latex}")
    return written


def _mathml_or_warn(node: nodes.Element, *, block: bool) -> str:
    try:
        return to_mathml(node.astext(), block=block)
    except Exception as fault:  # the converter raises exceptions of many kinds
        _LOGGER.warning("%s", fault or type(fault).__name__, location=node)
        return ""


def visit_math(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a line.

    Parameters
    ----------
    translator : HTML5Translator
        Writer of the page.
    node : docutils math
        The formula.
    """
    translator.body.append(_mathml_or_warn(node, block=False))
    raise nodes.SkipNode


def visit_math_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own, with its number if it has one.

    Parameters
    ----------
    translator : HTML5Translator
        Writer of the page.
    node : docutils math_block
        The formula.
    """
    translator.body.append(translator.starttag(node, "div", CLASS="math cb-math"))
    translator.body.append(f'<div class="cb-formula">{_mathml_or_warn(node, block=True)}</div>')
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup_math(app: Sphinx) -> None:
    """Register the renderer under the name `mathml`.

    Parameters
    ----------
    app : sphinx Application
        The build.
    """
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
