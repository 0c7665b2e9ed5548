"""Training runs: work, step time, memory, layout, failures, time and money."""

from computebook.training.activations import (
    activation_bytes_per_layer,
    korthikanti_activation_bytes,
    layers_in_flight,
)
from computebook.training.campaign import (
    LLAMA_GPU_HOURS_PER_INTERRUPTION,
    Campaign,
    Reliability,
    campaign,
    joules_per_token,
    rental_usd,
)
from computebook.training.constants import (
    SCALE_OUT_BYTES_PER_S,
    TrainingConstants,
    scale_out_bytes_per_s,
)
from computebook.training.flop import (
    FLOP_CONVENTIONS,
    FlopConvention,
    ForwardFlop,
    flop_per_token,
    forward_flop_per_token,
)
from computebook.training.footprint import (
    STATE_FORMATS,
    StateFormat,
    TrainingMemory,
    state_bytes,
    training_memory,
)
from computebook.training.goodput import (
    CHECKPOINT_METHODS,
    checkpoint_interval_s,
    goodput_fraction,
    mean_time_between_interruptions_s,
)
from computebook.training.layout import (
    RECOMPUTE,
    Batch,
    Layout,
)
from computebook.training.runs import (
    model_flop_utilization,
    run_gpu_hours,
    run_time_s,
    strong_scaling_fraction,
    training_flop,
)
from computebook.training.search import (
    FoundLayout,
    candidate_layouts,
    fastest_layout,
)
from computebook.training.step import (
    StepTime,
    step_time,
)

__all__ = [
    "CHECKPOINT_METHODS",
    "FLOP_CONVENTIONS",
    "LLAMA_GPU_HOURS_PER_INTERRUPTION",
    "RECOMPUTE",
    "SCALE_OUT_BYTES_PER_S",
    "STATE_FORMATS",
    "Batch",
    "Campaign",
    "FlopConvention",
    "ForwardFlop",
    "FoundLayout",
    "Layout",
    "Reliability",
    "StateFormat",
    "StepTime",
    "TrainingConstants",
    "TrainingMemory",
    "activation_bytes_per_layer",
    "campaign",
    "candidate_layouts",
    "checkpoint_interval_s",
    "fastest_layout",
    "flop_per_token",
    "forward_flop_per_token",
    "goodput_fraction",
    "joules_per_token",
    "korthikanti_activation_bytes",
    "layers_in_flight",
    "mean_time_between_interruptions_s",
    "model_flop_utilization",
    "rental_usd",
    "run_gpu_hours",
    "run_time_s",
    "scale_out_bytes_per_s",
    "state_bytes",
    "step_time",
    "strong_scaling_fraction",
    "training_flop",
    "training_memory",
]
