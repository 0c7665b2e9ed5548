"""Commands that cite an exhibit and that build a published edition again."""

from __future__ import annotations

from pathlib import Path

import click

from computebook.book import editions
from computebook.book.runner import book_root
from computebook.citation import STYLES, citation
from computebook.errors import ComputebookError


@click.command()
@click.argument("exhibit")
@click.option("--edition", help="A published edition; the report as it is if left out.")
@click.option(
    "--style", type=click.Choice(list(STYLES)), default="text", show_default=True, help="Form."
)
def cite(exhibit: str, edition: str | None, style: str) -> None:
    """Cite a figure or table by its id, as the page does below it.

    The hash is that of its CSV file, as sha256sum prints it. An id that is no longer in use is
    followed to its successor.

    \b
    computebook cite tab-api-openai
    computebook cite fig-gpu-steps --edition 2026.1 --style bibtex
    """
    root = book_root()
    register = editions.register_for(root, edition)
    name = editions.present_name(root, register, exhibit)
    if name != exhibit:
        click.echo(f"{exhibit} is now {name}", err=True)
    click.echo(citation(register.work(name), style))


@click.command()
@click.argument("edition")
@click.option(
    "--public",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of all editions; _build/public if left out.",
)
@click.option("--source", help="Tag or commit; the tag edition-EDITION, else the manifest's.")
def rebuild(edition: str, public: Path | None, source: str | None) -> None:
    """Build a published edition again from its tag and compare byte for byte.

    \b
    computebook rebuild 2026.1
    computebook rebuild 2026.1 --public /srv/report --source edition-2026.1
    """
    from computebook.book import rebuilding

    found = rebuilding.rebuild(edition, public, source)
    if not found.equal:
        raise ComputebookError(rebuilding.told(found))
    click.echo(rebuilding.told(found))


COMMANDS = {command.name: command for command in (cite, rebuild)}
