"""Translate each provider's token counts into the disjoint leaves of `Usage`.

The same two words mean different things: OpenAI's `input_tokens` include cached ones, Anthropic's
exclude them; `completion_tokens` include reasoning at OpenAI and exclude it at xAI; Google's
candidates exclude thoughts. Each function here knows one convention, checks that parts stay
inside their totals, and also returns the tokens as read, for the reconciliation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from computebook import errors

__all__ = [
    "MAX_COUNT",
    "Counts",
    "anthropic_counts",
    "chat_counts",
    "count",
    "counts_of",
    "google_counts",
    "leaf_counts",
    "part",
    "responses_counts",
]

MAX_COUNT: Final = 10**15
"""Upper bound of one count, tokens: a chunk of rows then adds up without overflow."""

_NONE: Final[Mapping[str, Any]] = {}


class Counts(NamedTuple):
    """Tokens of one row: six leaves as in `usage.LEAVES`, and what was read.

    `read_tokens` is the sum of the provider's own totals; `unsplit_output_tokens` is output
    of a row that does not tell reasoning apart, and counts as visible; `problem` says why the
    table's rates do not hold for the row.
    """

    leaves: tuple[int, int, int, int, int, int]
    read_tokens: int
    unsplit_output_tokens: int = 0
    stated_total_tokens: int | None = None
    problem: str = ""


def count(usage: Mapping[str, Any], name: str) -> int:
    """Return one count, 0 where it is absent.

    Raises
    ------
    ComputebookError
        If it is no whole number from 0 to 1e15.

    Examples
    --------
    >>> count({"input_tokens": 8}, "input_tokens"), count({}, "output_tokens")
    (8, 0)
    """
    value = usage.get(name)
    if value is None:
        return 0
    if type(value) is not int:
        if not isinstance(value, float) or not value.is_integer():
            raise errors.ComputebookError(f"{name} = {value!r} is not a whole number of tokens")
        value = int(value)
    if not 0 <= value <= MAX_COUNT:
        raise errors.out_of_bounds(name, _shown(value), "tokens", 0, MAX_COUNT)
    return int(value)


def _shown(value: int) -> str:
    """Return a number for a message, short however long it is."""
    return f"{value:.6g}" if abs(value) < 10**300 else "a number of over 300 digits"


def part(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a nested object of counts, empty where it is absent or null."""
    value = usage.get(name)
    if value is None:
        return _NONE
    if not isinstance(value, dict):
        raise errors.ComputebookError(f"{name} = {value!r} is not an object of counts")
    return value


def _rest(whole: int, inside: int, total: str, parts: str) -> int:
    if inside > whole:
        raise errors.ComputebookError(
            f"{parts} = {inside} tokens exceeds {total} = {whole} tokens, which must include them"
        )
    return whole - inside


def _stated(usage: Mapping[str, Any], name: str) -> int | None:
    return count(usage, name) if usage.get(name) is not None else None


AUDIO: Final = "audio and image tokens have rates of their own, which the price table lacks"


def chat_counts(usage: Mapping[str, Any], *, reasoning_outside: bool = False) -> Counts:
    """Return the counts of a Chat Completions usage (OpenAI and those who copy it).

    Parameters
    ----------
    usage : mapping
        With `prompt_tokens` and `completion_tokens`; cached tokens inside the prompt, in
        `prompt_tokens_details` or where DeepSeek and Moonshot put them.
    reasoning_outside : bool
        Whether `completion_tokens` exclude reasoning, as at xAI. A `total_tokens` that only
        adds up one way overrules it.

    Raises
    ------
    ComputebookError
        If a count is malformed or a part exceeds its total.

    Examples
    --------
    >>> usage = {"prompt_tokens": 1_000, "completion_tokens": 700,
    ...          "prompt_tokens_details": {"cached_tokens": 400},
    ...          "completion_tokens_details": {"reasoning_tokens": 200}}
    >>> chat_counts(usage).leaves
    (600, 400, 0, 0, 500, 200)
    """
    prompt, completion = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
    inputs, outputs = part(usage, "prompt_tokens_details"), part(usage, "completion_tokens_details")
    cached = (
        count(inputs, "cached_tokens")
        or count(usage, "cached_tokens")
        or count(usage, "prompt_cache_hit_tokens")
        or count(usage, "cached_prompt_text_tokens")
    )
    written = count(inputs, "cache_write_tokens")
    reasoning = count(outputs, "reasoning_tokens") or count(usage, "reasoning_tokens")
    total = _stated(usage, "total_tokens")
    if reasoning and total is not None and total - prompt in (completion, completion + reasoning):
        reasoning_outside = total != prompt + completion
    if reasoning_outside:
        completion += reasoning
    odd = count(inputs, "audio_tokens") or count(outputs, "audio_tokens")
    leaves = (
        _rest(prompt, cached + written, "prompt_tokens", "cached + written tokens"),
        cached,
        written,
        0,
        _rest(completion, reasoning, "completion_tokens", "reasoning_tokens"),
        reasoning,
    )
    return Counts(leaves, prompt + completion, 0, total, AUDIO if odd else "")


def responses_counts(usage: Mapping[str, Any]) -> Counts:
    """Return the counts of an OpenAI Responses usage, or of OpenAI's usage export.

    Parameters
    ----------
    usage : mapping
        With `input_tokens` and `output_tokens`; cached and written tokens are inside the input,
        reasoning is inside the output. The export (`input_cached_tokens`) tells no reasoning.

    Raises
    ------
    ComputebookError
        If a count is malformed or a part exceeds its total.

    Examples
    --------
    >>> usage = {"input_tokens": 1_000, "output_tokens": 700,
    ...          "input_tokens_details": {"cached_tokens": 400},
    ...          "output_tokens_details": {"reasoning_tokens": 200}}
    >>> responses_counts(usage).leaves
    (600, 400, 0, 0, 500, 200)
    """
    whole, output = count(usage, "input_tokens"), count(usage, "output_tokens")
    inputs, outputs = part(usage, "input_tokens_details"), part(usage, "output_tokens_details")
    cached = (
        count(inputs, "cached_tokens")
        or count(usage, "input_cached_tokens")
        or count(usage, "cached_input_tokens")
        or count(usage, "cached_tokens")
    )
    written = count(inputs, "cache_write_tokens") or count(usage, "input_cache_write_tokens")
    told = outputs.get("reasoning_tokens", usage.get("reasoning_tokens"))
    reasoning = count({"reasoning_tokens": told}, "reasoning_tokens")
    odd = count(usage, "input_audio_tokens") or count(usage, "output_audio_tokens")
    leaves = (
        _rest(whole, cached + written, "input_tokens", "cached + written tokens"),
        cached,
        written,
        0,
        _rest(output, reasoning, "output_tokens", "reasoning_tokens"),
        reasoning,
    )
    unsplit = output if told is None else 0
    stated = _stated(usage, "total_tokens")
    return Counts(leaves, whole + output, unsplit, stated, AUDIO if odd else "")


def anthropic_counts(usage: Mapping[str, Any]) -> Counts:
    """Return the counts of an Anthropic Messages usage, or of Anthropic's usage report.

    Parameters
    ----------
    usage : mapping
        With `input_tokens` (or `uncached_input_tokens`), which exclude the cache; written
        tokens by lifetime in `cache_creation`, those without a lifetime count as five minutes.

    Raises
    ------
    ComputebookError
        If a count is malformed or a part exceeds its total.

    Examples
    --------
    >>> usage = {"input_tokens": 100, "output_tokens": 50, "cache_read_input_tokens": 900,
    ...          "cache_creation_input_tokens": 30,
    ...          "cache_creation": {"ephemeral_1h_input_tokens": 10}}
    >>> anthropic_counts(usage).leaves
    (100, 900, 20, 10, 50, 0)
    """
    fresh = count(usage, "input_tokens") or count(usage, "uncached_input_tokens")
    output, cached = count(usage, "output_tokens"), count(usage, "cache_read_input_tokens")
    lifetimes = part(usage, "cache_creation")
    short = count(lifetimes, "ephemeral_5m_input_tokens")
    long = count(lifetimes, "ephemeral_1h_input_tokens")
    written = usage.get("cache_creation_input_tokens")
    whole = count(usage, "cache_creation_input_tokens") if written is not None else short + long
    short += _rest(whole, short + long, "cache_creation_input_tokens", "tokens by lifetime")
    told = part(usage, "output_tokens_details").get("thinking_tokens")
    reasoning = count({"thinking_tokens": told}, "thinking_tokens")
    visible = _rest(output, reasoning, "output_tokens", "thinking_tokens")
    leaves = (fresh, cached, short, long, visible, reasoning)
    unsplit = output if told is None else 0
    return Counts(leaves, fresh + cached + whole + output, unsplit, None, _surcharge(usage))


def _surcharge(usage: Mapping[str, Any]) -> str:
    where = usage.get("inference_geo")
    if where in (None, "", "global", "not_available"):
        return ""
    return f"inference_geo {where!r} has a surcharge that the price table lacks"


def google_counts(usage: Mapping[str, Any]) -> Counts:
    """Return the counts of a Gemini `usageMetadata`.

    Parameters
    ----------
    usage : mapping
        With `promptTokenCount` (cached tokens inside), `candidatesTokenCount` (thoughts
        outside), `thoughtsTokenCount` and `toolUsePromptTokenCount` (input, outside the prompt).

    Raises
    ------
    ComputebookError
        If a count is malformed or a part exceeds its total.

    Examples
    --------
    >>> usage = {"promptTokenCount": 1_000, "cachedContentTokenCount": 400,
    ...          "candidatesTokenCount": 500, "thoughtsTokenCount": 200}
    >>> google_counts(usage).leaves
    (600, 400, 0, 0, 500, 200)
    """
    prompt, cached = count(usage, "promptTokenCount"), count(usage, "cachedContentTokenCount")
    tools, thoughts = count(usage, "toolUsePromptTokenCount"), count(usage, "thoughtsTokenCount")
    visible = count(usage, "candidatesTokenCount")
    fresh = _rest(prompt, cached, "promptTokenCount", "cachedContentTokenCount")
    leaves = (fresh + tools, cached, 0, 0, visible, thoughts)
    odd = _has_modality(usage, "promptTokensDetails", {"AUDIO"}) or _has_modality(
        usage, "candidatesTokensDetails", {"AUDIO", "IMAGE", "VIDEO"}
    )
    total = _stated(usage, "totalTokenCount")
    return Counts(leaves, prompt + tools + visible + thoughts, 0, total, AUDIO if odd else "")


def _has_modality(usage: Mapping[str, Any], name: str, modalities: set[str]) -> bool:
    details = usage.get(name)
    return isinstance(details, list) and any(
        isinstance(d, dict) and str(d.get("modality")) in modalities and d.get("tokenCount")
        for d in details
    )


def _camel(name: str) -> str:
    """Return a name as Google's REST interface spells it; its Python client writes snake case."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def leaf_counts(usage: Mapping[str, Any]) -> Counts:
    """Return the counts of a row that already names the leaves, as the ledger's own rows do."""
    leaves = (
        count(usage, "uncached_input_tokens"),
        count(usage, "cached_input_tokens"),
        count(usage, "cache_write_5m_tokens"),
        count(usage, "cache_write_1h_tokens"),
        count(usage, "visible_output_tokens"),
        count(usage, "reasoning_output_tokens"),
    )
    return Counts(leaves, sum(leaves), count(usage, "unsplit_output_tokens"))


def counts_of(usage: Mapping[str, Any], model: str = "", identity: str = "") -> Counts | None:
    """Return the counts of a usage object of any known convention, None if it is none.

    Parameters
    ----------
    usage : mapping
        The provider's usage object.
    model, identity : str
        Name of the model and id of the response: they tell Anthropic's `input_tokens` from
        OpenAI's where the counts alone do not.

    Raises
    ------
    ComputebookError
        If a count is malformed or a part exceeds its total.

    Examples
    --------
    >>> counts_of({"input_tokens": 5, "output_tokens": 1}, "claude-opus-4-5").leaves[0]
    5
    >>> counts_of({"pages": 3}) is None
    True
    """
    if "visible_output_tokens" in usage:
        return leaf_counts(usage)
    if "promptTokenCount" in usage or "totalTokenCount" in usage:
        return google_counts(usage)
    if "prompt_token_count" in usage or "total_token_count" in usage:
        return google_counts({_camel(name): value for name, value in usage.items()})
    if "prompt_tokens" in usage:
        return chat_counts(usage, reasoning_outside="grok" in model)
    if "uncached_input_tokens" in usage:
        return anthropic_counts(usage)
    if "input_tokens" in usage:
        if "input_tokens_details" in usage or "input_cached_tokens" in usage:
            return responses_counts(usage)
        own = "cache_read_input_tokens" in usage or "cache_creation_input_tokens" in usage
        if own or "claude" in model or identity.startswith("msg_"):
            return anthropic_counts(usage)
        return responses_counts(usage)
    return None
