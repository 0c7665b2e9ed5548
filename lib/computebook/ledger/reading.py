"""Read provider responses and usage exports into a ledger, a chunk of rows at a time."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from computebook import errors
from computebook.ledger.accounts import Accounts, Priced, group_names, tagger
from computebook.ledger.identities import CONFLICTING, NEW, REPEATED, Identities
from computebook.ledger.lines import Line, lines, require_files
from computebook.ledger.offers import Fallback, Offers
from computebook.ledger.records import Record, records_of
from computebook.ledger.statement import Ledger, Reject, Tally
from computebook.price_cards import Date, parse_date
from computebook.pricing import MAX_REQUEST_INPUT_TOKENS

__all__ = ["read"]

CHUNK_ROWS: Final = 1024
_KEPT_REJECTS: Final = 20
_REASON_CHARACTERS: Final = 300

RowSink = Callable[[Priced, Sequence[Line], Accounts], None]
RejectSink = Callable[[Line, str], None]
_Row = tuple[Line, Record]


def _no_constant(name: str) -> NoReturn:
    raise errors.ComputebookError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant)


def _decoded(line: Line) -> Any:
    try:
        text = line.text.decode("utf-8-sig").strip()
        value, end = _DECODER.raw_decode(text)
        if end != len(text):
            raise json.JSONDecodeError("more text after the value", text, end)
        return value
    except json.JSONDecodeError as wrong:
        raise errors.ComputebookError(f"not JSON: {wrong.msg} at column {wrong.colno}") from wrong
    except UnicodeDecodeError as wrong:
        raise errors.ComputebookError(f"not UTF-8: byte {wrong.start + 1}") from wrong
    except errors.ComputebookError:
        raise
    except ValueError as wrong:
        raise errors.ComputebookError("not JSON: a number is too long") from wrong
    except RecursionError as wrong:
        raise errors.ComputebookError("not JSON that can be read: nested too deeply") from wrong


def _is_csv(file: str) -> bool:
    return file.removesuffix(".gz").endswith(".csv")


def _cells(line: Line) -> list[str]:
    try:
        return next(csv.reader([line.text.decode("utf-8-sig")], strict=True))
    except (csv.Error, UnicodeDecodeError) as wrong:
        raise errors.ComputebookError(f"not CSV: {wrong}") from wrong


def _from_csv(header: Sequence[str], line: Line) -> dict[str, Any]:
    """Return a row of CSV as the object that JSON would have given; empty cells are absent."""
    cells = _cells(line)
    if len(cells) != len(header):
        raise errors.ComputebookError(f"{len(cells)} cells under a header of {len(header)}")
    return {
        name: json.loads(cell) if _NUMBERS.fullmatch(cell) and _COUNTS.search(name) else cell
        for name, cell in zip(header, cells, strict=True)
        if cell
    } | _calls(dict(zip(header, cells, strict=True)).get("tool_calls", ""))


def _calls(text: str) -> dict[str, Any]:
    return {"tool_calls": json.loads(text)} if text.startswith("{") else {}


_NUMBERS: Final = re.compile(r"-?\d+(\.\d+)?")
_COUNTS: Final = re.compile(r"tokens|requests")


class _Reader:
    """The pass over the lines: decodes, tells duplicates, fills the accounts."""

    def __init__(
        self,
        accounts: Accounts,
        seen: Identities,
        on_row: RowSink | None,
        on_reject: RejectSink | None,
    ) -> None:
        self.accounts, self.seen = accounts, seen
        self.on_row, self.on_reject = on_row, on_reject
        self.tally = Tally()
        self.rejects: list[Reject] = []
        self.tagger = tagger(accounts.by)
        self.rows: list[_Row] = []
        self.header: list[str] = []

    def _value(self, line: Line) -> Any:
        if line.problem:
            raise errors.ComputebookError(line.problem)
        return _from_csv(self.header, line) if _is_csv(line.file) else _decoded(line)

    def take(self, line: Line) -> None:
        """Take in one line."""
        self.tally.lines += 1
        if not line.problem and not line.text.strip():
            self.tally.blank += 1
            return
        if line.number == 1 and not line.problem and _is_csv(line.file):
            self.header = _cells(line)
            self.tally.blank += 1
            return
        try:
            found = records_of(self._value(line), self.tagger)
            for record in found:
                _require_one_request(record)
        except errors.ComputebookError as wrong:
            self.tally.rows += 1
            self.reject(line, str(wrong))
            return
        self.tally.rows += len(found)
        for record in found:
            if record is None:
                self.tally.without_usage += 1
            else:
                self.tally.tokens_read += record.counts.read_tokens
                self.rows.append((line, record))

    def reject(self, line: Line, reason: str) -> None:
        """Keep a line or row that cannot be counted, with the reason."""
        self.tally.rejected += 1
        reason = (
            reason if len(reason) <= _REASON_CHARACTERS else f"{reason[:_REASON_CHARACTERS]}..."
        )
        if len(self.rejects) < _KEPT_REJECTS:
            self.rejects.append(Reject(line.file, line.number, reason))
        if self.on_reject:
            self.on_reject(line, reason)

    def settle(self) -> None:
        """Price and add the rows taken in so far."""
        taken, self.rows = self.rows, []
        if not taken:
            return
        states = self.seen.classify(
            [record.identity for _, record in taken],
            [(r.model, r.service_tier, r.counts.leaves) for _, r in taken],
        ).tolist()
        fresh = []
        for (line, record), state in zip(taken, states, strict=True):
            if state == NEW:
                self.tally.without_id += not record.identity
                fresh.append((line, record))
            else:
                self._repeated(line, record, state)
        self._add(fresh)

    def _repeated(self, line: Line, record: Record, state: int) -> None:
        if state == REPEATED:
            self.tally.duplicates += 1
            self.tally.duplicate_tokens += record.counts.read_tokens
        elif state == CONFLICTING:
            self.tally.rejected_tokens += record.counts.read_tokens
            self.reject(line, f"id {record.identity!r} was counted before with other tokens")

    def _add(self, rows: Sequence[_Row]) -> None:
        if not rows:
            return
        for _, record in rows:
            stated = record.counts.stated_total_tokens
            self.tally.other_totals += stated is not None and stated != record.counts.read_tokens
        priced = self.accounts.price([record for _, record in rows])
        self.accounts.add(priced, [line.file for line, _ in rows])
        if self.on_row:
            self.on_row(priced, [line for line, _ in rows], self.accounts)


def _require_one_request(record: Record | None) -> None:
    if record is not None and record.request_input_tokens > MAX_REQUEST_INPUT_TOKENS:
        raise errors.out_of_bounds(
            "input of one request",
            float(record.request_input_tokens),
            "tokens",
            0,
            MAX_REQUEST_INPUT_TOKENS,
        )


def _day_of(on: Date | None) -> int | None:
    return None if on is None else int(parse_date(on).timestamp() // 86_400)


def read(
    paths: Sequence[str | Path] | str | Path,
    by: Sequence[str] = ("model",),
    on: Date | None = None,
    *,
    fallback: Fallback | None = None,
    on_row: RowSink | None = None,
    on_reject: RejectSink | None = None,
    on_bytes: Callable[[int], None] | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> Ledger:
    r"""Return the ledger of files of provider responses or usage exports.

    Reads JSON lines: answers of OpenAI (Responses, Chat Completions, batch results, usage
    export), Anthropic (Messages, batch results, usage report), Google (generateContent) and
    those who speak one of these; plain, inside log entries, or as rows of leaves. Each row is
    priced at the card of its own day.

    Parameters
    ----------
    paths : path or sequence of paths
        Files, plain or gzip; `-` for standard input.
    by : sequence of str
        What to sum by: model, vendor, day, month, tier, file, tag (all metadata) or tag.KEY.
    on : str or date, optional
        Day of the rows that have none; without it they stay unpriced.
    fallback : function, optional
        Asked for a card where the table has none.
    on_row, on_reject, on_bytes : function, optional
        Called with each chunk of priced rows, each rejected line, and the bytes used up.
    chunk_rows : int
        Rows priced at once, >= 1; the result does not depend on it.

    Returns
    -------
    Ledger
        Sums by group, what has no price, and the reconciliation.

    Raises
    ------
    ComputebookError
        If there is no such file, `by` is unknown or `on` is no date. A bad line raises
        nothing: it is counted, kept in `rejects` and given to `on_reject`.

    Examples
    --------
    >>> import tempfile
    >>> row = {"id": "resp_1", "model": "gpt-5.2", "created_at": 1768478400, "usage": {
    ...     "input_tokens": 8000, "input_tokens_details": {"cached_tokens": 6000},
    ...     "output_tokens": 1200, "output_tokens_details": {"reasoning_tokens": 800}}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.jsonl"
    ...     _ = path.write_text(json.dumps(row) + "\n" + json.dumps(row) + "\nnot json\n")
    ...     ledger = read(path)
    >>> ledger.total_usd, ledger.tally.duplicates, ledger.rejects[0].line, ledger.balanced
    (Decimal('0.02135'), 1, 3, True)
    """
    names = require_files([paths] if isinstance(paths, str | Path) else paths)
    accounts = Accounts(group_names(by), Offers(fallback), _day_of(on))
    with Identities() as seen:
        reader = _Reader(accounts, seen, on_row, on_reject)
        for line in lines(names, on_bytes):
            reader.take(line)
            if len(reader.rows) >= chunk_rows:
                reader.settle()
        reader.settle()
    reader.tally.undated, reader.tally.no_hour = accounts.undated, accounts.no_hour
    return Ledger(
        by=accounts.by,
        offers=accounts.offers.known,
        sums=accounts.sums,
        tool_calls=accounts.tool_calls,
        fees=accounts.offers.atto_per_call,
        tally=reader.tally,
        rejects=reader.rejects,
    )
