"""The article's two tables with our value and the verdict in each cell."""

from __future__ import annotations

import pandas as pd

from computebook import claims, tables

__all__ = ["article_market", "with_badges"]


def article_market() -> pd.DataFrame:
    """Return the article's table of the market, each cell with our value and verdict, as MyST.

    Examples
    --------
    >>> print(article_market().iloc[0, 1])
    ~68% → 64.5-64.6% of web visits {bdg-danger}`contradicted`
    """
    return with_badges(11, "Metric")


def with_badges(number: int, head: str) -> pd.DataFrame:
    """Return one table of the article with our value and the verdict in each cell, as MyST.

    Parameters
    ----------
    number : int
        Number of the table in the article.
    head : str
        Heading of the column of row labels.

    Returns
    -------
    DataFrame
        The article's rows and columns; a cell that stands as printed holds the value alone.
    """
    printed, ours, verdicts = (
        claims.article_table(number, show=show) for show in ("printed", "ours", "verdict")
    )
    cells = printed.copy()
    for column in printed.columns:
        parts = zip(printed[column], ours[column], verdicts[column], strict=True)
        cells[column] = [_cell(*part) for part in parts]
    return cells.rename_axis(head).reset_index()


def _cell(printed: str, ours: str, verdict: str) -> str:
    """Return a cell as printed, and what became of it unless it stands as printed."""
    if verdict == "confirmed":
        return printed
    return f"{printed} → {ours} {tables.verdict(verdict)}"
