"""Sizing: from a model, a load and latency limits to the fleet that a planner can buy.

`request` says what may be asked and `quantities` how it is typed; `layouts` lists every way to
place a model, `room` what fits, `grid` how fast each is at every load, `options` what each fleet
costs and draws, `alternatives` what else could be bought, `nearest` what would be feasible, and
`plan` puts them together.
"""

from computebook.sizing.alternatives import alternatives, disaggregated_fleet, pareto_front
from computebook.sizing.assumptions import assumptions, warnings_for
from computebook.sizing.formats import Formats, formats_for
from computebook.sizing.grid import Grid, copies_for, grid_for, largest_load
from computebook.sizing.intervals import chance_within, factors
from computebook.sizing.layouts import Layouts, deployment, layouts_for, parallel_degrees
from computebook.sizing.nearest import Relaxation, binding, is_feasible, relaxations
from computebook.sizing.options import BINDINGS, effective_limits, options
from computebook.sizing.plan import Plan, plan
from computebook.sizing.prices import HourPrice, hour_price
from computebook.sizing.quantities import parse
from computebook.sizing.request import (
    ENGINES,
    OBJECTIVES,
    UNLIMITED_GPUS,
    Request,
    calibrated_generations,
)
from computebook.sizing.room import MemoryUse, engine_bytes, memory_use, sequences_that_fit

__all__ = [
    "BINDINGS",
    "ENGINES",
    "OBJECTIVES",
    "UNLIMITED_GPUS",
    "Formats",
    "Grid",
    "HourPrice",
    "Layouts",
    "MemoryUse",
    "Plan",
    "Relaxation",
    "Request",
    "alternatives",
    "assumptions",
    "binding",
    "calibrated_generations",
    "chance_within",
    "copies_for",
    "deployment",
    "disaggregated_fleet",
    "effective_limits",
    "engine_bytes",
    "factors",
    "formats_for",
    "grid_for",
    "hour_price",
    "is_feasible",
    "largest_load",
    "layouts_for",
    "memory_use",
    "options",
    "parallel_degrees",
    "pareto_front",
    "parse",
    "plan",
    "relaxations",
    "sequences_that_fit",
    "warnings_for",
]
