"""What the chapter can be asked for, and the parts that its exhibits share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from computebook import datasets, errors
from computebook.architectures import Transformer
from computebook.memory import Placement
from computebook.parameters import Parameter
from computebook.units import Quantity

__all__ = [
    "ANSWER_TOKENS",
    "ARCHITECTURES",
    "GPUS",
    "PARAMETERS",
    "Plan",
    "Workload",
    "formats",
    "gpu_name",
    "placement",
    "workloads",
]

#: The accelerators that the article recommends, all sold in air-cooled servers of eight.
GPUS: Final = ("h100-sxm", "h200-sxm", "b200-sxm")
#: Open models of the frontier class whose shape is published.
ARCHITECTURES: Final = (
    "gpt-oss-120b",
    "llama-4-maverick",
    "deepseek-v3",
    "deepseek-v3.2",
    "kimi-k2",
    "qwen3-235b-a22b",
    "qwen3-coder-480b",
    "glm-4.5",
    "mistral-large-2",
    "llama-3.1-70b",
    "llama-3.1-405b",
)
_DEFAULT_ARCHITECTURES: Final = [
    "gpt-oss-120b",
    "deepseek-v3.2",
    "deepseek-v3",
    "qwen3-235b-a22b",
    "llama-3.1-405b",
]
WORKLOAD_NAMES: Final = ("Short context", "Medium context", "Long context")
#: Mean answer of each workload, reasoning included, tokens: chat, coding, documents.
ANSWER_TOKENS: Final = (500, 1_000, 2_000)
THREE: Final = 3
PAIR: Final = 2

PARAMETERS: Final[tuple[Parameter, ...]] = (
    Parameter(
        "architectures", "list", "", _DEFAULT_ARCHITECTURES, choices=ARCHITECTURES,
        meaning="Open models that stand in for closed ones; at most seven.",
    ),
    Parameter(
        "fleet_model", "str", "", "deepseek-v3", choices=ARCHITECTURES,
        meaning="Open model that the planned fleet serves.",
    ),
    Parameter(
        "precisions", "list", "", ["fp8", "bf16"],
        choices=("bf16", "fp8", "nvfp4", "mxfp4", "int4"),
        meaning="Number format of the weights, then of the KV cache; one stands for both.",
    ),
    Parameter(
        "tpot_ms", "float", "ms", 50.0, 5.0, 1_000.0,
        meaning="Longest time per output token that a user may see.",
    ),
    Parameter(
        "batch_size", "int", "sequences", 8, 1, 4_096,
        meaning="Users that decode together, in the bandwidth requirement.",
    ),
    Parameter(
        "context_tokens", "list", "tokens", [4_000, 32_000, 128_000], 100, 2_000_000,
        meaning="Prompt of the short, medium and long workload of the fleet.",
    ),
    Parameter(
        "concurrent_users", "list", "users", [2_000, 400, 50], 1, 1_000_000,
        meaning="Users who wait for tokens at the peak, per workload.",
    ),
    Parameter(
        "ttft_s", "list", "s", [2.0, 5.0, 20.0], 0.05, 600.0,
        meaning="Longest mean wait for the first token, per workload.",
    ),
    Parameter(
        "cached_fraction", "float", "of 1", 0.56, 0.0, 0.99,
        meaning="Share of the prompt tokens that a prefix cache spares.",
    ),
    Parameter(
        "pue", "list", "", [1.1, 1.25, 1.54], 1.0, 3.0,
        meaning="Facility power over IT power: low, central, high.",
    ),
    Parameter(
        "busy_fraction", "list", "of 1", [0.4, 0.6, 1.0], 0.05, 1.0,
        meaning="Share of the month in which the fleet runs at its peak: low, central, high.",
    ),
    Parameter(
        "electricity_usd_per_kwh", "list", "$/kWh", [0.05, 0.0826, 0.15], 0.0, 2.0,
        meaning="Electricity price: low, central, high.",
    ),
    Parameter(
        "gpu_hour_usd", "list", "$/GPU-h", [3.9, 3.9, 6.7], 0.05, 100.0,
        meaning="Rent of one H100, H200 and B200 for an hour.",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Workload:
    """One part of the traffic at its peak.

    Attributes
    ----------
    name : str
        What the tables call it.
    prompt_tokens, answer_tokens : float
        Mean prompt and mean answer of a request, tokens.
    users : float
        Users at once, each with one request under way.
    ttft_s : float
        Longest mean wait for the first token, s.
    """

    name: str
    prompt_tokens: float
    answer_tokens: float
    users: float
    ttft_s: float

    @property
    def full_tokens(self) -> float:
        """Tokens that a sequence holds at its end."""
        return self.prompt_tokens + self.answer_tokens

    @property
    def mean_tokens(self) -> float:
        """Tokens that a sequence holds halfway through its answer."""
        return self.prompt_tokens + self.answer_tokens / 2


@dataclass(frozen=True)
class Plan:
    """What a fleet has to serve, and how.

    Attributes
    ----------
    model : str
        Open model that is served.
    weights, cache : str
        Number formats, by name; empty for those in which the model is published.
    tpot_s : float
        Longest time per output token, s.
    workloads : tuple of Workload
        The traffic.
    cached_fraction : float
        Share of prompt tokens found in the prefix cache.
    """

    model: str
    weights: str
    cache: str
    tpot_s: float
    workloads: tuple[Workload, ...]
    cached_fraction: float


def workloads(
    context_tokens: Sequence[float],
    concurrent_users: Sequence[float],
    ttft_s: Sequence[float],
) -> tuple[Workload, ...]:
    """Return the three workloads of the fleet.

    Parameters
    ----------
    context_tokens, concurrent_users, ttft_s : sequence of float
        Prompt, tokens, peak users, and longest wait for the first token, s, of each.

    Raises
    ------
    ComputebookError
        If there are not three of each.

    Examples
    --------
    >>> given = ([4_000, 32_000, 128_000], [2_000, 400, 50], [2.0, 5.0, 20.0])
    >>> [work.full_tokens for work in workloads(*given)]
    [4500, 33000, 130000]
    """
    given = {
        "context_tokens": context_tokens,
        "concurrent_users": concurrent_users,
        "ttft_s": ttft_s,
    }
    for field, values in given.items():
        if len(values) != THREE:
            raise errors.ComputebookError(
                f"{field} = {list(values)} has {len(values)} values: one for the short, the medium "
                f"and the long workload is needed"
            )
    rows = zip(WORKLOAD_NAMES, context_tokens, ANSWER_TOKENS, concurrent_users, ttft_s, strict=True)
    return tuple(Workload(*row) for row in rows)


def formats(precisions: Sequence[str]) -> tuple[str, str]:
    """Return the number format of the weights and that of the cache.

    Parameters
    ----------
    precisions : sequence of str
        The two, in this order; one stands for both.

    Raises
    ------
    ComputebookError
        If there are more than two.

    Examples
    --------
    >>> formats(["fp8", "bf16"])
    ('fp8', 'bf16')
    """
    if not 1 <= len(precisions) <= PAIR:
        raise errors.ComputebookError(
            f"precisions = {list(precisions)} has {len(precisions)} values: the format of the "
            f"weights and that of the cache are needed, or one for both"
        )
    return precisions[0], precisions[-1]


def gpu_name(accelerator_id: str) -> str:
    """Return the short name of an accelerator.

    Examples
    --------
    >>> gpu_name("b200-sxm"), gpu_name("gb200")
    ('B200', 'GB200')
    """
    return datasets.accelerator(accelerator_id).name.split()[1]


def placement(
    shape: Transformer, weights: str, cache: str, gpus: int, groups: float | None = None
) -> Placement:
    """Return a model spread over accelerators, with groups that keep different sequences.

    Parameters
    ----------
    shape : Transformer
        The model.
    weights, cache : str
        Number formats.
    gpus : int
        Accelerators that share one copy of the weights.
    groups : float, optional
        Attention groups among them; by default as many as it takes for no GPU to hold a copy of
        another's cache (a latent has no heads to divide).

    Examples
    --------
    >>> ids = ("deepseek-v3", "llama-3.1-405b")
    >>> [placement(datasets.architecture(i), "fp8", "bf16", 16).attention_data_parallel
    ...  for i in ids]
    [16.0, 2.0]
    """
    heads: Quantity = np.where(np.greater(shape.kv_lora_rank, 0), 1, np.maximum(shape.kv_heads, 1))
    chosen = float(np.maximum(gpus / heads, 1)) if groups is None else groups
    return Placement.of(weights, cache, tensor_parallel=gpus, attention_data_parallel=chosen)
