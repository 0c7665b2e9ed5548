"""What a client's own usage cost: the ledger of its exports, by month and model."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from computebook import datasets, errors, ledger
from computebook.book.execution import process_pool
from computebook.briefing.client_data import data_folder
from computebook.briefing.document import Fault
from computebook.briefing.request import Briefing

__all__ = ["faults", "ledger_summary", "read_usage"]

BY = ("month", "model")


def read_usage(paths: Sequence[Path], on: str) -> ledger.Ledger:
    """Return the ledger of usage exports by month and model.

    Parameters
    ----------
    paths : sequence of Path
        Files of any convention that the ledger knows.
    on : str
        Day of rows that have none, YYYY-MM-DD.
    """
    return ledger.read(list(paths), BY, on)


def faults(briefing: Briefing) -> list[Fault]:
    """Return the lines of the usage exports that the ledger cannot read, the first of each file.

    Parameters
    ----------
    briefing : Briefing
        Whose files to read, each to its end.

    Returns
    -------
    list of Fault
        Also a file without any usage in it; empty when every line is understood.
    """
    return [fault for path in briefing.data.usage for fault in _of_file(path, str(briefing.date))]


def _of_file(path: Path, on: str) -> list[Fault]:
    try:
        found = read_usage([path], on)
    except (errors.ComputebookError, OSError, EOFError) as wrong:
        return [Fault(path.name, 1, str(wrong).replace(str(path), path.name))]
    if found.rejects:
        return [Fault(path.name, reject.line, reject.reason) for reject in found.rejects]
    if not found.tally.rows:
        return [Fault(path.name, 1, "no usage in it")]
    return []


def ledger_summary(briefing: Briefing) -> pd.DataFrame | None:
    """Return tokens and dollars of the client's own usage by month and model.

    Each row of usage is priced at the card of its own day; see `computebook.ledger`. A client with
    tables of its own is priced by them, contracts included.

    Parameters
    ----------
    briefing : Briefing
        Whose usage it is.

    Returns
    -------
    DataFrame or None
        `month`, `model` and the columns of `Ledger.totals`, by month, dearest model first; None
        without a usage export.

    Raises
    ------
    ComputebookError
        If a line cannot be read, with file and line.
    """
    if not briefing.data.usage:
        return None
    found = faults(briefing)
    if found:
        raise errors.ComputebookError("\n".join(map(str, found)))
    if not briefing.data.tables or _reads_client_tables():
        return _summary(briefing)
    # Tables are read once per process: another one reads the client's, and ours stay ours here.
    with tempfile.TemporaryDirectory() as place, process_pool(1) as pool:
        folder = data_folder(briefing, Path(place) / "data")
        return pool.submit(_summary_from, folder, briefing).result()


def _reads_client_tables() -> bool:
    """Return whether this process read its tables from the folder of a briefing from the start."""
    named = os.environ.get(datasets.FOLDER_VARIABLE)
    return bool(named) and datasets.describe("api_prices").path.parent == Path(str(named))


def _summary_from(folder: Path, briefing: Briefing) -> pd.DataFrame:
    os.environ[datasets.FOLDER_VARIABLE] = str(folder)
    return _summary(briefing)


def _summary(briefing: Briefing) -> pd.DataFrame:
    totals = read_usage(briefing.data.usage, str(briefing.date)).totals()
    order = totals.sort_values(["month", "cost_usd"], ascending=[True, False], kind="stable")
    return order.reset_index(drop=True)
