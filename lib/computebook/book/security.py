"""A strict Content-Security-Policy for every page, written into the page itself.

A static folder has no server to send headers, so the policy stands in the head. It allows the
site's own files, the scripts that stand in the page by their digest, and nothing else: no other
host, no evaluated text, no inline handler.
"""

from __future__ import annotations

import base64
import hashlib
import re

#: Scripts that are data are never executed and need no permission.
_DATA_TYPES = ("application/json", "application/ld+json")
_SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
_HANDLER = re.compile(r"<[^>]*?\s(on[a-z]+)=[\"']", re.IGNORECASE)
_CHARSET = re.compile(r"<meta charset=[^>]*>", re.IGNORECASE)
_POLICY = (
    "default-src 'none'",
    "script-src 'self'{digests}",
    # The chart library and the icons set styles of elements as they draw.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
)


def script_digests(html: str) -> list[str]:
    """Return the digests of the scripts that stand in a page.

    Parameters
    ----------
    html : str
        The page.

    Returns
    -------
    list of str
        One `sha256-...` source per distinct executable script, in order.

    Examples
    --------
    >>> script_digests("<script>let a = 1;</script><script src='a.js'></script>")
    ['sha256-xY6QKfH9PRsQnLz56nj6MBwiK5oHg+im1Jkpdp1x/Ck=']
    """
    texts = [
        found["text"]
        for found in _SCRIPT.finditer(html)
        if not re.search(r"\bsrc=", found["attributes"]) and not _is_data(found["attributes"])
    ]
    hashes = (hashlib.sha256(text.encode()).digest() for text in dict.fromkeys(texts))
    return [f"sha256-{base64.b64encode(digest).decode()}" for digest in hashes]


def _is_data(attributes: str) -> bool:
    return any(f'type="{kind}"' in attributes for kind in _DATA_TYPES)


def inline_handlers(html: str) -> list[str]:
    """Return the names of handlers that stand in tags, which the policy refuses.

    Parameters
    ----------
    html : str
        The page.

    Returns
    -------
    list of str
        Such as `onclick`; empty for a page that the policy lets work.

    Examples
    --------
    >>> inline_handlers('<button onclick="go()">Go</button>')
    ['onclick']
    """
    outside = _SCRIPT.sub("", html)
    return [found[1].lower() for found in _HANDLER.finditer(outside)]


def policy(html: str) -> str:
    """Return the policy under which a page works.

    Parameters
    ----------
    html : str
        The page.

    Returns
    -------
    str
        Value of a Content-Security-Policy.

    Examples
    --------
    >>> policy("<p>No script.</p>").split("; ")[:2]
    ["default-src 'none'", "script-src 'self'"]
    """
    digests = "".join(f" '{digest}'" for digest in script_digests(html))
    return "; ".join(_POLICY).replace("{digests}", digests)


def with_policy(html: str) -> str:
    """Return a page with its policy, first in its head so that it governs all that follows.

    Parameters
    ----------
    html : str
        A whole page.

    Returns
    -------
    str
        The page; unchanged where it has no declared character set and hence no head of ours.

    Examples
    --------
    >>> "Content-Security-Policy" in with_policy('<meta charset="utf-8" />')
    True
    """
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(html)}">'
    return _CHARSET.sub(lambda found: f"{found[0]}\n    {meta}", html, count=1)
