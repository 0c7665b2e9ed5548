"""The measured side of the serving models: few constants, each with a physical meaning.

Physics never reads a table. `calibration.inference_constants` builds these records from the
calibrated table; a test or a reader may also write one by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

from computebook import errors
from computebook.units import Quantity

__all__ = ["EXPERT_TILE_TOKENS", "PREFILL_CHUNK_TOKENS", "ServingConstants"]

PREFILL_CHUNK_TOKENS: Final = 8192.0
"""Prompt tokens that an engine packs into one step: the default of TensorRT-LLM and vLLM.
Source: `agrawal2024sarathiserve`."""

EXPERT_TILE_TOKENS: Final = 16.0
"""Rows of a grouped matrix multiplication: an expert that gets one token computes this many."""

_FRACTIONS: Final = (
    "memory_fraction",
    "matrix_fraction",
    "expert_matrix_fraction",
    "cache_read_fraction",
    "attention_fraction",
    "link_fraction",
)
_SHARES: Final = ("shared_host",)


@dataclass(frozen=True, kw_only=True)
class ServingConstants:
    """Efficiencies and overheads of one accelerator, number format and engine, or arrays.

    Parameters
    ----------
    memory_fraction : float, default 0.8
        Share of peak bandwidth at which large weights are read, 0 to 1.
    matrix_fraction : float, default 0.6
        Share of the dense matrix rate that large products reach, 0 to 1.
    expert_matrix_fraction : float, default 0.4
        The same for grouped products over experts, 0 to 1.
    cache_read_fraction : float, default 0.87
        Share of peak bandwidth at which attention reads a large cache, 0 to 1.
    attention_fraction : float, default 0.48
        Share of the bf16 rate that attention over a prompt reaches, 0 to 1.
    link_fraction : float, default 0.9
        Share of the scale-up bandwidth that a large all-reduce reaches, 0 to 1.
    link_latency_s : float, default 2e-6
        Latency floor of an all-reduce between two accelerators, s.
    link_fill_s : float, default 48e-6
        Time a large all-reduce loses to filling its pipeline, s.
    exchange_latency_s : float, default 40e-6
        Latency floor of one dispatch and combine of experts, s.
    kernel_s : float, default 3.5e-6
        Time one kernel takes however small its work is (start, ramp and drain), s.
    step_s : float, default 5e-4
        Work of the host per step: scheduling, sampling, transfer of tokens, s.
    sequence_s : float, default 1e-5
        Further host work per sequence of the step, s.
    shared_host : float, default 0
        1 where one process handles the sequences of all groups of attention data parallelism,
        0 where each group has its own.
    request_s : float, default 4.5e-4
        Host work to admit one request, s.
    activation_bytes_per_element : float, default 30
        Traffic of norms, residuals and quantisation per token, layer and model dimension, bytes.
    burst_share : float, default 0.15
        Share of users whose requests arrive together (0: evenly staggered, 1: in lockstep).
    first_token_steps : float, default 10
        Steps between the end of a prompt's computation and the client's first token.

    Raises
    ------
    ComputebookError
        If a fraction is outside 0 to 1 or a time is negative.

    Examples
    --------
    >>> ServingConstants(memory_fraction=0.82).kernel_s
    3.5e-06
    """

    memory_fraction: Quantity = 0.8
    matrix_fraction: Quantity = 0.6
    expert_matrix_fraction: Quantity = 0.4
    cache_read_fraction: Quantity = 0.87
    attention_fraction: Quantity = 0.48
    link_fraction: Quantity = 0.9
    link_latency_s: Quantity = 2e-6
    link_fill_s: Quantity = 48e-6
    exchange_latency_s: Quantity = 40e-6
    kernel_s: Quantity = 3.5e-6
    step_s: Quantity = 5e-4
    sequence_s: Quantity = 1e-5
    shared_host: Quantity = 0.0
    request_s: Quantity = 4.5e-4
    activation_bytes_per_element: Quantity = 30.0
    burst_share: Quantity = 0.15
    first_token_steps: Quantity = 10.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value: Any = getattr(self, field.name)
            if field.name in _FRACTIONS:
                errors.require_finite_in(field.name, value, "", 1e-6, 1.0)
            elif field.name in _SHARES:
                errors.require_finite_in(field.name, value, "", 0.0, 1.0)
            else:
                errors.require_finite_in(field.name, value, "", 0.0, 1e4)
