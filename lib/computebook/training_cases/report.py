"""Predicted against measured training runs: every case, its interval, and error tables.

`computebook validate training` prints these tables and writes the predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from computebook.inference.records import write_tables
from computebook.inference.scores import PREDICTED, error_table, reasons_table
from computebook.training_cases.aims import aims_table
from computebook.training_cases.cases import read_cases
from computebook.training_cases.holdout import held_out
from computebook.training_cases.predictions import predict, prepare, with_layouts

__all__ = ["GROUPINGS", "PREDICTION_COLUMNS", "matched", "predict_cases", "validate"]

PREDICTION_COLUMNS: Final = (
    "case_id", "metric", "measured", "predicted", "low", "high", "error_fraction", "status",
)  # fmt: skip
"""Columns of the written predictions, as for inference."""

GROUPINGS: Final[dict[str, list[str]]] = {
    "regime": ["regime", "quantity"], "metric": ["metric"], "gpu": ["gpu"],
}  # fmt: skip
"""Columns behind each way to group errors; the regime is dense or experts."""

_WIDEST: Final = (0.5, 2.0)


def _factor(key: str, factors: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    """Return the factors of a key, of the same quantity elsewhere, or the widest."""
    if key in factors:
        return factors[key]
    quantity = key.partition(".")[2]
    same = [pair for name, pair in factors.items() if name.endswith(f".{quantity}")]
    return (min(p[0] for p in same), max(p[1] for p in same)) if same else _WIDEST


def predict_cases(
    cases: pd.DataFrame,
    values: Mapping[str, float],
    factors: Mapping[str, tuple[float, float]],
    predicted: pd.Series | None = None,
) -> pd.DataFrame:
    """Return central values, 80 % intervals and a status for every case.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `predictions.with_layouts`.
    values : mapping of str to float
        Constants by name.
    factors : mapping of str to tuple of float
        Interval factors by kind of model and quantity.
    predicted : pandas.Series, optional
        Predictions in place of those by `values`, from `holdout.held_out` say.

    Returns
    -------
    pandas.DataFrame
        `cases` with predicted, low, high, error_fraction and status: ``"predicted"``, or why
        the row is not.
    """
    usable = cases.index[cases["reason"] == ""]
    if predicted is None and len(usable):
        predicted = pd.Series(predict(prepare(cases), values), usable)
    centre = pd.Series(np.nan, cases.index) if predicted is None else predicted
    result = cases.assign(predicted=centre.reindex(cases.index))
    result["status"] = result["reason"].mask(result["reason"] == "", PREDICTED)
    keys = result["regime"] + "." + result["quantity"]
    pairs = np.array([_factor(str(key), factors) for key in keys])
    return result.assign(
        low=result["predicted"] * pairs[:, 0], high=result["predicted"] * pairs[:, 1],
        error_fraction=result["predicted"] / result["measured"] - 1.0,
    )  # fmt: skip


def matched(cases: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Return the held-out row of each case, missing where case or measurement differs.

    Parameters
    ----------
    cases : pandas.DataFrame
        With case_id, metric and measured.
    held : pandas.DataFrame
        Rows of the table `training_holdout`.
    """
    keys = ["case_id", "metric"]
    known = held.drop_duplicates(keys).rename(columns={"measured": "measured_then"})
    found = cases[[*keys, "measured"]].merge(known, on=keys, how="left")
    found.index = cases.index
    same = np.isclose(found["measured"], found["measured_then"].astype(float), rtol=1e-4)
    return found.where(pd.Series(same, index=found.index))


def validate(
    path: str | Path,
    values: Mapping[str, float],
    factors: Mapping[str, tuple[float, float]],
    out: str | Path | None = None,
    *,
    held: pd.DataFrame | None = None,
    split: str | None = None,
    done: Callable[[str], None] | None = None,
) -> dict[str, pd.DataFrame]:
    """Return error tables for a file of cases, and write the predictions if asked.

    Parameters
    ----------
    path : str or Path
        CSV with `cases.COLUMNS`.
    values : mapping of str to float
        Constants by name.
    factors : mapping of str to tuple of float
        Interval factors.
    out : str or Path, optional
        Where to write `PREDICTION_COLUMNS`, one row per row of the file.
    held : pandas.DataFrame, optional
        Table `training_holdout`; says which cases are in sample.
    split : str, optional
        Predict known cases by constants that never saw their ``"group"`` or ``"generation"``:
        from `held` where it has such rows, by refits to the file itself where it has none.
    done : callable, optional
        Called with the name of each part left out of a refit.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``predictions``, ``by_regime``, ``by_metric``, ``by_gpu``, ``aims``, ``not_predicted``.

    Raises
    ------
    ComputebookError
        If the file is missing, broken or lacks a column, or the output cannot be written.
    """
    cases = with_layouts(read_cases(path))
    predictions = predict_cases(cases, values, factors)
    known = matched(cases, _rows_of(held, split))
    seen = known["fitted"].eq(True)
    if split is not None:
        if known["predicted"].notna().any():
            predictions = _with_held_out(predictions, known, factors)
        else:
            apart = held_out(cases, split, done=done)
            predictions = predict_cases(cases, values, factors, apart)
        seen = seen & False
    predictions = predictions.assign(in_sample=seen)
    if out is not None:
        write_tables({Path(out): predictions[list(PREDICTION_COLUMNS)]})
    tables = {f"by_{name}": error_table(predictions, by) for name, by in GROUPINGS.items()}
    return {"predictions": predictions, **tables, "aims": aims_table(predictions),
            "not_predicted": reasons_table(predictions)}  # fmt: skip


def _rows_of(held: pd.DataFrame | None, split: str | None) -> pd.DataFrame:
    """Return the held-out rows of a split, of any if none is asked for."""
    columns = ["case_id", "metric", "measured", "predicted", "low", "high", "fitted", "split"]
    if held is None:
        return pd.DataFrame(columns=columns)
    return held[columns] if split is None else held.loc[held["split"] == split, columns]


def _with_held_out(
    predictions: pd.DataFrame, known: pd.DataFrame, factors: Mapping[str, tuple[float, float]]
) -> pd.DataFrame:
    """Return predictions in which known cases are predicted by constants that never saw them."""
    centre = known["predicted"].astype(float).fillna(predictions["predicted"])
    usable = predictions.index[predictions["reason"] == ""]
    result = predict_cases(predictions, {}, factors, centre.loc[usable])
    own = {end: known[end].astype(float).fillna(result[end]) for end in ("low", "high")}
    return result.assign(**own)
