"""`computebook validate`: predictions beside measurements, with the errors."""

from __future__ import annotations

from pathlib import Path

import click

from computebook import datasets
from computebook.cli import output, validate_training
from computebook.cli.error_tables import require_place, show
from computebook.errors import require_known
from computebook.inference import report, scores, table


@click.group()
def validate() -> None:
    """Set the models against measured cases and say how wrong they are."""


@validate.command()
@click.argument("cases", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Predictions as CSV, a row per case.")
@click.option("--by", help="regime, metric or gpu only.")
@click.option(
    "--held-out",
    "split",
    is_flag=False,
    flag_value="group",
    help="Predict cases of our own table by constants that never saw their group (or, with "
    "--held-out generation, their GPU generation).",
)
@output.format_options
def inference(
    cases: Path, out: Path | None, by: str | None, split: str | None, form: str | None
) -> None:
    """Predict every case of a CSV that the serving models can, and print the errors.

    Other rows are listed with the reason. Rows that the constants were fitted to are counted
    as in sample; --held-out shows their errors out of sample instead. The intervals come from
    residuals with groups of model, GPU and engine left out one by one, except where the table
    inference_calibration says that they are in sample.

    \b
    computebook validate inference cases.csv --out predictions.csv
    computebook validate inference cases.csv --by gpu --csv
    computebook validate inference data/inference_measurements.csv --held-out
    """
    groupings = scores.GROUPINGS
    if by is not None:
        groupings = {require_known("by", by, groupings): groupings[by]}
    require_place(out)
    values, factors = table.constants_from_table(), table.intervals_from_table()
    held = datasets.load(table.HOLDOUT)
    found = report.validate(cases, values, factors, out, held=held, split=split)
    show(found, groupings, form, split)


validate_training.attach(validate)

COMMANDS = {"validate": validate}
