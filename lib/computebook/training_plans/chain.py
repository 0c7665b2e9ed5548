"""From tokens per second to time, power, energy and money: the chain, as one pure function.

Every argument may be a number or an array of draws; nothing here reads a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from computebook import power, tco
from computebook.training import Campaign, Reliability, campaign
from computebook.units import JOULES_PER_KWH, SECONDS_PER_HOUR, WATTS_PER_KW, Quantity

__all__ = ["RESULTS", "Cluster", "Result", "run_results"]


@dataclass(frozen=True)
class Result:
    """What a result is called and in which unit it is shown.

    Parameters
    ----------
    words : str
        Name for a reader.
    unit : str
        Unit as shown.
    per_base : float
        Size of that unit in the base unit of the draws.
    boundary : str, default ""
        Boundary of a power or an energy.
    """

    words: str
    unit: str
    per_base: float
    boundary: str = ""


RESULTS: Final[dict[str, Result]] = {
    "tokens_per_s_per_gpu": Result("tokens per second and GPU", "tokens/s", 1.0),
    "mfu": Result("model FLOP utilization of the dense peak", "%", 0.01),
    "goodput": Result("share of time that ends up in the model", "%", 0.01),
    "training_s": Result("time of the steps alone", "days", 86_400.0),
    "calendar_s": Result("calendar time", "days", 86_400.0),
    "gpu_hours": Result("GPU-hours", "million", 1e6),
    "rated_gpu_w": Result("power to provision", "MW", 1e6, "gpu"),
    "rated_rack_w": Result("power to provision", "MW", 1e6, "rack"),
    "rated_it_w": Result("power to provision", "MW", 1e6, "it"),
    "rated_facility_w": Result("power to provision", "MW", 1e6, "facility"),
    "mean_facility_w": Result("mean power while training", "MW", 1e6, "facility"),
    "it_energy_j": Result("energy", "GWh", 3.6e12, "it"),
    "facility_energy_j": Result("energy", "GWh", 3.6e12, "facility"),
    "water_l": Result("water evaporated on site", "million litres", 1e6, "facility"),
    "co2_kg": Result("CO2 of the electricity", "kt", 1e6, "facility"),
    "households": Result("US households that use as much while it runs", "thousand", 1e3,
                         "facility"),
    "rental_usd": Result("cost if rented", "million $", 1e6),
    "owned_usd": Result("cost if owned", "million $", 1e6),
    "servers_usd": Result("owned: servers", "million $", 1e6),
    "network_usd": Result("owned: network", "million $", 1e6),
    "building_usd": Result("owned: building", "million $", 1e6),
    "electricity_usd": Result("owned: electricity", "million $", 1e6),
    "operations_usd": Result("owned: staff and maintenance", "million $", 1e6),
    "total_usd": Result("cost of the run", "million $", 1e6),
    "usd_per_gpu_hour": Result("cost per GPU-hour", "$", 1.0),
    "usd_per_effective_gpu_hour": Result("cost per GPU-hour that ends up in the model", "$", 1.0),
    "usd_per_exaflop": Result("cost per exaFLOP of the model", "$", 1.0),
}  # fmt: skip
"""Results by short name."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """What is certain about a run.

    Parameters
    ----------
    count : float
        Accelerators held, spares included.
    board_w : float
        Rated power of one, W.
    peak_flop_per_s : float
        Dense rate that the utilization refers to, FLOP/s.
    owned : bool
        Whether the cost of the run is that of an own cluster rather than the rent.
    """

    count: Quantity
    board_w: Quantity
    peak_flop_per_s: Quantity
    owned: bool = False


def run_results(x: Mapping[str, Any], cluster: Cluster) -> dict[str, Any]:
    r"""Return every result of `RESULTS` in base units.

    .. math:: t = \frac{D\, f}{n\, r\, e\, g}, \qquad E = n\, w\, l\, p\, t

    for D tokens, n working accelerators of r tokens/s by the step model, its error e, the
    goodput g and the error f of whole runs; w watts per accelerator rated at the IT, the share l
    drawn on average, and the power usage effectiveness p. Power flows all the time,
    interruptions included.

    Sources: `daly2006checkpoint` for g, `short1995manual` for the cost of capital.

    Parameters
    ----------
    x : mapping of str to float or array
        `tokens`, `tokens_per_s_per_gpu`, `flop_per_token`, `working_gpus` and every input of
        `assumptions.run_inputs`.
    cluster : Cluster
        What is certain.

    Returns
    -------
    dict of str to float or array
        By the names of `RESULTS`.
    """
    speed = x["tokens_per_s_per_gpu"] * x["model_error"]
    steps = campaign(x["tokens"], speed, x["working_gpus"], _reliability(x))
    run = replace(
        steps, training_s=steps.training_s * x["run_error"],
        calendar_s=steps.calendar_s * x["run_error"],
    )  # fmt: skip
    gpu_hours = run.calendar_s * cluster.count / SECONDS_PER_HOUR
    found = {
        "tokens_per_s_per_gpu": speed, "mfu": speed * x["flop_per_token"] / cluster.peak_flop_per_s,
        "goodput": run.goodput, "training_s": run.training_s, "calendar_s": run.calendar_s,
        "gpu_hours": gpu_hours, **_energy(x, cluster, run),
    }  # fmt: skip
    found |= _money(x, cluster, found)
    total = found["owned_usd"] if cluster.owned else found["rental_usd"]
    effective = run.training_s * x["working_gpus"] / SECONDS_PER_HOUR
    flop = x["flop_per_token"] * x["tokens"]
    return found | {
        "total_usd": total, "usd_per_gpu_hour": total / gpu_hours,
        "usd_per_effective_gpu_hour": total / effective,
        "usd_per_exaflop": tco.usd_per_exaflop(total, flop),
    }  # fmt: skip


def _reliability(x: Mapping[str, Any]) -> Reliability:
    names = ("gpu_hours_per_interruption", "checkpoint_s", "restart_s", "straggler_fraction",
             "ramp_fraction")  # fmt: skip
    return Reliability(**{name: x[name] for name in names})


def _energy(x: Mapping[str, Any], cluster: Cluster, run: Campaign) -> dict[str, Any]:
    """Return power at each boundary, energy, water, CO2 and households."""
    factors = power.BoundaryFactors(
        node_per_gpu=x["rack_w_per_gpu"] / cluster.board_w, it_per_rack=x["it_overhead"],
        facility_per_it=x["pue"],
    )  # fmt: skip
    boards = power.power_for_accelerators_w(cluster.count, cluster.board_w)
    rated = {b: boards * factors.multiple_of_gpu(b) for b in ("gpu", "rack", "it", "facility")}
    mean = rated["facility"] * x["load_fraction"]
    it_j = rated["it"] * x["load_fraction"] * run.calendar_s
    site_j = mean * run.calendar_s
    return {
        **{f"rated_{b}_w": value for b, value in rated.items()}, "mean_facility_w": mean,
        "it_energy_j": it_j, "facility_energy_j": site_j,
        "water_l": power.water_litres(it_j, x["water_l_per_kwh"]),
        "co2_kg": power.emissions_kg(site_j, x["grid_kg_per_kwh"]),
        "households": power.households_supplied(mean, x["household_kwh_per_year"]),
    }  # fmt: skip


def _money(x: Mapping[str, Any], cluster: Cluster, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rent, and the cost of an own cluster by part, $."""
    servers, network = tco.cluster_capital_usd(
        x["accelerator_usd"], x["server_overhead"], x["network_share"]
    )
    it_mw = found["rated_it_w"] / cluster.count / WATTS_PER_KW / 1e3
    capital = {
        "servers": (servers, x["server_years"]), "network": (network, x["server_years"]),
        "building": (x["building_usd_per_mw"] * it_mw, x["building_years"]),
    }  # fmt: skip
    hours, used = found["gpu_hours"], x["utilisation"]
    parts = {
        f"{name}_usd": hours
        * tco.amortized_usd_per_gpu_hour(usd, years, x["cost_of_capital"], 0.0, used)
        for name, (usd, years) in capital.items()
    }
    kwh = found["facility_energy_j"] / JOULES_PER_KWH
    parts["electricity_usd"] = kwh * x["electricity_usd_per_kwh"]
    yearly = (servers + network) * x["operations_fraction"]
    parts["operations_usd"] = hours * tco.yearly_usd_per_gpu_hour(yearly, used)
    owned: Any = sum(parts.values())
    return {"rental_usd": tco.run_usd(1.0, hours * SECONDS_PER_HOUR,
                                      x["rental_usd_per_gpu_hour"]),
            "owned_usd": owned, **parts}  # fmt: skip
