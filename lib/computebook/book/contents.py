"""What executed chapters show, read back as data: tables, figures, takeaways, parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from computebook.book import notebooks
from computebook.book.runner import chapter_paths
from computebook.charts.figure import VEGALITE_MIME
from computebook.tables.raw import TABLE_MIME

_PARAMETER_TAGS = ("parameters", "injected-parameters")
_TITLE = re.compile(r"^#\s+(.+)$", re.MULTILINE)
_TAKEAWAYS = ":::{admonition} Takeaways"
_ITEM = re.compile(r"^- (?P<text>.*) \((?P<proofs>(?:\{\w+\}`[^`]+`(?:, )?)+)\)$", re.MULTILINE)
_ROLE = re.compile(r"\{\w+\}`([^`]+)`")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    key : str
        Name in the frame that the table was made from.
    heading : str
        Heading as printed.
    unit : str
        Unit that the heading states, empty for none.
    format : str
        Name of its format, such as `percent` (of a fraction), `cite` or `markdown`.
    """

    key: str
    heading: str
    unit: str
    format: str = ""


@dataclass(frozen=True)
class TableRecord:
    """One table of an executed chapter.

    Parameters
    ----------
    name, caption, note : str
        Label, caption and note.
    sources : tuple of str
        Keys of references.bib.
    columns : tuple of Column
        In the order shown.
    frame : pandas.DataFrame
        The values before printing, under the printed headings.
    cell : int
        Index of the cell that shows it.
    code : str
        Source of that cell.
    """

    name: str
    caption: str
    sources: tuple[str, ...]
    columns: tuple[Column, ...]
    frame: pd.DataFrame
    note: str
    cell: int
    code: str


@dataclass(frozen=True)
class FigureRecord:
    """One figure of an executed chapter.

    Parameters
    ----------
    name, caption, alt : str
        Label, caption and alternative text.
    sources : tuple of str
        Keys of references.bib.
    spec : dict
        Its Vega-Lite specification.
    frame : pandas.DataFrame
        The rows it draws; several data sets stand below each other, told apart by `dataset`.
    cell : int
        Index of the cell that shows it.
    code : str
        Source of that cell.
    """

    name: str
    caption: str
    alt: str
    sources: tuple[str, ...]
    spec: dict[str, Any]
    frame: pd.DataFrame
    cell: int
    code: str


@dataclass(frozen=True)
class Takeaway:
    """One finding and the names of what proves it.

    Parameters
    ----------
    text : str
        The sentence, in MyST.
    proofs : tuple of str
        Names of figures, tables, equations or sections.
    """

    text: str
    proofs: tuple[str, ...]


@dataclass(frozen=True)
class ChapterRecord:
    """Everything that an executed chapter shows.

    Parameters
    ----------
    chapter, title : str
        Name of the notebook without its ending, and its heading.
    parameters : dict
        Values in force, injected ones included.
    tables, figures : dict
        By name, in the order shown.
    takeaways : tuple of Takeaway
        The findings.
    sentences : tuple of str
        Computed sentences, in MyST.
    """

    chapter: str
    title: str
    parameters: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, TableRecord] = field(default_factory=dict)
    figures: dict[str, FigureRecord] = field(default_factory=dict)
    takeaways: tuple[Takeaway, ...] = ()
    sentences: tuple[str, ...] = ()


def read_chapter(path: Path) -> ChapterRecord:
    """Return what an executed notebook shows.

    Parameters
    ----------
    path : pathlib.Path
        The notebook, executed.

    Returns
    -------
    ChapterRecord
        Empty of exhibits for a notebook that was not executed.

    Raises
    ------
    ComputebookError
        If there is no such notebook.
    """
    notebook = notebooks.read(path)
    texts = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    found = _TITLE.search("\n".join(texts))
    shown = list(_outputs(notebook))
    prose = [_text(data["text/markdown"]) for _, _, data in shown if _is_prose(data)]
    boxes = [text for text in prose if text.startswith(_TAKEAWAYS)]
    return ChapterRecord(
        chapter=path.stem,
        title=found[1].strip() if found else path.stem,
        parameters=effective_parameters(notebook),
        tables={record.name: record for record in map(_table, *_columns(shown, TABLE_MIME))},
        figures={record.name: record for record in map(_figure, *_columns(shown, VEGALITE_MIME))},
        takeaways=tuple(takeaway for box in boxes for takeaway in takeaways_in(box)),
        sentences=tuple(text for text in prose if not text.startswith(":::")),
    )


def read_report(root: Path) -> dict[str, ChapterRecord]:
    """Return what every chapter of a report shows.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report: its `_toc.yml` names the chapters.

    Returns
    -------
    dict of str to ChapterRecord
        By chapter, in the order of the book.
    """
    return {path.stem: read_chapter(path) for path in chapter_paths(root)}


def effective_parameters(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that a notebook ran with.

    Parameters
    ----------
    notebook : mapping
        A notebook; literals of its `parameters` cell, overridden by the injected ones.

    Returns
    -------
    dict
        Value by name.
    """
    values: dict[str, Any] = {}
    for tag in _PARAMETER_TAGS:
        for cell in notebook["cells"]:
            if tag in cell["metadata"].get("tags", []):
                values |= _assigned(cell["source"])
    return values


def takeaways_in(text: str) -> list[Takeaway]:
    r"""Return the findings of a box that `tables.takeaways` wrote.

    Parameters
    ----------
    text : str
        MyST text of the box.

    Returns
    -------
    list of Takeaway
        In order.

    Examples
    --------
    >>> takeaways_in(":::{admonition} Takeaways\n- Two GPUs. ({numref}`tab-a`, {eq}`eq-b`)\n:::")
    [Takeaway(text='Two GPUs.', proofs=('tab-a', 'eq-b'))]
    """
    return [
        Takeaway(item["text"], tuple(_ROLE.findall(item["proofs"])))
        for item in _ITEM.finditer(text)
    ]


def _assigned(source: str) -> dict[str, Any]:
    statements = [node for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    return {
        target.id: ast.literal_eval(node.value)
        for node in statements
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _outputs(notebook: Mapping[str, Any]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    for index, cell in enumerate(notebook["cells"]):
        for output in cell.get("outputs", []):
            if "data" in output:
                yield index, cell["source"], output["data"]


def _columns(shown: list[tuple[int, str, dict[str, Any]]], mime: str) -> tuple[Any, Any, Any]:
    """Return the bundles of one kind, their cells and sources, as three columns."""
    kept = [(data[mime], index, code) for index, code, data in shown if mime in data]
    return ([row[0] for row in kept], [row[1] for row in kept], [row[2] for row in kept])


def _is_prose(data: Mapping[str, Any]) -> bool:
    return "text/markdown" in data and TABLE_MIME not in data


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)


def _table(raw: Mapping[str, Any], cell: int, code: str) -> TableRecord:
    columns = tuple(Column(**column) for column in raw["columns"])
    frame = pd.DataFrame(raw["rows"], columns=[column.heading for column in columns])
    sources = tuple(raw["sources"])
    return TableRecord(
        raw["name"], raw["caption"], sources, columns, frame, raw["note"], cell, code
    )


def _figure(spec: dict[str, Any], cell: int, code: str) -> FigureRecord:
    about = spec["usermeta"]["computebook"]
    sources = tuple(about["sources"])
    return FigureRecord(
        about["name"], about["caption"], about["alt"], sources, spec, chart_data(spec), cell, code
    )


def chart_data(spec: Mapping[str, Any]) -> pd.DataFrame:
    """Return the rows that a chart draws.

    Parameters
    ----------
    spec : mapping
        A Vega-Lite specification.

    Returns
    -------
    pandas.DataFrame
        Its data; with more than one data set, a first column `dataset` tells them apart.

    Examples
    --------
    >>> chart_data({"data": {"values": [{"a": 1}]}})["a"].tolist()
    [1]
    """
    sets = {name: pd.DataFrame(rows) for name, rows in _datasets(spec).items()}
    if len(sets) <= 1:
        return next(iter(sets.values()), pd.DataFrame())
    named = [frame.assign(dataset=name) for name, frame in sets.items()]
    together = pd.concat(named, ignore_index=True)
    return together[["dataset", *[name for name in together if name != "dataset"]]]


def _datasets(spec: Mapping[str, Any]) -> dict[str, list[Any]]:
    found = {name: rows for name, rows in spec.get("datasets", {}).items() if rows}
    for number, rows in enumerate(_inline(spec)):
        if rows not in found.values():
            found[f"inline_{number + 1}"] = rows
    return found


def _inline(value: Any) -> Iterator[list[Any]]:
    """Yield the rows that stand inside a specification itself."""
    if isinstance(value, Mapping):
        data = value.get("data")
        if isinstance(data, Mapping) and data.get("values"):
            yield data["values"]
        for key in ("layer", "hconcat", "vconcat", "concat", "spec"):
            yield from _inline(value.get(key))
    elif isinstance(value, list):
        for item in value:
            yield from _inline(item)
