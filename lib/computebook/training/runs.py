"""Work, time and GPU-hours of a run from its utilization.

A run is work over rate: 6 operations per parameter and token, at the share of the peak rate that
the software reaches (`model_flop_utilization`) and the share of the time in which the cluster
moves forward (`goodput_fraction`).
"""

from __future__ import annotations

from typing import Any, Final

from computebook import errors
from computebook.training import checks
from computebook.units import SECONDS_PER_HOUR, Quantity, scalar_in_scalar_out

__all__ = [
    "model_flop_utilization",
    "run_gpu_hours",
    "run_time_s",
    "strong_scaling_fraction",
    "training_flop",
]

FLOP_PER_PARAMETER_AND_TOKEN: Final = 6.0


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
    params = errors.require_finite_in("active_params", active_params, "parameters", 1e3, 1e15)
    return (
        FLOP_PER_PARAMETER_AND_TOKEN
        * params
        * errors.require_finite_in("tokens", tokens, "tokens", 0.0, 1e17)
    )


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
    useful = checks.rate(peak_flop_per_s) * checks.share(
        "model_flop_utilization", model_flop_utilization
    )
    return checks.flop(flop) / (useful * checks.share("goodput", goodput) * SECONDS_PER_HOUR)


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
    return hours * SECONDS_PER_HOUR / checks.accelerators(accelerators)


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
    hours = errors.require_finite_in("gpu_hours", gpu_hours, "GPU-h", 1e-6, 1e12)
    return checks.flop(flop) / (hours * SECONDS_PER_HOUR * checks.rate(peak_flop_per_s))


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
    speed_up = checks.seconds("reference_time_s", reference_time_s) / checks.seconds(
        "time_s", time_s, 1e-9
    )
    more = checks.accelerators(accelerators) / checks.accelerators(
        reference_accelerators, "reference_accelerators"
    )
    return speed_up / more
