"""Axes, colours, shapes and legends that all chart forms share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from computebook.charts import frames, theme

if TYPE_CHECKING:
    import altair as alt

ROW_PIXELS = 26
ROOM_FOR_LABEL = 0.2
_SHORT_AXIS_DECADES = 2.2
_SI_FROM = 1e6
_LEGEND_CHARACTERS = 80


def field(name: str) -> str:
    r"""Return a column name as a Vega field, with its special characters escaped.

    Parameters
    ----------
    name : str
        Column of a data frame.

    Returns
    -------
    str
        The escaped name.

    Examples
    --------
    >>> print(field("p.50"))
    p\.50
    """
    for character in ".[]":
        name = name.replace(character, f"\\{character}")
    return name


def category_axis(name: str, order: Sequence[str]) -> alt.Y:
    """Return the vertical axis of names; names need no title.

    Parameters
    ----------
    name : str
        Column of names.
    order : sequence of str
        From top to bottom.

    Returns
    -------
    altair.Y
        A nominal axis.
    """
    import altair as alt

    return alt.Y(
        field=field(name),
        type="nominal",
        sort=list(order),
        title=None,
        axis=alt.Axis(domain=False, grid=False),
    )


@dataclass(frozen=True)
class LogSpan:
    """The part of a logarithmic axis that the data need.

    Parameters
    ----------
    low, high : float
        Ends of the axis, positive, in the unit of the column.
    ticks : tuple of float
        Labelled positions: powers of ten, with 2 and 5 where the axis is short.
    """

    low: float
    high: float
    ticks: tuple[float, ...]

    @property
    def label_format(self) -> str:
        """D3 format of the labels: plain numbers, or SI prefixes from a million on."""
        return "~s" if self.high >= _SI_FROM else ",~f"


def log_span(values: Iterable[Any], *, room: float = 0.04) -> LogSpan:
    """Return where a logarithmic axis starts, ends and is labelled.

    Parameters
    ----------
    values : iterable of float
        All numbers on the axis, positive; missing ones are left out.
    room : float
        Free part of the axis after the largest number, 0 to 1.

    Returns
    -------
    LogSpan
        A little wider than the data.

    Examples
    --------
    >>> log_span([0.4, 5.0]).ticks
    (0.5, 1.0, 2.0, 5.0)
    """
    finite = np.asarray([float(value) for value in values if pd.notna(value)])
    least, most = float(finite.min()), float(finite.max())
    decades = max(float(np.log10(most / least)), 0.3)
    low, high = least / 10 ** (0.04 * decades), most * 10 ** (max(room, 0.04) * decades)
    steps = (1, 2, 5) if decades < _SHORT_AXIS_DECADES else (1,)
    exponents = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [float(f"{step}e{power}") for power in exponents for step in steps]
    return LogSpan(low, high, tuple(tick for tick in ticks if low <= tick <= high))


def value_axis(
    name: str,
    *,
    title: str,
    log: LogSpan | None = None,
    zero: bool = True,
    upper: float | None = None,
) -> alt.X:
    """Return the horizontal axis of numbers.

    Parameters
    ----------
    name : str
        Column of numbers.
    title : str
        Quantity and unit.
    log : LogSpan, optional
        Span of a logarithmic scale; linear without it.
    zero : bool
        Linear scale starts at zero.
    upper : float, optional
        End of a linear scale, in the unit of the column.

    Returns
    -------
    altair.X
        A quantitative axis.
    """
    import altair as alt

    scale, axis = scale_and_axis(log, zero)
    if upper is not None and log is None:
        scale["domainMax"] = upper
    axis["title"], axis["grid"] = title, True
    return alt.X(field=field(name), type="quantitative", scale=scale, axis=axis)


def scale_and_axis(log: LogSpan | None, zero: bool) -> tuple[alt.Scale, alt.Axis]:
    """Return the scale of a quantitative axis and an axis with fitting labels.

    Parameters
    ----------
    log : LogSpan or None
        Span of a logarithmic scale; None for a linear one.
    zero : bool
        Linear scale starts at zero.

    Returns
    -------
    tuple of altair.Scale and altair.Axis
        Without a title.
    """
    import altair as alt

    if log is None:
        return alt.Scale(zero=zero, nice=True), alt.Axis()
    scale = alt.Scale(type="log", nice=False, domain=[log.low, log.high])
    return scale, alt.Axis(values=list(log.ticks), format=log.label_format)


def upper_with_room(values: Iterable[Any]) -> float | None:
    """Return where a linear axis ends so that the number at the longest mark fits.

    Parameters
    ----------
    values : iterable of float
        Ends of the marks, in the unit of the axis.

    Returns
    -------
    float or None
        None when no value is positive.

    Examples
    --------
    >>> upper_with_room([5, 10])
    12.0
    """
    largest = max(float(value) for value in values if pd.notna(value))
    return largest * (1 + ROOM_FOR_LABEL) if largest > 0 else None


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


def _channel(data: pd.DataFrame, name: str) -> dict[str, Any]:
    import altair as alt

    legend = alt.Legend(columns=legend_columns(data[name]))
    return {"field": field(name), "type": "nominal", "title": None, "legend": legend}


def colour_and_shape(
    data: pd.DataFrame, vendor: str | None, group: str | None = None
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

    Returns
    -------
    tuple
        An Altair colour and an Altair shape channel; the accent and a circle without a column.
    """
    import altair as alt

    if vendor is not None:
        channel = _channel(data, vendor)
        return (
            alt.Color(**channel, scale=theme.vendor_scale(data[vendor])),
            alt.Shape(**channel, scale=theme.vendor_scale(data[vendor], shape=True)),
        )
    if group is not None:
        names = theme.require_palette(group, data[group])
        colours, shapes = list(theme.PALETTE[: len(names)]), list(theme.SHAPES[: len(names)])
        channel = _channel(data, group)
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
