"""Charts of the chapter on competition that no general form draws."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from computebook import charts
from computebook.exhibits.competition.costs import (
    article_costs,
    crossover,
    implied_volumes,
    model_vendor,
)
from computebook.exhibits.competition.mixes import cost_by_mix
from computebook.exhibits.competition.shares import article_shares, visits_over_time
from computebook.price_cards import Date

if TYPE_CHECKING:
    import altair as alt

__all__ = ["cost_by_mix_chart", "vendor_dots", "visits_chart", "visits_in_words"]

#: The vendors of the article; the lines of the smaller ones would run into each other.
DRAWN_VENDORS: Final = ("OpenAI", "Google", "Anthropic")
ROW_PIXELS: Final = 34


def visits_chart() -> alt.LayerChart:
    """Return web-visit shares over time, and the article's six shares as hollow marks.

    Examples
    --------
    >>> len(visits_chart().layer)
    4
    """
    lines = charts.lines(
        visits_over_time(DRAWN_VENDORS),
        x="day",
        y="share_percent",
        series="vendor",
        vendor="vendor",
        x_title="Day of the reading",
        y_title="Share of web visits (%)",
        x_format="%b %Y",
    )
    printed = article_shares().rename(columns={"month": "day"})
    return _with_hollow_marks(lines, printed, "vendor", opacity=1.0)


def visits_in_words() -> str:
    """Return the first and the last reading of each drawn vendor in words.

    Examples
    --------
    >>> print(visits_in_words().split("; ")[1])
    Google from 5.6% (November 2024) to 27.3% (May 2026)
    """
    readings = visits_over_time(DRAWN_VENDORS)
    ends = [
        (vendor, *rows[["day", "share_percent"]].iloc[[0, -1]].to_numpy().ravel())
        for vendor, rows in readings.groupby("vendor", sort=False)
    ]
    return "; ".join(
        f"{vendor} from {first:.1f}% ({start:%B %Y}) to {last:.1f}% ({end:%B %Y})"
        for vendor, start, first, end, last in ends
    )


def _with_hollow_marks(
    lines: alt.LayerChart, marks: pd.DataFrame, vendor: str, opacity: float
) -> alt.LayerChart:
    """Return a line chart with hollow marks in the vendors' colours at further points."""
    import altair as alt

    axes = lines.layer[0].encoding
    hollow = (
        alt.Chart(marks)
        .mark_point(filled=False, size=150, strokeWidth=2.5, opacity=opacity)
        .encode(
            x=axes.x,
            y=axes.y,
            stroke=alt.Stroke(
                field=vendor, type="nominal", legend=None, scale=charts.vendor_scale(marks[vendor])
            ),
            shape=alt.value("circle"),
        )
    )
    combined: alt.LayerChart = alt.LayerChart(layer=[*lines.layer, hollow])
    return combined.properties(padding=lines.padding)


def cost_by_mix_chart(on: Date) -> alt.LayerChart:
    """Return annual cost against the mix of tokens, the printed costs and the crossover.

    Parameters
    ----------
    on : str or date
        Day of the prices.

    Examples
    --------
    >>> len(cost_by_mix_chart("2026-01-31").layer)
    6
    """
    costs = cost_by_mix(on)
    lines = charts.lines(
        # Shorter labels leave room for the lines on a phone.
        costs.assign(model=costs["model"].str.removesuffix(" Thinking")),
        x="ratio",
        y="annual_kusd",
        series="model",
        vendor="vendor",
        x_title="Input tokens per output token (logarithmic)",
        y_title="Annual cost (thousand $, logarithmic)",
        log_x=True,
        log_y=True,
    )
    printed = article_costs()
    volumes = implied_volumes(on)
    marks = pd.DataFrame(
        {
            "ratio": volumes.input_tokens / volumes.output_tokens,
            "annual_kusd": printed.to_numpy() / 1e3,
            "vendor": [model_vendor(model) for model in printed.index],
        }
    )
    drawn = _with_hollow_marks(lines, marks, "vendor", opacity=1.0)
    return _with_rule(drawn, crossover(on, 0.0).ratio)


def _with_rule(chart: alt.LayerChart, at: float) -> alt.LayerChart:
    """Return a chart with a dashed vertical line and its label; none where `at` is missing."""
    import altair as alt

    if math.isnan(at):
        return chart
    base = alt.Chart(pd.DataFrame({"ratio": [at], "name": [f"equal cost at {at:.3g}:1"]}))
    base = base.encode(x=chart.layer[0].encoding.x)
    rule = base.mark_rule(strokeDash=[4, 3])
    text = base.mark_text(align="left", dx=6, fontSize=11).encode(y=alt.value(8), text="name:N")
    combined: alt.LayerChart = alt.LayerChart(layer=[*chart.layer, rule, text])
    return combined.properties(padding=chart.padding)


def vendor_dots(
    frame: pd.DataFrame, *, category: str, value: str, value_title: str, reference: float | None
) -> alt.LayerChart:
    """Return one row per name with a point per vendor, in the vendors' colours and shapes.

    Parameters
    ----------
    frame : DataFrame
        Long: a row per name and vendor with columns `category`, `vendor` and `value`.
    category, value : str
        Columns of the names and the numbers.
    value_title : str
        Axis title: quantity and unit.
    reference : float or None
        Where a dashed line stands, in the unit of `value`.

    Examples
    --------
    >>> frame = pd.DataFrame({"m": ["a", "a"], "vendor": ["OpenAI", "Google"], "p": [1.0, 2.0]})
    >>> chart = vendor_dots(frame, category="m", value="p", value_title="Share (%)",
    ...                     reference=None)
    >>> len(chart.layer)
    2
    """
    import altair as alt

    data = frame[[category, "vendor", value]].dropna().reset_index(drop=True)
    order = list(dict.fromkeys(data[category]))
    vendors = list(dict.fromkeys(data["vendor"]))
    # A name and its date stand on two lines, so that both fit on a phone.
    labels = alt.Axis(labelExpr="split(datum.label, ', ')", labelOffset=-6, domain=False)
    rows = alt.Y(field=category, type="nominal", sort=order, title=None, axis=labels)
    across = alt.X(field=value, type="quantitative", title=value_title)
    ends = data.groupby(category, sort=False)[value].agg(low="min", high="max").reset_index()
    spans = (
        alt.Chart(ends, height=alt.Step(ROW_PIXELS))
        .mark_rule(strokeWidth=1.5, opacity=0.5)
        .encode(y=rows, x=alt.X("low:Q", title=value_title), x2="high:Q")
    )
    channel: dict[str, Any] = {"field": "vendor", "type": "nominal", "title": None}
    points = (
        alt.Chart(data, height=alt.Step(ROW_PIXELS))
        .mark_point(size=110, opacity=1)
        .encode(
            y=rows,
            x=across,
            color=alt.Color(**channel, scale=charts.vendor_scale(vendors)),
            shape=alt.Shape(**channel, scale=charts.vendor_scale(vendors, shape=True)),
        )
    )
    layers = [spans, points, *_reference_rule(reference, value_title)]
    return alt.LayerChart(layer=layers)


def _reference_rule(reference: float | None, value_title: str) -> list[alt.Chart]:
    import altair as alt

    if reference is None:
        return []
    at = alt.Chart(pd.DataFrame({"at": [reference]}))
    return [at.mark_rule(strokeDash=[4, 3]).encode(x=alt.X("at:Q", title=value_title))]
