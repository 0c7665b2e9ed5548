"""How often a job on a whole cluster stops, and the share of its time that ends up in the model."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.training import checks
from computebook.units import SECONDS_PER_HOUR, Quantity, scalar_in_scalar_out

__all__ = [
    "CHECKPOINT_METHODS",
    "checkpoint_interval_s",
    "goodput_fraction",
    "mean_time_between_interruptions_s",
]

CHECKPOINT_METHODS: Final = ("daly", "young")
#: Beyond it nothing is left of the time, and two such factors would overflow.
_MAX_EXPONENT: Final = 300.0


@scalar_in_scalar_out
def mean_time_between_interruptions_s(
    accelerators: Quantity, gpu_hours_per_interruption: Quantity
) -> Any:
    """Return the mean time between interruptions of a job on the whole cluster, s.

    Each accelerator, with its share of host and network, fails independently of the others, so
    the time falls in proportion to their number. Source: `grattafiori2024llama3` for the rate.

    Parameters
    ----------
    accelerators : float or array
        Accelerators that train together, 1 to 1e8.
    gpu_hours_per_interruption : float or array
        GPU-hours that pass between two interruptions, above 0.

    Raises
    ------
    ComputebookError
        If an argument is out of bounds.

    Examples
    --------
    419 interruptions in 54 days on 16,384 GPUs, hours:

    >>> rate = 54 * 24 * 16_384 / 419
    >>> round(mean_time_between_interruptions_s(16_384, rate) / 3_600, 2)
    3.09
    """
    hours = errors.require_finite_in(
        "gpu_hours_per_interruption", gpu_hours_per_interruption, "GPU-h", 1e-3, 1e12
    )
    return hours * SECONDS_PER_HOUR / checks.accelerators(accelerators)


def _young_interval_s(interruption_s: Any, checkpoint_s: Any) -> Any:
    return np.sqrt(2 * checkpoint_s * interruption_s)


def _daly_interval_s(interruption_s: Any, checkpoint_s: Any) -> Any:
    """Return Daly's higher-order optimum."""
    ratio = checkpoint_s / (2 * interruption_s)
    series = 1 + np.sqrt(ratio) / 3 + ratio / 9
    interval = _young_interval_s(interruption_s, checkpoint_s) * series - checkpoint_s
    return np.where(ratio < 1, interval, interruption_s)


@scalar_in_scalar_out
def checkpoint_interval_s(
    interruption_s: Quantity, checkpoint_s: Quantity, *, method: str = "daly"
) -> Any:
    r"""Return how long to compute between two checkpoints so that least time is lost, s.

    .. math::
        \tau_\text{Young} = \sqrt{2\,\delta M}, \qquad \tau_\text{Daly} = \sqrt{2\,\delta M}
        \left[1 + \tfrac13 \sqrt{\tfrac{\delta}{2M}} + \tfrac19 \tfrac{\delta}{2M}\right] - \delta

    Sources: `young1974checkpoint`; `daly2006checkpoint`, whose optimum is :math:`M` where a
    checkpoint takes more than :math:`2M`.

    Parameters
    ----------
    interruption_s : float or array
        Mean time between interruptions, s, above 0.
    checkpoint_s : float or array
        Time that training stands still for one checkpoint, s, above 0.
    method : {"daly", "young"}, default "daly"
        Which of the two.

    Raises
    ------
    ComputebookError
        If an argument is out of bounds or the method is unknown.

    Examples
    --------
    >>> round(checkpoint_interval_s(3.09 * 3_600, 10, method="young"))
    472
    """
    errors.require_known("method", method, CHECKPOINT_METHODS)
    between = checks.seconds("interruption_s", interruption_s, 1e-3)
    stall = checks.seconds("checkpoint_s", checkpoint_s, 1e-6)
    optimum = {"daly": _daly_interval_s, "young": _young_interval_s}[method]
    return optimum(between, stall)


def _young_goodput(interval_s: Any, between_s: Any, stall_s: Any, restart_s: Any) -> Any:
    """Return useful time over the time with its first-order losses."""
    lost = stall_s / interval_s + (interval_s / 2 + restart_s) / between_s
    return 1 / (1 + lost)


def _daly_goodput(interval_s: Any, between_s: Any, stall_s: Any, restart_s: Any) -> Any:
    """Return useful time over expected time with exponential failures."""
    restarted = between_s * np.exp(np.minimum(restart_s / between_s, _MAX_EXPONENT))
    segment = np.expm1(np.minimum((interval_s + stall_s) / between_s, _MAX_EXPONENT))
    return interval_s / (restarted * segment)


@scalar_in_scalar_out
def goodput_fraction(
    interruption_s: Quantity,
    checkpoint_s: Quantity,
    restart_s: Quantity,
    interval_s: Quantity | None = None,
    *,
    method: str = "daly",
) -> Any:
    r"""Return the share of the time that ends up in the model, between 0 and 1.

    .. math::
        g_\text{Young} = \left[1 + \frac{\delta}{\tau} + \frac{\tau/2 + R}{M}\right]^{-1}, \qquad
        g_\text{Daly} = \frac{\tau}{M\, e^{R/M} \left(e^{(\tau + \delta)/M} - 1\right)}

    Young's first order assumes that an interval is short against :math:`M`; Daly's expected
    time under exponential failures holds at any size. Sources: `young1974checkpoint`;
    `daly2006checkpoint`.

    Parameters
    ----------
    interruption_s : float or array
        Mean time between interruptions, s; see `mean_time_between_interruptions_s`.
    checkpoint_s : float or array
        Time that training stands still for one checkpoint, s, above 0.
    restart_s : float or array
        From an interruption to the first new step, s.
    interval_s : float or array, optional
        Compute time between checkpoints, s; the optimum of `checkpoint_interval_s` if not given.
    method : {"daly", "young"}, default "daly"
        Which of the two.

    Raises
    ------
    ComputebookError
        If an argument is out of bounds or the method is unknown.

    Examples
    --------
    Llama 3 405B kept above 0.90; with checkpoints of 10 s and restarts of 300 s:

    >>> round(goodput_fraction(3.09 * 3_600, 10, 300), 3)
    0.933
    """
    between = checks.seconds("interruption_s", interruption_s, 1e-3)
    stall = checks.seconds("checkpoint_s", checkpoint_s, 1e-6)
    restart = checks.seconds("restart_s", restart_s)
    optimum = checkpoint_interval_s(between, stall, method=method)
    interval = optimum if interval_s is None else checks.seconds("interval_s", interval_s, 1e-6)
    share = {"daly": _daly_goodput, "young": _young_goodput}[method]
    return share(interval, between, stall, restart)
