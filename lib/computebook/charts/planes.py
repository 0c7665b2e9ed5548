"""Charts over two axes: lines, labelled points with a frontier, heat maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from computebook import errors
from computebook.charts import encodings, frames, placement, theme

if TYPE_CHECKING:
    import altair as alt

_HEIGHT = 340
_DIRECT_LABELS = 5
Frontier = Literal["min-x-max-y", "max-x-max-y", "min-x-min-y", "max-x-min-y"]


def _x_type(values: pd.Series[Any]) -> Literal["quantitative", "temporal", "ordinal"]:
    if pd.api.types.is_datetime64_any_dtype(values):
        return "temporal"
    return "quantitative" if pd.api.types.is_numeric_dtype(values) else "ordinal"


def _scale(log: bool, zero: bool = False) -> alt.Scale:
    import altair as alt

    return alt.Scale(type="log", nice=True) if log else alt.Scale(zero=zero, nice=True)


def _x(data: pd.DataFrame, name: str, title: str, log: bool, text: str | None) -> alt.X:
    import altair as alt

    kind = _x_type(data[name])
    axis = alt.Axis(title=title, grid=False, domain=True, ticks=True, labelAngle=0)
    if text is not None:
        axis["format"] = text
    if kind == "ordinal":
        return alt.X(field=encodings.field(name), type=kind, sort=None, axis=axis)
    scale = _scale(log) if kind == "quantitative" else alt.Scale()
    return alt.X(field=encodings.field(name), type=kind, scale=scale, axis=axis)


def _y(name: str, title: str, log: bool, text: str | None, zero: bool = False) -> alt.Y:
    import altair as alt

    axis = alt.Axis(
        title=title,
        titleAngle=0,
        titleAlign="left",
        titleAnchor="end",
        titleY=-14,
        titleX=-2,
        titleBaseline="bottom",
        titlePadding=0,
    )
    if text is not None:
        axis["format"] = text
    return alt.Y(
        field=encodings.field(name), type="quantitative", scale=_scale(log, zero), axis=axis
    )


def _series_scales(
    data: pd.DataFrame, series: str, vendor: str | None
) -> tuple[list[str], list[str], list[str], list[list[int]]]:
    """Return names, colours, shapes and dashes of the series of a line chart."""
    names = theme.require_palette(series, data[series])
    dashes = [list(theme.DASHES[i % len(theme.DASHES)]) for i in range(len(names))]
    if vendor is None:
        return names, list(theme.PALETTE[: len(names)]), list(theme.SHAPES[: len(names)]), dashes
    owners = data.drop_duplicates(series)[vendor].astype(str)
    colours = [theme.vendor_colour(owner) for owner in owners]
    return names, colours, [theme.vendor_shape(owner) for owner in owners], dashes


def lines(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    series: str,
    x_title: str,
    y_title: str,
    low: str | None = None,
    high: str | None = None,
    log_x: bool = False,
    log_y: bool = False,
    vendor: str | None = None,
    x_format: str | None = None,
    y_format: str | None = None,
) -> alt.LayerChart:
    """Return one line per series, labelled at its end up to five series.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per point of a line.
    x, y : str
        Columns of the axes; `x` holds numbers, dates or names in order, `y` finite numbers.
    series : str
        Column that names the line; each pair of `series` and `x` once.
    x_title, y_title : str
        Axis titles: quantity and unit.
    low, high : str, optional
        Columns with the edges of a band, in the unit of `y`.
    log_x, log_y : bool
        Logarithmic axes; all numbers on them must be positive.
    vendor : str, optional
        Column with the vendor of each series, drawn in its fixed colour.
    x_format, y_format : str, optional
        D3 formats of the axis labels.

    Returns
    -------
    altair.LayerChart
        A chart for `figure`.

    Raises
    ------
    ComputebookError
        If a value is missing, a point occurs twice or there are over seven series.

    Examples
    --------
    >>> frame = pd.DataFrame({"n": [1, 2, 1, 2], "s": [1.0, 2.0, 2.0, 3.0], "gpu": list("aabb")})
    >>> chart = lines(frame, x="n", y="s", series="gpu", x_title="Users (1)", y_title="Time (s)")
    >>> len(chart.layer)
    3
    """
    import altair as alt

    numbers = [y] if _x_type(frame[x] if x in frame else pd.Series()) != "quantitative" else [x, y]
    data = frames.chart_data(frame, [x, y, series], numbers, [low, high, vendor])
    frames.require_unique(data, [series, x])
    frames.require_positive(data, [x] if log_x else [])
    frames.require_positive(data, [y, low, high] if log_y else [])
    names, colours, shapes, dashes = _series_scales(data, series, vendor)
    direct = len(names) <= _DIRECT_LABELS
    legend = None if direct else alt.Legend(columns=encodings.legend_columns(names), symbolSize=120)
    key: dict[str, Any] = {"field": encodings.field(series), "type": "nominal", "title": None}
    colour = alt.Color(**key, legend=legend, scale=alt.Scale(domain=names, range=colours))
    shape = alt.Shape(**key, legend=legend, scale=alt.Scale(domain=names, range=shapes))
    dash = alt.StrokeDash(**key, legend=None, scale=alt.Scale(domain=names, range=dashes))
    x_axis, y_axis = _x(data, x, x_title, log_x, x_format), _y(y, y_title, log_y, y_format)
    base = alt.Chart(data, height=_HEIGHT).encode(x=x_axis, color=colour)
    layers: list[Any] = []
    if low and high:
        layers.append(
            base.mark_area(opacity=0.16, line=False).encode(
                y=_y(low, y_title, log_y, y_format), y2=alt.Y2(field=encodings.field(high))
            )
        )
    layers.append(base.mark_line().encode(y=y_axis, strokeDash=dash))
    layers.append(
        base.mark_point(size=36, opacity=1).encode(
            y=y_axis,
            shape=shape,
            tooltip=encodings.tooltips({"Series": series, x_title: x, y_title: y}),
        )
    )
    if direct:
        layers.append(
            _end_labels(data, x, y, series, log_y).encode(
                x=x_axis, y=_y("label_y", y_title, log_y, y_format), color=colour
            )
        )
    chart = encodings.layered(*layers)
    widest = max(len(name) for name in names)
    return chart.properties(
        padding={"left": 5, "top": 5, "bottom": 5, "right": 12 + 7 * widest if direct else 12}
    )


def _end_labels(data: pd.DataFrame, x: str, y: str, series: str, log: bool) -> alt.Chart:
    """Return the names of the series at their last points, moved apart where they collide."""
    import altair as alt

    ends = data.groupby(series, sort=False).tail(1).reset_index(drop=True)
    spread = placement.move_apart(ends[y].to_numpy(float), data[y].to_numpy(float), _HEIGHT, log)
    labels = alt.Chart(ends.assign(label_y=spread), height=_HEIGHT)
    text: alt.Chart = labels.mark_text(align="left", dx=9, fontWeight="bold").encode(
        text=alt.Text(field=encodings.field(series), type="nominal")
    )
    return text


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
    >>> len(chart.layer)
    3
    """
    import altair as alt

    data = frames.chart_data(frame, [x, y, label], [x, y], [vendor])
    frames.require_positive(data, [*([x] if log_x else []), *([y] if log_y else [])])
    data = placement.place_labels(data, x, y, label, log_x, log_y, _HEIGHT)
    base = alt.Chart(data, height=_HEIGHT).encode(
        x=_x(data, x, x_title, log_x, None), y=_y(y, y_title, log_y, None)
    )
    colour, shape = encodings.colour_and_shape(data, vendor)
    points = base.mark_point(size=80, opacity=1).encode(
        color=colour,
        shape=shape,
        tooltip=encodings.tooltips({"Name": label, x_title: x, y_title: y}),
    )
    return encodings.layered(
        *_frontier_line(base, data, x, y, frontier), points, *_point_labels(base, data, label)
    )


def _point_labels(base: alt.Chart, data: pd.DataFrame, label: str) -> list[alt.Chart]:
    """Return one text layer per side on which labels stand."""
    import altair as alt

    layers = []
    for side in dict.fromkeys(data["label_side"]):
        style = placement.SIDES[str(side)]
        layers.append(
            base.properties(data=data[data["label_side"] == side])
            .mark_text(
                align=style.align, baseline=style.baseline, dx=style.dx, dy=style.dy, fontSize=11
            )
            .encode(text=alt.Text(field=encodings.field(label), type="nominal"))
        )
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
        field=encodings.field(x),
        type="ordinal",
        sort=columns,
        axis=alt.Axis(title=x_title, orient="top", labelAngle=0, domain=False),
    )
    y_axis = alt.Y(
        field=encodings.field(y),
        type="ordinal",
        sort=rows,
        axis=alt.Axis(title=y_title, domain=False),
    )
    base = alt.Chart(data, height=alt.Step(32)).encode(x=x_axis, y=y_axis)
    scale = alt.Scale(type="log" if log else "linear", range=list(theme.SEQUENTIAL))
    cells = base.mark_rect(stroke=theme.PAPER, strokeWidth=1).encode(
        color=alt.Color(
            field=encodings.field(value),
            type="quantitative",
            scale=scale,
            title=value_title,
            legend=alt.Legend(
                orient="bottom",
                gradientLength=200,
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
        .encode(
            text=alt.Text(field=encodings.field(value), type="quantitative", format=text_format)
        )
    )
    return text
