"""The findings of the chapter on benchmarks, as numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from computebook import benchmarks
from computebook.exhibits.benchmarks.costs import (
    break_even_failure_cost_usd,
    configurations,
    purchase_ladder,
)
from computebook.exhibits.benchmarks.harness import harness_pairs
from computebook.exhibits.benchmarks.leads import lead_table, paired_table
from computebook.exhibits.benchmarks.numbers import signed

__all__ = ["CostStep", "Headline", "cost_step", "headline"]


@dataclass(frozen=True)
class CostStep:
    """The last step up the cost frontier: from the best buy below the top score to the top score.

    Attributes
    ----------
    top, below : str
        Configurations with the best score, and one step below it on the frontier.
    top_per_solved_usd, below_per_solved_usd : float
        Cost of a solved task, US dollars.
    gain_points, gain_low_points, gain_high_points : float
        Difference of the scores and its interval, percentage points.
    break_even_usd, break_even_low_usd, break_even_high_usd : float
        Cost of a failed task from which the top configuration pays, US dollars: at the measured
        gain, and at the upper and lower end of its interval. Infinite where it never pays.
    """

    top: str
    below: str
    top_per_solved_usd: float
    below_per_solved_usd: float
    gain_points: float
    gain_low_points: float
    gain_high_points: float
    break_even_usd: float
    break_even_low_usd: float
    break_even_high_usd: float = math.inf

    @property
    def price_ratio(self) -> float:
        """How many times the solved task of the step below one of the top costs."""
        return self.top_per_solved_usd / self.below_per_solved_usd

    @property
    def gain_interval(self) -> str:
        """The interval of the gain, in words."""
        return f"{signed(self.gain_low_points)} to {signed(self.gain_high_points)}"

    @property
    def gain_is_certain(self) -> bool:
        """Whether the interval of the gain excludes zero."""
        return self.gain_low_points > 0


def cost_step(table: pd.DataFrame, confidence_percent: float = 95.0) -> CostStep:
    """Return what the last step up the cost frontier buys.

    Parameters
    ----------
    table : DataFrame
        From `configurations`.
    confidence_percent : float
        Level of the interval of the gain, percent.

    Returns
    -------
    CostStep
        Top and below are the same where one configuration is both best and cheapest.

    Examples
    --------
    >>> table = configurations("arc-agi-2", ["gpt-5.2", "gpt-5.2-pro"])
    >>> step = cost_step(table)
    >>> round(step.price_ratio, 1), step.gain_is_certain
    (8.1, False)
    """
    front = table[table["on_front"]].sort_values("score_percent")
    top, below = front.iloc[-1], front.iloc[max(len(front) - 2, 0)]
    gain, low, high = benchmarks.difference_interval(
        top["score_percent"] / 100,
        top["items"],
        below["score_percent"] / 100,
        below["items"],
        confidence_percent / 100,
    )
    prices = (below["cost_per_task_usd"], top["cost_per_task_usd"])
    return CostStep(
        top=str(top["configuration"]),
        below=str(below["configuration"]),
        top_per_solved_usd=float(top["cost_per_solved_task_usd"]),
        below_per_solved_usd=float(below["cost_per_solved_task_usd"]),
        gain_points=100 * float(gain),
        gain_low_points=100 * float(low),
        gain_high_points=100 * float(high),
        break_even_usd=break_even_failure_cost_usd(*prices, gain),
        break_even_low_usd=break_even_failure_cost_usd(*prices, high),
        break_even_high_usd=break_even_failure_cost_usd(*prices, low),
    )


@dataclass(frozen=True)
class Headline:
    """The chapter in numbers.

    Attributes
    ----------
    leads, holding, within_noise, reversed : int
        The article's leads and what becomes of them.
    reversed_leads : tuple of str
        Those that turn round.
    pairs, differing : int
        Paired comparisons on SWE-bench Verified, and how many show a difference.
    first, second : str
        The two best models of that test.
    first_gap_points : float
        Their difference, percentage points.
    first_gap_interval : str
        Its interval.
    tasks : int
        Tasks of that test.
    printed_gap_points : float
        The lead that the article prints on SWE-bench Verified, percentage points.
    premium_points, premium_low_points, premium_high_points : float
        Mean, least and largest excess of a vendor's own SWE-bench Verified score over the best
        independent one, percentage points.
    pro_premium_points : float
        The same for GPT-5.2 on SWE-Bench Pro.
    step : CostStep
        The last step up the cost frontier.
    ladder_steps : int
        Steps of the purchase ladder.
    """

    leads: int
    holding: int
    within_noise: int
    reversed: int
    reversed_leads: tuple[str, ...]
    pairs: int
    differing: int
    first: str
    second: str
    first_gap_points: float
    first_gap_interval: str
    tasks: int
    printed_gap_points: float
    premium_points: float
    premium_low_points: float
    premium_high_points: float
    pro_premium_points: float
    step: CostStep
    ladder_steps: int


def headline(
    *,
    confidence_percent: float,
    significance_percent: float,
    multiple_comparisons: str,
    preferred_reporter: str,
    frontier_benchmark: str,
    frontier_models: Iterable[str],
    paired_models: list[str],
) -> Headline:
    """Return the findings of the chapter under its parameters.

    Parameters
    ----------
    confidence_percent, significance_percent : float
        Level of the intervals and accepted chance of a false lead, percent.
    multiple_comparisons : {"holm", "bonferroni", "none"}
        Adjustment for testing several leads at once.
    preferred_reporter : {"independent", "self", "competitor"}
        Whose run counts.
    frontier_benchmark : str
        Benchmark of the cost frontier.
    frontier_models, paired_models : list of str
        Models on the frontier and in the paired test.

    Raises
    ------
    ComputebookError
        If a name is unknown or a number out of bounds.
    """
    tested = lead_table(preferred_reporter, significance_percent, multiple_comparisons)
    counts = tested["outcome"].value_counts()
    pairs = paired_table(
        paired_models, confidence_percent, significance_percent, multiple_comparisons
    )
    printed = tested.loc[tested["benchmark_id"] == "swe-bench-verified", "printed_points"]
    premiums = harness_pairs()
    verified = premiums.loc[premiums["benchmark_id"] == "swe-bench-verified", "premium_points"]
    pro = premiums.loc[premiums["benchmark_id"] == "swe-bench-pro", "premium_points"]
    table = configurations(frontier_benchmark, frontier_models, confidence_percent)
    top = pairs.iloc[0]
    return Headline(
        leads=len(tested),
        holding=int(counts.get("holds", 0)),
        within_noise=int(counts.get("within noise", 0)),
        reversed=int(counts.get("reversed", 0)),
        reversed_leads=tuple(tested.loc[tested["outcome"] == "reversed", "lead"]),
        pairs=len(pairs),
        differing=int((pairs["outcome"] == "differs").sum()),
        first=str(top["first_name"]),
        second=str(top["second_name"]),
        first_gap_points=float(top["difference_points"]),
        first_gap_interval=str(top["interval"]),
        tasks=int(top["items"]),
        printed_gap_points=float(printed.iloc[0]),
        premium_points=float(verified.mean()),
        premium_low_points=float(verified.min()),
        premium_high_points=float(verified.max()),
        pro_premium_points=float(pro.max()) if len(pro) else math.nan,
        step=cost_step(table, confidence_percent),
        ladder_steps=len(purchase_ladder(table)),
    )
