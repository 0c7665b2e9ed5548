"""The numbers that the chapter's sentences state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from computebook import datasets, units
from computebook.exhibits.training_clusters import (
    class_run,
    deals,
    growth,
    reliability,
    sites,
    speed,
    speedup,
)
from computebook.scenarios import Range

__all__ = ["Headline", "headline"]


TABLES = (
    "compute_deals",
    "facility_factors",
    "gpu_hour_prices",
    "mlperf_training",
    "systems",
    "training_clusters",
    "training_calibration",
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
    shares, shares_gb300 : dict of str to float
        Share of each part in the speed of GB200 and of GB300 over H100, on a logarithmic scale.
    growth_given, class_given : dict
        Arguments of `growth.cluster_growth` and `class_run.class_run`, computed on demand.
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
    shares: dict[str, float]
    shares_gb300: dict[str, float]
    growth_given: dict[str, Any]
    class_given: dict[str, Any]

    @cached_property
    def grown(self) -> pd.DataFrame:
        """The run of the open model by cluster size."""
        return growth.cluster_growth(**self.growth_given)

    @cached_property
    def found(self) -> Any:
        """The run of GPT-5.2's class: draws, layouts and assumptions."""
        return class_run.class_run(**self.class_given)

    def of_class(self, name: str) -> Range:
        """Return the interval of one result of that class, in the unit that it is shown in.

        Parameters
        ----------
        name : str
            Short name of the result.
        """
        return class_run.result_range(self.found, name)


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
    shares = speedup.speed_shares()
    lines = speed.scaling().groupby("system").last().to_dict("index")
    return {
        "shares": dict(shares["gb200"]),
        "shares_gb300": dict(shares["gb300"]),
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


def headline(
    *,
    gpus_per_building: int,
    rack_kw: float,
    pue: float,
    deal_gpus: Sequence[int],
    ramp_years: float,
    model: str,
    tokens_t: float,
    accelerator: str,
    run_gpus: int,
    class_active_b: Sequence[float],
    class_tokens_t: Sequence[float],
    restart_s: float,
) -> Headline:
    """Return the values that the chapter's sentences state.

    Parameters
    ----------
    gpus_per_building, rack_kw, pue, deal_gpus, ramp_years, model, tokens_t, accelerator, \
run_gpus, class_active_b, class_tokens_t, restart_s
        The chapter's parameters; see `PARAMETERS`.

    Raises
    ------
    ComputebookError
        If a parameter cannot be used.
    """
    site = {"gpus_per_building": gpus_per_building, "rack_kw": rack_kw, "pue": pue}
    grown = {"model": model, "tokens_t": tokens_t, "restart_s": restart_s, "pue": pue}
    asked = {"run_gpus": run_gpus, "class_active_b": class_active_b}
    return Headline(
        **_power(site),
        **_deal(site, deal_gpus, ramp_years),
        **_speed(),
        **_reliability(gpus_per_building, restart_s),
        growth_given=grown | {"accelerator": accelerator},
        class_given=asked | {"class_tokens_t": class_tokens_t, "accelerator": accelerator},
    )
