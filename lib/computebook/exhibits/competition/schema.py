"""What the chapter on competition can be asked for."""

from __future__ import annotations

from typing import Final

from computebook.parameters import Parameter

__all__ = ["PARAMETERS", "SERIES_METRICS"]

#: Metrics with several dated readings of at least two vendors, whose shares add up.
SERIES_METRICS: Final = ("web-visits", "enterprise-spend")

PARAMETERS: Final[tuple[Parameter, ...]] = (
    Parameter(
        "metric",
        "str",
        "",
        "web-visits",
        choices=SERIES_METRICS,
        meaning="Share metric whose change and concentration are followed.",
    ),
    Parameter(
        "earlier_month",
        "str",
        "",
        "2025-07",
        meaning="Month that the change of shares starts from; the last reading up to its end.",
    ),
    Parameter(
        "later_month",
        "str",
        "",
        "2026-01",
        meaning="Month that the change of shares runs to; the last reading up to its end.",
    ),
    Parameter(
        "price_date",
        "str",
        "",
        "2026-01-31",
        meaning="Day whose list prices apply; Kimi K2.5 has one from 2026-01-27.",
    ),
    Parameter(
        "later_price_date",
        "str",
        "",
        "2026-11-10",
        meaning="Day whose list prices are compared with those of the price date.",
    ),
    Parameter(
        "annual_mtok",
        "float",
        "M tokens",
        10_000.0,
        0.001,
        1e9,
        meaning="Your tokens a year, input and output together.",
    ),
    Parameter(
        "input_output_ratio",
        "float",
        "",
        5.5,
        0.0,
        1e4,
        meaning="Your input tokens per billed output token; 5.5 in a chat trace.",
    ),
    Parameter(
        "cached_fraction",
        "float",
        "of 1",
        0.35,
        0.0,
        1.0,
        meaning="Share of your input read from a prefix cache.",
    ),
    Parameter(
        "request_input_tokens",
        "int",
        "tokens",
        6_000,
        0,
        272_000,
        meaning="Your mean prompt; GPT-5.2 takes 272,000, Gemini costs more above 200,000.",
    ),
    Parameter(
        "confidence_percent",
        "float",
        "%",
        95.0,
        50.0,
        99.9,
        meaning="Level of every interval, and of the test of every lead.",
    ),
    Parameter(
        "quality_margin_percent",
        "float",
        "points",
        5.0,
        0.0,
        100.0,
        meaning="How far below the best score a model may lie and still do the work.",
    ),
    Parameter(
        "monthly_budget_usd",
        "float",
        "$",
        60_000.0,
        1.0,
        1e9,
        meaning="Most that the example client's month may cost.",
    ),
    Parameter(
        "largest_share_percent",
        "float",
        "%",
        60.0,
        20.0,
        100.0,
        meaning="Largest share of the client's requests that one vendor may get.",
    ),
)
