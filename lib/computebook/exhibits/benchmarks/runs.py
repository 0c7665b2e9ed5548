"""The article's benchmark tables, and the run behind each of their cells."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

import pandas as pd

from computebook import benchmarks, claims, datasets, errors, tables
from computebook.claim_checks import parse_arguments
from computebook.exhibits.benchmarks.drawing import short_name
from computebook.exhibits.benchmarks.parameters import REPORTERS

__all__ = [
    "ARTICLE_TABLES",
    "all_runs",
    "article_table",
    "best_runs",
    "contamination",
    "data_date",
    "faulted_sentences",
    "overlapping_benchmarks",
    "printed_scores",
    "reporter_order",
    "runs_of_record",
    "score_table",
    "verdict_counts",
]

ARTICLE_TABLES: Final = (1, 2, 3)
#: Who stands behind a harness, by the words its record begins with.
RUNNERS: Final = {
    "ARC Prize": "ARC Prize",
    "Epoch AI": "Epoch AI",
    "Moonshot": "Moonshot AI",
    "OpenHands": "OpenHands",
    "SWE-bench site": "SWE-bench site",
    "Scale": "Scale AI",
    "mini-SWE-agent": "mini-SWE-agent",
}
#: What the kind of party adds to a harness.
_KIND: Final = {
    "independent": "",
    "self": " (self-reported)",
    "competitor": " (a competitor's table)",
}
#: Harnesses whose full description does not fit into a cell.
_SHORT: Final = {
    "not stated (quoted from public scores)": "quoted from public scores",
    "ARC Prize testing harness, two attempts per task": "ARC Prize, two attempts",
    "Scale SEAL, one scaffold for all models": "Scale SEAL, one scaffold",
}
QUOTED: Final = "vendor, as quoted"


def _runner(row: dict[Hashable, Any]) -> str:
    """Return who ran the model, in a reader's words."""
    if row["reported_by"] == "self":
        return str(row["vendor"])
    if not row["rerun"]:
        return QUOTED
    harness = str(row["harness"])
    return next((name for start, name in RUNNERS.items() if harness.startswith(start)), harness)


def all_runs() -> pd.DataFrame:
    """Return every recorded run with readable names, item counts and who ran it.

    Returns
    -------
    DataFrame
        The table `benchmark_scores` with `model`, `vendor`, `benchmark`, `run_by` and `items`
        filled from the benchmark where the run states none.

    Examples
    --------
    >>> runs = all_runs().set_index("score_id")
    >>> runs.loc[runs["harness"].str.startswith("Scale"), "run_by"].unique().tolist()
    ['Scale AI']
    """
    models = datasets.load("commercial_models")[["model_id", "name", "vendor"]]
    marks = datasets.load("benchmarks")[["benchmark_id", "name", "items"]]
    frame = datasets.load("benchmark_scores").merge(
        models.rename(columns={"name": "model"}), on="model_id"
    )
    marks = marks.rename(columns={"name": "benchmark", "items": "items_of_benchmark"})
    frame = frame.merge(marks, on="benchmark_id")
    return frame.assign(
        # "(latest)", "(preview)" and "(public set)" tell apart what no table here has twice.
        model=frame["model"].str.split(" (", regex=False).str[0],
        benchmark=frame["benchmark"].str.split(r",| \(", regex=True).str[0],
        items=frame["items"].fillna(frame["items_of_benchmark"]),
        run_by=[_runner(row) for row in frame.to_dict("records")],
    ).drop(columns="items_of_benchmark")


def reporter_order(preferred_reporter: str) -> list[str]:
    """Return the kinds of parties in the order in which their runs count.

    Examples
    --------
    >>> reporter_order("self")
    ['self', 'independent', 'competitor']
    """
    errors.require_known("preferred_reporter", preferred_reporter, REPORTERS)
    return [preferred_reporter, *(name for name in REPORTERS if name != preferred_reporter)]


def best_runs(preferred_reporter: str = "independent") -> pd.DataFrame:
    """Return the best run of each benchmark, model and kind of party, the preferred kind first.

    Parameters
    ----------
    preferred_reporter : {"independent", "self", "competitor"}
        Whose runs come first; independent runs, the vendor's own and a competitor's follow.

    Raises
    ------
    ComputebookError
        If the kind of party is unknown.

    Examples
    --------
    >>> str(best_runs("competitor")["reported_by"].iloc[0])
    'competitor'
    """
    order = reporter_order(preferred_reporter)
    runs = all_runs()
    # A variant is another test (a band of input lengths, tools allowed) under the same name.
    runs = runs[runs["variant"] == ""]
    ranked = runs.assign(rank=runs["reported_by"].map(order.index)).sort_values(
        ["rank", "score_percent"], ascending=[True, False], kind="stable"
    )
    return ranked.drop_duplicates(["benchmark_id", "model_id", "reported_by"]).drop(columns="rank")


def runs_of_record(preferred_reporter: str = "independent") -> pd.DataFrame:
    """Return one run per benchmark and model: the best one by the preferred kind of party.

    Parameters
    ----------
    preferred_reporter : {"independent", "self", "competitor"}
        Whose run counts. Where that party has none, an independent run, then the vendor's own,
        then a competitor's stands in.

    Raises
    ------
    ComputebookError
        If the kind of party is unknown.

    Examples
    --------
    >>> runs = runs_of_record("independent").set_index(["benchmark_id", "model_id"])
    >>> float(runs.loc[("swe-bench-pro", "gpt-5.2"), "score_percent"])
    29.94
    """
    return best_runs(preferred_reporter).drop_duplicates(["benchmark_id", "model_id"])


def printed_scores() -> pd.DataFrame:
    """Return every score that the article prints for a benchmark and a model.

    Returns
    -------
    DataFrame
        `article_table`, `benchmark_id`, `model_id`, `printed_percent`, `verdict`, in the
        article's order: its prose has the table number 0.

    Examples
    --------
    >>> printed = printed_scores()
    >>> printed.groupby("article_table").size().loc[[1, 2, 3]].tolist()
    [12, 4, 6]
    """
    stated = claims.load_claims()
    stated = stated[(stated["check"] == "benchmark_score") & (stated["unit"] == "percent")]
    asked = [parse_arguments(text) for text in stated["check_arguments"]]
    return pd.DataFrame(
        {
            "article_table": stated["article_table"].to_numpy(),
            "benchmark_id": [names["benchmark"] for names in asked],
            "model_id": [names["model"] for names in asked],
            "printed_percent": stated["value"].to_numpy(),
            "verdict": stated["verdict"].to_numpy(),
        }
    )


def score_table(
    preferred_reporter: str = "independent", confidence_percent: float = 95.0
) -> pd.DataFrame:
    """Return each score of the article's three benchmark tables beside the run of record.

    Parameters
    ----------
    preferred_reporter : {"independent", "self", "competitor"}
        Whose run counts.
    confidence_percent : float
        Level of the Wilson interval, percent.

    Returns
    -------
    DataFrame
        One row per printed score: `benchmark`, `model`, `vendor`, `printed_percent`,
        `score_percent`, `low_percent`, `high_percent`, `items`, `effort`, `run_by`, `verdict`,
        `label`, `short` (the model for charts), `interval`, `conditions` (harness, and whether
        the score is the vendor's own), `exposure` (contamination of the benchmark).

    Examples
    --------
    >>> table = score_table().set_index(["benchmark_id", "model_id"])
    >>> table.loc[("arc-agi-1", "claude-opus-4.5"), "interval"]
    '71.1 to 86.7'
    """
    printed = printed_scores()
    printed = printed[printed["article_table"].isin(ARTICLE_TABLES)]
    frame = printed.merge(runs_of_record(preferred_reporter), on=["benchmark_id", "model_id"])
    frame = benchmarks.score_intervals(frame, confidence_percent / 100)
    spans = zip(frame["low_percent"], frame["high_percent"], strict=True)
    exposure = datasets.load("benchmarks").set_index("benchmark_id")["contamination"]
    return frame.assign(
        conditions=frame["harness"].replace(_SHORT) + frame["reported_by"].map(_KIND),
        exposure=frame["benchmark_id"].map(exposure.astype(str).str.replace("-", " ")),
        label=frame["benchmark"] + ": " + frame["model"],
        short=frame["model"].map(short_name),
        interval=[f"{low:.1f} to {high:.1f}" for low, high in spans],
        effort=frame["effort"].str.replace(" thinking budget", "", regex=False),
    )


def overlapping_benchmarks(scores: pd.DataFrame) -> int:
    """Return on how many benchmarks the intervals of the best two models overlap.

    Parameters
    ----------
    scores : DataFrame
        From `score_table`.

    Examples
    --------
    >>> overlapping_benchmarks(score_table("self"))
    7
    """
    ranked = scores.sort_values("score_percent", ascending=False, kind="stable")
    places = ranked.groupby("benchmark_id")
    best, second = places.nth(0), places.nth(1)
    low = best.set_index("benchmark_id")["low_percent"]
    high = second.set_index("benchmark_id")["high_percent"]
    return int((high >= low.reindex(high.index)).sum())


def article_table(number: int) -> pd.DataFrame:
    """Return one table of the article with our value and the verdict in each cell, as MyST.

    Parameters
    ----------
    number : int
        Number of the table in the article.

    Returns
    -------
    DataFrame
        The article's rows and columns, the row labels in the column `Benchmark`. A cell that
        stands as printed holds the number alone.

    Examples
    --------
    >>> print(article_table(2).iloc[0, 2])
    89% → 94.0% {bdg-danger}`contradicted`
    """
    printed, ours, verdicts = (
        claims.article_table(number, show=show) for show in ("printed", "ours", "verdict")
    )
    cells = printed.copy()
    for column in printed.columns:
        parts = zip(printed[column], ours[column], verdicts[column], strict=True)
        cells[column] = [_cell(*part) for part in parts]
    return cells.rename_axis("Benchmark").reset_index()


def _cell(printed: str, ours: str, verdict: str) -> str:
    if verdict == "confirmed":
        return printed
    return f"{printed} → {ours} {tables.verdict(verdict)}"


def verdict_counts() -> pd.Series[int]:
    """Return how many cells of the three benchmark tables have each verdict, and `claims`.

    Examples
    --------
    >>> int(verdict_counts()["claims"])
    27
    """
    return claims.verdict_counts().loc[list(ARTICLE_TABLES)].sum()


def faulted_sentences() -> pd.DataFrame:
    """Return the article's sentences on benchmarks that do not stand as written.

    Returns
    -------
    DataFrame
        `statement`, `our_value_text`, `verdict`, `source_key`.

    Examples
    --------
    >>> "confirmed" in set(faulted_sentences()["verdict"])
    False
    """
    stated = claims.by_chapter("benchmarks")
    chosen = stated[(stated["article_table"] == claims.PROSE) & (stated["verdict"] != "confirmed")]
    return chosen[["statement", "our_value_text", "verdict", "source_key"]].reset_index(drop=True)


def contamination() -> pd.DataFrame:
    """Return the benchmarks of the three tables: items, exposure and what is known of it.

    Examples
    --------
    >>> table = contamination().set_index("benchmark_id")
    >>> table.at["swe-bench-verified", "contamination"]
    'confirmed'
    """
    named = list(dict.fromkeys(score_table()["benchmark_id"]))
    marks = datasets.load("benchmarks").set_index("benchmark_id", drop=False).loc[named]
    return marks.assign(
        contamination=marks["contamination"].str.replace("-", " "),
        named=marks["name"] + " {cite}`" + marks["source_key"] + "`",
        counted=marks["items"].map("{:.0f}".format) + " (" + marks["items_verification"] + ")",
        contamination_note=marks["contamination_note"].replace("", None),
    ).reset_index(drop=True)


def data_date() -> pd.Timestamp:
    """Return the newest date of a recorded run.

    Examples
    --------
    >>> data_date() >= pd.Timestamp("2026-06-01")
    True
    """
    return pd.Timestamp(datasets.load("benchmark_scores")["as_of"].max())
