"""What changed between two published editions: numbers that moved, and why they may have."""

from __future__ import annotations

import csv
import html
import io
import json
import textwrap
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from computebook.book.data_files import plain_text

_MOST_SHOWN = 25
_LABEL_WIDTH = 90
_KINDS = {"changed": "It differs between", "new": "New in", "gone": "Last seen in"}
_SAME_FRACTION = 1e-6


@dataclass(frozen=True)
class Move:
    """One number that moved.

    Parameters
    ----------
    row, column : str
        Label of its row, and heading of its column.
    old, new : float
        Its value in the two editions.
    """

    row: str
    column: str
    old: float
    new: float

    @property
    def percent(self) -> float:
        """Change in percent of the old value; infinite from zero."""
        return (self.new / self.old - 1) * 100 if self.old else float("inf")


@dataclass(frozen=True)
class ExhibitChange:
    """What changed in one exhibit.

    Parameters
    ----------
    name, number, title, page : str
        Id, number, caption and page in the newer edition (in the older for one that is gone).
    kind : str
        `changed`, `new` or `gone`.
    moves : tuple of Move
        Numbers that moved, the largest change first.
    rows_added, rows_removed : int
        Rows that only one of the editions has.
    reasons : tuple of str
        Inputs of the exhibit that changed.
    former : str
        Where the older edition shows it, for one that changed: it may have had another id or page.
    """

    name: str
    number: str
    title: str
    page: str
    kind: str
    moves: tuple[Move, ...] = ()
    rows_added: int = 0
    rows_removed: int = 0
    reasons: tuple[str, ...] = ()
    former: str = ""


@dataclass(frozen=True)
class Changes:
    """What changed between two editions.

    Parameters
    ----------
    old, new : str
        The editions.
    inputs : tuple of str
        Inputs of the report that changed, in words.
    exhibits : tuple of ExhibitChange
        In the order of the newer edition.
    findings : tuple of str
        Sentences of the newer edition's takeaways that the older one did not have.
    """

    old: str
    new: str
    inputs: tuple[str, ...]
    exhibits: tuple[ExhibitChange, ...]
    findings: tuple[str, ...]


def compare(old: Path, new: Path) -> Changes:
    """Compare two published editions.

    Parameters
    ----------
    old, new : pathlib.Path
        Their folders.

    Returns
    -------
    Changes
        From their manifests, data packages and the CSV files of their exhibits.
    """
    before, after = (_manifest(folder) for folder in (old, new))
    targets = after.get("redirects", {})
    shown = [
        {names.get(item["name"], item["name"]): item for item in told["exhibits"]}
        for told, names in ((before, targets), (after, {}))
    ]
    data = changed_sources(old, new)
    found = [
        _exhibit(name, shown[0].get(name), shown[1].get(name), (old, new), (before, after), data)
        for name in [*shown[1], *(name for name in shown[0] if name not in shown[1])]
    ]
    said = {text for texts in before["takeaways"].values() for text in texts}
    findings = [t for texts in after["takeaways"].values() for t in texts if t not in said]
    exhibits = tuple(change for change in found if change is not None)
    inputs = tuple(_inputs(before, after, data))
    return Changes(before["edition"], after["edition"], inputs, exhibits, tuple(findings))


def _manifest(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return content


def _exhibit(
    name: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    folders: tuple[Path, Path],
    manifests: tuple[Mapping[str, Any], Mapping[str, Any]],
    data: Mapping[str, set[str]],
) -> ExhibitChange | None:
    told = after or before or {}
    about = (told["name"], told["number"], told["title"], told["page"])
    if before is None or after is None:
        return ExhibitChange(*about, "new" if before is None else "gone")
    if before["sha256"] == after["sha256"]:
        return None
    rows = [
        _rows(folder / "exhibits" / f"{side['name']}.csv")
        for folder, side in zip(folders, (before, after), strict=True)
    ]
    pairs = aligned(*rows)
    moves = sorted(moved(pairs), key=lambda move: -abs(move.percent))
    return ExhibitChange(
        *about,
        "changed",
        tuple(moves),
        len(rows[1]) - len(pairs),
        len(rows[0]) - len(pairs),
        tuple(_reasons(after, manifests, data)),
        f"{before['page']}.html#{before['name']}",
    )


Row = dict[str, str]


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [{name: value or "" for name, value in row.items()} for row in csv.DictReader(lines)]


def _words(row: Row) -> tuple[str, ...]:
    """Return the cells of a row that are no numbers; its first cell where all are."""
    words = tuple(value for value in row.values() if value and _number(value) is None)
    return words or tuple(row.values())[:1]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def aligned(old: Sequence[Row], new: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Return the rows that two versions of a table both have, as pairs.

    Parameters
    ----------
    old, new : sequence of dict
        Rows by heading.

    Returns
    -------
    list of tuple
        Rows whose words are all equal, in order of occurrence; of the rest those that begin with
        the same word.

    Examples
    --------
    >>> aligned([{"a": "x", "b": "1"}], [{"a": "y", "b": "1"}, {"a": "x", "b": "2"}])
    [({'a': 'x', 'b': '1'}, {'a': 'x', 'b': '2'})]
    """
    waiting, left, pairs = list(old), list(new), []
    for length in (None, 1):
        places: dict[tuple[str, ...], list[Row]] = {}
        for row in waiting:
            places.setdefault(_words(row)[:length], []).append(row)
        unmatched = []
        for row in left:
            same = places.get(_words(row)[:length])
            if same:
                pairs.append((same.pop(0), row))
            else:
                unmatched.append(row)
        waiting, left = [row for rows in places.values() for row in rows], unmatched
    return pairs


def moved(pairs: Iterable[tuple[Row, Row]]) -> Iterator[Move]:
    """Yield the numbers that two versions of a table both have and that differ.

    Parameters
    ----------
    pairs : iterable of tuple
        Rows of the older and of the newer version, as `aligned` pairs them.

    Yields
    ------
    Move
        One per cell that moved by more than a millionth.

    Examples
    --------
    >>> list(moved([({"a": "x", "b": "1"}, {"a": "x", "b": "2"})]))
    [Move(row='x', column='b', old=1.0, new=2.0)]
    """
    known = list(pairs)
    counts = Counter(_words(new)[0] for _, new in known)
    for old, new in known:
        words = _words(new)
        label = words[0] if counts[words[0]] == 1 else " · ".join(words)
        for column in (name for name in old if name in new):
            before, after = _number(old[column]), _number(new[column])
            if before is None or after is None:
                continue
            if abs(after - before) > _SAME_FRACTION * max(abs(before), abs(after)):
                short = textwrap.shorten(label, _LABEL_WIDTH, placeholder=" …")
                yield Move(short, column, before, after)


def changed_sources(old: Path, new: Path) -> dict[str, set[str]]:
    """Return the sources of the data rows that only one of two editions has.

    Parameters
    ----------
    old, new : pathlib.Path
        Folders of the editions, with their data packages.

    Returns
    -------
    dict of str to set of str
        Keys of the bibliography by file of the data package; only files that differ.
    """
    tables = [_tables(folder) for folder in (old, new)]
    changed = {}
    for name in sorted(tables[0].keys() | tables[1].keys()):
        before, after = (tables[side].get(name, "") for side in (0, 1))
        if before != after:
            changed[name] = _sources(before, after) | _sources(after, before)
    return changed


def _tables(folder: Path) -> dict[str, str]:
    package = next((folder / "downloads").glob("computebook-data-*.zip"))
    with zipfile.ZipFile(package) as members:
        names = [name for name in members.namelist() if name.endswith(".csv")]
        return {n.partition("/")[2]: members.read(n).decode("utf-8") for n in names}


def _sources(text: str, other: str) -> set[str]:
    """Return the sources of the rows of a table that another version of it lacks."""
    known = {tuple(row.values()) for row in csv.DictReader(io.StringIO(other))}
    rows = [row for row in csv.DictReader(io.StringIO(text)) if tuple(row.values()) not in known]
    return {row.get("source_key") or "" for row in rows} - {""}


def _inputs(
    before: Mapping[str, Any], after: Mapping[str, Any], data: Mapping[str, set[str]]
) -> Iterator[str]:
    yield from (f"data table {name.removesuffix('.csv')}" for name in data)
    olds, news = before["inputs"], after["inputs"]
    code = [n for n in olds["code"] | news["code"] if olds["code"].get(n) != news["code"].get(n)]
    if code:
        yield f"library: {len(code)} file{'s' * (len(code) > 1)}"
    for name, version in after["packages"].items():
        if before["packages"].get(name) != version:
            yield f"package {name}: {before['packages'].get(name, 'none')} to {version}"
    for chapter in after["parameters"]:
        yield from _parameters(chapter, before, after)


def _parameters(chapter: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    olds = before["parameters"].get(chapter, {})
    for name, value in after["parameters"].get(chapter, {}).items():
        if name in olds and olds[name] != value:
            yield f"parameter {name} of {chapter}: {olds[name]} to {value}"


def _reasons(
    exhibit: Mapping[str, Any],
    manifests: tuple[Mapping[str, Any], Mapping[str, Any]],
    data: Mapping[str, set[str]],
) -> Iterator[str]:
    """Yield the changed inputs that bear on one exhibit."""
    before, after = manifests
    for name, keys in data.items():
        table = name.removesuffix(".csv")
        if keys & set(exhibit["sources"]):
            yield f"rows of {table} from its sources"
        elif table in exhibit.get("tables", ()):
            yield f"rows of {table}"
    yield from _parameters(exhibit["chapter"], before, after)
    path = (exhibit["maker"] or {}).get("path", "")
    codes = [told["inputs"]["code"].get(path) for told in manifests]
    if path and codes[0] != codes[1]:
        yield f"code of {path}"


def changes_html(changes: Changes) -> str:
    """Return what changed as HTML.

    Parameters
    ----------
    changes : Changes
        Of two editions.

    Returns
    -------
    str
        The body of a page that stands beside the folder of all editions.
    """
    inputs = "".join(f"<li>{html.escape(text)}</li>" for text in changes.inputs)
    found = "".join(f"<li>{html.escape(plain_text(text))}</li>" for text in changes.findings)
    parts = [
        '<p><a href="index.html">All editions</a></p>\n',
        f"<h2>Inputs that changed</h2>\n<ul>{inputs}</ul>\n" if inputs else "",
        f"<h2>Findings with other words or numbers</h2>\n<ul>{found}</ul>\n" if found else "",
        "<h2>Figures and tables</h2>\n",
        *(_exhibit_html(changes, change) for change in changes.exhibits),
        "" if changes.exhibits else "<p>None changed.</p>\n",
    ]
    return "".join(parts)


def _exhibit_html(changes: Changes, change: ExhibitChange) -> str:
    here = f"{change.page}.html#{change.name}"
    places = {"new": {changes.new: here}, "gone": {changes.old: here}}
    both = {changes.old: change.former or here, changes.new: here}
    links = [
        f'<a href="editions/{edition}/{place}">{edition}</a>'
        for edition, place in places.get(change.kind, both).items()
    ]
    said = [f"{_KINDS[change.kind]} {' and '.join(links)}."]
    if change.rows_added or change.rows_removed:
        said.append(f"Rows added: {change.rows_added}, removed: {change.rows_removed}.")
    if change.reasons:
        said.append(f"Bears on it: {html.escape('; '.join(change.reasons))}.")
    title = f"{change.number}: {html.escape(change.title)}"
    return f'<h3 id="{change.name}">{title}</h3>\n<p>{" ".join(said)}</p>\n{_moves(change)}'


def _moves(change: ExhibitChange) -> str:
    if not change.moves:
        return ""
    rows = "".join(
        f"<tr><td>{html.escape(m.row)}</td><td>{html.escape(m.column)}</td>"
        f"<td>{m.old:,.6g}</td><td>{m.new:,.6g}</td><td>{m.percent:+,.3g}%</td></tr>"
        for m in change.moves[:_MOST_SHOWN]
    )
    heads = "".join(f"<th>{h}</th>" for h in ("Row", "Column", "Was", "Is", "Change"))
    caption = f"Numbers that moved: {len(change.moves)}"
    caption += f", the {_MOST_SHOWN} largest" if len(change.moves) > _MOST_SHOWN else ""
    table = f"<table><caption>{caption}</caption><thead><tr>{heads}</tr></thead>"
    name = f"Numbers of {change.number} that moved"
    opened = f'<div class="wide" role="region" aria-label="{name}" tabindex="0">'
    return f"{opened}{table}<tbody>{rows}</tbody></table></div>\n"
