"""Time of one optimizer step: computation, exposed communication, bubble, optimizer, waiting."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from computebook.architectures import Transformer
from computebook.hardware import Accelerator
from computebook.training import communication, work
from computebook.training.constants import TrainingConstants
from computebook.training.layout import Batch, Layout
from computebook.units import Quantity, plain

__all__ = ["StepTime", "step_time"]

_OPTIMIZER_BYTES: Final = 34.0
"""Read and write of three fp32 states, read of an fp32 gradient, write of the bf16 weight,
and the pass that takes the gradient's norm."""
_FIRST_SIZE: Final = 8.0


@dataclass(frozen=True)
class StepTime:
    """Seconds of one optimizer step by what they go to; the parts add up to the total.

    Parameters
    ----------
    matrix_s, attention_s, elementwise_s, launch_s : float
        Products with weights, attention over the context, work bound by memory, kernel starts.
    tensor_s, context_s, expert_s, handover_s : float
        Communication of tensor, context and expert parallelism and between stages, where
        nothing hides it.
    bubble_s : float
        Stages that wait for the pipeline to fill and drain, and uneven stages.
    data_s, optimizer_s : float
        Exposed exchange of gradients and weights; update of the weights and fixed work.
    waiting_s : float
        Waiting for the slowest accelerator.
    tokens : float
        Tokens of the step.
    accelerators : float
        Accelerators that take part.
    """

    matrix_s: Quantity
    attention_s: Quantity
    elementwise_s: Quantity
    launch_s: Quantity
    tensor_s: Quantity
    context_s: Quantity
    expert_s: Quantity
    handover_s: Quantity
    bubble_s: Quantity
    data_s: Quantity
    optimizer_s: Quantity
    waiting_s: Quantity
    tokens: Quantity
    accelerators: Quantity

    @property
    def total_s(self) -> Any:
        """Time of the step, s."""
        names = [field.name for field in fields(self) if field.name.endswith("_s")]
        return plain(sum(getattr(self, name) for name in names))

    @property
    def tokens_per_s_per_accelerator(self) -> Any:
        """Throughput of one accelerator, tokens/s."""
        return plain(self.tokens / (self.total_s * self.accelerators))

    def flop_per_s_per_accelerator(self, flop_per_token: Quantity) -> Any:
        """Return the rate in a stated convention, FLOP/s per accelerator.

        Parameters
        ----------
        flop_per_token : float or array
            From `flop.flop_per_token`.
        """
        return plain(self.tokens_per_s_per_accelerator * flop_per_token)

    def model_flop_utilization(self, flop_per_token: Quantity, peak_flop_per_s: Quantity) -> Any:
        """Return the utilization in a stated convention.

        Parameters
        ----------
        flop_per_token : float or array
            From `flop.flop_per_token`.
        peak_flop_per_s : float or array
            Dense rate that it is set against, FLOP/s.
        """
        return plain(self.flop_per_s_per_accelerator(flop_per_token) / peak_flop_per_s)


def step_time(
    architecture: Transformer,
    accelerator: Accelerator,
    layout: Layout,
    batch: Batch,
    *,
    precision: Any = "bf16",
    constants: TrainingConstants | None = None,
    scale_out_bytes_per_s: Quantity = 50e9,
    matrix_flop_per_s: Quantity | None = None,
) -> StepTime:
    r"""Return the time of one optimizer step by part.

    .. math::
        t = m\, t_\mu \left(1 + \frac{p - 1}{m v}\right) + t_\text{data} + t_\text{optimizer}

    for m micro-batches through p stages of v chunks; a micro-batch takes the sum of its
    products, attention, elementwise work, kernel starts and exposed communication.

    Sources: `narayanan2021megatron` for the schedule, `korthikanti2022reducing` for
    sequence parallelism.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    accelerator : Accelerator
        Device.
    layout : Layout
        Degrees of parallelism.
    batch : Batch
        Work of the step.
    precision : str or array of str, default "bf16"
        Number format of the products, for example ``"fp8"`` or ``"nvfp4"``.
    constants : TrainingConstants, optional
        Efficiencies; general ones if left out.
    scale_out_bytes_per_s : float or array, default 50e9
        Network between domains per accelerator and direction, bytes/s.
    matrix_flop_per_s : float or array, optional
        Dense rate of the products, FLOP/s, in place of `precision` (saves its look-up).

    Returns
    -------
    StepTime
        Seconds; shapes follow the inputs.

    Examples
    --------
    >>> from computebook.training import examples
    >>> layout, batch = examples.llama_405b_on_1024()
    >>> step = step_time(examples.llama_405b(), examples.h100(), layout, batch, precision="fp8")
    >>> bool(250 < step.tokens_per_s_per_accelerator < 400)
    True
    """
    c = constants or TrainingConstants()
    looked_up = matrix_flop_per_s is None
    peak: Any = accelerator.dense_flop_per_s(precision) if looked_up else matrix_flop_per_s
    busy = work.micro_batch_work(architecture, accelerator, layout, batch, peak, c)
    links = communication.Links(
        inside_bytes_per_s=accelerator.scale_up_bytes_per_s * c.link_fraction,
        across_bytes_per_s=scale_out_bytes_per_s * c.network_fraction,
        domain=accelerator.scale_up_domain,
    )
    talk = communication.micro_batch_exchange(architecture, layout, batch, links, c, busy.total_s)
    count = batch.micro_batches(layout)
    micro_s = busy.total_s + talk.total_s
    bubble_s = count * micro_s * _idle(architecture, layout, count)
    data_s = communication.gradient_exchange_s(
        architecture, layout, links, count, busy.total_s, c
    ) * (1.0 - batch.frozen)
    update_s = _update_s(architecture, accelerator, layout, batch, c)
    total = count * micro_s + bubble_s + data_s + update_s
    doublings = np.log2(np.maximum(layout.accelerators / _FIRST_SIZE, 1.0))
    return StepTime(
        matrix_s=count * busy.matrix_s, attention_s=count * busy.attention_s,
        elementwise_s=count * busy.elementwise_s, launch_s=count * busy.launch_s,
        tensor_s=count * talk.tensor_s, context_s=count * talk.context_s,
        expert_s=count * talk.expert_s, handover_s=count * talk.handover_s, bubble_s=bubble_s,
        data_s=data_s, optimizer_s=update_s, waiting_s=total * c.scale_loss * doublings,
        tokens=batch.tokens, accelerators=layout.accelerators,
    )  # fmt: skip


def _idle(a: Transformer, layout: Layout, count: Any) -> Any:
    """Return idle time of the pipeline relative to its work: fill, drain and uneven stages.

    Embedding and head take one place each, as in the recipes that balance them.
    """
    places = layout.pipeline * layout.virtual_stages
    uneven = np.ceil(a.layers / places) * places / (1.0 * a.layers + 2.0)
    bubble = (layout.pipeline - 1.0) / (count * layout.virtual_stages)
    return bubble + np.where(np.greater(layout.pipeline, 1), np.maximum(uneven, 1.0) - 1.0, 0.0)


def _update_s(
    a: Transformer, accelerator: Accelerator, layout: Layout, batch: Batch, c: TrainingConstants
) -> Any:
    """Return the time to update the weights, and the fixed work of a step."""
    dense, experts = work.local_parameters(a, layout)
    sharded = np.greater_equal(layout.sharding, 1)
    group = np.where(sharded, layout.data * layout.context, 1.0)
    expert_group = np.where(sharded, layout.expert_data, 1.0)
    touched = _OPTIMIZER_BYTES * (dense / group + experts / expert_group) * (1.0 - batch.frozen)
    return touched / (accelerator.memory_bandwidth_bytes_per_s * c.memory_fraction) + c.step_s
