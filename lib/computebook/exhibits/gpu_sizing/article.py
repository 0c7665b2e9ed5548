"""What the article says on memory and GPUs, and what became of each cell."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final

import pandas as pd

from computebook import claims, datasets, units
from computebook.memory import cache_bytes_from_elements
from computebook.tables.markdown import escape, verdict

__all__ = [
    "ARTICLE_ELEMENTS",
    "FULL_WINDOW_TOKENS",
    "article_cache_gb",
    "article_cells",
    "data_date",
    "prompt_limit_tokens",
    "prose_claims",
]

CHAPTER: Final = "gpu_sizing"
FULL_WINDOW_TOKENS: Final = 400_000
#: The article prints 12.8 billion elements for 400,000 tokens, and 4.1 for 128,000.
ARTICLE_ELEMENTS: Final = 12.8e9 / FULL_WINDOW_TOKENS
FIRST_COLUMNS: Final = {4: "Specification", 5: "Workload profile"}


def _cell(row: Mapping[Hashable, Any]) -> str:
    """Return the printed value, our value where it differs, and the verdict as a badge."""
    mark = str(row["verdict"])
    ours = "" if mark == "confirmed" else f" → {escape(str(row['our_value_text']))}"
    return f"{escape(str(row['value_text']))}{ours} {verdict(mark)}"


def article_cells(number: int) -> pd.DataFrame:
    """Return one table of the article in its own shape: printed → ours, verdict.

    Parameters
    ----------
    number : int
        4 (memory and bandwidth) or 5 (GPU by workload) in this chapter; any table works.

    Returns
    -------
    DataFrame
        The article's rows and columns; the cells hold MyST text. First column: the row labels.

    Raises
    ------
    ComputebookError
        If the article has no such table.

    Examples
    --------
    >>> cells = article_cells(4)
    >>> cells.shape, list(cells)
    ((3, 4), ['Specification', 'GPT-5.2', 'GPT-4 Turbo', 'Multiplier'])
    """
    shape = claims.article_table(number, "printed")
    long = claims.claims_of_table(number).to_dict("records")
    cells = shape.copy()
    for row in long:
        cells.loc[row["row_label"], row["column_label"]] = _cell(row)
    named = cells.rename_axis(FIRST_COLUMNS.get(number, "Row"))
    return named.reset_index()


def prose_claims() -> pd.DataFrame:
    """Return the article's sentences on this subject with our value and the verdict.

    Returns
    -------
    DataFrame
        `row_label`, `value_text`, `our_value_text`, `verdict`, `evidence`.

    Examples
    --------
    >>> set(prose_claims()["verdict"]) <= set(claims.VERDICTS)
    True
    """
    stated = claims.by_chapter(CHAPTER)
    chosen = stated[stated["article_table"] == claims.PROSE]
    columns = ["row_label", "value_text", "our_value_text", "verdict", "evidence"]
    return chosen[columns].reset_index(drop=True)


def prompt_limit_tokens(model: str = "gpt-5.2") -> int:
    """Return the longest prompt that a model takes when its whole answer is wanted.

    Parameters
    ----------
    model : str
        Id in `commercial_models`.

    Raises
    ------
    ComputebookError
        If there is no such model.

    Examples
    --------
    >>> prompt_limit_tokens()
    272000
    """
    key = datasets.resolve("commercial_models", "model_id", "model", model)
    table = datasets.load("commercial_models").set_index("model_id")
    return int(float(table["max_input_tokens"].astype(float)[key]))


def article_cache_gb(context_tokens: float, kv_bits: float) -> float:
    """Return the cache of one sequence under the article's constant, GB.

    Parameters
    ----------
    context_tokens : float
        Tokens held, 0 to 1e8.
    kv_bits : float
        Bits per cached value, 1 to 64.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> article_cache_gb(400_000, 16)
    25.6
    """
    size = cache_bytes_from_elements(ARTICLE_ELEMENTS, context_tokens, kv_bits=kv_bits)
    return float(size) / units.BYTES_PER_GB


def data_date() -> str:
    """Return the date of the newest row behind the architectures, ISO.

    Examples
    --------
    >>> len(data_date())
    10
    """
    return str(datasets.load("architectures")["as_of"].max().date())
