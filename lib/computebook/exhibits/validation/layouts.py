"""How the tables of the appendix on validation are headed, formatted and sourced."""

from __future__ import annotations

from typing import Any, Final

from computebook import errors

__all__ = ["table_layout"]

#: By table name: columns with their heading and format (None: as it comes); words in braces are
#: filled in by the chapter.
COLUMNS: Final[dict[str, dict[str, tuple[str, str | None]]]] = {
    "tab-validation-overview": {
        "model": ("Model", None),
        "kind": ("Kind", None),
        "cases": ("Cases", None),
        "mean_percent": ("Mean error (%)", ".2f"),
        "median_percent": ("Median (%)", ".2f"),
        "max_percent": ("Largest (%)", ".2f"),
        "bias_percent": ("Bias (%)", "+.2f"),
        "within": ("Within {tolerance}%", "percent"),
        "held": ("Held", ".0f"),
    },
    "tab-validation-parameters": {
        "name": ("Model", None),
        "quantity": ("Count", None),
        "measured": ("Published (billion)", ",.4g"),
        "predicted": ("From the shape (billion)", ",.2f"),
        "error_percent": ("Error (%)", "+.2f"),
        "rounding_percent": ("Left open by rounding (%)", ".2f"),
        "within_rounding": ("Within it", "yesno"),
        "source_key": ("Source", "cite"),
    },
    "tab-validation-kv": {
        "name": ("Model", None),
        "engine": ("Stated by", None),
        "basis": ("Basis", None),
        "measured": ("Stated (bytes)", ",.0f"),
        "predicted": ("Formula (bytes)", ",.0f"),
        "error_percent": ("Error (%)", "+.2f"),
        "rounding_percent": ("Left open by rounding (%)", ".2f"),
        "source_key": ("Source", "cite"),
    },
    "tab-validation-capacity": {
        "label": ("Accelerators, tokens held, tokens in flight", None),
        "measured": ("Measured", ".0f"),
        "predicted": ("Predicted", ".0f"),
        "error_percent": ("Error (%)", "+.1f"),
    },
    "tab-validation-room": {
        "room_gib": ("Room (GiB)", ".1f"),
        "mean_percent": ("Mean error (%)", ".1f"),
        "max_percent": ("Largest (%)", ".1f"),
        "bias_percent": ("Bias (%)", "+.1f"),
    },
    "tab-validation-regimes": {
        "regime": ("Model", None),
        "accelerator": ("Accelerator", None),
        "runs": ("Runs", None),
        "low": ("Least", ".1f"),
        "median": ("Median", ".1f"),
        "high": ("Most", ".1f"),
    },
    "tab-validation-throughput": {
        "name": ("Model", None),
        "accelerator": ("Accelerator", None),
        "scenario": ("Scenario", None),
        "precision": ("Weights", None),
        "measured": ("Measured (tokens/s each)", ",.0f"),
        "compute_ceiling": ("Ceiling (tokens/s each)", ",.0f"),
        "share_of_compute": ("Share", "percent"),
    },
    "tab-validation-power": {
        "name": ("Server", None),
        "load": ("Load", None),
        "runs": ("Runs", None),
        "low_kw": ("Mean, low (kW)", ".2f"),
        "high_kw": ("Mean, high (kW)", ".2f"),
        "peak_kw": ("Peak (kW)", ".2f"),
        "rated_kw": ("Rated (kW)", ".2f"),
        "share_high": ("High over rated", "percent"),
        "source_key": ("Source", "cite"),
    },
    "tab-validation-training": {
        "accelerator": ("Accelerator", None),
        "claimed_text": ("Claimed", None),
        "scored": ("Scored times", ".2f"),
        "raw": ("Before scaling for convergence", ".2f"),
        "holds": ("Holds as scored", "yesno"),
    },
    "tab-validation-prices": {
        "day": ("Day", None),
        "models": ("Models", None),
        "rates": ("Rates", None),
        "agreeing": ("Agree", None),
        "explained": ("Differ, reason known", None),
        "unexplained": ("Differ, unexplained", None),
        "reasons": ("Reasons", None),
    },
}

CAPACITIES: Final = "nvidia_aiconfigurator"
SOURCES: Final[dict[str, list[str]]] = {
    "tab-validation-capacity": [CAPACITIES],
    "tab-validation-room": [CAPACITIES, "llmd2026planner"],
    "tab-validation-regimes": ["mlenergy2026leaderboard"],
    "tab-validation-throughput": ["mlcommons2025inference51", "mlcommons2024inference41"],
    "tab-validation-training": ["mlcommons2025training50", "mlcommons2025training51"],
    "tab-validation-prices": ["pydantic2026genaiprices"],
}

NOTES: Final = {
    "tab-validation-kv": "Logs were read in public issues (secondary); bytes per accelerator.",
    "tab-validation-throughput": "The ceiling counts output tokens only. Prompts are read in the "
    "same runs and their length is not in the logs, so low shares mean long prompts as much as "
    "idle arithmetic.",
    "tab-validation-power": "The rating is that of NVIDIA's node with the same accelerators.",
}

EMPTY: Final = {
    "tab-validation-overview": "not applicable",
    "tab-validation-power": "not read",
    "tab-validation-prices": "none",
}


def table_layout(name: str, **words: object) -> dict[str, Any]:
    """Return what `tables.table` needs beside rows and caption.

    Parameters
    ----------
    name : str
        Name of the table.
    **words
        Values for the words in braces of its headings.

    Returns
    -------
    dict
        Keyword arguments: name, columns, formats, sources, note and, where it has empty cells,
        what they mean.

    Raises
    ------
    ComputebookError
        If the appendix has no such table.

    Examples
    --------
    >>> table_layout("tab-validation-overview", tolerance=1)["columns"]["within"]
    'Within 1%'
    """
    errors.require_known("table", name, COLUMNS)
    shown = COLUMNS[name]
    found: dict[str, Any] = {
        "name": name,
        "columns": {column: heading.format(**words) for column, (heading, _) in shown.items()},
        "formats": {column: form for column, (_, form) in shown.items() if form},
        "sources": SOURCES.get(name, []),
        "note": NOTES.get(name),
    }
    return found | ({"empty": EMPTY[name]} if name in EMPTY else {})
