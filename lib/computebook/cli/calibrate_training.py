"""`computebook calibrate training`: fit the training models and prove them out of sample."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import click
import pandas as pd

from computebook import datasets
from computebook.cli import output
from computebook.cli.calibrate_progress import progress
from computebook.cli.error_tables import HEADINGS
from computebook.errors import ComputebookError
from computebook.inference import scores
from computebook.inference.records import write_tables
from computebook.training_cases import cases as training_cases
from computebook.training_cases import fit, proof, table


@click.command("training")
@click.argument("cases", type=click.Path(path_type=Path), required=False)
@click.option("--seed", type=click.IntRange(min=0), default=fit.SEED, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Folder; the data if left out.")
@click.option("--holdout", default="group,generation", show_default=True, help="Also: model.")
@click.option("--as-of", help="Date of the calibration; the newest of the cases if left out.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@output.format_options
def training(
    cases: Path | None, seed: int, out: Path | None, holdout: str, as_of: str | None,
    workers: int, form: str | None,
) -> None:  # fmt: skip
    """Fit the training models to measured runs and predict each run without its group.

    A group is all runs of a model on a GPU in a number format. Writes training_calibration.csv
    (constants with ranges, interval factors, mean errors) and training_holdout.csv (predictions
    out of sample), both or none. The same cases and seed give the same bytes. Cases are the
    table training_measurements if left out.

    \b
    computebook calibrate training
    computebook calibrate training my_runs.csv --out my_tables --holdout group,model
    """
    folder, begun = out or datasets.data_folder(), perf_counter()
    if not folder.is_dir():
        raise ComputebookError(f"folder {folder} does not exist: nothing was written")
    source = cases or datasets.describe(table.MEASUREMENTS).path
    splits = [name.strip() for name in holdout.split(",") if name.strip()]
    with progress() as done:
        tables = proof.prove(
            source, seed=seed, splits=splits, workers=workers, as_of=as_of, done=done
        )
    write_tables({folder / f"{name}.csv": frame for name, frame in tables.items()})
    found = errors_out_of_sample(source, tables[table.HOLDOUT])
    output.write(found if form else found.rename(columns=HEADINGS), form, "Out of sample")
    if form is None:
        names = " and ".join(f"{name}.csv" for name in tables)
        click.echo(f"wrote {names} in {folder}, {perf_counter() - begun:.0f} s")


def errors_out_of_sample(source: Path, held: pd.DataFrame) -> pd.DataFrame:
    """Return the held-out errors by split, kind of model and quantity, fitted runs apart."""
    known = training_cases.read_cases(source)[["case_id", "regime", "quantity"]]
    rows = held.merge(known, on="case_id").assign(status=scores.PREDICTED)
    rows = rows.rename(columns={"relative_error": "error_fraction"})
    rows["quantity"] += rows["fitted"].map({"true": "", "false": " (never fitted)"})
    return scores.error_table(rows, ["split", "regime", "quantity"]).reset_index()


COMMANDS = {"training": training}
