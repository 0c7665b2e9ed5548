"""`computebook portfolio`: the cheapest mix of models for a client's workloads."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import pandas as pd

from computebook import portfolio
from computebook.cli import output
from computebook.errors import ComputebookError
from computebook.portfolio import Mix, Problem
from computebook.price_cards import ARTICLE_DATE

#: Rows of the stability that are drawn for the eye; JSON and CSV have all.
LEAST_DRAWN = 0.05
TABLES = ("mix", "constraints", "alternatives", "stability", "offers")


@click.command("portfolio")
@click.option("--mix", "mix_file", type=click.Path(path_type=Path), help="Workloads as CSV.")
@click.option("--example", is_flag=True, help="Solve a built-in example instead of a file.")
@click.option("--template", is_flag=True, help="Write the example as CSV, to be edited, and stop.")
@click.option("--budget", type=float, default=math.inf, help="Most that a month may cost, $.")
@click.option("--largest-share", type=float, default=1.0, help="Of one vendor, 0 to 1.")
@click.option("--share-of", default="spend", show_default=True, help="spend or requests.")
@click.option("--floor-rule", default="central", show_default=True, help="central or lower.")
@click.option(
    "--confidence", type=float, default=0.95, show_default=True, help="For lower, 0 to 1."
)
@click.option("--undivided", is_flag=True, help="Give each workload to one model whole.")
@click.option("--vendor", "vendors", multiple=True, help="Choose from these vendors; repeatable.")
@click.option("--on", default=ARTICLE_DATE, show_default=True, help="Day of the prices.")
@click.option("--runs", default="independent first", show_default=True, help="Whose scores count.")
@click.option("--draws", type=int, default=500, show_default=True, help="For the stability.")
@click.option(
    "--cost-spread", type=float, default=0.15, show_default=True, help="Of a model's cost."
)
@click.option("--seed", type=int, default=20260131, show_default=True, help="Of the draws.")
@click.option("--table", default="", help=f"One table alone: {', '.join(TABLES)}.")
@output.format_options
def portfolio_command(
    mix_file: Path | None, example: bool, template: bool, table: str, form: str | None, **asked: Any
) -> None:
    """Find the cheapest mix of models for a month of workloads, and what each constraint costs.

    Each line of the CSV is a workload: requests a month, tokens of a mean request (or a trace
    that has them), the benchmark that stands for it, and the lowest score, or how far it may lie
    below the best. Where no mix meets all of it, the constraints in conflict and the nearest
    change of each are written, and the exit status is 1.

    \b
    computebook portfolio --example --budget 60000 --largest-share 0.6 --share-of requests
    computebook portfolio --template > mix.csv
    computebook portfolio --mix mix.csv --on 2026-01-31 --floor-rule lower --json
    computebook portfolio --mix mix.csv --table stability --csv
    """
    if template:
        click.echo(portfolio.EXAMPLE_MIX, nl=False)
        return
    if table and table not in TABLES:
        raise ComputebookError(f"table = {table!r} is unknown: allowed {', '.join(TABLES)}")
    problem = posed(mix_file, example, asked)
    mix = portfolio.cheapest_mix(problem)
    if table == "offers":
        output.write(pd.DataFrame(problem.describe()), form, "On offer")
    elif mix is None:
        refuse(problem, form)
    else:
        answer(mix, asked, table, form)


def posed(mix_file: Path | None, example: bool, asked: dict[str, Any]) -> Problem:
    """Return the problem that the options pose."""
    if example == (mix_file is not None):
        raise ComputebookError(
            "give one of --mix FILE.csv and --example (--template writes a file)"
        )
    demands = (
        portfolio.read_demands(mix_file)
        if mix_file is not None
        else portfolio.parse_demands(portfolio.EXAMPLE_MIX, "example")
    )
    return portfolio.problem_for(
        demands,
        asked["on"],
        asked["runs"],
        asked["vendors"],
        budget_usd=asked["budget"],
        largest_share=asked["largest_share"],
        share_of=asked["share_of"],
        floor_rule=asked["floor_rule"],
        confidence_fraction=asked["confidence"],
        whole_workloads=asked["undivided"],
    )


def answer(mix: Mix, asked: dict[str, Any], table: str, form: str | None) -> None:
    """Write the mix and what surrounds it: one table, or all of them."""
    if form == "csv" and not table:
        table = "mix"
    found = portfolio.stability(mix, asked["draws"], asked["cost_spread"], asked["seed"])
    frames = {
        "mix": mix_frame(mix),
        "constraints": constraint_frame(mix.problem),
        "alternatives": pd.DataFrame(map(asdict, portfolio.alternatives(mix.problem))),
        "stability": pd.DataFrame(found.places),
    }
    if table:
        output.write(frames[table], form, table.capitalize())
    elif form == "json":
        records = {name: json.loads(f.to_json(orient="records")) for name, f in frames.items()}
        summary = {key: value for key, value in asdict(found).items() if key != "places"}
        head = {"feasible": True, "monthly_usd": mix.monthly_usd, "shares": mix.vendor_shares}
        click.echo(json.dumps(head | records | {"noise": summary}, indent=2, ensure_ascii=False))
    else:
        draw(frames, mix, found)


def draw(frames: dict[str, pd.DataFrame], mix: Mix, found: portfolio.Stability) -> None:
    """Draw all tables for the eye, with what they come to."""
    titles = {
        "mix": f"Cheapest mix: ${mix.monthly_usd:,.0f} a month",
        "constraints": "What each constraint costs a month",
        "alternatives": "Beside it",
        "stability": f"{found.draws} draws of scores and costs",
    }
    places = frames["stability"]
    seen = (places["share"] > 0) | (places["kept_fraction"] >= LEAST_DRAWN)
    for name, title in titles.items():
        output.write(places[seen] if name == "stability" else frames[name], None, title)
    click.echo(
        f"All chosen models reach their floors in {found.floors_hold_fraction:.0%} of the draws; "
        f"the same models are chosen in {found.same_choice_fraction:.0%}."
    )


def mix_frame(mix: Mix) -> pd.DataFrame:
    """Return the mix as rows: workload, model, share, cost, score, floor."""
    problem = mix.problem
    return pd.DataFrame(
        {
            "workload": problem.offers[place].workload,
            "model": problem.offers[place].label,
            "vendor": problem.offers[place].vendor,
            "share": float(mix.shares[place]),
            "requests": float(mix.shares[place] * problem.requests[place]),
            "monthly_usd": float(mix.shares[place] * problem.monthly_usd[place]),
            "score_percent": problem.offers[place].score_percent,
            "floor_percent": float(problem.floors_percent[place]),
        }
        for place in mix.chosen
    )


def constraint_frame(problem: Problem) -> pd.DataFrame:
    """Return what each constraint costs as rows."""
    return pd.DataFrame(
        {
            "constraint": cost.constraint.name,
            "limit": cost.constraint.limit,
            "unit": cost.constraint.unit,
            "binds": cost.binds,
            "saved_without_usd": cost.saved_usd,
            "saved_by_one_point_usd": cost.saved_by_point_usd,
        }
        for cost in portfolio.constraint_costs(problem)
    )


def refuse(problem: Problem, form: str | None) -> None:
    """Write which constraints rule each other out and what would help; exit with status 1."""
    names = [[one.name for one in group] for group in portfolio.conflicts(problem)]
    frame = pd.DataFrame(
        {
            "constraint": found.constraint.name,
            "limit": found.constraint.limit,
            "works_at": found.works_at,
            "unit": found.constraint.unit,
            "monthly_usd": found.monthly_usd,
        }
        for found in portfolio.nearest_relaxations(problem)
    )
    if form == "json":
        rows = json.loads(frame.to_json(orient="records"))
        body = {"feasible": False, "conflicts": names, "relaxations": rows}
        click.echo(json.dumps(body, indent=2, ensure_ascii=False))
    else:
        output.write(frame, form, "The least change of each constraint that ends its conflict")
    said = "; ".join(" and ".join(group) for group in names)
    click.echo(f"Error: no mix meets all constraints. In conflict: {said}", err=True)
    sys.exit(1)


COMMANDS = {"portfolio": portfolio_command}
