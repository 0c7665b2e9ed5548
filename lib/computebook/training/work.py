"""What one accelerator computes for one micro-batch, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook.architectures import Transformer, parameter_parts
from computebook.hardware import Accelerator
from computebook.training.constants import TrainingConstants
from computebook.training.flop import forward_flop_per_token
from computebook.training.layout import Batch, Layout
from computebook.units import Quantity

__all__ = ["MicroBatchWork", "local_parameters", "micro_batch_work"]

_KERNELS_PER_LAYER: Final = 60.0
_KERNELS_PER_EXPERT_LAYER: Final = 130.0
_BYTES: Final = 2.0
_WEIGHT_BYTES: Final = 4.0
"""A weight is read forward and backward in bf16."""
_GRADIENT_BYTES: Final = 8.0
"""Its fp32 gradient is read and written once a micro-batch."""
_EXPONENTIAL: Final = 64.0
_USUAL: Final = 128.0 / (128.0 + _EXPONENTIAL)
_ATTENTION_BACKWARD: Final = 2.5
"""Five products in the backward pass of flash attention against two forward."""


@dataclass(frozen=True)
class MicroBatchWork:
    """Seconds that one accelerator computes for one micro-batch, forward and backward.

    Parameters
    ----------
    matrix_s, attention_s, elementwise_s, launch_s : float
        Products with weights, attention, work bound by memory, kernel starts.
    """

    matrix_s: Quantity
    attention_s: Quantity
    elementwise_s: Quantity
    launch_s: Quantity

    @property
    def total_s(self) -> Any:
        """Sum of the parts, s."""
        return self.matrix_s + self.attention_s + self.elementwise_s + self.launch_s


def local_parameters(architecture: Transformer, layout: Layout) -> tuple[Any, Any]:
    """Return the parameters that an average accelerator works with: dense ones, routed experts.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    layout : Layout
        Degrees.

    Examples
    --------
    >>> from computebook.training.examples import llama_8b
    >>> local_parameters(llama_8b(), Layout(tensor=2))[0] / 1e9
    4.015130624
    """
    parts = parameter_parts(architecture)
    dense = (parts.total - parts.experts) / (layout.tensor * layout.pipeline)
    return dense, parts.experts / (layout.expert * layout.pipeline)


def micro_batch_work(
    architecture: Transformer,
    accelerator: Accelerator,
    layout: Layout,
    batch: Batch,
    peak_flop_per_s: Quantity,
    constants: TrainingConstants,
) -> MicroBatchWork:
    """Return the compute time of one micro-batch on an average stage.

    Source: `williams2009roofline` for the two ceilings.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    accelerator : Accelerator
        Device.
    layout : Layout
        Degrees.
    batch : Batch
        Work of the step.
    peak_flop_per_s : float or array
        Dense rate of the products, FLOP/s.
    constants : TrainingConstants
        Efficiencies.
    """
    a, c = architecture, constants
    tokens = layout.micro_batch * batch.sequence_tokens / layout.context
    share = tokens / (layout.tensor * layout.pipeline)
    flop = forward_flop_per_token(a, batch.sequence_tokens, predicted_tokens=batch.predicted_tokens)
    again, some = layout.recomputes_all, layout.recomputes_some
    passes = 3.0 - batch.frozen + again + layout.recomputes_alternate * _share_again(a)
    rate = peak_flop_per_s * c.matrix_fraction
    head = accelerator.bf16_flop_per_s * c.head_fraction
    met = _tokens_per_expert(a, layout, tokens)
    grouped = c.expert_fraction * met / (met + c.expert_half_tokens)
    per_flop = (1.0 - c.wide_share) / rate + c.wide_share / head
    product_s = (flop.dense + flop.experts / grouped) * per_flop
    attention = flop.attention / (accelerator.bf16_flop_per_s * c.attention_fraction)
    # Each score costs one exponential whatever its width: narrow heads leave products waiting.
    attention = attention * (a.head_dim + _EXPONENTIAL) / a.head_dim * _USUAL
    bandwidth = accelerator.memory_bandwidth_bytes_per_s * c.memory_fraction
    traffic = _traffic_bytes(a, layout, batch, c, share) / bandwidth
    held = sum(local_parameters(a, layout)) * (_WEIGHT_BYTES + _GRADIENT_BYTES * (1 - batch.frozen))
    return MicroBatchWork(
        matrix_s=share * (passes * product_s + (3.0 - batch.frozen) * flop.head / head),
        attention_s=share
        * attention
        * (1.0 + _ATTENTION_BACKWARD + some - layout.recomputes_alternate),
        elementwise_s=traffic * (3.0 + again + 0.5 * (some - again))
        + c.weight_exposed * held / bandwidth,
        launch_s=_kernels(a, layout, batch) * c.kernel_s,
    )


def _share_again(a: Transformer) -> Any:
    """Return the share of a layer's products in every second one: key, output, second of the MLP.

    The hidden size is a factor of all of them.
    """
    query, pair = a.attention_heads * a.head_dim, a.kv_heads * a.head_dim
    inner = np.where(a.gated_mlp, 3.0, 2.0) * a.ffn_size
    return (query + pair + a.ffn_size) / (2.0 * query + 2.0 * pair + inner)


def _tokens_per_expert(a: Transformer, layout: Layout, tokens: Any) -> Any:
    """Return the tokens that one expert sees in one micro-batch, evenly routed."""
    gathered = tokens / layout.tensor * layout.expert * a.experts_per_token
    return np.maximum(gathered / np.maximum(a.experts, 1.0), 1.0)


def _kernels(a: Transformer, layout: Layout, batch: Batch) -> Any:
    """Return how many kernels one micro-batch starts on an accelerator."""
    routed = np.subtract(a.layers, a.dense_layers)
    kernels = _KERNELS_PER_LAYER * a.layers + _KERNELS_PER_EXPERT_LAYER * routed
    return kernels / layout.pipeline * (1.0 + layout.recomputes_all / 3.0)


def _traffic_bytes(
    a: Transformer, layout: Layout, batch: Batch, c: TrainingConstants, share: Any
) -> Any:
    """Return bytes that a forward pass of one micro-batch reads and writes beside attention.

    Activations into and out of every operation of an unfused layer.
    """
    query, pair = a.attention_heads * a.head_dim, 2 * a.kv_heads * a.head_dim
    routed = np.subtract(a.layers, a.dense_layers)
    attention = a.layers * (13.0 * a.hidden_size + 6.0 * query + 5.0 * pair)
    inner = np.where(a.gated_mlp, 6.0, 4.0)
    dense = inner * (a.dense_layers * a.ffn_size
                     + routed * a.shared_experts * a.expert_ffn_size)  # fmt: skip
    expert = routed * a.experts_per_token * (6.0 * a.hidden_size + inner * a.expert_ffn_size)
    head = 4.0 * a.vocab_size * batch.predicted_tokens
    per_token = c.traffic_factor * (attention + dense + head) + c.expert_traffic_factor * expert
    return _BYTES * share * per_token
