"""The chapter's findings as sentences with their proofs."""

from __future__ import annotations

from computebook import memory, units
from computebook.exhibits.gpu_sizing.article import FULL_WINDOW_TOKENS
from computebook.exhibits.gpu_sizing.case import Case
from computebook.exhibits.gpu_sizing.headline import Headline, users_words
from computebook.exhibits.gpu_sizing.sentences import cost_sentence

__all__ = ["takeaways", "window_sentence", "worked_bound", "worked_cache"]

Proof = str | tuple[str, ...]


def takeaways(
    found: Headline, case: Case, context_tokens: int, batch_size: int
) -> list[tuple[str, Proof]]:
    """Return the findings for `tables.takeaways`.

    Parameters
    ----------
    found : Headline
        From `headline`.
    case : Case
        What was sized.
    context_tokens, batch_size : int
        Tokens per sequence and sequences.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> from computebook.exhibits.gpu_sizing.headline import headline
    >>> sized = case("llama-3.1-70b", "fp8", "bf16")
    >>> found = headline(sized, ["h100-sxm"], 8_192, 16, 20)
    >>> len(takeaways(found, sized, 8_192, 16))
    6
    """
    crowd = users_words(batch_size)
    edge = units.format_significant(found.points["cache_context_tokens"].median(), 2)
    return [
        (
            f"One full window of {FULL_WINDOW_TOKENS:,} tokens takes {found.low_gb:.1f} to "
            f"{found.high_gb:.0f} GB of cache in {case.kv_cache.upper()} over {found.models} open "
            f"models, a spread of {found.high_gb / found.low_gb:.0f} times. The article's constant "
            f"gives {found.article_gb:.1f} GB; the median is {found.central_gb:.1f} GB.",
            ("fig-kv-by-architecture", "tab-memory-bandwidth"),
        ),
        (
            f"No prompt of GPT-5.2 fills that window: {found.prompt_tokens:,} tokens is the "
            f"longest, {found.prompt_low_gb:.1f} to {found.prompt_high_gb:.0f} GB of cache.",
            "tab-window-needs",
        ),
        (
            "Memory does not tie a context to a GPU. The article's own cache fits into every GPU "
            f"of its table and reads in {found.article_read_ms:.1f} ms on an H100.",
            ("tab-gpu-workload", "tab-gpu-bands"),
        ),
        (
            f"{case.shape.name} with {crowd} at {context_tokens:,} tokens fits on "
            f"{found.fleet_words}.",
            ("fig-fleet-map", "tab-decode-bounds"),
        ),
        (
            f"At {crowd}, context sets the speed beyond about {edge} tokens; below it "
            "the weights do.",
            "tab-break-points",
        ),
        (cost_sentence(found), ("tab-cost-bounds", "fig-cost-bounds")),
    ]


def window_sentence(found: Headline) -> str:
    """Return what holds and what does not in the article's table of memory.

    Parameters
    ----------
    found : Headline
        From `headline`.
    """
    answer = FULL_WINDOW_TOKENS - found.prompt_tokens
    return (
        f"The window holds in kind: {FULL_WINDOW_TOKENS:,} tokens are {found.prompt_tokens:,} of "
        f"prompt plus {answer:,} of answer. The cache row does not stand on evidence. Both of its "
        f"figures are {found.article_elements:,.0f} elements per token times the window, one "
        "constant for two models whose architectures are not public, so its ratio only repeats the "
        "ratio of the windows."
    )


def worked_cache(case: Case, context_tokens: int, batch_size: int) -> str:
    """Return the equations of the cache with the chapter's numbers.

    Parameters
    ----------
    case : Case
        What is sized.
    context_tokens, batch_size : int
        Tokens per sequence and sequences.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.case import case
    >>> "516.1 kB" in worked_cache(case("llama-3.1-405b", "fp8", "bf16"), 1_000, 1)
    True
    """
    elements = memory.kv_elements_per_token(case.shape)
    per_token = memory.kv_bytes_per_token(case.shape, case.kv_bits)
    held = memory.kv_cache_bytes(case.shape, context_tokens, batch_size, case.kv_bits)
    return (
        f"Worked: {{eq}}`eq-kv-elements` gives {case.shape.name} {elements:,.0f} elements per "
        f"token, {per_token / 1e3:,.1f} kB in {case.kv_cache.upper()}. By {{eq}}`eq-kv-cache`, "
        f"{users_words(batch_size)} at {context_tokens:,} tokens each take "
        f"{held / units.BYTES_PER_GB:,.1f} GB."
    )


def worked_bound(found: Headline, context_tokens: int) -> str:
    """Return the equations of the bounds with the numbers of the first fleet.

    Parameters
    ----------
    found : Headline
        From `headline`.
    context_tokens : int
        Tokens per sequence.
    """
    first = found.fleets.iloc[0]
    return (
        f"Worked, {{eq}}`eq-decode-bound` on {first['fleet']}: weights {first['weights_ms']:.1f} "
        f"ms, cache {first['cache_ms']:.1f} ms, arithmetic {first['compute_ms']:.2f} ms beside "
        f"them, so no step is shorter than {first['step_ms']:.1f} ms. By {{eq}}`eq-prefill-bound` "
        f"a prompt of {context_tokens:,} tokens needs {first['prefill_s']:.2f} s at least."
    )
