"""The command `computebook sweep`: a model over a grid or samples of its parameters."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from computebook.briefing import sweep as sweeps
from computebook.briefing.sweep_models import MODELS
from computebook.cli import output
from computebook.errors import ComputebookError

SHOWN_ROWS = 1_000
INTERRUPTED = 130


@click.command()
@click.argument("model", required=False)
@click.option("--grid", "items", multiple=True, metavar="NAME=A,B,C", help="Values or a range.")
@click.option("--samples", type=click.IntRange(0), default=0, help="Random rows, not the grid.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Parquet file.")
@click.option("--scheduler", default="", metavar="ADDRESS", help="Dask cluster.")
@output.format_options
def sweep(
    model: str | None,
    items: tuple[str, ...],
    samples: int,
    seed: int,
    out: Path | None,
    scheduler: str,
    form: str | None,
) -> None:
    """Run a model over all combinations of values, or over samples; without a model, list them.

    Values are A,B,C or LOW:HIGH:COUNT (:log for even steps of the logarithm); samples draw from
    LOW:HIGH (or LOW:HIGH:log) too. The table carries units and meanings; it is written block by
    block, so that it may be larger than memory.

    \b
    computebook sweep kv-cache --grid context_tokens=8192,131072 --grid kv_bits=8,16
    computebook sweep serving-cost --grid utilization=0.1:1 --samples 1000000 --out cost.parquet
    """
    if model is None:
        output.write(listed(), form, "Models")
        return
    made = sweeps.planned(model, items, samples, seed)
    if out is not None:
        sys.exit(written(made, out, scheduler))
    if scheduler:
        raise ComputebookError("--scheduler needs --out TABLE.parquet: small tables are made here")
    if made.rows > SHOWN_ROWS:
        raise ComputebookError(f"{made.rows:,} rows are too many to show: add --out TABLE.parquet")
    output.write(pd.concat(list(sweeps.blocks(made)), ignore_index=True), form, model)


def listed() -> pd.DataFrame:
    """Return every model with its parameters."""
    pairs = [(entry.name, p) for entry in MODELS.values() for p in entry.parameters]
    return pd.DataFrame(
        [
            {
                "model": name,
                "parameter": p.name,
                "unit": p.unit,
                "default": str(p.default),
                "lowest": p.low,
                "highest": p.high,
                "meaning": p.meaning,
            }
            for name, p in pairs
        ]
    )


def written(made: sweeps.Sweep, out: Path, scheduler: str) -> int:
    """Write the table while a bar shows the rows, and return the exit status."""
    if not out.parent.is_dir():
        raise ComputebookError(f"folder {out.parent} does not exist: nothing was written")
    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=Console(stderr=True)) as bars:
            rows = bars.add_task("rows", total=made.rows)

            def advance(count: int) -> None:
                bars.advance(rows, count)

            if scheduler:
                from computebook.briefing import sweep_cluster

                sweep_cluster.run(made, out, scheduler, advance)
            else:
                sweeps.run(made, out, advance)
    except KeyboardInterrupt:
        click.echo(f"Interrupted: {out} was not written", err=True)
        return INTERRUPTED
    click.echo(f"{made.rows:,} rows in {out}")
    return 0


COMMANDS = {"sweep": sweep}
