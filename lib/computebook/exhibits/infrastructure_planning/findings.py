"""The findings of the chapter, as numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from computebook import datasets, errors
from computebook.exhibits.infrastructure_planning.bandwidth import full_reads, requirements
from computebook.exhibits.infrastructure_planning.costs import (
    Site,
    monthly_costs,
    sensitivity,
)
from computebook.exhibits.infrastructure_planning.energy import (
    energy_ratios,
    long_queries,
    query_ranges,
)
from computebook.exhibits.infrastructure_planning.loads import (
    energy_by_load,
    energy_load_table,
    energy_proof,
)
from computebook.exhibits.infrastructure_planning.schema import Plan
from computebook.exhibits.infrastructure_planning.site import (
    power_by_boundary,
    server_loads,
    site_budget,
)

__all__ = ["WINDOW_TOKENS", "Headline", "headline"]

#: GPT-5.2's window as the article reads it.
WINDOW_TOKENS: Final = 400_000


@dataclass(frozen=True)
class Headline:
    """What the chapter finds, with the parameters that it was asked with.

    Attributes
    ----------
    plan, site, batch_size
        What is served, where, and how many users share a step in the bandwidth requirement.
    needs : DataFrame
        `requirements` at the article's 400,000 tokens, by bandwidth.
    reads : DataFrame
        `full_reads`, by GPU.
    power : DataFrame
        `power_by_boundary`, by GPU.
    air : Series
        Metered air-cooled B200 server with the highest mean power.
    spread : DataFrame
        `monthly_costs`, by GPU and end.
    ratios : DataFrame
        `energy_ratios`.
    queries : DataFrame
        `query_ranges`, by case.
    drivers : DataFrame
        `sensitivity` of the cheapest fleet.
    loads : DataFrame
        `energy_load_table` of the first workload.
    proof : DataFrame
        `energy_proof`, by scope.
    """

    plan: Plan
    site: Site
    batch_size: int
    needs: pd.DataFrame
    reads: pd.DataFrame
    power: pd.DataFrame
    air: pd.Series[Any]
    spread: pd.DataFrame
    ratios: pd.DataFrame
    queries: pd.DataFrame
    drivers: pd.DataFrame
    loads: pd.DataFrame
    proof: pd.DataFrame

    @property
    def model(self) -> str:
        """Name of the model that the fleet serves."""
        return datasets.architecture(self.plan.model).name

    @property
    def tpot_ms(self) -> float:
        """Time allowed per output token, ms."""
        return self.plan.tpot_s * 1e3

    @property
    def low(self) -> pd.Series[Any]:
        """Open model with the least bandwidth at the article's window."""
        return self.needs.iloc[0]

    @property
    def high(self) -> pd.Series[Any]:
        """Open model with the most."""
        return self.needs.iloc[-1]

    @property
    def query(self) -> pd.Series[Any]:
        """Range of the longest prompt with a short answer on the first GPU, Wh."""
        return self.queries.iloc[0]

    @property
    def costs(self) -> pd.DataFrame:
        """Central rows of `spread`, by GPU."""
        rows = self.spread.reset_index()
        return rows[rows["end"] == "central"].set_index("gpu")

    @property
    def cheapest(self) -> str:
        """GPU whose central fleet rents for least."""
        return str(self.costs["rent_usd_per_month"].idxmin())

    @property
    def site_budget(self) -> pd.DataFrame:
        """What the central fleet of the cheapest GPU asks from the site."""
        tariff = self.site.electricity_usd_per_kwh
        return site_budget(
            gpus=float(self.costs["gpus"][self.cheapest]),
            accelerator_id=str(self.costs["accelerator_id"][self.cheapest]),
            server_w=float(self.costs["server_w"][self.cheapest]),
            pue=self.site.pues,
            busy_fraction=self.site.busy,
            electricity_usd_per_kwh=[tariff.low, tariff.central, tariff.high],
        )

    def ratio_span(self, column: str, query: int) -> tuple[float, float]:
        """Return the lowest and highest ratio over the models for one reading of the query.

        Parameters
        ----------
        column : str
            Column of `ratios`.
        query : int
            0 for the short answer, 1 for the longest.
        """
        rows = self.ratios[self.ratios["query"] == long_queries()[query].name]
        return float(rows[column].min()), float(rows[column].max())

    def energy_at(self, gpu: str, load: int) -> pd.Series[Any]:
        """Return the energy per token of a GPU at one of the loads of the table.

        Parameters
        ----------
        gpu : str
            Name of the GPU.
        load : int
            0 for one user per copy, 1 for a quarter, 2 for the most users.
        """
        return self.loads[self.loads["gpu"] == gpu].iloc[load]

    def fleet_words(self) -> str:
        """Return the central fleets in words: GPUs and thousand dollars a month."""
        parts = []
        for name, row in self.costs.iterrows():
            if math.isnan(row["gpus"]):
                parts.append(f"no number of {name}")
            else:
                usd = row["rent_usd_per_month"] / 1e3
                parts.append(f"{row['gpus']:.0f} {name} (${usd:,.0f} thousand a month)")
        return f"{', '.join(parts[:-1])} or {parts[-1]}"

    def safe_words(self) -> str:
        """Return how the cheapest fleet grows if the times hold at the slow end, in words."""
        central, high = (self.spread["gpus"][(self.cheapest, e)] for e in ("central", "high"))
        if math.isnan(high):
            return f"No {self.cheapest} fleet is safe at the slow end of the models' interval."
        return (
            f"To be safe at the slow end of the models' interval, {self.cheapest} grows "
            f"{high / central:.1f} times."
        )


def _served(costs: pd.DataFrame) -> str:
    """Return the GPU whose central fleet rents for least."""
    rents = costs[costs["end"] == "central"].set_index("accelerator_id")["rent_usd_per_month"]
    if rents.isna().all():
        raise errors.ComputebookError(
            "no layout of any GPU serves every workload: allow more time per token or to the first "
            "token, shorter prompts or a smaller model"
        )
    return str(rents.idxmin())


def headline(
    *,
    plan: Plan,
    site: Site,
    architectures: Sequence[str],
    precisions: Sequence[str],
    batch_size: int,
    gpu_hour_usd: Sequence[float],
) -> Headline:
    """Return the findings of the chapter for its parameters.

    Parameters
    ----------
    plan : Plan
        What the fleet serves.
    site : Site
        Where it stands.
    architectures, precisions, batch_size, gpu_hour_usd
        As parameters of the chapter.

    Raises
    ------
    ComputebookError
        If no GPU serves every workload.
    """
    needs = requirements(architectures, WINDOW_TOKENS, batch_size, plan.tpot_s * 1e3, precisions)
    loads = server_loads()
    air = loads[loads["cooling"] == "air-cooled"].sort_values("mean_kw")
    costs = monthly_costs(plan, site, gpu_hour_usd)
    return Headline(
        plan=plan,
        site=site,
        batch_size=batch_size,
        needs=needs.sort_values("tb_s", ignore_index=True),
        reads=full_reads().set_index("gpu"),
        power=power_by_boundary(site.pues).set_index("gpu"),
        air=air.iloc[-1],
        spread=costs.set_index(["gpu", "end"]),
        ratios=energy_ratios(architectures, precisions, site.pues),
        queries=query_ranges(plan.model, precisions, site.pues),
        drivers=sensitivity(plan, _served(costs), gpu_hour_usd, architectures),
        loads=energy_load_table(energy_by_load(plan)),
        proof=energy_proof().set_index("scope"),
    )
