"""What the article states in prose about training, claim by claim."""

from __future__ import annotations

import pandas as pd

from computebook import claims

__all__ = ["CHAPTER", "prose_claims"]

CHAPTER = "training_clusters"


def prose_claims() -> pd.DataFrame:
    """Return what the article states in its running text on training, claim by claim.

    Returns
    -------
    DataFrame
        `statement`, `article`, `ours`, `verdict`, `evidence`, `source`.

    Examples
    --------
    >>> prose_claims()["verdict"].isin(claims.VERDICTS).all().item()
    True
    """
    chosen = claims.by_chapter(CHAPTER)
    chosen = chosen[chosen["article_table"] == claims.PROSE]
    names = {"value_text": "article", "our_value_text": "ours", "source_key": "source"}
    kept = ["statement", "article", "ours", "verdict", "evidence", "source"]
    return chosen.rename(columns=names)[kept].reset_index(drop=True)
