"""From how much traffic hosting open weights costs less than an API."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from computebook.calculators.api_bill import request_fields, usage_of
from computebook.calculators.calculator import Calculator, Field, Result
from computebook.calculators.cards import chosen, offers
from computebook.calculators.fleets import (
    DEEPSEEK,
    DEEPSEEK_UNIT,
    NODE_GPUS,
    SGLANG,
    SGLANG_UNIT,
    node_rates,
    published_rates,
)
from computebook.parameters import Parameter
from computebook.pricing import bill
from computebook.self_hosting import Fleet, PhaseRates, RequestShape
from computebook.tracing import take

__all__ = ["break_even"]

PERCENT: Final = 100.0
MILLION: Final = 1e6
NEVER: Final = "never"


@functools.cache
def _sources() -> dict[str, tuple[str, PhaseRates, int]]:
    """Return what stands behind the rates: label, rates of one GPU, GPUs bought together."""
    published = {each.name: each.parameter.default for each in request_fields()}
    usage = usage_of(
        published["input_tokens"], published["visible_output_tokens"],
        published["reasoning_percent"] / PERCENT, published["cached_percent"] / PERCENT,
    )  # fmt: skip
    shape = RequestShape(
        published["input_tokens"], usage.output_tokens, published["cached_percent"] / PERCENT
    )
    return {
        "sglang": ("SGLang, 96 H100", published_rates(SGLANG), SGLANG_UNIT),
        "deepseek": ("DeepSeek's service, H800", published_rates(DEEPSEEK), DEEPSEEK_UNIT),
        "node": ("8 H200, modelled for these defaults", node_rates(shape), NODE_GPUS),
    }


def formula(
    *,
    rates: Any,
    model: Any,
    requests_per_month: Any,
    input_tokens: Any,
    visible_output_tokens: Any,
    reasoning_percent: Any,
    cached_percent: Any,
    prefill_tokens_per_s: Any,
    decode_tokens_per_s: Any,
    unit_gpus: Any,
    usd_per_gpu_hour: Any,
    peak_to_mean: Any,
    spare_gpus: Any,
    staff_usd_per_year: Any,
) -> Mapping[str, Any]:
    """Return what own serving and the API cost, and from which traffic hosting pays.

    Parameters
    ----------
    rates, model : int or tracer
        Positions of the fleet whose rates are taken and of the API in `offers`.
    requests_per_month, input_tokens, visible_output_tokens, reasoning_percent, cached_percent
        Traffic and mean request.
    prefill_tokens_per_s, decode_tokens_per_s
        Rates of one GPU in each phase.
    unit_gpus, usd_per_gpu_hour, peak_to_mean, spare_gpus, staff_usd_per_year
        Terms of the fleet.
    """
    cached = cached_percent / PERCENT
    usage = usage_of(input_tokens, visible_output_tokens, reasoning_percent / PERCENT, cached)
    counts_cached = take([r.counts_cached for _, r, _ in _sources().values()], rates)
    fleet = Fleet(
        PhaseRates(prefill_tokens_per_s, decode_tokens_per_s, counts_cached), usd_per_gpu_hour,
        unit_gpus, peak_to_mean, spare_gpus / unit_gpus, staff_usd_per_year,
    )  # fmt: skip
    request = RequestShape(input_tokens, usage.output_tokens, cached)
    api = chosen(lambda offer: bill(usage, offer.standard).total_usd, model)
    found, own = fleet.break_even(request, api), fleet.month_usd(request, requests_per_month)
    return {
        "own_usd": own,
        "api_usd": api * requests_per_month,
        "own_krequest_usd": 1_000 * own / requests_per_month,
        "api_krequest_usd": 1_000 * api,
        "gpus": fleet.units(request, requests_per_month) * unit_gpus,
        "load_percent": PERCENT * fleet.utilization_fraction(request, requests_per_month),
        "break_even_requests": found.requests_per_month / MILLION,
        "break_even_gpus": found.units * unit_gpus,
        "break_even_load": PERCENT * found.utilization_fraction,
        "break_even_usd": found.month_usd,
    }


def _fleet_fields() -> tuple[Field, ...]:
    first = next(iter(_sources().values()))
    return (
        Field(
            Parameter("prefill_tokens_per_s", "float", "tokens/s", _rate(first[1])[0], 0.1, 1e7,
                      meaning="Prompt tokens of one GPU that only reads prompts."),
            "Reading, a GPU",
        ),
        Field(
            Parameter("decode_tokens_per_s", "float", "tokens/s", _rate(first[1])[1], 0.1, 1e7,
                      meaning="Output tokens of one GPU that only writes."),
            "Writing, a GPU",
        ),
        Field(
            Parameter("unit_gpus", "int", "GPUs", first[2], 1, 100_000,
                      meaning="GPUs that can only be bought together."),
            "Unit",
        ),
        Field(
            Parameter("usd_per_gpu_hour", "float", "$/h", 3.0, 0.01, 100.0,
                      meaning="Rent, or capital and electricity."),
            "Price of a GPU-hour",
        ),
        Field(
            Parameter("peak_to_mean", "float", "", 2.0, 1.0, 100.0,
                      meaning="The fleet is bought for its peak."),
            "Peak over mean load",
        ),
        Field(
            Parameter("spare_gpus", "int", "GPUs", NODE_GPUS, 0, 100_000,
                      meaning="Kept for failures."),
            "Spare",
        ),
        Field(
            Parameter("staff_usd_per_year", "float", "$/year", 300_000.0, 0.0, 1e9,
                      meaning="People who run it."),
            "Staff",
        ),
    )  # fmt: skip


def _rate(rates: PhaseRates) -> tuple[float, float]:
    """Return both rates as a reader can type them."""
    return float(f"{rates.prefill_tokens_per_s:.4g}"), float(f"{rates.decode_tokens_per_s:.4g}")


def _fields() -> tuple[Field, ...]:
    sources = _sources()
    filled = [(*_rate(rates), unit) for _, rates, unit in sources.values()]
    names = ("prefill_tokens_per_s", "decode_tokens_per_s", "unit_gpus")
    return (
        Field(
            Parameter("model", "str", "", "gpt-5.2",
                      choices=tuple(offer.model_id for offer in offers()),
                      meaning="Only open models can be hosted; a closed one is for comparison."),
            "API", tuple(offer.label for offer in offers()),
        ),
        Field(
            Parameter("requests_per_month", "int", "a month", 1_000_000, 1, 10**12,
                      meaning="Traffic of the fleet."),
            "Requests",
        ),
        *request_fields(),
        Field(
            Parameter("rates", "str", "", "sglang", choices=tuple(sources),
                      meaning="Fills the next three; DeepSeek's reading counts cached tokens."),
            "Speeds from", tuple(label for label, _, _ in sources.values()),
            dict(zip(names, zip(*filled, strict=True), strict=True)),
        ),
        *_fleet_fields(),
    )  # fmt: skip


@functools.cache
def break_even() -> Calculator:
    """Return the calculator of own serving against an API.

    Examples
    --------
    >>> found = break_even().evaluate({"requests_per_month": 100_000_000})
    >>> found["break_even_requests"] < 100, found["own_usd"] < found["api_usd"]
    (True, True)
    """
    return Calculator(
        "break-even",
        "Buy tokens or host the model?",
        "Runs `self_hosting.Fleet` against `pricing.bill`. Speeds are of DeepSeek V3 and R1 "
        "(671 billion parameters) and of the lengths of prompts that were measured; put in your "
        "own for another model.",
        _fields(),
        (
            Result("own_usd", "Own fleet, a month", "$"),
            Result("api_usd", "API, a month", "$"),
            Result("own_krequest_usd", "Own fleet, a thousand requests", "$"),
            Result("api_krequest_usd", "API, a thousand requests", "$"),
            Result("gpus", "GPUs, spares included", "", "count"),
            Result("load_percent", "Their mean load", "%"),
            Result("break_even_requests", "Hosting pays from", "million requests a month",
                   "number", NEVER),
            Result("break_even_gpus", "GPUs at that traffic", "", "count"),
            Result("break_even_load", "Mean load at that traffic", "%"),
            Result("break_even_usd", "Cost of a month at that traffic", "$"),
        ),
        formula,
    )  # fmt: skip
