"""What a model of a sweep is made of, and the parameters that several of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from computebook.parameters import Parameter

__all__ = ["Output", "SweepModel"]

GPU: Final = Parameter("gpu", "str", "", "h200-sxm", meaning="Accelerator: id or usual alias.")
ARCHITECTURE: Final = Parameter(
    "architecture", "str", "", "llama-3.1-70b", meaning="Open model: id, hub name or alias."
)
CONTEXT: Final = Parameter(
    "context_tokens", "float", "tokens", 32_768.0, 1, 1e8, meaning="Tokens held per sequence."
)
BATCH: Final = Parameter(
    "batch_size", "float", "sequences", 16.0, 1, 1e6, meaning="Sequences at once."
)


PRICE: Final = Parameter(
    "usd_per_gpu_hour", "float", "$/GPU-hour", 2.5, 0.01, 100, meaning="Price of a GPU-hour."
)
MS_PER_S: Final = 1e3
FORMATS: Final = ("bf16", "fp8")


@dataclass(frozen=True)
class Output:
    """One column that a model returns.

    Parameters
    ----------
    name, unit, meaning : str
        As in the table's metadata.
    """

    name: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class SweepModel:
    """A model with declared parameters.

    Parameters
    ----------
    name : str
        As typed.
    meaning : str
        What it answers.
    parameters : tuple of Parameter
        Numbers may be swept as arrays; words select one case at a time.
    outputs : tuple of Output
        In the order of the table.
    function : callable
        Takes one value or array per parameter, returns one array per output.
    """

    name: str
    meaning: str
    parameters: tuple[Parameter, ...]
    outputs: tuple[Output, ...]
    function: Callable[..., Mapping[str, Any]]
