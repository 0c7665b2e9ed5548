"""Rank models over several benchmarks, with the weights shown and their influence measured.

A composite says as much about its weights as about the models. Here each score enters as it is,
in percent, weights sum to 1, and the rank is given for a whole spread of weights.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from computebook import errors

__all__ = [
    "composite_scores",
    "equal_weights",
    "rank_sensitivity",
    "undominated",
    "weight_draws",
]

PRIOR_ITEMS: Final = 0.5
PERCENT: Final = 100.0


def equal_weights(groups: ArrayLike) -> NDArray[np.float64]:
    """Return weights that treat groups alike, and the benchmarks within a group alike.

    Parameters
    ----------
    groups : array_like of str
        Group of each benchmark, for example its category.

    Returns
    -------
    array
        Weights that sum to 1, in the order given.

    Examples
    --------
    >>> equal_weights(["code", "code", "science"]).tolist()
    [0.25, 0.25, 0.5]
    """
    names, place, counts = np.unique(
        np.asarray(groups, str), return_inverse=True, return_counts=True
    )
    if not names.size:
        raise errors.ComputebookError("groups is empty: at least one benchmark is needed")
    return np.asarray(1.0 / (names.size * counts[place]))


def composite_scores(scores_percent: ArrayLike, weights: ArrayLike) -> NDArray[np.float64]:
    """Return the weighted mean score of each model, percent.

    Parameters
    ----------
    scores_percent : array_like
        Scores, percent, shape (models, benchmarks), none missing.
    weights : array_like
        Weights, >= 0, one per benchmark, in any scale; shape (..., benchmarks).

    Returns
    -------
    array
        Shape (..., models).

    Raises
    ------
    ComputebookError
        If a score is missing or out of bounds, or the weights are negative or all zero.

    Examples
    --------
    >>> composite_scores([[80.0, 60.0], [70.0, 90.0]], [1, 1]).tolist()
    [70.0, 80.0]
    """
    scores = errors.require_finite_in("scores_percent", scores_percent, "%", 0.0, PERCENT)
    given = errors.require_finite_in("weights", weights, "", 0.0, 1e300)
    if scores.ndim != 2 or given.shape[-1:] != scores.shape[1:]:
        raise errors.ComputebookError(
            f"weights has {given.shape[-1] if given.ndim else 1} entries for "
            f"{scores.shape[-1]} benchmarks: one per benchmark is needed"
        )
    total = given.sum(axis=-1, keepdims=True)
    if not (total > 0).all():
        raise errors.ComputebookError("weights are all zero: at least one must be above 0")
    return np.asarray((given / total) @ scores.T.astype(float))


def weight_draws(benchmarks: int, draws: int = 10_000, seed: int = 20260131) -> NDArray[np.float64]:
    """Return weights spread evenly over all that sum to 1, shape (draws, benchmarks).

    Parameters
    ----------
    benchmarks : int
        Number of benchmarks, >= 1.
    draws : int
        Number of weightings, 1 to 1e6.
    seed : int
        Seed: equal seeds give equal weights.

    Examples
    --------
    >>> weight_draws(3, 5).sum(axis=1).round(9).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    errors.require_finite_in("benchmarks", benchmarks, "", 1, 1e4)
    errors.require_finite_in("draws", draws, "draws", 1, 1e6)
    return np.random.default_rng(seed).dirichlet(np.ones(benchmarks), draws)


def undominated(scores_percent: ArrayLike) -> NDArray[np.bool_]:
    """Return which models no other beats on every benchmark: only they can lead a composite.

    Parameters
    ----------
    scores_percent : array_like
        Scores, percent, shape (models, benchmarks).

    Examples
    --------
    >>> undominated([[80.0, 60.0], [70.0, 90.0], [75.0, 55.0]]).tolist()
    [True, True, False]
    """
    scores = errors.require_finite_in("scores_percent", scores_percent, "%", 0.0, PERCENT)
    as_good = (scores[None, :, :] >= scores[:, None, :]).all(axis=2)
    better = (scores[None, :, :] > scores[:, None, :]).any(axis=2)
    return np.asarray(~(as_good & better).any(axis=1))


def rank_sensitivity(
    scores: pd.DataFrame,
    items: ArrayLike,
    weights: ArrayLike,
    draws: int = 10_000,
    seed: int = 20260131,
) -> pd.DataFrame:
    """Return the composite of each model, and what weights and noise make of its rank.

    Parameters
    ----------
    scores : DataFrame
        Percent, a row per model and a column per benchmark, none missing.
    items : array_like
        Items of each benchmark, >= 1.
    weights : array_like
        The weights of the composite, one per benchmark.
    draws : int
        Draws of weights, and of scores.
    seed : int
        Seed: equal seeds give equal answers.

    Returns
    -------
    DataFrame
        Indexed like `scores`, best first: `composite_percent`, `rank`, `best_rank` and
        `worst_rank` (over the middle 90 % of weightings), `first_by_weights` (share of
        weightings in which the model leads), `first_by_noise` (share of redrawn scores in which
        it leads at the given weights), `undominated`.

    Raises
    ------
    ComputebookError
        If a score is missing, or the numbers of items, weights and benchmarks differ.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": [80.0, 70.0], "y": [60.0, 90.0]}, index=["a", "b"])
    >>> found = rank_sensitivity(frame, [100, 100], [0.5, 0.5])
    >>> found.index.tolist(), bool(0.2 < found.at["a", "first_by_weights"] < 0.3)
    (['b', 'a'], True)
    """
    table = scores.to_numpy(float)
    counts = errors.require_finite_in("items", items, "items", 1.0, 1e9)
    composite = composite_scores(table, weights)
    if counts.shape != table.shape[1:]:
        raise errors.ComputebookError(
            f"items has {counts.size} entries for {table.shape[1]} benchmarks: one each is needed"
        )
    ranks = _ranks(composite_scores(table, weight_draws(table.shape[1], draws, seed)))
    noisy = _ranks(_drawn_composites(table, counts, weights, draws, seed))
    low, high = np.quantile(ranks, [0.05, 0.95], axis=0, method="inverted_cdf")
    found = pd.DataFrame(
        {
            "composite_percent": composite,
            "rank": _ranks(composite[None, :])[0],
            "best_rank": low.astype(int),
            "worst_rank": high.astype(int),
            "first_by_weights": (ranks == 1).mean(axis=0),
            "first_by_noise": (noisy == 1).mean(axis=0),
            "undominated": undominated(table),
        },
        index=scores.index,
    )
    return found.sort_values("composite_percent", ascending=False, kind="stable")


def _ranks(composites: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return ranks along the last axis, 1 for the highest; equals in the order given."""
    order = np.argsort(-composites, axis=-1, kind="stable")
    return np.asarray(np.argsort(order, axis=-1, kind="stable") + 1)


def _drawn_composites(
    table: NDArray[np.float64],
    items: NDArray[np.float64],
    weights: ArrayLike,
    draws: int,
    seed: int,
) -> NDArray[np.float64]:
    """Return composites of scores drawn from what their items leave open, (draws, models)."""
    share = table / PERCENT
    solved, missed = share * items + PRIOR_ITEMS, (1 - share) * items + PRIOR_ITEMS
    drawn = np.random.default_rng(seed).beta(solved, missed, size=(draws, *table.shape))
    given = np.asarray(weights, float)
    return np.asarray(PERCENT * drawn @ (given / given.sum()))
