"""The answer in words: headline, refusal, short tables."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from computebook.sizing.plan import Plan
from computebook.sizing.request import UNLIMITED_GPUS, Request
from computebook.units import format_significant

__all__ = [
    "beside",
    "front",
    "headline",
    "layout",
    "percent",
    "refusal",
    "rounded",
    "short",
    "source",
]

_FRONT_NAMES: Final = {
    "gpu": "gpu",
    "weights": "weights",
    "layout": "layout",
    "load_per_copy": "load per copy",
    "output_tokens_per_s_per_user": "tokens/s per user",
    "output_tokens_per_s_per_gpu": "tokens/s per GPU",
    "ttft_s": "TTFT s",
    "within_limits": "within limits",
}

_SHORT_NAMES: Final = {
    "role": "role", "gpu": "gpu", "weights": "weights", "layout": "layout", "copies": "copies",
    "gpus": "GPUs", "usd_per_hour": "$/h", "ttft_s": "TTFT s", "tpot_ms": "TPOT ms",
    "output_tokens_per_s_per_gpu": "tokens/s per GPU", "output_usd_per_mtok": "output $/M",
    "output_j_per_token": "J/token", "holds_at_slow_end": "holds at slow end",
}  # fmt: skip

_FLAGS: Final = {
    "time_to_first_token_s": ("--ttft", 1e3, "ms"),
    "time_per_output_token_s": ("--tpot", 1e3, "ms"),
    "max_gpus": ("--max-gpus", 1.0, ""),
    "users": ("--users", 1.0, ""),
    "requests_per_s": ("--rate", 1.0, "/s"),
    "input_tokens": ("--input", 1.0, ""),
    "weights": ("--weights", 1.0, ""),
}


def percent(share: float) -> str:
    """Return a chance as a whole percentage, never 0 or 100; empty if there is none.

    Examples
    --------
    >>> percent(0.507), percent(0.9999), percent(float("nan"))
    ('51 %', '> 99 %', '')
    """
    if not np.isfinite(share):
        return ""
    if share > 0.99:
        return "> 99 %"
    return "< 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def layout(row: Any) -> str:
    """Return parallel degrees in short.

    Examples
    --------
    >>> layout({"tensor_parallel": 8, "attention_data_parallel": 4, "pipeline_parallel": 1})
    'TP8 DP4'
    """
    parts = [f"TP{row['tensor_parallel']:.0f}"]
    for name, short_name in (("attention_data_parallel", "DP"), ("pipeline_parallel", "PP")):
        if row[name] > 1:
            parts.append(f"{short_name}{row[name]:.0f}")
    return " ".join(parts)


def headline(answer: Plan) -> str:
    """Return what to buy, how sure the limits are, and what to beware of, in a few lines.

    Parameters
    ----------
    answer : Plan
        A feasible plan.

    Returns
    -------
    str
        Lines.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.plan import plan
    >>> print(headline(plan(small_request())).splitlines()[0])
    Llama 3.1 8B, 20 users, 1,000 tokens in, 100 out
    """
    row, request = answer.chosen, answer.request
    load = f"{request.load:,.6g} " + ("requests/s" if request.is_open else "users")
    unit = "requests/s" if request.is_open else "users"
    which = "" if request.percentile is None else f" at percentile {request.percentile:g}"
    lines = [
        f"{request.architecture.name}, {load}, {request.input_tokens:,.0f} tokens in, "
        f"{request.output_tokens:,.0f} out",
        f"{row['gpus']:,} x {row['gpu_name']}: {row['copies']:,} copies of {row['gpus_per_copy']} "
        f"({layout(row)}), weights {row['weights']}, cache {row['kv_cache']}, "
        f"{row['design_load_per_copy']:.4g} {unit} per copy with headroom",
        _latency(f"TTFT{which}", row, "ttft", "s"),
        _latency(f"TPOT{which}", row, "tpot", "ms"),
        *(f"! {sentence}" for sentence in answer.warnings),
    ]
    return "\n".join(lines) + "\n"


def _latency(name: str, row: Any, short_name: str, unit: str) -> str:
    """Return one latency with its interval, limit and chance."""
    numbers = [format_significant(row[f"{short_name}{end}_{unit}"])
               for end in ("", "_low", "_high")]  # fmt: skip
    limit = row[f"{short_name}_limit_{unit}"]
    words = f"{name} {numbers[0]} {unit} (80 %: {numbers[1]} to {numbers[2]})"
    if not np.isfinite(limit):
        return f"{words}, no limit"
    chance = percent(row[f"{short_name}_chance_fraction"])
    return f"{words}, limit {limit:g}: holds with a chance of {chance}"


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a plan with four digits and chances in words.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `Plan.frame`.

    Returns
    -------
    pandas.DataFrame
        One row per quantity.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.plan import plan
    >>> rounded(plan(small_request()).frame()).loc[0, "value"].item()
    1.0
    """
    shown = frame.assign(chance=[percent(share) for share in frame["chance_fraction"]])
    numbers = {
        name: [float(f"{value:.4g}") for value in shown[name]]
        for name in ("value", "low", "high", "limit")
    }
    return shown.drop(columns="chance_fraction").assign(**numbers)


def short(frame: pd.DataFrame) -> pd.DataFrame:
    """Return alternatives with few columns and readable heads.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `Plan.alternatives`.

    Returns
    -------
    pandas.DataFrame
        One row each.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.plan import plan
    >>> short(plan(small_request()).alternatives)["layout"].tolist()[0]
    'TP1'
    """
    named = frame.assign(
        layout=[layout(row) for row in frame.to_dict("records")],
        holds_at_slow_end=np.where(frame["holds_at_slow_end"], "yes", "no"),
    )
    shown = named[list(_SHORT_NAMES)].rename(columns=_SHORT_NAMES)
    numbers = shown.select_dtypes("float").columns
    return shown.assign(**{name: [_digits(v) for v in shown[name]] for name in numbers})


def _digits(value: float) -> str:
    return format_significant(value) if np.isfinite(value) else ""


def front(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the Pareto front with readable heads.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `Plan.front`.

    Returns
    -------
    pandas.DataFrame
        One row per point.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.plan import plan
    >>> front(plan(small_request()).front).columns[:3].tolist()
    ['gpu', 'weights', 'layout']
    """
    named = frame.assign(
        layout=[layout(row) for row in frame.to_dict("records")],
        within_limits=np.where(frame["within_limits"], "yes", "no"),
    )
    shown = named[list(_FRONT_NAMES)].rename(columns=_FRONT_NAMES)
    numbers = shown.select_dtypes("float").columns
    return shown.assign(**{name: [_digits(v) for v in shown[name]] for name in numbers})


def beside(answer: Plan) -> list[str]:
    """Return sentences on ways of serving that are not in the table.

    Parameters
    ----------
    answer : Plan
        A feasible plan.

    Returns
    -------
    list of str
        Prompts on accelerators of their own; drafted tokens.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.plan import plan
    >>> [sentence.split(":")[0] for sentence in beside(plan(small_request()))]
    ['Prompts apart']
    """
    found, split = [], answer.disaggregated
    if split:
        found.append(
            f"Prompts apart: {split['gpus']:,} x {split['gpu']}, {split['prefill_copies']} prefill "
            f"copies of {split['prefill_gpus_per_copy']} to {split['decode_copies']} decode copies "
            f"of {split['decode_gpus_per_copy']}, TTFT {format_significant(split['ttft_s'])} s, "
            f"TPOT {format_significant(split['tpot_ms'])} ms (not calibrated by itself)"
        )
    if np.isfinite(answer.speculative_tpot_ms):
        request = answer.request
        found.append(
            f"With {request.draft_tokens:g} drafted tokens, {percent(request.acceptance_fraction)} "
            f"accepted: TPOT {format_significant(answer.speculative_tpot_ms)} ms on the same fleet"
        )
    return found


def refusal(answer: Plan) -> str:
    """Return what binds and what would be feasible, as one paragraph.

    Parameters
    ----------
    answer : Plan
        An infeasible plan.

    Returns
    -------
    str
        Sentences.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.plan import plan
    >>> refusal(plan(small_request(time_per_output_token_s=0.001)))[:77]
    'no fleet of h100-sxm meets this request: time per output token binds. Feasibl'
    """
    gpus = answer.request.gpus
    whom = ", ".join(gpus) if len(gpus) <= 3 else f"any of {len(gpus)} accelerators"
    verb = "binds" if len(answer.binding) == 1 else "bind"
    what = " and ".join(answer.binding)
    words = [f"no fleet of {whom} meets this request: {what} {verb}."]
    if answer.detail:
        words.append(answer.detail)
    offers = [_offer(answer.request, offer.changes) for offer in answer.nearest]
    if offers:
        words.append(f"Feasible with all else as asked: {'; or '.join(offers)}.")
    else:
        words.append("No single change of a limit, the load, the prompt or the format helps.")
    return " ".join(words)


def _offer(request: Request, changes: dict[str, Any]) -> str:
    return " and ".join(_flag(request, field, value) for field, value in changes.items())


def _flag(request: Request, field: str, value: Any) -> str:
    """Return a change as the option to type, with what was asked."""
    name, scale, unit = _FLAGS[field]
    asked = getattr(request, field)
    if isinstance(value, str):
        return f"{name} {value}"
    if field == "max_gpus" and asked >= UNLIMITED_GPUS:
        return f"{name} {value:.12g}"
    return f"{name} {value * scale:.12g}{unit} (asked: {asked * scale:.12g}{unit})"


def source(key: str, as_of: str) -> str:
    """Return source and date in brackets; nothing if there is neither.

    Examples
    --------
    >>> source("kwon2023vllm", ""), source("", "")
    (' [kwon2023vllm]', '')
    """
    parts = [part for part in (key, as_of) if part]
    return f" [{', '.join(parts)}]" if parts else ""
