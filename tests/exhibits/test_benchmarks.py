"""The chapter on benchmarks: published values, complete tables, answers to its parameters."""

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from computebook import claims, datasets
from computebook.errors import ComputebookError
from computebook.exhibits import benchmarks as exhibit
from computebook.parameters import check_parameters

DEFAULTS: dict[str, Any] = {p.name: p.default for p in exhibit.PARAMETERS}
CHAPTER = Path(__file__).parents[2] / "chapters" / "benchmarks.ipynb"
MODELS = DEFAULTS["frontier_models"]
#: Parameters that move tables of their own, not the headline.
UNHEADED = ("min_score_percent", "failure_cost_usd", "composite_weighting")
HEADLINE_KEYS = [k for k in DEFAULTS if k not in UNHEADED]


def headline(**changed: Any) -> exhibit.Headline:
    return exhibit.headline(**{key: DEFAULTS[key] for key in HEADLINE_KEYS} | changed)


def leads(**changed: Any) -> dict[str, str]:
    table = exhibit.lead_table(**changed)
    return dict(zip(table["lead"], table["outcome"], strict=True))


# The article's tables


def test_the_articles_tables_come_back_whole() -> None:
    shapes = {number: exhibit.article_table(number).shape for number in (1, 2, 3)}
    assert shapes == {1: (3, 5), 2: (2, 4), 3: (3, 4)}
    for number in shapes:
        assert (exhibit.article_table(number) != "").all(axis=None)


def test_no_contradicted_cell_is_repeated_in_silence() -> None:
    for number in (1, 2, 3):
        verdicts = claims.article_table(number, show="verdict").to_numpy().ravel()
        cells = exhibit.article_table(number).iloc[:, 1:].to_numpy().ravel()
        for verdict, cell in zip(verdicts, cells, strict=True):
            assert ("→" in cell and verdict in cell) == (verdict != "confirmed")


def test_every_printed_score_has_a_run() -> None:
    assert len(exhibit.score_table()) == 22
    printed = exhibit.printed_scores()
    assert (printed["article_table"].isin([1, 2, 3])).sum() == 22


def test_the_arc_row_is_corrected_to_the_verified_leaderboard() -> None:
    scores = exhibit.score_table().set_index(["benchmark_id", "model_id"])["score_percent"]
    verified = {
        "gpt-5.2-pro": 90.5,
        "gpt-5.2": 86.17,
        "claude-opus-4.5": 80.0,
        "gemini-3-pro": 75.0,
    }
    for model, score in verified.items():
        assert scores["arc-agi-1", model] == pytest.approx(score)


def test_a_quoted_figure_is_not_passed_off_as_a_run() -> None:
    runs = exhibit.software_runs()
    quoted = runs[runs["run_by"] == "vendor, as quoted"]
    assert quoted[["benchmark_id", "model_id"]].to_numpy().tolist() == [
        ["terminal-bench-2.0", "gpt-5.2"]
    ]


# Leads


def test_leads_that_hold_when_tested_one_at_a_time() -> None:
    outcomes = leads(multiple_comparisons="none")
    assert {lead for lead, outcome in outcomes.items() if outcome == "holds"} == {
        "GPT-5.2 Pro over Claude Opus 4.5, ARC-AGI-1",
        "GPT-5.2 Pro over Gemini 3 Pro, ARC-AGI-1",
        "GPT-5.2 Pro over Claude Opus 4.5, ARC-AGI-2",
        "GPT-5.2 Pro over Gemini 3 Pro, ARC-AGI-2",
        "GPT-5.2 Pro over Claude Opus 4.5, GPQA Diamond",
        "GPT-5.2 Thinking over GPT-5.1, FrontierMath",
        "GPT-5.2 Thinking over GPT-5.1, ARC-AGI-2",
        "Gemini 3 Pro over GPT-5.2 Thinking, LongBench v2",
    }


def test_published_z_statistics() -> None:
    z = exhibit.lead_table("self").set_index("lead")["z"]
    published = {
        "Claude Opus 4.5 over GPT-5.2 Thinking, SWE-bench Verified": 0.36,
        "Claude Opus 4.5 over GPT-5.2 Thinking, Terminal-Bench 2.0": 0.7,
        "GPT-5.2 Thinking over GPT-5.1, FrontierMath": 2.3,
        "GPT-5.2 Pro over Claude Opus 4.5, ARC-AGI-2": 2.6,
        "GPT-5.2 Pro over Gemini 3 Pro, ARC-AGI-2": 3.6,
        "GPT-5.2 Pro over Claude Opus 4.5, GPQA Diamond": 2.1,
    }
    for lead, statistic in published.items():
        assert z[lead] == pytest.approx(statistic, abs=0.05)


@pytest.mark.parametrize("reporter", ["independent", "self", "competitor"])
def test_both_sides_of_every_lead_come_from_one_kind_of_party(reporter: str) -> None:
    assert len(exhibit.lead_table(reporter)) == len(exhibit.article_leads()) == 16


def test_both_sides_of_an_independent_lead_ran_on_one_harness() -> None:
    table = exhibit.lead_table()
    runs = exhibit.best_runs()
    runs = runs[runs["reported_by"] == "independent"].set_index(["benchmark_id", "model_id"])
    for row in table[table["reported_by"] == "independent"].itertuples():
        sides = [(row.benchmark_id, row.leader_id), (row.benchmark_id, row.runner_up_id)]
        assert runs.at[sides[0], "run_by"] == runs.at[sides[1], "run_by"]


def test_stricter_adjustments_keep_fewer_leads() -> None:
    kept = [
        sum(name == "holds" for name in leads(multiple_comparisons=method).values())
        for method in ("none", "holm", "bonferroni")
    ]
    assert kept[0] > kept[1] >= kept[2]


def test_the_reporter_decides_swe_bench_pro() -> None:
    lead = "GPT-5.2 Thinking over Claude Opus 4.5, SWE-Bench Pro"
    assert leads(preferred_reporter="independent")[lead] == "reversed"
    assert leads(preferred_reporter="competitor")[lead] == "within noise"


def test_paired_test_of_opus_against_gpt() -> None:
    pair = exhibit.paired_table(["gpt-5.2", "claude-opus-4.5"]).iloc[0]
    assert pair["difference_points"] == pytest.approx(2.0)
    assert (pair["low_points"], pair["high_points"]) == pytest.approx((-1.2, 5.2), abs=0.1)
    assert pair["outcome"] == "within noise"


def test_the_model_of_standard_errors_is_near_those_published() -> None:
    table = exhibit.standard_errors()
    assert len(table) == 3
    assert np.allclose(table["model_points"], table["published_points"], rtol=0.2)


# Harness, contamination


def test_vendor_and_independent_scores_of_swe_bench_pro() -> None:
    pairs = exhibit.harness_pairs().set_index(["benchmark_id", "model_id"])
    row = pairs.loc[("swe-bench-pro", "gpt-5.2")]
    assert (row["self_percent"], row["independent_percent"]) == (55.6, 29.94)


def test_public_arc_scores_against_semi_private_ones() -> None:
    gaps = exhibit.public_gaps().set_index("benchmark")
    row = gaps.loc["ARC-AGI-2"]
    assert (row["highest_public_percent"], row["highest_private_percent"]) == (59.81, 52.91)


# Cost


def test_published_costs_of_a_solved_arc_task() -> None:
    table = exhibit.configurations("arc-agi-2", MODELS).set_index("configuration")
    costs = table["cost_per_solved_task_usd"]
    published = {
        "GPT-5.2 Thinking (xhigh)": 3.59,
        "GPT-5.2 Pro (high)": 29.0,
        "Claude Opus 4.5 (64k)": 6.38,
        "Gemini 3 Pro": 2.61,
        "Gemini 3 Deep Think": 171.0,
    }
    for name, cost in published.items():
        assert costs[name] == pytest.approx(cost, rel=0.005)


def test_the_ladder_is_the_minimum_over_all_configurations() -> None:
    table = exhibit.configurations("arc-agi-2", MODELS)
    ladder = exhibit.purchase_ladder(table)
    for failure in (0.5, 2.0, 3.0, 5.0, 50.0, 1_000.0, 2_000.0):
        step = ladder[ladder["from_usd"] <= failure].iloc[-1]["configuration"]
        assert exhibit.expected_costs(table, failure)["configuration"].iloc[0] == step


def test_the_floor_moves_the_choice() -> None:
    table = exhibit.configurations("arc-agi-2", MODELS)
    chosen = [exhibit.qualified(table, floor, "score_percent") for floor in (20.0, 50.0)]
    assert [row["configuration"] for row in chosen if row is not None] == [
        "GPT-5.2 Thinking (medium)",
        "GPT-5.2 Thinking (xhigh)",
    ]
    assert exhibit.qualified(table, 99.0, "score_percent") is None


def test_a_dearer_failure_never_buys_a_lower_score() -> None:
    table = exhibit.configurations("arc-agi-1", MODELS)
    scores = exhibit.failure_scenarios(table, 25.0)["score_percent"]
    assert scores.is_monotonic_increasing


@pytest.mark.parametrize(
    "priced",
    next(p for p in exhibit.PARAMETERS if p.name == "frontier_benchmark").choices,
)
def test_every_priced_benchmark_gives_a_frontier_and_sentences(priced: str) -> None:
    table = exhibit.configurations(priced, MODELS)
    assert table["configuration"].is_unique
    step = headline(frontier_benchmark=priced).step
    sentence = exhibit.step_sentence(step, 95.0)
    assert "inf" not in sentence
    assert "nan" not in sentence
    assert exhibit.effort_finding(table).endswith(".")
    assert exhibit.frontier_chart(table).to_dict()["layer"]


def test_the_choices_are_the_benchmarks_with_costs() -> None:
    scores = datasets.load("benchmark_scores")
    priced = set(scores.loc[scores["cost_per_task_usd"].notna(), "benchmark_id"])
    choices = {p.name: p.choices for p in exhibit.PARAMETERS}
    assert set(choices["frontier_benchmark"]) == priced
    assert set(choices["paired_models"]) == set(datasets.load("swebench_outcomes")["model_id"])


# Parameters


@pytest.mark.parametrize(
    "changed",
    [
        {"confidence_percent": 80.0},
        {"significance_percent": 30.0},
        {"multiple_comparisons": "none"},
        {"preferred_reporter": "competitor"},
        {"frontier_benchmark": "swe-bench-verified"},
        {"frontier_models": ["gpt-5.2", "claude-opus-4.5"]},
        {"paired_models": ["gpt-5.2", "kimi-k2.5"]},
    ],
)
def test_every_parameter_moves_the_headline(changed: dict[str, Any]) -> None:
    assert headline(**changed) != headline()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"confidence_percent": 100.0}, "confidence_percent = 100"),
        ({"multiple_comparisons": "holms"}, "did you mean 'holm'"),
        ({"frontier_benchmark": "arc-agi2"}, "did you mean 'arc-agi-2'"),
        ({"paired_models": ["gpt-5.3"]}, "gpt-5.3"),
        ({"failure_cost_usd": -1.0}, "failure_cost_usd = -1"),
    ],
)
def test_bad_parameters_are_named(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        check_parameters(exhibit.PARAMETERS, changed)


def test_unknown_or_too_few_models_are_named() -> None:
    with pytest.raises(ComputebookError, match="gpt-52"):
        exhibit.configurations("arc-agi-2", ["gpt-52"])
    with pytest.raises(ComputebookError, match="no model with a priced run on arc-agi-2"):
        exhibit.configurations("arc-agi-2", ["kimi-k2.6"])
    with pytest.raises(ComputebookError, match="a paired test needs two"):
        exhibit.paired_table(["gpt-5.2", "gpt-5.2"])


def test_the_chapter_states_the_declared_defaults() -> None:
    cells = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
    cell = next(c for c in cells if "parameters" in c["metadata"].get("tags", []))
    body = ast.parse("".join(cell["source"])).body
    stated = {n.targets[0].id: ast.literal_eval(n.value) for n in body if isinstance(n, ast.Assign)}
    assert stated == DEFAULTS


# By hand from the board: Claude Sonnet 4.5 (29 September 2025) 74.2% at $1.19; MiniMax-M3 (1 June
# 2026) 76.4% at $0.17; last release 9 June 2026, 253 days later: (1.19 / 0.17) ** (365.25 / 253).
def test_pace_of_swe_bench_by_hand() -> None:
    row = exhibit.progress_table().set_index("benchmark_id").loc["swe-bench-verified"]
    assert row["factor"] == pytest.approx(7.0)
    assert row["per_year"] == pytest.approx(7.0 ** (365.25 / 253), rel=1e-3)
    assert row["first"] == "Claude Sonnet 4.5, Sep 2025"
    assert row["last"] == "MiniMax-M3, Jun 2026"
    assert row["low_per_year"] < row["per_year"] < row["high_per_year"]
    assert row["best_percent"] == 83.8  # Claude Opus 4.8 at $0.75


def test_no_decline_is_within_the_interval_of_arc() -> None:
    table = exhibit.progress_table().set_index("benchmark_id")
    assert (table.loc[["arc-agi-1", "arc-agi-2"], "low_per_year"] == 1.0).all()
    wide, narrow = exhibit.progress_table(99.0), exhibit.progress_table(50.0)
    assert (wide["high_per_year"] >= narrow["high_per_year"]).all()


def test_composite_has_one_source_and_no_gap() -> None:
    scores = exhibit.composite_scores()
    stated = exhibit.composite_weights(scores)
    assert scores.notna().all(axis=None)
    assert stated["weight"].sum() == pytest.approx(1.0)
    by_category = stated.groupby("category")["weight"].sum()
    assert by_category.to_numpy() == pytest.approx(np.full(len(by_category), 1 / len(by_category)))
    assert scores.loc["GPT-5.2 Thinking", "longbench-v2"] == 54.5


def test_the_leader_of_a_composite_depends_on_the_weights() -> None:
    leaders = {
        name: exhibit.composite_ranks(name)["model"].iloc[0]
        for name in ("categories", "benchmarks", "items")
    }
    assert leaders["items"] == "Gemini 3 Pro"  # MMLU-Pro has most of the items
    assert leaders["benchmarks"] == "GPT-5.2 Thinking"
    ranks = exhibit.composite_ranks("benchmarks").set_index("model")
    by_hand = exhibit.composite_scores().mean(axis=1)
    assert ranks["composite_percent"].sort_index().to_numpy() == pytest.approx(
        by_hand.sort_index().to_numpy()
    )
    with pytest.raises(ComputebookError, match="did you mean 'categories'"):
        exhibit.composite_ranks("category")


def test_every_score_says_how_it_was_made() -> None:
    for reporter in ("independent", "self", "competitor"):
        table = exhibit.score_table(reporter)
        assert table[["conditions", "effort", "exposure"]].ne("").all(axis=None)
        own = table["reported_by"] == "self"
        assert (table["conditions"].str.contains("self-reported") == own).all()
