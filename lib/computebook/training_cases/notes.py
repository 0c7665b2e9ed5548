"""What notes, sources and names of measured training runs say beside the columns."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np

__all__ = [
    "benchmark_samples",
    "convention_of",
    "framework_of",
    "read_note",
    "recompute_of",
    "software_year",
]

_NUMBER: Final = r"(\d+(?:\.\d+)?)"
_MICRO: Final = (rf"\bMBS {_NUMBER}", rf"microbatch {_NUMBER}", rf"local bs {_NUMBER}",
                 r"DGX\w+_\d+x\d+x\d+.*mbs(\d+)")  # fmt: skip
_VIRTUAL: Final = rf"\bVP {_NUMBER}"
_SHARDED: Final = r"\bFSDP (\d+)"
_SAMPLES: Final = rf"samples to target {_NUMBER}"
_SCALING: Final = rf"RCP scaling {_NUMBER}"
_TOKENS: Final = rf"{_NUMBER}([TB])\+? tokens"
_RELEASES: Final = {
    "v2.1": 2022.9, "v3.0": 2023.5, "v3.1": 2023.9, "v4.0": 2024.5, "v4.1": 2024.9,
    "v5.0": 2025.4, "v5.1": 2025.8, "v6.0": 2026.4,
}  # fmt: skip
_PLAIN_FSDP: Final = r"_fsdp_(tok|pea)"
FRAMEWORKS: Final = ("megatron", "torch", "torch-compiled", "maxtext")
"""Families of software."""

_PERIODS: Final = (
    ("tt_8b_h200", 2025.45), ("tt_70b_bf16", 2025.45),
    ("meg21", 2021.3), ("nar21", 2021.3), ("kor22", 2022.4), ("bloom", 2022.1), ("opt", 2021.9),
    ("meg24", 2024.5), ("meglm", 2025.0), ("nemo2407", 2024.5), ("llmf", 2023.6), ("tt_", 2024.9),
    ("ironwood", 2025.9), ("tpurec", 2024.9), ("llama31", 2024.3), ("llama2", 2023.3),
    ("llama4", 2025.2), ("dsv3", 2024.9), ("maxtext", 2024.3), ("nemotron4", 2024.2),
    ("palm", 2021.9),
)  # fmt: skip
_SEQUENCES_PER_EVALUATION: Final = 24_576
_FEWEST_EVALUATIONS: Final = 23
_EVALUATION_EDGES: Final = (1792.0, 2880.0, 3584.0, 5120.0)
INTERLEAVED_SINCE: Final = 2022.3
_USUAL_YEAR: Final = 2025.0


def _found(pattern: str, text: str) -> float:
    match = re.search(pattern, text, re.I)
    return float(match[1]) if match else np.nan


def _first(patterns: tuple[str, ...], text: str) -> float:
    values = [_found(pattern, text) for pattern in patterns]
    return next((value for value in values if np.isfinite(value)), np.nan)


def software_year(note: str, source: str, case_id: str) -> float:
    """Return when the software of a run was current, a year with its fraction.

    Releases of NeMo carry the month in their name, MLPerf rounds their date; other sources
    count the time of their publication.

    Parameters
    ----------
    note, source, case_id : str
        As recorded.

    Examples
    --------
    >>> software_year("NeMo 25.09 Pre-Training", "", "x"), software_year("", "", "nobody")
    (2025.75, 2025.0)
    """
    release = re.search(r"NeMo (\d{2})\.(\d{2})", note)
    if release:
        return 2000.0 + int(release[1]) + int(release[2]) / 12
    for round_name, year in _RELEASES.items():
        if f"results_{round_name}" in source or f"_{round_name}_" in case_id:
            return year
    return next((year for start, year in _PERIODS if case_id.startswith(start)), _USUAL_YEAR)


def convention_of(note: str, source: str, case_id: str) -> str:
    """Return the convention in which a run's FLOP are printed; see `FLOP_CONVENTIONS`.

    Parameters
    ----------
    note, source, case_id : str
        As recorded.

    Examples
    --------
    >>> convention_of("HARDWARE flops (full activation recompute)", "", "meg21")
    'hardware'
    >>> convention_of("NeMo 25.09 Pre-Training", "", "bridge")
    'causal'
    """
    if "HARDWARE" in note:
        return "hardware"
    if re.search(r"NeMo 2[5-9]\.", note) or "MaxText" in note or "step " in note[:5]:
        return "causal"
    if case_id.startswith("meglm"):
        return "full-with-embedding"
    return "full"


def framework_of(source: str, case_id: str) -> str:
    """Return the family of software of a run: of `FRAMEWORKS`.

    Parameters
    ----------
    source, case_id : str
        As recorded.

    Examples
    --------
    >>> framework_of("pytorch/torchtitan", "tt_8b_8_fsdp_tok"), framework_of("", "x")
    ('torch', 'megatron')
    >>> framework_of("pytorch/torchtitan", "tt_8b_8_fsdp_c_tok")
    'torch-compiled'
    """
    text = f"{source} {case_id}".lower()
    if any(word in text for word in ("torchtitan", "tt_", "foundry", "llmf", "fsdp")):
        # Every row of torchtitan's tables is compiled but those of plain FSDP; see its pages.
        plain = re.search(_PLAIN_FSDP, case_id) or not case_id.startswith("tt_")
        return "torch" if plain else "torch-compiled"
    tpu = ("maxtext", "tpu", "ironwood", "gpu-recipes")
    return "maxtext" if any(word in text for word in tpu) else "megatron"


def recompute_of(note: str, convention: str) -> str:
    """Return what a run computes again, empty if nothing says so.

    Parameters
    ----------
    note : str
        As recorded.
    convention : str
        From `convention_of`: runs that count hardware FLOP recompute whole layers.

    Examples
    --------
    >>> recompute_of("FSDP2, selective AC, local bs 2", "full")
    'selective'
    """
    text = note.lower()
    full = ("full ac", "recompute=full", "full recompute", "full activation", "act ckpt true")
    if convention == "hardware" or any(words in text for words in full):
        return "full"
    if any(words in text for words in ("selective", "seqsel")):
        return "selective"
    return "none" if "act ckpt false" in text else ""


def _run_tokens(note: str) -> float:
    """Return the tokens of a whole run that a note names."""
    match = re.search(_TOKENS, note)
    return float(match[1]) * {"T": 1e12, "B": 1e9}[match[2]] if match else np.nan


def _recompute(note: str, convention: str, case_id: str, base: str) -> str:
    """Return what a run computes again; torchtitan's selective mode works by operation."""
    mode = recompute_of(note, convention) or _native_default(case_id, base)
    return "alternate" if mode == "selective" and case_id.startswith("tt_") else mode


def _native_default(case_id: str, base: str) -> str:
    """Return what torchtitan's benchmarks recompute where a row repeats the row above it."""
    if not case_id.startswith("tt_"):
        return ""
    return "alternate" if base.lower().endswith("-8b") else "full"


def benchmark_samples(note: str, source: str, base: str, sequences: float) -> float:
    """Return the sequences that a benchmark run needed to reach its target, NaN if unknown.

    As recorded; for MLPerf's GPT-3, whose logs name none, evaluations until the target times
    24,576 sequences. Throughput times duration of 19 logged runs gives 24 evaluations up to a
    batch of 2,688 sequences, 25 at 3,072 and 26 at 4,096; the steps beyond are read on.

    Parameters
    ----------
    note, source : str
        As recorded.
    base : str
        Name of the model without suffixes.
    sequences : float
        Global batch.

    Examples
    --------
    >>> benchmark_samples("samples to target 276480", "", "Llama", 1152.0)
    276480.0
    >>> benchmark_samples("", "mlcommons/training_results_v4.1", "GPT-3 175B", 3072.0)
    614400.0
    """
    recorded = _found(_SAMPLES, note)
    mlperf_gpt3 = "training_results" in source and base.lower().startswith("gpt-3 175b")
    if np.isfinite(recorded) or not mlperf_gpt3 or not np.isfinite(sequences):
        return recorded
    evaluations = _FEWEST_EVALUATIONS + sum(sequences > edge for edge in _EVALUATION_EDGES)
    return float(_SEQUENCES_PER_EVALUATION * evaluations)


def read_note(note: str, source: str, case_id: str, model: str, base: str) -> dict[str, Any]:
    """Return what a row says outside of its columns of numbers.

    Parameters
    ----------
    note, source, case_id, model : str
        As recorded.
    base : str
        Name of the model without suffixes.

    Returns
    -------
    dict of str
        Micro-batch, chunks of layers, sharding, recomputation, convention, period, predicted
        tokens, tokens of the run, and whether the value is an estimate.
    """
    convention = convention_of(note, source, case_id)
    sharded, text = _found(_SHARDED, note), note + " " + source
    whole = "FULL_SHARD" in note or sharded > 1 or "FSDP2" in note or case_id.startswith("tt_")
    further = "deepseekv3" in base.lower() and "w/o MTP" not in model
    return {
        "micro_batch_noted": _first(_MICRO, note), "convention": convention,
        "virtual_noted": _found(_VIRTUAL, note),
        "sharding": 3.0 if whole else (2.0 if "SHARD_GRAD_OP" in text else 1.0),
        "recompute_noted": _recompute(note, convention, case_id, base),
        "year": software_year(note, source, case_id),
        "predicted_tokens": 2.0 if further else 1.0,
        "run_tokens": _run_tokens(note),
        "convergence_scaling": np.nan_to_num(_found(_SCALING, note), nan=1.0),
        "framework": framework_of(source, case_id),
        "estimate": case_id.startswith("nar21_days"),
    }  # fmt: skip
