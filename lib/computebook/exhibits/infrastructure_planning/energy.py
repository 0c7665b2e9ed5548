"""Energy of a long query by the calibrated models, beside what was measured and published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from computebook import datasets, memory, serving, units
from computebook.architectures import Transformer
from computebook.exhibits.facility import factor
from computebook.exhibits.infrastructure_planning.fleets import ENGINE
from computebook.exhibits.infrastructure_planning.schema import (
    GPUS,
    formats,
    gpu_name,
    placement,
)
from computebook.hardware import Accelerator
from computebook.inference.calibration import constants_for
from computebook.inference.energy_table import draw_constants, energy_intervals
from computebook.inference.table import constants_from_table
from computebook.memory import Placement
from computebook.scenarios import Range, range_of

__all__ = [
    "Query",
    "deployment",
    "energy_ratios",
    "gemini_shares",
    "interval",
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
#: Interval of energies whose throughput is predicted too.
KIND: Final = "throughput-predicted"


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
    limits = datasets.row_of("commercial_models", "model_id", "gpt-5.2")
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


def deployment(
    architecture_id: str, accelerator_id: str, layout: Placement, stages: float = 1.0
) -> serving.Deployment:
    """Return one copy of a model with the calibrated constants of its accelerator.

    Parameters
    ----------
    architecture_id, accelerator_id : str
        Model and GPU.
    layout : Placement
        GPUs, groups and number formats.
    stages : float, default 1
        Pipeline stages of so many GPUs each.
    """
    gpu = datasets.accelerator(accelerator_id)
    constants = constants_for(
        constants_from_table(),
        generation=gpu.generation,
        weights=layout.compute_precision,
        engine=ENGINE,
    )
    return serving.Deployment(
        architecture=datasets.architecture(architecture_id),
        accelerator=gpu,
        placement=layout,
        pipeline_parallel=stages,
        constants=constants,
    )


def interval() -> Range:
    """Return the factors from a predicted energy to its 80 % interval, throughput predicted too."""
    low, high = energy_intervals()[KIND]
    return Range(low, 1.0, high)


def query_energy(
    architecture_id: str,
    accelerator_id: str,
    query: Query,
    precisions: Sequence[str],
    pue: Sequence[float],
    end: str,
) -> Energy:
    """Return the energy of a query at one end of its range.

    `serving.request_energy` at the plug of the servers, times other IT and the PUE. Low: as many
    queries together as memory holds, low end of the model's interval; high: alone on its servers,
    high end; central: half of what memory holds. Source: `elsworth2025gemini` (what a figure
    must include), `chung2025mlenergy` (measured power).

    Parameters
    ----------
    architecture_id, accelerator_id : str
        Model and GPU.
    query : Query
        The request.
    precisions : sequence of str
        Format of the weights and of the cache.
    pue : sequence of float
        Low, central and high.
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
    use = serving.request_energy(
        deployment(architecture_id, accelerator_id, layout),
        together,
        query.prompt_tokens,
        query.answer_tokens,
        draw_constants(gpu.generation),
    )
    outside = getattr(factor("it-overhead-epoch"), end) * getattr(range_of("pue", pue), end)
    scale = outside * getattr(interval(), end) / units.JOULES_PER_WH
    return Energy(float(use.server_prompt_j * scale), float(use.server_answer_j * scale))


def query_wh(
    architecture_id: str,
    accelerator_id: str,
    query: Query,
    precisions: Sequence[str],
    pue: Sequence[float],
) -> Range:
    """Return the energy of a query as low, central and high, Wh at the facility.

    Parameters
    ----------
    architecture_id, accelerator_id, query, precisions, pue
        As in `query_energy`.
    """
    given = (architecture_id, accelerator_id, query, precisions, pue)
    return Range(*(query_energy(*given, end).total_wh for end in ENDS))


def query_ranges(
    fleet_model: str,
    precisions: Sequence[str],
    pue: Sequence[float],
) -> pd.DataFrame:
    """Return the energy of both readings of the long query on each GPU, and published prompts.

    Parameters
    ----------
    fleet_model, precisions, pue
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
            *_ends(query_wh(fleet_model, gpu, query, precisions, pue)),
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
) -> pd.DataFrame:
    """Return the central energy of the long query by model and GPU, and the ratio to H100.

    Parameters
    ----------
    architectures, precisions, pue
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
            found = [query_energy(name, gpu, query, precisions, pue, "central") for gpu in GPUS]
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
