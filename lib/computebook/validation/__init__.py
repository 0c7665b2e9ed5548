"""Models against measurements: what they predict, what was seen, and the error.

`shapes` compares counts, `capacity` what fits, `bounds` the fastest that a machine could be,
`machines` power and training speed; `overview` puts a line for each in one table. No case here
was used to fit a constant of the model that it tests.
"""

from computebook.validation.bounds import decode_steps, serving_throughputs
from computebook.validation.capacity import sequence_capacities
from computebook.validation.machines import power_against_ratings, training_speedups
from computebook.validation.overview import overview
from computebook.validation.scores import ErrorSummary, error_percent, error_summary, summarise
from computebook.validation.shapes import kv_bytes_per_token, parameter_counts, rounding_percent

__all__ = [
    "ErrorSummary",
    "decode_steps",
    "error_percent",
    "error_summary",
    "kv_bytes_per_token",
    "overview",
    "parameter_counts",
    "power_against_ratings",
    "rounding_percent",
    "sequence_capacities",
    "serving_throughputs",
    "summarise",
    "training_speedups",
]
