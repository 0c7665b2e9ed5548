"""Predictions of the serving models for a table of cases, all rows of a regime at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from computebook import architectures, datasets, hardware, memory, serving
from computebook.inference.calibration import constants_for
from computebook.serving.deployment import SCALE_OUT_BYTES_PER_S

__all__ = ["Block", "blocks", "predict", "predict_block"]

Array = npt.NDArray[np.float64]

_MAX_LOAD_USABLE: Final = 0.92
_SERVING_USABLE: Final = 0.9
_RUNTIME_BYTES: Final = 4.72e9
_BUFFER_BYTES_PER_RANK: Final = 0.15e9
_ACTIVATION_BYTES_PER_ELEMENT: Final = 30.0
_NO_LIMIT: Final = 1e9
# The A100 cases that span nodes ran on DGX A100: one port of 200 Gb/s per accelerator.
_DGX_A100_PORT: Final = 25e9


@dataclasses.dataclass(frozen=True)
class Block:
    """Cases of one regime with everything about them that constants do not change.

    Parameters
    ----------
    regime : str
        Kind of load.
    rows : pandas.DataFrame
        Cases; the index is that of the whole table.
    deployment : serving.Deployment
        Arrays over the rows, with default constants.
    held : numpy.ndarray
        Sequences that fit in each copy.
    """

    regime: str
    rows: pd.DataFrame
    deployment: serving.Deployment
    held: Array


def blocks(cases: pd.DataFrame) -> list[Block]:
    """Return the predictable cases by regime.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.read_cases`.

    Returns
    -------
    list of Block
        One per regime that occurs.
    """
    usable = cases[cases["reason"] == ""]
    return [_block(str(regime), rows) for regime, rows in usable.groupby("regime")]


def _block(regime: str, rows: pd.DataFrame) -> Block:
    deployment = _deployment(rows)
    context = rows["prompt_tokens"] + rows["output_tokens"]
    serving_like = regime != "max_load"
    held = serving.most_sequences(
        deployment,
        context.to_numpy(),
        _SERVING_USABLE if serving_like else _MAX_LOAD_USABLE,
        _NO_LIMIT if serving_like else 4096,
    )
    # A recorded layout that cannot hold its weights did run: the record is wrong, not the run.
    holds = deployment.weight_bytes < deployment.accelerator.memory_bytes
    return Block(
        regime, rows, deployment, np.where(holds, held, _NO_LIMIT if serving_like else held)
    )


def _deployment(rows: pd.DataFrame) -> serving.Deployment:
    """Return one deployment whose fields are arrays over the rows."""
    shapes, devices = datasets.architectures(), datasets.accelerators()
    experts = _expert_arithmetic(rows)
    bits = {name: p.bits_per_element for name, p in hardware.PRECISIONS.items()}
    placement = memory.Placement(
        tensor_parallel=rows["tensor_parallel"].to_numpy(),
        attention_data_parallel=rows["attention_data_parallel"].to_numpy(),
        weight_bits=rows["weights"].map(bits).to_numpy(),
        expert_bits=rows["experts"].map(bits).to_numpy(),
        kv_bits=rows["kv"].map(bits).to_numpy(),
        compute_precision=rows["weights"].to_numpy(dtype=str),  # type: ignore[arg-type]
    )
    return serving.Deployment(
        architecture=architectures.stack([shapes[name] for name in rows["architecture_id"]]),
        accelerator=hardware.stack([devices[name] for name in rows["accelerator_id"]]),
        placement=placement,
        expert_precision=experts,
        pipeline_parallel=rows["pipeline_parallel"].to_numpy(),
        scale_out_bytes_per_s=np.where(
            rows["generation"] == "ampere", _DGX_A100_PORT, SCALE_OUT_BYTES_PER_S
        ),
    )


def _expert_arithmetic(rows: pd.DataFrame) -> Any:
    """Return the arithmetic of the experts: mxfp4 runs as fp8 on Blackwell, else as bf16."""
    blackwell = rows["accelerator_id"].str.contains("b200|b300")
    wide = np.where(blackwell, "fp8", "bf16")
    return np.where(rows["experts"] == "mxfp4", wide, rows["experts"]).astype(str)


def predict(cases: pd.DataFrame, values: Mapping[str, float]) -> pd.Series:
    """Return the predicted value of every case, NaN where there is a reason against it.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.read_cases`.
    values : mapping of str to float
        Constants by name.

    Returns
    -------
    pandas.Series
        In the unit of each case's metric, on the index of `cases`.
    """
    result = pd.Series(np.nan, index=cases.index, name="predicted")
    for block in blocks(cases):
        result.loc[block.rows.index] = predict_block(block, values)
    return result


def predict_block(block: Block, values: Mapping[str, float]) -> Array:
    """Return the predictions of one regime.

    Parameters
    ----------
    block : Block
        Cases of one regime.
    values : mapping of str to float
        Constants by name.

    Returns
    -------
    numpy.ndarray
        One value per row, in the unit of its metric.
    """
    if block.regime == "kv_capacity":
        return _capacity(block)
    constants = constants_for(
        values,
        generation=np.atleast_1d(block.deployment.accelerator.generation),  # type: ignore[arg-type]
        weights=block.rows["weights"].tolist(),
        experts=block.rows["experts"].tolist(),
        engine=block.rows["engine"].tolist(),
    )
    deployment = dataclasses.replace(block.deployment, constants=constants)
    return _as_metric(block.rows, _performance(block, deployment))


def _performance(block: Block, deployment: serving.Deployment) -> serving.Performance:
    """Return what the model of the regime says."""
    rows = block.rows
    prompt, output = rows["prompt_tokens"].to_numpy(), rows["output_tokens"].to_numpy()
    if block.regime == "static_batch":
        return serving.static_batch(deployment, rows["users"].to_numpy(), prompt, output)
    if block.regime == "open_loop_qps":
        rate = rows["arrivals_per_s"].to_numpy()
        return serving.open_loop(deployment, rate, prompt, output, sequence_limit=block.held)
    users = block.held if block.regime == "max_load" else rows["users"].to_numpy()
    together = 1.0 - rows["separate_prefill"].to_numpy(dtype=float)
    return serving.fixed_concurrency(
        deployment, users, prompt, output, sequence_limit=block.held, prefill_interferes=together
    )


def _as_metric(rows: pd.DataFrame, performance: serving.Performance) -> Array:
    """Return the field and unit that each row measures."""
    copies = np.maximum(rows["recorded_accelerators"] / np.asarray(performance.accelerators), 1.0)
    copies = np.where(rows["regime"] == "max_load", copies, 1.0)
    total = np.asarray(performance.output_tokens_per_s) * copies
    each = rows["per_accelerator"].to_numpy(dtype=bool)
    quantity = rows["quantity"].to_numpy(dtype=str)
    choices = {
        "tpot": np.asarray(performance.time_per_output_token_s) * 1e3,
        "ttft": np.asarray(performance.time_to_first_token_s) * 1e3,
        "latency": np.asarray(performance.request_s) * 1e3,
        "throughput": np.where(each, total / rows["recorded_accelerators"], total),
    }
    return np.select([quantity == name for name in choices], list(choices.values()), np.nan)


def _capacity(block: Block) -> Array:
    """Return the most sequences of a TensorRT-LLM cache.

    What is left after weights, runtime, communication buffers of each rank and the
    activations of a full step (twice the prompt) is shared with the cache.
    """
    rows, deployment = block.rows, block.deployment
    fraction = rows["notes"].str.extract(r"fraction=([\d.]+)")[0].astype(float).fillna(0.9)
    margin = rows["notes"].str.extract(r"OSL\+(\d+)")[0].astype(float).fillna(0.0)
    context = (rows["prompt_tokens"] + rows["output_tokens"] + margin).to_numpy()
    p, a = deployment.placement, deployment.architecture
    step_tokens = 2.0 * rows["prompt_tokens"].to_numpy()
    reserve = _RUNTIME_BYTES + _BUFFER_BYTES_PER_RANK * p.tensor_parallel
    reserve = reserve + _ACTIVATION_BYTES_PER_ELEMENT * a.hidden_size * step_tokens
    free = deployment.accelerator.memory_bytes - deployment.weight_bytes - reserve
    cache = memory.kv_bytes_per_accelerator(a, context, 1, p)
    return np.asarray(np.floor(np.maximum(fraction.to_numpy() * free / cache, 0.0)))
