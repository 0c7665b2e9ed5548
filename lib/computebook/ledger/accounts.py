"""Add rows up by group, card and context tier, in whole tokens, chunk by chunk.

A chunk of rows is priced at once: its offers are looked up by name and day, its context tiers
by comparing arrays, its tokens summed by account. What is kept grows with the number of
accounts (groups times cards), not with the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from computebook import errors
from computebook.ledger.offers import Offers, atto_per_token
from computebook.ledger.records import Record, readable

__all__ = ["COLUMNS", "GROUPS", "Account", "Accounts", "Priced", "group_names", "tagger"]

GROUPS: Final = ("model", "vendor", "day", "month", "tier", "file", "tag")
"""What rows can be summed by; `tag.KEY` is one key of their metadata."""

COLUMNS: Final = 9
"""Rows, requests, six leaves, output that does not tell reasoning apart."""

_DAY_S: Final = 86_400
_TAG_PLACES: Final = ("metadata", "tags", "labels")


class Account(NamedTuple):
    """What is summed together: the group, the number of the offer, the context tier."""

    group: tuple[str, ...]
    offer: int
    context_tier: int


class Priced(NamedTuple):
    """The rows of one chunk with the offer and context tier of each."""

    records: Sequence[Record]
    days: Sequence[int | None]
    offers: NDArray[np.int64]
    context_tiers: NDArray[np.int64]


def group_names(by: Sequence[str]) -> tuple[str, ...]:
    """Return the names to group by after checking them.

    Raises
    ------
    ComputebookError
        If a name is neither one of `GROUPS` nor `tag.KEY`.

    Examples
    --------
    >>> group_names(["model", "tag.team"])
    ('model', 'tag.team')
    """
    for name in by:
        if not (name.startswith("tag.") and len(name) > len("tag.")):
            errors.require_known("group", name, [*GROUPS, "tag.KEY"])
    return tuple(dict.fromkeys(by))


def tagger(
    by: Sequence[str],
) -> Callable[[Mapping[str, Any], Mapping[str, Any]], tuple[str, ...]]:
    """Return the function that reads the tags named in `by` from an entry and its answer."""
    keys = [name.partition(".")[2] for name in by if name.split(".")[0] == "tag"]
    if not keys:
        return lambda outer, body: ()
    return lambda outer, body: tuple(_tag(key, outer, body) for key in keys)


def _tag(key: str, outer: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    for place in (outer, body):
        for name in _TAG_PLACES:
            tags = place.get(name)
            if not tags:
                continue
            if not key:
                return _flat(tags)
            if isinstance(tags, dict) and tags.get(key) is not None:
                return readable(tags[key])
        said = place.get(key or "tag")
        if said is not None and not isinstance(said, dict | list):
            return readable(said)
    return ""


def _flat(tags: Any) -> str:
    if isinstance(tags, dict):
        return readable(",".join(f"{name}={tags[name]}" for name in sorted(tags)))
    return readable(",".join(map(str, tags)) if isinstance(tags, list) else tags)


class Accounts:
    """Sums of tokens by account, and of tool calls by fee.

    Parameters
    ----------
    by : sequence of str
        What to group by, from `GROUPS` or `tag.KEY`.
    offers : Offers
        Where prices come from.
    default_day : int, optional
        Day of the rows without a date, days since 1970.
    """

    def __init__(self, by: Sequence[str], offers: Offers, default_day: int | None = None) -> None:
        self.by = group_names(by)
        self.offers = offers
        self.default_day = default_day
        self.sums: dict[Account, list[int]] = {}
        self.tool_calls: Counter[tuple[Account, str, str]] = Counter()
        self.undated = 0
        self.no_hour = 0
        self._group_of: dict[Any, tuple[str, ...]] = {}
        self._rates: dict[int, list[list[int]]] = {}

    def price(self, records: Sequence[Record]) -> Priced:
        """Return rows with the offer and the context tier that each is billed in."""
        days = [self._day(record) for record in records]
        numbers = [self._offer(r, day) for r, day in zip(records, days, strict=True)]
        offers = np.array(numbers, np.int64)
        inputs = np.array([r.request_input_tokens for r in records], np.int64)
        for row in np.flatnonzero(inputs >= self.offers.limits[offers]):
            offers[row] = self.offers.beyond(int(offers[row]))
        tiers = (inputs[:, None] >= self.offers.thresholds[offers]).sum(axis=1)
        return Priced(records, days, offers, tiers)

    def _day(self, record: Record) -> int | None:
        if record.seconds is not None:
            return int(record.seconds // _DAY_S)
        self.undated += 1
        return self.default_day

    def _offer(self, record: Record, day: int | None) -> int:
        seconds = record.seconds if record.has_hour else None
        number = self.offers.number(
            record.model, record.service_tier, day, seconds, record.counts.problem
        )
        if seconds is None:
            card = self.offers[number].card
            self.no_hour += bool(card and card.peak_hours)
        return number

    def add(self, priced: Priced, files: Sequence[str]) -> None:
        """Add priced rows, each read from one of `files`."""
        numbers, tiers = priced.offers.tolist(), priced.context_tiers.tolist()
        accounts = [
            Account(self._group(record, day, number, file), number, tier)
            for record, day, number, tier, file in zip(
                priced.records, priced.days, numbers, tiers, files, strict=True
            )
        ]
        self._add_tokens(accounts, priced.records)
        for account, record, day in zip(accounts, priced.records, priced.days, strict=True):
            if record.tool_calls:
                self._add_calls(account, record, day)

    def _add_tokens(self, accounts: Sequence[Account], records: Sequence[Record]) -> None:
        index: dict[Account, int] = {}
        rows = [index.setdefault(account, len(index)) for account in accounts]
        values = np.array(
            [(1, r.requests, *r.counts.leaves, r.counts.unsplit_output_tokens) for r in records],
            np.int64,
        )
        sums = np.zeros((len(index), COLUMNS), np.int64)
        np.add.at(sums, rows, values)
        for account, added in zip(index, sums.tolist(), strict=True):
            known = self.sums.get(account)
            self.sums[account] = (
                [a + b for a, b in zip(known, added, strict=True)] if known else added
            )

    def _add_calls(self, account: Account, record: Record, day: int | None) -> None:
        priced = self.offers[account.offer].card is not None and day is not None
        for tool, calls in record.tool_calls:
            fee = self.offers.fee(account.offer, tool, day) if priced and day is not None else None
            self.tool_calls[account, tool, fee.fee_id if fee else ""] += calls

    def atto_per_token(self, number: int) -> list[list[int]]:
        """Return the prices of an offer's card by context tier and leaf, attodollars."""
        if number not in self._rates:
            card = self.offers[number].card
            self._rates[number] = atto_per_token(card) if card else []
        return self._rates[number]

    def calls_atto(self, number: int, record: Record, day: int | None) -> int:
        """Return what the tool calls of a row cost, attodollars; 0 where no fee is known."""
        if day is None:
            return 0
        fees = [(self.offers.fee(number, tool, day), calls) for tool, calls in record.tool_calls]
        return sum(fee.atto_per_call * calls for fee, calls in fees if fee)

    def _group(self, record: Record, day: int | None, number: int, file: str) -> tuple[str, ...]:
        key = (number, day, record.service_tier, file, record.tags)
        if key not in self._group_of:
            self._group_of[key] = self._grouped(record, day, number, file)
        return self._group_of[key]

    def _grouped(self, record: Record, day: int | None, number: int, file: str) -> tuple[str, ...]:
        offer = self.offers[number]
        date = "" if day is None else str(np.datetime64(day, "D"))
        tags = iter(record.tags)
        values = {
            "model": offer.model_id,
            "vendor": offer.vendor,
            "day": date,
            "month": date[:7],
            "tier": record.service_tier,
            "file": file,
        }
        return tuple(values[name] if name in values else next(tags) for name in self.by)
