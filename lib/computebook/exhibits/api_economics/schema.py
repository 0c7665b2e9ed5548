"""What the chapter can be asked for."""

from __future__ import annotations

from typing import Any, Final

from computebook.parameters import Parameter
from computebook.price_cards import ARTICLE_DATE

__all__ = ["PARAMETERS"]


def _number(name: str, unit: str, value: float, low: float, high: float, meaning: str) -> Parameter:
    kind: Any = "int" if isinstance(value, int) else "float"
    return Parameter(name, kind, unit, value, low, high, meaning=meaning)


PARAMETERS: Final[tuple[Parameter, ...]] = (
    Parameter("model", "str", "", "gpt-5.2", meaning="Model whose bill is taken apart."),
    Parameter("price_date", "str", "", ARTICLE_DATE, meaning="Day whose list prices apply."),
    _number("requests_per_month", "requests", 1_000_000, 1_000, 10**12, "Requests a month."),
    _number(
        *("input_tokens", "tokens", 6_000, 1, 200_000),
        "Mean prompt of a request, cached tokens included.",
    ),
    _number(
        *("visible_output_tokens", "tokens", 500, 1, 200_000),
        "Mean answer that the caller sees.",
    ),
    _number(
        *("reasoning_fraction", "of 1", 0.70, 0.0, 0.99),
        "Share of the output that is reasoning, at medium effort.",
    ),
    _number(
        *("cached_fraction", "of 1", 0.50, 0.0, 1.0),
        "Share of the input read from a prefix cache.",
    ),
    _number(
        *("batch_fraction", "of 1", 0.20, 0.0, 1.0),
        "Share of the requests that can wait for the batch tier.",
    ),
    _number("monthly_budget_usd", "$", 35_000.0, 1.0, 1e12, "What may be spent in a month."),
    _number(
        *("gpu_hour_usd", "$/GPU-h", 3.0, 0.01, 100.0),
        "Price of one Hopper GPU for one hour, for own serving.",
    ),
    _number(
        *("peak_to_mean", "", 2.0, 1.0, 100.0),
        "Load that an own fleet is sized for, over its mean load.",
    ),
    _number(
        *("staff_usd_per_year", "$/year", 300_000.0, 0.0, 1e9),
        "People who run an own fleet, a year.",
    ),
)
