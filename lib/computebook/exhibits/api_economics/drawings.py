"""The chapter's charts, and what each shows in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from computebook import charts
from computebook.exhibits.api_economics.reasoning import length_curve

if TYPE_CHECKING:
    import altair as alt

__all__ = [
    "cache_chart",
    "ends_in_words",
    "largest_leaves_in_words",
    "leaves_chart",
    "lengths_chart",
    "utilization_chart",
]


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
    curve = length_curve().assign(percent=lambda frame: 100 * frame["fraction"])
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


def leaves_chart(leaves: pd.DataFrame) -> alt.LayerChart:
    """Return the bill of each workload as a bar of its leaves; `leaves` from `bills_by_leaf`."""
    return charts.stacked_bars(
        leaves,
        category="workload",
        value="usd_per_krequest",
        part="leaf",
        value_title="Bill ($ per 1,000 requests)",
        text_format="$.3~s",
    )


def largest_leaves_in_words(leaves: pd.DataFrame) -> str:
    """Return the largest leaf of each workload's bill, in words."""
    largest = leaves.loc[leaves.groupby("workload", sort=False)["share"].idxmax()]
    return "; ".join(
        f"{row['workload']}, {str(row['leaf']).lower()} {row['share']:.0%}"
        for row in largest.to_dict("records")
    )


def _short(name: str) -> str:
    return name.removeprefix("Claude ").removesuffix(" Thinking")


def cache_chart(curves: pd.DataFrame) -> alt.LayerChart:
    """Return the cost of a request by cached share, a line per model."""
    return charts.lines(
        curves.assign(model=curves["model"].map(_short)),
        x="cached_percent",
        y="usd_per_krequest",
        series="model",
        vendor="vendor",
        x_title="Input read from the cache (%)",
        y_title="Your request ($ per 1,000)",
        log_y=True,
    )


def ends_in_words(curves: pd.DataFrame, series: str) -> str:
    """Return where each line of costs begins and ends, in words."""
    ends = curves.groupby(series, sort=False)["usd_per_krequest"].agg(["first", "last"])
    return "; ".join(
        f"{name} from ${row['first']:,.2f} to ${row['last']:,.2f}" for name, row in ends.iterrows()
    )


def utilization_chart(curves: pd.DataFrame) -> alt.LayerChart:
    """Return own cost by utilization beside the level API prices."""
    return charts.lines(
        curves,
        x="utilization_percent",
        y="usd_per_krequest",
        series="series",
        x_title="Utilization of the own fleet (%)",
        y_title="Your request ($ per 1,000)",
        log_y=True,
    )
