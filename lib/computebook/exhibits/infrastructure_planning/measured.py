"""How far real decoding stays behind the roofline: what the bandwidth tables allow for."""

from __future__ import annotations

from functools import cache

from computebook import validation
from computebook.scenarios import Range

__all__ = ["decode_efficiency"]


@cache
def decode_efficiency() -> Range:
    """Return the share of the roofline's speed at which real engines decode.

    Quartiles of the roofline bound over the measured time between tokens, over the runs with
    eight sequences, whose batch is always full. Source: `mlenergy2026leaderboard`.

    Examples
    --------
    >>> round(decode_efficiency().central, 2)
    0.34
    """
    share = 1 / validation.decode_steps()["slower_than_stated"].dropna()
    return Range(*(float(share.quantile(q)) for q in (0.25, 0.50, 0.75)))
