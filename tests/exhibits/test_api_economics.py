"""The chapter on API economics: published prices, complete tables, and what parameters move."""

import math

import numpy as np
import pytest

from computebook import datasets, errors, parameters
from computebook.exhibits import api_economics as exhibit
from computebook.exhibits.api_economics import layout as layouts
from computebook.exhibits.api_economics import reasoning, self_hosting

ON = "2026-01-15"
REQUEST = exhibit.Request(6_000, 500, 0.7)
MODELS = ["gpt-5.2", "gpt-5.2-pro", "claude-opus-4.5", "gemini-3-pro"]
TRAFFIC = (1e6, 0.5, 0.2)
FLEET = {"cached_fraction": 0.5, "gpu_hour_usd": 3.0, "overhead_fraction": 0.25}


def break_even(**changes: float) -> dict[tuple[str, str], float]:
    given = {**FLEET, "utilization_fraction": 0.5, "requests_per_month": 1e6, **changes}
    rows = exhibit.break_even(REQUEST, **given)
    return rows.set_index(["fleet", "api"])["break_even_fraction"].to_dict()


def test_both_tables_of_the_article_come_back_complete() -> None:
    prices, queries = exhibit.article_prices(), exhibit.article_queries()
    assert prices.columns.tolist() == [
        "Model variant",
        "Input tokens",
        "Output tokens",
        "Cached input",
    ]
    assert prices["Model variant"].tolist() == [
        "GPT-5.2 (all variants)",
        "GPT-5 (comparison)",
        "Batch API",
    ]
    assert queries.columns.tolist()[1:] == [
        "Visible output",
        "Reasoning tokens",
        "True output cost",
    ]
    assert len(queries) == 3
    assert not (prices == "").any(axis=None)
    assert not (queries == "").any(axis=None)
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


def test_models_of_a_later_day_are_not_priced_before_it() -> None:
    assert exhibit.unsold(["kimi-k2.5", "gpt-5.2"], ON) == ["Kimi K2.5"]
    became = exhibit.price_changes(ON).set_index("model")["became"]
    assert became["Gemini 3 Pro"] == "no longer listed"
    assert became["GPT-5.2 Thinking"] == "same price"
    assert (exhibit.newer_cards(ON)["listed_from"] > ON).all()
    assert exhibit.newer_cards(exhibit.latest_check()).empty


def test_published_long_context_bills_at_the_edge() -> None:
    # genai-prices bills Gemini 3 Pro $0.412 at 200,000 input and 1,000 output, $0.818 above.
    gemini = exhibit.context_cliffs(ON).set_index("model").loc["Gemini 3 Pro"]
    assert gemini["last_tokens"] == 200_000
    assert gemini["below_usd"] == pytest.approx(0.412)
    assert gemini["above_usd"] == pytest.approx(0.818, abs=5e-5)
    # xAI's tier starts at its edge.
    assert exhibit.context_cliffs(ON).set_index("model").loc["Grok 4.3", "last_tokens"] == 199_999


def test_article_costs_and_the_same_tokens_on_pro() -> None:
    rows = exhibit.priced_queries("gpt-5.2", ON, 0)
    assert rows["output_usd"].tolist() == pytest.approx(rows["article_usd"].tolist())
    assert (rows["pro_output_usd"] / rows["output_usd"]).tolist() == pytest.approx([12] * 3)
    with_input = exhibit.priced_queries("gpt-5.2", ON, 10_000)
    added = with_input["with_input_usd"] - with_input["output_usd"]
    assert added.tolist() == pytest.approx([0.0175] * 3)


def test_article_queries_as_percentiles_of_production_traffic() -> None:
    rows = exhibit.priced_queries("gpt-5.2", ON, 0)
    assert rows["length_percentile"].round(2).tolist() == [0.45, 0.98, 1.0]
    assert rows["share_percentile"].tolist() == ["below 10th", "57th", "78th"]
    # Published quantiles: median 792, p95 5,701, p99 12,607 tokens.
    for fraction, tokens in ((0.5, 792), (0.95, 5_701), (0.99, 12_607)):
        assert exhibit.length_percentile(tokens) == pytest.approx(fraction)
        assert reasoning.length_quantile(fraction) == pytest.approx(tokens)


def test_joined_points_keep_the_published_mean_and_order() -> None:
    curve = exhibit.length_curve()
    assert curve["output_tokens"].is_monotonic_increasing
    implied, stated = exhibit.interpolated_mean_tokens(), exhibit.published_mean_tokens()
    assert implied == pytest.approx(stated, rel=0.05)
    assert 0.1 < exhibit.tail_share(0.1) < exhibit.tail_share(0.2) < exhibit.tail_share(1.0)
    assert exhibit.tail_share(1.0) == pytest.approx(1.0)


def test_list_price_of_measured_workloads() -> None:
    # Recomputed by hand from the means of the traces and the list prices of January 2026.
    published = {
        "GPT-5.2 Thinking": (4.98, 3.97, 25.9, 23.6),
        "GPT-5.2 Pro": (59.7, 47.7, 310, 283),
        "Claude Opus 4.5": (11.1, 10.9, 68.7, 44.5),
        "Gemini 3 Pro": (4.84, 4.43, 28.2, 20.9),
    }
    costs = exhibit.cost_by_model(MODELS, ON, REQUEST).set_index("model")
    for model, expected in published.items():
        assert costs.loc[model].iloc[1:5].tolist() == pytest.approx(expected, rel=0.005)


def test_means_price_the_traces_because_no_prompt_reaches_a_tier() -> None:
    longest = exhibit.profiles()["input_max_tokens"].max()
    assert longest < exhibit.context_cliffs(ON)["last_tokens"].min()


def test_bill_leaves_add_up_and_reasoning_costs_as_output() -> None:
    rows = exhibit.ledger("gpt-5.2", ON, REQUEST, 0.5).set_index("leaf")
    parts = rows.drop(index="Total")
    assert parts["usd_per_krequest"].sum() == pytest.approx(rows["usd_per_krequest"]["Total"])
    assert parts["share"].sum() == pytest.approx(1)
    rates = rows["usd_per_mtok"]
    assert rates["Reasoning"] == rates["Visible output"] == 14
    assert parts["tokens"]["Reasoning"] / (parts["tokens"]["Reasoning"] + 500) == pytest.approx(0.7)


def test_caching_saves_its_share_of_the_input_bill_and_batching_half() -> None:
    rows = exhibit.savings("gpt-5.2", ON, REQUEST, 0.5)
    assert rows["cache_saved"].tolist() == pytest.approx((rows["input_share"] * 0.5 * 0.9).tolist())
    assert rows["batch_saved"].tolist() == pytest.approx([0.5] * len(rows))
    # No cached batch rate in January 2026: caching adds nothing to batch; it does in October.
    assert rows["both_saved"].tolist() == pytest.approx([0.5] * len(rows))
    later = exhibit.savings("gpt-5.2", "2026-11-10", REQUEST, 0.5)
    assert (later["both_saved"] > later["batch_saved"]).all()
    # Where the cached share reaches the crossing, both ways cost the same.
    code = rows.set_index("workload").loc[exhibit.CODE_TRACE]
    at_crossing = exhibit.savings("gpt-5.2", ON, REQUEST, code["cache_beats_batch"])
    same = at_crossing.set_index("workload").loc[exhibit.CODE_TRACE]
    assert same["cache_saved"] == pytest.approx(same["batch_saved"])


def test_unpublished_rates_are_never_made_up() -> None:
    pro = exhibit.cost_by_cached_share(["gpt-5.2-pro"], ON, REQUEST)["usd_per_krequest"]
    assert pro.nunique() == 1, "no cached rate: cached tokens cost what new ones do"
    assert "GPT-5.2 Pro" not in set(exhibit.cache_break_even(MODELS, ON)["model"])
    forecast = exhibit.forecast(MODELS, ON, REQUEST, *TRAFFIC).set_index("model")
    assert math.isnan(forecast["with_batch_usd"]["Claude Opus 4.5"])
    assert forecast["saved"]["GPT-5.2 Pro"] == pytest.approx(0.2 * 0.5)


def test_cache_pays_from_the_second_use_and_an_hour_from_the_third() -> None:
    rows = exhibit.cache_break_even(["claude-opus-4.5"], ON).set_index("lifetime")
    assert rows["write_multiple"].to_dict() == {"5 minutes": 1.25, "1 hour": 2.0}
    assert rows["uses"].to_dict() == {"5 minutes": 2, "1 hour": 3}


def test_effort_multiples_are_the_published_cost_ratios() -> None:
    rows = exhibit.effort_multiples().set_index("effort")
    low_based = rows["arc2_usd"] / rows["arc2_usd"]["low"]
    assert low_based[["low", "medium", "high", "xhigh"]].round(1).tolist() == [1, 2.9, 5.3, 7.2]
    assert rows["arc1_multiple"]["medium"] == 1


def test_monthly_bill_responds_to_every_parameter() -> None:
    def month(request: exhibit.Request = REQUEST, **changes: float) -> float:
        given = {"requests_per_month": 1e6, "cached_fraction": 0.5, "batch_fraction": 0.2}
        return exhibit.monthly_bill_usd("gpt-5.2", ON, request, **{**given, **changes})

    base = month()
    assert month(requests_per_month=2e6) == pytest.approx(2 * base)
    assert month(cached_fraction=0.9) < base < month(cached_fraction=0)
    assert month(batch_fraction=0.9) < base < month(batch_fraction=0)
    assert month(reasoning_factor=2) > base
    assert month(exhibit.Request(6_000, 500, 0.0)) < base < month(exhibit.Request(9_000, 500, 0.7))
    span = exhibit.budget_range("gpt-5.2", ON, REQUEST, *TRAFFIC)
    swings = exhibit.sensitivity("gpt-5.2", ON, REQUEST, *TRAFFIC)
    assert span.central == pytest.approx(base)
    assert span.low < swings["lowest"].min()
    assert span.high > swings["highest"].max()
    assert swings["swing"].is_monotonic_decreasing


def test_own_serving_reproduces_the_published_cases() -> None:
    cases = exhibit.published_cases().set_index("quantity")
    computed = cases["computed"]
    assert computed["DeepSeek: cost of the day"] == pytest.approx(87_072)
    assert computed["DeepSeek: day billed at R1 prices"] == pytest.approx(562_027, rel=2e-4)
    assert computed["DeepSeek: nodes busy"] == pytest.approx(226.75, rel=1e-3)
    assert computed["SGLang, H100: output"] == pytest.approx(0.20, rel=0.01)
    assert cases["error"].abs().max() < 0.05


def test_output_only_break_even_is_the_published_one() -> None:
    # At $2 an hour and R1's $2.19: 13.7 % (DeepSeek's rates) and 9.1 % (SGLang), output alone.
    alone = exhibit.Request(0, 1_000)
    rows = exhibit.break_even(
        alone,
        cached_fraction=0,
        gpu_hour_usd=2.0,
        overhead_fraction=0,
        utilization_fraction=1,
        requests_per_month=1,
    ).set_index(["fleet", "api"])["break_even_fraction"]
    assert rows["DeepSeek fleet", "R1 API, 2025"] == pytest.approx(0.137, abs=5e-4)
    assert rows["SGLang fleet", "R1 API, 2025"] == pytest.approx(0.091, abs=5e-4)


def test_break_even_scales_with_price_and_traffic_at_break_even_costs_the_same() -> None:
    base, doubled = break_even(), break_even(gpu_hour_usd=6.0)
    assert all(doubled[key] == pytest.approx(2 * value) for key, value in base.items())
    assert all(break_even(overhead_fraction=1.0)[key] > value for key, value in base.items())
    rows = exhibit.break_even(
        REQUEST, utilization_fraction=0.5, requests_per_month=1e6, **FLEET
    ).dropna()
    capacity = rows["break_even_requests"] / rows["break_even_fraction"]
    month_usd = rows["accelerators"] * 3.0 * 1.25 * self_hosting.HOURS_PER_MONTH
    full_usd = capacity / 1e3 * rows["full_load_usd"]
    assert full_usd.tolist() == pytest.approx(month_usd.tolist())
    curve = exhibit.cost_by_utilization(REQUEST, **FLEET)
    own = curve[curve["series"] == "SGLang fleet"]["usd_per_krequest"].to_numpy()
    assert np.all(np.diff(own) < 0)


def test_never_is_said_where_own_serving_never_pays() -> None:
    rows = exhibit.break_even(
        REQUEST, utilization_fraction=0.5, requests_per_month=1e6, **{**FLEET, "gpu_hour_usd": 50.0}
    )
    assert rows["break_even_requests"].isna().all()
    assert "no traffic" in exhibit.smallest_fleet_in_words(rows)
    head = exhibit.headline("gpt-5.2", ON, REQUEST, *TRAFFIC, 50.0, 0.25)
    assert head.break_even_now == "at no utilization"


def test_every_list_agrees_with_our_standard_rates() -> None:
    compared, agreeing = exhibit.price_agreement(ON)
    listed = datasets.load("price_crosscheck").dropna(subset=["usd_per_mtok"])
    assert compared == (listed["model_id"] != "kimi-k2.5").sum()
    assert agreeing == compared


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
    with pytest.raises(
        errors.ComputebookError, match=r"none of kimi-k2\.5 has a price on 2026-01-15"
    ):
        exhibit.cost_by_model(["kimi-k2.5"], ON, REQUEST)


def test_unknown_table_layout_is_named() -> None:
    with pytest.raises(errors.ComputebookError, match="tab-api-forecas"):
        layouts("tab-api-forecas")
