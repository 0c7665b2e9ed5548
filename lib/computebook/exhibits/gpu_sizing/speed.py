"""How fast a fleet can decode and prefill at best. Bounds, not forecasts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import datasets, roofline, units
from computebook.exhibits.gpu_sizing.article import FULL_WINDOW_TOKENS
from computebook.exhibits.gpu_sizing.caches import cache_range_gb
from computebook.exhibits.gpu_sizing.case import Case
from computebook.exhibits.gpu_sizing.fleets import Layout, fleets_of, holds, short_name
from computebook.exhibits.gpu_sizing.users import CURVE_POINTS, CURVE_TOKENS, most_users
from computebook.hardware import Accelerator
from computebook.memory import kv_shards

__all__ = [
    "BANDS",
    "bands",
    "break_points",
    "decode_bounds",
    "fleet_label",
    "ridge_points",
    "step_curve",
]

MILLISECONDS: Final = 1e3
NO_BREAK_SPACE: Final = "\N{NO-BREAK SPACE}"
RACK: Final = 72
#: Upper edges of the article's context bands, tokens.
BANDS: Final = (32_000, 100_000, FULL_WINDOW_TOKENS)
#: The article's machines: accelerators that read a cache together.
BAND_MACHINES: Final = (("h100-sxm", 1), ("h200-sxm", 1), ("b200-sxm", 1), ("gb200", RACK))
MOST_BATCH: Final = 4096


def fleet_label(fleet: Layout, accelerator: Accelerator) -> str:
    """Return a fleet in words that stay on one line.

    Examples
    --------
    >>> fleet_label(Layout(8, 1), datasets.accelerator("H100")).split()
    ['8', '×', 'H100', 'SXM']
    """
    return f"{fleet.accelerators} × {short_name(accelerator)}".replace(" ", NO_BREAK_SPACE)


def _span(low: float, high: float, digits: int = 3) -> str:
    return " to ".join(units.format_significant(value, digits) for value in (low, high))


def _whole_span(low: float, high: float) -> str:
    return " to ".join(f"{math.floor(value):,}" for value in (low, high))


def bands(kv_precision: str) -> pd.DataFrame:
    """Return what the article's bands ask of its machines, over the class of open models.

    Parameters
    ----------
    kv_precision : str
        Number format of the cache.

    Returns
    -------
    DataFrame
        One row per band and machine: `band`, `machine`, `cache_gb` (one sequence at the upper
        edge, smallest to largest model), `read_ms` (reading it once at peak bandwidth), `held`
        (such caches in the memory without any weights).

    Raises
    ------
    ComputebookError
        If the number format is unknown.

    Examples
    --------
    >>> table = bands("bf16").set_index(["band", "machine"])
    >>> table.at[("400,000", "H100 SXM"), "read_ms"]
    '4.40 to 61.6'
    """
    rows = []
    for edge in BANDS:
        low, _, high = cache_range_gb(edge, kv_precision)
        for name, count in BAND_MACHINES:
            gpu = datasets.accelerator(name)
            reach = count * float(gpu.memory_bandwidth_bytes_per_s) / units.BYTES_PER_GB
            room = count * float(gpu.memory_bytes) / units.BYTES_PER_GB
            rows.append(
                {
                    "band": f"{edge:,}",
                    "machine": short_name(gpu) if count == 1 else f"{count} × {short_name(gpu)}",
                    "cache_gb": _span(low, high),
                    "read_ms": _span(MILLISECONDS * low / reach, MILLISECONDS * high / reach),
                    "held": _whole_span(room / high, room / low),
                }
            )
    return pd.DataFrame(rows)


def ridge_points(case: Case, accelerator_ids: Sequence[str]) -> pd.DataFrame:
    """Return where each accelerator turns from reading to computing.

    Parameters
    ----------
    case : Case
        Model and formats; arithmetic in the format of the weights.
    accelerator_ids : sequence of str
        Accelerators, a row each.

    Returns
    -------
    DataFrame
        `name`, `memory_gb` (what the driver shows, where published), `bandwidth_tb_s`,
        `dense_tflop_s`, `ridge_flop_per_byte`, `critical_batch` (sequences with an empty cache;
        all experts read).

    Raises
    ------
    ComputebookError
        If an accelerator is unknown.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> table = ridge_points(case("llama-3.1-70b", "bf16", "bf16"), ["h100-sxm"])
    >>> round(float(table["ridge_flop_per_byte"].iloc[0]))
    295
    """
    rows = []
    for name in accelerator_ids:
        gpu = datasets.accelerator(name)
        rate, bandwidth = gpu.dense_flop_per_s(case.weights), gpu.memory_bandwidth_bytes_per_s
        rows.append(
            {
                "name": short_name(gpu),
                "memory_gb": gpu.memory_bytes / units.BYTES_PER_GB,
                "bandwidth_tb_s": bandwidth / units.BYTES_PER_TB,
                "dense_tflop_s": rate / units.FLOP_PER_TFLOP,
                "ridge_flop_per_byte": roofline.ridge_point_flop_per_byte(rate, bandwidth),
                "critical_batch": roofline.critical_batch_size(case.shape, gpu, case.placement()),
            }
        )
    return pd.DataFrame(rows)


def _bound_of(
    case: Case, accelerator: Accelerator, context_tokens: int, batch_size: int, fleet: Layout
) -> dict[str, Any]:
    placed = case.placement(fleet.accelerators, fleet.groups)
    parts = roofline.decode_step_parts(case.shape, accelerator, context_tokens, batch_size, placed)
    prefill = roofline.prefill_lower_bound_s(case.shape, accelerator, context_tokens, 1, placed)
    return {
        "accelerator_id": accelerator.accelerator_id,
        "accelerator": short_name(accelerator),
        "fleet": fleet_label(fleet, accelerator),
        "accelerators": fleet.accelerators,
        "groups": fleet.groups,
        "beyond_domain": fleet.accelerators > accelerator.scale_up_domain,
        "step_ms": MILLISECONDS * float(parts.step_s),
        "weights_ms": MILLISECONDS * float(parts.weight_read_s),
        "cache_ms": MILLISECONDS * float(parts.kv_read_s),
        "compute_ms": MILLISECONDS * float(parts.compute_s),
        "user_tokens_per_s": 1 / float(parts.step_s),
        "accelerator_tokens_per_s": batch_size / float(parts.step_s) / fleet.accelerators,
        "prefill_s": float(prefill),
    }


def decode_bounds(
    case: Case, accelerator_ids: Sequence[str], context_tokens: int, batch_size: int
) -> pd.DataFrame:
    """Return the smallest fleet of each accelerator and how fast it could be at best.

    Parameters
    ----------
    case : Case
        Model, formats and memory policy.
    accelerator_ids : sequence of str
        Accelerators, a row each; those of which 1,024 are not enough are left out.
    context_tokens, batch_size : int
        Tokens per sequence and sequences.

    Returns
    -------
    DataFrame
        `accelerator_id`, `accelerator`, `fleet`, `accelerators`, `groups`, `beyond_domain` (more
        of them than one scale-up domain has), `step_ms` and its parts `weights_ms`, `cache_ms`,
        `compute_ms`,
        `user_tokens_per_s`, `accelerator_tokens_per_s`, `prefill_s` (one prompt of that length).

    Raises
    ------
    ComputebookError
        If a name is unknown or a number out of bounds.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> sized = case("llama-3.1-70b", "fp8", "bf16")
    >>> int(decode_bounds(sized, ["h100-sxm"], 8_192, 16)["accelerators"].iloc[0])
    2
    """
    fleets = fleets_of(case, accelerator_ids, context_tokens, batch_size)
    return pd.DataFrame(
        [_bound_of(case, gpu, context_tokens, batch_size, fleet) for gpu, fleet in fleets]
    )


def step_curve(
    case: Case, accelerator_ids: Sequence[str], context_tokens: int, batch_size: int
) -> pd.DataFrame:
    """Return the bound on a step over contexts, until the fleet's memory is full.

    Parameters
    ----------
    case, accelerator_ids, context_tokens, batch_size
        As in `decode_bounds`: the fleets are those of the stated context.

    Returns
    -------
    DataFrame
        `fleet`, `context_tokens`, `step_ms`.

    Raises
    ------
    ComputebookError
        If a name is unknown or a number out of bounds.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> curve = step_curve(case("llama-3.1-70b", "fp8", "bf16"), ["h100-sxm"], 8_192, 16)
    >>> bool(curve["step_ms"].is_monotonic_increasing)
    True
    """
    low, high = CURVE_TOKENS
    grid = np.unique(np.append(np.round(np.geomspace(low, high, CURVE_POINTS)), context_tokens))
    frames = []
    for gpu, fleet in fleets_of(case, accelerator_ids, context_tokens, batch_size):
        placed = case.placement(fleet.accelerators, fleet.groups)
        step = roofline.decode_step_lower_bound_s(case.shape, gpu, grid, batch_size, placed)
        held = holds(case, gpu, grid, batch_size, fleet)
        points = {"context_tokens": grid[held], "step_ms": MILLISECONDS * step[held]}
        frames.append(pd.DataFrame({"fleet": fleet_label(fleet, gpu), **points}))
    return pd.concat(frames, ignore_index=True)


def _cache_outweighs_weights(case: Case, gpu: Accelerator, batch_size: int, fleet: Layout) -> float:
    """Return the context from which a step reads more cache than weights."""
    placed = case.placement(fleet.accelerators, fleet.groups)
    parts = roofline.decode_step_parts(case.shape, gpu, np.array([1e6, 2e6]), batch_size, placed)
    near, far = np.asarray(parts.kv_read_s, float)
    slope = (far - near) / 1e6
    fixed = near - slope * 1e6
    return max(float((np.asarray(parts.weight_read_s).flat[0] - fixed) / slope), 0.0)


def _users_in_time(
    case: Case, gpu: Accelerator, context_tokens: int, fleet: Layout, limit_ms: float
) -> float:
    """Return the most users whose step can keep a time, at most what the memory holds."""
    placed = case.placement(fleet.accelerators, fleet.groups)
    batch = np.arange(1, MOST_BATCH + 1)
    step = roofline.decode_step_lower_bound_s(case.shape, gpu, context_tokens, batch, placed)
    in_time = batch[MILLISECONDS * step <= limit_ms]
    held = float(most_users(case, gpu, context_tokens, fleet.accelerators))
    return min(float(in_time.max(initial=0)), held)


def break_points(
    case: Case,
    accelerator_ids: Sequence[str],
    context_tokens: int,
    batch_size: int,
    time_per_output_token_ms: float,
) -> pd.DataFrame:
    """Return where the plan for each fleet changes.

    Parameters
    ----------
    case, accelerator_ids, context_tokens, batch_size
        As in `decode_bounds`.
    time_per_output_token_ms : float
        Longest time that a user may wait for the next token, ms.

    Returns
    -------
    DataFrame
        `fleet`, `cache_context_tokens` (beyond it a step reads more cache than weights),
        `full_users` (that the memory holds at the stated context), `timely_users` (of them, that
        can keep the time), `shards` (parts of the cache), `compute_batch` (sequences from which
        arithmetic limits at the stated context; missing if none).

    Raises
    ------
    ComputebookError
        If a name is unknown or a number out of bounds.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> points = break_points(case("llama-3.1-70b", "fp8", "bf16"), ["h100-sxm"], 8_192, 16, 25)
    >>> 12_000 < float(points["cache_context_tokens"].iloc[0]) < 14_000
    True
    """
    rows = []
    for gpu, fleet in fleets_of(case, accelerator_ids, context_tokens, batch_size):
        placed = case.placement(fleet.accelerators, fleet.groups)
        compute = roofline.critical_batch_size(case.shape, gpu, placed, context_tokens)
        rows.append(
            {
                "fleet": fleet_label(fleet, gpu),
                "cache_context_tokens": _cache_outweighs_weights(case, gpu, batch_size, fleet),
                "full_users": float(most_users(case, gpu, context_tokens, fleet.accelerators)),
                "timely_users": _users_in_time(
                    case, gpu, context_tokens, fleet, time_per_output_token_ms
                ),
                "shards": kv_shards(case.shape, fleet.accelerators, fleet.groups),
                "compute_batch": compute if math.isfinite(compute) else math.nan,
            }
        )
    return pd.DataFrame(rows)
