"""What the fleet draws and costs a month, rented or owned, and what moves the bill."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from computebook import datasets, errors, tco, units
from computebook.exhibits.facility import factor
from computebook.exhibits.infrastructure_planning.fleets import OPPOSITE, fleet
from computebook.exhibits.infrastructure_planning.schema import GPUS, Plan, gpu_name
from computebook.exhibits.infrastructure_planning.site import boundary_w, mean_facility_w
from computebook.scenarios import Range, range_of

__all__ = [
    "Site",
    "cost_ranges",
    "cost_table",
    "monthly_costs",
    "owned_usd_per_gpu_hour",
    "rent_ranges",
    "sensitivity",
]

HOURS_PER_MONTH: Final = units.HOURS_PER_YEAR / 12
RENT: Final = "Rent per GPU-hour"
OFFERS_FROM: Final = "2026-01-01"
#: Assumed: life of a server, cost of money, and the spread of a server's price.
LIFE_YEARS: Final = Range(3.0, 4.0, 6.0)
FACILITY_YEARS: Final = 15.0
CAPITAL_COST: Final = 0.10
PRICE_SPREAD: Final = 0.25
INTERCONNECT: Final = "interconnect-cost-share"
FACILITY_USD: Final = "facility-usd-per-mw"
#: One published price of a whole server each, an eighth of it per GPU.
SERVER_PRICES: Final = {
    "h100-sxm": "seller-hgx-h100-2025-01",
    "h200-sxm": "seller-hgx-h200-2025-01",
    "b200-sxm": "seller-dgx-b200-2024-12",
}


@dataclasses.dataclass(frozen=True)
class Site:
    """Where the fleet stands: low, central and high of each.

    Attributes
    ----------
    pue, busy_fraction, electricity_usd_per_kwh : Range
        Facility over IT power; share of the month at the peak; tariff.
    """

    pue: Range
    busy_fraction: Range
    electricity_usd_per_kwh: Range

    @classmethod
    def of(
        cls,
        pue: Sequence[float],
        busy_fraction: Sequence[float],
        electricity_usd_per_kwh: Sequence[float],
    ) -> Site:
        """Return a site from the parameters of the chapter.

        Parameters
        ----------
        pue, busy_fraction, electricity_usd_per_kwh : sequence of float
            Low, central and high of each.

        Raises
        ------
        ComputebookError
            If a list has not three rising values.
        """
        return cls(
            range_of("pue", pue),
            range_of("busy_fraction", busy_fraction),
            range_of("electricity_usd_per_kwh", electricity_usd_per_kwh),
        )

    @property
    def pues(self) -> list[float]:
        """The three PUE values."""
        return [self.pue.low, self.pue.central, self.pue.high]

    @property
    def busy(self) -> list[float]:
        """The three shares of the month at the peak."""
        return [self.busy_fraction.low, self.busy_fraction.central, self.busy_fraction.high]


def rent_ranges(gpu_hour_usd: Sequence[float]) -> dict[str, Range]:
    """Return the rent of each GPU: the given one inside the offers on demand.

    Parameters
    ----------
    gpu_hour_usd : sequence of float
        One price for each of `GPUS`, $/GPU-h.

    Raises
    ------
    ComputebookError
        If there is not one price for each.

    Examples
    --------
    >>> rent_ranges([3.9, 3.9, 6.7])["h100-sxm"]
    Range(low=2.95, central=3.9, high=3.99)
    """
    if len(gpu_hour_usd) != len(GPUS):
        raise errors.ComputebookError(
            f"gpu_hour_usd = {list(gpu_hour_usd)} has {len(gpu_hour_usd)} values: one for each of "
            f"{', '.join(map(gpu_name, GPUS))} is needed"
        )
    table = datasets.load("gpu_hour_prices")
    recent = table[(table["kind"] == "on-demand") & (table["as_of"] >= OFFERS_FROM)]
    ranges = {}
    for name, price in zip(GPUS, gpu_hour_usd, strict=True):
        offers = recent[recent["accelerator_id"] == name]["usd_per_gpu_hour"]
        known = [float(price), *map(float, offers)]
        ranges[name] = Range(min(known), float(price), max(known))
    return ranges


def _server_usd(accelerator_id: str, end: str) -> float:
    row = datasets.row_of("accelerator_prices", "price_id", SERVER_PRICES[accelerator_id])
    server = float(row["central_usd"])
    spread = {"low": 1 - PRICE_SPREAD, "central": 1.0, "high": 1 + PRICE_SPREAD}[end]
    # The network is a share of the whole cluster, so that the server is the rest of it.
    return server * spread / (1 - factor(INTERCONNECT).central)


def owned_usd_per_gpu_hour(
    accelerator_id: str, site: Site, end: str, server_w: float
) -> dict[str, float]:
    """Return the cost of an own GPU for an hour by cause: server, building, electricity.

    Capital recovery over the life of each, 10 % cost of money; electricity at the mean power. No
    staff, no software, no idle time. Source: `short1995manual`.

    Parameters
    ----------
    accelerator_id : str
        One of `GPUS`.
    site : Site
        PUE, share of the month at the peak, and tariff.
    end : {"low", "central", "high"}
        Which end of every range.
    server_w : float
        Power of the servers per GPU at the peak, W.

    Returns
    -------
    dict
        "servers and network", "building", "electricity": $/GPU-h.
    """
    years = getattr(LIFE_YEARS, OPPOSITE[end])
    server = _server_usd(accelerator_id, end)
    rated = boundary_w(accelerator_id, "it", site.pues)
    it_w = float(getattr(rated, end))
    building = it_w / units.WATTS_PER_MW * getattr(factor(FACILITY_USD), end)
    return {
        "servers and network": float(tco.amortized_usd_per_gpu_hour(server, years, CAPITAL_COST)),
        "building": float(tco.amortized_usd_per_gpu_hour(building, FACILITY_YEARS, CAPITAL_COST)),
        "electricity": float(
            getattr(mean_facility_w(accelerator_id, server_w, site.pues, site.busy), end)
            / units.WATTS_PER_KW
            * getattr(site.electricity_usd_per_kwh, end)
        ),
    }


def monthly_costs(plan: Plan, site: Site, gpu_hour_usd: Sequence[float]) -> pd.DataFrame:
    """Return GPUs, power, purchase and monthly cost of the fleet on each GPU.

    Parameters
    ----------
    plan : Plan
        What is served.
    site : Site
        Where.
    gpu_hour_usd : sequence of float
        Rent of each GPU.

    Returns
    -------
    DataFrame
        One row a GPU and end: `accelerator_id`, `gpu`, `end`, `gpus`, `provision_kw` (rated, at
        the facility), `mean_kw`, `purchase_usd` (servers and network), `rent_usd_per_month`,
        `own_usd_per_month`, `server_w` (of the servers per GPU at the peak); missing where the
        fleet cannot serve.
    """
    rents = rent_ranges(gpu_hour_usd)
    rows: list[dict[str, object]] = []
    for name in GPUS:
        for end in OPPOSITE:
            found = fleet(plan, name, end)
            gpus, server_w = found.gpus, found.server_w_per_gpu
            if not np.isfinite(gpus):
                rows.append({"accelerator_id": name, "gpu": gpu_name(name), "end": end})
                continue
            each_w = getattr(boundary_w(name, "facility", site.pues), end)
            mean_w = getattr(mean_facility_w(name, server_w, site.pues, site.busy), end)
            own = sum(owned_usd_per_gpu_hour(name, site, end, server_w).values())
            rows.append(
                {
                    "accelerator_id": name,
                    "gpu": gpu_name(name),
                    "end": end,
                    "gpus": gpus,
                    "provision_kw": gpus * each_w / units.WATTS_PER_KW,
                    "mean_kw": gpus * mean_w / units.WATTS_PER_KW,
                    "server_w": server_w,
                    "purchase_usd": gpus * _server_usd(name, end),
                    "rent_usd_per_month": gpus * HOURS_PER_MONTH * getattr(rents[name], end),
                    "own_usd_per_month": gpus * HOURS_PER_MONTH * own,
                }
            )
    columns = [
        *("accelerator_id", "gpu", "end", "gpus", "provision_kw", "mean_kw", "server_w"),
        *("purchase_usd", "rent_usd_per_month", "own_usd_per_month"),
    ]
    return pd.DataFrame(rows, columns=columns)


def cost_table(costs: pd.DataFrame) -> pd.DataFrame:
    """Return fleet, power, purchase and monthly cost of each GPU as central and range.

    Parameters
    ----------
    costs : DataFrame
        From `monthly_costs`.

    Returns
    -------
    DataFrame
        `gpu`, `gpus`, `provision_kw`, `mean_kw`, `purchase_musd`, `rent_kusd`, `own_kusd`: texts
        "central (low to high)"; missing where the central fleet cannot serve.
    """
    scales = {
        "gpus": ("gpus", 1.0, ",.0f"),
        "provision_kw": ("provision_kw", 1.0, ",.0f"),
        "mean_kw": ("mean_kw", 1.0, ",.0f"),
        "purchase_musd": ("purchase_usd", 1e6, ",.1f"),
        "rent_kusd": ("rent_usd_per_month", 1e3, ",.0f"),
        "own_kusd": ("own_usd_per_month", 1e3, ",.0f"),
    }
    rows = []
    for gpu, group in costs.groupby("gpu", sort=False):
        values = group.set_index("end")
        cells = {
            name: _spread_text(values.loc[list(OPPOSITE), column].to_numpy(float) / unit, style)
            for name, (column, unit, style) in scales.items()
        }
        rows.append({"gpu": gpu} | cells)
    return pd.DataFrame(rows)


def _spread_text(values: NDArray[np.float64], style: str) -> str | None:
    low, central, high = values
    if not np.isfinite(central):
        return None
    most = format(high, style) if np.isfinite(high) else "no limit"
    return f"{central:{style}} ({low:{style}} to {most})"


def cost_ranges(costs: pd.DataFrame) -> pd.DataFrame:
    """Return the monthly cost of each fleet as low, central and high.

    Parameters
    ----------
    costs : DataFrame
        From `monthly_costs`.

    Returns
    -------
    DataFrame
        `case` (GPU, rented or owned), `low`, `central`, `high` (thousand $ a month); the high end
        is the central value, and the case says so, where no layout holds at the slow end.
    """
    rows = []
    kinds = {"rent_usd_per_month": "rented", "own_usd_per_month": "owned"}
    for gpu, group in costs.groupby("gpu", sort=False):
        values = group.set_index("end")
        for column, kind in kinds.items():
            low, central, high = values.loc[list(OPPOSITE), column].to_numpy(float) / 1e3
            if not np.isfinite(central):
                continue
            # Where no layout is safe at the slow end, the bar stops at the centre and says so.
            safe = "" if np.isfinite(high) else ", high end not served"
            rows.append((f"{gpu}, {kind}{safe}", low, central, high if not safe else central))
    return pd.DataFrame(rows, columns=["case", *OPPOSITE])


def _scaled(plan: Plan, users: float = 1.0, prompt: float = 1.0) -> Plan:
    changed = tuple(
        dataclasses.replace(
            w, users=max(w.users * users, 1.0), prompt_tokens=w.prompt_tokens * prompt
        )
        for w in plan.workloads
    )
    return dataclasses.replace(plan, workloads=changed)


def _waiting(plan: Plan, factor: float) -> Plan:
    changed = tuple(dataclasses.replace(w, ttft_s=w.ttft_s * factor) for w in plan.workloads)
    return dataclasses.replace(plan, workloads=changed)


def _variants(plan: Plan) -> dict[str, tuple[Plan, Plan]]:
    change: Callable[..., Plan] = dataclasses.replace
    return {
        "Users": (_scaled(plan, users=0.5), _scaled(plan, users=2.0)),
        "Prompt length": (_scaled(plan, prompt=0.5), _scaled(plan, prompt=2.0)),
        "Time per token": (
            change(plan, tpot_s=plan.tpot_s * 2),
            change(plan, tpot_s=plan.tpot_s / 2),
        ),
        "Prompt in cache": (
            change(plan, cached_fraction=0.9),
            change(plan, cached_fraction=0.0),
        ),
        "Wait for the first token": (_waiting(plan, 2.0), _waiting(plan, 0.5)),
        "KV cache format": (change(plan, cache="fp8"), change(plan, cache="bf16")),
        "Weight format": (change(plan, weights="nvfp4"), change(plan, weights="bf16")),
    }


def sensitivity(
    plan: Plan, accelerator_id: str, gpu_hour_usd: Sequence[float], architectures: Sequence[str]
) -> pd.DataFrame:
    """Return how far each input alone moves the monthly rent of a fleet, largest first.

    Parameters
    ----------
    plan : Plan
        What is served, the middle of every range.
    accelerator_id : str
        One of `GPUS`.
    gpu_hour_usd : sequence of float
        Rent of each GPU.
    architectures : sequence of str
        Other models that the fleet could serve.

    Returns
    -------
    DataFrame
        `input`, `low`, `central`, `high` (over the central rent), `usd_per_month` (the central
        rent), `swing`; a case that no layout serves is left out.
    """
    rent = rent_ranges(gpu_hour_usd)[accelerator_id]

    def bill(chosen: Plan, end: str = "central", price: float = rent.central) -> float:
        return fleet(chosen, accelerator_id, end).gpus * HOURS_PER_MONTH * price

    cases: dict[str, list[float]] = {
        name: [bill(low), bill(high)] for name, (low, high) in _variants(plan).items()
    }
    cases["Headroom and slow engine"] = [bill(plan, "low"), bill(plan, "high")]
    cases[RENT] = [bill(plan, price=price) for price in (rent.low, rent.high)]
    other = dataclasses.replace(plan, weights="", cache="")
    cases["Model"] = [bill(dataclasses.replace(other, model=name)) for name in architectures]
    return _ranked(cases, bill(plan))


def _ranked(cases: Mapping[str, Sequence[float]], central: float) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for name, values in cases.items():
        known = [v / central for v in (*values, central) if np.isfinite(v)]
        rows.append((name, min(known), 1.0, max(known), central, max(known) - min(known)))
    columns = ["input", "low", "central", "high", "usd_per_month", "swing"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values("swing", ascending=False, ignore_index=True)
