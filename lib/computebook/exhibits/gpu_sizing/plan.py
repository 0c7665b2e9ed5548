"""What the reader asks for, and the models in the number formats that they are served in."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pandas as pd

from computebook import datasets, errors, hardware, memory, sizing
from computebook.architectures import Transformer
from computebook.hardware import Accelerator
from computebook.inference.calibration import constants_for
from computebook.inference.table import TABLE, constants_from_table
from computebook.serving import Deployment, ServingConstants
from computebook.units import Quantity

__all__ = ["ENGINES", "Plan", "Served", "interval", "plan", "served"]

ENGINES: Final = ("tensorrt-llm", "vllm", "sglang")
#: Published with experts in MXFP4 and the rest in bf16; engines serve it as it is.
MXFP4_MODELS: Final = ("gpt-oss-120b", "gpt-oss-20b")
#: Tokens per cache block, as in `sizing`.
BLOCK_TOKENS: Final = 16
PERCENT: Final = 100.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The parameters of the chapter; see `PARAMETERS` for their meaning and bounds.

    Attributes
    ----------
    models, accelerators : tuple of str
        Ids that are compared.
    accelerator : str
        Accelerator of the full window and of the figures.
    engine : str
        One of `ENGINES`.
    weight_precision, kv_precision : str
        Number formats.
    context_tokens, output_tokens : int
        Tokens of a request, and those of them that are generated.
    users : int
        Requests in flight at once.
    time_per_output_token_ms : float
        Longest time for a token.
    cached_percent : float
        Share of each prompt found in the prefix cache.
    price_percent : float
        What is paid, percent of the on-demand list price.
    """

    models: tuple[str, ...]
    accelerators: tuple[str, ...]
    accelerator: str
    engine: str
    weight_precision: str
    kv_precision: str
    context_tokens: int
    output_tokens: int
    users: int
    time_per_output_token_ms: float
    cached_percent: float
    price_percent: float


def plan(**parameters: Any) -> Plan:
    """Return the parameters of the chapter as one record.

    Parameters
    ----------
    **parameters
        Every parameter by its name.

    Raises
    ------
    ComputebookError
        If the answer leaves no room for a prompt.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.parameters import PARAMETERS
    >>> plan(**{p.name: p.default for p in PARAMETERS}).weight_precision
    'fp8'
    """
    if parameters["output_tokens"] >= parameters["context_tokens"]:
        raise errors.out_of_bounds(
            "output_tokens", parameters["output_tokens"], "tokens", 1,
            parameters["context_tokens"] - 1,
        )  # fmt: skip
    lists = {name: tuple(parameters[name]) for name in ("models", "accelerators")}
    return Plan(**{**parameters, **lists})


@dataclass(frozen=True)
class Served:
    """One model in number formats under an engine.

    Attributes
    ----------
    shape : Transformer
        The model.
    weights : str or None
        Number format of the weights; None for the mixture that the model was published in.
    kv_cache : str
        Number format of the cache.
    engine : str
        One of `ENGINES`.
    changed : mapping of str to float
        Calibrated constants that take other values, by name.
    """

    shape: Transformer
    weights: str | None
    kv_cache: str
    engine: str
    changed: Mapping[str, float] = field(default_factory=dict)

    @property
    def kv_bits(self) -> float:
        """Bits per cached value."""
        return hardware.precision(self.kv_cache).bits_per_element

    def deployment(
        self, accelerator: Accelerator, accelerators: Quantity = 1, groups: Quantity = 1
    ) -> Deployment:
        """Return the model on accelerators with the calibrated constants of its configuration.

        Parameters
        ----------
        accelerator : Accelerator
            One device.
        accelerators, groups : float or array
            Accelerators of a copy, and groups among them that keep different sequences.
        """
        model = self.shape.architecture_id
        formats = sizing.formats_for(model, accelerator, self.weights, self.kv_cache)
        constants = _constants_for(
            tuple(self.changed.items()),
            accelerator.generation,
            formats.dense,
            formats.experts,
            self.engine,
        )
        placement = memory.Placement.of(
            formats.dense, formats.kv_cache, experts=formats.experts,
            tensor_parallel=accelerators, attention_data_parallel=groups,
        )  # fmt: skip
        return Deployment(
            architecture=self.shape,
            accelerator=accelerator,
            placement=replace(placement, sliding_window="full", block_tokens=BLOCK_TOKENS),
            expert_precision=formats.expert_arithmetic,
            constants=constants,
        )

    def at_the_edge(self, fields: Mapping[str, str]) -> Served:
        """Return the model with constants at the ends of their 80 % intervals.

        Parameters
        ----------
        fields : mapping of str to str
            Beginning of the constants' names, and ``"low"`` or ``"high"``.
        """
        table = _calibration()
        changed = {
            str(name): float(row[end])
            for start, end in fields.items()
            for name, row in table[table.index.str.startswith(start)].iterrows()
        }
        return replace(self, changed={**self.changed, **changed})


@functools.cache
def _constants() -> dict[str, float]:
    return constants_from_table()


@functools.cache
def _constants_for(
    changed: tuple[tuple[str, float], ...], generation: str, weights: str, experts: str, engine: str
) -> ServingConstants:
    values = {**_constants(), **dict(changed)}
    return constants_for(
        values, generation=generation, weights=weights, experts=experts, engine=engine
    )


@functools.cache
def _calibration() -> pd.DataFrame:
    return datasets.load(TABLE).set_index("constant_id")


def served(asked: Plan, model: str, weight_precision: str | None = None) -> Served:
    """Return a model in the formats of the plan; one published in MXFP4 stays as it is.

    Parameters
    ----------
    asked : Plan
        Number formats and engine.
    model : str
        Id or alias of an open architecture.
    weight_precision : str, optional
        Another format of the weights.

    Raises
    ------
    ComputebookError
        If a name is unknown.

    Examples
    --------
    >>> from computebook.exhibits.gpu_sizing.parameters import DEFAULT
    >>> served(DEFAULT, "gpt-oss-120b").weights, served(DEFAULT, "deepseek-v3").weights
    (None, 'fp8')
    """
    shape = datasets.architecture(model)
    weights = hardware.precision(weight_precision or asked.weight_precision).name
    mixed = shape.architecture_id in MXFP4_MODELS
    return Served(shape, None if mixed else weights, asked.kv_precision, asked.engine)


def interval(quantity: str) -> tuple[float, float]:
    """Return the multiples of a prediction between which four of five measurements lie.

    Parameters
    ----------
    quantity : str
        ``"tpot"``, ``"ttft"``, ``"throughput"`` or ``"capacity"``, at a fixed number of users.

    Examples
    --------
    >>> low, high = interval("tpot")
    >>> low < 1 < high
    True
    """
    return sizing.factors(False)[quantity]
