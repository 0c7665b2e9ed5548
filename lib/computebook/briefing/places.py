"""Names and paths that a briefing may use: nothing that reaches outside its own folder."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path, PurePosixPath
from typing import Final

from computebook.errors import ComputebookError

__all__ = ["checked_slug", "checked_text", "refuse_tricks", "resolved_file", "slug_of"]

SLUG: Final = r"[a-z0-9]+(-[a-z0-9]+)*"
MAX_SLUG: Final = 60
MAX_PATH: Final = 200
#: Names that Windows keeps for devices, whatever their ending.
RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)
_TRICKS: Final = ("..", "/", "\\")


def checked_text(field: str, text: str, most: int, *, one_line: bool = True) -> str:
    """Return text that is neither empty, over-long, nor holds characters that one cannot see.

    Parameters
    ----------
    field : str
        Name for the message.
    text : str
        What was given.
    most : int
        Characters allowed.
    one_line : bool
        Whether it must stand on one line.

    Raises
    ------
    ComputebookError
        If it breaks one of these rules.

    Examples
    --------
    >>> checked_text("title", " What it costs ", 80)
    'What it costs'
    """
    kept = text.strip()
    if not kept:
        raise ComputebookError(f"{field} is empty")
    if len(kept) > most:
        raise ComputebookError(f"{field} has {len(kept)} characters: allowed {most}")
    if one_line and len(kept.splitlines()) > 1:
        raise ComputebookError(f"{field} has several lines: one is allowed")
    hidden = [c for c in kept if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c not in "\n\t"]
    if hidden:
        raise ComputebookError(f"{field} holds the control character U+{ord(hidden[0]):04X}")
    return kept


def refuse_tricks(client: str) -> None:
    """Raise if the name of a client is built like a path.

    Examples
    --------
    >>> refuse_tricks("../other-client")
    Traceback (most recent call last):
        ...
    computebook.errors.ComputebookError: client = '../other-client' holds '..', as a path does
    """
    trick = next((trick for trick in _TRICKS if trick in client), None)
    if trick:
        raise ComputebookError(f"client = {client!r} holds {trick!r}, as a path does")


def slug_of(client: str) -> str:
    """Return the name of a client's folder: lower-case letters, digits and hyphens.

    Parameters
    ----------
    client : str
        Name of the client.

    Raises
    ------
    ComputebookError
        If the name gives no name for a folder.

    Examples
    --------
    >>> slug_of("Crédit Exemple S.A.")
    'credit-exemple-s-a'
    """
    plain = unicodedata.normalize("NFKD", client).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not slug:
        raise ComputebookError(f"client = {client!r} gives no folder name: add slug: NAME")
    return checked_slug(slug[:MAX_SLUG].strip("-"))


def checked_slug(slug: str) -> str:
    """Return the name of a folder if it is safe on every system.

    Parameters
    ----------
    slug : str
        Lower-case letters, digits and single hyphens, at most 60.

    Raises
    ------
    ComputebookError
        If it is not.

    Examples
    --------
    >>> checked_slug("example-bank")
    'example-bank'
    """
    if not re.fullmatch(SLUG, slug) or len(slug) > MAX_SLUG:
        raise ComputebookError(
            f"slug = {slug!r} is no folder name: allowed are lower-case letters, digits and "
            f"hyphens between them, at most {MAX_SLUG}"
        )
    if slug in RESERVED:
        raise ComputebookError(f"slug = {slug!r} is a name that Windows keeps for a device")
    return slug


def resolved_file(given: str, folder: Path) -> Path:
    """Return the file that a briefing names, if it lies in the briefing's own folder.

    Parameters
    ----------
    given : str
        Path relative to the folder, with forward slashes.
    folder : Path
        Folder of the briefing's file.

    Returns
    -------
    Path
        Absolute, symbolic links followed.

    Raises
    ------
    ComputebookError
        If it leads outside the folder, by `..`, an absolute path or a symbolic link, has a
        reserved name, or is no readable file.
    """
    checked_text("path", given, MAX_PATH)
    path = PurePosixPath(given)
    if "\\" in given or path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:|~", given):
        raise ComputebookError(
            f"{given!r} leads outside the briefing's folder: write a path relative to it, with /"
        )
    if any(part.split(".")[0].lower() in RESERVED for part in path.parts):
        raise ComputebookError(f"{given!r} holds a name that Windows keeps for a device")
    found = (folder / path).resolve()
    if not found.is_relative_to(folder.resolve()):
        raise ComputebookError(f"{given!r} is a link that leads outside the briefing's folder")
    return _readable(found, given)


def _readable(found: Path, given: str) -> Path:
    if not found.is_file():
        raise ComputebookError(f"{given!r} is no file beside the briefing")
    try:
        with found.open("rb"):
            return found
    except OSError as wrong:
        raise ComputebookError(f"{given!r} cannot be read: {wrong.strerror}") from wrong
