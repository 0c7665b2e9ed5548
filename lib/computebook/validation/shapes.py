"""Counts that follow from a model's shape, against what publishers and engines print."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any, Final

import pandas as pd

from computebook import architectures, datasets, hardware, memory
from computebook.memory import Placement
from computebook.validation.scores import error_percent

__all__ = ["kv_bytes_per_token", "parameter_counts", "rounding_percent"]

PARAMETERS_PER_BILLION: Final = 1e9


def rounding_percent(printed: float) -> float:
    """Return how far a true value may be from its printed one: half of the last digit.

    Parameters
    ----------
    printed : float
        Number above zero as printed; trailing zeros behind the point do not count.

    Examples
    --------
    >>> rounding_percent(70.6), rounding_percent(671)
    (0.0708..., 0.0745...)
    """
    decimals = len(f"{printed:.10f}".rstrip("0").partition(".")[2])
    return 100 * 0.5 * 10.0**-decimals / printed


def _counts_of(row: Mapping[Hashable, Any]) -> list[dict[str, Any]]:
    """Return the total count of a model, and the active one where it is a figure of its own."""
    shape = datasets.architecture(str(row["architecture_id"]))
    found = [("total", row["total_params_b"], architectures.parameter_count(shape))]
    if row["experts"] > 0 and pd.notna(row["active_params_b"]):
        stated = row["published_active_counts_input_embedding"]
        counted = True if pd.isna(stated) else bool(stated)
        active = architectures.active_parameter_count(shape, counted)
        found.append(("active", row["active_params_b"], active))
    return [
        {
            "architecture_id": row["architecture_id"],
            "name": row["name"],
            "quantity": quantity,
            "measured": printed,
            "predicted": count / PARAMETERS_PER_BILLION,
            "source_key": row["source_key"],
        }
        for quantity, printed, count in found
        if pd.notna(printed)
    ]


def parameter_counts() -> pd.DataFrame:
    """Return the parameters that shapes give beside those that publishers print.

    Returns
    -------
    DataFrame
        One row per model and quantity ("total"; "active" for a mixture of experts):
        `architecture_id`, `name`, `quantity`, `measured` (published) and `predicted`, both in
        billions, `error_percent`, `rounding_percent` (what the printed digits leave open),
        `within_rounding`, `source_key`.

    Examples
    --------
    >>> counts = parameter_counts().set_index(["architecture_id", "quantity"])
    >>> round(float(counts.at[("deepseek-v3", "total"), "error_percent"]), 3)
    0.004
    """
    rows = datasets.load("architectures").to_dict("records")
    frame = pd.DataFrame([count for row in rows for count in _counts_of(row)])
    frame["error_percent"] = error_percent(frame["predicted"], frame["measured"])
    frame["rounding_percent"] = [rounding_percent(value) for value in frame["measured"]]
    frame["within_rounding"] = frame["error_percent"].abs() <= frame["rounding_percent"]
    return frame


def _bytes_per_token(case: Mapping[Hashable, Any]) -> float:
    """Return our bytes per token where the case counts them: whole model or one accelerator."""
    shape = datasets.architecture(str(case["architecture_id"]))
    bits = hardware.precision(str(case["kv_precision"])).bits_per_element
    pages = "full" if case["full_pages_for_windows"] else "bounded"
    if case["scope"] == "model":
        return float(memory.kv_bytes_per_token(shape, bits, pages))
    ranks = 1 if math.isnan(case["tensor_parallel"]) else int(case["tensor_parallel"])
    placement = Placement(tensor_parallel=ranks, kv_bits=bits, sliding_window=pages)
    tokens = case["kv_cache_tokens"]
    return float(memory.kv_bytes_per_accelerator(shape, tokens, 1, placement)) / float(tokens)


def kv_bytes_per_token() -> pd.DataFrame:
    """Return the cache per token that shapes give beside published and logged figures.

    Returns
    -------
    DataFrame
        One row per case of `kv_measurements` with bytes per token: `case_id`, `name`, `engine`,
        `basis`, `measured` and `predicted` in bytes, `error_percent`, `rounding_percent` (what
        two printed digits of the logged size leave open; 0 for printed bytes), `source_key`.

    Examples
    --------
    >>> cases = kv_bytes_per_token().set_index("case_id")
    >>> float(cases.at["paper-deepseek-v3-bf16", "error_percent"])
    0.0
    """
    cases = datasets.load("kv_measurements").dropna(subset=["kv_bytes_per_token"])
    records = cases.to_dict("records")
    frame = pd.DataFrame(
        {
            "case_id": cases["case_id"],
            "name": [datasets.architecture(case["architecture_id"]).name for case in records],
            "engine": cases["engine"],
            "basis": cases["basis"],
            "measured": cases["kv_bytes_per_token"].astype(float),
            "predicted": [_bytes_per_token(case) for case in records],
            "source_key": cases["source_key"],
        }
    ).reset_index(drop=True)
    frame["error_percent"] = error_percent(frame["predicted"], frame["measured"])
    logged = [case["kv_cache_gib"] for case in records]
    frame["rounding_percent"] = [
        0.0 if math.isnan(size) else 100 * 0.5 * LOGGED_GIB_STEP / size for size in logged
    ]
    return frame


LOGGED_GIB_STEP: Final = 0.01
"""Engines log the size of the cache to a hundredth of a GiB."""
