"""The command `computebook`: data, models and the report from the shell."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

import computebook
from computebook.errors import ComputebookError

#: Command, and the module that defines it: loaded only when asked for, so that an answer from
#: the models does not wait for the book, nor need its packages.
COMMANDS = {
    "data": "data",
    "memory": "models",
    "price": "price",
    "ledger": "ledger",
    "size": "size",
    "train": "train",
    "portfolio": "portfolio",
    "validate": "validate",
    "calibrate": "calibrate",
    "params": "parameters",
    "run": "report",
    "refresh": "report",
    "build": "report",
    "cite": "cite",
    "rebuild": "cite",
    "brief": "brief",
    "sweep": "sweep",
    "diff": "diff",
    "check": "report",
}

#: What a command needs beyond the models, where that is not the extra `book`.
EXTRAS = {"brief": "book,brief", "diff": "book,brief", "sweep": "brief,cluster"}


def missing_extra(name: str, package: str) -> click.Command:
    """Return a command that says which extra it needs."""
    extra = f"computebook[{EXTRAS.get(name, 'book')}]"

    def refuse(words: Sequence[str]) -> None:
        raise ComputebookError(
            f"computebook {name} needs the package {package}: pip install '{extra}'"
        )

    words = click.Argument(["words"], nargs=-1, type=click.UNPROCESSED)
    return click.Command(
        name,
        callback=refuse,
        params=[words],
        short_help=f"Needs {extra}.",
        context_settings={"ignore_unknown_options": True},
    )


class LazyGroup(click.Group):
    """A group that loads a command when it is asked for and reports errors in one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command, None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        try:
            module = importlib.import_module(f"computebook.cli.{COMMANDS[cmd_name]}")
        except ModuleNotFoundError as error:
            return missing_extra(cmd_name, str(error.name))
        command: click.Command = module.COMMANDS[cmd_name]
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command; a `ComputebookError` becomes one sentence and status 1."""
        try:
            return super().invoke(ctx)
        except ComputebookError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(computebook.__version__, prog_name="computebook")
def main() -> None:
    """Compute what frontier language models cost, and build the report that says so.

    \b
    computebook data list
    computebook memory --model llama-3.1-405b --gpu h200 --context 131072
    computebook refresh && computebook build
    """
