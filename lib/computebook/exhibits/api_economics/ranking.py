"""The article's enterprise cost row: the tokens behind it, and the ranking by mix."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from computebook import claims
from computebook.exhibits.api_economics.offers import model_name, standard_card
from computebook.exhibits.api_economics.workloads import measured_requests
from computebook.price_cards import ARTICLE_DATE, price_card
from computebook.price_comparison import (
    ImpliedVolumes,
    blended_usd_per_mtok,
    crossover_input_output_ratio,
    implied_token_volumes,
)
from computebook.units import TOKENS_PER_MTOK

__all__ = ["cheapest_in_words", "crossover", "enterprise_row", "implied", "rival_curves"]

PRINTED: Final = {
    "gpt-5.2": "t11.cost.chatgpt",
    "gemini-3-pro": "t11.cost.gemini",
    "claude-opus-4.5": "t11.cost.claude",
}
OTHERS: Final = ("gpt-5", "gpt-5.2-pro", "deepseek-v3.2")
CACHED: Final = (0.0, 0.5, 0.9)
_RATIOS: Final = np.geomspace(0.5, 100, 24)


def _printed() -> pd.DataFrame:
    return claims.claims_of_table(11).set_index("claim_id")


def implied() -> ImpliedVolumes:
    """Return the tokens of a year that the article's Gemini and Claude cells imply.

    Examples
    --------
    >>> found = implied()
    >>> round(found.input_tokens / 1e9, 3), round(found.output_tokens / 1e9, 3)
    (5.0, 5.0)
    """
    models = ("gemini-3-pro", "claude-opus-4.5")
    printed = _printed()["value"].astype(float).to_dict()
    costs = [float(printed[PRINTED[model]]) for model in models]
    return implied_token_volumes(costs, [price_card(model) for model in models])


def enterprise_row() -> pd.DataFrame:
    """Return the article's annual cost beside the bill of the same tokens in measured mixes.

    Prices of the article's month, and nothing cached: the row states neither.

    Returns
    -------
    DataFrame
        `model`, `printed` (as the article prints it), `implied_usd`, and one column per trace:
        US dollars a year for the same number of tokens at its ratio of input to output.

    Examples
    --------
    >>> rows = enterprise_row().set_index("model")
    >>> rows["implied_usd"].round().astype(int).to_dict()["GPT-5.2 Thinking"]
    78750
    """
    volumes = implied()
    total = (volumes.input_tokens + volumes.output_tokens) / TOKENS_PER_MTOK
    ratios = {name: mean.input_output_ratio for name, mean in measured_requests().items()}
    rows = []
    for model in (*PRINTED, *OTHERS):
        card = standard_card(model, ARTICLE_DATE)
        by_mix = {
            name: float(total * blended_usd_per_mtok(card, ratio)) for name, ratio in ratios.items()
        }
        even = volumes.input_tokens / volumes.output_tokens
        usd = float(total * blended_usd_per_mtok(card, even))
        printed = _printed().loc[PRINTED[model], "value_text"] if model in PRINTED else ""
        rows.append({"model": model_name(model), "printed": printed or None, "implied_usd": usd}
                    | by_mix)  # fmt: skip
    return pd.DataFrame(rows)


def cheapest_in_words(row: pd.DataFrame) -> str:
    """Return which of the article's three models is cheapest in each mix, in words.

    Parameters
    ----------
    row : DataFrame
        From `enterprise_row`.
    """
    three = row[row["printed"].notna()].set_index("model")
    mixes = {"implied": "implied_usd"} | {name: name for name in measured_requests()}
    wins: dict[str, list[str]] = {}
    for mix, column in mixes.items():
        wins.setdefault(str(three[column].idxmin()), []).append(mix)
    return "; ".join(f"{model} ({', '.join(won)})" for model, won in wins.items())


def crossover(cached_fraction: float = 0.0) -> float:
    """Return the input per output token above which GPT-5.2 costs less than Gemini 3 Pro.

    Both read cached input at a tenth of their rate, so that a cached share stretches the ratio.

    Examples
    --------
    >>> crossover(), round(crossover(0.5), 1)
    (8.0, 14.5)
    """
    first, second = (price_card(model) for model in ("gpt-5.2", "gemini-3-pro"))
    plain = crossover_input_output_ratio(first, second)
    rates = first.tiers[0].rates
    read = rates.cached_input_usd_per_mtok / rates.uncached_input_usd_per_mtok
    return plain / (1 - cached_fraction * (1 - read))


def rival_curves() -> pd.DataFrame:
    """Return the bill of GPT-5.2 over that of Gemini 3 Pro by mix and cached share.

    Returns
    -------
    DataFrame
        `cached`, `ratio` (input per output token), `percent`, in long form.
    """
    first, second = (price_card(model) for model in ("gpt-5.2", "gemini-3-pro"))
    frames = [
        pd.DataFrame(
            {
                "cached": f"{share:.0%} cached",
                "ratio": _RATIOS,
                "percent": 100
                * blended_usd_per_mtok(first, _RATIOS, share)
                / blended_usd_per_mtok(second, _RATIOS, share),
            }
        )
        for share in CACHED
    ]
    return pd.concat(frames, ignore_index=True)
