"""A provider's own records read into the same leaves: the ledger of a small example export."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import pandas as pd

from computebook import datasets, ledger
from computebook.exhibits.api_economics.offers import model_name

__all__ = ["example_in_words", "example_ledger"]

EXAMPLE: Final = "openai_responses.jsonl"


@cache
def _read() -> Any:
    return ledger.read(datasets.data_folder() / "examples" / EXAMPLE, by=("model",))


def example_ledger() -> pd.DataFrame:
    """Return the example's tokens and dollars by model, each row at the price of its own day.

    Returns
    -------
    DataFrame
        `model`, `requests`, `input_tokens`, `cached` (share of the input), `output_tokens`,
        `reasoning` (share of the output), `cost_usd`, `share` (of the cost).

    Examples
    --------
    >>> rows = example_ledger()
    >>> bool(abs(rows["share"].sum() - 1) < 1e-9)
    True
    """
    found = _read().totals("model")
    inputs = found["uncached_input_tokens"] + found["cached_input_tokens"]
    outputs = found["visible_output_tokens"] + found["reasoning_output_tokens"]
    cost = found["cost_usd"].astype(float)
    return pd.DataFrame(
        {
            "model": [model_name(name) for name in found["model"]],
            "requests": found["requests"],
            "input_tokens": inputs,
            "cached": found["cached_input_tokens"] / inputs,
            "output_tokens": outputs,
            "reasoning": found["reasoning_output_tokens"] / outputs,
            "cost_usd": cost,
            "share": cost / cost.sum(),
        }
    )


def example_in_words() -> str:
    """Return how the example's lines reconcile, in words.

    Examples
    --------
    >>> example_in_words().startswith("42 lines read: 40 priced")
    True
    """
    count = _read().reconciliation().set_index("item")["count"].astype(int).to_dict()
    return (
        f"{count['lines read']} lines read: {count['priced']} priced, "
        f"{count['duplicates, counted once']} a duplicate, "
        f"{count['without usage (failed or unfinished)']} without usage, "
        f"{count['rejected']} rejected"
    )
