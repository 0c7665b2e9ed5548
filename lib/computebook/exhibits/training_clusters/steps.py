"""Where the GPU-hours of one run go, by the size of the cluster."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from computebook import charts
from computebook.exhibits.training_clusters.reliability import CHECKPOINT_S, goodput
from computebook.training import StepTime
from computebook.training_plans.request import Request
from computebook.training_plans.speed import Placement, place

__all__ = ["SIZES", "hours_chart", "hours_shares", "placement"]

SIZES: Final = (1_000, 16_384, 50_000, 100_000, 150_000, 200_000)
TOKENS_PER_TRILLION: Final = 1e12
PERCENT: Final = 100.0
#: What a reader sees, and the parts of a step that it adds up. Short words: a phone cuts long
#: ones. Memory holds kernel starts and the update too, failures the checkpoints.
GROUPS: Final = {
    "arithmetic": ("matrix_s", "attention_s"),
    "memory": ("elementwise_s", "launch_s", "optimizer_s"),
    "communication": ("tensor_s", "context_s", "expert_s", "handover_s", "data_s"),
    "idle stages": ("bubble_s",),
    "slow or spare": ("waiting_s",),
}
FAILURES: Final = "failures"
SLOW: Final = "slow or spare"


def placement(model: str, accelerator: str, gpus: int) -> Placement:
    """Return the fastest layout of an open model on a cluster.

    Parameters
    ----------
    model : str
        Open model.
    accelerator : str
        Id of the accelerator.
    gpus : int
        GPUs held.

    Examples
    --------
    >>> placement("llama-3.1-405b", "gb200", 100_000).working
    98304
    """
    ask = Request(model=model, tokens=TOKENS_PER_TRILLION, gpu=accelerator, count=gpus)
    return place(ask, ask.shapes[0])


def _grouped(step: StepTime) -> dict[str, float]:
    """Return the share of a step that each group of parts takes."""
    return {
        name: sum(float(getattr(step, part)) for part in parts) / float(step.total_s)
        for name, parts in GROUPS.items()
    }


def hours_shares(*, model: str, accelerator: str, restart_s: float) -> pd.DataFrame:
    """Return the share of a run's GPU-hours by what it goes to, for each of `SIZES`.

    Parameters
    ----------
    model, accelerator : str
        Open model and accelerator.
    restart_s : float
        From an interruption to the first new step, s.

    Returns
    -------
    DataFrame
        Long: `gpus`, `size` (as text), `part`, `percent`; the parts of a size add up to 100.

    Examples
    --------
    >>> frame = hours_shares(model="llama-3.1-405b", accelerator="gb200", restart_s=300.0)
    >>> frame.groupby("gpus")["percent"].sum().round(6).unique().tolist()
    [100.0]
    """
    rows = []
    for gpus in SIZES:
        found = placement(model, accelerator, gpus)
        kept = goodput(found.working, checkpoint_s=CHECKPOINT_S.central, restart_s=restart_s)
        busy = found.working / gpus
        shares = {name: share * kept * busy for name, share in _grouped(found.found.step).items()}
        shares |= {FAILURES: (1 - kept) * busy, SLOW: shares[SLOW] + 1 - busy}
        rows += [(gpus, f"{gpus:,} GPUs", part, PERCENT * max(share, 0.0))
                 for part, share in shares.items()]  # fmt: skip
    return pd.DataFrame(rows, columns=["gpus", "size", "part", "percent"])


def hours_chart(frame: pd.DataFrame) -> Any:
    """Return stacked bars of the shares, smallest cluster first.

    Parameters
    ----------
    frame : DataFrame
        From `hours_shares`.

    Returns
    -------
    altair.LayerChart
        A chart for `charts.figure`.
    """
    import altair as alt

    chart = charts.stacked_bars(
        frame, category="size", value="percent", part="part",
        value_title="Share of the GPU-hours of a run (%)",
    )  # fmt: skip
    # Every bar is the whole: its total needs no label, nor the axis room for one.
    chart.layer = chart.layer[:1]
    chart.layer[0].encoding.x["scale"] = alt.Scale(domain=[0, PERCENT])
    return chart
