"""What a million tokens cost at least, from the price of a GPU-hour."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from computebook import datasets, errors, units
from computebook.exhibits.gpu_sizing.case import Case
from computebook.exhibits.gpu_sizing.speed import decode_bounds

__all__ = ["cost_bounds", "hour_prices"]

ON_DEMAND: Final = "on-demand"
ENDS: Final = {"low": "min", "central": "median", "high": "max"}


def hour_prices(accelerator_id: str) -> pd.Series[float]:
    """Return the lowest, median and highest on-demand price of an accelerator, $ per GPU-hour.

    Parameters
    ----------
    accelerator_id : str
        Id in the table of accelerators.

    Returns
    -------
    Series
        `low`, `central`, `high` and `offers`; prices are missing where none was found.

    Examples
    --------
    >>> float(hour_prices("h200-sxm")["central"])
    4.29
    """
    table = datasets.load("gpu_hour_prices")
    same = table[(table["accelerator_id"] == accelerator_id) & (table["kind"] == ON_DEMAND)]
    prices = same["usd_per_gpu_hour"].astype(float)
    found = {name: float(prices.agg(how)) for name, how in ENDS.items()}
    return pd.Series({**found, "offers": float(len(prices))})


def _costs(row: Mapping[Hashable, Any], price: float, context_tokens: int, batch_size: int) -> Any:
    """Return $ per million output and input tokens at a price of the hour."""
    per_s = row["accelerators"] * price / units.SECONDS_PER_HOUR
    output = per_s * row["step_ms"] / 1e3 / batch_size
    read = per_s * row["prefill_s"] / context_tokens
    return output * units.TOKENS_PER_MTOK, read * units.TOKENS_PER_MTOK


def cost_bounds(
    case: Case,
    accelerator_ids: Sequence[str],
    context_tokens: int,
    batch_size: int,
    price_percent: float = 100.0,
    busy_percent: float = 100.0,
) -> pd.DataFrame:
    """Return the least that a million tokens can cost on the smallest fleets.

    ``n p t / (3600 B) x 1e6`` for output and ``n p t / (3600 S) x 1e6`` for input, over the
    share of paid hours that are busy. A lower bound: real steps take longer.

    Parameters
    ----------
    case, accelerator_ids, context_tokens, batch_size
        As in `speed.decode_bounds`.
    price_percent : float
        What is paid, percent of the on-demand list price, 1 to 500.
    busy_percent : float
        Share of the paid hours that run the full batch, percent, 1 to 100.

    Returns
    -------
    DataFrame
        `fleet`, `offers`, `output_gpu_hours_per_mtok`, `low_usd_per_gpu_hour`, `central_...`,
        `high_...`, the same three as
        `..._output_usd_per_mtok`, and `central_input_usd_per_mtok`; missing without a price.

    Raises
    ------
    ComputebookError
        If a name is unknown or a number out of bounds.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> bounds = cost_bounds(case("llama-3.1-70b", "fp8", "bf16"), ["h100-sxm"], 8_192, 16)
    >>> 1 < float(bounds["central_output_usd_per_mtok"].iloc[0]) < 5
    True
    """
    paid = errors.require_finite_in("price_percent", price_percent, "%", 1, 500) / 100
    busy = errors.require_finite_in("busy_percent", busy_percent, "%", 1, 100) / 100
    rows = []
    for row in decode_bounds(case, accelerator_ids, context_tokens, batch_size).to_dict("records"):
        prices = hour_prices(str(row["accelerator_id"]))
        found: dict[str, Any] = {"fleet": row["fleet"], "offers": int(prices["offers"])}
        found["output_gpu_hours_per_mtok"] = _costs(row, 1 / busy, context_tokens, batch_size)[0]
        for end in ENDS:
            price = float(prices[end]) * paid
            written, read = _costs(row, price / busy, context_tokens, batch_size)
            found[f"{end}_usd_per_gpu_hour"] = price
            found[f"{end}_output_usd_per_mtok"] = written
            found[f"{end}_input_usd_per_mtok"] = read
        rows.append(found)
    return pd.DataFrame(rows)
