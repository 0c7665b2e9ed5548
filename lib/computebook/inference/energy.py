"""Energy constants fitted to measured power, and their errors on models that they never saw."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import least_squares

from computebook import architectures, datasets, hardware, memory, power, serving
from computebook.inference.calibration import constants_for
from computebook.inference.table import constants_from_table

__all__ = [
    "FITTED",
    "EnergyRates",
    "calibrate_energy",
    "energy_cases",
    "energy_deployment",
    "energy_rates",
    "fitted_host_factor",
    "held_out_power",
    "predicted_power",
    "predicted_rates",
    "rates_by_host_factor",
]

Array = npt.NDArray[np.float64]

TABLE: Final = "energy_measurements"

FITTED: Final = ("active_fraction", "byte_j", "flop_j")
"""Constants fitted per generation, in this order."""

PRIORS: Final = {"active_fraction": 0.35, "byte_j": 9e-11, "flop_j": 2e-12}
"""Where the fit starts, and what it returns to where cases are silent."""

HOST_FACTORS: Final = tuple(float(f) for f in np.round(2.0 ** np.arange(-1.0, 4.01, 0.25), 3))
"""Factors on the host's time that are tried."""

_PRIOR_SPREAD: Final = 1.0
_SOFT: Final = 0.5
_Z80: Final = 1.2816
_USABLE: Final = 0.9


def energy_cases(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the measured runs at the accelerators that the models can describe.

    Left out: models whose shape is not in the table of architectures, and servers.

    Parameters
    ----------
    table : pandas.DataFrame, optional
        Rows of the table of energy measurements; the package's own if left out.

    Returns
    -------
    pandas.DataFrame
        With `generation` and `sequences` (that decode together, by Little's law).
    """
    rows = datasets.load(TABLE) if table is None else table
    known = rows["architecture_id"].fillna("").ne("") & rows["boundary"].eq("gpu")
    cases = rows[known].reset_index(drop=True)
    devices = datasets.accelerators()
    cases["generation"] = [devices[name].generation for name in cases["accelerator_id"]]
    decoding = cases["output_tokens_per_s"] * cases["inter_token_latency_ms"] / 1e3
    limit = cases["batch_limit"] * cases["data_parallel"]
    cases["sequences"] = np.maximum(np.minimum(decoding, limit), 1.0)
    return cases


def energy_deployment(cases: pd.DataFrame) -> serving.Deployment:
    """Return one deployment whose fields are arrays over the cases, with calibrated constants.

    Parameters
    ----------
    cases : pandas.DataFrame
        Rows of the table of energy measurements.

    Returns
    -------
    serving.Deployment
        For the functions of `serving`.
    """
    shapes, devices = datasets.architectures(), datasets.accelerators()
    chips = hardware.stack([devices[name] for name in cases["accelerator_id"]])
    experts = cases["weights"].to_numpy(dtype=str)
    dense = np.where(experts == "mxfp4", "bf16", experts)
    generation = [devices[name].generation for name in cases["accelerator_id"]]
    wide = np.where(np.isin(generation, ("hopper", "ampere")), "bf16", "fp8")
    bits = {name: p.bits_per_element for name, p in hardware.PRECISIONS.items()}
    placement = memory.Placement(
        tensor_parallel=cases["accelerators"].to_numpy(float),
        attention_data_parallel=cases["data_parallel"].to_numpy(float),
        weight_bits=np.array([bits[name] for name in dense]),
        expert_bits=np.array([bits[name] for name in experts]),
        compute_precision=dense,  # type: ignore[arg-type]
    )
    values = constants_from_table()
    return serving.Deployment(
        architecture=architectures.stack([shapes[name] for name in cases["architecture_id"]]),
        accelerator=chips,
        placement=placement,
        expert_precision=np.where(experts == "mxfp4", wide, experts).astype(str),
        constants=constants_for(
            values,
            generation=generation,
            weights=dense.tolist(),
            experts=experts.tolist(),
            engine="vllm",
        ),
    )


@dataclass(frozen=True)
class EnergyRates:
    """What each case asks of one accelerator, which no energy constant changes.

    Parameters
    ----------
    rated_w : numpy.ndarray
        Thermal design power.
    bytes_per_s, flop_per_s : numpy.ndarray
        Work per second.
    tokens_per_s : numpy.ndarray
        Generated tokens per accelerator.
    """

    rated_w: Array
    bytes_per_s: Array
    flop_per_s: Array
    tokens_per_s: Array


def energy_rates(
    cases: pd.DataFrame, sequences: Any = None, tokens_per_s: Any = None, prompts: float = 1.0
) -> EnergyRates:
    """Return the work per second of each case at its measured, or another, throughput.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `energy_cases`.
    sequences, tokens_per_s : array_like, optional
        Sequences that decode together and tokens/s of each copy; the measured ones if left out.
    prompts : float, default 1
        Factor on the assumed prompt lengths, 0.01 to 100: how far they matter.

    Returns
    -------
    EnergyRates
        One value per case.
    """
    deployment = energy_deployment(cases)
    batch = cases["sequences"].to_numpy() if sequences is None else sequences
    rate = cases["output_tokens_per_s"].to_numpy() if tokens_per_s is None else tokens_per_s
    output = cases["output_tokens"].to_numpy()
    prompt = np.maximum(cases["prompt_tokens"].to_numpy(float) * prompts, 1.0)
    step = serving.decode_work(deployment, batch, prompt + output / 2.0).times(rate / batch)
    work = step + serving.prefill_work(deployment, prompt).times(rate / output)
    rated = np.asarray(deployment.accelerator.tdp_w)
    each = rate / np.asarray(deployment.accelerators)
    return EnergyRates(rated, np.asarray(work.moved_bytes), np.asarray(work.flop), each)


def predicted_rates(
    cases: pd.DataFrame, host_factor: float = 1.0, prompts: float = 1.0
) -> EnergyRates:
    """Return the work per second at the throughput of the serving models.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `energy_cases`.
    host_factor : float, default 1
        Factor on the host's time per step and sequence, against the calibrated engine.
    prompts : float, default 1
        Factor on the assumed prompt lengths.

    Returns
    -------
    EnergyRates
        One value per case.
    """
    deployment = energy_deployment(cases)
    c = deployment.constants
    slower = dataclasses.replace(
        c, step_s=c.step_s * host_factor, sequence_s=c.sequence_s * host_factor
    )
    deployment = dataclasses.replace(deployment, constants=slower)
    prompt = np.maximum(cases["prompt_tokens"].to_numpy(float) * prompts, 1.0)
    output = cases["output_tokens"].to_numpy()
    users = (cases["batch_limit"] * cases["data_parallel"]).to_numpy(float)
    held = serving.most_sequences(deployment, prompt + output, _USABLE, 1e9)
    run = serving.fixed_concurrency(deployment, users, prompt, output, sequence_limit=held)
    decoding = np.maximum(np.asarray(run.decoding_sequences), 1.0)
    return energy_rates(cases, decoding, np.asarray(run.output_tokens_per_s), prompts)


def rates_by_host_factor(cases: pd.DataFrame) -> dict[float, EnergyRates]:
    """Return predicted rates for each factor on the host's time that is tried.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `energy_cases`.

    Returns
    -------
    dict of float to EnergyRates
        Keys `HOST_FACTORS`.
    """
    return {factor: predicted_rates(cases, factor) for factor in HOST_FACTORS}


def fitted_host_factor(
    cases: pd.DataFrame, rates: Mapping[float, EnergyRates], rows: npt.NDArray[np.bool_]
) -> float:
    """Return the factor on the host's times that brings throughput nearest to the measured one.

    The engine of the energy runs is older than those of the calibration and reads its requests
    from a client on the same machine: its host takes longer. The middle of the errors decides,
    so that single slow runs do not.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `energy_cases`.
    rates : mapping of float to EnergyRates
        From `rates_by_host_factor`.
    rows : numpy.ndarray of bool
        Cases that may be looked at.

    Returns
    -------
    float
        One of `HOST_FACTORS`.
    """
    measured = (cases["output_tokens_per_s"] / cases["accelerators"]).to_numpy()[rows]
    misses = {
        factor: np.mean(np.abs(np.arctan(np.log(r.tokens_per_s[rows] / measured) / _SOFT)))
        for factor, r in rates.items()
    }
    return min(misses, key=lambda factor: misses[factor])


def _draw(rates: EnergyRates, values: Array) -> Array:
    """Return watts per accelerator for constants in the order of `FITTED`."""
    constants = power.DrawConstants(**dict(zip(FITTED, values, strict=True)))
    parts = power.accelerator_draw(rates.rated_w, rates.bytes_per_s, rates.flop_per_s, constants)
    return np.asarray(parts.total_w)


def _some(rates: EnergyRates, rows: npt.NDArray[np.bool_]) -> EnergyRates:
    return EnergyRates(*(np.asarray(getattr(rates, name))[rows] for name in (
        "rated_w", "bytes_per_s", "flop_per_s", "tokens_per_s")))  # fmt: skip


def _fit(rates: EnergyRates, measured_w: Array) -> tuple[Array, Array]:
    """Return the constants of one generation and the spread of their logarithms.

    Log residuals bend over at half: a run that a slow host held back must not rule the fit.
    """
    prior = np.log([PRIORS[name] for name in FITTED])
    high = np.array([0.0, np.inf, np.inf])

    def objective(logs: Array) -> Array:
        error = np.log(_draw(rates, np.exp(logs)) / measured_w)
        pull = 0.3 * (logs - prior) / _PRIOR_SPREAD
        return np.concatenate([np.arctan(error / _SOFT), pull])

    found = least_squares(objective, prior, bounds=(-np.inf, high), method="trf")
    freedom = max(len(measured_w) - len(FITTED), 1)
    scale = 2.0 * found.cost / freedom
    covariance = np.linalg.inv(found.jac.T @ found.jac) * scale
    return np.exp(found.x), np.sqrt(np.diag(covariance))


def calibrate_energy(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the energy constants of each generation in the cases.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `energy_cases`.

    Returns
    -------
    pandas.DataFrame
        Columns field, scope, value, low, high (80 % interval of the fit), cases.
    """
    rates, measured = energy_rates(cases), cases["power_per_accelerator_w"].to_numpy()
    rows = []
    for generation in sorted(cases["generation"].unique()):
        member = (cases["generation"] == generation).to_numpy()
        values, spreads = _fit(_some(rates, member), measured[member])
        for name, value, spread in zip(FITTED, values, spreads, strict=True):
            low, high = value * np.exp(-_Z80 * spread), value * np.exp(_Z80 * spread)
            rows.append({"field": name, "scope": generation, "value": value, "low": low,
                         "high": high, "cases": int(member.sum())})  # fmt: skip
    return pd.DataFrame(rows)


def predicted_power(
    cases: pd.DataFrame, constants: Mapping[str, Mapping[str, float]], rates: EnergyRates
) -> Array:
    """Return watts per accelerator of each case.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `energy_cases`.
    constants : mapping of str to mapping
        By generation, then by name of the constant.
    rates : EnergyRates
        Work per second of the same cases.

    Returns
    -------
    numpy.ndarray
        Watts.
    """
    columns = [[constants[g][name] for g in cases["generation"]] for name in FITTED]
    return _draw(rates, np.array(columns))


def held_out_power(
    cases: pd.DataFrame, by: str = "architecture_id", rates: EnergyRates | None = None
) -> pd.Series:
    """Return watts per accelerator by constants that never saw the case's model or generation.

    Models are left out one at a time, on all accelerators and tasks; the constants of a
    generation come from its other models. If whole generations are left out, a generation gets
    those of the other.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `energy_cases`.
    by : {"architecture_id", "generation"}, default "architecture_id"
        What is left out together.
    rates : EnergyRates, optional
        Work per second at which power is predicted; the measured one if left out. The fit always
        uses the measured one.

    Returns
    -------
    pandas.Series
        Watts, on the index of the cases.
    """
    fitted, measured = energy_rates(cases), cases["power_per_accelerator_w"].to_numpy()
    asked = fitted if rates is None else rates
    result = pd.Series(np.nan, index=cases.index, name="power_per_accelerator_w")
    for left_out in sorted(cases[by].unique()):
        out = (cases[by] == left_out).to_numpy()
        for generation in cases["generation"][out].unique():
            here = (cases["generation"] == generation).to_numpy()
            known = ~out if by == "generation" else here & ~out
            values, _ = _fit(_some(fitted, known), measured[known])
            result[out & here] = _draw(_some(asked, out & here), values)
    return result
