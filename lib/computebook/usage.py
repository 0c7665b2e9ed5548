"""Count a request's tokens in disjoint leaves, so that none is billed twice or forgotten.

Providers report totals that overlap in different ways: OpenAI's input includes cached tokens
and its output includes reasoning; Anthropic's input excludes both cached and written tokens;
Google's candidates exclude thoughts. `Usage` holds the leaves; its constructors translate each
convention and reject a total that is smaller than the parts it must include.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.units import Quantity, plain

__all__ = ["INPUT_LEAVES", "LEAVES", "MAX_TOKENS", "OUTPUT_LEAVES", "Usage"]

MAX_TOKENS: Final = 1e17
"""Upper bound of any count, tokens: a hundred times what all APIs together serve in a month."""

INPUT_LEAVES: Final = (
    "uncached_input_tokens",
    "cached_input_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)
OUTPUT_LEAVES: Final = ("visible_output_tokens", "reasoning_output_tokens")
LEAVES: Final = INPUT_LEAVES + OUTPUT_LEAVES


def _tokens(name: str, value: Any) -> Any:
    """Return checked counts: a float for a scalar, an array for a list, a tracer unchanged."""
    checked = errors.require_finite_in(name, value, "tokens", 0.0, MAX_TOKENS)
    return checked if errors.is_symbolic(checked) else plain(np.asarray(checked, float))


def _fraction(name: str, value: Any) -> Any:
    return plain(errors.require_finite_in(name, value, "of 1", 0.0, 1.0))


def _remainder(total: str, whole: Any, parts: Mapping[str, Any]) -> Any:
    """Return what the parts leave of the total that must include them."""
    inside = sum(parts.values(), start=0.0)
    left = _tokens(total, whole) - inside
    if not errors.is_symbolic(left) and np.any(left < 0):
        worst = int(np.argmin(left))
        part, all_of_it = (np.broadcast_to(v, np.shape(left)).flat[worst] for v in (inside, whole))
        raise errors.ComputebookError(
            f"{' + '.join(parts)} = {part:.10g} tokens exceeds {total} = {all_of_it:.10g} tokens: "
            f"{total} must include them. Pass the inclusive total, or the disjoint leaves"
        )
    return left


@dataclass(frozen=True, eq=False)
class Usage:
    """Tokens of one request, or of many as arrays, each token in exactly one leaf.

    Parameters
    ----------
    uncached_input_tokens : float or array
        Prompt tokens billed at the full input rate, tokens, >= 0.
    cached_input_tokens : float or array
        Prompt tokens read from a prefix cache, tokens, >= 0.
    cache_write_5m_tokens, cache_write_1h_tokens : float or array
        Prompt tokens written to a cache that lives five minutes or one hour, where writing has
        a rate of its own, tokens, >= 0. Where writing is free (OpenAI, Google) they belong to
        `uncached_input_tokens`.
    visible_output_tokens : float or array
        Output that the caller sees, tokens, >= 0.
    reasoning_output_tokens : float or array
        Output that is billed but not shown, tokens, >= 0.
    tool_calls : mapping of str to float or array
        Calls by tool, as the price card names its fees, >= 0.
    cache_storage_token_hours : float or array
        Tokens of an explicit cache times the hours that it is kept, where keeping it has a
        price (Google), >= 0.

    Raises
    ------
    ComputebookError
        If a count is negative or not finite.

    Examples
    --------
    >>> usage = Usage(uncached_input_tokens=1_000, visible_output_tokens=500,
    ...               reasoning_output_tokens=200)
    >>> usage.input_tokens, usage.output_tokens
    (1000.0, 700.0)
    """

    uncached_input_tokens: Any = 0.0
    cached_input_tokens: Any = 0.0
    cache_write_5m_tokens: Any = 0.0
    cache_write_1h_tokens: Any = 0.0
    visible_output_tokens: Any = 0.0
    reasoning_output_tokens: Any = 0.0
    tool_calls: Mapping[str, Any] = field(default_factory=dict)
    cache_storage_token_hours: Any = 0.0

    def __post_init__(self) -> None:
        """Reject what cannot be billed."""
        errors.require_finite_in(
            "cache_storage_token_hours", self.cache_storage_token_hours, "token-hours", 0.0, 1e18
        )
        for leaf in LEAVES:
            object.__setattr__(self, leaf, _tokens(leaf, getattr(self, leaf)))
        for tool, calls in self.tool_calls.items():
            errors.require_finite_in(f"tool_calls[{tool!r}]", calls, "calls", 0.0, MAX_TOKENS)

    @property
    def input_tokens(self) -> Any:
        """All prompt tokens, cached and written ones included: what selects a context tier."""
        return sum((getattr(self, leaf) for leaf in INPUT_LEAVES), start=0.0)

    @property
    def output_tokens(self) -> Any:
        """All billed output, reasoning included, tokens."""
        return self.visible_output_tokens + self.reasoning_output_tokens

    def __add__(self, other: Usage) -> Usage:
        """Return both usages together, leaf by leaf."""
        tools = {
            tool: self.tool_calls.get(tool, 0.0) + other.tool_calls.get(tool, 0.0)
            for tool in {**self.tool_calls, **other.tool_calls}
        }
        leaves = {leaf: getattr(self, leaf) + getattr(other, leaf) for leaf in LEAVES}
        hours = self.cache_storage_token_hours + other.cache_storage_token_hours
        return Usage(**leaves, tool_calls=tools, cache_storage_token_hours=hours)

    def times(self, factor: Quantity) -> Usage:
        """Return every count multiplied, from one request to a year of them say.

        Parameters
        ----------
        factor : float or array
            Multiplier, >= 0.

        Examples
        --------
        >>> Usage(uncached_input_tokens=1_000).times(5e6).input_tokens
        5000000000.0
        """
        leaves: dict[str, Any] = {leaf: getattr(self, leaf) * factor for leaf in LEAVES}
        tools = {tool: calls * factor for tool, calls in self.tool_calls.items()}
        hours = self.cache_storage_token_hours * factor
        return replace(self, **leaves, tool_calls=tools, cache_storage_token_hours=hours)

    @classmethod
    def from_totals(
        cls,
        input_tokens: Any,
        output_tokens: Any,
        *,
        cached_input_tokens: Any = 0.0,
        cache_write_5m_tokens: Any = 0.0,
        cache_write_1h_tokens: Any = 0.0,
        reasoning_output_tokens: Any = 0.0,
        tool_calls: Mapping[str, Any] | None = None,
    ) -> Usage:
        """Return the usage behind inclusive totals, as OpenAI's API reports them.

        Parameters
        ----------
        input_tokens : float or array
            All input, cached and written tokens included, tokens.
        output_tokens : float or array
            All output, reasoning included, tokens.
        cached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens : float or array
            Parts of `input_tokens`, tokens.
        reasoning_output_tokens : float or array
            Part of `output_tokens`, tokens.
        tool_calls : mapping, optional
            Calls by tool.

        Raises
        ------
        ComputebookError
            If the parts exceed the total that must include them: the sign of a total that was
            reported without its parts.

        Examples
        --------
        >>> usage = Usage.from_totals(1_000, 700, cached_input_tokens=400,
        ...                           reasoning_output_tokens=200)
        >>> usage.uncached_input_tokens, usage.visible_output_tokens
        (600.0, 500.0)
        """
        inputs = {
            "cached_input_tokens": _tokens("cached_input_tokens", cached_input_tokens),
            "cache_write_5m_tokens": _tokens("cache_write_5m_tokens", cache_write_5m_tokens),
            "cache_write_1h_tokens": _tokens("cache_write_1h_tokens", cache_write_1h_tokens),
        }
        reasoning = {
            "reasoning_output_tokens": _tokens("reasoning_output_tokens", reasoning_output_tokens)
        }
        return cls(
            uncached_input_tokens=_remainder("input_tokens", input_tokens, inputs),
            visible_output_tokens=_remainder("output_tokens", output_tokens, reasoning),
            tool_calls=tool_calls or {},
            **inputs,
            **reasoning,
        )

    @classmethod
    def from_anthropic(
        cls,
        input_tokens: Any,
        output_tokens: Any,
        *,
        cache_read_input_tokens: Any = 0.0,
        ephemeral_5m_input_tokens: Any = 0.0,
        ephemeral_1h_input_tokens: Any = 0.0,
    ) -> Usage:
        """Return the usage behind Anthropic's counts, whose input excludes the cache.

        Parameters
        ----------
        input_tokens : float or array
            Input neither read from nor written to a cache, tokens.
        output_tokens : float or array
            All output; thinking is inside and not told apart, tokens.
        cache_read_input_tokens : float or array
            Input read from a cache, tokens.
        ephemeral_5m_input_tokens, ephemeral_1h_input_tokens : float or array
            Input written to a cache, by its lifetime, tokens.

        Examples
        --------
        >>> Usage.from_anthropic(100, 50, cache_read_input_tokens=900).input_tokens
        1000.0
        """
        return cls(
            uncached_input_tokens=input_tokens,
            cached_input_tokens=cache_read_input_tokens,
            cache_write_5m_tokens=ephemeral_5m_input_tokens,
            cache_write_1h_tokens=ephemeral_1h_input_tokens,
            visible_output_tokens=output_tokens,
        )

    @classmethod
    def from_google(
        cls,
        prompt_token_count: Any,
        candidates_token_count: Any,
        *,
        cached_content_token_count: Any = 0.0,
        thoughts_token_count: Any = 0.0,
    ) -> Usage:
        """Return the usage behind Gemini's counts: cached inside the prompt, thoughts outside.

        Parameters
        ----------
        prompt_token_count : float or array
            All input, cached tokens included, tokens.
        candidates_token_count : float or array
            Visible output only, tokens.
        cached_content_token_count : float or array
            Part of the prompt, tokens.
        thoughts_token_count : float or array
            Reasoning, billed as output and not inside the candidates, tokens.

        Raises
        ------
        ComputebookError
            If the cached tokens exceed the prompt.

        Examples
        --------
        >>> Usage.from_google(1_000, 500, thoughts_token_count=200).output_tokens
        700.0
        """
        cached = {"cached_content_token_count": _tokens("cached", cached_content_token_count)}
        return cls(
            uncached_input_tokens=_remainder("prompt_token_count", prompt_token_count, cached),
            cached_input_tokens=cached_content_token_count,
            visible_output_tokens=candidates_token_count,
            reasoning_output_tokens=thoughts_token_count,
        )

    @classmethod
    def from_shares(
        cls,
        input_tokens: Any,
        output_tokens: Any,
        *,
        cached_fraction: Any = 0.0,
        cache_write_fraction: Any = 0.0,
        reasoning_fraction: Any = 0.0,
    ) -> Usage:
        """Return the usage of a token profile: two totals and the shares inside them.

        Parameters
        ----------
        input_tokens, output_tokens : float or array
            Inclusive totals, tokens.
        cached_fraction : float or array
            Share of the input read from a cache, 0 to 1.
        cache_write_fraction : float or array
            Share of the input written to a five-minute cache, 0 to 1.
        reasoning_fraction : float or array
            Share of the output that is reasoning, 0 to 1.

        Raises
        ------
        ComputebookError
            If a share leaves 0 to 1, or the shares of the input exceed it together.

        Examples
        --------
        >>> Usage.from_shares(1_000, 700, cached_fraction=0.4).cached_input_tokens
        400.0
        """
        inputs, outputs = _tokens("input_tokens", input_tokens), _tokens("output", output_tokens)
        return cls.from_totals(
            inputs,
            outputs,
            cached_input_tokens=inputs * _fraction("cached_fraction", cached_fraction),
            cache_write_5m_tokens=inputs * _fraction("cache_write_fraction", cache_write_fraction),
            reasoning_output_tokens=outputs * _fraction("reasoning_fraction", reasoning_fraction),
        )
