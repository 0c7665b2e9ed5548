"""Sentences of the chapter on competition whose wording depends on the decision."""

from __future__ import annotations

import math
from typing import Final

import pandas as pd

from computebook.exhibits.competition.portfolios import Decision

__all__ = [
    "assurance_sentence",
    "curve_finding",
    "decision_finding",
    "mix_note",
    "noise_finding",
]

#: Nobody has the larger half.
HALF: Final = 50.0


def decision_finding(found: Decision) -> str:
    """Return what the cheapest mix costs beside the best score everywhere.

    Parameters
    ----------
    found : Decision
        From `portfolios.decision`.

    Examples
    --------
    >>> from computebook.exhibits.competition.portfolios import client_problem, decision
    >>> decision_finding(decision(client_problem("2026-01-31", 5.0, 100.0, 60.0)))[:42]
    'No mix serves the example client under all'
    """
    if found.mix is None:
        return (
            "No mix serves the example client under all its constraints. In conflict: "
            f"{', '.join(found.conflict)}."
        )
    usd = found.mix.monthly_usd
    return (
        f"The example client's cheapest mix costs ${usd:,.0f} a month; the best score everywhere "
        f"costs {found.best_usd / usd:.1f} times as much. Holding every vendor to "
        f"{found.problem.largest_share:.0%} of requests costs {_part(found.limit_usd, usd)}."
    )


def _part(usd: float, whole: float) -> str:
    return "nothing" if usd < 1e-6 else f"${usd:,.0f} of that"


def noise_finding(found: Decision) -> str:
    """Return how far the choice depends on the noise of the scores.

    Parameters
    ----------
    found : Decision
        From `portfolios.decision`.

    Examples
    --------
    >>> from computebook.exhibits.competition.portfolios import client_problem, decision
    >>> noise_finding(decision(client_problem("2026-01-31", 5.0, 100.0, 60.0)))
    'With no mix there is no choice to test; its conflict names what to give up.'
    """
    if found.noise is None:
        return "With no mix there is no choice to test; its conflict names what to give up."
    low, _, high = found.noise.monthly_usd
    return (
        "The saving is surer than the choice: with scores and costs drawn again, all chosen models "
        f"reach their floors in {found.noise.floors_hold_fraction:.0%} of draws, and the cheapest "
        f"mix of a draw costs ${low:,.0f} to ${high:,.0f} (5th to 95th percentile)."
    )


def mix_note(found: Decision, confidence_percent: float) -> str:
    """Return what the table of the mix needs to be read.

    Parameters
    ----------
    found : Decision
        From `portfolios.decision`.
    confidence_percent : float
        Level of the intervals, percent.

    Examples
    --------
    >>> from computebook.exhibits.competition.portfolios import client_problem, decision
    >>> mix_note(decision(client_problem("2026-01-31", 5.0, 6e4, 60.0)), 95.0)[:24]
    'Wilson intervals at 95%.'
    """
    text = (
        f"Wilson intervals at {confidence_percent:g}%. Requests are those that the model gets; "
        "volumes are an assumption."
    )
    if found.mix is not None:
        return text
    return f"{text} No mix meets all constraints: shown is the cheapest model per workload."


def curve_finding(curve: pd.DataFrame) -> str:
    """Return what the tightest limit per vendor costs, in one sentence.

    Parameters
    ----------
    curve : DataFrame
        From `portfolios.limit_curve`.

    Examples
    --------
    >>> curve_finding(pd.DataFrame(columns=["limit_percent", "basis", "monthly_kusd"]))
    'No limit per vendor lets a mix exist.'
    """
    if curve.empty:
        return "No limit per vendor lets a mix exist."
    least = float(curve["monthly_kusd"].min())
    dearer = curve.groupby("limit_percent")["monthly_kusd"].max() / least - 1
    free = dearer.index[dearer < 1e-9].min()
    steps = [limit for limit in (dearer.index.min(), HALF) if limit < free and limit in dearer]
    added = [f"one of {limit:g}% adds {dearer[limit]:.0%} to the bill" for limit in steps]
    parts = [*dict.fromkeys(added), f"one of {free:g}% adds nothing"]
    return f"Of limits per vendor, {', '.join(parts)}."


def assurance_sentence(found: Decision, confidence_percent: float) -> str:
    """Return what it takes that the lower ends of the intervals reach the floors, as MyST.

    Parameters
    ----------
    found : Decision
        From `portfolios.decision`.
    confidence_percent : float
        Level of the intervals, percent.

    Examples
    --------
    >>> from computebook.exhibits.competition.portfolios import client_problem, decision
    >>> found = decision(client_problem("2026-01-31", 5.0, 6e4, 60.0))
    >>> "no mix exists" in assurance_sentence(found, 95.0)
    True
    """
    rule = f"If the lower end of each {confidence_percent:g}% interval has to reach the floor"
    if found.mix is None:
        rule = f"No mix meets all constraints, so the draws set no limit per vendor. {rule}"
    if found.assured is not None:
        return (
            f"{rule}, the cheapest mix costs ${found.assured.monthly_usd:,.0f} a month. "
            f"{_headroom(found)}"
        )
    if math.isnan(found.assured_points):
        return f"{rule}, no mix exists at any floor. {_headroom(found)}"
    return (
        f"{rule}, no mix exists: the benchmarks have too few items to show it. With all floors "
        f"{abs(found.assured_points):.1f} points lower one does, at ${found.assured_usd:,.0f} a "
        f"month. {_headroom(found)}"
    )


def _headroom(found: Decision) -> str:
    points = found.headroom_points
    if math.isnan(points) or points < 0:
        return "By the measured scores alone, floors have to fall before any mix exists."
    return (
        f"By the measured scores alone, all floors could rise by {points:.1f} points within the "
        "budget."
    )
