"""How much of a cluster's time failures leave, by its size."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import charts, training, units
from computebook.exhibits.facility import factor
from computebook.exhibits.training_clusters.overlay import PADDING, on_axes_of
from computebook.scenarios import Range

__all__ = [
    "CHECKPOINT_S",
    "FAILURES",
    "OBSERVED_GPUS",
    "goodput",
    "goodput_chart",
    "goodput_curves",
    "interruption_hours",
    "interval_s",
    "restart_bound_gpus",
]

#: Assumed: how long training stands still for one checkpoint, from overlapped to plain.
CHECKPOINT_S: Final = Range(10.0, 30.0, 60.0)
FAILURES: Final = "gpu-hours-per-interruption-llama3"
EARLY_FAILURES: Final = "gpu-hours-per-failure-opt"
SIZES: Final = np.geomspace(1_000, 300_000, 26)
#: Llama 3 405B: GPUs, and the effective training time that its authors state as a lower bound.
OBSERVED_GPUS: Final = 16_384
OBSERVED_PERCENT: Final = 90.0


def interruption_hours(gpus: float, failures: str = FAILURES) -> float:
    """Return the mean time between interruptions of a job, hours.

    Parameters
    ----------
    gpus : float
        GPUs that train together.
    failures : str
        Row of `facility_factors` with GPU-hours per interruption.

    Examples
    --------
    >>> round(interruption_hours(16_384), 2), round(interruption_hours(150_000), 2)
    (3.09, 0.34)
    """
    rate = factor(failures).central
    between = training.mean_time_between_interruptions_s(gpus, rate)
    return float(between) / units.SECONDS_PER_HOUR


def goodput(gpus: Any, *, checkpoint_s: float, restart_s: float, failures: str = FAILURES) -> Any:
    """Return the share of time that ends up in the model, by Daly's model.

    Parameters
    ----------
    gpus : float or array
        GPUs that train together.
    checkpoint_s, restart_s : float
        Standstill of one checkpoint, and time from an interruption to the next new step, s.
    failures : str
        Row of `facility_factors` with GPU-hours per interruption.

    Examples
    --------
    >>> round(goodput(16_384, checkpoint_s=10.0, restart_s=300.0), 3)
    0.933
    """
    between = training.mean_time_between_interruptions_s(gpus, factor(failures).central)
    return training.goodput_fraction(between, checkpoint_s, restart_s)


def interval_s(gpus: float, *, checkpoint_s: float) -> float:
    """Return the best time between checkpoints, s.

    Parameters
    ----------
    gpus : float
        GPUs that train together.
    checkpoint_s : float
        Standstill of one checkpoint, s.

    Examples
    --------
    >>> round(interval_s(16_384, checkpoint_s=10.0))
    465
    """
    between = training.mean_time_between_interruptions_s(gpus, factor(FAILURES).central)
    return float(training.checkpoint_interval_s(between, checkpoint_s))


def restart_bound_gpus(*, checkpoint_s: float, restart_s: float) -> float:
    """Return the GPUs from which restarts cost more time than checkpoints.

    To first order checkpoints and lost work take ``sqrt(2 stall / M)`` of the time, restarts
    ``R / M``; they are equal at ``M = R^2 / (2 stall)``. Source: `young1974checkpoint`.

    Parameters
    ----------
    checkpoint_s, restart_s : float
        Standstill of one checkpoint, and time from an interruption to the next new step, s.

    Examples
    --------
    >>> round(restart_bound_gpus(checkpoint_s=10.0, restart_s=300.0), -3)
    41000.0
    """
    between = restart_s**2 / (2 * checkpoint_s)
    return factor(FAILURES).central * units.SECONDS_PER_HOUR / between


def goodput_curves(*, restart_s: float) -> pd.DataFrame:
    """Return goodput over cluster size for several ways to fail and recover.

    Parameters
    ----------
    restart_s : float
        From an interruption to the first new step, s.

    Returns
    -------
    DataFrame
        `gpus`, `goodput_percent`, `case`.

    Examples
    --------
    >>> goodput_curves(restart_s=300.0)["case"].nunique()
    4
    """
    fast, slow = CHECKPOINT_S.low, CHECKPOINT_S.high
    cases = {
        "restart in a fifth": (fast, restart_s / 5, FAILURES),
        f"{fast:g} s checkpoints": (fast, restart_s, FAILURES),
        f"{slow:g} s checkpoints": (slow, restart_s, FAILURES),
        "failing like OPT": (fast, restart_s, EARLY_FAILURES),
    }
    frames = [
        pd.DataFrame({"gpus": SIZES, "case": name}).assign(
            goodput_percent=100
            * goodput(SIZES, checkpoint_s=stall, restart_s=restart, failures=rate)
        )
        for name, (stall, restart, rate) in cases.items()
    ]
    return pd.concat(frames, ignore_index=True)


def goodput_chart(frame: pd.DataFrame) -> Any:
    """Return goodput over cluster size with the published bound of Llama 3.

    Parameters
    ----------
    frame : DataFrame
        As `goodput_curves` returns it.

    Returns
    -------
    altair.LayerChart
        A chart for `charts.figure`.
    """
    import altair as alt

    lines = charts.lines(
        frame, x="gpus", y="goodput_percent", series="case", log_x=True, x_format="~s",
        x_title="GPUs in one job (count)", y_title="Time that ends up in the model (%)",
    )  # fmt: skip
    point = pd.DataFrame({"gpus": [OBSERVED_GPUS], "percent": [OBSERVED_PERCENT]})
    mark = alt.Chart(point).mark_point(
        shape="triangle-up", size=140, color=charts.theme.INK, opacity=1
    )
    return (lines + mark.encode(**on_axes_of(lines, "gpus", "percent"))).properties(padding=PADDING)
