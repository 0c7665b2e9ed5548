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
from computebook.training_cases.cases import read_cases
from computebook.training_cases.holdout import held_out
from computebook.training_cases.predictions import predict, prepare, with_layouts

__all__ = ["GROUPINGS", "PREDICTION_COLUMNS", "predict_cases", "validate"]

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


def validate(
    path: str | Path,
    values: Mapping[str, float],
    factors: Mapping[str, tuple[float, float]],
    out: str | Path | None = None,
    *,
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
    split : str, optional
        Refit the constants without each ``"group"``, ``"generation"`` or ``"model"`` of the
        file, and predict it by them.
    done : callable, optional
        Called with the name of each part left out.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``predictions``, ``by_regime``, ``by_metric``, ``by_gpu``, ``not_predicted``.

    Raises
    ------
    ComputebookError
        If the file is missing, broken or lacks a column, or the output cannot be written.
    """
    cases = with_layouts(read_cases(path))
    held = held_out(cases, split, done=done) if split is not None else None
    predictions = predict_cases(cases, values, factors, held)
    if out is not None:
        write_tables({Path(out): predictions[list(PREDICTION_COLUMNS)]})
    tables = {f"by_{name}": error_table(predictions, by) for name, by in GROUPINGS.items()}
    return {"predictions": predictions, **tables, "not_predicted": reasons_table(predictions)}
