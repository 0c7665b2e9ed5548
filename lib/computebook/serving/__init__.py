"""Serving: from one step on the accelerators to users, queues, fleets, dollars and joules.

Every function broadcasts: any argument, and any field of a `Deployment`, may be an array.
"""

from computebook.serving.arrivals import latency_quantile_s, most_arrivals_per_s, open_loop
from computebook.serving.constants import ServingConstants
from computebook.serving.deployment import Deployment
from computebook.serving.disaggregation import SplitPerformance, disaggregated
from computebook.serving.economics import TokenCosts, joules_per_output_token, token_costs
from computebook.serving.energy import (
    NARROW_FACTOR,
    RequestEnergy,
    ServingEnergy,
    Work,
    decode_work,
    prefill_work,
    request_energy,
    serving_energy,
)
from computebook.serving.frontier import BINDING, FleetOptions, fleet_options, pareto_mask
from computebook.serving.load import (
    Performance,
    fixed_concurrency,
    most_sequences,
    packed_prefill_s,
    static_batch,
)
from computebook.serving.speculation import accepted_tokens, speculative_time_per_output_token_s
from computebook.serving.step import StepParts, decode_step, forward_pass, prefill_pass

__all__ = [
    "BINDING",
    "NARROW_FACTOR",
    "Deployment",
    "FleetOptions",
    "Performance",
    "RequestEnergy",
    "ServingConstants",
    "ServingEnergy",
    "SplitPerformance",
    "StepParts",
    "TokenCosts",
    "Work",
    "accepted_tokens",
    "decode_step",
    "decode_work",
    "disaggregated",
    "fixed_concurrency",
    "fleet_options",
    "forward_pass",
    "joules_per_output_token",
    "latency_quantile_s",
    "most_arrivals_per_s",
    "most_sequences",
    "open_loop",
    "packed_prefill_s",
    "pareto_mask",
    "prefill_pass",
    "prefill_work",
    "request_energy",
    "serving_energy",
    "speculative_time_per_output_token_s",
    "static_batch",
    "token_costs",
]
