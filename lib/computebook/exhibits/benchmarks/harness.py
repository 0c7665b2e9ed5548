"""How far a score moves with who runs it, and with whether the tasks are public."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from computebook.exhibits.benchmarks.drawing import short_name
from computebook.exhibits.benchmarks.runs import QUOTED, all_runs

__all__ = ["harness_pairs", "public_gaps", "software_runs"]

SOFTWARE: Final = ("swe-bench-verified", "swe-bench-pro", "terminal-bench-2.0")
ARTICLE_MODELS: Final = ("gpt-5.2", "claude-opus-4.5", "gemini-3-pro")


def harness_pairs() -> pd.DataFrame:
    """Return models whose vendor and an independent party ran the same benchmark themselves.

    Returns
    -------
    DataFrame
        One row per benchmark and model, largest gap first: `label` (the model; marked where
        the benchmark is SWE-Bench Pro and not SWE-bench Verified), `self_percent`,
        `independent_percent` (the best independent run), `run_by`, `premium_points` (vendor
        less independent, percentage points), `source_key`.

    Examples
    --------
    >>> pairs = harness_pairs().set_index(["benchmark_id", "model_id"])
    >>> round(float(pairs.loc[("swe-bench-pro", "gpt-5.2"), "premium_points"]), 2)
    25.66
    """
    # A vendor that repeats an independent figure (ARC-AGI) would show a gap of zero by definition.
    runs = all_runs()
    runs = runs[runs["rerun"] & (runs["variant"] == "")]
    best = runs.sort_values("score_percent", ascending=False, kind="stable").drop_duplicates(
        ["benchmark_id", "model_id", "reported_by"]
    )
    own = best[best["reported_by"] == "self"]
    other = best[best["reported_by"] == "independent"]
    keys = ["benchmark_id", "model_id"]
    columns = [*keys, "score_percent", "run_by", "source_key"]
    pairs = own.drop(columns=["run_by"]).merge(other[columns], on=keys, suffixes=("", "_other"))
    frame = pd.DataFrame(
        {
            "benchmark_id": pairs["benchmark_id"],
            "model_id": pairs["model_id"],
            "label": pairs["model"].where(
                pairs["benchmark_id"] == SOFTWARE[0], "Pro set: " + pairs["model"].map(short_name)
            ),
            "self_percent": pairs["score_percent"],
            "independent_percent": pairs["score_percent_other"],
            "run_by": pairs["run_by"],
            "premium_points": pairs["score_percent"] - pairs["score_percent_other"],
        }
    )
    frame = frame[frame["benchmark_id"].isin(SOFTWARE)]
    return frame.sort_values("premium_points", ascending=False, kind="stable", ignore_index=True)


def software_runs() -> pd.DataFrame:
    """Return every run of the article's models on its software benchmarks, quotations left out.

    Returns
    -------
    DataFrame
        `benchmark`, `model`, `score_percent`, `run_by`, `reported_by`, `effort`, `harness`,
        `as_of`, `source_key`.

    Examples
    --------
    >>> runs = software_runs()
    >>> sorted(runs.loc[runs["benchmark_id"] == "swe-bench-pro", "run_by"].unique())
    ['Moonshot AI', 'OpenAI', 'Scale AI']
    """
    runs = all_runs()
    chosen = runs["benchmark_id"].isin(SOFTWARE) & runs["model_id"].isin(ARTICLE_MODELS)
    runs = runs[chosen]
    # A quotation stands only where nobody else has the figure.
    others = runs.loc[runs["run_by"] != QUOTED, ["benchmark_id", "model_id"]].apply(tuple, axis=1)
    known = runs[["benchmark_id", "model_id"]].apply(tuple, axis=1).isin(set(others))
    runs = runs[(runs["run_by"] != QUOTED) | ~known]
    place = runs["benchmark_id"].map(SOFTWARE.index)
    model = runs["model_id"].map(ARTICLE_MODELS.index)
    ordered = runs.assign(place=place, who=model).sort_values(
        ["place", "who", "score_percent"], ascending=[True, True, False], kind="stable"
    )
    return ordered.drop(columns=["place", "who"]).reset_index(drop=True)


def public_gaps() -> pd.DataFrame:
    """Return how scores on the public sets of ARC-AGI compare with the semi-private ones.

    Returns
    -------
    DataFrame
        One row per benchmark: `benchmark`, `configurations`, `mean_points`, `low_points`,
        `high_points` (public less semi-private, percentage points), `best` (configuration with
        the best public score), `highest_public_percent`, `highest_private_percent` (its scores).

    Examples
    --------
    >>> gaps = public_gaps().set_index("benchmark")
    >>> bool(gaps.at["ARC-AGI-1", "mean_points"] > 5 > gaps.at["ARC-AGI-2", "mean_points"])
    True
    """
    runs = all_runs()
    runs = runs[runs["reported_by"] == "independent"]
    return pd.DataFrame([_public_gap(runs, name) for name in ("arc-agi-1", "arc-agi-2")])


def _public_gap(runs: pd.DataFrame, benchmark: str) -> dict[str, Any]:
    keys, score = ["model_id", "effort"], "score_percent"
    private = runs[runs["benchmark_id"] == benchmark][[*keys, score]]
    public = runs[runs["benchmark_id"] == f"{benchmark}-public"]
    both = public.merge(private, on=keys, suffixes=("", "_private"))
    both = both.assign(gap=both[score] - both[f"{score}_private"]).sort_values(score)
    best = both.iloc[-1]
    return {
        "benchmark": best["benchmark"],
        "configurations": len(both),
        "mean_points": both["gap"].mean(),
        "low_points": both["gap"].min(),
        "high_points": both["gap"].max(),
        "best": f"{best['model']}, {best['effort']}",
        "highest_public_percent": best[score],
        "highest_private_percent": best[f"{score}_private"],
    }
