"""`computebook train`: layout, time, power, energy and cost of a training run, with intervals."""

from __future__ import annotations

import json
from typing import Any

import click
import pandas as pd

from computebook import errors, training_plans
from computebook.cli import output
from computebook.cli.size import clean, records
from computebook.sizing import quantities
from computebook.training_plans import wording

#: Option, field of the request, kind of quantity.
QUANTITIES = {
    "params": ("params", "params", "amount"),
    "active_params": ("active-params", "active_params", "amount"),
    "tokens": ("tokens", "tokens", "amount"),
    "count": ("count", "count", "count"),
    "sequence": ("sequence", "sequence_tokens", "tokens"),
    "batch": ("batch", "batch_tokens", "amount"),
    "price": ("price", "usd_per_gpu_hour", "price"),
    "failures": ("failures", "gpu_hours_per_interruption", "amount"),
    "checkpoint": ("checkpoint", "checkpoint_s", "duration"),
    "restart": ("restart", "restart_s", "duration"),
    "pue": ("pue", "pue", "plain"),
    "utilisation": ("utilisation", "utilisation", "share"),
    "load": ("load", "load_fraction", "share"),
    "electricity": ("electricity", "usd_per_kwh", "price"),
    "grid": ("grid", "grid_kg_per_kwh", "plain"),
    "year": ("year", "software_year", "plain"),
    "draws": ("draws", "draws", "count"),
    "seed": ("seed", "seed", "count"),
}

TITLES = {
    "tornado": "Cost, $: each input from its low to its high end, the others central",
    "sobol": "Shares of the variance of the cost",
    "growth": "The run by cluster size (80 % of the draws in brackets)",
}

FORMS = ("table", "json", "csv")


@click.command("train")
@click.option("--model", help="Open architecture: id, hub name or usual alias.")
@click.option("--params", help="Or the class of an undisclosed model: 1.8e12, 1.8T.")
@click.option("--active-params", help="Parameters that a token meets; all if left out.")
@click.option("--tokens", help="Training tokens: 15.6e12, 15.6T.")
@click.option("--gpu", help="Accelerator: id, name or alias.")
@click.option("--count", help="Accelerators held: 16384, 100k.")
@click.option("--precision", help=f"One of {', '.join(training_plans.FORMATS)}.")
@click.option("--sequence", help="Tokens of a training sequence; 8192 if left out.")
@click.option("--batch", help="Tokens of an optimizer step; as published runs if left out.")
@click.option("--year", help="Year of the software, to look back: 2024.5.")
@click.option("--owned", is_flag=True, help="Cost of an own cluster rather than the rent.")
@click.option("--price", help="$ per GPU-hour of rent.")
@click.option("--failures", help="GPU-hours between two interruptions.")
@click.option("--checkpoint", help="Standstill of a checkpoint: 10s.")
@click.option("--restart", help="From an interruption to the next new step: 5min.")
@click.option("--pue", help="Facility over IT power.")
@click.option("--utilisation", help="Hours in which an own cluster works: 85%.")
@click.option("--load", help="Mean power over the rating: 70%.")
@click.option("--electricity", help="$ per kWh.")
@click.option("--grid", help="kg of CO2 per kWh.")
@click.option("--draws", help="Draws behind the intervals; 10,000 if left out.")
@click.option("--seed", help="Equal seeds give equal answers.")
@click.option("--sensitivity", is_flag=True, help="Which inputs matter: tornado and Sobol.")
@click.option("--growth", is_flag=True, help="The same run on 1,000 to 200,000 accelerators.")
@click.option("--format", "chosen", help="table, json or csv; like --json and --csv.")
@output.format_options
@click.pass_context
def train(context: click.Context, /, form: str | None, chosen: str | None, **typed: Any) -> None:
    """Say what a training run takes: layout, time, power, energy and cost, and how sure that is.

    Exit status 1 if no layout fits: the answer then says what binds and what would be feasible.

    \b
    computebook train --model llama-3.1-405b --tokens 15.6e12 --gpu h100 --count 16384
    computebook train --params 1.8e12 --active-params 280e9 --tokens 13e12 --gpu gb200 \\
        --count 100000 --owned --sensitivity
    """
    form = form or errors.require_known("format", chosen or "table", FORMS)
    request, how = request_from(typed)
    answer = training_plans.plan(request, **how)
    more = extras(answer, typed["sensitivity"], typed["growth"], how) if answer.feasible else {}
    if form == "json":
        text = json.dumps(document(answer, more), indent=2, ensure_ascii=False, allow_nan=False)
        click.echo(text)
    elif form == "csv":
        click.echo(rows(answer).to_csv(index=False), nl=False)
    elif answer.feasible:
        show(answer, more)
    else:
        click.echo(f"Error: {wording.refusal(answer)}", err=True)
    if not answer.feasible:
        context.exit(1)


def request_from(typed: dict[str, Any]) -> tuple[training_plans.Request, dict[str, Any]]:
    """Return the request that the options mean, and draws and seed."""
    parsed: dict[str, Any] = {
        field: _number(f"--{option}", typed[name], kind)
        for name, (option, field, kind) in QUANTITIES.items()
        if typed[name] is not None
    }
    how: dict[str, Any] = {
        name: _whole(name, parsed.pop(name)) for name in ("draws", "seed") if name in parsed
    }
    for name in ("tokens", "count"):
        if name not in parsed:
            raise errors.ComputebookError(f"--{name} is missing: write {_EXAMPLES[name]}")
    if typed["gpu"] is None:
        raise errors.ComputebookError("--gpu is missing: write an accelerator, for example h100")
    plain = {name: typed[name] for name in ("model", "precision", "owned", "gpu")}
    return training_plans.Request(**plain, **parsed), how


_EXAMPLES = {"tokens": "15.6e12 or 15.6T", "count": "16384 or 100k"}


def _number(option: str, text: str, kind: str) -> float:
    """Return a typed quantity; a plain number takes no unit."""
    if kind != "plain":
        return quantities.parse(option, text, kind)
    try:
        return float(text)
    except ValueError:
        raise errors.ComputebookError(f"{option} = {text!r} is not a number") from None


def _whole(name: str, value: float) -> int:
    if value != int(value):
        raise errors.ComputebookError(f"--{name} = {value:g} is not a whole number")
    return int(value)


def extras(
    answer: training_plans.Plan, sensitivity: bool, growth: bool, how: dict[str, Any]
) -> dict[str, pd.DataFrame]:
    """Return tables beside the answer: what each input does to the cost, growth with the cluster.

    Inputs that do not move the cost are left out.
    """
    found = {}
    if sensitivity:
        alone = training_plans.tornado(answer)
        found["tornado"] = alone[alone["swing"] > 0]
        found["sobol"] = training_plans.sobol(answer)
    if growth:
        found["growth"] = training_plans.cluster_growth(answer.request, **how)
    return found


def document(answer: training_plans.Plan, more: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the whole answer as JSON values; what is not a finite number becomes null."""
    return dict(clean({
        "feasible": answer.feasible,
        "binding": answer.binding,
        "nearest": list(answer.nearest),
        "request": answer.request.given,
        "results": records(answer.frame()),
        "layouts": records(answer.layouts),
        "assumptions": records(answer.assumptions),
        "beside": {name: records(frame) for name, frame in more.items()},
        "warnings": list(answer.warnings),
    }))  # fmt: skip


def rows(answer: training_plans.Plan) -> pd.DataFrame:
    """Return the results, or what would be feasible, as one flat table."""
    if answer.feasible:
        return answer.frame()
    return pd.DataFrame({"binding": answer.binding, "nearest": list(answer.nearest) or [""]})


def show(answer: training_plans.Plan, more: dict[str, pd.DataFrame]) -> None:
    """Write the answer and what it rests on for the eye."""
    click.echo(wording.headline(answer))
    title = "Run (80 % of the draws lie from low to high; central: at the central inputs)"
    output.write(wording.rounded(answer.frame()), None, title)
    for name, frame in more.items():
        table = wording.short_growth(frame) if name == "growth" else wording.rounded(frame)
        output.write(table, None, TITLES[name])
    click.echo("\nAssumptions")
    for line in wording.assumption_lines(answer.assumptions):
        click.echo(f"- {line}")


COMMANDS = {"train": train}
