"""How many sequences a fixed number of accelerators holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import datasets, memory
from computebook.exhibits.gpu_sizing.article import FULL_WINDOW_TOKENS
from computebook.exhibits.gpu_sizing.case import Case
from computebook.exhibits.gpu_sizing.fleets import powers_of_two, short_name
from computebook.hardware import Accelerator
from computebook.units import Quantity

__all__ = ["CURVE_POINTS", "CURVE_TOKENS", "most_users", "node_users"]

NODE: Final = 8
CURVE_POINTS: Final = 25
CURVE_TOKENS: Final = (2_000, FULL_WINDOW_TOKENS)


def most_users(
    case: Case, accelerator: Accelerator, context_tokens: Quantity, accelerators: int
) -> Any:
    """Return the most sequences that a fixed number of accelerators holds.

    The best over attention groups; each group takes whole sequences.

    Parameters
    ----------
    case, accelerator, context_tokens
        As in `fleets.layouts`; contexts of at least one token.
    accelerators : int
        Accelerators of one copy of the model.

    Returns
    -------
    float or array
        Sequences; 0 where the weights do not fit.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> sized = case("llama-3.1-8b", "bf16", "bf16")
    >>> float(most_users(sized, datasets.accelerator("H100"), 8_192, 1))
    51.0
    """
    best: Any = np.zeros(np.shape(context_tokens))
    for groups in powers_of_two(accelerators):
        held = memory.max_batch_size(
            case.shape,
            accelerator.memory_bytes,
            context_tokens,
            case.placement(accelerators, groups),
            usable_fraction=case.usable_fraction,
            runtime_reserve_bytes=case.reserve_bytes,
        )
        best = np.maximum(best, np.floor(np.divide(held, groups)) * groups)
    return best


def node_users(case: Case, accelerator_ids: Sequence[str]) -> pd.DataFrame:
    """Return how many sequences eight accelerators hold at growing contexts.

    Parameters
    ----------
    case : Case
        Model, formats and memory policy.
    accelerator_ids : sequence of str
        Accelerators, a series each.

    Returns
    -------
    DataFrame
        `accelerator`, `context_tokens`, `users`; contexts that hold nobody are left out.

    Raises
    ------
    ComputebookError
        If an accelerator is unknown.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> curve = node_users(case("llama-3.1-70b", "fp8", "bf16"), ["h100-sxm"])
    >>> bool(curve["users"].is_monotonic_decreasing)
    True
    """
    tokens = np.round(np.geomspace(*CURVE_TOKENS, CURVE_POINTS))
    frames = []
    for name in accelerator_ids:
        gpu = datasets.accelerator(name)
        users = most_users(case, gpu, tokens, NODE)
        points = {"accelerator": short_name(gpu), "context_tokens": tokens, "users": users}
        frames.append(pd.DataFrame(points))
    curve = pd.concat(frames, ignore_index=True)
    return curve[curve["users"] > 0].reset_index(drop=True)
