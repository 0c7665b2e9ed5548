"""Measured inference cases, read from a file and brought to one meaning per column.

Public records name systems, formats and parallel degrees in many ways. Everything that is
inferred rather than recorded happens here, in the open, and is the same for every case.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import datasets, errors
from computebook.inference.records import read_rows

__all__ = ["COLUMNS", "ENGINES", "PREDICTED_METRICS", "normalise", "read_cases"]

COLUMNS: Final = (
    "case_id", "system", "n_gpu", "tp", "model", "weights_dtype", "kv_dtype", "input_len",
    "output_len", "concurrency_or_batch", "metric", "value", "scenario_notes", "pp", "ep",
    "attn_dp", "engine", "regime",
)  # fmt: skip
"""Columns that a file of cases must have."""

ENGINES: Final = ("fastertransformer", "tensorrt-llm-session", "tensorrt-llm", "vllm", "sglang")
"""Engines with host and kernel times of their own; others count as vLLM."""

PREDICTED_METRICS: Final = {
    "tpot_ms": "tpot", "tpot_median_ms": "tpot", "tpot_mean_ms": "tpot", "itl_mean_ms": "tpot",
    "ttft_ms": "ttft", "ttft_median_ms": "ttft", "ttft_mean_ms": "ttft",
    "output_tokens_per_s": "throughput", "output_tokens_per_s_per_gpu": "throughput",
    "request_latency_ms": "latency", "max_concurrent_sequences": "capacity",
}  # fmt: skip
"""Metrics that the models predict, and the quantity behind each."""

_REGIMES: Final = {
    "static_batch": ("tpot", "ttft", "throughput", "latency"),
    "serving_fixed_concurrency": ("tpot", "ttft", "throughput"),
    "max_load": ("throughput",),
    "open_loop_qps": ("tpot", "ttft", "throughput"),
    "kv_capacity": ("capacity",),
}
_SYSTEMS: Final = {"A100-SXM4-80GB": "a100-80gb-sxm", "A100": "a100-80gb-sxm"}


def read_cases(path: str | Path) -> pd.DataFrame:
    """Return a file of measured cases, normalised; see `normalise`.

    Parameters
    ----------
    path : str or Path
        CSV with at least `COLUMNS`.

    Returns
    -------
    pandas.DataFrame
        One row per measured number.

    Raises
    ------
    ComputebookError
        If the file is missing or broken, or lacks a column.

    Examples
    --------
    >>> read_cases("nowhere.csv")
    Traceback (most recent call last):
        ...
    computebook.errors.ComputebookError: cases file 'nowhere.csv' does not exist
    """
    return normalise(read_rows(path, COLUMNS))


def normalise(raw: pd.DataFrame) -> pd.DataFrame:
    """Return cases with model, device, formats, layout and load in the terms of the models.

    Parameters
    ----------
    raw : pandas.DataFrame
        Columns `COLUMNS`, as recorded.

    Returns
    -------
    pandas.DataFrame
        Columns of the models and `reason`: empty, or why the row cannot be predicted.
    """
    return pd.DataFrame(
        [_normal_row({str(k): v for k, v in row.items()}) for row in raw.to_dict("records")]
    )


def _number(value: Any, default: float = np.nan) -> float:
    number = pd.to_numeric(value, errors="coerce")
    return float(number) if pd.notna(number) else default


def _positive(value: Any, default: float) -> float:
    number = _number(value, default)
    return number if number > 0 else default


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _architecture_id(name: str) -> str:
    return datasets.resolve("architectures", "architecture_id", "model", name)


def _accelerator_id(name: str) -> str:
    return datasets.resolve("accelerators", "accelerator_id", "gpu", name)


def _resolved(resolver: Any, name: str) -> str:
    try:
        return str(resolver(name))
    except errors.ComputebookError:
        return ""


def _generation(accelerator_id: str) -> str:
    known = datasets.accelerators().get(accelerator_id)
    return known.generation if known else ""


def engine_of(row: dict[str, Any]) -> str:
    """Return the engine family of a recorded row.

    Parameters
    ----------
    row : dict
        `engine` and `regime` as recorded.

    Returns
    -------
    str
        One of `ENGINES`.

    Examples
    --------
    >>> engine_of({"engine": "TensorRT-LLM 0.17 trtllm-bench throughput", "regime": "max_load"})
    'tensorrt-llm'
    """
    name = _text(row["engine"]).lower()
    if name.startswith("faster"):
        return "fastertransformer"
    if "tensorrt" in name or "trtllm" in name:
        static = row["regime"] == "static_batch"
        return "tensorrt-llm-session" if static else "tensorrt-llm"
    return "sglang" if name.startswith("sglang") else "vllm"


def _normal_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return one row in the terms of the models."""
    case: dict[str, Any] = {
        "case_id": row["case_id"], "regime": _text(row["regime"]), "metric": row["metric"],
        "measured": _number(row["value"]), "engine": engine_of(row),
        "engine_version": _text(row["engine"]), "notes": _text(row["scenario_notes"]),
        "gpu": _text(row["system"]), "model": _text(row["model"]),
        "quantity": PREDICTED_METRICS.get(str(row["metric"]), ""),
    }  # fmt: skip
    case["architecture_id"] = _resolved(_architecture_id, case["model"])
    system = _SYSTEMS.get(case["gpu"], case["gpu"])
    case["accelerator_id"] = _resolved(_accelerator_id, system)
    case |= _formats(case, row) | _layout(case, row)
    case |= _load(case, row)
    case["generation"] = _generation(case["accelerator_id"])
    case["group"] = "|".join((case["architecture_id"], case["accelerator_id"], case["engine"]))
    case["reason"] = _reason(case)
    return case


def _formats(case: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Return number formats; gpt-oss keeps attention in bf16 and experts in mxfp4 everywhere."""
    recorded = _text(row["weights_dtype"]).lower()
    starts = {"fp8": "fp8", "fp4": "nvfp4", "mxfp4": "nvfp4", "int4": "int4"}
    weights = next((f for start, f in starts.items() if recorded.startswith(start)), "bf16")
    experts, kv = weights, _cache_format(case, row, weights)
    if case["architecture_id"].startswith("gpt-oss"):
        weights, experts = "bf16", "mxfp4"
    if weights == "int4":
        weights = "bf16"
    return {"weights": weights, "experts": experts, "kv": kv}


def _cache_format(case: dict[str, Any], row: dict[str, Any], weights: str) -> str:
    """Return the cache's format, or the engine's default for the checkpoint if not recorded."""
    recorded = _text(row["kv_dtype"]).lower()
    if recorded.startswith("fp8"):
        return "fp8"
    if recorded.startswith(("bf16", "fp16")) or weights == "bf16":
        return "bf16"
    publisher_scales = "qwen3-" not in case["architecture_id"]
    narrow = case["engine"].startswith("tensorrt") and publisher_scales and weights != "int4"
    blackwell = "b200" in case["accelerator_id"] and weights in ("fp8", "nvfp4")
    dashboard = "InferenceX" in case["notes"]
    gpt_oss = case["architecture_id"].startswith("gpt-oss")
    return "fp8" if narrow or (dashboard and (blackwell or gpt_oss)) else "bf16"


def _layout(case: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Return accelerators of one copy, attention groups and stages."""
    count = _positive(row["n_gpu"], np.nan)
    tensor, groups = _positive(row["tp"], 1.0), _positive(row["attn_dp"], 1.0)
    expert, stages = _positive(row["ep"], 1.0), _positive(row["pp"], 1.0)
    if "InferenceX" in case["notes"]:
        count, tensor, groups = _undo_double_count(count, tensor, groups, expert)
    apart = "InferenceX" in case["notes"] and case["accelerator_id"] == "gb200" and count > 8
    if apart:
        tensor, groups = 1.0, count
    users, batch = _number(row["concurrency_or_batch"]), _worker_batch(case["notes"])
    if "gap-analysis" in case["notes"] and batch < users:
        share = round(users / batch)
        if share == count and groups == 1:
            tensor, groups = tensor / share, share
        else:
            users = batch
    if case["regime"] == "max_load" and groups > 1:
        tensor = 1.0
    return {
        "recorded_accelerators": count, "tensor_parallel": max(tensor * groups, 1.0),
        "attention_data_parallel": groups, "pipeline_parallel": stages, "users": users,
        "separate_prefill": apart,
    }  # fmt: skip


def _worker_batch(notes: str) -> float:
    """Return the batch per worker that a note records, or infinity."""
    marker = "per-worker batch "
    if marker not in notes:
        return np.inf
    return float(notes.split(marker)[1].split(";")[0])


def _undo_double_count(
    count: float, tensor: float, groups: float, expert: float
) -> tuple[float, float, float]:
    """Return degrees of records that multiply expert parallelism in twice.

    Such rows repeat, to the last digit, rows of the plain layout: 64 accelerators "TP64 EP8"
    and 8 accelerators "TP8 EP8" are the same run.
    """
    if expert > 1 and count == expert * expert:
        return (expert, 1.0, expert) if tensor == 1 else (expert, min(tensor, expert), 1.0)
    if expert > 1 and count == expert and tensor == groups and tensor * groups == count:
        return tensor, tensor, 1.0
    return count, tensor, groups


def _load(case: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Return the tokens per request and, for open loops, the arrival rate."""
    drawn = 0.9 if "InferenceX random" in case["notes"] else 1.0
    text = _text(row["concurrency_or_batch"])
    rate = _number(text.removeprefix("QPS="))
    return {
        "prompt_tokens": _number(row["input_len"]) * drawn,
        "output_tokens": _number(row["output_len"]) * drawn,
        "per_accelerator": _per_accelerator(case),
        "arrivals_per_s": rate if case["regime"] == "open_loop_qps" else np.nan,
    }


def _per_accelerator(case: dict[str, Any]) -> bool:
    """Return whether a throughput counts one accelerator.

    One table of TensorRT-LLM 0.6.1 says "tokens/s" over values that its successor, for the same
    runs, gives per accelerator.
    """
    return str(case["metric"]).endswith("_per_gpu") or "unit ambiguous" in case["notes"]


def _reason(case: dict[str, Any]) -> str:
    """Return why a row cannot be predicted, or nothing."""
    needs_users = case["regime"] in ("static_batch", "serving_fixed_concurrency")
    checks = (
        (case["regime"] not in _REGIMES, f"regime {case['regime']!r} is not modelled"),
        (not case["quantity"], f"metric {case['metric']!r} is not predicted"),
        (not case["architecture_id"], f"model {case['model']!r} has no architecture"),
        (not case["accelerator_id"], f"system {case['gpu']!r} is not an accelerator"),
        (case["quantity"] not in _REGIMES.get(case["regime"], ()), "metric and regime differ"),
        (np.isnan(case["prompt_tokens"]), "prompt length not recorded"),
        (np.isnan(case["output_tokens"]), "output length not recorded"),
        (needs_users and np.isnan(case["users"]), "batch or concurrency not recorded"),
        (case["regime"] == "open_loop_qps" and np.isnan(case["arrivals_per_s"]), "no rate"),
    )
    return next((reason for failed, reason in checks if failed), "")
