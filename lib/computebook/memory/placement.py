"""How a model is laid out on accelerators: parallel degrees, precisions, cache policy."""

from __future__ import annotations

from dataclasses import dataclass

from computebook import errors, hardware
from computebook.memory.shape import SLIDING_WINDOW_MODES
from computebook.units import Quantity

__all__ = ["Placement"]


@dataclass(frozen=True, kw_only=True)
class Placement:
    """One copy of a model on its accelerators; numeric fields may be arrays.

    Parameters
    ----------
    tensor_parallel : int, default 1
        Accelerators that share one copy of the weights, 1 to 1e6 (experts are spread over the
        same ones, so that expert parallelism needs no number of its own).
    attention_data_parallel : int, default 1
        Groups among them that keep different sequences, each with a copy of the attention
        weights, 1 to `tensor_parallel`.
    weight_bits, kv_bits : float, default 16
        Bits per weight and per cached value, scales included, 1 to 64.
    expert_bits : float, optional
        Bits per weight of the routed experts; `weight_bits` if left out.
    compute_precision : str, default "bf16"
        Number format whose matrix rate applies; see `hardware.Accelerator.dense_flop_per_s`.
    sliding_window : {"bounded", "full"}, default "bounded"
        Whether windowed layers free what has left the window.
    block_tokens : int, default 1
        Tokens per cache block, 1 to 1e6; 1 means no rounding.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds or a name is unknown.

    Examples
    --------
    >>> Placement(tensor_parallel=8, weight_bits=8.0, compute_precision="fp8").kv_bits
    16.0
    """

    tensor_parallel: Quantity = 1
    attention_data_parallel: Quantity = 1
    weight_bits: Quantity = 16.0
    expert_bits: Quantity | None = None
    kv_bits: Quantity = 16.0
    compute_precision: str = "bf16"
    sliding_window: str = "bounded"
    block_tokens: Quantity = 1

    def __post_init__(self) -> None:
        check = errors.require_finite_in
        check("tensor_parallel", self.tensor_parallel, "accelerators", 1, 1e6)
        check("attention_data_parallel", self.attention_data_parallel, "groups", 1, 1e6)
        check("block_tokens", self.block_tokens, "tokens", 1, 1e6)
        for field in ("weight_bits", "expert_bits", "kv_bits"):
            if getattr(self, field) is not None:
                check(field, getattr(self, field), "bit", 1.0, 64.0)
        errors.require_known("sliding_window", self.sliding_window, SLIDING_WINDOW_MODES)

    @classmethod
    def of(
        cls,
        weights: str = "bf16",
        kv_cache: str = "bf16",
        *,
        experts: str | None = None,
        tensor_parallel: Quantity = 1,
        attention_data_parallel: Quantity = 1,
    ) -> Placement:
        """Return the placement for named number formats.

        Parameters
        ----------
        weights, kv_cache : str, default "bf16"
            Names in `hardware.PRECISIONS`; the arithmetic is that of the weights.
        experts : str, optional
            Format of the routed experts where it differs.
        tensor_parallel, attention_data_parallel : int, default 1
            As in the class.

        Returns
        -------
        Placement
            With the formats' bits.

        Raises
        ------
        ComputebookError
            If a name is unknown; the nearest one is suggested.

        Examples
        --------
        >>> Placement.of("bf16", "fp8", experts="mxfp4").expert_bits
        4.25
        """
        return cls(
            tensor_parallel=tensor_parallel,
            attention_data_parallel=attention_data_parallel,
            weight_bits=hardware.precision(weights).bits_per_element,
            expert_bits=hardware.precision(experts).bits_per_element if experts else None,
            kv_bits=hardware.precision(kv_cache).bits_per_element,
            compute_precision=hardware.precision(weights).name,
        )
