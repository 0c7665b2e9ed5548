"""One model on its accelerators under one engine: everything a time depends on but the load."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from computebook import errors, memory, units
from computebook.architectures import ParameterParts, Transformer, parameter_parts
from computebook.hardware import Accelerator
from computebook.serving.constants import ServingConstants
from computebook.units import BITS_PER_BYTE, Quantity

__all__ = ["SCALE_OUT_BYTES_PER_S", "Deployment"]

SCALE_OUT_BYTES_PER_S: Final = 50e9
"""One 400 Gb/s network port per accelerator, one direction. Source: `nvidia_dgxh100_guide`."""

_EMBEDDING_BITS: Final = 16.0
_DEFAULT: Final = ServingConstants()
_ONE: Final = memory.Placement()


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One copy of a model; numeric fields of every part may be arrays that broadcast.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model, or a stack.
    accelerator : Accelerator
        Device, or a stack.
    placement : memory.Placement
        Parallel degrees and precisions. `tensor_parallel` counts the accelerators of a stage;
        experts are spread over all of them.
    expert_precision : str, optional
        Number format whose matrix rate the experts use; that of the placement if left out.
    pipeline_parallel : float, default 1
        Stages, 1 to 1024.
    constants : ServingConstants
        Efficiencies and overheads.
    scale_out_bytes_per_s : float, default 50e9
        Network bandwidth per accelerator beyond the scale-up domain, one direction, bytes/s.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-8b", layers=32, hidden_size=4096,
    ...     attention_heads=32, kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256)
    >>> h100 = Accelerator(accelerator_id="h100-sxm", memory_bytes=85.5e9,
    ...     memory_bandwidth_bytes_per_s=3.35e12, bf16_flop_per_s=989e12,
    ...     fp8_flop_per_s=1979e12, scale_up_bytes_per_s=450e9, scale_up_domain=8)
    >>> Deployment(architecture=llama, accelerator=h100).accelerators
    1.0
    """

    architecture: Transformer
    accelerator: Accelerator
    placement: memory.Placement = _ONE
    expert_precision: Any = None
    pipeline_parallel: Quantity = 1
    constants: ServingConstants = _DEFAULT
    scale_out_bytes_per_s: Quantity = SCALE_OUT_BYTES_PER_S
    _dense_rate: Any = field(init=False, repr=False, default=None)
    _expert_rate: Any = field(init=False, repr=False, default=None)
    _parts: ParameterParts = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check = errors.require_finite_in
        check("pipeline_parallel", self.pipeline_parallel, "stages", 1, 1024)
        check("scale_out_bytes_per_s", self.scale_out_bytes_per_s, "B/s", 1.0, 1e15)
        dense = self.placement.compute_precision
        experts = dense if self.expert_precision is None else self.expert_precision
        self._derive(dense, experts)

    def _derive(self, dense: Any, experts: Any) -> None:
        """Work out once what every step needs."""
        rate = self.accelerator.dense_flop_per_s
        object.__setattr__(self, "_dense_rate", rate(dense))
        object.__setattr__(self, "_expert_rate", rate(experts))
        object.__setattr__(self, "_parts", parameter_parts(self.architecture))

    @property
    def accelerators(self) -> Any:
        """Accelerators of one copy."""
        return units.plain(
            np.multiply(self.placement.tensor_parallel, self.pipeline_parallel) * 1.0
        )

    @property
    def attention_ranks(self) -> Any:
        """Accelerators over which one sequence's attention is split."""
        p = self.placement
        return np.maximum(p.tensor_parallel / p.attention_data_parallel, 1.0)

    @property
    def dense_parameters(self) -> Any:
        """Weights that every token passes, without embeddings, over all layers."""
        parts = self._parts
        return parts.attention + parts.mlp + parts.shared_experts + parts.router

    @property
    def expert_parameters(self) -> Any:
        """Weights of all routed experts."""
        return self._parts.experts

    @property
    def head_parameters(self) -> Any:
        """Weights of the output projection (the input table where they are tied)."""
        return np.multiply(self.architecture.vocab_size, self.architecture.hidden_size)

    @property
    def dense_bytes_per_parameter(self) -> Any:
        """Bytes per dense weight, scales included."""
        return self.placement.weight_bits / BITS_PER_BYTE

    @property
    def expert_bytes_per_parameter(self) -> Any:
        """Bytes per expert weight, scales included."""
        bits = self.placement.expert_bits
        return (self.placement.weight_bits if bits is None else bits) / BITS_PER_BYTE

    @property
    def dense_flop_per_s(self) -> Any:
        """Dense matrix rate for the dense weights, FLOP/s."""
        return self._dense_rate

    @property
    def expert_flop_per_s(self) -> Any:
        """Dense matrix rate for the experts, FLOP/s."""
        return self._expert_rate

    @property
    def weight_bytes(self) -> Any:
        """Bytes of weights on each accelerator, embeddings kept in 16 bits."""
        parts, p = self._parts, self.placement
        dense = self.dense_parameters + parts.norms
        copies = (p.attention_data_parallel - 1) * parts.attention
        tables = (parts.embedding + parts.head) * _EMBEDDING_BITS / BITS_PER_BYTE
        held = (dense + copies) * self.dense_bytes_per_parameter + tables
        return (held + parts.experts * self.expert_bytes_per_parameter) / self.accelerators
