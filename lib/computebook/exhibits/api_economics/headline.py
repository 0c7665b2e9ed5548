"""The numbers of the chapter's takeaways."""

from __future__ import annotations

from dataclasses import dataclass

from computebook.exhibits.api_economics.articles import PRO, priced_queries
from computebook.exhibits.api_economics.budget import monthly_bill_usd
from computebook.exhibits.api_economics.offers import standard_card
from computebook.exhibits.api_economics.reasoning import ordinal, tail_share
from computebook.exhibits.api_economics.savings import savings
from computebook.exhibits.api_economics.self_hosting import break_even, span_in_words
from computebook.exhibits.api_economics.workloads import Request, ledger
from computebook.price_cards import Date
from computebook.pricing import PriceCard

__all__ = ["Headline", "headline"]


@dataclass(frozen=True)
class Headline:
    """What the chapter finds, in the units of its sentences.

    Attributes
    ----------
    pro_multiple : float
        Output price of GPT-5.2 Pro over that of GPT-5.2.
    usd_per_krequest : float
        Bill of 1,000 of the reader's requests, US dollars.
    reasoning_share, output_share : float
        Fraction of that bill which is reasoning, and all output.
    monthly_usd : float
        Bill of a month with caching and batching, US dollars.
    query_percentiles : tuple of str
        Where the article's three queries stand in DeepSeek-R1 traffic.
    tail_share : float
        Fraction of that traffic's output tokens in its longest tenth of requests.
    most_cache_saved, least_cache_saved : float
        Fraction of the bill that caching saves, of the workload that it helps most and least.
    most_helped, least_helped : str
        Those workloads.
    break_even_then, break_even_now : str
        From which utilization own serving costs less, over the published fleets: at the API
        price when they were measured, and on the article's date.
    """

    pro_multiple: float
    usd_per_krequest: float
    reasoning_share: float
    output_share: float
    monthly_usd: float
    query_percentiles: tuple[str, ...]
    tail_share: float
    most_cache_saved: float
    least_cache_saved: float
    most_helped: str
    least_helped: str
    break_even_then: str
    break_even_now: str


def _output_rate(card: PriceCard) -> float:
    return card.tiers[0].rates.output_usd_per_mtok


def _percentile(fraction: float) -> str:
    return "beyond the longest of them" if fraction >= 1 else f"{ordinal(fraction)} percentile"


def headline(
    model: str,
    price_date: Date,
    request: Request,
    requests_per_month: float,
    cached_fraction: float,
    batch_fraction: float,
    gpu_hour_usd: float,
    overhead_fraction: float,
) -> Headline:
    """Return the chapter's headline values for its parameters.

    Parameters
    ----------
    model, price_date
        Model and day of the prices.
    request : Request
        The reader's mean request.
    requests_per_month, cached_fraction, batch_fraction
        The reader's traffic.
    gpu_hour_usd, overhead_fraction
        The reader's own fleet.

    Raises
    ------
    ComputebookError
        If a value is out of bounds or the model has no price that day.
    """
    rows = ledger(model, price_date, request, cached_fraction).set_index("leaf")
    shares = rows["share"]
    saved = savings(model, price_date, request, cached_fraction).set_index("workload")[
        "cache_saved"
    ]
    queries = priced_queries(model, price_date, request.input_tokens)
    own = break_even(
        request,
        cached_fraction=cached_fraction,
        gpu_hour_usd=gpu_hour_usd,
        utilization_fraction=1.0,
        overhead_fraction=overhead_fraction,
        requests_per_month=requests_per_month,
    )
    limits = own.groupby("api", sort=False)["break_even_fraction"].agg(["min", "max"])
    then, now = (span_in_words(float(low), float(high)) for low, high in limits.to_numpy())
    rates = [_output_rate(standard_card(name, price_date)) for name in (PRO, "gpt-5.2")]
    return Headline(
        pro_multiple=rates[0] / rates[1],
        usd_per_krequest=float(rows["usd_per_krequest"]["Total"]),
        reasoning_share=float(shares["Reasoning"]),
        output_share=float(shares["Reasoning"] + shares["Visible output"]),
        monthly_usd=monthly_bill_usd(
            model,
            price_date,
            request,
            requests_per_month=requests_per_month,
            cached_fraction=cached_fraction,
            batch_fraction=batch_fraction,
        ),
        query_percentiles=tuple(_percentile(value) for value in queries["length_percentile"]),
        tail_share=tail_share(0.10),
        most_cache_saved=float(saved.max()),
        least_cache_saved=float(saved.min()),
        most_helped=str(saved.idxmax()),
        least_helped=str(saved.idxmin()),
        break_even_then=then,
        break_even_now=now,
    )
