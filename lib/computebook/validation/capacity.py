"""How many sequences fit: the memory model against counts that an engine reached."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import datasets, errors, hardware, memory
from computebook.memory import RUNTIME_RESERVE_BYTES, Placement
from computebook.validation.scores import error_percent

__all__ = ["sequence_capacities"]

WEIGHT_BITS: Final = 8.0
#: The published FP8 checkpoint of the measured model keeps its embeddings in bf16.
EMBEDDING_BITS: Final = 16.0


def _predicted(case: Mapping[Hashable, Any], reserve_bytes: float) -> float:
    """Return ``floor(share x (memory - weights - room) / cache of one sequence)``.

    TensorRT-LLM gives the cache a share of what is free once weights and engine are loaded.
    """
    shape = datasets.architecture(str(case["architecture_id"]))
    ranks = int(case["tensor_parallel"])
    bits = hardware.precision(str(case["kv_precision"])).bits_per_element
    weights = memory.weight_bytes(shape, WEIGHT_BITS, embedding_bits=EMBEDDING_BITS) / ranks
    free = datasets.accelerator(str(case["accelerator"])).memory_bytes - weights - reserve_bytes
    per_sequence = memory.kv_bytes_per_accelerator(
        shape, case["max_sequence_tokens"], 1, Placement(tensor_parallel=ranks, kv_bits=bits)
    )
    return float(np.floor(case["free_memory_fraction"] * max(free, 0.0) / per_sequence))


def sequence_capacities(runtime_reserve_bytes: float = RUNTIME_RESERVE_BYTES) -> pd.DataFrame:
    """Return predicted and measured numbers of sequences that fit at once.

    Source: `nvidia_aiconfigurator` (counts), `llmd2026planner` (room for the engine).

    Parameters
    ----------
    runtime_reserve_bytes : float, default 5.5 GiB
        Room for activations and libraries on each accelerator, bytes, 0 to 1e12. The default
        was measured on another engine and other models: nothing is fitted to these cases.

    Returns
    -------
    DataFrame
        One row per case: `case_id`, `name`, `tensor_parallel`, `max_sequence_tokens`,
        `in_flight_tokens` (most prompt tokens computed at once), `measured` and `predicted` in
        sequences, `error_percent`, `source_key`.

    Raises
    ------
    ComputebookError
        If the room is out of bounds.

    Examples
    --------
    >>> cases = sequence_capacities()
    >>> len(cases), int(cases["measured"].max())
    (12, 169)
    """
    room = errors.require_finite_in("runtime_reserve_bytes", runtime_reserve_bytes, "B", 0, 1e12)
    cases = datasets.load("kv_measurements").dropna(subset=["max_sequences"])
    records = cases.to_dict("records")
    frame = pd.DataFrame(
        {
            "case_id": cases["case_id"],
            "name": [datasets.architecture(case["architecture_id"]).name for case in records],
            "accelerator": cases["accelerator"],
            "tensor_parallel": cases["tensor_parallel"].astype(int),
            "max_sequence_tokens": cases["max_sequence_tokens"].astype(float),
            "in_flight_tokens": 2 * cases["input_tokens"].astype(float),
            "measured": cases["max_sequences"].astype(float),
            "predicted": [_predicted(case, float(room)) for case in records],
            "source_key": cases["source_key"],
        }
    ).reset_index(drop=True)
    return frame.assign(error_percent=error_percent(frame["predicted"], frame["measured"]))
