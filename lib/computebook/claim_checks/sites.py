"""Checks of training sites, compute deals and MLPerf training ratios."""

from __future__ import annotations

import pandas as pd

from computebook import datasets, units
from computebook.claim_checks.lookup import row
from computebook.claim_checks.registry import CheckResult, Claim, check, compare, compare_names

#: The benchmark and size of the MLPerf comparison that the article's source makes.
MLPERF_BENCHMARK = "llama-3.1-405b"
MLPERF_ACCELERATORS = 512
MLPERF_SUBMITTER = "NVIDIA"


def _w_per_accelerator(rack_kw: str, rack_accelerators: str) -> float:
    return float(rack_kw) * units.WATTS_PER_KW / float(rack_accelerators)


@check("site_power")
def site_power(
    claim: Claim, accelerators: str, rack_kw: str, rack_accelerators: str
) -> CheckResult:
    """Compare the power of a hall of racks, MW: accelerators / rack x rack power."""
    each_w = _w_per_accelerator(rack_kw, rack_accelerators)
    power_mw = float(accelerators) * each_w / units.WATTS_PER_MW
    return compare(claim, power_mw, f"{int(accelerators):,} accelerators at {each_w:,.0f} W each")


@check("accelerators_on_power")
def accelerators_on_power(
    claim: Claim, site_mw: str, rack_kw: str, rack_accelerators: str
) -> CheckResult:
    """Compare how many accelerators a site's power feeds."""
    each_w = _w_per_accelerator(rack_kw, rack_accelerators)
    count = float(site_mw) * units.WATTS_PER_MW / each_w
    return compare(claim, count, f"{site_mw} MW at {each_w:,.0f} W per accelerator")


@check("households")
def households(claim: Claim, power_mw: str) -> CheckResult:
    """Compare how many average homes draw a power that flows around the clock."""
    factors = datasets.load("facility_factors").sort_values("as_of")
    newest = factors[factors["factor"] == "household_kwh_per_year"].iloc[-1]
    kwh_per_year = float(newest["central"])
    home_w = units.convert(kwh_per_year, "kwh_per_year", "w")
    homes = float(power_mw) * units.WATTS_PER_MW / float(home_w)
    return compare(claim, homes, f"{power_mw} MW at {kwh_per_year:,.0f} kWh a year per home")


@check("exclusive_use")
def exclusive_use(claim: Claim, clusters: str) -> CheckResult:
    """Compare whether training sites serve one user only."""
    sites = [row("training_clusters", "cluster_id", name) for name in clusters.split("|")]
    users = "; ".join(sorted({str(site["user"]) for site in sites}))
    exclusive = all(bool(site["exclusive_use"]) for site in sites)
    names = ", ".join(str(site["cluster_id"]) for site in sites)
    return CheckResult(users, claim.unit, 0.0, exclusive, f"users of {names}: {users}")


@check("deal_field")
def deal_field(claim: Claim, counterparty: str, field: str) -> CheckResult:
    """Compare one figure of a compute deal."""
    value = float(row("compute_deals", "counterparty", counterparty)[field])
    return compare(claim, value, f"{field} of the deal with {counterparty}")


@check("deal_date")
def deal_date(claim: Claim, counterparty: str, date: str) -> CheckResult:
    """Compare the day on which a deal was announced."""
    deal = row("compute_deals", "counterparty", counterparty)
    announced = str(pd.Timestamp(deal["announced_on"]).date())
    return compare_names(claim, announced, date, f"announcement of the deal with {counterparty}")


@check("calendar_years")
def calendar_years(claim: Claim, first: str, last: str) -> CheckResult:
    """Compare the number of calendar years from the first to the last, both included."""
    return compare(claim, int(last) - int(first) + 1, f"calendar years {first} to {last}")


def _score_min(accelerator: str, round_name: str) -> float:
    results = datasets.load("mlperf_training")
    chosen = results[
        (results["accelerator_id"] == accelerator)
        & (results["round"] == round_name)
        & (results["benchmark"] == MLPERF_BENCHMARK)
        & (results["accelerators"] == MLPERF_ACCELERATORS)
        & (results["submitter"] == MLPERF_SUBMITTER)
    ]
    return float(chosen["score_min"].min())


@check("mlperf_speedup")
def mlperf_speedup(
    claim: Claim, accelerator: str, in_round: str, against: str, against_round: str
) -> CheckResult:
    """Compare the ratio of two scored MLPerf training times on Llama 3.1 405B, 512 GPUs."""
    slow, fast = _score_min(against, against_round), _score_min(accelerator, in_round)
    before, after = f"({against}, {against_round})", f"({accelerator}, {in_round})"
    return compare(claim, slow / fast, f"{slow:.1f} min {before} / {fast:.1f} min {after}")


def _price_ratios(accelerator: str, against: str) -> pd.Series[float]:
    """Return the ratio of on-demand prices at each provider that lists both."""
    prices = datasets.load("gpu_hour_prices")
    listed = prices[prices["kind"] == "on-demand"]
    wide = listed.pivot_table(index="provider", columns="accelerator_id", values="usd_per_gpu_hour")
    return (wide[accelerator] / wide[against]).dropna()


@check("performance_per_dollar")
def performance_per_dollar(
    claim: Claim, accelerator: str, in_round: str, against: str, against_round: str, priced_as: str
) -> CheckResult:
    """Compare the MLPerf ratio divided by the ratio of on-demand prices."""
    speedup = _score_min(against, against_round) / _score_min(accelerator, in_round)
    gains = speedup / _price_ratios(priced_as, against)
    sentence = f"{speedup:.2f}x speed over the price ratio of {priced_as} in {len(gains)} clouds"
    return compare(claim, gains.median(), sentence, low=gains.min(), high=gains.max())
