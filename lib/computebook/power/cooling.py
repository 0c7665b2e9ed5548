"""Heat, water and air: what leaves a hall that power has entered.

All electricity that goes into IT comes out as heat. Liquid moves it with little fan power; and
because fans inside servers count as IT, taking them away lowers the site's power more than its
power usage effectiveness shows.
"""

from __future__ import annotations

from typing import Any, Final

from computebook import errors
from computebook.power.draw import MAX_POWER_W
from computebook.units import JOULES_PER_KWH, Quantity, scalar_in_scalar_out

__all__ = [
    "AIR_DENSITY_KG_PER_M3",
    "AIR_HEAT_CAPACITY_J_PER_KG_K",
    "WATER_HEAT_CAPACITY_J_PER_KG_K",
    "airflow_m3_per_s",
    "coolant_flow_kg_per_s",
    "facility_saving_fraction",
    "heat_to_air_w",
    "total_usage_effectiveness",
    "water_litres",
]

WATER_HEAT_CAPACITY_J_PER_KG_K: Final = 4186.0
"""Heat capacity of water at 15 to 40 degrees Celsius (glycol mixtures: 5 to 15 % less)."""

AIR_HEAT_CAPACITY_J_PER_KG_K: Final = 1006.0
"""Heat capacity of dry air at constant pressure."""

AIR_DENSITY_KG_PER_M3: Final = 1.2
"""Density of air at 20 degrees Celsius and sea level."""


def _heat(value: Quantity) -> Any:
    return errors.require_finite_in("heat_w", value, "W", 0, MAX_POWER_W)


def _rise(value: Quantity) -> Any:
    return errors.require_finite_in("temperature_rise_kelvin", value, "K", 0.1, 100)


@scalar_in_scalar_out
def heat_to_air_w(it_power_w: Quantity, liquid_fraction: Quantity) -> Any:
    """Return the heat that air must carry beside a liquid loop.

    ``P (1 - liquid share)``.

    Source: `latif2025cooling`.

    Parameters
    ----------
    it_power_w : float or array
        IT power, W, 0 to 1e13.
    liquid_fraction : float or array
        Share of the heat that goes into liquid, 0 to 1.

    Returns
    -------
    float or array
        W.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> heat_to_air_w(120_000, 0.75)
    30000.0
    """
    liquid = errors.require_finite_in("liquid_fraction", liquid_fraction, "", 0, 1)
    heat = errors.require_finite_in("it_power_w", it_power_w, "W", 0, MAX_POWER_W)
    return heat * (1 - liquid)


@scalar_in_scalar_out
def coolant_flow_kg_per_s(heat_w: Quantity, temperature_rise_kelvin: Quantity) -> Any:
    """Return the flow of water that carries a heat at a temperature rise.

    ``Q / (c dT)``; one kilogram of water is about one litre.

    Source: `incropera2007heat` (heat balance of a stream).

    Parameters
    ----------
    heat_w : float or array
        Heat, W, 0 to 1e13.
    temperature_rise_kelvin : float or array
        Outlet minus inlet, K, 0.1 to 100.

    Returns
    -------
    float or array
        kg/s.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> round(coolant_flow_kg_per_s(120_000, 10), 2)
    2.87
    """
    return _heat(heat_w) / (WATER_HEAT_CAPACITY_J_PER_KG_K * _rise(temperature_rise_kelvin))


@scalar_in_scalar_out
def airflow_m3_per_s(heat_w: Quantity, temperature_rise_kelvin: Quantity) -> Any:
    """Return the flow of air that carries a heat at a temperature rise.

    ``Q / (rho c dT)``.

    Source: `incropera2007heat` (heat balance of a stream).

    Parameters
    ----------
    heat_w : float or array
        Heat, W, 0 to 1e13.
    temperature_rise_kelvin : float or array
        Outlet minus inlet, K, 0.1 to 100.

    Returns
    -------
    float or array
        m3/s.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> round(airflow_m3_per_s(10_200, 15), 2)
    0.56
    """
    capacity = AIR_DENSITY_KG_PER_M3 * AIR_HEAT_CAPACITY_J_PER_KG_K
    return _heat(heat_w) / (capacity * _rise(temperature_rise_kelvin))


@scalar_in_scalar_out
def water_litres(it_energy_j: Quantity, water_l_per_kwh: Quantity) -> Any:
    """Return the water that a site evaporates for an amount of IT energy.

    ``E / 3.6e6 x WUE``.

    Source: `shehabi2024lbnl`.

    Parameters
    ----------
    it_energy_j : float or array
        IT energy, J, 0 to 1e24.
    water_l_per_kwh : float or array
        Water usage effectiveness, litres per kWh of IT, 0 to 20.

    Returns
    -------
    float or array
        Litres.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> water_litres(3.6e9, 1.8)
    1800.0
    """
    energy = errors.require_finite_in("it_energy_j", it_energy_j, "J", 0, 1e24)
    use = errors.require_finite_in("water_l_per_kwh", water_l_per_kwh, "L/kWh", 0, 20)
    return energy / JOULES_PER_KWH * use


@scalar_in_scalar_out
def total_usage_effectiveness(facility_per_it: Quantity, it_overhead_fraction: Quantity) -> Any:
    """Return site power over the power that computes, fans and losses in servers left out.

    ``PUE / (1 - overhead)``, where the overhead is the share of IT power that fans and power
    supplies inside servers take.

    Source: `patterson2013tue`.

    Parameters
    ----------
    facility_per_it : float or array
        Power usage effectiveness, 1 to 3.
    it_overhead_fraction : float or array
        Share of IT power that does not compute, 0 to 0.9.

    Returns
    -------
    float or array
        Site watts per computing watt.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> round(total_usage_effectiveness(1.3, 0.15), 2)
    1.53
    """
    overhead = errors.require_finite_in("it_overhead_fraction", it_overhead_fraction, "", 0, 0.9)
    pue = errors.require_finite_in("facility_per_it", facility_per_it, "", 1, 3)
    return pue / (1 - overhead)


@scalar_in_scalar_out
def facility_saving_fraction(
    old_facility_per_it: Quantity,
    new_facility_per_it: Quantity,
    it_saving_fraction: Quantity = 0.0,
) -> Any:
    """Return the share of site power saved by a change of cooling at the same computing.

    ``1 - new PUE (1 - IT saving) / old PUE``: the PUE alone hides what leaves the IT side.

    Source: `vertiv_pue_liquid`.

    Parameters
    ----------
    old_facility_per_it, new_facility_per_it : float or array
        Power usage effectiveness before and after, 1 to 3.
    it_saving_fraction : float or array, default 0
        Share of IT power that goes away, mostly fans, 0 to 0.9.

    Returns
    -------
    float or array
        Fraction of the old site power; negative where power rises.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> round(facility_saving_fraction(1.38, 1.34, 0.07), 3)
    0.097
    """
    check = errors.require_finite_in
    old = check("old_facility_per_it", old_facility_per_it, "", 1, 3)
    new = check("new_facility_per_it", new_facility_per_it, "", 1, 3)
    return 1 - new * (1 - check("it_saving_fraction", it_saving_fraction, "", 0, 0.9)) / old
