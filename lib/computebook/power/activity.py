"""Power of an accelerator from what it does: bytes moved and operations done per second.

A chip that serves never rests at its idle power: clocks, caches and links are up whatever the
work. On top of that each byte and each operation costs a fixed energy, until the power limit
slows the clocks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from computebook import errors, units
from computebook.power.draw import MAX_POWER_W
from computebook.units import Quantity, scalar_in_scalar_out

__all__ = ["LIMIT_SHARPNESS", "DrawConstants", "DrawParts", "accelerator_draw", "server_draw_w"]

LIMIT_SHARPNESS: Final = 4.0
"""How suddenly the power limit takes hold: at a demand equal to it, 84 % of it are drawn."""


@dataclass(frozen=True, kw_only=True)
class DrawConstants:
    """Energy constants of one accelerator generation, or arrays.

    Parameters
    ----------
    active_fraction : float, default 0.35
        Power of a chip that serves, before any byte or operation, over its rating, 0 to 1.
    byte_j : float, default 1e-10
        Energy to move one byte from memory into the arithmetic, J, 0 to 1e-6.
    flop_j : float, default 2e-12
        Energy of one matrix operation with its operands, J, 0 to 1e-6.
    idle_fraction : float, default 0.12
        Power of a chip that waits, over its rating, 0 to 1.
    host_w : float, default 200
        Processors, fans, network and drives per accelerator, W, 0 to 1e5.
    supply_fraction : float, default 0.95
        Efficiency of the power supplies, above 0, to 1.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> DrawConstants(active_fraction=0.4).host_w
    200.0
    """

    active_fraction: Quantity = 0.35
    byte_j: Quantity = 1e-10
    flop_j: Quantity = 2e-12
    idle_fraction: Quantity = 0.12
    host_w: Quantity = 200.0
    supply_fraction: Quantity = 0.95

    def __post_init__(self) -> None:
        check = errors.require_finite_in
        for name in ("active_fraction", "idle_fraction"):
            check(name, getattr(self, name), "", 0.0, 1.0)
        check("byte_j", self.byte_j, "J/B", 0.0, 1e-6)
        check("flop_j", self.flop_j, "J/FLOP", 0.0, 1e-6)
        check("host_w", self.host_w, "W", 0.0, 1e5)
        check("supply_fraction", self.supply_fraction, "", 0.1, 1.0)


@dataclass(frozen=True)
class DrawParts:
    """Watts of one accelerator by cause; `total_w` is their sum.

    Parameters
    ----------
    active_w : float or array
        Clocks, caches, links: whatever the work.
    memory_w : float or array
        Bytes moved.
    matrix_w : float or array
        Operations done.
    """

    active_w: Quantity
    memory_w: Quantity
    matrix_w: Quantity

    @property
    def total_w(self) -> Any:
        """Sum of the parts, W."""
        return units.plain(sum(getattr(self, field.name) for field in fields(self)))


def accelerator_draw(
    rated_w: Quantity,
    bytes_per_s: Quantity,
    flop_per_s: Quantity,
    constants: DrawConstants,
    limit_w: Quantity | None = None,
) -> DrawParts:
    """Return the power of one accelerator under load, by cause.

    ``P = x / (1 + (x / L)^4)^(1/4)`` with the demand ``x = a R + e_byte B + e_flop F``, the rated
    power R and the limit L: below the limit the parts simply add up, near it all of them shrink
    alike, as lower clocks and voltages make each operation cheaper.

    Source: `horowitz2014energy` (energy per byte and operation), `chung2025mlenergy` (measured).

    Parameters
    ----------
    rated_w : float or array
        Thermal design power, W, 1 to 1e6.
    bytes_per_s : float or array
        Bytes that its memory delivers, 0 to 1e16.
    flop_per_s : float or array
        Matrix operations, 0 to 1e20.
    constants : DrawConstants
        Energy constants of the generation.
    limit_w : float or array, optional
        Power limit that the operator set, W, 1 to 1e6; the rated power if left out.

    Returns
    -------
    DrawParts
        Watts by cause, at most the limit in all.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> hopper = DrawConstants(active_fraction=0.4, byte_j=86e-12, flop_j=2.5e-12)
    >>> round(accelerator_draw(700.0, 2e12, 20e12, hopper).total_w)
    473
    """
    check = errors.require_finite_in
    rated = np.multiply(check("rated_w", rated_w, "W", 1.0, 1e6), 1.0)
    limit = rated if limit_w is None else check("limit_w", limit_w, "W", 1.0, 1e6)
    moved = check("bytes_per_s", bytes_per_s, "B/s", 0.0, 1e16)
    done = check("flop_per_s", flop_per_s, "FLOP/s", 0.0, 1e20)
    active = rated * constants.active_fraction
    memory, matrix = np.multiply(moved, constants.byte_j), np.multiply(done, constants.flop_j)
    excess = (active + memory + matrix) / limit
    share = (1.0 + excess**LIMIT_SHARPNESS) ** (-1.0 / LIMIT_SHARPNESS)
    return DrawParts(*(units.plain(part * share) for part in (active, memory, matrix)))


@scalar_in_scalar_out
def server_draw_w(accelerator_w: Quantity, constants: DrawConstants) -> Any:
    """Return the power at the plug of a server, per accelerator in it.

    ``(P + host) / supply efficiency``. The host is its idle draw: fans that speed up under load
    come on top, so that air-cooled servers draw more.

    Source: `tschand2025mlperfpower`.

    Parameters
    ----------
    accelerator_w : float or array
        Mean power of an accelerator, W, 0 to 1e13.
    constants : DrawConstants
        Host power and efficiency of the supplies.

    Returns
    -------
    float or array
        W per accelerator.

    Raises
    ------
    ComputebookError
        If the power is outside its bounds.

    Examples
    --------
    >>> round(server_draw_w(700.0, DrawConstants(host_w=200.0)))
    947
    """
    each = errors.require_finite_in("accelerator_w", accelerator_w, "W", 0.0, MAX_POWER_W)
    return (each + np.multiply(constants.host_w, 1.0)) / constants.supply_fraction
