"""Exhibits of the appendix on validation: predictions and bounds beside measurements."""

from computebook.exhibits.validation.cases import (
    capacities,
    counts_by_error,
    decode_regimes,
    decode_steps,
    kv_bytes,
    overview,
    power_by_system,
    price_agreement,
    room_scenarios,
    serving_throughputs,
    share_within,
)
from computebook.exhibits.validation.causes import contradicted_sentence, worst_cases
from computebook.exhibits.validation.findings import (
    aims_sentence,
    capacity_chart,
    counts_chart,
    power_sentence,
    serving_takeaways,
    steps_chart,
    takeaways,
)
from computebook.exhibits.validation.layouts import table_layout
from computebook.exhibits.validation.out_of_sample import (
    aims,
    cliff,
    errors_by_load,
    errors_by_model,
    errors_by_users,
    held_out_cases,
    peers,
)
from computebook.exhibits.validation.parameters import PARAMETERS
from computebook.exhibits.validation.residuals import (
    agreement_chart,
    agreement_points,
    cliff_chart,
    share_in_band,
    spread_chart,
)
from computebook.exhibits.validation.serving import (
    label_noise,
    label_noise_sentence,
    serving_constants,
    serving_intervals,
)

__all__ = [
    "PARAMETERS",
    "agreement_chart",
    "agreement_points",
    "aims",
    "aims_sentence",
    "capacities",
    "capacity_chart",
    "cliff",
    "cliff_chart",
    "contradicted_sentence",
    "counts_by_error",
    "counts_chart",
    "decode_regimes",
    "decode_steps",
    "errors_by_load",
    "errors_by_model",
    "errors_by_users",
    "held_out_cases",
    "kv_bytes",
    "label_noise",
    "label_noise_sentence",
    "overview",
    "peers",
    "power_by_system",
    "power_sentence",
    "price_agreement",
    "room_scenarios",
    "serving_constants",
    "serving_intervals",
    "serving_takeaways",
    "serving_throughputs",
    "share_in_band",
    "share_within",
    "spread_chart",
    "steps_chart",
    "table_layout",
    "takeaways",
    "worst_cases",
]
