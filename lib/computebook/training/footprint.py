"""Memory of one accelerator while training: states, activations in flight, logits, the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.architectures import Transformer, parameter_parts
from computebook.training.activations import activation_bytes_per_layer, layers_in_flight
from computebook.training.layout import Batch, Layout
from computebook.units import Quantity, plain

__all__ = ["STATE_FORMATS", "StateFormat", "TrainingMemory", "state_bytes", "training_memory"]


@dataclass(frozen=True)
class StateFormat:
    """Bytes per parameter of each kind of state.

    Parameters
    ----------
    weights : float
        Working copies of the weights that every accelerator of a data group holds.
    gradients : float
        Accumulated gradients.
    optimizer : float
        Master weights and moments.
    source_key : str
        Entry of the bibliography.
    """

    weights: float
    gradients: float
    optimizer: float
    source_key: str


STATE_FORMATS: Final[dict[str, StateFormat]] = {
    "mixed": StateFormat(2.0, 4.0, 12.0, "narayanan2021megatron"),
    "mixed-16": StateFormat(2.0, 2.0, 12.0, "rajbhandari2020zero"),
    "sharded-fp32": StateFormat(4.0, 4.0, 8.0, "rajbhandari2020zero"),
    "fp8-copies": StateFormat(2.0 + 2.0, 4.0, 12.0, "micikevicius2022fp8"),
    "fp8-weights": StateFormat(2 * 1.0, 4.0, 12.0, "micikevicius2022fp8"),
    "fp8-moments": StateFormat(2.0, 4.0, 8.0, "deepseek2024v3"),
    "nvfp4-copies": StateFormat(2.0 + 2 * 4.5 / 8, 4.0, 12.0, "nvidia2025nvfp4"),
}
"""States by name: bf16 weights with fp32 gradients (18 bytes) or bf16 ones (16); fp32 weights
that are their own master copy, as sharded data parallelism keeps them (16); with fp8 or
nvfp4 copies of the weights in both orders beside bf16; fp8 weights in both orders alone; and
those with bf16 moments as in DeepSeek V3."""


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes of one accelerator, on the stage that needs most.

    Parameters
    ----------
    weights_bytes, gradients_bytes, optimizer_bytes : float
        States.
    activations_bytes : float
        Kept for the backward pass, all micro-batches in flight.
    logits_bytes : float
        Output and its gradient on the last stage.
    reserved_bytes : float
        Runtime, communication buffers and workspaces.
    """

    weights_bytes: Quantity
    gradients_bytes: Quantity
    optimizer_bytes: Quantity
    activations_bytes: Quantity
    logits_bytes: Quantity
    reserved_bytes: Quantity

    @property
    def total_bytes(self) -> Any:
        """Sum of the parts, bytes."""
        states = self.weights_bytes + self.gradients_bytes + self.optimizer_bytes
        rest = self.activations_bytes + self.logits_bytes + self.reserved_bytes
        return plain(states + rest)


_GATHERED_BYTES: Final = 2.0


def _stage_parameters(a: Transformer, layout: Layout) -> tuple[Any, Any]:
    """Return dense and routed parameters of the stage that holds most."""
    parts = parameter_parts(a)
    ends = parts.embedding + parts.head
    layers = parts.total - parts.experts - ends
    largest = np.where(np.greater(layout.pipeline, 1), np.maximum(parts.embedding, parts.head),
                       ends)  # fmt: skip
    dense = (layers / layout.pipeline + largest) / layout.tensor
    return dense, parts.experts / (layout.expert * layout.pipeline)


def state_bytes(
    architecture: Transformer, layout: Layout, *, states: str = "mixed"
) -> tuple[Any, Any, Any]:
    r"""Return bytes of weights, gradients and optimizer states of one accelerator.

    A group of d accelerators that hold the same share divides what its ZeRO stage divides:
    :math:`w + g + o/d` per parameter at stage 1, :math:`w + (g + o)/d` at 2,
    :math:`(w + g + o)/d` and the layers in use at 3.

    Source: `rajbhandari2020zero`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    layout : Layout
        Degrees.
    states : str, default "mixed"
        One of `STATE_FORMATS`.

    Raises
    ------
    ComputebookError
        If the format is unknown.

    Examples
    --------
    Megatron's distributed optimizer: 6 + 12 / d bytes per parameter.

    >>> from computebook.training.examples import llama_8b
    >>> float(sum(state_bytes(llama_8b(), Layout(data=4)))) / 8.030261248e9
    9.0
    """
    form = STATE_FORMATS[errors.require_known("states", states, STATE_FORMATS)]
    dense, experts = _stage_parameters(architecture, layout)
    weights, gradients, optimizer = (
        sum(
            each * count / np.where(np.greater_equal(layout.sharding, stage), group, 1.0)
            for count, group in (
                (dense, layout.data * layout.context),
                (experts, layout.expert_data),
            )
        )
        for each, stage in ((form.weights, 3), (form.gradients, 2), (form.optimizer, 1))
    )
    stage = dense + experts
    # A pipeline keeps gathered weights, and gradients that are not yet reduced, for all of its
    # micro-batches; without one, two layers at a time do.
    layers = np.maximum(architecture.layers / layout.pipeline, 1.0)
    several = np.greater(layout.pipeline, 1) & np.greater_equal(layout.sharding, 3)
    in_use = np.where(
        np.greater_equal(layout.sharding, 3), np.where(several, stage, 2.0 * stage / layers), 0.0
    )
    gradients = np.where(several, form.gradients * stage, gradients)
    weights = weights + _GATHERED_BYTES * in_use
    return weights, gradients, optimizer


def training_memory(
    architecture: Transformer,
    layout: Layout,
    batch: Batch,
    *,
    states: str = "mixed",
    reserved_bytes: Quantity = 5e9,
    activation_factor: Quantity = 1.0,
    logit_bytes: Quantity = 6.0,
) -> TrainingMemory:
    """Return the memory of one accelerator on the stage that needs most, bytes.

    Sources: `rajbhandari2020zero` for states, `korthikanti2022reducing` for activations.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    layout : Layout
        Degrees and what is computed again.
    batch : Batch
        Work of a step.
    states : str, default "mixed"
        One of `STATE_FORMATS`.
    reserved_bytes : float or array, default 5e9
        Runtime, communication buffers and workspaces, bytes, 0 to 1e12.
    activation_factor : float or array, default 1
        Fragmentation and temporaries relative to the activations counted, 0.1 to 10.
    logit_bytes : float or array, default 6
        Bytes per output value: bf16 and an fp32 gradient in its place (6), with an fp32 copy and
        its logarithm of softmax beside it (14), or bf16 and its bf16 gradient (4).

    Raises
    ------
    ComputebookError
        If a number is out of bounds or the format is unknown.

    Examples
    --------
    >>> from computebook.training import examples
    >>> layout, batch = examples.llama_405b_on_1024()
    >>> used = training_memory(examples.llama_405b(), layout, batch)
    >>> bool(50e9 < used.total_bytes < 120e9)
    True
    """
    rest = errors.require_finite_in("reserved_bytes", reserved_bytes, "B", 0, 1e12)
    factor = errors.require_finite_in("activation_factor", activation_factor, "", 0.1, 10)
    a = architecture
    weights, gradients, optimizer = state_bytes(a, layout, states=states)
    trained = 1.0 - batch.frozen
    tokens = layout.micro_batch * batch.sequence_tokens / layout.context
    kept = activation_bytes_per_layer(a, layout, tokens)
    alive = layers_in_flight(a.layers, layout, batch.micro_batches(layout))
    # A layer that is computed again holds all of its activations for that moment.
    working = activation_bytes_per_layer(a, layout, tokens, recompute="none") - kept
    logits = logit_bytes * tokens * a.vocab_size * batch.predicted_tokens / layout.tensor
    return TrainingMemory(
        weights_bytes=weights, gradients_bytes=gradients * trained,
        optimizer_bytes=optimizer * trained,
        activations_bytes=factor * (kept * alive + working),
        # The last stage holds one micro-batch only, so its logits stand beside fewer activations.
        logits_bytes=np.where(np.greater(layout.pipeline, 1), 0.0, logits), reserved_bytes=rest,
    )  # fmt: skip
