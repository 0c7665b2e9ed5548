"""The findings of the chapter on GPU sizing, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from computebook import datasets, roofline, units, validation
from computebook.exhibits.gpu_sizing.article import (
    ARTICLE_ELEMENTS,
    FULL_WINDOW_TOKENS,
    article_cache_gb,
    prompt_limit_tokens,
)
from computebook.exhibits.gpu_sizing.caches import cache_range_gb, caches
from computebook.exhibits.gpu_sizing.case import Case
from computebook.exhibits.gpu_sizing.cost import cost_bounds
from computebook.exhibits.gpu_sizing.speed import break_points, decode_bounds

__all__ = ["Headline", "article_read_ms", "headline", "join_words", "serving_ratio", "users_words"]

SMALLEST: Final = "h100-sxm"
SERVED_MODEL: Final = "llama-3.1-405b"
SERVED_ROUND: Final = "v5.1"


def join_words(words: Sequence[str]) -> str:
    """Return words as a list in a sentence.

    Examples
    --------
    >>> join_words(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def users_words(batch_size: int) -> str:
    """Return a number of users in words.

    Examples
    --------
    >>> users_words(1), users_words(1_024)
    ('1 user', '1,024 users')
    """
    return f"{batch_size:,} user{'' if batch_size == 1 else 's'}"


def article_read_ms(kv_bits: float, accelerator_id: str = SMALLEST) -> float:
    """Return the time to read the article's full cache once on one accelerator, ms.

    Parameters
    ----------
    kv_bits : float
        Bits per cached value, 1 to 64.
    accelerator_id : str
        Id or alias.

    Raises
    ------
    ComputebookError
        If the accelerator is unknown or the bits are out of bounds.

    Examples
    --------
    >>> round(article_read_ms(16), 1)
    7.6
    """
    gpu = datasets.accelerator(accelerator_id)
    size = article_cache_gb(FULL_WINDOW_TOKENS, kv_bits) * units.BYTES_PER_GB
    return 1e3 * float(roofline.read_s(size, gpu.memory_bandwidth_bytes_per_s))


def serving_ratio(accelerator_id: str, against: str) -> float:
    """Return the ratio of the best measured rates per accelerator on Llama 3.1 405B, Offline.

    Parameters
    ----------
    accelerator_id, against : str
        Ids in the results of MLPerf Inference v5.1.

    Examples
    --------
    >>> round(serving_ratio("h200-sxm", "h100-sxm"), 2)
    1.41
    """
    table = datasets.load("mlperf_inference")
    same = table[
        (table["round"] == SERVED_ROUND)
        & (table["scenario"] == "offline")
        & (table["model"] == SERVED_MODEL)
    ]
    best = same.groupby("accelerator_id")["tokens_per_s_per_accelerator"].max()
    return float(best[accelerator_id] / best[against])


@dataclass(frozen=True)
class Headline:
    """The chapter in numbers.

    Attributes
    ----------
    models : int
        Open models of the class.
    low_gb, central_gb, high_gb : float
        Cache of one full window over them.
    low_name, high_name : str
        The models at both ends.
    article_gb, article_elements : float
        The article's cache of one full window and its elements per token.
    article_read_ms : float
        Reading it once on an H100.
    prompt_tokens : int
        Longest prompt of GPT-5.2.
    prompt_low_gb, prompt_high_gb : float
        Cache of that prompt over the class.
    fleets : DataFrame
        From `speed.decode_bounds`.
    points : DataFrame
        From `speed.break_points`.
    costs : DataFrame
        From `cost.cost_bounds`.
    capacity_error_percent, capacity_cases : float, int
        Mean error of the memory model on measured capacities.
    """

    models: int
    low_gb: float
    central_gb: float
    high_gb: float
    low_name: str
    high_name: str
    article_gb: float
    article_elements: float
    article_read_ms: float
    prompt_tokens: int
    prompt_low_gb: float
    prompt_high_gb: float
    fleets: pd.DataFrame
    points: pd.DataFrame
    costs: pd.DataFrame
    capacity_error_percent: float
    capacity_cases: int

    @property
    def fleet_words(self) -> str:
        """The smallest fleets, as words."""
        return join_words(list(self.fleets["fleet"]))

    @property
    def cheapest(self) -> pd.Series[float] | None:
        """The row with the lowest bound on output cost at median prices; None without a price."""
        priced = self.costs.dropna(subset=["central_output_usd_per_mtok"])
        ranked = priced.sort_values("central_output_usd_per_mtok")
        return None if ranked.empty else ranked.iloc[0]


def headline(
    case: Case,
    accelerators: Sequence[str],
    context_tokens: int,
    batch_size: int,
    time_per_output_token_ms: float,
    price_percent: float = 100.0,
    busy_percent: float = 100.0,
) -> Headline:
    """Return the findings of the chapter under its parameters.

    Parameters
    ----------
    case : Case
        Model, formats and memory policy.
    accelerators : sequence of str
        Accelerators to compare.
    context_tokens, batch_size : int
        Tokens per sequence and sequences.
    time_per_output_token_ms : float
        Longest time for the next token, ms.
    price_percent, busy_percent : float
        As in `cost.cost_bounds`.

    Raises
    ------
    ComputebookError
        If a name is unknown or a number out of bounds.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> found = headline(case("llama-3.1-70b", "fp8", "bf16"), ["h100-sxm"], 8_192, 16, 20)
    >>> round(found.high_gb / found.low_gb)
    14
    """
    open_models = caches(case.kv_cache)
    low, central, high = cache_range_gb(FULL_WINDOW_TOKENS, case.kv_cache)
    prompt_low, _, prompt_high = cache_range_gb(prompt_limit_tokens(), case.kv_cache)
    held = validation.sequence_capacities()
    score = validation.error_summary(held["predicted"], held["measured"])
    place = (accelerators, context_tokens, batch_size)
    return Headline(
        models=len(open_models),
        low_gb=low,
        central_gb=central,
        high_gb=high,
        low_name=str(open_models["name"].iloc[-1]),
        high_name=str(open_models["name"].iloc[0]),
        article_gb=article_cache_gb(FULL_WINDOW_TOKENS, case.kv_bits),
        article_elements=ARTICLE_ELEMENTS,
        article_read_ms=article_read_ms(case.kv_bits),
        prompt_tokens=prompt_limit_tokens(),
        prompt_low_gb=prompt_low,
        prompt_high_gb=prompt_high,
        fleets=decode_bounds(case, *place),
        points=break_points(case, *place, time_per_output_token_ms),
        costs=cost_bounds(case, *place, price_percent, busy_percent),
        capacity_error_percent=score.mean_percent,
        capacity_cases=score.cases,
    )
