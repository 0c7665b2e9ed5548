"""A run as a function of its uncertain inputs: what draws, ends and designs are taken of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from computebook.training_plans.chain import Cluster, run_results
from computebook.training_plans.inputs import Uncertain, centre, draw_inputs
from computebook.training_plans.speed import Placement

__all__ = ["Pace", "RunModel"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pace:
    """Throughput over shapes and sizes of a model.

    Parameters
    ----------
    active_params : numpy.ndarray
        Sizes, rising, shape ``(sizes,)``.
    tokens_per_s_per_gpu, flop_per_token, working_gpus : numpy.ndarray
        Shape ``(shapes, sizes)``, slowest shape first.
    """

    active_params: Array
    tokens_per_s_per_gpu: Array
    flop_per_token: Array
    working_gpus: Array

    def at(self, shape: Any, active_params: Any = None) -> dict[str, Any]:
        """Return throughput, operations and working accelerators of draws.

        Between sizes, logarithms are interpolated.

        Parameters
        ----------
        shape : float or array
            Index of the shape.
        active_params : float or array, optional
            Size; the only one if left out.
        """
        which = np.asarray(shape, int)
        size = self.active_params[0] if active_params is None else active_params
        lower, share = self._between(np.asarray(size, float))
        upper = np.minimum(lower + 1, len(self.active_params) - 1)
        names = ("tokens_per_s_per_gpu", "flop_per_token", "working_gpus")
        return {n: _blend(getattr(self, n), which, lower, upper, share) for n in names}

    def _between(self, size: Array) -> tuple[npt.NDArray[np.int64], Array]:
        """Return the size below, and how far the next one is approached in logarithms."""
        grid = np.log(self.active_params)
        place = np.interp(np.log(size), grid, np.arange(len(grid), dtype=float))
        lower = np.floor(place).astype(int)
        return lower, place - lower


def _blend(table: Array, shape: Any, lower: Any, upper: Any, share: Array) -> Any:
    logs = np.log(table)
    return np.exp(logs[shape, lower] * (1.0 - share) + logs[shape, upper] * share)


def pace_of(placements: Sequence[Sequence[Placement]], active_params: Sequence[float]) -> Pace:
    """Return the pace of shapes (rows) at sizes (columns).

    Parameters
    ----------
    placements : sequence of sequence of Placement
        One row per shape.
    active_params : sequence of float
        Sizes, rising.
    """

    def table(name: str) -> Array:
        return np.array([[float(getattr(p, name)) for p in row] for row in placements])

    return Pace(np.asarray(active_params, float), table("tokens_per_s_per_gpu"),
                table("flop_per_token"), table("working"))  # fmt: skip


@dataclass(frozen=True)
class RunModel:
    """A run with uncertain inputs.

    Parameters
    ----------
    inputs : tuple of Uncertain
        Every input, the shape and the tokens among them.
    pace : Pace
        Throughput by shape and size.
    cluster : Cluster
        What is certain.
    """

    inputs: tuple[Uncertain, ...]
    pace: Pace
    cluster: Cluster

    def results(self, x: Mapping[str, Any]) -> dict[str, Any]:
        """Return every result at given inputs.

        Parameters
        ----------
        x : mapping of str to float or array
            A value for each input, numbers or arrays of one length.
        """
        return run_results({**x, **self.pace.at(x["shape"], x.get("active_params"))}, self.cluster)

    def central(self) -> dict[str, float]:
        """Return every result at the central inputs."""
        return {name: float(value) for name, value in self.results(centre(self.inputs)).items()}

    def drawn(self, draws: int, seed: int) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return draws of the inputs, and the results of each.

        Parameters
        ----------
        draws : int
            How many.
        seed : int
            Equal seeds give equal draws.
        """
        x = draw_inputs(self.inputs, draws, seed)
        found = self.results(x)
        return x, {n: np.broadcast_to(np.asarray(v, float), draws) for n, v in found.items()}
