"""Charts of the serving models' errors on cases that their constants never saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from computebook import charts
from computebook.charts import axes, encodings

if TYPE_CHECKING:
    import altair as alt

__all__ = ["agreement_chart", "agreement_points", "cliff_chart", "share_in_band", "spread_chart"]

_HEIGHT: Final = 380
_BAND: Final = 0.2
_UNITS: Final = {
    "throughput": "Tokens per second",
    "times": "Time (ms)",
}
_PARTS: Final = {
    "tpot": "Per output token",
    "ttft": "To first token",
    "latency": "Whole request",
    "max_load": "As many as fit",
    "static_batch": "Static batch",
}


def agreement_points(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return measured and predicted values of one kind of quantity.

    Parameters
    ----------
    rows : DataFrame
        From `held_out_cases`.
    kind : str
        ``"throughput"`` or ``"times"``.

    Returns
    -------
    DataFrame
        `measured`, `predicted`, `part` (reader-ready).
    """
    fitted = rows[rows["fitted"]]
    rate = fitted["quantity"] == "throughput"
    chosen = fitted[rate] if kind == "throughput" else fitted[~rate]
    part = chosen["regime"] if kind == "throughput" else chosen["quantity"]
    points = chosen[["measured", "predicted"]].assign(part=part.map(_PARTS))
    return points.sort_values(["part", "measured"], ignore_index=True)


def share_in_band(points: pd.DataFrame) -> float:
    """Return the share of points whose prediction is less than a fifth off.

    Parameters
    ----------
    points : DataFrame
        From `agreement_points`.

    Examples
    --------
    >>> share_in_band(pd.DataFrame({"measured": [10.0, 10.0], "predicted": [11.0, 13.0]}))
    0.5
    """
    return float(((points["predicted"] / points["measured"] - 1.0).abs() <= _BAND).mean())


def agreement_chart(points: pd.DataFrame, kind: str) -> alt.LayerChart:
    """Return predicted against measured on logarithmic axes, with the band of a fifth.

    Parameters
    ----------
    points : DataFrame
        From `agreement_points`.
    kind : str
        ``"throughput"`` or ``"times"``.
    """
    import altair as alt

    values = points[["measured", "predicted"]].to_numpy()
    ends = np.geomspace(values.min(), values.max(), 2)
    band = pd.DataFrame(
        {"measured": ends, "below": (1 - _BAND) * ends, "above": (1 + _BAND) * ends}
    )
    both = pd.concat([points["measured"], points["predicted"], band["below"], band["above"]])
    unit = _UNITS[kind]
    span = pd.DataFrame({"measured": both})
    x = axes.x_axis(span, "measured", title=f"Measured: {unit}", log=True, text_format="~s")
    title = f"Predicted: {unit}"
    y = axes.y_axis("predicted", both, title=title, log=True, text_format="~s")
    low, high = axes.y_axis("below", both, title=title, log=True, text_format="~s"), "above:Q"
    colour, shape = encodings.colour_and_shape(points, None, "part", legend_offset=36)
    area = alt.Chart(band, height=_HEIGHT).mark_area(opacity=0.18, color=charts.ACCENT)
    marks = alt.Chart(points, height=_HEIGHT).mark_point(size=28, opacity=0.55, strokeWidth=1.2)
    shaded = area.encode(x=x, y=low, y2=alt.Y2(high))
    return encodings.layered(shaded, marks.encode(x=x, y=y, color=colour, shape=shape))


def spread_chart(table: pd.DataFrame, category: str, group: str | None = None) -> alt.LayerChart:
    """Return the median error and the middle four fifths, a row per name.

    Parameters
    ----------
    table : DataFrame
        `category`, `median`, `low`, `high` (percent), and `group` where given.
    category : str
        Column of names.
    group : str, optional
        Column of what shares a row.
    """
    return charts.dots_with_intervals(
        table,
        category=category,
        value="median",
        low="low",
        high="high",
        group=group,
        value_title="Predicted over measured, minus one (%)",
        reference=(0.0, "measured"),
        sort="given" if group else "value",
    )


def cliff_chart(table: pd.DataFrame) -> alt.LayerChart:
    """Return measured and predicted tokens per second by number of accelerators.

    Parameters
    ----------
    table : DataFrame
        From `cliff`.
    """
    return charts.dumbbell(
        table,
        category="label",
        before="measured",
        after="predicted",
        value_title="Output tokens per second (logarithmic)",
        before_label="Measured",
        after_label="Predicted, group left out",
        log=True,
    )
