"""`computebook calibrate energy`: fit the energy constants and say how far off they are."""

from __future__ import annotations

from pathlib import Path

import click

from computebook import datasets
from computebook.cli import output
from computebook.errors import ComputebookError
from computebook.inference import energy, energy_report


@click.command("energy")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder; that of the data if left out."
)
@click.option("--as-of", default="2026-11-23", show_default=True, help="Date of the calibration.")
@output.format_options
def calibrate_energy(out: Path | None, as_of: str, form: str | None) -> None:
    """Fit the energy per byte and per operation to measured power, and prove them out of sample.

    Writes energy_calibration.csv: constants per accelerator generation and interval factors
    from runs of models that the constants never saw. The fit has no random part: the same
    table gives the same bytes.

    \b
    computebook calibrate energy
    computebook calibrate energy --out my_tables --json
    """
    folder = out or datasets.data_folder()
    if not folder.is_dir():
        raise ComputebookError(f"folder {folder} does not exist: nothing was written")
    cases = energy.energy_cases()
    table = energy_report.calibrated_energy(cases, as_of)
    energy_report.write_energy_table(table, folder / f"{energy_report.TABLE}.csv")
    errors = energy_report.energy_error_table(energy_report.energy_errors(cases))
    output.write(errors, form, "J per output token, out of sample")


COMMANDS = {"energy": calibrate_energy}
