"""Checks of list prices and of what a workload costs at them."""

from __future__ import annotations

import math

import numpy as np

from computebook import datasets, units
from computebook.claim_checks.registry import CheckResult, Claim, check, compare

#: The article's date is January 2026; prices are read as of this day.
PRICE_DATE = "2026-01-31"
#: The cells of the cost row that state the workload between them, US dollars.
IMPLIED_BY = {"gemini-3-pro": 70_000.0, "claude-opus-4.5": 150_000.0}


def _price(model: str, field: str, service_tier: str = "standard") -> float:
    """Return a list price of the lowest context tier on the article's date; NaN for none."""
    cards = datasets.load("api_prices")
    valid = (cards["effective_from"] <= PRICE_DATE) & ~(cards["effective_to"] < PRICE_DATE)
    same = (cards["model_id"] == model) & (cards["service_tier"] == service_tier)
    chosen = cards[valid & same & (cards["context_above_tokens"] == 0)]
    return float(chosen[field].iloc[0]) if len(chosen) else math.nan


@check("price")
def price(claim: Claim, model: str, field: str, service_tier: str = "standard") -> CheckResult:
    """Compare one list price."""
    return compare(claim, _price(model, field, service_tier), f"{field} of {model}, {service_tier}")


@check("price_of_all_variants")
def price_of_all_variants(claim: Claim, models: str, field: str) -> CheckResult:
    """Compare a price that is said to hold for several models; all of them must have it."""
    prices = {name: _price(name, field) for name in models.split("|")}
    held = [compare(claim, value, "").agrees for value in prices.values()]
    shown = {name: "none" if math.isnan(value) else f"{value:g}" for name, value in prices.items()}
    listed = ", ".join(f"{name} {value}" for name, value in shown.items())
    base = compare(claim, prices[models.split("|")[0]], "")
    return CheckResult(base.value, claim.unit, base.tolerance, all(held), f"{field}: {listed}")


@check("no_price")
def no_price(claim: Claim, model: str, field: str, service_tier: str) -> CheckResult:
    """Compare whether no price was listed on the article's date."""
    value = _price(model, field, service_tier)
    found = "no price listed" if math.isnan(value) else f"{value:g}"
    sentence = f"{field} of {model}, {service_tier}, on {PRICE_DATE}: {found}"
    return CheckResult(found, claim.unit, 0.0, math.isnan(value), sentence)


@check("price_rise")
def price_rise(claim: Claim, model: str, against: str) -> CheckResult:
    """Compare by how much one model is dearer than another, percent; all rates must agree."""
    fields = ("uncached_input_usd_per_mtok", "output_usd_per_mtok", "cached_input_usd_per_mtok")
    rises = [100 * (_price(model, name) / _price(against, name) - 1) for name in fields]
    sentence = f"{model} over {against}, input, output and cached input"
    agrees = all(compare(claim, rise, "").agrees for rise in rises)
    base = compare(claim, rises[0], sentence)
    return CheckResult(base.value, claim.unit, base.tolerance, agrees, base.sentence)


@check("price_ratio")
def price_ratio(claim: Claim, model: str, field: str, against_field: str) -> CheckResult:
    """Compare how many times one rate of a model is another."""
    high, low = _price(model, field), _price(model, against_field)
    return compare(claim, high / low, f"${high:g} / ${low:g} per million tokens of {model}")


@check("price_premium")
def price_premium(claim: Claim, model: str, against: str) -> CheckResult:
    """Compare whether a model is dearer than another, in input and in output."""
    fields = ("uncached_input_usd_per_mtok", "output_usd_per_mtok")
    ratios = [_price(model, name) / _price(against, name) for name in fields]
    sentence = f"{model} over {against}: {ratios[0]:.2f}x input, {ratios[1]:.2f}x output"
    return CheckResult(ratios[0], "ratio", 0.0, min(ratios) > 1, sentence)


@check("output_cost")
def output_cost(
    claim: Claim, model: str, visible_tokens: str, reasoning_tokens: str
) -> CheckResult:
    """Compare what visible and reasoning tokens cost together, US dollars."""
    tokens = int(visible_tokens) + int(reasoning_tokens)
    rate = _price(model, "output_usd_per_mtok")
    usd = tokens * rate / units.TOKENS_PER_MTOK
    return compare(claim, usd, f"{tokens:,} output tokens at ${rate:g} per million")


def _rates(model: str) -> list[float]:
    return [_price(model, "uncached_input_usd_per_mtok"), _price(model, "output_usd_per_mtok")]


def implied_mtok() -> tuple[float, float]:
    """Return the input and output volume that the article's cost row implies, million tokens.

    The cells of Gemini and Claude are two equations in two unknowns; the third cell is not used.

    Examples
    --------
    >>> [round(mtok, 6) for mtok in implied_mtok()]
    [5000.0, 5000.0]
    """
    rates = [_rates(model) for model in IMPLIED_BY]
    volumes = np.linalg.solve(np.array(rates), np.array(list(IMPLIED_BY.values())))
    return float(volumes[0]), float(volumes[1])


@check("enterprise_cost")
def enterprise_cost(claim: Claim, model: str) -> CheckResult:
    """Compare the yearly bill at the volume that the article's cost row implies."""
    input_mtok, output_mtok = implied_mtok()
    input_rate, output_rate = _rates(model)
    usd = input_mtok * input_rate + output_mtok * output_rate
    sentence = f"{input_mtok:,.0f} + {output_mtok:,.0f} million tokens on {model}"
    return compare(claim, usd, sentence)
