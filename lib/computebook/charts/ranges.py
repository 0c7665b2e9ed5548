"""Charts of spans between numbers: low to high, printed to recomputed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from computebook import errors
from computebook.charts import axes, encodings, frames, theme

if TYPE_CHECKING:
    import altair as alt

_ROOM_FOR_RANGE = 0.45


def range_bars(
    frame: pd.DataFrame,
    *,
    category: str,
    low: str,
    central: str,
    high: str,
    value_title: str,
    log: bool = False,
    vendor: str | None = None,
    sort: str = "given",
    text_format: str | None = None,
) -> alt.LayerChart:
    """Return ranges from low to high with the central value marked and printed.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per range.
    category : str
        Column of names, each once.
    low, central, high : str
        Columns of finite numbers in ascending order, in the unit that `value_title` names.
    value_title : str
        Axis title: quantity and unit.
    log : bool
        Logarithmic axis; all numbers must be positive.
    vendor : str, optional
        Column of vendors, drawn in their fixed colours.
    sort : str
        `given` or `value` (largest central value first).
    text_format : str, optional
        D3 format of the central value; otherwise all three numbers are printed.

    Returns
    -------
    altair.LayerChart
        A chart for `figure`.

    Raises
    ------
    ComputebookError
        If low, central and high are not in ascending order in some row.

    Examples
    --------
    >>> frame = pd.DataFrame({"case": ["base"], "lo": [1.0], "mid": [2.0], "hi": [4.0]})
    >>> chart = range_bars(
    ...     frame, category="case", low="lo", central="mid", high="hi", value_title="Cost ($)")
    >>> len(chart.layer)
    3
    """
    import altair as alt

    data = frames.chart_data(frame, [category, low, central, high], [low, central, high], [vendor])
    frames.require_unique(data, [category])
    wrong = data[(data[low] > data[central]) | (data[central] > data[high])]
    if not wrong.empty:
        raise errors.ComputebookError(
            f"{low} <= {central} <= {high} does not hold for {wrong[category].iloc[0]!r}"
        )
    data = data.assign(**{frames.LABEL: _range_labels(data, low, central, high)})
    upper, span = axes.upper_with_room(data[high], room=_ROOM_FOR_RANGE), None
    if log:
        frames.require_positive(data, [low])
        span = axes.log_span([*data[low], *data[high]], room=_ROOM_FOR_RANGE)
    axis = partial(axes.value_axis, title=value_title, log=span, upper=upper)
    base = encodings.rows(data, category, frames.ordered(data, category, central, sort))
    colour = encodings.colour_and_shape(data, vendor)[0]
    spans = base.mark_bar(height={"band": 0.5}, opacity=0.38, cornerRadius=2).encode(
        x=axis(low),
        x2=alt.X2(field=axes.field(high)),
        color=colour,
        tooltip=encodings.tooltips(
            {"Name": category, "Low": low, "Central": central, "High": high}
        ),
    )
    ticks = base.mark_tick(thickness=3, height={"band": 0.72}, opacity=1).encode(
        x=axis(central), color=colour
    )
    text = base.mark_text(align="left", dx=7, color=theme.INK).encode(
        x=axis(high), text=encodings.text_channel(central, text_format)
    )
    return encodings.layered(spans, ticks, text)


def _range_labels(data: pd.DataFrame, low: str, central: str, high: str) -> list[str]:
    """Return each range as central (low–high)."""
    columns = (frames.number_labels(data[name]) for name in (central, low, high))
    return [f"{mid} ({least}–{most})" for mid, least, most in zip(*columns, strict=True)]


def dumbbell(
    frame: pd.DataFrame,
    *,
    category: str,
    before: str,
    after: str,
    value_title: str,
    before_label: str = "Article",
    after_label: str = "Recomputed",
    log: bool = False,
) -> alt.LayerChart:
    """Return pairs of points joined by a line: a printed value and ours.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per pair.
    category : str
        Column of names, each once.
    before, after : str
        Columns of finite numbers, in the unit that `value_title` names.
    value_title : str
        Axis title: quantity and unit.
    before_label, after_label : str
        Legend entries of the two points.
    log : bool
        Logarithmic axis; all numbers must be positive.

    Returns
    -------
    altair.LayerChart
        A chart for `figure`, rows as given.

    Raises
    ------
    ComputebookError
        If a column is unknown, a value is missing or a name occurs twice.

    Examples
    --------
    >>> frame = pd.DataFrame({"claim": ["PUE"], "article": [1.1], "ours": [1.3]})
    >>> chart = dumbbell(
    ...     frame, category="claim", before="article", after="ours", value_title="Ratio (1)")
    >>> len(chart.layer)
    2
    """
    import altair as alt

    data = frames.chart_data(frame, [category, before, after], [before, after])
    frames.require_unique(data, [category])
    names = {before: before_label, after: after_label}
    ends = data.melt(
        id_vars=[category], value_vars=[before, after], var_name="which", value_name="value"
    )
    ends = ends.assign(which=ends["which"].map(names))
    order = frames.ordered(data, category, after, "given")
    span = None
    if log:
        frames.require_positive(data, [before, after])
        span = axes.log_span([*data[before], *data[after]])
    axis = partial(axes.value_axis, title=value_title, log=span)
    lines = (
        encodings.rows(data, category, order)
        .mark_rule(strokeWidth=2, color=theme.GRID)
        .encode(x=axis(before), x2=alt.X2(field=axes.field(after)))
    )
    domain, colours = list(names.values()), [theme.MUTED, theme.ACCENT]
    points = (
        encodings.rows(ends, category, order)
        .mark_point(size=90, opacity=1)
        .encode(
            x=axis("value"),
            color=alt.Color("which:N", title=None, scale=alt.Scale(domain=domain, range=colours)),
            shape=alt.Shape(
                "which:N", title=None, scale=alt.Scale(domain=domain, range=["diamond", "circle"])
            ),
            tooltip=encodings.tooltips({"Name": category, "": "which", value_title: "value"}),
        )
    )
    return encodings.layered(lines, points)
