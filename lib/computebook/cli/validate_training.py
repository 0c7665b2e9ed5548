"""`computebook validate training`: predicted beside measured training runs, with the errors."""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd

from computebook.cli import output
from computebook.errors import ComputebookError, require_known
from computebook.inference.scores import error_rows
from computebook.training_cases import holdout, report, table

__all__ = ["attach", "training"]


@click.command()
@click.argument("cases", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Predictions as CSV, a row per case.")
@click.option("--by", help="regime, metric or gpu only.")
@click.option(
    "--held-out",
    "split",
    is_flag=False,
    flag_value="group",
    help="Refit without each model x GPU x precision of the file (or generation, or model) and "
    "predict it by constants that never saw it; takes minutes.",
)
@output.format_options
def training(
    cases: Path, out: Path | None, by: str | None, split: str | None, form: str | None
) -> None:
    """Predict every case of a CSV that the training models can, and print the errors.

    Other rows are listed with the reason. The intervals come from residuals with each model x
    GPU x precision left out; the table training_calibration also holds the errors of such
    predictions.

    \b
    computebook validate training cases.csv --out predictions.csv
    computebook validate training cases.csv --by gpu --csv
    computebook validate training cases.csv --held-out generation
    """
    groupings = report.GROUPINGS
    if by is not None:
        groupings = {require_known("by", by, groupings): groupings[by]}
    if split is not None:
        require_known("split", split, holdout.SPLITS)
    _require_place(out)
    values, factors = table.constants_from_table(), table.intervals_from_table()
    found = report.validate(cases, values, factors, out, split=split)
    _show(found, groupings, form)


def _require_place(out: Path | None) -> None:
    """Refuse an output that cannot be a file, before any work is done."""
    if out is not None and not out.parent.is_dir():
        raise ComputebookError(f"folder {out.parent} does not exist: nothing was written")
    if out is not None and out.is_dir():
        raise ComputebookError(f"{out} is a folder: nothing was written")


def _show(
    found: dict[str, pd.DataFrame], groupings: dict[str, list[str]], form: str | None
) -> None:
    """Write the errors; to the eye also what is not predicted."""
    rows = error_rows(found["predictions"], groupings)
    if form is not None:
        output.write(rows, form)
        return
    for name, part in rows.groupby("by", sort=False):
        title = "All cases" if name == "all" else f"Errors by {name}"
        output.write(part.drop(columns="by"), form, title)
    output.write(found["not_predicted"], form, "Not predicted")


def attach(group: click.Group) -> None:
    """Add the command to `computebook validate`.

    Parameters
    ----------
    group : click.Group
        The group `validate`.
    """
    group.add_command(training)
