"""Bounds against measurements: no machine may be faster than its roofline.

A bound is valid if no measured case breaks it, and useful if cases come close. The shares
printed here are what a planner must allow for when reading a bound as if it were a forecast.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any, Final

import pandas as pd

from computebook import datasets, roofline
from computebook.memory import Placement

__all__ = ["MEASURED_MODELS", "decode_steps", "serving_throughputs"]

#: Names of the energy leaderboard to our shape, number format of weights, and of experts.
MEASURED_MODELS: Final[dict[str, tuple[str, str, str | None]]] = {
    "DeepSeek R1": ("deepseek-r1", "fp8", None),
    "DeepSeek V3.1": ("deepseek-v3", "fp8", None),
    "GPT OSS 120B": ("gpt-oss-120b", "bf16", "mxfp4"),
    "Llama 3.1 405B Instruct FP8": ("llama-3.1-405b", "fp8", None),
    "Llama 3.1 70B Instruct": ("llama-3.1-70b", "bf16", None),
    "Llama 3.1 8B Instruct": ("llama-3.1-8b", "bf16", None),
    "Llama 4 Maverick 17B 128E Instruct FP8": ("llama-4-maverick", "fp8", None),
    "Qwen 3 235B A22B Thinking": ("qwen3-235b-a22b", "bf16", None),
    "Qwen 3 235B A22B Thinking FP8": ("qwen3-235b-a22b", "fp8", None),
    "Qwen 3 32B": ("qwen3-32b", "bf16", None),
}
#: Number formats that MLPerf submissions state, as ours.
MLPERF_FORMATS: Final = {"fp4": "nvfp4", "fp8": "fp8"}
#: At this limit an engine under load keeps every place filled.
SMALL_BATCH: Final = 8
MILLISECONDS: Final = 1e3


def _short(name: str) -> str:
    """Return the name of an accelerator without maker and remarks."""
    return name.partition(" (")[0].removeprefix("NVIDIA ")


def _decode_case(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    shape_id, weights, experts = MEASURED_MODELS[str(row["model"])]
    shape = datasets.architecture(shape_id)
    gpu = datasets.accelerator(str(row["accelerator_id"]))
    spread = Placement.of(weights, experts=experts, tensor_parallel=int(row["accelerators"]))
    half_way = row["mean_output_tokens"] / 2
    least = roofline.decode_step_lower_bound_s(shape, gpu, 0, 1, spread)
    stated = roofline.decode_step_lower_bound_s(shape, gpu, half_way, row["batch_limit"], spread)
    return {
        "measurement_id": row["measurement_id"],
        "name": row["model"],
        "accelerator": _short(gpu.name),
        "accelerators": int(row["accelerators"]),
        "batch_limit": int(row["batch_limit"]),
        "measured_ms": row["inter_token_latency_ms"],
        "least_ms": least * MILLISECONDS,
        "stated_ms": stated * MILLISECONDS if row["batch_limit"] == SMALL_BATCH else math.nan,
        "source_key": row["source_key"],
    }


def decode_steps() -> pd.DataFrame:
    """Return measured times between tokens beside the bound on a decode step.

    Two bounds: `least_ms` for one sequence with an empty cache on all accelerators pooled, which
    no run can beat; `stated_ms` for the batch and half of the mean output, where the batch limit
    is small enough to be always filled. KV cache in bf16.

    Source: `mlenergy2026leaderboard`.

    Returns
    -------
    DataFrame
        One row per run: `measurement_id`, `name`, `accelerator`, `accelerators`, `batch_limit`,
        `measured_ms`, `least_ms`, `stated_ms` (missing for large batches), `holds`,
        `slower_than_stated` (measured over stated), `source_key`.

    Examples
    --------
    >>> bool(decode_steps()["holds"].all())
    True
    """
    runs = datasets.load("power_measurements").dropna(subset=["inter_token_latency_ms"])
    frame = pd.DataFrame([_decode_case(row) for row in runs.to_dict("records")])
    frame["holds"] = frame["measured_ms"] >= frame["least_ms"]
    frame["slower_than_stated"] = frame["measured_ms"] / frame["stated_ms"]
    return frame


def _throughput_case(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    shape = datasets.architecture(str(row["model"]))
    gpu = datasets.accelerator(str(row["accelerator_id"]))
    weights = MLPERF_FORMATS[str(row["weights_precision"])]
    ceiling = gpu.dense_flop_per_s(weights) / roofline.matmul_flop_per_token(shape)
    batched = math.nan
    if not math.isnan(row["gpu_batch_size"]) and shape.kv_lora_rank == 0:
        ranks = int(row["tensor_parallel"])
        placement = Placement.of(weights, "fp8", tensor_parallel=ranks)
        step = roofline.decode_step_lower_bound_s(
            shape, gpu, row["mean_output_tokens"] / 2, row["gpu_batch_size"], placement
        )
        batched = row["gpu_batch_size"] / step / ranks
    return {
        "result_id": row["result_id"],
        "name": shape.name,
        "accelerator": _short(gpu.name),
        "scenario": row["scenario"],
        "precision": weights,
        "measured": row["tokens_per_s_per_accelerator"],
        "compute_ceiling": ceiling,
        "batch_ceiling": batched,
        "source_key": row["source_key"],
    }


def serving_throughputs() -> pd.DataFrame:
    """Return measured serving rates beside the rates that no machine can pass.

    `compute_ceiling` is the dense rate over the operations of the weight matrices for one token,
    reading the prompt left out; `batch_ceiling` decodes the submitted batch at half of its mean
    output, again without prompts, where the submission states its batch.

    Source: `mlcommons2025inference51`, `mlcommons2024inference41`.

    Returns
    -------
    DataFrame
        One row per MLPerf result with a stated layout: `result_id`, `name`, `accelerator`,
        `scenario`, `precision`, `measured`, `compute_ceiling`, `batch_ceiling` (tokens/s per
        accelerator), `share_of_compute`, `share_of_batch`, `holds`, `source_key`.

    Examples
    --------
    >>> bool(serving_throughputs()["holds"].all())
    True
    """
    results = datasets.load("mlperf_inference")
    stated = results.dropna(subset=["tensor_parallel"])
    known = stated[
        (stated["accelerator_id"] != "") & stated["weights_precision"].isin(list(MLPERF_FORMATS))
    ].dropna(subset=["accelerator_id"])
    frame = pd.DataFrame([_throughput_case(row) for row in known.to_dict("records")])
    frame["share_of_compute"] = frame["measured"] / frame["compute_ceiling"]
    frame["share_of_batch"] = frame["measured"] / frame["batch_ceiling"]
    passed = (frame["share_of_compute"] <= 1) & (frame["share_of_batch"].fillna(0) <= 1)
    return frame.assign(holds=passed)
