"""The intervals of the serving models, by load and quantity."""

from __future__ import annotations

import pandas as pd

from computebook import datasets

__all__ = ["SERVING_COLUMNS", "serving_intervals"]

LOADS = {
    "kv_capacity": "Sequences that fit",
    "max_load": "As many requests as fit",
    "open_loop_qps": "Requests at a given rate",
    "serving_fixed_concurrency": "Fixed number of users",
    "static_batch": "Static batch",
}
QUANTITIES = {
    "capacity": "sequences",
    "throughput": "tokens per second",
    "latency": "time of a request",
    "tpot": "time per output token",
    "ttft": "time to first token",
}
SERVING_COLUMNS = {
    "load": "Load",
    "quantity": "Quantity",
    "cases": "Cases",
    "low": "From (times prediction)",
    "high": "To (times prediction)",
}


def serving_intervals() -> pd.DataFrame:
    """Return the factors between which four of five measurements lie, by load and quantity.

    Returns
    -------
    DataFrame
        `load`, `quantity`, `cases` (residuals behind the factors), `low` and `high` (multiples
        of the prediction).

    Examples
    --------
    >>> bool((serving_intervals()["low"] < serving_intervals()["high"]).all())
    True
    """
    table = datasets.load("inference_calibration")
    rows = table[table["field"] == "interval_factor"].copy()
    names = rows["scope"].str.split(".", expand=True)
    rows["load"], rows["quantity"] = names[0].map(LOADS), names[1].map(QUANTITIES)
    return rows[list(SERVING_COLUMNS)].reset_index(drop=True)
