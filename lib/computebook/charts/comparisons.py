"""Charts that compare named things on one scale: bars, stacked bars, points with intervals."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from computebook import errors
from computebook.charts import axes, encodings, frames, theme

if TYPE_CHECKING:
    import altair as alt

    Axis = Callable[[str], alt.X]

_END = "mark_end"


def _interval(base: alt.Chart, data: pd.DataFrame, axis: Axis, low: str, high: str) -> alt.Chart:
    """Draw the rows that have an interval as thin lines with end ticks."""
    import altair as alt

    drawn = base.properties(data=data.dropna(subset=[low, high]))
    rules: alt.Chart = drawn.mark_rule(strokeWidth=1.5, color=theme.INK).encode(
        x=axis(low), x2=alt.X2(field=axes.field(high))
    )
    return rules


def bars(
    frame: pd.DataFrame,
    *,
    category: str,
    value: str,
    value_title: str,
    vendor: str | None = None,
    low: str | None = None,
    high: str | None = None,
    sort: str = "value",
    text_format: str | None = None,
) -> alt.LayerChart:
    """Return horizontal bars from zero, with the number at each bar.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per bar.
    category : str
        Column of names, each once.
    value : str
        Column of finite numbers, in the unit that `value_title` names.
    value_title : str
        Axis title: quantity and unit.
    vendor : str, optional
        Column of vendors, drawn in their fixed colours.
    low, high : str, optional
        Columns with the ends of an interval, same unit; missing values draw none.
    sort : str
        `value` (largest first) or `given`.
    text_format : str, optional
        D3 format of the printed number; three significant digits otherwise.

    Returns
    -------
    altair.LayerChart
        A chart for `figure`.

    Raises
    ------
    ComputebookError
        If a column is unknown, a value is missing or a name occurs twice.

    Examples
    --------
    >>> frame = pd.DataFrame({"gpu": ["H100", "B200"], "tb_s": [3.35, 8.0]})
    >>> chart = bars(frame, category="gpu", value="tb_s", value_title="Bandwidth (TB/s)")
    >>> len(chart.layer)
    2
    """
    data = frames.chart_data(frame, [category, value], [value], [vendor, low, high])
    frames.require_unique(data, [category])
    end = data[value] if high is None else data[high].fillna(data[value])
    data = frames.with_labels(data, value).assign(**{_END: end})
    axis = partial(axes.value_axis, title=value_title, upper=axes.upper_with_room(end))
    base = encodings.rows(data, category, frames.ordered(data, category, value, sort))
    layers = [
        base.mark_bar(height={"band": 0.68}).encode(
            x=axis(value),
            color=encodings.colour_and_shape(data, vendor)[0],
            tooltip=encodings.tooltips(
                {"Name": category, value_title: value, "Low": low, "High": high}
            ),
        )
    ]
    if low and high:
        layers.append(_interval(base, data, axis, low, high))
    text = base.mark_text(align="left", dx=7, color=theme.INK).encode(
        x=axis(_END), text=encodings.text_channel(value, text_format)
    )
    return encodings.layered(*layers, text)


def stacked_bars(
    frame: pd.DataFrame,
    *,
    category: str,
    value: str,
    part: str,
    value_title: str,
    sort: str = "given",
    text_format: str | None = None,
) -> alt.LayerChart:
    """Return horizontal bars made of parts, with the total at each bar.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per part of a bar.
    category, part : str
        Columns that name the bar and the part; each pair once.
    value : str
        Column of numbers of at least zero, in the unit that `value_title` names.
    value_title : str
        Axis title: quantity and unit.
    sort : str
        `value` (largest total first) or `given`.
    text_format : str, optional
        D3 format of the total; three significant digits otherwise.

    Returns
    -------
    altair.LayerChart
        A chart for `figure`.

    Raises
    ------
    ComputebookError
        If a value is negative or missing, a pair occurs twice or there are over seven parts.

    Examples
    --------
    >>> frame = pd.DataFrame({"run": ["a", "a"], "part": ["x", "y"], "usd": [1.0, 2.0]})
    >>> chart = stacked_bars(frame, category="run", value="usd", part="part", value_title="$")
    >>> len(chart.layer)
    2
    """
    import altair as alt

    data = frames.chart_data(frame, [category, part, value], [value])
    frames.require_unique(data, [category, part])
    errors.require_finite_in(value, data[value].to_numpy(), "", 0, float("inf"))
    parts = theme.require_palette(part, data[part])
    data = data.assign(part_order=data[part].map({name: i for i, name in enumerate(parts)}))
    sums = data.groupby(category, sort=False)[value].sum().reset_index()
    totals = frames.with_labels(sums, value)
    order = frames.ordered(totals, category, value, sort)
    axis = partial(axes.value_axis, title=value_title, upper=axes.upper_with_room(totals[value]))
    colour = encodings.colour_and_shape(data, None, part)[0]
    marks = (
        encodings.rows(data, category, order)
        .mark_bar(height={"band": 0.68}, stroke=theme.PAPER, strokeWidth=1)
        .encode(
            x=axis(value),
            color=colour,
            order=alt.Order(field="part_order", type="quantitative"),
            tooltip=encodings.tooltips({"Name": category, "Part": part, value_title: value}),
        )
    )
    text = encodings.rows(totals, category, order).mark_text(align="left", dx=7, color=theme.INK)
    text = text.encode(x=axis(value), text=encodings.text_channel(value, text_format))
    return encodings.layered(marks, text)


def dots_with_intervals(
    frame: pd.DataFrame,
    *,
    category: str,
    value: str,
    low: str,
    high: str,
    value_title: str,
    vendor: str | None = None,
    group: str | None = None,
    log: bool = False,
    reference: tuple[float, str] | None = None,
    sort: str = "value",
) -> alt.LayerChart:
    """Return points with their intervals, one row per name.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per point.
    category : str
        Column of names; with `group`, a name may have one point per group.
    value : str
        Column of finite numbers, in the unit that `value_title` names.
    low, high : str
        Columns with the ends of the interval, same unit; missing values draw none.
    value_title : str
        Axis title: quantity and unit.
    vendor : str, optional
        Column of vendors, drawn in their fixed colours and shapes.
    group : str, optional
        Column whose values share a row, told apart by colour and shape; not with `vendor`.
    log : bool
        Logarithmic axis; all numbers must be positive.
    reference : tuple of float and str, optional
        Where a vertical line stands, in the unit of `value`, and what it is called.
    sort : str
        `value` (largest first) or `given`.

    Returns
    -------
    altair.LayerChart
        A chart for `figure`. The axis need not start at zero.

    Raises
    ------
    ComputebookError
        If a column is unknown, a value is missing, or two points fall on one place.

    Examples
    --------
    >>> frame = pd.DataFrame({"m": ["a", "b"], "p": [80, 75], "lo": [76, 71], "hi": [84, 79]})
    >>> chart = dots_with_intervals(
    ...     frame, category="m", value="p", low="lo", high="hi", value_title="Score (%)")
    >>> len(chart.layer)
    2
    """
    import altair as alt

    if vendor and group:
        raise errors.ComputebookError("give vendor or group, not both: each sets the colour")
    data = frames.chart_data(frame, [category, value], [value], [low, high, vendor, group])
    frames.require_unique(data, [category] if group is None else [category, group])
    span = None
    if log:
        frames.require_positive(data, [value, low, high])
        span = axes.log_span([*data[value], *data[low], *data[high]])
    axis = partial(axes.value_axis, title=value_title, log=span, zero=False)
    base = encodings.rows(data, category, frames.ordered(data, category, value, sort))
    if group is not None:
        row = encodings.ROW_PIXELS / 2 * (data[group].nunique() + 1)
        base = base.properties(height=alt.Step(row, **{"for": "position"})).encode(
            yOffset=alt.YOffset(
                field=axes.field(group),
                type="nominal",
                sort=None,
                scale=alt.Scale(paddingOuter=0.4),
            )
        )
    # The name of the reference line stands between legend and plot.
    offset = 10 if reference is None else 24
    colour, shape = encodings.colour_and_shape(data, vendor, group, legend_offset=offset)
    interval = _interval(base, data, axis, low, high)
    points = base.mark_point(size=80, opacity=1).encode(
        x=axis(value),
        color=colour,
        shape=shape,
        tooltip=encodings.tooltips(
            {"Name": category, "Group": group, value_title: value, "Low": low, "High": high}
        ),
    )
    return encodings.layered(interval, points, *_reference_line(reference, data[value], axis))


def _reference_line(
    reference: tuple[float, str] | None, values: pd.Series[Any], axis: Axis
) -> list[alt.Chart]:
    """Return a dashed vertical line and its label, or nothing."""
    import altair as alt

    if reference is None:
        return []
    base = alt.Chart(pd.DataFrame({"reference": [reference[0]], "name": [reference[1]]}))
    rule = base.mark_rule(color=theme.MUTED, strokeDash=[4, 3]).encode(x=axis("reference"))
    # The label lies over the wider side of the plot, so that it is not cut on a phone.
    on_right = reference[0] < (values.min() + values.max()) / 2
    text = base.mark_text(
        color=theme.MUTED,
        align="left" if on_right else "right",
        baseline="bottom",
        dx=4 if on_right else -4,
        fontSize=11,
    )
    return [rule, text.encode(x=axis("reference"), y=alt.value(0), text="name:N")]
