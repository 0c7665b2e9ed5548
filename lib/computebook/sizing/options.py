"""Every configuration with the fleet it would need, what it costs and how sure that is."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from computebook import power, serving, units
from computebook.inference.energy_table import NAMES, draw_constants
from computebook.sizing.grid import Grid, copies_for, largest_load, seen
from computebook.sizing.intervals import chance_within, factors
from computebook.sizing.layouts import Layouts, deployment
from computebook.sizing.prices import hour_price
from computebook.sizing.request import Request
from computebook.sizing.room import memory_use

__all__ = ["BINDINGS", "described", "effective_limits", "fleets", "options", "prices", "ranked"]

Floats = npt.NDArray[np.float64]

BINDINGS: Final = ("", "memory", "time to first token", "time per output token", "accelerators")
"""What stands in the way of a configuration, or of a request; nothing where it is feasible."""


def effective_limits(request: Request) -> tuple[float, float]:
    """Return the limits that central values must keep.

    Parameters
    ----------
    request : Request
        Limits, and whether the slow end of the interval must keep them.

    Returns
    -------
    tuple of float
        To the first token and per output token, s.

    Examples
    --------
    >>> ask = Request(model="llama-3.1-8b", gpus=("h100",), input_tokens=1000, output_tokens=100,
    ...               users=10, time_per_output_token_s=0.02, robust=True)
    >>> effective_limits(ask)[1] < 0.02
    True
    """
    first, token = request.time_to_first_token_s, request.time_per_output_token_s
    if not request.robust:
        return first, token
    known = factors(request.is_open)
    return first / max(known["ttft"][1], 1.0), token / max(known["tpot"][1], 1.0)


def fleets(grid: Grid, first_s: float, token_s: float) -> tuple[Floats, Floats, Floats]:
    """Return the largest load of a copy, the copies and the accelerators of each configuration.

    Parameters
    ----------
    grid : Grid
        Configurations.
    first_s, token_s : float
        Limits, s.

    Returns
    -------
    tuple of numpy.ndarray
        Shape (n,); copies and accelerators are infinite where it cannot be done.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.grid import grid_for
    >>> most, copies, total = fleets(grid_for(small_request()), 1.0, 0.02)
    >>> float(total.min()), float(copies[0])
    (1.0, 1.0)
    """
    most = largest_load(grid, first_s, token_s)
    copies = copies_for(grid.request.design_load, most)
    total = copies * grid.layouts.gpus_per_copy
    fits = total <= grid.request.max_gpus
    return most, np.where(fits, copies, np.inf), np.where(fits, total, np.inf)


def options(grid: Grid) -> pd.DataFrame:
    """Return the feasible configurations as a table, the best first.

    Parameters
    ----------
    grid : Grid
        From `grid.grid_for`.

    Returns
    -------
    pandas.DataFrame
        One row per configuration; units in the names of the columns; empty if none is feasible.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.grid import grid_for
    >>> found = options(grid_for(small_request()))
    >>> int(found.loc[0, "gpus"]), bool(found.loc[0, "tpot_ms"] <= 20)
    (1, True)
    """
    most, copies, _ = fleets(grid, *effective_limits(grid.request))
    rows = np.flatnonzero(np.isfinite(copies))
    if not rows.size:
        return pd.DataFrame()
    return ranked(described(grid, rows, most[rows], copies[rows]), grid.request.objective)


def described(grid: Grid, rows: Any, most: Floats, copies: Floats) -> pd.DataFrame:
    """Return fleets with all that is known about them.

    Parameters
    ----------
    grid : Grid
        Configurations.
    rows : array_like of int
        Positions of the configurations to describe.
    most : numpy.ndarray
        Largest load of one copy, users or arrivals per second, one per row.
    copies : numpy.ndarray
        Copies, one per row.

    Returns
    -------
    pandas.DataFrame
        One row each; units in the names of the columns.

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.grid import grid_for
    >>> grid = grid_for(small_request())
    >>> row = described(grid, [0], np.array([10.0]), np.array([3.0])).iloc[0]
    >>> int(row["gpus"]), float(row["design_load_per_copy"])
    (3, 8.0)
    """
    some = dataclasses.replace(
        grid, layouts=grid.layouts.take(rows), places=grid.places[rows],
        deployment=deployment(grid.request, grid.layouts.take(rows)),
    )  # fmt: skip
    frame = _layout_columns(some, most, copies)
    for columns in (_memory_columns, _latency_columns, _rate_columns, _cost_columns):
        frame = columns(some, frame)
    return _energy_columns(some, frame)


def ranked(frame: pd.DataFrame, objective: str) -> pd.DataFrame:
    """Return configurations in the order of preference.

    Fewest dollars per hour (or accelerators) first; ties go to fewer accelerators, then to the
    shorter time per token; configurations without a price come after those with one.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `options`.
    objective : {"usd", "gpus"}
        What to have least of.

    Returns
    -------
    pandas.DataFrame
        The same rows, numbered anew.

    Examples
    --------
    >>> two = pd.DataFrame({"usd_per_hour": [9.0, 8.0], "gpus": [2, 4], "tpot_ms": [9.0, 9.0],
    ...                     "gpus_per_copy": [1, 1]})
    >>> ranked(two, "usd").loc[0, "gpus"], ranked(two, "gpus").loc[0, "gpus"]
    (np.int64(4), np.int64(2))
    """
    first = ["usd_per_hour"] if objective == "usd" else []
    # Copies of equal fleets may differ in speed only: the quicker layout is worth the same money.
    keys = [*first, "gpus", "tpot_ms", "gpus_per_copy"]
    return frame.sort_values(keys, na_position="last", kind="stable").reset_index(drop=True)


def _layout_columns(grid: Grid, most: Floats, copies: Floats) -> pd.DataFrame:
    layouts, request = grid.layouts, grid.request
    design = request.design_load / copies
    design = np.maximum(design if request.is_open else np.ceil(design - 1e-9), 0.0)
    return pd.DataFrame({
        "gpu": [device.accelerator_id for device in layouts.accelerators],
        "gpu_name": [device.name for device in layouts.accelerators],
        "generation": [device.generation for device in layouts.accelerators],
        "weights": [formats.weights for formats in layouts.formats],
        "kv_cache": [formats.kv_cache for formats in layouts.formats],
        "tensor_parallel": layouts.tensor_parallel.astype(int),
        "attention_data_parallel": layouts.attention_data_parallel.astype(int),
        "pipeline_parallel": layouts.pipeline_parallel.astype(int),
        "gpus_per_copy": layouts.gpus_per_copy.astype(int),
        "copies": copies.astype(int),
        "gpus": (copies * layouts.gpus_per_copy).astype(int),
        "load_per_copy": request.load / copies,
        "design_load_per_copy": np.minimum(design, most),
        "most_load_per_copy": most,
    })  # fmt: skip


def _memory_columns(grid: Grid, frame: pd.DataFrame) -> pd.DataFrame:
    """Add the split of memory with the sequences of the design load held to their end."""
    request, load = grid.request, frame["design_load_per_copy"].to_numpy()[:, None]
    now = seen(request, grid.deployment, grid.places, load)
    held = np.asarray(now.performance.held_sequences).reshape(-1, 1)
    use = memory_use(grid.deployment, request.context_tokens, np.minimum(held, grid.places))
    parts = {
        "weights": use.weights_bytes, "cache": use.cache_bytes, "engine": use.engine_bytes,
        "spare": use.spare_bytes, "total": use.memory_bytes,
    }  # fmt: skip
    columns = {f"memory_{k}_gb_per_gpu": _flat(v, frame) / units.BYTES_PER_GB
               for k, v in parts.items()}  # fmt: skip
    return frame.assign(
        sequences_that_fit_per_copy=grid.places[:, 0], **columns,
        ttft_s=_flat(now.time_to_first_token_s, frame),
        tpot_ms=_flat(now.time_per_output_token_s, frame) * 1e3,
    )  # fmt: skip


def _latency_columns(grid: Grid, frame: pd.DataFrame) -> pd.DataFrame:
    """Add intervals and chances of both latencies at the design load."""
    request, known = grid.request, factors(grid.request.is_open)
    limits = {"ttft_s": request.time_to_first_token_s,
              "tpot_ms": request.time_per_output_token_s * 1e3}  # fmt: skip
    for name, limit in limits.items():
        short, unit = name.split("_")
        low, high = known[short]
        central = frame[name].to_numpy()
        frame[f"{short}_low_{unit}"], frame[f"{short}_high_{unit}"] = low * central, high * central
        frame[f"{short}_limit_{unit}"] = limit
        frame[f"{short}_chance_fraction"] = chance_within(central, limit, known[short])
    slow_ttft = frame["ttft_high_s"] <= frame["ttft_limit_s"]
    slow_tpot = frame["tpot_high_ms"] <= frame["tpot_limit_ms"]
    frame["holds_at_slow_end"] = slow_ttft & slow_tpot
    return frame


def _rate_columns(grid: Grid, frame: pd.DataFrame) -> pd.DataFrame:
    """Add throughput at the load asked for, headroom left idle."""
    request, load = grid.request, frame["load_per_copy"].to_numpy()[:, None]
    run = seen(request, grid.deployment, grid.places, load).performance
    # Fewer users than copies: each copy serves one user for a part of the time.
    part = np.ones_like(load) if request.is_open else np.minimum(load, 1.0)
    arriving = load if request.is_open else np.asarray(run.requests_per_s) * part
    frame["requests_per_s"] = _flat(arriving, frame) * frame["copies"]
    frame["output_tokens_per_s"] = frame["requests_per_s"] * request.output_tokens
    frame["output_tokens_per_s_per_gpu"] = frame["output_tokens_per_s"] / frame["gpus"]
    low, high = factors(request.is_open)["throughput"]
    frame["output_low_tokens_per_s_per_gpu"] = low * frame["output_tokens_per_s_per_gpu"]
    frame["output_high_tokens_per_s_per_gpu"] = high * frame["output_tokens_per_s_per_gpu"]
    frame["output_tokens_per_s_per_user"] = 1e3 / frame["tpot_ms"]
    frame["output_low_tokens_per_s_per_user"] = 1e3 / frame["tpot_high_ms"]
    frame["output_high_tokens_per_s_per_user"] = 1e3 / frame["tpot_low_ms"]
    frame["decoding_sequences_per_copy"] = _flat(run.decoding_sequences, frame)
    return frame


def prices(grid: Grid) -> Floats:
    """Return the price of an hour of each configuration's accelerator, $/h; NaN without one.

    Parameters
    ----------
    grid : Grid
        Configurations.

    Returns
    -------
    numpy.ndarray
        Shape (n,).

    Examples
    --------
    >>> from computebook.sizing.examples import small_request
    >>> from computebook.sizing.grid import grid_for
    >>> set(prices(grid_for(small_request(usd_per_gpu_hour=2.0))).tolist())
    {2.0}
    """
    paid = grid.request.usd_per_gpu_hour
    names = [device.accelerator_id for device in grid.layouts.accelerators]
    central = [hour_price(name).central_usd_per_gpu_hour if paid is None else paid
               for name in names]  # fmt: skip
    return np.array(central, dtype=float)


def _cost_columns(grid: Grid, frame: pd.DataFrame) -> pd.DataFrame:
    """Add dollars: the whole fleet's hour, spread over tokens by the time each kind takes."""
    request = grid.request
    frame["usd_per_gpu_hour"] = prices(grid)
    frame["usd_per_hour"] = frame["usd_per_gpu_hour"] * frame["gpus"]
    request_usd = frame["usd_per_hour"] / units.SECONDS_PER_HOUR / (
        frame["requests_per_s"] * request.utilisation)  # fmt: skip
    shares = serving.token_costs(
        grid.deployment, np.maximum(frame["decoding_sequences_per_copy"].to_numpy(), 1.0)[:, None],
        request.input_tokens, request.output_tokens, usd_per_accelerator_hour=1.0,
        cached_fraction=request.cached_fraction,
    )  # fmt: skip
    low, high = factors(request.is_open)["throughput"]
    for kind in ("input", "cached_input", "output"):
        part = np.divide(getattr(shares, f"{kind}_usd_per_mtok"), shares.request_usd)
        central = _flat(part, frame) * request_usd
        frame[f"{kind}_usd_per_mtok"] = central
        frame[f"{kind}_low_usd_per_mtok"] = central / high
        frame[f"{kind}_high_usd_per_mtok"] = central / low
    return frame.assign(request_usd=request_usd)


def _energy_columns(grid: Grid, frame: pd.DataFrame) -> pd.DataFrame:
    """Add joules per output token at the servers' plug, prompt work and idle time included."""
    run = _energy(grid, frame)
    known = np.array([bool(np.isfinite(c.tdp_w)) for c in grid.layouts.accelerators])
    joules = np.where(known, _flat(run.server_joules_per_output_token, frame), np.nan)
    watts = np.where(known, _flat(run.server_w_per_accelerator, frame), np.nan)
    low, high = factors(grid.request.is_open)["energy"]
    return frame.assign(
        power_kw=watts * frame["gpus"] / units.WATTS_PER_KW,
        output_j_per_token=joules,
        output_low_j_per_token=joules * low,
        output_high_j_per_token=joules * high,
    )


def _energy(grid: Grid, frame: pd.DataFrame) -> serving.ServingEnergy:
    """Return power and energy of one copy at the load asked for."""
    request = grid.request
    part = 1.0 if request.is_open else np.minimum(frame["load_per_copy"].to_numpy(), 1.0)
    rate = frame["output_tokens_per_s"].to_numpy() / frame["copies"].to_numpy() / part
    sequences = np.maximum(frame["decoding_sequences_per_copy"].to_numpy(), 1.0)
    return serving.serving_energy(
        _rated(grid.deployment), sequences[:, None], request.input_tokens, request.output_tokens,
        rate[:, None], _draw(grid.layouts), cached_fraction=request.cached_fraction,
        utilisation=np.reshape(part * request.utilisation, (-1, 1)),
    )  # fmt: skip


def _rated(deployed: serving.Deployment) -> serving.Deployment:
    """Return a deployment whose chips all have a rating; those without are dropped later."""
    chip = deployed.accelerator
    rated = np.where(np.isfinite(chip.tdp_w), chip.tdp_w, 1.0)
    return dataclasses.replace(deployed, accelerator=dataclasses.replace(chip, tdp_w=rated))


def _draw(layouts: Layouts) -> power.DrawConstants:
    """Return the energy constants of each configuration as columns."""
    constants = draw_constants([chip.generation for chip in layouts.accelerators])
    return power.DrawConstants(**{
        name: np.reshape(getattr(constants, name), (-1, 1)) for name in NAMES})  # fmt: skip


def _flat(values: Any, frame: pd.DataFrame) -> Floats:
    """Return one value per row."""
    return np.broadcast_to(np.asarray(values, dtype=float), (len(frame), 1))[:, 0]
