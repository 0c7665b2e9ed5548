"""The calibrated models against a whole service in production."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
import pandas as pd

from computebook import datasets, serving
from computebook.exhibits.infrastructure_planning.energy import deployment
from computebook.exhibits.infrastructure_planning.schema import placement

__all__ = ["production_check"]

CASE: Final = "deepseek-2025-02"
GPU: Final = "h800-sxm"
MODEL: Final = "deepseek-v3"
#: GPUs of one copy that writes and of one that reads: as the service reports them.
WRITING_GPUS: Final = 144
READING_GPUS: Final = 32
MOST_PER_GPU: Final = 512


def _reported() -> pd.Series[float]:
    cases = datasets.load("self_host_cases")
    rows = cases[cases["case_id"] == CASE].set_index("quantity")["value"]
    return rows.astype(float)


def _copy(gpus: int) -> serving.Deployment:
    layout = placement(datasets.architecture(MODEL), "fp8", "bf16", gpus)
    copy = deployment(MODEL, GPU, layout)
    # Each attention group of that service has a scheduler of its own.
    own = dataclasses.replace(copy.constants, sequence_s=copy.constants.sequence_s / gpus)
    return dataclasses.replace(copy, constants=own)


def _request() -> tuple[float, float]:
    """Return prompt and answer of the mean request.

    Mean cache = prompt + half of the answer, and input over output tokens, give both.
    """
    found = _reported()
    ratio = found["input_tokens_per_day"] / found["output_tokens_per_day"]
    answer = found["kv_tokens_per_output_token"] / (ratio + 0.5)
    return float(ratio * answer), float(answer)


def _written_per_s() -> float:
    """Return tokens/s per node of the largest batch within the service's time per token."""
    found, (prompt, answer) = _reported(), _request()
    speeds = [found[f"output_tokens_per_s_per_user_{end}"] for end in ("low", "high")]
    sequences = WRITING_GPUS * np.arange(1.0, MOST_PER_GPU)
    step_s = serving.decode_step(_copy(WRITING_GPUS), sequences, prompt + answer / 2).total_s
    inside = step_s <= 1 / np.mean(speeds)
    per_gpu = np.max(np.where(inside, sequences / step_s, 0.0)) / WRITING_GPUS
    return float(per_gpu * found["accelerators_per_node"])


def _read_per_s() -> float:
    """Return prompt tokens/s per node, those found in the cache included."""
    found, (prompt, _) = _reported(), _request()
    cached = found["cached_input_tokens_per_day"] / found["input_tokens_per_day"]
    seconds = serving.packed_prefill_s(_copy(READING_GPUS), prompt, cached)
    return float(prompt / seconds / READING_GPUS * found["accelerators_per_node"])


def production_check() -> pd.DataFrame:
    """Return tokens per second and node of DeepSeek's service, reported and predicted.

    The layout is the service's own; its prompts, answers and time per token follow from its day
    of traffic. Source: `deepseek2025inference`.

    Returns
    -------
    DataFrame
        `phase`, `gpus` (of one copy), `reported`, `predicted` (tokens/s per node of eight),
        `error` (predicted over reported, less 1).

    Examples
    --------
    >>> production_check()["phase"].tolist()
    ['Writing', 'Reading prompts']
    """
    found = _reported()
    frame = pd.DataFrame(
        {
            "phase": ["Writing", "Reading prompts"],
            "gpus": [WRITING_GPUS, READING_GPUS],
            "reported": [
                found["output_tokens_per_s_per_node"],
                found["input_tokens_per_s_per_node"],
            ],
            "predicted": [_written_per_s(), _read_per_s()],
        }
    )
    return frame.assign(error=frame["predicted"] / frame["reported"] - 1)
