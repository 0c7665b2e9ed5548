"""Energy of a long query: roofline time times power, beside what was measured and published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from computebook import datasets, memory, roofline, units
from computebook.architectures import Transformer
from computebook.exhibits.infrastructure_planning.measured import (
    decode_efficiency,
    prefill_efficiency,
)
from computebook.exhibits.infrastructure_planning.schema import (
    GPUS,
    formats,
    gpu_name,
    placement,
)
from computebook.exhibits.training_clusters.inputs import (
    factor,
    range_of,
    rated_w_per_gpu,
    row_of,
)
from computebook.hardware import Accelerator
from computebook.memory import Placement
from computebook.scenarios import Range

__all__ = [
    "Query",
    "energy_ratios",
    "gemini_shares",
    "long_queries",
    "measured_per_token",
    "published_prompts",
    "query_energy",
    "query_ranges",
    "query_wh",
]

#: Servers that may hold one copy of a model: one or two of eight.
SERVERS: Final = (8, 16, 32)
SHORT_ANSWER_TOKENS: Final = 2_000
PUBLISHED: Final = {
    "prompt-gemini": "Gemini, median",
    "prompt-chatgpt-altman": "ChatGPT, average",
    "prompt-epoch-gpt4o-typical": "GPT-4o, short prompt",
    "prompt-epoch-gpt4o-10k": "GPT-4o, 10k prompt",
    "prompt-epoch-gpt4o-100k": "GPT-4o, 100k prompt",
}
ENDS: Final = ("low", "central", "high")
OPPOSITE: Final = {"low": "high", "central": "central", "high": "low"}


@dataclass(frozen=True)
class Query:
    """A request: what it reads and what it writes.

    Attributes
    ----------
    name : str
        What the tables call it.
    prompt_tokens, answer_tokens : float
        Tokens read and written, reasoning included.
    """

    name: str
    prompt_tokens: float
    answer_tokens: float


@dataclass(frozen=True)
class Energy:
    """Energy of one query at the facility, by part, Wh.

    Attributes
    ----------
    prompt_wh, answer_wh : float
        To read the prompt and to write the answer.
    """

    prompt_wh: float
    answer_wh: float

    @property
    def total_wh(self) -> float:
        """Both parts."""
        return self.prompt_wh + self.answer_wh


def long_queries() -> tuple[Query, Query]:
    """Return the two readings of a "400K-context query" of GPT-5.2.

    The window is prompt and output together: the longest prompt with a short answer, and the
    same prompt with the longest output.

    Examples
    --------
    >>> [(q.prompt_tokens, q.answer_tokens) for q in long_queries()]
    [(272000.0, 2000), (272000.0, 128000.0)]
    """
    limits = row_of("commercial_models", "model_id", "gpt-5.2")
    prompt, output = float(limits["max_input_tokens"]), float(limits["max_output_tokens"])
    return (
        Query("Full prompt, short answer", prompt, SHORT_ANSWER_TOKENS),
        Query("Full prompt, full output", prompt, output),
    )


def _fitting(
    shape: Transformer, gpu: Accelerator, tokens: float, precisions: Sequence[str]
) -> tuple[Placement, float]:
    """Return the fewest servers that hold a query, and how many queries they hold."""
    for count in SERVERS:
        layout = placement(shape, *formats(precisions), count)
        room = float(memory.max_batch_size(shape, gpu.memory_bytes, tokens, layout))
        if room >= 1:
            return layout, room
    return layout, room


def _node_w(accelerator_id: str, layout: Placement, end: str, pue: Range, load: Range) -> float:
    # A rack of servers draws its rating times its load; the hall adds other IT, then the PUE.
    each = getattr(rated_w_per_gpu(accelerator_id), end) * getattr(load, end)
    each *= getattr(factor("it-overhead-epoch"), end)
    return float(each * getattr(pue, end) * layout.tensor_parallel)


def query_energy(
    architecture_id: str,
    accelerator_id: str,
    query: Query,
    precisions: Sequence[str],
    pue: Sequence[float],
    load_fraction: Sequence[float],
    end: str,
) -> Energy:
    """Return the energy of a query at one end of its range.

    ``P x (prefill time + answer x step time / batch)``. Low: efficient engine, low power, as
    many queries together as memory holds; high: the opposite, and alone on its servers; central:
    half of what memory holds. Source: `elsworth2025gemini` (what a figure must include).

    Parameters
    ----------
    architecture_id, accelerator_id : str
        Model and GPU.
    query : Query
        The request.
    precisions : sequence of str
        Format of the weights and of the cache.
    pue, load_fraction : sequence of float
        Low, central and high of each.
    end : {"low", "central", "high"}
        Which end.

    Returns
    -------
    Energy
        Wh at the facility.
    """
    shape, gpu = datasets.architecture(architecture_id), datasets.accelerator(accelerator_id)
    tokens = query.prompt_tokens + query.answer_tokens
    layout, room = _fitting(shape, gpu, tokens, precisions)
    together = {"low": max(room, 1), "central": max(np.ceil(room / 2), 1), "high": 1.0}[end]
    mean = query.prompt_tokens + query.answer_tokens / 2
    decode = getattr(decode_efficiency(), OPPOSITE[end])
    prefill = getattr(prefill_efficiency(), OPPOSITE[end])
    step = roofline.decode_step_lower_bound_s(shape, gpu, mean, together, layout) / decode
    read = roofline.prefill_lower_bound_s(shape, gpu, query.prompt_tokens, 1, layout) / prefill
    spread, load = range_of("pue", pue), range_of("load_fraction", load_fraction)
    watts = _node_w(accelerator_id, layout, end, spread, load)
    wh = watts / units.SECONDS_PER_HOUR
    return Energy(float(wh * read), float(wh * query.answer_tokens * step / together))


def query_wh(
    architecture_id: str,
    accelerator_id: str,
    query: Query,
    precisions: Sequence[str],
    pue: Sequence[float],
    load_fraction: Sequence[float],
) -> Range:
    """Return the energy of a query as low, central and high, Wh at the facility.

    Parameters
    ----------
    architecture_id, accelerator_id, query, precisions, pue, load_fraction
        As in `query_energy`.
    """
    given = (architecture_id, accelerator_id, query, precisions, pue, load_fraction)
    return Range(*(query_energy(*given, end).total_wh for end in ENDS))


def query_ranges(
    fleet_model: str,
    precisions: Sequence[str],
    pue: Sequence[float],
    load_fraction: Sequence[float],
) -> pd.DataFrame:
    """Return the energy of both readings of the long query on each GPU, and published prompts.

    Parameters
    ----------
    fleet_model, precisions, pue, load_fraction
        As parameters of the chapter.

    Returns
    -------
    DataFrame
        `case`, `kind` ("estimate" or "published"), `low`, `central`, `high` (Wh).
    """
    rows = [
        (
            f"{gpu_name(gpu)}, {query.name.rpartition(', ')[2]}",
            "estimate",
            *_ends(query_wh(fleet_model, gpu, query, precisions, pue, load_fraction)),
        )
        for query in long_queries()
        for gpu in GPUS
    ]
    prompts = published_prompts()
    rows += [(row["name"], "published", *3 * (row["wh"],)) for row in prompts.to_dict("records")]
    return pd.DataFrame(rows, columns=["case", "kind", *ENDS])


def _ends(values: Range) -> tuple[float, float, float]:
    return values.low, values.central, values.high


def energy_ratios(
    architectures: Sequence[str],
    precisions: Sequence[str],
    pue: Sequence[float],
    load_fraction: Sequence[float],
) -> pd.DataFrame:
    """Return the central energy of the long query by model and GPU, and the ratio to H100.

    Parameters
    ----------
    architectures, precisions, pue, load_fraction
        As parameters of the chapter.

    Returns
    -------
    DataFrame
        `model`, `query`, one column of Wh per GPU, `prompt_share` (of the energy, on H100),
        `h200_over_h100`, `b200_over_h100`.
    """
    rows = []
    for query in long_queries():
        for name in architectures:
            found = [
                query_energy(name, gpu, query, precisions, pue, load_fraction, "central")
                for gpu in GPUS
            ]
            totals = [each.total_wh for each in found]
            share = found[0].prompt_wh / totals[0]
            ratios = (totals[1] / totals[0], totals[2] / totals[0])
            model = datasets.architecture(name).name
            rows.append((model, query.name, *totals, share, *ratios))
    columns = ["model", "query", *GPUS, "prompt_share", "h200_over_h100", "b200_over_h100"]
    return pd.DataFrame(rows, columns=columns)


def measured_per_token() -> pd.DataFrame:
    """Return measured energy per output token on both GPUs where the same model ran on both.

    GPU energy only, at eight sequences and at the best batch.

    Source: `mlenergy2026leaderboard`.

    Returns
    -------
    DataFrame
        `model`, `batch` ("8" or "best"), `h100_j`, `b200_j` (lowest over layouts), `ratio`.

    Examples
    --------
    >>> frame = measured_per_token()
    >>> bool((frame["ratio"] < 1.2).all())
    True
    """
    table = datasets.load("power_measurements")
    runs = table[(table["category"] == "token") & table["batch_limit"].notna()].copy()
    runs["batch"] = np.where(runs["batch_limit"] == 8, "8", "best")
    keys = ["model", "batch"]
    wide = runs.pivot_table(index=keys, columns="accelerator_id", values="value", aggfunc="min")
    both = wide.dropna(subset=["h100-sxm", "b200-sxm"]).reset_index()
    both = both.rename(columns={"h100-sxm": "h100_j", "b200-sxm": "b200_j"})
    return both.assign(ratio=both["b200_j"] / both["h100_j"])[[*keys, "h100_j", "b200_j", "ratio"]]


def published_prompts() -> pd.DataFrame:
    """Return published energies per prompt.

    Returns
    -------
    DataFrame
        `name` (product and prompt, in short), `wh`.

    Examples
    --------
    >>> published_prompts()["wh"].tolist()
    [0.24, 0.34, 0.3, 2.5, 40.0]
    """
    table = datasets.load("power_measurements").set_index("measurement_id")["value"]
    return pd.DataFrame(
        {
            "name": list(PUBLISHED.values()),
            "wh": [float(table[measurement]) for measurement in PUBLISHED],
        }
    )


def gemini_shares() -> dict[str, float]:
    """Return where the energy of the median Gemini prompt goes, percent as printed.

    Source: `elsworth2025gemini`.

    Examples
    --------
    >>> gemini_shares()["share of tpu"]
    58.0
    """
    table = datasets.load("power_measurements")
    rows = table[(table["category"] == "prompt") & (table["metric"] == "energy_share")]
    return {str(k): float(v) for k, v in zip(rows["condition"], rows["value"], strict=True)}
