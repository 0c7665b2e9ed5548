from __future__ import annotations

import pandas as pd
import pytest

from computebook import tables
from computebook.errors import ComputebookError


def rows(frame: pd.DataFrame, **options: object) -> list[str]:
    text = tables.table(frame, name="tab-a", caption="A.", **options).text  # type: ignore[arg-type]
    return [line for line in text.splitlines() if line.startswith("|")]


def test_numbers_of_a_column_share_their_decimals() -> None:
    frame = pd.DataFrame({"a": ["x", "y", "z"], "b": [3.35, 8.0, -0.5]})
    assert rows(frame)[2:] == ["| x | 3.35 |", "| y | 8.00 |", "| z | −0.50 |"]


def test_large_numbers_have_separators_and_six_digits() -> None:
    frame = pd.DataFrame({"a": ["x", "y"], "b": [1234567.89, 2.5]})
    assert rows(frame)[2:] == ["| x | 1,234,570 |", "| y | 2.5 |"]


def test_numbers_stand_right_and_words_left() -> None:
    frame = pd.DataFrame({"a": ["x"], "b": [1], "c": [True], "d": ["2025"]})
    assert rows(frame)[1:] == ["| :--- | ---: | :--- | :--- |", "| x | 1 | yes | 2025 |"]


def test_characters_that_mean_something_are_escaped() -> None:
    frame = pd.DataFrame({"a|b": ["x_y* $5 [z](u) <b> {c}`d`"]})
    assert rows(frame)[0] == r"| a\|b |"
    assert rows(frame)[2] == r"| x\_y\* \$5 \[z\](u) \<b\> \{c\}\`d\` |"


def test_named_formats() -> None:
    frame = pd.DataFrame(
        {"a": ["x"], "p": [0.125], "v": ["imprecise"], "c": ["one2025, two2026"], "m": ["**b** $1"]}
    )
    formats = {"p": "percent", "v": "verdict", "Sources": "cite", "m": "markdown"}
    columns = {"a": "A", "p": "P", "v": "V", "c": "Sources", "m": "M"}
    shown = rows(frame, columns=columns, formats=formats)[2]
    assert (
        shown == r"| x | 12.5% | {bdg-warning}`imprecise` | {cite}`one2025,two2026` | **b** \$1 |"
    )


def test_an_empty_cell_is_explained() -> None:
    frame = pd.DataFrame({"a": ["x"], "b": [None]})
    table = tables.table(frame, name="tab-a", caption="A.", note="Dense.", empty="not sold")
    assert "| x | – |" in table.text
    assert "– not sold. Dense." in table.text
    full = tables.table(frame.assign(b=1), name="tab-a", caption="A.")
    assert "not published" not in full.text


def test_caption_dollars_and_sources() -> None:
    table = tables.table(pd.DataFrame({"a": [1]}), name="tab-a", caption="At $5.", sources=["k1"])
    assert table.text.startswith(":::{table} At \\$5. Sources: {cite}`k1`.\n:name: tab-a\n")
    assert "text/html" not in table._repr_mimebundle_()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "gpu"}, "name = 'gpu' must read like 'tab-gpu-memory'"),
        ({"caption": " "}, "caption of 'tab-a' is empty"),
        ({"columns": {"b": "B"}}, "unknown column 'b'"),
        ({"formats": {"b": "percent"}}, "unknown formats column 'b'"),
        ({"formats": {"a": "precent"}}, "format 'precent' of column 'a'"),
        ({"formats": {"a": "verdict"}}, "unknown verdict '1'"),
    ],
)
def test_a_table_refuses(options: dict[str, object], message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        tables.table(
            pd.DataFrame({"a": [1]}),
            **{"name": "tab-a", "caption": "A.", **options},  # type: ignore[arg-type]
        )


def test_no_row_is_refused() -> None:
    with pytest.raises(ComputebookError, match="table 'tab-a' has no row"):
        tables.table(pd.DataFrame({"a": []}), name="tab-a", caption="A.")


def test_takeaways_link_each_finding_to_its_proof() -> None:
    text = tables.takeaways([("It costs $5.", ("tab-a", "fig-b", "eq-c", "limits"))]).text
    assert "- It costs \\$5. ({numref}`tab-a`, {numref}`fig-b`, {eq}`eq-c`, {ref}`limits`)" in text


@pytest.mark.parametrize("text", ["", "It takes nan GPUs.", "It takes None."])
def test_a_sentence_is_complete(text: str) -> None:
    with pytest.raises(ComputebookError, match="a computed sentence must be complete"):
        tables.sentence(text)


def test_a_finding_needs_a_proof() -> None:
    with pytest.raises(ComputebookError, match=r"finding without proof: 'Two\.'"):
        tables.takeaways([("Two.", "")])
    with pytest.raises(ComputebookError, match="at least one finding"):
        tables.takeaways([])


def test_the_five_verdicts_have_marks_of_their_own() -> None:
    assert len(set(tables.VERDICTS.values())) == 5
    with pytest.raises(
        ComputebookError, match="unknown verdict 'confirm': did you mean 'confirmed'"
    ):
        tables.verdict("confirm")
