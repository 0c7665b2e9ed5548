"""Time of collective operations between accelerators: a latency floor and a bandwidth term."""

from computebook.network.collectives import (
    all_gather_s,
    all_reduce_s,
    all_to_all_s,
    point_to_point_s,
)
from computebook.network.link import (
    SCALE_OUT_LATENCY_S,
    SCALE_UP_EFFICIENCY,
    SCALE_UP_LATENCY_S,
    Link,
)
from computebook.network.tensor_parallel import tensor_parallel_step_s
from computebook.network.tiers import two_tier_all_reduce_s, two_tier_all_to_all_s

__all__ = [
    "SCALE_OUT_LATENCY_S",
    "SCALE_UP_EFFICIENCY",
    "SCALE_UP_LATENCY_S",
    "Link",
    "all_gather_s",
    "all_reduce_s",
    "all_to_all_s",
    "point_to_point_s",
    "tensor_parallel_step_s",
    "two_tier_all_reduce_s",
    "two_tier_all_to_all_s",
]
