"""Decide which lead on a benchmark is real, and what a solved task costs.

Two scores differ by more than chance only if the interval of their difference excludes zero,
and the more leads one claims at once, the stronger each must be (Holm). Where the outcome of
every item is known for both models, the paired test applies and is sharper. Where only totals
are known, the two runs are taken as independent, which overstates the noise when both models
meet the same items and like items are hard for both.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from computebook import errors
from computebook.proportions import (
    Difference,
    Interval,
    PairedDifference,
    bootstrap_mean_interval,
    difference_interval,
    difference_z,
    holm_adjusted,
    paired_difference,
    two_sided_p_value,
    wilson_interval,
)
from computebook.task_costs import (
    cost_per_solved_task_interval,
    cost_per_solved_task_usd,
    pareto_front,
)

__all__ = [
    "Difference",
    "Interval",
    "PairedDifference",
    "bootstrap_mean_interval",
    "cost_per_solved_task_interval",
    "cost_per_solved_task_usd",
    "difference_interval",
    "difference_z",
    "holm_adjusted",
    "lead_verdicts",
    "leads",
    "paired_comparison",
    "paired_comparisons",
    "paired_difference",
    "pareto_front",
    "score_intervals",
    "solved_task_costs",
    "two_sided_p_value",
    "wilson_interval",
]

PERCENT = 100.0


def _require_columns(frame: pd.DataFrame, name: str, *columns: str) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise errors.unknown_name(f"column of {name}", missing, map(str, frame.columns))


def score_intervals(scores: pd.DataFrame, confidence_fraction: float = 0.95) -> pd.DataFrame:
    """Return scores with their Wilson limits, one row each.

    Parameters
    ----------
    scores : DataFrame
        With `score_percent` (0 to 100) and `items` (>= 1).
    confidence_fraction : float
        Confidence level, fraction.

    Returns
    -------
    DataFrame
        The same rows with `low_percent` and `high_percent`.

    Raises
    ------
    ComputebookError
        If a column is missing or a value is out of bounds.

    Examples
    --------
    >>> frame = pd.DataFrame({"score_percent": [54.2], "items": [120]})
    >>> score_intervals(frame).round(1).iloc[0].tolist()
    [54.2, 120.0, 45.3, 62.8]
    """
    _require_columns(scores, "scores", "score_percent", "items")
    share = scores["score_percent"].to_numpy(float) / PERCENT
    low, high = wilson_interval(share, scores["items"].to_numpy(float), confidence_fraction)
    return scores.assign(low_percent=low * PERCENT, high_percent=high * PERCENT)


def leads(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the best and the next model of each benchmark, one row per benchmark.

    Parameters
    ----------
    scores : DataFrame
        With `benchmark_id`, `model_id`, `score_percent` and `items`; the best row of a model
        on a benchmark counts, so choose variant and effort before.

    Returns
    -------
    DataFrame
        `benchmark_id`, `leader`, `leader_percent`, `runner_up`, `runner_up_percent`,
        `leader_items`, `runner_up_items`; benchmarks with a single model are left out.

    Raises
    ------
    ComputebookError
        If a column is missing.

    Examples
    --------
    >>> frame = pd.DataFrame({"benchmark_id": "gpqa", "model_id": ["a", "b"],
    ...                       "score_percent": [91.9, 93.2], "items": 198})
    >>> leads(frame)[["leader", "runner_up"]].iloc[0].tolist()
    ['b', 'a']
    """
    _require_columns(scores, "scores", "benchmark_id", "model_id", "score_percent", "items")
    ranked = scores.sort_values("score_percent", ascending=False, kind="stable")
    ranked = ranked.drop_duplicates(["benchmark_id", "model_id"])
    place = ranked.groupby("benchmark_id", sort=False).cumcount()
    sides = []
    for rank, side in enumerate(("leader", "runner_up")):
        names = {"model_id": side, "score_percent": f"{side}_percent", "items": f"{side}_items"}
        sides.append(ranked[place == rank].rename(columns=names)[["benchmark_id", *names.values()]])
    return sides[0].merge(sides[1], on="benchmark_id").reset_index(drop=True)


def lead_verdicts(
    claimed: pd.DataFrame, significance_fraction: float = 0.05, method: str = "newcombe"
) -> pd.DataFrame:
    """Return whether each claimed lead survives, alone and among all of them together.

    Parameters
    ----------
    claimed : DataFrame
        One lead a row: `leader_percent`, `runner_up_percent`, and `items` or both
        `leader_items` and `runner_up_items`. A column `p_value`, where filled, replaces the
        independent test with a sharper one, a paired test for example.
    significance_fraction : float
        Chance of a false lead that one accepts, fraction, above 0, below 1.
    method : {"newcombe", "wald"}
        Interval of the difference.

    Returns
    -------
    DataFrame
        The same rows with `lead_points`, `low_points`, `high_points` (percentage points), `z`,
        `p_value`, `p_holm`, `survives` (p below the level) and `survives_holm`.

    Raises
    ------
    ComputebookError
        If a column is missing or a value is out of bounds.

    Examples
    --------
    >>> frame = pd.DataFrame({"leader_percent": [54.2, 80.9], "runner_up_percent": [37.6, 80.0],
    ...                       "items": [120, 500]})
    >>> lead_verdicts(frame)[["survives", "survives_holm"]].to_numpy().tolist()
    [[True, True], [False, False]]
    """
    _require_columns(claimed, "claimed", "leader_percent", "runner_up_percent")
    level = errors.require_finite_in(
        "significance_fraction", significance_fraction, "of 1", 1e-9, 1 - 1e-9
    )
    one, two = _side(claimed, "leader"), _side(claimed, "runner_up")
    lead, low, high = difference_interval(*one, *two, 1 - level, method)
    z = difference_z(*one, *two)
    p_value = np.asarray(two_sided_p_value(z))
    if "p_value" in claimed:
        given = claimed["p_value"].to_numpy(float)
        p_value = np.where(np.isnan(given), p_value, given)
    p_holm = holm_adjusted(p_value)
    return claimed.assign(
        lead_points=lead * PERCENT,
        low_points=low * PERCENT,
        high_points=high * PERCENT,
        z=z,
        p_value=p_value,
        p_holm=p_holm,
        survives=(p_value < level) & (lead > 0),
        survives_holm=(p_holm < level) & (lead > 0),
    )


def _side(claimed: pd.DataFrame, side: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return score and items of the leader or the runner-up of every lead."""
    column = f"{side}_items" if f"{side}_items" in claimed else "items"
    _require_columns(claimed, "claimed", column)
    return claimed[f"{side}_percent"].to_numpy(float) / PERCENT, claimed[column].to_numpy(float)


def paired_comparison(
    outcomes: pd.DataFrame, first: str, second: str, confidence_fraction: float = 0.95
) -> PairedDifference:
    """Return the difference of two models' solve rates on the instances of a table.

    Parameters
    ----------
    outcomes : DataFrame
        With `model_id`, `instance_id` and `resolved`, one row per model and instance.
    first, second : str
        `model_id` of the two models.
    confidence_fraction : float
        Confidence level, fraction.

    Raises
    ------
    ComputebookError
        If a model is not in the table, or the two were not run on the same instances.

    Examples
    --------
    >>> frame = pd.DataFrame({"model_id": list("aabb"), "instance_id": [1, 2, 1, 2],
    ...                       "resolved": [True, True, True, False]})
    >>> paired_comparison(frame, "a", "b").difference
    0.5
    """
    _require_columns(outcomes, "outcomes", "model_id", "instance_id", "resolved")
    both = pd.concat([_resolved(outcomes, first), _resolved(outcomes, second)], axis=1)
    one_sided = both.isna().any(axis=1)
    if one_sided.any():
        raise errors.ComputebookError(
            f"{int(one_sided.sum())} instances were run on only one of {first!r} and {second!r}, "
            f"{both.index[one_sided][0]!r} first: a paired comparison needs both"
        )
    return paired_difference(
        both.iloc[:, 0].to_numpy(bool), both.iloc[:, 1].to_numpy(bool), confidence_fraction
    )


def _resolved(outcomes: pd.DataFrame, model: str) -> pd.Series[Any]:
    """Return one model's outcomes by instance, each instance once."""
    rows = outcomes[outcomes["model_id"] == model]
    if rows.empty:
        raise errors.unknown_name("model_id of outcomes", model, map(str, outcomes["model_id"]))
    if rows["instance_id"].duplicated().any():
        twice = rows.loc[rows["instance_id"].duplicated(), "instance_id"].iloc[0]
        raise errors.ComputebookError(f"{model} has two outcomes on instance {twice!r}")
    return rows.set_index("instance_id")["resolved"]


def paired_comparisons(outcomes: pd.DataFrame, confidence_fraction: float = 0.95) -> pd.DataFrame:
    """Return all paired comparisons of a table of outcomes, with Holm's adjustment.

    Parameters
    ----------
    outcomes : DataFrame
        With `model_id`, `instance_id` and `resolved`.
    confidence_fraction : float
        Confidence level of each interval, fraction.

    Returns
    -------
    DataFrame
        One row per pair, the better model first: `first`, `second`, `difference_points`,
        `low_points`, `high_points`, `p_value`, `p_holm`, `only_first`, `only_second`, `items`.

    Examples
    --------
    >>> frame = pd.DataFrame({"model_id": list("aabb"), "instance_id": [1, 2, 1, 2],
    ...                       "resolved": [True, False, True, True]})
    >>> pairs = paired_comparisons(frame)
    >>> pairs.loc[0, "first"], float(pairs.loc[0, "difference_points"])
    ('b', 50.0)
    """
    _require_columns(outcomes, "outcomes", "model_id", "instance_id", "resolved")
    rates = outcomes.groupby("model_id")["resolved"].mean().sort_values(ascending=False)
    rows = []
    for first, second in itertools.combinations(map(str, rates.index), 2):
        pair = paired_comparison(outcomes, first, second, confidence_fraction)
        points = {
            "difference_points": pair.difference * PERCENT,
            "low_points": pair.low * PERCENT,
            "high_points": pair.high * PERCENT,
        }
        counts = {"only_first": int(pair.only_first), "only_second": int(pair.only_second)}
        name = {"first": first, "second": second}
        rows.append(name | points | {"p_value": pair.p_value} | counts | {"items": pair.items})
    table = pd.DataFrame(rows)
    table.insert(6, "p_holm", holm_adjusted(table["p_value"].to_numpy()))
    return table


def solved_task_costs(outcomes: pd.DataFrame, confidence_fraction: float = 0.95) -> pd.DataFrame:
    """Return what each model of a table of outcomes costs per task and per solved task.

    Parameters
    ----------
    outcomes : DataFrame
        With `model_id`, `resolved` and `cost_usd`, one row per model and task.
    confidence_fraction : float
        Confidence level of the limits of the score, fraction.

    Returns
    -------
    DataFrame
        Indexed by `model_id`, cheapest solved task first: `items`, `score_percent`,
        `low_percent`, `high_percent`, `cost_per_task_usd` (mean), `cost_p50_usd`,
        `cost_p95_usd`, `cost_per_solved_task_usd`.

    Examples
    --------
    >>> frame = pd.DataFrame({"model_id": "a", "resolved": [True, False], "cost_usd": [1.0, 3.0]})
    >>> float(solved_task_costs(frame).loc["a", "cost_per_solved_task_usd"])
    4.0
    """
    _require_columns(outcomes, "outcomes", "model_id", "resolved", "cost_usd")
    by_model = outcomes.astype({"resolved": float}).groupby("model_id")
    table = by_model.agg(
        items=("resolved", "size"),
        score_percent=("resolved", lambda solved: PERCENT * solved.mean()),
        cost_per_task_usd=("cost_usd", "mean"),
        cost_p50_usd=("cost_usd", "median"),
        cost_p95_usd=("cost_usd", lambda cost: cost.quantile(0.95)),
    )
    table = score_intervals(table, confidence_fraction)
    solved = table["score_percent"].to_numpy() / PERCENT
    cost = cost_per_solved_task_usd(table["cost_per_task_usd"].to_numpy(), solved)
    return table.assign(cost_per_solved_task_usd=cost).sort_values("cost_per_solved_task_usd")
