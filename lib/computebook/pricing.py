"""Price a workload on a dated price card: tokens in disjoint leaves, rates in tiers, one bill.

Three questions make API bills wrong: is the input inclusive of cached tokens, are reasoning
tokens inside the output, and does a long prompt move the whole request to the dearer tier?
Here the answers are types. `Usage` holds each token in exactly one leaf; `PriceCard` says which
edge starts a tier and whether the edge itself belongs to it; `bill` returns one part per leaf,
and the parts add up to the total.

Prices are list prices in US dollars per million tokens, before tax and before any discount.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from computebook import errors

TOKENS_PER_MTOK = 1e6
CALLS_PER_KCALL = 1e3
MAX_INPUT_TOKENS_PER_REQUEST = 1e7
"""No model on the market takes a longer prompt: above it, a total was passed as one request."""

MAX_TOKENS = 1e18
MAX_USD_PER_MTOK = 1e5

INPUT_LEAVES = (
    "uncached_input_tokens",
    "cached_input_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)
OUTPUT_LEAVES = ("visible_output_tokens", "reasoning_output_tokens")
LEAVES = INPUT_LEAVES + OUTPUT_LEAVES

RATE_OF_LEAF = {
    "uncached_input_tokens": "uncached_input_usd_per_mtok",
    "cached_input_tokens": "cached_input_usd_per_mtok",
    "cache_write_5m_tokens": "cache_write_5m_usd_per_mtok",
    "cache_write_1h_tokens": "cache_write_1h_usd_per_mtok",
    "visible_output_tokens": "output_usd_per_mtok",
    "reasoning_output_tokens": "output_usd_per_mtok",
}
"""The rate that each leaf is billed at: reasoning tokens cost what visible output costs."""


def _tokens(name: str, value: Any) -> Any:
    return errors.require_finite_in(name, value, "tokens", 0.0, MAX_TOKENS)


def _remainder(total: str, whole: Any, parts: Mapping[str, Any]) -> Any:
    """Return what `parts` leave of a total that must include them."""
    _tokens(total, whole)
    inside = sum(_tokens(name, part) for name, part in parts.items())
    left = whole - inside
    if np.any(np.asarray(left) < 0):
        worst = int(np.argmin(np.ravel(left)))
        shown = [float(np.ravel(np.broadcast_to(v, np.shape(left)))[worst]) for v in (inside, whole)]
        raise errors.ComputebookError(
            f"{' + '.join(parts)} = {shown[0]:,.10g} tokens exceeds {total} = {shown[1]:,.10g} "
            f"tokens: {total} must include them. Pass the inclusive total, or build the Usage "
            f"from its disjoint leaves"
        )
    return left


@dataclass(frozen=True, eq=False)
class Usage:
    """Tokens of one request, or of many as arrays, each token in exactly one leaf.

    Parameters
    ----------
    uncached_input_tokens : array_like
        Prompt tokens billed at the full input rate, tokens, >= 0.
    cached_input_tokens : array_like
        Prompt tokens read from a prefix cache, tokens, >= 0.
    cache_write_5m_tokens, cache_write_1h_tokens : array_like
        Prompt tokens written to a cache that lives five minutes or one hour, where writing has
        its own rate, tokens, >= 0. OpenAI bills written tokens as uncached input.
    visible_output_tokens : array_like
        Output that the caller sees, tokens, >= 0.
    reasoning_output_tokens : array_like
        Output that is billed and not shown, tokens, >= 0.
    tool_calls : mapping of str to array_like, optional
        Calls by tool, as named in the card's fees (`web-search`, ...), calls, >= 0.

    Raises
    ------
    ComputebookError
        If a count is negative or not finite.

    Examples
    --------
    >>> usage = Usage(uncached_input_tokens=1_000, visible_output_tokens=500,
    ...               reasoning_output_tokens=200)
    >>> usage.input_tokens, usage.output_tokens
    (1000.0, 700)
    """

    uncached_input_tokens: Any = 0.0
    cached_input_tokens: Any = 0.0
    cache_write_5m_tokens: Any = 0.0
    cache_write_1h_tokens: Any = 0.0
    visible_output_tokens: Any = 0.0
    reasoning_output_tokens: Any = 0.0
    tool_calls: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for leaf in LEAVES:
            object.__setattr__(self, leaf, _tokens(leaf, getattr(self, leaf)))
        for tool, calls in self.tool_calls.items():
            errors.require_finite_in(f"tool_calls[{tool!r}]", calls, "calls", 0.0, MAX_TOKENS)

    @classmethod
    def from_totals(
        cls,
        input_tokens: ArrayLike,
        output_tokens: ArrayLike,
        *,
        cached_input_tokens: ArrayLike = 0.0,
        cache_write_5m_tokens: ArrayLike = 0.0,
        cache_write_1h_tokens: ArrayLike = 0.0,
        reasoning_output_tokens: ArrayLike = 0.0,
        tool_calls: Mapping[str, ArrayLike] | None = None,
    ) -> Usage:
        """Return the usage behind inclusive totals, as OpenAI's API reports them.

        Parameters
        ----------
        input_tokens : array_like
            All input, cached and written tokens included, tokens.
        output_tokens : array_like
            All output, reasoning included, tokens.
        cached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens : array_like
            Parts of `input_tokens`, tokens.
        reasoning_output_tokens : array_like
            Part of `output_tokens`, tokens.
        tool_calls : mapping, optional
            Calls by tool.

        Raises
        ------
        ComputebookError
            If the parts exceed the total that must include them: the sign that a total came in
            without its parts.

        Examples
        --------
        >>> usage = Usage.from_totals(1_000, 700, cached_input_tokens=400,
        ...                           reasoning_output_tokens=200)
        >>> float(usage.uncached_input_tokens), float(usage.visible_output_tokens)
        (600.0, 500.0)
        """
        inputs = {
            "cached_input_tokens": np.asarray(cached_input_tokens, float),
            "cache_write_5m_tokens": np.asarray(cache_write_5m_tokens, float),
            "cache_write_1h_tokens": np.asarray(cache_write_1h_tokens, float),
        }
        reasoning = {"reasoning_output_tokens": np.asarray(reasoning_output_tokens, float)}
        return cls(
            uncached_input_tokens=_remainder("input_tokens", np.asarray(input_tokens), inputs),
            visible_output_tokens=_remainder(
                "output_tokens", np.asarray(output_tokens), reasoning
            ),
            tool_calls=tool_calls or {},
            **inputs,
            **reasoning,
        )
