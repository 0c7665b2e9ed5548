"""What a client receives: the workbook, the tables and the first page."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import io
import json
import operator
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from computebook import errors
from computebook.book.contents import ChapterRecord, Column, TableRecord, Takeaway
from computebook.book.execution import declared_parameters
from computebook.book.single_page import plain
from computebook.briefing import changes, cover, outputs, sheets, what_if
from computebook.briefing.request import Briefing
from computebook.briefing.tables_export import write_tables
from computebook.briefing.workbook import About, parameter_rows, workbook
from computebook.exhibits import api_economics

DAY = dt.date(2026, 11, 23)
ABOUT = About("Costs", "Bank & Sons", "2026.1", DAY, "Confidential: prepared for Bank & Sons")
EVIL = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x","y")']
BIB = (
    "@misc{demo2026, author = {{Demo}}, title = {A source}, url = {https://e.org}, year = {2026}}\n"
)


def record(name: str, values: list[Any], usd: float = 3.5) -> TableRecord:
    frame = pd.DataFrame({"What": values, "Cost ($)": [usd] * len(values), "Share": 0.25})
    columns = (
        Column("what", "What", ""),
        Column("usd", "Cost ($)", "$"),
        Column("share", "Share", "", "percent"),
    )
    return TableRecord(
        name, "Costs of **things**.", ("demo2026",), columns, frame, "A note.", 3, ""
    )


@pytest.fixture(scope="module")
def chapters() -> dict[str, ChapterRecord]:
    defaults = {p.name: p.default for p in declared_parameters("api_economics")}
    tables = {name: record(name, EVIL) for name in ("tab-api-costs", "tab-" + "long-name-" * 5)}
    said = (Takeaway("It costs 4 dollars.", ("tab-api-costs",)),)
    shown = ChapterRecord(
        *("api_economics", "What will the bill be?"),
        {**defaults, "input_tokens": 12000},
        tables,
        takeaways=said,
    )
    return {"api_economics": shown}


@pytest.fixture(scope="module")
def bib(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bib") / "references.bib"
    path.write_text(BIB)
    return path


@pytest.fixture(scope="module")
def moved(chapters: dict[str, ChapterRecord]) -> changes.Changes:
    new = chapters["api_economics"]
    old = replace(
        new,
        parameters={**new.parameters, "input_tokens": 6000},
        takeaways=(Takeaway("It costs 3 dollars.", ("tab-api-costs",)),),
    )
    return changes.compare({"api_economics": old}, chapters)


@pytest.fixture(scope="module")
def book(
    chapters: dict[str, ChapterRecord], moved: changes.Changes, bib: Path
) -> openpyxl.Workbook:
    content = workbook(ABOUT, chapters, moved, bib, {"tab-api-costs": "Table 4.1"})
    return openpyxl.load_workbook(io.BytesIO(content))


def test_each_table_has_a_sheet_and_the_first_lists_them(book: openpyxl.Workbook) -> None:
    names = book.sheetnames
    assert names[:5] == ["Contents", "Changes", "Parameters", what_if.API, what_if.GPU]
    assert names[5] == "api-costs"
    assert len(names[6]) == 31
    assert names[-1] == "Sources"
    first = book["Contents"]
    listed = [row[0] for row in first.iter_rows(min_row=6, values_only=True)]
    assert listed == names[1:]
    assert first["A1"].value == "Costs"
    assert first["A3"].value == ABOUT.mark
    links = [row[0].hyperlink.location for row in first.iter_rows(min_row=6, max_col=1)]
    assert links == [f"'{name}'!A1" for name in names[1:]]


def test_heads_carry_units_and_stay_in_view(book: openpyxl.Workbook) -> None:
    sheet = book["api-costs"]
    assert sheet["A1"].value == "Table 4.1: Costs of things."
    assert sheet["A3"].value == "Sources: demo2026"
    assert [cell.value for cell in sheet[5]] == ["What", "Cost ($)", "Share"]
    assert sheet.freeze_panes == "B6"
    assert sheet["B6"].value == 3.5
    assert sheet["C6"].number_format == "0.0%"
    assert book["Sources"]["A5"].value == "demo2026"
    assert book["Sources"]["E5"].value == "https://e.org"


def test_no_text_becomes_a_formula(book: openpyxl.Workbook) -> None:
    cells = [row[0] for row in book["api-costs"].iter_rows(min_row=6, max_col=1)]
    assert [cell.value.strip() for cell in cells] == [text.strip() for text in EVIL]
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in cells)
    formulas = [
        (sheet.title, cell.coordinate)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert formulas
    assert {title for title, _ in formulas} == {what_if.API, what_if.GPU}


@given(st.text(max_size=60))
def test_any_text_can_stand_in_a_cell(text: str) -> None:
    sheet = openpyxl.Workbook().active
    assert sheet is not None
    cell = sheets.put(sheet, 1, 1, text)
    assert cell.data_type in ("s", "n")
    assert (cell.value or "") == re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)


def test_parameters_say_default_value_and_what_was_overridden(
    book: openpyxl.Workbook, chapters: dict[str, ChapterRecord]
) -> None:
    rows = {row[1]: row for row in book["Parameters"].iter_rows(min_row=5, values_only=True)}
    assert rows["input_tokens"][2:6] == ("tokens", 6000, 12000, "yes")
    assert rows["visible_output_tokens"][5] == "no"
    frame = parameter_rows(chapters)
    assert set(frame["Overridden"]) == {"yes", "no"}
    changed = book["Changes"]
    kinds = [row[1] for row in changed.iter_rows(min_row=5, values_only=True)]
    assert kinds == ["parameter", "headline"]


def test_the_same_input_gives_the_same_workbook(
    chapters: dict[str, ChapterRecord], moved: changes.Changes, bib: Path
) -> None:
    one, other = (workbook(ABOUT, chapters, moved, bib) for _ in range(2))
    assert one == other


OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class Sheets:
    """Compute the few kinds of formula that the what-if sheets hold, as a spreadsheet would."""

    def __init__(self, book: openpyxl.Workbook) -> None:
        self.book = book

    def value(self, sheet: str, cell: str) -> float:
        content = self.book[sheet][cell].value
        if not (isinstance(content, str) and content.startswith("=")):
            return float(content)
        return self._formula(sheet, content[1:])

    def _formula(self, sheet: str, text: str) -> float:
        summed = re.fullmatch(r"SUM\(B(\d+):B(\d+)\)", text)
        if summed:
            rows = range(int(summed[1]), int(summed[2]) + 1)
            return sum(self.value(sheet, f"B{row}") for row in rows)
        other = re.fullmatch(r"'([^']+)'!(B\d+)", text)
        if other:
            return self.value(other[1], other[2])
        return self._node(sheet, ast.parse(text, mode="eval").body)

    def _node(self, sheet: str, node: ast.expr) -> float:
        if isinstance(node, ast.BinOp):
            sides = (self._node(sheet, side) for side in (node.left, node.right))
            return float(OPERATORS[type(node.op)](*sides))
        if isinstance(node, ast.Name):
            return self.value(sheet, node.id)
        assert isinstance(node, ast.Constant)
        return float(node.value)  # type: ignore[arg-type]  # numbers only


def cell_of(book: openpyxl.Workbook, sheet: str, unit: str) -> str:
    rows = book[sheet].iter_rows()
    return next(f"B{row[0].row}" for row in rows if row[2].value == unit)


@pytest.mark.parametrize("tokens", [6000, 40_000])
def test_the_bill_is_that_of_the_chapter(
    chapters: dict[str, ChapterRecord], moved: changes.Changes, bib: Path, tokens: int
) -> None:
    given = {**chapters["api_economics"].parameters, "input_tokens": tokens}
    shown = {"api_economics": replace(chapters["api_economics"], parameters=given)}
    made = openpyxl.load_workbook(io.BytesIO(workbook(ABOUT, shown, moved, bib)))
    place = cell_of(made, what_if.API, "$ per 1,000 requests")
    last = int(place[1:]) + 4
    request = api_economics.Request(
        tokens, given["visible_output_tokens"], given["reasoning_fraction"]
    )
    told = api_economics.headline(
        given["model"], given["price_date"], request, given["cached_fraction"]
    )
    bill = Sheets(made).value(what_if.API, f"B{last}")
    assert bill == pytest.approx(told.usd_per_krequest, rel=1e-12)


def test_a_change_of_the_gpu_price_moves_the_price_of_a_token(book: openpyxl.Workbook) -> None:
    computed = Sheets(book)
    target = cell_of(book, what_if.GPU, "$ per M tokens")
    before = computed.value(what_if.GPU, target)
    price = cell_of(book, what_if.GPU, "$ per GPU-hour")
    speed = computed.value(what_if.GPU, cell_of(book, what_if.GPU, "tokens per s per GPU"))
    usd = computed.value(what_if.GPU, price)
    use = float(book[what_if.GPU][f"B{int(price[1:]) + 3}"].value)
    assert before == pytest.approx(usd / (speed * use * 3600) * 1e6, rel=1e-12)
    book[what_if.GPU][price].value = 2 * usd
    assert computed.value(what_if.GPU, target) == pytest.approx(2 * before, rel=1e-12)
    book[what_if.GPU][price].value = usd


def test_tables_say_what_their_columns_mean(
    chapters: dict[str, ChapterRecord], bib: Path, tmp_path: Path
) -> None:
    labels = {"tab-api-costs": "Table 4.1"}
    written = write_tables(chapters, bib, tmp_path / "tables", labels, {"client": "Bank"})
    assert len(written) == 4
    told = json.loads((tmp_path / "tables/tab-api-costs.json").read_text())
    assert (told["client"], told["number"], told["title"]) == (
        "Bank",
        "Table 4.1",
        "Costs of things.",
    )
    assert [column["unit"] for column in told["columns"]] == ["", "$", "fraction of 1"]
    assert told["sources"][0]["title"] == "A source"
    assert told["rows"][0] == ["=1+1", 3.5, 0.25]
    assert told["parameters"]["input_tokens"] == 12000
    with (tmp_path / "tables/tab-api-costs.csv").open(newline="") as lines:
        rows = list(csv.reader(lines))
    assert rows[0] == ["What", "Cost ($)", "Share"]
    assert not [row[0] for row in rows[1:] if row[0].startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.fixture
def briefing(tmp_path: Path) -> Briefing:
    return Briefing(
        client="Bank <b>&</b> Sons",
        title="Costs of {include} & more",
        date=DAY,
        edition="2026.1",
        slug="bank",
        chapters=("api_economics",),
        notes="# Scope\n\nSee ```{include} secret``` and <script>alert(1)</script>.",
        source=tmp_path / "bank.yaml",
    )


def test_the_first_page_says_whose_it_is_and_what_changed(
    tmp_path: Path, briefing: Briefing, moved: changes.Changes
) -> None:
    (tmp_path / "chapters").mkdir()
    (tmp_path / "_config.yml").write_text("title: x\nsphinx: {config: {html_title: x}}\n")
    (tmp_path / "index.ipynb").write_text("{}")
    usage = pd.DataFrame({"month": ["2026-07"], "model": ["gpt-5.2"], "cost_usd": [12.5]})
    cover.write_pages(tmp_path, briefing, moved, usage)
    page = (tmp_path / "index.md").read_text()
    assert not (tmp_path / "index.ipynb").exists()
    assert page.startswith("# Costs of ")
    assert "23 November 2026" in page
    assert "3 → 4 (+33.3%)" in page
    assert "| `input_tokens` | 6000 | 12,000 |" in page
    assert "| 2026-07 | gpt-5.2 | 12.50 |" in page
    assert "{include}" not in page.replace(r"\{include", "")
    assert "<script>" not in page
    config = yaml.safe_load((tmp_path / "_config.yml").read_text())
    assert config["title"] == briefing.title
    banner = config["sphinx"]["config"]["html_theme_options"]["announcement"]
    assert plain(banner) == "Confidential: prepared for Bank <b>&</b> Sons"


def test_the_cover_of_the_pdf_shows_notes_as_words(briefing: Briefing) -> None:
    made = cover.pdf_cover(briefing)
    assert made.confidential
    assert "<script>" not in made.notes
    assert "&lt;script&gt;" in made.notes
    assert made.facts()["Date"] == "23 November 2026"


def test_an_unknown_format_writes_nothing(briefing: Briefing, tmp_path: Path) -> None:
    with pytest.raises(errors.ComputebookError, match="did you mean 'html'"):
        outputs.write(tmp_path, briefing, tmp_path, tmp_path / "out", ["htm"])
    assert not (tmp_path / "out").exists()
