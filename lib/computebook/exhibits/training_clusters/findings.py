"""The numbers that the chapter's sentences state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from computebook import datasets, training, units
from computebook.exhibits.training_clusters import deals, reliability, runs, sites, speed
from computebook.scenarios import Range

__all__ = ["Headline", "headline"]


TABLES = (
    "compute_deals",
    "facility_factors",
    "gpu_hour_prices",
    "mlperf_training",
    "systems",
    "training_clusters",
    "training_runs",
    "training_throughput",
)


@dataclass(frozen=True)
class Headline:
    """Computed values of the chapter's sentences and captions.

    Attributes
    ----------
    rack_mw, facility_mw : Range
        The building's racks, and the facility around it, MW.
    closest_boundary : str
        Where the building's power comes closest to the article's.
    w_per_gpu : float
        What the article's 300 MW and 150,000 GPUs make per GPU, W.
    arizona_w : float
        Power per GPU of the Arizona site: Epoch AI's megawatts over the article's count.
    data_date : str
        Newest date of a row that the chapter rests on.
    homes : float
        Average US homes that 300 MW around the clock equals.
    homes_at_load : float
        The same of the facility at the load that training draws.
    homes_mw : float
        Mean power of the article's 200,000 homes, MW.
    deal : Range
        Price per GPU-hour of the AWS deal with its ramp: lowest is the largest count.
    deal_at_once : Range
        The same with all GPUs from the first day.
    ownership : Range
        Cost of owning a GB200, $/GPU-h.
    deal_bn : float
        Value of the AWS deal, $ bn.
    listed_usd : float
        Lowest on-demand price of a B200, $/GPU-h.
    gpus_at_listed, gpus_at_cost, gpus_at_oracle : float
        GPUs that the AWS deal buys at that price, at the central cost of owning, and at the
        price per watt-year of Oracle's reported deal.
    scored, raw, tokens, same_round, same_release : tuple of float
        GB200 and GB300 over H100 by comparison; NaN where there is no result.
    per_dollar_low, per_dollar_high : float
        Speed per dollar over all clouds and comparisons.
    h100_scaling, gb200_scaling : float
        Share of ideal scaling at the largest size, scored time.
    h100_times, h100_minutes : float
        Growth of the H100 cluster over 512 GPUs, and its shortest time.
    h100_throughput_scaling : float
        The same from tokens per second.
    interruption_hours : dict of int to float
        Mean time between interruptions by GPUs.
    goodput_run, goodput_building : Range
        Goodput at 16,384 GPUs and of a whole building, by checkpoint time.
    goodput_building_fast : float
        The same of a building that restarts in a fifth of the time.
    restart_bound_gpus : float
        GPUs from which restarts cost more than the fastest checkpoints.
    predicted_m, published_m : float
        GPU-hours of Llama 3.1 405B, millions.
    run : dict of str to Range
        The estimate by quantity.
    run_flop, run_goodput : float
        Work of the estimated run, and its central goodput.
    building_days : float
        Days that 1e27 FLOP take in one building.
    """

    rack_mw: Range
    facility_mw: Range
    closest_boundary: str
    w_per_gpu: float
    arizona_w: float
    data_date: str
    homes: float
    homes_at_load: float
    homes_mw: float
    deal: Range
    deal_at_once: Range
    ownership: Range
    deal_bn: float
    listed_usd: float
    gpus_at_listed: float
    gpus_at_cost: float
    gpus_at_oracle: float
    scored: tuple[float, float]
    raw: tuple[float, float]
    tokens: tuple[float, float]
    same_round: float
    same_release: tuple[float, float]
    per_dollar_low: float
    per_dollar_high: float
    h100_scaling: float
    h100_times: float
    h100_minutes: float
    h100_throughput_scaling: float
    gb200_scaling: float
    interruption_hours: dict[int, float]
    goodput_run: Range
    goodput_building: Range
    goodput_building_fast: float
    restart_bound_gpus: float
    predicted_m: float
    published_m: float
    run: dict[str, Range]
    run_flop: float
    run_goodput: float
    building_days: float


def _power(site: dict[str, Any]) -> dict[str, Any]:
    table = sites.power_by_boundary(**site).set_index("boundary")
    spread = ["low_mw", "building_mw", "high_mw"]
    racks, facility = (Range(*table.loc[name, spread]) for name in ("racks", "facility"))
    homes = sites.households(**site)
    printed = sites.ARTICLE_MW * units.WATTS_PER_MW / sites.ARTICLE_GPUS
    return {
        "rack_mw": racks,
        "facility_mw": facility,
        "closest_boundary": sites.closest_boundary(**site),
        "w_per_gpu": printed,
        "arizona_w": sites.arizona_w_per_gpu(),
        "data_date": max(str(datasets.load(name)["as_of"].max().date()) for name in TABLES),
        "homes": float(homes["homes"].iloc[1]),
        "homes_at_load": float(homes["homes"].iloc[-1]),
        "homes_mw": float(homes["mw"].iloc[0]),
    }


def _deal(site: dict[str, Any], deal_gpus: Sequence[int], ramp_years: float) -> dict[str, Any]:
    frame = deals.deal_prices(deal_gpus=deal_gpus, ramp_years=ramp_years).set_index("gpus")
    counts = sorted((float(count) for count in deal_gpus), reverse=True)
    ramp, at_once = (Range(*frame.loc[counts, name]) for name in ("ramp_usd", "at_once_usd"))
    cost = {name: site[name] for name in ("rack_kw", "pue")}
    owning, listed = deals.ownership_usd_per_gpu_hour(**cost), deals.lowest_listed_usd()
    return {
        "deal": ramp,
        "deal_at_once": at_once,
        "ownership": owning,
        "deal_bn": float(deals.aws_deal()["value_usd"]) / deals.BILLION,
        "listed_usd": listed,
        "gpus_at_listed": deals.gpus_at_price(listed, ramp_years=ramp_years),
        "gpus_at_cost": deals.gpus_at_price(owning.central, ramp_years=ramp_years),
        "gpus_at_oracle": deals.gpus_at_reported_price(ramp_years=ramp_years, **cost),
    }


def _speed() -> dict[str, Any]:
    ratios = speed.speed_ratios()[["gb200", "gb300"]]
    pairs = [(float(a), float(b)) for a, b in ratios.itertuples(index=False)]
    money = speed.per_dollar().iloc[:-1][["across_rounds", "one_release", "one_round"]]
    lines = speed.scaling().groupby("system").last().to_dict("index")
    return {
        "scored": pairs[1],
        "raw": pairs[2],
        "tokens": pairs[3],
        "same_round": pairs[5][0],
        "same_release": pairs[7],
        "per_dollar_low": float(money.min().min()),
        "per_dollar_high": float(money.max().max()),
        "h100_scaling": lines["H100 FP8 (v5.0)"]["efficiency"],
        "h100_times": lines["H100 FP8 (v5.0)"]["accelerators"] / speed.SIZE,
        "h100_minutes": lines["H100 FP8 (v5.0)"]["minutes"],
        "h100_throughput_scaling": lines["H100 FP8 (v5.0)"]["throughput_efficiency"],
        "gb200_scaling": lines["GB200 FP4 (v5.1)"]["efficiency"],
    }


def _reliability(gpus_per_building: int, restart_s: float) -> dict[str, Any]:
    stalls = reliability.CHECKPOINT_S

    def spread(gpus: int) -> Range:
        shares = [
            float(reliability.goodput(gpus, checkpoint_s=stall, restart_s=restart_s))
            for stall in (stalls.high, stalls.central, stalls.low)
        ]
        return Range(*shares)

    fast = reliability.goodput(gpus_per_building, checkpoint_s=stalls.low, restart_s=restart_s / 5)
    sizes = (reliability.OBSERVED_GPUS, gpus_per_building)
    return {
        "interruption_hours": {size: reliability.interruption_hours(size) for size in sizes},
        "goodput_run": spread(reliability.OBSERVED_GPUS),
        "goodput_building": spread(gpus_per_building),
        "goodput_building_fast": float(fast),
        "restart_bound_gpus": reliability.restart_bound_gpus(
            checkpoint_s=stalls.low, restart_s=restart_s
        ),
    }


def _run(given: dict[str, Any], gpus_per_building: int) -> dict[str, Any]:
    estimate = runs.run_estimate(**given).set_index("quantity")
    grid = ("active_params_b", "tokens_t", "accelerator", "mfu_percent", "restart_s")
    chosen = {name: given[name] for name in grid}
    days = runs.training_days(gpus_per_building=gpus_per_building, **chosen)
    whole = days[(days["flop"] == 1e27) & (days["gpus"] == gpus_per_building)]
    predicted, published = runs.snapshot_prediction(given["restart_s"])
    share = reliability.goodput(
        given["run_gpus"],
        checkpoint_s=reliability.CHECKPOINT_S.central,
        restart_s=given["restart_s"],
    )
    columns = ["low", "central", "high"]
    return {
        "run_flop": training.training_flop(
            given["active_params_b"] * 1e9, given["tokens_t"] * 1e12
        ),
        "run_goodput": float(share),
        "run": {name: _range(estimate.loc[name, columns]) for name in estimate.index},
        "building_days": float(whole["days"].iloc[0]),
        "predicted_m": predicted,
        "published_m": published,
    }


def _range(values: pd.Series[Any]) -> Range:
    return Range(*(float(value) for value in values))


def headline(
    *,
    gpus_per_building: int,
    rack_kw: float,
    pue: float,
    deal_gpus: Sequence[int],
    ramp_years: float,
    active_params_b: float,
    tokens_t: float,
    accelerator: str,
    run_gpus: int,
    mfu_percent: Sequence[float],
    usd_per_gpu_hour: Sequence[float],
    restart_s: float,
) -> Headline:
    """Return the values that the chapter's sentences state.

    Parameters
    ----------
    gpus_per_building, rack_kw, pue, deal_gpus, ramp_years, active_params_b, tokens_t, \
accelerator, run_gpus, mfu_percent, usd_per_gpu_hour, restart_s
        The chapter's parameters; see `PARAMETERS`.

    Raises
    ------
    ComputebookError
        If a parameter cannot be used.
    """
    site = {"gpus_per_building": gpus_per_building, "rack_kw": rack_kw, "pue": pue}
    run = {
        "active_params_b": active_params_b,
        "tokens_t": tokens_t,
        "accelerator": accelerator,
        "run_gpus": run_gpus,
        "mfu_percent": mfu_percent,
        "usd_per_gpu_hour": usd_per_gpu_hour,
        "restart_s": restart_s,
        "pue": pue,
    }
    return Headline(
        **_power(site),
        **_deal(site, deal_gpus, ramp_years),
        **_speed(),
        **_reliability(gpus_per_building, restart_s),
        **_run(run, gpus_per_building),
    )
