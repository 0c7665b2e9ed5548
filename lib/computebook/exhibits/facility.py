"""Factors of a site and ratings of its servers as ranges, for chapters on power and cost."""

from __future__ import annotations

from typing import Final

import pandas as pd

from computebook import datasets, errors, units
from computebook.scenarios import Range

__all__ = ["RATED_ACCELERATORS", "factor", "rated_w_per_gpu"]

#: Accelerators with an FP8 rate and a published system rating.
RATED_ACCELERATORS: Final = ("h100-sxm", "h200-sxm", "b200-sxm", "b300-sxm", "gb200", "gb300")


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
    row = datasets.row_of("facility_factors", "factor_id", factor_id)
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
        One of `RATED_ACCELERATORS`.

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
    errors.require_known("accelerator", accelerator_id, RATED_ACCELERATORS)
    rated = _ratings(accelerator_id)
    return Range(float(rated.min()), float(rated.median()), float(rated.max()))
