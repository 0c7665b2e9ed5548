"""Read briefings from YAML files; every fault of every file stands in one error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from computebook import errors
from computebook.briefing import client_data, client_usage, places
from computebook.briefing.document import Document, Fault, Place, read_document
from computebook.briefing.request import CHAPTERS, Briefing, ClientData
from computebook.briefing.schema import (
    NOT_REPLACEABLE,
    briefing_file,
    parameters_of,
    table_names,
)
from computebook.errors import ComputebookError

__all__ = ["load", "load_all"]

_SHAPES: Final = {
    "list_type": "a list is needed: write [one, two] or a line with - for each",
    "dict_type": "names with values are needed",
    "model_type": "names with values are needed, indented below it",
    "string_type": "text is needed: put it in quotes",
}


def load(path: Path) -> Briefing:
    r"""Return the briefing that a YAML file asks for, checked as a whole.

    Numbers may be written as `1e6`; `yes` and dates are text; repeated keys are refused. Files
    are named relative to the folder of the YAML and must lie in it. The rows of the client's
    tables and the lines of its usage exports are checked too.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Briefing
        Only what was given in `parameters`, each in its declared type.

    Raises
    ------
    ComputebookError
        With every fault, a line each: file, line, field, value, unit, what is allowed.

    Examples
    --------
    >>> import tempfile
    >>> text = ("client: Example Bank\ntitle: Costs\ndate: 2026-11-23\nedition: '2026.1'\n"
    ...         "parameters:\n  gpu_sizing: {users: 1e3}\n")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "bank.yaml"
    ...     _ = path.write_text(text)
    ...     briefing = load(path)
    >>> briefing.slug, briefing.parameters
    ('example-bank', {'gpu_sizing': {'users': 1000}})
    """
    briefing, faults = _read(Path(path))
    _raise(faults)
    if briefing is None:
        raise ComputebookError(f"{Path(path).name}:1: no briefing in it")
    return briefing


def load_all(paths: Iterable[Path]) -> list[Briefing]:
    """Return several briefings, each of a client of its own.

    Parameters
    ----------
    paths : iterable of Path
        The files.

    Returns
    -------
    list of Briefing
        In the order given.

    Raises
    ------
    ComputebookError
        With every fault of every file; also where two would be written into one folder.
    """
    briefings: list[Briefing] = []
    faults: list[Fault] = []
    for path in paths:
        briefing, found = _read(Path(path))
        faults += found
        briefings += [briefing] if briefing else []
    _raise(faults + list(_same_folder(briefings)))
    return briefings


def _raise(faults: Iterable[Fault]) -> None:
    lines = list(dict.fromkeys(str(fault) for fault in faults))
    if lines:
        raise ComputebookError("\n".join(lines))


def _same_folder(briefings: Iterable[Briefing]) -> Iterator[Fault]:
    seen: dict[str, Briefing] = {}
    for briefing in briefings:
        first = seen.setdefault(briefing.slug, briefing)
        if first is not briefing:
            yield Fault(
                briefing.source.name,
                1,
                f"client {briefing.client!r} and client {first.client!r} of {first.source.name} "
                f"both have the folder {briefing.slug!r}: give one of them a slug",
            )


def _read(path: Path) -> tuple[Briefing | None, list[Fault]]:
    document = read_document(path)
    try:
        given = briefing_file().model_validate(document.value)
    except ValidationError as wrong:
        # A value that the reader refused is named once, there.
        told = {fault.line for fault in document.faults}
        found = [fault for fault in _sentences(document, wrong) if fault.line not in told]
        _files(document, document.value.get("data"), found)
        return None, sorted([*document.faults, *found]) if document.value else document.faults
    briefing, found = _resolved(document, given)
    return briefing, sorted([*document.faults, *found])


def _sentences(document: Document, wrong: ValidationError) -> Iterator[Fault]:
    for error in wrong.errors(include_url=False):
        place: Place = tuple(error["loc"])
        yield document.fault(place, _sentence(place, error))


def _sentence(place: Place, error: Mapping[str, Any]) -> str:
    kind, name = str(error["type"]), ".".join(map(str, place))
    if kind == "value_error":
        return _qualified(place, str(error["ctx"]["error"]))
    if kind == "missing":
        return f"{name} is missing"
    if kind == "extra_forbidden":
        return _unknown(place)
    said = f"{name} = {error.get('input')!r}: "
    return said + _SHAPES.get(kind, str(error["msg"]))


def _qualified(place: Place, sentence: str) -> str:
    """Return a sentence on a parameter with its chapter before the name."""
    if place[0] == "parameters" and sentence.startswith(str(place[-1])):
        return f"{'.'.join(map(str, place[1:-1]))}.{sentence}"
    return sentence


def _unknown(place: Place) -> str:
    """Return the sentence on a name that has no place where it stands."""
    name, around = str(place[-1]), place[:-1]
    if around == ("parameters",):
        return str(errors.unknown_name("chapter", name, CHAPTERS))
    if around[:1] == ("parameters",):
        chapter = str(place[1])
        known = parameters_of(chapter)
        return str(errors.unknown_name(f"parameter of {chapter}", name, known)) + _elsewhere(name)
    if around == ("data", "tables"):
        if name in NOT_REPLACEABLE:
            return f"table {name!r} records our own checks: a client's rows have no place in it"
        return str(errors.unknown_name("table", name, table_names()))
    known_here = ("tables", "usage") if around == ("data",) else briefing_file().model_fields
    return str(errors.unknown_name("field", name, known_here))


def _elsewhere(name: str) -> str:
    others = [chapter for chapter in CHAPTERS if name in parameters_of(chapter)]
    return f"; it is a parameter of {' and '.join(others)}" if others else ""


def _resolved(document: Document, given: BaseModel) -> tuple[Briefing | None, list[Fault]]:
    """Return the briefing with its files found, or what is wrong with them."""
    values: dict[str, Any] = given.model_dump(exclude_unset=True)
    parameters = {c: v for c, v in (values.get("parameters") or {}).items() if v}
    faults = list(_left_out(document, values.get("chapters"), parameters))
    slug = _slug(document, values, faults)
    data = _files(document, values.get("data"), faults)
    if faults:
        return None, faults
    shown = values.get("chapters") or CHAPTERS
    briefing = Briefing(
        client=values["client"],
        title=values["title"],
        date=values["date"],
        edition=values["edition"],
        slug=slug,
        chapters=tuple(chapter for chapter in CHAPTERS if chapter in shown),
        parameters=parameters,
        data=data,
        notes=values.get("notes") or "",
        source=document.path.resolve(),
    )
    found = [*client_data.faults(briefing), *client_usage.faults(briefing)]
    return (None if found else briefing), found


def _left_out(
    document: Document, shown: list[str] | None, parameters: Mapping[str, Any]
) -> Iterator[Fault]:
    for chapter in parameters:
        if shown and chapter not in shown:
            sentence = f"parameters of {chapter} are given, but chapters leaves {chapter} out"
            yield document.fault(("parameters", chapter), sentence)


def _slug(document: Document, values: Mapping[str, Any], faults: list[Fault]) -> str:
    try:
        places.refuse_tricks(values["client"])
        return values.get("slug") or places.slug_of(values["client"])
    except ComputebookError as wrong:
        faults.append(document.fault(("client",), str(wrong)))
        return ""


def _files(document: Document, data: Any, faults: list[Fault]) -> ClientData:
    """Return the files that a briefing names, each found; what else stands there is left aside."""
    folder = document.path.resolve().parent
    named = data if isinstance(data, dict) else {}

    def found(place: Place, given: Any) -> list[Path]:
        if not isinstance(given, str):
            return []
        try:
            return [places.resolved_file(given, folder)]
        except ComputebookError as wrong:
            name = ".".join(map(str, place[1:]))
            faults.append(document.fault(place, f"{name} = {wrong}"))
            return []

    tables, usage = named.get("tables"), named.get("usage")
    by_name = tables if isinstance(tables, dict) else {}
    logs = usage if isinstance(usage, list) else []
    return ClientData(
        tables={n: p for n, g in by_name.items() for p in found(("data", "tables", n), g)},
        usage=tuple(p for i, g in enumerate(logs) for p in found(("data", "usage", i), g)),
    )
