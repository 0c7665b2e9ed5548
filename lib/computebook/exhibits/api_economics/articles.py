"""The article's two tables on prices and reasoning, beside what we compute."""

from __future__ import annotations

from typing import Final

import pandas as pd

from computebook import claims
from computebook.exhibits.api_economics.offers import standard_card
from computebook.exhibits.api_economics.reasoning import length_percentile, share_percentile
from computebook.price_cards import Date
from computebook.pricing import Usage, bill

__all__ = ["article_prices", "article_queries", "priced_queries"]

PRO: Final = "gpt-5.2-pro"


def article_prices() -> pd.DataFrame:
    """Return the article's price table, each cell with our value and verdict where they differ."""
    return claims.article_table(9).rename_axis("Model variant").reset_index()


def article_queries(model: str, on: Date, input_tokens: float) -> pd.DataFrame:
    """Return the article's reasoning-token table with what it leaves out.

    Parameters
    ----------
    model, on, input_tokens
        As in `priced_queries`.

    Returns
    -------
    DataFrame
        The article's columns as printed, with verdicts, and the columns of `priced_queries`.
    """
    printed = claims.article_table(10).rename_axis("Query complexity").reset_index()
    return pd.concat([printed, priced_queries(model, on, input_tokens)], axis=1)


def _queries() -> pd.DataFrame:
    """Return the article's three queries as numbers: visible and reasoning tokens, and cost."""
    rows = claims.claims_of_table(10)
    wide = rows.pivot_table(index="row_number", columns="column_number", values="value")
    names = rows.drop_duplicates("row_number").set_index("row_number")["row_label"]
    wide.columns = pd.Index(["visible_tokens", "reasoning_tokens", "article_usd"])
    return wide.assign(query=names).reset_index(drop=True)


def priced_queries(model: str, on: Date, input_tokens: float) -> pd.DataFrame:
    """Return the article's queries priced again, with their prompt and on GPT-5.2 Pro.

    Parameters
    ----------
    model : str
        Model that prices them.
    on : str or date
        Day of the prices.
    input_tokens : float
        Prompt of each query, nothing cached, tokens.

    Returns
    -------
    DataFrame
        `query`, `visible_tokens`, `reasoning_tokens`, `output_tokens`, `article_usd`,
        `output_usd`, `with_input_usd`, `pro_with_input_usd`, `length_percentile` and
        `share_percentile` in the DeepSeek-R1 traffic.

    Examples
    --------
    >>> frame = priced_queries("gpt-5.2", "2026-01-15", 0)
    >>> frame["output_usd"].round(4).tolist(), frame["pro_with_input_usd"].round(3).tolist()
    ([0.0098, 0.14, 0.77], [0.118, 1.68, 9.24])
    """
    frame = _queries()
    usage = Usage(
        uncached_input_tokens=input_tokens,
        visible_output_tokens=frame["visible_tokens"].to_numpy(),
        reasoning_output_tokens=frame["reasoning_tokens"].to_numpy(),
    )
    own, pro = bill(usage, standard_card(model, on)), bill(usage, standard_card(PRO, on))
    output = frame["visible_tokens"] + frame["reasoning_tokens"]
    return frame.assign(
        output_tokens=output,
        output_usd=own.output_usd,
        with_input_usd=own.total_usd,
        pro_with_input_usd=pro.total_usd,
        length_percentile=[length_percentile(tokens) for tokens in output],
        share_percentile=[share_percentile(s) for s in frame["reasoning_tokens"] / output],
    )
