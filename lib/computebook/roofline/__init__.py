"""Bounds from arithmetic and bandwidth: how fast a model can decode and prefill at best.

`flop` counts operations, `reads` counts bytes, `decode` and `prefill` turn both into time, and
`limits` holds the ridge point, the critical batch and the bandwidth that a target needs.
Bounds, not predictions: measured steps take longer.
"""

from computebook.roofline.decode import (
    StepParts,
    decode_step_lower_bound_s,
    decode_step_parts,
    decode_step_s,
    effective_rates,
)
from computebook.roofline.flop import (
    attended_pairs,
    attention_flop_per_token,
    decode_step_flop,
    matmul_flop_per_token,
    prefill_flop,
)
from computebook.roofline.limits import (
    attainable_flop_per_s,
    critical_batch_size,
    decode_intensity_flop_per_byte,
    minimum_bandwidth_bytes_per_s,
    read_s,
    ridge_point_flop_per_byte,
    tokens_per_s_per_user_upper_bound,
)
from computebook.roofline.prefill import prefill_lower_bound_s, prefill_parts, prefill_s
from computebook.roofline.reads import (
    decode_read_bytes,
    touched_expert_fraction,
    touched_weight_bytes,
    weight_read_bytes_per_accelerator,
)

__all__ = [
    "StepParts",
    "attainable_flop_per_s",
    "attended_pairs",
    "attention_flop_per_token",
    "critical_batch_size",
    "decode_intensity_flop_per_byte",
    "decode_read_bytes",
    "decode_step_flop",
    "decode_step_lower_bound_s",
    "decode_step_parts",
    "decode_step_s",
    "effective_rates",
    "matmul_flop_per_token",
    "minimum_bandwidth_bytes_per_s",
    "prefill_flop",
    "prefill_lower_bound_s",
    "prefill_parts",
    "prefill_s",
    "read_s",
    "ridge_point_flop_per_byte",
    "tokens_per_s_per_user_upper_bound",
    "touched_expert_fraction",
    "touched_weight_bytes",
    "weight_read_bytes_per_accelerator",
]
