"""Shapes for a model that has none: open models scaled to a number of parameters.

What a vendor does not disclose is computed with several open shapes, so that the answer is the
range over them.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from computebook import datasets, errors
from computebook.architectures import Transformer, active_parameter_count, parameter_count

__all__ = ["DENSE_REFERENCES", "EXPERT_REFERENCES", "class_shapes", "scaled_shape"]

Array = npt.NDArray[np.float64]

EXPERT_REFERENCES: Final = (
    "deepseek-v3", "qwen3-235b-a22b", "glm-4.5", "llama-4-maverick",
)  # fmt: skip
"""Open mixtures of experts whose proportions stand for those of an undisclosed one."""

DENSE_REFERENCES: Final = ("llama-3.1-405b", "qwen2.5-72b", "mistral-large-2", "nemotron-4-340b")
"""Open dense models, likewise."""

_EXPERTS: Final = (8, 16, 32, 48, 64, 96, 128, 160, 192, 256, 384, 512, 768, 1024)
_WIDTHS: Final = np.arange(1024.0, 65_537.0, 256.0)
_LAYER_STEP: Final = 4
_INNER_STEP: Final = 64.0
_TOLERANCE: Final = 0.06
_DENSE_ABOVE: Final = 0.95
_PROPORTION: Final = 3.0
"""How far width and inner width may leave the proportions of the reference."""


def class_shapes(params: float, active_params: float | None = None) -> tuple[Transformer, ...]:
    """Return open shapes scaled to a class of model.

    Parameters
    ----------
    params : float
        Parameters in all, 1e8 to 1e14.
    active_params : float, optional
        Parameters that one token meets; all of them if left out.

    Raises
    ------
    ComputebookError
        If a number is out of bounds, or no reference can be scaled to them.

    Examples
    --------
    >>> shapes = class_shapes(1.8e12, 280e9)
    >>> len(shapes), shapes[0].architecture_id
    (4, 'deepseek-v3-scaled')
    """
    errors.require_finite_in("params", params, "parameters", 1e8, 1e14)
    active = params if active_params is None else active_params
    errors.require_finite_in("active_params", active, "parameters", 1e8, params)
    names = DENSE_REFERENCES if active > _DENSE_ABOVE * params else EXPERT_REFERENCES
    found = [shape for shape in (scaled_shape(n, params, active) for n in names) if shape]
    if not found:
        raise errors.ComputebookError(
            f"active_params = {active:g} of params = {params:g}: no open shape can be scaled to "
            f"them; allowed are shares below one half, or all of them (dense)"
        )
    return tuple(found)


@cache
def scaled_shape(reference: str, params: float, active_params: float) -> Transformer | None:
    """Return an open shape scaled to a number of parameters, None if its kind does not reach it.

    Depth grows with the cube root of the active parameters, width and inner width make up the
    rest; the number of experts is a usual one nearest to the share of active parameters.

    Parameters
    ----------
    reference : str
        Open architecture.
    params, active_params : float
        Parameters in all, and those that one token meets.

    Examples
    --------
    >>> shape = scaled_shape("deepseek-v3", 1.8e12, 280e9)
    >>> abs(parameter_count(shape) / 1.8e12 - 1) < 0.06
    True
    """
    ref = datasets.architecture(reference)
    ratio = active_params / float(active_parameter_count(ref))
    layers = max(round(float(ref.layers) * ratio ** (1 / 3) / _LAYER_STEP), 1) * _LAYER_STEP
    family = _family(ref, layers)
    if float(ref.experts) > 0:
        family = _with_experts(ref, family, params, active_params)
    active = np.asarray(active_parameter_count(family), float)
    best = int(np.argmin(np.abs(active - active_params)))
    shape = _one(family, best)
    near = abs(float(parameter_count(shape)) / params - 1) < _TOLERANCE
    near &= abs(active[best] / active_params - 1) < _TOLERANCE
    return shape if near and _keeps_proportions(ref, shape) else None


def _keeps_proportions(ref: Transformer, shape: Transformer) -> bool:
    """Return whether width over depth and inner over outer width are like the reference's."""
    drift = [(shape.hidden_size / shape.layers) / (ref.hidden_size / ref.layers)]
    if float(ref.experts) > 0:
        inner = shape.expert_ffn_size / shape.hidden_size
        drift.append(inner / (ref.expert_ffn_size / ref.hidden_size))
    return all(1 / _PROPORTION <= float(each) <= _PROPORTION for each in drift)


def _family(ref: Transformer, layers: int) -> Transformer:
    """Return the reference at another depth and every width."""
    grown = _WIDTHS / float(ref.hidden_size)
    heads = np.maximum(np.round(float(ref.attention_heads) * grown / 8), 1) * 8
    full = float(ref.kv_heads) >= float(ref.attention_heads)
    inner = np.round(float(ref.ffn_size) * grown / _INNER_STEP) * _INNER_STEP
    share = float(ref.dense_layers) / float(ref.layers)
    routed = float(ref.experts) > 0
    interleaved = routed and float(ref.moe_layer_period) > 1
    dense = round(layers * share) if interleaved else min(int(ref.dense_layers), layers - 1)
    changes: dict[str, Any] = {
        "architecture_id": f"{ref.architecture_id}-scaled", "name": f"{ref.name}, scaled",
        "layers": layers, "hidden_size": _WIDTHS, "attention_heads": heads,
        "kv_heads": heads if full else ref.kv_heads, "ffn_size": inner,
        "dense_layers": dense if routed else layers, "full_attention_layers": layers,
        "sliding_window_layers": 0, "linear_attention_layers": 0, "sliding_window_tokens": 0,
    }  # fmt: skip
    return dataclasses.replace(ref, **changes)


def _with_experts(
    ref: Transformer, family: Transformer, params: float, active_params: float
) -> Transformer:
    """Return the family with experts such that what a token does not meet adds up."""
    per_token = float(ref.experts_per_token)
    without = float(active_parameter_count(ref)) - _routed(ref, per_token)
    share = without / float(active_parameter_count(ref))
    routed_active = active_params * (1 - share)
    wanted = per_token * (1 + (params - active_params) / routed_active)
    experts = min((e for e in _EXPERTS if e > per_token), key=lambda e: abs(np.log(e / wanted)))
    layers = np.subtract(family.layers, family.dense_layers)
    matrices = 3.0 if family.gated_mlp else 2.0
    idle = (experts - per_token) * layers * matrices * _WIDTHS
    inner = np.maximum(np.round((params - active_params) / idle / _INNER_STEP), 1) * _INNER_STEP
    return dataclasses.replace(family, experts=experts, expert_ffn_size=inner)


def _routed(a: Transformer, experts: float) -> float:
    """Return the parameters of some routed experts over all layers."""
    matrices = 3.0 if a.gated_mlp else 2.0
    layers = float(a.layers) - float(a.dense_layers)
    return layers * experts * matrices * float(a.hidden_size) * float(a.expert_ffn_size)


def _one(family: Transformer, at: int) -> Transformer:
    """Return one member of a family as plain numbers."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(family):
        value = getattr(family, field.name)
        values[field.name] = float(value[at]) if isinstance(value, np.ndarray) else value
    return Transformer(**values)
