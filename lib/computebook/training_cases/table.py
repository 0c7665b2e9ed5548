"""The calibration of the training models as data, with sources, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from computebook import datasets, errors
from computebook.inference.records import fingerprint, write_tables
from computebook.training_cases.cases import read_cases
from computebook.training_cases.fit import SEED, constants_table, fit_constants, fitted_rows
from computebook.training_cases.holdout import error_summary, factors_from, held_out
from computebook.training_cases.predictions import with_layouts

__all__ = ["TABLE", "calibrate", "constants_from_table", "intervals_from_table", "write_table"]

TABLE: Final = "training_calibration"
"""Name of the table."""

_INTERVAL: Final = "interval_factor"
_ERROR: Final = "error_without"
_SPLITS: Final = ("group", "generation")
_SOURCE: Final = "nvidia2026megatronbridge"
_PROVENANCE: Final = ("basis", "verification", "source_key", "locator", "as_of", "note")


def calibrate(path: str | Path, as_of: str, done: Callable[[str], None] | None = None) -> Any:
    """Return the table of constants, interval factors and errors out of sample.

    Parameters
    ----------
    path : str or Path
        CSV of cases; see `cases.COLUMNS`.
    as_of : str
        ISO date that the table shall carry.
    done : callable, optional
        Called with the name of each part left out.

    Returns
    -------
    pandas.DataFrame
        Columns of the table `TABLE`.
    """
    cases = with_layouts(read_cases(path))
    fit = fit_constants(cases)
    table = [constants_table(fit, cases)]
    held = {by: held_out(cases, by, fit=fit, done=done) for by in _SPLITS}
    table.append(_interval_rows(cases, held["group"]))
    table += [_error_rows(cases, held[by], by) for by in _SPLITS]
    where = f"fit to {len(fitted_rows(cases))} cases, SHA-256 {fingerprint(path)}, seed {SEED}"
    rows = pd.concat(table, ignore_index=True)
    return rows.assign(
        basis="derived", verification="secondary", source_key=_SOURCE, locator=where,
        as_of=as_of, note=rows["note"].fillna(""),
    )[[c for c in rows.columns if c not in _PROVENANCE] + list(_PROVENANCE)]  # fmt: skip


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
        _row(f"{_INTERVAL}.{key}", 1.0, *pair, int(counts[key]), meaning=meaning, note=note)
        for key, pair in factors_from(cases, predicted).items()
    ])  # fmt: skip


def _error_rows(cases: pd.DataFrame, predicted: pd.Series, by: str) -> pd.DataFrame:
    left = {"group": "model x GPU x precision", "generation": "the GPU generation"}[by]
    meaning = f"mean absolute error with {left} left out"
    rows = error_summary(cases, predicted).to_dict("records")
    return pd.DataFrame([
        _row(f"{_ERROR}_{by}.{r['regime']}.{r['quantity']}", float(r["mean"]), None, None,
             int(r["cases"]), meaning=meaning, note=f"Median absolute error {r['median']:.3g}.")
        for r in rows
    ])  # fmt: skip


def write_table(
    path: str | Path, as_of: str, folder: str | Path | None = None,
    done: Callable[[str], None] | None = None,
) -> Path:  # fmt: skip
    """Calibrate on a file of cases and write the table; return where.

    Parameters
    ----------
    path : str or Path
        CSV of cases.
    as_of : str
        ISO date.
    folder : str or Path, optional
        Where; the package's data folder if left out.
    done : callable, optional
        Called with the name of each part left out.

    Raises
    ------
    ComputebookError
        If the file cannot be read or the table cannot be written.
    """
    place = Path(folder or datasets.data_folder()) / f"{TABLE}.csv"
    write_tables({place: calibrate(path, as_of, done)})
    return place


def _frame(table: pd.DataFrame | None) -> pd.DataFrame:
    return datasets.load(TABLE) if table is None else table


def constants_from_table(table: pd.DataFrame | None = None) -> dict[str, float]:
    """Return the constants by name.

    Parameters
    ----------
    table : pandas.DataFrame, optional
        The table; the package's own if left out.

    Raises
    ------
    ComputebookError
        If the table holds no constants.
    """
    frame = _frame(table)
    rows = frame[frame["prior"].notna()]
    if rows.empty:
        raise errors.ComputebookError(f"table {TABLE!r} holds no constants")
    return dict(zip(rows["constant_id"], rows["value"].astype(float), strict=True))


def intervals_from_table(table: pd.DataFrame | None = None) -> Mapping[str, tuple[float, float]]:
    """Return the interval factors by kind of model and quantity.

    Parameters
    ----------
    table : pandas.DataFrame, optional
        The table; the package's own if left out.
    """
    frame = _frame(table)
    rows = frame[frame["field"] == _INTERVAL]
    pairs = zip(rows["low"].astype(float), rows["high"].astype(float), strict=True)
    return dict(zip(rows["scope"], pairs, strict=True))
