"""`computebook validate training`: predicted beside measured training runs, with the errors."""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd

from computebook import datasets
from computebook.cli import output
from computebook.cli.error_tables import require_place, show
from computebook.errors import require_known
from computebook.training_cases import aims, holdout, report, table

__all__ = ["attach", "training"]

_HEADINGS = {
    "mean_error_percent": "mean error %",
    "median_error_percent": "median %",
    "aim_percent": "aim %",
}


@click.command()
@click.argument("cases", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Predictions as CSV, a row per case.")
@click.option("--by", help="regime, metric or gpu only.")
@click.option(
    "--held-out",
    "split",
    is_flag=False,
    flag_value="group",
    help="Predict cases of our own table by constants that never saw their model x GPU x "
    "precision (or, with --held-out generation, their GPU generation); refits to other files, "
    "which takes minutes.",
)
@output.format_options
def training(
    cases: Path, out: Path | None, by: str | None, split: str | None, form: str | None
) -> None:
    """Predict every case of a CSV that the training models can, and print the errors.

    Other rows are listed with the reason. Rows that the constants were fitted to are counted
    as in sample; --held-out shows their errors out of sample instead. The intervals come from
    residuals with each model x GPU x precision left out. The aims are printed with the mean
    errors, how many groups stand behind them and whether they are met.

    \b
    computebook validate training cases.csv --out predictions.csv
    computebook validate training cases.csv --by gpu --csv
    computebook validate training data/training_measurements.csv --held-out generation
    """
    groupings = report.GROUPINGS
    if by is not None:
        groupings = {require_known("by", by, groupings): groupings[by]}
    if split is not None:
        require_known("split", split, holdout.SPLITS)
    require_place(out)
    values, factors = table.constants_from_table(), table.intervals_from_table()
    held = datasets.load(table.HOLDOUT)
    found = report.validate(cases, values, factors, out, held=held, split=split)
    show(found, groupings, form, split)
    if form is None:
        lines = pd.concat([found["aims"], aims.power_aim()], ignore_index=True)
        lines["met"] = lines["met"].map({True: "met", False: "missed"})
        lines = lines.drop(columns="aim_id").rename(columns=_HEADINGS)
        fitted = split is None and bool(found["predictions"]["in_sample"].any())
        output.write(lines, form, f"Aims, {'partly in' if fitted else 'out of'} sample")


def attach(group: click.Group) -> None:
    """Add the command to `computebook validate`.

    Parameters
    ----------
    group : click.Group
        The group `validate`.
    """
    group.add_command(training)
