"""What a reader can change in the chapter on benchmarks."""

from __future__ import annotations

from typing import Final

from computebook.parameters import Parameter

__all__ = ["ADJUSTMENTS", "PARAMETERS", "REPORTERS", "WEIGHTINGS"]

#: Who ran a model: the order in which one falls back where a preferred run does not exist.
REPORTERS: Final = ("independent", "self", "competitor")
#: What a composite treats alike, or by what it weighs.
WEIGHTINGS: Final = ("categories", "benchmarks", "items")
ADJUSTMENTS: Final = ("holm", "bonferroni", "none")
PRICED_BENCHMARKS: Final = (
    "arc-agi-1",
    "arc-agi-1-public",
    "arc-agi-2",
    "arc-agi-2-public",
    "commit0",
    "gaia",
    "swe-bench-multimodal",
    "swe-bench-verified",
    "swt-bench",
)
PAIRED_MODELS: Final = (
    "claude-opus-4.5",
    "claude-sonnet-4.5",
    "gemini-3-pro",
    "gpt-5.2",
    "gpt-5.2-codex",
    "kimi-k2.5",
)

PARAMETERS: Final = (
    Parameter(
        "confidence_percent", "float", "%", 95.0, 50.0, 99.9, meaning="Level of every interval."
    ),
    Parameter(
        "significance_percent",
        "float",
        "%",
        5.0,
        0.1,
        50.0,
        meaning="Chance of a false lead that you accept.",
    ),
    Parameter(
        "multiple_comparisons",
        "str",
        "",
        "holm",
        choices=ADJUSTMENTS,
        meaning="How p-values pay for testing several leads at once.",
    ),
    Parameter(
        "preferred_reporter",
        "str",
        "",
        "independent",
        choices=REPORTERS,
        meaning="Whose run counts where several exist for one model and benchmark.",
    ),
    Parameter(
        "frontier_benchmark",
        "str",
        "",
        "arc-agi-2",
        choices=PRICED_BENCHMARKS,
        meaning="Benchmark of the cost frontier; each of the choices records cost per task.",
    ),
    Parameter(
        "frontier_models",
        "list",
        "",
        [
            "gpt-5.2",
            "gpt-5.2-pro",
            "gpt-5.1",
            "claude-opus-4.5",
            "gemini-3-pro",
            "gemini-3-deep-think",
        ],
        meaning="Models on the cost frontier; those without a priced run are left out.",
    ),
    Parameter(
        "min_score_percent", "float", "%", 30.0, 0.0, 100.0, meaning="Score below which you walk."
    ),
    Parameter(
        "failure_cost_usd",
        "float",
        "$",
        25.0,
        0.1,
        1e6,
        meaning="What one failed task costs you: redoing it by hand, or the damage.",
    ),
    Parameter(
        "paired_models",
        "list",
        "",
        list(PAIRED_MODELS),
        choices=PAIRED_MODELS,
        meaning="Models of the paired test on SWE-bench Verified; two or more.",
    ),
    Parameter(
        "composite_weighting",
        "str",
        "",
        "categories",
        choices=WEIGHTINGS,
        meaning="What the composite treats alike; items weighs by their number.",
    ),
)
