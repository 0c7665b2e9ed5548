"""`computebook validate`: predictions beside measurements, with the errors."""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd

from computebook import datasets
from computebook.cli import output, validate_training
from computebook.errors import ComputebookError, require_known
from computebook.inference import report, scores, table

HEADINGS = {
    "coverage_percent": "predicted %",
    "mean_absolute_error_percent": "mean error %",
    "median_absolute_error_percent": "median %",
    "bias_percent": "bias %",
    "within_20_percent": "within 20 %",
    "interval_coverage_percent": "in interval %",
    "in_sample_cases": "in sample",
}
"""What the columns are called before the eye."""


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


def require_place(out: Path | None) -> None:
    """Refuse an output that cannot be a file, before any work is done."""
    if out is None:
        return
    if not out.parent.is_dir():
        raise ComputebookError(f"folder {out.parent} does not exist: nothing was written")
    if out.is_dir():
        raise ComputebookError(f"{out} is a folder: nothing was written")


def show(
    found: dict[str, pd.DataFrame],
    groupings: dict[str, list[str]],
    form: str | None,
    split: str | None,
) -> None:
    """Write the errors; to the eye also what is in sample and what is not predicted."""
    rows = scores.error_rows(found["predictions"], groupings)
    if form is not None:
        output.write(rows, form)
        return
    for name, part in rows[rows["cases"] > 0].groupby("by", sort=False):
        title = "All cases" if name == "all" else f"Errors by {name}"
        output.write(part.drop(columns="by").rename(columns=HEADINGS), form, title)
    click.echo(standing(found["predictions"], split))
    output.write(found["not_predicted"], form, "Not predicted")


def standing(predictions: pd.DataFrame, split: str | None) -> str:
    """Return in a sentence whether the errors are in sample."""
    seen, count = int(predictions["in_sample"].sum()), int(predictions["predicted"].notna().sum())
    if split is not None:
        return f"Known cases are predicted by constants that never saw their {split}."
    if seen:
        return (
            f"{seen:,} of {count:,} predicted cases are in sample: the constants were fitted to "
            "them. Add --held-out for their errors out of sample."
        )
    return (
        f"None of the {count:,} predicted cases is among those that the constants were fitted to."
    )


validate_training.attach(validate)

COMMANDS = {"validate": validate}
