"""Measured training runs, read from a file and brought to one meaning per column.

Records name devices, formats, layouts and conventions in many ways, some of them in a note
only. Everything that is inferred rather than recorded happens here and in `notes`, in the open,
and is the same for every case.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import errors
from computebook.inference.records import read_rows
from computebook.training_cases import notes
from computebook.training_cases.devices import device_of
from computebook.training_cases.shapes import base_name, shape_of

__all__ = ["COLUMNS", "PREDICTED_METRICS", "normalise", "read_cases"]

COLUMNS: Final = (
    "case_id", "source", "gpu", "n_gpu", "model", "seq_len", "global_batch", "precision", "tp",
    "pp", "dp", "cp", "ep", "metric", "value", "notes",
)  # fmt: skip
"""Columns that a file of cases must have."""

PREDICTED_METRICS: Final = {
    "tokens_per_s_per_gpu": "throughput", "tflops_per_gpu": "rate", "mfu": "utilization",
    "time_to_train_min": "duration", "peak_mem_gib": "memory", "gpu_hours": "gpu_hours",
}  # fmt: skip
"""Metrics that the models predict, and the quantity behind each."""

_NUMBERS: Final = ("n_gpu", "seq_len", "global_batch", "tp", "pp", "dp", "cp", "ep", "value")
_FORMATS: Final = (
    ("nvfp4", "nvfp4"), ("fp4", "nvfp4"), ("mxfp8", "mxfp8"), ("fp8-mx", "mxfp8"),
    ("fp8", "fp8"), ("int8", "fp8"), ("bf16", "bf16"), ("fp16", "bf16"),
)  # fmt: skip


def read_cases(path: str | Path) -> pd.DataFrame:
    """Return a file of measured training runs, normalised; see `normalise`.

    Parameters
    ----------
    path : str or Path
        CSV with at least `COLUMNS`.

    Raises
    ------
    ComputebookError
        If the file is missing, no CSV, lacks a column or holds text where a number belongs.

    Examples
    --------
    >>> read_cases("nowhere.csv")
    Traceback (most recent call last):
        ...
    computebook.errors.ComputebookError: cases file 'nowhere.csv' does not exist
    """
    raw = read_rows(path, COLUMNS)
    return normalise(raw.assign(**{c: _numbers(path, raw[c]) for c in _NUMBERS}))


def _numbers(path: str | Path, column: pd.Series) -> pd.Series:
    """Return one column as numbers, missing ones as NaN."""
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = column.notna() & (column.astype(str).str.strip() != "") & ~np.isfinite(numbers)
    if wrong.any():
        line, text = int(np.flatnonzero(wrong)[0]) + 2, column[wrong].iloc[0]
        raise errors.ComputebookError(
            f"cases file {str(path)!r}, line {line}: {column.name} = {text!r} is not a finite "
            "number"
        )
    return numbers


def normalise(raw: pd.DataFrame) -> pd.DataFrame:
    """Return cases with model, device, format, layout and convention in the models' terms.

    Parameters
    ----------
    raw : pandas.DataFrame
        Columns `COLUMNS`, numbers as numbers.

    Returns
    -------
    pandas.DataFrame
        Columns of the models and `reason`: empty, or why the row cannot be predicted.
    """
    rows = [_row({str(k): v for k, v in row.items()}) for row in raw.to_dict("records")]
    return pd.DataFrame(rows)


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _number(value: Any, default: float = np.nan) -> float:
    return float(value) if pd.notna(value) and float(value) > 0 else default


def _usual_format(source: str, device: Any) -> str:
    """Return the format of rows without one: MLPerf entries use fp8 where the device has it."""
    narrow = device is not None and np.isfinite(device.fp8_flop_per_s)
    return "fp8" if narrow and "training_results" in source else "bf16"


def format_of(recorded: str, notes_text: str = "", usual: str = "bf16") -> str:
    """Return the number format of the products.

    Parameters
    ----------
    recorded : str
        As in the column `precision`.
    notes_text : str, default ""
        Note of the row; a configuration named ``..._fp4`` counts as nvfp4.
    usual : str, default "bf16"
        Format where nothing is recorded.

    Examples
    --------
    >>> format_of("FP8-CS (FP8-MX)"), format_of("MXFP8"), format_of("fp16")
    ('fp8', 'mxfp8', 'bf16')
    """
    text = recorded.lower().split("(")[0]
    found = next((form for start, form in _FORMATS if text.strip().startswith(start)), "")
    return found or ("nvfp4" if "_fp4" in notes_text else usual)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """Return one row in the terms of the models."""
    note, source = _text(row["notes"]), _text(row["source"])
    model, gpu = _text(row["model"]), _text(row["gpu"])
    shape, device = shape_of(model), device_of(gpu)
    case: dict[str, Any] = {
        "case_id": _text(row["case_id"]), "metric": _text(row["metric"]),
        "measured": float(row["value"]) if pd.notna(row["value"]) else np.nan,
        "gpu": gpu, "model": model, "notes": note, "source": source,
        "quantity": PREDICTED_METRICS.get(_text(row["metric"]), ""),
        "architecture_id": shape.architecture_id if shape else "",
        "accelerator_id": device.accelerator_id if device else "",
        "generation": device.generation if device else "",
        "format": format_of(_text(row["precision"]), note, _usual_format(source, device)),
        "format_recorded": bool(_text(row["precision"])),
        "accelerators": _number(row["n_gpu"]), "sequence_tokens": _number(row["seq_len"]),
        "sequences": _number(row["global_batch"]),
        "experts": float(shape.experts) if shape else 0.0,
        "frozen": float("lora" in model.lower()),
        "layers": float(shape.layers) if shape else np.nan,
        "regime": ("experts" if shape.experts else "dense") if shape else "unknown",
    }  # fmt: skip
    case |= notes.read_note(note, source, case["case_id"], model, base_name(model))
    case["run_samples"] = notes.benchmark_samples(note, source, base_name(model), case["sequences"])
    case |= _layout(case, row)
    case["group"] = "|".join((case["architecture_id"], case["accelerator_id"], case["format"]))
    case["reason"] = _reason(case)
    return case


def _layout(case: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Return the recorded degrees; the pure data-parallel one where a note names FSDP only."""
    tensor, stages = _number(row["tp"]), _number(row["pp"])
    context = _number(row["cp"], 1.0)
    expert = _number(row["ep"], 1.0) if case["experts"] else 1.0
    known = np.isfinite(tensor) and np.isfinite(stages)
    data = case["accelerators"] / (tensor * stages * context) if known else np.nan
    micro = _micro_batch(case, stages, data) if known else 1.0
    return {
        "tensor": tensor, "pipeline": stages, "context": context, "expert": expert, "data": data,
        "micro_batch": micro, "layout_recorded": bool(known),
        "virtual_stages": _chunks(case, stages),
    }  # fmt: skip


def _chunks(case: dict[str, Any], stages: float) -> float:
    """Return the chunks of a stage: as recorded, else what Megatron's recipes choose.

    Recipes with a pipeline interleave it down to about two layers per chunk, eight chunks at
    most; releases before 2022 and other frameworks, and tables that print "VP n/a", do not.
    """
    if not stages > 1 or np.isnan(case["layers"]):
        return 1.0
    if np.isfinite(case["virtual_noted"]):
        return float(case["virtual_noted"])
    plain = "VP" in case["notes"] or case["framework"] != "megatron"
    if plain or case["year"] < notes.INTERLEAVED_SINCE:
        return 1.0
    return float(np.clip(np.round(case["layers"] / stages / 2.0), 1.0, 8.0))


def _micro_batch(case: dict[str, Any], stages: float, data: float) -> float:
    """Return the sequences that pass together.

    Sharded data parallelism of PyTorch does not accumulate: the whole local batch passes at
    once, or in as many parts as there are stages. Elsewhere one sequence unless recorded.
    """
    local, noted = case["sequences"] / data, case["micro_batch_noted"]
    if case["case_id"].startswith("tt_"):
        return float(max(local / stages, 1e-3))
    if not np.isfinite(noted):
        noted = 1.0
    return float(min(noted, max(local, 1e-3)) if np.isfinite(local) else noted)


def _reason(case: dict[str, Any]) -> str:
    """Return why a row cannot be predicted, or nothing."""
    hours, duration = case["quantity"] == "gpu_hours", case["quantity"] == "duration"
    known = case["layout_recorded"]
    whole = not known or case["data"] >= 1 - 1e-9
    spread = known and whole and case["expert"] > case["tensor"] * case["context"] * case["data"]
    checks = (
        (case["metric"] == "activation_mem_gb", "a closed form of its paper, not a measurement"),
        (not case["quantity"], f"metric {case['metric']!r} is not predicted"),
        (not case["architecture_id"], f"model {case['model']!r} has no architecture"),
        (not case["accelerator_id"], f"gpu {case['gpu']!r} is not an accelerator of the table"),
        (not case["measured"] > 0, "measured value is not positive"),
        (case["estimate"], "the source's own estimate, not a run"),
        (np.isnan(case["accelerators"]) and not hours, "number of accelerators not recorded"),
        (np.isnan(case["sequence_tokens"]), "sequence length not recorded"),
        (np.isnan(case["sequences"]) and not hours, "global batch not recorded"),
        (hours and np.isnan(case["run_tokens"]), "tokens of the run not recorded"),
        (duration and np.isnan(case["run_samples"]), "samples to the target not recorded"),
        (case["quantity"] == "memory" and not known, "layout not recorded, memory depends on it"),
        (not whole, "degrees of parallelism exceed the accelerators"),
        (spread, "experts on more accelerators than share a stage"),
    )
    return next((reason for failed, reason in checks if failed), "")
