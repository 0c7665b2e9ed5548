"""The article's tables as a chapter shows them: each cell with our value and the verdict."""

from __future__ import annotations

import pandas as pd

from computebook import claims, tables

__all__ = ["article_cells"]


def _cell(printed: str, ours: str, verdict: str) -> str:
    badge = tables.verdict(verdict)
    settled = verdict not in {"confirmed", "unverified"} and ours
    answer = f" → **{tables.escape(ours)}**" if settled else ""
    return f"{tables.escape(printed)}{answer} {badge}"


def article_cells(number: int, first: str) -> pd.DataFrame:
    """Return one table of the article in its own shape as MyST cells.

    Parameters
    ----------
    number : int
        Number of the table in the article.
    first : str
        Heading of the column of row labels.

    Returns
    -------
    DataFrame
        Row labels, then the article's columns: the printed value, ours where it differs and
        evidence settles it, and a badge with the verdict.

    Raises
    ------
    ComputebookError
        If the article has no such table.

    Examples
    --------
    >>> print(article_cells(8, "System").iloc[0, 1])
    3x faster {bdg-success}`confirmed`
    """
    printed, ours, verdicts = (
        claims.article_table(number, show) for show in ("printed", "ours", "verdict")
    )
    frame = printed.copy()
    for label in printed.columns:
        cells = zip(printed[label], ours[label], verdicts[label], strict=True)
        frame[label] = [_cell(*map(str, cell)) for cell in cells]
    return frame.rename_axis(first).reset_index()
