"""Power at a boundary: from the accelerator to the node, the rack, the hall and the site.

A rating is not a load: ratings size a site, measured loads size an energy bill. Every number
belongs to one of the boundaries in `hardware.POWER_BOUNDARIES`, and two numbers compare only at
the same one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from computebook import errors
from computebook.hardware import POWER_BOUNDARIES
from computebook.units import Quantity, scalar_in_scalar_out

__all__ = [
    "BoundaryFactors",
    "accelerators_supported",
    "load_fraction",
    "power_at_boundary_w",
    "power_at_utilization_w",
    "power_for_accelerators_w",
    "units_needed",
]

MAX_POWER_W = 1e13
"""Bound on every power: several times what mankind uses."""


def _power(field: str, value: Quantity) -> Any:
    return errors.require_finite_in(field, value, "W", 0, MAX_POWER_W)


@dataclass(frozen=True, kw_only=True)
class BoundaryFactors:
    """Power at each boundary as a multiple of the boundary inside it.

    Parameters
    ----------
    node_per_gpu : float or array
        Node over the sum of its accelerators, 1 to 5 (rated DGX H100: 10.2 / 5.6 kW = 1.82).
    rack_per_node : float or array, default 1
        Rack over the sum of its nodes, 1 to 3: switches, power shelves.
    it_per_rack : float or array, default 1
        All IT over the compute racks, 1 to 3: network, storage, control nodes.
    facility_per_it : float or array
        Power usage effectiveness, 1 to 3.

    Raises
    ------
    ComputebookError
        If a factor is outside its bounds.

    Examples
    --------
    >>> BoundaryFactors(node_per_gpu=1.82, facility_per_it=1.2).rack_per_node
    1.0
    """

    node_per_gpu: Quantity
    rack_per_node: Quantity = 1.0
    it_per_rack: Quantity = 1.0
    facility_per_it: Quantity

    def __post_init__(self) -> None:
        check = errors.require_finite_in
        check("node_per_gpu", self.node_per_gpu, "", 1, 5)
        check("rack_per_node", self.rack_per_node, "", 1, 3)
        check("it_per_rack", self.it_per_rack, "", 1, 3)
        check("facility_per_it", self.facility_per_it, "", 1, 3)

    def multiple_of_gpu(self, boundary: str) -> Any:
        """Return power at a boundary over the power of the accelerators alone.

        Parameters
        ----------
        boundary : str
            One of `hardware.POWER_BOUNDARIES`.

        Returns
        -------
        float or array
            Product of the factors up to that boundary.

        Raises
        ------
        ComputebookError
            If the boundary is unknown.

        Examples
        --------
        >>> BoundaryFactors(node_per_gpu=2, facility_per_it=1.25).multiple_of_gpu("facility")
        2.5
        """
        errors.require_known("power boundary", boundary, POWER_BOUNDARIES)
        steps = (
            1.0,
            self.node_per_gpu,
            self.rack_per_node,
            self.it_per_rack,
            self.facility_per_it,
        )
        return math.prod(steps[: POWER_BOUNDARIES.index(boundary) + 1])


@scalar_in_scalar_out
def power_at_boundary_w(
    power_w: Quantity, from_boundary: str, to_boundary: str, factors: BoundaryFactors
) -> Any:
    """Return a power seen from another boundary.

    ``P x multiple(to) / multiple(from)``.

    Source: `shehabi2024lbnl` (power usage effectiveness), `tschand2025mlperfpower` (boundaries).

    Parameters
    ----------
    power_w : float or array
        Power at `from_boundary`, W, 0 to 1e13.
    from_boundary, to_boundary : str
        One of `hardware.POWER_BOUNDARIES`.
    factors : BoundaryFactors
        Overheads between the boundaries.

    Returns
    -------
    float or array
        W at `to_boundary`.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds or a boundary is unknown.

    Examples
    --------
    >>> factors = BoundaryFactors(node_per_gpu=1.82, facility_per_it=1.15)
    >>> round(power_at_boundary_w(700.0, "gpu", "facility", factors))
    1465
    """
    outer = factors.multiple_of_gpu(to_boundary)
    return _power("power_w", power_w) * outer / factors.multiple_of_gpu(from_boundary)


@scalar_in_scalar_out
def load_fraction(measured_w: Quantity, rated_w: Quantity) -> Any:
    """Return what share of its rating a system draws.

    Source: `tschand2025mlperfpower`.

    Parameters
    ----------
    measured_w : float or array
        Mean power under load, W, 0 to 1e13.
    rated_w : float or array
        Rated power at the same boundary, W, 1e-3 to 1e13.

    Returns
    -------
    float or array
        Fraction; above 1 where a system exceeds its rating.

    Raises
    ------
    ComputebookError
        If a power is outside its bounds.

    Examples
    --------
    >>> round(load_fraction(10_401, 14_300), 2)
    0.73
    """
    rated = errors.require_finite_in("rated_w", rated_w, "W", 1e-3, MAX_POWER_W)
    return np.divide(_power("measured_w", measured_w), rated)


@scalar_in_scalar_out
def power_at_utilization_w(
    idle_w: Quantity, busy_w: Quantity, utilization_fraction: Quantity
) -> Any:
    """Return the mean power of a machine that is busy for part of the time.

    ``idle + (busy - idle) u``.

    Source: `fan2007power`.

    Parameters
    ----------
    idle_w, busy_w : float or array
        Power without load and under full load, W, 0 to 1e13.
    utilization_fraction : float or array
        Share u of the time under load, 0 to 1.

    Returns
    -------
    float or array
        W.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> power_at_utilization_w(2_876, 10_401, 0.5)
    6638.5
    """
    share = errors.require_finite_in("utilization_fraction", utilization_fraction, "", 0, 1)
    idle = _power("idle_w", idle_w)
    return idle + (_power("busy_w", busy_w) - idle) * share


@scalar_in_scalar_out
def power_for_accelerators_w(accelerators: Quantity, w_per_accelerator: Quantity) -> Any:
    """Return the power of a number of accelerators.

    ``N x watts per accelerator``; the result has the boundary of the watts.

    Source: `nvidia_superpod_gb200` (rated figures per system).

    Parameters
    ----------
    accelerators : float or array
        Number of accelerators, 0 to 1e9.
    w_per_accelerator : float or array
        Power each stands for at some boundary, W, 0 to 1e6.

    Returns
    -------
    float or array
        W.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> round(power_for_accelerators_w(150_000, 140_000 / 72) / 1e6)
    292
    """
    count = errors.require_finite_in("accelerators", accelerators, "accelerators", 0, 1e9)
    return count * errors.require_finite_in("w_per_accelerator", w_per_accelerator, "W", 0, 1e6)


@scalar_in_scalar_out
def accelerators_supported(power_w: Quantity, w_per_accelerator: Quantity) -> Any:
    """Return the accelerators that a power budget carries.

    ``floor(P / watts per accelerator)``, both at the same boundary.

    Source: `nvidia_superpod_gb200` (rated figures per system).

    Parameters
    ----------
    power_w : float or array
        Power budget, W, 0 to 1e13.
    w_per_accelerator : float or array
        Power each stands for at the same boundary, W, 1e-3 to 1e6.

    Returns
    -------
    float or array
        Whole accelerators.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> accelerators_supported(300e6, 140_000 / 72)
    154285.0
    """
    each = errors.require_finite_in("w_per_accelerator", w_per_accelerator, "W", 1e-3, 1e6)
    return np.floor(_power("power_w", power_w) / each)


@scalar_in_scalar_out
def units_needed(accelerators: Quantity, accelerators_per_unit: Quantity) -> Any:
    """Return the nodes or racks that hold a number of accelerators.

    ``ceil(N / per unit)``: racks are bought whole.

    Source: `nvidia_superpod_gb200`.

    Parameters
    ----------
    accelerators : float or array
        Number of accelerators, 0 to 1e9.
    accelerators_per_unit : float or array
        How many one node or rack holds, 1 to 1e6.

    Returns
    -------
    float or array
        Whole units.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> units_needed(150_000, 72)
    2084.0
    """
    count = errors.require_finite_in("accelerators", accelerators, "accelerators", 0, 1e9)
    per_unit = errors.require_finite_in("accelerators_per_unit", accelerators_per_unit, "", 1, 1e6)
    return np.ceil(count / per_unit)
