"""From a request to a plan: the fleet to buy, what else there is, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook.sizing.alternatives import (
    alternatives,
    disaggregated_fleet,
    pareto_front,
    speculative_tpot_ms,
)
from computebook.sizing.assumptions import assumptions, warnings_for
from computebook.sizing.grid import Grid, grid_for, robust_grid
from computebook.sizing.nearest import Relaxation, binding, memory_detail, relaxations
from computebook.sizing.options import options
from computebook.sizing.request import Request

__all__ = ["QUANTITIES", "Plan", "plan"]

QUANTITIES: Final[tuple[tuple[str, str, str], ...]] = (
    ("accelerators", "gpus", ""),
    ("copies", "copies", ""),
    ("accelerators per copy", "gpus_per_copy", ""),
    ("weights per accelerator", "memory_weights_gb_per_gpu", "GB"),
    ("cache per accelerator", "memory_cache_gb_per_gpu", "GB"),
    ("engine per accelerator", "memory_engine_gb_per_gpu", "GB"),
    ("spare memory per accelerator", "memory_spare_gb_per_gpu", "GB"),
    ("time to first token", "ttft_s", "s"),
    ("time per output token", "tpot_ms", "ms"),
    ("output per accelerator", "output_tokens_per_s_per_gpu", "tokens/s"),
    ("output per user", "output_tokens_per_s_per_user", "tokens/s"),
    ("requests", "requests_per_s", "1/s"),
    ("fleet price", "usd_per_hour", "$/h"),
    ("input price", "input_usd_per_mtok", "$/M tokens"),
    ("cached input price", "cached_input_usd_per_mtok", "$/M tokens"),
    ("output price", "output_usd_per_mtok", "$/M tokens"),
    ("energy per output token", "output_j_per_token", "J/token"),
    ("fleet power", "power_kw", "kW"),
)
"""Rows of `Plan.frame`: words, column of the options, unit."""

_ENDINGS: Final = (
    "_tokens_per_s_per_gpu", "_tokens_per_s_per_user", "_usd_per_mtok", "_j_per_token", "_ms", "_s",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """The answer to a request.

    Parameters
    ----------
    request : Request
        What was asked.
    options : pandas.DataFrame
        Every feasible configuration with its fleet, best first; empty if there is none.
    alternatives : pandas.DataFrame
        The plan (first row) and what else could be bought, with `role`.
    front : pandas.DataFrame
        Speed per user against throughput per accelerator.
    disaggregated : dict
        Smallest fleet with prompts on accelerators of their own; empty if none.
    speculative_tpot_ms : float
        Time per output token with drafted tokens, ms; NaN where none was asked for.
    assumptions : pandas.DataFrame
        What the plan rests on.
    warnings : tuple of str
        Where it leaves what was measured.
    binding : tuple of str
        What stands in the way; empty if feasible.
    detail : str
        What does not fit in memory, if that binds.
    nearest : tuple of Relaxation
        Changes that would make an infeasible request feasible.
    """

    request: Request
    options: pd.DataFrame
    alternatives: pd.DataFrame
    front: pd.DataFrame
    assumptions: pd.DataFrame
    warnings: tuple[str, ...] = ()
    disaggregated: dict[str, Any] = field(default_factory=dict)
    speculative_tpot_ms: float = np.nan
    binding: tuple[str, ...] = ()
    detail: str = ""
    nearest: tuple[Relaxation, ...] = ()

    @property
    def feasible(self) -> bool:
        """Whether any fleet meets the request."""
        return not self.options.empty

    @property
    def chosen(self) -> pd.Series[Any]:
        """The configuration to buy: the first row of `options`."""
        return self.options.iloc[0]

    def frame(self) -> pd.DataFrame:
        """Return the plan as rows of quantity, value, interval, unit, limit and chance.

        Returns
        -------
        pandas.DataFrame
            Columns `quantity`, `value`, `low`, `high`, `unit`, `limit`, `chance_fraction`;
            empty if the request is infeasible.

        Examples
        --------
        >>> from computebook.sizing.examples import small_request
        >>> plan(small_request()).frame()["quantity"].tolist()[:2]
        ['accelerators', 'copies']
        """
        columns = ["quantity", "value", "low", "high", "unit", "limit", "chance_fraction"]
        rows = [_quantity(self.chosen, *row) for row in QUANTITIES] if self.feasible else []
        return pd.DataFrame(rows, columns=columns)


def _quantity(chosen: pd.Series[Any], words: str, column: str, unit: str) -> tuple[Any, ...]:
    """Return one row of the frame; ends, limit and chance where the quantity has them."""
    low, high = column_of_end(column, "low"), column_of_end(column, "high")
    short = column.split("_")[0]
    limited = column in ("ttft_s", "tpot_ms")
    limit = chosen[f"{short}_limit_{column.split('_')[1]}"] if limited else np.nan
    chance = chosen[f"{short}_chance_fraction"] if limited else np.nan
    ends = (chosen.get(low, np.nan), chosen.get(high, np.nan))
    return words, float(chosen[column]), *map(float, ends), unit, float(limit), float(chance)


def column_of_end(column: str, end: str) -> str:
    """Return the column of an end of an interval: the word before the unit.

    Examples
    --------
    >>> column_of_end("output_usd_per_mtok", "low"), column_of_end("ttft_s", "high")
    ('output_low_usd_per_mtok', 'ttft_high_s')
    """
    unit = next((unit for unit in _ENDINGS if column.endswith(unit)), "")
    return f"{column.removesuffix(unit)}_{end}{unit}"


def plan(request: Request) -> Plan:
    """Return the fleet that meets a request at the least cost, and what stands around it.

    Every accelerator, parallel degree and load of a copy is evaluated at once; a copy takes the
    largest load at which memory and both limits hold, and ``ceil(load (1 + headroom) / that)``
    copies make the fleet.

    Source: `zhong2024distserve` (goodput).

    Parameters
    ----------
    request : Request
        What is asked.

    Returns
    -------
    Plan
        Feasible or not; an infeasible one says what binds and what would be feasible.

    Examples
    --------
    >>> ask = Request(model="llama-3.1-70b", gpus=("h100", "h200"), input_tokens=1000,
    ...     output_tokens=500, users=64, time_to_first_token_s=2.0, time_per_output_token_s=0.05)
    >>> answer = plan(ask)
    >>> answer.feasible, bool(answer.chosen["tpot_ms"] <= 50)
    (True, True)
    """
    grid = grid_for(request)
    found = options(grid)
    if found.empty:
        return _refusal(grid)
    robust = pd.DataFrame() if request.robust else options(robust_grid(grid))
    around = alternatives(grid, found, robust)
    return Plan(
        request, found, around, pareto_front(grid), assumptions(request, list(around["gpu"])),
        warnings_for(request, found.iloc[0]), disaggregated_fleet(grid),
        speculative_tpot_ms(request, grid, found.iloc[0]) if request.draft_tokens else np.nan,
    )  # fmt: skip


def _refusal(grid: Grid) -> Plan:
    """Return the plan of an infeasible request."""
    empty, request = pd.DataFrame(), grid.request
    return Plan(
        request, empty, empty, pareto_front(grid), assumptions(request, request.gpus),
        warnings_for(request, None), binding=binding(grid), detail=memory_detail(grid),
        nearest=relaxations(grid),
    )  # fmt: skip
