"""Spread work over models: the cheapest mix under floors, a budget and a limit per vendor.

A client states workloads (`Demand`, read from a CSV by `read_demands`), each with the benchmark
that stands for it and a floor. `problem_for` finds who is on offer at which score and cost,
`cheapest_mix` the cheapest mix, `constraint_costs` what each constraint costs, `conflicts` and
`nearest_relaxations` what to change where there is no mix, `stability` how far the choice
depends on the noise of the scores and on prices, and `alternatives` what one would do without.
"""

from computebook.portfolio.alternatives import Alternative, alternatives
from computebook.portfolio.catalogue import REPORTERS, offers_for, problem_for
from computebook.portfolio.demand import (
    COLUMNS,
    EXAMPLE_MIX,
    Demand,
    parse_demands,
    read_demands,
)
from computebook.portfolio.mix import Mix, cheapest_mix
from computebook.portfolio.problem import FLOOR_RULES, SHARE_BASES, Offer, Problem, Workload
from computebook.portfolio.relaxation import (
    Constraint,
    ConstraintCost,
    Relaxation,
    conflicts,
    constraint_costs,
    floor_headroom_points,
    nearest_relaxations,
)
from computebook.portfolio.stability import Place, Stability, stability

__all__ = [
    "COLUMNS",
    "EXAMPLE_MIX",
    "FLOOR_RULES",
    "REPORTERS",
    "SHARE_BASES",
    "Alternative",
    "Constraint",
    "ConstraintCost",
    "Demand",
    "Mix",
    "Offer",
    "Place",
    "Problem",
    "Relaxation",
    "Stability",
    "Workload",
    "alternatives",
    "cheapest_mix",
    "conflicts",
    "constraint_costs",
    "floor_headroom_points",
    "nearest_relaxations",
    "offers_for",
    "parse_demands",
    "problem_for",
    "read_demands",
    "stability",
]
