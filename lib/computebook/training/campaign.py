"""From tokens per second to calendar time, GPU-hours, money and energy of a whole run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from computebook import errors
from computebook.training import checks
from computebook.training.goodput import goodput_fraction, mean_time_between_interruptions_s
from computebook.units import SECONDS_PER_HOUR, Quantity, plain, scalar_in_scalar_out

__all__ = [
    "LLAMA_GPU_HOURS_PER_INTERRUPTION",
    "Campaign",
    "Reliability",
    "campaign",
    "joules_per_token",
    "rental_usd",
]

LLAMA_GPU_HOURS_PER_INTERRUPTION: Final = 54 * 24 * 16_384 / 419
"""GPU-hours between unexpected interruptions of Llama 3 405B, `grattafiori2024llama3`."""


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """What takes time from a run beside its steps.

    Parameters
    ----------
    gpu_hours_per_interruption : float or array, default 50,677
        GPU-hours that pass between two interruptions.
    checkpoint_s : float or array, default 10
        Standstill of one checkpoint, s.
    restart_s : float or array, default 300
        From an interruption to the first new step, s.
    straggler_fraction : float or array, default 1
        Speed left after slow parts that no measurement of a healthy cluster shows.
    ramp_fraction : float or array, default 1
        Mean share of the cluster that works over the run: growth of the batch, growth of the
        cluster, planned stops.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> round(Reliability().gpu_hours_per_interruption)
    50677
    """

    gpu_hours_per_interruption: Quantity = LLAMA_GPU_HOURS_PER_INTERRUPTION
    checkpoint_s: Quantity = 10.0
    restart_s: Quantity = 300.0
    straggler_fraction: Quantity = 1.0
    ramp_fraction: Quantity = 1.0

    def __post_init__(self) -> None:
        checks.share("straggler_fraction", self.straggler_fraction)
        checks.share("ramp_fraction", self.ramp_fraction)

    def effective_fraction(self, accelerators: Quantity) -> Any:
        """Return the share of calendar time at full speed that ends up in the model.

        Parameters
        ----------
        accelerators : float or array
            Accelerators that train together.
        """
        between = mean_time_between_interruptions_s(accelerators, self.gpu_hours_per_interruption)
        good = goodput_fraction(between, self.checkpoint_s, self.restart_s)
        return plain(good * self.straggler_fraction * self.ramp_fraction)


@dataclass(frozen=True)
class Campaign:
    """A whole run.

    Parameters
    ----------
    goodput : float
        Share of the time that ends up in the model.
    training_s, calendar_s : float
        Time of the steps alone, and with everything that interrupts them, s.
    gpu_hours : float
        Accelerator-hours of the calendar time.
    """

    goodput: Quantity
    training_s: Quantity
    calendar_s: Quantity
    gpu_hours: Quantity


def campaign(
    tokens: Quantity,
    tokens_per_s_per_accelerator: Quantity,
    accelerators: Quantity,
    reliability: Reliability | None = None,
) -> Campaign:
    r"""Return time and GPU-hours of a run.

    .. math:: t = \frac{D}{n\, r\, g}

    for D tokens, n accelerators of r tokens/s and the goodput g. Source: `daly2006checkpoint`
    for g.

    Parameters
    ----------
    tokens : float or array
        Training tokens, 0 to 1e17.
    tokens_per_s_per_accelerator : float or array
        From `step.StepTime`, above 0.
    accelerators : float or array
        Accelerators that train together.
    reliability : Reliability, optional
        Failures, checkpoints, slow parts; those of Llama 3 405B if left out.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    Llama 3.1 405B on 16,384 H100 at 400 TFLOP/s each, days:

    >>> run = campaign(15.6e12, 400e12 / 2.524e12, 16_384)
    >>> round(run.calendar_s / 86_400, 1)
    74.6
    """
    work = errors.require_finite_in("tokens", tokens, "tokens", 0.0, 1e17)
    speed = errors.require_finite_in(
        "tokens_per_s_per_accelerator", tokens_per_s_per_accelerator, "tokens/s", 1e-6, 1e12
    )
    count = checks.accelerators(accelerators)
    good = (reliability or Reliability()).effective_fraction(count)
    steps = work / (speed * count)
    calendar = steps / good
    hours = calendar * count / SECONDS_PER_HOUR
    return Campaign(plain(good), plain(steps), plain(calendar), plain(hours))


@scalar_in_scalar_out
def rental_usd(gpu_hours: Quantity, usd_per_gpu_hour: Quantity) -> Any:
    """Return what a run costs at a price per GPU-hour, US$.

    Parameters
    ----------
    gpu_hours : float or array
        From `campaign`.
    usd_per_gpu_hour : float or array
        Rental price, or the capital price that `tco` derives, 0 to 1e4 US$.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> rental_usd(30.84e6, 2.0) / 1e6
    61.68
    """
    hours = errors.require_finite_in("gpu_hours", gpu_hours, "GPU-h", 0.0, 1e12)
    return hours * errors.require_finite_in("usd_per_gpu_hour", usd_per_gpu_hour, "US$", 0.0, 1e4)


@scalar_in_scalar_out
def joules_per_token(
    w_per_accelerator: Quantity, tokens_per_s_per_accelerator: Quantity, goodput: Quantity = 1.0
) -> Any:
    """Return the energy of one token that ends up in the model, J.

    Parameters
    ----------
    w_per_accelerator : float or array
        Power per accelerator at the boundary that the result shall have, W, 0 to 1e6.
    tokens_per_s_per_accelerator : float or array
        From `step.StepTime`.
    goodput : float or array, default 1
        Share of the time that ends up in the model; power flows all the time.

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> joules_per_token(1_000.0, 400.0, 0.8)
    3.125
    """
    power = errors.require_finite_in("w_per_accelerator", w_per_accelerator, "W", 0.0, 1e6)
    speed = errors.require_finite_in(
        "tokens_per_s_per_accelerator", tokens_per_s_per_accelerator, "tokens/s", 1e-6, 1e12
    )
    return power / (speed * checks.share("goodput", goodput))
