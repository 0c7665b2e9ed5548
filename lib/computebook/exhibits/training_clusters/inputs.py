"""Parameters of the chapter, and ranges from the tables that its exhibits share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from computebook import datasets, errors, units
from computebook.parameters import Parameter
from computebook.scenarios import Range

__all__ = [
    "ACCELERATORS",
    "PARAMETERS",
    "accelerator_name",
    "factor",
    "range_of",
    "rated_w_per_gpu",
    "row_of",
]

#: Accelerators with an FP8 rate and a published system rating.
ACCELERATORS: Final = ("h100-sxm", "h200-sxm", "b200-sxm", "b300-sxm", "gb200", "gb300")
THREE: Final = 3

PARAMETERS: Final = (
    Parameter(
        "gpus_per_building", "int", "GPUs", 150_000, 1_000, 5_000_000,
        meaning="GB200 GPUs in one building, 72 to a rack.",
    ),
    Parameter(
        "rack_kw", "float", "kW", 140.0, 90.0, 250.0,
        meaning="Power of one GB200 NVL72 rack at full load.",
    ),
    Parameter(
        "pue", "float", "", 1.1, 1.0, 2.5,
        meaning="Facility power over IT power (power usage effectiveness).",
    ),
    Parameter(
        "deal_gpus", "list", "GPUs", [200_000, 300_000, 500_000], 1_000, 10_000_000,
        meaning="Low, central and high reading of 'hundreds of thousands' in the AWS deal.",
    ),
    Parameter(
        "ramp_years", "float", "years", 1.16, 0.0, 5.0,
        meaning="Time over which the deal's GPUs arrive at an even pace.",
    ),
    Parameter(
        "active_params_b", "float", "B", 405.9, 0.1, 100_000.0,
        meaning="Parameters that one token uses, billions; of a mixture the active ones.",
    ),
    Parameter(
        "tokens_t", "float", "trillion tokens", 15.6, 0.001, 10_000.0,
        meaning="Training tokens, trillions.",
    ),
    Parameter(
        "accelerator", "str", "", "gb200", choices=ACCELERATORS,
        meaning="Accelerator of the estimated run.",
    ),
    Parameter(
        "run_gpus", "int", "GPUs", 16_384, 8, 5_000_000,
        meaning="Accelerators that train together in the estimated run.",
    ),
    Parameter(
        "mfu_percent", "list", "%", [17.0, 35.0, 43.0], 1.0, 90.0,
        meaning="Low, central and high share of the dense FP8 peak while training.",
    ),
    Parameter(
        "usd_per_gpu_hour", "list", "$/GPU-h", [2.25, 5.5, 7.25], 0.05, 100.0,
        meaning="Low, central and high rent of one GPU.",
    ),
    Parameter(
        "restart_s", "float", "s", 300.0, 1.0, 86_400.0,
        meaning="From an interruption to the first new training step.",
    ),
)  # fmt: skip


def range_of(field: str, values: Sequence[float]) -> Range:
    """Return a low, central and high value from a list parameter.

    Parameters
    ----------
    field : str
        Name of the parameter, for the message.
    values : sequence of float
        Three rising numbers.

    Raises
    ------
    ComputebookError
        If there are not three of them, or they do not rise.

    Examples
    --------
    >>> range_of("mfu_percent", [20, 35, 43])
    Range(low=20, central=35, high=43)
    """
    if len(values) != THREE:
        raise errors.ComputebookError(
            f"{field} = {list(values)} has {len(values)} values: low, central and high are needed"
        )
    try:
        return Range(*values)
    except errors.ComputebookError as fault:
        raise errors.ComputebookError(f"{field}: {fault}") from fault


def row_of(table: str, key: str, name: str) -> dict[str, Any]:
    """Return one row of a table by its id.

    Parameters
    ----------
    table, key, name : str
        The table, its id column and the id.

    Raises
    ------
    ComputebookError
        If there is no such row.

    Examples
    --------
    >>> row_of("systems", "system_id", "dgx-h100")["rated_power_kw"]
    10.2
    """
    rows = {str(row[key]): row for row in datasets.load(table).to_dict("records")}
    row = rows[errors.require_known(key, name, rows)]
    return {str(field): value for field, value in row.items()}


def accelerator_name(accelerator_id: str) -> str:
    """Return the name of an accelerator for a table or a sentence.

    Examples
    --------
    >>> accelerator_name("gb200"), accelerator_name("h100-sxm")
    ('GB200', 'H100')
    """
    accelerator = datasets.accelerator(accelerator_id)
    return accelerator.name.removeprefix(f"{accelerator.vendor} ").partition(" ")[0].rstrip(",")


def factor(factor_id: str) -> Range:
    """Return one site factor of the table, with its range where one is published.

    Parameters
    ----------
    factor_id : str
        Row of `facility_factors`.

    Raises
    ------
    ComputebookError
        If there is no such row.

    Examples
    --------
    >>> factor("it-overhead-epoch")
    Range(low=1.08, central=1.14, high=1.2)
    """
    row = row_of("facility_factors", "factor_id", factor_id)
    ends = (row["central"] if pd.isna(row[end]) else row[end] for end in ("low", "high"))
    low, high = map(float, ends)
    return Range(low, float(row["central"]), high)


def _ratings(accelerator_id: str) -> pd.Series[float]:
    systems = datasets.load("systems")
    rated = systems[
        (systems["accelerator_id"] == accelerator_id)
        & systems["power_boundary"].isin(["node", "rack"])
        & systems["accelerators"].isin([8, 72])
    ]
    return rated["rated_power_kw"] * units.WATTS_PER_KW / rated["accelerators"]


def rated_w_per_gpu(accelerator_id: str) -> Range:
    """Return the rated power of a server or rack per accelerator in it, W.

    Parameters
    ----------
    accelerator_id : str
        One of `ACCELERATORS`.

    Returns
    -------
    Range
        Lowest, median and highest published rating.

    Raises
    ------
    ComputebookError
        If no rating is published for it.

    Examples
    --------
    >>> rated_w_per_gpu("h100-sxm").central
    1275.0
    """
    errors.require_known("accelerator", accelerator_id, ACCELERATORS)
    rated = _ratings(accelerator_id)
    return Range(float(rated.min()), float(rated.median()), float(rated.max()))
