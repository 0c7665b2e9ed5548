"""Charts of the chapter that the general forms do not draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from computebook import charts

if TYPE_CHECKING:
    import altair as alt

__all__ = ["drivers_chart", "energy_chart", "fleet_chart", "joules_chart", "power_chart"]

_HEIGHT_PER_ROW = 34
TOOLTIPS = {"case": "N", "low": "Q", "central": "Q", "high": "Q"}


def energy_chart(ranges: pd.DataFrame) -> alt.LayerChart:
    """Return estimated ranges and published points of energy per query on one logarithmic axis.

    Parameters
    ----------
    ranges : DataFrame
        From `energy.query_ranges`.
    """
    import altair as alt

    title, order = "Energy per query (Wh)", list(ranges["case"])
    # Room for the number beside the longest bar.
    most = 40 * float(ranges["high"].max())
    scale = alt.Scale(type="log", domain=[0.1, most], nice=False)
    axis = alt.Axis(values=[0.1, 10, 1e3, 1e5], format=",~g")
    colour = alt.Color(
        "kind:N",
        title=None,
        legend=alt.Legend(symbolOpacity=1, symbolType="circle"),
        scale=alt.Scale(domain=["estimate", "published"], range=list(charts.PALETTE[:2])),
    )
    base = alt.Chart(ranges, height=_HEIGHT_PER_ROW * len(order)).encode(
        y=alt.Y("case:N", sort=order, title=None, axis=alt.Axis(labelLimit=200)),
        tooltip=[f"{name}:{kind}" for name, kind in TOOLTIPS.items()],
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
        x=alt.X("high:Q", title=title, scale=scale, axis=axis),
        text=alt.Text("central:Q", format=",.3~r"),
    )
    return alt.LayerChart(layer=[spans, points, text])


def joules_chart(curves: pd.DataFrame) -> alt.LayerChart:
    """Return energy per token by load, one line and band per GPU.

    Parameters
    ----------
    curves : DataFrame
        From `loads.energy_by_load`.
    """
    return charts.lines(
        curves,
        x="users_per_gpu",
        y="joules",
        series="gpu",
        low="low",
        high="high",
        x_title="Users per GPU (users)",
        y_title="Energy per output token (J)",
        log_x=True,
        log_y=True,
    )


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
    return _ranges(ranges, "case", "Cost of the fleet (thousand $ a month)", ",.0f")


def drivers_chart(drivers: pd.DataFrame) -> alt.LayerChart:
    """Return how far each input moves the rent.

    Parameters
    ----------
    drivers : DataFrame
        From `costs.sensitivity`.
    """
    return _ranges(drivers.round(2), "input", "Rent over that of the plan (ratio)")


def _ranges(
    frame: pd.DataFrame, category: str, title: str, text_format: str | None = None
) -> alt.LayerChart:
    return charts.range_bars(
        frame,
        category=category,
        low="low",
        central="central",
        high="high",
        value_title=title,
        log=True,
        text_format=text_format,
    )
