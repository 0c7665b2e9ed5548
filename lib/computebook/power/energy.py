"""Energy per token, per query and per year."""

from __future__ import annotations

from typing import Any

import numpy as np

from computebook import errors
from computebook.power.draw import MAX_POWER_W
from computebook.units import (
    HOURS_PER_YEAR,
    JOULES_PER_KWH,
    SECONDS_PER_YEAR,
    Quantity,
    scalar_in_scalar_out,
)

__all__ = [
    "annual_energy_j",
    "emissions_kg",
    "energy_per_query_j",
    "energy_per_token_j",
    "households_supplied",
    "tokens_per_kwh",
]


def _power(value: Quantity) -> Any:
    return errors.require_finite_in("power_w", value, "W", 0, MAX_POWER_W)


@scalar_in_scalar_out
def energy_per_token_j(
    power_w: Quantity, tokens_per_s: Quantity, facility_per_it: Quantity = 1.0
) -> Any:
    """Return the energy of one token at a steady power and throughput.

    ``P x PUE / (tokens / s)``. If the throughput counts output tokens, the energy of reading
    the prompts is inside.

    Source: `tschand2025mlperfpower`; `mlcommons2024inference41` for the worked case.

    Parameters
    ----------
    power_w : float or array
        Mean power, W, 0 to 1e13.
    tokens_per_s : float or array
        Throughput of the same machines, tokens/s, 1e-6 to 1e15.
    facility_per_it : float or array, default 1
        Power usage effectiveness if `power_w` is IT power and the site is meant, 1 to 3.

    Returns
    -------
    float or array
        Joules per token at the boundary of the power, times the PUE.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> round(energy_per_token_j(6_153, 25_262), 4)
    0.2436
    """
    speed = errors.require_finite_in("tokens_per_s", tokens_per_s, "tokens/s", 1e-6, 1e15)
    overhead = errors.require_finite_in("facility_per_it", facility_per_it, "", 1, 3)
    return _power(power_w) * overhead / speed


@scalar_in_scalar_out
def energy_per_query_j(
    input_tokens: Quantity,
    output_tokens: Quantity,
    input_j_per_token: Quantity,
    output_j_per_token: Quantity,
    *,
    facility_per_it: Quantity = 1.0,
) -> Any:
    """Return the energy of one request.

    ``PUE x (input x J/input + output x J/output)``: reasoning tokens are output tokens.

    Source: `elsworth2025gemini` (what a per-prompt figure must include), `samsi2023words`.

    Parameters
    ----------
    input_tokens, output_tokens : float or array
        Tokens of the request, 0 to 1e9.
    input_j_per_token, output_j_per_token : float or array
        Energy per token of each kind, J, 0 to 1e6.
    facility_per_it : float or array, default 1
        Power usage effectiveness, 1 to 3.

    Returns
    -------
    float or array
        Joules; divide by 3,600 for watt-hours.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> energy_per_query_j(1_000, 500, 0.02, 0.5, facility_per_it=1.2) / 3600
    0.09
    """
    check = errors.require_finite_in
    read = check("input_tokens", input_tokens, "tokens", 0, 1e9)
    written = check("output_tokens", output_tokens, "tokens", 0, 1e9)
    read_j = read * check("input_j_per_token", input_j_per_token, "J/token", 0, 1e6)
    written_j = written * check("output_j_per_token", output_j_per_token, "J/token", 0, 1e6)
    return check("facility_per_it", facility_per_it, "", 1, 3) * (read_j + written_j)


@scalar_in_scalar_out
def annual_energy_j(power_w: Quantity, load_fraction: Quantity = 1.0) -> Any:
    """Return the energy of a year of 8,760 hours.

    ``P x load x 8,760 h``.

    Source: `shehabi2024lbnl`.

    Parameters
    ----------
    power_w : float or array
        Power, W, 0 to 1e13.
    load_fraction : float or array, default 1
        Mean power over `power_w`, 0 to 2.

    Returns
    -------
    float or array
        Joules; divide by 3.6e6 for kilowatt-hours.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> annual_energy_j(1e6) / 3.6e12
    8.76
    """
    share = errors.require_finite_in("load_fraction", load_fraction, "", 0, 2)
    return _power(power_w) * share * SECONDS_PER_YEAR


@scalar_in_scalar_out
def households_supplied(power_w: Quantity, household_kwh_per_year: Quantity) -> Any:
    """Return the households that use as much electricity as a steady power delivers.

    ``P x 8,760 h / household use``: a comparison of averages, not of peaks.

    Source: `eia2024home` (10,791 kWh a year per US residential customer in 2022).

    Parameters
    ----------
    power_w : float or array
        Steady power, W, 0 to 1e13.
    household_kwh_per_year : float or array
        Use of one household, kWh a year, 100 to 1e5.

    Returns
    -------
    float or array
        Households.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> round(households_supplied(300e6, 10_791), -3)
    244000.0
    """
    use = errors.require_finite_in(
        "household_kwh_per_year", household_kwh_per_year, "kWh/yr", 100, 1e5
    )
    return _power(power_w) / 1e3 * HOURS_PER_YEAR / use


@scalar_in_scalar_out
def tokens_per_kwh(energy_per_token_j: Quantity) -> Any:
    """Return the tokens that a kilowatt-hour buys.

    ``3.6e6 / J per token``.

    Source: `samsi2023words`.

    Parameters
    ----------
    energy_per_token_j : float or array
        Energy of one token, J, 1e-9 to 1e9.

    Returns
    -------
    float or array
        Tokens per kWh.

    Raises
    ------
    ComputebookError
        If the energy is outside its bounds.

    Examples
    --------
    >>> round(tokens_per_kwh(0.2436) / 1e6, 1)
    14.8
    """
    each = errors.require_finite_in("energy_per_token_j", energy_per_token_j, "J/token", 1e-9, 1e9)
    return np.divide(JOULES_PER_KWH, each)


@scalar_in_scalar_out
def emissions_kg(energy_j: Quantity, kg_per_kwh: Quantity) -> Any:
    """Return the CO2 of an amount of electricity.

    ``E / 3.6e6 x intensity``; the intensity is an average over a grid and a year, without what
    building plants and machines emits.

    Source: `eia2024carbon` (0.81 pounds per kWh in the United States in 2023).

    Parameters
    ----------
    energy_j : float or array
        Electricity at the boundary that the result shall have, J, 0 to 1e24.
    kg_per_kwh : float or array
        Emissions of a kilowatt-hour, kg, 0 to 5.

    Returns
    -------
    float or array
        Kilograms of CO2.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> emissions_kg(3.6e9, 0.367)
    367.0
    """
    energy = errors.require_finite_in("energy_j", energy_j, "J", 0, 1e24)
    each = errors.require_finite_in("kg_per_kwh", kg_per_kwh, "kg/kWh", 0, 5)
    return np.divide(energy, JOULES_PER_KWH) * each
