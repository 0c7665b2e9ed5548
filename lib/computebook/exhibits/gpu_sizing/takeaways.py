"""The chapter's findings as sentences with their proofs."""

from __future__ import annotations

import pandas as pd

from computebook.exhibits.gpu_sizing import sentences, verdicts
from computebook.exhibits.gpu_sizing.article import FULL_WINDOW_TOKENS
from computebook.exhibits.gpu_sizing.headline import Headline
from computebook.exhibits.gpu_sizing.plan import Plan

__all__ = ["takeaways"]

Proof = str | tuple[str, ...]


def takeaways(
    asked: Plan, found: Headline, window: pd.DataFrame, points: pd.DataFrame
) -> list[tuple[str, Proof]]:
    """Return the findings for `tables.takeaways`.

    Parameters
    ----------
    asked : Plan
        The chapter's parameters.
    found : Headline
        From `headline`.
    window : DataFrame
        From `window_serving`.
    points : DataFrame
        From `break_points`.
    """
    return [
        (verdicts.cost_sentence(asked), ("tab-gpu-decision", "tab-gpu-forecasts")),
        (verdicts.speed_sentence(asked), ("tab-gpu-decision", "fig-gpu-steps")),
        (verdicts.context_sentence(asked), ("fig-gpu-steps", "tab-gpu-workload")),
        (sentences.window_takeaway(asked, window), ("tab-window-serving", "fig-token-by-context")),
        (
            f"One full window of {FULL_WINDOW_TOKENS:,} tokens takes {found.low_gb:.1f} to "
            f"{found.high_gb:.0f} GB of cache in {asked.kv_precision.upper()} over {found.models} "
            f"open models. The article's constant gives {found.article_gb:.1f} GB, which fits "
            "into every GPU of its table.",
            ("fig-kv-by-architecture", "tab-memory-bandwidth"),
        ),
        (sentences.users_sentence(asked, points), "tab-break-points"),
    ]
