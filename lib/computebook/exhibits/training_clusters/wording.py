"""The chapter's computed sentences on speed, steps, growth and the run of GPT-5.2's class."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from computebook import datasets
from computebook.exhibits.training_clusters import deals, reliability
from computebook.exhibits.training_clusters.findings import Headline
from computebook.exhibits.training_clusters.growth import at_size, largest
from computebook.exhibits.training_clusters.inputs import accelerator_name
from computebook.exhibits.training_clusters.steps import FAILURES, placement

__all__ = [
    "class_sentence",
    "deal_worked",
    "drivers_sentence",
    "failures_worked",
    "growth_finding",
    "growth_sentence",
    "hours_finding",
    "model_error_percent",
    "parts_sentence",
    "published_sentence",
    "run_worked",
    "share_words",
    "sizes_sentence",
    "step_worked",
    "train_command",
    "validation_sentence",
]

SIZES: Final = (16_384, 100_000, 150_000)
PERCENT: Final = 100.0


def model_error_percent(kind: str) -> float:
    """Return the mean error of the step model on tokens per second, out of sample, percent.

    Parameters
    ----------
    kind : {"dense", "experts"}
        Kind of model.

    Examples
    --------
    >>> 5 < model_error_percent("dense") < 15
    True
    """
    row = datasets.row_of(
        "training_calibration", "constant_id", f"error_without_group.{kind}.throughput"
    )
    return PERCENT * float(row["value"])


def share_words(shares: dict[str, float], part: str) -> str:
    """Return the share of one part of the speed, as text.

    Parameters
    ----------
    shares : dict of str to float
        Of `Headline`.
    part : str
        Which part.
    """
    return f"{PERCENT * shares[part]:.0f}%"


def parts_sentence(now: Headline) -> str:
    """Return what the speed over Hopper consists of.

    Parameters
    ----------
    now : Headline
        Values of the chapter.
    """
    two, three = now.shares, now.shares_gb300
    return (
        "On a logarithmic scale, where factors add up, hardware makes "
        f"{share_words(two, 'hardware')} of the speed of GB200 and "
        f"{share_words(three, 'hardware')} of that of GB300, the number format "
        f"{share_words(two, 'number_format')} and {share_words(three, 'number_format')}, newer "
        f"software {share_words(two, 'software')} and {share_words(three, 'software')} "
        f"({{numref}}`tab-clusters-speed-parts`). MLPerf's scaling for convergence adds nothing: "
        f"without it the ratio would be {now.raw[0]:.2f} and not {now.scored[0]:.2f}, but only "
        "because the H100 run converged in fewer samples than the reference. Tokens per second, "
        f"which convergence does not touch, give {now.tokens[0]:.2f}. The step model reaches "
        "nearly the same products with more for hardware. One later software release agrees with "
        f"it, at {now.same_release[0]:.2f} in FP8: GB200 seems to have entered v5.0 with young "
        "software."
    )


def deal_worked(now: Headline, ramp_years: float) -> str:
    """Return equation eq-clusters-deal with numbers.

    Parameters
    ----------
    now : Headline
        Values of the chapter.
    ramp_years : float
        Ramp of the deal.
    """
    deal = deals.aws_deal()
    term = float(deal["term_years"])
    ramp = deals.linear_ramp_fraction(ramp_years, term)
    return (
        f"For ${now.deal_bn:.0f} billion, {term:g} years and the central count, a ramp of "
        f"{ramp_years:g} years delivers {PERCENT * ramp:.1f}% of the hours: "
        f"{{eq}}`eq-clusters-deal` gives ${now.deal.central:.2f} per GPU-hour, against "
        f"${now.deal_at_once.central:.2f} with all GPUs on the first day."
    )


def failures_worked(gpus: int, restart_s: float) -> str:
    """Return equation eq-clusters-goodput with numbers.

    Parameters
    ----------
    gpus : int
        GPUs in one job.
    restart_s : float
        From an interruption to the first new step, s.
    """
    stall = reliability.CHECKPOINT_S.central
    between = 3_600 * reliability.interruption_hours(gpus)
    pause = reliability.interval_s(gpus, checkpoint_s=stall)
    kept = reliability.goodput(gpus, checkpoint_s=stall, restart_s=restart_s)
    return (
        f"On {gpus:,} GPUs $M$ is {between / 60:.0f} minutes. With {stall:g} s checkpoints the "
        f"best interval is {pause / 60:.1f} minutes, and with restarts of {restart_s:g} s "
        f"{{eq}}`eq-clusters-goodput` leaves {PERCENT * kept:.0f}% of the time."
    ).replace("$M$", "{math}`M`")


def step_worked(model: str, accelerator: str, gpus: int) -> str:
    """Return equation eq-clusters-step with numbers, for the fastest layout.

    Parameters
    ----------
    model, accelerator : str
        Open model and accelerator.
    gpus : int
        GPUs held.
    """
    found = placement(model, accelerator, gpus)
    layout, step = found.found.layout, found.found.step
    count = float(found.batch.micro_batches(layout))
    total = float(step.total_s)
    micro = (total - float(step.bubble_s) - float(step.data_s) - float(step.optimizer_s)
             - float(step.waiting_s)) / count  # fmt: skip
    bubble = (float(layout.pipeline) - 1) / (count * float(layout.virtual_stages))
    return (
        f"For {found.shape.name} on {gpus:,} {accelerator_name(accelerator)} the search sets "
        f"{found.working:,} GPUs to work: {layout.data:,.0f} copies of {layout.pipeline:g} stages, "
        f"each matrix split over {layout.tensor:g} GPUs and each sequence over {layout.context:g}. "
        f"A step of {found.batch.tokens / 1e6:.1f} million tokens passes {count:g} micro-batches "
        f"of {micro:.2g} s through {layout.virtual_stages:g} chunks per stage. Filling the "
        f"pipeline adds {PERCENT * bubble:.0f}% to that, and all together takes {total:.2f} s: "
        f"{found.tokens_per_s_per_gpu:,.0f} tokens per second and GPU."
    )


def run_worked(now: Headline, gpus: int) -> str:
    """Return equation eq-clusters-run with numbers.

    Parameters
    ----------
    now : Headline
        Values of the chapter.
    gpus : int
        Size of the cluster.
    """
    row = at_size(now.grown, gpus)
    given = now.growth_given
    return (
        f"{given['tokens_t']:g} trillion tokens on {row['gpus']:,.0f} GPUs at a goodput of "
        f"{row['goodput_percent']:.0f}%, slow parts and ramp included, take {row['days']:.3g} "
        f"days, {row['gpu_hours_m']:.1f} million GPU-hours; at the central rent that is "
        f"${row['rental_musd']:.3g} million, or ${row['usd_per_effective_gpu_hour']:.2f} for an "
        "hour that ends up in the model."
    )


def growth_finding(frame: pd.DataFrame) -> str:
    """Return what the largest cluster gains and costs against the smallest.

    Parameters
    ----------
    frame : DataFrame
        From `growth.cluster_growth`.
    """
    first, last = frame.iloc[0], largest(frame)
    return (
        f"{last['gpus'] / first['gpus']:.0f} times the GPUs train "
        f"{first['days'] / last['days']:.0f} times as fast, at "
        f"{last['rental_musd'] / first['rental_musd']:.1f} times the cost."
    )


def growth_sentence(frame: pd.DataFrame) -> str:
    """Return what each step of the table buys.

    Parameters
    ----------
    frame : DataFrame
        From `growth.cluster_growth`.
    """
    rows = [at_size(frame, size) for size in SIZES]
    parts = [
        f"{row['gpus']:,.0f} GPUs take {row['days']:.3g} days and ${row['rental_musd']:.3g} million"
        for row in rows
    ]
    last, before = largest(frame), frame.iloc[-2]
    saved = 24 * (before["days"] - last["days"])
    more = last["rental_musd"] / before["rental_musd"] - 1
    return (
        f"{'; '.join(parts)}. The step from {before['gpus']:,.0f} to {last['gpus']:,.0f} GPUs "
        f"saves {saved:.0f} hours and adds {PERCENT * more:.0f}% to the bill. The shares do not "
        "depend on the length of the run; the hours saved do."
    )


def hours_finding(frame: pd.DataFrame) -> str:
    """Return how much of the GPU-hours arithmetic keeps at both ends.

    Parameters
    ----------
    frame : DataFrame
        From `steps.hours_shares`.
    """
    useful = frame[frame["part"] == "arithmetic"].set_index("gpus")["percent"]
    lost = frame[frame["part"] == FAILURES].set_index("gpus")["percent"]
    return (
        f"Arithmetic falls from {useful.iloc[0]:.0f}% to {useful.iloc[-1]:.0f}% of the GPU-hours, "
        f"failures and checkpoints rise from {lost.iloc[0]:.0f}% to {lost.iloc[-1]:.0f}%."
    )


def class_sentence(now: Headline) -> str:
    """Return the range of the run of that class.

    Parameters
    ----------
    now : Headline
        Values of the chapter.
    """
    rent, own, days = (now.of_class(n) for n in ("rental_usd", "owned_usd", "calendar_s"))
    power = now.of_class("rated_facility_w")
    energy = now.of_class("facility_energy_j")
    return (
        f"On {now.class_given['run_gpus']:,} {accelerator_name(now.class_given['accelerator'])} "
        f"such a run holds the cluster for {days.low:.0f} to {days.high:.0f} days, rents for "
        f"${rent.low:,.0f} to ${rent.high:,.0f} million and costs an owner ${own.low:,.0f} to "
        f"${own.high:,.0f} million. The facility needs {power.low:,.0f} to {power.high:,.0f} MW, "
        f"and the run {energy.low:,.0f} to {energy.high:,.0f} GWh. Each range holds four draws in "
        "five. The cluster is an assumption of its own, and the power of the site follows from it "
        "alone."
    )


def sizes_sentence(frame: pd.DataFrame) -> str:
    """Return what the class costs on the smallest and on the largest cluster.

    Parameters
    ----------
    frame : DataFrame
        From `class_run.class_by_size`.
    """
    by_size = frame.set_index("gpus")
    days, cost = by_size["calendar_s_median"], by_size["rental_usd_median"]
    small, large, fast = days.index.min(), days.index.max(), days.idxmin()
    tail = (
        f" The largest cluster is not the fastest: beyond {fast:,} GPUs failures and the fixed "
        "batch take more than the GPUs add."
        if fast != large
        else ""
    )
    return (
        f"On {small:,} GPUs the median run takes {days[small]:.0f} days and rents for "
        f"${cost[small]:,.0f} million; on {large:,} it takes {days[large]:.1f} days and "
        f"${cost[large]:,.0f} million ({{numref}}`tab-clusters-class-sizes`).{tail}"
    )


def train_command(now: Headline) -> str:
    """Return the command that answers for one model of that class, as a block of code.

    Parameters
    ----------
    now : Headline
        Values of the chapter.
    """
    given = now.class_given
    active, tokens = given["class_active_b"][1] * 1e9, given["class_tokens_t"][1] * 1e12
    whole = now.found.layouts["params_b"] / now.found.layouts["active_params_b"]
    total = active * float(whole.median())
    return (
        f"```bash\ncomputebook train --params {total:.2g} --active-params {active:.3g} \\\n    "
        f"--tokens {tokens:.3g} --gpu {given['accelerator']} --count {given['run_gpus']} "
        "--sensitivity\n```"
    ).replace("e+", "e")


def _inside(name: str) -> str:
    """Return a name as it stands inside a sentence, unless it begins with an abbreviation."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def drivers_sentence(frame: pd.DataFrame) -> str:
    """Return which inputs matter, and what the indices leave.

    Parameters
    ----------
    frame : DataFrame
        From `class_run.drivers`.
    """
    swing = frame["meaning"].tolist()
    index = frame.sort_values("total", ascending=False)["meaning"].map(_inside).tolist()
    first = float(frame["first"].clip(lower=0).sum())
    return (
        f"{swing[0]}, {_inside(swing[1])} and {_inside(swing[2])} move the rent most when each "
        f"moves alone ({{numref}}`fig-clusters-drivers`); by share of its variance the order is "
        f"{index[0]}, {index[1]} and {index[2]} ({{numref}}`tab-clusters-drivers`). First-order "
        f"indices add up to {first:.2f}: the rest is interaction, for factors multiply. A planner "
        "knows the rent and the failure rate of the own cluster; filling those in narrows the "
        "range, and only the vendor knows the rest."
    )


def published_sentence(frame: pd.DataFrame) -> str:
    """Return how the predicted GPU-hours compare with published ones.

    Parameters
    ----------
    frame : DataFrame
        From `runs.published_runs`.
    """
    best = frame.set_index("name").loc["Llama 3.1 405B"]
    worst = frame.iloc[int(frame["error"].abs().to_numpy().argmax())]
    ratio = 1 + worst["error"]
    median = PERCENT * float(np.median(frame["error"].abs()))
    return (
        "Llama 3.1 405B, whose cluster and failures are the best published, is predicted at "
        f"{best['predicted_m']:.1f} million GPU-hours against {best['gpu_hours_m']:.1f}. Over "
        f"{len(frame)} runs the median error is {median:.0f}%, and {frame['inside'].sum()} of them "
        f"lie inside the 80% interval. The worst is {worst['name']} at {ratio:.1f} times its "
        "published hours: what its authors tuned by hand the model does not know. Read every "
        "GPU-hour count of this chapter with that median error in mind."
    )


def validation_sentence() -> str:
    """Return the step model's error, and where its cases stand."""
    dense, experts = (model_error_percent(kind) for kind in ("dense", "experts"))
    return (
        "With its kind of run left out of the calibration, the step model misses measured tokens "
        f"per second by {dense:.0f}% on dense models and {experts:.0f}% on mixtures of experts, on "
        f"average. {{numref}}`tab-validation-training-errors` and "
        f"{{numref}}`fig-validation-training` in {{doc}}`validation` show every case."
    )
