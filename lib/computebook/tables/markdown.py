"""MyST text that cells display, escaping, and the marks of verdicts."""

from __future__ import annotations

import re
from typing import Any

from computebook import errors

VERDICTS: dict[str, str] = {
    "confirmed": "success",
    "imprecise": "warning",
    "contradicted": "danger",
    "inconsistent": "info",
    "unverified": "muted",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|$~#@^])")
_DOLLAR = re.compile(r"(?<!\\)\$")


class Markdown:
    """MyST text that a notebook cell displays.

    Parameters
    ----------
    text : str
        MyST Markdown.

    Examples
    --------
    >>> Markdown("**Two** GPUs.")._repr_mimebundle_()["text/markdown"]
    '**Two** GPUs.'
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/markdown": self.text, "text/plain": self.text}

    def __repr__(self) -> str:
        return self.text


def escape(text: str) -> str:
    r"""Return plain text with every character that MyST would interpret escaped.

    Parameters
    ----------
    text : str
        Plain text.

    Returns
    -------
    str
        One line of MyST that shows exactly this text.

    Examples
    --------
    >>> print(escape("a|b costs $5"))
    a\|b costs \$5
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def protect_dollars(text: str) -> str:
    r"""Return MyST text in which no dollar sign starts a formula.

    Parameters
    ----------
    text : str
        MyST inline text; formulas are written with the role ``math``.

    Returns
    -------
    str
        The text with each bare dollar sign escaped.

    Examples
    --------
    >>> print(protect_dollars("$5 and \\$6"))
    \$5 and \$6
    """
    return _DOLLAR.sub(r"\\$", text)


def verdict(mark: str) -> str:
    """Return a verdict on a claim as an inline badge.

    Parameters
    ----------
    mark : str
        confirmed, imprecise, contradicted, inconsistent or unverified.

    Returns
    -------
    str
        MyST inline text.

    Raises
    ------
    ComputebookError
        If the verdict is not one of these.

    Examples
    --------
    >>> verdict("confirmed")
    '{bdg-success}`confirmed`'
    """
    errors.require_known("verdict", mark, VERDICTS)
    return f"{{bdg-{VERDICTS[mark]}}}`{mark}`"
