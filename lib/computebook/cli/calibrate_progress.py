"""Bars that show how far a calibration is: one per split, one step per part left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["progress"]

Done = Callable[[str, int, str], None]


@contextmanager
def progress() -> Iterator[Done]:
    """Show a bar per split while its parts are left out, with the time that has passed."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bars:
        tasks = {}

        def done(split: str, count: int, _: str) -> None:
            if split not in tasks:
                tasks[split] = bars.add_task(f"without each {split}", total=count)
            bars.update(tasks[split], advance=1)

        yield done
