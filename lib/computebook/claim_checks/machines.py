"""Checks of accelerators, systems and the KV cache."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from computebook import datasets, memory, units
from computebook.claim_checks.lookup import row
from computebook.claim_checks.registry import CheckResult, Claim, check, compare

BF16_BITS = 16.0
ONE_BYTE_BITS = 8.0
#: An open model of this size or more, released in the year and a half before the article,
#: counts as one of the class of the models that the article speaks of.
FRONTIER_PARAMS_B = 100.0
FRONTIER_FROM = "2024-07-01"
FRONTIER_TO = "2026-01-31"
#: The largest model that MLPerf serves on both Hopper and Blackwell.
SERVING_MODEL = "405b"
SERVING_ROUND = "v5.1"


def _field(accelerator: str, field: str) -> float:
    return float(row("accelerators", "accelerator_id", accelerator)[field])


@check("accelerator_field")
def accelerator_field(claim: Claim, accelerator: str, field: str) -> CheckResult:
    """Compare one figure of an accelerator's data sheet."""
    return compare(claim, _field(accelerator, field), f"{field} of {accelerator}")


@check("memory_gain")
def memory_gain(claim: Claim, accelerator: str, against: str) -> CheckResult:
    """Compare the growth of memory from one accelerator to another, percent."""
    gain = 100 * (_field(accelerator, "memory_gb") / _field(against, "memory_gb") - 1)
    return compare(claim, gain, f"memory of {accelerator} over {against}")


@check("system_memory")
def system_memory(claim: Claim, accelerator: str, count: str) -> CheckResult:
    """Compare the memory of `count` accelerators together, TB."""
    gigabytes = _field(accelerator, "memory_gb")
    total_tb = int(count) * gigabytes * units.BYTES_PER_GB / units.BYTES_PER_TB
    return compare(claim, total_tb, f"{count} x {gigabytes:g} GB of {accelerator}")


@check("system_bandwidth")
def system_bandwidth(claim: Claim, accelerator: str, count: str) -> CheckResult:
    """Compare the local memory bandwidth of `count` accelerators together, TB/s."""
    each = _field(accelerator, "memory_bandwidth_tb_s")
    return compare(claim, int(count) * each, f"{count} x {each:g} TB/s of {accelerator}")


@check("air_cooling")
def air_cooling(claim: Claim, accelerator: str, expects: str) -> CheckResult:
    """Compare how an accelerator may be cooled; liquid is claimed only if air is not enough."""
    cooling = str(row("accelerators", "accelerator_id", accelerator)["cooling"])
    needed = "air" if "air" in cooling else cooling
    sentence = f"systems with {accelerator} are sold with cooling by {cooling.replace('-', ' ')}"
    return CheckResult(needed, claim.unit, 0.0, needed == expects, sentence)


@check("needs_liquid")
def needs_liquid(claim: Claim, accelerator: str) -> CheckResult:
    """Compare whether a rating forces liquid cooling: it does not if air-cooled systems exist."""
    found = air_cooling(claim, accelerator, expects="liquid")
    rating_w = _field(accelerator, "tdp_w")
    sentence = f"{found.sentence} at {rating_w:,.0f} W"
    return CheckResult(rating_w, claim.unit, 0.0, found.agrees, sentence)


def _offline_tokens_per_s(accelerator: str) -> float:
    """Return the best MLPerf Inference v5.1 rate per accelerator on Llama 3.1 405B, Offline."""
    results = datasets.load("mlperf_inference")
    chosen = results[
        (results["accelerator_id"] == accelerator)
        & (results["round"] == SERVING_ROUND)
        & (results["scenario"] == "offline")
        & results["model"].str.contains(SERVING_MODEL)
    ]
    return float(chosen["tokens_per_s_per_accelerator"].max())


@check("serving_rate_ratio")
def serving_rate_ratio(claim: Claim, accelerator: str, against: str) -> CheckResult:
    """Compare whether an accelerator fails to serve a large model; its rate must be zero."""
    here, there = _offline_tokens_per_s(accelerator), _offline_tokens_per_s(against)
    sentence = f"{here:.1f} tokens/s ({accelerator}) / {there:.1f} tokens/s ({against})"
    return CheckResult(here / there, "ratio", 0.0, here == 0, f"{sentence}: {here / there:.2f}x")


def _frontier_kv_elements(context_tokens: float) -> NDArray[np.float64]:
    """Return the KV elements of a sequence for each open model of the frontier class."""
    table = datasets.load("architectures")
    recent = (table["released_on"] >= FRONTIER_FROM) & (table["released_on"] <= FRONTIER_TO)
    chosen = table[recent & (table["total_params_b"] >= FRONTIER_PARAMS_B)]["architecture_id"]
    elements = [
        memory.kv_cache_bytes(datasets.architecture(name), context_tokens, 1, ONE_BYTE_BITS)
        for name in chosen
    ]
    return np.array(elements, dtype=float)


@check("kv_cache_elements")
def kv_cache_elements(claim: Claim, context_tokens: str) -> CheckResult:
    """Compare the elements of a KV cache with the range over open frontier models."""
    elements = _frontier_kv_elements(float(context_tokens))
    sentence = f"KV elements of {len(elements)} open models at {int(context_tokens):,} tokens"
    middle = float(np.exp(np.mean(np.log(elements))))
    low, high = float(elements.min()), float(elements.max())
    return compare(claim, middle, sentence, low=low, high=high)


@check("kv_cache_ratio")
def kv_cache_ratio(claim: Claim, context_tokens: str, against_context_tokens: str) -> CheckResult:
    """Compare the ratio of two KV caches whose models may be any two of the open ones."""
    here = _frontier_kv_elements(float(context_tokens))
    there = _frontier_kv_elements(float(against_context_tokens))
    contexts = float(context_tokens) / float(against_context_tokens)
    low, high = float(here.min() / there.max()), float(here.max() / there.min())
    sentence = "ratio of the KV caches, any open model against any other"
    return compare(claim, contexts, sentence, low=low, high=high)


@check("kv_fits_every_accelerator")
def kv_fits_every_accelerator(claim: Claim, elements: str, accelerators: str) -> CheckResult:
    """Compare whether a KV cache of this size needs the largest of several accelerators."""
    names = accelerators.split("|")
    need_gb = float(elements) * BF16_BITS / units.BITS_PER_BYTE / units.BYTES_PER_GB
    fitting = [name for name in names if _field(name, "memory_gb") >= need_gb]
    required = len(fitting) == 1 and fitting == names[-1:]
    sentence = f"{need_gb:.1f} GB of KV cache in bf16 fit in the memory of {', '.join(fitting)}"
    return CheckResult("required" if required else "not required", "", 0.0, required, sentence)
