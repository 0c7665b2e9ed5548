"""How the tables of the chapter on GPU sizing are headed, formatted and sourced."""

from __future__ import annotations

from typing import Any, Final

from computebook import errors
from computebook.exhibits.gpu_sizing.article import data_date
from computebook.exhibits.gpu_sizing.sentences import class_words, label_note, price_dates

__all__ = ["table_layout"]

SHAPES: Final = "nvidia_aiconfigurator"
ARTICLE: Final = "introl2026gpt52analysis"
PRICES: Final = ["skypilot2026catalog", "epoch2026trainingcost", "dstack2026gpuhunt"]
ROOFLINE: Final = "williams2009roofline"

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
    "tab-weights": {
        "name": ("Model", None),
        "total_b": ("Parameters (billion)", ",.0f"),
        "active_b": ("Active (billion)", ",.1f"),
        "bf16_gb": ("BF16 (GB)", ",.0f"),
        "fp8_gb": ("FP8 (GB)", ",.0f"),
        "nvfp4_gb": ("NVFP4 (GB)", ",.0f"),
    },
    "tab-gpu-bands": {
        "band": ("Context up to (tokens)", None),
        "machine": ("Machine", None),
        "cache_gb": ("Cache of one sequence (GB)", None),
        "read_ms": ("Reading it once (ms)", None),
        "held": ("Caches in empty memory", None),
    },
    "tab-decode-bounds": {
        "fleet": ("Fleet", None),
        "beyond_domain": ("Beyond one scale-up domain", "yesno"),
        "weights_ms": ("Weights (ms)", ".1f"),
        "cache_ms": ("Cache (ms)", ".1f"),
        "step_ms": ("Step, at least (ms)", ".1f"),
        "user_tokens_per_s": ("Per user, at most (tokens/s)", ",.0f"),
        "accelerator_tokens_per_s": ("Per accelerator, at most (tokens/s)", ",.0f"),
        "prefill_s": ("Prompt, at least (s)", ".2f"),
    },
    "tab-ridge-points": {
        "name": ("Accelerator", None),
        "memory_gb": ("Memory (GB, 1e9 bytes)", ".1f"),
        "bandwidth_tb_s": ("Bandwidth (TB/s)", ".2f"),
        "dense_tflop_s": ("Dense rate (TFLOP/s)", ",.0f"),
        "ridge_flop_per_byte": ("Ridge point (FLOP/byte)", ",.0f"),
        "critical_batch": ("Critical batch (sequences)", ",.0f"),
    },
    "tab-break-points": {
        "fleet": ("Fleet", None),
        "cache_context_tokens": ("Cache outweighs weights beyond (tokens, {users})", ",.0f"),
        "full_users": ("Memory is full at (users)", ",.0f"),
        "timely_users": ("Within {limit} ms a token, at most (users)", ",.0f"),
        "shards": ("Cache splits into (parts)", ",.0f"),
        "compute_batch": ("Arithmetic limits from (users)", ",.0f"),
    },
    "tab-cost-bounds": {
        "fleet": ("Fleet", None),
        "offers": ("Offers", None),
        "output_gpu_hours_per_mtok": ("Output (GPU-hours/M tokens)", ".2f"),
        "central_usd_per_gpu_hour": ("Median price ($/GPU-hour)", ".2f"),
        "low_output_usd_per_mtok": ("Output, low ($/M tokens)", ",.2f"),
        "central_output_usd_per_mtok": ("Output, central ($/M tokens)", ",.2f"),
        "high_output_usd_per_mtok": ("Output, high ($/M tokens)", ",.2f"),
        "central_input_usd_per_mtok": ("Input, central ($/M tokens)", ",.2f"),
    },
    "tab-gpu-prose": {
        "row_label": ("Subject", None),
        "value_text": ("Article", None),
        "our_value_text": ("Ours", None),
        "verdict": ("Verdict", "verdict"),
        "evidence": ("Evidence", None),
    },
    "tab-window-fleets": {
        "name": ("Model", None),
        "weights_gb": ("Weights (GB)", ",.0f"),
        "cache_gb": ("Cache of one window (GB)", ",.1f"),
    },
}

SOURCES: Final[dict[str, list[str]]] = {
    "tab-memory-bandwidth": [ARTICLE, "modelsdev2026prices", SHAPES],
    "tab-gpu-workload": [ARTICLE, SHAPES, "nvidia_dgxb200_guide"],
    "tab-kv-by-architecture": [SHAPES, "zhao2025deepseekinsights"],
    "tab-window-needs": ["modelsdev2026prices", SHAPES],
    "tab-weights": [SHAPES, "nvidia2025nvfp4"],
    "tab-gpu-bands": [ARTICLE, SHAPES],
    "tab-window-fleets": [SHAPES],
    "tab-decode-bounds": [SHAPES, ROOFLINE],
    "tab-ridge-points": [SHAPES, ROOFLINE],
    "tab-break-points": [SHAPES],
    "tab-cost-bounds": PRICES,
    "tab-gpu-prose": [ARTICLE],
}

NOTES: Final = {
    "tab-weights": "All weights in one format. Publishers keep some layers wider and engines pad "
    "matrices, so loaded models are larger.",
    "tab-gpu-bands": "Peak bandwidth, so times are lower bounds. The rack's row needs the cache "
    "spread evenly over 72 GPUs, which few engines do for one sequence. No weights are counted.",
    "tab-window-fleets": "Smallest, median and largest cache of the class, and the model of the "
    "parameters. Capacity only: most of these models were not trained for this context.",
    "tab-decode-bounds": "Peak rates, no communication, no speculative decoding.",
}

EMPTY: Final = {
    "tab-break-points": "never at this context",
    "tab-cost-bounds": "no on-demand price found",
}


def _note(name: str) -> str | None:
    if name == "tab-gpu-workload":
        return label_note()
    if name == "tab-kv-by-architecture":
        return (
            f"The class: {class_words()}. Shapes were read in copies of published configurations "
            f"(secondary), data as of {data_date()}. Sizes beyond a model's own window are "
            "arithmetic."
        )
    if name == "tab-cost-bounds":
        return (
            f"List prices as of {price_dates()} and between, read in copies and aggregators "
            "(secondary). A bill adds the prompt to the output."
        )
    return NOTES.get(name)


def table_layout(name: str, more: tuple[str, ...] = (), **words: object) -> dict[str, Any]:
    """Return what `tables.table` needs beside rows and caption.

    Parameters
    ----------
    name : str
        Name of the table.
    more : tuple of str
        Columns to append as they are.
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
    columns = {column: heading.format(**words) for column, (heading, _) in shown.items()}
    found: dict[str, Any] = {
        "name": name,
        "columns": columns | {column: column for column in more},
        "formats": {column: form for column, (_, form) in shown.items() if form},
        "sources": SOURCES[name],
        "note": _note(name),
    }
    return found | ({"empty": EMPTY[name]} if name in EMPTY else {})
