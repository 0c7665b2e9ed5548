"""Exposed communication of one micro-batch and of one step on a network of two tiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook.architectures import Transformer
from computebook.training.constants import TrainingConstants
from computebook.training.layout import Batch, Layout
from computebook.training.work import local_parameters
from computebook.units import Quantity

__all__ = ["Links", "MicroBatchExchange", "gradient_exchange_s", "micro_batch_exchange"]

_BYTES: Final = 2.0
_GRADIENT_BYTES: Final = 4.0


@dataclass(frozen=True)
class Links:
    """Rates of the two tiers per accelerator and direction.

    Parameters
    ----------
    inside_bytes_per_s, across_bytes_per_s : float or array
        Inside a scale-up domain and between domains, bytes/s.
    domain : float or array
        Accelerators per domain.
    """

    inside_bytes_per_s: Quantity
    across_bytes_per_s: Quantity
    domain: Quantity

    def ring_s(self, sent_bytes: Any, stride: Any, participants: Any) -> Any:
        """Return the time of a reduce-scatter or an all-gather over a ring.

        Accelerators of a ring that share a domain also share its adapters: each carries its
        part only.

        Parameters
        ----------
        sent_bytes : float or array
            Size of the whole array, bytes.
        stride : float or array
            Accelerators between two neighbours of the ring.
        participants : float or array
            Accelerators of the ring.
        """
        neighbours = np.minimum(np.maximum(np.floor(self.domain / stride), 1.0), participants)
        moved = sent_bytes * (participants - 1.0) / participants
        inside = moved / np.maximum(self.inside_bytes_per_s, 1.0)
        across = moved / (neighbours * self.across_bytes_per_s)
        fits = np.less_equal(participants, neighbours)
        near = np.where(np.greater(neighbours, 1), inside, 0.0)
        return np.where(fits, near, np.maximum(across, near))


@dataclass(frozen=True)
class MicroBatchExchange:
    """Seconds of exposed communication of one micro-batch, by kind.

    Parameters
    ----------
    tensor_s, context_s, expert_s, handover_s : float
        Tensor, context and expert parallelism, and between stages.
    """

    tensor_s: Quantity
    context_s: Quantity
    expert_s: Quantity
    handover_s: Quantity

    @property
    def total_s(self) -> Any:
        """Sum of the parts, s."""
        return self.tensor_s + self.context_s + self.expert_s + self.handover_s


def _exposed(comm_s: Any, share: Any, cover_s: Any) -> Any:
    """Return what computation does not hide: a share, and what exceeds the cover."""
    return comm_s * share + np.maximum(comm_s * (1.0 - share) - cover_s, 0.0)


def micro_batch_exchange(
    architecture: Transformer,
    layout: Layout,
    batch: Batch,
    links: Links,
    constants: TrainingConstants,
    compute_s: Quantity,
) -> MicroBatchExchange:
    """Return exposed communication of one micro-batch on an average stage, s.

    Sources: `korthikanti2022reducing` for tensor and sequence parallelism,
    `grattafiori2024llama3` for context, `deepseek2024v3` section 3.2 for experts.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    layout : Layout
        Degrees.
    batch : Batch
        Work of the step.
    links : Links
        Rates of the two tiers that messages reach.
    constants : TrainingConstants
        Exposed shares.
    compute_s : float or array
        Compute time of the micro-batch, which hides communication.
    """
    a, c = architecture, constants
    tokens = layout.micro_batch * batch.sequence_tokens / layout.context
    layers = a.layers / layout.pipeline
    state = tokens * a.hidden_size * _BYTES
    rounds = 8.0 + 4.0 * layout.recomputes_all
    tensor = layers * rounds * links.ring_s(state, 1.0, layout.tensor)
    pair = 2.0 * a.kv_heads * a.head_dim * _BYTES / layout.tensor
    pair = np.where(np.equal(a.attention, "mla"), (a.kv_lora_rank + a.qk_rope_head_dim) * _BYTES,
                    pair)  # fmt: skip
    passed = pair * tokens * layout.context * layers
    context = (3.0 + layout.recomputes_all) * links.ring_s(passed, layout.tensor, layout.context)
    chunk = _handover_s(layout, links, state)
    return MicroBatchExchange(
        tensor_s=_exposed(tensor, c.tensor_exposed, compute_s),
        context_s=_exposed(context, c.context_exposed, compute_s),
        expert_s=_exposed(
            _expert_exchange_s(a, layout, links, state / layout.tensor),
            c.expert_exposed, compute_s,
        ),
        handover_s=chunk * c.data_exposed,
    )  # fmt: skip


def _handover_s(layout: Layout, links: Links, state_bytes: Any) -> Any:
    """Return the time to hand activations and gradients on between stages."""
    per_stage = layout.tensor * layout.context
    inside = np.less_equal(per_stage * layout.pipeline, links.domain)
    rate = np.where(inside, links.inside_bytes_per_s, links.across_bytes_per_s)
    sent = 2.0 * state_bytes / layout.tensor * layout.virtual_stages
    return np.where(np.greater(layout.pipeline, 1), sent / np.maximum(rate, 1.0), 0.0)


def _expert_exchange_s(a: Transformer, layout: Layout, links: Links, state_bytes: Any) -> Any:
    """Return dispatch and combination, forward and backward, over all layers of a stage.

    A token goes once to every accelerator, and once to every domain, that holds any of its
    experts.
    """
    routed = np.subtract(a.layers, a.dense_layers) / layout.pipeline
    inside = np.minimum(layout.expert, links.domain)
    domains = layout.expert / inside
    ranks_met = layout.expert * (1.0 - (1.0 - 1.0 / layout.expert) ** a.experts_per_token)
    domains_met = domains * (1.0 - (1.0 - 1.0 / domains) ** a.experts_per_token)
    other_ranks = ranks_met * (1.0 - 1.0 / layout.expert)
    other_domains = domains_met * (1.0 - 1.0 / domains)
    per_round = np.maximum(
        other_ranks * state_bytes / np.maximum(links.inside_bytes_per_s, 1.0),
        other_domains * state_bytes / links.across_bytes_per_s,
    )
    return (4.0 + layout.recomputes_all) * routed * per_round


def gradient_exchange_s(
    architecture: Transformer,
    layout: Layout,
    links: Links,
    micro_batches: Quantity,
    compute_s: Quantity,
    constants: TrainingConstants,
) -> Any:
    """Return the exposed exchange of gradients and weights in one step, s.

    With sharding up to stage 2 gradients are reduced and weights gathered once a step, beside
    the last micro-batch; with stage 3 weights are gathered twice and gradients reduced once for
    every micro-batch, or once a step with a pipeline.

    Source: `rajbhandari2020zero`.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    layout : Layout
        Degrees.
    links : Links
        Rates of the two tiers.
    micro_batches : float or array
        Micro-batches per step.
    compute_s : float or array
        Compute time of one micro-batch.
    constants : TrainingConstants
        Exposed share.
    """
    dense, experts = local_parameters(architecture, layout)
    whole = np.greater_equal(layout.sharding, 3)
    per_weight = np.where(whole, 3.0 * _BYTES, _GRADIENT_BYTES + _BYTES)
    group = layout.data * layout.context
    once = links.ring_s(dense * per_weight, layout.tensor, group) + links.ring_s(
        experts * per_weight, layout.expert, layout.expert_data
    )
    # A pipeline keeps gathered weights from its first micro-batch to its last.
    times = np.where(whole & np.less_equal(layout.pipeline, 1), micro_batches, 1.0)
    return times * _exposed(once, constants.data_exposed, compute_s)
