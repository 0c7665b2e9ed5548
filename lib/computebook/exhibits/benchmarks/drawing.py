"""Charts of the chapter on benchmarks that no general form draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from computebook import charts
from computebook.charts import theme

if TYPE_CHECKING:
    import altair as alt

__all__ = ["frontier_chart", "labelled_intervals", "short_name"]

ROW_PIXELS = 21
_SHARE_OF_LABELS = 0.4
_PADDING = 0.03
_BETWEEN = "|"


def short_name(model: str) -> str:
    """Return a model name that fits beside a mark on a phone; colour and shape tell the vendor.

    Parameters
    ----------
    model : str
        A model's name.

    Examples
    --------
    >>> [short_name(name) for name in ("Claude Opus 4.5", "GPT-5.2 Pro", "GPT-5.1")]
    ['Opus 4.5', '5.2 Pro', 'GPT-5.1']
    """
    without_maker = model.removeprefix("Claude ")
    tail = without_maker.removeprefix("GPT-")
    return tail if " " in tail else without_maker


def labelled_intervals(
    frame: pd.DataFrame,
    *,
    category: str,
    label: str,
    value: str,
    low: str,
    high: str,
    value_title: str,
    ticks: list[float],
    vendor: str | None = None,
    reference: float | None = None,
) -> alt.LayerChart:
    """Return points with intervals in groups: the group at the axis, the name at each interval.

    Parameters
    ----------
    frame : DataFrame
        One row per point, those of a group together.
    category, label : str
        Columns that name the group and the point.
    value, low, high : str
        Columns of the point and the ends of its interval, in the unit of `value_title`.
    value_title : str
        Axis title: quantity and unit.
    ticks : list of float
        Labelled positions on the axis.
    vendor : str, optional
        Column of vendors, drawn in their fixed colours and shapes.
    reference : float, optional
        Where a dashed line stands, in the unit of `value_title`.

    Returns
    -------
    altair.LayerChart
        A chart for `charts.figure`.

    Examples
    --------
    >>> frame = pd.DataFrame({"b": ["x"], "m": ["y"], "p": [2.0], "lo": [1.0], "hi": [3.0]})
    >>> chart = labelled_intervals(frame, category="b", label="m", value="p", low="lo",
    ...                            high="hi", value_title="Score (%)", ticks=[0, 5])
    >>> len(chart.layer)
    3
    """
    import altair as alt

    data = frame[list({category, label, value, low, high, vendor} - {None})].reset_index(drop=True)
    start = data[category] != data[category].shift()
    data = data.assign(row=data[category].where(start, "") + _BETWEEN + data.index.astype(str))
    bottom, top = min(ticks[0], data[low].min()), max(ticks[-1], data[high].max())
    bottom -= _PADDING * (top - bottom)
    # The names stand right of the intervals and need room there, on a phone most of all.
    room = (top - bottom) * _SHARE_OF_LABELS / (1 - _SHARE_OF_LABELS)
    scale = alt.Scale(domain=[bottom, top + room], nice=False)
    axis = alt.Axis(values=ticks, title=value_title, grid=True)
    base = alt.Chart(data, height=alt.Step(ROW_PIXELS)).encode(
        y=alt.Y(
            "row:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelExpr=f"split(datum.value, '{_BETWEEN}')[0]", labelOverlap=False),
        )
    )
    rules = base.mark_rule(strokeWidth=1.5).encode(
        x=alt.X(low, type="quantitative", scale=scale, axis=axis), x2=high
    )
    points = base.mark_point(size=80, opacity=1).encode(
        x=alt.X(value, type="quantitative", scale=scale, axis=axis)
    )
    if vendor is not None:
        points = points.encode(
            color=alt.Color(vendor, title=None, scale=charts.vendor_scale(data[vendor])),
            shape=alt.Shape(
                vendor, title=None, scale=charts.vendor_scale(data[vendor], shape=True)
            ),
        )
    names = base.mark_text(align="left", dx=7).encode(
        x=alt.X(high, type="quantitative", scale=scale, axis=axis), text=f"{label}:N"
    )
    line = []
    if reference is not None:
        at = alt.X("at", type="quantitative", scale=scale, axis=axis)
        mark = alt.Chart(pd.DataFrame({"at": [reference]}))
        line = [mark.mark_rule(color=theme.MUTED, strokeDash=[4, 3]).encode(x=at)]
    return alt.LayerChart(layer=[*line, rules, points, names])


def frontier_chart(table: pd.DataFrame) -> alt.LayerChart:
    """Return cost against score: a curve per model through its efforts, and the frontier.

    Parameters
    ----------
    table : DataFrame
        From `configurations`.

    Returns
    -------
    altair.LayerChart
        A chart for `charts.figure`, cost on a logarithmic axis.

    Examples
    --------
    >>> from computebook.exhibits.benchmarks.costs import configurations
    >>> chart = frontier_chart(configurations("arc-agi-2", ["gpt-5.2", "gpt-5.2-pro"]))
    >>> chart.layer[0].mark.strokeWidth
    1
    """
    import altair as alt

    data = table.assign(mark=_labels(table))
    points = charts.scatter(
        data,
        x="cost_per_task_usd",
        y="score_percent",
        label="mark",
        x_title="Cost per task ($, logarithmic)",
        y_title="Score (%)",
        vendor="vendor",
        log_x=True,
        frontier="min-x-max-y",
    )
    shared = points.layer[1].encoding
    curves = (
        alt.Chart(data[["cost_per_task_usd", "score_percent", "vendor", "model"]])
        .mark_line(strokeWidth=1)
        .encode(
            x=shared.x,
            y=shared.y,
            color=shared.color,
            detail="model:N",
            order=alt.Order("cost_per_task_usd:Q"),
        )
    )
    return alt.LayerChart(layer=[curves, *points.layer])


def _labels(table: pd.DataFrame) -> list[str]:
    """Name the best point of each model and the others by their effort."""
    best = table.groupby("model")["score_percent"].transform("max") == table["score_percent"]
    single = table.groupby("model")["model"].transform("size") == 1
    return list(table["model"].map(short_name).where(best | single, table["effort"]))
