"""Commands that execute, check and build the report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from computebook import provenance
from computebook.book import execution, runner, site
from computebook.book.execution import Outcome
from computebook.errors import ComputebookError, require_known


def parsed_value(text: str) -> Any:
    """Return a value typed on the command line: JSON where it is JSON, else text.

    Examples
    --------
    >>> parsed_value("128000"), parsed_value("gpt-5.2"), parsed_value("[1, 2]")
    (128000, 'gpt-5.2', [1, 2])
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def parsed_parameters(items: Iterable[str]) -> dict[str, Any]:
    """Return `name=value` items as a mapping.

    Raises
    ------
    ComputebookError
        If an item has no equals sign.
    """
    pairs = [item.partition("=") for item in items]
    for name, sign, _ in pairs:
        if not sign:
            raise ComputebookError(f"parameter {name!r} has no value: write {name}=VALUE")
    return {name: parsed_value(value) for name, _, value in pairs}


def chapter_file(name: str) -> Path:
    """Return the notebook of a chapter by its name.

    Raises
    ------
    ComputebookError
        If the report has no such chapter; the sentence suggests the nearest name.
    """
    paths = {path.stem: path for path in runner.chapter_paths(runner.book_root())}
    return paths[require_known("chapter", name, paths)]


@click.command()
@click.argument("chapter")
@click.option("-p", "--parameter", "items", multiple=True, metavar="NAME=VALUE", help="Override.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def run(chapter: str, items: tuple[str, ...], out: Path) -> None:
    """Execute one chapter with other parameters into a notebook of your own.

    \b
    computebook run gpu_sizing -p context_tokens=128000 --out gpu_sizing_128k.ipynb
    """
    if not out.parent.is_dir():
        raise ComputebookError(f"folder {out.parent} does not exist: nothing was written")
    outcome = execution.execute_chapter(chapter_file(chapter), parsed_parameters(items), out)
    report(outcome)
    if outcome.failed:
        raise ComputebookError(f"{chapter} failed: {outcome.message}; nothing was written")


def report(outcome: Outcome) -> None:
    """Say how one chapter ended."""
    click.echo(f"{outcome.chapter}: {outcome.status} in {outcome.seconds:.1f} s")
    if outcome.failed:
        click.echo(f"{outcome.message}\n{outcome.detail}", err=True)


@click.command()
@click.argument("chapters", nargs=-1)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--force", is_flag=True, help="Execute even what nothing has changed for.")
def refresh(chapters: tuple[str, ...], workers: int, force: bool) -> None:
    """Execute the chapters with their defaults and write their outputs.

    A notebook is rewritten only when its bytes change. Unchanged chapters are not executed
    again: the key is notebook, library, data, parameters and lock file.

    \b
    computebook refresh
    computebook refresh gpu_sizing --force
    """
    paths = [chapter_file(name) for name in chapters] or runner.chapter_paths(runner.book_root())
    outcomes = list(followed(paths, workers, force))
    failed = [outcome.chapter for outcome in outcomes if outcome.failed]
    for outcome in outcomes:
        report(outcome)
    if failed:
        raise ComputebookError(f"{len(failed)} of {len(outcomes)} chapters failed: {failed}")


def followed(paths: list[Path], workers: int, force: bool) -> Iterable[Outcome]:
    """Yield the outcome of each chapter while a bar shows how many are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task("chapters", total=len(paths))
        for outcome in runner.refresh(paths, workers=workers, force=force):
            progress.update(task, advance=1, description=outcome.chapter)
            yield outcome


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Folder; _build/html if left out.")
@click.option(
    "--pdf", type=click.Path(path_type=Path), is_flag=False, flag_value=Path("report.pdf")
)
@click.option(
    "--with-pdf",
    "offered",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A printed report for the pages to offer.",
)
@click.option("--edition", help="Publish: into editions/EDITION of --out or _build/public.")
def build(out: Path | None, pdf: Path | None, offered: Path | None, edition: str | None) -> None:
    """Render the committed outputs as a static site; warnings are errors.

    With --edition the site is put in place once, with a manifest, and never changes again; the
    page beside the editions then says which is current and what changed.

    \b
    computebook build
    computebook build --pdf report.pdf
    computebook build --edition 2026.1 --with-pdf report.pdf
    """
    if pdf:
        from computebook.book.pdf import print_pdf

        click.echo(f"printed {print_pdf(None, pdf)}")
        return
    if edition:
        from computebook.book.publishing import publish

        click.echo(f"Edition {edition} is in {publish(None, edition, out, offered)}")
        return
    built = site.build_site(None, out, pdf=offered)
    click.echo(f"The report is in {built}; open {built / 'index.html'}")


@click.command()
@click.pass_context
def check(context: click.Context) -> None:
    """Say what a maintainer wants to know before a commit: data and stale chapters."""
    from computebook.cli.data import check as check_data

    context.invoke(check_data)
    stale = runner.stale_chapters()
    for path in stale:
        click.echo(f"{path.stem}: not executed since the library, the data or the text changed")
    if stale:
        raise ComputebookError(f"{len(stale)} chapters are stale: run computebook refresh")
    click.echo(f"{len(provenance.reference_keys())} sources, all chapters fresh")


COMMANDS = {command.name: command for command in (run, refresh, build, check)}
