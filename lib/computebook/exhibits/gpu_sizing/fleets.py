"""How many accelerators hold a model with its sequences."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from computebook import datasets, errors, memory, units
from computebook.exhibits.gpu_sizing.article import FULL_WINDOW_TOKENS, prompt_limit_tokens
from computebook.exhibits.gpu_sizing.caches import representatives
from computebook.exhibits.gpu_sizing.case import Case
from computebook.hardware import Accelerator
from computebook.units import Quantity

__all__ = [
    "CONTEXTS",
    "Layout",
    "fleet_map",
    "fleets_of",
    "holds",
    "layout",
    "layouts",
    "powers_of_two",
    "short_name",
    "window_fleets",
]

#: Contexts of the maps: powers of two, the article's edges, and the two limits of GPT-5.2.
CONTEXTS: Final = (8_192, 32_768, 131_072, prompt_limit_tokens(), FULL_WINDOW_TOKENS)
USERS: Final = (1, 4, 16, 64, 256)
MOST_ACCELERATORS: Final = 1024
MEMORY_SUFFIX: Final = re.compile(r" \d+GB$")


def short_name(accelerator: Accelerator) -> str:
    """Return the name of an accelerator without maker, remarks and a memory size at its end.

    Examples
    --------
    >>> short_name(datasets.accelerator("h100-sxm"))
    'H100 SXM'
    """
    name = accelerator.name.partition(" (")[0].removeprefix(f"{accelerator.vendor} ")
    return MEMORY_SUFFIX.sub("", name)


@dataclass(frozen=True)
class Layout:
    """The smallest number of accelerators that holds a case, and its attention groups.

    Attributes
    ----------
    accelerators : int
        Accelerators of one copy of the model; 0 where none of the tried numbers is enough.
    groups : int
        Groups among them that keep different sequences.
    """

    accelerators: int
    groups: int


def powers_of_two(most: int) -> list[int]:
    """Return the powers of two up to a number.

    Examples
    --------
    >>> powers_of_two(8)
    [1, 2, 4, 8]
    """
    return [2**power for power in range(most.bit_length()) if 2**power <= most]


def holds(
    case: Case,
    accelerator: Accelerator,
    context_tokens: Quantity,
    batch_size: Quantity,
    fleet: Layout,
) -> Any:
    """Return where a fleet holds the sequences; each group takes whole ones.

    Parameters
    ----------
    case, accelerator, context_tokens, batch_size
        As in `layouts`.
    fleet : Layout
        Accelerators and attention groups.

    Returns
    -------
    bool or array of bool
        False where there are fewer sequences than groups, too.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> sized = case("llama-3.1-70b", "fp8", "bf16")
    >>> bool(holds(sized, datasets.accelerator("H100"), 8_192, 16, Layout(2, 1)))
    True
    """
    placed = np.ceil(np.divide(batch_size, fleet.groups)) * fleet.groups
    enough = memory.fits(
        case.shape,
        accelerator.memory_bytes,
        context_tokens,
        placed,
        case.placement(fleet.accelerators, fleet.groups),
        usable_fraction=case.usable_fraction,
        runtime_reserve_bytes=case.reserve_bytes,
    )
    return np.logical_and(enough, np.less_equal(fleet.groups, batch_size))


def layouts(
    case: Case, accelerator: Accelerator, context_tokens: Quantity, batch_size: Quantity
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the smallest fleets over grids of contexts and users.

    Tries powers of two and, for each, attention groups of 1, 2, 4, ...: where more accelerators
    would only hold copies of the same cache, groups keep different sequences instead.

    Parameters
    ----------
    case : Case
        Model, formats and memory policy.
    accelerator : Accelerator
        One accelerator.
    context_tokens, batch_size : int or array
        Tokens per sequence and sequences; they broadcast.

    Returns
    -------
    tuple of arrays
        Accelerators (NaN where 1,024 are not enough) and attention groups.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> sized = case("llama-3.1-70b", "fp8", "bf16")
    >>> layouts(sized, datasets.accelerator("H100"), [8_192, 131_072], 16)[0]
    array([ 2., 16.])
    """
    tokens, users = np.broadcast_arrays(context_tokens, batch_size)
    count = np.full(tokens.shape, np.nan)
    groups = np.ones(tokens.shape)
    for size in reversed(powers_of_two(MOST_ACCELERATORS)):
        for split in reversed(powers_of_two(size)):
            enough = holds(case, accelerator, tokens, users, Layout(size, split))
            count, groups = np.where(enough, size, count), np.where(enough, split, groups)
    return count, groups


def layout(case: Case, accelerator: Accelerator, context_tokens: int, batch_size: int) -> Layout:
    """Return the smallest fleet for one context and number of sequences.

    Parameters
    ----------
    case, accelerator, context_tokens, batch_size
        As in `layouts`, single numbers.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> layout(case("llama-3.1-70b", "fp8", "bf16"), datasets.accelerator("H100"), 8_192, 16)
    Layout(accelerators=2, groups=1)
    """
    count, groups = layouts(case, accelerator, context_tokens, batch_size)
    found = float(count)
    return Layout(0, 1) if math.isnan(found) else Layout(int(found), int(groups))


def fleets_of(
    case: Case, accelerator_ids: Sequence[str], context_tokens: int, batch_size: int
) -> list[tuple[Accelerator, Layout]]:
    """Return the smallest fleet of each accelerator that has one.

    Parameters
    ----------
    case, context_tokens, batch_size
        As in `layout`.
    accelerator_ids : sequence of str
        Ids or aliases.

    Raises
    ------
    ComputebookError
        If no fleet of any of them is large enough, or a name is unknown.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> [(gpu, fleet)] = fleets_of(case("llama-3.1-70b", "fp8", "bf16"), ["H100"], 8_192, 16)
    >>> fleet.accelerators
    2
    """
    gpus = [datasets.accelerator(name) for name in accelerator_ids]
    found = [(gpu, layout(case, gpu, context_tokens, batch_size)) for gpu in gpus]
    held = [(gpu, fleet) for gpu, fleet in found if fleet.accelerators]
    if not held:
        raise errors.ComputebookError(
            f"{MOST_ACCELERATORS:,} of {', '.join(accelerator_ids)} do not hold {case.shape.name} "
            f"with batch_size = {batch_size:,} sequences of context_tokens = "
            f"{context_tokens:,} tokens: lower one of the two"
        )
    return held


def fleet_map(case: Case, accelerator_id: str) -> pd.DataFrame:
    """Return the smallest fleet for a grid of contexts and users.

    Parameters
    ----------
    case : Case
        Model, formats and memory policy.
    accelerator_id : str
        Id or alias.

    Returns
    -------
    DataFrame
        One row per cell: `context`, `users` (labels), `context_tokens`, `batch_size`,
        `accelerators` (missing where 1,024 are not enough).

    Raises
    ------
    ComputebookError
        If the accelerator is unknown.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> cells = fleet_map(case("gpt-oss-120b", "mxfp4", "bf16"), "h200-sxm")
    >>> int(cells["accelerators"].min())
    1
    """
    tokens, users = np.meshgrid(CONTEXTS, USERS, indexing="ij")
    count, _ = layouts(case, datasets.accelerator(accelerator_id), tokens, users)
    return pd.DataFrame(
        {
            "context": [f"{value:,}" for value in tokens.ravel()],
            "users": [f"{value:,}" for value in users.ravel()],
            "context_tokens": tokens.ravel(),
            "batch_size": users.ravel(),
            "accelerators": count.ravel(),
        }
    )


def _of_model(case: Case, accelerator: Accelerator, batch_size: int) -> str:
    """Return the fleets for one and for many full windows, as "8 / 32"."""
    fleets = [layout(case, accelerator, FULL_WINDOW_TOKENS, users) for users in (1, batch_size)]
    return " / ".join(f"{found.accelerators}" if found.accelerators else "–" for found in fleets)


def window_fleets(
    case: Case, accelerator_ids: Sequence[str], model: str, batch_size: int
) -> pd.DataFrame:
    """Return the fleets that hold the full window for models that span the class.

    Parameters
    ----------
    case : Case
        Number formats and memory policy; its model is the third of the list.
    accelerator_ids : sequence of str
        Accelerators, a column each.
    model : str
        Id of the model that the reader sizes.
    batch_size : int
        Users in the second number of a cell.

    Returns
    -------
    DataFrame
        `name`, `weights_gb`, `cache_gb` (one window) and a column per accelerator with
        "one user / all users".

    Raises
    ------
    ComputebookError
        If a name is unknown.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> sized = case("gpt-oss-120b", "fp8", "fp8")
    >>> window_fleets(sized, ["h100-sxm"], "gpt-oss-120b", 4)["H100 SXM"].iloc[0]
    '2 / 4'
    """
    rows = []
    for shape in representatives(model):
        here = Case(shape, case.weights, case.kv_cache, case.usable_fraction, case.reserve_bytes)
        cache = memory.kv_cache_bytes(shape, FULL_WINDOW_TOKENS, 1, case.kv_bits)
        row: dict[str, Any] = {
            "name": shape.name,
            "weights_gb": memory.weight_bytes(shape, case.weight_bits) / units.BYTES_PER_GB,
            "cache_gb": cache / units.BYTES_PER_GB,
        }
        for name in accelerator_ids:
            gpu = datasets.accelerator(name)
            row[short_name(gpu)] = _of_model(here, gpu, batch_size)
        rows.append(row)
    return pd.DataFrame(rows)
