r"""Find the cheapest mix of models that meets every floor, the budget and the vendor limit.

With :math:`x_{wo}` the share of workload :math:`w` that goes to offer :math:`o`, monthly requests
:math:`R_w` and cost per request :math:`c_{wo}`:

.. math::
    \min_x \sum_{w,o} R_w c_{wo} x_{wo} \quad\text{with}\quad \sum_o x_{wo} = 1,\;
    x_{wo} = 0 \text{ below the floor},\; \sum_{o \in v} a_{wo} x_{wo} \le L \sum a_{wo} x_{wo}

for every vendor :math:`v`, where :math:`a` counts dollars or requests. Shares are free (a linear
program) or whole (a mixed-integer one). The budget caps the optimum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from computebook.portfolio.problem import Floats, Problem

__all__ = ["Mix", "cheapest_mix", "cheapest_shares", "largest_vendor_share"]

#: Shares below it are rounding of the solver.
LEAST_SHARE: Final = 1e-7
BUDGET_SLACK: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Mix:
    """Which share of each workload goes to which offer.

    Attributes
    ----------
    problem : Problem
        What was asked.
    shares : array
        Share of its workload that each offer takes, fraction, in the order of the offers.
    """

    problem: Problem
    shares: Floats

    @property
    def monthly_usd(self) -> float:
        """Cost of a month, US dollars."""
        return float(self.problem.monthly_usd @ self.shares)

    @property
    def vendor_shares(self) -> dict[str, float]:
        """Share of each vendor in spend or requests, as the problem counts it, fractions."""
        weights = _weights(self.problem) * self.shares
        total = weights.sum()
        by_vendor = np.bincount(self.problem.vendor_of_offer, weights)
        parts = by_vendor / total if total > 0 else np.zeros_like(by_vendor)
        return dict(zip(self.problem.vendors, map(float, parts), strict=True))

    @property
    def chosen(self) -> list[int]:
        """Positions of the offers that take work."""
        return [int(place) for place in np.flatnonzero(self.shares > LEAST_SHARE)]


def _weights(problem: Problem) -> Floats:
    """Return what each offer would add to its vendor's share if it took its whole workload."""
    return problem.monthly_usd if problem.share_of == "spend" else problem.requests


def largest_vendor_share(weights: Floats, vendors: NDArray[np.intp]) -> float:
    """Return the largest share of one vendor, fraction; 0 where nothing is weighed.

    Parameters
    ----------
    weights : array
        What each offer contributes, in one unit.
    vendors : array of int
        Vendor of each offer.

    Examples
    --------
    >>> largest_vendor_share(np.array([3.0, 1.0]), np.array([0, 1]))
    0.75
    """
    total = float(weights.sum())
    return float(np.bincount(vendors, weights).max() / total) if total > 0 else 0.0


def cheapest_mix(problem: Problem) -> Mix | None:
    """Return the cheapest mix that meets every constraint, or None if there is none.

    Parameters
    ----------
    problem : Problem
        Workloads, offers and constraints.

    Examples
    --------
    >>> from computebook.portfolio.problem import Offer, Workload
    >>> offers = (Offer("chat", "A", "Acme", 0.02, 90.0, 200),
    ...           Offer("chat", "B", "Best", 0.01, 82.0, 200))
    >>> mix = cheapest_mix(Problem((Workload("chat", 1_000, 80.0),), offers))
    >>> mix.monthly_usd
    10.0
    >>> halved = Problem((Workload("chat", 1_000, 80.0),), offers, largest_share=0.5,
    ...                  share_of="requests")
    >>> cheapest_mix(halved).shares.round(3).tolist()
    [0.5, 0.5]
    """
    shares = cheapest_shares(problem, problem.monthly_usd, problem.admitted())
    if shares is None:
        return None
    mix = Mix(problem, shares)
    return mix if mix.monthly_usd <= problem.budget_usd * (1 + BUDGET_SLACK) else None


def cheapest_shares(
    problem: Problem, monthly_usd: Floats, admitted: NDArray[np.bool_]
) -> Floats | None:
    """Return the cheapest shares at given costs and admissions, the budget left aside.

    Parameters
    ----------
    problem : Problem
        Workloads, vendors and the limit.
    monthly_usd : array
        Cost of a month if an offer took its whole workload, US dollars.
    admitted : array of bool
        Which offers reach their floor.

    Returns
    -------
    array or None
        Share of its workload per offer, fraction; None if no mix meets the limit.
    """
    works = problem.work_of_offer
    if len(set(works[admitted])) < len(problem.workloads):
        return None
    free = _cheapest_by_work(monthly_usd, works, admitted)
    weights = monthly_usd if problem.share_of == "spend" else problem.requests
    if largest_vendor_share(weights * free, problem.vendor_of_offer) <= problem.largest_share:
        return free
    kept = np.flatnonzero(admitted)
    # Costs and limits in units of the mix without a limit: the solver's tolerances are absolute.
    units = (float(monthly_usd @ free), float(weights @ free))
    found = _programme(problem, monthly_usd[kept], weights[kept], kept, units)
    if found is None:
        return None
    shares = np.zeros(len(admitted))
    shares[kept] = _tidied(found, works[kept])
    return shares


def _cheapest_by_work(
    monthly_usd: Floats, works: NDArray[np.intp], admitted: NDArray[np.bool_]
) -> Floats:
    """Return the shares without a vendor limit: each workload whole to its cheapest offer."""
    shares = np.zeros(len(works))
    for work in range(int(works.max()) + 1):
        places = np.flatnonzero(admitted & (works == work))
        shares[places[np.argmin(monthly_usd[places])]] = 1.0
    return shares


def _programme(
    problem: Problem,
    monthly_usd: Floats,
    weights: Floats,
    kept: NDArray[np.intp],
    units: tuple[float, float],
) -> Floats | None:
    """Return the optimum over the admitted offers by linear or mixed-integer programming."""
    works, vendors = problem.work_of_offer[kept], problem.vendor_of_offer[kept]
    whole = sparse.csr_array((np.ones(len(kept)), (works, np.arange(len(kept)))))
    held = (vendors[None, :] == np.unique(vendors)[:, None]) * weights
    if problem.share_of == "spend":
        rows, most = held - problem.largest_share * weights, 0.0
    else:
        rows, most = held, problem.largest_share * sum(work.requests for work in problem.workloads)
    cost_unit, weight_unit = (max(unit, np.finfo(float).tiny) for unit in units)
    found = optimize.milp(
        monthly_usd / cost_unit,
        constraints=[
            optimize.LinearConstraint(whole, 1.0, 1.0),
            optimize.LinearConstraint(rows / weight_unit, -np.inf, most / weight_unit),
        ],
        bounds=optimize.Bounds(0.0, 1.0),
        integrality=np.full(len(kept), int(problem.whole_workloads)),
    )
    return np.asarray(found.x) if found.success else None


def _tidied(shares: Floats, works: NDArray[np.intp]) -> Floats:
    """Return shares without the solver's rounding: none below the least, one per workload."""
    clean = np.where(shares > LEAST_SHARE, shares, 0.0)
    return np.asarray(clean / np.bincount(works, clean)[works])
