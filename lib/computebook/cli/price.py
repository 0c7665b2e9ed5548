"""`computebook price`: what a workload costs on the dated list prices of one or more models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click
import numpy as np
import pandas as pd

from computebook import datasets, price_package, price_quotes, rates
from computebook.cli import output
from computebook.errors import ComputebookError
from computebook.pricing import PriceCard, Usage

COUNT_OPTIONS = (
    ("--cached", "Input tokens of these that are read from a cache."),
    ("--cache-write-5m", "Input tokens of these that are written to a five-minute cache."),
    ("--cache-write-1h", "Input tokens of these that are written to a one-hour cache."),
    ("--reasoning", "Output tokens of these that are reasoning."),
    ("--storage", "Token-hours for which an explicit cache is kept, per request (Google)."),
)


def count_options(command: Any) -> Any:
    """Add the counts that are part of the input or the output of a request."""
    for name, meaning in reversed(COUNT_OPTIONS):
        command = click.option(name, type=float, default=0, help=meaning)(command)
    return command


@click.command("price")
@click.option("--model", "models", multiple=True, required=True, help="Model, or all; repeatable.")
@click.option("--input", "inputs", type=float, required=True, help="Input tokens per request.")
@click.option("--output", "outputs", type=float, required=True, help="Output tokens per request.")
@count_options
@click.option("--requests", type=float, default=1, show_default=True, help="Number of requests.")
@click.option("--tool", "tools", multiple=True, metavar="NAME=CALLS", help="Calls per request.")
@click.option(
    "--tier",
    default="standard",
    show_default=True,
    help="Service tier: standard, batch, flex or priority.",
)
@click.option("--on", metavar="DATE", help="Day of the prices, YYYY-MM-DD; the newest price check.")
@click.option("--peak", is_flag=True, help="Price peak hours, where a vendor has them.")
@click.option("--currency", metavar="CODE=RATE", help="Add the bill at this rate per US dollar.")
@click.option(
    "--fallback",
    type=click.Choice(["genai-prices"]),
    help="Ask the installed package for models that our table has no price for.",
)
@output.format_options
def price_command(
    models: tuple[str, ...],
    inputs: float,
    outputs: float,
    cached: float,
    cache_write_5m: float,
    cache_write_1h: float,
    reasoning: float,
    storage: float,
    requests: float,
    tools: tuple[str, ...],
    tier: str,
    on: str | None,
    peak: bool,
    currency: str | None,
    fallback: str | None,
    form: str | None,
) -> None:
    """Bill a workload at the list prices of a day, one part per kind of token.

    --input includes cached and written tokens, --output includes reasoning, as OpenAI counts
    them. A long prompt moves the whole request to the model's long-context rates. Where a model
    publishes no cached rate, cached tokens are billed as new ones.

    \b
    computebook price --model gpt-5.2 --input 8000 --cached 6000 --output 1200 \\
        --reasoning 800 --requests 1e6 --tier batch --on 2026-03-01
    computebook price --model gpt-5.2 --model claude-opus-4.5 --model gemini-3-pro \\
        --input 200001 --output 1000 --on 2026-01-15
    computebook price --model all --input 5000 --output 500 --requests 1e6 --csv
    computebook price --model gemini-3.1-pro --input 50000 --cached 48000 --output 800 \\
        --tool web-search=2 --currency EUR=0.9 --on 2026-11-10
    """
    day = on or newest_check()
    calls = dict(tool_calls(text) for text in tools)
    request = Usage.from_totals(
        inputs,
        outputs,
        cached_input_tokens=cached,
        cache_write_5m_tokens=cache_write_5m,
        cache_write_1h_tokens=cache_write_1h,
        reasoning_output_tokens=reasoning,
        tool_calls=calls,
    ) + Usage(cache_storage_token_hours=storage)
    cards = cards_of(models, day, tier, list(calls), peak=peak, fallback=fallback)
    cards = price_quotes.cards_for_length(cards, request, day, skip="all" in models)
    rate = rates.ExchangeRate.parse(currency) if currency else None
    lines = price_quotes.quotes(cards, request, requests)
    if rate:
        lines[rate.currency.lower()] = lines["usd"] * rate.per_usd
    others = price_quotes.alternatives(cards, request, requests, day)
    show(lines, card_rows(cards, request), others, form, day, rate)


def newest_check() -> str:
    """Return the newest day on which a price of the table was checked, ISO date."""
    return str(datasets.load("api_prices")["checked_on"].max().date())


def tool_calls(text: str) -> tuple[str, float]:
    """Return the tool and the calls per request that `NAME=CALLS` names."""
    name, _, calls = text.partition("=")
    try:
        return name, float(calls)
    except ValueError:
        raise ComputebookError(f"--tool {text!r}: write it as web-search=2") from None


def cards_of(
    models: Sequence[str],
    day: str,
    tier: str,
    tools: list[str],
    *,
    peak: bool,
    fallback: str | None,
) -> list[PriceCard]:
    """Return the card of each model, from the package where the table has none and it may."""
    cards: list[PriceCard] = []
    for model in models:
        try:
            cards += price_quotes.quote_cards([model], day, tier, tools, peak=peak)
        except ComputebookError:
            card = price_package.card_from_package(model, day, tier) if fallback else None
            if card is None:
                raise
            cards.append(card)
    return list({card.model_id: card for card in cards}.values())


def card_rows(cards: Sequence[PriceCard], request: Usage) -> pd.DataFrame:
    """Return which card of each model was used: its dates, source and context tier."""
    rows = []
    for card in cards:
        inside = [tier for tier in card.tiers[1:] if tier.contains(request.input_tokens)]
        no_rate = np.isnan(card.tiers[0].rates.cached_input_usd_per_mtok)
        as_new = no_rate and request.cached_input_tokens > 0
        edge = inside[-1].context_above_tokens if inside else 0
        rows.append(
            {
                "model": card.model_id,
                "tier": card.service_tier,
                "context_above_tokens": int(edge),
                "effective_from": card.effective_from,
                "checked_on": card.checked_on,
                "source": card.source_key,
                "note": "no cached rate: billed as new" if as_new else "",
            }
        )
    return pd.DataFrame(rows)


def show(
    lines: pd.DataFrame,
    cards: pd.DataFrame,
    others: pd.DataFrame,
    form: str | None,
    day: str,
    rate: rates.ExchangeRate | None,
) -> None:
    """Write the bill; to the eye also the cards, and what other tiers would cost."""
    if form == "csv":
        output.write(lines.merge(cards, on=["model", "tier"]), form)
        return
    if form == "json":
        tables = {"bill": lines, "cards": cards, "alternatives": others}
        frames = {name: json.loads(f.to_json(orient="records")) for name, f in tables.items()}
        said = {"on": day, "exchange_rate": str(rate) if rate else None}
        click.echo(json.dumps({**said, **frames}, indent=2, ensure_ascii=False))
        return
    if len(cards) == 1:
        output.draw(lines.drop(columns=["model", "tier"]), f"{lines['model'][0]} on {day}")
    else:
        output.draw(side_by_side(lines), f"US dollars on {day}")
    output.draw(cards, "Price cards used")
    if len(others):
        output.draw(others, "The same in other service tiers")
    if rate:
        click.echo(str(rate))


def side_by_side(lines: pd.DataFrame) -> pd.DataFrame:
    """Return dollars with a row per model and a column per part, cheapest first."""
    parts = list(dict.fromkeys(lines["part"]))
    wide = lines.pivot_table(index="model", columns="part", values="usd", sort=False)[parts]
    totals = lines[lines["part"] == "total"].set_index("model")
    wide["usd_per_mtok"] = totals["usd_per_mtok"]
    wide = wide.sort_values("total", kind="stable").rename_axis(columns=None)
    return wide.reset_index()


COMMANDS = {"price": price_command}
