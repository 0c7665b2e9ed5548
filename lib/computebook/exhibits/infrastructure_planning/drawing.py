"""Charts of the chapter that the general forms do not draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from computebook import charts

if TYPE_CHECKING:
    import altair as alt

__all__ = ["drivers_chart", "energy_chart", "fleet_chart", "power_chart"]

_HEIGHT_PER_ROW = 34


def energy_chart(ranges: pd.DataFrame) -> alt.LayerChart:
    """Return estimated ranges and published points of energy per query on one logarithmic axis.

    Parameters
    ----------
    ranges : DataFrame
        From `energy.query_ranges`.
    """
    import altair as alt

    title, order = "Energy per query (Wh, at the boundary of the source)", list(ranges["case"])
    labels = ranges.assign(text=[_label(row) for _, row in ranges.iterrows()])
    scale = alt.Scale(type="log", domain=[0.1, 1e6], nice=False)
    axis = alt.Axis(values=[0.1, 1, 10, 100, 1e3, 1e4], format=",~g")
    colour = alt.Color(
        "kind:N",
        title=None,
        legend=alt.Legend(symbolOpacity=1, symbolType="circle"),
        scale=alt.Scale(domain=["estimate", "published"], range=list(charts.PALETTE[:2])),
    )
    base = alt.Chart(labels, height=_HEIGHT_PER_ROW * len(order)).encode(
        y=alt.Y("case:N", sort=order, title=None, axis=alt.Axis(labelLimit=300))
    )
    spans = base.mark_bar(height=14, opacity=0.38, cornerRadius=2).encode(
        x=alt.X("low:Q", title=title, scale=scale, axis=axis), x2="high:Q", color=colour
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("central:Q", title=title, scale=scale, axis=axis),
        color=colour,
        shape=alt.Shape("kind:N", legend=None),
    )
    text = base.mark_text(align="left", dx=8).encode(
        x=alt.X("high:Q", title=title, scale=scale, axis=axis), text="text:N"
    )
    return alt.LayerChart(layer=[spans, points, text])


def _label(row: pd.Series[float]) -> str:
    if row["low"] == row["high"]:
        return f"{row['central']:,.3g}"
    return f"{row['central']:,.0f} ({row['low']:,.0f} to {row['high']:,.0f})"


def power_chart(stack: pd.DataFrame) -> alt.LayerChart:
    """Return watts per GPU in parts.

    Parameters
    ----------
    stack : DataFrame
        From `site.power_stack`.
    """
    title = "Rated power per GPU (W)"
    return charts.stacked_bars(
        stack, category="gpu", value="w", part="part", value_title=title, text_format=",.0f"
    )


def fleet_chart(ranges: pd.DataFrame) -> alt.LayerChart:
    """Return the monthly cost of each fleet as a range.

    Parameters
    ----------
    ranges : DataFrame
        From `costs.cost_ranges`.
    """
    return _ranges(ranges, "case", "Cost of the fleet (thousand $ a month)")


def drivers_chart(drivers: pd.DataFrame) -> alt.LayerChart:
    """Return how far each input moves the rent.

    Parameters
    ----------
    drivers : DataFrame
        From `costs.sensitivity`.
    """
    return _ranges(drivers, "input", "Rent of the fleet (thousand $ a month)")


def _ranges(frame: pd.DataFrame, category: str, title: str) -> alt.LayerChart:
    ends = {"low": "low", "central": "central", "high": "high"}
    return charts.range_bars(frame, category=category, value_title=title, log=True, **ends)
