"""How far real serving stays behind the roofline: the efficiencies that the plan allows for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import pandas as pd

from computebook import datasets, memory, roofline, validation
from computebook.memory import Placement
from computebook.scenarios import Range
from computebook.validation.bounds import MEASURED_MODELS

__all__ = [
    "Holdout",
    "decode_efficiency",
    "held_out",
    "holdout_summary",
    "prefill_efficiency",
]

SMALL_BATCH: Final = 8
MILLISECONDS: Final = 1e3
PRODUCTION: Final = "deepseek-2025-02"
MODEL: Final = "deepseek-v3"
GPU: Final = "h800-sxm"


@cache
def decode_efficiency() -> Range:
    """Return the share of the roofline's speed at which real engines decode.

    Quartiles of the roofline bound over the measured time between tokens, over the runs with
    eight sequences, whose batch is always full. Source: `mlenergy2026leaderboard`.

    Examples
    --------
    >>> round(decode_efficiency().central, 2)
    0.34
    """
    share = 1 / validation.decode_steps()["slower_than_stated"].dropna()
    return Range(*(float(share.quantile(q)) for q in (0.25, 0.50, 0.75)))


def _production(quantity: str) -> float:
    cases = datasets.load("self_host_cases")
    chosen = cases[(cases["case_id"] == PRODUCTION) & (cases["quantity"] == quantity)]
    return float(chosen["value"].iloc[0])


@cache
def prefill_efficiency() -> Range:
    """Return the share of the dense FP8 rate at which prompts are read.

    Low: DeepSeek's service, whose nodes read 73,700 prompt tokens per second including 56 %
    found in a cache, at 2 FLOP per active weight. High: the best measured matrix product on H100.
    Central: their geometric mean. Source: `deepseek2025inference`, `bekman2026mlengineering`.

    Examples
    --------
    >>> [round(v, 2) for v in (prefill_efficiency().low, prefill_efficiency().high)]
    [0.15, 0.71]
    """
    per_gpu = _production("input_tokens_per_s_per_node") / _production("accelerators_per_node")
    found = _production("cached_input_tokens_per_day") / _production("input_tokens_per_day")
    flop = roofline.matmul_flop_per_token(datasets.architecture(MODEL))
    low = per_gpu * (1 - found) * flop / datasets.accelerator(GPU).fp8_flop_per_s
    h100 = datasets.accelerator("h100-sxm")
    high = float(h100.fp8_measured_flop_per_s / h100.fp8_flop_per_s)
    return Range(float(low), float((low * high) ** 0.5), high)


def _layout(row: pd.Series[float]) -> tuple[str, Placement]:
    shape_id, weights, experts = MEASURED_MODELS[str(row["model"])]
    ranks = int(row["accelerators"])
    return shape_id, Placement.of(weights, experts=experts, tensor_parallel=ranks)


def _case(row: pd.Series[float]) -> dict[str, object]:
    shape_id, layout = _layout(row)
    shape, gpu = datasets.architecture(shape_id), datasets.accelerator(str(row["accelerator_id"]))
    context, batch = row["mean_output_tokens"] / 2, row["batch_limit"]
    bound = roofline.decode_step_lower_bound_s(shape, gpu, context, batch, layout)
    room = memory.max_batch_size(shape, gpu.memory_bytes, context, layout)
    return {
        "model": row["model"],
        "gpu": f"{int(row['accelerators'])}x {gpu.name.split()[1]}",
        "batch": int(batch),
        "measured_ms": row["inter_token_latency_ms"],
        "bound_ms": bound * MILLISECONDS,
        "fits": bool(room >= batch),
    }


def held_out() -> pd.DataFrame:
    """Return predicted times per token for the large-batch runs, none of which set the range.

    Runs whose batch limit exceeds what memory holds are left out: their real batch is unknown.

    Returns
    -------
    DataFrame
        `model`, `gpu`, `batch`, `measured_ms`, `low_ms`, `predicted_ms`, `high_ms`, `error`
        (predicted over measured, less 1), `inside`.

    Examples
    --------
    >>> bool((held_out()["batch"] > 8).all())
    True
    """
    table = datasets.load("power_measurements")
    runs = table[table["inter_token_latency_ms"].notna() & (table["batch_limit"] > SMALL_BATCH)]
    frame = pd.DataFrame([_case(row) for _, row in runs.iterrows()])
    frame = frame[frame["fits"]].drop(columns="fits").reset_index(drop=True)
    share = decode_efficiency()
    spans = {"low_ms": share.high, "predicted_ms": share.central, "high_ms": share.low}
    frame = frame.assign(**{name: frame["bound_ms"] / value for name, value in spans.items()})
    inside = frame["measured_ms"].between(frame["low_ms"], frame["high_ms"])
    return frame.assign(error=frame["predicted_ms"] / frame["measured_ms"] - 1, inside=inside)


@dataclass(frozen=True)
class Holdout:
    """How well the plan's efficiencies carry over to runs that did not set them.

    Attributes
    ----------
    runs, inside : int
        Runs tested, and runs whose measured time lies inside the predicted range.
    median_error, bias : float
        Median absolute and median signed error of the central prediction, fraction.
    """

    runs: int
    inside: int
    median_error: float
    bias: float


def holdout_summary() -> Holdout:
    """Return the error of the central prediction over the held-out runs.

    Examples
    --------
    >>> holdout_summary().runs
    17
    """
    cases = held_out()
    return Holdout(
        runs=len(cases),
        inside=int(cases["inside"].sum()),
        median_error=float(cases["error"].abs().median()),
        bias=float(cases["error"].median()),
    )
