"""Calibration of the serving constants on measured cases, and their errors out of sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import least_squares

from computebook.inference.calibration import CONSTANTS, priors
from computebook.inference.predictions import Block, blocks, predict, predict_block

__all__ = ["calibrate", "calibration_cases", "held_out_predictions", "interval_factors"]

Array = npt.NDArray[np.float64]

SEED: Final = 20260101
"""Order in which groups are held out; the fit itself has no random part."""

_SCALE: Final = {"ttft": 0.5}
_USUAL_SCALE: Final = 0.15
_WEIGHT: Final = {"max_load": 0.5, "open_loop_qps": 0.0, "kv_capacity": 0.0}
_Z80: Final = 1.2816
_EXPERIMENTAL: Final = "labelled experimental"
_AMBIGUOUS: Final = "unit ambiguous"


def calibration_cases(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the cases that may be fitted.

    Left out: rows that cannot be predicted, that their authors call experimental, or whose unit
    is ambiguous; open loops and capacities, which test the models without a fit.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.read_cases`.

    Returns
    -------
    pandas.DataFrame
        A subset of the rows.
    """
    known = cases["reason"] == ""
    fitted = ~cases["regime"].isin([name for name, w in _WEIGHT.items() if w == 0.0])
    clear = ~cases["notes"].str.contains(f"{_EXPERIMENTAL}|{_AMBIGUOUS}")
    return cases[known & fitted & clear]


def _residuals(prepared: list[Block], values: Mapping[str, float]) -> Array:
    """Return weighted log residuals, softened so that no single row rules the fit."""
    result = []
    for block in prepared:
        rows = block.rows
        error = np.log(predict_block(block, values) / rows["measured"].to_numpy())
        scale = rows["quantity"].map(_SCALE).fillna(_USUAL_SCALE).to_numpy()
        soft = np.sign(error) * np.sqrt(2.0 * (np.sqrt(1.0 + (error / scale) ** 2) - 1.0))
        weight = np.where(rows["engine"] == "fastertransformer", 0.3, 1.0)
        result.append(soft * np.sqrt(weight * _WEIGHT.get(block.regime, 1.0)))
    return np.concatenate(result)


def _fit(cases: pd.DataFrame, start: Mapping[str, float], evaluations: int) -> dict[str, float]:
    """Return constants that minimise soft residuals plus distance from the priors."""
    return _fit_with_spread(cases, start, evaluations)[0]


def _fit_with_spread(
    cases: pd.DataFrame, start: Mapping[str, float], evaluations: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Return constants and the standard deviation of their logarithms at the optimum."""
    prepared = blocks(cases)
    names = [constant.name for constant in CONSTANTS]
    prior = np.log([constant.prior for constant in CONSTANTS])
    spread = np.array([constant.spread for constant in CONSTANTS])

    def objective(logs: Array) -> Array:
        values = dict(zip(names, np.exp(logs), strict=True))
        return np.concatenate([_residuals(prepared, values), (logs - prior) / spread])

    origin = np.log([start[name] for name in names])
    found = least_squares(objective, origin, method="trf", max_nfev=evaluations, diff_step=1e-4)
    covariance = np.linalg.inv(found.jac.T @ found.jac)
    spreads = dict(zip(names, map(float, np.sqrt(np.diag(covariance))), strict=True))
    return dict(zip(names, map(float, np.exp(found.x)), strict=True)), spreads


def calibrate(cases: pd.DataFrame, evaluations: int = 12) -> pd.DataFrame:
    """Return the constants fitted to measured cases, with priors and the cases behind each.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.read_cases`.
    evaluations : int, default 12
        Most steps of the optimiser.

    Returns
    -------
    pandas.DataFrame
        Columns constant, value, low, high (80 % interval), unit, prior, prior_spread, cases,
        meaning.
    """
    used = calibration_cases(cases)
    values, spreads = _fit_with_spread(used, priors(), evaluations)
    rows = [
        {
            "constant": c.name, "value": values[c.name],
            "low": values[c.name] * np.exp(-_Z80 * spreads[c.name]),
            "high": values[c.name] * np.exp(_Z80 * spreads[c.name]),
            "unit": c.unit, "prior": c.prior,
            "prior_spread": c.spread, "cases": _cases_behind(c.scope, used), "meaning": c.meaning,
        }
        for c in CONSTANTS
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _cases_behind(scope: str, cases: pd.DataFrame) -> int:
    """Return the number of fitted cases to which a scope applies."""
    parts = scope.split(".") if scope else []
    mask = pd.Series(True, index=cases.index)
    for part in parts:
        columns = [cases[name] == part for name in ("weights", "experts", "engine", "generation")]
        mask &= np.logical_or.reduce(columns)
    return int(mask.sum())


def held_out_predictions(
    cases: pd.DataFrame, by: str = "group", folds: int | None = None, evaluations: int = 3
) -> pd.Series:
    """Return predictions of every fitted case by constants that never saw its group.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.read_cases`.
    by : str, default "group"
        Column that names what is left out together: ``"group"`` (model x GPU x engine),
        ``"generation"`` (of GPU), ``"model"``...
    folds : int, optional
        Leave out groups in this many bundles; one by one if left out.
    evaluations : int, default 3
        Steps of the optimiser from the fit on all cases.

    Returns
    -------
    pandas.Series
        On the index of the fitted cases.
    """
    used = calibration_cases(cases)
    groups = np.array(sorted(used[by].unique()), dtype=object)
    np.random.default_rng(SEED).shuffle(groups)
    bundles = np.array_split(groups, min(folds or len(groups), len(groups)))
    start = _fit(used, priors(), 12)
    result = pd.Series(np.nan, index=used.index, name="predicted")
    for bundle in bundles:
        out = used[by].isin(bundle)
        values = _fit(used[~out], _forget(start, used[~out]), evaluations)
        result[out] = predict(used[out], _known(values, used[~out]))
    return result


def _known(values: Mapping[str, float], cases: pd.DataFrame) -> dict[str, float]:
    """Return constants without those of scopes that no case supports."""
    return {
        c.name: values[c.name]
        for c in CONSTANTS
        if _cases_behind(c.scope, cases) or c.name.endswith(".vllm")
    }


def _forget(values: Mapping[str, float], cases: pd.DataFrame) -> dict[str, float]:
    """Return starting values in which unsupported scopes are back at their priors."""
    return {c.name: values[c.name] if _cases_behind(c.scope, cases) else c.prior for c in CONSTANTS}


def interval_factors(
    measured: Any,
    predicted: Any,
    regimes: Any,
    coverage: float = 0.8,
    narrowest: float = 0.03,
) -> dict[str, tuple[float, float]]:
    """Return what to multiply predictions with for an interval, by regime.

    Quantiles of ``measured / predicted`` out of sample: half of what is left over on each side.

    Source: `lei2018distribution`.

    Parameters
    ----------
    measured, predicted : array_like
        Pairs of the same quantity.
    regimes : array_like of str
        What to keep apart.
    coverage : float, default 0.8
        Share that the interval shall hold, 0 to 1.
    narrowest : float, default 0.03
        Least distance of a factor from 1: a handful of exact hits is no proof of exactness.

    Returns
    -------
    dict of str to tuple of float
        Low and high factor by regime.

    Examples
    --------
    >>> interval_factors([8.0, 9.0, 10.0, 11.0, 12.0], [10.0] * 5, ["a"] * 5)["a"]
    (0.84, 1.16)
    """
    frame = pd.DataFrame({"ratio": np.divide(measured, predicted), "regime": regimes}).dropna()
    tails = [(1.0 - coverage) / 2.0, (1.0 + coverage) / 2.0]
    factors = {}
    for name, group in frame.groupby("regime")["ratio"]:
        low, high = np.quantile(group.to_numpy(), tails)
        factors[str(name)] = (
            round(min(float(low), 1.0 - narrowest), 4),
            round(max(float(high), 1.0 + narrowest), 4),
        )
    return factors
