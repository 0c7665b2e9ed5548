"""Training plans: from a model, tokens and accelerators to time, power, energy and cost.

`request` says what may be asked, `shapes` what stands for an undisclosed model, `speed` finds
the fastest layout, `assumptions` gathers every other input with its source, `chain` is the pure
arithmetic from tokens per second to money, `plan` puts them together with intervals;
`growth` follows a run over cluster sizes, `frontier` gives the range of a run whose size nobody
discloses, and `sensitivity` says which inputs matter.
"""

from computebook.training_plans.chain import RESULTS, Cluster, Result, run_results
from computebook.training_plans.frontier import FRONTIER, FrontierRange, frontier_range
from computebook.training_plans.growth import COUNTS, cluster_growth
from computebook.training_plans.inputs import DISTRIBUTIONS, Spread, Uncertain
from computebook.training_plans.plan import DRAWS, SEED, Plan, plan
from computebook.training_plans.request import FORMATS, OVERRIDES, Request, usual_batch_tokens
from computebook.training_plans.sensitivity import sobol, tornado
from computebook.training_plans.shapes import DENSE_REFERENCES, EXPERT_REFERENCES, class_shapes
from computebook.training_plans.speed import Placement, working_sizes

__all__ = [
    "COUNTS",
    "DENSE_REFERENCES",
    "DISTRIBUTIONS",
    "DRAWS",
    "EXPERT_REFERENCES",
    "FORMATS",
    "FRONTIER",
    "OVERRIDES",
    "RESULTS",
    "SEED",
    "Cluster",
    "FrontierRange",
    "Placement",
    "Plan",
    "Request",
    "Result",
    "Spread",
    "Uncertain",
    "class_shapes",
    "cluster_growth",
    "frontier_range",
    "plan",
    "run_results",
    "sobol",
    "tornado",
    "usual_batch_tokens",
    "working_sizes",
]
