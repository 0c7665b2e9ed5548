"""The plan against a whole service in production."""

from __future__ import annotations

from typing import Final

import pandas as pd

from computebook import datasets, units
from computebook.exhibits.infrastructure_planning.fleets import OPPOSITE, pool
from computebook.exhibits.infrastructure_planning.schema import Plan, Workload

__all__ = ["production_check", "production_plan"]

CASE: Final = "deepseek-2025-02"
GPU: Final = "h800-sxm"
MODEL: Final = "deepseek-v3"
PHASES: Final = {"write": "decode_nodes", "read": "prefill_nodes"}


def _reported() -> pd.Series[float]:
    cases = datasets.load("self_host_cases")
    rows = cases[cases["case_id"] == CASE].set_index("quantity")["value"]
    return rows.astype(float)


def production_plan() -> Plan:
    """Return the plan of DeepSeek's service as its day of traffic implies it.

    Mean cache = prompt + half of the answer, and input over output tokens, give the mean
    request; output per second times the time per token gives the users. Source:
    `deepseek2025inference`.

    Examples
    --------
    >>> work = production_plan().workloads[0]
    >>> round(work.prompt_tokens), round(work.answer_tokens)
    (4383, 1211)
    """
    found = _reported()
    ratio = found["input_tokens_per_day"] / found["output_tokens_per_day"]
    answer = found["kv_tokens_per_output_token"] / (ratio + 0.5)
    speed = (
        found["output_tokens_per_s_per_user_low"] + found["output_tokens_per_s_per_user_high"]
    ) / 2
    users = found["output_tokens_per_day"] / units.SECONDS_PER_DAY / speed
    work = Workload("DeepSeek's service", ratio * answer, answer, users)
    cached = found["cached_input_tokens_per_day"] / found["input_tokens_per_day"]
    return Plan(MODEL, "fp8", "bf16", 1 / speed, (work,), float(cached))


def production_check() -> pd.DataFrame:
    """Return the GPUs that the plan asks for beside those that the service kept busy.

    Returns
    -------
    DataFrame
        `phase`, `reported_gpus`, `low_gpus`, `central_gpus`, `high_gpus`, `error` (central over
        reported, less 1).

    Examples
    --------
    >>> production_check()["phase"].tolist()
    ['GPUs that write', 'GPUs that read', 'All GPUs']
    """
    plan, found = production_plan(), _reported()
    pools = {end: pool(plan, GPU, plan.workloads[0], end) for end in OPPOSITE}
    rows = []
    for phase, quantity in PHASES.items():
        reported = found[quantity] * found["accelerators_per_node"]
        asked = [p.writers.gpus if phase == "write" else p.prefill_gpus for p in pools.values()]
        rows.append((f"GPUs that {phase}", reported, *asked))
    columns = ["phase", "reported_gpus", "low_gpus", "central_gpus", "high_gpus"]
    frame = pd.DataFrame(rows, columns=columns)
    total = frame.drop(columns="phase").sum()
    frame = pd.concat([frame, pd.DataFrame([{"phase": "All GPUs", **total}])], ignore_index=True)
    return frame.assign(error=frame["central_gpus"] / frame["reported_gpus"] - 1)
