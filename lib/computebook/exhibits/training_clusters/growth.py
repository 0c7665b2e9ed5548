"""How cost, time, goodput and power of one run grow with the cluster."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import charts, errors
from computebook import training_plans as plans
from computebook.exhibits.training_clusters.overlay import on_axes_of

__all__ = ["COUNTS", "at_size", "cluster_growth", "growth_chart", "growth_table", "largest"]

#: Sizes of the table: Llama 3's cluster, the article's buildings, and what lies around them.
COUNTS: Final = (1_000, 4_000, 16_384, 50_000, 100_000, 150_000, 200_000)
TOKENS_PER_TRILLION: Final = 1e12
DRAWS: Final = 2_000


@lru_cache(maxsize=32)
def _grown(
    model: str, tokens_t: float, accelerator: str, restart_s: float, pue: float
) -> pd.DataFrame:
    ask = plans.Request(
        model=model, tokens=tokens_t * TOKENS_PER_TRILLION, gpu=accelerator, count=COUNTS[2],
        restart_s=restart_s, pue=pue,
    )  # fmt: skip
    return plans.cluster_growth(ask, counts=COUNTS, draws=DRAWS)


def cluster_growth(
    *, model: str, tokens_t: float, accelerator: str, restart_s: float, pue: float
) -> pd.DataFrame:
    """Return the run of one open model on clusters of every size in `COUNTS`.

    Parameters
    ----------
    model : str
        Open model whose shape is trained.
    tokens_t : float
        Training tokens, trillions.
    accelerator : str
        Id of the accelerator.
    restart_s : float
        From an interruption to the first new step, s.
    pue : float
        Facility power over IT power.

    Returns
    -------
    DataFrame
        As `training_plans.cluster_growth` returns it, sizes without a layout left out.

    Raises
    ------
    ComputebookError
        If no size has a layout.
    """
    frame = _grown(model, tokens_t, accelerator, restart_s, pue)
    fitting = frame[frame["days"].notna()].reset_index(drop=True)
    if fitting.empty:
        raise errors.ComputebookError(f"model = {model!r} fits on no size of {accelerator!r}")
    return fitting


def at_size(frame: pd.DataFrame, gpus: int) -> pd.Series[Any]:
    """Return the row of the size nearest to a count, on a logarithmic scale.

    Parameters
    ----------
    frame : DataFrame
        From `cluster_growth`.
    gpus : int
        GPUs.
    """
    distance = np.abs(np.log(frame["gpus"].to_numpy(float) / gpus))
    return frame.iloc[int(distance.argmin())]


def largest(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return the row of the largest cluster.

    Parameters
    ----------
    frame : DataFrame
        From `cluster_growth`.
    """
    return frame.iloc[int(frame["gpus"].to_numpy().argmax())]


def _span(frame: pd.DataFrame, name: str) -> list[str]:
    ends = zip(frame[f"{name}_low"], frame[name], frame[f"{name}_high"], strict=True)
    return [f"{middle:,.3g} ({low:,.3g}\N{EN DASH}{high:,.3g})" for low, middle, high in ends]


def growth_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return time, goodput, power and cost by size, each with its interval.

    Parameters
    ----------
    frame : DataFrame
        From `cluster_growth`.

    Returns
    -------
    DataFrame
        `gpus`, `mfu_percent`, `goodput_percent`, `days`, `facility_mw`, `rental_musd`,
        `owned_musd` (text with the interval but for counts, utilization and power).
    """
    spans = ("goodput_percent", "days", "rental_musd", "owned_musd")
    return frame[["gpus", "mfu_percent", "facility_mw"]].assign(
        **{name: _span(frame, name) for name in spans}
    )


def growth_chart(frame: pd.DataFrame) -> Any:
    """Return days over cluster size with a band, and the dashed line of ideal scaling.

    Parameters
    ----------
    frame : DataFrame
        From `cluster_growth`.

    Returns
    -------
    altair.LayerChart
        A chart for `charts.figure`.
    """
    import altair as alt

    first = frame.iloc[0]
    data = frame.assign(series="predicted", ideal=first["days"] * first["gpus"] / frame["gpus"])
    lines = charts.lines(
        data, x="gpus", y="days", series="series", low="days_low", high="days_high", log_x=True,
        log_y=True, x_format="~s", x_title="GPUs held (count)", y_title="Training time (days)",
    )  # fmt: skip
    # Beyond the band the line would leave the axes.
    inside = data[data["ideal"] >= data["days_low"].min()]
    dashed = alt.Chart(inside).mark_line(strokeDash=[3, 3], strokeWidth=1, color=charts.theme.MUTED)
    return lines + dashed.encode(**on_axes_of(lines, "gpus", "ideal"))
