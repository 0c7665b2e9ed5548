"""State a portfolio: workloads with floors, models on offer, a budget, a limit per vendor."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from computebook import errors
from computebook.proportions import wilson_interval

__all__ = ["FLOOR_RULES", "SHARE_BASES", "Offer", "Problem", "Workload"]

PERCENT: Final = 100.0
MAX_REQUESTS: Final = 1e15
#: What has to reach a floor: the measured score, or the lower end of its interval.
FLOOR_RULES: Final = ("central", "lower")
SHARE_BASES: Final = ("spend", "requests")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Workload:
    """Requests of one kind, and the score that a model needs to be let near them.

    Parameters
    ----------
    name : str
        Name of the work.
    requests : float
        Requests a month, above 0, at most 1e15.
    floor_percent : float
        Lowest admissible score on the benchmark that stands for the work, percent, 0 to 100.
    benchmark : str
        Id of that benchmark.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.
    """

    name: str
    requests: float
    floor_percent: float
    benchmark: str = ""

    def __post_init__(self) -> None:
        """Reject what no mix can serve."""
        least = np.nextafter(0.0, 1.0)
        where = f"of {self.name!r}"
        errors.require_finite_in(
            f"requests {where}", self.requests, "requests", least, MAX_REQUESTS
        )
        errors.require_finite_in(f"floor_percent {where}", self.floor_percent, "%", 0.0, PERCENT)


@dataclass(frozen=True)
class Offer:
    """One model at one effort that a workload can go to.

    Parameters
    ----------
    workload : str
        Name of the workload.
    label : str
        Model, with its effort where it is offered at several.
    vendor : str
        Who sells it.
    usd_per_request : float
        Cost of one request, US dollars, 0 to 1e6.
    score_percent : float
        Score on the workload's benchmark, percent, 0 to 100.
    items : float
        Items of that benchmark, >= 1: they give the score its interval.
    model_id, reported_by, source_key : str
        Id of the model, kind of party that ran it (self, independent, competitor), bib key.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.
    """

    workload: str
    label: str
    vendor: str
    usd_per_request: float
    score_percent: float
    items: float
    model_id: str = ""
    reported_by: str = ""
    source_key: str = ""

    def __post_init__(self) -> None:
        """Reject what cannot be priced or ranked."""
        where = f"of {self.label!r}"
        errors.require_finite_in(f"usd_per_request {where}", self.usd_per_request, "$", 0.0, 1e6)
        errors.require_finite_in(f"score_percent {where}", self.score_percent, "%", 0.0, PERCENT)
        errors.require_finite_in(f"items {where}", self.items, "items", 1.0, 1e9)


@dataclass(frozen=True)
class Problem:
    """Which model should do which work.

    Parameters
    ----------
    workloads : tuple of Workload
        At least one, each name once.
    offers : tuple of Offer
        At least one per workload.
    budget_usd : float
        Most that a month may cost, US dollars, >= 0; infinite where there is no budget.
    largest_share : float
        Largest share of one vendor, fraction, above 0, at most 1.
    share_of : {"spend", "requests"}
        What the share is taken of.
    floor_rule : {"central", "lower"}
        What has to reach the floor: the measured score, or the lower end of its interval.
    confidence_fraction : float
        Level of that interval, fraction.
    whole_workloads : bool
        Whether a workload has to go to one model undivided.

    Raises
    ------
    ComputebookError
        If a name is unknown or repeated, a number is out of bounds, or a workload has no offer.

    Examples
    --------
    >>> work = Workload("chat", 1_000, 80.0)
    >>> offers = (Offer("chat", "A", "Acme", 0.02, 90.0, 200), Offer("chat", "B", "Best", 0.01,
    ...           82.0, 200))
    >>> problem = Problem((work,), offers)
    >>> problem.admitted().tolist()
    [True, True]
    >>> Problem((work,), offers, floor_rule="lower").admitted().tolist()
    [True, False]
    """

    workloads: tuple[Workload, ...]
    offers: tuple[Offer, ...]
    budget_usd: float = math.inf
    largest_share: float = 1.0
    share_of: str = "spend"
    floor_rule: str = "central"
    confidence_fraction: float = 0.95
    whole_workloads: bool = False

    def __post_init__(self) -> None:
        """Reject what has no answer."""
        errors.require_known("share_of", self.share_of, SHARE_BASES)
        errors.require_known("floor_rule", self.floor_rule, FLOOR_RULES)
        errors.require_finite_in("largest_share", self.largest_share, "of 1", 1e-9, 1.0)
        level = self.confidence_fraction
        errors.require_finite_in("confidence_fraction", level, "of 1", 1e-9, 1 - 1e-9)
        if self.budget_usd != math.inf:
            errors.require_finite_in("budget_usd", self.budget_usd, "$", 0.0, 1e15)
        self._require_offers()

    def _require_offers(self) -> None:
        names = [work.name for work in self.workloads]
        if not names:
            raise errors.ComputebookError("a portfolio needs at least one workload: none is given")
        repeated = [name for name, times in Counter(names).items() if times > 1]
        if repeated:
            raise errors.ComputebookError(f"workload {repeated[0]!r} stands twice: name each once")
        for offer in self.offers:
            errors.require_known("workload of an offer", offer.workload, names)
        bare = [name for name in names if name not in {offer.workload for offer in self.offers}]
        if bare:
            raise errors.ComputebookError(
                f"workload {bare[0]!r} has no model on offer: none has both a score on its "
                f"benchmark and a price"
            )

    def _of_offers(self, field: str) -> Floats:
        return np.array([getattr(offer, field) for offer in self.offers], float)

    @property
    def work_of_offer(self) -> NDArray[np.intp]:
        """Position of each offer's workload."""
        place = {work.name: number for number, work in enumerate(self.workloads)}
        return np.array([place[offer.workload] for offer in self.offers])

    @property
    def vendors(self) -> list[str]:
        """Vendors in alphabetical order."""
        return sorted({offer.vendor for offer in self.offers})

    @property
    def vendor_of_offer(self) -> NDArray[np.intp]:
        """Position of each offer's vendor in `vendors`."""
        place = {vendor: number for number, vendor in enumerate(self.vendors)}
        return np.array([place[offer.vendor] for offer in self.offers])

    @property
    def requests(self) -> Floats:
        """Requests a month of the workload behind each offer."""
        by_work = np.array([work.requests for work in self.workloads], float)
        return np.asarray(by_work[self.work_of_offer])

    @property
    def monthly_usd(self) -> Floats:
        """Cost of a month if an offer took its whole workload, US dollars."""
        return self._of_offers("usd_per_request") * self.requests

    @property
    def tested_percent(self) -> Floats:
        """What is held against the floor: the score, or the lower end of its interval, percent."""
        score, items = self._of_offers("score_percent"), self._of_offers("items")
        if self.floor_rule == "central":
            return score
        low = wilson_interval(score / PERCENT, items, self.confidence_fraction).low
        return np.asarray(low) * PERCENT

    @property
    def floors_percent(self) -> Floats:
        """Floor of the workload behind each offer, percent."""
        by_work = np.array([work.floor_percent for work in self.workloads], float)
        return np.asarray(by_work[self.work_of_offer])

    def admitted(self) -> NDArray[np.bool_]:
        """Return which offers reach the floor of their workload."""
        # A floor set to a printed score must admit the model that printed it.
        return np.asarray(self.tested_percent >= self.floors_percent - 1e-9)

    def describe(self) -> list[dict[str, Any]]:
        """Return the offers as records: workload, label, vendor, cost, score, admitted."""
        return [
            {
                "workload": offer.workload,
                "model": offer.label,
                "vendor": offer.vendor,
                "usd_per_request": offer.usd_per_request,
                "score_percent": offer.score_percent,
                "admitted": bool(passes),
            }
            for offer, passes in zip(self.offers, self.admitted(), strict=True)
        ]
