"""Scores: intervals against SciPy and published cases, leads that survive, cost per solved task."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from computebook import benchmarks, composites, datasets, task_costs
from computebook.errors import ComputebookError

CLAIMED = pd.DataFrame(
    [
        ("arc-agi-2, Pro over Opus", 54.2, 37.6, 120),
        ("arc-agi-2, Pro over Gemini 3 Pro", 54.2, 31.1, 120),
        ("arc-agi-2, Pro over Deep Think", 54.2, 45.1, 120),
        ("arc-agi-2, Pro over Thinking", 54.2, 52.9, 120),
        ("gpqa, Pro over Opus", 93.2, 87.0, 198),
        ("gpqa, Pro over Gemini 3 Pro", 93.2, 91.9, 198),
        ("frontiermath, 5.2 over 5.1", 40.3, 31.0, 290),
        ("longbench, Gemini over GPT-5.2", 68.2, 54.5, 503),
        ("longbench, Gemini over Opus", 68.2, 64.4, 503),
        ("swe-bench verified, Opus over GPT-5.2", 80.9, 80.0, 500),
        ("terminal-bench, Opus over GPT-5.2", 59.3, 54.0, 89),
    ],
    columns=["lead", "leader_percent", "runner_up_percent", "items"],
)
SURVIVORS = {
    "arc-agi-2, Pro over Opus",
    "arc-agi-2, Pro over Gemini 3 Pro",
    "gpqa, Pro over Opus",
    "frontiermath, 5.2 over 5.1",
    "longbench, Gemini over GPT-5.2",
}

fractions = st.floats(0, 1)
items = st.integers(1, 100_000)
bits = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


# Intervals of one score


@pytest.mark.parametrize(
    ("score", "n", "low", "high"),
    [
        (0.542, 120, 45.3, 62.8),  # GPT-5.2 Pro, ARC-AGI-2
        (0.529, 120, 44.0, 61.6),  # GPT-5.2 Thinking, ARC-AGI-2
        (0.932, 198, 88.8, 95.9),  # GPT-5.2 Pro, GPQA Diamond
        (0.919, 198, 87.3, 95.0),  # Gemini 3 Pro, GPQA Diamond
        (1.0, 30, 88.6, 100.0),  # GPT-5.2 Thinking, AIME 2025
    ],
)
def test_published_wilson_intervals(score: float, n: int, low: float, high: float) -> None:
    interval = benchmarks.wilson_interval(score, n)
    assert 100 * interval.low == pytest.approx(low, abs=0.05)
    assert 100 * interval.high == pytest.approx(high, abs=0.05)


@given(st.integers(1, 2_000), st.data(), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_wilson_equals_scipy(n: int, data: st.DataObject, confidence: float) -> None:
    solved = data.draw(st.integers(0, n))
    theirs = stats.binomtest(solved, n).proportion_ci(confidence, method="wilson")
    ours = benchmarks.wilson_interval(solved / n, n, confidence)
    assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(fractions, items)
def test_wilson_contains_the_score_and_stays_in_bounds(score: float, n: int) -> None:
    low, high = benchmarks.wilson_interval(score, n)
    assert 0 <= low <= score <= high <= 1


@given(fractions, items, items)
def test_wilson_narrows_with_items(score: float, one: int, two: int) -> None:
    low, high = benchmarks.wilson_interval(score, np.sort([one, two]))
    few, many = high - low
    assert many <= few + 1e-12


# Differences of two scores


def test_newcombe_published_example() -> None:
    # Table II of Newcombe (1998), first column: 56/70 against 48/80, method 10.
    d = benchmarks.difference_interval(56 / 70, 70, 48 / 80, 80)
    assert [round(v, 4) for v in d] == [0.2, 0.0524, 0.3339]


@given(fractions, items, fractions, items)
def test_difference_changes_sign_with_order(p: float, n: int, q: float, m: int) -> None:
    one, two = (
        benchmarks.difference_interval(p, n, q, m),
        benchmarks.difference_interval(q, m, p, n),
    )
    assert one.difference == -two.difference
    assert one.low == pytest.approx(-two.high, abs=1e-12)
    assert -1 <= one.low <= one.difference <= one.high <= 1
    assert benchmarks.difference_z(p, n, q, m) == pytest.approx(
        -benchmarks.difference_z(q, m, p, n)
    )


def test_wald_is_the_textbook_interval() -> None:
    d = benchmarks.difference_interval(0.5, 100, 0.4, 100, method="wald")
    assert (d.high - d.low) / 2 == pytest.approx(1.959964 * np.sqrt(0.25 / 100 + 0.24 / 100))
    with pytest.raises(ComputebookError, match="did you mean 'newcombe'"):
        benchmarks.difference_interval(0.5, 100, 0.4, 100, method="newcomb")


@pytest.mark.parametrize(
    ("lead", "z"),
    [
        ("arc-agi-2, Pro over Opus", 2.6),
        ("arc-agi-2, Pro over Gemini 3 Pro", 3.6),
        ("arc-agi-2, Pro over Deep Think", 1.4),
        ("arc-agi-2, Pro over Thinking", 0.2),
        ("gpqa, Pro over Opus", 2.1),
        ("frontiermath, 5.2 over 5.1", 2.3),
        ("longbench, Gemini over Opus", 1.3),
        ("swe-bench verified, Opus over GPT-5.2", 0.36),
        ("terminal-bench, Opus over GPT-5.2", 0.71),
    ],
)
def test_published_z_values(lead: str, z: float) -> None:
    verdicts = benchmarks.lead_verdicts(CLAIMED).set_index("lead")
    assert verdicts.loc[lead, "z"] == pytest.approx(z, abs=0.05)


def test_only_these_leads_of_the_article_survive() -> None:
    verdicts = benchmarks.lead_verdicts(CLAIMED)
    assert set(verdicts.loc[verdicts["survives"], "lead"]) == SURVIVORS
    assert set(verdicts.loc[verdicts["survives_holm"], "lead"]) == {
        "arc-agi-2, Pro over Gemini 3 Pro",
        "longbench, Gemini over GPT-5.2",
    }


def test_a_paired_p_value_replaces_the_independent_test() -> None:
    verdicts = benchmarks.lead_verdicts(CLAIMED.assign(p_value=[np.nan] * 10 + [0.001]))
    assert verdicts["p_value"].iloc[-1] == 0.001
    assert verdicts["survives"].iloc[-1]
    assert not verdicts["survives"].iloc[-2]


def test_leads_pair_the_best_with_the_next() -> None:
    scores = pd.DataFrame(
        {
            "benchmark_id": ["a", "a", "a", "b", "c", "c"],
            "model_id": ["x", "y", "x", "x", "x", "y"],
            "score_percent": [50.0, 60.0, 55.0, 90.0, 70.0, 10.0],
            "items": [100, 100, 100, 30, 198, 198],
        }
    )
    table = benchmarks.leads(scores).set_index("benchmark_id")
    assert table.loc["a", ["leader", "runner_up", "runner_up_percent"]].tolist() == ["y", "x", 55.0]
    assert list(table.index) == ["c", "a"]
    assert benchmarks.lead_verdicts(table)["survives"].tolist() == [True, False]


def test_missing_column_is_named() -> None:
    with pytest.raises(ComputebookError, match="unknown column of scores 'items'"):
        benchmarks.leads(pd.DataFrame({"benchmark_id": [], "model_id": [], "score_percent": []}))


# Many comparisons


def test_holm_by_hand() -> None:
    assert benchmarks.holm_adjusted([0.04, 0.01, 0.03, 0.005]).tolist() == pytest.approx(
        [0.06, 0.03, 0.06, 0.02]
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_keeps_order_and_never_helps(values: list[float]) -> None:
    p = np.array(values)
    adjusted = benchmarks.holm_adjusted(p)
    assert (adjusted >= p).all()
    assert (adjusted <= np.minimum(p * p.size, 1) + 1e-12).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


# Paired outcomes


def resolved(model: str) -> np.ndarray:
    outcomes = datasets.load("swebench_outcomes")
    rows = outcomes[outcomes["model_id"] == model].sort_values("instance_id")
    return rows["resolved"].to_numpy(float)


def test_openhands_opus_against_gpt() -> None:
    outcomes = datasets.load("swebench_outcomes")
    pair = benchmarks.paired_comparison(outcomes, "claude-opus-4.5", "gpt-5.2")
    assert pair.difference == pytest.approx(0.02)
    assert (pair.low, pair.high) == pytest.approx((-0.012, 0.052), abs=0.001)
    assert pair.items == 500
    assert pair.p_value > 0.05
    boot = benchmarks.bootstrap_mean_interval(resolved("claude-opus-4.5") - resolved("gpt-5.2"))
    assert boot == pytest.approx((-0.012, 0.052), abs=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "points"),
    [
        ("claude-opus-4.5", "gemini-3-pro", [6.0, 2.8, 9.2]),
        ("gpt-5.2", "gemini-3-pro", [4.0, 1.0, 7.0]),
    ],
)
def test_openhands_against_gemini(first: str, second: str, points: list[float]) -> None:
    pair = benchmarks.paired_comparison(datasets.load("swebench_outcomes"), first, second)
    ours = [100 * v for v in (pair.difference, pair.low, pair.high)]
    assert ours == pytest.approx(points, abs=0.25)


@given(bits)
def test_mcnemar_equals_scipy(pairs: list[tuple[bool, bool]]) -> None:
    first, second = np.array(pairs).T
    ours = benchmarks.paired_difference(first, second)
    discordant = int(ours.only_first + ours.only_second)
    if discordant:
        theirs = stats.binomtest(int(ours.only_first), discordant).pvalue
        assert ours.p_value == pytest.approx(theirs)
    else:
        assert ours.p_value == 1
    assert ours.difference == pytest.approx(first.mean() - second.mean())
    assert ours.low <= ours.difference <= ours.high


def test_paired_differences_vectorise_over_models() -> None:
    rng = np.random.default_rng(0)
    models, reference = rng.random((4, 200)) < 0.6, rng.random(200) < 0.5
    together = benchmarks.paired_difference(models, reference)
    alone = [benchmarks.paired_difference(model, reference).p_value for model in models]
    assert together.p_value == pytest.approx(alone)


def test_pairing_needs_the_same_instances() -> None:
    outcomes = pd.DataFrame(
        {"model_id": ["a", "a", "b"], "instance_id": ["x", "y", "x"], "resolved": True}
    )
    with pytest.raises(ComputebookError, match="1 instances were run on only one of 'a' and 'b'"):
        benchmarks.paired_comparison(outcomes, "a", "b")
    with pytest.raises(ComputebookError, match="unknown model_id of outcomes 'c'"):
        benchmarks.paired_comparison(outcomes, "a", "c")
    with pytest.raises(ComputebookError, match="a has two outcomes on instance 'x'"):
        benchmarks.paired_comparison(outcomes.assign(instance_id="x"), "a", "b")
    with pytest.raises(ComputebookError, match="2 items and second_solved 3"):
        benchmarks.paired_difference([1, 0], [1, 0, 1])
    with pytest.raises(ComputebookError, match="first_solved holds"):
        benchmarks.paired_difference([2, 0], [1, 0])


def test_bootstrap_agrees_with_the_closed_form() -> None:
    rng = np.random.default_rng(0)
    difference = rng.choice([-1.0, 0.0, 1.0], size=500, p=[0.06, 0.86, 0.08])
    boot = benchmarks.bootstrap_mean_interval(difference)
    pair = benchmarks.paired_difference(difference == 1, difference == -1)
    assert boot == pytest.approx((pair.low, pair.high), abs=0.003)
    assert boot == benchmarks.bootstrap_mean_interval(difference)


# Cost


@pytest.mark.parametrize(
    ("cost", "score", "usd"),
    [(1.898, 52.9, 3.59), (15.72, 54.2, 29.0), (2.40, 37.6, 6.38), (0.81, 31.1, 2.61)],
)
def test_published_cost_per_solved_arc_task(cost: float, score: float, usd: float) -> None:
    assert benchmarks.cost_per_solved_task_usd(cost, score / 100) == pytest.approx(usd, rel=0.005)


@pytest.mark.parametrize(
    ("model", "score", "mean", "per_solved"),
    [
        ("gpt-5.2", 74.6, 0.833, 1.12),
        ("claude-opus-4.5", 76.6, 1.795, 2.34),
        ("gemini-3-pro", 70.6, 0.955, 1.35),
        ("kimi-k2.5", 68.8, 0.406, 0.59),
    ],
)
def test_published_cost_per_resolved_issue(
    model: str, score: float, mean: float, per_solved: float
) -> None:
    row = benchmarks.solved_task_costs(datasets.load("swebench_outcomes")).loc[model]
    assert row["score_percent"] == pytest.approx(score)
    assert row["cost_per_task_usd"] == pytest.approx(mean, abs=0.001)
    assert row["cost_per_solved_task_usd"] == pytest.approx(per_solved, abs=0.006)


def test_nothing_solved_costs_infinity() -> None:
    assert benchmarks.cost_per_solved_task_usd(1.0, 0.0) == np.inf
    assert benchmarks.cost_per_solved_task_interval(1.0, 0.0, 10).low < np.inf


points = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=12)


@given(points)
def test_pareto_front_is_what_nobody_dominates(values: list[tuple[int, int]]) -> None:
    cost, score = np.array(values).T
    front = benchmarks.pareto_front(cost, score)
    for i, on_front in enumerate(front):
        better = (cost <= cost[i]) & (score >= score[i])
        strictly = better & ((cost < cost[i]) | (score > score[i]))
        assert on_front == (not strictly.any())


# Progress: what a score costs over time


# By hand: 60% cost $2 on day 0; on day 730.5 (two years) it costs $0.50: four times in two years,
# twice in one.
def test_decline_by_hand() -> None:
    found = task_costs.cost_decline([0, 300, 730.5], [2.0, 1.5, 0.5], [0.6, 0.9, 0.99], 1e8, 0.6)
    assert found.factor == pytest.approx(4.0)
    assert found.factor_per_year == pytest.approx(2.0)
    assert (found.first_usd, found.last_usd) == (2.0, 0.5)


def test_dearer_models_are_no_decline() -> None:
    found = task_costs.cost_decline([0, 100], [1.0, 3.0], [0.6, 0.9], 500, 0.6)
    assert found[2:] == (1.0, 1.0, 1.0, 1.0)


def test_one_lucky_model_widens_the_interval() -> None:
    days, scores = [0, *[365.25] * 20], [0.6] + [0.9] * 20
    lucky = task_costs.cost_decline(days, [1.0, 0.01] + [0.5] * 19, scores, 500, 0.6)
    even = task_costs.cost_decline(days, [1.0] + [0.5] * 20, scores, 500, 0.6)
    assert lucky.low_per_year == pytest.approx(2.0)
    assert lucky.high_per_year == pytest.approx(100.0)
    assert (even.low_per_year, even.high_per_year) == pytest.approx((2.0, 2.0))


def test_no_later_model_means_no_decline_to_measure() -> None:
    with pytest.raises(ComputebookError, match=r"floor_fraction = 0\.6: no model came out after"):
        task_costs.cost_decline([0, 0], [1.0, 0.5], [0.6, 0.9], 500, 0.6)
    with pytest.raises(ComputebookError, match="no model came out after"):
        task_costs.cost_decline([0, 1], [1.0, 0.5], [0.1, 0.1], 500, 0.6)


@given(st.integers(0, 2**32 - 1))
def test_frontiers_only_improve(seed: int) -> None:
    generator = np.random.default_rng(seed)
    days = np.sort(generator.integers(0, 50, 12)).astype(float)
    cost, score = generator.uniform(0.1, 5, 12), generator.uniform(0, 100, 12)
    cheapest = task_costs.cheapest_over_time(days, cost, score, 50)
    best = task_costs.best_score_within(days, cost, score, 2.0)
    for place in range(12):
        until = days <= days[place]
        reach, within = until & (score >= 50), until & (cost <= 2)
        assert cheapest[place] == (cost[reach].min() if reach.any() else math.inf)
        assert best[place] == (score[within].max() if within.any() else -math.inf)
    finite = cheapest[np.isfinite(cheapest)]
    assert (np.diff(finite) <= 0).all()


# Composites

TABLE = pd.DataFrame({"x": [80.0, 70.0, 60.0], "y": [60.0, 90.0, 50.0]}, index=["a", "b", "c"])


def test_composite_by_hand() -> None:
    found = composites.rank_sensitivity(TABLE, [100, 100], [3, 1], 4_000)
    assert found.loc["a", "composite_percent"] == pytest.approx(75.0)
    assert found.loc["b", "composite_percent"] == pytest.approx(75.0)
    assert found.loc["c", "composite_percent"] == pytest.approx(57.5)
    # a leads where 80 w + 60 (1 - w) > 70 w + 90 (1 - w), so from w = 3/4 on.
    assert found.loc["a", "first_by_weights"] == pytest.approx(0.25, abs=0.03)
    assert found["undominated"].to_dict() == {"a": True, "b": True, "c": False}
    assert found.loc["c", ["best_rank", "worst_rank"]].tolist() == [3, 3]


@given(st.integers(0, 2**32 - 1))
def test_a_dominated_model_never_leads(seed: int) -> None:
    scores = np.random.default_rng(seed).uniform(0, 100, (4, 5))
    kept = composites.undominated(scores)
    weightings = composites.weight_draws(5, 200, seed)
    led = composites.composite_scores(scores, weightings).argmax(axis=1)
    assert kept[led].all()
    assert kept.any()


def test_weights_are_shares() -> None:
    weights = composites.equal_weights(["code", "code", "science", "maths"])
    assert weights.tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 3, 1 / 3])
    drawn = composites.weight_draws(6, 2_000)
    assert drawn.sum(axis=1) == pytest.approx(np.ones(2_000))
    assert drawn.mean(axis=0) == pytest.approx(np.full(6, 1 / 6), abs=0.01)


def test_scale_of_the_weights_does_not_matter() -> None:
    one = composites.rank_sensitivity(TABLE, [50, 50], [1, 2], 500)
    ten = composites.rank_sensitivity(TABLE, [50, 50], [10, 20], 500)
    pd.testing.assert_frame_equal(one, ten)


@pytest.mark.parametrize(
    ("scores", "weights", "message"),
    [
        ([[80.0, math.nan]], [1, 1], "scores_percent = nan"),
        ([[80.0, 20.0]], [1, 1, 1], "weights has 3 entries for 2 benchmarks"),
        ([[80.0, 20.0]], [0, 0], "weights are all zero"),
        ([[80.0, 20.0]], [-1, 2], "weights = -1"),
    ],
)
def test_bad_composites(scores: object, weights: object, message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        composites.composite_scores(scores, weights)  # type: ignore[arg-type]
