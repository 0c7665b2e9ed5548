"""What lowers a bill: routing by effort, cascades of models, and all levers together.

A saving is counted once: `attributed_savings` prices every combination of levers and shares the
joint saving out, so that the parts sum to what the bill in fact loses.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.units import Quantity, plain, scalar_in_scalar_out

__all__ = [
    "Cascade",
    "attributed_savings",
    "false_accept_fraction",
    "routed_factor",
]

_MAX_LEVERS: Final = 10


def routed_factor(shares: Sequence[float], factors: Sequence[float]) -> float:
    """Return the mean multiple when requests are routed to efforts, or to models.

    Parameters
    ----------
    shares : sequence of float
        Share of the requests on each route; they sum to 1.
    factors : sequence of float
        Multiple of tokens or cost on each route.

    Raises
    ------
    ComputebookError
        If the shares do not sum to 1 or the lists differ in length.

    Examples
    --------
    Half of the requests at low effort, on ARC-AGI-2 0.35 times medium:

    >>> routed_factor([0.5, 0.5], [0.35, 1.0])
    0.675
    """
    parts = errors.require_finite_in("shares", list(shares), "of 1", 0.0, 1.0)
    multiples = errors.require_finite_in("factors", list(factors), "", 0.0, 1e6)
    if parts.shape != multiples.shape or not math.isclose(float(parts.sum()), 1, abs_tol=1e-9):
        raise errors.ComputebookError(
            f"shares = {list(shares)} must sum to 1 and match factors = {list(factors)}"
        )
    return float(parts @ multiples)


@scalar_in_scalar_out
def false_accept_fraction(
    solved_fraction: Quantity, recall_fraction: Quantity, precision_fraction: Quantity
) -> Any:
    r"""Return the share of wrong answers that a verifier lets pass, from its precision.

    .. math:: f = \frac{p\,t\,(1 - q)}{(1 - p)\,q}

    Parameters
    ----------
    solved_fraction : float or array
        Share :math:`p` of answers that are right, 0 to below 1.
    recall_fraction : float or array
        Share :math:`t` of right answers that it accepts.
    precision_fraction : float or array
        Share :math:`q` of accepted answers that are right, above 0.

    Raises
    ------
    ComputebookError
        If no verifier of that recall can have so low a precision on these answers.

    Examples
    --------
    >>> round(false_accept_fraction(0.688, 0.9, 0.9), 3)
    0.221
    """
    solved = errors.require_finite_in("solved_fraction", solved_fraction, "of 1", 0.0, 1 - 1e-9)
    recall = errors.require_finite_in("recall_fraction", recall_fraction, "of 1", 0.0, 1.0)
    precise = errors.require_finite_in("precision_fraction", precision_fraction, "of 1", 1e-9, 1.0)
    passed = solved * recall * (1 - precise) / ((1 - np.multiply(solved, 1.0)) * precise)
    return errors.require_finite_in("share of wrong answers accepted", passed, "of 1", 0.0, 1.0)


@dataclass(frozen=True)
class Cascade:
    """A cheap model first; what its verifier rejects goes to a strong one.

    Parameters
    ----------
    cheap_usd, strong_usd : float or array
        Cost of one attempt, US dollars.
    cheap_solves : float or array
        Share of tasks that the cheap model solves, 0 to 1.
    strong_solves_if_cheap_did, strong_solves_if_cheap_did_not : float or array
        Share that the strong model solves of either kind; on paired outcomes the two differ
        widely, so that one score for both would count solved tasks twice.
    recall_fraction : float or array
        Share of right answers that the verifier accepts.
    false_accept_fraction : float or array
        Share of wrong answers that it accepts; see `false_accept_fraction`.
    verifier_usd : float or array
        Cost of one check, US dollars.

    Raises
    ------
    ComputebookError
        If a share leaves 0 to 1 or a cost is negative.

    Examples
    --------
    A perfect verifier that costs nothing:

    >>> pair = Cascade(0.4, 0.8, 0.7, 0.9, 0.3)
    >>> round(pair.task_usd, 2), round(pair.solved_fraction, 2)
    (0.64, 0.79)
    """

    cheap_usd: Any
    strong_usd: Any
    cheap_solves: Any
    strong_solves_if_cheap_did: Any
    strong_solves_if_cheap_did_not: Any
    recall_fraction: Any = 1.0
    false_accept_fraction: Any = 0.0
    verifier_usd: Any = 0.0

    def __post_init__(self) -> None:
        """Reject what is no share or no cost."""
        for name in ("cheap_usd", "strong_usd", "verifier_usd"):
            errors.require_finite_in(name, getattr(self, name), "$", 0.0, 1e9)
        for name in (
            *("cheap_solves", "strong_solves_if_cheap_did", "strong_solves_if_cheap_did_not"),
            *("recall_fraction", "false_accept_fraction"),
        ):
            errors.require_finite_in(name, getattr(self, name), "of 1", 0.0, 1.0)

    @property
    def accepted_fraction(self) -> Any:
        """Share of tasks that the cheap model closes, rightly or not."""
        right = np.multiply(self.cheap_solves, self.recall_fraction)
        return plain(right + (1 - np.multiply(self.cheap_solves, 1.0)) * self.false_accept_fraction)

    @property
    def task_usd(self) -> Any:
        """Cost of a task, US dollars: the cheap attempt, the check, and what is escalated."""
        escalated = 1 - np.multiply(self.accepted_fraction, 1.0)
        return plain(self.cheap_usd + self.verifier_usd + escalated * self.strong_usd)

    @property
    def solved_fraction(self) -> Any:
        """Share of tasks solved in the end."""
        solved, recall = np.multiply(self.cheap_solves, 1.0), np.multiply(self.recall_fraction, 1.0)
        again = solved * (1 - recall) * self.strong_solves_if_cheap_did
        rejected = (1 - solved) * (1 - np.multiply(self.false_accept_fraction, 1.0))
        return plain(solved * recall + again + rejected * self.strong_solves_if_cheap_did_not)

    @property
    def break_even_accepted_fraction(self) -> Any:
        """Share that the cheap model must close for the cascade to cost no more than the strong."""
        first = np.add(self.cheap_usd, self.verifier_usd)
        return plain(first / np.where(np.asarray(self.strong_usd) > 0, self.strong_usd, np.nan))


def attributed_savings(
    cost_usd: Callable[[frozenset[str]], float], levers: Sequence[str]
) -> dict[str, float]:
    r"""Return what each lever saves of the bill, so that the parts sum to the joint saving.

    .. math:: \phi_i = \frac{1}{n!}\sum_\pi \left[c(S_{\pi,i}) - c(S_{\pi,i}\cup\{i\})\right]

    Each lever gets its mean saving over all orders in which levers can be pulled (its Shapley
    value), so that none is counted at its full strength after another has taken the same tokens.

    Parameters
    ----------
    cost_usd : callable
        Bill with a set of levers pulled, US dollars.
    levers : sequence of str
        Names, at most ten.

    Raises
    ------
    ComputebookError
        If there are more than ten levers or a name twice.

    Examples
    --------
    Two levers that each halve the same bill save three quarters together, not all of it:

    >>> attributed_savings(lambda pulled: 100 * 0.5 ** len(pulled), ["cache", "batch"])
    {'cache': 37.5, 'batch': 37.5}
    """
    count = len(levers)
    if count > _MAX_LEVERS or len(set(levers)) < count:
        raise errors.ComputebookError(
            f"levers = {list(levers)}: at most {_MAX_LEVERS} different names are needed"
        )
    bills = {
        chosen: cost_usd(chosen)
        for size in range(count + 1)
        for chosen in map(frozenset, itertools.combinations(levers, size))
    }
    return {lever: _shapley(lever, bills, count) for lever in levers}


def _shapley(lever: str, bills: dict[frozenset[str], float], count: int) -> float:
    return sum(
        (before - bills[chosen | {lever}])
        * math.factorial(len(chosen))
        * math.factorial(count - len(chosen) - 1)
        / math.factorial(count)
        for chosen, before in bills.items()
        if lever not in chosen
    )
