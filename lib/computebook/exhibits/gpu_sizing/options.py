"""Every layout of a model on an accelerator over grids of contexts and users, at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from computebook import roofline, serving, sizing
from computebook.architectures import Transformer
from computebook.exhibits.gpu_sizing.plan import PERCENT, Plan, Served
from computebook.hardware import Accelerator
from computebook.inference.energy_table import draw_constants
from computebook.units import Quantity

__all__ = [
    "ATTENTION_RANKS",
    "MOST_ACCELERATORS",
    "Options",
    "at",
    "best",
    "copy_sizes",
    "layouts",
    "most_users",
    "options",
    "powers_of_two",
    "token_bound_s",
]

Array = npt.NDArray[np.float64]

MOST_ACCELERATORS: Final = 64
#: Layouts with more accelerators than this on one sequence's attention were never measured.
ATTENTION_RANKS: Final = 8


def powers_of_two(most: float) -> list[int]:
    """Return the powers of two up to a number.

    Examples
    --------
    >>> powers_of_two(9)
    [1, 2, 4, 8]
    """
    return [2**power for power in range(int(most).bit_length()) if 2**power <= most]


def copy_sizes(users: int) -> Array:
    """Return the users per copy that are tried: powers of two up to all of them, and all.

    Examples
    --------
    >>> copy_sizes(6)
    array([1., 2., 4., 6.])
    """
    return np.unique(np.array([*powers_of_two(users), users], dtype=float))


def layouts(shape: Transformer, most: int = MOST_ACCELERATORS) -> tuple[Array, Array]:
    """Return accelerators and attention groups of the copies that are tried.

    Dense models take up to eight accelerators; experts spread over up to 64 of them, with
    groups that keep different sequences so that no attention spans more than eight.

    Parameters
    ----------
    shape : Transformer
        The model.
    most : int
        Most accelerators of a copy.

    Returns
    -------
    tuple of arrays
        Accelerators and groups, an entry per layout.

    Examples
    --------
    >>> from computebook import datasets
    >>> layouts(datasets.architecture("llama-3.1-70b"))[0]
    array([1., 2., 4., 8.])
    """
    counts = powers_of_two(min(most, MOST_ACCELERATORS if shape.experts else ATTENTION_RANKS))
    pairs = [
        (count, groups)
        for count in counts
        for groups in (powers_of_two(count) if shape.experts else [1])
        if count / groups <= ATTENTION_RANKS
    ]
    count, groups = np.array(pairs, dtype=float).T
    return count, groups


def most_users(
    model: Served,
    accelerator: Accelerator,
    context_tokens: Quantity,
    accelerators: Quantity,
    groups: Quantity = 1,
) -> Any:
    """Return the most sequences that a copy holds; each group takes whole ones.

    Parameters
    ----------
    model : Served
        The model and its formats.
    accelerator : Accelerator
        One accelerator.
    context_tokens : float or array
        Tokens held per sequence, 1 to 1e8.
    accelerators, groups : float or array
        Layout of the copy.

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
    >>> from computebook import datasets
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> from computebook.exhibits.gpu_sizing.plan import served
    >>> eight = served(DEFAULT, "llama-3.1-8b", "bf16")
    >>> float(most_users(eight, datasets.accelerator("H100"), 8_192, 1))
    56.0
    """
    placed = model.deployment(accelerator, accelerators, groups)
    held = sizing.sequences_that_fit(placed, context_tokens)
    return np.floor(np.divide(held, groups)) * groups


@dataclass(frozen=True)
class Options:
    """What each layout does with each number of users at each context; NaN where it holds none.

    Attributes
    ----------
    accelerators, groups : array
        Layouts, shape (layouts, 1, 1).
    users : array
        Users of one copy, shape (1, 1, users).
    token_s, first_s : array
        Time per output token and to the first one, s; shape (layouts, contexts, users).
    per_accelerator : array
        Output tokens per second and accelerator.
    joules : array
        J per output token at the plug of the servers, prompt work included.
    """

    accelerators: Array
    groups: Array
    users: Array
    token_s: Array
    first_s: Array
    per_accelerator: Array
    joules: Array


def options(
    asked: Plan,
    model: Served,
    accelerator: Accelerator,
    context_tokens: Quantity | Sequence[int],
    users: Quantity | Sequence[int],
    *,
    output_tokens: int | None = None,
    most: int = MOST_ACCELERATORS,
) -> Options:
    """Return times and rates of every layout.

    Parameters
    ----------
    asked : Plan
        Length of the answer and share of the prompt in the cache.
    model : Served
        The model and its formats.
    accelerator : Accelerator
        One accelerator.
    context_tokens : array
        Tokens of a request, prompt and answer.
    users : array
        Users of one copy.
    output_tokens : int, optional
        Another length of the answer.
    most : int
        Most accelerators of a copy.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.
    """
    answer = asked.output_tokens if output_tokens is None else output_tokens
    count, groups = (entry[:, None, None] for entry in layouts(model.shape, most))
    context = np.atleast_1d(np.asarray(context_tokens, dtype=float))[None, :, None]
    load = np.atleast_1d(np.asarray(users, dtype=float))[None, None, :]
    held = most_users(model, accelerator, context, count, groups)
    fits = np.logical_and(load <= held, groups <= load)
    placed, cached = model.deployment(accelerator, count, groups), asked.cached_percent / PERCENT
    prompt = context - answer
    done = serving.fixed_concurrency(placed, load, prompt, float(answer), cached_fraction=cached)
    times = (done.time_per_output_token_s, done.time_to_first_token_s)
    joules = _joules(placed, done, prompt, float(answer), cached)
    rates = (*times, done.output_tokens_per_s_per_accelerator, joules)
    return Options(count, groups, load, *(np.where(fits, value, np.nan) for value in rates))


def _joules(
    placed: serving.Deployment,
    done: serving.Performance,
    prompt_tokens: Any,
    output_tokens: float,
    cached_fraction: float,
) -> Any:
    """Return J per output token at the plug; NaN where no power limit is published."""
    if not np.isfinite(placed.accelerator.tdp_w):
        return np.full(np.shape(done.output_tokens_per_s), np.nan)
    return serving.serving_energy(
        placed, np.maximum(done.decoding_sequences, 1.0), prompt_tokens, output_tokens,
        done.output_tokens_per_s, draw_constants(str(placed.accelerator.generation)),
        cached_fraction=cached_fraction,
    ).server_joules_per_output_token  # fmt: skip


def best(values: Array, highest: bool) -> tuple[Array, Array]:
    """Return the best value over layouts and users, and its position, for each context.

    Parameters
    ----------
    values : array
        Shape (layouts, contexts, users); NaN where a layout cannot.
    highest : bool
        Whether the best is the largest.

    Returns
    -------
    tuple of arrays
        Values (NaN where none can) and flat positions over layouts and users.

    Examples
    --------
    >>> best(np.array([[[3.0, np.nan]], [[2.0, 4.0]]]), False)
    (array([2.]), array([2]))
    """
    worst = -np.inf if highest else np.inf
    flat = np.moveaxis(np.where(np.isnan(values), worst, values), 1, 0)
    flat = flat.reshape(flat.shape[0], -1)
    where = flat.argmax(axis=1) if highest else flat.argmin(axis=1)
    found = at(values, where)
    return np.where(np.isfinite(found), found, np.nan), where


def at(values: Array, where: Any) -> Array:
    """Return the values at flat positions over layouts and users, one for each context.

    Parameters
    ----------
    values : array
        Shape (layouts, contexts, users).
    where : array of int
        From `best`.

    Examples
    --------
    >>> at(np.array([[[3.0, 1.0]], [[2.0, 4.0]]]), np.array([3]))
    array([4.])
    """
    flat = np.moveaxis(values, 1, 0)
    flat = flat.reshape(flat.shape[0], -1)
    found: Array = np.take_along_axis(flat, np.asarray(where, dtype=int)[:, None], axis=1)[:, 0]
    return found


def token_bound_s(
    model: Served,
    accelerator: Accelerator,
    context_tokens: Quantity,
    users: Quantity,
    accelerators: Quantity,
    groups: Quantity,
) -> Any:
    """Return the time per token below which no engine gets on a layout, s.

    Parameters
    ----------
    model, accelerator, context_tokens, users, accelerators, groups
        As in `options`; the context in the middle of the answer.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.
    """
    placed = model.deployment(accelerator, accelerators, groups).placement
    return roofline.decode_step_lower_bound_s(
        model.shape, accelerator, context_tokens, users, placed
    )
