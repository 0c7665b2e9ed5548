"""Which accelerator wins what, by context and users, and where the models cannot say."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from computebook import datasets
from computebook.exhibits.gpu_sizing.article import FULL_WINDOW_TOKENS, prompt_limit_tokens
from computebook.exhibits.gpu_sizing.bills import hour_prices, usd_per_mtok
from computebook.exhibits.gpu_sizing.options import at, best, copy_sizes, options
from computebook.exhibits.gpu_sizing.plan import Plan, interval, served
from computebook.exhibits.gpu_sizing.words import join_or, short_name
from computebook.inference.energy_table import energy_intervals

__all__ = [
    "CONTEXTS",
    "METRICS",
    "USERS",
    "Contest",
    "contest",
    "contests",
    "decision_table",
    "gpu_steps",
    "scores",
]

MILLISECONDS: Final = 1e3
#: The edges of the article's bands, a short prompt, and the longest one of GPT-5.2.
CONTEXTS: Final = (8_192, 32_000, 100_000, prompt_limit_tokens(), FULL_WINDOW_TOKENS)
USERS: Final = (1, 16, 256)
METRICS: Final = {
    "latency": "Time per token",
    "throughput": "Tokens/s per GPU",
    "cost": "$ per token",
    "energy": "J per token",
}
HALF: Final = 0.5


def _interval(metric: str) -> tuple[float, float]:
    """Return the 80 % interval of a metric as multiples; costs divide by a rate."""
    if metric == "latency":
        return interval("tpot")
    if metric == "energy":
        return energy_intervals()["throughput-predicted"]
    low, high = interval("throughput")
    return (low, high) if metric == "throughput" else (1 / high, 1 / low)


@functools.lru_cache(maxsize=16)
def scores(asked: Plan, users: tuple[int, ...] = USERS) -> pd.DataFrame:
    """Return the best that each accelerator reaches for each model, context and load.

    Latency is the shortest time per token of one copy that holds all users. The other three
    belong to the copies, as many as it takes, that give most tokens per accelerator within
    the time limit.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    users : tuple of int
        Requests in flight at once.

    Returns
    -------
    DataFrame
        `model`, `accelerator`, `context_tokens`, `users`, and the columns of `METRICS`: ms,
        tokens/s per accelerator, $ per million output tokens and J per output token, prompt
        work included; missing where nothing serves or no price is known.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> len(scores(DEFAULT))
    360
    """
    prices = hour_prices(asked.accelerators, asked.price_percent)
    frames = []
    for model in asked.models:
        for name in asked.accelerators:
            best_of = _scores_of(asked, model, name, users)
            hourly = prices.get(name, (np.nan,) * 3)[1]
            best_of["cost"] = usd_per_mtok(hourly, best_of["throughput"])
            frames.append(best_of)
    return pd.concat(frames, ignore_index=True)


def _scores_of(asked: Plan, model: str, accelerator: str, users: tuple[int, ...]) -> pd.DataFrame:
    """Return times and rates of one model on one accelerator over the grid."""
    contexts = [max(tokens, asked.output_tokens + 1) for tokens in CONTEXTS]
    sizes = np.unique(np.concatenate([copy_sizes(load) for load in users]))
    gpu = datasets.accelerator(accelerator)
    found = options(asked, served(asked, model), gpu, contexts, sizes)
    in_time = found.token_s * MILLISECONDS <= asked.time_per_output_token_ms
    rates = np.where(in_time, found.per_accelerator, np.nan)
    frames = []
    for load in users:
        step, _ = best(found.token_s[:, :, sizes == load], highest=False)
        rate, where = best(rates[:, :, sizes <= load], highest=True)
        energy = np.where(np.isnan(rate), np.nan, at(found.joules[:, :, sizes <= load], where))
        columns = {"latency": step * MILLISECONDS, "throughput": rate, "energy": energy}
        names = {"model": model, "accelerator": accelerator, "users": load}
        frames.append(pd.DataFrame({**names, "context_tokens": CONTEXTS, **columns}))
    return pd.concat(frames, ignore_index=True)


@dataclass(frozen=True)
class Contest:
    """Who leads, who cannot be told from the leader, and who is clearly behind.

    Attributes
    ----------
    leader : str
        Best central value; empty where nobody competes.
    tied : tuple of str
        The leader and all whose 80 % interval overlaps with its own.
    margin : float
        How many times better the leader is than the runner-up; NaN without one.
    behind : str
        The best of those clearly behind; empty if there is none.
    lead : float
        How many times better the leader is than that one; NaN without one.
    """

    leader: str = ""
    tied: tuple[str, ...] = ()
    margin: float = np.nan
    behind: str = ""
    lead: float = np.nan

    @property
    def called(self) -> bool:
        """Whether one alone is ahead of all others."""
        return len(self.tied) == 1 and bool(self.behind)


def contest(names: Sequence[str], values: Sequence[float], metric: str) -> Contest:
    """Return the outcome of a comparison.

    Parameters
    ----------
    names : sequence of str
        Accelerators.
    values : sequence of float
        Their central values; NaN for who does not compete.
    metric : str
        One of `METRICS`; only throughput is better when larger.

    Examples
    --------
    >>> contest(["a", "b", "c"], [10.0, 11.0, 90.0], "latency").tied
    ('a', 'b')
    """
    sign = -1.0 if metric == "throughput" else 1.0
    pairs = [pair for pair in zip(names, values, strict=True) if np.isfinite(pair[1])]
    ranked = sorted(pairs, key=lambda pair: sign * pair[1])
    if not ranked:
        return Contest()
    low, high = _interval(metric)
    ratios = {name: (value / ranked[0][1]) ** sign for name, value in ranked}
    tied = tuple(name for name, ratio in ratios.items() if ratio * low <= high)
    rest = [name for name in ratios if name not in tied]
    margin = ratios[ranked[1][0]] if len(ranked) > 1 else np.nan
    behind = rest[0] if rest else ""
    return Contest(ranked[0][0], tied, margin, behind, ratios.get(behind, np.nan))


@functools.lru_cache(maxsize=16)
def contests(
    asked: Plan, users: tuple[int, ...] = USERS
) -> dict[tuple[str, str, int, int], Contest]:
    """Return every contest, by metric, model, context and users.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    users : tuple of int
        Requests in flight at once.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> len(contests(DEFAULT))
    360
    """
    table, shape = scores(asked, users), (-1, len(asked.accelerators))
    table = table.sort_values(["model", "context_tokens", "users"], kind="stable")
    keys = table[["model", "context_tokens", "users"]].to_numpy()[:: len(asked.accelerators)]
    found = {}
    for metric in METRICS:
        for key, values in zip(keys, table[metric].to_numpy(float).reshape(shape), strict=True):
            found[(metric, *key)] = contest(asked.accelerators, values.tolist(), metric)
    return found


def _typical(values: Sequence[float]) -> str:
    finite = [value for value in values if np.isfinite(value)]
    return f"{np.median(finite):.1f}×" if finite else ""


def _cell(asked: Plan, metric: str, tokens: int, users: int) -> str:
    """Return what the models agree on for one context and load, in words."""
    all_found = contests(asked)
    found = [all_found[(metric, model, tokens, users)] for model in asked.models]
    able = [one for one in found if one.leader]
    if not able:
        return "none"
    votes = {
        name: sum(name in one.tied for one in able) + sum(name == one.leader for one in able) / 100
        for name in asked.accelerators
    }
    ranked = sorted(votes, key=lambda name: -votes[name])
    tied = [name for name in ranked if votes[name] >= HALF * len(able)]
    clear = [one.lead for one in able if one.behind]
    some = "" if len(able) == len(found) else f" ({len(able)} of {len(found)})"
    if len(clear) <= HALF * len(able):
        leader = max(votes, key=lambda name: sum(name == one.leader for one in able))
        return f"*too close*: {short_name(leader)} {_typical([o.margin for o in able])}{some}"
    return f"**{join_or([short_name(name) for name in tied])}** {_typical(clear)}{some}"


def decision_table(asked: Plan) -> pd.DataFrame:
    """Return the winner of each metric by context and users, over the models.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.

    Returns
    -------
    DataFrame
        `load` and a column per metric. A cell names the accelerators that at least half of the
        models put first or too close to call, and the median factor by which the first leads
        the best that is clearly behind.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> len(decision_table(DEFAULT))
    15
    """
    rows = [
        {
            "context": f"{tokens:,}",
            "load": f"{users:,}",
            **{metric: _cell(asked, metric, tokens, users) for metric in METRICS},
        }
        for tokens in CONTEXTS
        for users in USERS
    ]
    return pd.DataFrame(rows)


def gpu_steps(asked: Plan) -> pd.DataFrame:
    """Return how many of one accelerator the next one replaces, by context and users.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters; the order of its accelerators makes the steps.

    Returns
    -------
    DataFrame
        `step`, `load` (step and users), `context`, and `ratio`, `low`, `high`: median, least and
        largest ratio of output tokens per second and accelerator over the models that both
        serve in time; missing where none is.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> len(gpu_steps(DEFAULT))
    45
    """
    keys = ["users", "context_tokens", "model"]
    wide = (
        scores(asked)
        .pivot_table(index=keys, columns="accelerator", values="throughput", dropna=False)
        .reindex(columns=list(asked.accelerators))
    )
    rows: list[pd.DataFrame] = []
    for before, after in pairwise(asked.accelerators):
        step = f"{short_name(after)} / {short_name(before)}"
        ratio = (wide[after] / wide[before]).groupby(["users", "context_tokens"], sort=False)
        found = pd.DataFrame({"ratio": ratio.median(), "low": ratio.min(), "high": ratio.max()})
        found = found.reset_index().assign(step=step)
        rows.append(found)
    if not rows:
        return pd.DataFrame(columns=["step", "load", "context", "users", "ratio", "low", "high"])
    frame = pd.concat(rows, ignore_index=True)
    frame["load"] = frame["step"] + ", " + frame["users"].map("{:,}".format)
    return frame.assign(context=frame["context_tokens"].map("{:,}".format))
