"""Calibrated predictions for the asked load beside the bound of physics."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import datasets, units
from computebook.exhibits.gpu_sizing.bills import hour_prices, usd_per_mtok
from computebook.exhibits.gpu_sizing.options import (
    Options,
    best,
    copy_sizes,
    options,
    token_bound_s,
)
from computebook.exhibits.gpu_sizing.plan import Plan, Served, interval, served
from computebook.exhibits.gpu_sizing.words import short_name, span

__all__ = ["copy_label", "forecasts"]

MILLISECONDS: Final = 1e3
SPEEDS: Final = ("token_ms", "bound_ms", "tokens_per_s", "joules")
NO_BREAK_SPACE: Final = "\N{NO-BREAK SPACE}"


def copy_label(accelerator_id: str, accelerators: float) -> str:
    """Return a copy in words that stay on one line.

    Examples
    --------
    >>> copy_label("h100-sxm", 8.0).split()
    ['8', '×', 'H100']
    """
    return f"{accelerators:.0f} × {short_name(accelerator_id)}".replace(" ", NO_BREAK_SPACE)


def _place(found: Options, asked: Plan) -> tuple[int, int] | None:
    """Return layout and load with most tokens per accelerator in time; None if none is."""
    in_time = found.token_s * MILLISECONDS <= asked.time_per_output_token_ms
    rate, where = best(np.where(in_time, found.per_accelerator, np.nan), highest=True)
    if np.isnan(rate[0]):
        return None
    layout, load = divmod(int(where[0]), found.users.size)
    return layout, load


def _forecast(asked: Plan, model: Served, name: str) -> dict[str, Any]:
    gpu = datasets.accelerator(name)
    row: dict[str, Any] = {
        "model": model.shape.architecture_id, "name": model.shape.name, "accelerator": name,
    }  # fmt: skip
    found = options(asked, model, gpu, asked.context_tokens, copy_sizes(asked.users))
    place = _place(found, asked)
    if place is None:
        return row | {"copy": short_name(name)}
    layout, load = place
    count, groups = found.accelerators[layout, 0, 0], found.groups[layout, 0, 0]
    users, middle = found.users[0, 0, load], asked.context_tokens - asked.output_tokens / 2
    bound = token_bound_s(model, gpu, middle, users, count, groups)
    return row | {
        "copy": f"{copy_label(name, count)}, {users:,.0f}",
        "copy_accelerators": count,
        "copy_groups": groups,
        "copy_users": users,
        "token_ms": MILLISECONDS * found.token_s[layout, 0, load],
        "bound_ms": MILLISECONDS * float(bound),
        "tokens_per_s": found.per_accelerator[layout, 0, load],
        "joules": found.joules[layout, 0, load],
    }


def forecasts(asked: Plan) -> pd.DataFrame:
    """Return what each accelerator does for each model at the asked load.

    The copies are those that give most tokens per accelerator within the time limit.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.

    Returns
    -------
    DataFrame
        `model`, `name`, `accelerator`, `copy`, `copy_accelerators`, `copy_groups`,
        `copy_users`, `token_ms` and `bound_ms` (least possible), `tokens_per_s` and accelerator,
        `usd_per_mtok`, `joules`, `worth_usd_per_hour` (price of the hour at which it ties with
        the cheapest other offer), and as text with intervals `token`, `rate`, `cost`. Missing
        where the load is not served in time or no price is known.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> table = forecasts(DEFAULT).dropna(subset=["token_ms"])
    >>> bool((table["token_ms"] >= table["bound_ms"]).all())
    True
    """
    prices = hour_prices(asked.accelerators, asked.price_percent)
    rows = [
        _forecast(asked, served(asked, model), name)
        for model in asked.models
        for name in asked.accelerators
    ]
    labels = ["model", "name", "accelerator", "copy"]
    columns = ["copy_accelerators", "copy_groups", "copy_users"]
    frame = pd.DataFrame(rows).reindex(columns=[*labels, *columns, *SPEEDS])
    hourly = frame["accelerator"].map(lambda name: prices.get(name, (np.nan,) * 3)[1])
    frame["usd_per_mtok"] = usd_per_mtok(hourly, frame["tokens_per_s"])
    frame["worth_usd_per_hour"] = _worth(frame)
    return _with_words(frame)


def _worth(frame: pd.DataFrame) -> list[float]:
    """Return the hourly price at which each row ties with the cheapest other of its model."""
    worth = []
    for row in frame.to_dict("records"):
        others = frame[
            (frame["name"] == row["name"]) & (frame["accelerator"] != row["accelerator"])
        ]
        least = others["usd_per_mtok"].min()
        tokens_per_hour = row["tokens_per_s"] * units.SECONDS_PER_HOUR
        worth.append(float(least * tokens_per_hour / units.TOKENS_PER_MTOK))
    return worth


def _with_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with texts that carry the 80 % intervals."""
    step, rate = interval("tpot"), interval("throughput")
    texts = {
        "token": ("token_ms", step),
        "rate": ("tokens_per_s", rate),
        "cost": ("usd_per_mtok", (1 / rate[1], 1 / rate[0])),
    }
    shown = {
        name: [span(value, value * pair[0], value * pair[1]) for value in frame[column]]
        for name, (column, pair) in texts.items()
    }
    return frame.assign(**shown).replace({"": None})
