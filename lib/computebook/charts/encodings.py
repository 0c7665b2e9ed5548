"""Colours, shapes, legends and texts that all chart forms share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from computebook.charts import frames, theme
from computebook.charts.axes import category_axis, field

if TYPE_CHECKING:
    import altair as alt

ROW_PIXELS = 26
_LEGEND_CHARACTERS = 92


def legend_columns(names: Iterable[Any]) -> int:
    """Return how many legend entries fit side by side over a chart.

    Parameters
    ----------
    names : iterable of str
        The entries.

    Returns
    -------
    int
        At least one.

    Examples
    --------
    >>> legend_columns(["OpenAI", "Google"])
    2
    """
    labels = list(dict.fromkeys(str(name) for name in names))
    widest = max(len(label) for label in labels)
    return max(1, min(len(labels), int(_LEGEND_CHARACTERS // (widest + 5))))


def _channel(data: pd.DataFrame, name: str, offset: int) -> dict[str, Any]:
    import altair as alt

    legend = alt.Legend(columns=legend_columns(data[name]), offset=offset)
    return {"field": field(name), "type": "nominal", "title": None, "legend": legend}


def colour_and_shape(
    data: pd.DataFrame, vendor: str | None, group: str | None = None, *, legend_offset: int = 10
) -> tuple[Any, Any]:
    """Return the colour and shape channels of marks.

    Parameters
    ----------
    data : pandas.DataFrame
        Rows of a chart.
    vendor : str or None
        Column of vendors: their fixed colours and shapes.
    group : str or None
        Column of other names, used where `vendor` is None: the palette in order.
    legend_offset : int
        Pixels between legend and plot.

    Returns
    -------
    tuple
        An Altair colour and an Altair shape channel; the accent and a circle without a column.
    """
    import altair as alt

    if vendor is not None:
        channel = _channel(data, vendor, legend_offset)
        return (
            alt.Color(**channel, scale=theme.vendor_scale(data[vendor])),
            alt.Shape(**channel, scale=theme.vendor_scale(data[vendor], shape=True)),
        )
    if group is not None:
        names = theme.require_palette(group, data[group])
        colours, shapes = theme.named_colours(names), list(theme.SHAPES[: len(names)])
        channel = _channel(data, group, legend_offset)
        return (
            alt.Color(**channel, scale=alt.Scale(domain=names, range=colours)),
            alt.Shape(**channel, scale=alt.Scale(domain=names, range=shapes)),
        )
    return alt.value(theme.ACCENT), alt.value("circle")


def tooltips(fields: Mapping[str, str | None]) -> list[alt.Tooltip]:
    """Return what the pointer shows at a mark.

    Parameters
    ----------
    fields : mapping of str to str or None
        From the words shown to the column; None is left out.

    Returns
    -------
    list of altair.Tooltip
        In the order given.
    """
    import altair as alt

    return [
        alt.Tooltip(field=field(name), title=title)
        for title, name in fields.items()
        if name is not None
    ]


def text_channel(value: str, text_format: str | None) -> alt.Text:
    """Return the printed number of each mark.

    Parameters
    ----------
    value : str
        Column of numbers.
    text_format : str or None
        D3 format; None prints the column `mark_label`.

    Returns
    -------
    altair.Text
        A text channel.
    """
    import altair as alt

    if text_format is None:
        return alt.Text(field=frames.LABEL, type="nominal")
    return alt.Text(field=field(value), type="quantitative", format=text_format)


def rows(data: pd.DataFrame, category: str, order: Sequence[str]) -> alt.Chart:
    """Return the base of a chart with one row of fixed height per name.

    Parameters
    ----------
    data : pandas.DataFrame
        Rows of a chart.
    category : str
        Column of names.
    order : sequence of str
        From top to bottom.

    Returns
    -------
    altair.Chart
        Without a mark.
    """
    import altair as alt

    return alt.Chart(data, height=alt.Step(ROW_PIXELS)).encode(y=category_axis(category, order))


def layered(*charts: alt.Chart) -> alt.LayerChart:
    """Return charts drawn over each other, the first at the back.

    Parameters
    ----------
    *charts : altair.Chart
        Layers that share their axes.

    Returns
    -------
    altair.LayerChart
        A chart for `figure`.
    """
    import altair as alt

    return alt.LayerChart(layer=list(charts))
