"""Draw further marks on the axes of a line chart."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["PADDING", "on_axes_of"]

#: Pixels around a chart. Fitting to the page makes room for end labels without more.
PADDING: Final = 5


def on_axes_of(chart: Any, x: str, y: str) -> dict[str, Any]:
    """Return the channels of a line chart, reading other columns.

    Sharing the axis itself, title and ticks included, keeps one axis where layers are merged.

    Parameters
    ----------
    chart : altair.LayerChart
        As `charts.lines` returns it.
    x, y : str
        Columns of the layer to come.

    Returns
    -------
    dict
        ``{"x": ..., "y": ...}``, for `encode`.
    """
    encoding = chart.layer[0].encoding
    across, up = encoding.x.copy(), encoding.y.copy()
    across["field"], up["field"] = x, y
    return {"x": across, "y": up}
