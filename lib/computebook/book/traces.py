"""Find which tables, figures and takeaways a parameter moves, by moving it.

The code cells of a chapter are run in this process with the published parameters, then again
with each parameter changed alone. What comes out with other numbers is what the parameter moves:
nobody has to write it down, and nothing is claimed that was not seen. The result is kept beside
this module, since it takes minutes; `computebook params --trace` makes it anew.
"""

from __future__ import annotations

import ast
import csv
import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from computebook import datasets
from computebook.book import notebooks
from computebook.book.contents import chart_data, takeaways_in
from computebook.charts.figure import VEGALITE_MIME
from computebook.errors import ComputebookError
from computebook.parameters import Parameter
from computebook.tables.raw import TABLE_MIME

__all__ = ["FILE", "Trace", "candidates", "read_traces", "shown", "trace", "write_traces"]

FILE: Final = Path(__file__).with_name("moved_outputs.tsv")
#: Values tried of a parameter that moves something; of one that does not, all candidates.
MOST_TRIED: Final = 2
_KINDS: Final = ("tables", "figures", "takeaways")
_MONTH: Final = re.compile(r"\d{4}-\d{2}")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHIFTS: Final = (300, -60, 60)
_LAST: Final = "_shown_last"

Outputs = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Trace:
    """What one parameter moves.

    Parameters
    ----------
    chapter, parameter : str
        Whose parameter it is.
    tried : tuple
        Values that were compared with the default.
    tables, figures : tuple of str
        Names of what changed its numbers for any of them.
    takeaways : tuple of str
        Numbers of the takeaways that changed, from 1.
    """

    chapter: str
    parameter: str
    tried: tuple[Any, ...]
    tables: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    takeaways: tuple[str, ...] = ()

    @property
    def moves_something(self) -> bool:
        """Whether any output changed its numbers."""
        return bool(self.tables or self.figures or self.takeaways)

    @property
    def words(self) -> str:
        """What it moves, for the reader."""
        parts = [*self.tables, *self.figures]
        if self.takeaways:
            parts.append(f"takeaways {', '.join(self.takeaways)}")
        return ", ".join(parts) or "no table, figure or takeaway"


def candidates(parameter: Parameter) -> list[Any]:
    """Return other values of a parameter to try, within its bounds.

    Parameters
    ----------
    parameter : Parameter
        Its declaration.

    Returns
    -------
    list
        Numbers below and above the default, other choices, shorter and longer lists.

    Examples
    --------
    >>> candidates(Parameter("users", "int", "users", 64, 1, 100))
    [100, 32, 77, 1]
    >>> candidates(Parameter("engine", "str", "", "vllm", choices=("vllm", "sglang")))
    ['sglang']
    """
    others: dict[str, Callable[[Parameter], list[Any]]] = {
        "bool": lambda declared: [not declared.default],
        "str": _other_words,
        "list": _other_lists,
    }
    found = others.get(parameter.kind, _other_numbers)(parameter)
    accepted: list[Any] = []
    for value in found:
        try:
            checked = parameter.check(value)
        except ComputebookError:
            continue
        if checked != parameter.default and checked not in accepted:
            accepted.append(checked)
    return accepted


def _other_numbers(parameter: Parameter) -> list[Any]:
    if parameter.default == 0 and parameter.high is not None:
        return [parameter.high * share for share in (0.5, 0.1, 0.01)]
    near = [_scaled(parameter, parameter.default, factor) for factor in (2.0, 0.5, 1.2)]
    # Far ones are tried where near ones move nothing: a price that steps at a long context.
    return near + [bound for bound in (parameter.high, parameter.low) if bound is not None]


def _scaled(parameter: Parameter, value: Any, factor: float) -> Any:
    """Return a number times a factor, within its bounds."""
    low = -1e300 if parameter.low is None else parameter.low
    high = 1e300 if parameter.high is None else parameter.high
    bounded = min(max(value * factor, low), high)
    return round(bounded) if isinstance(value, int) else float(bounded)


def _other_words(parameter: Parameter) -> list[Any]:
    default = str(parameter.default)
    if parameter.choices:
        return list(parameter.choices)
    if _DAY.fullmatch(default):
        return [_shifted(default, days) for days in _SHIFTS]
    if _MONTH.fullmatch(default):
        return [_shifted(f"{default}-01", days)[:7] for days in _SHIFTS]
    return [str(name) for name in datasets.load("api_prices")["model_id"].unique()]


def _shifted(day: str, days: int) -> str:
    return (dt.date.fromisoformat(day) + dt.timedelta(days)).isoformat()


def _other_lists(parameter: Parameter) -> list[Any]:
    values = list(parameter.default)
    first = values[0]
    if isinstance(first, int | float) and not isinstance(first, bool):
        return [[_scaled(parameter, v, f) for v in values] for f in (1.3, 0.8)]
    if isinstance(first, str) and _DAY.fullmatch(first):
        return [[_shifted(day, -60) for day in values], values[1:]]
    others = [choice for choice in parameter.choices if choice not in values]
    return [values[1:], values[:-1], [*values[:-1], *others[:1]], values[::-1]]


def shown(cells: Sequence[str], values: Mapping[str, Any]) -> Outputs:
    """Return what the code of a chapter shows, by kind and name.

    Parameters
    ----------
    cells : sequence of str
        Code of the cells, that of the parameters included.
    values : mapping
        Parameters that override those of the cells.

    Returns
    -------
    dict
        By (kind, name): the numbers as text. Captions do not count, takeaways do.
    """
    scope: dict[str, Any] = {"__name__": "__chapter__"}
    found: Outputs = {}
    for source in cells:
        last = _run(source, scope, values)
        if hasattr(last, "_repr_mimebundle_"):
            found |= dict(_fingerprints(last._repr_mimebundle_()))
    return found


def _run(source: str, scope: dict[str, Any], values: Mapping[str, Any]) -> Any:
    """Run a cell and return what its last line shows, as a notebook would."""
    tree = ast.parse(source)
    scope[_LAST] = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        target = ast.Name(_LAST, ast.Store())
        tree.body[-1] = ast.Assign([target], tree.body[-1].value)
    code = compile(ast.fix_missing_locations(tree), "<cell>", "exec")
    exec(code, scope)  # noqa: S102 - the report's own chapters, as their kernel runs them
    scope.update({name: value for name, value in values.items() if name in scope})
    return scope[_LAST]


def _fingerprints(bundle: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    if TABLE_MIME in bundle:
        raw = bundle[TABLE_MIME]
        yield ("tables", raw["name"]), json.dumps(raw["rows"])
    elif VEGALITE_MIME in bundle:
        spec = bundle[VEGALITE_MIME]
        name = spec["usermeta"]["computebook"]["name"]
        yield ("figures", name), chart_data(spec).to_json(orient="values")
    else:
        text = bundle.get("text/markdown", "")
        for number, takeaway in enumerate(takeaways_in(text), 1):
            yield ("takeaways", str(number)), takeaway.text


def trace(
    path: Path,
    parameters: Sequence[Parameter],
    on_done: Callable[[str], None] = lambda name: None,
) -> Iterator[Trace]:
    """Yield what each parameter of a chapter moves.

    Parameters
    ----------
    path : Path
        The notebook.
    parameters : sequence of Parameter
        Those to move; one at a time, the others stay at their defaults.
    on_done : function, optional
        Called with the name of each when it is done.

    Raises
    ------
    ComputebookError
        If a parameter accepts no other value with which the chapter runs.
    """
    cells = [cell["source"] for _, cell in notebooks.code_cells(notebooks.read(path))]
    published = shown(cells, {})
    for parameter in parameters:
        yield _traced(path.stem, parameter, cells, published)
        on_done(parameter.name)


def _traced(chapter: str, parameter: Parameter, cells: Sequence[str], published: Outputs) -> Trace:
    moved: set[tuple[str, str]] = set()
    tried: list[Any] = []
    last: Exception | None = None
    for value in candidates(parameter):
        try:
            now = shown(cells, {parameter.name: value})
        except Exception as refused:
            # A chapter may refuse a value that its declaration allows: a month without readings.
            last = refused
            continue
        tried.append(value)
        moved |= {key for key in published.keys() | now if published.get(key) != now.get(key)}
        if moved and len(tried) >= MOST_TRIED:
            break
    if not tried:
        raise ComputebookError(f"{chapter}.{parameter.name}: no other value runs: {last}")
    names = {kind: _ordered(name for k, name in moved if k == kind) for kind in _KINDS}
    return Trace(chapter, parameter.name, tuple(tried), **names)


def _ordered(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (len(name), name) if name.isdigit() else (0, name)))


def read_traces(path: Path | None = None) -> dict[tuple[str, str], Trace]:
    """Return the kept traces by chapter and parameter; empty where there is no file.

    Examples
    --------
    >>> "tab-gpu-decision" in read_traces()["gpu_sizing", "weight_precision"].tables
    True
    """
    file = path or FILE
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {(row["chapter"], row["parameter"]): _from_row(row) for row in rows}


def _from_row(row: Mapping[str, str]) -> Trace:
    names = {kind: tuple(row[kind].split()) for kind in _KINDS}
    return Trace(row["chapter"], row["parameter"], tuple(json.loads(row["tried"])), **names)


def write_traces(traces: Sequence[Trace], path: Path | None = None) -> bool:
    """Write traces as tab-separated text; return whether the file changed."""
    rows: list[tuple[str, ...]] = [("chapter", "parameter", "tried", *_KINDS)]
    for found in traces:
        names = (" ".join(getattr(found, kind)) for kind in _KINDS)
        rows.append((found.chapter, found.parameter, json.dumps(found.tried), *names))
    return notebooks.write(path or FILE, "".join("\t".join(row) + "\n" for row in rows))
