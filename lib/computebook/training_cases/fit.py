"""Calibration of the training constants: priors, soft residuals, bounds, a fixed seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import least_squares

from computebook.training_cases.calibration import CONSTANTS, priors
from computebook.training_cases.predictions import predict, prepare

__all__ = ["SEED", "Fit", "constants_table", "fit_constants", "fitted_rows"]

Array = npt.NDArray[np.float64]

SEED: Final = 20260101
"""Seed of the draws behind the ranges; the optimum itself has no random part."""

DRAWS: Final = 1000
_SCALE: Final = 0.08
_FITTED: Final = ("throughput", "rate", "utilization", "duration")
_WEIGHT: Final = {"duration": 0.5}
_STEPS: Final = 40


@dataclass(frozen=True)
class Fit:
    """Constants at an optimum and how sharply the cases hold them there.

    Parameters
    ----------
    logs : numpy.ndarray
        Natural logarithms of the constants, in the order of `CONSTANTS`.
    covariance : numpy.ndarray
        Of the logarithms, from the slopes at the optimum.
    """

    logs: Array
    covariance: Array

    @property
    def values(self) -> dict[str, float]:
        """Constants by name."""
        return _named(self.logs)


def _named(logs: Array) -> dict[str, float]:
    numbers = np.exp(logs)
    return {c.name: float(v) for c, v in zip(CONSTANTS, numbers, strict=True)}


def fitted_rows(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the cases that constants are fitted to.

    Left out: memory, which has no fitted constant, GPU-hours of whole programmes, and runs
    whose layout is not recorded, so that no constant makes up for a layout that was guessed.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `predictions.with_layouts`.
    """
    usable = (cases["reason"] == "") & cases["quantity"].isin(_FITTED)
    return cases[usable & cases["layout_recorded"]]


def _soft(residuals: Array) -> Array:
    """Return residuals whose squares grow linearly far out, so that no outlier rules."""
    return np.sign(residuals) * np.sqrt(2.0 * (np.sqrt(1.0 + residuals**2) - 1.0))


def _weights(cases: pd.DataFrame) -> Array:
    """Return weights: repeats of one group count less than as many groups."""
    size = cases.groupby("group")["group"].transform("size").to_numpy(float)
    return cases["quantity"].map(_WEIGHT).fillna(1.0).to_numpy(float) / size**0.25


def fit_constants(
    cases: pd.DataFrame, start: Mapping[str, float] | None = None, *, steps: int = _STEPS
) -> Fit:
    """Return the constants that best agree with cases and priors.

    Least squares of softened log residuals and of distances from the priors, in logarithms and
    within bounds. Priors count as further observations.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `predictions.with_layouts`; see `fitted_rows`.
    start : mapping of str to float, optional
        Where to begin; the priors if left out.
    steps : int, default 40
        Most steps.
    """
    rows = fitted_rows(cases)
    centre = np.log(list(priors().values()))
    spread = np.array([c.spread for c in CONSTANTS])
    if rows.empty:
        return Fit(centre, np.diag(spread**2))
    ready = prepare(rows)
    bounds = np.log([c.low for c in CONSTANTS]), np.log([c.high for c in CONSTANTS])
    first = np.log(list({**priors(), **(start or {})}.values()))
    weights, measured = _weights(ready.cases), ready.cases["measured"].to_numpy(float)

    def objective(logs: Array) -> Array:
        ratio = np.log(predict(ready, _named(logs)) / measured)
        return np.concatenate([weights * _soft(ratio / _SCALE), (logs - centre) / spread])

    inside = np.clip(first, bounds[0] + 1e-6, bounds[1] - 1e-6)
    found = least_squares(objective, inside, bounds=bounds, max_nfev=steps, xtol=1e-4, ftol=1e-4)
    return Fit(found.x, np.linalg.inv(found.jac.T @ found.jac))


def constants_table(fit: Fit, cases: pd.DataFrame, seed: int = SEED) -> pd.DataFrame:
    """Return the constants with 80 % ranges and the cases behind each.

    Parameters
    ----------
    fit : Fit
        From `fit_constants`.
    cases : pandas.DataFrame
        The cases that were fitted.
    seed : int, default SEED
        Seed of the draws behind the ranges.
    """
    draws = np.random.default_rng(seed).multivariate_normal(fit.logs, fit.covariance, DRAWS)
    low, high = np.exp(np.quantile(draws, [0.1, 0.9], axis=0))
    scopes = prepare(fitted_rows(cases)).scopes
    rows = [
        {"constant_id": c.name, "field": c.field, "scope": c.scope, "value": np.exp(fit.logs[i]),
         "low": max(low[i], c.low), "high": min(high[i], c.high), "unit": c.unit,
         "prior": c.prior, "prior_spread": c.spread,
         "cases": int(_uses(scopes, c.scope)), "meaning": c.meaning}
        for i, c in enumerate(CONSTANTS)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _uses(scopes: pd.DataFrame, scope: str) -> int:
    return len(scopes) if not scope else int((scopes == scope).any(axis=1).sum())
