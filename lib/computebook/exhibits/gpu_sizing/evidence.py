"""What the measured cases say of comparisons between GPUs, and how long their requests were."""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
import pandas as pd

from computebook import datasets
from computebook.exhibits.gpu_sizing.bills import watts
from computebook.inference.cases import normalise
from computebook.inference.predictions import predict
from computebook.inference.table import constants_from_table

__all__ = ["measured_context_tokens", "measured_pairs", "pair_interval"]

TABLE: Final = "inference_measurements"
RATE: Final = "throughput"
#: What two measured cases must share to differ in the accelerator alone.
SAME: Final = (
    *("architecture_id", "engine", "regime", "metric", "quantity", "weights", "experts", "kv"),
    *("tensor_parallel", "attention_data_parallel", "prompt_tokens", "output_tokens", "load"),
)
ENDS: Final = (0.1, 0.9)


@functools.cache
def _cases() -> pd.DataFrame:
    """Return the measured cases that the models can predict."""
    cases = normalise(datasets.load(TABLE))
    known = cases[cases["reason"] == ""].reset_index(drop=True)
    return known.assign(load=known["users"].fillna(0.0))


def measured_context_tokens() -> float:
    """Return the longest request among the measured cases, prompt and answer.

    Examples
    --------
    >>> measured_context_tokens()
    33792.0
    """
    cases = _cases()
    return float((cases["prompt_tokens"] + cases["output_tokens"]).max())


@functools.cache
def measured_pairs() -> pd.DataFrame:
    """Return measured and predicted ratios of cases that differ in the accelerator alone.

    Only accelerators whose servers the data rates, as in the chapter. The constants were fitted
    to these cases too: the errors are in sample.

    Returns
    -------
    DataFrame
        `regime`, `quantity`, `accelerator_id`, `accelerator_id_b`, `measured` and `predicted`
        ratio of the first to the second.

    Examples
    --------
    >>> len(measured_pairs()) > 50
    True
    """
    cases = _cases().assign(predicted=predict(_cases(), constants_from_table()))
    rated = [name for name in cases["accelerator_id"].unique() if np.isfinite(watts(name))]
    cases = cases[cases["accelerator_id"].isin(rated)]
    both = cases.merge(cases, on=list(SAME), suffixes=("", "_b"))
    both = both[both["accelerator_id"] < both["accelerator_id_b"]].reset_index(drop=True)
    names = ["regime", "quantity", "accelerator_id", "accelerator_id_b"]
    return both[names].assign(
        measured=both["measured"] / both["measured_b"],
        predicted=both["predicted"] / both["predicted_b"],
    )


def pair_interval() -> tuple[float, float]:
    """Return the multiples of a predicted ratio of rates that hold 80 % of the measured ones.

    Examples
    --------
    >>> low, high = pair_interval()
    >>> low < high
    True
    """
    pairs = measured_pairs()
    rates = pairs[pairs["quantity"] == RATE]
    low, high = (rates["measured"] / rates["predicted"]).quantile(list(ENDS))
    return float(low), float(high)
