"""What the speed over Hopper consists of: hardware, number format, software, scoring."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from computebook.exhibits.training_clusters.speed import BENCHMARK, SIZE, bridge_ratio, mlperf_ratio
from computebook.training_plans.request import Request
from computebook.training_plans.speed import place

__all__ = ["PARTS", "speed_parts", "speed_shares"]

PARTS: Final = {
    "hardware": "Hardware, both in FP8, one round",
    "number_format": "Number format, FP8 to FP4",
    "software": "Newer software",
    "scoring": "Convergence: scored time over throughput",
}
SYSTEMS: Final = ("gb200", "gb300")
_TOKENS: Final = "tokens_per_s"
#: The batch of NVIDIA's 512-GPU runs, and the releases behind the two rounds (25.04 and 25.09).
_BATCH_TOKENS: Final = 1_152 * 8_192
_YEARS: Final = {"v5.0": 2025.3, "v5.1": 2025.7}


def _measured(accelerator_id: str) -> dict[str, float]:
    """Return factors from result logs that multiply to the ratio of scored times.

    GB300 entered no round in FP8: its hardware counts as that of GB200 times the ratio of the
    two in the later round, where both used FP4.
    """
    whole = mlperf_ratio(accelerator_id, "v5.1", measure=_TOKENS)
    sibling = mlperf_ratio(accelerator_id, "v5.1", "gb200", "v5.1", measure=_TOKENS)
    hardware = mlperf_ratio("gb200", "v5.0", measure=_TOKENS) * sibling
    number_format = bridge_ratio(accelerator_id, "nvfp4") / bridge_ratio(accelerator_id)
    return {
        "hardware": hardware,
        "number_format": number_format,
        "software": whole / (hardware * number_format),
        "scoring": mlperf_ratio(accelerator_id, "v5.1") / whole,
    }


def _rate(accelerator_id: str, precision: str, in_round: str) -> float:
    """Return tokens per second and GPU by the step model, at MLPerf's size and batch."""
    ask = Request(
        model=BENCHMARK, tokens=1e12, gpu=accelerator_id, count=SIZE, precision=precision,
        batch_tokens=_BATCH_TOKENS, software_year=_YEARS[in_round],
    )  # fmt: skip
    return place(ask, ask.shapes[0]).tokens_per_s_per_gpu


def _modelled(accelerator_id: str) -> dict[str, float]:
    """Return the same factors by the step model, which knows no convergence."""
    slow, wide = _rate("h100-sxm", "fp8", "v5.0"), _rate(accelerator_id, "fp8", "v5.0")
    narrow = _rate(accelerator_id, "nvfp4", "v5.0")
    return {
        "hardware": wide / slow,
        "number_format": narrow / wide,
        "software": _rate(accelerator_id, "nvfp4", "v5.1") / narrow,
        "scoring": 1.0,
    }


@lru_cache(maxsize=1)
def speed_parts() -> pd.DataFrame:
    """Return the factors of the speed of GB200 and GB300 over H100 in MLPerf Training.

    Returns
    -------
    DataFrame
        `part`, `name`, and for each system the factor from logs and by the step model
        (`gb200`, `gb200_model`, ...); the last row, "product", holds their products.

    Examples
    --------
    >>> speed_parts()["gb200"].round(2).tolist()
    [2.2, 1.38, 1.05, 0.99, 3.17]
    """
    found: dict[str, dict[str, float]] = {}
    for system in SYSTEMS:
        found |= {system: _measured(system), f"{system}_model": _modelled(system)}
    frame = pd.DataFrame(found).loc[list(PARTS)]
    frame.loc["product"] = frame.prod()
    names = [*PARTS.values(), "Together: ratio of scored times"]
    return frame.rename_axis("part").reset_index().assign(name=names)


def speed_shares() -> pd.DataFrame:
    """Return each measured factor's share of the logarithm of the whole, which adds up to 1.

    Returns
    -------
    DataFrame
        `part` as index; `gb200`, `gb300`.

    Examples
    --------
    >>> speed_shares().sum().round(9).tolist()
    [1.0, 1.0]
    """
    logs = speed_parts().set_index("part")[list(SYSTEMS)].apply(np.log)
    return logs.drop(index="product") / logs.loc["product"]
