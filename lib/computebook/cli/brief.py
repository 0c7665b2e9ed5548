"""The command `computebook brief`: the whole report again, for one client or hundreds."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from computebook import briefing as briefings
from computebook.briefing import reports, running
from computebook.briefing.running import ClientOutcome, Options, Step
from computebook.briefing.work import FORMATS
from computebook.errors import ComputebookError

INTERRUPTED = 130
#: Shells keep statuses above 125 for themselves.
MOST_COUNTED = 100


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="CLIENT.yaml...")
@click.option(
    "--new", type=click.Path(path_type=Path), help="Write a commented file to start from."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("briefings"),
    show_default=True,
    help="Folder that gets one folder per client.",
)
@click.option("--formats", default=",".join(FORMATS), show_default=True, help="Which to write.")
@click.option(
    "--report",
    type=click.Path(exists=False, file_okay=False, path_type=Path),
    help="Folder of the report; the one around you, or the library's own, if left out.",
)
@click.option("--chapters", default="", metavar="NAME,...", help="Only these chapters.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--scheduler", default="", metavar="ADDRESS", help="Dask cluster for the chapters.")
@click.option("--resume", is_flag=True, help="Only what is missing or stale.")
@click.option("--verbose", is_flag=True, help="Say how long each step took.")
def brief(
    files: tuple[Path, ...],
    new: Path | None,
    out: Path,
    formats: str,
    report: Path | None,
    chapters: str,
    workers: int,
    scheduler: str,
    resume: bool,
    verbose: bool,
) -> None:
    """Make each client's hand-over: site, single page, PDF, workbook, tables, manifest.

    A folder per client is written completely or not at all. One client that fails does not stop
    the others: its folder SLUG.failed says why. The exit status is the number of clients that
    failed, at most 100; 1 for a briefing that is refused, before anything is written.

    \b
    computebook brief --new bank.yaml
    computebook brief bank.yaml --out briefings
    computebook brief clients/*.yaml --workers 8 --resume
    """
    if new is not None:
        write_template(new)
        return
    if not files:
        raise ComputebookError("no briefing given: computebook brief --new CLIENT.yaml starts one")
    asked = shown(briefings.load_all(files), names(chapters))
    options = Options(
        root=reports.published_root(report),
        out=out,
        formats=tuple(names(formats)),
        workers=workers,
        resume=resume,
        scheduler=scheduler,
    )
    running.check(asked, options)
    sys.exit(follow(asked, options, verbose))


def write_template(path: Path) -> None:
    """Write a commented briefing, but over nothing."""
    from computebook.briefing import template

    if path.exists():
        raise ComputebookError(f"{path} exists: nothing was written")
    try:
        path.write_text(template.template_text(), encoding="utf-8")
    except OSError as fault:
        raise ComputebookError(f"{path} cannot be written: {fault.strerror}") from fault
    click.echo(f"wrote {path}; fill it in, then: computebook brief {path}")


def names(text: str) -> list[str]:
    """Return the names of a list typed with commas.

    Examples
    --------
    >>> names("site, pdf"), names("")
    (['site', 'pdf'], [])
    """
    return [part.strip() for part in text.split(",") if part.strip()]


def shown(asked: Sequence[briefings.Briefing], only: Sequence[str]) -> list[briefings.Briefing]:
    """Return the briefings with only some chapters, in the order of the book.

    Raises
    ------
    ComputebookError
        If there is no such chapter.
    """
    from computebook.errors import require_known

    for name in only:
        require_known("chapter", name, briefings.CHAPTERS)
    chosen = tuple(name for name in briefings.CHAPTERS if name in only)
    return [b.model_copy(update={"chapters": chosen}) if chosen else b for b in asked]


def follow(asked: Sequence[briefings.Briefing], options: Options, verbose: bool) -> int:
    """Run the briefings, show what happens, and return the exit status."""
    start = time.perf_counter()
    outcomes: list[ClientOutcome] = []
    try:
        with closing(_run(asked, options)) as events, _bars() as bars:
            clients = bars.add_task("clients", total=len(asked))
            steps = bars.add_task("starting", total=None)
            for event in events:
                if isinstance(event, Step):
                    words = f"{event.slug} {event.name}".strip()
                    bars.update(steps, completed=event.done, total=event.total, description=words)
                else:
                    outcomes.append(event)
                    bars.advance(clients)
                    bars.console.print(_line(event, verbose), markup=False, highlight=False)
    except KeyboardInterrupt:
        click.echo(_interrupted(outcomes, asked), err=True)
        return INTERRUPTED
    return _summary(outcomes, options.out, time.perf_counter() - start)


def _run(asked: Sequence[briefings.Briefing], options: Options) -> Generator[Step | ClientOutcome]:
    yield from running.run(asked, options)


def _bars() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    clock = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    return Progress(*columns, *clock, console=Console(stderr=True))


def _line(outcome: ClientOutcome, verbose: bool) -> str:
    if outcome.failed:
        return f"{outcome.slug}: failed: {outcome.message}; see {outcome.folder}"
    if outcome.status == "current":
        return f"{outcome.slug}: current, nothing to do"
    line = (
        f"{outcome.slug}: {outcome.executed} chapters executed, {outcome.reused} taken over; "
        f"{outcome.folder}"
    )
    times = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in outcome.seconds.items())
    return f"{line}\n  {times}" if verbose else line


def _interrupted(outcomes: Sequence[ClientOutcome], asked: Sequence[object]) -> str:
    finished = sum(not outcome.failed for outcome in outcomes)
    return (
        f"Interrupted: {finished} of {len(asked)} clients are finished, nothing half-written "
        f"was left; --resume goes on"
    )


def _summary(outcomes: Sequence[ClientOutcome], out: Path, seconds: float) -> int:
    failed = [outcome.slug for outcome in outcomes if outcome.failed]
    if failed:
        listed = ", ".join(failed)
        click.echo(f"Error: {len(failed)} of {len(outcomes)} clients failed: {listed}", err=True)
        return min(len(failed), MOST_COUNTED)
    click.echo(f"{len(outcomes)} of {len(outcomes)} clients finished in {seconds:.0f} s: {out}")
    return 0


COMMANDS = {"brief": brief}
