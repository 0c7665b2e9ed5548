"""Commands that execute and build the report."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
