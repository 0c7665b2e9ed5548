"""Write the rows and the rejects of a ledger: whole or not at all.

A file is written beside its place under another name and moved there when all is done, so that
an interruption leaves nothing half-written. A rejects file exists only if there are rejects.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from computebook import errors
from computebook.ledger.accounts import Accounts, Priced
from computebook.ledger.lines import Line
from computebook.ledger.offers import usd
from computebook.ledger.records import Record
from computebook.usage import LEAVES

__all__ = ["ROW_COLUMNS", "Draft", "RejectFile", "RowFile", "require_place"]

ROW_COLUMNS: Final = (
    *("file", "line", "id", "timestamp", "model", "vendor", "service_tier", "tags"),
    *("requests", "request_input_tokens"),
    *LEAVES,
    *(
        "unsplit_output_tokens",
        "tool_calls",
        "cost_usd",
        "price_from",
        "source",
        "no_price_because",
    ),
)
_KEPT_BYTES: Final = 2**20


def require_place(path: Path | None, inputs: Sequence[str] = ()) -> None:
    """Refuse an output that cannot be a file or is one of the inputs, before any work is done.

    Raises
    ------
    ComputebookError
        If the folder does not exist, the path is a folder, or the path is read from.
    """
    if path is None:
        return
    if not path.parent.is_dir():
        raise errors.ComputebookError(f"folder {path.parent} does not exist: nothing was written")
    if path.is_dir():
        raise errors.ComputebookError(f"{path} is a folder: nothing was written")
    if any(Path(name).resolve() == path.resolve() for name in inputs):
        raise errors.ComputebookError(f"{path} is an input: choose another place")


class Draft:
    """A text file that appears at its place when the block ends well, if anything was written.

    Parameters
    ----------
    path : Path or None
        Where it goes; None for nowhere.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Draft(Path(folder) / "a.txt") as draft:
    ...         _ = draft.stream.write("done")
    ...         before = (Path(folder) / "a.txt").exists()
    ...     before, (Path(folder) / "a.txt").read_text()
    (False, 'done')
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._stream: IO[str] | None = None
        self._partial = Path()

    @property
    def stream(self) -> IO[str]:
        """Where to write; opened when first asked for."""
        if self._stream is None:
            if self.path is None:
                self._stream = io.StringIO()
            else:
                self._stream = tempfile.NamedTemporaryFile(  # noqa: SIM115  closed in __exit__
                    "w",
                    encoding="utf-8",
                    errors="surrogateescape",
                    newline="",
                    dir=self.path.parent,
                    prefix=f".{self.path.name}-",
                    delete=False,
                )
                self._partial = Path(self._stream.name)
        return self._stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream is None or self.path is None:
            return
        self._stream.close()
        if kind is None:
            self._partial.chmod(0o644)
            self._partial.replace(self.path)
        else:
            self._partial.unlink(missing_ok=True)


class RejectFile(Draft):
    """Lines that could not be read, as JSON lines of `file`, `line`, `reason` and `text`."""

    def keep(self, line: Line, reason: str) -> None:
        """Keep one line; a text beyond a megabyte is cut off, and says so."""
        whole = len(line.text) <= _KEPT_BYTES
        entry = {
            "file": line.file,
            "line": line.number,
            "reason": reason if whole else f"{reason} (text cut off at {_KEPT_BYTES} bytes)",
            "text": line.text[:_KEPT_BYTES].decode("utf-8", "backslashreplace").rstrip("\r\n"),
        }
        self.stream.write(json.dumps(entry) + "\n")


class RowFile(Draft):
    """Every counted row as CSV, with its leaves and its exact cost; `read` accepts it again."""

    def keep(self, priced: Priced, lines: Sequence[Line], accounts: Accounts) -> None:
        """Keep the rows of one chunk."""
        if self.path is None:
            return
        if self._stream is None:
            csv.writer(self.stream, lineterminator="\n").writerow(ROW_COLUMNS)
        writer = csv.writer(self.stream, lineterminator="\n")
        tiers = priced.context_tiers.tolist()
        for i, (record, line) in enumerate(zip(priced.records, lines, strict=True)):
            number, day = int(priced.offers[i]), priced.days[i]
            writer.writerow(_row(record, line, accounts, number, tiers[i], day))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self.path is not None and self._stream is None:
            csv.writer(self.stream, lineterminator="\n").writerow(ROW_COLUMNS)
        super().__exit__(kind, error, trace)


def _row(
    record: Record, line: Line, accounts: Accounts, number: int, tier: int, day: int | None
) -> list[Any]:
    offer = accounts.offers[number]
    cost: Any = ""
    if offer.card is not None:
        rates = accounts.atto_per_token(number)[tier]
        atto = sum(n * rate for n, rate in zip(record.counts.leaves, rates, strict=True))
        cost = usd(atto + accounts.calls_atto(number, record, day))
    calls = json.dumps(dict(record.tool_calls)) if record.tool_calls else ""
    return [
        *(line.file, line.number, record.identity, _moment(record, day), record.model),
        *(offer.vendor, record.service_tier, ",".join(record.tags)),
        *(record.requests, record.request_input_tokens),
        *record.counts.leaves,
        *(record.counts.unsplit_output_tokens, calls, f"{cost:f}" if cost != "" else ""),
        *(offer.card.effective_from if offer.card else "", offer.source, offer.reason),
    ]


def _moment(record: Record, day: int | None) -> str:
    if record.seconds is not None and record.has_hour:
        return dt.datetime.fromtimestamp(record.seconds, dt.UTC).isoformat()
    return "" if day is None else (dt.date(1970, 1, 1) + dt.timedelta(days=day)).isoformat()
