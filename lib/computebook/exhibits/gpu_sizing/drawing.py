"""The charts of the chapter on GPU sizing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from computebook import charts

if TYPE_CHECKING:
    import altair as alt

__all__ = ["cache_chart", "steps_chart", "token_chart"]


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


def steps_chart(steps: pd.DataFrame) -> alt.LayerChart:
    """Return how many of one accelerator the next one replaces, over contexts and users.

    Parameters
    ----------
    steps : DataFrame
        From `gpu_steps`.
    """
    return charts.heatmap(
        steps,
        x="context",
        y="load",
        value="ratio",
        value_title="Output per GPU (times)",
        x_title="Tokens of a request",
        y_title="GPUs, users",
        text_format=".2f",
        log=True,
    )


def token_chart(curve: pd.DataFrame, measured_tokens: float) -> alt.LayerChart:
    """Return the time per token against context, with the end of the measurements.

    Parameters
    ----------
    curve : DataFrame
        From `token_curve`.
    measured_tokens : float
        Longest context behind the calibration.
    """
    import altair as alt

    chart = charts.lines(
        curve,
        x="context_tokens",
        y="token_ms",
        series="name",
        x_title="Context (tokens, logarithmic)",
        y_title="Time per token (ms, logarithmic)",
        low="low_ms",
        high="high_ms",
        log_x=True,
        log_y=True,
    )
    edge = pd.DataFrame({"context_tokens": [measured_tokens], "label": ["longest measured"]})
    base = alt.Chart(edge).encode(x=chart.layer[0].encoding.x)
    rule = base.mark_rule(strokeDash=[5, 4], color=charts.ACCENT)
    words = base.mark_text(align="left", dx=6, color=charts.ACCENT).encode(
        text=alt.Text(field="label", type="nominal"), y=alt.value(8)
    )
    chart.layer = [rule, *chart.layer, words]
    return chart
