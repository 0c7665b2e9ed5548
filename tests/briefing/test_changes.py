"""What changed between two reports: moves are found, counted, measured and never invented."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from computebook import charts, cli, errors, tables
from computebook.book import notebooks
from computebook.book.contents import ChapterRecord, Takeaway, read_chapter
from computebook.briefing import changes, changes_text, reports
from computebook.briefing.changes import Knowledge, ParameterChange, compare
from computebook.briefing.moves import moved_numbers, relative_change, wording


def notebook(folder: Path, users: int, usd: float, sentence: str, name: str = "gpu_sizing") -> Path:
    """Write an executed chapter with one parameter, takeaway, table and figure."""
    frame = pd.DataFrame({"gpu": ["H100", "B200"], "usd": [usd, 8.0], "who": ["a", "b"]})
    spec = {
        "mark": "point",
        "data": {"values": [{"a": usd}, {"a": 2.5}]},
        "encoding": {"x": {"field": "a", "type": "quantitative", "title": "Cost ($)"}},
    }
    shown: list[tuple[str, Any]] = [
        ("t", tables.takeaways([(sentence, "tab-cost")])),
        (
            "f",
            tables.table(
                frame,
                name="tab-cost",
                caption="Costs.",
                columns={"gpu": "GPU", "usd": f"Cost for {users} users ($)", "who": "Who"},
            ),
        ),
        ("g", charts.figure(spec, name="fig-cost", caption="**One.**", alt="Two points.")),
    ]
    cells = [nbformat.v4.new_markdown_cell("# Which GPU?")]
    tagged = {"tags": ["parameters"]}
    cells.append(nbformat.v4.new_code_cell(f"users = {users}", metadata=tagged))
    for source, value in shown:
        output = nbformat.v4.new_output("display_data", value._repr_mimebundle_())
        cells.append(nbformat.v4.new_code_cell(source, outputs=[output]))
    path = folder / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebooks.as_text(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    return path


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Folders of two reports: twice the users, a cost that rises from 4 to 5 dollars."""
    notebook(tmp_path / "a", 64, 4.0, "On GPT-5.2 it costs $4.00 for 12 GPUs.")
    notebook(tmp_path / "b", 128, 5.0, "On GPT-5.2 it costs $5.00 for 12 GPUs.")
    return tmp_path / "a", tmp_path / "b"


def test_known_moves_are_found(two: tuple[Path, Path]) -> None:
    found = compare(*map(reports.read, two))
    assert found.parameters == (ParameterChange("gpu_sizing", "users", "users", 64, 128),)
    (headline,) = found.headlines
    assert [(m.old, m.new, m.relative) for m in headline.moves] == [(4.0, 5.0, 0.25)]
    assert headline.causes == "users, the only parameter of the chapter that differs"
    assert found.sentences == ()
    table, figure = found.exhibits
    # The heading names a parameter; the column is still the same one.
    assert (table.name, table.moved, table.cells) == ("tab-cost", 1, 6)
    assert table.largest is not None
    assert table.largest.where == "H100, Cost for 128 users ($)"
    assert (figure.name, figure.kind, figure.rows_added, figure.rows_removed) == (
        *("fig-cost", "figure"),
        *(1, 1),
    )


def test_equal_reports_do_not_differ(two: tuple[Path, Path]) -> None:
    record = reports.read(two[0])
    found = compare(record, record)
    assert found.is_empty
    assert changes_text.frame(found).empty
    assert "Nothing changed" in changes_text.markdown(found, {})


def test_the_tolerance_decides_what_moved(two: tuple[Path, Path]) -> None:
    old, new = map(reports.read, two)
    assert compare(old, new, 0.25).headlines == ()
    assert len(compare(old, new, 0.2499).headlines) == 1
    for wrong in (-0.1, math.nan, 1.5):
        with pytest.raises(errors.ComputebookError, match="tolerance"):
            compare(old, new, wrong)


def test_other_words_are_a_changed_sentence(tmp_path: Path) -> None:
    old = read_chapter(notebook(tmp_path, 64, 4.0, "Rent 12 GPUs for $4.00."))
    new = read_chapter(notebook(tmp_path, 64, 4.0, "Buy 12 GPUs for $5.00."))
    found = compare({"gpu_sizing": old}, {"gpu_sizing": new})
    assert [(s.old, s.new) for s in found.sentences] == [
        (r"Rent 12 GPUs for \$4.00.", r"Buy 12 GPUs for \$5.00.")
    ]
    assert found.headlines == ()
    assert found.sentences[0].causes == "no parameter of the chapter differs: data or library"


def test_takeaways_are_matched_by_what_they_say_not_by_place() -> None:
    said = [Takeaway(f"{word} costs {n} dollars.", ("tab-x",)) for n, word in enumerate("abc")]
    old = ChapterRecord("gpu_sizing", "T", takeaways=tuple(said))
    new = ChapterRecord(
        "gpu_sizing", "T", takeaways=(said[2], replace(said[0], text="New."), said[1])
    )
    found = compare({"gpu_sizing": old}, {"gpu_sizing": new})
    assert found.headlines == ()
    assert sorted((s.old, s.new) for s in found.sentences) == [
        ("", "New."),
        ("a costs 0 dollars.", ""),
    ]


def test_causes_say_only_what_is_known() -> None:
    two_changed = [ParameterChange("c", name, "", 1, 2) for name in ("users", "price")]
    seen = Knowledge({("c", "users"): ("tab-a",), ("c", "price"): ("tab-b",)})
    assert changes.causes("c", ["tab-a"], two_changed, seen) == (
        "users, which moves it when changed alone"
    )
    assert changes.causes("c", ["tab-z"], two_changed, seen) == "not separated"
    assert "perhaps users, price, not traced" in changes.causes(
        "c", ["tab-a"], two_changed, Knowledge()
    )
    data = Knowledge(data=("api_prices",))
    assert changes.causes("c", ["tab-a"], [], data) == "data: api_prices"
    told = changes.causes("c", ["tab-a"], two_changed, replace(seen, data=("api_prices",)))
    assert told == "users, which moves it when changed alone; perhaps data: api_prices"
    # One parameter is no proof where data differ too.
    assert "only" not in changes.causes("c", ["tab-a"], two_changed[:1], data)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("GPT-5.2 scores 93.2%, Claude Opus 4.5 90%.", (93.2, 90.0)),
        ("H100, B200 and MI355X in 8 racks of NVL72.", (8.0,)),
        ("From −1.1 to +5.1, or 1,234,567 tokens.", (-1.1, 5.1, 1234567.0)),
        ("On 2026-01-15 and from 5 May 2026 it was $3.", (3.0,)),
        ("ARC-AGI-2, v1.2 and 10x.", ()),
        ("Of 16 leads, 4 hold.", (16.0, 4.0)),
    ],
)
def test_numbers_in_names_and_dates_are_words(text: str, numbers: tuple[float, ...]) -> None:
    assert wording(text)[1] == numbers


@given(
    st.lists(st.floats(0.01, 1e9).map(lambda x: float(f"{x:.2f}")), min_size=1, max_size=4),
    st.lists(st.sampled_from(["costs", "of the GPUs", "GPT-5.2", "and"]), min_size=4, max_size=4),
)
def test_wording_takes_out_every_number_and_nothing_else(
    values: list[float], words: list[str]
) -> None:
    text = "It " + " ".join(f"{word} is {v:,.2f}" for v, word in zip(values, words, strict=False))
    found, numbers = wording(text)
    assert numbers == tuple(values)
    for value in values:
        found = found.replace("#", f"{value:,.2f}", 1)
    assert found == text


@given(st.floats(0.1, 1e6), st.floats(0.1, 1e6), st.floats(0, 1))
def test_a_move_is_told_when_and_only_when_it_passes_the_tolerance(
    old: float, new: float, tolerance: float
) -> None:
    told = bool(moved_numbers([old], [new], tolerance))
    assert told == (abs(new - old) / old > tolerance)
    assert relative_change(old, old) == 0


def test_reports_without_a_common_chapter_are_refused(tmp_path: Path) -> None:
    one = reports.read(notebook(tmp_path, 1, 1.0, "One.", "gpu_sizing"))
    other = reports.read(notebook(tmp_path, 1, 1.0, "One.", "competition"))
    with pytest.raises(errors.ComputebookError, match=r"gpu_sizing and competition"):
        compare(one, other)


def test_places_are_named_or_refused(tmp_path: Path, two: tuple[Path, Path]) -> None:
    briefing = tmp_path / "client"
    notebook(briefing / "notebooks", 64, 4.0, "It costs $4.00.")
    assert set(reports.read(briefing)) == {"gpu_sizing"}
    with pytest.raises(errors.ComputebookError, match="no edition"):
        reports.read(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(errors.ComputebookError, match="holds no notebook"):
        reports.read(tmp_path / "empty")


def test_the_command_says_it_in_each_form(two: tuple[Path, Path]) -> None:
    a, b = map(str, two)
    told = CliRunner().invoke(cli.main, ["diff", a, b, "--format", "json"])
    assert told.exit_code == 0
    rows = json.loads(told.output)
    assert [row["kind"] for row in rows] == ["parameter", "headline", "table", "figure"]
    assert rows[1]["change_percent"] == 25
    page = CliRunner().invoke(cli.main, ["diff", a, b, "--format", "markdown"]).output
    assert "4 → 5 (+25%)" in page
    assert "more than 0.5%" in page
    table = CliRunner().invoke(cli.main, ["diff", a, b, "--tolerance", "0.3"]).output
    assert "moves over 30%" in table
    assert "headline" not in table


def test_the_real_command_refuses_a_missing_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from computebook.cli import main; main()", "diff"]
    done = subprocess.run(
        [*command, "published", str(tmp_path / "none")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: no edition, briefing or notebook at ")
    assert done.stderr.count("\n") == 1
