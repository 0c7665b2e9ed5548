"""Requests of measured workloads, and the bill of one by leaf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from computebook import datasets, errors
from computebook.exhibits.api_economics.offers import standard_card
from computebook.price_cards import Date
from computebook.pricing import Usage, bill, rate_usd_per_mtok

__all__ = [
    "REASONING_TRACE",
    "YOURS",
    "Request",
    "ledger",
    "measured_caches",
    "measured_requests",
    "workloads",
]

YOURS: Final = "Your request"
REASONING_TRACE: Final = "R1 reasoning"
TRACES: Final = {
    "azure-2023-conversation": "Azure chat",
    "azure-2023-code": "Azure code",
    "mooncake-conversation": "Kimi long chat",
    "servegen-deepseek-r1": REASONING_TRACE,
}
LEAF_NAMES: Final = {
    "uncached_input_usd": "New input",
    "cached_input_usd": "Cached input",
    "visible_output_usd": "Visible output",
    "reasoning_output_usd": "Reasoning",
}
_RATES: Final = {
    "uncached_input_usd": "uncached_input_usd_per_mtok",
    "cached_input_usd": "cached_input_usd_per_mtok",
    "visible_output_usd": "output_usd_per_mtok",
    "reasoning_output_usd": "output_usd_per_mtok",
}


@dataclass(frozen=True)
class Request:
    """Mean request of a workload.

    Parameters
    ----------
    input_tokens : float
        Prompt, cached tokens included, tokens.
    visible_output_tokens : float
        Answer that the caller sees, tokens.
    reasoning_fraction : float
        Share of the output that is reasoning, 0 to 0.99.

    Raises
    ------
    ComputebookError
        If a value is out of bounds.

    Examples
    --------
    >>> round(Request(6_000, 500, 0.7).reasoning_output_tokens)
    1167
    """

    input_tokens: float
    visible_output_tokens: float
    reasoning_fraction: float = 0.0

    def __post_init__(self) -> None:
        """Reject what is no request."""
        errors.require_finite_in("input_tokens", self.input_tokens, "tokens", 0, 1e7)
        errors.require_finite_in(
            "visible_output_tokens", self.visible_output_tokens, "tokens", 0, 1e7
        )
        errors.require_finite_in("reasoning_fraction", self.reasoning_fraction, "of 1", 0, 0.99)

    @property
    def reasoning_output_tokens(self) -> float:
        """Reasoning tokens, from their share of the output."""
        return self.visible_output_tokens * self.reasoning_fraction / (1 - self.reasoning_fraction)

    @property
    def output_tokens(self) -> float:
        """All billed output, tokens."""
        return self.visible_output_tokens + self.reasoning_output_tokens

    @property
    def input_output_ratio(self) -> float:
        """Input tokens per billed output token."""
        return self.input_tokens / self.output_tokens

    def usage(self, cached_fraction: Any = 0.0, reasoning_factor: Any = 1.0) -> Usage:
        """Return the request in disjoint leaves.

        Parameters
        ----------
        cached_fraction : float or array
            Share of the input read from a cache, 0 to 1.
        reasoning_factor : float or array
            Multiple of the reasoning tokens, for another effort.
        """
        reasoning = self.reasoning_output_tokens * reasoning_factor
        return Usage.from_totals(
            self.input_tokens,
            self.visible_output_tokens + reasoning,
            cached_input_tokens=self.input_tokens * cached_fraction,
            reasoning_output_tokens=reasoning,
        )


def _measured(row: Mapping[Any, Any]) -> Request:
    share = 0.0 if pd.isna(row["reasoning_share_mean"]) else float(row["reasoning_share_mean"])
    output = float(row["output_mean_tokens"])
    return Request(float(row["input_mean_tokens"]), output * (1 - share), share)


def measured_requests() -> dict[str, Request]:
    """Return the mean request of each measured trace, by label.

    Examples
    --------
    >>> round(measured_requests()["Azure chat"].input_output_ratio, 1)
    5.5
    """
    rows = datasets.load("token_profiles").set_index("profile_id").loc[list(TRACES)]
    requests = [_measured(row) for row in rows.to_dict("records")]
    return dict(zip(TRACES.values(), requests, strict=True))


def workloads(request: Request) -> dict[str, Request]:
    """Return the measured traces and, last, the reader's own request."""
    return measured_requests() | {YOURS: request}


def measured_caches() -> dict[str, float]:
    """Return the cached share of the input of the traces that state one, by label.

    Examples
    --------
    >>> measured_caches()
    {'Kimi long chat': 0.366}
    """
    rows = datasets.load("token_profiles").set_index("profile_id").loc[list(TRACES)]
    known = rows["cached_share"].dropna()
    return {TRACES[str(profile)]: float(share) for profile, share in known.items()}


def ledger(model: str, on: Date, request: Request, cached_fraction: float) -> pd.DataFrame:
    """Return one request's bill by leaf.

    Returns
    -------
    DataFrame
        `leaf`, `tokens`, `usd_per_mtok`, `usd_per_krequest` ($ per 1,000 requests), `share`
        (fraction of the bill); the last row is the total.

    Examples
    --------
    >>> rows = ledger("gpt-5.2", "2026-01-15", Request(6_000, 500, 0.7), 0.5)
    >>> rows["usd_per_krequest"].round(2).tolist()
    [5.25, 0.52, 7.0, 16.33, 29.11]
    """
    card, usage = standard_card(model, on), request.usage(cached_fraction)
    parts = bill(usage, card).parts()
    total = sum(parts.values())
    rows = [
        {
            "leaf": name,
            "tokens": getattr(usage, leaf.removesuffix("_usd") + "_tokens"),
            "usd_per_mtok": rate_usd_per_mtok(card, _RATES[leaf], usage.input_tokens),
            "usd_per_krequest": 1_000 * parts[leaf],
            "share": parts[leaf] / total,
        }
        for leaf, name in LEAF_NAMES.items()
    ]
    tokens = usage.input_tokens + usage.output_tokens
    rows.append(
        {"leaf": "Total", "tokens": tokens, "usd_per_krequest": 1_000 * total, "share": 1.0}
    )
    return pd.DataFrame(rows)
