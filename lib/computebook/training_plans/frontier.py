"""A run whose size nobody discloses: the range over stated assumptions, never a point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from computebook import architectures, datasets, errors
from computebook.training_plans.assumptions import layout_inputs, model_error, run_inputs
from computebook.training_plans.chain import RESULTS
from computebook.training_plans.inputs import Spread, Uncertain, assumption_table, override
from computebook.training_plans.model import RunModel, pace_of
from computebook.training_plans.plan import (
    DRAWS,
    SEED,
    cluster_of,
    result_frame,
    shape_input,
    warnings_for,
)
from computebook.training_plans.request import Request
from computebook.training_plans.shapes import EXPERT_REFERENCES
from computebook.training_plans.speed import Placement, place

__all__ = ["FRONTIER", "FrontierRange", "frontier_range"]

FRONTIER: Final[dict[str, tuple[Spread, str]]] = {
    "active_params": (
        Spread(37e9, 100e9, 300e9),
        "Low end: DeepSeek-V3, deepseek2024v3. The rest is assumed: about the largest open "
        "mixture that was announced at the high end.",
    ),
    "tokens": (
        Spread(15e12, 30e12, 60e12),
        "Low end: DeepSeek-V3 and Llama 3.1, deepseek2024v3 and grattafiori2024llama3. Centre "
        "and high end assumed around the 40 trillion of Llama 4 Scout, meta2025llama4card.",
    ),
}
"""Size and tokens of a model of the class of GPT-5.2: assumptions of this report, for OpenAI
publishes neither. Only the final pre-training run counts: no experiments, no reinforcement
learning."""

_WORDS: Final = {"active_params": ("parameters", "parameters that one token meets"),
                 "tokens": ("tokens", "training tokens")}  # fmt: skip


@dataclass(frozen=True)
class FrontierRange:
    """The range of an undisclosed run.

    Parameters
    ----------
    layouts : pandas.DataFrame
        Fastest layout of every shape and size that was computed.
    assumptions : pandas.DataFrame
        Every input with its range, unit, distribution and source.
    draws : pandas.DataFrame
        Inputs and results of each draw.
    warnings : tuple of str
        Where it leaves what was measured.
    model : RunModel
        The run as a function of its inputs.
    """

    layouts: pd.DataFrame
    assumptions: pd.DataFrame
    draws: pd.DataFrame
    warnings: tuple[str, ...]
    model: RunModel

    def frame(self) -> pd.DataFrame:
        """Return one row per result: quantity, unit, boundary, low, central and high.

        Low and high hold 80 % of the draws, central is their median.
        """
        return result_frame(self.draws, {n: float(self.draws[n].median()) for n in RESULTS})


def _ask(gpu: str, count: float, active: float, tokens: float, ratio: float,
         precision: str | None) -> Request:  # fmt: skip
    return Request(params=active * ratio, active_params=active, tokens=tokens, gpu=gpu,
                   count=count, precision=precision)  # fmt: skip


def _own_shape(reference: str, request: Request) -> Placement:
    """Return the reference scaled to a request, placed."""
    named = {shape.architecture_id: shape for shape in request.shapes}
    key = f"{reference}-scaled"
    if key not in named:
        raise errors.ComputebookError(
            f"active_params = {request.active_params:g} parameters is out of what {reference!r} "
            "can be scaled to"
        )
    return place(request, named[key])


def _ratio(reference: str) -> float:
    """Return all parameters over those that a token meets."""
    shape = datasets.architecture(reference)
    active = architectures.active_parameter_count(shape)
    return float(architectures.parameter_count(shape) / active)


def frontier_range(
    *,
    gpu: str = "gb200",
    count: float = 100_000,
    precision: str | None = None,
    active_params: Spread | None = None,
    tokens: Spread | None = None,
    owned: bool = False,
    draws: int = DRAWS,
    seed: int = SEED,
) -> FrontierRange:
    """Return what a run of an undisclosed model may take, over stated assumptions.

    Each reference of `shapes.EXPERT_REFERENCES` is scaled to the low, central and high number
    of active parameters at its own share of active ones; between them throughput is
    interpolated.

    Parameters
    ----------
    gpu : str, default "gb200"
        Accelerator.
    count : float, default 100,000
        Accelerators held, 1 to 1e6.
    precision : str, optional
        As for `Request`.
    active_params, tokens : Spread, optional
        Assumptions in place of `FRONTIER`.
    owned : bool, default False
        Whether the cost of the run is that of an own cluster.
    draws, seed : int
        As for `plan`.

    Raises
    ------
    ComputebookError
        If a number is out of bounds or no layout fits.

    Examples
    --------
    >>> found = frontier_range(count=16_384, draws=200)
    >>> row = found.frame().set_index("name").loc["total_usd"]
    >>> bool(row["low"] < row["central"] < row["high"])
    True
    """
    given = {"active_params": active_params, "tokens": tokens}
    sizes, amount = (given[name] or FRONTIER[name][0] for name in ("active_params", "tokens"))
    steps = sorted({sizes.low, sizes.central, sizes.high})
    rows = [
        [_own_shape(ref, _ask(gpu, count, size, amount.central, _ratio(ref), precision))
         for size in steps]
        for ref in EXPERT_REFERENCES
    ]  # fmt: skip
    rows.sort(key=lambda row: row[len(row) // 2].tokens_per_s_per_gpu)
    request = _ask(gpu, count, steps[-1], amount.central, 10.0, precision)
    inputs = (
        *(_assumed(name, spread, given[name] is None)
          for name, spread in (("active_params", sizes), ("tokens", amount))),
        shape_input([row[0].shape for row in rows]), model_error(request.device, routed=True),
        *override(run_inputs(request.device), {}),
    )  # fmt: skip
    cluster = cluster_of(request)
    model = RunModel(inputs, pace_of(rows, steps), cluster)
    x, found = model.drawn(draws, seed)
    table = [p.row(request.device, str(request.precision)) for row in rows for p in row]
    return FrontierRange(pd.DataFrame(table), assumption_table((*inputs, *layout_inputs(request))),
                         pd.DataFrame({**x, **found}), warnings_for(request, len(rows)),
                         model)  # fmt: skip


def _assumed(name: str, spread: Spread, ours: bool) -> Uncertain:
    unit, meaning = _WORDS[name]
    return Uncertain(name=name, low=spread.low, central=spread.central, high=spread.high,
                     unit=unit, meaning=meaning, distribution="log-triangular",
                     basis="assumed" if ours else "asked",
                     note=FRONTIER[name][1] if ours else "")  # fmt: skip
