"""What a solved task costs by model and effort, and which configuration to buy."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from computebook import benchmarks, datasets, errors
from computebook.exhibits.benchmarks.runs import all_runs

__all__ = [
    "break_even_failure_cost_usd",
    "configurations",
    "effort_spans",
    "expected_costs",
    "failure_scenarios",
    "openhands_costs",
    "purchase_ladder",
    "qualified",
]


def configurations(
    benchmark: str, models: Iterable[str], confidence_percent: float = 95.0
) -> pd.DataFrame:
    """Return the priced configurations (model and effort) of a benchmark, cheapest first.

    Parameters
    ----------
    benchmark : str
        Id of a benchmark with costs per task.
    models : iterable of str
        Ids of models; those that were not run on it with a cost are left out.
    confidence_percent : float
        Level of the intervals, percent.

    Returns
    -------
    DataFrame
        `configuration`, `model`, `effort`, `vendor`, `score_percent`, `low_percent`,
        `high_percent`, `cost_per_task_usd`, `cost_per_solved_task_usd` (missing where nothing
        was solved), `cost_low_usd`, `cost_high_usd`, `on_front`, `items`.

    Raises
    ------
    ComputebookError
        If a model or the benchmark is unknown or has no priced run.

    Examples
    --------
    >>> table = configurations("arc-agi-2", ["gpt-5.2"]).set_index("effort")
    >>> round(float(table.at["xhigh", "cost_per_solved_task_usd"]), 2)
    3.59
    """
    runs = all_runs()
    priced = runs[runs["cost_per_task_usd"].notna()]
    errors.require_known("frontier_benchmark", benchmark, sorted(set(priced["benchmark_id"])))
    for model in models:
        errors.require_known("frontier_models", model, sorted(set(priced["model_id"])))
    chosen = priced[(priced["benchmark_id"] == benchmark) & priced["model_id"].isin(list(models))]
    if chosen.empty:
        raise errors.ComputebookError(
            f"frontier_models = {list(models)} has no model with a priced run on {benchmark}"
        )
    frame = benchmarks.score_intervals(chosen, confidence_percent / 100)
    return _with_costs(frame, confidence_percent).reset_index(drop=True)


def _with_costs(frame: pd.DataFrame, confidence_percent: float) -> pd.DataFrame:
    cost = frame["cost_per_task_usd"].to_numpy(float)
    solved = frame["score_percent"].to_numpy(float) / 100
    low, high = benchmarks.cost_per_solved_task_interval(
        cost, solved, frame["items"].to_numpy(float), confidence_percent / 100
    )
    per_solved = benchmarks.cost_per_solved_task_usd(cost, solved)
    effort = frame["effort"].str.replace(" thinking budget", "", regex=False)
    unnamed = effort.isin(["default", "not stated"])
    detail = effort.where(~unnamed, "")
    named = frame["model"] + " (" + effort + ")"
    # Two parties may have run one model without stating its effort.
    repeated = (frame["model"] + detail).duplicated(keep=False)
    named = named.where(~repeated, frame["model"] + " (" + effort + ", " + frame["run_by"] + ")")
    table = frame.assign(
        effort=effort,
        configuration=frame["model"].where(unnamed & ~repeated, named),
        cost_per_solved_task_usd=np.where(np.isfinite(per_solved), per_solved, np.nan),
        cost_low_usd=low,
        cost_high_usd=np.where(np.isfinite(high), high, np.nan),
        on_front=benchmarks.pareto_front(cost, solved),
    )
    return table.sort_values("cost_per_task_usd", kind="stable")


def effort_spans(table: pd.DataFrame) -> pd.DataFrame:
    """Return lowest and highest score of each model that was run at several efforts.

    Parameters
    ----------
    table : DataFrame
        From `configurations`.

    Returns
    -------
    DataFrame
        `model`, `efforts`, `lowest_percent`, `highest_percent`, `span_points`,
        `cost_ratio` (dearest effort over cheapest), widest span first; empty when no model has
        several.

    Examples
    --------
    >>> spans = effort_spans(configurations("arc-agi-2", ["gpt-5.2"]))
    >>> round(float(spans["span_points"].iloc[0]), 1)
    52.1
    """
    by_model = table.groupby("model", sort=False)
    spans = by_model.agg(
        efforts=("effort", "size"),
        lowest_percent=("score_percent", "min"),
        highest_percent=("score_percent", "max"),
        cheapest_usd=("cost_per_task_usd", "min"),
        dearest_usd=("cost_per_task_usd", "max"),
    ).reset_index()
    spans = spans.assign(
        span_points=spans["highest_percent"] - spans["lowest_percent"],
        cost_ratio=spans["dearest_usd"] / spans["cheapest_usd"],
    )
    spans = spans[spans["efforts"] > 1]
    return spans.sort_values("span_points", ascending=False, ignore_index=True)


def qualified(table: pd.DataFrame, min_score_percent: float, column: str) -> pd.Series[Any] | None:
    """Return the cheapest configuration whose score reaches a floor, or None.

    Parameters
    ----------
    table : DataFrame
        From `configurations`.
    min_score_percent : float
        Floor of the score, percent.
    column : {"score_percent", "low_percent"}
        The score as measured, or the lower end of its interval.

    Examples
    --------
    >>> table = configurations("arc-agi-2", ["gpt-5.2"])
    >>> qualified(table, 30.0, "score_percent")["effort"]
    'high'
    """
    errors.require_known("column", column, ("score_percent", "low_percent"))
    enough = table[table[column] >= min_score_percent]
    if enough.empty:
        return None
    return enough.sort_values("cost_per_task_usd", kind="stable").iloc[0]


def expected_costs(table: pd.DataFrame, failure_cost_usd: float) -> pd.DataFrame:
    """Return what a task costs in the end, failures included, cheapest configuration first.

    Each task is tried once; one that fails costs the failure cost on top.

    Parameters
    ----------
    table : DataFrame
        From `configurations`.
    failure_cost_usd : float
        Cost of one failed task, US dollars, >= 0.

    Returns
    -------
    DataFrame
        The table with `expected_usd` per task.

    Raises
    ------
    ComputebookError
        If the cost is negative or not finite.

    Examples
    --------
    >>> table = configurations("arc-agi-2", ["gpt-5.2", "gpt-5.2-pro"])
    >>> expected_costs(table, 25.0)["configuration"].iloc[0]
    'GPT-5.2 Thinking (xhigh)'
    """
    failure = errors.require_finite_in("failure_cost_usd", failure_cost_usd, "$", 0.0, 1e9)
    failed = 1 - table["score_percent"] / 100
    expected = table["cost_per_task_usd"] + failed * float(failure)
    return table.assign(expected_usd=expected).sort_values("expected_usd", kind="stable")


def break_even_failure_cost_usd(
    cheaper_cost_usd: float, dearer_cost_usd: float, gain_fraction: float
) -> float:
    r"""Return the cost of a failure from which a dearer configuration pays, US dollars.

    .. math:: F^* = \frac{c_2 - c_1}{p_2 - p_1}

    Parameters
    ----------
    cheaper_cost_usd, dearer_cost_usd : float
        Cost per task of the two, US dollars.
    gain_fraction : float
        Score of the dearer one less that of the cheaper one, fraction.

    Returns
    -------
    float
        Infinite where the dearer one solves no more.

    Examples
    --------
    >>> break_even_failure_cost_usd(2.0, 16.0, 0.01)
    1400.0
    """
    extra = dearer_cost_usd - cheaper_cost_usd
    return math.inf if gain_fraction <= 0 else float(extra / gain_fraction)


def purchase_ladder(table: pd.DataFrame) -> pd.DataFrame:
    """Return which configuration is cheapest in the end for each range of failure costs.

    Parameters
    ----------
    table : DataFrame
        From `configurations`.

    Returns
    -------
    DataFrame
        One row per step: `from_usd`, `to_usd` (missing on the last step), `configuration`,
        `cost_per_task_usd`, `score_percent`, `items`.

    Examples
    --------
    >>> ladder = purchase_ladder(configurations("arc-agi-2", ["gpt-5.2", "gpt-5.2-pro"]))
    >>> ladder["configuration"].iloc[-1], round(float(ladder["from_usd"].iloc[-1]), -2)
    ('GPT-5.2 Pro (high)', 1100.0)
    """
    ordered = table.sort_values(["cost_per_task_usd", "score_percent"], ascending=[True, False])
    current, start, steps = ordered.iloc[0], 0.0, []
    while True:
        better = ordered[ordered["score_percent"] > current["score_percent"]]
        gain = (better["score_percent"] - current["score_percent"]) / 100
        switch = (better["cost_per_task_usd"] - current["cost_per_task_usd"]) / gain
        end = float(switch.min()) if len(switch) else math.nan
        steps.append({"from_usd": start, "to_usd": end, **current})
        if switch.empty:
            break
        # Of several that take over at once, the best is the next step.
        ties = better[np.isclose(switch, end)]
        current, start = ties.loc[ties["score_percent"].idxmax()], max(end, 0.0)
    columns = [
        "from_usd",
        "to_usd",
        "configuration",
        "cost_per_task_usd",
        "score_percent",
        "items",
    ]
    return pd.DataFrame(steps)[columns]


def failure_scenarios(table: pd.DataFrame, failure_cost_usd: float) -> pd.DataFrame:
    """Return the best configuration at a tenth, once and ten times a failure cost.

    Parameters
    ----------
    table : DataFrame
        From `configurations`.
    failure_cost_usd : float
        Central cost of one failed task, US dollars.

    Returns
    -------
    DataFrame
        `scenario`, `failure_cost_usd`, `configuration`, `cost_per_task_usd`, `score_percent`,
        `expected_usd`, `top_score_usd` (expected cost per task of the best score's
        configuration).

    Examples
    --------
    >>> table = configurations("arc-agi-2", ["gpt-5.2", "gpt-5.2-pro"])
    >>> failure_scenarios(table, 25.0)["scenario"].tolist()
    ['low', 'central', 'high']
    """
    rows = []
    for name, factor in (("low", 0.1), ("central", 1.0), ("high", 10.0)):
        ranked = expected_costs(table, failure_cost_usd * factor)
        best = ranked.iloc[0]
        top = ranked.sort_values("score_percent", kind="stable").iloc[-1]
        chosen = best[["configuration", "cost_per_task_usd", "score_percent", "expected_usd"]]
        rows.append(
            {
                "scenario": name,
                "failure_cost_usd": failure_cost_usd * factor,
                **chosen,
                "top_score_usd": top["expected_usd"],
            }
        )
    return pd.DataFrame(rows)


def openhands_costs(paired_models: list[str], confidence_percent: float = 95.0) -> pd.DataFrame:
    """Return what a solved task of SWE-bench Verified costs by model, from outcomes per task.

    Parameters
    ----------
    paired_models : list of str
        Ids of models with outcomes per task.
    confidence_percent : float
        Level of the interval of the score, percent.

    Returns
    -------
    DataFrame
        `model`, `score_percent`, `interval`, `cost_per_task_usd`, `cost_p50_usd`,
        `cost_p95_usd`, `cost_per_solved_task_usd`, cheapest solved task first.

    Examples
    --------
    >>> table = openhands_costs(["gpt-5.2", "claude-opus-4.5"])
    >>> table["cost_per_solved_task_usd"].round(2).tolist()
    [1.12, 2.34]
    """
    outcomes = datasets.load("swebench_outcomes")
    for model in paired_models:
        errors.require_known("paired_models", model, sorted(set(outcomes["model_id"])))
    chosen = outcomes[outcomes["model_id"].isin(paired_models)]
    table = benchmarks.solved_task_costs(chosen, confidence_percent / 100).reset_index()
    models = all_runs().drop_duplicates("model_id").set_index("model_id")["model"]
    spans = zip(table["low_percent"], table["high_percent"], strict=True)
    return table.assign(
        model=table["model_id"].map(models),
        interval=[f"{low:.1f} to {high:.1f}" for low, high in spans],
    )
