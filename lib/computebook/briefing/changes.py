"""What changed between two reports: parameters, headline numbers, sentences, tables, figures.

Headline numbers are those of the takeaways. Two takeaways of the same wording with other numbers
moved; other wording is a changed sentence. Nothing is said of a cause that is not known: see
`causes`.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pandas as pd

from computebook import errors
from computebook.book.contents import ChapterRecord, FigureRecord, TableRecord, Takeaway
from computebook.book.data_files import axis_titles
from computebook.briefing.moves import Move, aligned, cell_moves, moved_numbers, wording

__all__ = [
    "TOLERANCE",
    "Changes",
    "ExhibitChange",
    "HeadlineChange",
    "Knowledge",
    "ParameterChange",
    "SentenceChange",
    "attributed",
    "causes",
    "compare",
]

#: Relative change up to which a number stands still, unless another is given.
TOLERANCE: Final = 0.005
_ALIKE: Final = 0.5


@dataclass(frozen=True)
class ParameterChange:
    """A parameter that differs; `unit` is empty where none is declared."""

    chapter: str
    name: str
    unit: str
    old: Any
    new: Any


@dataclass(frozen=True)
class HeadlineChange:
    """A takeaway of the same wording whose numbers moved, and what may have moved them."""

    chapter: str
    old: str
    new: str
    moves: tuple[Move, ...]
    proofs: tuple[str, ...] = ()
    causes: str = ""

    @property
    def largest(self) -> float:
        """Largest relative change of its numbers."""
        return max((abs(move.relative) for move in self.moves), default=0.0)


@dataclass(frozen=True)
class SentenceChange:
    """A takeaway whose wording differs; `old` or `new` is empty for one that only one side has."""

    chapter: str
    old: str
    new: str
    proofs: tuple[str, ...] = ()
    causes: str = ""


@dataclass(frozen=True)
class ExhibitChange:
    """A table or figure whose data differ.

    Parameters
    ----------
    chapter, name, kind : str
        Where it stands; kind is `table` or `figure`.
    cells, moved : int
        Cells that both have, and how many of them differ.
    rows_added, rows_removed : int
        Rows that only one side has.
    largest : Move or None
        The number with the largest relative change.
    """

    chapter: str
    name: str
    kind: str
    cells: int
    moved: int
    rows_added: int = 0
    rows_removed: int = 0
    largest: Move | None = None


@dataclass(frozen=True)
class Changes:
    """Everything that differs between two reports.

    Parameters
    ----------
    tolerance : float
        Relative change up to which a number stands still.
    chapters : tuple of str
        Chapters compared.
    parameters, headlines, sentences, exhibits : tuple
        What differs, in the order of the book; headlines by chapter, largest move first.
    takeaways : int
        Takeaways compared.
    """

    tolerance: float = TOLERANCE
    chapters: tuple[str, ...] = ()
    parameters: tuple[ParameterChange, ...] = ()
    headlines: tuple[HeadlineChange, ...] = ()
    sentences: tuple[SentenceChange, ...] = ()
    exhibits: tuple[ExhibitChange, ...] = ()
    takeaways: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.parameters or self.headlines or self.sentences or self.exhibits)


@dataclass(frozen=True)
class Knowledge:
    """What is known of causes.

    Parameters
    ----------
    moves : mapping
        By chapter and parameter: names of the tables and figures that it was seen to move.
    data : collection of str
        Tables of data that differ.
    """

    moves: Mapping[tuple[str, str], Collection[str]] = field(default_factory=dict)
    data: Collection[str] = ()


def compare(
    old: Mapping[str, ChapterRecord],
    new: Mapping[str, ChapterRecord],
    tolerance: float = TOLERANCE,
    known: Knowledge | None = None,
) -> Changes:
    """Compare two reports chapter by chapter.

    Parameters
    ----------
    old, new : mapping of str to ChapterRecord
        As `contents.read_report` returns them; chapters that only one has are left out.
    tolerance : float
        Relative change up to which a number stands still, 0 to 1.
    known : Knowledge, optional
        What parameters were seen to move, and which data differ; the traces that come with the
        package and no data otherwise.

    Returns
    -------
    Changes
        Empty for equal reports.

    Raises
    ------
    ComputebookError
        If the tolerance is out of bounds, or the reports share no chapter.
    """
    errors.require_finite_in("tolerance", tolerance, "", 0, 1)
    names = [name for name in new if name in old]
    if not names:
        raise errors.ComputebookError(
            f"nothing to compare: {', '.join(old) or 'no chapter'} and "
            f"{', '.join(new) or 'no chapter'} have no chapter in common"
        )
    knowledge = known or Knowledge(traced())
    pairs = [(old[name], new[name]) for name in names]
    parameters = tuple(p for a, b in pairs for p in _parameters(a, b))
    headlines: list[HeadlineChange] = []
    sentences: list[SentenceChange] = []
    for before, after in pairs:
        said = _takeaways(before, after, tolerance, parameters, knowledge)
        moved = [change for change in said if isinstance(change, HeadlineChange)]
        headlines += sorted(moved, key=lambda change: -change.largest)
        sentences += [change for change in said if isinstance(change, SentenceChange)]
    return Changes(
        tolerance=tolerance,
        chapters=tuple(names),
        parameters=parameters,
        headlines=tuple(headlines),
        sentences=tuple(sentences),
        exhibits=tuple(e for a, b in pairs for e in _exhibits(a, b, tolerance)),
        takeaways=sum(len(after.takeaways) for _, after in pairs),
    )


def traced() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return which tables and figures each parameter was seen to move."""
    from computebook.book.traces import FILE, read_traces

    if not FILE.is_file():
        return {}
    return {key: (*found.tables, *found.figures) for key, found in read_traces().items()}


def _parameters(old: ChapterRecord, new: ChapterRecord) -> Iterator[ParameterChange]:
    from computebook.book.execution import declared_parameters

    units = {parameter.name: parameter.unit for parameter in declared_parameters(new.chapter)}
    for name in dict.fromkeys([*new.parameters, *old.parameters]):
        values = old.parameters.get(name), new.parameters.get(name)
        if values[0] != values[1]:
            yield ParameterChange(new.chapter, name, units.get(name, ""), *values)


def _takeaways(
    old: ChapterRecord,
    new: ChapterRecord,
    tolerance: float,
    parameters: Sequence[ParameterChange],
    known: Knowledge,
) -> list[HeadlineChange | SentenceChange]:
    changes: list[HeadlineChange | SentenceChange] = []
    for before, after in _paired(old.takeaways, new.takeaways):
        told = after or before
        proofs = told.proofs if told else ()
        why = causes(new.chapter, proofs, parameters, known)
        texts = (before.text if before else "", after.text if after else "")
        (words, olds), (others, news) = map(wording, texts)
        if words != others:
            changes.append(SentenceChange(new.chapter, *texts, proofs, why))
        elif moves := moved_numbers(olds, news, tolerance):
            changes.append(HeadlineChange(new.chapter, *texts, moves, proofs, why))
    return changes


def _paired(
    old: Sequence[Takeaway], new: Sequence[Takeaway]
) -> Iterator[tuple[Takeaway | None, Takeaway | None]]:
    """Yield takeaways that say the same: of equal wording first, then the most alike."""
    left = list(old)
    partners: dict[int, Takeaway] = {}
    for position, takeaway in enumerate(new):
        same = [o for o in left if wording(o.text)[0] == wording(takeaway.text)[0]]
        if same:
            partners[position] = same[0]
            left.remove(same[0])
    for position, takeaway in enumerate(new):
        if position not in partners and left:
            best = max(left, key=lambda o: _likeness(o, takeaway))
            if _likeness(best, takeaway) >= _ALIKE:
                partners[position] = best
                left.remove(best)
    yield from ((partners.get(position), takeaway) for position, takeaway in enumerate(new))
    yield from ((takeaway, None) for takeaway in left)


def _likeness(old: Takeaway, new: Takeaway) -> float:
    words = difflib.SequenceMatcher(None, wording(old.text)[0], wording(new.text)[0]).ratio()
    return words + (0.3 if set(old.proofs) & set(new.proofs) else 0.0)


def _exhibits(old: ChapterRecord, new: ChapterRecord, tolerance: float) -> Iterator[ExhibitChange]:
    for kind, before, after in (
        ("table", old.tables, new.tables),
        ("figure", old.figures, new.figures),
    ):
        for name in (name for name in after if name in before):
            found = _exhibit(kind, new.chapter, before[name], after[name], tolerance)
            if found.moved or found.rows_added or found.rows_removed:
                yield found


def _exhibit(
    kind: str,
    chapter: str,
    old: TableRecord | FigureRecord,
    new: TableRecord | FigureRecord,
    tolerance: float,
) -> ExhibitChange:
    rows = [aligned(_keyed(record)) for record in (old, new)]
    shared = [key for key in rows[0] if key in rows[1]]
    cells = sum(len(rows[0][key].keys() & rows[1][key].keys()) for key in shared)
    moved, moves = cell_moves(rows[0], rows[1], tolerance)
    return ExhibitChange(
        chapter,
        new.name,
        kind,
        cells,
        moved,
        rows_added=len(rows[1]) - len(shared),
        rows_removed=len(rows[0]) - len(shared),
        largest=_named(moves[0], new) if moves else None,
    )


def _named(move: Move, record: TableRecord | FigureRecord) -> Move:
    """Return a move with the heading of its column, for a figure with the title of its axis."""
    label, _, key = move.where.rpartition(", ")
    if isinstance(record, FigureRecord):
        return replace(move, where=axis_titles(record.spec).get(key, key))
    headings = {column.key: column.heading for column in record.columns}
    return replace(move, where=f"{label}, {headings.get(key, key)}")


def _keyed(record: TableRecord | FigureRecord) -> pd.DataFrame:
    """Return the rows with columns by key, without the places of a chart's labels.

    A heading may state a parameter, such as a number of tokens; the key does not.
    """
    if isinstance(record, FigureRecord):
        places = [name for name in record.frame if str(name).startswith("label_")]
        return record.frame.drop(columns=places)
    frame = record.frame.copy()
    frame.columns = [column.key for column in record.columns]
    return frame


def attributed(changes: Changes, known: Knowledge) -> Changes:
    """Return changes with the causes that follow from what is known.

    Parameters
    ----------
    changes : Changes
        Of two reports.
    known : Knowledge
        What parameters were seen to move, and data that differ.
    """

    def why(change: HeadlineChange | SentenceChange) -> str:
        return causes(change.chapter, change.proofs, changes.parameters, known)

    return replace(
        changes,
        headlines=tuple(replace(change, causes=why(change)) for change in changes.headlines),
        sentences=tuple(replace(change, causes=why(change)) for change in changes.sentences),
    )


def causes(
    chapter: str,
    proofs: Collection[str],
    parameters: Sequence[ParameterChange],
    known: Knowledge,
) -> str:
    """Return what is known of the cause of a change in a chapter.

    Parameters
    ----------
    chapter : str
        Its chapter.
    proofs : collection of str
        Names of the tables and figures behind it.
    parameters : sequence of ParameterChange
        Parameters that differ.
    known : Knowledge
        What they were seen to move, and data that differ.

    Returns
    -------
    str
        A sentence. A chapter depends on its own parameters, on data and on the library alone.

    Examples
    --------
    >>> users = ParameterChange("gpu_sizing", "users", "users", 8, 16)
    >>> causes("gpu_sizing", ["tab-fleet"], [users], Knowledge())
    'users, the only parameter of the chapter that differs'
    """
    own = [change.name for change in parameters if change.chapter == chapter]
    data = f"data: {', '.join(sorted(known.data))}" if known.data else ""
    if not own:
        return data or "no parameter of the chapter differs: data or library"
    if len(own) == 1 and not data:
        return f"{own[0]}, the only parameter of the chapter that differs"
    seen = [n for n in own if set(known.moves.get((chapter, n), ())) & set(proofs)]
    unknown = [n for n in own if (chapter, n) not in known.moves]
    which = "each of which moves" if len(seen) > 1 else "which moves"
    parts = [f"{', '.join(seen)}, {which} it when changed alone" if seen else ""]
    parts += [f"perhaps {', '.join(unknown)}, not traced" if unknown else ""]
    parts += [f"perhaps {data}" if data else ""]
    return "; ".join(part for part in parts if part) or "not separated"
