"""Leaders by category: the true runner-up, the best model of another vendor, and the noise."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from computebook import benchmarks, claims, datasets
from computebook.claim_checks import parse_arguments
from computebook.exhibits.competition.articles import with_badges
from computebook.exhibits.competition.costs import model_name, model_vendor

__all__ = ["article_leaders", "lead_tests", "paired_software_lead", "scores"]

LEADERS_TABLE: Final = 12
RUNNER_UP: Final = "true runner-up"
OTHER_VENDOR: Final = "other vendor's best"
AS_PRINTED: Final = "second as printed"


def scores() -> pd.DataFrame:
    """Return the best recorded score of each model in each category of the article.

    The models of a category are those that the audit of the article ranks there.

    Returns
    -------
    DataFrame
        `category`, `benchmark_id`, `model_id`, `score_percent`, `items`, best first in each
        category, categories in the article's order.

    Examples
    --------
    >>> best = scores().drop_duplicates("category").set_index("benchmark_id")["model_id"]
    >>> best["longbench-v2"]
    'gemini-3-pro'
    """
    return pd.concat([_category(row) for row in _runner_up_claims()], ignore_index=True)


def _runner_up_claims() -> list[dict[Any, Any]]:
    rows = claims.claims_of_table(LEADERS_TABLE)
    rows = rows[rows["check"] == "score_runner_up"].sort_values("row_number")
    return rows.to_dict("records")


def _category(claim: dict[Any, Any]) -> pd.DataFrame:
    asked = parse_arguments(claim["check_arguments"])
    items = datasets.load("benchmarks").set_index("benchmark_id")["items"]
    runs = datasets.load("benchmark_scores")
    models = asked["among"].split("|")
    runs = runs[(runs["benchmark_id"] == asked["benchmark"]) & runs["model_id"].isin(models)]
    best = runs.groupby("model_id")["score_percent"].max().sort_values(ascending=False)
    frame = best.reset_index().assign(
        category=claim["row_label"],
        benchmark_id=asked["benchmark"],
        items=float(items[asked["benchmark"]]),
        printed_runner_up=asked["names"],
    )
    return frame.assign(vendor=frame["model_id"].map(model_vendor))


def lead_tests(confidence_percent: float = 95.0) -> pd.DataFrame:
    """Return the lead of each category's best model over three others, with its interval.

    Parameters
    ----------
    confidence_percent : float
        Level of the interval and of the test, percent, above 0, below 100.

    Returns
    -------
    DataFrame
        One row per category and rival: `category`, `against` (the true runner-up, the best
        model of another vendor, the article's runner-up; joined where they are one model),
        `leader`, `runner_up`, `leader_percent`, `runner_up_percent`, `items`, `lead_points`,
        `low_points`, `high_points`, `p_value`, `p_holm` (adjusted for all rows), `survives`,
        `survives_holm`; for print `benchmark`, `interval`, `p_text`.

    Raises
    ------
    ComputebookError
        If the level is out of bounds.

    Examples
    --------
    >>> tests = lead_tests()
    >>> tests.loc[tests["against"].str.contains("true runner-up"), "survives"].tolist()
    [False, False, False, False, False]
    """
    table = scores()
    rows = [
        row
        for _, group in table.groupby("category", sort=False)
        for row in _rivals(group.reset_index(drop=True))
    ]
    tests = benchmarks.lead_verdicts(pd.DataFrame(rows), 1 - confidence_percent / 100)
    spans = zip(tests["low_points"], tests["high_points"], strict=True)
    return tests.assign(
        benchmark=tests["category"].str.extract(r"\((.*)\)", expand=False),
        interval=[f"{low:+.1f} to {high:+.1f}".replace("-", "−") for low, high in spans],
        p_text=["below 0.001" if p < 0.001 else f"{p:.3f}" for p in tests["p_value"]],
    )


def _rivals(group: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the best model of a category against each rival, each rival once."""
    leader = group.iloc[0]
    others = group.iloc[1:]
    rivals = {
        RUNNER_UP: others.iloc[0],
        OTHER_VENDOR: others[others["vendor"] != leader["vendor"]].iloc[0],
        AS_PRINTED: group[group["model_id"] == leader["printed_runner_up"]].iloc[0],
    }
    against: dict[str, list[str]] = {}
    for role, rival in rivals.items():
        against.setdefault(str(rival["model_id"]), []).append(role)
    return [
        {
            "category": leader["category"],
            "benchmark_id": leader["benchmark_id"],
            "against": "; ".join(roles),
            "leader": model_name(str(leader["model_id"])),
            "leader_percent": float(leader["score_percent"]),
            "runner_up": model_name(model),
            "runner_up_percent": float(
                group.loc[group["model_id"] == model, "score_percent"].iloc[0]
            ),
            "items": float(leader["items"]),
        }
        for model, roles in against.items()
    ]


def _lead(row: pd.Series[Any]) -> str:
    text = f"{row['lead_points']:+.1f} ({row['low_points']:+.1f} to {row['high_points']:+.1f})"
    return text.replace("-", "−")


def article_leaders(confidence_percent: float = 95.0) -> pd.DataFrame:
    """Return the article's leaders, with the lead of the best over the true runner-up.

    Parameters
    ----------
    confidence_percent : float
        Level of the interval and of the test, percent.

    Returns
    -------
    DataFrame
        The article's columns as MyST, then `Lead over the true runner-up (points)` and
        `Lead survives`.

    Examples
    --------
    >>> article_leaders().columns.tolist()[-1]
    'Lead survives'
    """
    table = with_badges(LEADERS_TABLE, "Category")
    tests = lead_tests(confidence_percent)
    tests = tests[tests["against"].str.contains(RUNNER_UP)].set_index("category")
    tests = tests.loc[table["Category"]]
    table["Lead over the true runner-up (points)"] = [_lead(row) for _, row in tests.iterrows()]
    table["Lead survives"] = tests["survives"].to_numpy(bool)
    return table


def paired_software_lead(confidence_percent: float = 95.0) -> benchmarks.PairedDifference:
    """Return Opus 4.5 less GPT-5.2 on the same 500 issues in one independent harness.

    Parameters
    ----------
    confidence_percent : float
        Level of the interval, percent.

    Examples
    --------
    >>> round(100 * paired_software_lead().difference, 1)
    2.0
    """
    outcomes = datasets.load("swebench_outcomes")
    return benchmarks.paired_comparison(
        outcomes, "claude-opus-4.5", "gpt-5.2", confidence_percent / 100
    )
