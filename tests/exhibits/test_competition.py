"""The chapter on competition: published values, the article's tables, response to parameters."""

import pytest

from computebook import claims, datasets, errors, market, portfolio
from computebook.exhibits import competition as exhibit
from computebook.exhibits.competition import articles, costs, mixes, portfolios, routing, shares
from computebook.parameters import check_parameters
from computebook.price_cards import price_card

DATE = "2026-01-31"
WORKLOAD = (10_000.0, 5.5, 0.35, 6_000)


def test_article_market_has_every_cell() -> None:
    table = exhibit.article_market()
    printed = claims.claims_of_table(11)["value_text"]
    assert table.shape == (4, 4)
    cells = table.iloc[:, 1:].to_numpy().ravel().tolist()
    assert all(cell.startswith(text) for cell, text in zip(cells, printed, strict=True))


def test_article_leaders_has_every_cell() -> None:
    table = exhibit.article_leaders()
    printed = claims.claims_of_table(12)["value_text"]
    assert table["Category"].str.contains("ARC-AGI-2|GPQA|SWE-Bench|LongBench|AIME").sum() == 5
    cells = table.iloc[:, 1:5].to_numpy().ravel().tolist()
    assert all(cell.startswith(text) for cell, text in zip(cells, printed, strict=True))


def test_a_contradicted_cell_is_never_repeated_alone() -> None:
    for number in (11, 12):
        verdicts = claims.article_table(number, "verdict").to_numpy().ravel()
        cells = articles.with_badges(number, "Row").iloc[:, 1:].to_numpy().ravel()
        for verdict, cell in zip(verdicts, cells, strict=True):
            assert verdict == "confirmed" or ("→" in cell and verdict in cell)


# The economics of the article, worked by hand: 2 I + 12 O = 70,000 and 5 I + 25 O = 150,000
# have the solution I = O = 5,000; then 5,000 x (1.75 + 14) = 78,750 and 5,000 x 11.25 = 56,250.
def test_enterprise_row_solves_to_round_volumes() -> None:
    volumes = exhibit.implied_volumes(DATE)
    assert volumes.input_tokens == pytest.approx(5e9)
    assert volumes.output_tokens == pytest.approx(5e9)
    annual = exhibit.enterprise_costs(DATE).set_index("model")["annual_usd"]
    assert annual["GPT-5.2 Thinking"] == pytest.approx(78_750)
    assert annual["GPT-5"] == pytest.approx(56_250)
    assert annual["GPT-5.2 Pro"] == pytest.approx(945_000)
    assert annual["Kimi K2.5"] == pytest.approx(18_000)
    assert exhibit.long_prompt_cost_usd(DATE) == pytest.approx(110_000)


def test_enterprise_row_fits_the_old_model_only() -> None:
    assert costs.misfit_usd("gpt-5", DATE) < 250 < 5_000 < costs.misfit_usd("gpt-5.2", DATE)


def test_order_of_gpt_and_gemini_turns_at_eight_to_one() -> None:
    gpt, gemini = price_card("gpt-5.2", DATE), price_card("gemini-3-pro", DATE)
    assert exhibit.crossover(DATE, 0.0).ratio == pytest.approx(8.0)
    for cached in (0.0, 0.35, 0.9):
        turn = exhibit.crossover(DATE, cached).ratio_cached
        assert turn == pytest.approx(8 / (1 - 0.9 * cached))
        here = [costs.annual_cost_usd(card, 1e4, turn, cached) for card in (gpt, gemini)]
        assert here[0] == pytest.approx(here[1])
        assert costs.annual_cost_usd(gpt, 1e4, turn / 2, cached) > costs.annual_cost_usd(
            gemini, 1e4, turn / 2, cached
        )


def test_long_prompts_leave_no_crossover() -> None:
    found = exhibit.crossover(DATE, 0.35, 250_000)
    assert found.ratio != found.ratio
    assert found.cheaper_below == found.cheaper_above == "GPT-5.2 Thinking"


def test_article_shares_fit_readings_of_other_months() -> None:
    january, july = shares.article_readings()
    assert (january.printed_month, f"{january.day:%Y-%m}") == ("2026-01", "2025-12")
    assert (july.printed_month, f"{july.day:%Y-%m}") == ("2025-07", "2024-12")
    assert max(january.largest_miss_points, july.largest_miss_points) < 0.5


def test_shares_at_takes_the_last_reading_up_to_the_month() -> None:
    found = shares.shares_at("web-visits", "2025-07")
    assert found["share_percent"][["OpenAI", "Google"]].to_list() == [78.6, 8.6]
    assert "Anthropic" not in found.index
    assert shares.shares_at("web-visits", "2026-01").loc["OpenAI", "share_percent"] == 64.6


def test_metrics_are_never_joined() -> None:
    readings = exhibit.visit_readings()
    web = datasets.load("market_shares").query("metric == 'web-visits'")
    assert readings.iloc[:, 1:8].notna().sum().sum() == len(web)
    assert 54.7 not in readings["OpenAI"].tolist()  # a reading of the seven largest assistants


def test_concentration_fell_beyond_its_bounds() -> None:
    series = exhibit.concentration_series("web-visits").set_index("day")
    assert series.loc["2024-12-05", "low"] == pytest.approx(87.2**2 + 5.4**2)
    assert series.loc["2024-12-05", "high"] == pytest.approx(87.2**2 + 5.4**2 + 7.4**2)
    assert series["high"].iloc[-1] < series["low"].iloc[0]


def test_overlapping_shares_have_no_concentration() -> None:
    with pytest.raises(errors.ComputebookError, match=r"enterprise-use.*overlapping"):
        exhibit.concentration_series("enterprise-use")
    assert not exhibit.concentration_by_metric()["label"].str.startswith(("Use", "Paying")).any()


def test_latest_shares_match_the_table() -> None:
    latest = exhibit.latest_shares().set_index("label")
    assert latest["OpenAI"]["API spending, Dec 2025"] == 27.0
    assert latest["Anthropic"]["API spending, Dec 2025"] == 40.0
    assert latest.loc["Reseller tokens, May 2026", "Google"] == 13.3
    assert set(latest["verification"]) == {"secondary"}
    assert len(exhibit.metric_definitions()) == len(latest)


# Wilson and pooled z of the anchors: LongBench v2 z 4.5 for the printed pair, 1.3 for the true one.
def test_no_lead_survives_against_the_true_runner_up() -> None:
    tests = exhibit.lead_tests(95.0)
    true = tests[tests["against"].str.contains("true runner-up")].set_index("benchmark")
    assert not true["survives"].any()
    assert true.loc["LongBench v2", "runner_up"] == "Claude Opus 4.5"
    assert true.loc["LongBench v2", "z"] == pytest.approx(1.27, abs=0.01)
    assert true.loc["ARC-AGI-2", "runner_up"] == "GPT-5.2 Thinking"
    assert true.loc["GPQA", ["leader", "runner_up"]].tolist() == [
        "Gemini 3 Deep Think",
        "GPT-5.2 Pro",
    ]
    printed = (
        tests[tests["against"] == "second as printed"].set_index("benchmark").loc["LongBench v2"]
    )
    assert (printed["runner_up"], printed["survives_holm"]) == ("GPT-5.2 Thinking", True)


def test_confidence_moves_intervals_and_verdicts() -> None:
    wide, narrow = exhibit.lead_tests(99.0), exhibit.lead_tests(50.0)
    assert (wide["low_points"] < narrow["low_points"]).all()
    assert narrow["survives"].sum() > wide["survives"].sum()


def test_paired_software_lead_is_inside_noise() -> None:
    paired = exhibit.paired_software_lead(95.0)
    assert paired.difference == pytest.approx(0.020)
    assert paired.low < 0 < paired.high


def test_measured_cost_contradicts_equal_tokens() -> None:
    multiples = exhibit.cost_per_task(DATE, 1.0, 0.0, 0.0).set_index(["basis", "model"])["multiple"]
    equal, measured = "Equal tokens, article's mix", "Measured, software issue"
    assert multiples[equal, "Gemini 3 Pro"] == pytest.approx(70_000 / 78_750)
    assert multiples[measured, "Gemini 3 Pro"] == pytest.approx(0.955 / 0.833, abs=0.002)
    assert multiples[measured, "Claude Opus 4.5"] == pytest.approx(1.795 / 0.833, abs=0.005)


def test_routes_stay_within_the_margin_and_never_cost_more() -> None:
    for route in exhibit.routes(DATE, 5.0):
        assert route.best_percent - route.routed_percent <= 5.0
        assert route.routed_usd <= route.best_usd
    for route in exhibit.routes(DATE, 0.0):
        assert (route.routed, route.saving_fraction) == (route.best, 0.0)
    assert all(len(routing.candidates(work, DATE)) >= 4 for work in portfolios.works())


def test_widest_margin_admits_every_model() -> None:
    assert exhibit.everywhere_good(DATE, 5.0) == []
    assert "GPT-5.2 Thinking" in exhibit.everywhere_good(DATE, 100.0)


def test_no_model_sold_on_both_days_was_repriced() -> None:
    repriced = exhibit.repriced_models(DATE, "2026-11-10")
    assert repriced.on_both_days >= 5
    assert repriced.repriced == 0


def test_prices_of_a_date_without_kimi_leave_it_out() -> None:
    assert "Kimi K2.5" not in exhibit.workload_range("2026-01-15", *WORKLOAD)["model"].tolist()
    with pytest.raises(
        errors.ComputebookError, match="price of gemini-3-pro is known on 2024-01-01"
    ):
        exhibit.headline(price_date="2024-01-01")


def test_workload_parameters_move_the_bill() -> None:
    base = exhibit.workload_range(DATE, *WORKLOAD).set_index("model")["central_usd"]
    twice = exhibit.workload_range(DATE, 20_000.0, *WORKLOAD[1:]).set_index("model")["central_usd"]
    cached = exhibit.workload_range(DATE, 1e4, 5.5, 0.6, 6_000).set_index("model")["central_usd"]
    long = exhibit.workload_range(DATE, 1e4, 5.5, 0.35, 250_000).set_index("model")["central_usd"]
    assert twice.to_dict() == pytest.approx((2 * base).to_dict())
    assert (cached < base).all()
    assert long["Gemini 3 Pro"] > base["Gemini 3 Pro"]
    assert long["GPT-5.2 Thinking"] == base["GPT-5.2 Thinking"]


def test_traces_have_the_ratios_of_the_anchors() -> None:
    for profile, ratio in (("azure-2023-conversation", 5.5), ("azure-2023-code", 73)):
        assert mixes.trace_means(profile).input_output_ratio == pytest.approx(ratio, rel=0.01)
    assert mixes.trace_means("servegen-deepseek-r1").input_output_ratio == pytest.approx(0.83, 0.01)


def test_months_are_checked() -> None:
    with pytest.raises(errors.ComputebookError, match="'summer' is not a month"):
        exhibit.share_moves("web-visits", "summer", "2026-01")
    with pytest.raises(errors.ComputebookError, match="2026-01 is not before later_month"):
        exhibit.share_moves("web-visits", "2026-01", "2025-07")
    with pytest.raises(errors.ComputebookError, match="no web-visits reading up to 2020-01"):
        exhibit.share_moves("web-visits", "2020-01", "2025-07")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("metric", "web-visit", "did you mean 'web-visits'"),
        ("cached_fraction", 1.5, "cached_fraction = 1.5"),
        ("request_input_tokens", 300_000, "request_input_tokens = 300000"),
        ("confidence_percent", 100.0, "confidence_percent = 100"),
        ("quality_margin", 3.0, "did you mean 'quality_margin_percent'"),
    ],
)
def test_bad_parameters_name_the_fault(name: str, value: object, message: str) -> None:
    with pytest.raises(errors.ComputebookError, match=message):
        check_parameters(exhibit.PARAMETERS, {name: value})


def test_series_metrics_can_be_followed() -> None:
    metrics = next(p for p in exhibit.PARAMETERS if p.name == "metric").choices
    for metric in metrics:
        assert len(exhibit.concentration_series(metric)) >= 2
        assert len(market.share_series(shares.vendor_shares(), metric)) >= 2
        assert exhibit.headline(metric).shares.first["series"] == shares.METRIC_NAMES[metric]


# The noise between copies of the tracker is at most 0.8 points; it widens the bounds a little.
def test_noise_widens_the_bounds_of_concentration() -> None:
    series = exhibit.concentration_series("web-visits")
    assert (series["noisy_low"] < series["low"]).all()
    assert (series["noisy_high"] > series["high"]).all()
    assert (series["noisy_high"] - series["noisy_low"]).max() < 1_000
    quiet = exhibit.concentration_series("enterprise-spend")
    assert quiet["noisy_low"].to_list() == quiet["low"].to_list()


CLIENT = (DATE, 5.0, 60_000.0, 60.0)


# Worked by hand from tab-routing: 600,000 documents and 103,200 of the science questions fill
# 60% of 1,172,000 requests at Google; the rest of the questions goes to GPT-5.2.
def test_the_mix_is_the_routes_under_the_limit() -> None:
    table = exhibit.mix_table(exhibit.decision(exhibit.client_problem(*CLIENT)))
    google = table[table["model"] == "Gemini 3 Pro"]
    assert google["requests"].sum() == pytest.approx(0.6 * 1_172_000)
    assert table.groupby("work")["share_fraction"].sum().tolist() == pytest.approx([1.0] * 5)
    free = exhibit.decision(exhibit.client_problem(DATE, 5.0, 60_000.0, 100.0))
    requests = {demand.workload: demand.requests for demand in portfolios.CLIENT}
    by_route = sum(r.routed_usd / 1e3 * requests[r.work] for r in exhibit.routes(DATE, 5.0))
    assert free.mix is not None
    assert free.mix.monthly_usd == pytest.approx(by_route)
    assert free.limit_usd == pytest.approx(0.0)


def test_best_score_everywhere_is_the_naive_bill() -> None:
    found = exhibit.decision(exhibit.client_problem(*CLIENT))
    requests = {demand.workload: demand.requests for demand in portfolios.CLIENT}
    naive = sum(r.best_usd / 1e3 * requests[r.work] for r in exhibit.routes(DATE, 5.0))
    assert found.best_usd == pytest.approx(naive)
    table = exhibit.alternative_table(found.problem).set_index("name")
    assert table["meets_all"].to_list() == [True] + [False] * (len(table) - 1)


def test_the_example_of_the_command_is_the_client_of_the_chapter() -> None:
    limits = {"budget_usd": 60_000.0, "largest_share": 0.6, "share_of": "requests"}
    example = portfolio.problem_for(portfolios.CLIENT, DATE, **limits)
    assert example == exhibit.client_problem(*CLIENT)


def test_client_parameters_move_the_decision() -> None:
    base = exhibit.decision(exhibit.client_problem(*CLIENT))
    strict = exhibit.decision(exhibit.client_problem(DATE, 2.0, 60_000.0, 60.0))
    narrow = exhibit.decision(exhibit.client_problem(DATE, 5.0, 60_000.0, 40.0))
    assert base.mix is not None
    assert narrow.mix is not None
    assert strict.mix is not None
    assert base.mix.monthly_usd < narrow.mix.monthly_usd
    assert base.mix.monthly_usd < strict.mix.monthly_usd
    curve = exhibit.limit_curve(base.problem)
    for _, line in curve.groupby("basis"):
        assert line["monthly_kusd"].is_monotonic_decreasing


def test_a_budget_too_small_is_explained_and_the_page_still_stands() -> None:
    found = exhibit.decision(exhibit.client_problem(DATE, 5.0, 1_000.0, 60.0))
    assert found.mix is None
    assert "budget" in found.conflict
    table = exhibit.constraint_table(found.problem)
    assert table["works_at"].str.startswith("$").any()
    assert len(exhibit.mix_table(found)) == 5
    places = exhibit.place_table(found)
    assert set(places["work"]) == set(portfolios.works())
    assert (places["share_fraction"] == 0).all()
    assert places.groupby("work")["mean_share"].sum().between(0.5, 1.0).all()
    assert "set no limit per vendor" in exhibit.assurance_sentence(found, 95.0)
    assert "In conflict: budget" in exhibit.decision_finding(found)
    assert "No mix meets" in exhibit.mix_note(found, 95.0)
    assert "then_usd" in exhibit.constraint_layout(found)["columns"]
