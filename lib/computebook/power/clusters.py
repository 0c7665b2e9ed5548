"""Power of a training cluster: accelerators by phase of a step, hosts, network, cooling.

A training step alternates. Products drive a chip to its power limit, elementwise work keeps the
memory busy, and while messages are exposed or a pipeline idles the chip draws little more than
clocks and links. The mean over a step is the draw of an accelerator; hosts, supplies, switches
and cooling come on top, each at its boundary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from computebook import errors
from computebook.power.activity import DrawConstants, accelerator_draw
from computebook.power.draw import MAX_POWER_W
from computebook.units import Quantity, plain, scalar_in_scalar_out

__all__ = ["ClusterDraw", "StepPhases", "cluster_draw", "step_draw_w"]


@dataclass(frozen=True, kw_only=True)
class StepPhases:
    """What an accelerator does during a training step; each may be an array.

    Parameters
    ----------
    products_s : float or array
        Time in products with weights and in attention, s, 0 to 1e9.
    memory_s : float or array
        Time in work bound by memory: elementwise work, optimizer, s, 0 to 1e9.
    waiting_s : float or array
        Time in which neither runs: exposed messages, bubble, kernel starts, host, s, 0 to 1e9.
    flop_per_s : float or array
        Operations per second while products run, 0 to 1e20.
    bytes_per_s : float or array
        Bytes per second while memory is the limit, 0 to 1e16.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> StepPhases(products_s=6, memory_s=2, waiting_s=2, flop_per_s=1e15, bytes_per_s=2.7e12
    ...     ).busy_fraction
    0.8
    """

    products_s: Quantity
    memory_s: Quantity
    waiting_s: Quantity
    flop_per_s: Quantity
    bytes_per_s: Quantity

    def __post_init__(self) -> None:
        check = errors.require_finite_in
        for name in ("products_s", "memory_s", "waiting_s"):
            check(name, getattr(self, name), "s", 0.0, 1e9)
        check("flop_per_s", self.flop_per_s, "FLOP/s", 0.0, 1e20)
        check("bytes_per_s", self.bytes_per_s, "B/s", 0.0, 1e16)

    @property
    def total_s(self) -> Any:
        """Time of the step, s."""
        return plain(1.0 * self.products_s + self.memory_s + self.waiting_s)

    @property
    def busy_fraction(self) -> Any:
        """Share of the step in which the accelerator computes."""
        return plain(1.0 - self.waiting_s / self.total_s)


@dataclass(frozen=True)
class ClusterDraw:
    """Watts per accelerator at each boundary.

    Parameters
    ----------
    accelerator_w : float or array
        The chip itself, mean over a step.
    node_w : float or array
        Its share of the server at the plug.
    it_w : float or array
        With its share of the switches.
    facility_w : float or array
        With cooling and losses of the building.
    """

    accelerator_w: Quantity
    node_w: Quantity
    it_w: Quantity
    facility_w: Quantity


@scalar_in_scalar_out
def step_draw_w(
    rated_w: Quantity, phases: StepPhases, constants: DrawConstants, limit_w: Quantity | None = None
) -> Any:
    r"""Return the mean power of an accelerator over a training step, W.

    .. math:: P = \frac{\sum_i t_i\, P_i}{\sum_i t_i}

    over products, memory-bound work and waiting, each at the power of `accelerator_draw`.

    Source: `horowitz2014energy` (energy per byte and operation), `mlcommons2024training40` (metered
    runs).

    Parameters
    ----------
    rated_w : float or array
        Thermal design power, W, 1 to 1e6.
    phases : StepPhases
        What the accelerator does.
    constants : DrawConstants
        Energy constants of its generation.
    limit_w : float or array, optional
        Power limit that the operator set, W; the rated power if left out.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> hopper = DrawConstants(active_fraction=0.4, byte_j=89e-12, flop_j=2.6e-12)
    >>> work = StepPhases(products_s=6, memory_s=2, waiting_s=2, flop_per_s=1e15,
    ...     bytes_per_s=2.7e12)
    >>> round(step_draw_w(700.0, work, hopper))
    573
    """
    idle = np.zeros_like(np.multiply(phases.flop_per_s, 1.0))
    products, memory, waiting = (
        accelerator_draw(rated_w, moved, done, constants, limit_w).total_w
        for moved, done in (
            (idle, phases.flop_per_s),
            (phases.bytes_per_s, idle),
            (idle, idle),
        )
    )
    energy = phases.products_s * products + phases.memory_s * memory + phases.waiting_s * waiting
    return energy / phases.total_s


def cluster_draw(
    accelerator_w: Quantity,
    constants: DrawConstants,
    *,
    switch_w: Quantity = 0.0,
    facility_per_it: Quantity = 1.0,
    at_plug: Any = True,
) -> ClusterDraw:
    """Return the power of a cluster per accelerator at each boundary.

    ``node = (P + host) / supply``, ``it = node + switches``, ``facility = it x PUE``.

    Source: `tschand2025mlperfpower`.

    Parameters
    ----------
    accelerator_w : float or array
        Mean power of an accelerator, W, 0 to 1e13.
    constants : DrawConstants
        Host power and efficiency of the supplies.
    switch_w : float or array, default 0
        Network switches per accelerator, W, 0 to 1e5.
    facility_per_it : float or array, default 1
        Power usage effectiveness, 1 to 3.
    at_plug : bool or array of bool, default True
        Whether the node is metered before its power supplies; behind them their loss is not seen.

    Returns
    -------
    ClusterDraw
        W per accelerator.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> draw = cluster_draw(570.0, DrawConstants(host_w=200.0), switch_w=116.0,
    ...     facility_per_it=1.2)
    >>> [round(x) for x in (draw.node_w, draw.it_w, draw.facility_w)]
    [811, 927, 1112]
    """
    check = errors.require_finite_in
    chip = check("accelerator_w", accelerator_w, "W", 0.0, MAX_POWER_W)
    switches = check("switch_w", switch_w, "W", 0.0, 1e5)
    overhead = check("facility_per_it", facility_per_it, "", 1.0, 3.0)
    inside = chip + np.multiply(constants.host_w, 1.0)
    node = inside / np.where(at_plug, constants.supply_fraction, 1.0)
    return ClusterDraw(*(plain(x) for x in (chip, node, node + switches,
                                            (node + switches) * overhead)))  # fmt: skip
