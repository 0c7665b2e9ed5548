"""The chapter's charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from computebook import charts
from computebook.exhibits.api_economics.reasoning import output_lengths

if TYPE_CHECKING:
    import altair as alt

__all__ = ["budget_chart", "cache_chart", "lengths_chart", "rival_chart", "volume_chart"]


def lengths_chart(queries: pd.DataFrame) -> alt.LayerChart:
    """Return the distribution of output lengths with the article's queries on it.

    Parameters
    ----------
    queries : DataFrame
        From `priced_queries`: `query`, `output_tokens`, `length_percentile`.
    """
    import altair as alt

    x = alt.X(
        "output_tokens:Q",
        title="Output per request, reasoning included (tokens)",
        scale=alt.Scale(type="log", domain=[50, 100_000], nice=False),
        axis=alt.Axis(values=[100, 1_000, 10_000, 100_000], format=",d"),
    )
    y = alt.Y(
        "percent:Q",
        title="Requests at most this long (%)",
        scale=alt.Scale(domain=[0, 108], nice=False),
        axis=alt.Axis(values=[0, 25, 50, 75, 100]),
    )
    lengths = output_lengths()
    curve = pd.DataFrame(
        {"output_tokens": lengths.tokens, "percent": [100 * float(f) for f in lengths.fractions]}
    )
    points = queries[["query", "output_tokens"]].assign(percent=100 * queries["length_percentile"])
    line = alt.Chart(curve, height=340).mark_line(color=charts.PALETTE[0]).encode(x=x, y=y)
    marked = alt.Chart(points).encode(x=x, y=y)
    dots = marked.mark_point(size=110, filled=True, color=charts.PALETTE[1], shape="diamond")
    drawn: alt.LayerChart = line + dots + _query_labels(points, x, y)
    return drawn


def _query_labels(points: pd.DataFrame, x: alt.X, y: alt.Y) -> alt.LayerChart:
    """Return the names of the queries, the last one below its point: the two top ones are near."""
    import altair as alt

    style: dict[str, Any] = {
        "align": "right",
        "dx": -8,
        "fontWeight": "bold",
        "color": charts.PALETTE[1],
    }
    layers = [
        alt.Chart(part).mark_text(dy=dy, **style).encode(x=x, y=y, text="query:N")
        for part, dy in ((points.iloc[:-1], -9), (points.iloc[-1:], 14))
    ]
    labels: alt.LayerChart = layers[0] + layers[1]
    return labels


def _with_rule(
    chart: alt.LayerChart, at: float, name: str, *, along: str = "y", near_top: bool = True
) -> alt.LayerChart:
    """Return a line chart with a dashed line at one value of an axis, and its name."""
    import altair as alt

    axis = getattr(chart.layer[0].encoding, along)
    channel = axis.copy(deep=True)
    channel.shorthand = "at:Q"
    channel.field = alt.Undefined
    channel.type = alt.Undefined
    base = alt.Chart(pd.DataFrame({"at": [at], "name": [name]}))
    rule = base.mark_rule(strokeDash=[5, 4], strokeWidth=1.5).encode(**{along: channel})
    place: dict[str, Any] = (
        {"x": alt.value(6)} if along == "y" else {"y": alt.value(10 if near_top else 300)}
    )
    dodge: dict[str, Any] = {"dy": -8} if along == "y" else {"dx": 6}
    text = base.mark_text(align="left", **dodge).encode(text="name:N", **{along: channel}, **place)
    combined: alt.LayerChart = alt.LayerChart(layer=[*chart.layer, rule, text])
    return combined.properties(padding=chart.padding)


def _lines_only(chart: alt.LayerChart) -> alt.LayerChart:
    """Return a line chart without its points, where there are too many of them to tell apart."""
    kept = [part for part in chart.layer if getattr(part.mark, "type", "") != "point"]
    return type(chart)(layer=kept).properties(padding=chart.padding)


def budget_chart(curves: pd.DataFrame, budget_usd: float) -> alt.LayerChart:
    """Return the chance of passing each budget, a line per state of knowledge.

    Parameters
    ----------
    curves : DataFrame
        From `budget_curves`.
    budget_usd : float
        The reader's budget, marked; US dollars.
    """
    drawn = charts.lines(
        curves,
        x="budget_usd",
        y="exceeds_percent",
        series="known",
        x_title="Budget for a month ($)",
        y_title="Chance that the bill passes it (%)",
        x_format="~s",
    )
    drawn = _lines_only(drawn)
    inside = curves["budget_usd"].min() <= budget_usd <= curves["budget_usd"].max()
    return _with_rule(drawn, budget_usd, "your budget", along="x") if inside else drawn


def cache_chart(curves: pd.DataFrame) -> alt.LayerChart:
    """Return the cost of a cached prefix by its uses, a line per cache; from `cache_curves`."""
    drawn = charts.lines(
        curves,
        x="turns_per_hour",
        y="cost_percent",
        series="cache",
        x_title="Turns of the conversation per hour, at random (1/h)",
        y_title="Prefix, over sending it uncached (%)",
        log_x=True,
    )
    return _with_rule(drawn, 100.0, "no cache")


def volume_chart(curves: pd.DataFrame) -> alt.LayerChart:
    """Return own cost by traffic beside the level API prices; from `cost_by_volume`."""
    drawn = charts.lines(
        curves,
        x="million_requests",
        y="usd_per_krequest",
        series="series",
        x_title="Requests a month (million)",
        y_title="Your request ($ per 1,000)",
        log_x=True,
        log_y=True,
    )
    return _lines_only(drawn)


def rival_chart(curves: pd.DataFrame) -> alt.LayerChart:
    """Return the bill of GPT-5.2 over Gemini 3 Pro's by mix; from `rival_curves`."""
    drawn = charts.lines(
        curves,
        x="ratio",
        y="percent",
        series="cached",
        x_title="Input tokens per output token",
        y_title="GPT-5.2's bill over Gemini 3 Pro's (%)",
        log_x=True,
    )
    return _with_rule(drawn, 100.0, "equal bills")
