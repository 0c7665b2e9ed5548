"""How much open models keep per token, and what a window of theirs weighs."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from computebook import datasets, hardware, memory, units
from computebook.architectures import Transformer
from computebook.claim_checks.machines import FRONTIER_FROM, FRONTIER_PARAMS_B, FRONTIER_TO
from computebook.exhibits.gpu_sizing.article import (
    FULL_WINDOW_TOKENS,
    article_cache_gb,
    prompt_limit_tokens,
)

__all__ = [
    "cache_range_gb",
    "caches",
    "frontier",
    "window_needs",
]

BOTH_FORMATS: Final = ("fp8", "bf16")


def frontier() -> list[Transformer]:
    """Return the open models of the class that the article speaks of.

    A hundred billion parameters or more, released between July 2024 and January 2026; they
    bracket models that disclose nothing.

    Examples
    --------
    >>> len(frontier())
    14
    """
    table = datasets.load("architectures")
    recent = (table["released_on"] >= FRONTIER_FROM) & (table["released_on"] <= FRONTIER_TO)
    chosen = table[recent & (table["total_params_b"] >= FRONTIER_PARAMS_B)]
    return [datasets.architecture(name) for name in chosen["architecture_id"]]


def _cache_gb(shape: Transformer, context_tokens: float, precision: str) -> float:
    bits = hardware.precision(precision).bits_per_element
    return float(memory.kv_cache_bytes(shape, context_tokens, 1, bits)) / units.BYTES_PER_GB


def _attention(shape: Transformer) -> str:
    """Return the kind of attention in words."""
    kind = "latent" if shape.kv_lora_rank else f"grouped, {shape.kv_heads} KV heads"
    more = [
        name
        for name, there in (
            ("sparse", shape.indexer_heads),
            ("windows", shape.sliding_window_layers),
            ("linear layers", shape.linear_attention_layers),
        )
        if there
    ]
    return ", ".join([kind, *more])


def caches(kv_precision: str) -> pd.DataFrame:
    """Return the cache of each open model of the class, largest first.

    Parameters
    ----------
    kv_precision : str
        Number format of the cache.

    Returns
    -------
    DataFrame
        `architecture_id`, `name`, `vendor`, `attention`, `elements_per_token`, `kb_per_token`,
        `prompt_gb` and `window_gb` (longest prompt and full window of GPT-5.2, one sequence),
        `fp8_gb`, `bf16_gb` (full window), `times_article`.

    Raises
    ------
    ComputebookError
        If the number format is unknown.

    Examples
    --------
    >>> table = caches("bf16").set_index("architecture_id")
    >>> round(float(table.at["llama-3.1-405b", "window_gb"]), 1)
    206.4
    """
    bits = hardware.precision(kv_precision).bits_per_element
    rows = []
    for shape in frontier():
        sizes = {f"{name}_gb": _cache_gb(shape, FULL_WINDOW_TOKENS, name) for name in BOTH_FORMATS}
        window = _cache_gb(shape, FULL_WINDOW_TOKENS, kv_precision)
        rows.append(
            {
                "architecture_id": shape.architecture_id,
                "name": shape.name,
                "vendor": shape.developer,
                "attention": _attention(shape),
                "elements_per_token": memory.kv_elements_per_token(shape),
                "kb_per_token": memory.kv_bytes_per_token(shape, bits) / 1e3,
                "prompt_gb": _cache_gb(shape, prompt_limit_tokens(), kv_precision),
                "window_gb": window,
                "times_article": window / article_cache_gb(FULL_WINDOW_TOKENS, bits),
                **sizes,
            }
        )
    return pd.DataFrame(rows).sort_values("window_gb", ascending=False, ignore_index=True)


def cache_range_gb(context_tokens: float, kv_precision: str) -> tuple[float, float, float]:
    """Return the least, the median and the largest cache of one sequence over the class, GB.

    Parameters
    ----------
    context_tokens : float
        Tokens held, 0 to 1e8.
    kv_precision : str
        Number format of the cache.

    Raises
    ------
    ComputebookError
        If the context is out of bounds or the format unknown.

    Examples
    --------
    >>> [round(size, 1) for size in cache_range_gb(400_000, "bf16")]
    [14.8, 28.1, 206.4]
    """
    sizes = [_cache_gb(shape, context_tokens, kv_precision) for shape in frontier()]
    return min(sizes), float(np.median(sizes)), max(sizes)


def window_needs(kv_precision: str, users: int) -> pd.DataFrame:
    """Return what prompts and windows of GPT-5.2's size need: low, central, high, the article's.

    Parameters
    ----------
    kv_precision : str
        Number format of the cache.
    users : int
        Sequences at once in the last row.

    Returns
    -------
    DataFrame
        `what`, `tokens`, `low_gb`, `central_gb`, `high_gb`, `article_gb`.

    Raises
    ------
    ComputebookError
        If a number is out of bounds or the format unknown.

    Examples
    --------
    >>> window_needs("bf16", 16)["tokens"].tolist()
    [272000, 128000, 400000, 6400000]
    """
    prompt, window = prompt_limit_tokens(), FULL_WINDOW_TOKENS
    bits = hardware.precision(kv_precision).bits_per_element
    needs = [
        ("Longest prompt", prompt, 1),
        ("Longest answer", window - prompt, 1),
        ("Full window, one user", window, 1),
        (f"Full window, all {users:,}", window, users),
    ]
    rows = []
    for what, tokens, sequences in needs:
        low, central, high = (sequences * size for size in cache_range_gb(tokens, kv_precision))
        article = sequences * article_cache_gb(tokens, bits)
        rows.append((what, tokens * sequences, low, central, high, article))
    columns = ["what", "tokens", "low_gb", "central_gb", "high_gb", "article_gb"]
    return pd.DataFrame(rows, columns=columns)
