"""How the tables of the appendix on validation are headed, formatted and sourced."""

from __future__ import annotations

from typing import Any, Final

from computebook import errors
from computebook.exhibits.validation import training_layouts as training

__all__ = ["table_layout"]

HELD_OUT: Final[dict[str, tuple[str, str | None]]] = {
    "load": ("Load", None),
    "quantity": ("Quantity", None),
    "cases": ("Cases", ",.0f"),
    "groups": ("Left out in turn", ",.0f"),
    "mean_absolute_error_percent": ("Mean error (%)", ",.1f"),
    "median_absolute_error_percent": ("Median (%)", ",.1f"),
    "within_20_percent": ("Within 20% (%)", ",.0f"),
    "interval_coverage_percent": ("In the interval (%)", ",.0f"),
}
CONSTANTS: Final[dict[str, tuple[str, str | None]]] = {
    "meaning": ("Constant", None),
    "scope": ("Holds for", None),
    "prior": ("Before the fit", ",.3g"),
    "value": ("Fitted", ",.3g"),
    "low": ("From", ",.3g"),
    "high": ("To", ",.3g"),
    "cases": ("Cases", ",.0f"),
}

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
    "tab-validation-aims": {
        "what": ("What is predicted", None),
        "statistic": ("Figure", None),
        "aim": ("Aim (%)", ",.3g"),
        "group": ("Group left out (%)", ",.1f"),
        "generation": ("Generation left out (%)", ",.1f"),
        "roofline": ("Roofline of 8 constants (%)", ",.1f"),
        "aiconfigurator": ("aiconfigurator (%)", ",.1f"),
        "met": ("Met", "yesno"),
    },
    "tab-validation-group": HELD_OUT,
    "tab-validation-generation": HELD_OUT,
    "tab-validation-peers": {
        "tool": ("Model", None),
        "row_set": ("Cases from", None),
        "cases": ("Cases", ",.0f"),
        "mean_error": ("Mean error (%)", ",.1f"),
        "median_error": ("Median (%)", ",.1f"),
        "bias": ("Bias (%)", "+,.0f"),
        "within_a_fifth": ("Within 20% (%)", ",.0f"),
        "calibrated": ("Fitted to the collection", "yesno"),
    },
    "tab-validation-worst": {
        "label": ("Model, accelerators, engine", None),
        "what": ("Quantity", None),
        "users": ("Users", ",.0f"),
        "measured": ("Measured (ms)", ",.1f"),
        "predicted": ("Predicted (ms)", ",.1f"),
        "ratio": ("Predicted over measured", ",.2f"),
        "cause": ("Likely cause", None),
    },
    "tab-validation-cliff": {
        "label": ("Accelerators", None),
        "measured": ("Measured (tokens/s)", ",.0f"),
        "predicted": ("Predicted (tokens/s)", ",.0f"),
        "error_percent": ("Error (%)", "+,.1f"),
    },
    "tab-validation-shares": CONSTANTS,
    "tab-validation-overheads": {
        **CONSTANTS,
        "prior": ("Before the fit (µs)", ",.3g"),
        "value": ("Fitted (µs)", ",.3g"),
        "low": ("From (µs)", ",.3g"),
        "high": ("To (µs)", ",.3g"),
    },
    "tab-validation-serving": {
        "load": ("Load", None),
        "quantity": ("Quantity", None),
        "cases": ("Cases", ",.0f"),
        "low": ("From (times prediction)", ",.2f"),
        "high": ("To (times prediction)", ",.2f"),
        "standing": ("Factors from", None),
    },
}

CAPACITIES: Final = "nvidia_aiconfigurator"
#: What the serving models are fitted to and tested on.
MEASURED: Final = [
    "nvidia2023fastertransformer", "nvidia2023trtllm061", "nvidia2024trtllm090",
    "nvidia2025trtllm017", "nvidia2025trtllm100", "nvidia2026trtllmmain", CAPACITIES,
]  # fmt: skip
PEERS: Final = [
    "austin2025scaling", "epoch2025inferenceeconomics", "genz2024analyzer", "li2024llmanalysis",
    "llmviewer2024", CAPACITIES,
]  # fmt: skip
SOURCES: Final[dict[str, list[str]]] = {
    "tab-validation-aims": [CAPACITIES, "mlenergy2026leaderboard"],
    "tab-validation-group": MEASURED,
    "tab-validation-generation": MEASURED,
    "tab-validation-peers": PEERS,
    "tab-validation-worst": [CAPACITIES],
    "tab-validation-shares": MEASURED,
    "tab-validation-overheads": MEASURED,
    "tab-validation-cliff": ["nvidia2025trtllm017"],
    "tab-validation-serving": MEASURED,
    "tab-validation-capacity": [CAPACITIES],
    "tab-validation-room": [CAPACITIES, "llmd2026planner"],
    "tab-validation-regimes": ["mlenergy2026leaderboard"],
    "tab-validation-throughput": ["mlcommons2025inference51", "mlcommons2024inference41"],
    "tab-validation-training": ["mlcommons2025training50", "mlcommons2025training51"],
    "tab-validation-prices": ["pydantic2026genaiprices"],
}

NOTES: Final = {
    "tab-validation-aims": "The two peers were run on other cases of the same collection, of which "
    "ours are a sample; aiconfigurator is not fitted to them. J per token: each model left out in "
    "turn; with throughput predicted, one factor on host times is fitted to the others. Errors are "
    "absolute.",
    "tab-validation-group": "Loads marked as seen were in view when the models were written, but "
    "no constant is fitted to them. Errors are absolute.",
    "tab-validation-generation": "Constants of the left-out generation are the means of the "
    "others, as for a device that nobody has measured. Errors are absolute.",
    "tab-validation-peers": "Rows are those of NVIDIA's measured file; the sets differ. Most tools "
    "are not fitted to the collection and some were run with formats that do not suit "
    "them: table inference_peer_errors has a caveat for each row.",
    "tab-validation-worst": "Causes are inferred and not confirmed. Faulty run: twice as slow as "
    "the same setup with as many users or more. Limit not recorded: steps far faster and first "
    "tokens far later than predicted, so fewer requests ran at once than were offered. Queue not "
    "recorded: the first token came later than prompts alone explain. Staggered start: it came "
    "sooner than a burst of all users allows. Prompts run elsewhere: on GPUs whose number is "
    "recorded only in sum.",
    "tab-validation-kv": "Logs were read in public issues (secondary); bytes per accelerator.",
    "tab-validation-throughput": "The ceiling counts output tokens only. Prompts are read in the "
    "same runs and their length is not in the logs, so low shares mean long prompts as much as "
    "idle arithmetic.",
    "tab-validation-power": "The rating is that of NVIDIA's node with the same accelerators.",
}

EMPTY: Final = {
    "tab-validation-aims": "not known",
    "tab-validation-group": "no other group to take an interval from",
    "tab-validation-generation": "no other generation to take an interval from",
    "tab-validation-peers": "not known",
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
    every = COLUMNS | training.COLUMNS
    shown = every[errors.require_known("table", name, every)]
    notes, empty = NOTES | training.NOTES, EMPTY | training.EMPTY
    found: dict[str, Any] = {
        "name": name,
        "columns": {column: heading.format(**words) for column, (heading, _) in shown.items()},
        "formats": {column: form for column, (_, form) in shown.items() if form},
        "sources": (SOURCES | training.SOURCES).get(name, []),
        "note": notes.get(name),
    }
    return found | ({"empty": empty[name]} if name in empty else {})
