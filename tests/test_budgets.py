"""Bills as distributions: published quantiles, exact moments, and which doubt a month keeps."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import datasets, pricing
from computebook.budgets import (
    Spread,
    month_usd,
    request_moments,
    sample_requests_usd,
    summarize,
)
from computebook.errors import ComputebookError
from computebook.price_cards import price_card
from computebook.request_lengths import Lengths, Workload

CARD = pricing.PriceCard.flat("gpt-5.2", 1.75, 14.0, cached_input_usd_per_mtok=0.175)
TIERED = price_card("gemini-3-pro", "2026-01-15")
shares = st.floats(0.0, 1.0)


@st.composite
def lengths(draw: Any, longest: float = 5e5) -> Lengths:
    tokens = draw(st.lists(st.floats(1.0, longest), min_size=1, max_size=6, unique=True))
    inner = sorted(draw(st.lists(shares, min_size=len(tokens) - 1, max_size=len(tokens) - 1)))
    return Lengths(sorted(tokens), [*inner, 1.0])


def reasoning() -> Lengths:
    rows = datasets.load("reasoning_quantiles")
    own = rows[rows["output_tokens"].notna()].sort_values(["quantile", "output_tokens"])
    return Lengths(own["output_tokens"], own["quantile"])


def workload(cached: float = 0.5) -> Workload:
    return Workload(Lengths.lognormal(8.0, 1.2, 3e5), reasoning(), 0.7, cached)


# Lengths


@pytest.mark.parametrize(
    ("share", "tokens"), [(0.5, 792), (0.9, 3_432), (0.95, 5_701), (0.99, 12_607)]
)
def test_published_quantiles_of_reasoning_traffic_come_back(share: float, tokens: float) -> None:
    assert reasoning().quantile(share) == pytest.approx(tokens)
    assert reasoning().partial_moment(0, tokens) == pytest.approx(share)


def test_joined_points_keep_the_published_mean() -> None:
    assert reasoning().mean_tokens == pytest.approx(1_527, rel=0.04)


def test_lognormal_has_its_closed_moments() -> None:
    # The mean and the square of a lognormal, from its parameters.
    shape = Lengths.lognormal(6.0, 0.9)
    assert shape.mean_tokens == pytest.approx(math.exp(6 + 0.405), rel=0.01)
    assert shape.partial_moment(2) == pytest.approx(math.exp(12 + 2 * 0.81), rel=0.05)


@given(lengths(), shares, shares)
def test_quantiles_are_ordered(shape: Lengths, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert shape.quantile(low) <= shape.quantile(high)
    assert shape.tokens[0] * (1 - 1e-9) <= shape.quantile(low)


@given(lengths(), st.floats(1.0, 5e5))
def test_partial_moments_rise_to_the_whole(shape: Lengths, edge: float) -> None:
    parts = [shape.partial_moment(k, edge) for k in range(3)]
    whole = [shape.partial_moment(k) for k in range(3)]
    assert whole[0] == pytest.approx(1)
    assert all(-1e-9 <= p <= w * (1 + 1e-9) for p, w in zip(parts, whole, strict=True))
    assert whole[1] ** 2 <= whole[2] * (1 + 1e-9)


@given(lengths(), st.floats(0.01, 100.0))
def test_another_mean_keeps_the_shape(shape: Lengths, factor: float) -> None:
    mean = shape.mean_tokens * factor
    moved = shape.with_mean(mean)
    assert moved.mean_tokens == pytest.approx(mean)
    assert moved.quantile(0.5) / shape.quantile(0.5) == pytest.approx(mean / shape.mean_tokens)


@pytest.mark.parametrize(
    ("tokens", "fractions"),
    [([100, 50], [0.0, 1.0]), ([50, 100], [0.5, 0.9]), ([50, 100], [1.0]), ([50, 60], [1, 0])],
)
def test_what_is_no_distribution_is_refused(tokens: list[float], fractions: list[float]) -> None:
    with pytest.raises(ComputebookError, match="rising tokens and fractions that rise to 1"):
        Lengths(tokens, fractions)


# One request


@pytest.mark.parametrize("card", [CARD, TIERED], ids=["one tier", "two tiers"])
def test_exact_moments_are_those_of_a_million_drawn_requests(card: pricing.PriceCard) -> None:
    drawn = sample_requests_usd(workload(), card, 1_000_000, seed=3)
    exact = request_moments(workload(), card)
    assert drawn.mean() == pytest.approx(exact.mean_usd, rel=0.01)
    assert drawn.std() == pytest.approx(exact.deviation_usd, rel=0.03)


@given(lengths(3e5), lengths(3e4), shares, shares)
@settings(max_examples=40, deadline=None)
def test_mean_of_a_fixed_request_is_its_bill(
    prompt: Lengths, answer: Lengths, cached: float, thought: float
) -> None:
    fixed = Workload(
        Lengths([prompt.mean_tokens], [1.0]), Lengths([answer.mean_tokens], [1.0]), thought, cached
    )
    usage = pricing.Usage.from_shares(
        prompt.mean_tokens, answer.mean_tokens, cached_fraction=cached
    )
    exact = request_moments(fixed, TIERED)
    assert exact.mean_usd == pytest.approx(pricing.bill(usage, TIERED).total_usd)
    assert exact.deviation_usd <= 1e-4 * exact.mean_usd


@pytest.mark.parametrize("inclusive", [False, True])
def test_the_tier_edge_belongs_where_the_card_says(inclusive: bool) -> None:
    rates = (pricing.Rates(1.0, 0.0), pricing.Rates(2.0, 0.0))
    card = pricing.PriceCard(
        "x", (pricing.Tier(rates[0]), pricing.Tier(rates[1], 1_000, inclusive))
    )
    at_edge = Workload(Lengths([1_000], [1.0]), Lengths([1], [1.0]))
    usd = request_moments(at_edge, card).mean_usd
    assert usd == pytest.approx(0.002 if inclusive else 0.001)
    assert sample_requests_usd(at_edge, card, 1)[0] == pytest.approx(usd)


@given(st.floats(0.1, 5), st.floats(0.1, 5), shares)
def test_cost_rises_with_tokens_and_falls_with_the_cache(
    prompt: float, effort: float, cached: float
) -> None:
    own = workload()
    base = request_moments(own, CARD, input_factor=prompt, cached_fraction=cached).mean_usd
    longer = request_moments(own, CARD, input_factor=2 * prompt, cached_fraction=cached).mean_usd
    more = request_moments(
        own, CARD, input_factor=prompt, cached_fraction=cached, reasoning_factor=1 + effort
    ).mean_usd
    none = request_moments(own, CARD, input_factor=prompt, cached_fraction=0.0).mean_usd
    assert base < longer
    assert base < more
    assert base <= none


def test_the_same_seed_gives_the_same_bills() -> None:
    first, again, other = (sample_requests_usd(workload(), CARD, 1_000, s) for s in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_a_missing_cached_rate_is_named() -> None:
    bare = pricing.PriceCard.flat("gpt-5.2-pro", 21.0, 168.0)
    with pytest.raises(ComputebookError, match=r"cached_fraction = 0\.5 .* no cached rate"):
        request_moments(workload(), bare)
    assert request_moments(workload(0.0), bare).mean_usd > 0


# A month


@pytest.mark.parametrize("requests", [1e4, 1e6, 1e8])
def test_chance_shrinks_with_the_root_of_the_requests(requests: float) -> None:
    one = request_moments(workload(), CARD)
    month = summarize(month_usd(workload(), CARD, requests, months=40_000))
    expected = one.deviation_usd / one.mean_usd / math.sqrt(requests)
    assert month.deviation_fraction == pytest.approx(expected, rel=0.02)


def test_the_normal_month_is_the_sum_of_its_requests() -> None:
    drawn = sample_requests_usd(workload(), CARD, 4_000_000, seed=5).reshape(400, 10_000)
    summed, model = drawn.sum(axis=1), month_usd(workload(), CARD, 10_000, months=20_000)
    assert summed.mean() == pytest.approx(model.mean(), rel=0.003)
    assert summed.std() == pytest.approx(model.std(), rel=0.12)
    assert np.quantile(summed, 0.95) == pytest.approx(np.quantile(model, 0.95), rel=0.01)


def test_doubt_about_a_mean_does_not_average_out() -> None:
    doubt = {"reasoning_factor": Spread(0.5, 1.0, 2.0)}
    small, large = (
        summarize(month_usd(workload(), CARD, n, spreads=doubt)).deviation_fraction
        for n in (1e5, 1e9)
    )
    assert large == pytest.approx(small, rel=0.05)
    assert large > 100 * summarize(month_usd(workload(), CARD, 1e9)).deviation_fraction


@given(st.lists(st.floats(0.0, 1e6), min_size=1, max_size=50), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_larger_budget_is_passed_less_often(bills: list[float], one: float, other: float) -> None:
    low, high = sorted((one, other))
    tight, loose = summarize(bills, low), summarize(bills, high)
    assert loose.exceeds_fraction <= tight.exceeds_fraction
    assert tight.p5_usd <= tight.p50_usd <= tight.p95_usd


@given(st.floats(0.1, 1.0), st.floats(1.0, 10.0), shares)
def test_spreads_keep_their_percentiles_and_order(low: float, high: float, share: float) -> None:
    spread = Spread(low, 1.0, high)
    assert spread.quantile([0.05, 0.5, 0.95]).tolist() == pytest.approx([low, 1.0, high])
    below, above = spread.quantile([0.5 * share, 0.5 + 0.5 * share])
    assert below <= 1.0 + 1e-12
    assert above >= 1.0 - 1e-12


def test_batch_and_price_move_the_whole_month() -> None:
    def mean(**changes: Any) -> float:
        return float(month_usd(workload(0.0), CARD, 1e9, months=50, **changes).mean())

    half = CARD.times(0.5, "batch")
    assert mean(batch=half, batch_fraction=0.4) == pytest.approx(0.8 * mean(), rel=1e-3)
    dearer = {"price_factor": Spread(1.4, 1.4, 1.4)}
    assert mean(spreads=dearer) == pytest.approx(1.4 * mean(), rel=1e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"spreads": {"prise_factor": Spread(1, 1, 1)}}, "did you mean 'price_factor'"),
        ({"requests": 10}, r"requests = 10 requests is out of bounds"),
        ({"batch_fraction": 1.2}, r"batch_fraction = 1\.2 of 1"),
    ],
)
def test_wrong_months_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        month_usd(workload(), CARD, changes.pop("requests", 1e6), **changes)


def test_wrong_spreads_and_empty_bills_are_refused() -> None:
    with pytest.raises(ComputebookError, match=r"low = 2, central = 1, high = 3: must rise"):
        Spread(2.0, 1.0, 3.0)
    with pytest.raises(ComputebookError, match="bills_usd is empty"):
        summarize([])
