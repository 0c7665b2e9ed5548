"""What a compute deal pays per GPU-hour, as a function of how many GPUs it buys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import charts, datasets, errors, tco, units
from computebook.exhibits.facility import factor
from computebook.exhibits.training_clusters.overlay import PADDING, on_axes_of
from computebook.exhibits.training_clusters.sites import power_by_boundary
from computebook.scenarios import Range, range_of

__all__ = [
    "AWS_DEAL",
    "aws_deal",
    "compute_deals",
    "deal_chart",
    "deal_prices",
    "gpus_at_price",
    "gpus_at_reported_price",
    "linear_ramp_fraction",
    "lowest_listed_usd",
    "market_prices",
    "ownership_usd_per_gpu_hour",
]

AWS_DEAL: Final = "openai-aws-2025"
REPORTED_DEAL: Final = "openai-oracle-2025"
BILLION: Final = 1e9
#: Assumed: years in service and cost of capital, from the cheapest to the dearest owner.
LIFETIME_YEARS: Final = Range(5.0, 6.0, 7.0)
DISCOUNT_FRACTION: Final = Range(0.05, 0.08, 0.10)
CURVE_GPUS: Final = np.geomspace(80_000, 800_000, 25)


def aws_deal() -> dict[str, Any]:
    """Return the row of the AWS deal: value, term, date and source."""
    return datasets.row_of("compute_deals", "deal_id", AWS_DEAL)


def compute_deals() -> pd.DataFrame:
    """Return OpenAI's compute deals with value, capacity, term and price per watt-year.

    Returns
    -------
    DataFrame
        `counterparty`, `announced_on`, `value_usd_bn` (what a company stated or the press
        reported), `value_kind`, `capacity_gw`, `term_years`, `usd_per_w_year`, `status`,
        `verification`, `source_key`.

    Examples
    --------
    >>> table = compute_deals().set_index("counterparty")
    >>> round(float(table.loc["Oracle (Stargate)", "usd_per_w_year"]), 1)
    13.3
    """
    table = datasets.load("compute_deals")
    # With hyphens that do not break, a date stays on one line of a narrow column.
    table["announced_on"] = table["announced_on"].dt.strftime("%Y-%m-%d").str.replace("-", "\u2011")
    for name in ("value_kind", "status"):
        table[name] = table[name].str.replace("-", " ")
    known = table[["value_usd", "capacity_gw", "term_years"]].notna().all(axis=1)
    priced = table[known]
    per_watt = tco.deal_usd_per_w_year(
        priced["value_usd"].to_numpy(),
        priced["capacity_gw"].to_numpy() * units.UNITS["gw"].factor,
        priced["term_years"].to_numpy(),
    )
    table.loc[known, "usd_per_w_year"] = per_watt
    columns = ["counterparty", "announced_on", "value_usd_bn", "value_kind", "capacity_gw"]
    columns += ["term_years", "usd_per_w_year", "status", "verification", "source_key"]
    return table.assign(value_usd_bn=table["value_usd"] / BILLION)[columns]


def linear_ramp_fraction(ramp_years: float, term_years: float) -> float:
    """Return GPU-hours delivered over those of a full fleet from the first day.

    ``1 - ramp / (2 term)``: GPUs that arrive at an even pace miss half of the ramp.

    Parameters
    ----------
    ramp_years : float
        Time until all are there, 0 to the term.
    term_years : float
        Length of the contract, years.

    Raises
    ------
    ComputebookError
        If the ramp is longer than the term.

    Examples
    --------
    >>> linear_ramp_fraction(1.4, 7.0)
    0.9
    """
    errors.require_finite_in("ramp_years", ramp_years, "years", 0.0, term_years)
    return 1 - ramp_years / (2 * term_years)


def _implied(accelerators: Any, ramp_years: float) -> Any:
    deal = aws_deal()
    term = float(deal["term_years"])
    ramp = linear_ramp_fraction(ramp_years, term)
    return tco.deal_usd_per_gpu_hour(float(deal["value_usd"]), accelerators, term, ramp)


def deal_prices(*, deal_gpus: Sequence[int], ramp_years: float) -> pd.DataFrame:
    """Return the price per GPU-hour that the AWS deal implies for several GPU counts.

    Parameters
    ----------
    deal_gpus : sequence of int
        Low, central and high reading of the deal's "hundreds of thousands".
    ramp_years : float
        Time over which the GPUs arrive at an even pace.

    Returns
    -------
    DataFrame
        `gpus`, `at_once_usd` and `ramp_usd` ($/GPU-h), `usd_per_gpu` (whole term).

    Examples
    --------
    >>> prices = deal_prices(deal_gpus=[200_000, 300_000, 500_000], ramp_years=0.0)
    >>> prices["ramp_usd"].round(2).tolist()
    [6.2, 4.13, 3.1, 2.07, 1.24]
    """
    reading = range_of("deal_gpus", deal_gpus)
    counts = sorted({100_000.0, 150_000.0, reading.low, reading.central, reading.high})
    gpus = np.array(counts, dtype=float)
    value = float(aws_deal()["value_usd"])
    frame = pd.DataFrame({"gpus": gpus, "at_once_usd": _implied(gpus, 0.0)})
    return frame.assign(ramp_usd=_implied(gpus, ramp_years), usd_per_gpu=value / gpus)


def market_prices() -> pd.DataFrame:
    """Return the range of published prices per GPU-hour by accelerator and kind.

    Returns
    -------
    DataFrame
        `accelerator`, `kind`, `low_usd`, `high_usd`, `prices` (count), `providers`.

    Examples
    --------
    >>> table = market_prices().set_index(["accelerator", "kind"])
    >>> table.loc[("B200", "on demand"), ["low_usd", "high_usd"]].tolist()
    [5.5, 7.25]
    """
    prices = datasets.load("gpu_hour_prices")
    names = {"h100-sxm": "H100", "h200-sxm": "H200", "b200-sxm": "B200"}
    prices = prices[prices["accelerator_id"].isin(names)]
    prices["accelerator"] = prices["accelerator_id"].map(names)
    prices["kind"] = prices["kind"].str.replace("-3y", " 3 years").str.replace("-", " ")
    grouped = prices.groupby(["accelerator", "kind"])
    found = grouped["usd_per_gpu_hour"].agg(low_usd="min", high_usd="max", prices="count")
    found["providers"] = grouped["provider"].agg(lambda names: ", ".join(sorted(set(names))))
    return found.reset_index()


def ownership_usd_per_gpu_hour(*, rack_kw: float, pue: float) -> Range:
    """Return what a GB200 costs its owner per hour, building and electricity included.

    Capital is the all-in cost per watt of facility times the watts of one GPU there.

    Parameters
    ----------
    rack_kw : float
        Power of a rack of 72, kW.
    pue : float
        Facility power over IT power.

    Returns
    -------
    Range
        $/GPU-h: all cheap assumptions together, all central, all dear.

    Examples
    --------
    >>> cost = ownership_usd_per_gpu_hour(rack_kw=140.0, pue=1.1)
    >>> 0.9 < cost.low < 2.0 < cost.central < 3.0 < cost.high < 6.0
    True
    """
    watts = power_by_boundary(gpus_per_building=1, rack_kw=rack_kw, pue=pue).iloc[-1]
    capital, load = factor("allin-usd-per-gw-planning"), factor("load-fraction-planning")
    tariff = factor("electricity-us-industrial-2025").central

    def hourly(end: str, lifetime_years: float) -> float:
        site_w = float(watts[f"{end}_w"])
        dollars = getattr(capital, end) / units.UNITS["gw"].factor * site_w
        owned = tco.amortized_usd_per_gpu_hour(
            dollars, lifetime_years, getattr(DISCOUNT_FRACTION, end)
        )
        drawn = site_w * getattr(load, end)
        return float(owned + tco.electricity_usd_per_gpu_hour(drawn, 1.0, tariff))

    years = LIFETIME_YEARS
    return Range(
        hourly("low", years.high), hourly("central", years.central), hourly("high", years.low)
    )


def gpus_at_price(usd_per_gpu_hour: float, *, ramp_years: float) -> float:
    """Return how many GPUs the AWS deal buys at a price per GPU-hour.

    Parameters
    ----------
    usd_per_gpu_hour : float
        Price of one GPU for one hour, $/GPU-h.
    ramp_years : float
        Time over which the GPUs arrive at an even pace.

    Examples
    --------
    >>> round(gpus_at_price(2.0657, ramp_years=0.0), -3)
    300000.0
    """
    return float(_implied(1.0, ramp_years)) / usd_per_gpu_hour


def lowest_listed_usd() -> float:
    """Return the lowest on-demand price of a B200 in the data, $/GPU-h.

    Examples
    --------
    >>> lowest_listed_usd()
    5.5
    """
    prices = market_prices()
    listed = prices[(prices["accelerator"] == "B200") & (prices["kind"] == "on demand")]
    return float(listed["low_usd"].min())


def gpus_at_reported_price(*, ramp_years: float, rack_kw: float, pue: float) -> float:
    """Return how many GPUs the AWS deal buys at the price per watt-year of Oracle's.

    Parameters
    ----------
    ramp_years, rack_kw, pue
        As for `deal_prices` and `ownership_usd_per_gpu_hour`.

    Examples
    --------
    >>> 150_000 < gpus_at_reported_price(ramp_years=0.0, rack_kw=140.0, pue=1.1) < 190_000
    True
    """
    site = power_by_boundary(gpus_per_building=1, rack_kw=rack_kw, pue=pue)
    oracle = datasets.row_of("compute_deals", "deal_id", REPORTED_DEAL)
    per_w_year = tco.deal_usd_per_w_year(
        float(oracle["value_usd"]),
        float(oracle["capacity_gw"]) * units.UNITS["gw"].factor,
        float(oracle["term_years"]),
    )
    hourly = per_w_year * float(site["central_w"].iloc[-1]) / units.HOURS_PER_YEAR
    return gpus_at_price(float(hourly), ramp_years=ramp_years)


def deal_chart(*, ramp_years: float, rack_kw: float, pue: float) -> Any:
    """Return the implied price over the count, with the market and the cost of owning.

    Parameters
    ----------
    ramp_years, rack_kw, pue
        As for `deal_prices` and `ownership_usd_per_gpu_hour`.

    Returns
    -------
    altair.LayerChart
        A chart for `charts.figure`.
    """
    import altair as alt

    series = {"all at once": 0.0, f"ramp of {ramp_years:g} years": ramp_years}
    frame = pd.concat(
        pd.DataFrame({"gpus": CURVE_GPUS, "usd": _implied(CURVE_GPUS, ramp), "series": name})
        for name, ramp in series.items()
    )
    own = ownership_usd_per_gpu_hour(rack_kw=rack_kw, pue=pue)
    prices = market_prices()
    listed = prices[(prices["accelerator"] == "B200") & (prices["kind"] == "on demand")].iloc[0]
    rows = [
        ("B200 on demand", listed["low_usd"], listed["high_usd"], charts.PALETTE[1]),
        ("owning a GB200", own.low, own.high, charts.PALETTE[2]),
    ]
    bands = pd.DataFrame(rows, columns=["band", "low", "high", "colour"]).assign(
        start=CURVE_GPUS[0], end=CURVE_GPUS[-1]
    )
    lines = charts.lines(
        frame, x="gpus", y="usd", series="series", log_x=True, log_y=True, x_format="~s",
        x_title="GPUs in the deal (count)", y_title="Implied price ($/GPU-hour)",
    )  # fmt: skip
    base = alt.Chart(bands).encode(color=alt.Color("colour:N", scale=None))
    areas = base.mark_rect(opacity=0.16).encode(
        **on_axes_of(lines, "start", "low"), x2="end:Q", y2="high:Q"
    )
    text = base.mark_text(align="right", baseline="top", dx=-6, dy=5, fontSize=11)
    labels = text.encode(**on_axes_of(lines, "end", "high"), text="band:N")
    return (lines + areas + labels).properties(padding=PADDING)
