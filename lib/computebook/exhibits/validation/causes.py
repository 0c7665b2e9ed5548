"""The cases that the serving models get most wrong, and what the records say of them."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from computebook.exhibits.validation.out_of_sample import held_out_cases
from computebook.exhibits.validation.serving import QUANTITIES, scope_words

__all__ = ["CAUSES", "contradicted_sentence", "worst_cases"]

CAUSES: Final = {
    "faulty": "faulty run",
    "limited": "limit not recorded",
    "separate": "prompts run elsewhere",
    "queued": "queue not recorded",
    "staggered": "staggered start",
    "open": "not known",
}
"""Likely causes, inferred from the record."""

_SETUP: Final = ["group", "tensor_parallel", "weights"]
_FASTER: Final = 0.5


def worst_cases(count: int) -> pd.DataFrame:
    """Return the fitted cases whose held-out prediction is farthest off, with likely causes.

    Parameters
    ----------
    count : int
        How many.

    Returns
    -------
    DataFrame
        `label` (model, accelerators, engine), `quantity`, `users`, `prompt_tokens`, `measured`,
        `predicted` (ms or tokens/s), `ratio`, `cause`.

    Examples
    --------
    >>> bool(worst_cases(3)["ratio"].between(0.3, 3.0).any())
    False
    """
    rows = held_out_cases()
    rows = rows[rows["fitted"]]
    worst = rows.loc[np.log(rows["ratio"]).abs().nlargest(count).index]
    engines = worst["engine"].map(scope_words)
    ranks = worst["tensor_parallel"].astype(int).astype(str)
    named: pd.DataFrame = worst.assign(
        label=worst["name"] + ", " + ranks + " × " + worst["gpu"] + ", " + engines,
        what=worst["quantity"].map(QUANTITIES),
        cause=[CAUSES[_cause(row, rows)] for _, row in worst.iterrows()],
    )
    return named.reset_index(drop=True)


def contradicted_sentence() -> str:
    """Return what few contradictory records do to the mean error of time per output token."""
    rows = held_out_cases()
    fitted = rows[rows["fitted"]]
    load = fitted["regime"] == "serving_fixed_concurrency"
    steps = fitted[load & (fitted["quantity"] == "tpot")]
    causes = [_cause(row, fitted) for _, row in steps.iterrows()]
    sound = ~pd.Series(causes, index=steps.index).isin(["faulty", "limited"])
    every, rest = (part["error_percent"].abs().mean() for part in (steps, steps[sound]))
    return (
        f"Some records contradict others of the same setup: {(~sound).sum()} of {len(steps)} times "
        "per output token are twice as long as under a heavier load, or belong to runs in which "
        f"fewer requests ran than were offered. Without them the mean error would be {rest:.1f}% "
        f"and not {every:.1f}%; they stay in every figure of this page."
    )


def _cause(case: pd.Series, rows: pd.DataFrame) -> str:
    """Return the key of the likely cause of one case."""
    alike = rows[(rows[_SETUP] == case[_SETUP]).all(axis=1)]
    if case["quantity"] == "tpot" and _slower_than_heavier(case, alike):
        return "faulty"
    if _opposite_sibling(case, alike):
        return "limited"
    if case["separate_prefill"]:
        return "separate"
    if case["quantity"] == "ttft":
        return "queued" if case["ratio"] < 1.0 else "staggered"
    return "open"


def _slower_than_heavier(case: pd.Series, alike: pd.DataFrame) -> bool:
    """Return whether the same setup took under half the time with as many users or more."""
    heavier = alike[(alike["quantity"] == "tpot") & (alike["users"] >= case["users"])]
    heavier = heavier[heavier["prompt_tokens"] >= _FASTER * case["prompt_tokens"]]
    return bool((heavier["measured"] < _FASTER * case["measured"]).any())


def _opposite_sibling(case: pd.Series, alike: pd.DataFrame) -> bool:
    """Return whether steps of the same run were far faster and first tokens far slower."""
    load = ["users", "prompt_tokens", "output_tokens"]
    same = alike[(alike[load] == case[load]).all(axis=1)].set_index("quantity")["ratio"]
    ratios = same[~same.index.duplicated()]
    return bool(ratios.get("tpot", 1.0) > 1.0 / _FASTER and ratios.get("ttft", 1.0) < _FASTER)
