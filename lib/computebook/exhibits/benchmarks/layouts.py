"""How the tables of the chapter on benchmarks are headed, printed and sourced."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pandas as pd

from computebook.exhibits.benchmarks.numbers import p_value, signed

__all__ = ["LAYOUTS", "composite_layout"]

_ARTICLE: Final = "introl2026gpt52analysis"
_SCORES: Final = [
    "arcprize2026leaderboard",
    "openai2025gpt52",
    "openhands2026index",
    "modelsdev2026prices",
]


def _as(style: Any, columns: Iterable[str]) -> dict[str, Any]:
    """Return one style for several columns."""
    return dict.fromkeys(columns, style)


def composite_layout(weights: pd.DataFrame) -> dict[str, Any]:
    """Return the layout of the scores and weights of a composite.

    Parameters
    ----------
    weights : DataFrame
        From `composite_weights`.

    Examples
    --------
    >>> composite_layout(pd.DataFrame(columns=["benchmark_id", "Kimi K2.5"]))["formats"]
    {'weight': '.1%', 'Kimi K2.5': '.1f'}
    """
    stated = ("benchmark_id", "benchmark", "category", "items", "weight")
    models = [name for name in weights.columns if name not in stated]
    named = {"benchmark": "Benchmark", "category": "Category", "weight": "Weight"}
    return {
        "columns": named | {model: f"{model} (%)" for model in models},
        "formats": {"weight": ".1%"} | _as(".1f", models),
        "sources": ["moonshot2026kimik25"],
    }


#: Keyword arguments of `tables.table` by the name of the table.
LAYOUTS: Final[dict[str, dict[str, Any]]] = {
    "tab-reasoning": {
        "formats": _as(
            "markdown", ["GPT-5.2 Pro", "GPT-5.2 Thinking", "Claude Opus 4.5", "Gemini 3 Pro"]
        ),
        "sources": [_ARTICLE, "arcprize2026leaderboard", "openai2025gpt52"],
    },
    "tab-mathematics": {
        "formats": _as("markdown", ["GPT-5.2 Thinking", "GPT-5.1", "Improvement"]),
        "sources": [_ARTICLE, "openai2025gpt52", "epoch2025benchmarkruns"],
    },
    "tab-software": {
        "formats": _as("markdown", ["GPT-5.2", "Claude Opus 4.5", "Gap"]),
        "sources": [_ARTICLE, "moonshot2026kimik25", "modelsdev2026prices"],
    },
    "tab-score-runs": {
        "columns": {
            "label": "Benchmark: model",
            "printed_percent": "Article (%)",
            "score_percent": "Run shown (%)",
            "interval": "Interval (%)",
            "effort": "Effort",
            "conditions": "Harness",
            "exposure": "Contamination",
            "verdict": "Verdict on the article",
        },
        "formats": {"verdict": "verdict"} | _as(".1f", ["printed_percent", "score_percent"]),
        "sources": _SCORES,
    },
    "tab-sentences": {
        "columns": {
            "statement": "The article says",
            "our_value_text": "We found",
            "verdict": "Verdict",
            "source_key": "Source",
        },
        "formats": {"verdict": "verdict", "source_key": "cite"},
    },
    "tab-leads": {
        "columns": {
            "lead": "Lead",
            "printed_points": "Article (points)",
            "lead_points": "Found (points)",
            "interval": "Interval (points)",
            "z": "z",
            "p_adjusted": "p, adjusted",
            "run_by": "Run by",
            "outcome": "Outcome",
        },
        "formats": {"z": ".2f", "p_adjusted": p_value}
        | _as(signed, ["printed_points", "lead_points"]),
        "sources": [
            "arcprize2026leaderboard",
            "openai2025gpt52",
            "moonshot2026kimik25",
            "openhands2026index",
            "modelsdev2026prices",
        ],
    },
    "tab-software-runs": {
        "columns": {
            "benchmark": "Benchmark",
            "model": "Model",
            "score_percent": "Score (%)",
            "run_by": "Run by",
            "effort": "Effort",
            "harness": "Harness",
            "source_key": "Source",
        },
        "formats": {"score_percent": ".1f", "source_key": "cite"},
        "note": "Quotations are listed only where no run of record is known.",
    },
    "tab-solved-costs": {
        "columns": {
            "configuration": "Model (effort)",
            "score_percent": "Score (%)",
            "low_percent": "Low (%)",
            "high_percent": "High (%)",
            "cost_per_task_usd": "Per task ($)",
            "cost_per_solved_task_usd": "Per solved task ($)",
            "on_front": "On the frontier",
        },
        "formats": _as(".1f", ["score_percent", "low_percent", "high_percent"])
        | _as(",.2f", ["cost_per_task_usd", "cost_per_solved_task_usd"]),
        "empty": "nothing solved",
    },
    "tab-openhands-costs": {
        "columns": {
            "model": "Model",
            "score_percent": "Score (%)",
            "interval": "Interval (%)",
            "cost_per_task_usd": "Mean ($)",
            "cost_p50_usd": "Median ($)",
            "cost_p95_usd": "95th percentile ($)",
            "cost_per_solved_task_usd": "Per resolved task ($)",
        },
        "formats": {"score_percent": ".1f"}
        | _as(
            ".2f",
            ["cost_per_task_usd", "cost_p50_usd", "cost_p95_usd", "cost_per_solved_task_usd"],
        ),
        "sources": ["openhands2026index"],
    },
    "tab-purchase-ladder": {
        "columns": {
            "configuration": "Best buy",
            "from_usd": "Failure costs from ($)",
            "to_usd": "to ($)",
            "cost_per_task_usd": "Per task ($)",
            "score_percent": "Score (%)",
        },
        "formats": {"score_percent": ".1f"}
        | _as(",.2f", ["from_usd", "to_usd", "cost_per_task_usd"]),
        "empty": "no upper end",
    },
    "tab-failure-scenarios": {
        "columns": {
            "scenario": "Scenario",
            "failure_cost_usd": "Failed task ($)",
            "configuration": "Best buy",
            "cost_per_task_usd": "Per task ($)",
            "expected_usd": "With failures ($)",
            "top_score_usd": "Same with the top score ($)",
        },
        "formats": _as(
            ",.2f", ["failure_cost_usd", "cost_per_task_usd", "expected_usd", "top_score_usd"]
        ),
    },
    "tab-progress": {
        "columns": {
            "benchmark": "Benchmark",
            "first": "First frontier",
            "floor_percent": "Score (%)",
            "first_usd": "Cost then ($ per task)",
            "last": "Cheapest with that score",
            "last_usd": "Cost ($ per task)",
            "pace": "Times cheaper in a year (interval)",
            "gain_points": "Gain for the first cost (points)",
        },
        "formats": {"floor_percent": ".1f", "gain_points": signed}
        | _as(".2f", ["first_usd", "last_usd"]),
        "sources": ["openhands2026index", "arcprize2026leaderboard"],
    },
    "tab-composite-ranks": {
        "columns": {
            "model": "Model",
            "composite_percent": "Composite (%)",
            "rank": "Rank",
            "ranks": "Ranks over weightings",
            "first_by_weights": "First over weightings",
            "first_by_noise": "First with scores redrawn",
            "undominated": "Undominated",
        },
        "formats": {"composite_percent": ".2f", "rank": ".0f", "undominated": "yesno"}
        | _as(".0%", ["first_by_weights", "first_by_noise"]),
        "note": "Ranks over weightings: the middle 90%. Undominated: no other model is as good on "
        "every benchmark; no other can be first at any weights.",
    },
    "tab-standard-errors": {
        "columns": {
            "run": "Run",
            "items": "Items",
            "score_percent": "Score (%)",
            "published_points": "Published (points)",
            "model_points": "Model (points)",
            "ratio": "Model / published",
        },
        "formats": {"ratio": ".2f"}
        | _as(".1f", ["score_percent", "published_points", "model_points"]),
        "sources": ["epoch2025benchmarkruns"],
    },
    "tab-contamination": {
        "columns": {
            "named": "Benchmark",
            "contamination_note": "What is known",
            "contamination": "Contamination",
            "counted": "Items (verified)",
        },
        "formats": {"named": "markdown"},
        "sources": ["openai2026swebenchaudit"],
        "empty": "nothing recorded",
    },
}
