"""The calibration as data: constants, interval factors and held-out predictions with sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from computebook import datasets, errors

__all__ = [
    "HOLDOUT",
    "MEASUREMENTS",
    "TABLE",
    "Origin",
    "calibration_table",
    "constants_from_table",
    "holdout_table",
    "intervals_from_table",
]

TABLE: Final = "inference_calibration"
"""Name of the table of constants."""

HOLDOUT: Final = "inference_holdout"
"""Name of the table of predictions out of sample."""

MEASUREMENTS: Final = "inference_measurements"
"""Name of the table of measured cases."""

IN_SAMPLE: Final = "In sample"
"""How the note of an interval factor begins whose cases were seen while the model was written."""

_INTERVAL: Final = "interval_factor"
_SOURCES: Final = {
    "fastertransformer": "nvidia2023fastertransformer",
    "tensorrt-llm-session": "nvidia2024trtllm090",
    "": "nvidia_aiconfigurator",
}
_PROVENANCE: Final = ("basis", "verification", "source_key", "locator", "as_of", "note")


@dataclass(frozen=True)
class Origin:
    """Where a calibration comes from.

    Parameters
    ----------
    fingerprint : str
        Beginning of the SHA-256 of the cases.
    cases : int
        Cases that were fitted.
    seed : int
        Seed of the ranges.
    as_of : str
        ISO date.
    """

    fingerprint: str
    cases: int
    seed: int
    as_of: str

    @property
    def locator(self) -> str:
        """The calibration in a line."""
        return f"fit to {self.cases} cases, SHA-256 {self.fingerprint}, seed {self.seed}"


def calibration_table(
    constants: pd.DataFrame,
    factors: Mapping[str, tuple[float, float]],
    behind: pd.DataFrame,
    origin: Origin,
) -> pd.DataFrame:
    """Return the table of constants and interval factors with provenance.

    Parameters
    ----------
    constants : pandas.DataFrame
        From `fit.calibrate`.
    factors : mapping of str to tuple of float
        From `holdout.interval_factors`.
    behind : pandas.DataFrame
        By name of the factor: cases, groups and fitted, the cases among them that were fitted.
    origin : Origin
        Where the calibration comes from.

    Returns
    -------
    pandas.DataFrame
        Columns constant_id, field, scope, value, low, high, unit, prior, prior_spread, cases,
        meaning and the provenance columns.
    """
    rows = [
        _constant_row({str(k): v for k, v in row.items()}) for row in constants.to_dict("records")
    ]
    found = {str(name): row for name, row in behind.iterrows()}
    rows += [_interval_row(name, pair, found[name]) for name, pair in factors.items()]
    table = pd.DataFrame(rows)
    table["basis"], table["verification"] = "derived", "secondary"
    table["source_key"] = table["scope"].map(lambda scope: _SOURCES.get(scope, _SOURCES[""]))
    table["locator"], table["as_of"] = origin.locator, origin.as_of
    table["note"] = table["note"].fillna("")
    return table[[name for name in table.columns if name not in _PROVENANCE] + list(_PROVENANCE)]


def _constant_row(row: dict[str, object]) -> dict[str, object]:
    field, _, scope = str(row.pop("constant")).partition(".")
    return {"constant_id": f"{field}.{scope}" if scope else field, "field": field,
            "scope": scope, **row}  # fmt: skip


def _interval_row(name: str, pair: tuple[float, float], behind: pd.Series) -> dict[str, object]:
    cases, groups = int(behind["cases"]), int(behind["groups"])
    seen = (
        f"From {groups} groups, each predicted by constants that never saw it."
        if behind["fitted"]
        else f"{IN_SAMPLE}: from the {cases} cases themselves ({groups} groups), which were seen "
        "while the model was written; no constant was fitted to them."
    )
    return {
        "constant_id": f"{_INTERVAL}.{name}", "field": _INTERVAL, "scope": name, "value": 1.0,
        "low": pair[0], "high": pair[1], "unit": "", "prior": None, "prior_spread": None,
        "cases": cases,
        "meaning": "80 % of measurements lie between these multiples of the prediction",
        "note": seen,
    }  # fmt: skip


def holdout_table(held: pd.DataFrame, sources: pd.DataFrame, origin: Origin) -> pd.DataFrame:
    """Return held-out predictions with provenance.

    Parameters
    ----------
    held : pandas.DataFrame
        Columns case_id, metric, split, left_out, measured, predicted, low, high,
        error_fraction and fitted.
    sources : pandas.DataFrame
        On the same index: source_key of each measurement.
    origin : Origin
        Where the calibration comes from.

    Returns
    -------
    pandas.DataFrame
        The columns of the table `HOLDOUT`.
    """
    fitted = held["fitted"].map({True: "true", False: "false"})
    table = held.rename(columns={"error_fraction": "relative_error"}).assign(
        fitted=fitted, basis="derived", verification="secondary",
        source_key=sources["source_key"], as_of=origin.as_of, note="",
        locator="refit without " + held["split"] + "; " + origin.locator,
    )  # fmt: skip
    return table[[name for name in table.columns if name not in _PROVENANCE] + list(_PROVENANCE)]


def constants_from_table(table: pd.DataFrame | None = None) -> dict[str, float]:
    """Return the constants by name.

    Parameters
    ----------
    table : pandas.DataFrame, optional
        The table; the package's own if left out.

    Returns
    -------
    dict of str to float
        For `calibration.constants_for`.

    Raises
    ------
    ComputebookError
        If the table holds no constants.
    """
    frame = datasets.load(TABLE) if table is None else table
    rows = frame[frame["field"] != _INTERVAL]
    if rows.empty:
        raise errors.ComputebookError(f"table {TABLE!r} holds no constants")
    return dict(zip(rows["constant_id"], rows["value"].astype(float), strict=True))


def intervals_from_table(table: pd.DataFrame | None = None) -> dict[str, tuple[float, float]]:
    """Return the interval factors by load and quantity.

    Parameters
    ----------
    table : pandas.DataFrame, optional
        The table; the package's own if left out.

    Returns
    -------
    dict of str to tuple of float
        For `report.predict_cases`.
    """
    frame = datasets.load(TABLE) if table is None else table
    rows = frame[frame["field"] == _INTERVAL]
    pairs = zip(rows["low"].astype(float), rows["high"].astype(float), strict=True)
    return dict(zip(rows["scope"], pairs, strict=True))
