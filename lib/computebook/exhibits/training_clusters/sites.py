"""Power of a training building: per GPU and boundary, in homes, and against other sites."""

from __future__ import annotations

from typing import Final

import pandas as pd

from computebook import datasets, power, units
from computebook.exhibits.facility import factor, rated_w_per_gpu
from computebook.power import BoundaryFactors
from computebook.scenarios import Range

__all__ = [
    "ARTICLE_GPUS",
    "ARTICLE_HOMES",
    "ARTICLE_MW",
    "arizona_w_per_gpu",
    "boundary_w_per_gpu",
    "closest_boundary",
    "households",
    "power_by_boundary",
    "power_stack",
    "site_check",
]

#: What the article prints for one Fairwater building.
ARTICLE_MW: Final = 300.0
ARTICLE_GPUS: Final = 150_000
ARTICLE_HOMES: Final = 200_000
RACK_ACCELERATORS: Final = 72
SITE_ACCELERATOR: Final = "gb200"
HOUSEHOLD_YEAR: Final = "household-us-2022"
BOUNDARIES: Final = {
    "gpu": "GPU chips",
    "rack": "racks",
    "it": "all IT",
    "facility": "facility",
}
#: Other published figures per GPU: accelerator, boundary, and where the figure stands (a cluster, a
#: system, a site factor). The first three are Epoch AI's, as the factor for other IT is.
CHECKS: Final = (
    ("xAI Colossus 1, 100,000 H100", "h100-sxm", "facility", "cluster", "xai-colossus-1-2024-09"),
    ("xAI Colossus 1, H100 and H200", "h100-sxm", "facility", "cluster", "xai-colossus-1-2025-02"),
    ("CoreWeave, H100", "h100-sxm", "it", "factor", "it-power-per-gpu-h100"),
    ("NVIDIA SuperPOD unit, GB200", "gb200", "it", "system", "dgx-superpod-gb200-su"),
)


def _tdp_w(accelerator_id: str) -> float:
    return float(datasets.accelerator(accelerator_id).tdp_w)


def _rack_w(rack_kw: float) -> Range:
    """Return watts per GPU of a rack: the chosen rating inside the published ones."""
    published = rated_w_per_gpu(SITE_ACCELERATOR)
    chosen = rack_kw * units.WATTS_PER_KW / RACK_ACCELERATORS
    return Range(min(published.low, chosen), chosen, max(published.high, chosen))


def _pue(pue: float) -> Range:
    published = factor("pue-planning-hyperscale")
    return Range(min(published.low, pue), pue, max(published.high, pue))


def boundary_w_per_gpu(accelerator_id: str, boundary: str, rack: Range, pue: Range) -> Range:
    """Return the rated power of one GPU seen from a boundary, W.

    Parameters
    ----------
    accelerator_id : str
        Which accelerator.
    boundary : str
        One of `hardware.POWER_BOUNDARIES`.
    rack : Range
        Power of the server or rack per GPU, W.
    pue : Range
        Facility power over IT power.

    Returns
    -------
    Range
        All low factors together, all central, all high.

    Examples
    --------
    >>> found = boundary_w_per_gpu("gb200", "it", Range(1667, 1944, 1944), Range(1.05, 1.1, 1.2))
    >>> round(found.central)
    2216
    """
    chip, overhead = _tdp_w(accelerator_id), factor("it-overhead-epoch")

    def at(end: str) -> float:
        factors = BoundaryFactors(
            node_per_gpu=getattr(rack, end) / chip,
            it_per_rack=getattr(overhead, end),
            facility_per_it=getattr(pue, end),
        )
        return float(power.power_at_boundary_w(chip, "gpu", boundary, factors))

    return Range(at("low"), at("central"), at("high"))


def power_by_boundary(*, gpus_per_building: int, rack_kw: float, pue: float) -> pd.DataFrame:
    """Return watts per GPU, megawatts of the building and GPUs per megawatt by boundary.

    Parameters
    ----------
    gpus_per_building : int
        GPUs of the building.
    rack_kw : float
        Power of a rack of 72, kW.
    pue : float
        Facility power over IT power.

    Returns
    -------
    DataFrame
        One row a boundary: `boundary`, `low_w`, `central_w`, `high_w`, `low_mw`, `building_mw`,
        `high_mw`, `gpus_per_mw`, `gpus_in_article_mw`.

    Examples
    --------
    >>> frame = power_by_boundary(gpus_per_building=150_000, rack_kw=140.0, pue=1.1)
    >>> frame.set_index("boundary")["building_mw"].round().tolist()
    [180.0, 292.0, 332.0, 366.0]
    """
    rack, factors = _rack_w(rack_kw), _pue(pue)
    rows = []
    for boundary, name in BOUNDARIES.items():
        each = boundary_w_per_gpu(SITE_ACCELERATOR, boundary, rack, factors)
        total = [
            power.power_for_accelerators_w(gpus_per_building, w) / units.WATTS_PER_MW
            for w in (each.low, each.central, each.high)
        ]
        fitting = power.accelerators_supported(ARTICLE_MW * units.WATTS_PER_MW, each.central)
        per_mw = units.WATTS_PER_MW / each.central
        rows.append((name, each.low, each.central, each.high, *total, per_mw, fitting))
    columns = ["boundary", "low_w", "central_w", "high_w", "low_mw", "building_mw", "high_mw"]
    return pd.DataFrame(rows, columns=[*columns, "gpus_per_mw", "gpus_in_article_mw"])


def closest_boundary(*, gpus_per_building: int, rack_kw: float, pue: float) -> str:
    """Return the boundary whose central power comes closest to the article's.

    Parameters
    ----------
    gpus_per_building, rack_kw, pue
        As for `power_by_boundary`.

    Examples
    --------
    >>> closest_boundary(gpus_per_building=150_000, rack_kw=140.0, pue=1.1)
    'racks'
    """
    frame = power_by_boundary(gpus_per_building=gpus_per_building, rack_kw=rack_kw, pue=pue)
    distance = (frame["building_mw"] - ARTICLE_MW).abs()
    return str(frame["boundary"].to_numpy()[distance.to_numpy().argmin()])


def arizona_w_per_gpu() -> float:
    """Return Epoch AI's power of the Arizona site over the article's count of its GPUs, W.

    Examples
    --------
    >>> round(arizona_w_per_gpu())
    2023
    """
    power_mw = datasets.row_of("training_clusters", "cluster_id", "microsoft-goodyear-epoch")[
        "power_mw"
    ]
    count = datasets.row_of("training_clusters", "cluster_id", "microsoft-arizona")["accelerators"]
    return float(power_mw) * units.WATTS_PER_MW / float(count)


def power_stack(*, gpus_per_building: int, rack_kw: float, pue: float) -> pd.DataFrame:
    """Return the building's power in parts, beside the article's figure.

    Parameters
    ----------
    gpus_per_building, rack_kw, pue
        As for `power_by_boundary`.

    Returns
    -------
    DataFrame
        Long: `case`, `part`, `mw`.

    Examples
    --------
    >>> frame = power_stack(gpus_per_building=150_000, rack_kw=140.0, pue=1.1)
    >>> frame.groupby("case", sort=False)["mw"].sum().round().tolist()
    [300.0, 314.0, 366.0]
    """
    nominal = rated_w_per_gpu(SITE_ACCELERATOR).low * RACK_ACCELERATORS / units.WATTS_PER_KW
    rows = [("Article", "as printed, boundary not stated", ARTICLE_MW)]
    for kw in dict.fromkeys([round(nominal), rack_kw]):
        frame = power_by_boundary(gpus_per_building=gpus_per_building, rack_kw=kw, pue=pue)
        chips, racks, it, facility = frame["building_mw"]
        parts = {
            "GPU chips": chips,
            "rest of the racks": racks - chips,
            "other IT": it - racks,
            "cooling and losses": facility - it,
        }
        rows += [(f"Racks of {kw:g} kW", part, mw) for part, mw in parts.items()]
    return pd.DataFrame(rows, columns=["case", "part", "mw"])


def households(*, gpus_per_building: int, rack_kw: float, pue: float) -> pd.DataFrame:
    """Return how many average US homes use as much electricity as the building.

    Parameters
    ----------
    gpus_per_building, rack_kw, pue
        As for `power_by_boundary`.

    Returns
    -------
    DataFrame
        `reading`, `mw` (mean power), `homes`.

    Examples
    --------
    >>> frame = households(gpus_per_building=150_000, rack_kw=140.0, pue=1.1)
    >>> frame["homes"].round(-2).tolist()[:2]
    [200000.0, 243500.0]
    """
    kwh = factor(HOUSEHOLD_YEAR).central
    load = factor("load-fraction-planning").central
    site = power_by_boundary(gpus_per_building=gpus_per_building, rack_kw=rack_kw, pue=pue)
    facility = float(site["building_mw"].iloc[-1])
    home_mw = float(units.convert(kwh, "kwh_per_year", "mw"))
    readings = {
        "Article: 200,000 homes": ARTICLE_HOMES * home_mw,
        "300 MW around the clock": ARTICLE_MW,
        "Facility at full rating, around the clock": facility,
        "Facility at the load measured in training": facility * load,
    }
    frame = pd.DataFrame(readings.items(), columns=["reading", "mw"])
    homes = power.households_supplied(frame["mw"].to_numpy() * units.WATTS_PER_MW, kwh)
    return frame.assign(homes=homes)


def _published(kind: str, name: str) -> tuple[float, str]:
    """Return published watts per GPU and the source of the figure."""
    if kind == "factor":
        row = datasets.row_of("facility_factors", "factor_id", name)
        return float(row["central"]), str(row["source_key"])
    table, key, column, watts = {
        "cluster": ("training_clusters", "cluster_id", "power_mw", units.WATTS_PER_MW),
        "system": ("systems", "system_id", "rated_power_kw", units.WATTS_PER_KW),
    }[kind]
    row = datasets.row_of(table, key, name)
    return float(row[column]) * watts / float(row["accelerators"]), str(row["source_key"])


def site_check(*, pue: float) -> pd.DataFrame:
    """Return rated watts per GPU by our factors against sites with published figures.

    Parameters
    ----------
    pue : float
        Facility power over IT power.

    Returns
    -------
    DataFrame
        `site`, `boundary`, `published_w`, `low_w`, `central_w`, `high_w`, `error` (central over
        published, less 1), `inside`, `source`.

    Examples
    --------
    >>> site_check(pue=1.1)["inside"].all().item()
    True
    """
    rows = []
    for name, accelerator_id, boundary, kind, key in CHECKS:
        published, source = _published(kind, key)
        rated = rated_w_per_gpu(accelerator_id)
        ours = boundary_w_per_gpu(accelerator_id, boundary, rated, _pue(pue))
        inside = ours.low <= published <= ours.high
        error = ours.central / published - 1
        spread = (ours.low, ours.central, ours.high)
        rows.append((name, BOUNDARIES[boundary], published, *spread, error, inside, source))
    columns = ["site", "boundary", "published_w", "low_w", "central_w", "high_w"]
    return pd.DataFrame(rows, columns=[*columns, "error", "inside", "source"])
