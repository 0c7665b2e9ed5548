"""Every way to lay a model out on accelerators, as arrays, and the deployments they mean."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from computebook import hardware, memory, serving
from computebook.architectures import Transformer
from computebook.hardware import Accelerator
from computebook.inference import table
from computebook.inference.calibration import constants_for
from computebook.sizing.formats import Formats, formats_for
from computebook.sizing.request import Request

__all__ = ["BLOCK_TOKENS", "Layouts", "deployment", "layouts_for", "parallel_degrees"]

Floats = npt.NDArray[np.float64]

BLOCK_TOKENS: Final = 16
"""Tokens per cache block: vLLM's default. Source: `kwon2023vllm`."""

_MOST_TENSOR_PARALLEL: Final = 64
_NODE: Final = 8
_STAGES: Final = (1, 2, 4, 8)


@dataclass(frozen=True)
class Layouts:
    """Configurations of one copy of a model; every field has one entry per configuration.

    Parameters
    ----------
    accelerators : tuple of Accelerator
        Device of each.
    formats : tuple of Formats
        Number formats of each.
    tensor_parallel, attention_data_parallel, pipeline_parallel : numpy.ndarray
        Degrees; experts are spread over all accelerators of a stage.
    """

    accelerators: tuple[Accelerator, ...]
    formats: tuple[Formats, ...]
    tensor_parallel: Floats
    attention_data_parallel: Floats
    pipeline_parallel: Floats

    def __len__(self) -> int:
        return len(self.formats)

    @property
    def gpus_per_copy(self) -> Floats:
        """Accelerators of one copy."""
        return self.tensor_parallel * self.pipeline_parallel

    def take(self, positions: Any) -> Layouts:
        """Return some of the configurations, in the order given.

        Parameters
        ----------
        positions : array_like of int
            Positions.

        Returns
        -------
        Layouts
            The chosen ones.

        Examples
        --------
        >>> from computebook.sizing.examples import small_request
        >>> layouts_for(small_request()).take([1, 0]).tensor_parallel
        array([2., 1.])
        """
        index = np.atleast_1d(np.asarray(positions, dtype=int))
        degrees = (self.tensor_parallel, self.attention_data_parallel, self.pipeline_parallel)
        return Layouts(
            tuple(self.accelerators[i] for i in index),
            tuple(self.formats[i] for i in index),
            *(degree[index] for degree in degrees),
        )


def parallel_degrees(
    architecture: Transformer, accelerator: Accelerator, max_gpus: float = np.inf
) -> list[tuple[int, int, int]]:
    """Return the tensor, attention-data and pipeline degrees that engines can run.

    Powers of two, because heads and experts must divide evenly; tensor parallelism stays in
    one scale-up domain (a node where there is none); attention data parallelism is for mixtures
    of experts only; at most one node per stage when there are stages.

    Source: `narayanan2021megatron`; attention data parallelism: `deepseek2024v3`.

    Parameters
    ----------
    architecture : Transformer
        One model.
    accelerator : Accelerator
        One device.
    max_gpus : float, default infinity
        Accelerators of one copy at most.

    Returns
    -------
    list of tuple of int
        Triples, smallest copies first.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> d = llama_8b_on_h100()
    >>> parallel_degrees(d.architecture, d.accelerator, max_gpus=2)
    [(1, 1, 1), (2, 1, 1), (1, 1, 2)]
    """
    domain = int(min(max(accelerator.scale_up_domain, _NODE), _MOST_TENSOR_PARALLEL))
    powers = [2**k for k in range(domain.bit_length()) if 2**k <= domain]
    moe = bool(architecture.experts > 0)
    triples = [
        (tensor, groups, stages)
        for tensor, groups, stages in itertools.product(powers, powers, _STAGES)
        if groups <= tensor
        and (groups == 1 or moe)
        and architecture.attention_heads % (tensor // groups) == 0
        and (stages == 1 or (stages <= architecture.layers and tensor <= _NODE))
        and tensor * stages <= max_gpus
    ]
    return sorted(triples, key=lambda t: (t[0] * t[2], t[2], t[1]))


def layouts_for(request: Request) -> Layouts:
    """Return every configuration that a request allows.

    Parameters
    ----------
    request : Request
        Model, accelerators and formats.

    Returns
    -------
    Layouts
        One entry per accelerator and parallel degrees; one accelerator is always allowed.

    Examples
    --------
    >>> ask = Request(model="llama-3.1-8b", gpus=("h100",), input_tokens=1000, output_tokens=100,
    ...               users=10, max_gpus=2)
    >>> layouts_for(ask).gpus_per_copy
    array([1., 2., 2.])
    """
    shape = request.architecture
    formats = {
        device.accelerator_id: formats_for(
            request.model, device, request.weights, request.kv_cache)
        for device in request.accelerators
    }  # fmt: skip
    rows = [
        (device, formats[device.accelerator_id], degrees)
        for device in request.accelerators
        for degrees in parallel_degrees(shape, device, request.max_gpus)
    ]
    degrees = np.array([row[2] for row in rows], dtype=float).reshape(-1, 3)
    return Layouts(tuple(r[0] for r in rows), tuple(r[1] for r in rows), *degrees.T)


@cache
def _constants() -> dict[str, float]:
    """Return the calibrated constants: the table is read once, not once per deployment."""
    return table.constants_from_table()


def deployment(request: Request, layouts: Layouts, axes: int = 1) -> serving.Deployment:
    """Return the configurations as one deployment whose fields have shape (n, 1).

    The second axis is left for the load of a copy.

    Parameters
    ----------
    request : Request
        Model and engine.
    layouts : Layouts
        At least one configuration.
    axes : int, default 1
        Axes of length one behind the first.

    Returns
    -------
    serving.Deployment
        With the calibrated constants of each configuration.

    Examples
    --------
    >>> ask = Request(model="llama-3.1-8b", gpus=("h100",), input_tokens=1000, output_tokens=100,
    ...               users=10, max_gpus=2)
    >>> deployment(ask, layouts_for(ask)).weight_bytes.shape
    (3, 1)
    """
    devices = hardware.stack(layouts.accelerators)
    constants = constants_for(
        _constants(),
        generation=[device.generation for device in layouts.accelerators],
        weights=[formats.dense for formats in layouts.formats],
        experts=[formats.experts for formats in layouts.formats],
        engine=request.engine,
    )
    arithmetic = np.array([formats.expert_arithmetic for formats in layouts.formats])
    return serving.Deployment(
        architecture=request.architecture,
        accelerator=_column_of(devices, axes),
        placement=_column_of(_placement(layouts), axes),
        expert_precision=_column(arithmetic, axes),
        pipeline_parallel=_column(layouts.pipeline_parallel, axes),
        constants=_column_of(constants, axes),
    )


def _placement(layouts: Layouts) -> memory.Placement:
    """Return the degrees and bits of every configuration."""

    def bits(names: list[str]) -> Floats:
        return np.array([hardware.PRECISIONS[name].bits_per_element for name in names])

    dense: Any = [formats.dense for formats in layouts.formats]
    return memory.Placement(
        tensor_parallel=layouts.tensor_parallel,
        attention_data_parallel=layouts.attention_data_parallel,
        weight_bits=bits(dense),
        expert_bits=bits([formats.experts for formats in layouts.formats]),
        kv_bits=bits([formats.kv_cache for formats in layouts.formats]),
        compute_precision=np.array(dense),  # type: ignore[arg-type]
        sliding_window="full",
        block_tokens=BLOCK_TOKENS,
    )


def _column(values: Any, axes: int) -> Any:
    """Return values as an array of shape (n, 1, ...)."""
    return np.asarray(values).reshape(-1, *[1] * axes)


def _column_of(record: Any, axes: int) -> Any:
    """Return a record whose array fields have shape (n, 1, ...); single values stay."""
    changes = {
        field.name: _column(getattr(record, field.name), axes)
        for field in dataclasses.fields(record)
        if field.init and np.ndim(getattr(record, field.name)) == 1
    }
    return dataclasses.replace(record, **changes)
