"""Verdicts on GPUs as words: who leads, how surely, and what would change it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from computebook import datasets
from computebook.exhibits.gpu_sizing.article import article_cells
from computebook.exhibits.gpu_sizing.bills import hour_prices, price_ratio
from computebook.exhibits.gpu_sizing.decision import (
    CONTEXTS,
    USERS,
    Contest,
    contests,
    decision_table,
    gpu_steps,
    scores,
)
from computebook.exhibits.gpu_sizing.evidence import measured_pairs, pair_interval
from computebook.exhibits.gpu_sizing.plan import Plan
from computebook.exhibits.gpu_sizing.words import join_or, join_words, short_name, users_words

__all__ = [
    "answer_sentence",
    "called_cells",
    "change_sentence",
    "context_sentence",
    "cost_sentence",
    "pair_sentence",
    "price_words",
    "rack_sentence",
    "speed_sentence",
    "step_finding",
    "workload_cells",
]

MOSTLY: Final = 0.9
CACHED_PERCENT: Final = 90.0
#: The article's picks with the contexts and the loads of their rows.
PICKS: Final = (
    ("h100-sxm", CONTEXTS[:2], USERS),
    ("h200-sxm", CONTEXTS[1:3], USERS),
    ("b200-sxm", CONTEXTS[2:], USERS),
    ("gb200", CONTEXTS, USERS[-1:]),
)
CALLED: Final = {
    "latency": "time per token",
    "throughput": "tokens per GPU",
    "cost": "dollars",
    "energy": "joules",
}


def _found(asked: Plan, metric: str) -> list[Contest]:
    """Return the contests of a metric in which somebody competes."""
    return [one for (name, *_), one in contests(asked).items() if name == metric and one.leader]


def called_cells(asked: Plan, metric: str) -> tuple[int, int]:
    """Return in how many cells of models, contexts and users somebody is clearly behind, of all.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    metric : str
        One of `decision.METRICS`.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> decided, able = called_cells(DEFAULT, "throughput")
    >>> decided <= able
    True
    """
    found = _found(asked, metric)
    return sum(bool(one.behind) for one in found), len(found)


def _leaders(asked: Plan, metric: str) -> list[tuple[str, int]]:
    """Return who leads a metric in how many cells, most first."""
    counts = pd.Series([one.leader for one in _found(asked, metric)]).value_counts()
    return [(short_name(str(name)), int(count)) for name, count in counts.items()]


def _close_behind(asked: Plan, metric: str, first: str) -> list[str]:
    """Return who is hardly ever clearly behind in the cells where somebody is."""
    found = [one for one in _found(asked, metric) if one.behind]
    shares = {n: np.mean([n in one.tied for one in found]) for n in asked.accelerators}
    close = [short_name(name) for name, share in shares.items() if share >= MOSTLY]
    return [name for name in close if name != first]


def speed_sentence(asked: Plan) -> str:
    """Return who leads in tokens per GPU and in time per token, and how often that is sure.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    """
    found = _found(asked, "throughput")
    lead = [one.lead for one in found if one.behind]
    if not lead:
        return "No GPU is clearly ahead of another in tokens per GPU."
    first, count = _leaders(asked, "throughput")[0]
    close = join_words(_close_behind(asked, "throughput", first))
    decided, able = called_cells(asked, "latency")
    alone = [one for (name, *_, users), one in contests(asked).items()
             if name == "latency" and users == 1 and one.leader]  # fmt: skip
    return (
        f"{first} gives most tokens per GPU in {count:,} of {len(found):,} cases, and in "
        f"{len(lead):,} some GPU is clearly behind, by {np.median(lead):.1f} times at the median"
        f"{f'; {close} keeps up throughout' if close else ''}. On time per token {decided:,} of "
        f"{able:,} cases can be called, with one user {sum(bool(one.behind) for one in alone):,} "
        f"of {len(alone):,}."
    )


def cost_sentence(asked: Plan) -> str:
    """Return who is cheapest per token, and how often that is sure.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> cost_sentence(replace(DEFAULT, accelerators=("gb200",)))
    'No on-demand price was found for these GPUs, so no cost is stated.'
    """
    ranked = _leaders(asked, "cost")
    if not ranked:
        return "No on-demand price was found for these GPUs, so no cost is stated."
    decided, able = called_cells(asked, "cost")
    names = join_words([f"{name} in {count:,}" for name, count in ranked])
    margins = [one.margin for one in _found(asked, "cost") if np.isfinite(one.margin)] or [1.0]
    verdict = "Your price decides" if decided < able / 2 else "The machine decides"
    return (
        f"{verdict} what a token costs: over {able:,} cases of model, context and users the "
        f"cheapest at list price is {names}, by {np.median(margins):.1f} times at the median; in "
        f"{able - decided:,} of them no GPU is clearly dearer than the first."
    )


def change_sentence(asked: Plan) -> str:
    """Return how the calls on dollars move with number format, cached prompts and time limit.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    """
    variants = {
        "four-bit weights": {"weight_precision": "nvfp4"},
        f"{CACHED_PERCENT:g}% of every prompt in the cache": {"cached_percent": CACHED_PERCENT},
        "half the time per token": {"time_per_output_token_ms": asked.time_per_output_token_ms / 2},
    }
    parts = []
    for words, changes in variants.items():
        other = replace(asked, **changes)  # type: ignore[arg-type]
        ranked = _leaders(other, "cost")
        if ranked:
            decided, able = called_cells(other, "cost")
            parts.append(
                f"with {words} {ranked[0][0]} is cheapest in {ranked[0][1]:,} of {able:,} cases "
                f"and {decided:,} can be called"
            )
    return f"What would change it: {'; '.join(parts) or 'a price per hour'}."


def answer_sentence(asked: Plan) -> str:
    """Return in how many rows of the decision table each metric can be called, and for whom.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    """
    rows = decision_table(asked)
    parts = []
    for metric, words in CALLED.items():
        called = rows[metric][rows[metric].str.startswith("**")]
        parts.append(f"for {words} in {len(called) or 'none'}{_mostly(called)}")
    return (
        f"Of the {len(rows)} pairs of context and load in {{numref}}`tab-gpu-decision`, the models "
        f"name a winner {join_words(parts)}."
    )


def _mostly(called: pd.Series[str]) -> str:
    """Return whom the most of the called cells name, in brackets."""
    if called.empty:
        return ""
    names = called.str.extract(r"\*\*(.*?)\*\*")[0].map(_in_order).value_counts()
    return f" (mostly {names.index[0]})"


def _in_order(names: str) -> str:
    """Return alternatives in alphabetical order."""
    return join_or(sorted(names.replace(" or ", ", ").split(", ")))


def workload_cells(asked: Plan) -> pd.DataFrame:
    """Return the article's table of GPUs by workload with what the models say of each pick.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.

    Returns
    -------
    DataFrame
        From `article_cells(5)`, and `per_gpu` and `per_dollar`: in how many cases of the row the
        article's GPU is first or too close to the first to call, in tokens per GPU and in
        dollars per token.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> workload_cells(DEFAULT).shape
    (4, 7)
    """
    columns = {"per_gpu": "throughput", "per_dollar": "cost"}
    told = {
        column: [_told(asked, metric, *row) for row in PICKS] for column, metric in columns.items()
    }
    return article_cells(5).assign(**told)


def _told(
    asked: Plan, metric: str, pick: str, contexts: tuple[int, ...], users: tuple[int, ...]
) -> str:
    """Return in how many cases a pick is first or too close to the first to call."""
    found = [
        one
        for (name, _, tokens, load), one in contests(asked).items()
        if name == metric and tokens in contexts and load in users and one.leader
    ]
    if pick not in asked.accelerators:
        return "not compared"
    if metric == "cost" and pick not in hour_prices(asked.accelerators):
        return "no list price"
    return f"{sum(pick in one.tied for one in found)} of {len(found)}"


def rack_sentence(asked: Plan) -> str:
    """Return what the last accelerator adds to the one before it when many users share a copy.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    """
    if len(asked.accelerators) < 2:
        return ""
    before, after = asked.accelerators[-2:]
    table = scores(asked)
    crowd = table[table["users"] == USERS[-1]].set_index(["model", "context_tokens"])
    pair = [crowd[crowd["accelerator"] == name] for name in (before, after)]
    sooner = (pair[0]["latency"] / pair[1]["latency"]).dropna()
    more = (pair[1]["throughput"] / pair[0]["throughput"]).dropna()
    if sooner.empty or more.empty:
        return ""
    return (
        f"With {users_words(USERS[-1])} on one copy a token of {short_name(after)} comes "
        f"{sooner.median():.1f} times as soon as one of {short_name(before)} at the median, up to "
        f"{sooner.max():.1f} times where experts spread over more GPUs than a node has; per GPU it "
        f"gives {more.median():.2f} times the tokens."
    )


def context_sentence(asked: Plan) -> str:
    """Return how the first step between GPUs changes with context.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    """
    steps = gpu_steps(asked).dropna(subset=["ratio"])
    if steps.empty:
        return "With one GPU there is no step to compare."
    first = steps[(steps["step"] == steps["step"].iloc[0]) & (steps["users"] == USERS[1])]
    if len(first) < 2:
        return "Too few contexts are served in time to follow a step over context."
    near, far = first.iloc[0], first.iloc[-1]
    after, before = near["step"].split(" / ")
    ends = (float(near["ratio"]), float(far["ratio"]))
    shrinks = ends[1] < ends[0]
    why = (
        "long uncached prompts are arithmetic, which memory does not speed up"
        if shrinks
        else "longer caches use its memory"
    )
    return (
        f"A longer context {'weakens' if shrinks else 'strengthens'} the case for more memory: "
        f"at {users_words(USERS[1])} one {after} does the work of {ends[0]:.2f} {before}s at "
        f"{near['context']} tokens and of {ends[1]:.2f} at {far['context']}, because {why}."
    )


def step_finding(asked: Plan) -> str:
    """Return what each GPU is worth in the one before it, as the finding of the figure.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    """
    steps = gpu_steps(asked).dropna(subset=["ratio"])
    if steps.empty:
        return "With one GPU there is no step to compare."
    parts = []
    for name, rows in steps.groupby("step", sort=False):
        after, before = str(name).split(" / ")
        low, high = rows["ratio"].min(), rows["ratio"].max()
        parts.append(f"one {after} of {low:.1f} to {high:.1f} {before}s")
    return f"Over contexts and users {'; '.join(parts).replace(' of ', ' does the work of ', 1)}."


def price_words(asked: Plan) -> str:
    """Return what the steps between GPUs cost at list price.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    """
    found = []
    for before, after in zip(asked.accelerators, asked.accelerators[1:], strict=False):
        ratio = price_ratio(after, before)
        names = f"{short_name(after)} / {short_name(before)}"
        words = f"{ratio[0]:.2f} to {ratio[2]:.2f}" if ratio else "no list price"
        found.append(f"{names} {words}")
    return "; ".join(found) or "nothing to compare"


def pair_sentence(asked: Plan) -> str:
    """Return how well measured differences between GPUs are met, and what that would call.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    """
    pairs, (low, high) = measured_pairs(), pair_interval()
    right = (np.log(pairs["measured"]) * np.log(pairs["predicted"]) > 0).sum()
    kinds = datasets.accelerators()
    same = sum(
        kinds[one].generation == kinds[other].generation
        for one, other in zip(pairs["accelerator_id"], pairs["accelerator_id_b"], strict=True)
    )
    firsts = _found(asked, "cost")
    stand = sum(one.margin * low > 1.0 for one in firsts)
    return (
        f"Differences between GPUs are met better than levels: in {right} of {len(pairs)} measured "
        "pairs that differ in the GPU alone the predicted order is the measured one, and four of "
        f"five measured ratios of rates lie within {low:.2f} to {high:.2f} times the predicted "
        f"one. With that smaller error {stand:,} of {len(firsts):,} firsts on dollars would stand "
        f"alone. But {same} of the pairs stay within a generation and the constants were fitted to "
        "these cases too, so the verdicts above keep to the wider intervals."
    )
