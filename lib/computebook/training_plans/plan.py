"""From a request to a plan: layout, time, power, energy and cost of a run, each as a range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from computebook import datasets, errors
from computebook.architectures import Transformer
from computebook.training_plans.assumptions import (
    is_calibrated,
    layout_inputs,
    model_error,
    run_inputs,
)
from computebook.training_plans.chain import RESULTS, Cluster
from computebook.training_plans.inputs import TAIL, Uncertain, assumption_table, override
from computebook.training_plans.model import RunModel, pace_of
from computebook.training_plans.nearest import nearest_feasible
from computebook.training_plans.request import Request
from computebook.training_plans.speed import Placement, place

__all__ = ["DRAWS", "SEED", "Plan", "plan", "result_frame"]

DRAWS: Final = 10_000
SEED: Final = 20_260_115


@dataclass(frozen=True)
class Plan:
    """The answer to a request.

    Parameters
    ----------
    request : Request
        What was asked.
    layouts : pandas.DataFrame
        The fastest layout of each shape, slowest shape first; empty if none is feasible.
    assumptions : pandas.DataFrame
        Every input with its range, unit, distribution and source.
    draws : pandas.DataFrame
        Inputs and results of each draw.
    warnings : tuple of str
        Where the plan leaves what was measured or published.
    model : RunModel, optional
        The run as a function of its inputs; None if infeasible.
    binding : str
        What stands in the way; empty if feasible.
    nearest : tuple of str
        What would be feasible.
    """

    request: Request
    layouts: pd.DataFrame
    assumptions: pd.DataFrame
    draws: pd.DataFrame
    warnings: tuple[str, ...] = ()
    model: RunModel | None = None
    binding: str = ""
    nearest: tuple[str, ...] = ()

    @property
    def feasible(self) -> bool:
        """Whether any layout fits."""
        return self.model is not None

    def frame(self) -> pd.DataFrame:
        """Return one row per result: quantity, unit, boundary, low, central and high.

        Low and high hold 80 % of the draws; central is the value at the central inputs, at
        which the parts of a cost add up.

        Returns
        -------
        pandas.DataFrame
            Columns `name`, `quantity`, `unit`, `boundary`, `low`, `central`, `high`; empty if
            the request is infeasible.
        """
        return result_frame(self.draws, self.model.central() if self.model else {})


def result_frame(draws: pd.DataFrame, central: Mapping[str, float]) -> pd.DataFrame:
    """Return results with intervals in the units of a reader.

    Parameters
    ----------
    draws : pandas.DataFrame
        Results by short name, one row per draw.
    central : mapping of str to float
        Central value of each result that shall be shown, base units.
    """
    rows = []
    for name in (n for n in RESULTS if n in central):
        low, high = np.quantile(draws[name].to_numpy(), [TAIL, 1 - TAIL])
        result = RESULTS[name]
        ends = (min(low, central[name]), central[name], max(high, central[name]))
        rows.append((name, result.words, result.unit, result.boundary,
                     *(float(end) / result.per_base for end in ends)))  # fmt: skip
    columns = ["name", "quantity", "unit", "boundary", "low", "central", "high"]
    return pd.DataFrame(rows, columns=columns)


def plan(request: Request, draws: int = DRAWS, seed: int = SEED) -> Plan:
    """Return layout, time, power, energy and cost of a run, with intervals.

    Parameters
    ----------
    request : Request
        What is asked.
    draws : int, default 10,000
        Draws behind the intervals, 1 to 1e6.
    seed : int, default 20260115
        Equal seeds give equal answers.

    Returns
    -------
    Plan
        Feasible or not; an infeasible one says what binds and what would be feasible.

    Raises
    ------
    ComputebookError
        If no price is known for the accelerator, or a number is out of bounds.

    Examples
    --------
    >>> ask = Request(model="llama-3.1-405b", tokens=15.6e12, gpu="h100", count=16_384)
    >>> frame = plan(ask, draws=500).frame().set_index("name")
    >>> bool(frame.loc["gpu_hours", "low"] < 30.84 < frame.loc["gpu_hours", "high"] * 1.2)
    True
    """
    placed, fault = placements(request)
    if not placed:
        nothing = pd.DataFrame()
        return Plan(request, nothing, nothing, nothing, binding=fault,
                    nearest=nearest_feasible(request))  # fmt: skip
    model = run_model(request, placed)
    x, found = model.drawn(draws, seed)
    rows = [p.row(request.device, str(request.precision)) for p in placed]
    return Plan(
        request, pd.DataFrame(rows),
        assumption_table((*model.inputs, *layout_inputs(request))), pd.DataFrame({**x, **found}),
        warnings_for(request, len(placed)), model,
    )  # fmt: skip


def placements(request: Request) -> tuple[list[Placement], str]:
    """Return the fastest layout of every shape that fits, slowest first, and what binds.

    Parameters
    ----------
    request : Request
        What is asked.
    """
    found: list[Placement] = []
    faults: list[str] = []
    for shape in request.shapes:
        try:
            found.append(place(request, shape))
        except errors.ComputebookError as fault:
            faults.append(str(fault))
    found.sort(key=lambda p: p.tokens_per_s_per_gpu)
    return found, faults[0] if faults else ""


def run_model(request: Request, placed: Sequence[Placement]) -> RunModel:
    """Return the run of a request as a function of its inputs.

    Parameters
    ----------
    request : Request
        What is asked.
    placed : sequence of Placement
        Layouts of its shapes, slowest first.
    """
    routed = any(float(p.shape.experts) > 0 for p in placed)
    tokens = Uncertain(name="tokens", low=request.tokens, central=request.tokens,
                       high=request.tokens, unit="tokens", meaning="training tokens",
                       basis="asked")  # fmt: skip
    inputs = (
        tokens, shape_input([p.shape for p in placed]), model_error(request.device, routed),
        *run_inputs(request.device, rent=request.usd_per_gpu_hour),
    )  # fmt: skip
    pace = pace_of([[p] for p in placed], [1.0])
    return RunModel(override(inputs, request.overrides), pace, cluster_of(request))


def cluster_of(request: Request) -> Cluster:
    """Return what is certain about a request.

    Parameters
    ----------
    request : Request
        What is asked.
    """
    device = request.device
    peak = float(device.dense_flop_per_s(str(request.precision)))
    return Cluster(count=float(request.count), board_w=device.tdp_w, peak_flop_per_s=peak,
                   owned=request.owned)  # fmt: skip


def shape_input(shapes: Sequence[Transformer]) -> Uncertain:
    """Return which shape a run has, as an input: each equally likely.

    Parameters
    ----------
    shapes : sequence of Transformer
        Slowest first.
    """
    last = len(shapes) - 1.0
    names = ", ".join(shape.name or shape.architecture_id for shape in shapes)
    keys = sorted({_source(shape) for shape in shapes} - {""})
    return Uncertain(name="shape", low=0.0, central=float(last // 2), high=last, unit="",
                     meaning=f"shape, slowest first: {names}", distribution="choice",
                     basis="published" if last == 0 else "assumed",
                     source_key="; ".join(keys))  # fmt: skip


def _source(shape: Transformer) -> str:
    name = shape.architecture_id.removesuffix("-scaled")
    return str(datasets.row_of("architectures", "architecture_id", name)["source_key"])


def largest_measured() -> float:
    """Return the most accelerators of any measured run in the tables.

    Examples
    --------
    >>> largest_measured()
    16384.0
    """
    tables = ("mlperf_training", "training_throughput", "training_runs")
    return float(max(datasets.load(name)["accelerators"].max() for name in tables))


def warnings_for(request: Request, shapes: int) -> tuple[str, ...]:
    """Return where a request leaves what was measured.

    Parameters
    ----------
    request : Request
        What is asked.
    shapes : int
        Shapes that fit.
    """
    found = []
    most = largest_measured()
    if request.count > most:
        found.append(
            f"{request.count:,.0f} accelerators are more than any run with published speed "
            f"({most:,.0f}): speed and failures are extrapolated."
        )
    if not is_calibrated(request.device):
        found.append(f"No training run on {request.device.name} stands behind the constants.")
    if request.model is None and shapes < len(request.shapes):
        found.append(f"Only {shapes} of {len(request.shapes)} shapes fit.")
    return tuple(found)


Array = npt.NDArray[Any]


def column(draws: pd.DataFrame, name: str) -> Array:
    """Return one column of the draws as an array.

    Parameters
    ----------
    draws : pandas.DataFrame
        From a plan.
    name : str
        Short name.

    Raises
    ------
    ComputebookError
        If there is no such column.
    """
    errors.require_known("result", name, [str(c) for c in draws.columns])
    return np.asarray(draws[name], float)
