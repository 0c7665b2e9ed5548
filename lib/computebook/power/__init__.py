"""Kilowatts and joules: power at a boundary, energy per token and per year, cooling.

`activity` gives the power of an accelerator from the bytes and operations of its work, `draw`
moves a power between boundaries and turns accelerators into megawatts and back,
`energy` gives joules per token and query, and `cooling` follows the heat.
"""

from computebook.hardware import POWER_BOUNDARIES
from computebook.power.activity import (
    LIMIT_SHARPNESS,
    DrawConstants,
    DrawParts,
    accelerator_draw,
    server_draw_w,
)
from computebook.power.clusters import (
    ClusterDraw,
    StepPhases,
    cluster_draw,
    step_draw_w,
)
from computebook.power.cooling import (
    airflow_m3_per_s,
    coolant_flow_kg_per_s,
    facility_saving_fraction,
    heat_to_air_w,
    total_usage_effectiveness,
    water_litres,
)
from computebook.power.draw import (
    BoundaryFactors,
    accelerators_supported,
    load_fraction,
    power_at_boundary_w,
    power_at_utilization_w,
    power_for_accelerators_w,
    units_needed,
)
from computebook.power.energy import (
    annual_energy_j,
    emissions_kg,
    energy_per_query_j,
    energy_per_token_j,
    households_supplied,
    tokens_per_kwh,
)

__all__ = [
    "LIMIT_SHARPNESS",
    "POWER_BOUNDARIES",
    "BoundaryFactors",
    "ClusterDraw",
    "DrawConstants",
    "DrawParts",
    "StepPhases",
    "accelerator_draw",
    "accelerators_supported",
    "airflow_m3_per_s",
    "annual_energy_j",
    "cluster_draw",
    "coolant_flow_kg_per_s",
    "emissions_kg",
    "energy_per_query_j",
    "energy_per_token_j",
    "facility_saving_fraction",
    "heat_to_air_w",
    "households_supplied",
    "load_fraction",
    "power_at_boundary_w",
    "power_at_utilization_w",
    "power_for_accelerators_w",
    "server_draw_w",
    "step_draw_w",
    "tokens_per_kwh",
    "total_usage_effectiveness",
    "units_needed",
    "water_litres",
]
