"""What a dollar bought over time, and what a composite rank is worth."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import composites, datasets, errors, task_costs
from computebook.exhibits.benchmarks.parameters import WEIGHTINGS
from computebook.exhibits.benchmarks.runs import all_runs

__all__ = [
    "composite_finding",
    "composite_ranks",
    "composite_scores",
    "composite_weights",
    "cost_over_time",
    "decline_finding",
    "progress_finding",
    "progress_table",
]

#: Boards with independent costs per task and at least a hundred items, two families of them.
BOARDS: Final = ("swe-bench-verified", "swt-bench", "gaia", "arc-agi-1", "arc-agi-2")
#: The frontier of a board's start: the best of the models that came out in these first days.
START_DAYS: Final = 90
#: The one table that ran or quotes all its models on many benchmarks.
COMPOSITE_SOURCE: Final = "moonshot2026kimik25"
TABLE_BENCHMARK: Final = "swe-bench-verified"


def _priced(benchmark: str) -> pd.DataFrame:
    """Return a board's priced independent runs by day of release."""
    runs = all_runs()
    released = datasets.load("commercial_models").set_index("model_id")["released_on"]
    runs = runs.assign(released=pd.to_datetime(runs["model_id"].map(released)))
    known = (runs["cost_per_task_usd"] > 0) & runs["released"].notna()
    own = runs["reported_by"] != "independent"
    chosen = runs[known & ~own & (runs["benchmark_id"] == benchmark)]
    frame = chosen.sort_values("released", kind="stable").reset_index(drop=True)
    day = (frame["released"] - frame["released"].min()).dt.days.astype(float)
    dated: pd.DataFrame = frame.assign(day=day)
    return dated


def _start(runs: pd.DataFrame) -> pd.Series[Any]:
    """Return the best run among the models of a board's first days."""
    early = runs[runs["day"] <= START_DAYS]
    return early.sort_values("score_percent", kind="stable").iloc[-1]


def progress_table(confidence_percent: float = 95.0) -> pd.DataFrame:
    """Return what the frontier gained per dollar on each board with costs.

    The first frontier is the best score among the models of a board's first 90 days. The table
    asks what the same score cost at the end, and what the same money bought.

    Parameters
    ----------
    confidence_percent : float
        Level of the interval of the pace, percent.

    Returns
    -------
    DataFrame
        `benchmark`, `first` (model and month), `floor_percent`, `first_usd`, `last` (cheapest
        model that reaches the floor, and its month), `last_usd`, `per_year` (times cheaper in a
        year), `interval` and `pace` (text), `best_percent` (best score at the first cost) and
        `gain_points`.

    Examples
    --------
    >>> table = progress_table().set_index("benchmark_id")
    >>> round(float(table.at["swe-bench-verified", "first_usd"]), 2)
    1.19
    """
    return pd.DataFrame([_progress(name, confidence_percent) for name in BOARDS])


def _progress(benchmark: str, confidence_percent: float) -> dict[str, object]:
    runs = _priced(benchmark)
    start = _start(runs)
    floor = float(start["score_percent"])
    cost, score = runs["cost_per_task_usd"].to_numpy(float), runs["score_percent"].to_numpy(float)
    decline = task_costs.cost_decline(
        runs["day"],
        cost,
        score / 100,
        float(start["items"]),
        floor / 100,
        confidence_fraction=confidence_percent / 100,
    )
    best = float(task_costs.best_score_within(runs["day"], cost, score, decline.first_usd).max())
    cheapest = runs[score >= floor].sort_values("cost_per_task_usd", kind="stable").iloc[0]
    interval = f"{decline.low_per_year:.1f} to {_pace(decline.high_per_year)}"
    return {
        "benchmark_id": benchmark,
        "benchmark": start["benchmark"],
        "first": _named(start),
        "floor_percent": floor,
        "first_usd": decline.first_usd,
        "last": _named(cheapest),
        "last_usd": decline.last_usd,
        "factor": decline.factor,
        "per_year": decline.factor_per_year,
        "low_per_year": decline.low_per_year,
        "high_per_year": decline.high_per_year,
        "interval": interval,
        "pace": f"{_pace(decline.factor_per_year)} ({interval})",
        "best_percent": best,
        "gain_points": best - floor,
        "months": (runs["released"].max() - start["released"]).days / 30.44,
    }


def _pace(value: float) -> str:
    """Return a pace to one decimal, a two-digit one to the whole number."""
    return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def _named(row: pd.Series[Any]) -> str:
    effort = str(row["effort"]).replace(" thinking budget", "")
    detail = "" if effort in ("default", "not stated") else f" ({effort})"
    return f"{row['model']}{detail}, {row['released']:%b %Y}"


def cost_over_time(benchmark: str = TABLE_BENCHMARK) -> pd.DataFrame:
    """Return the cheapest cost per task of several scores up to each release.

    Parameters
    ----------
    benchmark : str
        A board of `progress_table`.

    Returns
    -------
    DataFrame
        `day` (timestamp), `series` (score to be reached), `cost_usd`; three scores: the first
        frontier, and two that later models reached.

    Examples
    --------
    >>> frame = cost_over_time()
    >>> bool(frame.groupby("series")["cost_usd"].apply(lambda c: c.is_monotonic_decreasing).all())
    True
    """
    runs = _priced(benchmark)
    floor = float(_start(runs)["score_percent"])
    top = np.quantile(runs.loc[runs["score_percent"] > floor, "score_percent"], [0.5, 0.75])
    rows = []
    for level in [floor, *top]:
        cheapest = task_costs.cheapest_over_time(
            runs["day"], runs["cost_per_task_usd"], runs["score_percent"], float(level)
        )
        part = pd.DataFrame({"day": runs["released"], "cost_usd": cheapest})
        part = part[np.isfinite(part["cost_usd"])].drop_duplicates("day", keep="last")
        rows.append(_steps(part).assign(series=f"{level:.1f}% or more"))
    found: pd.DataFrame = pd.concat(rows, ignore_index=True)
    return found


def _steps(part: pd.DataFrame) -> pd.DataFrame:
    """Return the corners of a falling step line: before and after each fall, and both ends."""
    falls = part["cost_usd"].diff().fillna(0) < 0
    before = part[falls].assign(
        day=part["day"] - pd.Timedelta(days=1), cost_usd=part["cost_usd"].shift()
    )
    ends = part.iloc[[0, -1]]
    corners = pd.concat([ends, before, part[falls]])
    return corners.drop_duplicates("day").sort_values("day", ignore_index=True)


def progress_finding(table: pd.DataFrame) -> str:
    """Return how the pace differs between boards, in one sentence.

    Parameters
    ----------
    table : DataFrame
        From `progress_table`.

    Examples
    --------
    >>> "times" in progress_finding(progress_table())
    True
    """
    by_pace = table.sort_values("per_year")
    slow, fast = by_pace.iloc[0], by_pace.iloc[-1]
    row = table[table["benchmark_id"] == TABLE_BENCHMARK].iloc[0]
    return (
        f"{decline_finding(table)} A year of that pace is {_pace(row['per_year'])} times, interval "
        f"{row['interval']}; over the boards the pace runs from {_pace(slow['per_year'])} "
        f"({slow['benchmark']}) to {_pace(fast['per_year'])} ({fast['benchmark']})."
    )


def decline_finding(table: pd.DataFrame) -> str:
    """Return how much cheaper the first frontier of SWE-bench Verified became.

    Parameters
    ----------
    table : DataFrame
        From `progress_table`.

    Examples
    --------
    >>> decline_finding(progress_table())[:45]
    'On SWE-bench Verified the score of Claude Son'
    """
    row = table[table["benchmark_id"] == TABLE_BENCHMARK].iloc[0]
    return (
        f"On {row['benchmark']} the score of {row['first'].split(',')[0]} cost "
        f"{row['factor']:.1f} times less {row['months']:.0f} months later."
    )


def composite_scores() -> pd.DataFrame:
    """Return the scores that a composite can be made of: one source, all its models, no gap.

    Returns
    -------
    DataFrame
        Percent, a row per model and a column per benchmark id, benchmarks with a known number
        of items only.

    Examples
    --------
    >>> scores = composite_scores()
    >>> len(scores), bool(scores.notna().all(axis=None))
    (5, True)
    """
    runs = all_runs()
    runs = runs[(runs["source_key"] == COMPOSITE_SOURCE) & (runs["variant"] == "")]
    runs = runs[runs["items"].notna()]
    wide = runs.pivot_table(
        index="model", columns="benchmark_id", values="score_percent", aggfunc="max"
    )
    models = wide.index[wide.notna().sum(axis=1) >= wide.shape[1] / 2]
    found: pd.DataFrame = wide.loc[models].dropna(axis=1).rename_axis(columns=None)
    return found


def composite_weights(scores: pd.DataFrame, weighting: str = "categories") -> pd.DataFrame:
    """Return the weights of the composite.

    Parameters
    ----------
    scores : DataFrame
        From `composite_scores`.
    weighting : {"categories", "benchmarks", "items"}
        Categories alike and benchmarks within one alike, all benchmarks alike, or each by its
        number of items.

    Returns
    -------
    DataFrame
        `benchmark_id`, `benchmark`, `category`, `items`, `weight` (fraction), then a column per
        model with its score in percent, by category.

    Raises
    ------
    ComputebookError
        If the weighting is unknown.

    Examples
    --------
    >>> float(composite_weights(composite_scores())["weight"].sum().round(9))
    1.0
    """
    errors.require_known("composite_weighting", weighting, WEIGHTINGS)
    known = datasets.load("benchmarks").set_index("benchmark_id").loc[list(scores.columns)]
    items = known["items"].to_numpy(float)
    weights = {
        "categories": composites.equal_weights(known["category"].astype(str)),
        "benchmarks": composites.equal_weights(known.index.astype(str)),
        "items": items / items.sum(),
    }
    frame = pd.DataFrame(
        {
            "benchmark_id": list(known.index),
            "benchmark": known["name"].str.split(r",| \(", regex=True).str[0].to_numpy(),
            "category": known["category"].str.replace("-", " ").to_numpy(),
            "items": items,
            "weight": weights[weighting],
        }
    ).join(scores.T.reset_index(drop=True))
    return frame.sort_values(["category", "benchmark"], ignore_index=True)


def composite_ranks(weighting: str = "categories") -> pd.DataFrame:
    """Return the composite of each model with what weights and noise make of its rank.

    Parameters
    ----------
    weighting : {"categories", "benchmarks", "items"}
        The weights of the composite.

    Returns
    -------
    DataFrame
        `model`, then the columns of `composites.rank_sensitivity`, `ranks` (text).

    Examples
    --------
    >>> ranks = composite_ranks()
    >>> ranks["rank"].tolist()
    [1, 2, 3, 4, 5]
    """
    scores = composite_scores()
    weights = (
        composite_weights(scores, weighting).set_index("benchmark_id").loc[list(scores.columns)]
    )
    found = composites.rank_sensitivity(scores, weights["items"], weights["weight"])
    spans = zip(found["best_rank"], found["worst_rank"], strict=True)
    ranks = [f"{low} to {high}" if low != high else f"{low}" for low, high in spans]
    return found.assign(ranks=ranks).rename_axis("model").reset_index()


def composite_finding(ranks: pd.DataFrame, scores: pd.DataFrame) -> str:
    """Return how much the first rank depends on the weights.

    Parameters
    ----------
    ranks, scores : DataFrame
        From `composite_ranks` and `composite_scores`.

    Examples
    --------
    >>> "weightings" in composite_finding(composite_ranks(), composite_scores())
    True
    """
    first, second = ranks.iloc[0], ranks.iloc[1]
    led = int((ranks["first_by_weights"] > 0.01).sum())
    gap = first["composite_percent"] - second["composite_percent"]
    leaders = dict.fromkeys(str(composite_ranks(name)["model"].iloc[0]) for name in WEIGHTINGS)
    return (
        f"With the weights shown, {first['model']} leads {second['model']} by {gap:.1f} points "
        f"over {scores.shape[1]} benchmarks; with scores redrawn it still leads in "
        f"{first['first_by_noise']:.0%}. Over all weightings it leads in "
        f"{first['first_by_weights']:.0%}, and {led} of {len(ranks)} models lead in more than 1%. "
        f"The three plain weightings put {' or '.join(leaders)} first: a composite rank is a "
        "choice of weights."
    )
