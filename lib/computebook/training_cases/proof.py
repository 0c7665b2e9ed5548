"""The calibration of the training models and its proof: both tables from one file of cases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from computebook import errors
from computebook.inference.holdout import cross_intervals
from computebook.inference.records import fingerprint, read_rows
from computebook.training_cases import holdout
from computebook.training_cases.cases import COLUMNS, read_cases
from computebook.training_cases.fit import SEED, Fit, constants_table, fit_constants, fitted_rows
from computebook.training_cases.predictions import with_layouts
from computebook.training_cases.table import HOLDOUT, INTERVAL, TABLE

__all__ = ["held_out_rows", "prove"]

Done = Callable[[str, int, str], None]

_ERROR: Final = "error_without"
_LEFT_OUT: Final = {"group": "model x GPU x precision", "generation": "the GPU generation",
                    "model": "the model"}  # fmt: skip
_SOURCE: Final = "nvidia2026megatronbridge"
_PROVENANCE: Final = ("basis", "verification", "source_key", "locator", "as_of", "note")
_HELD: Final = ["case_id", "metric", "split", "left_out", "measured", "predicted", "low", "high",
                "relative_error", "fitted"]  # fmt: skip


def prove(
    path: str | Path,
    *,
    seed: int = SEED,
    splits: Sequence[str] = ("group", "generation"),
    workers: int = 1,
    as_of: str | None = None,
    done: Done | None = None,
) -> dict[str, pd.DataFrame]:
    """Return the tables of constants and of held-out predictions.

    Parameters
    ----------
    path : str or Path
        CSV with `cases.COLUMNS`.
    seed : int, default fit.SEED
        Seed of the ranges of the constants.
    splits : sequence of str, default ("group", "generation")
        Names of `holdout.SPLITS`; ``"group"`` must be among them, as the intervals rest on it.
    workers : int, default 1
        Processes.
    as_of : str, optional
        ISO date of the calibration; the newest `as_of` of the cases if left out.
    done : callable, optional
        Called with split, number of parts and part after each part.

    Returns
    -------
    dict of str to pandas.DataFrame
        Tables by name, as they are written. The same file and seed give the same tables.

    Raises
    ------
    ComputebookError
        If the file cannot be read, a split is unknown, or no date is known.
    """
    for split in splits:
        errors.require_known("holdout", split, holdout.SPLITS)
    if "group" not in splits:
        raise errors.ComputebookError("holdout lacks 'group': the intervals rest on it")
    raw = read_rows(path, COLUMNS)
    date = _date(raw, as_of)
    cases = with_layouts(read_cases(path))
    fit = fit_constants(cases)
    where = f"fit to {len(fitted_rows(cases))} cases, SHA-256 {fingerprint(path)}, seed {seed}"
    held = {
        split: held_out_rows(cases, split, fit, workers, done) for split in dict.fromkeys(splits)
    }
    sources = raw.reindex(columns=["source_key"]).fillna("")
    rows = pd.concat(held.values())
    rows = rows.assign(source_key=sources["source_key"], note="",
                       locator="refit without " + rows["split"] + "; " + where)  # fmt: skip
    known = constants_table(fit, cases, seed)
    table = pd.concat([known, *_further_rows(cases, held)], ignore_index=True)
    table = table.assign(source_key=_SOURCE, locator=where, note=table["note"].fillna(""))
    return {TABLE: _sourced(table, date), HOLDOUT: _sourced(rows, date)}


def _sourced(table: pd.DataFrame, date: str) -> pd.DataFrame:
    """Return a table with its provenance columns last."""
    full = table.assign(basis="derived", verification="secondary", as_of=date)
    return full[[c for c in full.columns if c not in _PROVENANCE] + list(_PROVENANCE)].reset_index(
        drop=True
    )


def _date(raw: pd.DataFrame, as_of: str | None) -> str:
    """Return the date of the calibration, never that of the clock."""
    if as_of is None and "as_of" not in raw.columns:
        raise errors.ComputebookError("the cases carry no date: give one as YYYY-MM-DD")
    text = as_of or str(raw["as_of"].dropna().max())
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise errors.ComputebookError(f"as_of = {text!r} is not a date as YYYY-MM-DD") from None


def held_out_rows(
    cases: pd.DataFrame, split: str, fit: Fit, workers: int = 1, done: Done | None = None
) -> pd.DataFrame:
    """Return the held-out predictions of one split with intervals and errors.

    The interval of a case comes from the residuals of all other parts, so that the share of
    measurements inside is an honest one; it is missing where there are too few of them.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `predictions.with_layouts`.
    split : str
        One of `holdout.SPLITS`.
    fit : Fit
        Optimum on all cases.
    workers : int, default 1
        Processes.
    done : callable, optional
        Called with split, number of parts and part after each part.

    Returns
    -------
    pandas.DataFrame
        Columns case_id, metric, split, left_out, measured, predicted, low, high,
        relative_error, fitted; on the index of the cases.
    """
    parts = holdout.parts_of(cases, split)
    count = parts.nunique()

    def tell(name: str) -> None:
        if done is not None:
            done(split, count, name)

    predicted = holdout.held_out(cases, split, fit=fit, workers=workers, done=tell)
    rows = cases.loc[predicted.index].assign(predicted=predicted, split=split, left_out=parts)
    keys = rows["regime"] + "." + rows["quantity"]
    ends = cross_intervals(rows["measured"], predicted, keys, rows["left_out"])
    enough = keys.map(keys.value_counts()) >= holdout.LEAST
    rows[["low", "high"]] = ends.where(enough)
    fitted = rows.index.isin(fitted_rows(cases).index)
    return rows.assign(
        relative_error=predicted / rows["measured"] - 1.0,
        fitted=pd.Series(fitted, rows.index).map({True: "true", False: "false"}),
    )[_HELD]


def _further_rows(cases: pd.DataFrame, held: dict[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """Return interval factors, and the mean errors of every split."""
    intervals = _interval_rows(cases, held["group"]["predicted"])
    return [intervals, *(_error_rows(cases, rows["predicted"], by) for by, rows in held.items())]


def _row(name: str, value: float, low: Any, high: Any, cases: int, **words: str) -> dict[str, Any]:
    field, _, scope = name.partition(".")
    return {"constant_id": name, "field": field, "scope": scope, "value": value, "low": low,
            "high": high, "unit": "", "prior": None, "prior_spread": None, "cases": cases,
            **words}  # fmt: skip


def _interval_rows(cases: pd.DataFrame, predicted: pd.Series) -> pd.DataFrame:
    rows = cases.loc[predicted.index]
    counts = (rows["regime"] + "." + rows["quantity"]).value_counts()
    meaning = "80 % of measurements lie between these multiples of the prediction"
    note = "Each group of model, GPU and precision predicted by constants that never saw it."
    return pd.DataFrame([
        _row(f"{INTERVAL}.{key}", 1.0, *pair, int(counts[key]), meaning=meaning, note=note)
        for key, pair in holdout.factors_from(cases, predicted).items()
    ])  # fmt: skip


def _error_rows(cases: pd.DataFrame, predicted: pd.Series, by: str) -> pd.DataFrame:
    meaning = f"mean absolute error with {_LEFT_OUT[by]} left out"
    rows = holdout.error_summary(cases, predicted).to_dict("records")
    return pd.DataFrame([
        _row(f"{_ERROR}_{by}.{r['regime']}.{r['quantity']}", float(r["mean"]), None, None,
             int(r["cases"]), meaning=meaning, note=f"Median absolute error {r['median']:.3g}.")
        for r in rows
    ])  # fmt: skip
