"""Computed sentences of the chapter on benchmarks whose wording depends on the result."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from computebook.exhibits.benchmarks.costs import effort_spans
from computebook.exhibits.benchmarks.headline import CostStep
from computebook.exhibits.benchmarks.numbers import signed

__all__ = ["cost_finding", "effort_finding", "floor_sentence", "step_sentence"]


def _at(row: pd.Series[Any]) -> str:
    return (
        f"{row['configuration']}, with {row['score_percent']:.1f}% at "
        f"${row['cost_per_task_usd']:,.2f} a task and ${row['cost_per_solved_task_usd']:,.2f} per "
        "solved task"
    )


def floor_sentence(
    measured: pd.Series[Any] | None, assured: pd.Series[Any] | None, min_score_percent: float
) -> str:
    """Return which configuration is the cheapest above a floor of the score, as MyST.

    Parameters
    ----------
    measured, assured : Series or None
        Cheapest configuration whose score, and whose lower limit, reach the floor.
    min_score_percent : float
        The floor, percent.

    Examples
    --------
    >>> floor_sentence(None, None, 99.0)
    'No configuration reaches the floor of 99%.'
    """
    if measured is None:
        return f"No configuration reaches the floor of {min_score_percent:g}%."
    text = (
        f"Worked case with {{eq}}`eq-solved-cost`: the cheapest configuration that reaches "
        f"{min_score_percent:g}% is {_at(measured)}."
    )
    if assured is None:
        return f"{text} None has its whole interval above that floor."
    if assured["configuration"] == measured["configuration"]:
        return f"{text} Its whole interval lies above that floor."
    return f"{text} The cheapest whose whole interval lies above that floor is {_at(assured)}."


def effort_finding(table: pd.DataFrame) -> str:
    """Return how far effort moves the score against how far the choice of model does.

    Parameters
    ----------
    table : DataFrame
        From `configurations`.

    Returns
    -------
    str
        A sentence; where no model was run at several efforts, it counts the frontier instead.

    Examples
    --------
    >>> from computebook.exhibits.benchmarks.costs import configurations
    >>> effort_finding(configurations("arc-agi-2", ["gpt-5.2", "gpt-5.2-pro"]))
    'Effort moves GPT-5.2 Thinking by 52.1 points; the best scores of the models span 1.2.'
    """
    spans = effort_spans(table)
    best = table.groupby("model")["score_percent"].max()
    if spans.empty:
        return f"{int(table['on_front'].sum())} of {len(table)} configurations are beaten by none."
    widest = spans.iloc[0]
    return (
        f"Effort moves {widest['model']} by {widest['span_points']:.1f} points; "
        f"the best scores of the models span {best.max() - best.min():.1f}."
    )


def cost_finding(step: CostStep, benchmark: str) -> str:
    """Return what the last step up the cost frontier buys, in one or two sentences.

    Parameters
    ----------
    step : CostStep
        The last step up the frontier.
    benchmark : str
        Name of the benchmark.

    Examples
    --------
    >>> flat = CostStep("a", "a", 1.0, 1.0, 0.0, -1.0, 1.0, math.inf, 1.0)
    >>> cost_finding(flat, "GAIA")
    'On GAIA, a has the best score and none is cheaper; a solved task costs $1.00.'
    """
    if step.top == step.below:
        return (
            f"On {benchmark}, {step.top} has the best score and none is cheaper; "
            f"a solved task costs ${step.top_per_solved_usd:,.2f}."
        )
    return (
        f"On {benchmark}, a task solved by {step.top} costs ${step.top_per_solved_usd:,.2f}, "
        f"{step.price_ratio:.1f} times one solved by {step.below}, for {signed(step.gain_points)} "
        f"points ({step.gain_interval}). At that gain it pays only where a failed task costs more "
        f"than ${step.break_even_usd:,.0f}."
    )


def step_sentence(step: CostStep, confidence_percent: float) -> str:
    """Return from which cost of a failure the top configuration pays, low to high, as MyST.

    Parameters
    ----------
    step : CostStep
        The last step up the frontier.
    confidence_percent : float
        Level of the interval of the gain, percent.

    Examples
    --------
    >>> flat = CostStep("a", "a", 1.0, 1.0, 0.0, -1.0, 1.0, math.inf, 1.0)
    >>> step_sentence(flat, 95.0)
    'a is both the best and the cheapest of the frontier: there is no dearer step to weigh.'
    """
    if step.top == step.below:
        return (
            f"{step.top} is both the best and the cheapest of the frontier: "
            "there is no dearer step to weigh."
        )
    at_low = (
        "never" if math.isinf(step.break_even_high_usd) else f"${step.break_even_high_usd:,.0f}"
    )
    return (
        f"Worked case, the last step of the frontier: {step.top} scores "
        f"{signed(step.gain_points)} points against {step.below}, so by "
        "{eq}`eq-break-even-failure` it pays once a failed task costs "
        f"${step.break_even_usd:,.0f}. The gain is uncertain: at the upper end of its "
        f"{confidence_percent:g}% interval the break-even is ${step.break_even_low_usd:,.0f}, "
        f"at the lower end {at_low}."
    )
