"""Answers that must say something else when the numbers change, as words."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from computebook import datasets, memory, serving, units, validation
from computebook.exhibits.gpu_sizing.article import FULL_WINDOW_TOKENS
from computebook.exhibits.gpu_sizing.evidence import measured_context_tokens
from computebook.exhibits.gpu_sizing.headline import SERVED_PROMPT_TOKENS, Headline, served_steps
from computebook.exhibits.gpu_sizing.plan import Plan, interval, served
from computebook.exhibits.gpu_sizing.window import beyond_measured
from computebook.exhibits.gpu_sizing.words import join_words, short_name
from computebook.validation.bounds import SMALL_BATCH

__all__ = [
    "break_sentence",
    "cache_sentence",
    "evidence_sentence",
    "interval_sentence",
    "table_sentence",
    "users_sentence",
    "window_sentence",
    "window_takeaway",
    "worked_cache",
    "worked_step",
]

MILLISECONDS: Final = 1e3
NODES: Final = ("one_tokens", "node_tokens")


def interval_sentence() -> str:
    """Return the 80 % intervals in words."""
    pairs = {name: interval(name) for name in ("tpot", "ttft", "throughput", "capacity")}
    words = {"tpot": "time per token", "ttft": "first token", "throughput": "tokens per second",
             "capacity": "users that fit"}  # fmt: skip
    shown = [f"{words[name]} {low:.2f} to {high:.2f}" for name, (low, high) in pairs.items()]
    return (
        f"Four of five measurements lie within these multiples of a prediction: "
        f"{join_words(shown)} ({{doc}}`validation`). Two GPUs are called apart only where their "
        "intervals do not overlap."
    )


def worked_step(asked: Plan, forecast: pd.DataFrame) -> str:
    """Return the equation of the step with the numbers of the last copy that serves in time.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    forecast : DataFrame
        From `forecasts`.
    """
    able = forecast.dropna(subset=["token_ms"])
    if able.empty:
        return "Nothing serves this load in time: allow more time or a shorter context."
    row = able.iloc[-1]
    gpu = datasets.accelerator(str(row["accelerator"]))
    placed = served(asked, str(row["model"])).deployment(
        gpu, row["copy_accelerators"], row["copy_groups"]
    )
    middle = asked.context_tokens - asked.output_tokens / 2
    parts = serving.decode_step(placed, row["copy_users"], middle)
    read, cache, total = (
        MILLISECONDS * float(value)
        for value in (parts.dense_s + parts.experts_s + parts.head_s, parts.attention_s,
                      parts.total_s)
    )  # fmt: skip
    waited = float(row["token_ms"]) - total
    count, users = (f"{row[name]:.0f}" for name in ("copy_accelerators", "copy_users"))
    place = f"{count} {short_name(str(row['accelerator']))}s with {users} users"
    return (
        f"Worked for {row['name']} on {place}: {read:.1f} ms for weights and their arithmetic, "
        f"{cache:.1f} ms for the cache, {total - read - cache:.1f} ms for links, kernels and host "
        f"make a step of {total:.1f} ms; {waited:.1f} ms of other users' prompts make "
        f"{row['token_ms']:.1f} ms per token. Physics alone allows {row['bound_ms']:.1f} ms."
    )


def table_sentence(found: Headline) -> str:
    """Return what holds and what does not in the article's table of memory.

    Parameters
    ----------
    found : Headline
        From `headline`.
    """
    answer = FULL_WINDOW_TOKENS - found.prompt_tokens
    return (
        f"The window holds in kind: {FULL_WINDOW_TOKENS:,} tokens are {found.prompt_tokens:,} of "
        f"prompt plus {answer:,} of answer. Both figures of the cache row are "
        f"{found.article_elements:,.0f} elements per token times the window, one constant for two "
        "models whose architectures are not public: its ratio repeats the ratio of the windows."
    )


def window_sentence(asked: Plan, serving_rows: pd.DataFrame) -> str:
    """Return what the full window takes over kinds of attention.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    serving_rows : DataFrame
        From `window_serving`.
    """
    able = serving_rows.dropna(subset=["first_s"])
    machine = f"eight {short_name(asked.accelerator)}s"
    if able.empty:
        return f"None of the models holds one full window on {machine}."
    low, high = able["first_s"].min(), able["first_s"].max()
    dear = able["alone_usd"].max()
    cost = "" if not np.isfinite(dear) else (
        f", and costs ${able['shared_usd'].min():,.2f} (shared) to ${dear:,.0f} (alone)"
    )  # fmt: skip
    return (
        f"On {machine} the longest prompt takes {units.format_significant(low, 2)} to "
        f"{units.format_significant(high, 2)} s to its first token, a token "
        f"{able['token_ms'].min():.0f} to {able['token_ms'].max():.0f} ms, the whole answer "
        f"{able['request_s'].min() / 60:.0f} to {able['request_s'].max() / 60:.0f} minutes{cost}; "
        f"{able['users'].min():.0f} to {able['users'].max():.0f} users fit. The window is "
        f"{beyond_measured():.0f} times longer than the longest measured request "
        f"({measured_context_tokens():,.0f} tokens): no public measurement of decoding at "
        f"{FULL_WINDOW_TOKENS:,} tokens was found."
    )


def window_takeaway(asked: Plan, serving_rows: pd.DataFrame) -> str:
    """Return time and cost of one full request, and how far they are extrapolated.

    Parameters
    ----------
    asked, serving_rows
        As in `window_sentence`.
    """
    able = serving_rows.dropna(subset=["first_s"])
    reach = (
        f"The window is {beyond_measured():.0f} times longer than the longest measured request: "
        "read every figure on it as extrapolation."
    )
    if able.empty:
        return reach
    low, high = able["request_s"].min() / 60, able["request_s"].max() / 60
    return (
        f"A request that fills the window keeps eight {short_name(asked.accelerator)}s busy for "
        f"{low:.0f} to {high:.0f} minutes, by kind of attention. {reach}"
    )


def users_sentence(asked: Plan, points: pd.DataFrame) -> str:
    """Return how far users per GPU spread over models and GPUs.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    points : DataFrame
        From `break_points`.
    """
    able = points[points["timely_users"] > 0]
    if able.empty:
        return "No GPU serves one user of this load in time."
    low, high = (able.loc[able["timely_users"].agg(way)] for way in ("idxmin", "idxmax"))
    spread = able.groupby("name")["timely_users"].agg(lambda users: users.max() / users.min())
    most, least = float(high["timely_users"]), float(low["timely_users"])
    return (
        f"At {asked.context_tokens:,} tokens and {asked.time_per_output_token_ms:g} ms a GPU "
        f"carries {units.format_significant(least, 2)} users ({low['name']} on "
        f"{low['accelerator']}) to {units.format_significant(most, 2)} ({high['name']} on "
        f"{high['accelerator']}), {most / least:.0f} times as many. Within one model the GPU moves "
        f"it {spread.median():.1f} times at the median."
    )


def break_sentence(asked: Plan, points: pd.DataFrame) -> str:
    """Return in how many pairs memory breaks first.

    Parameters
    ----------
    asked, points
        As in `users_sentence`.
    """
    one, node = (int((points[name] < asked.context_tokens).sum()) for name in NODES)
    return (
        f"Memory breaks first: in {one} of {len(points)} pairs of model and GPU one GPU does not "
        f"hold one request of {asked.context_tokens:,} tokens, in {node} not even eight "
        "do."
    )


def cache_sentence(caches: pd.DataFrame) -> str:
    """Return where the article's constant stands among the caches of open models.

    Parameters
    ----------
    caches : DataFrame
        From `caches`.
    """
    above, below = (
        int((caches["times_article"] > 1).sum()),
        int((caches["times_article"] < 1).sum()),
    )
    least, most = caches["times_article"].min(), caches["times_article"].max()
    return (
        f"Open models keep {least:.1f} to {most:.1f} times what the article's constant says: "
        f"{above} of {len(caches)} keep more, {below} less."
    )


def worked_cache(asked: Plan) -> str:
    """Return the equations of the cache with the numbers of the first model.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> "516.1 kB" in worked_cache(replace(DEFAULT, models=("llama-3.1-405b",)))
    True
    """
    shape = served(asked, asked.models[-1]).shape
    bits = served(asked, asked.models[-1]).kv_bits
    elements, per_token = (
        memory.kv_elements_per_token(shape),
        memory.kv_bytes_per_token(shape, bits),
    )
    held = memory.kv_cache_bytes(shape, FULL_WINDOW_TOKENS, 1, bits)
    return (
        f"Worked: {{eq}}`eq-kv-elements` gives {shape.name} {elements:,.0f} elements per token, "
        f"{per_token / 1e3:,.1f} kB in {asked.kv_precision.upper()}; by {{eq}}`eq-kv-cache` one "
        f"window of {FULL_WINDOW_TOKENS:,} tokens takes {held / units.BYTES_PER_GB:,.1f} GB."
    )


def evidence_sentence(found: Headline, asked: Plan) -> str:
    """Return what measurements say of capacity, of bounds and of the steps between GPUs.

    Parameters
    ----------
    found : Headline
        From `headline`.
    asked : Plan
        The chapter's parameters.
    """
    steps = validation.decode_steps()
    slower = steps["slower_than_stated"].dropna()
    ratios = [
        f"{short_name(row['after'])} over {short_name(row['before'])} {row['measured']:.2f} "
        f"measured, {row['predicted']:.2f} predicted"
        for row in served_steps(asked).to_dict("records")
    ]
    return (
        f"The memory model meets {found.capacity_cases} measured capacities with a mean error of "
        f"{found.capacity_error_percent:.1f}%. Of {len(steps)} measured decode steps "
        f"{int((~steps['holds']).sum()) or 'none'} is faster than its bound; at batch "
        f"{SMALL_BATCH} the median step takes {slower.median():.1f} times as long, which is why "
        "this chapter predicts. Steps between GPUs in MLPerf, Llama 3.1 405B "
        f"{{cite}}`mlcommons2025inference51`, four-bit weights on Blackwell: "
        f"{'; '.join(ratios)}. A prompt of {SERVED_PROMPT_TOKENS:,} tokens stands for the "
        "real ones there, whose length the logs do not give."
    )
