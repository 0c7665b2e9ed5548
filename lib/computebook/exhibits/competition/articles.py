"""The article's two tables with our value and the verdict in each cell."""

from __future__ import annotations

import pandas as pd

from computebook import claims, tables

__all__ = ["article_market", "positioning_claims", "share_verdicts", "with_badges"]


def article_market() -> pd.DataFrame:
    """Return the article's table of the market, each cell with our value and verdict, as MyST.

    Examples
    --------
    >>> print(article_market().iloc[0, 1])
    ~68% → 64.5-64.6% of web visits {bdg-danger}`contradicted`
    """
    return with_badges(11, "Metric")


def positioning_claims() -> pd.DataFrame:
    """Return what the article's text says of the competition, with verdict and evidence.

    Examples
    --------
    >>> positioning_claims()["verdict"].value_counts().to_dict()
    {'imprecise': 2, 'confirmed': 2, 'unverified': 1}
    """
    rows = claims.by_chapter("competition")
    rows = rows[rows["article_table"] == claims.PROSE]
    columns = ["statement", "verdict", "our_value_text", "evidence", "source_key"]
    return rows[columns].reset_index(drop=True)


def share_verdicts() -> pd.Series[int]:
    """Return how many of the article's market shares have each verdict.

    Examples
    --------
    >>> share_verdicts().to_dict()
    {'contradicted': 5, 'unverified': 1}
    """
    rows = claims.claims_of_table(11)
    return rows.loc[rows["unit"] == "percent", "verdict"].value_counts()


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
