"""Bills: published cases, tier edges, leaves that never overlap, parts that add up."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from computebook import (
    datasets,
    price_cards,
    price_comparison,
    price_crosscheck,
    pricing,
    rates,
)
from computebook.errors import ComputebookError
from computebook.pricing import PriceCard, Rates, Tier, Usage, bill
from computebook.usage import LEAVES

GPT = PriceCard.flat("gpt-5.2", 1.75, 14.0, cached_input_usd_per_mtok=0.175)
PRO = PriceCard.flat("gpt-5.2-pro", 21.0, 168.0)
OPUS = PriceCard.flat(
    "claude-opus-4.5",
    5.0,
    25.0,
    cached_input_usd_per_mtok=0.5,
    cache_write_5m_usd_per_mtok=6.25,
    cache_write_1h_usd_per_mtok=10.0,
)


def two_tiers(*, edge_inclusive: bool) -> PriceCard:
    base, long = Rates(2.0, 12.0, 0.2, 2.5, 4.0), Rates(4.0, 18.0, 0.4, 5.0, 8.0)
    tiers = (Tier(base), Tier(long, 200_000, edge_inclusive))
    return PriceCard("gemini-3-pro", tiers)


GEMINI = two_tiers(edge_inclusive=False)
CARDS = [GPT.without_cache_discount(), OPUS, GEMINI, two_tiers(edge_inclusive=True)]

counts = st.integers(min_value=0, max_value=150_000)
usages = st.builds(Usage, *[counts] * len(LEAVES))
cards = st.sampled_from(CARDS)


# Published cases


@pytest.mark.parametrize(
    ("visible", "reasoning", "gpt_usd", "pro_usd"),
    [(500, 200, 0.0098, 0.1176), (2_000, 8_000, 0.14, 1.68), (5_000, 50_000, 0.77, 9.24)],
)
def test_article_reasoning_table(
    visible: int, reasoning: int, gpt_usd: float, pro_usd: float
) -> None:
    usage = Usage(visible_output_tokens=visible, reasoning_output_tokens=reasoning)
    assert bill(usage, GPT).total_usd == pytest.approx(gpt_usd)
    assert bill(usage, PRO).total_usd == pytest.approx(pro_usd)


@pytest.mark.parametrize(("input_tokens", "usd"), [(200_000, 0.412), (200_001, 0.818)])
def test_gemini_cliff_as_genai_prices_bills_it(input_tokens: int, usd: float) -> None:
    assert bill(Usage.from_totals(input_tokens, 1_000), GEMINI).total_usd == pytest.approx(
        usd, abs=1e-5
    )


@pytest.mark.parametrize(
    ("model", "usd"),
    [
        ("gpt-5", 56_250),
        ("gpt-5.2", 78_750),
        ("gpt-5.2-pro", 945_000),
        ("gemini-3-pro", 70_000),
        ("claude-opus-4.5", 150_000),
    ],
)
def test_enterprise_volumes_at_list_price(model: str, usd: float) -> None:
    year = Usage(uncached_input_tokens=5e9, visible_output_tokens=5e9)
    card = price_cards.price_card(model, on="2026-01-15")
    assert bill(year, card, request_input_tokens=2_000).total_usd == pytest.approx(usd)


def test_enterprise_year_in_long_prompts() -> None:
    year = Usage(uncached_input_tokens=5e9, visible_output_tokens=5e9)
    assert bill(year, GEMINI, request_input_tokens=250_000).total_usd == pytest.approx(110_000)


def test_enterprise_row_hides_five_billion_tokens_each_way() -> None:
    volumes = price_comparison.implied_token_volumes([70_000, 150_000], [GEMINI, OPUS])
    assert volumes.input_tokens == pytest.approx(5e9)
    assert volumes.output_tokens == pytest.approx(5e9)
    assert volumes.residual_usd == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("profile", "published"),
    [
        ("azure-2023-conversation", (4.98, 59.7, 11.1, 4.84)),
        ("azure-2023-code", (3.97, 47.7, 10.9, 4.43)),
        ("mooncake-conversation", (25.9, 310, 68.7, 28.2)),
        ("servegen-deepseek-r1", (23.6, 283, 44.5, 20.9)),
    ],
)
def test_thousand_requests_of_public_traces(profile: str, published: tuple[float, ...]) -> None:
    row = datasets.load("token_profiles").set_index("profile_id").loc[profile]
    usage = Usage.from_totals(row.input_mean_tokens, row.output_mean_tokens)
    ours = [pricing.cost_per_thousand_requests_usd(usage, c) for c in (GPT, PRO, OPUS, GEMINI)]
    assert ours == pytest.approx(published, rel=0.006)


def test_gpt_undercuts_gemini_only_above_eight_to_one() -> None:
    assert price_comparison.crossover_input_output_ratio(GPT, GEMINI) == pytest.approx(8)
    names = price_comparison.cheapest([GPT, GEMINI], np.array([7.99, 8.01]))
    assert names.tolist() == ["gemini-3-pro", "gpt-5.2"]


def test_crossover_is_nan_when_one_card_is_always_cheaper() -> None:
    assert np.isnan(price_comparison.crossover_input_output_ratio(GPT, OPUS))


@pytest.mark.parametrize(("write", "uses"), [(1.0, 2), (1.25, 2), (2.0, 3)])
def test_cache_break_even(write: float, uses: int) -> None:
    assert price_comparison.cache_break_even_uses(write, 0.1) == uses
    assert price_comparison.cached_prefix_cost_ratio(uses, write, 0.1) < 1
    assert price_comparison.cached_prefix_cost_ratio(uses - 1, write, 0.1) >= 1


def test_blend_moves_with_the_context_tier_and_the_cache() -> None:
    blend = price_comparison.blended_usd_per_mtok
    assert blend(GEMINI, 1) == pytest.approx(7)
    assert blend(GEMINI, 1, request_input_tokens=250_000) == pytest.approx(11)
    assert blend(GPT, 3, cached_fraction=1) == pytest.approx((3 * 0.175 + 14) / 4)
    assert blend(GPT, np.array([0.0, 3.0])).tolist() == pytest.approx([14, 4.8125])


# Edges of tiers


@pytest.mark.parametrize(("inclusive", "at_edge"), [(False, 2.0), (True, 4.0)])
def test_the_edge_belongs_to_the_tier_that_the_card_says(inclusive: bool, at_edge: float) -> None:
    card = two_tiers(edge_inclusive=inclusive)
    sizes = np.array([199_999, 200_000, 200_001])
    rates = pricing.rate_usd_per_mtok(card, "uncached_input_usd_per_mtok", sizes)
    assert rates.tolist() == [2.0, at_edge, 4.0]


def test_cached_tokens_count_towards_the_edge() -> None:
    usage = Usage(uncached_input_tokens=1, cached_input_tokens=200_000)
    assert bill(usage, GEMINI).uncached_input_usd == pytest.approx(4.0e-6)


# Properties


@given(usages, cards)
def test_parts_add_up_to_the_bill(usage: Usage, card: PriceCard) -> None:
    cost = bill(usage, card)
    assert sum(cost.parts().values()) == pytest.approx(cost.total_usd)
    assert cost.input_usd + cost.output_usd + cost.tool_calls_usd == pytest.approx(cost.total_usd)
    assert min(cost.parts().values()) >= 0


@given(usages, cards, st.sampled_from(LEAVES), st.integers(1, 100_000))
def test_cost_rises_with_each_count(usage: Usage, card: PriceCard, leaf: str, more: int) -> None:
    bigger = usage + Usage(**{leaf: more})
    assert bill(bigger, card).total_usd > bill(usage, card).total_usd


@given(usages, usages, cards, st.integers(0, 1_000_000))
def test_costs_of_disjoint_usages_add_within_a_tier(
    first: Usage, second: Usage, card: PriceCard, length: int
) -> None:
    together = bill(first + second, card, length).total_usd
    apart = bill(first, card, length).total_usd + bill(second, card, length).total_usd
    assert together == pytest.approx(apart)


@given(counts, counts, st.floats(0, 1), cards)
def test_caching_never_costs_more(inputs: int, outputs: int, share: float, card: PriceCard) -> None:
    cached = Usage.from_shares(inputs, outputs, cached_fraction=share)
    plain = Usage.from_shares(inputs, outputs)
    assert bill(cached, card).total_usd <= bill(plain, card).total_usd * (1 + 1e-12)


@given(st.lists(st.tuples(*[counts] * len(LEAVES)), min_size=1, max_size=8), cards)
def test_arrays_give_what_scalars_give(rows: list[tuple[int, ...]], card: PriceCard) -> None:
    columns = np.array(rows).T
    together = bill(Usage(*columns), card)
    one_by_one = [bill(Usage(*row), card).total_usd for row in rows]
    assert together.total_usd == pytest.approx(one_by_one)
    assert together.summed().total_usd == pytest.approx(sum(one_by_one))


def test_a_million_requests_take_about_a_second() -> None:
    rng = np.random.default_rng(1)
    million = Usage(*rng.integers(0, 60_000, (len(LEAVES), 1_000_000)))
    start = time.perf_counter()
    bill(million, GEMINI)
    assert time.perf_counter() - start < 3


# Conventions of providers


def test_three_conventions_of_one_request() -> None:
    openai = Usage.from_totals(1_000, 700, cached_input_tokens=400, reasoning_output_tokens=200)
    google = Usage.from_google(1_000, 500, cached_content_token_count=400, thoughts_token_count=200)
    anthropic = Usage.from_anthropic(600, 700, cache_read_input_tokens=400)
    assert [getattr(openai, leaf) for leaf in LEAVES] == [getattr(google, leaf) for leaf in LEAVES]
    assert anthropic.input_tokens == openai.input_tokens
    assert anthropic.output_tokens == openai.output_tokens


def test_a_total_without_its_parts_is_rejected() -> None:
    message = (
        r"cached_input_tokens \+ cache_write_5m_tokens \+ cache_write_1h_tokens = 1200 tokens "
        r"exceeds input_tokens = 1000 tokens: input_tokens must include them"
    )
    with pytest.raises(ComputebookError, match=message):
        Usage.from_totals(1_000, 10, cached_input_tokens=1_200)
    with pytest.raises(ComputebookError, match="reasoning_output_tokens = 50000 tokens exceeds"):
        Usage.from_totals([1_000, 1_000], [60_000, 5_000], reasoning_output_tokens=50_000)


def test_bad_counts_are_named() -> None:
    with pytest.raises(ComputebookError, match="cached_input_tokens = -5 tokens is out of bounds"):
        Usage(cached_input_tokens=-5)
    with pytest.raises(ComputebookError, match="visible_output_tokens = nan tokens"):
        Usage(visible_output_tokens=float("nan"))


# Cards


def test_tokens_without_a_rate_are_refused_and_only_then() -> None:
    assert bill(Usage.from_totals(1_000, 10), PRO).total_usd == pytest.approx(0.02268)
    with pytest.raises(ComputebookError, match="publishes no cached_input_usd_per_mtok, yet"):
        bill(Usage(cached_input_tokens=[0, 400]), PRO)
    said = bill(Usage(cached_input_tokens=1e6), PRO.without_cache_discount())
    assert said.total_usd == pytest.approx(21)


def test_a_year_passed_as_one_request_is_refused() -> None:
    with pytest.raises(ComputebookError, match="for a total of many, pass request_input_tokens"):
        bill(Usage(uncached_input_tokens=5e9), GEMINI)


def test_tool_calls_are_billed_by_name() -> None:
    card = price_cards.price_card("gpt-5.2", "2026-11-15", tool_fees=["openai-web-search"])
    assert bill(Usage(tool_calls={"web-search": 50}), card).total_usd == pytest.approx(0.5)
    with pytest.raises(ComputebookError, match=r"unknown tool .* did you mean 'web-search'"):
        bill(Usage(tool_calls={"websearch": 1}), card)


def test_edges_of_a_card_must_rise_from_zero() -> None:
    with pytest.raises(ComputebookError, match="must start at 0 and rise"):
        PriceCard("x", (Tier(Rates(1, 1), 5),))
    with pytest.raises(ComputebookError, match=r"output_usd_per_mtok = -1 \$/M tokens"):
        Rates(1, -1)


def test_proportional_cards_cannot_tell_input_from_output() -> None:
    with pytest.raises(ComputebookError, match="are proportional"):
        price_comparison.implied_token_volumes([1, 2], [GPT, GPT.times(2)])
    with pytest.raises(ComputebookError, match="1 values for 2 cards"):
        price_comparison.implied_token_volumes([1], [GPT, OPUS])


def test_keeping_a_cache_is_billed_by_the_hour_where_it_has_a_price() -> None:
    kept = Usage(cache_storage_token_hours=2e6)
    card = price_cards.price_card("gemini-3.1-pro", "2026-11-23")
    assert bill(kept, card).cache_storage_usd == pytest.approx(9.0)
    assert bill(kept + kept, card).total_usd == bill(kept.times(2), card).total_usd
    with pytest.raises(ComputebookError, match="publishes no cache_storage_usd_per_mtok_hour"):
        bill(kept, GPT)


@given(st.integers(0, 4_000_000_000))
def test_peak_hours_are_weekly_and_seven_hours_of_each_working_day(second: int) -> None:
    hours = rates.PeakHours.parse("Mon-Fri 01:00-04:00, 06:00-10:00")
    week, day, hour = 604_800, 86_400, 3_600
    assert hours.contains(second) == hours.contains(second + week)
    inside = sum(hours.contains(second // day * day + h * hour) for h in range(24))
    assert inside in (0, 7)


def test_peak_hours_end_before_the_hour_that_is_named() -> None:
    hours = rates.PeakHours.parse("Mon-Fri 01:00-04:00, 06:00-10:00")
    monday = 1_772_409_600  # 2026-03-02
    moments = [(1, True), (4, False), (5, False), (6, True), (10, False)]
    assert [hours.contains(monday + h * 3_600) for h, _ in moments] == [
        is_in for _, is_in in moments
    ]
    with pytest.raises(ComputebookError, match="write them as Mon-Fri"):
        rates.PeakHours.parse("mornings")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("EUR", "write it as EUR=0.9"),
        ("EUR=a", "write it as EUR=0.9"),
        ("EURO=1", "not a code of three capital letters"),
        ("EUR=0", "exchange rate = 0 EUR per USD is out of bounds"),
        ("EUR=1@soon", "write it as EUR=0.9"),
    ],
)
def test_exchange_rates_are_given_or_refused(text: str, message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        rates.ExchangeRate.parse(text)


# Dated cards from the table


def test_batch_is_half_of_standard_in_january() -> None:
    standard = price_cards.price_card("gpt-5.2")
    batch = price_cards.price_card("gpt-5.2", service_tier="batch")
    assert (
        batch.tiers[0].rates.output_usd_per_mtok * 2 == standard.tiers[0].rates.output_usd_per_mtok
    )
    assert standard.source_key
    assert standard.checked_on


def test_no_price_is_served_for_a_date_before_the_first() -> None:
    with pytest.raises(
        ComputebookError, match=r"no standard price of gpt-5.2 is known on 2025-11-01: .*2025-12-11"
    ):
        price_cards.price_card("gpt-5.2", on="2025-11-01")


def test_a_price_changes_on_its_day() -> None:
    before = price_cards.price_card("gpt-5.6-sol", on="2026-08-20")
    after = price_cards.price_card("gpt-5.6-sol", on="2026-08-21")
    assert before.tiers[0].rates.output_usd_per_mtok == 30
    assert after.tiers[0].rates.output_usd_per_mtok == 20


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": "gpt-5.3-pro-max"}, "unknown model"),
        ({"model": "gpt-5.2", "service_tier": "bach"}, "did you mean 'batch'"),
        ({"model": "gpt-5.2", "on": "January"}, "on = 'January' is not a date"),
        ({"model": "gpt-5.2", "tool_fees": ["openai-web"]}, "unknown fee_id"),
    ],
)
def test_card_errors(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        price_cards.price_card(**arguments)


@pytest.mark.parametrize("on", ["2026-01-15", "2026-11-10"])
def test_every_card_of_a_day_can_be_built_and_priced(on: str) -> None:
    for card in price_cards.price_cards(on).values():
        assert bill(Usage.from_totals(250_000, 1_000), card).total_usd > 0


@pytest.mark.parametrize(
    "on", ["2025-12-15", "2026-01-15", "2026-05-20", "2026-09-01", "2026-11-10"]
)
def test_genai_prices_agrees_except_where_a_reason_is_known(on: str) -> None:
    pytest.importorskip("genai_prices")
    differences = price_crosscheck.price_differences(on)
    unexplained = differences[differences["reason"] == ""]
    assert unexplained.empty, unexplained.to_string()


def test_no_known_difference_outlives_its_cause() -> None:
    pytest.importorskip("genai_prices")
    days = ("2026-01-15", "2026-05-20")
    seen = {r for day in days for r in price_crosscheck.price_differences(day)["reason"]}
    idle = [k.reason for k in price_crosscheck.KNOWN_DIFFERENCES if k.reason not in seen]
    assert idle == []


def test_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "genai_prices", None)
    with pytest.raises(ComputebookError, match=r"pip install computebook\[data\]"):
        price_crosscheck.price_differences()
