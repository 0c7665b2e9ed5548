"""`computebook params`: what the report can be asked for, and what each parameter moves."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Sequence
from typing import Any

import click
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from computebook import exhibits
from computebook.book import execution, runner, traces
from computebook.book.pages import PAGES
from computebook.cli import output
from computebook.errors import ComputebookError, require_known
from computebook.parameters import Parameter


@click.command()
@click.argument("chapter", required=False)
@click.option("--schema", "as_schema", is_flag=True, help="JSON Schema of a briefing's file.")
@click.option(
    "--trace", "anew", is_flag=True, help="Move each parameter and keep what moved (maintainers)."
)
@output.format_options
def params(chapter: str | None, as_schema: bool, anew: bool, form: str | None) -> None:
    """List what the report can be asked for: unit, default, bounds, meaning, what it moves.

    Without CHAPTER, every parameter of every chapter. What a parameter moves was found by moving
    it: tables and figures by name, takeaways by number. --schema writes a JSON Schema, with which
    an editor completes and checks a briefing. --trace finds anew what each parameter of CHAPTER
    moves, or of all chapters what is not known yet; it takes seconds per parameter.

    \b
    computebook params
    computebook params gpu_sizing --json
    computebook params --schema > briefing.schema.json
    """
    chosen = PAGES if chapter is None else (require_known("chapter", chapter, pages()),)
    if as_schema:
        click.echo(json.dumps(briefing_schema(), indent=2, ensure_ascii=False))
        return
    if anew:
        trace_anew(chosen, all_of_it=chapter is not None)
        return
    rows = listed(chosen, form)
    if not rows:
        raise ComputebookError(f"chapter {chapter} has no parameters")
    title = f"Parameters of {chapter or 'the report'}"
    output.write(pd.DataFrame(rows), form, title)


def briefing_schema() -> dict[str, Any]:
    """Return the JSON Schema of a briefing's file.

    Raises
    ------
    ComputebookError
        If a package of the extra `brief` is missing.
    """
    try:
        from computebook.briefing.schema import json_schema
    except ModuleNotFoundError as missing:
        raise ComputebookError(
            f"computebook params --schema needs the package {missing.name}: "
            f"pip install 'computebook[brief]'"
        ) from missing
    return json_schema()


def pages() -> list[str]:
    """Return every page with exhibits of its own."""
    return [module.name for module in pkgutil.iter_modules(exhibits.__path__)]


def listed(chapters: Sequence[str], form: str | None) -> list[dict[str, str]]:
    """Return the parameters of chapters as rows; with several, their chapter stands first."""
    known = traces.read_traces()
    rows = []
    for chapter in chapters:
        for parameter in execution.declared_parameters(chapter):
            row = parameter_row(parameter)
            found = known.get((chapter, parameter.name))
            place = {"chapter": chapter} if len(chapters) > 1 else {}
            rows.append({**place, **row, **_moved(found, form)})
    return rows


def _moved(found: traces.Trace | None, form: str | None) -> dict[str, str]:
    """Return what a parameter moves: by kind for another program, in words for the eye."""
    kinds = ("tables", "figures", "takeaways")
    if form is None:
        return {"moves": found.words if found else "not traced"}
    return {kind: " ".join(getattr(found, kind)) if found else "" for kind in kinds}


def parameter_row(parameter: Parameter) -> dict[str, str]:
    """Return one parameter as a row for the reader."""
    bounds = [f"from {parameter.low:g}"] if parameter.low is not None else []
    bounds += [f"to {parameter.high:g}"] if parameter.high is not None else []
    return {
        "name": parameter.name,
        "unit": parameter.unit,
        "default": str(parameter.default),
        "allowed": ", ".join(map(str, parameter.choices)) or " ".join(bounds),
        "meaning": parameter.meaning,
    }


def trace_anew(chapters: Sequence[str], *, all_of_it: bool) -> None:
    """Find what parameters move and keep it, chapter by chapter.

    Parameters
    ----------
    chapters : sequence of str
        Whose parameters.
    all_of_it : bool
        Whether what is known already is found anew too.
    """
    paths = {path.stem: path for path in runner.chapter_paths(runner.book_root())}
    known = traces.read_traces()
    due = {chapter: _due(chapter, {} if all_of_it else known) for chapter in chapters}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task("parameters", total=sum(map(len, due.values())))

        def done(name: str) -> None:
            progress.update(task, advance=1, description=name)

        for chapter, parameters in due.items():
            if parameters:
                for found in traces.trace(paths[chapter], parameters, done):
                    # Read again: chapters may be traced by several processes at a time.
                    known = {**traces.read_traces(), (chapter, found.parameter): found}
                    traces.write_traces(_in_order(known))
    traces.write_traces(_in_order(traces.read_traces()))
    click.echo(f"{sum(map(len, due.values()))} parameters moved; {traces.FILE.name} is up to date")


def _due(chapter: str, known: dict[tuple[str, str], traces.Trace]) -> list[Parameter]:
    """Return the parameters whose trace is missing, of an older declaration, or not thorough."""
    due = []
    for parameter in execution.declared_parameters(chapter):
        found = known.get((chapter, parameter.name))
        today = traces.candidates(parameter)
        if found is None or not _is_thorough(found, today):
            due.append(parameter)
    return due


def _is_thorough(found: traces.Trace, today: Sequence[Any]) -> bool:
    """Return whether a trace tried values of today, and all of them if nothing moved."""
    is_current = all(value in today for value in found.tried)
    return is_current and (found.moves_something or len(found.tried) == len(today))


def _in_order(known: dict[tuple[str, str], traces.Trace]) -> list[traces.Trace]:
    """Return the traces of parameters that still exist, in the order of the book."""
    declared: list[tuple[str, Any]] = [
        (chapter, parameter.name)
        for chapter in PAGES
        for parameter in execution.declared_parameters(chapter)
    ]
    return [known[key] for key in declared if key in known]


COMMANDS = {"params": params}
