"""How each table of the chapter is headed and printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from computebook import errors
from computebook.exhibits.api_economics.workloads import TRACES

__all__ = ["layout"]

_RATES: Final = {
    "uncached_input_usd_per_mtok": "Input ($/M)",
    "cached_input_usd_per_mtok": "Cached ($/M)",
    "output_usd_per_mtok": "Output ($/M)",
}


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
    return f"{count / 1e6:,.1f}"


def _reached(fraction: float) -> str:
    return "all of them" if fraction >= 1 else f"{fraction:.0%}"


def _multiple(value: float) -> str:
    return f"{value:.3f}" if 8e-4 < abs(value - 1) < 0.004 else f"{value:.2f}"


def _dollars(usd: float) -> str:
    return f"{usd:,.0f}" if usd >= 100 else f"{usd:,.2f}"


def _chance(fraction: float) -> str:
    return "below 0.1%" if fraction < 0.001 else f"{fraction:.0%}"


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
    "tab-api-queries": Layout(
        {
            "Query complexity": "Query complexity",
            "Visible output": "Visible output",
            "Reasoning tokens": "Reasoning tokens",
            "True output cost": "True output cost",
            "with_input_usd": "With your prompt ($)",
            "pro_with_input_usd": "The same on Pro ($)",
            "length_percentile": "R1 requests no longer",
            "share_percentile": "Percentile of the reasoning share",
        },
        {
            **_formats(exact="with_input_usd", usd="pro_with_input_usd"),
            "length_percentile": _reached,
        },
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
    "tab-api-export": Layout(
        {
            "model": "Model",
            "requests": "Requests",
            "input_tokens": "Input (tokens)",
            "cached": "Cached",
            "output_tokens": "Output (tokens)",
            "reasoning": "Reasoning, of output",
            "cost_usd": "Cost ($)",
            "share": "Share of the cost",
        },
        _formats(whole="requests input_tokens output_tokens", usd="cost_usd")
        | dict.fromkeys(("cached", "reasoning", "share"), ".0%"),
    ),
    "tab-api-spread": Layout(
        {
            "case": "What is not known",
            "range": "From the 5th to the 95th percentile",
            "p5": "5th",
            "p50": "Median",
            "p95": "95th",
            "p95_usd": "95th ($)",
            "exceeds": "Passes your budget",
        },
        {
            **dict.fromkeys(("p5", "p50", "p95"), _multiple),
            "p95_usd": _dollars,
            "exceeds": _chance,
        },
        empty="one request has no monthly budget",
        note="Percentiles over the expected bill: of one request its own mean, of a month the mean "
        "with all else known. A cached share is itself, the other ranges multiply the estimate",
    ),
    "tab-api-savings": Layout(
        {
            "workload": "Workload",
            "list_usd": "List ($ per 1,000)",
            "cached": "Cached",
            "cache": "Cache saves",
            "batch": "Batch saves",
            "effort": "Effort saves",
            "together": "All three save",
            "alone": "Each alone, added up",
        },
        _formats(usd="list_usd")
        | dict.fromkeys(("cached", "cache", "batch", "effort", "together", "alone"), ".0%"),
        note="The cached share is the trace's where it states one. Batch saves nothing where no "
        "batch price of that day is known. The last column counts savings twice where levers meet",
    ),
    "tab-api-cascades": Layout(
        {
            "route": "Route; recall / precision of the verifier",
            "task_usd": "$ per task",
            "solved": "Solved",
            "gain": "Over the strong model (points)",
            "solved_usd": "$ per solved task",
            "escalated": "Escalated",
        },
        {**_formats(cents="task_usd", usd="solved_usd"), "solved": ".1%", "escalated": ".0%"},
        empty="one model alone",
        note="In brackets the 95% interval over the tasks, the verifier taken as given",
    ),
    "tab-api-break-even": Layout(
        {
            "fleet": "Rates",
            "api": "API price",
            "api_usd": "API ($ per 1,000)",
            "full_load_usd": "Own, never idle ($)",
            "requests": "Break-even (M requests a month)",
            "accelerators": "GPUs there",
            "utilization": "Mean load there",
            "month_usd": "Cost there ($ a month)",
        },
        {
            **_formats(usd="api_usd full_load_usd", whole="accelerators month_usd"),
            "requests": _millions,
            "utilization": ".0%",
        },
        empty="hosting never costs less, at any traffic",
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
    "tab-api-enterprise": Layout(
        {
            "model": "Model",
            "printed": "Article",
            "implied_usd": "Implied tokens ($)",
            **{name: f"As {name} ($)" for name in TRACES.values()},
        },
        _formats(whole="implied_usd") | dict.fromkeys(TRACES.values(), ",.0f"),
        empty="not in the article's row",
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
    >>> layout("tab-api-spread")["columns"]["exceeds"]
    'Passes your budget'
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
