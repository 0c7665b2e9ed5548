"""Power from the chip to the site, measured loads, and how air and liquid compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from computebook import datasets, power, units, validation
from computebook.exhibits.facility import factor, rated_w_per_gpu
from computebook.exhibits.infrastructure_planning.schema import GPUS, gpu_name
from computebook.inference.energy_table import draw_constants, energy_intervals
from computebook.power import BoundaryFactors
from computebook.scenarios import Range, range_of

__all__ = [
    "boundary_w",
    "cooling_facts",
    "mean_facility_w",
    "power_by_boundary",
    "power_stack",
    "rack_servers",
    "rated_systems_text",
    "server_loads",
    "site_budget",
    "systems_by_cooling",
]

RACKED: Final = (*GPUS, "gb200")
IT_OVERHEAD: Final = "it-overhead-epoch"
PARTS: Final = {
    "gpu": "GPU chip",
    "node": "rest of the server",
    "it": "storage, network, control",
    "facility": "cooling and losses",
}
ENDS: Final = ("low", "central", "high")
SERVER_GPUS: Final = 8
#: Interval of a power at known throughput: a fleet's load is what the plan says.
KIND: Final = "model-left-out"


def _factors(accelerator_id: str, end: str, pue: Range) -> BoundaryFactors:
    chip = float(datasets.accelerator(accelerator_id).tdp_w)
    return BoundaryFactors(
        node_per_gpu=getattr(rated_w_per_gpu(accelerator_id), end) / chip,
        it_per_rack=getattr(factor(IT_OVERHEAD), end),
        facility_per_it=getattr(pue, end),
    )


def boundary_w(accelerator_id: str, boundary: str, pue: Sequence[float]) -> Range:
    """Return the rated power of one GPU seen from a boundary, W.

    ``TDP x server share x IT overhead x PUE``, up to the boundary. Source: `shehabi2024lbnl`.

    Parameters
    ----------
    accelerator_id : str
        Accelerator with a rated server or rack.
    boundary : str
        One of `hardware.POWER_BOUNDARIES`.
    pue : sequence of float
        Low, central and high power usage effectiveness.

    Examples
    --------
    >>> round(boundary_w("h100-sxm", "facility", [1.1, 1.25, 1.54]).central)
    1817
    """
    chip, spread = float(datasets.accelerator(accelerator_id).tdp_w), range_of("pue", pue)
    values = [
        power.power_at_boundary_w(chip, "gpu", boundary, _factors(accelerator_id, end, spread))
        for end in ENDS
    ]
    return Range(*map(float, values))


def power_by_boundary(pue: Sequence[float]) -> pd.DataFrame:
    """Return rated watts per GPU at each boundary, and the GPUs that a megawatt carries.

    Parameters
    ----------
    pue : sequence of float
        Low, central and high.

    Returns
    -------
    DataFrame
        `gpu`, `chip_w`, `server_w`, `it_w`, `facility_low_w`, `facility_w`, `facility_high_w`,
        `gpus_per_mw`, `gpus_per_mw_low`, `gpus_per_mw_high` (whole GPUs per facility megawatt).

    Examples
    --------
    >>> power_by_boundary([1.1, 1.25, 1.54])["gpus_per_mw"].tolist()
    [550.0, 550.0, 392.0, 371.0]
    """
    rows = []
    for name in RACKED:
        chip, server, it, site = (boundary_w(name, at, pue) for at in PARTS)
        carried = [
            power.accelerators_supported(units.WATTS_PER_MW, w)
            for w in (site.central, site.high, site.low)
        ]
        inside = (chip.central, server.central, it.central)
        rows.append((gpu_name(name), *inside, site.low, site.central, site.high, *carried))
    columns = ["gpu", "chip_w", "server_w", "it_w", "facility_low_w", "facility_w"]
    carried_by = ["gpus_per_mw", "gpus_per_mw_low", "gpus_per_mw_high"]
    return pd.DataFrame(rows, columns=[*columns, "facility_high_w", *carried_by])


def power_stack(pue: Sequence[float]) -> pd.DataFrame:
    """Return the central watts per GPU in parts: chip, server, other IT, cooling and losses.

    Parameters
    ----------
    pue : sequence of float
        Low, central and high.

    Returns
    -------
    DataFrame
        Long: `gpu`, `part`, `w`.
    """
    rows = []
    for name in RACKED:
        inside = 0.0
        for boundary, part in PARTS.items():
            total = boundary_w(name, boundary, pue).central
            rows.append((gpu_name(name), part, total - inside))
            inside = total
    return pd.DataFrame(rows, columns=["gpu", "part", "w"])


def server_loads() -> pd.DataFrame:
    """Return metered servers beside the rating of NVIDIA's server with the same GPUs.

    Returns
    -------
    DataFrame
        One row a server and workload: `server`, `cooling`, `model`, `mean_kw`, `peak_kw`,
        `rated_kw`, `mean_share`, `peak_share`, `source_key`; training first.
    """
    runs = validation.power_against_ratings()
    keys = ["name", "model", "workload", "rated_kw", "source_key"]
    runs = runs.assign(workload=runs["workload"].fillna(""), model=runs["model"].fillna(""))
    wide = runs.pivot_table(index=keys, columns="metric", values="measured_kw", aggfunc="mean")
    wide = wide.reset_index().rename(columns={"mean_power": "mean_kw", "peak_power": "peak_kw"})
    wide = wide.dropna(subset=["mean_kw"])
    parts = wide["name"].str.split(", ")
    return wide.assign(
        server=wide["name"],
        cooling=[next((p for p in part if "cooled" in p), "not stated") for part in parts],
        workload=(wide["model"] + " " + wide["workload"]).str.strip(),
        mean_share=wide["mean_kw"] / wide["rated_kw"],
        peak_share=wide["peak_kw"] / wide["rated_kw"],
    ).reset_index(drop=True)


def mean_facility_w(
    accelerator_id: str, server_w: float, pue: Sequence[float], busy_fraction: Sequence[float]
) -> Range:
    """Return the mean power of one GPU at the facility over a month, W.

    At the peak its share of the server draws `server_w`, otherwise what a waiting server draws;
    other IT and the PUE come on top. The ends also carry the 80 % interval of the energy model.

    Source: `fan2007power`, `tschand2025mlperfpower`.

    Parameters
    ----------
    accelerator_id : str
        Which GPU.
    server_w : float
        Power of the servers per GPU at the peak, W.
    pue, busy_fraction : sequence of float
        Low, central and high of each.
    """
    chip = datasets.accelerator(accelerator_id)
    constants = draw_constants(chip.generation)
    idle_w = power.server_draw_w(chip.tdp_w * float(constants.idle_fraction), constants)
    spreads = (range_of("pue", pue), range_of("busy_fraction", busy_fraction), factor(IT_OVERHEAD))
    least, most = energy_intervals()[KIND]
    scale = {"low": least, "central": 1.0, "high": most}
    ends = []
    for end in ENDS:
        over_it, busy, other = (getattr(each, end) for each in spreads)
        mean = power.power_at_utilization_w(idle_w, max(server_w, idle_w), busy)
        ends.append(float(mean * scale[end] * other * over_it))
    return Range(*ends)


def rack_servers(accelerator_id: str) -> int:
    """Return how many rated servers of eight a rack on air carries.

    Examples
    --------
    >>> rack_servers("h100-sxm"), rack_servers("b200-sxm")
    (2, 2)
    """
    table = datasets.load("power_measurements").set_index("measurement_id")["value"]
    server_w = rated_w_per_gpu(accelerator_id).central * SERVER_GPUS
    return int(float(table["cooling-air-rack-limit"]) // server_w)


def site_budget(
    *,
    gpus: float,
    accelerator_id: str,
    server_w: float,
    pue: Sequence[float],
    busy_fraction: Sequence[float],
    electricity_usd_per_kwh: Sequence[float],
) -> pd.DataFrame:
    """Return racks, grid connection, energy and electricity bill of a number of GPUs.

    Parameters
    ----------
    gpus : float
        GPUs.
    accelerator_id : str
        Which.
    server_w : float
        Power of the servers per GPU at the peak, W.
    pue, busy_fraction, electricity_usd_per_kwh : sequence of float
        Low, central and high of each.

    Returns
    -------
    DataFrame
        `quantity`, `low`, `central`, `high`: servers of eight, racks on air, rated facility power
        (MW), mean facility power (MW), energy a year (GWh), electricity a year (million $).

    Examples
    --------
    >>> frame = site_budget(gpus=1_000, accelerator_id="h100-sxm", server_w=900.0,
    ...     pue=[1.1, 1.25, 1.54], busy_fraction=[0.4, 0.6, 1.0],
    ...     electricity_usd_per_kwh=[0.05, 0.0826, 0.15])
    >>> frame["central"].round(2).tolist()[:3]
    [125.0, 63.0, 1.82]
    """
    rated = boundary_w(accelerator_id, "facility", pue)
    mean = mean_facility_w(accelerator_id, server_w, pue, busy_fraction)
    tariff = range_of("electricity_usd_per_kwh", electricity_usd_per_kwh)
    servers = power.units_needed(gpus, SERVER_GPUS)
    racks = power.units_needed(servers, rack_servers(accelerator_id))
    columns = {}
    for end in ENDS:
        site_w = power.power_for_accelerators_w(gpus, getattr(rated, end))
        mean_w = power.power_for_accelerators_w(gpus, getattr(mean, end))
        kwh = power.annual_energy_j(mean_w) / units.JOULES_PER_KWH
        bill = kwh * getattr(tariff, end) / 1e6
        watts = (site_w / units.WATTS_PER_MW, mean_w / units.WATTS_PER_MW)
        columns[end] = [servers, racks, *watts, kwh / 1e6, bill]
    names = [
        "Servers of eight",
        "Racks on air",
        "Facility power to provision (MW)",
        "Mean facility power (MW)",
        "Energy a year (GWh)",
        "Electricity a year ($ million)",
    ]
    return pd.DataFrame({"quantity": names, **columns})


def systems_by_cooling() -> pd.DataFrame:
    """Return the rated systems of the article's GPUs with how they are cooled.

    Returns
    -------
    DataFrame
        `name`, `accelerators`, `gpu`, `kw`, `kw_each`, `boundary`, `cooling`, `verification`,
        `source_key`.
    """
    table = datasets.load("systems")
    chosen = table[table["accelerator_id"].isin(RACKED)].copy()
    chosen["gpu"] = [gpu_name(name) for name in chosen["accelerator_id"]]
    chosen["kw_each"] = chosen["rated_power_kw"] / chosen["accelerators"]
    renamed = chosen.rename(columns={"rated_power_kw": "kw", "power_boundary": "boundary"})
    kept = ["name", "accelerators", "gpu", "kw", "kw_each", "boundary", "cooling"]
    return renamed[[*kept, "verification", "source_key"]].reset_index(drop=True)


def rated_systems_text(accelerator_id: str) -> str:
    """Return NVIDIA's rated server of an accelerator in words.

    Parameters
    ----------
    accelerator_id : str
        One of `GPUS`.

    Examples
    --------
    >>> rated_systems_text("b200-sxm")
    'DGX B200: 14.3 kW, air'
    """
    table = systems_by_cooling()
    row = table[table["gpu"] == gpu_name(accelerator_id)].iloc[0]
    return f"{row['name'].removeprefix('NVIDIA ')}: {row['kw']:g} kW, {row['cooling']}"


def cooling_facts() -> pd.DataFrame:
    """Return what was published on air against liquid, fact by fact.

    Returns
    -------
    DataFrame
        `fact`, `system`, `setting`, `value` (with its unit), `verification`, `source_key`.
    """
    table = datasets.load("power_measurements")
    rows = table[table["category"] == "cooling"]
    metric = (
        rows["metric"].str.replace("_", " ").str.replace("pue", "PUE").str.replace("gpu", "GPU")
    )
    unit = " " + rows["unit"].str.replace("degC", "°C")
    one, low, high = (
        rows[name].map("{:,g}".format) for name in ("value", "value_low", "value_high")
    )
    return pd.DataFrame(
        {
            "fact": metric.str[:1].str.upper() + metric.str[1:],
            "system": rows["system"],
            "setting": rows["condition"],
            "value": one.where(rows["value"].notna(), low + " to " + high) + unit,
            "verification": rows["verification"],
            "source_key": rows["source_key"],
        }
    ).reset_index(drop=True)
