"""The calibration and its proof: both tables from one file of measured cases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from computebook import errors
from computebook.inference import fit, holdout
from computebook.inference.cases import COLUMNS, normalise
from computebook.inference.records import fingerprint, read_rows
from computebook.inference.report import interval_key, usable_cases
from computebook.inference.table import (
    HOLDOUT,
    TABLE,
    Origin,
    calibration_table,
    holdout_table,
)

__all__ = ["held_out_rows", "intervals_behind", "prove"]

Done = Callable[[str, int, str], None]


def prove(
    path: str | Path,
    *,
    seed: int = fit.SEED,
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
        Called with split, number of groups and group after each group.

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
    cases = usable_cases(normalise(raw))
    constants, best = fit.calibrate(cases, seed=seed)
    used = fit.calibration_cases(cases)
    origin = Origin(fingerprint(path), len(used), seed, _date(raw, as_of))
    held = {
        split: held_out_rows(cases, split, best, workers, done) for split in dict.fromkeys(splits)
    }
    behind, factors = intervals_behind(cases, held["group"])
    sources = raw.reindex(columns=["source_key"]).fillna("")
    rows = [holdout_table(frame, sources.loc[frame.index], origin) for frame in held.values()]
    return {
        TABLE: calibration_table(constants, factors, behind, origin),
        HOLDOUT: pd.concat(rows, ignore_index=True),
    }


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
    cases: pd.DataFrame, split: str, best: fit.Fit, workers: int = 1, done: Done | None = None
) -> pd.DataFrame:
    """Return the held-out predictions of one split with intervals and errors.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `report.usable_cases`.
    split : str
        One of `holdout.SPLITS`.
    best : fit.Fit
        Optimum on all cases.
    workers : int, default 1
        Processes.
    done : callable, optional
        Called with split, number of groups and group after each group.

    Returns
    -------
    pandas.DataFrame
        Columns case_id, metric, split, left_out, measured, predicted, low, high,
        error_fraction, fitted; on the index of the cases.
    """
    count = holdout.groups_of(cases, split)

    def tell(name: str) -> None:
        if done is not None:
            done(split, len(count), name)

    found = holdout.held_out(cases, split, fit=best, workers=workers, done=tell)
    rows = cases.loc[found.index].assign(**found, split=split)
    rows[["low", "high"]] = holdout.cross_intervals(
        rows["measured"], rows["predicted"], interval_key(rows), rows["left_out"],
        fit.clear_cases(rows),
    )  # fmt: skip
    rows["error_fraction"] = rows["predicted"] / rows["measured"] - 1.0
    rows["fitted"] = rows.index.isin(fit.calibration_cases(cases).index)
    return rows[["case_id", "metric", "split", "left_out", "measured", "predicted", "low", "high",
                 "error_fraction", "fitted"]]  # fmt: skip


def intervals_behind(
    cases: pd.DataFrame, held: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, tuple[float, float]]]:
    """Return the interval factors and what stands behind each.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `report.usable_cases`.
    held : pandas.DataFrame
        From `held_out_rows`, by group.

    Returns
    -------
    pandas.DataFrame
        By load and quantity: cases, groups, fitted.
    dict of str to tuple of float
        Factors by load and quantity.
    """
    clear = held[fit.clear_cases(cases.loc[held.index])]
    keys = interval_key(cases.loc[clear.index])
    grouped = clear.groupby(keys)
    behind = grouped.agg(
        cases=("case_id", "size"), groups=("left_out", "nunique"), fitted=("fitted", "sum")
    )
    return behind, holdout.interval_factors(clear["measured"], clear["predicted"], keys)
