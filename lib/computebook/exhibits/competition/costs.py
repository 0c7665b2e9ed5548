"""What a workload costs by model: the article's enterprise row, mixes, dates."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from computebook import claims, datasets, errors
from computebook.claim_checks import parse_arguments
from computebook.price_cards import Date, price_card, price_cards
from computebook.price_comparison import (
    ImpliedVolumes,
    blended_usd_per_mtok,
    crossover_input_output_ratio,
    implied_token_volumes,
)
from computebook.pricing import PriceCard
from computebook.units import TOKENS_PER_MTOK

__all__ = [
    "Crossover",
    "annual_cost_usd",
    "article_costs",
    "crossover",
    "enterprise_costs",
    "implied_mix",
    "implied_volumes",
    "long_prompt_cost_usd",
    "misfit_usd",
    "model_name",
    "model_vendor",
]

MARKET_TABLE: Final = 11
GPT, GEMINI, CLAUDE, OLD_GPT = "gpt-5.2", "gemini-3-pro", "claude-opus-4.5", "gpt-5"
#: The article's three models, then cheaper ones with open weights.
RIVALS: Final = (GPT, GEMINI, CLAUDE)
ENTERPRISE: Final = (OLD_GPT, GPT, GEMINI, CLAUDE, "gpt-5.2-pro", "kimi-k2.5", "deepseek-v3.2")
#: Total input of a request that is certainly in Gemini's long-context tier, tokens.
LONG_REQUEST_TOKENS: Final = 250_000.0


class Crossover(NamedTuple):
    """Ratio of input to output tokens at which two models cost the same."""

    ratio: float
    ratio_cached: float
    cheaper_below: str
    cheaper_above: str


def model_name(model: str) -> str:
    """Return the name of a model as readers know it.

    Examples
    --------
    >>> model_name("gemini-3-deep-think")
    'Gemini 3 Deep Think'
    """
    return _stated(model, "name").split(" (", maxsplit=1)[0]


def model_vendor(model: str) -> str:
    """Return the vendor of a model.

    Examples
    --------
    >>> model_vendor("kimi-k2.5")
    'Moonshot AI'
    """
    return _stated(model, "vendor")


def _stated(model: str, field: str) -> str:
    models = datasets.load("commercial_models").set_index("model_id")
    errors.require_known("model", model, map(str, models.index))
    return str(models[field].to_dict()[model])


def annual_cost_usd(
    card: PriceCard,
    annual_mtok: float,
    input_output_ratio: float,
    cached_fraction: float = 0.0,
    request_input_tokens: float = 0.0,
) -> float:
    """Return what a year of tokens costs at list price, US dollars.

    Parameters
    ----------
    card : PriceCard
        Prices; where it has no cached rate, cached tokens are billed as new ones.
    annual_mtok : float
        Input and output tokens of a year together, million tokens.
    input_output_ratio : float
        Input tokens per output token.
    cached_fraction : float
        Share of the input read from a cache, 0 to 1.
    request_input_tokens : float
        Mean prompt, tokens, which selects the context tier.

    Examples
    --------
    >>> annual_cost_usd(price_card("gpt-5.2"), 10_000, 1.0)
    78750.0
    """
    mix = (input_output_ratio, cached_fraction, request_input_tokens)
    return float(annual_mtok * blended_usd_per_mtok(card.without_cache_discount(), *mix))


def article_costs() -> pd.Series[float]:
    """Return the annual costs that the article prints, US dollars by model id.

    Examples
    --------
    >>> article_costs().astype(int).to_dict()
    {'gpt-5.2': 56500, 'gemini-3-pro': 70000, 'claude-opus-4.5': 150000}
    """
    rows = claims.claims_of_table(MARKET_TABLE)
    rows = rows[rows["check"] == "enterprise_cost"]
    models = [parse_arguments(text)["model"] for text in rows["check_arguments"]]
    return pd.Series(rows["value"].to_numpy(float), index=models)


def implied_volumes(on: Date) -> ImpliedVolumes:
    """Return the tokens that the Gemini and Claude cells of the cost row imply together.

    Parameters
    ----------
    on : str or date
        Day of the prices.

    Examples
    --------
    >>> volumes = implied_volumes("2026-01-31")
    >>> round(volumes.input_tokens / 1e6), round(volumes.output_tokens / 1e6)
    (5000, 5000)
    """
    models = [GEMINI, CLAUDE]
    printed = article_costs()
    return implied_token_volumes(
        [float(printed[model]) for model in models], [price_card(model, on) for model in models]
    )


def misfit_usd(gpt_model: str, on: Date) -> float:
    """Return how far the best volumes miss the three cells, the first priced as one model.

    Parameters
    ----------
    gpt_model : str
        Model whose prices stand behind the first cell.
    on : str or date
        Day of the prices.

    Examples
    --------
    >>> misfit_usd("gpt-5", "2026-01-31") < 0.02 * misfit_usd("gpt-5.2", "2026-01-31")
    True
    """
    models = [gpt_model, GEMINI, CLAUDE]
    cards = [price_card(model, on) for model in models]
    return implied_token_volumes([*map(float, article_costs())], cards).residual_usd


def implied_mix(on: Date) -> tuple[float, float]:
    """Return the implied tokens of a year, million, and their ratio of input to output.

    Parameters
    ----------
    on : str or date
        Day of the prices.

    Examples
    --------
    >>> [round(value, 6) for value in implied_mix("2026-01-31")]
    [10000.0, 1.0]
    """
    volumes = implied_volumes(on)
    total = (volumes.input_tokens + volumes.output_tokens) / TOKENS_PER_MTOK
    return total, volumes.input_tokens / volumes.output_tokens


def enterprise_costs(on: Date) -> pd.DataFrame:
    """Return the annual cost of each model at the volumes that the article implies.

    Parameters
    ----------
    on : str or date
        Day of the prices; models without a price that day are left out.

    Returns
    -------
    DataFrame
        `model`, `vendor`, `input_usd_per_mtok`, `output_usd_per_mtok`, `article_usd` (nan where
        it prints none), `annual_usd`, `against_gpt` (multiple of GPT-5.2), cheapest first.

    Examples
    --------
    >>> frame = enterprise_costs("2026-01-31").set_index("model")
    >>> frame["annual_usd"].round().loc[["GPT-5", "GPT-5.2 Thinking"]].tolist()
    [56250.0, 78750.0]
    """
    cards, printed = price_cards(on), article_costs()
    total, ratio = implied_mix(on)
    rows = [
        {
            "model": model_name(model),
            "vendor": model_vendor(model),
            "input_usd_per_mtok": cards[model].tiers[0].rates.uncached_input_usd_per_mtok,
            "output_usd_per_mtok": cards[model].tiers[0].rates.output_usd_per_mtok,
            "article_usd": float(printed.get(model, np.nan)),
            "annual_usd": annual_cost_usd(cards[model], total, ratio),
        }
        for model in ENTERPRISE
        if model in cards
    ]
    gpt_usd = annual_cost_usd(price_card(GPT, on), total, ratio)
    frame = pd.DataFrame(rows)
    frame = frame.assign(against_gpt=frame["annual_usd"] / gpt_usd)
    return frame.sort_values("annual_usd", ignore_index=True)


def long_prompt_cost_usd(on: Date) -> float:
    """Return Gemini 3 Pro's cost at the implied volumes if every prompt is long, US dollars.

    Examples
    --------
    >>> round(long_prompt_cost_usd("2026-01-31"))
    110000
    """
    return annual_cost_usd(price_card(GEMINI, on), *implied_mix(on), 0.0, LONG_REQUEST_TOKENS)


def crossover(on: Date, cached_fraction: float, request_input_tokens: float = 0.0) -> Crossover:
    r"""Return the mix at which GPT-5.2 and Gemini 3 Pro cost the same.

    Parameters
    ----------
    on : str or date
        Day of the prices.
    cached_fraction : float
        Share of the input read from a cache, 0 to 1; both models bill it at one tenth, so the
        ratio grows by :math:`1/(1 - 0.9 c)`.
    request_input_tokens : float
        Mean prompt, tokens, which selects the context tier.

    Returns
    -------
    Crossover
        `ratio` without a cache and `ratio_cached` with it (nan where one model is cheaper at
        every mix), and the names of the cheaper model below and above.

    Examples
    --------
    >>> found = crossover("2026-01-31", 0.5)
    >>> found.ratio, round(found.ratio_cached, 1), found.cheaper_below
    (8.0, 14.5, 'Gemini 3 Pro')
    """
    cards = {model: price_card(model, on) for model in (GPT, GEMINI)}
    mixed = [_with_cache(card, cached_fraction) for card in cards.values()]
    costs = {
        ratio: [
            annual_cost_usd(card, 1.0, ratio, cached_fraction, request_input_tokens)
            for card in cards.values()
        ]
        for ratio in (0.0, 1e4)
    }
    cheaper = [model_name(list(cards)[int(np.argmin(usd))]) for usd in costs.values()]
    return Crossover(
        crossover_input_output_ratio(cards[GPT], cards[GEMINI], request_input_tokens),
        crossover_input_output_ratio(mixed[0], mixed[1], request_input_tokens),
        *cheaper,
    )


def _with_cache(card: PriceCard, cached_fraction: float) -> PriceCard:
    """Return a card whose input rate is the average of new and cached tokens."""
    tiers = tuple(
        tier.__class__(
            rates=tier.rates.__class__(
                (1 - cached_fraction) * tier.rates.uncached_input_usd_per_mtok
                + cached_fraction * tier.rates.filled().cached_input_usd_per_mtok,
                tier.rates.output_usd_per_mtok,
            ),
            context_above_tokens=tier.context_above_tokens,
            edge_inclusive=tier.edge_inclusive,
        )
        for tier in card.tiers
    )
    return PriceCard(card.model_id, tiers)
