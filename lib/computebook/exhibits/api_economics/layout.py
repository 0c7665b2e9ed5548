"""How each table of the chapter is headed and printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from computebook import errors
from computebook.exhibits.api_economics.workloads import TRACES, YOURS

__all__ = ["layout"]

_RATES: Final = {
    "uncached_input_usd_per_mtok": "Input ($/M)",
    "cached_input_usd_per_mtok": "Cached ($/M)",
    "output_usd_per_mtok": "Output ($/M)",
}
_SHARES: Final = ("25", "50", "75", "90")


@dataclass(frozen=True)
class Layout:
    """Headings, number formats and notes of one table."""

    columns: Mapping[str, str]
    formats: Mapping[str, Any] = field(default_factory=dict)
    empty: str = "not published"
    note: str | None = None


def _formats(**columns_by_format: str) -> dict[str, str]:
    """Return a format by column, from columns by format, separated by spaces."""
    named = {"usd": ",.2f", "whole": ",.0f", "general": "g", "cents": ",.3f", "exact": ",.4f"}
    return {
        column: named.get(chosen, chosen)
        for chosen, columns in columns_by_format.items()
        for column in columns.split()
    }


def _signed(fraction: float) -> str:
    return f"{100 * fraction:+.2f}%".replace("-", "−")


def _millions(count: float) -> str:
    return f"{count / 1e6:,.0f}"


def _unbroken(day: pd.Timestamp) -> str:
    return f"{day:%d %b %Y}"


def _reached(fraction: float) -> str:
    return "all of them" if fraction >= 1 else f"{fraction:.0%}"


_LAYOUTS: Final[dict[str, Layout]] = {
    "tab-api-openai": Layout(
        {
            "offer": "Offer",
            **_RATES,
            "context_window_tokens": "Context (tokens)",
            "verification": "Verification",
            "source_key": "Source",
        },
        _formats(general=" ".join(_RATES), whole="context_window_tokens", cite="source_key"),
        note="Secondary: read in a price table or a guide, not on the vendor's page",
    ),
    "tab-api-prose": Layout(
        {
            "statement": "Statement",
            "verdict": "Verdict",
            "our_value_text": "Our value",
            "evidence": "Evidence",
            "source_key": "Source",
        },
        _formats(verdict="verdict", cite="source_key"),
    ),
    "tab-api-cards": Layout(
        {
            "model": "Model",
            **_RATES,
            "cache_write_5m_usd_per_mtok": "Cache write, 5 min ($/M)",
            "sources_agreeing": "Price tables agreeing",
            "became": "At the latest check",
        },
        _formats(general=" ".join([*_RATES, "cache_write_5m_usd_per_mtok"])),
        empty="no such price",
    ),
    "tab-api-newer": Layout(
        {
            "model": "Model",
            "listed_from": "Price since",
            **_RATES,
            "sources_agreeing": "Price tables agreeing",
        },
        {**_formats(general=" ".join(_RATES)), "listed_from": _unbroken},
        note="Gemini 3.8 Flash and Gemini 4 Argon carry introductory prices, the DeepSeek models "
        "off-peak ones. Where a release date is not verified, the price counts from the day on "
        "which a table first lists it",
    ),
    "tab-api-ledger": Layout(
        {
            "leaf": "Leaf",
            "tokens": "Tokens per request",
            "usd_per_mtok": "Rate ($/M tokens)",
            "usd_per_krequest": "$ per 1,000 requests",
            "share": "Share of the bill",
        },
        _formats(whole="tokens", general="usd_per_mtok", usd="usd_per_krequest", percent="share"),
        empty="the leaves have different rates",
    ),
    "tab-api-queries": Layout(
        {
            "query": "Query",
            "output_tokens": "Output (tokens)",
            "output_usd": "Output ($)",
            "with_input_usd": "With prompt ($)",
            "pro_output_usd": "Output, Pro ($)",
            "pro_with_input_usd": "With prompt, Pro ($)",
            "length_percentile": "R1 requests no longer",
            "share_percentile": "Percentile of the reasoning share",
        },
        {
            **_formats(exact="output_usd with_input_usd", whole="output_tokens"),
            **_formats(cents="pro_output_usd pro_with_input_usd"),
            "length_percentile": _reached,
        },
    ),
    "tab-api-effort": Layout(
        {
            "effort": "Effort",
            "arc1_usd": "ARC-AGI-1 ($ per task)",
            "arc1_multiple": "ARC-AGI-1, times medium",
            "arc1_score_percent": "ARC-AGI-1 solved (%)",
            "arc2_usd": "ARC-AGI-2 ($ per task)",
            "arc2_multiple": "ARC-AGI-2, times medium",
            "arc2_score_percent": "ARC-AGI-2 solved (%)",
        },
        {
            **_formats(cents="arc1_usd arc2_usd", usd="arc1_multiple arc2_multiple"),
            "arc1_score_percent": ".1f",
            "arc2_score_percent": ".1f",
        },
    ),
    "tab-api-profiles": Layout(
        {
            "workload": "Workload",
            "requests": "Requests",
            "input_mean_tokens": "Input, mean (tokens)",
            "input_p95_tokens": "Input, p95 (tokens)",
            "input_max_tokens": "Input, longest (tokens)",
            "output_mean_tokens": "Output, mean (tokens)",
            "ratio": "Input per output token",
            "source_key": "Source",
        },
        {
            **_formats(
                whole="requests input_mean_tokens input_p95_tokens input_max_tokens "
                "output_mean_tokens",
                cite="source_key",
            ),
            "ratio": ".2g",
        },
    ),
    "tab-api-costs": Layout(
        {"model": "Model", **{name: f"{name} ($)" for name in (*TRACES.values(), YOURS)}},
        dict.fromkeys((*TRACES.values(), YOURS), ",.2f"),
    ),
    "tab-api-savings": Layout(
        {
            "workload": "Workload",
            "list_usd": "List bill ($ per 1,000)",
            "input_share": "Spent on input",
            "cache_saved": "Cache saves",
            "batch_saved": "Batch saves",
            "both_saved": "Both save",
            "cache_beats_batch": "Cache beats batch from",
        },
        _formats(
            usd="list_usd",
            percent="input_share cache_saved batch_saved both_saved cache_beats_batch",
        ),
        empty="caching never saves more, or no batch price of that day is known",
    ),
    "tab-api-cache-mix": Layout(
        {
            "workload": "Workload",
            "ratio": "Input per output token",
            **{share: f"{share}% cached" for share in _SHARES},
        },
        {"ratio": ".2g", **dict.fromkeys(_SHARES, ".1%")},
    ),
    "tab-api-reuse": Layout(
        {
            "model": "Model",
            "lifetime": "Cache",
            "write_multiple": "Write over new input",
            "read_multiple": "Read over new input",
            "uses": "Pays from use",
            "cost_at_ten": "Cost at 10 uses, of uncached",
        },
        {"uses": ".0f", "write_multiple": ".3g", "read_multiple": ".3g", "cost_at_ten": "percent"},
    ),
    "tab-api-cliffs": Layout(
        {
            "model": "Model",
            "date": "Prices of",
            "last_tokens": "Edge (tokens)",
            "below_usd": "At the edge ($)",
            "above_usd": "One token more ($)",
            "factor": "Factor",
        },
        _formats(whole="last_tokens", cents="below_usd above_usd", usd="factor"),
    ),
    "tab-api-forecast": Layout(
        {
            "model": "Model",
            "list_usd": "List ($)",
            "cached_usd": "Cached ($)",
            "with_batch_usd": "Cached, with batch ($)",
            "saved": "Saved of list",
        },
        _formats(whole="list_usd cached_usd with_batch_usd", percent="saved"),
        empty="no batch price of that day is known",
    ),
    "tab-api-sensitivity": Layout(
        {
            "input": "Input",
            "low_value": "Low",
            "central_value": "Central",
            "high_value": "High",
            "lowest": "Lowest bill ($)",
            "highest": "Highest bill ($)",
            "swing": "Swing ($)",
        },
        _formats(usd="low_value central_value high_value", whole="lowest highest swing"),
        note="Effort from low to xhigh as on ARC-AGI-2; cached shares as in two traces; the "
        "factors of two and the step in the batch share are assumed",
    ),
    "tab-api-cases": Layout(
        {
            "quantity": "Quantity",
            "unit": "Unit",
            "published": "Published",
            "computed": "Computed",
            "error": "Error",
            "verification": "Verification",
            "source_key": "Source",
        },
        {**_formats(cite="source_key"), "error": _signed},
        note="At each publisher's own GPU price and full load. The agreement checks the "
        "arithmetic, not whether another fleet reaches these rates",
    ),
    "tab-api-break-even": Layout(
        {
            "fleet": "Fleet",
            "api": "API price",
            "api_usd": "API ($ per 1,000)",
            "full_load_usd": "Own, full load ($)",
            "own_usd": "Own, your utilization ($)",
            "break_even_fraction": "Break-even utilization",
            "break_even_requests": "Break-even (M requests a month)",
            "traffic_multiple": "Over your traffic",
        },
        {
            **_formats(usd="api_usd full_load_usd own_usd", whole="traffic_multiple"),
            "break_even_fraction": "percent",
            "break_even_requests": _millions,
        },
        empty="never, not even at full load",
    ),
}


def layout(name: str) -> dict[str, Any]:
    """Return how a table of the chapter is headed and printed, as arguments of `tables.table`.

    Parameters
    ----------
    name : str
        Label of the table.

    Returns
    -------
    dict
        `name`, `columns`, `formats`, `empty` and `note`.

    Raises
    ------
    ComputebookError
        If the chapter has no such table.

    Examples
    --------
    >>> layout("tab-api-forecast")["columns"]["saved"]
    'Saved of list'
    """
    errors.require_known("table", name, _LAYOUTS)
    chosen = _LAYOUTS[name]
    return {
        "name": name,
        "columns": chosen.columns,
        "formats": chosen.formats,
        "empty": chosen.empty,
        "note": chosen.note,
    }
