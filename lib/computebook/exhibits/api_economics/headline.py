"""The values that the chapter leads with."""

from __future__ import annotations

from dataclasses import dataclass

from computebook.exhibits.api_economics.articles import PRO, priced_queries
from computebook.exhibits.api_economics.offers import standard_card
from computebook.exhibits.api_economics.reasoning import ordinal, tail_share
from computebook.exhibits.api_economics.workloads import Request, ledger
from computebook.price_cards import Date
from computebook.pricing import PriceCard

__all__ = ["Headline", "headline"]


@dataclass(frozen=True)
class Headline:
    """Headline values.

    Parameters
    ----------
    pro_multiple : float
        Output price of GPT-5.2 Pro over that of GPT-5.2 Thinking.
    usd_per_krequest : float
        Bill of 1,000 of the reader's requests, US dollars.
    reasoning_share, input_share : float
        Shares of that bill, fractions.
    query_percentiles : tuple of str
        Where the article's queries stand in DeepSeek-R1 traffic.
    tail_share : float
        Share of all output tokens in the longest tenth of the requests.
    """

    pro_multiple: float
    usd_per_krequest: float
    reasoning_share: float
    input_share: float
    query_percentiles: tuple[str, ...]
    tail_share: float


def _output_rate(card: PriceCard) -> float:
    return card.tiers[0].rates.output_usd_per_mtok


def _percentile(fraction: float) -> str:
    return "beyond the longest of them" if fraction >= 1 else f"{ordinal(fraction)} percentile"


def headline(model: str, price_date: Date, request: Request, cached_fraction: float) -> Headline:
    """Return the chapter's headline values for its parameters.

    Parameters
    ----------
    model, price_date
        Model and day of the prices.
    request : Request
        The reader's mean request.
    cached_fraction : float
        Share of the input read from a cache.

    Raises
    ------
    ComputebookError
        If a value is out of bounds or the model has no price that day.

    Examples
    --------
    >>> headline("gpt-5.2", "2026-01-15", Request(6_000, 500, 0.7), 0.5).pro_multiple
    12.0
    """
    rows = ledger(model, price_date, request, cached_fraction).set_index("leaf")
    shares = rows["share"]
    queries = priced_queries(model, price_date, request.input_tokens)
    rates = [_output_rate(standard_card(name, price_date)) for name in (PRO, "gpt-5.2")]
    return Headline(
        pro_multiple=rates[0] / rates[1],
        usd_per_krequest=float(rows["usd_per_krequest"]["Total"]),
        reasoning_share=float(shares["Reasoning"]),
        input_share=float(shares["New input"] + shares["Cached input"]),
        query_percentiles=tuple(_percentile(value) for value in queries["length_percentile"]),
        tail_share=tail_share(0.10),
    )
