"""Account for what was used and what it cost, from real provider responses.

`read` streams files of responses or usage exports into a `Ledger`: tokens in disjoint leaves,
each row priced at the card of its own day, sums by group, and a reconciliation that shows that
nothing was counted twice and nothing lost.
"""

from computebook.ledger.reading import read
from computebook.ledger.records import Record, epoch_seconds, records_of
from computebook.ledger.savings import Savings
from computebook.ledger.statement import Ledger, Reject, Tally

__all__ = [
    "Ledger",
    "Record",
    "Reject",
    "Savings",
    "Tally",
    "epoch_seconds",
    "read",
    "records_of",
]
