"""How much bandwidth a model needs for a latency, and how many GPUs bring it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from computebook import charts, datasets, errors, memory, roofline, units
from computebook.exhibits.infrastructure_planning.measured import decode_efficiency
from computebook.exhibits.infrastructure_planning.schema import GPUS, formats, gpu_name, placement

if TYPE_CHECKING:
    import altair as alt

__all__ = [
    "article_requirements",
    "bandwidth_chart",
    "full_reads",
    "required_tb_s",
    "requirement_curves",
    "requirements",
]

CONTEXTS: Final = (8_192, 16_384, 32_768, 65_536, 131_072, 262_144, 524_288, 1_048_576)
MOST_SERIES: Final = 7
#: The models of the article's table, whose architectures are not published.
CLOSED: Final = {
    "gpt-5.2": "GPT-5.2 (full context)",
    "claude-opus-4.5": "Claude Opus 4.5",
    "gemini-3-pro": "Gemini 3 Pro",
}
ARTICLE_TB_S: Final = {"gpt-5.2": "8.0", "claude-opus-4.5": "4.8", "gemini-3-pro": "8.0+"}
#: Totals drawn as references: one GPU and one server of eight.
REFERENCES: Final = (("h100-sxm", 1), ("b200-sxm", 1), ("h100-sxm", 8), ("b200-sxm", 8))


def full_reads() -> pd.DataFrame:
    """Return how long each accelerator takes to read all of its memory once.

    What fits is read within this time; a longer time per token cannot be missed for lack of
    bandwidth at peak rates. Source: `williams2009roofline`.

    Returns
    -------
    DataFrame
        `gpu`, `memory_gb`, `bandwidth_tb_s`, `peak_ms`, `measured_ms` (at the central measured
        efficiency).

    Examples
    --------
    >>> full_reads().set_index("gpu")["peak_ms"].round(1).to_dict()
    {'H100': 25.5, 'H200': 31.4, 'B200': 24.0, 'GB200': 24.8}
    """
    rows = []
    for name in (*GPUS, "gb200"):
        gpu = datasets.accelerator(name)
        peak = roofline.read_s(gpu.memory_bytes, gpu.memory_bandwidth_bytes_per_s)
        rows.append((gpu_name(name), gpu.memory_bytes, gpu.memory_bandwidth_bytes_per_s, peak))
    frame = pd.DataFrame(rows, columns=["gpu", "memory", "bandwidth", "peak"])
    return pd.DataFrame(
        {
            "gpu": frame["gpu"],
            "memory_gb": frame["memory"] / units.BYTES_PER_GB,
            "bandwidth_tb_s": frame["bandwidth"] / units.BYTES_PER_TB,
            "peak_ms": frame["peak"] * 1e3,
            "measured_ms": frame["peak"] * 1e3 / decode_efficiency().central,
        }
    )


def required_tb_s(
    architecture_id: str,
    context_tokens: float,
    batch_size: float,
    tpot_ms: float,
    precisions: Sequence[str],
) -> float:
    """Return the bandwidth, over all GPUs together, below which a step misses its time, TB/s.

    Touched weights and caches over the time per output token, at peak rates: a lower bound.
    Source: `williams2009roofline`, `pope2022efficiently`.

    Parameters
    ----------
    architecture_id : str
        Open model.
    context_tokens : float
        Tokens held per sequence.
    batch_size : float
        Sequences that decode together.
    tpot_ms : float
        Time per output token, ms.
    precisions : sequence of str
        Format of the weights and of the cache.

    Examples
    --------
    >>> round(required_tb_s("deepseek-v3", 400_000, 1, 50.0, ["fp8", "bf16"]), 2)
    1.29
    """
    shape = datasets.architecture(architecture_id)
    layout = placement(shape, *formats(precisions), 1)
    read = roofline.decode_read_bytes(shape, context_tokens, batch_size, layout)
    needed = roofline.minimum_bandwidth_bytes_per_s(read, tpot_ms / 1e3)
    return float(needed) / units.BYTES_PER_TB


def _memory_gb(
    architecture_id: str, context_tokens: float, batch_size: float, precisions: Sequence[str]
) -> float:
    shape = datasets.architecture(architecture_id)
    layout = placement(shape, *formats(precisions), 1)
    weights = memory.weight_bytes_per_accelerator(shape, layout)
    cache = memory.kv_cache_bytes(shape, context_tokens, batch_size, layout.kv_bits)
    return float(weights + cache) / units.BYTES_PER_GB


def _few(architectures: Sequence[str]) -> Sequence[str]:
    if len(architectures) > MOST_SERIES:
        raise errors.out_of_bounds("architectures", len(architectures), "models", 1, MOST_SERIES)
    return architectures


def requirement_curves(
    architectures: Sequence[str], batch_size: int, tpot_ms: float, precisions: Sequence[str]
) -> pd.DataFrame:
    """Return the required bandwidth by context for each open model.

    Parameters
    ----------
    architectures, batch_size, tpot_ms, precisions
        As parameters of the chapter.

    Returns
    -------
    DataFrame
        `model`, `context_tokens`, `tb_s`.
    """
    rows = [
        (
            datasets.architecture(name).name,
            context,
            required_tb_s(name, context, batch_size, tpot_ms, precisions),
        )
        for name in _few(architectures)
        for context in CONTEXTS
    ]
    return pd.DataFrame(rows, columns=["model", "context_tokens", "tb_s"])


def requirements(
    architectures: Sequence[str],
    context_tokens: float,
    batch_size: int,
    tpot_ms: float,
    precisions: Sequence[str],
) -> pd.DataFrame:
    """Return what each open model needs at one context: bandwidth, memory and GPUs.

    Parameters
    ----------
    architectures, batch_size, tpot_ms, precisions
        As parameters of the chapter.
    context_tokens : float
        Tokens held per sequence.

    Returns
    -------
    DataFrame
        `architecture_id`, `model`, `memory_gb`, `tb_s`, `measured_tb_s` (at the central measured
        efficiency), and per GPU of `GPUS` the whole GPUs that `memory` and `bandwidth` ask for:
        `h100-sxm_memory`, `h100-sxm_bandwidth`, ...

    Examples
    --------
    >>> frame = requirements(["deepseek-v3"], 400_000, 8, 50.0, ["fp8", "bf16"])
    >>> frame[["h100-sxm_memory", "h100-sxm_bandwidth"]].to_numpy().tolist()
    [[13, 7]]
    """
    share, rows = decode_efficiency().central, []
    for name in _few(architectures):
        held = _memory_gb(name, context_tokens, batch_size, precisions)
        needed = required_tb_s(name, context_tokens, batch_size, tpot_ms, precisions)
        row = {
            "architecture_id": name,
            "model": datasets.architecture(name).name,
            "memory_gb": held,
            "tb_s": needed,
            "measured_tb_s": needed / share,
        }
        rows.append(row | _gpu_counts(held, needed / share))
    return pd.DataFrame(rows)


def _gpu_counts(memory_gb: float, tb_s: float) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in GPUS:
        gpu = datasets.accelerator(name)
        usable = memory.USABLE_FRACTION * gpu.memory_bytes - memory.RUNTIME_RESERVE_BYTES
        each = gpu.memory_bandwidth_bytes_per_s / units.BYTES_PER_TB
        counts[f"{name}_memory"] = int(np.ceil(memory_gb * units.BYTES_PER_GB / usable))
        counts[f"{name}_bandwidth"] = int(np.ceil(tb_s / each))
    return counts


def _context(model_id: str) -> float:
    return float(
        datasets.row_of("commercial_models", "model_id", model_id)["context_window_tokens"]
    )


def article_requirements(
    architectures: Sequence[str], batch_size: int, tpot_ms: float, precisions: Sequence[str]
) -> pd.DataFrame:
    """Return the article's three minimums beside the range over open models of the class.

    The closed models publish no architecture: each gets the range that the open ones span at its
    context window.

    Parameters
    ----------
    architectures, batch_size, tpot_ms, precisions
        As parameters of the chapter.

    Returns
    -------
    DataFrame
        `model`, `context_tokens`, `article_tb_s`, `low_tb_s`, `central_tb_s` (median),
        `high_tb_s` (all at the central measured efficiency), `one_user_low_tb_s`,
        `one_user_high_tb_s` (batch of 1), and the least and most GPUs by bandwidth of each kind.
    """
    rows = []
    for model_id, label in CLOSED.items():
        context = _context(model_id)
        needs = requirements(architectures, context, batch_size, tpot_ms, precisions)
        alone = requirements(architectures, context, 1, tpot_ms, precisions)["measured_tb_s"]
        each = needs["measured_tb_s"]
        row = {
            "model": label,
            "context_tokens": context,
            "article_tb_s": ARTICLE_TB_S[model_id],
            "low_tb_s": each.min(),
            "central_tb_s": each.median(),
            "high_tb_s": each.max(),
            "one_user_low_tb_s": alone.min(),
            "one_user_high_tb_s": alone.max(),
        }
        for name in GPUS:
            counts = needs[f"{name}_bandwidth"]
            row[name] = f"{counts.min()} to {counts.max()}"
        rows.append(row)
    return pd.DataFrame(rows)


def _totals() -> pd.DataFrame:
    rows = []
    for name, count in REFERENCES:
        each = datasets.accelerator(name).memory_bandwidth_bytes_per_s / units.BYTES_PER_TB
        rows.append((f"{count}x {gpu_name(name)}", count * each, min(CONTEXTS)))
    return pd.DataFrame(rows, columns=["total", "tb_s", "context_tokens"])


def bandwidth_chart(curves: pd.DataFrame) -> alt.LayerChart:
    """Return required bandwidth by context, with the bandwidth of one and eight GPUs.

    Parameters
    ----------
    curves : DataFrame
        From `requirement_curves`.
    """
    import altair as alt

    x, y = "context_tokens", "tb_s"
    across, up = "Context held per user (tokens)", "Bandwidth (TB/s)"
    drawn = charts.lines(
        curves,
        x=x,
        y=y,
        series="model",
        log_x=True,
        log_y=True,
        x_format=".0s",
        x_title=across,
        y_title=up,
    )
    base = alt.Chart(_totals())
    rules = base.mark_rule(strokeDash=[2, 3], strokeWidth=1).encode(y=alt.Y(f"{y}:Q", title=up))
    labels = base.mark_text(align="left", dx=2, dy=10, fontSize=11).encode(
        x=alt.X(f"{x}:Q", title=across), y=alt.Y(f"{y}:Q", title=up), text="total:N"
    )
    return alt.LayerChart(layer=[*drawn.layer, rules, labels], padding=drawn.padding)
