"""`computebook validate`: predictions beside measurements, with the errors."""

from __future__ import annotations

from pathlib import Path

import click

from computebook.cli import output
from computebook.errors import ComputebookError
from computebook.inference import report, table


@click.group()
def validate() -> None:
    """Set the models against measured cases and say how wrong they are."""


@validate.command()
@click.argument("cases", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Predictions as CSV.")
@click.option("--by", default="regime", show_default=True, help="regime, metric or gpu.")
@output.format_options
def inference(cases: Path, out: Path | None, by: str, form: str | None) -> None:
    """Predict every case of a CSV that the serving models can, and print the errors.

    Other rows are listed with the reason. The intervals come from residuals with whole groups
    left out, except for capacity and arrivals at a given rate, whose few cases are in sample.
    Errors on cases that the constants were fitted to are in sample too.

    \b
    computebook validate inference cases.csv --out predictions.csv
    computebook validate inference cases.csv --by gpu --csv
    """
    if out is not None and not out.parent.is_dir():
        raise ComputebookError(f"folder {out.parent} does not exist: nothing was written")
    groups = {"regime": ["regime", "quantity"], "metric": ["metric"], "gpu": ["gpu"]}
    if by not in groups:
        raise ComputebookError(f"by = {by!r} is unknown: allowed regime, metric, gpu")
    found = report.validate(cases, table.constants_from_table(), table.intervals_from_table(), out)
    errors = report.error_table(found["predictions"], groups[by]).reset_index()
    output.write(errors, form, f"Errors by {by}")
    if form is None:
        output.write(found["not_predicted"], form, "Not predicted")


COMMANDS = {"validate": validate}
