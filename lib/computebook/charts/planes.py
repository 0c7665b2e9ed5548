"""Charts over two axes: labelled points with a frontier, heat maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from computebook import errors
from computebook.charts import axes, encodings, frames, placement, theme

if TYPE_CHECKING:
    import altair as alt

_HEIGHT = 340
Frontier = Literal["min-x-max-y", "max-x-max-y", "min-x-min-y", "max-x-min-y"]


def scatter(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    label: str,
    x_title: str,
    y_title: str,
    vendor: str | None = None,
    log_x: bool = False,
    log_y: bool = False,
    frontier: Frontier | None = None,
) -> alt.LayerChart:
    """Return labelled points, optionally with the frontier of those that none dominates.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per point.
    x, y : str
        Columns of finite numbers, in the units that the titles name.
    label : str
        Column of names printed beside the points.
    x_title, y_title : str
        Axis titles: quantity and unit.
    vendor : str, optional
        Column of vendors, drawn in their fixed colours and shapes.
    log_x, log_y : bool
        Logarithmic axes; all numbers on them must be positive.
    frontier : str, optional
        Which corner is best, for example `min-x-max-y` for cost against score.

    Returns
    -------
    altair.LayerChart
        A chart for `figure`.

    Raises
    ------
    ComputebookError
        If a column is unknown or a value is missing.

    Examples
    --------
    >>> frame = pd.DataFrame({"usd": [1.0, 4.0], "score": [50, 80], "model": ["a", "b"]})
    >>> chart = scatter(frame, x="usd", y="score", label="model", x_title="Price ($)",
    ...                 y_title="Score (%)", frontier="min-x-max-y")
    >>> chart.to_dict()["layer"][0]["mark"]["interpolate"]
    'step-after'
    """
    import altair as alt

    data = frames.chart_data(frame, [x, y, label], [x, y], [vendor])
    frames.require_positive(data, [*([x] if log_x else []), *([y] if log_y else [])])
    data = placement.place_labels(
        data, x, y, label, log_x=log_x, log_y=log_y, height=_HEIGHT, frontier=frontier
    )
    base = alt.Chart(data, height=_HEIGHT).encode(
        x=axes.x_axis(data, x, title=x_title, log=log_x, text_format=None),
        y=axes.y_axis(y, data[y], title=y_title, log=log_y),
    )
    colour, shape = encodings.colour_and_shape(data, vendor, legend_offset=36)
    points = base.mark_point(size=80, opacity=1).encode(
        color=colour,
        shape=shape,
        tooltip=encodings.tooltips({"Name": label, x_title: x, y_title: y}),
    )
    return encodings.layered(
        *_frontier_line(base, data, x, y, frontier), points, *_point_labels(base, data, label)
    )


def _point_labels(base: alt.Chart, data: pd.DataFrame, label: str) -> list[alt.Chart]:
    """Return the labels side by side, each over a halo that hides lines behind it."""
    import altair as alt

    text = alt.Text(field=axes.field(label), type="nominal")
    layers = []
    for side, points in data.groupby("label_side", sort=False):
        style = placement.SIDES[str(side)]
        place: dict[str, Any] = {
            "align": style.align,
            "baseline": style.baseline,
            "dx": style.dx,
            "dy": style.dy,
        }
        drawn = base.properties(data=points).encode(text=text)
        halo: dict[str, Any] = {"stroke": theme.PAPER, "strokeWidth": 4, "strokeJoin": "round"}
        layers.append(drawn.mark_text(**place, **halo, fontSize=11))
        layers.append(drawn.mark_text(**place, fontSize=11))
    return layers


def _frontier_line(
    base: alt.Chart, data: pd.DataFrame, x: str, y: str, frontier: Frontier | None
) -> list[alt.Chart]:
    if frontier is None:
        return []
    best = data[placement.on_frontier(data[x].to_numpy(float), data[y].to_numpy(float), frontier)]
    line = base.properties(data=best.sort_values(x, kind="stable"))
    return [
        line.mark_line(
            interpolate="step-after", color=theme.MUTED, strokeDash=[4, 3], strokeWidth=1.5
        )
    ]


def heatmap(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    value: str,
    value_title: str,
    x_title: str | None = None,
    y_title: str | None = None,
    text_format: str = ".3~s",
    log: bool = False,
) -> alt.LayerChart:
    """Return a grid of coloured cells with the number in each.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per cell; a missing value leaves its cell blank.
    x, y : str
        Columns that name column and row, in the order given; each pair once.
    value : str
        Column of numbers, in the unit that `value_title` names.
    value_title : str
        What the cells show: quantity and unit.
    x_title, y_title : str, optional
        Axis titles, needed where the names are numbers.
    text_format : str
        D3 format of the numbers.
    log : bool
        Colour by the logarithm; all values must be positive.

    Returns
    -------
    altair.LayerChart
        A chart for `figure`.

    Raises
    ------
    ComputebookError
        If a pair occurs twice or no cell has a value.

    Examples
    --------
    >>> frame = pd.DataFrame({"gpu": ["a", "b"], "batch": ["1", "1"], "ms": [3.0, 4.0]})
    >>> chart = heatmap(frame, x="batch", y="gpu", value="ms", value_title="Latency (ms)")
    >>> len(chart.layer)
    3
    """
    import altair as alt

    data = frames.chart_data(frame, [x, y], [], [value]).dropna(subset=[value])
    if data.empty:
        raise errors.ComputebookError(f"a heat map of {value!r} needs at least one value")
    frames.require_unique(data, [x, y])
    if log:
        frames.require_positive(data, [value])
    columns, rows = (list(dict.fromkeys(frame[name].tolist())) for name in (x, y))
    x_axis = alt.X(
        field=axes.field(x),
        type="ordinal",
        sort=columns,
        axis=alt.Axis(title=x_title, orient="top", labelAngle=0, domain=False),
    )
    y_axis = alt.Y(
        field=axes.field(y),
        type="ordinal",
        sort=rows,
        axis=alt.Axis(title=y_title, domain=False),
    )
    base = alt.Chart(data, height=alt.Step(32)).encode(x=x_axis, y=y_axis)
    scale = alt.Scale(type="log" if log else "linear", range=list(theme.SEQUENTIAL))
    cells = base.mark_rect(stroke=theme.PAPER, strokeWidth=1).encode(
        color=alt.Color(
            field=axes.field(value),
            type="quantitative",
            scale=scale,
            title=value_title,
            legend=alt.Legend(
                orient="bottom",
                gradientLength=150,
                gradientThickness=10,
                tickCount=3,
                titleOrient="left",
                format=text_format,
            ),
        )
    )
    dark = _dark_cells(data[value].to_numpy(float), log)
    return encodings.layered(
        cells,
        *(_cell_text(base, data[dark == tone], value, text_format, tone) for tone in (False, True)),
    )


def _dark_cells(values: np.ndarray[Any, Any], log: bool) -> np.ndarray[Any, Any]:
    """Return which cells have so dark a ground that white text reads better."""
    position = np.log(values) if log else values
    span = float(np.ptp(position)) or 1.0
    dark: np.ndarray[Any, Any] = (position - position.min()) / span > 0.5
    return dark


def _cell_text(
    base: alt.Chart, data: pd.DataFrame, value: str, text_format: str, dark: bool
) -> alt.Chart:
    import altair as alt

    colour = "#ffffff" if dark else "#0d1117"
    text: alt.Chart = (
        base.properties(data=data)
        .mark_text(color=colour, fontSize=12)
        .encode(text=alt.Text(field=axes.field(value), type="quantitative", format=text_format))
    )
    return text
