"""How a model and its batch are laid out over accelerators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.units import Quantity, plain

__all__ = ["RECOMPUTE", "RECOMPUTE_MODES", "Batch", "Layout"]

RECOMPUTE: Final = ("none", "selective", "full")
"""What is computed again in the backward pass: nothing, attention with the elementwise work, or
the whole layer."""
RECOMPUTE_MODES: Final = (*RECOMPUTE, "alternate")
"""The modes of `RECOMPUTE`, and PyTorch's per-operation policy: every second product with the
elementwise work (`pytorch2025torchtitan`)."""

_DEGREES: Final = ("tensor", "pipeline", "context", "expert", "data", "virtual_stages")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Degrees of parallelism, or several as arrays.

    Accelerators are the product of tensor, pipeline, context and data degrees; experts are
    spread over accelerators that tensor, context and data degrees share out already.

    Parameters
    ----------
    tensor, pipeline, context, expert, data : float or array, default 1
        Degrees, 1 to 1e7.
    micro_batch : float or array, default 1
        Sequences that pass through the pipeline together, 1e-3 to 1e6.
    virtual_stages : float or array, default 1
        Chunks of layers per pipeline stage (interleaving), 1 to 1e4.
    sharding : float or array, default 1
        ZeRO stage: 0 none, 1 optimizer states, 2 gradients too, 3 weights too.
    sequence_parallel : bool or array, default True
        Whether the tensor degree also divides norms and what stands between layers.
    recompute : str or array of str, default "none"
        One of `RECOMPUTE_MODES`.

    Raises
    ------
    ComputebookError
        If a degree is out of bounds, the experts are spread over more accelerators than share
        a stage, or a mode is unknown.

    Examples
    --------
    >>> Layout(tensor=8, pipeline=8, context=2, data=8).accelerators
    1024.0
    """

    tensor: Quantity = 1.0
    pipeline: Quantity = 1.0
    context: Quantity = 1.0
    expert: Quantity = 1.0
    data: Quantity = 1.0
    micro_batch: Quantity = 1.0
    virtual_stages: Quantity = 1.0
    sharding: Quantity = 1.0
    sequence_parallel: Any = True
    recompute: Any = "none"

    def __post_init__(self) -> None:
        check = errors.require_finite_in
        for name in _DEGREES:
            check(name, getattr(self, name), "accelerators", 1, 1e7)
        check("micro_batch", self.micro_batch, "sequences", 1e-3, 1e6)
        check("sharding", self.sharding, "", 0, 3)
        for mode in np.unique(np.atleast_1d(self.recompute)):
            errors.require_known("recompute", str(mode), RECOMPUTE_MODES)
        check("expert_data", self.expert_data, "accelerators per expert share", 1 - 1e-9, 1e7)

    @property
    def accelerators(self) -> Any:
        """Accelerators that take part."""
        return plain(1.0 * self.tensor * self.pipeline * self.context * self.data)

    @property
    def expert_data(self) -> Any:
        """Accelerators that hold the same share of the experts."""
        return plain(1.0 * self.tensor * self.context * self.data / self.expert)

    @property
    def recomputes_all(self) -> Any:
        """1.0 where whole layers are computed again, else 0.0."""
        return plain(np.where(np.equal(self.recompute, "full"), 1.0, 0.0))

    @property
    def recomputes_alternate(self) -> Any:
        """1.0 where every second product is computed again, else 0.0."""
        return plain(np.where(np.equal(self.recompute, "alternate"), 1.0, 0.0))

    @property
    def recomputes_some(self) -> Any:
        """1.0 where anything is computed again, else 0.0."""
        return plain(np.where(np.equal(self.recompute, "none"), 0.0, 1.0))


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The work of one optimizer step.

    Parameters
    ----------
    sequence_tokens : float or array
        Length of a sequence, tokens, 1 to 1e9.
    sequences : float or array
        Sequences per optimizer step over the whole cluster, 1e-3 to 1e9.
    predicted_tokens : float or array, default 1
        Tokens that the model predicts at a time, 1 to 16.
    frozen : float or array, default 0
        1 where the weights get no gradients of their own (adapters such as LoRA), else 0.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> Batch(sequence_tokens=8192, sequences=1536).tokens
    12582912.0
    """

    sequence_tokens: Quantity
    sequences: Quantity
    predicted_tokens: Quantity = 1.0
    frozen: Quantity = 0.0

    def __post_init__(self) -> None:
        check = errors.require_finite_in
        check("sequence_tokens", self.sequence_tokens, "tokens", 1, 1e9)
        check("sequences", self.sequences, "sequences", 1e-3, 1e9)
        check("predicted_tokens", self.predicted_tokens, "tokens", 1, 16)
        check("frozen", self.frozen, "of 1", 0, 1)

    @property
    def tokens(self) -> Any:
        """Tokens per optimizer step."""
        return plain(1.0 * self.sequence_tokens * self.sequences)

    def micro_batches(self, layout: Layout) -> Any:
        """Return how many micro-batches pass through each pipeline in one step.

        Parameters
        ----------
        layout : Layout
            Degrees; the count is at least 1.
        """
        return plain(np.maximum(self.sequences / (layout.data * layout.micro_batch), 1.0))
