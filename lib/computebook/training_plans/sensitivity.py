"""Which inputs matter: one at a time, and by their share of the variance."""

from __future__ import annotations

import importlib
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd

from computebook import errors
from computebook.training_plans.chain import RESULTS
from computebook.training_plans.inputs import TAIL, Uncertain, centre
from computebook.training_plans.model import RunModel
from computebook.training_plans.plan import SEED

__all__ = ["sobol", "tornado"]

_SAMPLES: Final = 1024


class _Answered(Protocol):
    """A plan or a frontier range."""

    @property
    def model(self) -> RunModel | None:
        """The run as a function of its inputs."""


def _model(answer: _Answered, result: str) -> RunModel:
    errors.require_known("result", result, RESULTS)
    if answer.model is None:
        raise errors.ComputebookError("the request is infeasible: there is nothing to compare")
    return answer.model


def tornado(answer: _Answered, result: str = "total_usd") -> pd.DataFrame:
    """Return how far each input alone moves a result, largest first.

    Each goes from the value with a tenth of its draws below to the one with a tenth above, the
    others stay central.

    Parameters
    ----------
    answer : Plan or FrontierRange
        A feasible one.
    result : str, default "total_usd"
        One of `chain.RESULTS`.

    Returns
    -------
    pandas.DataFrame
        `input`, `low_value`, `central_value`, `high_value`, `result_at_low`,
        `result_at_central`, `result_at_high`, `swing`, all in base units.

    Raises
    ------
    ComputebookError
        If the result is unknown or the plan infeasible.
    """
    model = _model(answer, result)
    base = centre(model.inputs)
    middle = float(model.results(base)[result])
    rows = []
    for each in (i for i in model.inputs if i.varies):
        ends = each.at(np.array([TAIL, 1 - TAIL]))
        low, high = np.broadcast_to(model.results(base | {each.name: ends})[result], 2)
        swing = max(low, high, middle) - min(low, high, middle)
        rows.append((each.name, ends[0], each.central, ends[1], low, middle, high, swing))
    columns = ["input", "low_value", "central_value", "high_value", "result_at_low",
               "result_at_central", "result_at_high", "swing"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def _salib() -> tuple[Any, Any]:
    """Return the sampler and the analysis of SALib."""
    try:
        sample = importlib.import_module("SALib.sample.sobol")
        analysis = importlib.import_module("SALib.analyze.sobol")
    except ModuleNotFoundError as error:
        raise errors.ComputebookError(
            f"Sobol indices need the package {error.name}: pip install 'computebook[sensitivity]'"
        ) from error
    return sample, analysis


def sobol(
    answer: _Answered, result: str = "total_usd", samples: int = _SAMPLES, seed: int = SEED
) -> pd.DataFrame:
    r"""Return first-order and total Sobol indices of a result, largest total first.

    .. math::
        S_i = \frac{V[E(Y | X_i)]}{V(Y)}, \qquad S_{Ti} = 1 - \frac{V[E(Y | X_{\sim i})]}{V(Y)}

    Source: `saltelli2010variance`, by SALib (`herman2017salib`).

    Parameters
    ----------
    answer : Plan or FrontierRange
        A feasible one.
    result : str, default "total_usd"
        One of `chain.RESULTS`.
    samples : int, default 1024
        Base samples, a power of two, 64 to 65,536; each costs inputs + 2 evaluations.
    seed : int
        Equal seeds give equal indices.

    Returns
    -------
    pandas.DataFrame
        `input`, `first`, `first_conf`, `total`, `total_conf`: shares of the variance, with
        half-widths of 95 % intervals. Inputs that alone do not move the result are left out.

    Raises
    ------
    ComputebookError
        If SALib is missing, the result is unknown or does not vary, or the plan infeasible.
    """
    model = _model(answer, result)
    count = int(errors.require_finite_in("samples", samples, "samples", 64, 65_536))
    if count & (count - 1):
        raise errors.ComputebookError(f"samples = {count} is not a power of two")
    sample, analysis = _salib()
    free = _moving(model, result)
    problem = {"num_vars": len(free), "names": [each.name for each in free],
               "bounds": [[0.0, 1.0]] * len(free)}  # fmt: skip
    design = sample.sample(problem, count, calc_second_order=False, seed=seed)
    values = _values(model, free, design, result)
    found = analysis.analyze(problem, values, calc_second_order=False, seed=seed)
    frame = pd.DataFrame({"input": problem["names"], "first": found["S1"],
                          "first_conf": found["S1_conf"], "total": found["ST"],
                          "total_conf": found["ST_conf"]})  # fmt: skip
    return frame.sort_values("total", ascending=False, kind="stable", ignore_index=True)


def _moving(model: RunModel, result: str) -> list[Uncertain]:
    """Return the inputs that alone move a result."""
    base, ends = centre(model.inputs), np.array([0.0, TAIL, 0.5, 1 - TAIL, 1.0])
    moving = [each for each in model.inputs if each.varies
              and np.ptp(model.results(base | {each.name: each.at(ends)})[result]) > 0]  # fmt: skip
    if not moving:
        raise errors.ComputebookError(f"result {result!r} does not vary: it has no indices")
    return moving


def _values(model: RunModel, free: list[Uncertain], design: Any, result: str) -> Any:
    """Return the result over a design on the unit cube."""
    x: dict[str, Any] = dict(centre(model.inputs))
    for number, each in enumerate(free):
        x[each.name] = each.at(design[:, number])
    return np.asarray(model.results(x)[result], float)
