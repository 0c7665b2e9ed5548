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
from computebook.exhibits.validation.findings import (
    capacity_chart,
    counts_chart,
    power_sentence,
    steps_chart,
    takeaways,
)
from computebook.exhibits.validation.layouts import table_layout
from computebook.exhibits.validation.parameters import PARAMETERS
from computebook.exhibits.validation.serving import SERVING_COLUMNS, serving_intervals

__all__ = [
    "PARAMETERS",
    "SERVING_COLUMNS",
    "capacities",
    "capacity_chart",
    "counts_by_error",
    "counts_chart",
    "decode_regimes",
    "decode_steps",
    "kv_bytes",
    "overview",
    "power_by_system",
    "power_sentence",
    "price_agreement",
    "room_scenarios",
    "serving_intervals",
    "serving_throughputs",
    "share_within",
    "steps_chart",
    "table_layout",
    "takeaways",
]
