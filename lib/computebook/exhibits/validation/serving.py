"""The constants and intervals of the serving models, and the noise of what they are fitted to."""

from __future__ import annotations

import pandas as pd

from computebook import datasets

__all__ = [
    "label_noise",
    "label_noise_sentence",
    "scope_words",
    "serving_constants",
    "serving_intervals",
]

LOADS = {
    "kv_capacity": "Sequences that fit",
    "max_load": "As many requests as fit",
    "open_loop_qps": "Requests at a given rate",
    "serving_fixed_concurrency": "Fixed number of users",
    "static_batch": "Static batch",
}
QUANTITIES = {
    "capacity": "sequences",
    "throughput": "tokens per second",
    "latency": "time of a request",
    "tpot": "time per output token",
    "ttft": "time to first token",
}
_ENGINES = {
    "fastertransformer": "FasterTransformer",
    "tensorrt-llm-session": "TensorRT-LLM, static",
    "tensorrt-llm": "TensorRT-LLM",
    "vllm": "vLLM",
    "sglang": "SGLang",
}
_GENERATIONS = ("ampere", "ada", "hopper", "blackwell")
_FORMATS = {"bf16": "BF16", "fp8": "FP8", "nvfp4": "NVFP4", "mxfp4": "MXFP4", "int4": "INT4"}
_MICROSECOND = 1e-6


def _rows(intervals: bool) -> pd.DataFrame:
    table = datasets.load("inference_calibration")
    return table[(table["field"] == "interval_factor") == intervals].copy()


def serving_intervals() -> pd.DataFrame:
    """Return the factors between which four of five measurements lie, by load and quantity.

    Returns
    -------
    DataFrame
        `load`, `quantity`, `cases` (residuals behind the factors), `low` and `high` (multiples
        of the prediction), `standing`: "groups left out" or "the cases themselves".

    Examples
    --------
    >>> bool((serving_intervals()["low"] < serving_intervals()["high"]).all())
    True
    """
    rows = _rows(intervals=True)
    names = rows["scope"].str.split(".", expand=True)
    rows["load"] = names[0].map(LOADS).fillna(names[0])
    rows["quantity"] = names[1].map(QUANTITIES).fillna(names[1])
    seen = rows["note"].str.startswith("In sample")
    rows["standing"] = seen.map({True: "the cases themselves", False: "groups left out"})
    return rows[["load", "quantity", "cases", "low", "high", "standing"]].reset_index(drop=True)


def serving_constants(times: bool) -> pd.DataFrame:
    """Return the constants that cases support, with prior and fitted range.

    Parameters
    ----------
    times : bool
        Times of kernels, messages and hosts (µs) if true, else shares of a peak and factors.

    Returns
    -------
    DataFrame
        `meaning`, `scope`, `prior`, `value`, `low`, `high`, `cases`.

    Examples
    --------
    >>> bool((serving_constants(times=False)["cases"] > 0).all())
    True
    """
    rows = _rows(intervals=False)
    rows = rows[(rows["unit"].eq("s") == times) & (rows["cases"] > 0)]
    scale = 1.0 / _MICROSECOND if times else 1.0
    for column in ("prior", "value", "low", "high"):
        rows[column] = scale * rows[column]
    rows["scope"] = [scope_words(scope) for scope in rows["scope"]]
    return rows[["meaning", "scope", "prior", "value", "low", "high", "cases"]].reset_index(
        drop=True
    )


def scope_words(scope: str) -> str:
    """Return what a constant holds for in the reader's words.

    Parameters
    ----------
    scope : str
        Part of its name after the field.

    Examples
    --------
    >>> scope_words("fp8.hopper"), scope_words("vllm"), scope_words("")
    ('FP8, Hopper', 'vLLM', 'all')
    """
    names = _ENGINES | _FORMATS | {name: name.capitalize() for name in _GENERATIONS}
    return ", ".join(names.get(part, part) for part in scope.split(".")) if scope else "all"


def label_noise() -> dict[str, float]:
    """Return the statistics of repeated measurements by id.

    Examples
    --------
    >>> label_noise()["repeat-median"] >= 1
    True
    """
    table = datasets.load("inference_label_noise")
    return dict(zip(table["noise_id"], table["value"].astype(float), strict=True))


def label_noise_sentence() -> str:
    """Return how far measurements of one setup on several days lie apart."""
    noise = label_noise()
    setups = int(datasets.load("inference_label_noise")["configurations"].iloc[0])
    return (
        f"Of {setups} setups in NVIDIA's collection that were measured on two or more days, the "
        f"slowest day took {100 * (noise['repeat-median'] - 1):.1f}% longer than the fastest in "
        f"the median, {100 * (noise['repeat-p75'] - 1):.1f}% in one of four and "
        f"{100 * (noise['repeat-p90'] - 1):.0f}% in one of ten: engines improved between the days. "
        f"Taking one day for another costs a mean error of {noise['date-mean']:.1f}%, which no "
        "model that knows nothing of dates can undercut."
    )
