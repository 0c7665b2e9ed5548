"""How the tables of the chapter on GPU sizing are headed, formatted and sourced."""

from __future__ import annotations

from typing import Any, Final

from computebook import datasets, errors, units
from computebook.claim_checks.machines import FRONTIER_FROM, FRONTIER_PARAMS_B, FRONTIER_TO
from computebook.exhibits.gpu_sizing.article import data_date
from computebook.exhibits.gpu_sizing.bills import price_providers
from computebook.exhibits.gpu_sizing.words import join_words, month, short_name

__all__ = ["table_layout"]

SHAPES: Final = "nvidia_aiconfigurator"
ARTICLE: Final = "introl2026gpt52analysis"
PRICES: Final = ["dstack2026gpuhunt", "skypilot2026catalog", "epoch2026trainingcost"]
POWER: Final = "tschand2025mlperfpower"
LABELLED: Final = ("h100-sxm", "b200-sxm")

#: By table name: columns with their heading and format (None: as it comes); words in braces are
#: filled in by the chapter.
COLUMNS: Final[dict[str, dict[str, tuple[str, str | None]]]] = {
    "tab-memory-bandwidth": {
        "Specification": ("Specification", None),
        "GPT-5.2": ("GPT-5.2", "markdown"),
        "GPT-4 Turbo": ("GPT-4 Turbo", "markdown"),
        "Multiplier": ("Multiplier", "markdown"),
    },
    "tab-gpu-workload": {
        "Workload profile": ("Workload profile", None),
        "Recommended GPU": ("Recommended GPU", "markdown"),
        "Memory": ("Memory", "markdown"),
        "Bandwidth": ("Bandwidth", "markdown"),
        "Notes": ("Notes", "markdown"),
        "per_gpu": ("First or close, tokens per GPU", None),
        "per_dollar": ("First or close, $ per token", None),
    },
    "tab-gpu-decision": {
        "context": ("Tokens of a request", None),
        "load": ("Users", None),
        "latency": ("Time per token", "markdown"),
        "throughput": ("Tokens/s per GPU", "markdown"),
        "cost": ("$ per token", "markdown"),
        "energy": ("J per token", "markdown"),
    },
    "tab-gpu-forecasts": {
        "name": ("Model", None),
        "copy": ("Copy, users", None),
        "token": ("Time per token (ms, 80%)", None),
        "bound_ms": ("No less than (ms)", ".1f"),
        "rate": ("Tokens/s per GPU (80%)", None),
        "cost": ("$ per M output tokens (80%)", None),
        "joules": ("J per output token", None),
        "worth_usd_per_hour": ("Ties at ($/GPU-hour)", ".2f"),
    },
    "tab-kv-by-architecture": {
        "name": ("Model", None),
        "attention": ("Attention", None),
        "elements_per_token": ("Elements per token", ",.0f"),
        "kb_per_token": ("kB per token", ",.1f"),
        "prompt_gb": ("GB at {prompt}", ",.1f"),
        "window_gb": ("GB at {window}", ",.1f"),
        "times_article": ("Times the article's", ".2f"),
    },
    "tab-window-needs": {
        "what": ("Context", None),
        "tokens": ("Tokens held", ",.0f"),
        "low_gb": ("Low (GB)", ",.1f"),
        "central_gb": ("Central (GB)", ",.1f"),
        "high_gb": ("High (GB)", ",.1f"),
        "article_gb": ("Article (GB)", ",.1f"),
    },
    "tab-window-serving": {
        "name": ("Model", None),
        "memory": ("Weights + one cache (GB)", None),
        "users": ("Users that fit", ",.0f"),
        "first": ("First token of {prompt} (s, 80%)", None),
        "first_bound_s": ("No less than (s)", ".1f"),
        "token": ("Time per token (ms, 80%)", None),
        "bound_ms": ("No less than (ms)", ".2f"),
        "usd": ("$ per request, shared to alone", None),
    },
    "tab-break-points": {
        "name": ("Model", None),
        "accelerator": ("GPU", None),
        "one": ("Longest context, one GPU (k tokens, 80%)", None),
        "node": ("Longest context, eight (k tokens, 80%)", None),
        "timely": ("Users per GPU within {limit} ms (80%)", None),
        "ranks": ("Useful GPUs per sequence", None),
    },
    "tab-switches": {
        "name": ("Model", None),
        "outweighs_tokens": ("Cache outweighs weights beyond (tokens)", ",.0f"),
        "step": ("H200 beats H100 per dollar (context)", None),
        "step_low": ("At the highest price ratio", None),
        "fp8": ("FP8 over BF16 (times, 80%)", None),
        "fp4_one": ("FP4 over FP8, 1 user (times, 80%)", None),
        "fp4": ("FP4 over FP8, {users} (times, 80%)", None),
    },
    "tab-gpu-prose": {
        "row_label": ("Subject", None),
        "value_text": ("Article", None),
        "our_value_text": ("Ours", None),
        "verdict": ("Verdict", "verdict"),
        "evidence": ("Evidence", None),
    },
}

SOURCES: Final[dict[str, list[str]]] = {
    "tab-memory-bandwidth": [ARTICLE, "modelsdev2026prices", SHAPES],
    "tab-gpu-workload": [ARTICLE, SHAPES, "nvidia_dgxb200_guide"],
    "tab-gpu-decision": [SHAPES, *PRICES, POWER],
    "tab-gpu-forecasts": [SHAPES, *PRICES, POWER],
    "tab-kv-by-architecture": [SHAPES, "zhao2025deepseekinsights"],
    "tab-window-needs": ["modelsdev2026prices", SHAPES],
    "tab-window-serving": [SHAPES, *PRICES],
    "tab-break-points": [SHAPES],
    "tab-switches": [SHAPES, *PRICES],
    "tab-gpu-prose": [ARTICLE],
}

NOTES: Final = {
    "tab-gpu-decision": "Named: every GPU that at least half of the models put first or too close "
    "to the first, that is with overlapping 80% intervals; the factor is the median lead of the "
    "first over the best GPU clearly behind. *Too close*: the first and its lead over the second. "
    "Time per token: one copy holds all users, in as many models as stand in brackets. The others: "
    "as many copies as it takes, each in time. Joules at the plug of the server. GB200 is one GPU "
    "of an NVL72 rack; under dollars it is missing where no on-demand price was found.",
    "tab-window-serving": "Shared: the cheapest load whose tokens come in time. Alone: the fastest "
    "copy for one user. Intervals are those of the measured range carried over, so the true ones "
    "are wider. Most of these models were not trained for this context.",
    "tab-break-points": "Capacity counts weights, cache in whole blocks and room for the engine; "
    "a model's own window may be shorter. Useful GPUs: beyond them no doubling, up to eight, "
    "shortens the time per token of one user by a tenth; in brackets for the fast and the slow "
    "end of the calibrated links.",
    "tab-switches": "Prices within providers that list both. FP8 and FP4 compare tokens per second "
    "and GPU of the cheapest copies in time; their intervals are those of the formats' constants. "
    "Quality lost to a narrow format is not counted.",
}

EMPTY: Final = {
    "tab-gpu-forecasts": "not in time on 64 GPUs, or no on-demand price found",
    "tab-window-serving": "does not fit on eight",
    "tab-break-points": "does not fit on eight",
    "tab-switches": "published in MXFP4, or nothing serves the load in time",
}


def class_words() -> str:
    """Return what defines the class of open models.

    Examples
    --------
    >>> class_words()
    'at least 100 billion parameters, released July 2024 to January 2026'
    """
    return (
        f"at least {FRONTIER_PARAMS_B:,.0f} billion parameters, released "
        f"{month(FRONTIER_FROM)} to {month(FRONTIER_TO)}"
    )


def label_note() -> str:
    """Return how memory labels and driver figures differ, with two cases.

    Examples
    --------
    >>> label_note().startswith("Memory in the vendors' label")
    True
    """
    table = datasets.load("accelerators").set_index("accelerator_id")["memory_gb"].astype(float)
    cases = [
        f"{short_name(name)} is sold with {table[name]:.0f} GB and its driver shows "
        f"{datasets.accelerator(name).memory_bytes / units.BYTES_PER_GB:.1f} GB of 1e9 bytes"
        for name in LABELLED
    ]
    return (
        f"Memory in the vendors' label, which counts larger units: an {cases[0]}, a {cases[1]}. "
        "The models use the driver's figure. Last columns: of the cases of a row (models, contexts "
        "and users), those in which the article's GPU is first or too close to the first to call."
    )


def _cache_note() -> str:
    return (
        f"The class: {class_words()}. Shapes were read in copies of published configurations "
        f"(secondary), data as of {data_date()}. Sizes beyond a model's own window are arithmetic."
    )


def _price_note(accelerators: tuple[str, ...]) -> str:
    """Return which prices and powers stand behind a table."""
    table = datasets.load("gpu_hour_prices")
    days = table[table["kind"] == "on-demand"]["as_of"]
    providers = price_providers(accelerators)
    who = f"Mean list price of {join_words(providers)}" if providers else "Mean list price"
    estimated = table[
        table["accelerator_id"].isin(accelerators)
        & table["provider"].isin(providers)
        & (table["kind"] == "on-demand")
        & (table["basis"] != "published")
    ]
    guessed = [
        f"{provider}'s {short_name(str(name))}"
        for provider, name in zip(estimated["provider"], estimated["accelerator_id"], strict=True)
    ]
    remark = f" ({join_words(guessed)}: its source's own estimate)" if guessed else ""
    return (
        f"{who}{remark}, read in copies and aggregators (secondary), {month(str(days.min()))} to "
        f"{month(str(days.max()))}; every hour busy. Prompt work is inside the output price. "
        "Joules at the plug of the server, by bytes moved and operations. Ties at: the price of "
        "the hour at which a GPU costs as much per token as the cheapest other one."
    )


def _note(name: str, accelerators: tuple[str, ...]) -> str | None:
    if name == "tab-gpu-workload":
        return label_note()
    if name == "tab-kv-by-architecture":
        return _cache_note()
    if name == "tab-gpu-forecasts":
        return _price_note(accelerators)
    return NOTES.get(name)


def table_layout(name: str, accelerators: tuple[str, ...] = (), **words: object) -> dict[str, Any]:
    """Return what `tables.table` needs beside rows and caption.

    Parameters
    ----------
    name : str
        Name of the table.
    accelerators : tuple of str
        Accelerators whose prices it compares.
    **words
        Values for the words in braces of its headings.

    Returns
    -------
    dict
        Keyword arguments: name, columns, formats, sources, note and, where it has empty cells,
        what they mean.

    Raises
    ------
    ComputebookError
        If the chapter has no such table.

    Examples
    --------
    >>> table_layout("tab-kv-by-architecture", prompt="272,000", window="400,000")["columns"][
    ...     "prompt_gb"]
    'GB at 272,000'
    """
    errors.require_known("table", name, COLUMNS)
    shown = COLUMNS[name]
    found: dict[str, Any] = {
        "name": name,
        "columns": {column: heading.format(**words) for column, (heading, _) in shown.items()},
        "formats": {column: form for column, (_, form) in shown.items() if form},
        "sources": SOURCES[name],
        "note": _note(name, accelerators),
    }
    return found | ({"empty": EMPTY[name]} if name in EMPTY else {})
