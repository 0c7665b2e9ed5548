"""Caches under random arrivals, cascades and levers together: closed cases and what cannot be."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from computebook import caching, datasets, levers, pricing
from computebook.errors import ComputebookError
from computebook.price_cards import price_card
from computebook.price_comparison import cached_prefix_cost_ratio

shares = st.floats(0.0, 1.0)
rates = st.floats(0.01, 1e4)
writes = st.floats(1.0, 3.0)
reads = st.floats(0.0, 0.9)

# Caches


def claude() -> tuple[list[float], float]:
    card = price_card("claude-opus-4.5", "2026-01-15").tiers[0].rates
    new = card.uncached_input_usd_per_mtok
    written = [card.cache_write_5m_usd_per_mtok / new, card.cache_write_1h_usd_per_mtok / new]
    return written, card.cached_input_usd_per_mtok / new


def test_published_multiples_break_even_at_three_uses_an_hour_and_less_than_one() -> None:
    written, read = claude()
    assert (written, read) == ([1.25, 2.0], 0.1)
    # By hand: -ln(1 - 0.25/1.15) * 12 and -ln(1 - 1/1.9).
    expected = [-12 * math.log(1 - 0.25 / 1.15), -math.log(1 - 1 / 1.9)]
    found = caching.break_even_uses_per_hour(written, read, [300, 3_600])
    assert found.tolist() == pytest.approx(expected)


def test_hits_are_those_of_simulated_arrivals() -> None:
    gaps = np.random.default_rng(1).exponential(1 / 12, 400_000)
    renewed = (gaps < 300 / 3_600).mean()
    assert caching.cache_hit_fraction(12, 300) == pytest.approx(renewed, abs=0.003)
    left, hits = 0.0, 0
    for gap in gaps[:100_000]:
        left -= gap
        if left > 0:
            hits += 1
        else:
            left = 300 / 3_600
    assert caching.cache_hit_fraction(12, 300, renewed=False) == pytest.approx(
        hits / 100_000, abs=0.005
    )


@given(rates, st.floats(1, 1e5))
def test_a_renewed_lifetime_hits_more(rate: float, life: float) -> None:
    fixed = caching.cache_hit_fraction(rate, life, renewed=False)
    assert 0 <= fixed <= caching.cache_hit_fraction(rate, life) + 1e-12 <= 1 + 1e-12
    assert caching.cache_hit_fraction(2 * rate, life) >= caching.cache_hit_fraction(rate, life)


@given(writes, reads, st.floats(1, 1e5), st.integers(2, 1_000), st.booleans())
def test_cost_is_equal_at_the_break_even(
    write: float, read: float, life: float, uses: int, renewed: bool
) -> None:
    rate = caching.break_even_uses_per_hour(write, read, life, uses, renewed=renewed)
    assume(np.isfinite(rate) and rate < 1e10)
    hit = caching.cache_hit_fraction(rate, life, renewed=renewed)
    assert caching.prefix_cost_ratio(hit, write, read, uses) == pytest.approx(1.0)
    more = caching.cache_hit_fraction(1.1 * rate, life, renewed=renewed)
    assert caching.prefix_cost_ratio(more, write, read, uses) <= 1 + 1e-9


@given(shares, writes, reads, st.floats(1, 1e6))
def test_a_cache_never_costs_more_than_its_write_fee(
    hit: float, write: float, read: float, uses: float
) -> None:
    ratio = caching.prefix_cost_ratio(hit, write, read, uses)
    assert read - 1e-12 <= ratio <= write + 1e-12


@given(st.integers(1, 10_000), writes, reads)
def test_certain_hits_are_the_reuse_of_price_comparison(
    uses: int, write: float, read: float
) -> None:
    ours = caching.prefix_cost_ratio(1.0, write, read, uses)
    assert ours == pytest.approx(cached_prefix_cost_ratio(uses, write, read))


def test_one_use_never_pays_a_write_fee_back() -> None:
    assert caching.break_even_uses_per_hour(1.25, 0.1, 300, 1) == math.inf
    assert caching.break_even_uses_per_hour(1.0, 0.1, 300, 1) == 0.0
    with pytest.raises(ComputebookError, match=r"read_multiplier = 1 is out of bounds"):
        caching.break_even_hit_fraction(1.25, 1.0)


# Routing and cascades


def test_routing_is_a_mean_and_its_shares_must_be_whole() -> None:
    assert levers.routed_factor([0.25, 0.75], [0.0, 2.0]) == 1.5
    with pytest.raises(ComputebookError, match="must sum to 1"):
        levers.routed_factor([0.5, 0.6], [1.0, 1.0])


@given(shares, st.floats(0, 1), st.floats(0.05, 1))
def test_precision_is_the_right_share_of_what_is_accepted(
    solved: float, recall: float, precision: float
) -> None:
    assume(solved < 0.99)
    wrong_needed = solved * recall * (1 - precision) / ((1 - solved) * precision)
    assume(wrong_needed <= 1)
    wrong = levers.false_accept_fraction(solved, recall, precision)
    accepted = solved * recall + (1 - solved) * wrong
    assert solved * recall == pytest.approx(precision * accepted, abs=1e-12)


def test_a_verifier_that_cannot_be_is_refused() -> None:
    with pytest.raises(ComputebookError, match="share of wrong answers accepted"):
        levers.false_accept_fraction(0.9, 1.0, 0.5)


def outcomes(cheap: str, strong: str) -> tuple[levers.Cascade, np.ndarray, np.ndarray]:
    rows = datasets.load("swebench_outcomes")
    wide = rows.pivot_table(index="instance_id", columns="model_id", values="resolved") == 1
    cost = rows.groupby("model_id")["cost_usd"].mean()
    one, two = wide[cheap].to_numpy(), wide[strong].to_numpy()
    made = levers.Cascade(cost[cheap], cost[strong], one.mean(), two[one].mean(), two[~one].mean())
    return made, one, two


def test_a_perfect_cascade_solves_what_either_model_solves() -> None:
    made, one, two = outcomes("kimi-k2.5", "gpt-5.2")
    assert made.solved_fraction == pytest.approx((one | two).mean())
    assert made.accepted_fraction == pytest.approx(one.mean())
    assert made.task_usd == pytest.approx(0.406 + 0.312 * 0.833, abs=2e-3)


def test_verifiers_at_the_ends_are_one_model_alone() -> None:
    made, one, two = outcomes("kimi-k2.5", "gpt-5.2")
    values = [made.cheap_usd, made.strong_usd, made.cheap_solves]
    both = [made.strong_solves_if_cheap_did, made.strong_solves_if_cheap_did_not]
    lax = levers.Cascade(*values, *both, 1.0, 1.0)
    strict = levers.Cascade(*values, *both, 0.0, 0.0)
    assert lax.solved_fraction == pytest.approx(one.mean())
    assert lax.task_usd == pytest.approx(made.cheap_usd)
    assert strict.solved_fraction == pytest.approx(two.mean())
    assert strict.task_usd == pytest.approx(made.cheap_usd + made.strong_usd)


@given(st.floats(0.01, 10), st.floats(0.01, 10), st.floats(0, 2), st.tuples(*[shares] * 5))
def test_cost_and_break_even_of_a_cascade_agree(
    cheap: float, strong: float, check: float, odds: tuple[float, ...]
) -> None:
    made = levers.Cascade(cheap, strong, *odds, check)
    assert cheap + check - 1e-9 <= made.task_usd <= cheap + check + strong + 1e-9
    assert 0 <= made.solved_fraction <= 1 + 1e-12
    gain = made.accepted_fraction - made.break_even_accepted_fraction
    assert made.task_usd - strong == pytest.approx(-gain * strong, abs=1e-9)


def test_a_share_beyond_one_is_named() -> None:
    with pytest.raises(ComputebookError, match=r"cheap_solves = 1\.2 of 1"):
        levers.Cascade(0.4, 0.8, 1.2, 0.9, 0.3)


# Levers together

PLANS = st.tuples(shares, shares, st.floats(0.05, 1.0))
REQUESTS = st.tuples(st.floats(1, 1e5), st.floats(1, 1e4), shares)


def cost_of(plan: tuple[float, float, float], request: tuple[float, float, float]) -> Any:
    standard = pricing.PriceCard.flat("gpt-5.2", 1.75, 14.0, cached_input_usd_per_mtok=0.175)
    cached, waiting, effort = plan
    prompt, answer, thought = request

    def cost(pulled: frozenset[str]) -> float:
        usage = pricing.Usage(
            uncached_input_tokens=prompt * (1 - cached * ("cache" in pulled)),
            cached_input_tokens=prompt * cached * ("cache" in pulled),
            visible_output_tokens=answer * (1 - thought),
            reasoning_output_tokens=answer * thought * (effort if "effort" in pulled else 1.0),
        )
        full = pricing.bill(usage, standard).total_usd
        return float(full * (1 - 0.5 * waiting * ("batch" in pulled)))

    return cost


@given(PLANS, REQUESTS)
def test_levers_share_out_the_joint_saving_and_never_raise_the_bill(
    plan: tuple[float, float, float], request: tuple[float, float, float]
) -> None:
    names, cost = ["cache", "batch", "effort"], cost_of(plan, request)
    listed, all_pulled = cost(frozenset()), cost(frozenset(names))
    saved = levers.attributed_savings(cost, names)
    single = {name: listed - cost(frozenset({name})) for name in names}
    assert sum(saved.values()) == pytest.approx(listed - all_pulled, abs=1e-9 * listed)
    # Together at most what they save alone; each share between nothing and that.
    assert listed - all_pulled <= sum(single.values()) + 1e-9 * listed
    for name in names:
        assert -1e-9 * listed <= saved[name] <= single[name] + 1e-9 * listed
    # Batch multiplies what the others leave: the product bound is reached, never passed.
    rest = cost(frozenset({"cache", "effort"}))
    assert all_pulled == pytest.approx(rest * (1 - 0.5 * plan[1]))
    assert all_pulled <= listed + 1e-12


def test_disjoint_levers_add_and_equal_ones_share() -> None:
    apart = {"input": 30.0, "output": 20.0}
    saved = levers.attributed_savings(lambda s: 100 - sum(apart[n] for n in s), list(apart))
    assert saved == pytest.approx(apart)
    same = levers.attributed_savings(lambda s: 100.0 if not s else 40.0, ["a", "b", "c"])
    assert list(same.values()) == pytest.approx([20.0, 20.0, 20.0])


def test_names_twice_are_refused() -> None:
    with pytest.raises(ComputebookError, match="at most 10 different names"):
        levers.attributed_savings(lambda _: 1.0, ["cache", "cache"])
