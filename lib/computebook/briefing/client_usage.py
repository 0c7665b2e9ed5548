"""What a client's own usage cost: the ledger of its exports, by model and month."""

from __future__ import annotations

import pandas as pd

from computebook import ledger
from computebook.briefing.request import Briefing

__all__ = ["ledger_summary"]


def ledger_summary(briefing: Briefing) -> pd.DataFrame | None:
    """Return tokens and dollars by month and model, None without a usage export."""
    if not briefing.data.usage:
        return None
    found = ledger.read(briefing.data.usage, ("month", "model"), on=briefing.date)
    return found.totals()
