"""Write one table to the terminal, or as CSV or JSON for another program."""

from __future__ import annotations

import json
import numbers
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click
import pandas as pd
from rich.console import Console
from rich.table import Table

Command = TypeVar("Command", bound=Callable[..., Any])

_GROUPED_FROM: Final = 10_000


def format_options(command: Command) -> Command:
    """Add `--json` and `--csv` to a command, as its argument `form`."""
    command = click.option("--json", "form", flag_value="json", help="Write JSON.")(command)
    return click.option("--csv", "form", flag_value="csv", help="Write CSV.")(command)


def write(frame: pd.DataFrame, form: str | None, title: str = "") -> None:
    """Write a frame in the form asked for; a drawn table when none is."""
    if form == "csv":
        click.echo(frame.to_csv(index=False), nl=False)
    elif form == "json":
        records = json.loads(frame.to_json(orient="records", date_format="iso"))
        click.echo(json.dumps(records, indent=2, ensure_ascii=False))
    else:
        draw(frame, title)


def draw(frame: pd.DataFrame, title: str) -> None:
    """Draw a frame for the eye, numbers to the right."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in frame.columns:
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        table.add_column(str(name), justify="right" if numeric else "left", overflow="fold")
    for row in frame.itertuples(index=False):
        table.add_row(*(cell(value) for value in row))
    Console(width=None if Console().is_terminal else 160).print(table)


def cell(value: Any) -> str:
    """Return one value as text: six significant digits, empty where there is none.

    Examples
    --------
    >>> cell(3.35), cell(float("nan")), cell("H100"), cell(24326516), cell(2026)
    ('3.35', '', 'H100', '24,326,516', '2026')
    """
    if isinstance(value, numbers.Integral) and abs(int(value)) >= _GROUPED_FROM:
        return f"{int(value):,}"
    if isinstance(value, float):
        return "" if value != value else f"{value:,.6g}"
    return str(value.date()) if isinstance(value, pd.Timestamp) else str(value)
