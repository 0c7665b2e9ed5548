"""Calibration of the serving constants on measured cases: the optimum and how well it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import least_squares

from computebook import errors
from computebook.inference.calibration import CONSTANTS, priors
from computebook.inference.predictions import Block, blocks, predict_block

__all__ = [
    "SEED",
    "Fit",
    "Objective",
    "calibrate",
    "calibration_cases",
    "cases_behind",
    "clear_cases",
    "fit_constants",
    "gauss_newton_step",
    "named",
    "prior_logs",
    "ranges",
    "supported",
    "without_support",
]

Array = npt.NDArray[np.float64]

SEED: Final = 20260101
"""Seed of the draws behind the ranges of the constants; the optimum itself has no random part."""

DRAWS: Final = 1000
_SCALE: Final = {"ttft": 0.5}
_USUAL_SCALE: Final = 0.15
_WEIGHT: Final = {"max_load": 0.5, "open_loop_qps": 0.0, "kv_capacity": 0.0}
_EXPERIMENTAL: Final = "labelled experimental"
_AMBIGUOUS: Final = "unit ambiguous"
_SHOWN: Final = "never fitted"
_SCOPES: Final = ("weights", "experts", "engine", "generation")


@dataclass(frozen=True)
class Fit:
    """Constants at an optimum, with the residuals and slopes of every case there.

    Parameters
    ----------
    logs : numpy.ndarray
        Natural logarithms of the constants, in the order of `CONSTANTS`.
    residuals : numpy.ndarray
        Weighted and softened log residual of each case.
    slopes : numpy.ndarray
        Their derivatives: cases x constants.
    index : pandas.Index
        Cases in the order of the residuals.
    """

    logs: Array
    residuals: Array
    slopes: Array
    index: pd.Index

    @property
    def values(self) -> dict[str, float]:
        """Constants by name."""
        return named(self.logs)


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
    return cases[known & fitted & clear_cases(cases)]


def clear_cases(cases: pd.DataFrame) -> pd.Series:
    """Return which cases are clear: not experimental to their authors, unit certain, not kept out.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.read_cases`.
    """
    return ~cases["notes"].str.contains(f"{_EXPERIMENTAL}|{_AMBIGUOUS}|{_SHOWN}")


@dataclass(frozen=True)
class Objective:
    """What a fit makes small: soft residuals and the distance from the priors.

    Parameters
    ----------
    prepared : list of Block
        Cases by regime.
    index : pandas.Index
        Cases in the order of the residuals.
    """

    prepared: list[Block]
    index: pd.Index

    @classmethod
    def of(cls, cases: pd.DataFrame) -> Objective:
        """Return the objective of some cases.

        Raises
        ------
        ComputebookError
            If there is no case to fit.
        """
        if cases.empty:
            raise errors.ComputebookError("no case to calibrate on: none is predicted and fitted")
        prepared = blocks(cases)
        return cls(prepared, pd.Index(np.concatenate([block.rows.index for block in prepared])))

    def residuals(self, logs: Array) -> Array:
        """Return weighted log residuals, softened so that no single row rules the fit."""
        values = named(logs)
        return np.concatenate([_soft_residuals(block, values) for block in self.prepared])

    def cost(self, logs: Array, residuals: Array) -> float:
        """Return the sum of squares that the fit makes small."""
        prior, spread = prior_logs()
        return float(np.sum(residuals**2) + np.sum(((logs - prior) / spread) ** 2))


def _soft_residuals(block: Block, values: Mapping[str, float]) -> Array:
    """Return the residuals of one regime."""
    rows = block.rows
    error = np.log(predict_block(block, values) / rows["measured"].to_numpy())
    scale = rows["quantity"].map(_SCALE).fillna(_USUAL_SCALE).to_numpy()
    soft = np.sign(error) * np.sqrt(2.0 * (np.sqrt(1.0 + (error / scale) ** 2) - 1.0))
    weight = np.where(rows["engine"] == "fastertransformer", 0.3, 1.0)
    return np.asarray(soft * np.sqrt(weight * _WEIGHT.get(block.regime, 1.0)))


def named(logs: Array) -> dict[str, float]:
    """Return constants by name from their logarithms in the order of `CONSTANTS`."""
    return {c.name: float(np.exp(x)) for c, x in zip(CONSTANTS, logs, strict=True)}


def prior_logs() -> tuple[Array, Array]:
    """Return the logarithms of the priors and the standard deviations around them."""
    prior = np.log([constant.prior for constant in CONSTANTS])
    return prior, np.array([constant.spread for constant in CONSTANTS])


def fit_constants(cases: pd.DataFrame, start: Mapping[str, float], evaluations: int = 12) -> Fit:
    """Return constants that minimise soft residuals plus distance from the priors.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `calibration_cases`.
    start : mapping of str to float
        Where the search begins: every constant by name.
    evaluations : int, default 12
        Most steps of the optimiser.

    Returns
    -------
    Fit
        The optimum.

    Raises
    ------
    ComputebookError
        If there is no case to fit.
    """
    target = Objective.of(cases)
    prior, spread = prior_logs()

    def objective(logs: Array) -> Array:
        return np.concatenate([target.residuals(logs), (logs - prior) / spread])

    found = least_squares(
        objective, np.log([start[constant.name] for constant in CONSTANTS]), method="trf",
        max_nfev=evaluations, diff_step=1e-4, ftol=1e-7, xtol=1e-6,
    )  # fmt: skip
    count = len(target.index)
    return Fit(found.x, found.fun[:count], found.jac[:count], target.index)


def gauss_newton_step(fit: Fit, weight: Array, centre: Array) -> Array:
    """Return the Gauss-Newton step for weighted cases and priors around a centre.

    Parameters
    ----------
    fit : Fit
        Where to step from.
    weight : numpy.ndarray
        Weight of each case.
    centre : numpy.ndarray
        Logarithms that the priors pull towards.

    Returns
    -------
    numpy.ndarray
        Change of the logarithms of the constants.
    """
    spread = prior_logs()[1]
    weighted = fit.slopes.T * weight
    curvature = weighted @ fit.slopes + np.diag(1.0 / spread**2)
    slope = weighted @ fit.residuals + (fit.logs - centre) / spread**2
    return -np.asarray(np.linalg.solve(curvature, slope))


def ranges(fit: Fit, groups: pd.Series, seed: int = SEED, draws: int = DRAWS) -> Array:
    """Return the 80 % range of every constant.

    Whole groups are drawn with replacement and priors within their spread, and the constants
    follow by one Gauss-Newton step: rows of one group are no independent evidence, and a
    constant that few groups support keeps the width of its prior.

    Source: `efron1979bootstrap`.

    Parameters
    ----------
    fit : Fit
        Optimum on all cases.
    groups : pandas.Series
        Group of each case, on the index of the cases.
    seed : int, default SEED
        Of the draws.
    draws : int, default 1000
        How many.

    Returns
    -------
    numpy.ndarray
        Two rows, low and high, in the unit of each constant; the optimum lies between.
    """
    random = np.random.default_rng(seed)
    names, codes = np.unique(groups.loc[fit.index].to_numpy(dtype=str), return_inverse=True)
    prior, spread = prior_logs()
    share = np.full(len(names), 1.0 / len(names))
    logs = []
    for _ in range(draws):
        weight = random.multinomial(len(names), share)[codes].astype(float)
        centre = prior + spread * random.standard_normal(len(prior))
        logs.append(fit.logs + gauss_newton_step(fit, weight, centre))
    low, high = np.quantile(np.array(logs), [0.1, 0.9], axis=0)
    ends = np.array([np.minimum(low, fit.logs), np.maximum(high, fit.logs)])
    return np.asarray(np.exp(ends))


def calibrate(
    cases: pd.DataFrame, evaluations: int = 12, seed: int = SEED
) -> tuple[pd.DataFrame, Fit]:
    """Return the constants fitted to measured cases, with priors and the cases behind each.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.read_cases`.
    evaluations : int, default 12
        Most steps of the optimiser.
    seed : int, default SEED
        Of the ranges.

    Returns
    -------
    pandas.DataFrame
        Columns constant, value, low, high (80 % range), unit, prior, prior_spread, cases,
        meaning.
    Fit
        The optimum behind them.
    """
    used = calibration_cases(cases)
    fit = fit_constants(used, priors(), evaluations)
    low, high = ranges(fit, used["group"], seed)
    rows = [
        {
            "constant": c.name, "value": float(np.exp(fit.logs[i])), "low": low[i],
            "high": high[i], "unit": c.unit, "prior": c.prior, "prior_spread": c.spread,
            "cases": cases_behind(c.scope, used), "meaning": c.meaning,
        }
        for i, c in enumerate(CONSTANTS)
    ]  # fmt: skip
    return pd.DataFrame(rows), fit


def cases_behind(scope: str, cases: pd.DataFrame) -> int:
    """Return the number of fitted cases to which a scope applies.

    Parameters
    ----------
    scope : str
        Generation, format or engine, or format and generation with a dot; empty for all.
    cases : pandas.DataFrame
        From `calibration_cases`.

    Examples
    --------
    >>> frame = pd.DataFrame({"weights": ["fp8"], "experts": ["fp8"], "engine": ["vllm"],
    ...     "generation": ["hopper"]})
    >>> cases_behind("fp8.hopper", frame), cases_behind("fp8.ada", frame), cases_behind("", frame)
    (1, 0, 1)
    """
    mask = pd.Series(True, index=cases.index)
    for part in scope.split(".") if scope else []:
        mask &= np.logical_or.reduce([cases[name] == part for name in _SCOPES])
    return int(mask.sum())


def supported(values: Mapping[str, float], cases: pd.DataFrame) -> dict[str, float]:
    """Return constants without those of scopes that no case supports.

    The models then treat such a scope as they treat a device that nobody measured.

    Parameters
    ----------
    values : mapping of str to float
        Constants by name.
    cases : pandas.DataFrame
        Cases that were fitted.
    """
    # An engine without constants counts as vLLM, whose constants must therefore always exist.
    return {
        c.name: values[c.name]
        for c in CONSTANTS
        if cases_behind(c.scope, cases) or c.scope == "vllm"
    }


def without_support(values: Mapping[str, float], cases: pd.DataFrame) -> dict[str, float]:
    """Return starting values in which scopes that no case supports are back at their priors.

    Parameters
    ----------
    values : mapping of str to float
        Constants by name.
    cases : pandas.DataFrame
        Cases that are fitted.
    """
    return {c.name: values[c.name] if cases_behind(c.scope, cases) else c.prior for c in CONSTANTS}
