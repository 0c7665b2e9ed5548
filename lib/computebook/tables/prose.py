"""Computed sentences and findings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from computebook import errors
from computebook.tables.markdown import Markdown, protect_dollars

_NO_NUMBER = re.compile(r"\b(nan|NaN|None|inf)\b")


def sentence(text: str) -> Markdown:
    r"""Return a computed sentence or paragraph.

    Parameters
    ----------
    text : str
        MyST Markdown with its numbers filled in; dollar signs are escaped.

    Returns
    -------
    Markdown
        Displays itself.

    Raises
    ------
    ComputebookError
        If the text is empty or shows a number that is not one.

    Examples
    --------
    >>> sentence("It costs $5.")
    It costs \$5.
    """
    return Markdown(_checked(text))


def takeaways(items: Sequence[tuple[str, str | Sequence[str]]]) -> Markdown:
    """Return the findings of a chapter, each linked to its proof.

    Parameters
    ----------
    items : sequence of pairs
        A computed sentence, and the name or names of the figures (`fig-`), tables (`tab-`),
        equations (`eq-`) or section labels that prove it.

    Returns
    -------
    Markdown
        Displays itself as a list in a box.

    Raises
    ------
    ComputebookError
        If there is no item, or one has no sentence or no proof.

    Examples
    --------
    >>> takeaways([("Two GPUs suffice.", "tab-fleet")])
    :::{admonition} Takeaways, in two minutes
    :class: takeaways
    - Two GPUs suffice. ({numref}`tab-fleet`)
    :::
    """
    if not items:
        raise errors.ComputebookError("takeaways need at least one finding")
    lines = [
        f"- {_checked(text)} ({', '.join(_proof(name) for name in _names(proof, text))})"
        for text, proof in items
    ]
    head = (":::{admonition} Takeaways, in two minutes", ":class: takeaways")
    return Markdown("\n".join([*head, *lines, ":::"]))


def _checked(text: str) -> str:
    words = text.strip()
    if not words or _NO_NUMBER.search(words):
        raise errors.ComputebookError(f"a computed sentence must be complete: {text!r}")
    return protect_dollars(words)


def _names(proof: str | Sequence[str], text: str) -> Sequence[str]:
    names = [proof] if isinstance(proof, str) else list(proof)
    if not names or not all(names):
        raise errors.ComputebookError(f"finding without proof: {text!r}")
    return names


def _proof(name: str) -> str:
    role = {"fig": "numref", "tab": "numref", "eq": "eq"}.get(name.partition("-")[0], "ref")
    return f"{{{role}}}`{name}`"
