"""Spread a bill over the lengths of its requests, the months of a year and what is not known.

Three kinds of doubt are kept apart. One request varies with its length, and widely. A month sums
so many of them that their spread all but cancels. What stays is the doubt about the parameters
that all requests share: mean reasoning, cached share, price, traffic.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from computebook import errors
from computebook.pricing import PriceCard, Rates, bill
from computebook.request_lengths import Lengths, Workload
from computebook.units import TOKENS_PER_MTOK, plain

__all__ = [
    "PARAMETERS",
    "BillSummary",
    "RequestMoments",
    "Spread",
    "month_usd",
    "request_moments",
    "sample_requests_usd",
    "summarize",
]

Array = NDArray[np.float64]

PARAMETERS: Final = (
    *("traffic_factor", "input_factor", "reasoning_factor", "price_factor"),
    *("cached_fraction", "batch_fraction"),
)
"""What all requests of a month share: multiples of the estimate, and two shares."""

_Z95: Final = float(special.ndtri(0.95))
_EDGE: Final = 1e-9
"""Belief ends here: the quantiles of nothing and of certainty are infinite."""
_MOST_DRAWS: Final = 10_000_000


def sample_requests_usd(workload: Workload, card: PriceCard, requests: int, seed: int = 0) -> Array:
    """Return what each of many requests costs, US dollars.

    Parameters
    ----------
    workload : Workload
        Requests of one kind.
    card : PriceCard
        Prices; each request falls into its own context tier.
    requests : int
        Requests drawn, 1 to 10 million.
    seed : int
        Seed of the generator: the same seed gives the same bills.

    Raises
    ------
    ComputebookError
        If the number is out of bounds, or tokens are cached that the card has no rate for.

    Examples
    --------
    >>> fixed = Workload(Lengths([1_000], [1.0]), Lengths([500], [1.0]))
    >>> sample_requests_usd(fixed, PriceCard.flat("gpt-5.2", 1.75, 14.0), 2)
    array([0.00875, 0.00875])
    """
    errors.require_finite_in("requests", requests, "requests", 1, _MOST_DRAWS)
    usage = workload.sample(int(requests), np.random.default_rng(seed))
    return np.asarray(bill(usage, card).total_usd)


class RequestMoments(NamedTuple):
    """Mean cost of a request, US dollars, and mean of its square."""

    mean_usd: Any
    square_usd2: Any

    @property
    def deviation_usd(self) -> Any:
        """Standard deviation of one request, US dollars."""
        return plain(np.sqrt(np.maximum(self.square_usd2 - np.square(self.mean_usd), 0.0)))

    def mixed(self, other: RequestMoments, share: Any) -> RequestMoments:
        """Return the moments when a share of the requests follows the other."""
        return RequestMoments(
            *((1 - share) * a + share * b for a, b in zip(self, other, strict=True))
        )


def _input_rate(rates: Rates, cached: Any) -> Any:
    if np.isnan(rates.cached_input_usd_per_mtok) and np.any(np.asarray(cached) > 0):
        raise errors.ComputebookError(
            f"cached_fraction = {np.max(cached):g} of 1, but the card has no cached rate: "
            f"use card.without_cache_discount() to bill cached tokens as new ones"
        )
    read = np.nan_to_num(rates.cached_input_usd_per_mtok)
    return ((1 - cached) * rates.uncached_input_usd_per_mtok + cached * read) / TOKENS_PER_MTOK


def request_moments(
    workload: Workload,
    card: PriceCard,
    *,
    input_factor: Any = 1.0,
    reasoning_factor: Any = 1.0,
    cached_fraction: Any = None,
) -> RequestMoments:
    r"""Return the mean cost of a request and of its square, exactly and over the context tiers.

    .. math:: E[c] = \sum_t a_t\, E[I; t] + b_t\, E[O]\, P(t)

    with :math:`a_t` and :math:`b_t` the price of a prompt and an output token in tier :math:`t`.

    Parameters
    ----------
    workload : Workload
        Requests of one kind.
    card : PriceCard
        Prices.
    input_factor, reasoning_factor : float or array
        Multiples of the prompt and of the reasoning tokens.
    cached_fraction : float or array, optional
        Share of the prompt read from a cache; the workload's by default.

    Raises
    ------
    ComputebookError
        If a factor is not above 0, or tokens are cached that the card has no rate for.

    Examples
    --------
    >>> fixed = Workload(Lengths([1_000], [1.0]), Lengths([500], [1.0]))
    >>> round(request_moments(fixed, PriceCard.flat("gpt-5.2", 1.75, 14.0)).mean_usd, 5)
    0.00875
    """
    scale = errors.require_finite_in("input_factor", input_factor, "", 1e-6, 1e6)
    effort = errors.require_finite_in("reasoning_factor", reasoning_factor, "", 0.0, 1e6)
    given = workload.cached_fraction if cached_fraction is None else cached_fraction
    cached = errors.require_finite_in("cached_fraction", given, "of 1", 0.0, 1.0)
    thought = workload.reasoning_fraction
    stretch = 1 - thought + thought * effort
    out = [workload.output_lengths.partial_moment(k) * stretch**k for k in (1, 2)]
    mean, square = np.zeros(()), np.zeros(())
    for rates, share, tokens, squares in _tiers(workload.input_lengths, card, scale):
        a, b = _input_rate(rates, cached), rates.output_usd_per_mtok / TOKENS_PER_MTOK
        mean = mean + a * tokens + b * share * out[0]
        square = square + a**2 * squares + 2 * a * b * tokens * out[0] + b**2 * share * out[1]
    return RequestMoments(plain(mean), plain(square))


def _tiers(lengths: Lengths, card: PriceCard, scale: Any) -> list[tuple[Rates, Any, Any, Any]]:
    """Return each tier's rates with the share, tokens and squares of the prompts inside it."""
    edges = [
        np.nextafter(tier.context_above_tokens, 0)
        if tier.edge_inclusive
        else tier.context_above_tokens
        for tier in card.tiers[1:]
    ]
    below = [
        [lengths.partial_moment(k, edge / scale) * scale**k for k in range(3)]
        for edge in (*edges, np.inf)
    ]
    starts = [[0.0, 0.0, 0.0], *below[:-1]]
    return [
        (tier.rates, *(high - low for low, high in zip(start, end, strict=True)))
        for tier, start, end in zip(card.tiers, starts, below, strict=True)
    ]


@dataclass(frozen=True)
class Spread:
    """What is known of one parameter: a median with a 5th and a 95th percentile.

    Each side is a lognormal of its own width, so that the two may differ.

    Parameters
    ----------
    low, central, high : float
        5th percentile, median and 95th percentile, above 0, in one unit.

    Raises
    ------
    ComputebookError
        If a value is not above 0 or the three do not rise.

    Examples
    --------
    >>> Spread(0.5, 1.0, 3.0).quantile([0.05, 0.5, 0.95]).round(3).tolist()
    [0.5, 1.0, 3.0]
    """

    low: float
    central: float
    high: float

    def __post_init__(self) -> None:
        """Reject what does not rise."""
        for name in ("low", "central", "high"):
            errors.require_finite_in(name, getattr(self, name), "", 1e-9, 1e12)
        if not self.low <= self.central <= self.high:
            raise errors.ComputebookError(
                f"low = {self.low:g}, central = {self.central:g}, high = {self.high:g}: must rise"
            )

    def quantile(self, fraction: Any) -> Any:
        """Return the value below which a share of the belief lies."""
        share = errors.require_finite_in("fraction", fraction, "of 1", 0.0, 1.0)
        z = special.ndtri(np.clip(share, _EDGE, 1 - _EDGE)) / _Z95
        side = np.where(z < 0, np.log(self.central / self.low), np.log(self.high / self.central))
        return plain(self.central * np.exp(z * side))


def _drawn(spreads: Mapping[str, Spread], months: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return each parameter over the months; strata make the tails of small runs steady."""
    drawn: dict[str, Any] = {}
    for name, spread in spreads.items():
        errors.require_known("parameter", name, PARAMETERS)
        strata = (rng.permutation(months) + rng.random(months)) / months
        values = spread.quantile(strata)
        drawn[name] = np.minimum(values, 1.0) if name.endswith("_fraction") else values
    return drawn


def month_usd(
    workload: Workload,
    standard: PriceCard,
    requests: float,
    *,
    batch: PriceCard | None = None,
    batch_fraction: float = 0.0,
    spreads: Mapping[str, Spread] | None = None,
    months: int = 10_000,
    seed: int = 0,
) -> Array:
    r"""Return the bills of many possible months, US dollars.

    .. math:: B = N m(\theta) + \sqrt{N}\, s(\theta)\, z

    Each month draws its parameters :math:`\theta`, then the chance :math:`z` of its requests:
    the sum of :math:`N` costs of mean :math:`m` and deviation :math:`s` is normal for large
    :math:`N`. Without spreads only chance is left.

    Parameters
    ----------
    workload : Workload
        Requests of one kind.
    standard : PriceCard
        Prices of requests that cannot wait.
    requests : float
        Requests a month :math:`N`, 1,000 to 1e15; below, sum `sample_requests_usd` instead.
    batch : PriceCard, optional
        Prices of those that can; the standard ones where none is given.
    batch_fraction : float
        Share of the requests that can wait, 0 to 1, where `spreads` says nothing of it.
    spreads : mapping of str to Spread, optional
        Doubt by parameter; see `PARAMETERS`. A share is cut at 1.
    months : int
        Months drawn, 1 to 1e6.
    seed : int
        Seed of the generator.

    Raises
    ------
    ComputebookError
        If a parameter is unknown or a number out of bounds.

    Examples
    --------
    >>> fixed = Workload(Lengths([1_000], [1.0]), Lengths([500], [1.0]))
    >>> month_usd(fixed, PriceCard.flat("gpt-5.2", 1.75, 14.0), 1e6, months=2).round(2)
    array([8750., 8750.])
    """
    count = errors.require_finite_in("requests", requests, "requests", 1e3, 1e15)
    errors.require_finite_in("months", months, "months", 1, 1e6)
    errors.require_finite_in("batch_fraction", batch_fraction, "of 1", 0.0, 1.0)
    rng = np.random.default_rng(seed)
    drawn = _drawn(spreads or {}, months, rng)
    knobs = {
        "input_factor": drawn.get("input_factor", 1.0),
        "reasoning_factor": drawn.get("reasoning_factor", 1.0),
        "cached_fraction": drawn.get("cached_fraction"),
    }
    cards = (standard, batch or standard)
    now, later = (request_moments(workload, card, **knobs) for card in cards)
    each = now.mixed(later, drawn.get("batch_fraction", batch_fraction))
    sent = count * drawn.get("traffic_factor", 1.0)
    chance = rng.standard_normal(months) * np.sqrt(sent) * each.deviation_usd
    return np.asarray(drawn.get("price_factor", 1.0) * (sent * each.mean_usd + chance))


class BillSummary(NamedTuple):
    """A bill as a distribution, US dollars, and the chance that it exceeds a budget."""

    mean_usd: float
    p5_usd: float
    p50_usd: float
    p95_usd: float
    deviation_fraction: float
    exceeds_fraction: float


def summarize(bills_usd: ArrayLike, budget_usd: float = math.inf) -> BillSummary:
    """Return the mean, the quantiles and the chance of exceeding a budget.

    Parameters
    ----------
    bills_usd : array_like
        Bills of requests or months, US dollars.
    budget_usd : float
        What may be spent, US dollars.

    Raises
    ------
    ComputebookError
        If there are no bills.

    Examples
    --------
    >>> summarize([1.0, 2.0, 3.0, 4.0], 3.5).exceeds_fraction
    0.25
    """
    bills = np.asarray(bills_usd, float)
    if bills.size == 0:
        raise errors.ComputebookError("bills_usd is empty: at least one bill is needed")
    mean = float(bills.mean())
    low, middle, high = (float(value) for value in np.quantile(bills, [0.05, 0.5, 0.95]))
    spread = float(bills.std() / mean) if mean else 0.0
    return BillSummary(mean, low, middle, high, spread, float((bills > budget_usd).mean()))
