"""What a chapter shows can be read back as data."""

from __future__ import annotations

import math
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from computebook import charts, errors, tables
from computebook.book import contents, notebooks
from computebook.tables.raw import TABLE_MIME, raw_value

SPEC = {
    "mark": "point",
    "data": {"values": [{"a": 1.5}, {"a": 2.5}]},
    "encoding": {"x": {"field": "a", "type": "quantitative", "title": "Share (1)"}},
}


def shown(source: str, display: object, tags: tuple[str, ...] = ()) -> nbformat.NotebookNode:
    data = display._repr_mimebundle_() if display is not None else None  # type: ignore[attr-defined]
    outputs = [] if data is None else [nbformat.v4.new_output("display_data", data)]
    return nbformat.v4.new_code_cell(source, outputs=outputs, metadata={"tags": list(tags)})


@pytest.fixture
def chapter(tmp_path: Path) -> Path:
    frame = pd.DataFrame({"gpu": ["H100", "B200"], "price": [3.5, math.nan]})
    table = tables.table(
        frame,
        name="tab-price",
        caption="Prices.",
        sources=["key1"],
        columns={"gpu": "GPU", "price": "Price ($/GPU-hour)"},
        formats={"price": ",.1f"},
    )
    figure = charts.figure(SPEC, name="fig-share", caption="**Half.**", alt="Two points.")
    box = tables.takeaways([("It costs $3.50 (list).", ("tab-price", "fig-share"))])
    cells = [
        nbformat.v4.new_markdown_cell("# What does it cost?\n\nText."),
        shown("price_usd = 3.5\nname = 'x'", None, ("parameters",)),
        shown("price_usd = 4", None, ("injected-parameters",)),
        shown("tables.takeaways(...)", box),
        shown("tables.table(...)", table),
        shown("charts.figure(...)", figure),
        shown("tables.sentence(...)", tables.sentence("Worked: $4.")),
    ]
    path = tmp_path / "cost.ipynb"
    path.write_text(notebooks.as_text(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    return path


def test_a_chapter_is_read_back_whole(chapter: Path) -> None:
    record = contents.read_chapter(chapter)
    assert (record.chapter, record.title) == ("cost", "What does it cost?")
    assert record.parameters == {"price_usd": 4, "name": "x"}
    assert record.sentences == (r"Worked: \$4.",)
    assert record.takeaways == (
        contents.Takeaway(r"It costs \$3.50 (list).", ("tab-price", "fig-share")),
    )
    figure = record.figures["fig-share"]
    assert (figure.frame["a"].tolist(), figure.alt, figure.cell) == ([1.5, 2.5], "Two points.", 5)


def test_a_table_keeps_its_values_units_and_gaps(chapter: Path) -> None:
    table = contents.read_chapter(chapter).tables["tab-price"]
    assert [column.unit for column in table.columns] == ["", "$/GPU-hour"]
    assert [column.format for column in table.columns] == ["", ",.1f"]
    assert table.frame["GPU"].tolist() == ["H100", "B200"]
    assert table.frame["Price ($/GPU-hour)"].iloc[0] == 3.5
    assert table.frame["Price ($/GPU-hour)"].isna().tolist() == [False, True]
    assert (table.sources, table.cell, table.caption) == (("key1",), 4, "Prices.")


def test_the_bundle_holds_plain_values_only() -> None:
    values = [pd.NA, None, math.inf, True, pd.Timestamp("2026-01-02"), 2, 0.1 + 0.2, {"a": 1}]
    assert [raw_value(value) for value in values] == [
        *(None, None, None, True, "2026-01-02", 2, 0.3, "{'a': 1}"),
    ]
    bundle = tables.table(
        pd.DataFrame({"a": [1, None]}), name="tab-a", caption="A."
    )._repr_mimebundle_()
    assert bundle[TABLE_MIME]["rows"] == [[1.0], [None]]


def test_every_data_set_of_a_layered_chart_is_told_apart() -> None:
    spec = {
        "layer": [{"data": {"values": [{"a": 1}]}}, {"data": {"values": [{"b": 2}]}}],
        "datasets": {"table_1": [{"c": 3}]},
    }
    frame = contents.chart_data(spec)
    assert frame["dataset"].tolist() == ["table_1", "inline_1", "inline_2"]
    assert contents.chart_data({"mark": "rule"}).empty


def test_the_published_chapters_show_exhibits_under_unique_names() -> None:
    report = contents.read_report(Path(__file__).parents[2])
    names = [name for record in report.values() for name in (*record.tables, *record.figures)]
    assert len(names) == len(set(names)) > 50
    chapters = [record for record in report.values() if record.takeaways]
    assert len(chapters) >= 8
    for record in chapters:
        words = sum(len(takeaway.text.split()) for takeaway in record.takeaways)
        assert 50 < words < 400, "two minutes, at the pace of a careful reader"
        assert all(takeaway.proofs for takeaway in record.takeaways)


def test_a_missing_notebook_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(errors.ComputebookError, match="no notebook"):
        contents.read_chapter(tmp_path / "none.ipynb")
