"""Charts of the chapter on benchmarks that no general form draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from computebook import charts

if TYPE_CHECKING:
    import altair as alt

__all__ = ["frontier_chart"]


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
    """Name the best point of each model in full and the others by their effort."""
    best = table.groupby("model")["score_percent"].transform("max") == table["score_percent"]
    short = table["effort"].where(table.groupby("model")["model"].transform("size") > 1, "")
    return list(table["configuration"].where(best | (short == ""), short))
