"""Computed sentences of the chapter on benchmarks whose wording depends on the result."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from computebook.exhibits.benchmarks.costs import effort_spans
from computebook.exhibits.benchmarks.headline import CostStep

__all__ = ["effort_finding", "floor_sentence", "step_sentence"]


def _at(row: pd.Series[Any]) -> str:
    return (
        f"{row['configuration']} ({row['score_percent']:.1f}% at ${row['cost_per_task_usd']:,.2f} "
        f"a task, ${row['cost_per_solved_task_usd']:,.2f} per solved task by "
        "{eq}`eq-solved-cost`)"
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
    text = f"The cheapest configuration that reaches {min_score_percent:g}% is {_at(measured)}."
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
        f"Worked case, the last step of the frontier: {step.top} scores {step.gain_points:.1f} "
        f"points more than {step.below}, so by {{eq}}`eq-break-even-failure` it pays once a failed "
        f"task costs ${step.break_even_usd:,.0f}. The gain is uncertain: at the upper end of its "
        f"{confidence_percent:g}% interval the break-even is ${step.break_even_low_usd:,.0f}, "
        f"at the lower end {at_low}."
    )
