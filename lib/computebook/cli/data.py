"""`computebook data`: list, show and check the sourced tables."""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd

from computebook import datasets, provenance
from computebook.cli import output
from computebook.errors import ComputebookError


@click.group()
def data() -> None:
    """List, show and check the sourced tables behind the report."""


@data.command("list")
@output.format_options
def list_tables(form: str | None) -> None:
    """List the tables with what they hold.

    \b
    computebook data list --csv
    """
    rows = [
        {"table": name, "rows": len(datasets.load(name)), "title": datasets.describe(name).title}
        for name in datasets.table_names()
    ]
    output.write(pd.DataFrame(rows), form, "Tables")


@data.command()
@click.argument("table")
@click.option("--fields", is_flag=True, help="Show what the columns mean instead of the rows.")
@output.format_options
def show(table: str, fields: bool, form: str | None) -> None:
    """Show one table, or what its columns mean.

    \b
    computebook data show accelerators --csv
    computebook data show api_prices --fields
    """
    described = datasets.describe(table)
    if not fields:
        output.write(datasets.load(table), form, described.title)
        return
    rows = [
        {"field": f.name, "type": f.kind, "unit": f.unit, "meaning": f.description}
        for f in described.fields
    ]
    output.write(pd.DataFrame(rows), form, described.title)


def _texts() -> list[str] | None:
    """Return chapters and sources of a checkout, None when run from an installed wheel."""
    root = datasets.data_folder().parent
    if not (root / "_toc.yml").is_file():
        return None
    folders = [
        (root, "*.md"),
        (root, "*.ipynb"),
        (root / "chapters", "*"),
        (root / "lib", "**/*.py"),
    ]
    files = [path for folder, pattern in folders for path in folder.glob(pattern)]
    return [path.read_text(encoding="utf-8") for path in files if Path(path).is_file()]


@data.command()
def check() -> None:
    """Check every table: schema, keys, sources, units, dates, magnitudes.

    Exit status 1 when anything is wrong; each finding names file and line.
    """
    found = provenance.findings(_texts())
    for sentence in found:
        click.echo(sentence, err=True)
    if found:
        raise ComputebookError(f"{len(found)} findings in the data")
    names = datasets.table_names()
    rows = sum(len(datasets.load(name)) for name in names)
    click.echo(
        f"{len(names)} tables, {rows:,} rows, {len(provenance.reference_keys())} sources: all well"
    )


@data.command()
@click.option("--on", metavar="DATE", help="Day of the prices, YYYY-MM-DD; the newest price check.")
@click.option(
    "--propose",
    is_flag=True,
    help="Rows for data/api_prices.csv to review: new prices, tiers and models.",
)
@output.format_options
def prices(on: str | None, propose: bool, form: str | None) -> None:
    """List where the installed genai-prices differs from our price cards, and why.

    With --propose, write dated rows in the columns of data/api_prices.csv for what differs
    without a known reason and for what the table does not hold. They are to be reviewed: the
    package copies from other tables, and dates few of its prices.

    \b
    computebook data prices --on 2026-01-15
    computebook data prices --propose --csv > proposed.csv
    """
    from computebook import price_crosscheck, price_proposals

    date = on or str(datasets.load("api_prices")["checked_on"].max().date())
    if propose:
        output.write(price_proposals.price_proposals(date), form, f"Rows to review on {date}")
        return
    found = price_crosscheck.price_differences(date)
    output.write(found, form, f"Differences on {date}")
    if form is None:
        unknown = int((found["reason"] == "").sum())
        click.echo(
            f"{len(found)} differences, {unknown} without a known reason; --propose lists rows"
        )


COMMANDS = {"data": data}
