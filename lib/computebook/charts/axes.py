"""Axes of all chart forms: titled with unit, linear or logarithmic, room for printed numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import altair as alt

ROOM_FOR_LABEL = 0.2
_SHORT_AXIS_DECADES = 2.2
_SI_FROM = 1e6
_ZERO_SHOWN_BELOW = 0.5


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


def upper_with_room(values: Iterable[Any], *, room: float = ROOM_FOR_LABEL) -> float | None:
    """Return where a linear axis ends so that the number at the longest mark fits.

    Parameters
    ----------
    values : iterable of float
        Ends of the marks, in the unit of the axis.
    room : float
        Free part after the longest mark, as a fraction of its length.

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
    return largest * (1 + room) if largest > 0 else None


def _x_type(values: pd.Series[Any]) -> Literal["quantitative", "temporal", "ordinal"]:
    if pd.api.types.is_datetime64_any_dtype(values):
        return "temporal"
    return "quantitative" if pd.api.types.is_numeric_dtype(values) else "ordinal"


def x_axis(
    data: pd.DataFrame, name: str, *, title: str, log: bool, text_format: str | None
) -> alt.X:
    """Return the horizontal axis of a plane: numbers, dates, or names in the order given.

    Parameters
    ----------
    data : pandas.DataFrame
        Rows of a chart.
    name : str
        Column drawn on the axis.
    title : str
        Quantity and unit.
    log : bool
        Logarithmic scale; the numbers are positive.
    text_format : str or None
        D3 format of the labels.

    Returns
    -------
    altair.X
        Quantitative, temporal or ordinal by the type of the column.
    """
    import altair as alt

    kind = _x_type(data[name])
    span = log_span(data[name]) if log and kind == "quantitative" else None
    scale, axis = scale_and_axis(span, zero=False)
    for key, value in {"title": title, "grid": False, "domain": True, "ticks": True}.items():
        axis[key] = value
    if text_format is not None:
        axis["format"] = text_format
    if kind == "quantitative":
        return alt.X(field=field(name), type=kind, scale=scale, axis=axis)
    sort = None if kind == "ordinal" else alt.Undefined
    return alt.X(field=field(name), type=kind, sort=sort, axis=axis)


def y_axis(
    name: str, values: Iterable[Any], *, title: str, log: bool, text_format: str | None = None
) -> alt.Y:
    """Return the vertical axis of a plane, its title lying above it.

    Parameters
    ----------
    name : str
        Column drawn on the axis.
    values : iterable of float
        All numbers on the axis; it starts at zero when the least is under half the largest.
    title : str
        Quantity and unit.
    log : bool
        Logarithmic scale; the numbers are positive.
    text_format : str, optional
        D3 format of the labels.

    Returns
    -------
    altair.Y
        A quantitative axis.
    """
    import altair as alt

    finite = [float(value) for value in values if pd.notna(value)]
    zero = 0 <= min(finite) < _ZERO_SHOWN_BELOW * max(finite)
    scale, axis = scale_and_axis(log_span(finite) if log else None, zero)
    above = {
        "titleAngle": 0,
        "titleAlign": "left",
        "titleAnchor": "end",
        "titleY": -14,
        "titleX": -2,
        "titleBaseline": "bottom",
        "titlePadding": 0,
    }
    for key, value in {"title": title, **above}.items():
        axis[key] = value
    if text_format is not None:
        axis["format"] = text_format
    return alt.Y(field=field(name), type="quantitative", scale=scale, axis=axis)
