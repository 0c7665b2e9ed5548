"""Turn GPU-hours into dollars per token: rented, owned or contracted.

Every figure here starts from a price per GPU-hour. Throughput and utilization divide it;
utilization moves the answer more than anything else. `self_hosting` builds fleets on it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.units import (
    HOURS_PER_YEAR,
    SECONDS_PER_HOUR,
    TOKENS_PER_MTOK,
    WATTS_PER_KW,
    Quantity,
    scalar_in_scalar_out,
)

__all__ = [
    "amortized_usd_per_gpu_hour",
    "break_even_utilization_fraction",
    "cluster_capital_usd",
    "deal_usd_per_gpu_hour",
    "deal_usd_per_w_year",
    "electricity_usd_per_gpu_hour",
    "gpu_hours",
    "run_usd",
    "serving_usd_per_mtok",
    "usd_per_exaflop",
    "yearly_usd_per_gpu_hour",
]

_MAX: Final = 1e18
FLOP_PER_EXAFLOP: Final = 1e18


def _in(field: str, value: Any, unit: str, low: float = 0.0, high: float = _MAX) -> Any:
    return errors.require_finite_in(field, value, unit, low, high)


def _usd_per_gpu_hour(value: Any) -> Any:
    return _in("usd_per_gpu_hour", value, "$/GPU-h", 0.0, 1e4)


def _throughput(value: Any) -> Any:
    return _in("tokens_per_s_per_gpu", value, "tokens/s", 1e-6, 1e9)


@scalar_in_scalar_out
def serving_usd_per_mtok(
    usd_per_gpu_hour: Quantity,
    tokens_per_s_per_gpu: Quantity,
    utilization_fraction: Quantity = 1.0,
    overhead_fraction: Quantity = 0.0,
) -> Any:
    r"""Return what a million tokens cost on GPUs that one pays by the hour, $/M tokens.

    .. math:: \frac{c_\text{GPU-h}\,(1 + o)}{3600\; t\; u} \times 10^6

    Source: `deepseek2025inference`, which publishes all of its terms.

    Parameters
    ----------
    usd_per_gpu_hour : float or array
        Price of one GPU for one hour, $/GPU-h, 0 to 1e4.
    tokens_per_s_per_gpu : float or array
        Throughput of one busy GPU in the tokens that are counted, tokens/s.
    utilization_fraction : float or array
        Average load over the load that the fleet is sized for, above 0, at most 1.
    overhead_fraction : float or array
        Spare capacity, staff and software on top of the GPU bill, >= 0.

    Raises
    ------
    ComputebookError
        If an argument is out of bounds.

    Examples
    --------
    DeepSeek's decode nodes: 8 GPUs at $2 an hour gave 14,800 tokens per second.

    >>> round(serving_usd_per_mtok(2.0, 14_800 / 8), 3)
    0.3
    """
    used = _in("utilization_fraction", utilization_fraction, "of 1", 1e-6, 1.0)
    hourly = _usd_per_gpu_hour(usd_per_gpu_hour) * (
        1 + _in("overhead_fraction", overhead_fraction, "of 1", 0.0, 100.0)
    )
    tokens_per_hour = SECONDS_PER_HOUR * _throughput(tokens_per_s_per_gpu) * used
    return hourly / tokens_per_hour * TOKENS_PER_MTOK


@scalar_in_scalar_out
def break_even_utilization_fraction(
    api_usd_per_mtok: Quantity,
    usd_per_gpu_hour: Quantity,
    tokens_per_s_per_gpu: Quantity,
    overhead_fraction: Quantity = 0.0,
) -> Any:
    """Return the utilization from which own serving costs less than an API, fraction.

    It compares only with an API that serves the same open weights: a closed model cannot be
    self-hosted. Above 1, self-hosting never breaks even at this throughput.

    Parameters
    ----------
    api_usd_per_mtok : float or array
        What the API charges for the same tokens, $/M tokens, above 0.
    usd_per_gpu_hour : float or array
        Price of one GPU for one hour, $/GPU-h.
    tokens_per_s_per_gpu : float or array
        Throughput of one busy GPU in the same tokens, tokens/s.
    overhead_fraction : float or array
        Spare capacity, staff and software on top of the GPU bill, >= 0.

    Examples
    --------
    DeepSeek's decode nodes against its own output price of $2.19:

    >>> round(break_even_utilization_fraction(2.19, 2.0, 14_800 / 8), 3)
    0.137
    """
    api = _in("api_usd_per_mtok", api_usd_per_mtok, "$/M tokens", 1e-9, 1e6)
    own = serving_usd_per_mtok(usd_per_gpu_hour, tokens_per_s_per_gpu, 1.0, overhead_fraction)
    return own / api


@scalar_in_scalar_out
def gpu_hours(accelerators: Quantity, duration_s: Quantity) -> Any:
    """Return the GPU-hours of a run.

    Parameters
    ----------
    accelerators : float or array
        GPUs held for the whole run.
    duration_s : float or array
        Length of the run, s, restarts and lost work included.

    Examples
    --------
    >>> gpu_hours(1_024, 3_600)
    1024.0
    """
    held = _in("accelerators", accelerators, "GPUs")
    return held * _in("duration_s", duration_s, "s") / SECONDS_PER_HOUR


@scalar_in_scalar_out
def run_usd(
    accelerators: Quantity,
    duration_s: Quantity,
    usd_per_gpu_hour: Quantity,
    overhead_fraction: Quantity = 0.0,
) -> Any:
    """Return what a run costs at a price per GPU-hour, US dollars.

    Parameters
    ----------
    accelerators : float or array
        GPUs held for the whole run.
    duration_s : float or array
        Length of the run, s.
    usd_per_gpu_hour : float or array
        Price of one GPU for one hour, $/GPU-h.
    overhead_fraction : float or array
        Storage, network, staff and failed runs on top of the GPU bill, >= 0.

    Examples
    --------
    DeepSeek-V3's pre-training took 2.664 million H800 hours; at $2, $5.3 million.

    >>> run_usd(2_048, 2.664e6 / 2_048 * 3_600, 2.0) / 1e6
    5.328
    """
    hours = gpu_hours(accelerators, duration_s)
    overhead = _in("overhead_fraction", overhead_fraction, "of 1", 0.0, 100.0)
    return hours * _usd_per_gpu_hour(usd_per_gpu_hour) * (1 + overhead)


@scalar_in_scalar_out
def amortized_usd_per_gpu_hour(
    capital_usd: Quantity,
    lifetime_years: Quantity,
    discount_fraction_per_year: Quantity = 0.0,
    residual_fraction: Quantity = 0.0,
    available_fraction: Quantity = 1.0,
) -> Any:
    r"""Return the capital cost of one owned GPU per hour that it can be used, $/GPU-h.

    .. math::
        \frac{C\,\left(1 - s\,(1+i)^{-n}\right) a}{8760\; A}, \qquad
        a = \frac{i}{1 - (1 + i)^{-n}}

    :math:`a` is the capital recovery factor, :math:`1/n` where money costs nothing.
    Source: `short1995manual`.

    Parameters
    ----------
    capital_usd : float or array
        Purchase with its share of server, network and installation, US dollars per GPU.
    lifetime_years : float or array
        Years in service, 0.1 to 50.
    discount_fraction_per_year : float or array
        Cost of capital, 0 to 1.
    residual_fraction : float or array
        Resale value over the purchase price, 0 to 1.
    available_fraction : float or array
        Share of hours in which it can serve, above 0, at most 1.

    Examples
    --------
    $30,000 over four years, free money and at 10 %:

    >>> [round(amortized_usd_per_gpu_hour(30_000, 4, i), 3) for i in (0.0, 0.10)]
    [0.856, 1.08]
    """
    capital = _in("capital_usd", capital_usd, "$")
    years = _in("lifetime_years", lifetime_years, "years", 0.1, 50.0)
    rate = _in("discount_fraction_per_year", discount_fraction_per_year, "of 1", 0.0, 1.0)
    residual = _in("residual_fraction", residual_fraction, "of 1", 0.0, 1.0)
    hours = HOURS_PER_YEAR * _in("available_fraction", available_fraction, "of 1", 1e-3, 1.0)
    present = (1 + rate) ** -years
    annuity = np.where(rate > 0, rate / np.where(rate > 0, 1 - present, 1.0), 1 / years)
    return capital * (1 - residual * present) * annuity / hours


@scalar_in_scalar_out
def electricity_usd_per_gpu_hour(
    it_power_w: Quantity, power_usage_effectiveness: Quantity, electricity_usd_per_kwh: Quantity
) -> Any:
    """Return what the electricity of one GPU costs per hour, $/GPU-h.

    Parameters
    ----------
    it_power_w : float or array
        Average draw of one GPU with its share of host and network, W.
    power_usage_effectiveness : float or array
        Facility power over IT power, 1 to 5.
    electricity_usd_per_kwh : float or array
        Tariff, $/kWh.

    Examples
    --------
    >>> round(electricity_usd_per_gpu_hour(1_275, 1.3, 0.08), 3)
    0.133
    """
    draw = _in("it_power_w", it_power_w, "W", 0.0, 1e6)
    pue = _in("power_usage_effectiveness", power_usage_effectiveness, "", 1.0, 5.0)
    tariff = _in("electricity_usd_per_kwh", electricity_usd_per_kwh, "$/kWh", 0.0, 10.0)
    return draw / WATTS_PER_KW * pue * tariff


@scalar_in_scalar_out
def deal_usd_per_gpu_hour(
    value_usd: Quantity,
    accelerators: Quantity,
    term_years: Quantity,
    ramp_fraction: Quantity = 1.0,
) -> Any:
    """Return the implied price of a compute deal per GPU-hour, $/GPU-h.

    Parameters
    ----------
    value_usd : float or array
        Contract value over the whole term, US dollars.
    accelerators : float or array
        GPUs once all are delivered.
    term_years : float or array
        Length of the contract, years.
    ramp_fraction : float or array
        GPU-hours delivered over those of a full fleet from the first day, above 0, at most 1.

    Examples
    --------
    $38 billion over seven years for 300,000 GPUs, an assumed count: AWS says "hundreds of
    thousands".

    >>> round(deal_usd_per_gpu_hour(38e9, 300_000, 7), 2)
    2.07
    """
    hours = HOURS_PER_YEAR * _in("term_years", term_years, "years", 0.01, 100.0)
    delivered = _in("ramp_fraction", ramp_fraction, "of 1", 1e-3, 1.0)
    fleet = _in("accelerators", accelerators, "GPUs", 1.0)
    return _in("value_usd", value_usd, "$") / (fleet * hours * delivered)


@scalar_in_scalar_out
def deal_usd_per_w_year(value_usd: Quantity, capacity_w: Quantity, term_years: Quantity) -> Any:
    """Return the price of contracted capacity per watt and year, $/(W yr).

    Deals are announced in gigawatts rather than GPUs; this is the figure they share.

    Parameters
    ----------
    value_usd : float or array
        Contract value over the whole term, US dollars.
    capacity_w : float or array
        Contracted power, W.
    term_years : float or array
        Length of the contract, years.

    Examples
    --------
    Oracle's reported $300 billion for 4.5 GW over about five years:

    >>> round(deal_usd_per_w_year(300e9, 4.5e9, 5), 1)
    13.3
    """
    capacity = _in("capacity_w", capacity_w, "W", 1.0)
    years = _in("term_years", term_years, "years", 0.01, 100.0)
    return _in("value_usd", value_usd, "$") / (capacity * years)


def cluster_capital_usd(
    accelerator_usd: Quantity, server_overhead: Quantity, network_share: Quantity
) -> tuple[Any, Any]:
    """Return what servers and network of a cluster cost per accelerator, US dollars.

    The network is a share of the whole cluster, so that the servers are the rest of it.
    Source: `epoch2026trainingcost`.

    Parameters
    ----------
    accelerator_usd : float or array
        Price of one accelerator, $, 0 to 1e7.
    server_overhead : float or array
        Server over its accelerators, 1 to 10.
    network_share : float or array
        Network over servers and network, 0 to 0.9.

    Examples
    --------
    >>> [round(part) for part in cluster_capital_usd(25_000, 1.6, 0.2)]
    [40000, 10000]
    """
    bought = _in("accelerator_usd", accelerator_usd, "$", 0.0, 1e7)
    servers = bought * _in("server_overhead", server_overhead, "", 1.0, 10.0)
    share = _in("network_share", network_share, "of 1", 0.0, 0.9)
    return servers, servers * share / (1 - share)


@scalar_in_scalar_out
def yearly_usd_per_gpu_hour(usd_per_year: Quantity, available_fraction: Quantity = 1.0) -> Any:
    """Return a yearly cost per accelerator as a price of its used hours, $/GPU-h.

    Parameters
    ----------
    usd_per_year : float or array
        Staff, maintenance, insurance of one accelerator, $/year.
    available_fraction : float or array
        Share of hours that are used, above 0, at most 1.

    Examples
    --------
    >>> yearly_usd_per_gpu_hour(876.0, 0.5)
    0.2
    """
    used = _in("available_fraction", available_fraction, "of 1", 1e-3, 1.0)
    return _in("usd_per_year", usd_per_year, "$/year") / (HOURS_PER_YEAR * used)


@scalar_in_scalar_out
def usd_per_exaflop(usd: Quantity, flop: Quantity) -> Any:
    """Return what 1e18 operations of a model cost, $.

    Parameters
    ----------
    usd : float or array
        Cost of the run, $.
    flop : float or array
        Operations of the model in a stated convention, FLOP, above 0.

    Examples
    --------
    >>> usd_per_exaflop(38e6, 3.8e25)
    1.0
    """
    return _in("usd", usd, "$") / (_in("flop", flop, "FLOP", 1.0, 1e32) / FLOP_PER_EXAFLOP)
