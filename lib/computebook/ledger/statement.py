"""What a ledger says at the end: sums by group, shares, savings left, and the reconciliation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, NamedTuple

import pandas as pd

from computebook import errors
from computebook.ledger.accounts import Account
from computebook.ledger.offers import ATTO_PER_USD, Offer, atto_per_token, usd
from computebook.ledger.savings import Savings, savings_of
from computebook.usage import INPUT_LEAVES, LEAVES

__all__ = ["Ledger", "Reject", "Tally"]

PARTS: Final = (*(leaf.replace("_tokens", "_usd") for leaf in LEAVES), "tool_calls_usd")
_INPUTS: Final = slice(0, len(INPUT_LEAVES))
_MTOK: Final = 10**6


class Reject(NamedTuple):
    """A line that could not be read: its place and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass
class Tally:
    """Lines and rows by what became of them, counted while reading."""

    lines: int = 0
    blank: int = 0
    rows: int = 0
    duplicates: int = 0
    without_usage: int = 0
    rejected: int = 0
    without_id: int = 0
    undated: int = 0
    no_hour: int = 0
    tokens_read: int = 0
    duplicate_tokens: int = 0
    rejected_tokens: int = 0
    other_totals: int = 0


class _Sum:
    """Tokens, dollars and rows of several accounts together."""

    def __init__(self) -> None:
        self.rows = self.requests = self.unsplit = self.unpriced_rows = self.unpriced_tokens = 0
        self.calls = self.calls_without_fee = 0
        self.tokens = [0] * len(LEAVES)
        self.atto = [0] * len(PARTS)

    def add(self, sums: Sequence[int], rates: Sequence[int] | None) -> None:
        """Add one account at its rates; None for tokens without a price."""
        self.rows += sums[0]
        self.requests += sums[1]
        self.unsplit += sums[-1]
        leaves = sums[2:-1]
        for i, tokens in enumerate(leaves):
            self.tokens[i] += tokens
            self.atto[i] += tokens * rates[i] if rates else 0
        if rates is None:
            self.unpriced_rows += sums[0]
            self.unpriced_tokens += sum(leaves)

    def cells(self) -> dict[str, Any]:
        """Return the sums as the columns of a table."""
        tokens = dict(zip(LEAVES, self.tokens, strict=True))
        counts = {"rows": self.rows, "requests": self.requests, **tokens}
        unpriced = {"unpriced_rows": self.unpriced_rows, "unpriced_tokens": self.unpriced_tokens}
        dollars = dict(zip(PARTS, (float(usd(atto)) for atto in self.atto), strict=True))
        total = {"cost_usd": float(usd(sum(self.atto)))}
        return {**counts, "tool_calls": self.calls, **dollars, **total, **unpriced}


@dataclass(frozen=True, eq=False)
class Ledger:
    """Priced usage of all rows read, by account; see `read`.

    Parameters
    ----------
    by : tuple of str
        What the accounts are grouped by.
    offers : sequence of Offer
        The cards and the reasons for none, by number.
    sums : mapping of Account to list of int
        Rows, requests, six leaves and unsplit output of each account.
    tool_calls : mapping
        Calls by account, tool and fee ("" for no fee).
    fees : mapping of str to int
        Attodollars per call by fee.
    tally : Tally
        What became of the lines.
    rejects : sequence of Reject
        The first of the lines that could not be read.
    """

    by: tuple[str, ...]
    offers: Sequence[Offer]
    sums: Mapping[Account, list[int]]
    tool_calls: Mapping[tuple[Account, str, str], int]
    fees: Mapping[str, int]
    tally: Tally
    rejects: Sequence[Reject]

    def _rates(self, account: Account) -> list[int] | None:
        tiers = self._atto[account.offer]
        return tiers[account.context_tier] if tiers else None

    @cached_property
    def _atto(self) -> list[list[list[int]]]:
        return [atto_per_token(o.card) if o.card else [] for o in self.offers]

    def _totals(self, names: Sequence[str]) -> dict[tuple[str, ...], _Sum]:
        places = [self.by.index(name) for name in names]
        totals: dict[tuple[str, ...], _Sum] = {}
        for account, sums in self.sums.items():
            key = tuple(account.group[place] for place in places)
            totals.setdefault(key, _Sum()).add(sums, self._rates(account))
        for (account, _, fee_id), calls in self.tool_calls.items():
            total = totals[tuple(account.group[place] for place in places)]
            total.calls += calls
            total.calls_without_fee += 0 if fee_id else calls
            total.atto[-1] += calls * self.fees.get(fee_id, 0)
        return totals

    @cached_property
    def _whole(self) -> _Sum:
        return self._totals(()).get((), _Sum())

    @property
    def total_usd(self) -> Decimal:
        """What all priced rows cost, US dollars, exact."""
        return usd(sum(self._whole.atto))

    @property
    def tokens(self) -> dict[str, int]:
        """Tokens of all counted rows by leaf, priced or not."""
        return dict(zip(LEAVES, self._whole.tokens, strict=True))

    def totals(self, *names: str) -> pd.DataFrame:
        """Return tokens and dollars summed by some of the groups that the ledger was read by.

        Parameters
        ----------
        *names : str
            Of `by`; all of it if none is given.

        Returns
        -------
        DataFrame
            One row per group, dearest first: `rows`, `requests`, tokens and dollars by leaf,
            `tool_calls`, `cost_usd`, `unpriced_rows`, `unpriced_tokens`.

        Raises
        ------
        ComputebookError
            If the ledger was not read by a name.
        """
        for name in names:
            errors.require_known("group of this ledger", name, self.by)
        chosen = names or self.by
        rows = [
            {**dict(zip(chosen, key, strict=True)), **total.cells()}
            for key, total in self._totals(chosen).items()
        ]
        frame = pd.DataFrame(rows, columns=[*chosen, *_Sum().cells()])
        by_time = [name for name in chosen if name in ("day", "month")]
        order = [*by_time, "cost_usd", *(name for name in chosen if name not in by_time)]
        rising = [name != "cost_usd" for name in order]
        return frame.sort_values(order, ascending=rising, ignore_index=True)

    @cached_property
    def savings(self) -> Savings:
        """What caching saved, and upper bounds of what caching and batch could save."""
        return savings_of(self.offers, self.sums)

    def _tier_atto(self, service_tier: str) -> int:
        found = 0
        for account, sums in self.sums.items():
            rates = self._rates(account)
            if rates and self.offers[account.offer].service_tier == service_tier:
                found += sum(n * rate for n, rate in zip(sums[2:-1], rates, strict=True))
        return found

    def summary(self) -> pd.DataFrame:
        """Return the headline quantities: `quantity`, `value`, `unit`.

        Shares and prices per token are over what they name; nan where that is nothing.
        """
        whole, cost = self._whole, sum(self._whole.atto)
        inputs, outputs = sum(whole.tokens[_INPUTS]), sum(whole.tokens[4:])
        priced = inputs + outputs - whole.unpriced_tokens
        reasoning, split = whole.tokens[5], outputs - whole.unsplit
        saved = self.savings
        rows = [
            ("requests", whole.requests, "requests"),
            ("input", inputs, "tokens"),
            ("output", outputs, "tokens"),
            ("visible output, of output that tells", _share(split - reasoning, split), "of 1"),
            ("reasoning, of output that tells", _share(reasoning, split), "of 1"),
            ("output that does not tell reasoning apart", whole.unsplit, "tokens"),
            ("read from a cache, of input", _share(whole.tokens[1], inputs), "of 1"),
            ("written to a cache, of input", _share(sum(whole.tokens[2:4]), inputs), "of 1"),
            *(
                (part.replace("_usd", "").replace("_", " "), _usd(atto), "$")
                for part, atto in zip(PARTS, whole.atto, strict=True)
            ),
            ("total", _usd(cost), "$"),
            ("reasoning, of cost, at least", _share(whole.atto[5], cost if split else 0), "of 1"),
            ("batch, of cost", _share(self._tier_atto("batch"), cost), "of 1"),
            ("cost of a million tokens", _share(cost * _MTOK, priced * ATTO_PER_USD), "$/M tokens"),
            ("saved by the cache so far", _usd(saved.cache_saved), "$"),
            ("more caching could save at most", _usd(saved.cache_bound), "$"),
            ("batch could save at most", _usd(saved.batch_bound), "$"),
            ("cost that a batch price is known for", _share(saved.batch_known, cost), "of 1"),
            ("tool calls without a known fee", whole.calls_without_fee, "calls"),
        ]
        return pd.DataFrame(rows, columns=["quantity", "value", "unit"])

    def reconciliation(self) -> pd.DataFrame:
        """Return what became of every line, row and token: `item`, `count`, `unit`."""
        tally, whole = self.tally, self._whole
        rows = [
            ("lines read", tally.lines, "lines"),
            ("blank lines and headers", tally.blank, "lines"),
            ("rows read", tally.rows, "rows"),
            ("priced", whole.rows - whole.unpriced_rows, "rows"),
            ("without a price", whole.unpriced_rows, "rows"),
            ("duplicates, counted once", tally.duplicates, "rows"),
            ("without usage (failed or unfinished)", tally.without_usage, "rows"),
            ("rejected", tally.rejected, "rows"),
            ("tokens read", tally.tokens_read, "tokens"),
            ("tokens priced", sum(whole.tokens) - whole.unpriced_tokens, "tokens"),
            ("tokens without a price", whole.unpriced_tokens, "tokens"),
            ("tokens of duplicates", tally.duplicate_tokens, "tokens"),
            ("tokens of rejected rows", tally.rejected_tokens, "tokens"),
            ("rows without an id (duplicates not found)", tally.without_id, "rows"),
            ("rows whose own total differs from its parts", tally.other_totals, "rows"),
            ("rows without a date", tally.undated, "rows"),
            ("rows without an hour on a card with peak hours", tally.no_hour, "rows"),
        ]
        return pd.DataFrame(rows, columns=["item", "count", "unit"])

    @property
    def balanced(self) -> bool:
        """Whether every row and every token read is accounted for, once."""
        tally, whole = self.tally, self._whole
        kept = whole.rows + tally.duplicates + tally.without_usage + tally.rejected
        tokens = sum(whole.tokens) + tally.duplicate_tokens + tally.rejected_tokens
        return kept == tally.rows and tokens == tally.tokens_read

    def unpriced(self) -> pd.DataFrame:
        """Return what has no price and why: `model`, `tier`, `reason`, `rows`, `tokens`."""
        found: dict[int, list[int]] = {}
        for account, sums in self.sums.items():
            if self.offers[account.offer].card is None:
                rows, tokens = found.get(account.offer, [0, 0])
                found[account.offer] = [rows + sums[0], tokens + sum(sums[2:-1])]
        cells = [
            (offer.model_id, offer.service_tier, offer.reason, *found[number])
            for number, offer in enumerate(self.offers)
            if number in found
        ]
        columns = ["model", "tier", "reason", "rows", "tokens"]
        return pd.DataFrame(cells, columns=columns).sort_values(
            ["tokens", "model"], ascending=[False, True], ignore_index=True
        )

    def cards(self) -> pd.DataFrame:
        """Return the price cards used: `model`, `tier`, dates, source, `rows`, `cost_usd`."""
        found: dict[tuple[str, ...], _Sum] = {}
        for account, sums in self.sums.items():
            offer = self.offers[account.offer]
            if offer.card:
                dates = (offer.card.effective_from, offer.card.checked_on)
                key = (offer.model_id, offer.service_tier, *dates, offer.source)
                found.setdefault(key, _Sum()).add(sums, self._rates(account))
        cells = [(*key, s.rows, float(usd(sum(s.atto)))) for key, s in found.items()]
        columns = ["model", "tier", "effective_from", "checked_on", "source", "rows", "cost_usd"]
        return pd.DataFrame(cells, columns=columns).sort_values(
            ["cost_usd", "model", "tier"], ascending=[False, True, True], ignore_index=True
        )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _usd(atto: int) -> float:
    return float(usd(atto)) if atto >= 0 else -float(usd(-atto))
