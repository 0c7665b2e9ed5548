"""`computebook diff`: what changed between two editions or briefings."""

from __future__ import annotations

import click

from computebook.cli import output


@click.command()
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@click.option(
    "--tolerance",
    type=float,
    default=None,
    help="Relative change up to which a number stands still; 0.005 if left out.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "markdown"]),
    default="table",
    show_default=True,
)
def diff(old: str, new: str, tolerance: float | None, form: str) -> None:
    """Say what changed from A to B: parameters, headline numbers, sentences, tables, figures.

    A and B are folders of briefings, of published editions or of notebooks, single notebooks, or
    the word published.

    \b
    computebook diff published briefings/example-bank
    computebook diff editions/2026.1 editions/2026.2 --format json
    """
    from computebook.briefing import changes, changes_text, reports

    before, after = reports.read(old), reports.read(new)
    found = changes.compare(before, after, changes.TOLERANCE if tolerance is None else tolerance)
    if form == "markdown":
        titles = {name: record.title for name, record in after.items()}
        click.echo(changes_text.markdown(found, titles), nl=False)
        return
    title = f"From {old} to {new}, moves over {found.tolerance * 100:g}%"
    output.write(changes_text.frame(found), None if form == "table" else form, title)
    for name in sorted(before.keys() ^ after.keys()):
        side = old if name in before else new
        click.echo(f"{name}: only in {side}, not compared", err=True)


COMMANDS = {"diff": diff}
