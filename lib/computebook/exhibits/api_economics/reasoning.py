"""Reasoning tokens as a distribution, and what effort multiplies."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from computebook import datasets, errors

__all__ = [
    "effort_multiples",
    "interpolated_mean_tokens",
    "length_curve",
    "length_percentile",
    "length_quantile",
    "longest_output_tokens",
    "published_mean_tokens",
    "requests_counted",
    "sampling_error_fraction",
    "share_percentile",
    "tail_share",
]

PROFILE: Final = "servegen-deepseek-r1"
EFFORTS: Final = ("none", "low", "medium", "high", "xhigh")
EFFORT_MODEL: Final = "gpt-5.2"
EFFORT_SOURCE: Final = "arcprize2026leaderboard"
TASK_SETS: Final = {"arc-agi-1": "arc1", "arc-agi-2": "arc2"}
_GRID: Final = 200_001


def length_curve() -> pd.DataFrame:
    """Return the published points of the distribution of output lengths.

    Returns
    -------
    DataFrame
        `output_tokens` (reasoning and answer) and `fraction` of requests at most that long,
        both rising.
    """
    points = datasets.load("reasoning_quantiles")
    own = points[(points["profile_id"] == PROFILE) & points["output_tokens"].notna()]
    frame = own.rename(columns={"quantile": "fraction"})[["output_tokens", "fraction"]]
    return frame.sort_values(["fraction", "output_tokens"], ignore_index=True)


def _curve() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    frame = length_curve()
    return np.log(frame["output_tokens"].to_numpy(float)), frame["fraction"].to_numpy(float)


def length_percentile(output_tokens: float) -> float:
    """Return the share of DeepSeek-R1 requests with at most this much output, fraction.

    Published points are joined by lines over the logarithm of the length.

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
    >>> round(length_percentile(10_000), 3), length_percentile(55_000)
    (0.979, 1.0)
    """
    errors.require_finite_in("output_tokens", output_tokens, "tokens", 1, 1e9)
    lengths, fractions = _curve()
    return float(np.interp(np.log(output_tokens), lengths, fractions))


def length_quantile(fraction: float) -> float:
    """Return the output that a share of DeepSeek-R1 requests stays within, tokens.

    Examples
    --------
    >>> round(length_quantile(0.5))
    792
    """
    errors.require_finite_in("fraction", fraction, "of 1", 0, 1)
    lengths, fractions = _curve()
    return float(np.exp(np.interp(fraction, fractions, lengths)))


def share_percentile(reasoning_fraction: float) -> str:
    """Return where a reasoning share stands among DeepSeek-R1 requests, in words.

    Parameters
    ----------
    reasoning_fraction : float
        Reasoning over all output, 0 to 1.

    Examples
    --------
    >>> share_percentile(0.8), share_percentile(0.2)
    ('57th', 'below 10th')
    """
    errors.require_finite_in("reasoning_fraction", reasoning_fraction, "of 1", 0, 1)
    points = datasets.load("reasoning_quantiles").dropna(subset=["reasoning_share"])
    points = points.sort_values("quantile")
    shares, at = points["reasoning_share"].to_numpy(float), points["quantile"].to_numpy(float)
    if reasoning_fraction < shares[0]:
        return f"below {ordinal(at[0])}"
    if reasoning_fraction > shares[-1]:
        return f"above {ordinal(at[-1])}"
    return ordinal(float(np.interp(reasoning_fraction, shares, at)))


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
    lengths, fractions = _curve()
    grid = np.linspace(0.0, 1.0, _GRID)
    tokens = np.exp(np.interp(grid, fractions, lengths))
    return float(tokens[grid >= 1 - top_fraction].sum() / tokens.sum())


def interpolated_mean_tokens() -> float:
    """Return the mean output that the joined points imply, to hold against the published one."""
    lengths, fractions = _curve()
    return float(np.exp(np.interp(np.linspace(0.0, 1.0, _GRID), fractions, lengths)).mean())


def sampling_error_fraction(requests: float) -> float:
    """Return the standard error of the mean output over many requests, as a fraction of it.

    From the spread of the fitted lognormal: chance averages out, a shift of the mean does not.

    Parameters
    ----------
    requests : float
        Requests averaged over, >= 1.

    Examples
    --------
    >>> round(sampling_error_fraction(1e6), 4)
    0.0012
    """
    errors.require_finite_in("requests", requests, "requests", 1, 1e15)
    rows = datasets.load("token_profiles").set_index("profile_id")
    sigma = float(rows["output_lognormal_sigma"][PROFILE])
    return float(np.sqrt(np.expm1(sigma**2) / requests))


def published_mean_tokens() -> float:
    """Return the mean output that the trace states, tokens."""
    rows = datasets.load("token_profiles").set_index("profile_id")
    return float(rows["output_mean_tokens"][PROFILE])


def requests_counted() -> int:
    """Return how many requests the trace counts."""
    rows = datasets.load("token_profiles").set_index("profile_id")
    return int(rows["requests"][PROFILE])


def longest_output_tokens() -> float:
    """Return the longest output of the trace, its service's cap, tokens."""
    return float(length_curve()["output_tokens"].max())


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
