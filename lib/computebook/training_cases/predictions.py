"""Predictions of measured training runs by the models, all cases at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from computebook import architectures, errors, hardware
from computebook.architectures import Transformer
from computebook.hardware import Accelerator
from computebook.training import (
    Batch,
    Layout,
    StepTime,
    TrainingConstants,
    fastest_layout,
    flop_per_token,
    scale_out_bytes_per_s,
    step_time,
    training_memory,
)
from computebook.training_cases.calibration import (
    constants_for,
    rate_factor,
    scope_columns,
)
from computebook.training_cases.devices import device_of
from computebook.training_cases.shapes import shape_of

__all__ = ["Prepared", "constants_of", "predict", "prepare", "step_of", "with_layouts"]

Array = npt.NDArray[np.float64]

_LAYOUT: Final = ("tensor", "pipeline", "context", "expert", "data", "micro_batch",
                  "virtual_stages", "sharding", "recompute")  # fmt: skip
_GIB: Final = 2.0**30
_WHOLE_RUN: Final = 0.87
"""Share of a whole programme's time at full speed: goodput and ramp together, Llama 3 0.84."""
_PLAIN_LOGITS: Final = 14.0
"""bf16 logits, their fp32 copy, its logarithm of softmax and its gradient: PyTorch's plain loss."""
_COMPILED_LOGITS: Final = 4.0
_LOSS_COMPILED_SINCE: Final = 2025.0
"""A compiled loss keeps bf16 logits and their bf16 gradient; torchtitan compiles it since 2025."""
_GATHERED: Final = 4.0
"""Inputs of attention and feed-forward that PyTorch's tensor parallelism gathers and keeps for the
backward pass of a layer, and the two outputs before they are scattered."""
_SEQUENCE_PARALLEL_SINCE: Final = 2022.3
"""Megatron divides norms and what stands between layers since `korthikanti2022reducing`."""
_FEW: Final = 2048.0
_LARGER_BATCHES_SINCE: Final = 2024.0
"""Whole programmes used batches of some 4 million tokens before, 16 million since."""
_USABLE: Final = 0.94


@dataclass(frozen=True)
class Prepared:
    """Cases as stacked records, ready to be predicted again and again.

    Parameters
    ----------
    cases : pandas.DataFrame
        Cases that can be predicted, with their layouts.
    architecture, accelerator, layout, batch
        Stacked records.
    peak_flop_per_s : numpy.ndarray
        Dense rate of the products.
    network_bytes_per_s : numpy.ndarray
        Rate between scale-up domains.
    flop : numpy.ndarray
        FLOP per token in the convention of the source.
    scopes : pandas.DataFrame
        Scopes of the constants.
    """

    cases: pd.DataFrame
    architecture: Transformer
    accelerator: Accelerator
    layout: Layout
    batch: Batch
    peak_flop_per_s: Array
    network_bytes_per_s: Array
    flop: Array
    scopes: pd.DataFrame


def _shape(name: str) -> Transformer:
    shape = shape_of(name)
    if shape is None:
        raise errors.ComputebookError(f"model {name!r} has no architecture")
    return shape


def _device(name: str) -> Accelerator:
    device = device_of(name)
    if device is None:
        raise errors.ComputebookError(f"gpu {name!r} is not an accelerator of the table")
    return device


def _defaults(cases: pd.DataFrame) -> pd.DataFrame:
    """Return whole programmes with the size and batch that such runs usually have."""
    count = cases["accelerators"].fillna(_FEW)
    tokens = np.where(cases["year"] < _LARGER_BATCHES_SINCE, 4e6, 16e6)
    usual = np.round(tokens / cases["sequence_tokens"] / count + 0.5) * count
    return cases.assign(accelerators=count, sequences=cases["sequences"].fillna(usual))


def _batch_of(row: Any) -> Batch:
    return Batch(sequence_tokens=row.sequence_tokens, sequences=row.sequences,
                 predicted_tokens=row.predicted_tokens, frozen=row.frozen)  # fmt: skip


def _searched(row: Any) -> dict[str, Any]:
    """Return the layout that the search picks, by the constants before calibration."""
    device = _device(row.gpu)
    layout = _search(
        row.model, row.gpu, int(row.accelerators), _batch_of(row), row.format,
        scale_out_bytes_per_s(device.generation), row.recompute_noted or None,
    )  # fmt: skip
    return {name: getattr(layout, name) for name in _LAYOUT} if layout else {}


@cache
def _search(
    model: str, gpu: str, count: int, batch: Batch, form: str, network: float, mode: str | None
) -> Layout | None:
    try:
        return fastest_layout(
            _shape(model), _device(gpu), count, batch, precision=form, recompute=mode,
            scale_out_bytes_per_s=network,
        ).layout  # fmt: skip
    except errors.ComputebookError:
        return None


def _recompute_of(row: Any) -> str:
    """Return the mode that a row records, or the lightest one that fits the memory.

    Published recipes recompute parts of layers, or move them off the device, before they
    recompute whole layers: those count only where even parts exceed the memory by half.
    """
    if row.recompute_noted:
        return str(row.recompute_noted)
    shape, device = _shape(row.model), _device(row.gpu)
    for mode, most in (("none", _USABLE), ("selective", 1.5)):
        layout = Layout(**{n: getattr(row, n) for n in _LAYOUT[:-1]}, recompute=mode)
        need = training_memory(shape, layout, _batch_of(row)).total_bytes
        if need <= most * device.memory_bytes:
            return mode
    return "full"


def with_layouts(cases: pd.DataFrame) -> pd.DataFrame:
    """Return cases with every degree filled; those without any layout carry a reason.

    Recorded degrees stand; unrecorded recomputation is the lightest that fits. Where no degrees
    are recorded the search picks them, with constants before calibration.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.normalise`.
    """
    frame = _defaults(cases).assign(recompute=cases["recompute_noted"])
    for row in frame[frame["reason"] == ""].itertuples():
        if row.layout_recorded:
            frame.loc[row.Index, "recompute"] = _recompute_of(row)
            continue
        found = _searched(row)
        if not found:
            frame.loc[row.Index, "reason"] = "no layout divides batch and model and fits"
        for name, value in found.items():
            frame.loc[row.Index, name] = value
    return frame


def prepare(cases: pd.DataFrame) -> Prepared:
    """Return the cases that can be predicted, as stacked records.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `with_layouts`; rows with a reason are left out.
    """
    frame = cases[cases["reason"] == ""]
    shapes = [_shape(name) for name in frame["model"]]
    devices = [_device(name) for name in frame["gpu"]]
    batch = Batch(**{n: frame[n].to_numpy(float) for n in (
        "sequence_tokens", "sequences", "predicted_tokens", "frozen")})  # fmt: skip
    numbers = {name: frame[name].to_numpy(float) for name in _LAYOUT[:-1]}
    peaks = [d.dense_flop_per_s(f) for d, f in zip(devices, frame["format"], strict=True)]
    flop = [
        flop_per_token(shape, float(tokens), convention=str(rule), predicted_tokens=float(more))
        for shape, tokens, rule, more in zip(
            shapes, frame["sequence_tokens"], frame["convention"], frame["predicted_tokens"],
            strict=True,
        )
    ]  # fmt: skip
    network = [scale_out_bytes_per_s(d.generation) for d in devices]
    return Prepared(
        frame, architectures.stack(shapes), hardware.stack(devices),
        Layout(**numbers, recompute=frame["recompute"].to_numpy(str),
               sequence_parallel=frame["year"].to_numpy(float) > _SEQUENCE_PARALLEL_SINCE), batch,
        np.array(peaks), np.array(network), np.array(flop), scope_columns(frame),
    )  # fmt: skip


def constants_of(prepared: Prepared, values: Mapping[str, float]) -> TrainingConstants:
    """Return the constants of each case.

    Parameters
    ----------
    prepared : Prepared
        From `prepare`.
    values : mapping of str to float
        Constants by name.
    """
    cases, device = prepared.cases, prepared.accelerator
    power = rate_factor(
        cases, np.asarray(device.tdp_w), np.asarray(device.bf16_flop_per_s),
        values["power_exponent"],
    )  # fmt: skip
    return constants_for(prepared.scopes, cases["year"].to_numpy(float),
                         cases["experts"].to_numpy() > 0, power, values)  # fmt: skip


def step_of(prepared: Prepared, constants: TrainingConstants) -> StepTime:
    """Return the step of every case by part.

    Parameters
    ----------
    prepared : Prepared
        From `prepare`.
    constants : TrainingConstants
        From `constants_of`.
    """
    p = prepared
    return step_time(
        p.architecture, p.accelerator, p.layout, p.batch, constants=constants,
        matrix_flop_per_s=p.peak_flop_per_s, scale_out_bytes_per_s=p.network_bytes_per_s,
    )  # fmt: skip


def predict(prepared: Prepared, values: Mapping[str, float]) -> Array:
    """Return the predicted value of every case in the unit of its metric.

    Parameters
    ----------
    prepared : Prepared
        From `prepare`.
    values : mapping of str to float
        Constants by name.
    """
    p = prepared
    step = step_of(p, constants_of(p, values))
    cases, rate = p.cases, step.tokens_per_s_per_accelerator
    duration = step.total_s * cases["run_samples"] / p.batch.sequences / 60.0
    by_quantity = {
        "throughput": rate, "rate": rate * p.flop / 1e12,
        "utilization": rate * p.flop / p.peak_flop_per_s,
        "duration": duration.to_numpy(float) * cases["convergence_scaling"].to_numpy(float),
        "gpu_hours": cases["run_tokens"].to_numpy(float) / (rate * 3600.0 * _WHOLE_RUN),
        # No constant moves memory: fits, which leave it out, need not count it each time.
        "memory": memory_gib(p) if (cases["quantity"] == "memory").any() else rate,
    }  # fmt: skip
    quantity = cases["quantity"].to_numpy()
    return np.select([quantity == q for q in by_quantity], list(by_quantity.values()), np.nan)


def memory_gib(prepared: Prepared) -> Array:
    """Return the peak memory of every case, GiB.

    Parameters
    ----------
    prepared : Prepared
        From `prepare`.
    """
    p = prepared
    torch = p.cases["framework"].str.startswith("torch").to_numpy()
    plain = training_memory(p.architecture, p.layout, p.batch).total_bytes
    return np.asarray(np.where(torch, _torch_bytes(p), plain) / _GIB)


def _torch_bytes(p: Prepared) -> Array:
    """Return the peak of PyTorch's allocator, bytes: what torchtitan reads leaves the runtime out.

    Source: `pytorch2025torchtitan`.
    """
    compiled = p.cases["framework"].eq("torch-compiled") & p.cases["year"].ge(_LOSS_COMPILED_SINCE)
    native = training_memory(
        p.architecture, p.layout, p.batch, states="sharded-fp32", reserved_bytes=0.0,
        logit_bytes=np.where(compiled, _COMPILED_LOGITS, _PLAIN_LOGITS),
    ).total_bytes  # fmt: skip
    tokens = p.layout.micro_batch * p.batch.sequence_tokens / p.layout.context
    one = 2.0 * tokens * p.architecture.hidden_size
    return np.asarray(native + np.where(np.greater(p.layout.tensor, 1), _GATHERED * one, 0.0))
