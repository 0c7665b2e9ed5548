"""Reasoning tokens as a distribution, and what effort multiplies."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import datasets, errors
from computebook.request_lengths import Lengths

__all__ = [
    "effort_multiples",
    "input_lengths",
    "length_percentile",
    "output_lengths",
    "published_mean_tokens",
    "requests_counted",
    "share_percentile",
    "tail_share",
]

PROFILE: Final = "servegen-deepseek-r1"
EFFORTS: Final = ("none", "low", "medium", "high", "xhigh")
EFFORT_MODEL: Final = "gpt-5.2"
EFFORT_SOURCE: Final = "arcprize2026leaderboard"
TASK_SETS: Final = {"arc-agi-1": "arc1", "arc-agi-2": "arc2"}


def _lengths(column: str) -> Lengths:
    """Return the published points of one marginal; the longest stands for all beyond it."""
    points = datasets.load("reasoning_quantiles")
    own = points[(points["profile_id"] == PROFILE) & points[column].notna()]
    ordered = own.sort_values(["quantile", column])
    shares = ordered["quantile"].to_numpy(float)
    return Lengths(ordered[column].to_numpy(float), np.append(shares[:-1], 1.0))


def output_lengths() -> Lengths:
    """Return the output of DeepSeek-R1 requests in production, reasoning and answer together.

    Examples
    --------
    >>> round(output_lengths().quantile(0.5))
    792
    """
    return _lengths("output_tokens")


def input_lengths() -> Lengths:
    """Return the prompts of DeepSeek-R1 requests in production.

    Examples
    --------
    >>> round(input_lengths().quantile(0.5))
    208
    """
    return _lengths("input_tokens")


def length_percentile(output_tokens: float) -> float:
    """Return the share of DeepSeek-R1 requests with at most this much output, fraction.

    Parameters
    ----------
    output_tokens : float
        Reasoning and answer together, tokens, above 0.

    Returns
    -------
    float
        0 to 1; 1 beyond the service's cap of 32,768 tokens.

    Raises
    ------
    ComputebookError
        If there are no tokens.

    Examples
    --------
    >>> round(length_percentile(10_000), 3), round(length_percentile(55_000), 3)
    (0.979, 1.0)
    """
    errors.require_finite_in("output_tokens", output_tokens, "tokens", 1, 1e9)
    return min(float(output_lengths().partial_moment(0, output_tokens)), 1.0)


def share_percentile(reasoning_fraction: float) -> str:
    """Return where a reasoning share stands among DeepSeek-R1 requests, in words.

    Parameters
    ----------
    reasoning_fraction : float
        Reasoning over all output, 0 to 1.

    Examples
    --------
    >>> [share_percentile(share) for share in (200 / 700, 0.8, 0.1)]
    ['2nd', '56th', 'below 2nd']
    """
    errors.require_finite_in("reasoning_fraction", reasoning_fraction, "of 1", 0, 1)
    points = datasets.load("reasoning_quantiles").dropna(subset=["reasoning_share"])
    points = points.sort_values("quantile")
    shares, at = points["reasoning_share"].to_numpy(float), points["quantile"].to_numpy(float)
    share = round(reasoning_fraction, 4)
    if share < shares[0]:
        return f"below {ordinal(at[0])}"
    if share > shares[-1]:
        return f"above {ordinal(at[-1])}"
    return ordinal(float(np.interp(share, shares, at)))


def ordinal(fraction: float) -> str:
    """Return a fraction as a percentile in words.

    Examples
    --------
    >>> ordinal(0.979), ordinal(0.11), ordinal(0.51)
    ('98th', '11th', '51st')
    """
    number = round(100 * fraction)
    teen = 10 <= number % 100 <= 20
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def tail_share(top_fraction: float) -> float:
    """Return the share of all output tokens that the longest requests produce, fraction.

    Parameters
    ----------
    top_fraction : float
        Share of requests counted from the longest, 0 to 1.

    Examples
    --------
    >>> 0.4 < tail_share(0.10) < 0.5
    True
    """
    errors.require_finite_in("top_fraction", top_fraction, "of 1", 0, 1)
    lengths = output_lengths()
    below = lengths.partial_moment(1, lengths.quantile(1 - top_fraction))
    return float(1 - below / lengths.mean_tokens) if top_fraction < 1 else 1.0


def _profile() -> Any:
    return datasets.load("token_profiles").set_index("profile_id").loc[PROFILE]


def published_mean_tokens() -> float:
    """Return the mean output that the trace states, tokens."""
    return float(_profile()["output_mean_tokens"])


def requests_counted() -> int:
    """Return how many requests the trace counts."""
    return int(_profile()["requests"])


def effort_multiples() -> pd.DataFrame:
    """Return what GPT-5.2 costs per task by effort, as a multiple of medium effort.

    Returns
    -------
    DataFrame
        `effort`; per task set `arc1` and `arc2`: `_usd` per task, `_multiple` and
        `_score_percent`.

    Examples
    --------
    >>> effort_multiples()["arc2_multiple"].round(2).tolist()
    [0.11, 0.35, 1.0, 1.83, 2.5]
    """
    scores = datasets.load("benchmark_scores")
    own = scores[(scores["model_id"] == EFFORT_MODEL) & (scores["source_key"] == EFFORT_SOURCE)]
    columns: dict[str, Any] = {"effort": list(EFFORTS)}
    for benchmark, short in TASK_SETS.items():
        rows = own[own["benchmark_id"] == benchmark].set_index("effort").loc[list(EFFORTS)]
        cost = rows["cost_per_task_usd"]
        columns[f"{short}_usd"] = cost.to_numpy()
        columns[f"{short}_multiple"] = (cost / cost["medium"]).to_numpy()
        columns[f"{short}_score_percent"] = rows["score_percent"].to_numpy()
    return pd.DataFrame(columns)
