"""The command `computebook`: data, models and the report from the shell."""

from __future__ import annotations

import sys
from typing import Any

import click

import computebook
from computebook.cli import data, models, report
from computebook.errors import ComputebookError


class ReportingGroup(click.Group):
    """A group whose commands turn a `ComputebookError` into one sentence and status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except ComputebookError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)


@click.group(cls=ReportingGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(computebook.__version__, prog_name="computebook")
def main() -> None:
    """Compute what frontier language models cost, and build the report that says so.

    \b
    computebook data list
    computebook memory --model llama-3.1-405b --gpu h200 --context 131072
    computebook refresh && computebook build
    """


for command in (data.data, models.memory_command, *report.COMMANDS):
    main.add_command(command)
