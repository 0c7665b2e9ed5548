"""The charts of the chapter on GPU sizing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from computebook import charts
from computebook.charts import theme

if TYPE_CHECKING:
    import altair as alt

__all__ = ["cache_chart", "cost_chart", "map_chart", "step_chart", "users_chart"]

HALO_PIXELS: Final = 5
#: More series than this have a legend and no labels at their ends.
DIRECT_LABELS: Final = 5


def step_chart(curve: pd.DataFrame) -> alt.LayerChart:
    """Return the bound on a step against context, its labels legible where lines pass behind.

    Parameters
    ----------
    curve : DataFrame
        From `step_curve`.

    Returns
    -------
    altair.LayerChart
        A chart for `charts.figure`.

    Examples
    --------
    >>> curve = pd.DataFrame({"fleet": ["a", "a"], "context_tokens": [1e3, 1e4],
    ...                       "step_ms": [1.0, 2.0]})
    >>> len(step_chart(curve).layer)
    4
    """
    chart = charts.lines(
        curve,
        x="context_tokens",
        y="step_ms",
        series="fleet",
        x_title="Context (tokens, logarithmic)",
        y_title="Step, at least (ms)",
        log_x=True,
    )
    if curve["fleet"].nunique() > DIRECT_LABELS:
        return chart
    labels = chart.layer[-1]
    halo = labels.copy(deep=True)
    halo.mark.stroke, halo.mark.strokeWidth = theme.PAPER, HALO_PIXELS
    chart.layer = [*chart.layer[:-1], halo, labels]
    return chart


def cache_chart(caches: pd.DataFrame, article_gb: float) -> alt.LayerChart:
    """Return the cache of each model as a point, with the span from FP8 to BF16.

    Parameters
    ----------
    caches : DataFrame
        From `caches`.
    article_gb : float
        Where the article's constant stands, GB.
    """
    return charts.dots_with_intervals(
        caches.assign(low=caches[["fp8_gb", "window_gb"]].min(axis=1)),
        category="name",
        value="window_gb",
        low="low",
        high="bf16_gb",
        value_title="KV cache of one full window (GB, logarithmic)",
        vendor="vendor",
        log=True,
        reference=(article_gb, "Article"),
    )


def map_chart(cells: pd.DataFrame) -> alt.LayerChart:
    """Return the map of fleets over contexts and users.

    Parameters
    ----------
    cells : DataFrame
        From `fleet_map`.
    """
    return charts.heatmap(
        cells,
        x="users",
        y="context",
        value="accelerators",
        value_title="Accelerators",
        x_title="Concurrent users",
        y_title="Context (tokens)",
        text_format="d",
        log=True,
    )


def users_chart(users: pd.DataFrame) -> alt.LayerChart:
    """Return how many users a node holds against context.

    Parameters
    ----------
    users : DataFrame
        From `node_users`.
    """
    return charts.lines(
        users,
        x="context_tokens",
        y="users",
        series="accelerator",
        x_title="Context (tokens, logarithmic)",
        y_title="Concurrent users (sequences, logarithmic)",
        log_x=True,
        log_y=True,
    )


def cost_chart(costs: pd.DataFrame) -> alt.LayerChart:
    """Return the cost bounds of the fleets that have a price, or GPU-hours where none has.

    Parameters
    ----------
    costs : DataFrame
        From `cost_bounds`.
    """
    priced = costs.dropna(subset=["central_output_usd_per_mtok"])
    if priced.empty:
        return charts.bars(
            costs,
            category="fleet",
            value="output_gpu_hours_per_mtok",
            value_title="Output, at least (GPU-hours per million tokens)",
        )
    return charts.range_bars(
        priced,
        category="fleet",
        low="low_output_usd_per_mtok",
        central="central_output_usd_per_mtok",
        high="high_output_usd_per_mtok",
        value_title="Output, at least ($ per million tokens)",
    )
