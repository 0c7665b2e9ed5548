"""A training plan in words: headline, refusal, short tables, what it rests on."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from computebook.training_plans.growth import layout_words
from computebook.training_plans.plan import Plan
from computebook.training_plans.request import Request
from computebook.units import format_significant

__all__ = ["assumption_lines", "headline", "refusal", "rounded", "short_growth", "short_layouts"]


def _model(request: Request) -> str:
    if request.model is not None:
        return request.shapes[0].name
    active = request.active_params or request.params or 0.0
    return f"a model of {_large(request.params or 0.0)} parameters ({_large(active)} active)"


def _large(number: float) -> str:
    """Return a large number with a letter for its power of ten.

    Examples
    --------
    >>> _large(1.8e12), _large(280e9)
    ('1.8T', '280B')
    """
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if number >= size:
            return f"{number / size:.4g}{letter}"
    return f"{number:.4g}"


def headline(answer: Plan) -> str:
    """Return what was asked, the layout, time, power and cost in a few lines.

    Parameters
    ----------
    answer : Plan
        A feasible plan.

    Examples
    --------
    >>> from computebook.training_plans.plan import plan
    >>> ask = Request(model="llama-3.1-8b", tokens=1e12, gpu="h100", count=64)
    >>> print(headline(plan(ask, draws=100)).splitlines()[0])
    Llama 3.1 8B, 1T tokens, 64 x NVIDIA H100 SXM 80GB, bf16
    """
    request, frame = answer.request, answer.frame().set_index("name")
    lines = [
        f"{_model(request)}, {_large(request.tokens)} tokens, {request.count:,.0f} x "
        f"{request.device.name}, {request.precision}",
        *(_layout(row, request) for row in answer.layouts.to_dict("records")),
        _range("Time", frame.loc["calendar_s"]),
        _range("Power to provision at the facility", frame.loc["rated_facility_w"]),
        _range("Energy at the facility", frame.loc["facility_energy_j"]),
        _range("Cost, owned" if request.owned else "Cost, rented", frame.loc["total_usd"]),
        *(f"! {sentence}" for sentence in answer.warnings),
    ]
    return "\n".join(lines) + "\n"


def _layout(row: dict[Any, Any], request: Request) -> str:
    idle = request.count - row["working_gpus"]
    spare = f", {idle:,.0f} spare" if idle else ""
    return (
        f"  {row['shape']}: {layout_words(row)}, micro-batch {row['micro_batch']:.0f}, recompute "
        f"{row['recompute']}, {row['batch_tokens'] / 1e6:.3g}M tokens a step, "
        f"{row['memory_gb']:.3g} GB each{spare}: {row['tokens_per_s_per_gpu']:.4g} tokens/s per "
        f"GPU, MFU {row['mfu_percent']:.3g} %"
    )


def _range(words: str, row: Any) -> str:
    low, central, high = (format_significant(row[end]) for end in ("low", "central", "high"))
    return f"{words}: {central} {row['unit']} (80 %: {low} to {high})"


def refusal(answer: Plan) -> str:
    """Return what binds and what would be feasible, in one sentence.

    Parameters
    ----------
    answer : Plan
        An infeasible plan.

    Examples
    --------
    >>> from computebook.training_plans.plan import plan
    >>> ask = Request(model="llama-3.1-405b", tokens=1e12, gpu="h100", count=8)
    >>> "nearest that fits: count" in refusal(plan(ask))
    True
    """
    offers = "; ".join(answer.nearest) or "none was found"
    return f"{answer.binding}; nearest that fits: {offers}"


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return results with four digits and without short names.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `Plan.frame`.

    Examples
    --------
    >>> frame = pd.DataFrame({"name": ["x"], "low": [1.23456], "central": [2.0], "high": [3.0]})
    >>> rounded(frame)["low"].tolist()
    [1.235]
    """
    numbers = {c: [_digits(v) for v in frame[c]] for c in frame.select_dtypes("number").columns}
    return frame.assign(**numbers).drop(columns="name", errors="ignore")


def _digits(value: float) -> float:
    return float(f"{value:.4g}") if np.isfinite(value) else float("nan")


def short_layouts(layouts: pd.DataFrame) -> pd.DataFrame:
    """Return layouts with few columns.

    Parameters
    ----------
    layouts : pandas.DataFrame
        From `Plan.layouts`.
    """
    names = {"shape": "shape", "working_gpus": "working GPUs", "recompute": "recompute",
             "tokens_per_s_per_gpu": "tokens/s per GPU", "mfu_percent": "MFU %",
             "step_s": "step s", "memory_gb": "GB each"}  # fmt: skip
    table = rounded(layouts)[list(names)].rename(columns=names)
    table.insert(2, "layout", [layout_words(row) for row in layouts.to_dict("records")])
    return table


_GROWTH: Final = {"days": "days", "rental_musd": "rented M$", "owned_musd": "owned M$"}
_PLAIN: Final = {"goodput_percent": "goodput %", "mfu_percent": "MFU %", "facility_mw": "rated MW",
                 "energy_gwh": "GWh"}  # fmt: skip


def short_growth(frame: pd.DataFrame) -> pd.DataFrame:
    """Return growth with the cluster with few columns, intervals in brackets.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `growth.cluster_growth`.
    """
    table = frame[["gpus", "layout"]].assign(
        **{words: frame[column].map(_three) for column, words in _PLAIN.items()}
    )
    for column, words in _GROWTH.items():
        ends = zip(frame[column], frame[f"{column}_low"], frame[f"{column}_high"], strict=True)
        table[words] = [_bracketed(*three) for three in ends]
    return table


def _three(value: float) -> str:
    """Return a number with three digits at least, thousands apart; empty if there is none."""
    if not np.isfinite(value):
        return ""
    return f"{value:,.0f}" if value >= _THOUSAND else f"{value:.3g}"


_THOUSAND: Final = 1000.0


def _bracketed(value: float, low: float, high: float) -> str:
    ends = f" ({_three(low)} to {_three(high)})" if np.isfinite(value) else ""
    return _three(value) + ends


def assumption_lines(assumptions: pd.DataFrame) -> list[str]:
    """Return one line per input: value with range, unit, distribution and source.

    Parameters
    ----------
    assumptions : pandas.DataFrame
        From `Plan.assumptions`.

    Examples
    --------
    >>> from computebook.training_plans.inputs import Uncertain, assumption_table
    >>> pue = Uncertain(name="pue", low=1.05, central=1.1, high=1.2, unit="", meaning="PUE")
    >>> assumption_lines(assumption_table([pue]))
    ['pue: 1.1 (1.05 to 1.2, triangular); PUE [assumed]']
    """
    return [_line(row) for row in assumptions.to_dict("records")]


def _line(row: dict[Any, Any]) -> str:
    unit = f" {row['unit']}" if row["unit"] else ""
    ends = "" if row["distribution"] == "fixed" else (
        f" ({row['low']:.4g} to {row['high']:.4g}, {row['distribution']})"
    )  # fmt: skip
    source = ", ".join(t for t in (row["basis"], row["source_key"], row["as_of"]) if t)
    note = f". {row['note']}" if row["note"] else ""
    return f"{row['input']}: {row['central']:.4g}{unit}{ends}; {row['meaning']} [{source}]{note}"
