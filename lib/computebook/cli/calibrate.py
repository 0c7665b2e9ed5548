"""`computebook calibrate`: fit the constants of the models and prove them out of sample."""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd

from computebook import datasets
from computebook.cli import calibrate_energy, calibrate_training, output
from computebook.cli.calibrate_progress import progress
from computebook.cli.error_tables import HEADINGS
from computebook.errors import ComputebookError
from computebook.inference import fit, proof, report, scores, table
from computebook.inference.records import write_tables


@click.group()
def calibrate() -> None:
    """Fit the constants of the models to measured cases."""


@calibrate.command()
@click.argument("cases", type=click.Path(path_type=Path), required=False)
@click.option("--seed", type=click.IntRange(min=0), default=fit.SEED, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Folder; the data if left out.")
@click.option("--holdout", default="group,generation", show_default=True, help="Also: model.")
@click.option("--as-of", help="Date of the calibration; the newest of the cases if left out.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@output.format_options
def inference(
    cases: Path | None, seed: int, out: Path | None, holdout: str, as_of: str | None,
    workers: int, form: str | None,
) -> None:  # fmt: skip
    """Fit the serving models to measured cases and predict each case without its group.

    Writes inference_calibration.csv (constants with ranges, and interval factors) and
    inference_holdout.csv (predictions out of sample), both or none. The same cases and seed
    give the same bytes. Cases are the table inference_measurements if left out.

    \b
    computebook calibrate inference
    computebook calibrate inference my_cases.csv --out my_tables --holdout group,model
    """
    folder = out or datasets.data_folder()
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
        click.echo(f"wrote {' and '.join(f'{name}.csv' for name in tables)} in {folder}")


def errors_out_of_sample(source: Path, held: pd.DataFrame) -> pd.DataFrame:
    """Return the held-out errors by split, load and quantity, fitted cases apart."""
    cases = report.cases_of(source)[["case_id", "regime", "quantity"]]
    rows = held.merge(cases, on="case_id").assign(status="predicted")
    rows = rows.rename(columns={"relative_error": "error_fraction"})
    rows["quantity"] += rows["fitted"].map({"true": "", "false": " (never fitted)"})
    return scores.error_table(rows, ["split", "regime", "quantity"]).reset_index()


calibrate.add_command(calibrate_energy.COMMANDS["energy"])
calibrate.add_command(calibrate_training.COMMANDS["training"])

COMMANDS = {"calibrate": calibrate}
