"""The findings of the chapter and of the report, as numbers and sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from computebook import claims, datasets, memory
from computebook.exhibits import competition
from computebook.exhibits.infrastructure_planning.bandwidth import full_reads, requirements
from computebook.exhibits.infrastructure_planning.costs import Site, monthly_costs
from computebook.exhibits.infrastructure_planning.energy import energy_ratios, long_queries
from computebook.exhibits.infrastructure_planning.fleet import fleet
from computebook.exhibits.infrastructure_planning.schema import GPUS, Plan
from computebook.exhibits.infrastructure_planning.site import power_by_boundary, server_loads
from computebook.price_cards import ARTICLE_DATE, price_card

__all__ = ["Headline", "headline", "report_takeaways"]

WINDOW_TOKENS = 400_000


@dataclass(frozen=True)
class Headline:
    """What the chapter finds.

    Attributes
    ----------
    needs : DataFrame
        `requirements` at the article's 400,000 tokens.
    low, high : Series
        Its rows with the least and the most bandwidth.
    reads : DataFrame
        `full_reads`.
    power : DataFrame
        `power_by_boundary`, by GPU.
    air : Series
        Metered air-cooled B200 server with the highest mean power.
    costs : DataFrame
        Central rows of `monthly_costs`, by GPU.
    spread : DataFrame
        All rows of `monthly_costs`, by GPU and end.
    ratios : DataFrame
        `energy_ratios`.
    prompt_share : float
        Share of the GPUs of the central fleet, over the three kinds, that read prompts.
    """

    needs: pd.DataFrame
    low: pd.Series[Any]
    high: pd.Series[Any]
    reads: pd.DataFrame
    power: pd.DataFrame
    air: pd.Series[Any]
    costs: pd.DataFrame
    spread: pd.DataFrame
    ratios: pd.DataFrame
    prompt_share: float

    @property
    def cheapest(self) -> str:
        """GPU whose central fleet rents for least."""
        known = self.costs["rent_usd_per_month"].dropna()
        return str(known.idxmin()) if len(known) else "none"

    def ratio_span(self, column: str, query: int) -> tuple[float, float]:
        """Return the lowest and highest ratio over the models for one reading of the query."""
        rows = self.ratios[self.ratios["query"] == long_queries()[query].name]
        return float(rows[column].min()), float(rows[column].max())

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


def _prompt_share(plan: Plan) -> float:
    pools = [each for name in GPUS for each in fleet(plan, name).pools]
    served = [each for each in pools if math.isfinite(each.gpus)]
    total = sum(each.gpus for each in served)
    return sum(each.prefill_gpus for each in served) / total if total else 0.0


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
    """
    tpot_ms = plan.tpot_s * 1e3
    needs = requirements(architectures, WINDOW_TOKENS, batch_size, tpot_ms, precisions)
    needs = needs.sort_values("tb_s", ignore_index=True)
    loads = server_loads()
    air = loads[loads["cooling"] == "air-cooled"].sort_values("mean_kw")
    costs = monthly_costs(plan, site, gpu_hour_usd)
    spread = costs.set_index(["gpu", "end"])
    load = [getattr(site.load_fraction, end) for end in ("low", "central", "high")]
    return Headline(
        needs=needs,
        low=needs.iloc[0],
        high=needs.iloc[-1],
        reads=full_reads().set_index("gpu"),
        power=power_by_boundary(site.pues).set_index("gpu"),
        air=air.iloc[-1],
        costs=costs[costs["end"] == "central"].set_index("gpu"),
        spread=spread,
        ratios=energy_ratios(architectures, precisions, site.pues, load),
        prompt_share=_prompt_share(plan),
    )


def _kv_span() -> tuple[float, float]:
    table = datasets.load("architectures")
    recent = table["released_on"].between("2024-07-01", "2026-01-31")
    chosen = table[recent & (table["total_params_b"] >= 100)]["architecture_id"]
    elements = [memory.kv_elements_per_token(datasets.architecture(name)) for name in chosen]
    return float(min(elements)), float(max(elements))


def _output_usd(model: str) -> float:
    return price_card(model, ARTICLE_DATE).tiers[0].rates.output_usd_per_mtok


def report_takeaways(found: Headline) -> pd.DataFrame:
    """Return the findings of the report by reader, each with the exhibit that proves it.

    Parameters
    ----------
    found : Headline
        Findings of this chapter; those of other chapters are computed from the same data.

    Returns
    -------
    DataFrame
        `reader`, `finding`, `proof` (MyST).
    """
    low, high = _kv_span()
    leads = competition.headline().leads
    shares = competition.headline().shares
    verdicts = claims.verdict_counts().loc["all"]
    r1 = datasets.load("token_profiles").set_index("profile_id").loc["servegen-deepseek-r1"]
    cards = {tier: price_card("gpt-5.2", ARTICLE_DATE, tier) for tier in ("standard", "batch")}
    batch = cards["batch"].tiers[0].rates.output_usd_per_mtok / _output_usd("gpt-5.2")
    b200 = found.power.loc["B200"]
    rows = [
        (
            "infrastructure planners",
            f"The KV cache of open frontier models spans {high / low:.0f} times per token. Name "
            f"the model before the GPU.",
            ("tab-kv-by-architecture", "tab-memory-bandwidth"),
        ),
        (
            "infrastructure planners",
            f"Size for memory, latency and prompts together: {found.prompt_share:.0%} of the "
            f"GPUs of the planned fleets only read prompts, which no bandwidth figure shows.",
            ("tab-planning-fleet",),
        ),
        (
            "infrastructure planners",
            f"Reserve {b200['facility_w'] / 1e3:.1f} kW of facility power per B200, "
            f"{b200['facility_w'] / b200['chip_w']:.1f} times its rating. Air cooling is enough "
            f"for servers of eight.",
            ("fig-planning-power", "tab-power-cooling"),
        ),
        (
            "infrastructure planners",
            f"Compare fleets, not GPUs: {found.fleet_words()} serve the same users.",
            ("fig-planning-cost",),
        ),
        (
            "operations teams",
            f"Reasoning is {r1['reasoning_share_mean']:.0%} of the output in "
            f"{r1['requests'] / 1e6:.2f} million production requests. Log it apart.",
            ("fig-api-lengths", "tab-api-ledger"),
        ),
        (
            "operations teams",
            f"One price for all variants is wrong: GPT-5.2 Pro costs "
            f"{_output_usd('gpt-5.2-pro') / _output_usd('gpt-5.2'):.0f} times GPT-5.2 per output "
            f"token.",
            ("tab-api-openai",),
        ),
        (
            "operations teams",
            f"What can wait costs {batch:.0%} of the standard price in the batch tier.",
            ("tab-api-savings",),
        ),
        (
            "strategic decision-makers",
            f"{leads.over_runner_up} of the {leads.categories} leads by category survive a test "
            f"against the true runner-up. Choose on price and fit.",
            ("tab-leaders", "tab-lead-tests"),
        ),
        (
            "strategic decision-makers",
            f"Claude's share is {shares.lowest['Anthropic']:.0f}% or "
            f"{shares.highest['Anthropic']:.0f}% depending on what is counted. Ask for the "
            f"definition before the figure.",
            ("fig-share-metrics", "tab-share-definitions"),
        ),
        (
            "strategic decision-makers",
            f"Of {verdicts['claims']} claims of the article {verdicts['confirmed']} are "
            f"confirmed and {verdicts['contradicted'] + verdicts['inconsistent']} are "
            f"contradicted by evidence or by the article itself.",
            ("tab-verdicts",),
        ),
    ]
    frame = pd.DataFrame(rows, columns=["reader", "finding", "proof"])
    links = [", ".join(f"{{numref}}`{name}`" for name in names) for names in frame["proof"]]
    return frame.assign(proof=links)
