"""One line for each comparison of a model with measurements."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from computebook.memory import RUNTIME_RESERVE_BYTES
from computebook.validation.bounds import decode_steps, serving_throughputs
from computebook.validation.capacity import sequence_capacities
from computebook.validation.machines import power_against_ratings, training_speedups
from computebook.validation.scores import error_summary
from computebook.validation.shapes import kv_bytes_per_token, parameter_counts

__all__ = ["overview"]


def _prediction(model: str, cases: pd.DataFrame) -> dict[str, Any]:
    summary = asdict(error_summary(cases["predicted"], cases["measured"]))
    return {"model": model, "kind": "prediction", **summary}


def _held(model: str, kind: str, cases: pd.DataFrame) -> dict[str, Any]:
    held = int(cases["holds"].sum())
    return {"model": model, "kind": kind, "cases": len(cases), "held": held}


def overview(runtime_reserve_bytes: float = RUNTIME_RESERVE_BYTES) -> pd.DataFrame:
    """Return every comparison: how many cases, which error, how many bounds held.

    Parameters
    ----------
    runtime_reserve_bytes : float, default 5.5 GiB
        Room for the engine in the capacity model, bytes.

    Returns
    -------
    DataFrame
        One row per comparison: `model`, `kind` ("prediction" with errors in percent; "bound" of
        ours, "rating" or "claim" of a vendor with the number of cases that respect it),
        `cases`, `mean_percent`, `median_percent`, `max_percent`, `bias_percent`, `held`.

    Raises
    ------
    ComputebookError
        If the room is out of bounds.

    Examples
    --------
    >>> table = overview()
    >>> bool((table["held"].dropna() == table["cases"][table["held"].notna()]).all())
    True
    """
    counts = parameter_counts()
    of = counts["quantity"]
    rows = [
        _prediction("Parameters, total", counts[of == "total"]),
        _prediction("Parameters, active", counts[of == "active"]),
        _prediction("KV cache per token", kv_bytes_per_token()),
        _prediction("Sequences that fit", sequence_capacities(runtime_reserve_bytes)),
        _held("Time of a decode step", "bound", decode_steps()),
        _held("Serving throughput", "bound", serving_throughputs()),
        _held("Power of a node", "rating", power_against_ratings()),
        _held("Training speed over H100", "claim", training_speedups()),
    ]
    return pd.DataFrame(rows)
