"""Which of the article's leads survive, and which differences a paired test finds."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from computebook import benchmarks, datasets, errors
from computebook.exhibits.benchmarks.drawing import short_name
from computebook.exhibits.benchmarks.numbers import signed
from computebook.exhibits.benchmarks.parameters import ADJUSTMENTS
from computebook.exhibits.benchmarks.runs import (
    ARTICLE_TABLES,
    best_runs,
    printed_scores,
    reporter_order,
    runs_of_record,
)

__all__ = ["article_leads", "lead_table", "paired_table", "paired_widths", "standard_errors"]

#: Leads that the article states outside of tables 1 to 3: in its prose, and in table 12.
FURTHER_LEADS: Final = (
    ("arc-agi-2", "gpt-5.2", "gpt-5.1"),
    ("longbench-v2", "gemini-3-pro", "gpt-5.2"),
)


def article_leads() -> pd.DataFrame:
    """Return the leads that the article prints: its best model of a row over each other one.

    Returns
    -------
    DataFrame
        `benchmark_id`, `leader_id`, `runner_up_id`, `printed_points` (percentage points).

    Examples
    --------
    >>> leads = article_leads()
    >>> len(leads), round(float(leads["printed_points"].min()), 1)
    (16, 0.8)
    """
    printed = printed_scores().drop_duplicates(["benchmark_id", "model_id"])
    score = printed.set_index(["benchmark_id", "model_id"])["printed_percent"]
    frame = pd.DataFrame(
        [*_table_leads(printed), *FURTHER_LEADS],
        columns=["benchmark_id", "leader_id", "runner_up_id"],
    )
    leader, runner_up = (
        score.loc[list(zip(frame["benchmark_id"], frame[side], strict=True))].to_numpy()
        for side in ("leader_id", "runner_up_id")
    )
    return frame.assign(printed_points=leader - runner_up)


def _table_leads(printed: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return benchmark, leader and each other model of the rows of tables 1 to 3."""
    in_tables = printed[printed["article_table"].isin(ARTICLE_TABLES)]
    pairs = []
    for benchmark, rows in in_tables.groupby("benchmark_id", sort=False):
        ranked = rows.sort_values("printed_percent", ascending=False, kind="stable")
        leader = str(ranked["model_id"].iloc[0])
        others = rows.loc[rows["model_id"] != leader, "model_id"]
        pairs += [(str(benchmark), leader, str(other)) for other in others]
    return pairs


def _adjusted(p_values: NDArray[np.float64], method: str) -> NDArray[np.float64]:
    """Return p-values adjusted for the size of their family."""
    errors.require_known("multiple_comparisons", method, ADJUSTMENTS)
    if method == "holm":
        return benchmarks.holm_adjusted(p_values)
    factor = p_values.size if method == "bonferroni" else 1
    return np.minimum(p_values * factor, 1.0)


def _outcomes(points: pd.Series[float], p_values: NDArray[np.float64], level: float) -> Any:
    turned = np.where(points.to_numpy() > 0, "holds", "reversed")
    return np.where(p_values < level, turned, "within noise")


_SIDE: Final = ("model_id", "model", "score_percent", "items")
_PARTIES: Final = {
    "independent": "independent",
    "self": "vendors",
    "competitor": "competitor",
}


def _tested_leads(preferred_reporter: str, level: float) -> pd.DataFrame:
    """Return the article's leads, both models as run by one kind of party, with their tests.

    A vendor's own score beside an independent one would measure the harness, not the model: the
    first kind of party that has run both models counts.
    """
    leads, runs = article_leads(), best_runs(preferred_reporter)
    kind = ["benchmark_id", "reported_by"]
    leader = runs[[*kind, "benchmark", *_SIDE]].rename(columns=_columns_of("leader"))
    runner_up = runs[[*kind, *_SIDE]].rename(columns=_columns_of("runner_up"))
    both = leads.assign(place=range(len(leads))).merge(leader, on=["benchmark_id", "leader_id"])
    both = both.merge(runner_up, on=[*kind, "runner_up_id"])
    rank = both["reported_by"].map(reporter_order(preferred_reporter).index)
    first = both.assign(rank=rank).sort_values(["place", "rank"]).drop_duplicates("place")
    return benchmarks.lead_verdicts(first.reset_index(drop=True), level)


def _columns_of(side: str) -> dict[str, str]:
    names = ("id", "", "percent", "items")
    return {column: f"{side}_{name}".rstrip("_") for column, name in zip(_SIDE, names, strict=True)}


def _spans(table: pd.DataFrame) -> list[str]:
    """Return the intervals of differences as text."""
    spans = zip(table["low_points"], table["high_points"], strict=True)
    return [f"{signed(low)} to {signed(high)}" for low, high in spans]


def lead_table(
    preferred_reporter: str = "independent",
    significance_percent: float = 5.0,
    multiple_comparisons: str = "holm",
) -> pd.DataFrame:
    """Return each lead of the article tested on the runs of record.

    Parameters
    ----------
    preferred_reporter : {"independent", "self", "competitor"}
        Whose runs count; where that party has not run both models, the next kind that has.
    significance_percent : float
        Chance of a false lead that is accepted, percent; the interval has the rest as its level.
    multiple_comparisons : {"holm", "bonferroni", "none"}
        Adjustment of the p-values for testing all leads at once.

    Returns
    -------
    DataFrame
        One row per lead: `lead`, `benchmark`, `printed_points`, `lead_points`, `low_points`,
        `high_points` (percentage points), `interval`, `z`, `p_value`, `p_adjusted`,
        `reported_by`, `run_by`, `outcome` (holds, within noise, reversed).

    Raises
    ------
    ComputebookError
        If an argument is unknown or out of bounds.

    Examples
    --------
    >>> table = lead_table().set_index("lead")
    >>> table.at["GPT-5.2 Thinking over Claude Opus 4.5, SWE-Bench Pro", "outcome"]
    'reversed'
    """
    level = significance_percent / 100
    tested = _tested_leads(preferred_reporter, level)
    p_adjusted = _adjusted(tested["p_value"].to_numpy(float), multiple_comparisons)
    return tested.assign(
        lead=tested["leader"] + " over " + tested["runner_up"] + ", " + tested["benchmark"],
        interval=_spans(tested),
        p_adjusted=p_adjusted,
        run_by=tested["reported_by"].map(_PARTIES),
        outcome=_outcomes(tested["lead_points"], p_adjusted, level),
    )


def _chosen_outcomes(paired_models: list[str]) -> pd.DataFrame:
    outcomes = datasets.load("swebench_outcomes")
    known = sorted(set(outcomes["model_id"]))
    for model in paired_models:
        errors.require_known("paired_models", model, known)
    if len(set(paired_models)) < 2:
        raise errors.ComputebookError(
            f"paired_models = {paired_models} names one model: a paired test needs two"
        )
    return outcomes[outcomes["model_id"].isin(paired_models)]


def _names() -> dict[str, str]:
    models = datasets.load("commercial_models")
    return dict(
        zip(models["model_id"], models["name"].str.split(" (", regex=False).str[0], strict=True)
    )


def paired_table(
    paired_models: list[str],
    confidence_percent: float = 95.0,
    significance_percent: float = 5.0,
    multiple_comparisons: str = "holm",
) -> pd.DataFrame:
    """Return all paired differences on the 500 tasks of SWE-bench Verified.

    Parameters
    ----------
    paired_models : list of str
        Ids of two or more models with outcomes per task.
    confidence_percent, significance_percent : float
        Level of the intervals and accepted chance of a false difference, percent.
    multiple_comparisons : {"holm", "bonferroni", "none"}
        Adjustment for testing all pairs at once.

    Returns
    -------
    DataFrame
        One row per pair, better model first: `pair`, `first_name`, `second_name`,
        `leader` and `over` (both for charts),
        `difference_points`, `low_points`, `high_points`, `interval`, `only_first`,
        `only_second`, `p_value`, `p_adjusted`, `outcome` (differs, within noise).

    Raises
    ------
    ComputebookError
        If a model is unknown, or fewer than two are named.

    Examples
    --------
    >>> table = paired_table(["gpt-5.2", "claude-opus-4.5"])
    >>> int(table["only_first"].iloc[0]), int(table["only_second"].iloc[0])
    (37, 27)
    """
    outcomes = _chosen_outcomes(paired_models)
    table = benchmarks.paired_comparisons(outcomes, confidence_percent / 100)
    p_adjusted = _adjusted(table["p_value"].to_numpy(float), multiple_comparisons)
    names = _names()
    first, second = table["first"].map(names), table["second"].map(names)
    differs = p_adjusted < significance_percent / 100
    return table.assign(
        first_name=first,
        second_name=second,
        pair=first + " − " + second,
        leader=first.map(short_name),
        over="over " + second.map(short_name),
        interval=_spans(table),
        p_adjusted=p_adjusted,
        outcome=np.where(differs, "differs", "within noise"),
    )


def paired_widths(paired_models: list[str], confidence_percent: float = 95.0) -> pd.DataFrame:
    """Return the half-widths of the paired and the independent interval of each pair.

    Parameters
    ----------
    paired_models : list of str
        Ids of two or more models with outcomes per task.
    confidence_percent : float
        Level of the intervals, percent.

    Returns
    -------
    DataFrame
        `pair`, `paired_points`, `independent_points` (percentage points), `ratio`.

    Examples
    --------
    >>> float(paired_widths(["gpt-5.2", "claude-opus-4.5"])["ratio"].iloc[0]).__round__(2)
    0.59
    """
    table = paired_table(paired_models, confidence_percent)
    rates = _chosen_outcomes(paired_models).groupby("model_id")["resolved"].mean()
    difference = benchmarks.difference_interval(
        rates[table["first"]].to_numpy(),
        table["items"].to_numpy(),
        rates[table["second"]].to_numpy(),
        table["items"].to_numpy(),
        confidence_percent / 100,
    )
    paired = (table["high_points"] - table["low_points"]) / 2
    independent = 100 * (difference.high - difference.low) / 2
    return pd.DataFrame(
        {
            "pair": table["pair"],
            "paired_points": paired,
            "independent_points": independent,
            "ratio": paired / independent,
        }
    )


def standard_errors() -> pd.DataFrame:
    """Return the standard errors that evaluators publish beside those of our binomial model.

    Returns
    -------
    DataFrame
        `run`, `items`, `score_percent`, `published_points`, `model_points` (percentage points),
        `ratio` (model / published).

    Examples
    --------
    >>> standard_errors()["ratio"].between(0.8, 1.25).all()
    np.True_
    """
    runs = runs_of_record("independent").dropna(subset=["standard_error_percent"])
    share = runs["score_percent"] / 100
    model = 100 * np.sqrt(share * (1 - share) / runs["items"])
    return pd.DataFrame(
        {
            "run": runs["benchmark_id"].map(_BENCHMARK_NAMES) + ", " + runs["model"],
            "items": runs["items"].astype(int),
            "score_percent": runs["score_percent"],
            "published_points": runs["standard_error_percent"],
            "model_points": model,
            "ratio": model / runs["standard_error_percent"],
            "source_key": runs["source_key"],
        }
    ).reset_index(drop=True)


#: The two tiers of FrontierMath share the first part of their name.
_BENCHMARK_NAMES: Final = {
    "frontiermath-t1-3": "FrontierMath, tiers 1 to 3",
    "frontiermath-t4": "FrontierMath, tier 4",
    "otis-mock-aime": "OTIS Mock AIME",
}
