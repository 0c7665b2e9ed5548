from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import vl_convert

from computebook import charts
from computebook.charts import placement, theme
from computebook.charts.figure import VEGALITE_MIME, rounded
from computebook.errors import ComputebookError

ITEMS = pd.DataFrame(
    {
        "name": ["A", "B", "C"],
        "v.1": [3.0, 1.0, 2.0],
        "low": [2.0, 0.5, None],
        "high": [4.0, 1.5, None],
        "vendor": ["OpenAI", "Google", "OpenAI"],
    }
)
SERIES = pd.DataFrame(
    [
        {"x": x, "y": x * k, "lo": x * k * 0.9, "hi": x * k * 1.1, "s": name, "vendor": "AMD"}
        for name, k in (("one", 1.0), ("two", 1.01), ("three", 5.0))
        for x in (1, 10, 100)
    ]
)
GRID = pd.DataFrame(
    [{"c": c, "r": r, "v": float(i)} for i, (c, r) in enumerate([("a", "1"), ("b", "1")], 1)]
)
SPANS = pd.DataFrame({"name": ["A", "B"], "l": [1.0, 2.0], "m": [2.0, 3.0], "h": [4.0, 3.0]})
PARTS = pd.DataFrame({"name": ["A", "A", "B"], "p": ["x", "y", "x"], "v": [1.0, 2.0, 0.0]})

FORMS: dict[str, Callable[[], Any]] = {
    "bars": lambda: charts.bars(ITEMS, category="name", value="v.1", value_title="Power (kW)"),
    "bars-intervals": lambda: charts.bars(
        ITEMS, category="name", value="v.1", value_title="Power (kW)", vendor="vendor",
        low="low", high="high", sort="given", text_format=".1f",
    ),
    "dots": lambda: charts.dots_with_intervals(
        ITEMS, category="name", value="v.1", low="low", high="high", value_title="Score (%)",
        vendor="vendor", reference=(2.0, "chance"),
    ),
    "dots-log-group": lambda: charts.dots_with_intervals(
        ITEMS, category="name", value="v.1", low="low", high="high", value_title="Score (%)",
        group="vendor", log=True,
    ),
    "range": lambda: charts.range_bars(
        SPANS, category="name", low="l", central="m", high="h", value_title="Cost ($)"
    ),
    "range-log": lambda: charts.range_bars(
        SPANS, category="name", low="l", central="m", high="h", value_title="Cost ($)", log=True
    ),
    "dumbbell": lambda: charts.dumbbell(
        SPANS, category="name", before="l", after="h", value_title="Time (s)", log=True
    ),
    "stacked": lambda: charts.stacked_bars(
        PARTS, category="name", value="v", part="p", value_title="Bill ($)"
    ),
    "lines": lambda: charts.lines(
        SERIES, x="x", y="y", series="s", x_title="Batch (1)", y_title="Rate (1/s)",
        low="lo", high="hi", log_x=True, log_y=True,
    ),
    "lines-vendor": lambda: charts.lines(
        SERIES.assign(x=SERIES["x"].astype(str)), x="x", y="y", series="s", vendor="vendor",
        x_title="Batch (1)", y_title="Rate (1/s)",
    ),
    "scatter": lambda: charts.scatter(
        ITEMS, x="v.1", y="v.1", label="name", x_title="Price ($)", y_title="Score (%)",
        vendor="vendor", frontier="min-x-max-y", log_x=True,
    ),
    "heatmap": lambda: charts.heatmap(
        GRID, x="c", y="r", value="v", value_title="Latency (ms)", log=True
    ),
}  # fmt: skip


def drawn(chart: Any, **overrides: Any) -> charts.Figure:
    described = {"name": "fig-a", "caption": "**A.** b", "alt": "What is seen."}
    return charts.figure(chart, **{**described, **overrides})


@pytest.mark.parametrize("form", FORMS)
def test_every_form_draws_without_a_warning(form: str) -> None:
    spec = drawn(FORMS[form]()).spec
    svg = vl_convert.vegalite_to_svg(json.dumps({**spec, "width": 600}), vl_version="6.4")
    assert "NaN" not in svg
    assert "undefined" not in svg


@pytest.mark.parametrize("form", FORMS)
def test_output_is_equal_however_many_charts_came_before(form: str) -> None:
    first = drawn(FORMS[form]())._repr_mimebundle_()
    FORMS["lines"]()
    assert drawn(FORMS[form]())._repr_mimebundle_() == first
    assert list(first) == [VEGALITE_MIME, "text/plain"]
    assert first["text/plain"] == "What is seen."
    assert json.loads(json.dumps(first)) == first


def test_numbers_have_six_significant_digits_and_layers_share_one_axis_title() -> None:
    frame = pd.DataFrame({"n": ["a"], "v": [1 / 3]})
    spec = drawn(charts.bars(frame, category="n", value="v", value_title="Share (1)")).spec
    assert "0.333333" in json.dumps(spec)
    assert "0.3333333" not in json.dumps(spec)
    titles = {layer["encoding"]["x"]["axis"]["title"] for layer in spec["layer"]}
    assert titles == {"Share (1)"}


def test_bars_start_at_zero_and_stand_in_order() -> None:
    spec = FORMS["bars"]().to_dict()
    encoding = spec["layer"][0]["encoding"]
    assert encoding["x"]["scale"]["zero"] is True
    assert encoding["y"]["sort"] == ["A", "C", "B"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"alt": "  "}, "alt of 'fig-a' is empty"),
        ({"caption": ""}, "caption of 'fig-a' is empty"),
        ({"name": "Figure 1"}, "name = 'Figure 1' must read like"),
    ],
)
def test_a_figure_says_what_it_shows(overrides: dict[str, str], message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        drawn(FORMS["bars"](), **overrides)


def test_an_axis_of_numbers_needs_a_title() -> None:
    spec = {"mark": "bar", "encoding": {"x": {"field": "kw", "type": "quantitative"}}}
    with pytest.raises(ComputebookError, match="the x axis of 'kw' has no title"):
        drawn(spec)
    spec["encoding"]["x"]["axis"] = None  # type: ignore[index]
    assert drawn(spec).name == "fig-a"


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ComputebookError, match="a chart cannot show the number nan"):
        rounded({"values": [float("nan")]})


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (ITEMS.assign(name="A"), "name must name each mark once: 'A' occurs twice"),
        (ITEMS.assign(**{"v.1": [1.0, np.nan, 2.0]}), "column 'v.1' has no value in row 1"),
        (ITEMS.assign(**{"v.1": np.inf}), "v.1 = inf is out of bounds"),
        (ITEMS.iloc[:0], "a chart needs at least one row"),
        (ITEMS.rename(columns={"v.1": "v1"}), "unknown column 'v.1': did you mean 'v1'"),
    ],
)
def test_bars_refuse_what_cannot_be_drawn(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        charts.bars(frame, category="name", value="v.1", value_title="Power (kW)")


def test_ranges_are_ascending_and_logarithms_positive() -> None:
    with pytest.raises(ComputebookError, match="l <= m <= h does not hold for 'B'"):
        charts.range_bars(
            SPANS.assign(h=[4.0, 2.0]), category="name", low="l", central="m", high="h",
            value_title="Cost ($)",
        )  # fmt: skip
    with pytest.raises(ComputebookError, match="l = 0 cannot be drawn on a logarithmic axis"):
        charts.dumbbell(
            SPANS.assign(l=0.0), category="name", before="l", after="h", value_title="s", log=True
        )


def test_more_series_than_colours_are_refused() -> None:
    many = pd.concat([SERIES.assign(s=f"s{i}") for i in range(8)]).drop_duplicates(["s", "x"])
    with pytest.raises(ComputebookError, match="s has 8 names: at most 7 can be told apart"):
        charts.lines(many, x="x", y="y", series="s", x_title="a (1)", y_title="b (1)")


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", [n for n in theme.COLOURS if n not in ("grid", "paper")])
@pytest.mark.parametrize(("variant", "page"), [("light", "#ffffff"), ("dark", "#14181e")])
def test_colours_stand_out_in_both_themes(name: str, variant: str, page: str) -> None:
    least = 4.5 if name in ("ink", "muted", "accent") else 3.0
    assert _contrast(getattr(theme.COLOURS[name], variant), page) >= least


def test_vendors_differ_in_colour_or_shape() -> None:
    vendors = [name for name in theme._VENDORS if name != "Other"]
    marks = {(charts.vendor_colour(name), charts.vendor_shape(name)) for name in vendors}
    assert len(marks) == len(vendors)
    assert charts.vendor_colour("AWS") == charts.vendor_colour("Amazon Web Services")


def test_light_colours_are_distinct_so_that_variables_are_unambiguous() -> None:
    lights = [colour.light for colour in theme.COLOURS.values()]
    assert len(set(lights)) == len(lights)


def test_line_labels_keep_their_order_and_distance() -> None:
    ends = np.array([5.0, 5.1, 0.0, 10.0])
    apart = placement.move_apart(ends, np.array([0.0, 10.0]), 200, log=False)
    assert np.argsort(apart).tolist() == [2, 0, 1, 3]
    assert np.diff(np.sort(apart)).min() >= 16 / 200 * 10 - 1e-9


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        ("min-x-max-y", [True, False, True]),
        ("max-x-max-y", [False, False, True]),
        ("min-x-min-y", [True, True, False]),
        ("max-x-min-y", [False, True, True]),
    ],
)
def test_frontier(best: str, expected: list[bool]) -> None:
    x, y = np.array([1.0, 2.0, 3.0]), np.array([5.0, 4.0, 9.0])
    assert placement.on_frontier(x, y, best).tolist() == expected
