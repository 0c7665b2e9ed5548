"""What else could be bought: the best of each type, the extremes, prompts apart, the front."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import serving
from computebook.sizing.grid import Grid, copies_for
from computebook.sizing.layouts import deployment
from computebook.sizing.options import described, effective_limits, prices
from computebook.sizing.request import Request

__all__ = ["alternatives", "disaggregated_fleet", "fastest", "pareto_front", "speculative_tpot_ms"]

_FRONT_POINTS: Final = 12
_PREFILL_BUSY: Final = 0.7
_FASTER_FOR: Final = 2.0


def alternatives(grid: Grid, found: pd.DataFrame, robust: pd.DataFrame) -> pd.DataFrame:
    """Return the plan and what else could be bought, each with its role.

    Roles: the plan, the fewest GPUs, the cheapest, the best of each type of accelerator, the
    fastest fleet that costs (or, without prices, counts) at most twice the plan, and the best
    that holds the limits at the slow end of the interval.

    Parameters
    ----------
    grid : Grid
        Configurations and loads.
    found : pandas.DataFrame
        Feasible configurations, best first; from `options.options`.
    robust : pandas.DataFrame
        The same with the limits held at the slow end of the interval; may be empty.

    Returns
    -------
    pandas.DataFrame
        Columns of `found` and `role`; a configuration in several roles has one row.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.grid import grid_for
    >>> from computebook.sizing.options import options
    >>> grid = grid_for(small_request())
    >>> alternatives(grid, options(grid), pd.DataFrame()).loc[0, "role"]
    'plan; fewest GPUs; cheapest; best on h100-sxm'
    """
    best = {"plan": 0, "fewest GPUs": _first(found, ["gpus", "tpot_ms"])}
    if found["usd_per_hour"].notna().any():
        best["cheapest"] = _first(found, ["usd_per_hour", "tpot_ms"])
    for gpu, rows in found.groupby("gpu", sort=False):
        best[f"best on {gpu}"] = int(rows.index[0])
    roles: dict[int, list[str]] = {}
    for role, position in best.items():
        roles.setdefault(position, []).append(role)
    picked = found.loc[list(roles)].assign(role=["; ".join(names) for names in roles.values()])
    extra = [fastest(grid, found.iloc[0]).assign(role=f"fastest up to {_FASTER_FOR:g}x the plan"),
             robust.head(1).assign(role="robust")]  # fmt: skip
    frames = [picked, *(frame for frame in extra if len(frame))]
    return (
        pd.concat(frames, ignore_index=True) if len(frames) > 1 else picked.reset_index(drop=True)
    )


def fastest(grid: Grid, plan: pd.Series[Any]) -> pd.DataFrame:
    """Return the fleet with the shortest time per token at no more than twice the plan's price.

    Parameters
    ----------
    grid : Grid
        Configurations and loads.
    plan : pandas.Series
        The chosen configuration.

    Returns
    -------
    pandas.DataFrame
        One row, or none where the plan itself is the fastest.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.grid import grid_for
    >>> from computebook.sizing.options import options
    >>> grid = grid_for(small_request())
    >>> plan = options(grid).iloc[0]
    >>> bool(fastest(grid, plan).loc[0, "tpot_ms"] < plan["tpot_ms"])
    True
    """
    request, each = grid.request, grid.layouts.gpus_per_copy[:, None]
    by_price = bool(np.isfinite(plan["usd_per_hour"])) and request.objective == "usd"
    unit = prices(grid)[:, None] if by_price else np.ones_like(each)
    budget = _FASTER_FOR * plan["usd_per_hour" if by_price else "gpus"]
    copies = copies_for(request.design_load, grid.loads)
    good = grid.passing(*effective_limits(request)) & (copies * each <= request.max_gpus)
    good &= np.nan_to_num(copies * each * unit, nan=np.inf) <= budget * (1 + 1e-9)
    token = np.where(good, grid.seen.time_per_output_token_s, np.inf)
    at = np.unravel_index(np.argmin(token), token.shape)
    if not token[at] * 1e3 < plan["tpot_ms"] * (1 - 1e-9):
        return pd.DataFrame()
    row = np.array(at[:1])
    return described(grid, row, grid.loads[at][None], copies[at][None])


def _first(frame: pd.DataFrame, keys: list[str]) -> int:
    return int(frame.sort_values(keys, na_position="last", kind="stable").index[0])


def pareto_front(grid: Grid) -> pd.DataFrame:
    """Return the configurations that nothing beats in both speed per user and per accelerator.

    Latency limits are left out, so that a planner sees what a looser limit would buy; a dozen
    points are kept, evenly over the front. With arrivals each load is one of a single copy.

    Source: `zhong2024distserve`.

    Parameters
    ----------
    grid : Grid
        Configurations and loads.

    Returns
    -------
    pandas.DataFrame
        Fastest for the user first; `within_limits` says which the request allows.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.grid import grid_for
    >>> front = pareto_front(grid_for(small_request()))
    >>> bool(front["output_tokens_per_s_per_gpu"].is_monotonic_increasing)
    True
    """
    run, request = grid.seen.performance, grid.request
    per_copy = np.multiply(run.requests_per_s, request.output_tokens)
    shape = grid.loads.shape
    per_gpu = np.broadcast_to(per_copy / grid.layouts.gpus_per_copy[:, None], shape)
    per_user = 1.0 / np.broadcast_to(grid.seen.time_per_output_token_s, shape)
    sound = grid.passing(np.inf, np.inf)
    mask = serving.pareto_mask(*(np.where(sound, v, np.nan).ravel() for v in (per_gpu, per_user)))
    chosen = np.flatnonzero(mask)
    chosen = chosen[np.argsort(-per_user.ravel()[chosen], kind="stable")]
    some = np.unique(np.linspace(0, max(len(chosen) - 1, 0), _FRONT_POINTS).round().astype(int))
    return _front_rows(grid, per_gpu, per_user, chosen[some] if len(chosen) else chosen)


def _front_rows(grid: Grid, per_gpu: Any, per_user: Any, chosen: Any) -> pd.DataFrame:
    layouts = grid.layouts
    rows, columns = np.unravel_index(chosen, grid.loads.shape)
    within = grid.passing(*effective_limits(grid.request))
    return pd.DataFrame({
        "gpu": [layouts.accelerators[i].accelerator_id for i in rows],
        "weights": [layouts.formats[i].weights for i in rows],
        "tensor_parallel": layouts.tensor_parallel[rows].astype(int),
        "attention_data_parallel": layouts.attention_data_parallel[rows].astype(int),
        "pipeline_parallel": layouts.pipeline_parallel[rows].astype(int),
        "load_per_copy": grid.loads[rows, columns],
        "output_tokens_per_s_per_user": per_user[rows, columns],
        "output_tokens_per_s_per_gpu": per_gpu[rows, columns],
        "ttft_s": grid.seen.time_to_first_token_s[rows, columns],
        "within_limits": within[rows, columns],
    })  # fmt: skip


def disaggregated_fleet(grid: Grid) -> dict[str, Any]:
    """Return the smallest fleet with prompts on accelerators of their own; empty if none.

    Every layout of an accelerator computes prompts for every layout that decodes on the same
    type; prefill copies are kept at most 70 % busy. Fixed users only.

    Source: `zhong2024distserve`.

    Parameters
    ----------
    grid : Grid
        Configurations.

    Returns
    -------
    dict
        Layouts of both sides, copies, accelerators, ratio and latencies.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.grid import grid_for
    >>> split = disaggregated_fleet(grid_for(small_request()))
    >>> split["gpus"] >= split["prefill_copies"] + split["decode_copies"]
    True
    """
    if grid.request.is_open:
        return {}
    rows = [_best_split(grid, name) for name in dict.fromkeys(
        device.accelerator_id for device in grid.layouts.accelerators)]  # fmt: skip
    found = [row for row in rows if row]
    return min(found, key=lambda row: (row["gpus"], row["tpot_ms"])) if found else {}


def _best_split(grid: Grid, gpu: str) -> dict[str, Any]:
    """Return the smallest split fleet on one type of accelerator: prefill x decode x load."""
    here = _whole_layouts(grid, gpu)
    if not here.size:
        return {}
    run, first, token = _split_run(grid, here)
    limits = effective_limits(grid.request)
    good = (first <= limits[0]) & (token <= limits[1])
    loads = np.broadcast_to(grid.loads[here], good.shape)
    decode = copies_for(grid.request.design_load, np.where(good, loads, 0.0))
    feeding = np.ceil(np.where(good, run.prefill_copies_per_decode_copy, 1.0) * decode)
    each = grid.layouts.gpus_per_copy[here]
    total = decode * each[None, :, None] + feeding * each[:, None, None]
    at = np.unravel_index(np.argmin(total), total.shape)
    if not total[at] <= grid.request.max_gpus:
        return {}
    counts = (decode[at], feeding[at], total[at])
    seen = {"load_per_decode_copy": loads[at], "ttft_s": first[at], "tpot_ms": token[at] * 1e3}
    return _split_row(grid, int(here[at[0]]), int(here[at[1]]), counts, seen)


def _whole_layouts(grid: Grid, gpu: str) -> Any:
    """Return the positions of one accelerator's layouts that hold a sequence, without stages."""
    same = np.array([device.accelerator_id == gpu for device in grid.layouts.accelerators])
    held = grid.places[:, 0] >= 1
    return np.flatnonzero(same & held & (grid.layouts.pipeline_parallel == 1))


def _split_run(grid: Grid, here: Any) -> tuple[serving.SplitPerformance, Any, Any]:
    """Return the performance of every pair of layouts, and both latencies, of one shape."""
    request, some = grid.request, grid.layouts.take(here)
    run = serving.disaggregated(
        deployment(request, some, axes=2), deployment(request, some), grid.loads[here],
        request.input_tokens, request.output_tokens, cached_fraction=request.cached_fraction,
        prefill_utilisation=_PREFILL_BUSY, sequence_limit=grid.places[here],
    )  # fmt: skip
    first = np.asarray(run.decode.time_to_first_token_s)
    return run, first, np.broadcast_to(run.decode.time_per_output_token_s, first.shape)


def _split_row(
    grid: Grid, prefill: int, decode: int, counts: tuple[Any, Any, Any], seen: dict[str, Any]
) -> dict[str, Any]:
    layouts = grid.layouts
    names = ("tensor_parallel", "attention_data_parallel")
    sides = {
        f"{side}_{name}": int(getattr(layouts, name)[i])
        for side, i in (("prefill", prefill), ("decode", decode))
        for name in names
    }
    each = {"prefill_gpus_per_copy": int(layouts.gpus_per_copy[prefill]),
            "decode_gpus_per_copy": int(layouts.gpus_per_copy[decode])}  # fmt: skip
    return {
        "gpu": layouts.accelerators[decode].accelerator_id, **sides, **each,
        "decode_copies": int(counts[0]), "prefill_copies": int(counts[1]), "gpus": int(counts[2]),
        **{name: float(value) for name, value in seen.items()},
    }  # fmt: skip


def speculative_tpot_ms(request: Request, grid: Grid, row: pd.Series[Any]) -> float:
    """Return the time per output token of a plan with drafted tokens, ms.

    The plan's own time with its decode step replaced by the speculative one; a draft costs one
    layer's share of a step, as a prediction layer does.

    Source: `leviathan2023speculative`.

    Parameters
    ----------
    request : Request
        Drafts and their acceptance.
    grid : Grid
        Configurations.
    row : pandas.Series
        One row of `options.options`.

    Returns
    -------
    float
        ms.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.grid import grid_for
    >>> from computebook.sizing.options import options
    >>> ask = small_request(draft_tokens=3.0)
    >>> row = options(grid_for(ask)).iloc[0]
    >>> bool(speculative_tpot_ms(ask, grid_for(ask), row) < row["tpot_ms"])
    True
    """
    layouts = grid.layouts
    key = ("tensor_parallel", "attention_data_parallel", "pipeline_parallel")
    position = next(
        i for i in range(len(layouts))
        if layouts.accelerators[i].accelerator_id == row["gpu"]
        and all(getattr(layouts, name)[i] == row[name] for name in key)
    )  # fmt: skip
    deployed = deployment(request, layouts.take(position))
    middle = request.input_tokens + request.output_tokens / 2.0
    sequences = max(float(row["decoding_sequences_per_copy"]), 1.0)
    step = serving.decode_step(deployed, sequences, middle).total_s
    drafted = serving.speculative_time_per_output_token_s(
        deployed, sequences, middle, acceptance_fraction=request.acceptance_fraction,
        draft_tokens=request.draft_tokens, draft_cost_fraction=1.0 / request.architecture.layers,
    )  # fmt: skip
    return float(row["tpot_ms"] + 1e3 * (np.asarray(drafted) - np.asarray(step)).item())
