"""The calibration as a table: constants and interval factors, with where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd

from computebook import datasets, errors

__all__ = ["TABLE", "calibration_table", "constants_from_table", "intervals_from_table", "write"]

TABLE: Final = "inference_calibration"
"""Name of the table of constants."""

_INTERVAL: Final = "interval_factor"
_SOURCES: Final = {
    "fastertransformer": "nvidia2023fastertransformer",
    "": "nvidia_aiconfigurator",
}


def calibration_table(
    constants: pd.DataFrame,
    factors: Mapping[str, tuple[float, float]],
    counts: Mapping[str, int],
    as_of: str,
) -> pd.DataFrame:
    """Return the table of constants and interval factors with provenance.

    Parameters
    ----------
    constants : pandas.DataFrame
        From `fit.calibrate`.
    factors : mapping of str to tuple of float
        From `fit.interval_factors`.
    counts : mapping of str to int
        Cases behind each pair of factors.
    as_of : str
        ISO date of the calibration.

    Returns
    -------
    pandas.DataFrame
        Columns constant_id, field, scope, value, low, high, unit, prior, prior_spread, cases,
        meaning and the provenance columns.
    """
    rows = [
        _constant_row({str(k): v for k, v in row.items()}) for row in constants.to_dict("records")
    ]
    rows += [_interval_row(name, pair, counts.get(name, 0)) for name, pair in factors.items()]
    table = pd.DataFrame(rows)
    table["basis"], table["verification"] = "derived", "secondary"
    engines = table["scope"].map(lambda scope: _SOURCES.get(scope, _SOURCES[""]))
    table["source_key"], table["as_of"] = engines, as_of
    table["locator"] = "fit to public end-to-end measurements, prior from kernel timings"
    table["note"] = ""
    order = ["basis", "verification", "source_key", "locator", "as_of", "note"]
    return table[[name for name in table.columns if name not in order] + order]


def _constant_row(row: dict[str, object]) -> dict[str, object]:
    field, _, scope = str(row.pop("constant")).partition(".")
    return {"constant_id": f"{field}.{scope}" if scope else field, "field": field,
            "scope": scope, **row}  # fmt: skip


def _interval_row(name: str, pair: tuple[float, float], cases: int) -> dict[str, object]:
    return {
        "constant_id": f"{_INTERVAL}.{name}", "field": _INTERVAL, "scope": name, "value": 1.0,
        "low": pair[0], "high": pair[1], "unit": "", "prior": None, "prior_spread": None,
        "cases": cases,
        "meaning": "80 % of measurements lie between these multiples of the prediction",
    }  # fmt: skip


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
        For `validation_inference.predict_cases`.
    """
    frame = datasets.load(TABLE) if table is None else table
    rows = frame[frame["field"] == _INTERVAL]
    pairs = zip(rows["low"].astype(float), rows["high"].astype(float), strict=True)
    return dict(zip(rows["scope"], pairs, strict=True))


def write(table: pd.DataFrame, path: str | Path) -> None:
    """Write the table as the package stores it: UTF-8, LF, seven significant digits.

    Parameters
    ----------
    table : pandas.DataFrame
        From `calibration_table`.
    path : str or Path
        Where to.
    """
    table.to_csv(path, index=False, lineterminator="\n", float_format="%.7g")
