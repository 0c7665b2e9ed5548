"""Findings that must say something else when the parameters change, as words."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from computebook import datasets, memory, units, validation
from computebook.claim_checks.machines import FRONTIER_FROM, FRONTIER_PARAMS_B, FRONTIER_TO
from computebook.exhibits.gpu_sizing.article import FULL_WINDOW_TOKENS
from computebook.exhibits.gpu_sizing.caches import cache_range_gb, frontier
from computebook.exhibits.gpu_sizing.case import Case
from computebook.exhibits.gpu_sizing.fleets import fleet_map, short_name
from computebook.exhibits.gpu_sizing.headline import Headline, join_words, serving_ratio
from computebook.validation.bounds import SMALL_BATCH

__all__ = [
    "band_sentence",
    "class_words",
    "cost_finding",
    "cost_sentence",
    "cost_words",
    "evidence_sentence",
    "gpu_name",
    "label_note",
    "map_finding",
    "price_dates",
    "weights_sentence",
]

BAND_GPUS: Final = ("h100-sxm", "h200-sxm", "b200-sxm")


def gpu_name(accelerator_id: str) -> str:
    """Return the short name of an accelerator.

    Examples
    --------
    >>> gpu_name("b200-sxm")
    'B200 SXM'
    """
    return short_name(datasets.accelerator(accelerator_id))


def _month(day: str) -> str:
    return f"{pd.Timestamp(day):%B %Y}"


def class_words() -> str:
    """Return what defines the class of open models.

    Examples
    --------
    >>> class_words()
    'at least 100 billion parameters, released July 2024 to January 2026'
    """
    return (
        f"at least {FRONTIER_PARAMS_B:,.0f} billion parameters, released "
        f"{_month(FRONTIER_FROM)} to {_month(FRONTIER_TO)}"
    )


def price_dates() -> str:
    """Return the first and last month of the on-demand prices.

    Examples
    --------
    >>> " and " in price_dates()
    True
    """
    table = datasets.load("gpu_hour_prices")
    days = table[table["kind"] == "on-demand"]["as_of"]
    return f"{_month(str(days.min()))} and {_month(str(days.max()))}"


def label_note() -> str:
    """Return how memory labels and driver figures differ, with two cases.

    Examples
    --------
    >>> label_note().startswith("Memory in the vendors' label")
    True
    """
    table = datasets.load("accelerators").set_index("accelerator_id")["memory_gb"].astype(float)
    cases = [
        f"{gpu_name(name)} is sold with {table[name]:.0f} GB and its driver shows "
        f"{datasets.accelerator(name).memory_bytes / units.BYTES_PER_GB:.1f} GB of 1e9 bytes"
        for name in (BAND_GPUS[0], BAND_GPUS[-1])
    ]
    return (
        f"Memory in the vendors' label, which counts larger units: an {cases[0]}, a {cases[1]}. "
        "Models below use the driver's figure ({numref}`tab-ridge-points`)."
    )


def weights_sentence(kv_precision: str) -> str:
    """Return how one window of the largest cache compares with weights in FP8.

    Parameters
    ----------
    kv_precision : str
        Number format of the cache.

    Examples
    --------
    >>> weights_sentence("bf16")
    'The largest window, 206 GB, is lighter than the FP8 weights of 11 of the 14 models.'
    """
    largest = cache_range_gb(FULL_WINDOW_TOKENS, kv_precision)[2]
    models = frontier()
    heavier = sum(memory.weight_bytes(a, 8.0) / units.BYTES_PER_GB > largest for a in models)
    return (
        f"The largest window, {largest:,.0f} GB, is lighter than the FP8 weights of {heavier} of "
        f"the {len(models)} models."
    )


def band_sentence(kv_precision: str) -> str:
    """Return which of the article's single GPUs hold the smallest and the largest full window.

    Parameters
    ----------
    kv_precision : str
        Number format of the cache.

    Examples
    --------
    >>> "none of the three" in band_sentence("bf16")
    True
    """
    low, _, high = cache_range_gb(FULL_WINDOW_TOKENS, kv_precision)
    rooms = {
        gpu_name(name): datasets.accelerator(name).memory_bytes / units.BYTES_PER_GB
        for name in BAND_GPUS
    }
    small, large = (
        join_words([name for name, room in rooms.items() if room >= need]) for need in (low, high)
    )
    return (
        f"At {FULL_WINDOW_TOKENS:,} tokens the smallest cache of the class fits on "
        f"{small or 'none of the three'}; the largest on {large or 'none of the three'} single "
        "GPUs. Memory alone does not pair a band with a GPU, and bandwidth shortens every read in "
        "proportion without drawing a line anywhere."
    )


def map_finding(case: Case, accelerator_id: str) -> str:
    """Return the range of fleets on the map in a sentence.

    Parameters
    ----------
    case : Case
        Model, formats and memory policy.
    accelerator_id : str
        Accelerator of the map.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> map_finding(case("gpt-oss-120b", "mxfp4", "bf16"), "h200-sxm").startswith("One model")
    True
    """
    cells = fleet_map(case, accelerator_id).dropna(subset=["accelerators"])
    low, high = cells["accelerators"].min(), cells["accelerators"].max()
    return (
        f"One model needs {low:,.0f} to {high:,.0f} accelerators, depending on users as much as on "
        "context."
    )


def cost_sentence(found: Headline) -> str:
    """Return the lowest cost bound in a sentence.

    Parameters
    ----------
    found : Headline
        From `headline`.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> from computebook.exhibits.gpu_sizing.headline import headline
    >>> found = headline(case("llama-3.1-70b", "fp8", "bf16"), ["gb200"], 8_192, 16, 20)
    >>> cost_sentence(found)
    'No on-demand price was found for these accelerators, so no cost is stated.'
    """
    best = found.cheapest
    if best is None:
        return "No on-demand price was found for these accelerators, so no cost is stated."
    return (
        f"At that load a million output tokens cost at least "
        f"${best['central_output_usd_per_mtok']:,.2f} at the median list price "
        f"({best['fleet']}); real systems are slower and cost more."
    )


def cost_words(costs: pd.DataFrame) -> list[str]:
    """Return the cost range of each priced fleet.

    Parameters
    ----------
    costs : DataFrame
        From `cost_bounds`.

    Examples
    --------
    >>> cost_words(pd.DataFrame({"fleet": ["a"], "low_output_usd_per_mtok": [1.0],
    ...                          "high_output_usd_per_mtok": [2.5]}))
    ['a $1.00 to $2.50']
    """
    priced = costs.dropna(subset=["low_output_usd_per_mtok"])
    return [
        f"{row['fleet']} ${row['low_output_usd_per_mtok']:,.2f} to "
        f"${row['high_output_usd_per_mtok']:,.2f}"
        for row in priced.to_dict("records")
    ] or ["no fleet has a price"]


def cost_finding(costs: pd.DataFrame) -> str:
    """Return whether prices or accelerators move the bound more.

    Parameters
    ----------
    costs : DataFrame
        From `cost_bounds`, with a priced fleet.

    Examples
    --------
    >>> cost_finding(pd.DataFrame({"low_output_usd_per_mtok": [1.0, 1.0],
    ...     "central_output_usd_per_mtok": [2.0, 3.0], "high_output_usd_per_mtok": [4.0, 3.0]}))
    'List prices of one GPU differ up to 4.0 times, medians between GPUs 1.5 times.'
    """
    priced = costs.dropna(subset=["central_output_usd_per_mtok"])
    if priced.empty:
        return "No on-demand price was found; GPU-hours stand in for dollars."
    within = (priced["high_output_usd_per_mtok"] / priced["low_output_usd_per_mtok"]).max()
    medians = priced["central_output_usd_per_mtok"]
    return (
        f"List prices of one GPU differ up to {within:.1f} times, medians between GPUs "
        f"{medians.max() / medians.min():.1f} times."
    )


def evidence_sentence(found: Headline) -> str:
    """Return what measurements say of capacity, of bounds and of the step between GPUs.

    Parameters
    ----------
    found : Headline
        From `headline`.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> from computebook.exhibits.gpu_sizing.headline import headline
    >>> found = headline(case("llama-3.1-70b", "fp8", "bf16"), ["gb200"], 8_192, 16, 20)
    >>> "measured capacities" in evidence_sentence(found)
    True
    """
    steps = validation.decode_steps()
    slower = steps["slower_than_stated"].dropna()
    bandwidth = np.array([datasets.accelerator(n).memory_bandwidth_bytes_per_s for n in BAND_GPUS])
    step_up, jump = (serving_ratio(BAND_GPUS[i + 1], BAND_GPUS[i]) for i in (0, 1))
    wide, wider = bandwidth[1:] / bandwidth[:-1]
    return (
        f"The memory model meets {found.capacity_cases} measured capacities with a mean error of "
        f"{found.capacity_error_percent:.1f}%, with no constant fitted to them. Of {len(steps)} "
        f"measured decode steps {int((~steps['holds']).sum()) or 'none'} is faster than its bound; "
        f"at batch {SMALL_BATCH} the median step takes {slower.median():.1f} times as long as the "
        f"bound ({slower.min():.1f} to {slower.max():.1f}): allow for that factor. "
        f"Measured on Llama 3.1 405B {{cite}}`mlcommons2025inference51`, an H200 serves "
        f"{step_up:.2f} times an H100 for {wide:.2f} times its bandwidth; a B200 serves "
        f"{jump:.1f} times an H200 for {wider:.2f} times the bandwidth, with four-bit "
        "arithmetic on top. Bandwidth explains the first step and not the second."
    )
