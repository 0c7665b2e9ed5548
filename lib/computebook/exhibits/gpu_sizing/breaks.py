"""Where a plan changes: each break point is searched for, with its interval."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import datasets, serving, sizing
from computebook.exhibits.gpu_sizing.article import FULL_WINDOW_TOKENS
from computebook.exhibits.gpu_sizing.bills import price_ratio
from computebook.exhibits.gpu_sizing.options import (
    ATTENTION_RANKS,
    Array,
    best,
    options,
)
from computebook.exhibits.gpu_sizing.plan import Plan, Served, interval, served
from computebook.exhibits.gpu_sizing.words import short_name, span

__all__ = [
    "break_points",
    "cache_outweighs",
    "enough_ranks",
    "format_gains",
    "last_true",
    "longest_context",
    "switches",
]

MILLISECONDS: Final = 1e3
NODE: Final = 8
LONGEST_TOKENS: Final = 1e8
SEARCH_STEPS: Final = 40
MOST_USERS: Final = 4096
LOADS: Final = 160
#: A doubling that shortens the time per token by less than this is not worth its accelerators.
WORTHWHILE: Final = 0.9
SCAN_POINTS: Final = 49
SCAN_TOKENS: Final = (2_048, FULL_WINDOW_TOKENS)
#: Loads of a copy that are scanned one by one, so that no step of the scan makes a crossing.
DENSE_USERS: Final = 64
#: Copies come in whole GPUs: a running median takes the jumps out of the ratio.
WINDOW: Final = 9
CAP: Final = 100.0
NEARLY: Final = 0.9
STEP: Final = ("h200-sxm", "h100-sxm")


def last_true(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Return the largest number for which a condition holds that breaks once, by bisection.

    Parameters
    ----------
    holds : callable
        The condition.
    low, high : float
        Where to search, above 0.

    Returns
    -------
    float
        0 where it fails at `low`, `high` where it holds there.

    Examples
    --------
    >>> round(last_true(lambda x: x * x <= 2.0, 0.1, 10.0), 6)
    1.414214
    """
    if not holds(low):
        return 0.0
    if holds(high):
        return high
    for _ in range(SEARCH_STEPS):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def longest_context(model: Served, accelerator: str, accelerators: int) -> float:
    """Return the longest context that accelerators hold for one user, tokens; 0 for none.

    Parameters
    ----------
    model : Served
        The model and its formats.
    accelerator : str
        Id.
    accelerators : int
        Accelerators of the one copy.
    """
    placed = model.deployment(datasets.accelerator(accelerator), accelerators)

    def holds(tokens: float) -> bool:
        return bool(sizing.sequences_that_fit(placed, tokens) >= 1)

    return last_true(holds, 1.0, LONGEST_TOKENS)


def _users_in_time(asked: Plan, model: Served, accelerator: str) -> tuple[float, float, float]:
    """Return the most users per accelerator that keep the time: central, low and high."""
    loads = np.unique(np.round(np.geomspace(1, MOST_USERS, LOADS)))
    gpu = datasets.accelerator(accelerator)
    found = options(asked, model, gpu, asked.context_tokens, loads)
    each = np.broadcast_to(found.users / found.accelerators, found.token_s.shape)
    low, high = interval("tpot")
    limits = [asked.time_per_output_token_ms / MILLISECONDS / factor for factor in (1.0, high, low)]
    most = [np.nanmax(np.where(found.token_s <= limit, each, 0.0), initial=0.0) for limit in limits]
    return float(most[0]), float(most[1]), float(most[2])


def _steps_by_ranks(asked: Plan, model: Served, accelerator: str) -> tuple[Array, Array]:
    """Return accelerators on one sequence and the time per token of one user, s."""
    gpu = datasets.accelerator(accelerator)
    found = options(asked, model, gpu, asked.context_tokens, [1], most=ATTENTION_RANKS)
    alone = found.groups[:, 0, 0] == 1
    return found.accelerators[alone, 0, 0], found.token_s[alone, 0, 0]


def enough_ranks(count: Array, step: Array) -> float:
    """Return the accelerators beyond which no doubling shortens the time per token by a tenth.

    Parameters
    ----------
    count : array
        Doubling numbers of accelerators.
    step : array
        Time per token with each, NaN where the model does not fit.

    Examples
    --------
    >>> enough_ranks(np.array([1, 2, 4, 8]), np.array([np.nan, 10.0, 6.0, 5.9]))
    4.0
    """
    found, reached = np.nan, np.inf
    for number, time in zip(count, step, strict=True):
        if time < WORTHWHILE * reached:
            found, reached = float(number), time
    return found


def _ranks_words(asked: Plan, model: Served, accelerator: str) -> str:
    """Return the useful accelerators per sequence, with fast and slow links."""
    ends = [
        model,
        model.at_the_edge({"link_latency_s": "high", "link_fill_s": "high"}),
        model.at_the_edge({"link_latency_s": "low", "link_fill_s": "low"}),
    ]
    found = [enough_ranks(*_steps_by_ranks(asked, end, accelerator)) for end in ends]
    if np.isnan(found[0]):
        return ""
    low, high = min(found), max(found)
    return f"{found[0]:.0f}" + (f" ({low:.0f} to {high:.0f})" if low < high else "")


def _context_words(tokens: float) -> str:
    if tokens < 1:
        return "none"
    thousands = [round(tokens * factor, -2) / 1e3 for factor in (1.0, *interval("capacity"))]
    return span(thousands[0], thousands[1], thousands[2], digits=3)


def break_points(asked: Plan) -> pd.DataFrame:
    """Return where the plan for each model on each accelerator changes.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.

    Returns
    -------
    DataFrame
        `name`, `accelerator`, `one_tokens` and `node_tokens` (longest context of one user on one
        and on eight), `timely_users` per accelerator, and as text with intervals `one`, `node`
        (thousands of tokens), `timely`, `ranks` (accelerators on one sequence beyond which no
        doubling shortens the time per token by a tenth).

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> len(break_points(DEFAULT))
    24
    """
    rows: list[dict[str, Any]] = []
    for name in asked.models:
        model = served(asked, name)
        for accelerator in asked.accelerators:
            one, node = (longest_context(model, accelerator, count) for count in (1, NODE))
            users = _users_in_time(asked, model, accelerator)
            rows.append(
                {
                    "name": model.shape.name,
                    "accelerator": short_name(accelerator),
                    "one_tokens": one,
                    "node_tokens": node,
                    "timely_users": users[0],
                    "one": _context_words(one),
                    "node": _context_words(node),
                    "timely": span(*users) if users[2] > 0 else "none",
                    "ranks": _ranks_words(asked, model, accelerator),
                }
            )
    return pd.DataFrame(rows).replace({"": None})


def _rate(asked: Plan, model: Served, accelerator: str, contexts: Any, users: int) -> Array:
    """Return the most tokens per second and accelerator in time, for each context."""
    gpu = datasets.accelerator(accelerator)
    found = options(asked, model, gpu, contexts, np.arange(1.0, min(users, DENSE_USERS) + 1.0))
    in_time = found.token_s * MILLISECONDS <= asked.time_per_output_token_ms
    return best(np.where(in_time, found.per_accelerator, np.nan), highest=True)[0]


def format_gains(asked: Plan, model: str, wide: str, narrow: str, users: int) -> str:
    """Return how many times the tokens per accelerator a narrower format gives, with interval.

    The interval moves the constants of the narrow format to the ends of theirs; all others are
    common to both.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    model : str
        Id.
    wide, narrow : str
        Number formats of the weights.
    users : int
        Requests in flight.

    Returns
    -------
    str
        Empty where either format has no copy in time, or the model has formats of its own.
    """
    before, after = served(asked, model, wide), served(asked, model, narrow)
    if before.weights is None:
        return ""
    ends = ("low", "high")
    names = (f"narrow_read_fraction.{narrow}", f"matrix_fraction.{narrow}.")
    versions = [after, *(after.at_the_edge(dict.fromkeys(names, end)) for end in ends)]
    place = (asked.accelerator, [asked.context_tokens], users)
    base = _rate(asked, before, *place)[0]
    gains = [float(_rate(asked, version, *place)[0] / base) for version in versions]
    return span(gains[0], min(gains), max(gains), digits=3)


def _crossing(ratio: Array, tokens: Array, price: float) -> str:
    """Return where the first accelerator of a step gives more per dollar."""
    ahead = ratio >= price
    if ahead.all() or not ahead.any():
        return "everywhere" if ahead.all() else "nowhere"
    changes = int(np.abs(np.diff(ahead.astype(int))).sum())
    if changes > 1:
        share = float(ahead.mean())
        return "nearly everywhere" if share > NEARLY else f"at {share:.0%} of contexts"
    edge = int(np.flatnonzero(ahead)[-1] if ahead[0] else np.flatnonzero(ahead)[0])
    return f"{'up to' if ahead[0] else 'from'} {tokens[edge] / 1e3:,.0f}k"


def _step_words(asked: Plan, model: Served) -> dict[str, str]:
    """Return where an H200 gives more per dollar than an H100, at three price ratios."""
    low, high = SCAN_TOKENS
    start = max(low, asked.output_tokens + 1)
    tokens = np.round(np.geomspace(start, max(high, start + 1), SCAN_POINTS))
    after, before = (_rate(asked, model, name, tokens, asked.users) for name in STEP)
    ratio = np.where(np.isnan(before), np.where(np.isnan(after), 0.0, np.inf), after / before)
    smooth = pd.Series(np.minimum(ratio, CAP)).rolling(WINDOW, center=True, min_periods=1).median()
    ratio = smooth.to_numpy()
    prices = price_ratio(*STEP) or (1.0, 1.0, 1.0)
    names = ("step_high", "step", "step_low")
    return {
        name: _crossing(ratio, tokens, price) for name, price in zip(names, prices, strict=True)
    }


def cache_outweighs(asked: Plan, model: str, place: Mapping[Hashable, Any]) -> float:
    """Return the context from which a copy spends more on its cache than on its weights.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    model : str
        Id.
    place : mapping
        A row of `forecasts`: `accelerator`, `copy_accelerators`, `copy_groups`, `copy_users`.

    Returns
    -------
    float
        Tokens; NaN where nothing serves the load in time.
    """
    if not np.isfinite(place["copy_users"]):
        return float("nan")
    gpu = datasets.accelerator(str(place["accelerator"]))
    placed = served(asked, model).deployment(gpu, place["copy_accelerators"], place["copy_groups"])

    def light(tokens: float) -> bool:
        parts = serving.decode_step(placed, place["copy_users"], tokens)
        weights = np.add(np.add(parts.dense_s, parts.experts_s), parts.head_s)
        return bool(np.less_equal(parts.attention_s, weights))

    return last_true(light, 1.0, LONGEST_TOKENS)


def switches(asked: Plan, forecast: pd.DataFrame) -> pd.DataFrame:
    """Return where cache outweighs weights and the H200 beats the H100, and what formats give.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    forecast : DataFrame
        From `forecasts`.

    Returns
    -------
    DataFrame
        `name`, `outweighs_tokens` (on the cheapest copy of the asked accelerator), `step`
        (contexts in which an H200 gives more per dollar than an H100, at the median price ratio
        within providers) with `step_low` and `step_high` at the highest and lowest ratio, `fp8`
        (over BF16) and `fp4_one`, `fp4` (over FP8, for one user and for all) as text.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.forecasts import forecasts
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> len(switches(DEFAULT, forecasts(DEFAULT)))
    6
    """
    places = {(row["model"], row["accelerator"]): row for row in forecast.to_dict("records")}
    rows = []
    for name in asked.models:
        place = places.get((name, asked.accelerator), {"copy_users": np.nan})
        rows.append(
            {
                "name": datasets.architecture(name).name,
                "outweighs_tokens": cache_outweighs(asked, name, place),
                **_step_words(asked, served(asked, name)),
                "fp8": format_gains(asked, name, "bf16", "fp8", asked.users),
                "fp4_one": format_gains(asked, name, "fp8", "nvfp4", 1),
                "fp4": format_gains(asked, name, "fp8", "nvfp4", asked.users),
            }
        )
    return pd.DataFrame(rows).replace({"": None})
