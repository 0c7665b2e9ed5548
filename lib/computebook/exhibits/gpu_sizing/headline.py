"""The findings of the chapter on GPU sizing, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from computebook import datasets, roofline, units, validation
from computebook.exhibits.gpu_sizing.article import (
    ARTICLE_ELEMENTS,
    FULL_WINDOW_TOKENS,
    article_cache_gb,
    prompt_limit_tokens,
)
from computebook.exhibits.gpu_sizing.caches import cache_range_gb, caches
from computebook.exhibits.gpu_sizing.options import best, copy_sizes, options
from computebook.exhibits.gpu_sizing.plan import Plan, served
from computebook.hardware import precision

__all__ = ["Headline", "article_read_ms", "headline", "served_steps", "serving_ratio"]

SMALLEST: Final = "h100-sxm"
SERVED_GPUS: Final = ("h100-sxm", "h200-sxm", "b200-sxm", "gb200")
SERVED_MODEL: Final = "llama-3.1-405b"
SERVED_ROUND: Final = "v5.1"
#: The logs of the round give the mean answer and not the mean prompt: this length stands for it.
SERVED_PROMPT_TOKENS: Final = 8_192
MOST_LOAD: Final = 512


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


def _served() -> pd.DataFrame:
    table = datasets.load("mlperf_inference")
    wanted = (
        (table["round"] == SERVED_ROUND)
        & (table["scenario"] == "offline")
        & (table["model"] == SERVED_MODEL)
    )
    return table[wanted]


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
    best_rates = _served().groupby("accelerator_id")["tokens_per_s_per_accelerator"].max()
    return float(best_rates[accelerator_id] / best_rates[against])


def served_steps(asked: Plan) -> pd.DataFrame:
    """Return measured and predicted ratios of tokens per second from one GPU to the next.

    Llama 3.1 405B as submitted: FP8 on Hopper, FP4 on Blackwell, as many requests as help.

    Parameters
    ----------
    asked : Plan
        Its engine.

    Returns
    -------
    DataFrame
        `after`, `before`, `measured`, `predicted`.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> served_steps(DEFAULT)["measured"].round(2).tolist()
    [1.41, 3.0, 1.03]
    """
    answer = int(_served()["mean_output_tokens"].astype(float).mean())
    rates = {}
    for name in SERVED_GPUS:
        gpu = datasets.accelerator(name)
        weights = "nvfp4" if np.isfinite(gpu.fp4_flop_per_s) else "fp8"
        found = options(
            asked, served(asked, SERVED_MODEL, weights), gpu, SERVED_PROMPT_TOKENS + answer,
            copy_sizes(MOST_LOAD), output_tokens=answer,
        )  # fmt: skip
        rates[name] = float(best(found.per_accelerator, highest=True)[0][0])
    pairs = list(zip(SERVED_GPUS[1:], SERVED_GPUS, strict=False))
    rows = [
        (after, before, serving_ratio(after, before), rates[after] / rates[before])
        for after, before in pairs
    ]
    return pd.DataFrame(rows, columns=["after", "before", "measured", "predicted"])


@dataclass(frozen=True)
class Headline:
    """The caches of the chapter in numbers.

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
    capacity_error_percent: float
    capacity_cases: int


def headline(kv_precision: str) -> Headline:
    """Return the findings on caches under a number format.

    Parameters
    ----------
    kv_precision : str
        Number format of the cache.

    Raises
    ------
    ComputebookError
        If the format is unknown.

    Examples
    --------
    >>> found = headline("bf16")
    >>> round(found.high_gb / found.low_gb)
    14
    """
    open_models = caches(kv_precision)
    low, central, high = cache_range_gb(FULL_WINDOW_TOKENS, kv_precision)
    held = validation.sequence_capacities()
    score = validation.error_summary(held["predicted"], held["measured"])
    bits = precision(kv_precision).bits_per_element
    return Headline(
        models=len(open_models),
        low_gb=low,
        central_gb=central,
        high_gb=high,
        low_name=str(open_models["name"].iloc[-1]),
        high_name=str(open_models["name"].iloc[0]),
        article_gb=article_cache_gb(FULL_WINDOW_TOKENS, bits),
        article_elements=ARTICLE_ELEMENTS,
        article_read_ms=article_read_ms(bits),
        prompt_tokens=prompt_limit_tokens(),
        capacity_error_percent=score.mean_percent,
        capacity_cases=score.cases,
    )
