"""One tier of a network: a rate, a latency floor and what medium-sized messages lose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.units import Quantity

__all__ = ["SCALE_OUT_LATENCY_S", "SCALE_UP_EFFICIENCY", "SCALE_UP_LATENCY_S", "Link"]

SCALE_UP_LATENCY_S: Final = 3.6e-6
"""Floor of an all-reduce over NVLink: 16 KB over eight H100 took 3.6 microseconds in the
kernel tables of `nvidia_aiconfigurator` (H200 3.5, B200 5.9, A100 8.4)."""

SCALE_UP_EFFICIENCY: Final = 0.9
"""Bus bandwidth of large all-reduces over NVLink as a share of one direction's peak: 128 MB over
eight H100 ran at 408 of 450 GB/s in the kernel tables of `nvidia_aiconfigurator`."""

SCALE_OUT_LATENCY_S: Final = 1e-5
"""Floor of one transfer between nodes, as `nvidia_aiconfigurator` assumes for point to point."""

_FILL_HALF_S: Final = 8e-6


@dataclass(frozen=True)
class Link:
    """One tier of a network as an accelerator sees it.

    A collective that moves ``y`` seconds of bytes at full rate takes
    ``latency (1 + growth log2 n) + y + fill y / (y + 8 us)``: a floor that grows with the
    participants n, the transfer, and the filling of its pipeline, which small messages do not
    pay. With `fill_s` and `latency_growth` at 0 it is latency plus transfer, a lower bound: at
    medium sizes (about 1 to 16 MB) real collectives take up to three times as long.

    Source: `hockney1994communication`; the form of the fill follows the all-reduces of 16 KB to
    128 MB over 2 to 8 accelerators in the kernel tables of `nvidia_aiconfigurator`.

    Parameters
    ----------
    bandwidth_bytes_per_s : float or array
        Rate in one direction per accelerator, bytes/s, above 0.
    latency_s : float or array, default 3.6e-6
        Floor of one collective, s, 0 to 1.
    efficiency : float or array, default 0.9
        Share of the rate that large messages reach, above 0 up to 1.
    fill_s : float or array, default 0
        Time that a large collective loses to filling its pipeline, s, 0 to 1.
    latency_growth : float or array, default 0
        Growth of the floor per doubling of the participants, 0 to 10.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> Link(450e9).effective_bytes_per_s
    405000000000.0
    """

    bandwidth_bytes_per_s: Quantity
    latency_s: Quantity = SCALE_UP_LATENCY_S
    efficiency: Quantity = SCALE_UP_EFFICIENCY
    fill_s: Quantity = 0.0
    latency_growth: Quantity = 0.0

    def __post_init__(self) -> None:
        check = errors.require_finite_in
        check("bandwidth_bytes_per_s", self.bandwidth_bytes_per_s, "B/s", 1, 1e18)
        check("latency_s", self.latency_s, "s", 0, 1)
        check("efficiency", self.efficiency, "of peak", 1e-6, 1)
        check("fill_s", self.fill_s, "s", 0, 1)
        check("latency_growth", self.latency_growth, "per doubling", 0, 10)

    @property
    def effective_bytes_per_s(self) -> Any:
        """Bandwidth that large messages reach, bytes/s in one direction."""
        return self.bandwidth_bytes_per_s * self.efficiency

    def busy_s(self, traversed_bytes: Any, participants: Any) -> Any:
        """Return the time of a collective that sends bytes from each of several participants.

        Parameters
        ----------
        traversed_bytes : float or array
            Bytes that each participant sends.
        participants : float or array
            Accelerators that take part; nobody to talk to takes no time.

        Returns
        -------
        float or array
            Seconds; 0 for one participant.
        """
        transfer = traversed_bytes / self.effective_bytes_per_s
        doublings = np.log2(np.maximum(participants, 1.0))
        floor = self.latency_s * (1.0 + self.latency_growth * doublings)
        fill = self.fill_s * transfer / (transfer + _FILL_HALF_S)
        return np.where(np.greater(participants, 1), floor + transfer + fill, 0.0)
