"""What a year of tokens costs by model as the mix of input, output and cache changes."""

from __future__ import annotations

from typing import Final, NamedTuple

import pandas as pd

from computebook import datasets, errors
from computebook.exhibits.competition.costs import (
    CLAUDE,
    GEMINI,
    GPT,
    OLD_GPT,
    RIVALS,
    annual_cost_usd,
    implied_mix,
    model_name,
    model_vendor,
)
from computebook.price_cards import Date, price_card, price_cards
from computebook.pricing import PriceCard

__all__ = ["Mix", "Trace", "cost_by_mix", "mix_ranking", "trace_means", "workload_range"]

#: The article's three models, then two with open weights.
PRICED: Final = (*RIVALS, "kimi-k2.5", "deepseek-v3.2")
TRACES: Final = {
    "servegen-deepseek-r1": "Reasoning (DeepSeek-R1)",
    "azure-2023-conversation": "Chat (Azure 2023)",
    "terminal-bench-agent": "Coding agent (Terminal-Bench)",
    "arxiv-summarisation": "Summaries (arXiv)",
    "mooncake-conversation": "Long chat (Mooncake)",
    "azure-2023-code": "Code completion (Azure 2023)",
}
RATIOS: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


class Trace(NamedTuple):
    """Mean request of a measured trace: tokens, cached share of the input (0 if unpublished)."""

    name: str
    input_tokens: float
    output_tokens: float
    cached_fraction: float
    source_key: str

    @property
    def input_output_ratio(self) -> float:
        """Input tokens per output token."""
        return self.input_tokens / self.output_tokens


class Mix(NamedTuple):
    """A workload by its mix: input tokens per output token, cached share, mean prompt."""

    workload: str
    ratio: float
    cached_fraction: float = 0.0
    request_input_tokens: float = 0.0
    source_key: str = ""


def cost_by_mix(on: Date) -> pd.DataFrame:
    """Return the annual cost of the implied tokens at other mixes of input and output.

    Parameters
    ----------
    on : str or date
        Day of the prices.

    Returns
    -------
    DataFrame
        `ratio` (input tokens per output token), `model`, `vendor`, `annual_kusd` (thousand US
        dollars), without caching.

    Examples
    --------
    >>> frame = cost_by_mix("2026-01-31")
    >>> at_8 = frame[frame["ratio"] == 8].set_index("model")["annual_kusd"]
    >>> bool(abs(at_8["GPT-5.2 Thinking"] - at_8["Gemini 3 Pro"]) < 1e-6)
    True
    """
    total, _ = implied_mix(on)
    models = (CLAUDE, GPT, GEMINI, OLD_GPT)
    return pd.DataFrame(
        {
            "ratio": ratio,
            "model": model_name(model),
            "vendor": model_vendor(model),
            "annual_kusd": annual_cost_usd(price_card(model, on), total, ratio) / 1e3,
        }
        for model in models
        for ratio in RATIOS
    )


def mix_ranking(
    on: Date,
    annual_mtok: float,
    input_output_ratio: float,
    cached_fraction: float,
    request_input_tokens: float,
) -> pd.DataFrame:
    """Return the annual cost by model at your mix, the article's and those of traces.

    Parameters
    ----------
    on : str or date
        Day of the prices; models without a price that day are left out.
    annual_mtok, input_output_ratio, cached_fraction, request_input_tokens : float
        Your workload, as in `annual_cost_usd`; the other rows have the same tokens a year and
        the cached share of their trace, 0 where it is not published.

    Returns
    -------
    DataFrame
        `workload`, `ratio`, `cached_fraction`, a column per model with its cost in US dollars,
        `cheapest_of_three` (of the article's models), `source_key`; by rising ratio.

    Examples
    --------
    >>> frame = mix_ranking("2026-01-31", 10_000, 5.5, 0.35, 6_000).set_index("workload")
    >>> frame.at["Article's implied mix", "cheapest_of_three"]
    'Gemini 3 Pro'
    """
    cards = {model: card for model, card in price_cards(on).items() if model in PRICED}
    your = Mix("Your workload", input_output_ratio, cached_fraction, request_input_tokens)
    article = Mix("Article's implied mix", implied_mix(on)[1])
    rows = [_mix_row(mix, annual_mtok, cards) for mix in (your, article, *map(_trace_mix, TRACES))]
    return pd.DataFrame(rows).sort_values("ratio", kind="stable", ignore_index=True)


def trace_means(profile: str) -> Trace:
    """Return the mean request of a measured trace.

    Parameters
    ----------
    profile : str
        Id of a token profile with means.

    Examples
    --------
    >>> round(trace_means("azure-2023-conversation").input_output_ratio, 2)
    5.47
    """
    profiles = datasets.load("token_profiles")
    errors.require_known("profile", profile, map(str, profiles["profile_id"]))
    row = profiles[profiles["profile_id"] == profile].to_dict("records")[0]
    return Trace(
        str(row["name"]).split(" (", maxsplit=1)[0],
        float(row["input_mean_tokens"]),
        float(row["output_mean_tokens"]),
        0.0 if pd.isna(row["cached_share"]) else float(row["cached_share"]),
        str(row["source_key"]),
    )


def _trace_mix(profile: str) -> Mix:
    trace = trace_means(profile)
    return Mix(
        TRACES[profile],
        trace.input_output_ratio,
        trace.cached_fraction,
        trace.input_tokens,
        trace.source_key,
    )


def _mix_row(mix: Mix, annual_mtok: float, cards: dict[str, PriceCard]) -> dict[str, object]:
    amounts = (mix.ratio, mix.cached_fraction, mix.request_input_tokens)
    usd = {model: annual_cost_usd(card, annual_mtok, *amounts) for model, card in cards.items()}
    cheapest = min((model for model in RIVALS if model in usd), key=usd.__getitem__)
    priced = {model_name(model): usd[model] for model in PRICED if model in usd}
    return {
        "workload": mix.workload,
        "ratio": mix.ratio,
        "cached_fraction": mix.cached_fraction,
        **priced,
        "cheapest_of_three": model_name(cheapest),
        "source_key": mix.source_key,
    }


def workload_range(
    on: Date,
    annual_mtok: float,
    input_output_ratio: float,
    cached_fraction: float,
    request_input_tokens: float,
) -> pd.DataFrame:
    """Return your annual cost by model: low with the best measured cache, high without one.

    Parameters
    ----------
    on : str or date
        Day of the prices; models without a price that day are left out.
    annual_mtok, input_output_ratio, cached_fraction, request_input_tokens : float
        Your workload, as in `annual_cost_usd`.

    Returns
    -------
    DataFrame
        `model`, `vendor`, `low_usd`, `central_usd`, `high_usd`, cheapest first. A cached share
        of yours above the best measured one is itself the low case.

    Examples
    --------
    >>> frame = workload_range("2026-01-31", 10_000, 5.5, 0.35, 6_000)
    >>> bool((frame["low_usd"] < frame["central_usd"]).all())
    True
    """
    best = max(float(datasets.load("token_profiles")["cached_share"].max()), cached_fraction)
    cards = {model: card for model, card in price_cards(on).items() if model in PRICED}
    rows = []
    for model, card in cards.items():
        low, central, high = (
            annual_cost_usd(card, annual_mtok, input_output_ratio, cached, request_input_tokens)
            for cached in (best, cached_fraction, 0.0)
        )
        usd = {"low_usd": low, "central_usd": central, "high_usd": high}
        rows.append({"model": model_name(model), "vendor": model_vendor(model), **usd})
    return pd.DataFrame(rows).sort_values("central_usd", ignore_index=True)
