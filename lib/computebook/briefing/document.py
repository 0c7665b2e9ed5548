"""Read the YAML of a briefing into plain values, with the line of each.

Only the part of YAML that means the same to every reader is taken: numbers, text, true and false
as YAML 1.2 spells them. What one parser reads as octal, another as a date or a truth, is either
plain text here or refused; so are repeated keys, tags and anything that grows without bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from computebook.errors import ComputebookError

__all__ = ["Document", "Fault", "Place", "read_document"]

MAX_BYTES: Final = 250_000
MAX_VALUES: Final = 20_000
MAX_DEPTH: Final = 12

Place = tuple[str | int, ...]

_NUMBER: Final = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_WHOLE: Final = re.compile(r"[-+]?\d+")
_ODD: Final = (
    (re.compile(r"[-+]?0[0-9_]+"), "other readers take a leading zero for octal: write it without"),
    (re.compile(r"[-+]?0[xob][0-9a-fA-F_]+"), "write the number in decimal digits"),
    (re.compile(r"[-+]?\d[\d_]*(:[0-5]?\d)+"), "other readers take it for base sixty: quote it"),
    (re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE), "a finite number is needed"),
)
_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong with a file.

    Parameters
    ----------
    file : str
        Its name.
    line : int
        Counted from 1.
    sentence : str
        What is wrong, and what would be right.
    """

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        """Return it as `file:line: sentence`."""
        return f"{self.file}:{self.line}: {self.sentence}"


@dataclass
class Document:
    """The values of a YAML file and where each stands.

    Parameters
    ----------
    path : Path
        The file.
    value : dict
        Its mapping; empty when it holds none.
    lines : dict
        Line of each value by its place, a tuple of keys and positions.
    faults : list of Fault
        What cannot be read as it stands.
    """

    path: Path
    value: dict[str, Any] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """Return the line of a place, or of the nearest one around it."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
        return 1

    def fault(self, place: Place, sentence: str) -> Fault:
        """Return a fault at a place."""
        return Fault(self.path.name, self.line(place), sentence)

    def complain(self, line: int, sentence: str) -> None:
        """Keep a fault of a line."""
        self.faults.append(Fault(self.path.name, line, sentence))


def read_document(path: Path) -> Document:
    r"""Return the values of a briefing's file; what is wrong stands in its `faults`.

    Parameters
    ----------
    path : Path
        A YAML file of at most 250 kB.

    Raises
    ------
    ComputebookError
        If there is no such file or it cannot be read at all.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "bank.yaml"
    ...     _ = path.write_text("client: A bank\nparameters:\n  gpu_sizing: {users: 1e3}\n")
    ...     document = read_document(path)
    >>> document.value["parameters"]["gpu_sizing"], document.lines["parameters", "gpu_sizing"]
    ({'users': 1000.0}, 3)
    """
    document = Document(path)
    text = _text(path)
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.TagToken):
                document.complain(
                    token.start_mark.line + 1, f"leave out the YAML tag {_tag(token)}"
                )
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as wrong:
        document.complain(*_syntax(wrong))
        return document
    if not isinstance(root, yaml.MappingNode):
        document.complain(1, "no briefing in it: write client: NAME and what follows")
        return document
    try:
        document.value = _Values(document).mapping(root, (), 0)
    except ComputebookError as wrong:
        document.complain(1, str(wrong))
    return document


def _tag(token: yaml.TagToken) -> str:
    handle, suffix = token.value
    return f"{handle or ''}{suffix}"


def _text(path: Path) -> str:
    if not path.is_file():
        raise ComputebookError(f"briefing {path} does not exist")
    if path.stat().st_size > MAX_BYTES:
        size = path.stat().st_size / 1e3
        raise ComputebookError(f"{path.name}:1: {size:.0f} kB is too large: allowed 250 kB")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = path.read_bytes()[: wrong.start].count(b"\n") + 1
        raise ComputebookError(f"{path.name}:{line}: not UTF-8; save the file as UTF-8") from wrong
    except OSError as wrong:
        raise ComputebookError(f"{path.name}:1: cannot be read: {wrong.strerror}") from wrong


def _syntax(wrong: yaml.YAMLError) -> tuple[int, str]:
    mark = getattr(wrong, "problem_mark", None) or getattr(wrong, "context_mark", None)
    problem = str(getattr(wrong, "problem", None) or getattr(wrong, "reason", None) or wrong)
    if "'\\t'" in problem:
        problem = "a tab indents it: indent with spaces"
    if "expected a single document" in str(wrong):
        problem = "a second document begins here: one file is one briefing"
    line = mark.line + 1 if mark else 1
    return line, f"not YAML: {problem.splitlines()[0]}"


class _Values:
    """Turn the nodes of a file into values, counting them."""

    def __init__(self, document: Document) -> None:
        self.document, self.count = document, 0

    def mapping(self, node: yaml.MappingNode, place: Place, depth: int) -> dict[str, Any]:
        """Return a mapping with text for keys, each once."""
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = self._key(key)
            line = key.start_mark.line + 1
            if name in found:
                first = self.document.line((*place, name))
                self.document.complain(
                    line, f"{_name((*place, name))} stands twice, first in line {first}"
                )
            elif name is not None:
                self.document.lines[(*place, name)] = line
                found[name] = self.value(value, (*place, name), depth + 1)
        return found

    def _key(self, node: yaml.Node) -> str | None:
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self.document.complain(node.start_mark.line + 1, "a key is a list or a mapping: write text")
        return None

    def value(self, node: yaml.Node, place: Place, depth: int) -> Any:
        """Return the value of any node; None where it was refused."""
        self.count += 1
        if self.count > MAX_VALUES or depth > MAX_DEPTH:
            raise ComputebookError(
                f"too much in it: allowed {MAX_VALUES:,} values, {MAX_DEPTH} levels deep, "
                f"those repeated by aliases counted"
            )
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, place, depth)
        if isinstance(node, yaml.SequenceNode):
            return list(self._entries(node, place, depth))
        return self._scalar(node, place)

    def _entries(self, node: yaml.SequenceNode, place: Place, depth: int) -> Iterator[Any]:
        for index, entry in enumerate(node.value):
            self.document.lines[(*place, index)] = entry.start_mark.line + 1
            yield self.value(entry, (*place, index), depth + 1)

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        text = str(node.value)
        line = node.start_mark.line + 1
        if getattr(node, "style", None) is not None:  # quoted, or a block of text
            return text
        for pattern, advice in _ODD:
            if pattern.fullmatch(text):
                self.document.complain(line, f"{_name(place)} = {text}: {advice}")
                return None
        return plain_value(text)


def _name(place: Place) -> str:
    return ".".join(map(str, place))


def plain_value(text: str) -> Any:
    """Return what an unquoted word means: nothing, truth, number or text.

    Parameters
    ----------
    text : str
        As it stands in the file. `1e6` is a number; `yes` and `2026-01-15` are text.

    Examples
    --------
    >>> plain_value("1e6"), plain_value("12"), plain_value("yes"), plain_value("true")
    (1000000.0, 12, 'yes', True)
    """
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text) and len(text) <= 300:
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
