"""The findings of the chapter on competition, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from computebook.exhibits.competition.concentration import (
    concentration_by_metric,
    concentration_series,
)
from computebook.exhibits.competition.costs import (
    CLAUDE,
    GEMINI,
    GPT,
    OLD_GPT,
    Crossover,
    annual_cost_usd,
    article_costs,
    crossover,
    implied_volumes,
    misfit_usd,
)
from computebook.exhibits.competition.leads import lead_tests
from computebook.exhibits.competition.mixes import workload_range
from computebook.exhibits.competition.shares import (
    FORECAST,
    ArticleReading,
    article_readings,
    article_shares,
    latest_shares,
    shares_at,
)
from computebook.price_cards import Date, price_card
from computebook.units import TOKENS_PER_MTOK

__all__ = [
    "Costs",
    "Headline",
    "Leads",
    "Shares",
    "costs",
    "headline",
    "in_sentence",
    "leads",
    "none_or",
    "shares",
    "span",
]


@dataclass(frozen=True)
class Shares:
    """What the shares say.

    Attributes
    ----------
    readings : list of ArticleReading
        The readings that the article's two months come closest to.
    at_article_month : DataFrame
        Shares of web visits in the article's month, by vendor.
    printed_claude_percent : float
        What the article prints for Claude in January 2026, percent.
    lowest, highest : Series
        Rows of `latest_shares` with the lowest and the highest share of Anthropic.
    first, last : Series
        First and last row of the concentration of the chosen metric.
    widest_index : float
        Widest band that the unlisted rest leaves, points of the index.
    loosest, tightest : Series
        Rows of `concentration_by_metric` with the lowest and the highest middle.
    """

    readings: list[ArticleReading]
    at_article_month: pd.DataFrame
    printed_claude_percent: float
    lowest: pd.Series[Any]
    highest: pd.Series[Any]
    first: pd.Series[Any]
    last: pd.Series[Any]
    widest_index: float
    loosest: pd.Series[Any]
    tightest: pd.Series[Any]


@dataclass(frozen=True)
class Costs:
    """What the enterprise row says.

    Attributes
    ----------
    input_mtok, output_mtok : float
        Volumes that the Gemini and Claude cells imply, million tokens a year.
    printed_usd, gpt_usd, old_gpt_usd, gemini_usd : float
        Printed cost of GPT-5.2, then the costs at these volumes of GPT-5.2, GPT-5 and
        Gemini 3 Pro, US dollars a year.
    misfit_gpt_usd, misfit_old_gpt_usd : float
        Miss of the best volumes for all three cells, with GPT-5.2's and with GPT-5's prices.
    crossover : Crossover
        Mix at which GPT-5.2 and Gemini 3 Pro cost the same.
    cheapest, cheapest_usd, dearest, dearest_usd : str and float
        Cheapest and dearest of the models priced for your workload, US dollars a year.
    """

    input_mtok: float
    output_mtok: float
    printed_usd: float
    gpt_usd: float
    old_gpt_usd: float
    gemini_usd: float
    misfit_gpt_usd: float
    misfit_old_gpt_usd: float
    crossover: Crossover
    cheapest: str
    cheapest_usd: float
    dearest: str
    dearest_usd: float


@dataclass(frozen=True)
class Leads:
    """How many leads by category survive.

    Attributes
    ----------
    categories : int
        Categories of the article.
    over_runner_up, over_other_vendor, over_printed : int
        Leads that survive over the true runner-up, over the best model of another vendor, and
        over the runner-up that the article prints.
    """

    categories: int
    over_runner_up: int
    over_other_vendor: int
    over_printed: int


def span(low: float, high: float) -> str:
    """Return a span to one decimal, or the one number that both ends round to.

    Examples
    --------
    >>> span(1.31, 1.33), span(2.7, 2.8)
    ('1.3', '2.7 to 2.8')
    """
    ends = list(dict.fromkeys(f"{value:.1f}" for value in (low, high)))
    return " to ".join(ends)


def in_sentence(name: str) -> str:
    """Return a name as it stands inside a sentence: small, unless it starts with initials.

    Examples
    --------
    >>> in_sentence("Web visits, May 2026"), in_sentence("API spending")
    ('web visits, May 2026', 'API spending')
    """
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def none_or(count: int) -> str:
    """Return a count, or the word for zero.

    Examples
    --------
    >>> none_or(0), none_or(2)
    ('none', '2')
    """
    return str(count) if count else "none"


@dataclass(frozen=True)
class Headline:
    """All of it."""

    shares: Shares
    costs: Costs
    leads: Leads


def shares(metric: str = "web-visits") -> Shares:
    """Return what the shares say.

    Parameters
    ----------
    metric : str
        Metric whose concentration is followed.

    Examples
    --------
    >>> shares().highest["label"]
    'Reseller spending, May 2026'
    """
    latest = latest_shares()
    printed = article_shares().drop_duplicates("vendor").set_index("vendor")["share_percent"]
    known = latest[latest["Anthropic"].notna() & latest["adds_up"]]
    known = known[known["metric"] != FORECAST].sort_values("Anthropic")
    series = concentration_series(metric)
    by_metric = concentration_by_metric().sort_values("middle")
    return Shares(
        readings=article_readings(),
        at_article_month=shares_at("web-visits", "2026-01"),
        printed_claude_percent=float(printed["Anthropic"]),
        lowest=known.iloc[0],
        highest=known.iloc[-1],
        first=series.iloc[0],
        last=series.iloc[-1],
        widest_index=float((series["high"] - series["low"]).max()),
        loosest=by_metric.iloc[0],
        tightest=by_metric.iloc[-1],
    )


def costs(
    on: Date,
    annual_mtok: float,
    input_output_ratio: float,
    cached_fraction: float,
    request_input_tokens: float,
) -> Costs:
    """Return what the enterprise row says, and what your workload costs.

    Parameters
    ----------
    on : str or date
        Day of the prices.
    annual_mtok, input_output_ratio, cached_fraction, request_input_tokens : float
        Your workload, as in `annual_cost_usd`.

    Examples
    --------
    >>> found = costs("2026-01-31", 10_000, 5.5, 0.35, 6_000)
    >>> round(found.gpt_usd), round(found.old_gpt_usd)
    (78750, 56250)
    """
    volumes = implied_volumes(on)
    inputs, outputs = (v / TOKENS_PER_MTOK for v in (volumes.input_tokens, volumes.output_tokens))
    usd = {
        model: annual_cost_usd(price_card(model, on), inputs + outputs, inputs / outputs)
        for model in (GPT, OLD_GPT, GEMINI, CLAUDE)
    }
    yours = workload_range(
        on, annual_mtok, input_output_ratio, cached_fraction, request_input_tokens
    )
    first, last = yours.iloc[0], yours.iloc[-1]
    return Costs(
        input_mtok=inputs,
        output_mtok=outputs,
        printed_usd=float(article_costs()[GPT]),
        gpt_usd=usd[GPT],
        old_gpt_usd=usd[OLD_GPT],
        gemini_usd=usd[GEMINI],
        misfit_gpt_usd=misfit_usd(GPT, on),
        misfit_old_gpt_usd=misfit_usd(OLD_GPT, on),
        crossover=crossover(on, cached_fraction, request_input_tokens),
        cheapest=str(first["model"]),
        cheapest_usd=float(first["central_usd"]),
        dearest=str(last["model"]),
        dearest_usd=float(last["central_usd"]),
    )


def leads(confidence_percent: float = 95.0) -> Leads:
    """Return how many leads by category survive.

    Parameters
    ----------
    confidence_percent : float
        Level of the test, percent.

    Examples
    --------
    >>> leads().over_runner_up, leads().over_printed
    (0, 1)
    """
    tests = lead_tests(confidence_percent)
    survived = [
        int(tests.loc[tests["against"].str.contains(role), "survives"].sum())
        for role in ("true runner-up", "other vendor", "as printed")
    ]
    return Leads(int(tests["category"].nunique()), *survived)


def headline(
    metric: str = "web-visits",
    price_date: Date = "2026-01-31",
    annual_mtok: float = 10_000.0,
    input_output_ratio: float = 5.5,
    cached_fraction: float = 0.35,
    request_input_tokens: float = 6_000,
    confidence_percent: float = 95.0,
) -> Headline:
    """Return the findings of the chapter for its parameters.

    Examples
    --------
    >>> headline().leads.categories
    5
    """
    workload = (annual_mtok, input_output_ratio, cached_fraction, request_input_tokens)
    return Headline(shares(metric), costs(price_date, *workload), leads(confidence_percent))
