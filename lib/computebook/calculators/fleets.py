"""What one accelerator of a published fleet, or of a modelled node, does in each phase."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from computebook import datasets, errors, memory, serving
from computebook.inference.calibration import constants_for
from computebook.inference.table import constants_from_table
from computebook.self_hosting import PhaseRates, RequestShape

__all__ = [
    "DEEPSEEK",
    "DEEPSEEK_UNIT",
    "NODE",
    "NODE_GPUS",
    "SGLANG",
    "SGLANG_NAME",
    "SGLANG_UNIT",
    "case_quantities",
    "node_rates",
    "published_rates",
]

DEEPSEEK: Final = "deepseek-2025-02"
SGLANG: Final = "sglang-2025-05"
DEEPSEEK_UNIT: Final = 8 * (4 + 18)
"""One prefill unit of 4 nodes and one decode unit of 18, system design of the same source."""
SGLANG_UNIT: Final = 96
NODE_GPUS: Final = 8
TOKEN_LIMIT_S: Final = 0.05
"""20 tokens a second for each user, what DeepSeek's service gave."""
SGLANG_NAME: Final = "SGLang's rates"
NODE: Final = "8 x H200, modelled"
_USERS: Final = np.unique(np.geomspace(1, 4_096, 97).round())


def case_quantities(case_id: str) -> dict[str, float]:
    """Return the published quantities of one case by name.

    Parameters
    ----------
    case_id : str
        Case in `self_host_cases`.

    Examples
    --------
    >>> case_quantities("deepseek-2025-02")["accelerators_per_node"]
    8.0
    """
    rows = datasets.load("self_host_cases")
    own = rows[rows["case_id"] == case_id]
    return {
        str(name): float(value) for name, value in zip(own["quantity"], own["value"], strict=True)
    }


def published_rates(case_id: str) -> PhaseRates:
    """Return the rates of one accelerator of a published fleet; DeepSeek's count cached tokens."""
    case = case_quantities(case_id)
    per_node = case["accelerators_per_node"]
    return PhaseRates(
        case["input_tokens_per_s_per_node"] / per_node,
        case["output_tokens_per_s_per_node"] / per_node,
        counts_cached=case_id == DEEPSEEK,
    )


def _node() -> serving.Deployment:
    """Return DeepSeek-V3 in FP8 on eight H200, data-parallel attention, calibrated constants."""
    return serving.Deployment(
        architecture=datasets.architecture("deepseek-v3"),
        accelerator=datasets.accelerator("h200-sxm"),
        placement=memory.Placement.of(
            "fp8", "bf16", tensor_parallel=NODE_GPUS, attention_data_parallel=NODE_GPUS
        ),
        constants=constants_for(
            constants_from_table(), generation="hopper", weights="fp8", engine="sglang"
        ),
    )


@cache
def node_rates(shape: RequestShape) -> PhaseRates:
    """Return what one H200 of a node of eight does, from the calibrated serving model.

    Prompts and answers share the node, with as many users as keep to 20 tokens a second each.
    The prompt's rate is that of packed prefill; the rest of the node's time is the answer's.

    Raises
    ------
    ComputebookError
        If the model serves no user at that speed.

    Examples
    --------
    >>> 100 < node_rates(RequestShape(2_000, 1_000)).decode_tokens_per_s < 2_500
    True
    """
    node = _node()
    prompt, output = max(shape.input_tokens, 1.0), max(shape.output_tokens, 1.0)
    held = serving.most_sequences(node, prompt + output)
    run = serving.fixed_concurrency(
        node, _USERS, prompt, output, cached_fraction=shape.cached_fraction, sequence_limit=held
    )
    fast = np.asarray(run.time_per_output_token_s) <= TOKEN_LIMIT_S
    most = float(np.where(fast, run.requests_per_s, 0.0).max())
    computed = max(prompt * (1 - shape.cached_fraction), 1.0)
    read_s = float(serving.packed_prefill_s(node, prompt, shape.cached_fraction))
    written_s = 1 / most - read_s if most > 0 else 0.0
    if written_s <= 0:
        raise errors.ComputebookError(
            f"no user of {prompt:,.0f} input and {output:,.0f} output tokens gets "
            f"{1 / TOKEN_LIMIT_S:.0f} tokens/s on one node"
        )
    return PhaseRates(computed / read_s / NODE_GPUS, output / written_s / NODE_GPUS)
