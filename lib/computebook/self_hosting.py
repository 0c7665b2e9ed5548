"""Buy tokens or host the model: GPUs by phase, whole nodes, spares, staff, and the break-even.

Throughput comes in as a number, from a published fleet or from a serving model. Prefill and
decode are apart because a prompt token costs a fraction of an output token. A fleet is bought for
its peak, in whole nodes, with spares and people, so that a small one never runs at the cost per
token of a large one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from computebook import errors
from computebook.units import HOURS_PER_YEAR, SECONDS_PER_HOUR, Quantity, plain

__all__ = ["HOURS_PER_MONTH", "BreakEven", "Fleet", "PhaseRates", "RequestShape"]

HOURS_PER_MONTH: Final = HOURS_PER_YEAR / 12


class RequestShape(NamedTuple):
    """Mean request: prompt with its cached share, and all output, tokens."""

    input_tokens: Any
    output_tokens: Any
    cached_fraction: Any = 0.0


@dataclass(frozen=True)
class PhaseRates:
    """What one accelerator does in each phase.

    Parameters
    ----------
    prefill_tokens_per_s, decode_tokens_per_s : float or array
        Prompt tokens and output tokens per second of one busy accelerator, above 0.
    counts_cached : bool
        Whether the prefill rate counts tokens read from the cache, as DeepSeek's does.

    Raises
    ------
    ComputebookError
        If a rate is not above 0.

    Examples
    --------
    DeepSeek's nodes of eight, and a request of 1,000 output tokens:

    >>> rates = PhaseRates(73_700 / 8, 14_800 / 8, counts_cached=True)
    >>> round(rates.accelerator_seconds(RequestShape(0, 1_000)), 3)
    0.541
    """

    prefill_tokens_per_s: Any
    decode_tokens_per_s: Any
    counts_cached: Any = False

    def __post_init__(self) -> None:
        """Reject rates that serve nothing."""
        for name in ("prefill_tokens_per_s", "decode_tokens_per_s"):
            errors.require_finite_in(name, getattr(self, name), "tokens/s", 1e-6, 1e9)

    def prefill_seconds(self, request: RequestShape) -> Any:
        """Return the accelerator time of a request's prompt, s."""
        tokens = errors.require_finite_in("input_tokens", request.input_tokens, "tokens", 0, 1e8)
        hit = errors.require_finite_in("cached_fraction", request.cached_fraction, "of 1", 0, 1)
        read = np.multiply(tokens, np.where(self.counts_cached, 1.0, 1 - np.multiply(hit, 1.0)))
        return plain(read / self.prefill_tokens_per_s)

    def decode_seconds(self, request: RequestShape) -> Any:
        """Return the accelerator time of a request's output, s."""
        tokens = errors.require_finite_in("output_tokens", request.output_tokens, "tokens", 0, 1e8)
        return plain(np.divide(tokens, self.decode_tokens_per_s))

    def accelerator_seconds(self, request: RequestShape) -> Any:
        """Return the accelerator time of a request in both phases, s."""
        return self.prefill_seconds(request) + self.decode_seconds(request)


class BreakEven(NamedTuple):
    """Where hosting first costs what an API does; infinite or nan where it never does.

    `requests_per_month` is the traffic, `units` the nodes that it needs with spares,
    `utilization_fraction` their mean load there.
    """

    requests_per_month: Any
    units: Any
    utilization_fraction: Any
    month_usd: Any


@dataclass(frozen=True)
class Fleet:
    r"""What hosting costs a month: nodes for the peak, spare nodes, and people.

    .. math:: C(V) = C_\text{staff} + c_\text{GPU-h}\, g\, T\,
        \left(\left\lceil \frac{V s k}{g\,\eta\, T_s} \right\rceil + n_\text{spare}\right)

    with :math:`V` requests of :math:`s` accelerator-seconds, peak over mean load :math:`k`,
    :math:`g` accelerators per node and a share :math:`\eta` of the rated load at the peak.

    Source: `deepseek2025inference`, which publishes each term but staff and spares.

    Parameters
    ----------
    rates : PhaseRates
        What one accelerator does.
    usd_per_gpu_hour : float or array
        Price of an accelerator for an hour: rent, or capital and energy from `tco`, $/GPU-h.
    unit_accelerators : float
        Accelerators of one node, or of the smallest group that holds the model.
    peak_to_mean : float or array
        Load at the peak over the mean, >= 1; DeepSeek's day had 1.23.
    spare_units : float or array
        Nodes kept for failures, >= 0.
    staff_usd_per_year : float or array
        People who run it, US dollars a year.
    peak_load_fraction : float or array
        Share of the rated throughput that latency leaves usable at the peak, above 0 to 1.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    DeepSeek's day at its own price: 168 billion output and 608 billion input tokens.

    >>> rates = PhaseRates(73_700 / 8, 14_800 / 8, counts_cached=True)
    >>> fleet = Fleet(rates, 2.0, 8)
    >>> day = RequestShape(608e9 / 1e8, 168e9 / 1e8)
    >>> float(fleet.units(day, 1e8 * 365 / 12))
    227.0
    """

    rates: PhaseRates
    usd_per_gpu_hour: Any
    unit_accelerators: float
    peak_to_mean: Any = 1.0
    spare_units: Any = 0.0
    staff_usd_per_year: Any = 0.0
    peak_load_fraction: Any = 1.0

    def __post_init__(self) -> None:
        """Reject what is no fleet."""
        check = errors.require_finite_in
        check("usd_per_gpu_hour", self.usd_per_gpu_hour, "$/GPU-h", 1e-6, 1e4)
        check("unit_accelerators", self.unit_accelerators, "GPUs", 1, 1e6)
        check("peak_to_mean", self.peak_to_mean, "", 1.0, 1e3)
        check("spare_units", self.spare_units, "nodes", 0.0, 1e6)
        check("staff_usd_per_year", self.staff_usd_per_year, "$/year", 0.0, 1e12)
        check("peak_load_fraction", self.peak_load_fraction, "of 1", 1e-3, 1.0)

    @property
    def unit_usd(self) -> Any:
        """Cost of one node for a month, US dollars."""
        return plain(np.multiply(self.usd_per_gpu_hour, self.unit_accelerators) * HOURS_PER_MONTH)

    @property
    def fixed_usd(self) -> Any:
        """Cost of a month before the first request: people and spare nodes, US dollars."""
        return plain(np.divide(self.staff_usd_per_year, 12.0) + self.spare_units * self.unit_usd)

    def unit_requests(self, request: RequestShape) -> Any:
        """Return the requests a month that one more node carries, its share of the peak met."""
        busy = np.multiply(self.rates.accelerator_seconds(request), self.peak_to_mean)
        seconds = HOURS_PER_MONTH * SECONDS_PER_HOUR * self.unit_accelerators
        return plain(seconds * self.peak_load_fraction / busy)

    def _serving(self, request: RequestShape, requests_per_month: Quantity) -> Any:
        volume = errors.require_finite_in(
            "requests_per_month", requests_per_month, "requests", 0.0, 1e18
        )
        # The epsilon keeps a volume that exactly fills its nodes from buying one more.
        return np.maximum(np.ceil(volume / np.asarray(self.unit_requests(request)) - 1e-9), 1.0)

    def units(self, request: RequestShape, requests_per_month: Quantity) -> Any:
        """Return the whole nodes for a month's requests, spares included."""
        return plain(self._serving(request, requests_per_month) + self.spare_units)

    def month_usd(self, request: RequestShape, requests_per_month: Quantity) -> Any:
        """Return what a month of requests costs, US dollars."""
        serving = self._serving(request, requests_per_month)
        return plain(self.fixed_usd + serving * self.unit_usd)

    def utilization_fraction(self, request: RequestShape, requests_per_month: Quantity) -> Any:
        """Return the mean load of all paid accelerators, spares included, fraction."""
        busy = np.multiply(requests_per_month, self.rates.accelerator_seconds(request))
        paid = np.multiply(self.units(request, requests_per_month), self.unit_accelerators)
        return plain(busy / (paid * HOURS_PER_MONTH * SECONDS_PER_HOUR))

    def full_load_usd_per_krequest(self, request: RequestShape) -> Any:
        """Return the cost of 1,000 requests on accelerators that are never idle, US dollars."""
        hours = np.divide(self.rates.accelerator_seconds(request), SECONDS_PER_HOUR)
        return plain(1_000 * hours * self.usd_per_gpu_hour)

    def break_even(self, request: RequestShape, api_usd_per_request: Quantity) -> BreakEven:
        r"""Return the least traffic at which hosting costs no more than an API.

        The least whole number of nodes :math:`n` with
        :math:`p\,n\,v \ge C_\text{fixed} + n\,c_\text{node}` gives :math:`V = C(n) / p`.
        Just above a full node the API can be cheaper again until the next one fills.

        Parameters
        ----------
        request : RequestShape
            Mean request.
        api_usd_per_request : float or array
            What the API charges for it, US dollars, above 0.

        Returns
        -------
        BreakEven
            Infinite traffic and nan where hosting never pays.
        """
        price = np.multiply(
            errors.require_finite_in("api_usd_per_request", api_usd_per_request, "$", 1e-12, 1e9),
            1.0,
        )
        gain = price * self.unit_requests(request) - self.unit_usd
        pays = gain > 0
        nodes = np.maximum(np.ceil(self.fixed_usd / np.where(pays, gain, 1.0) - 1e-9), 1.0)
        cost = self.fixed_usd + nodes * self.unit_usd
        volume = np.where(pays, cost / price, np.inf)
        load = self.utilization_fraction(request, np.where(pays, volume, 0.0))
        found = (nodes + self.spare_units, load, cost)
        return BreakEven(plain(volume), *(plain(np.where(pays, v, np.nan)) for v in found))
