"""`computebook ledger`: what a log of provider responses cost, and that nothing is missing."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

from computebook import ledger, rates
from computebook.cli import output
from computebook.errors import ComputebookError
from computebook.ledger import files
from computebook.ledger.lines import STDIN, byte_count, require_files

REJECTS_STATUS = 3
SHOWN_REJECTS = 10
_COMPACT = {
    "uncached_input_tokens": "uncached in",
    "cached_input_tokens": "cached in",
    "visible_output_tokens": "visible out",
    "reasoning_output_tokens": "reasoning out",
}


@click.command("ledger")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--by",
    default="model",
    show_default=True,
    help="Sum by model, vendor, day, month, tier, file, tag or tag.KEY, comma-separated.",
)
@click.option("--on", metavar="DATE", help="Day of the rows that have none, YYYY-MM-DD.")
@click.option(
    "--fallback",
    type=click.Choice(["genai-prices"]),
    help="Price what our table cannot by the installed package, and say so.",
)
@click.option("--currency", metavar="CODE=RATE", help="Add totals at this rate per US dollar.")
@click.option("--out", type=click.Path(path_type=Path), help="Every row with its cost, as CSV.")
@click.option(
    "--rejects",
    "rejects_path",
    type=click.Path(path_type=Path),
    help="Lines that cannot be read; beside --out, or ledger.rejects.jsonl, by default.",
)
@output.format_options
def ledger_command(
    paths: tuple[str, ...],
    by: str,
    on: str | None,
    fallback: str | None,
    currency: str | None,
    out: Path | None,
    rejects_path: Path | None,
    form: str | None,
) -> None:
    """Price a log of provider responses or a usage export, row by row at its own day.

    FILE is JSON lines (or CSV of the leaves, as --out writes), plain or gzip, of any size; - is
    standard input. It may hold answers of OpenAI (Responses, Chat Completions, batch results,
    usage export), Anthropic (Messages, batch results, usage report), Google, and others that
    answer in one of these forms, plain or inside log entries with a timestamp and tags.

    Tokens are split into disjoint leaves, a response that was logged twice counts once, and the
    reconciliation shows that nothing is lost. Exit status: 0 when all is well; 3 when lines were
    rejected, which are then listed with file and line and kept in the rejects file; 1 on an
    error, and then nothing is written.

    \b
    computebook ledger data/examples/openai_responses.jsonl --by model,tag.team
    computebook ledger data/examples/gateway_log.jsonl --by day --csv
    computebook ledger june.jsonl.gz july.jsonl.gz --out rows.csv --json > sums.json
    zcat logs/*.gz | computebook ledger - --by tag.customer --currency EUR=0.9
    """
    rate = rates.ExchangeRate.parse(currency) if currency else None
    names = require_files(paths)
    rejects_path = rejects_path or _beside(out)
    for place in (out, rejects_path):
        files.require_place(place, names)
    with (
        files.RowFile(out) as rows,
        files.RejectFile(rejects_path) as rejects,
        _progress(names) as on_bytes,
    ):
        found = ledger.read(
            names,
            [name.strip() for name in by.split(",")],
            on,
            fallback=_fallback(fallback),
            on_row=rows.keep if out else None,
            on_reject=rejects.keep,
            on_bytes=on_bytes,
        )
    _show(found, form, rate)
    if found.tally.rejected:
        _say_rejects(found, rejects_path)
    if not found.balanced:
        raise ComputebookError("the rows or tokens do not add up: see the reconciliation")
    if found.tally.rejected:
        sys.exit(REJECTS_STATUS)


def _beside(out: Path | None) -> Path:
    return Path("ledger.rejects.jsonl") if out is None else out.with_suffix(".rejects.jsonl")


def _fallback(name: str | None) -> Any:
    if name is None:
        return None
    from computebook import price_package

    return price_package.card_from_package


@contextlib.contextmanager
def _progress(names: list[str]) -> Iterator[Callable[[int], None] | None]:
    """Show how much of the files is read, on a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal or STDIN in names:
        yield None
        return
    columns = ("Reading", BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=byte_count(names))
        yield lambda used: progress.advance(task, used)


def _show(found: ledger.Ledger, form: str | None, rate: rates.ExchangeRate | None) -> None:
    totals = found.totals()
    if rate:
        totals[f"cost_{rate.currency.lower()}"] = totals["cost_usd"] * rate.per_usd
    if form == "csv":
        output.write(totals, form)
    elif form == "json":
        click.echo(json.dumps(_as_json(found, totals, rate), indent=2, ensure_ascii=False))
    else:
        _draw(found, totals, rate)


def _records(frame: pd.DataFrame) -> Any:
    return json.loads(frame.to_json(orient="records", double_precision=15))


def _as_json(
    found: ledger.Ledger, totals: pd.DataFrame, rate: rates.ExchangeRate | None
) -> dict[str, Any]:
    return {
        "total_usd": f"{found.total_usd:f}",
        "exchange_rate": str(rate) if rate else None,
        "totals": _records(totals),
        "summary": _records(found.summary()),
        "reconciliation": _records(found.reconciliation()),
        "balanced": found.balanced,
        "unpriced": _records(found.unpriced()),
        "cards": _records(found.cards()),
        "rejects": [reject._asdict() for reject in found.rejects],
    }


def _draw(found: ledger.Ledger, totals: pd.DataFrame, rate: rates.ExchangeRate | None) -> None:
    costs = [name for name in totals.columns if name.startswith("cost_")]
    shown = [*found.by, "requests", *_COMPACT, *costs, "unpriced_rows"]
    output.draw(totals[shown].rename(columns=_COMPACT), "Cost by " + ", ".join(found.by))
    summary = found.summary()
    output.draw(summary[summary["value"].fillna(0) != 0], "Summary")
    reconciled = found.reconciliation()
    output.draw(reconciled[reconciled["count"] != 0], "Reconciliation")
    if len(found.unpriced()):
        output.draw(found.unpriced(), "Without a price")
    output.draw(found.cards(), "Price cards used")
    click.echo(f"Total ${found.total_usd:f}" + (f"; {rate}" if rate else ""))


def _say_rejects(found: ledger.Ledger, path: Path) -> None:
    for reject in found.rejects[:SHOWN_REJECTS]:
        click.echo(str(reject), err=True)
    more = found.tally.rejected - SHOWN_REJECTS
    tail = f" and {more:,} more" if more > 0 else ""
    click.echo(f"{found.tally.rejected:,} rejected{tail}: kept in {path}", err=True)


COMMANDS = {"ledger": ledger_command}
