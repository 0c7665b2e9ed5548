"""The chapter on API economics: published prices, complete tables, and what parameters move."""

import math
from typing import Any

import numpy as np
import pytest

from computebook import budgets, claims, datasets, errors, parameters
from computebook.exhibits import api_economics as exhibit
from computebook.exhibits.api_economics import layout as layouts
from computebook.exhibits.api_economics import reasoning, self_hosting
from computebook.exhibits.api_economics.budget import ALL, CHANCE, FIXED, doubts, spreads
from computebook.exhibits.api_economics.offers import standard_card

ON = "2026-01-15"
REQUEST = exhibit.Request(6_000, 500, 0.7)
TRAFFIC = exhibit.Traffic(1e6, 0.5, 0.2)
TERMS = exhibit.Terms(3.0, 2.0, 300_000.0)
ASKED: tuple[Any, ...] = ("gpt-5.2", ON, REQUEST)


# The article's tables


def test_both_tables_of_the_article_come_back_complete() -> None:
    prices, queries = exhibit.article_prices(), exhibit.article_queries("gpt-5.2", ON, 0)
    for number, shown in ((9, prices), (10, queries)):
        cells = claims.claims_of_table(number)
        text = "|".join(shown.astype(str).to_numpy().ravel())
        assert all(value in text for value in {*cells["value_text"], *cells["row_label"]} - {""})
    assert prices.shape == (3, 4)
    assert queries.columns.tolist()[:4] == [
        "Query complexity",
        "Visible output",
        "Reasoning tokens",
        "True output cost",
    ]
    assert prices.iloc[0, 1:].str.contains("contradicted").all()


def test_openai_prices_are_those_of_the_launch_announcement() -> None:
    cards = exhibit.openai_cards(ON).set_index("offer")
    rates = cards[["uncached_input_usd_per_mtok", "output_usd_per_mtok"]]
    assert rates.loc["GPT-5.2 Thinking"].tolist() == [1.75, 14]
    assert rates.loc["GPT-5.2 Instant"].tolist() == [1.75, 14]
    assert rates.loc["GPT-5.2 Pro"].tolist() == [21, 168]
    assert rates.loc["GPT-5"].tolist() == [1.25, 10]
    assert rates.loc["GPT-5.2 Thinking, batch"].tolist() == [0.875, 7]
    cached = cards["cached_input_usd_per_mtok"]
    assert cached["GPT-5.2 Thinking"] == 0.175
    assert cached[["GPT-5.2 Pro", "GPT-5.2 Thinking, batch"]].isna().all()


def test_every_list_agrees_with_our_standard_rates() -> None:
    compared, agreeing = exhibit.price_agreement(ON)
    listed = datasets.load("price_crosscheck").dropna(subset=["usd_per_mtok"])
    assert compared == (listed["model_id"] != "kimi-k2.5").sum()
    assert agreeing == compared


def test_article_costs_and_the_same_tokens_on_pro() -> None:
    rows = exhibit.priced_queries("gpt-5.2", ON, 0)
    assert rows["output_usd"].tolist() == pytest.approx(rows["article_usd"].tolist())
    assert (rows["pro_with_input_usd"] / rows["output_usd"]).tolist() == pytest.approx([12] * 3)
    with_input = exhibit.priced_queries("gpt-5.2", ON, 10_000)
    added = with_input["with_input_usd"] - with_input["output_usd"]
    assert added.tolist() == pytest.approx([0.0175] * 3)


def test_article_queries_as_percentiles_of_production_traffic() -> None:
    rows = exhibit.priced_queries("gpt-5.2", ON, 0)
    assert rows["length_percentile"].round(2).tolist() == [0.45, 0.98, 1.0]
    # Read in the trace itself: the reasoning shares stand at its 2nd, 56th and 78th percentile.
    assert rows["share_percentile"].tolist() == ["2nd", "56th", "78th"]
    for fraction, tokens in ((0.5, 792), (0.95, 5_701), (0.99, 12_607)):
        assert exhibit.length_percentile(tokens) == pytest.approx(fraction)
    assert reasoning.input_lengths().quantile(0.95) == pytest.approx(6_714)


def test_longest_requests_hold_much_of_the_output() -> None:
    assert 0.1 < exhibit.tail_share(0.1) < exhibit.tail_share(0.2) < exhibit.tail_share(1.0)
    assert exhibit.tail_share(1.0) == pytest.approx(1.0)
    # A million drawn requests hold the same share in their longest tenth.
    drawn = np.sort(exhibit.output_lengths().sample(1_000_000, np.random.default_rng(0)))
    assert drawn[900_000:].sum() / drawn.sum() == pytest.approx(exhibit.tail_share(0.1), abs=0.005)


# One request


def test_bill_leaves_add_up_and_reasoning_costs_as_output() -> None:
    rows = exhibit.ledger("gpt-5.2", ON, REQUEST, 0.5).set_index("leaf")
    parts = rows.drop(index="Total")
    assert parts["usd_per_krequest"].sum() == pytest.approx(rows["usd_per_krequest"]["Total"])
    assert parts["share"].sum() == pytest.approx(1)
    rates = rows["usd_per_mtok"]
    assert rates["Reasoning"] == rates["Visible output"] == 14
    assert parts["tokens"]["Reasoning"] / (parts["tokens"]["Reasoning"] + 500) == pytest.approx(0.7)


def test_list_price_of_measured_workloads() -> None:
    # Recomputed by hand from the means of the traces and the list prices of January 2026.
    published = {"gpt-5.2": (4.98, 3.97, 25.9, 23.6), "claude-opus-4.5": (11.1, 10.9, 68.7, 44.5)}
    for model, expected in published.items():
        listed = exhibit.savings(model, ON, REQUEST, 0.5, 0.2)["list_usd"].tolist()
        assert listed[:4] == pytest.approx(expected, rel=0.005)


def test_example_export_is_split_and_reconciled() -> None:
    rows = exhibit.example_ledger()
    assert rows["share"].sum() == pytest.approx(1)
    assert rows["reasoning"].between(0, 1).all()
    assert "40 priced" in exhibit.example_in_words()
    text = (datasets.data_folder() / "examples" / "openai_responses.jsonl").read_text("utf-8")
    assert exhibit.example_in_words().startswith(f"{len(text.splitlines())} lines read")


# The month


def budget(**changes: Any) -> Any:
    given = {"model": "gpt-5.2", "on": ON, "request": REQUEST, "traffic": TRAFFIC}
    return exhibit.budget_for(**{**given, "budget_usd": 35_000.0, **changes}).set_index("case")


def test_chance_leaves_a_month_and_doubt_stays() -> None:
    rows = budget()
    assert rows["p95"]["One request"] > 3
    assert abs(rows["p95"][CHANCE] - 1) < 0.005
    assert rows["deviation"][ALL] > 100 * rows["deviation"][CHANCE]
    assert (rows["p5"] <= rows["p50"]).all()
    assert (rows["p50"] <= rows["p95"]).all()
    # Fixing the effort is worth more than knowing any other single thing.
    singles = rows["deviation"].drop(["One request", CHANCE, FIXED, ALL])
    assert singles.idxmax() == "Reasoning effort"
    assert rows["deviation"][FIXED] < rows["deviation"][ALL]


def test_expected_month_is_the_bill_of_its_mean_requests() -> None:
    # 1,000 requests cost $29.11 with half of the input cached; batch halves a fifth of them, but
    # bills cached input in full for want of a cached batch rate.
    batch = (6_000 * 0.875 + 1_666.7 * 7) / 1e6
    expected = 1e6 * (0.8 * 29.108e-3 + 0.2 * batch)
    assert budget()["mean_usd"][CHANCE] == pytest.approx(expected, rel=1e-3)


def test_a_larger_budget_is_passed_less_often() -> None:
    tight, loose = budget(budget_usd=30_000.0), budget(budget_usd=60_000.0)
    for case in (CHANCE, FIXED, ALL):
        assert loose["exceeds"][case] <= tight["exceeds"][case]
    assert math.isnan(tight["exceeds"]["One request"])
    curves = exhibit.budget_curves(*ASKED, TRAFFIC)
    for _, line in curves.groupby("known"):
        assert (np.diff(line["exceeds_percent"]) <= 0).all()
    open_effort = curves[curves["known"] == "Nothing fixed"]
    chance = np.interp(30_000.0, open_effort["budget_usd"], open_effort["exceeds_percent"])
    assert chance == pytest.approx(100 * tight["exceeds"][ALL], abs=1)


def test_ranges_are_those_of_their_sources() -> None:
    found = {doubt.label: doubt.spread for doubt in doubts(ON, 0.5)}
    effort = exhibit.effort_multiples().set_index("effort")["arc2_multiple"]
    assert (found["Reasoning effort"].low, found["Reasoning effort"].high) == (
        effort["low"],
        effort["xhigh"],
    )
    assert found["Drift of reasoning"].high ** 4 == pytest.approx(5.0)
    assert found["Price"].high == pytest.approx(1.4)
    assert (found["Cached share"].low, found["Cached share"].high) == (0.366, 0.64)
    assert "cached_fraction" not in spreads(doubts(ON, 0.0))


def test_effort_and_drift_widen_each_other_as_roots_of_squares() -> None:
    both = spreads(doubts(ON, 0.5)[:2])["reasoning_factor"]
    alone = [spreads([doubt])["reasoning_factor"] for doubt in doubts(ON, 0.5)[:2]]
    product = np.random.default_rng(0).random((2, 400_000))
    drawn = alone[0].quantile(product[0]) * alone[1].quantile(product[1])
    assert np.quantile(drawn, 0.95) == pytest.approx(both.high, rel=0.03)
    assert np.quantile(drawn, 0.05) == pytest.approx(both.low, rel=0.03)


def test_the_workload_has_the_means_asked_for() -> None:
    own = exhibit.workload(REQUEST, 0.5)
    exact = budgets.request_moments(own, standard_card("gpt-5.2", ON))
    assert 1e3 * exact.mean_usd == pytest.approx(29.108, rel=1e-4)
    # No prompt of the shape reaches beyond the window that GPT-5.2 accepts.
    assert own.input_lengths.quantile(1.0) < 272_000


def test_effort_multiples_are_the_published_cost_ratios() -> None:
    rows = exhibit.effort_multiples().set_index("effort")
    low_based = rows["arc2_usd"] / rows["arc2_usd"]["low"]
    assert low_based[["low", "medium", "high", "xhigh"]].round(1).tolist() == [1, 2.9, 5.3, 7.2]


# Levers


def test_savings_add_up_and_stay_below_what_each_saves_alone() -> None:
    rows = exhibit.savings(*ASKED, 0.5, 0.2).set_index("workload")
    parts = rows[["cache", "batch", "effort"]].sum(axis=1)
    assert parts.tolist() == pytest.approx(rows["together"].tolist())
    assert (rows["together"] < rows["alone"]).all()
    assert rows["cached"]["Kimi long chat"] == 0.366
    assert rows["effort"]["Azure code"] == 0, "no reasoning, nothing to route"
    assert rows["cache"].idxmax() == "Azure code"
    assert rows["effort"].idxmax() == "R1 reasoning"


def test_unpublished_rates_are_never_made_up() -> None:
    pro = exhibit.savings("gpt-5.2-pro", ON, REQUEST, 0.5, 0.0)
    assert (pro[["cache", "batch"]] == 0).all(axis=None), "no cached rate, nothing saved"
    claude = exhibit.savings("claude-opus-4.5", ON, REQUEST, 0.5, 0.5)
    assert (claude["batch"] == 0).all(), "no batch price of January 2026 is known for Claude"
    full = exhibit.savings("gpt-5.2", ON, REQUEST, 0.0, 1.0)
    assert full.set_index("workload")["batch"]["Azure code"] == pytest.approx(0.5)


def test_cache_curves_cross_where_the_break_even_says() -> None:
    curves, rates = exhibit.cache_curves(), exhibit.cache_break_even()
    for name, line in curves.groupby("cache"):
        at = np.interp(rates[name], line["turns_per_hour"], line["cost_percent"])
        assert at == pytest.approx(100, abs=1.5)
    assert rates["No write fee, 5 min"] == 0
    free = curves[curves["cache"] == "No write fee, 5 min"]["cost_percent"]
    assert free.max() <= 100


def test_cascades_hold_to_the_outcomes_of_the_tasks() -> None:
    rows = exhibit.cascades().set_index("route")
    solved = datasets.load("swebench_outcomes").pivot_table(
        index="instance_id", columns="model_id", values="resolved"
    )
    either = solved[["kimi-k2.5", "gpt-5.2"]].max(axis=1).mean()
    perfect = rows.loc["Kimi K2.5, then GPT-5.2 Thinking; 100% / 100%"]
    assert perfect["solved"] == pytest.approx(either)
    assert rows["task_usd"]["GPT-5.2 Thinking alone"] == pytest.approx(0.833, abs=5e-4)
    assert rows["solved_usd"]["Claude Opus 4.5 alone"] == pytest.approx(2.34, abs=5e-3)
    assert "less per task than GPT-5.2" in exhibit.cascade_in_words(exhibit.cascades())
    # The gain of a perfect verifier is what the cheap model alone solves; tested by resampling.
    only = (solved["kimi-k2.5"] > solved["gpt-5.2"]).to_numpy(float)
    assert perfect["gain_points"] == pytest.approx(100 * only.mean())
    draws = np.random.default_rng(0).choice(only, (4_000, only.size)).mean(axis=1)
    low, high = 100 * np.quantile(draws, [0.025, 0.975])
    assert (perfect["gain_low"], perfect["gain_high"]) == pytest.approx((low, high), abs=0.3)


# Own serving


def test_own_serving_reproduces_the_published_cases() -> None:
    cases = exhibit.published_cases().set_index("quantity")
    computed = cases["computed"]
    assert computed["DeepSeek: cost of the day"] == pytest.approx(87_072)
    assert computed["DeepSeek: day billed at R1 prices"] == pytest.approx(562_027, rel=2e-4)
    assert computed["DeepSeek: nodes busy"] == pytest.approx(226.75, rel=1e-3)
    assert computed["SGLang, 96 H100: output"] == pytest.approx(0.20, rel=0.01)
    assert cases["error"].abs().max() < 0.05


def test_break_even_costs_the_same_and_scales_with_its_terms() -> None:
    rows = exhibit.break_even(*ASKED, 0.5, TERMS)
    assert len(rows) == 9
    known = rows.dropna()
    own = known["month_usd"] / known["requests"] * 1e3
    assert own.tolist() == pytest.approx(known["api_usd"].tolist())
    assert (known["utilization"] <= 1 / TERMS.peak_to_mean).all()
    dearer = exhibit.break_even(*ASKED, 0.5, exhibit.Terms(6.0, 2.0, 300_000.0))
    more = dearer["requests"].fillna(math.inf) - rows["requests"].fillna(math.inf)
    assert (more.dropna() >= 0).all()
    assert (dearer["full_load_usd"] / rows["full_load_usd"]).tolist() == pytest.approx([2] * 9)


def test_flat_load_turns_the_verdict_on_the_newer_api() -> None:
    peaked = exhibit.break_even(*ASKED, 0.5, TERMS)
    flat = exhibit.break_even(*ASKED, 0.5, exhibit.Terms(3.0, 1.2, 300_000.0))
    newer = peaked["api"].str.startswith("V3.2")
    assert peaked.loc[newer, "requests"].isna().all()
    assert flat.loc[newer, "requests"].notna().any()
    assert "at no traffic" in exhibit.hosting_in_words(peaked)
    least = exhibit.least_load(peaked)
    assert 1 / 2.0 < least < 1 / 1.2


def test_never_is_said_where_own_serving_never_pays() -> None:
    rows = exhibit.break_even(*ASKED, 0.5, exhibit.Terms(100.0, 3.0, 0.0))
    assert rows["requests"].isna().all()
    assert exhibit.open_model_in_words(rows) == "at no traffic"


def test_the_modelled_node_lies_among_measured_ones() -> None:
    # InferenceX lists 266 tokens/s per H100 at 42 tokens/s per user; a node here gives 20.
    rates = self_hosting.node_rates(self_hosting.RequestShape(1_000, 1_000))
    assert 266 < rates.decode_tokens_per_s < 22_300 / 8
    slow = self_hosting.node_rates(self_hosting.RequestShape(60_000, 1_000))
    assert slow.decode_tokens_per_s < rates.decode_tokens_per_s
    low, high = exhibit.node_rate_span()
    assert 0.5 < low < 1 < high < 2


def test_cost_curves_fall_to_the_full_load() -> None:
    curves = exhibit.cost_by_volume(*ASKED, 0.5, TERMS)
    assert curves["series"].nunique() == 5
    node = curves[curves["series"] == self_hosting.NODE]["usd_per_krequest"]
    full = exhibit.break_even(*ASKED, 0.5, TERMS).set_index("fleet")["full_load_usd"]
    assert node.min() == pytest.approx(2 * full[self_hosting.NODE].iloc[0], rel=0.05)


def test_an_owned_gpu_hour_costs_its_server_and_its_electricity() -> None:
    parts = exhibit.owned_usd_per_gpu_hour()
    # $39,083 over four years at 10 %, by hand; 1,275 W at a PUE of 1.54 and 8.26 cents.
    annuity = 0.10 / (1 - 1.10**-4)
    assert parts["capital"] == pytest.approx(39_083.38 * annuity / 8_760, rel=1e-6)
    assert parts["electricity"] == pytest.approx(1.275 * 1.54 * 0.0826)


# The enterprise row


def test_the_row_solved_for_its_tokens_and_priced_again() -> None:
    found = exhibit.implied()
    assert found.input_tokens == pytest.approx(5e9)
    assert found.output_tokens == pytest.approx(5e9)
    rows = exhibit.enterprise_row().set_index("model")
    assert rows["printed"].dropna().tolist() == ["~$56,500", "~$70,000", "~$150,000"]
    expected = {
        "GPT-5.2 Thinking": 78_750,
        "Gemini 3 Pro": 70_000,
        "Claude Opus 4.5": 150_000,
        "GPT-5": 56_250,
        "GPT-5.2 Pro": 945_000,
    }
    assert rows["implied_usd"][list(expected)].to_dict() == pytest.approx(expected)


def test_the_ranking_turns_at_the_crossover() -> None:
    assert exhibit.crossover() == 8
    curves = exhibit.rival_curves()
    for share, line in zip((0.0, 0.5, 0.9), [g for _, g in curves.groupby("cached")], strict=True):
        at = np.interp(exhibit.crossover(share), line["ratio"], line["percent"])
        assert at == pytest.approx(100, abs=0.2)
    words = exhibit.cheapest_in_words(exhibit.enterprise_row())
    assert words.startswith("Gemini 3 Pro (implied, Azure chat")
    assert "GPT-5.2 Thinking (Azure code" in words


# Parameters


def test_declared_parameters_accept_their_defaults_and_refuse_nonsense() -> None:
    assert 5 <= len(exhibit.PARAMETERS) <= 12
    assert parameters.check_parameters(exhibit.PARAMETERS, {})["model"] == "gpt-5.2"
    with pytest.raises(errors.ComputebookError, match=r"cached_fraction = 1\.5 of 1 is out of"):
        parameters.check_parameters(exhibit.PARAMETERS, {"cached_fraction": 1.5})
    with pytest.raises(errors.ComputebookError, match=r"no standard price .* known for 2026-01-27"):
        exhibit.ledger("kimi-k2.5", ON, REQUEST, 0.5)
    with pytest.raises(errors.ComputebookError, match=r"did you mean 'gpt-5\.2'"):
        exhibit.ledger("gpt-5.2x", ON, REQUEST, 0.5)
    with pytest.raises(errors.ComputebookError, match=r"reasoning_fraction = 1"):
        exhibit.Request(1_000, 500, 1.0)


@pytest.mark.parametrize("model", ["claude-opus-4.5", "gemini-3-pro", "gpt-5.2-pro"])
def test_other_models_have_a_month_too(model: str) -> None:
    rows = budget(model=model)
    assert rows["mean_usd"].gt(0).all()
    assert exhibit.headline(model, ON, REQUEST, 0.5).pro_multiple == 12


def test_unknown_table_layout_is_named() -> None:
    with pytest.raises(errors.ComputebookError, match="tab-api-forecas"):
        layouts("tab-api-forecas")
