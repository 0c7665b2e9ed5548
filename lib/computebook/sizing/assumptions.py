"""What a plan rests on, and where it leaves the range of the measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from computebook import datasets
from computebook.inference import energy_table, table
from computebook.sizing.formats import PUBLISHED
from computebook.sizing.intervals import factors, regime_of
from computebook.sizing.layouts import BLOCK_TOKENS
from computebook.sizing.prices import hour_price
from computebook.sizing.request import Request, calibrated_generations
from computebook.sizing.room import USABLE_FRACTION

__all__ = ["MeasuredRange", "assumptions", "measured_range", "warnings_for"]

Row = tuple[str, str, str, str]


@dataclass(frozen=True)
class MeasuredRange:
    """How far the measured cases behind the latencies of a kind of load go.

    Parameters
    ----------
    context_tokens : float
        Longest prompt and output together.
    users : float
        Most users of one copy; NaN for arrivals.
    """

    context_tokens: float
    users: float


@cache
def measured_range(is_open: bool) -> MeasuredRange:
    """Return the range of the measured cases of a kind of load.

    Parameters
    ----------
    is_open : bool
        Arrivals rather than users.

    Returns
    -------
    MeasuredRange
        Longest context and most users.

    Examples
    --------
    >>> measured_range(False).context_tokens > measured_range(True).context_tokens
    True
    """
    cases = datasets.load(table.MEASUREMENTS)
    rows = cases[cases["regime"] == regime_of(is_open)]
    both = rows["input_len"].astype(float) + rows["output_len"].astype(float)
    users = pd.to_numeric(rows["concurrency_or_batch"], errors="coerce")
    return MeasuredRange(float(both.max()), float(users.max()))


def assumptions(request: Request, gpus: Sequence[str]) -> pd.DataFrame:
    """Return what a plan takes for granted, one row each.

    Parameters
    ----------
    request : Request
        What was asked.
    gpus : sequence of str
        Accelerators that the plan and its alternatives use.

    Returns
    -------
    pandas.DataFrame
        `topic`, `assumption`, `source_key`, `as_of`.

    Examples
    --------
    >>> ask = Request(model="llama-3.1-8b", gpus=("h100",), input_tokens=1e3, output_tokens=100,
    ...               users=10)
    >>> "price" in set(assumptions(ask, ["h100-sxm"])["topic"])
    True
    """
    rows = [
        _constants(request), _model(request), _formats(request), *_loads(request), _memory(),
        *_prices(request, gpus), *_power(gpus), _interval(request),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["topic", "assumption", "source_key", "as_of"])


def _constants(request: Request) -> Row:
    rows = datasets.load(table.TABLE)
    sources, date = sorted(set(rows["source_key"])), rows["as_of"].max().date()
    text = f"efficiencies and overheads of table {table.TABLE}, engine {request.engine}"
    return "constants", text, "; ".join(sources), str(date)


def _model(request: Request) -> Row:
    rows = datasets.load("architectures").set_index("architecture_id")
    row = rows.loc[request.model]
    return "model", f"shape of {row['name']}", str(row["source_key"]), str(row["as_of"].date())


def _formats(request: Request) -> Row:
    if request.weights is not None:
        return "formats", f"weights in {request.weights} as asked, quality not judged", "", ""
    if request.model in PUBLISHED:
        dense, experts, source = PUBLISHED[request.model]
        text = f"weights as published: {dense}" + (f", experts {experts}" * (experts != dense))
        return "formats", text, source, ""
    text = "weights and cache in fp8 where the accelerator multiplies in it, bf16 elsewhere"
    return "formats", f"{text}; quality not judged", "", ""


def _loads(request: Request) -> list[Row]:
    spare = 100 * request.headroom_fraction
    text = f"latencies hold at {spare:.3g} % more than the load asked for; cost and energy are "
    rows = [("headroom", f"{text}at the load asked for", "", "")]
    if request.is_open:
        what = "means" if request.percentile is None else f"the {request.percentile:g}th percentile"
        text = f"Poisson arrivals, spread evenly over the copies; limits apply to {what}"
        rows.append(("load", text, "kleinrock1975queueing", ""))
    else:
        text = "each user sends the next request when one ends; latencies are means"
        rows.append(("load", text, "yu2022orca", ""))
    if request.utilisation < 1:
        text = f"the load is there in {100 * request.utilisation:.3g} % of the paid hours"
        rows.append(("utilisation", text, "", ""))
    return rows


def _memory() -> Row:
    text = (
        f"{100 * USABLE_FRACTION:.0f} % of what weights and engine leave is cache, in blocks of "
        f"{BLOCK_TOKENS} tokens; windowed layers are reserved whole"
    )
    return "memory", text, "kwon2023vllm", ""


def _prices(request: Request, gpus: Sequence[str]) -> list[Row]:
    if request.usd_per_gpu_hour is not None:
        return [("price", f"${request.usd_per_gpu_hour:g} per GPU-hour as asked", "", "")]
    rows = []
    for gpu in dict.fromkeys(gpus):
        price = hour_price(gpu)
        if not price.offers:
            rows.append(("price", f"{gpu}: no on-demand offer known, no dollars given", "", ""))
            continue
        text = (
            f"{gpu}: ${price.central_usd_per_gpu_hour:.4g} per GPU-hour, median of "
            f"{price.offers} on-demand offers (${price.low_usd_per_gpu_hour:.4g} to "
            f"${price.high_usd_per_gpu_hour:.4g})"
        )
        rows.append(("price", text, "; ".join(price.source_keys), price.as_of))
    return rows


def _power(gpus: Sequence[str]) -> list[Row]:
    rows = datasets.load(energy_table.TABLE)
    keys = "; ".join(sorted(set(rows["source_key"])))
    text = (
        f"power from bytes moved and operations done, constants of table {energy_table.TABLE}; "
        f"boundary: plug of the servers, without network, cooling and building"
    )
    found = [("power", text, keys, str(rows["as_of"].max().date()))]
    chips = datasets.accelerators()
    unrated = [gpu for gpu in dict.fromkeys(gpus) if not np.isfinite(chips[gpu].tdp_w)]
    if unrated:
        found.append(("power", f"{', '.join(unrated)}: no rating published, no joules", "", ""))
    return found


def _interval(request: Request) -> Row:
    known, regime = factors(request.is_open), regime_of(request.is_open)
    parts = [f"{name} {known[key][0]:.2f} to {known[key][1]:.2f}"
             for name, key in (("TTFT", "ttft"), ("TPOT", "tpot"))]  # fmt: skip
    rows = datasets.load(table.TABLE)
    notes = rows.loc[rows["scope"].str.startswith(regime), "note"]
    kind = "" if request.percentile is None else "; they are those of means, not of percentiles"
    seen = " (in sample)" if notes.str.startswith(table.IN_SAMPLE).any() else ""
    text = f"80 % of measured cases{seen} lie within these multiples of the model"
    return "interval", f"{text}: {', '.join(parts)}{kind}", "", ""


def warnings_for(request: Request, plan: pd.Series[Any] | None) -> tuple[str, ...]:
    """Return where a request or its plan leaves what was measured.

    Parameters
    ----------
    request : Request
        What was asked.
    plan : pandas.Series, optional
        The chosen configuration.

    Returns
    -------
    tuple of str
        Sentences; empty if nothing does.

    Examples
    --------
    >>> ask = Request(model="llama-3.1-8b", gpus=("mi300x",), input_tokens=1e3, output_tokens=100,
    ...               users=10)
    >>> len(warnings_for(ask, None))
    1
    """
    found = [_generation_warning(request, plan), _context_warning(request), _model_warning(request)]
    if plan is not None:
        found += [_sure_warning(plan), _stage_warning(plan), _crowd_warning(request, plan)]
    return tuple(sentence for sentence in found if sentence)


def _generation_warning(request: Request, plan: pd.Series[Any] | None) -> str:
    known = calibrated_generations()
    used = {device.generation for device in request.accelerators}
    used = used if plan is None else {str(plan["generation"])}
    strange = sorted(used - known)
    if not strange:
        return ""
    return (
        f"No case of generation {', '.join(strange)} was calibrated: its constants are the means "
        f"of {', '.join(sorted(known))}, and the interval is too narrow for it."
    )


def _context_warning(request: Request) -> str:
    longest = measured_range(request.is_open).context_tokens
    if request.context_tokens <= longest:
        return ""
    return (
        f"{request.context_tokens:,.0f} tokens per request are beyond the measured range: "
        f"latencies were compared up to {longest:,.0f} tokens."
    )


def _model_warning(request: Request) -> str:
    most = request.architecture.max_context_tokens
    if not most or request.context_tokens <= most:
        return ""
    return (
        f"{request.context_tokens:,.0f} tokens are more than the {most:,.0f} that the publisher "
        f"of {request.model} supports as it stands."
    )


def _sure_warning(plan: pd.Series[Any]) -> str:
    if plan["holds_at_slow_end"]:
        return ""
    return (
        "The limits hold at the central value only: at the slow end of the interval they do not. "
        "A robust plan is among the alternatives where there is one."
    )


def _stage_warning(plan: pd.Series[Any]) -> str:
    if plan["pipeline_parallel"] == 1:
        return ""
    return "Pipeline stages are counted one after another: real throughput may be higher."


def _crowd_warning(request: Request, plan: pd.Series[Any]) -> str:
    most = measured_range(False).users
    if request.is_open or plan["design_load_per_copy"] <= most:
        return ""
    return (
        f"{plan['design_load_per_copy']:,.0f} users per copy are beyond the measured range: up "
        f"to {most:,.0f}."
    )
