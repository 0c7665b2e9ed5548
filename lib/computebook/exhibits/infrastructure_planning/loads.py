"""Energy per token by load and GPU, and how far the model behind it is off."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import serving
from computebook.exhibits.infrastructure_planning.energy import deployment, interval
from computebook.exhibits.infrastructure_planning.fleets import pool
from computebook.exhibits.infrastructure_planning.schema import GPUS, Plan, gpu_name
from computebook.inference.energy import energy_cases
from computebook.inference.energy_report import (
    energy_error_table,
    energy_errors,
    server_errors,
)
from computebook.inference.energy_table import draw_constants
from computebook.memory import Placement

__all__ = ["energy_by_load", "energy_load_table", "energy_proof"]

POINTS: Final = 24
#: Shares of the most users within the time per token at which the table reads the curves.
SHARES: Final = (0.02, 0.25, 1.0)
TESTS: Final = {
    "model left out": "Throughput measured, model never seen",
    "generation left out": "Throughput measured, GPU generation never seen",
    "throughput predicted": "Throughput predicted, model never seen",
    "throughput predicted, engine as calibrated": "The same, host times of current engines",
    "server, throughput measured": "Servers at the plug (MLPerf), never fitted",
}


def energy_by_load(plan: Plan) -> pd.DataFrame:
    """Return energy per output token at the plug of the servers, by users per GPU.

    The first workload of the plan, on the layout that its fleet takes; from one user per copy to
    the most that the time per token allows.

    Parameters
    ----------
    plan : Plan
        What is served.

    Returns
    -------
    DataFrame
        `gpu`, `users_per_gpu`, `share` (of the most users), `joules`, `low`, `high` (80 %
        interval), `tpot_ms`; no row for a GPU that cannot serve.
    """
    frames = [_curve(plan, name) for name in GPUS]
    return pd.concat(frames, ignore_index=True)


def _curve(plan: Plan, accelerator_id: str) -> pd.DataFrame:
    work = plan.workloads[0]
    row = pool(plan, accelerator_id, work).row
    if not row:
        return pd.DataFrame()
    copy = _copy(plan, accelerator_id, row)
    users = np.geomspace(1.0, max(float(row["most_load_per_copy"]), 2.0), POINTS)
    given = (work.prompt_tokens, work.answer_tokens)
    run = serving.fixed_concurrency(copy, users, *given, cached_fraction=plan.cached_fraction)
    use = serving.serving_energy(
        copy,
        np.maximum(np.asarray(run.decoding_sequences), 1.0),
        *given,
        run.output_tokens_per_s,
        draw_constants(copy.accelerator.generation),
        cached_fraction=plan.cached_fraction,
    )
    joules, spread = np.asarray(use.server_joules_per_output_token), interval()
    return pd.DataFrame(
        {
            "gpu": gpu_name(accelerator_id),
            "users_per_gpu": users / float(copy.accelerators),
            "share": users / users[-1],
            "joules": joules,
            "low": joules * spread.low,
            "high": joules * spread.high,
            "tpot_ms": np.asarray(run.time_per_output_token_s) * 1e3,
        }
    )


def _copy(plan: Plan, accelerator_id: str, row: dict[str, Any]) -> serving.Deployment:
    """Return one copy in the layout that a fleet takes."""
    layout = Placement.of(
        plan.weights,
        plan.cache,
        tensor_parallel=float(row["tensor_parallel"]),
        attention_data_parallel=float(row["attention_data_parallel"]),
    )
    return deployment(plan.model, accelerator_id, layout, float(row["pipeline_parallel"]))


def energy_load_table(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the energy per token at a light, a quarter and the full load of each GPU.

    Parameters
    ----------
    curves : DataFrame
        From `energy_by_load`.

    Returns
    -------
    DataFrame
        `gpu`, `load` (in words), `users_per_gpu`, `tpot_ms`, `joules`, `low`, `high`.
    """
    names = ("one user per copy", "a quarter of the most users", "the most users")
    rows = []
    for _, group in curves.groupby("gpu", sort=False):
        for share, load in zip((0.0, *SHARES[1:]), names, strict=True):
            nearest = group.iloc[int((group["share"] - share).abs().to_numpy().argmin())]
            rows.append({"load": load, **nearest.drop("share").to_dict()})
    columns = ["gpu", "load", "users_per_gpu", "tpot_ms", "joules", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


@cache
def energy_proof() -> pd.DataFrame:
    """Return the errors of energy per token on runs that the constants never saw.

    Returns
    -------
    DataFrame
        `test`, `cases`, `mape`, `median`, `bias`, `within_20` (fractions).
    """
    found = [energy_errors(energy_cases()), server_errors()]
    table = pd.concat([energy_error_table(each) for each in found], ignore_index=True)
    table = table[table["generation"] == "all"]
    return table.assign(test=table["scope"].map(TESTS)).reset_index(drop=True)
