"""What a month of requests costs on an API, by what the tokens are."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from computebook.calculators.calculator import Calculator, Field, Result
from computebook.calculators.cards import Offer, batch_bill, chosen, offers
from computebook.parameters import Parameter
from computebook.price_cards import ARTICLE_DATE
from computebook.pricing import bill
from computebook.usage import Usage

__all__ = ["api_bill"]

PERCENT: Final = 100.0
PARTS: Final = {
    "new_input": "uncached_input_usd",
    "cached_input": "cached_input_usd",
    "visible": "visible_output_usd",
    "reasoning": "reasoning_output_usd",
}


def usage_of(input_tokens: Any, visible_output_tokens: Any, reasoning: Any, cached: Any) -> Usage:
    """Return the tokens of one request.

    Parameters
    ----------
    input_tokens, visible_output_tokens : float or tracer
        Prompt, and the answer that the caller sees.
    reasoning, cached : float or tracer
        Share of the output that is reasoning, below 1; share of the prompt in the cache.

    Examples
    --------
    >>> round(usage_of(6_000, 500, 0.7, 0.5).output_tokens)
    1667
    """
    return Usage.from_shares(
        input_tokens,
        visible_output_tokens / (1 - reasoning),
        cached_fraction=cached,
        reasoning_fraction=reasoning,
    )


def formula(
    *,
    model: Any,
    requests_per_month: Any,
    input_tokens: Any,
    visible_output_tokens: Any,
    reasoning_percent: Any,
    cached_percent: Any,
    batch_percent: Any,
) -> Mapping[str, Any]:
    """Return the bill of a month, its parts, and what caching and batching take off it.

    Parameters
    ----------
    model : int or tracer
        Position in `offers`.
    requests_per_month, input_tokens, visible_output_tokens
        Requests and mean tokens of one.
    reasoning_percent, cached_percent, batch_percent
        Share of the output that is reasoning, of the prompt that is cached, and of the requests
        that wait for the batch tier.
    """
    waiting, reasoning = batch_percent / PERCENT, reasoning_percent / PERCENT
    tokens = (input_tokens, visible_output_tokens, reasoning)
    usage = usage_of(*tokens, cached_percent / PERCENT)

    def month(part: str, offer: Offer) -> Any:
        now, later = bill(usage, offer.standard).parts(), batch_bill(offer, usage).parts()
        return requests_per_month * ((1 - waiting) * now[part] + waiting * later[part])

    parts = {name: chosen(partial(month, part), model) for name, part in PARTS.items()}
    total = sum(parts.values())
    fresh = usage_of(*tokens, 0.0)
    at_once = requests_per_month * chosen(lambda o: bill(usage, o.standard).total_usd, model)
    uncached = requests_per_month * chosen(
        lambda o: (
            (1 - waiting) * bill(fresh, o.standard).total_usd
            + waiting * batch_bill(o, fresh).total_usd
        ),
        model,
    )
    return {
        "month_usd": total,
        "krequest_usd": 1_000 * total / requests_per_month,
        **parts,
        "reasoning_percent": PERCENT * parts["reasoning"] / total,
        "cache_saves": uncached - total,
        "batch_saves": at_once - total,
    }


def request_fields() -> tuple[Field, ...]:
    """Return the inputs that describe a mean request; the chapter's values are published."""
    return (
        Field(
            Parameter("input_tokens", "int", "tokens", 6_000, 1, 1_000_000,
                      meaning="Mean prompt, cached tokens included."),
            "Prompt",
        ),
        Field(
            Parameter("visible_output_tokens", "int", "tokens", 500, 1, 200_000,
                      meaning="Mean answer that the caller sees."),
            "Visible answer",
        ),
        Field(
            Parameter("reasoning_percent", "float", "%", 70.0, 0.0, 99.0,
                      meaning="Share of the output that is billed but not shown."),
            "Reasoning",
        ),
        Field(
            Parameter("cached_percent", "float", "%", 50.0, 0.0, 100.0,
                      meaning="Share of the prompt read from a prefix cache."),
            "Cached prompt",
        ),
    )  # fmt: skip


def _fields() -> tuple[Field, ...]:
    ids = tuple(offer.model_id for offer in offers())
    return (
        Field(
            Parameter("model", "str", "", "gpt-5.2", choices=ids,
                      meaning=f"List prices of {ARTICLE_DATE}."),
            "Model", tuple(offer.label for offer in offers()),
        ),
        Field(
            Parameter("requests_per_month", "int", "a month", 1_000_000, 1, 10**12,
                      meaning="All requests, batch included."),
            "Requests",
        ),
        *request_fields(),
        Field(
            Parameter("batch_percent", "float", "%", 20.0, 0.0, 100.0,
                      meaning="Share of the requests that wait for the batch tier."),
            "Batch",
        ),
    )  # fmt: skip


@functools.cache
def api_bill() -> Calculator:
    """Return the calculator of a month's bill.

    Examples
    --------
    >>> found = api_bill().evaluate()
    >>> parts = ("new_input", "cached_input", "visible", "reasoning")
    >>> round(sum(found[part] for part in parts) / found["month_usd"], 12)
    1.0
    """
    return Calculator(
        "api-bill",
        "What will a month on an API cost?",
        "Runs `pricing.bill`, context tiers included, on the mean request. Tool calls, cache "
        "writes with a fee and cache storage are left out. A batch price that is not published, "
        "for a model or a length of prompt, is not assumed: the standard price applies.",
        _fields(),
        (
            Result("month_usd", "Bill of a month", "$"),
            Result("krequest_usd", "A thousand requests", "$"),
            Result("new_input", "New input, a month", "$"),
            Result("cached_input", "Cached input, a month", "$"),
            Result("visible", "Visible answers, a month", "$"),
            Result("reasoning", "Reasoning, a month", "$"),
            Result("reasoning_percent", "Reasoning in the bill", "%"),
            Result("cache_saves", "Saved by caching, a month", "$"),
            Result("batch_saves", "Saved by batching, a month", "$"),
        ),
        formula,
    )
