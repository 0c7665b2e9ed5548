"""Line charts: one line per series, labelled at its end, with an optional band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from computebook.charts import axes, encodings, frames, placement, theme

if TYPE_CHECKING:
    import altair as alt

_HEIGHT = 340
_DIRECT_LABELS = 5
_LABEL_AT = "label_y"


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
    numbers = [x, y] if x in frame and pd.api.types.is_numeric_dtype(frame[x]) else [y]
    data = frames.chart_data(frame, [x, y, series], numbers, [low, high, vendor])
    frames.require_unique(data, [series, x])
    frames.require_positive(data, [x] if log_x else [])
    frames.require_positive(data, [y, low, high] if log_y else [])
    look = _series_look(data, series, vendor)
    across = axes.x_axis(data, x, title=x_title, log=log_x, text_format=x_format)
    drawn = [name for name in (y, low, high) if name is not None]
    values = [value for name in drawn for value in data[name]]
    up = {
        name: axes.y_axis(name, values, title=y_title, log=log_y, text_format=y_format)
        for name in (*drawn, _LABEL_AT)
    }
    tooltip = encodings.tooltips({"Series": series, x_title: x, y_title: y})
    base = _base(data, across, look)
    layers = _band(base, up, low, high)
    layers.append(base.mark_line().encode(y=up[y], strokeDash=look.dash))
    layers.append(
        base.mark_point(size=36, opacity=1).encode(y=up[y], shape=look.shape, tooltip=tooltip)
    )
    if look.direct:
        ends = _ends(data, y, series, log_y)
        layers.append(_end_labels(_base(ends, across, look).encode(y=up[_LABEL_AT]), series))
    right = 12  # fit-x makes room for the labels at the ends
    return encodings.layered(*layers).properties(
        padding={"left": 5, "top": 5, "bottom": 5, "right": right}
    )


@dataclass(frozen=True)
class _Look:
    """Channels that tell the series apart."""

    colour: Any
    shape: Any
    dash: Any
    direct: bool


def _series_look(data: pd.DataFrame, series: str, vendor: str | None) -> _Look:
    import altair as alt

    names = theme.require_palette(series, data[series])
    direct = len(names) <= _DIRECT_LABELS
    colours, shapes = list(theme.PALETTE[: len(names)]), list(theme.SHAPES[: len(names)])
    if vendor is not None:
        owners = data.drop_duplicates(series)[vendor].astype(str)
        colours = [theme.vendor_colour(owner) for owner in owners]
        shapes = [theme.vendor_shape(owner) for owner in owners]
    dashes = [list(dash) for dash in theme.DASHES[: len(names)]] if direct else [[1, 0]]
    legend = (
        None
        if direct
        else alt.Legend(
            columns=encodings.legend_columns(names),
            symbolDash=[1, 0],
            symbolStrokeWidth=0,
            offset=36,
        )
    )
    key: dict[str, Any] = {"field": axes.field(series), "type": "nominal", "title": None}
    return _Look(
        alt.Color(**key, legend=legend, scale=alt.Scale(domain=names, range=colours)),
        alt.Shape(**key, legend=legend, scale=alt.Scale(domain=names, range=shapes)),
        alt.StrokeDash(**key, legend=None, scale=alt.Scale(domain=names, range=dashes)),
        direct,
    )


def _base(data: pd.DataFrame, across: alt.X, look: _Look) -> alt.Chart:
    import altair as alt

    return alt.Chart(data, height=_HEIGHT).encode(x=across, color=look.colour)


def _band(base: alt.Chart, up: dict[str, alt.Y], low: str | None, high: str | None) -> list[Any]:
    import altair as alt

    if low is None or high is None:
        return []
    area = base.mark_area(opacity=0.16, line=False)
    return [area.encode(y=up[low], y2=alt.Y2(field=axes.field(high)))]


def _ends(data: pd.DataFrame, y: str, series: str, log: bool) -> pd.DataFrame:
    """Return the last point of each series and where its label stands."""
    ends = data.groupby(series, sort=False).tail(1).reset_index(drop=True)
    spread = placement.move_apart(ends[y].to_numpy(float), data[y].to_numpy(float), _HEIGHT, log)
    return ends.assign(**{_LABEL_AT: spread})


def _end_labels(base: alt.Chart, series: str) -> alt.Chart:
    import altair as alt

    text: alt.Chart = base.mark_text(align="left", dx=9, fontWeight="bold").encode(
        text=alt.Text(field=axes.field(series), type="nominal")
    )
    return text
