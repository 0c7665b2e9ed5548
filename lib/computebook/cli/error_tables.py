"""Errors of predictions as `computebook validate` prints them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
import pandas as pd

from computebook.cli import output
from computebook.errors import ComputebookError
from computebook.inference import scores

__all__ = ["HEADINGS", "require_place", "show", "standing"]

HEADINGS: Final = {
    "coverage_percent": "predicted %",
    "mean_absolute_error_percent": "mean error %",
    "median_absolute_error_percent": "median %",
    "bias_percent": "bias %",
    "within_20_percent": "within 20 %",
    "interval_coverage_percent": "in interval %",
    "in_sample_cases": "in sample",
}
"""What the columns are called before the eye."""


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
