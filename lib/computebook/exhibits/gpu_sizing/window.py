"""What the full window of 400,000 tokens needs, by kind of attention. Beyond every measurement."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import datasets, memory, roofline, units
from computebook.exhibits.gpu_sizing.article import FULL_WINDOW_TOKENS, prompt_limit_tokens
from computebook.exhibits.gpu_sizing.bills import hour_prices
from computebook.exhibits.gpu_sizing.evidence import measured_context_tokens
from computebook.exhibits.gpu_sizing.options import (
    Options,
    best,
    copy_sizes,
    layouts,
    most_users,
    options,
    token_bound_s,
)
from computebook.exhibits.gpu_sizing.plan import Plan, Served, interval, served
from computebook.exhibits.gpu_sizing.words import span

__all__ = [
    "ARCHETYPES",
    "NODE",
    "beyond_measured",
    "token_curve",
    "window_serving",
]

MILLISECONDS: Final = 1e3
NODE: Final = 8
#: Open models that stand for the kinds of attention.
ARCHETYPES: Final = {
    "llama-3.1-405b": "dense, grouped",
    "qwen3-235b-a22b": "experts, grouped",
    "deepseek-v3": "experts, latent",
    "deepseek-v3.2": "experts, latent and sparse",
    "gpt-oss-120b": "experts, windows",
    "qwen3.5-397b-a17b": "experts, linear layers",
}
#: Those of them that the figure shows.
DRAWN: Final = tuple(ARCHETYPES)[:5]
CURVE_POINTS: Final = 25
CURVE_START_TOKENS: Final = 2_000


def beyond_measured(context_tokens: float = FULL_WINDOW_TOKENS) -> float:
    """Return how many times longer a context is than the longest measured one.

    Examples
    --------
    >>> beyond_measured() > 10
    True
    """
    return context_tokens / measured_context_tokens()


def _window_plan(asked: Plan) -> Plan:
    """Return the plan with the window's own lengths."""
    prompt = prompt_limit_tokens()
    lengths = {"context_tokens": FULL_WINDOW_TOKENS, "output_tokens": FULL_WINDOW_TOKENS - prompt}
    return dataclasses.replace(asked, **lengths)  # type: ignore[arg-type]


def node_users(asked: Plan, model: Served, context_tokens: float) -> float:
    """Return the most sequences that eight accelerators of the plan hold, copies included.

    Parameters
    ----------
    asked : Plan
        Its accelerator.
    model : Served
        The model and its formats.
    context_tokens : float
        Tokens per sequence.
    """
    gpu = datasets.accelerator(asked.accelerator)
    count, groups = layouts(model.shape, NODE)
    held = most_users(model, gpu, context_tokens, count, groups)
    return float((held * (NODE // count)).max())


def _alone(found: Options) -> tuple[int, float, float]:
    """Return the fastest layout for one user, its time per token and to the first token, s."""
    step, where = best(found.token_s[:, :, :1], highest=False)
    layout = int(where[0])
    return layout, float(step[0]), float(np.nanmin(found.first_s[:, 0, 0]))


def _shared_usd(asked: Plan, found: Options, usd_per_hour: float) -> float:
    """Return the cost of a request at the cheapest load within the time limit, $."""
    in_time = found.token_s * MILLISECONDS <= asked.time_per_output_token_ms
    rate, _ = best(np.where(in_time, found.per_accelerator, np.nan), highest=True)
    return usd_per_hour / units.SECONDS_PER_HOUR * asked.output_tokens / float(rate[0])


def _window_row(asked: Plan, name: str, usd_per_hour: float) -> dict[str, Any]:
    model = served(asked, name)
    gpu = datasets.accelerator(asked.accelerator)
    one = model.deployment(gpu)
    cache = memory.kv_cache_bytes(model.shape, asked.context_tokens, 1, one.placement.kv_bits)
    weights = float(one.weight_bytes)
    row: dict[str, Any] = {
        "name": f"{model.shape.name} ({ARCHETYPES[name]})",
        "memory": f"{weights / units.BYTES_PER_GB:,.0f} + {cache / units.BYTES_PER_GB:,.0f}",
        "users": node_users(asked, model, asked.context_tokens),
    }
    loads = copy_sizes(max(int(row["users"]), 1))
    found = options(asked, model, gpu, asked.context_tokens, loads, most=NODE)
    if np.isnan(found.token_s[:, 0, 0]).all():
        return row
    return row | _window_times(asked, model, found, usd_per_hour)


def _window_times(
    asked: Plan, model: Served, found: Options, usd_per_hour: float
) -> dict[str, float]:
    """Return times and costs of one window alone on the node, and shared."""
    gpu = datasets.accelerator(asked.accelerator)
    layout, step, first = _alone(found)
    count, groups = (float(entry[layout, 0, 0]) for entry in (found.accelerators, found.groups))
    prompt = asked.context_tokens - asked.output_tokens
    middle = prompt + asked.output_tokens / 2
    request = first + asked.output_tokens * step
    whole = model.deployment(gpu, count, groups).placement
    return {
        "first_s": first,
        "first_bound_s": float(roofline.prefill_lower_bound_s(model.shape, gpu, prompt, 1, whole)),
        "token_ms": MILLISECONDS * step,
        "bound_ms": MILLISECONDS * float(
            token_bound_s(model, gpu, middle, 1, count, groups)),
        "request_s": request,
        "alone_usd": usd_per_hour * count * request / units.SECONDS_PER_HOUR,
        "shared_usd": _shared_usd(asked, found, usd_per_hour),
    }  # fmt: skip


def window_serving(asked: Plan) -> pd.DataFrame:
    """Return what one full window takes on eight accelerators, by kind of attention.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters; lengths are those of the window.

    Returns
    -------
    DataFrame
        `name`, `memory` (GB of weights and of one cache), `users` on eight accelerators,
        `first_s` of the longest prompt and `token_ms` in the middle of the answer with their
        bounds `first_bound_s` and `bound_ms`, `request_s`, `alone_usd` and `shared_usd` for one
        request, and as text with intervals `first`, `token` and `usd`.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> table = window_serving(DEFAULT)
    >>> bool((table["first_s"] >= table["first_bound_s"]).all())
    True
    """
    window = _window_plan(asked)
    hourly = hour_prices([asked.accelerator], asked.price_percent)
    price = hourly.get(asked.accelerator, (np.nan,) * 3)[1]
    rows = [_window_row(window, name, price) for name in ARCHETYPES]
    columns = ["first_s", "first_bound_s", "token_ms", "bound_ms", "request_s"]
    costs = ["alone_usd", "shared_usd"]
    frame = pd.DataFrame(rows).reindex(columns=["name", "memory", "users", *columns, *costs])
    first, step = interval("ttft"), interval("tpot")
    pairs = zip(frame["shared_usd"], frame["alone_usd"], strict=True)
    return frame.assign(
        first=[span(value, value * first[0], value * first[1]) for value in frame["first_s"]],
        token=[span(value, value * step[0], value * step[1]) for value in frame["token_ms"]],
        usd=[_usd_range(*pair) for pair in pairs],
    ).replace({"": None})


def _usd_range(shared: float, alone: float) -> str:
    if not np.isfinite(alone):
        return ""
    low, high = (units.format_significant(value, 2) for value in (min(shared, alone), alone))
    return f"${high}" if low == high or not np.isfinite(shared) else f"${low} to ${high}"


def token_curve(asked: Plan) -> pd.DataFrame:
    """Return the time per token of one user on eight accelerators over contexts.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.

    Returns
    -------
    DataFrame
        `name`, `context_tokens`, `token_ms`, `low_ms`, `high_ms`; contexts that do not fit are
        left out.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> curve = token_curve(DEFAULT)
    >>> bool((curve["low_ms"] < curve["token_ms"]).all())
    True
    """
    start = max(CURVE_START_TOKENS, asked.output_tokens + 1)
    tokens = np.round(np.geomspace(start, max(FULL_WINDOW_TOKENS, start + 1), CURVE_POINTS))
    gpu, (low, high) = datasets.accelerator(asked.accelerator), interval("tpot")
    frames = []
    for name in DRAWN:
        model = served(asked, name)
        found = options(asked, model, gpu, tokens, [1], most=NODE)
        step, _ = best(found.token_s, highest=False)
        points = {"name": model.shape.name, "context_tokens": tokens, "token_ms": 1e3 * step}
        frames.append(pd.DataFrame(points))
    curve = pd.concat(frames, ignore_index=True).dropna()
    return curve.assign(low_ms=curve["token_ms"] * low, high_ms=curve["token_ms"] * high)
