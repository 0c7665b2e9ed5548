"""Work, time and GPU-hours of a training run, and the share of them that failures take.

A run is work over rate: 6 operations per parameter and token, at the share of the peak rate that
the software reaches (`model_flop_utilization`) and the share of the time in which the cluster
moves forward (`goodput_fraction`).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.units import SECONDS_PER_HOUR, Quantity, scalar_in_scalar_out

__all__ = [
    "CHECKPOINT_METHODS",
    "checkpoint_interval_s",
    "goodput_fraction",
    "mean_time_between_interruptions_s",
    "model_flop_utilization",
    "run_gpu_hours",
    "run_time_s",
    "strong_scaling_fraction",
    "training_flop",
]

FLOP_PER_PARAMETER_AND_TOKEN: Final = 6.0
CHECKPOINT_METHODS: Final = ("daly", "young")
_MAX_ACCELERATORS: Final = 1e8
_MAX_S: Final = 1e10
#: Beyond it nothing is left of the time, and two such factors would overflow.
_MAX_EXPONENT: Final = 300.0


def _in(field: str, value: Any, unit: str, low: float, high: float) -> Any:
    return errors.require_finite_in(field, value, unit, low, high)


def _share(field: str, value: Any) -> Any:
    return _in(field, value, "of 1", 1e-6, 1.0)


def _flop(value: Any) -> Any:
    return _in("flop", value, "FLOP", 0.0, 1e32)


def _rate(value: Any) -> Any:
    return _in("peak_flop_per_s", value, "FLOP/s", 1.0, 1e21)


def _accelerators(value: Any, field: str = "accelerators") -> Any:
    return _in(field, value, "accelerators", 1.0, _MAX_ACCELERATORS)


def _seconds(field: str, value: Any, low: float = 0.0) -> Any:
    return _in(field, value, "s", low, _MAX_S)


@scalar_in_scalar_out
def training_flop(active_params: Quantity, tokens: Quantity) -> Any:
    r"""Return the operations of a training run, FLOP.

    .. math:: C = 6\, N\, D

    Two operations per weight and token forward, four backward; attention over the context is
    left out (4 to 9 % more for Llama 3.1 405B at 8,192 tokens, by convention).
    Source: `kaplan2020scaling`, section 2.1.

    Parameters
    ----------
    active_params : float or array
        Parameters that one token is multiplied with, 1e3 to 1e15; of a mixture of experts the
        active ones.
    tokens : float or array
        Training tokens, 0 to 1e17.

    Raises
    ------
    ComputebookError
        If an argument is out of bounds.

    Examples
    --------
    Llama 3.1 405B on 15.6 trillion tokens; its authors print 3.8e25:

    >>> f"{training_flop(405.9e9, 15.6e12):.2e}"
    '3.80e+25'
    """
    params = _in("active_params", active_params, "parameters", 1e3, 1e15)
    return FLOP_PER_PARAMETER_AND_TOKEN * params * _in("tokens", tokens, "tokens", 0.0, 1e17)


@scalar_in_scalar_out
def run_gpu_hours(
    flop: Quantity,
    peak_flop_per_s: Quantity,
    model_flop_utilization: Quantity,
    goodput: Quantity = 1.0,
) -> Any:
    r"""Return the GPU-hours of a run.

    .. math:: H = \frac{C}{3600\; P\; \mathrm{MFU}\; g}

    Source: `chowdhery2022palm` for the utilization.

    Parameters
    ----------
    flop : float or array
        Operations of the run, FLOP.
    peak_flop_per_s : float or array
        Dense peak of one accelerator in the precision that the utilization refers to, FLOP/s.
    model_flop_utilization : float or array
        Share of the peak that the model's own operations reach while training, above 0, at
        most 1.
    goodput : float or array
        Share of the time that ends up in the model, above 0, at most 1; see `goodput_fraction`.

    Raises
    ------
    ComputebookError
        If an argument is out of bounds.

    Examples
    --------
    Llama 3.1 405B at 34.6 % over the whole programme, in millions; 30.84 were reported:

    >>> round(run_gpu_hours(3.8e25, 989e12, 0.346) / 1e6, 1)
    30.8
    """
    useful = _rate(peak_flop_per_s) * _share("model_flop_utilization", model_flop_utilization)
    return _flop(flop) / (useful * _share("goodput", goodput) * SECONDS_PER_HOUR)


@scalar_in_scalar_out
def run_time_s(
    flop: Quantity,
    accelerators: Quantity,
    peak_flop_per_s: Quantity,
    model_flop_utilization: Quantity,
    goodput: Quantity = 1.0,
) -> Any:
    """Return how long a run takes on a cluster that does nothing else, s.

    Parameters
    ----------
    flop : float or array
        Operations of the run, FLOP.
    accelerators : float or array
        Accelerators that train together, 1 to 1e8.
    peak_flop_per_s, model_flop_utilization, goodput : float or array
        As for `run_gpu_hours`. Utilization falls as a cluster grows; it is an input here.

    Raises
    ------
    ComputebookError
        If an argument is out of bounds.

    Examples
    --------
    >>> round(run_time_s(3.8e25, 16_384, 989e12, 0.346) / 86_400, 1)
    78.4
    """
    hours = run_gpu_hours(flop, peak_flop_per_s, model_flop_utilization, goodput)
    return hours * SECONDS_PER_HOUR / _accelerators(accelerators)


@scalar_in_scalar_out
def model_flop_utilization(flop: Quantity, gpu_hours: Quantity, peak_flop_per_s: Quantity) -> Any:
    """Return the utilization that a finished run reached, failures and restarts included.

    It is the product of utilization while training and goodput. Source: `chowdhery2022palm`.

    Parameters
    ----------
    flop : float or array
        Operations of the run, FLOP.
    gpu_hours : float or array
        GPU-hours that were reported for it, above 0.
    peak_flop_per_s : float or array
        Dense peak of one accelerator, FLOP/s.

    Raises
    ------
    ComputebookError
        If an argument is out of bounds.

    Examples
    --------
    >>> round(model_flop_utilization(3.8e25, 30.84e6, 989e12), 3)
    0.346
    """
    hours = _in("gpu_hours", gpu_hours, "GPU-h", 1e-6, 1e12)
    return _flop(flop) / (hours * SECONDS_PER_HOUR * _rate(peak_flop_per_s))


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
    hours = _in("gpu_hours_per_interruption", gpu_hours_per_interruption, "GPU-h", 1e-3, 1e12)
    return hours * SECONDS_PER_HOUR / _accelerators(accelerators)


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
    between = _seconds("interruption_s", interruption_s, 1e-3)
    stall = _seconds("checkpoint_s", checkpoint_s, 1e-6)
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
    between = _seconds("interruption_s", interruption_s, 1e-3)
    stall = _seconds("checkpoint_s", checkpoint_s, 1e-6)
    restart = _seconds("restart_s", restart_s)
    optimum = checkpoint_interval_s(between, stall, method=method)
    interval = optimum if interval_s is None else _seconds("interval_s", interval_s, 1e-6)
    share = {"daly": _daly_goodput, "young": _young_goodput}[method]
    return share(interval, between, stall, restart)


@scalar_in_scalar_out
def strong_scaling_fraction(
    time_s: Quantity,
    accelerators: Quantity,
    reference_time_s: Quantity,
    reference_accelerators: Quantity,
) -> Any:
    """Return the share of ideal speed-up that more accelerators gave on one fixed task.

    Parameters
    ----------
    time_s : float or array
        Time on `accelerators`, s (or any unit that both times share), above 0.
    accelerators : float or array
        Accelerators of the larger run.
    reference_time_s, reference_accelerators : float or array
        The same for the smaller run.

    Raises
    ------
    ComputebookError
        If an argument is out of bounds.

    Examples
    --------
    MLPerf v5.0, Llama 3.1 405B: 269.12 min on 512 H100, 20.81 min on 8,192.

    >>> round(strong_scaling_fraction(20.81, 8_192, 269.12, 512), 2)
    0.81
    """
    speed_up = _seconds("reference_time_s", reference_time_s) / _seconds("time_s", time_s, 1e-9)
    more = _accelerators(accelerators) / _accelerators(
        reference_accelerators, "reference_accelerators"
    )
    return speed_up / more
