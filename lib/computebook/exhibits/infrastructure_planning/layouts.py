"""How the tables of the chapter on planning are headed, formatted and sourced."""

from __future__ import annotations

from typing import Any, Final

from computebook import errors

__all__ = ["table_layout"]

ARTICLE: Final = "introl2026gpt52analysis"
MEASURED: Final = "mlenergy2026leaderboard"

#: By table: columns with their heading and format (None: as it comes).
COLUMNS: Final[dict[str, dict[str, tuple[str, str | None]]]] = {
    "tab-bandwidth-by-model": {
        "Model": ("Model", None),
        "Context window": ("Context window", "markdown"),
        "Recommended minimum bandwidth": ("Recommended minimum bandwidth", "markdown"),
        "GPU tier": ("GPU tier", "markdown"),
        "alone": ("One user (TB/s)", None),
        "together": ("{users} users (TB/s)", None),
        "h100": ("H100 (GPUs)", None),
        "b200": ("B200 (GPUs)", None),
    },
    "tab-planning-needs": {
        "model": ("Model", None),
        "memory_gb": ("Weights and cache (GB)", ",.0f"),
        "measured_tb_s": ("Bandwidth (TB/s)", ",.1f"),
        "h100-sxm_memory": ("H100 by memory", None),
        "h100-sxm_bandwidth": ("H100 by bandwidth", None),
        "b200-sxm_memory": ("B200 by memory", None),
        "b200-sxm_bandwidth": ("B200 by bandwidth", None),
    },
    "tab-planning-reads": {
        "gpu": ("GPU", None),
        "memory_gb": ("Memory (GB)", ".1f"),
        "bandwidth_tb_s": ("Bandwidth (TB/s)", ".2f"),
        "peak_ms": ("At peak rate (ms)", ".1f"),
        "measured_ms": ("At measured efficiency (ms)", ".0f"),
    },
    "tab-power-cooling": {
        "GPU": ("GPU", None),
        "TDP": ("TDP", "markdown"),
        "Cooling requirement": ("Cooling requirement", "markdown"),
        "Power per 400K-context query": ("Power per 400K-context query", "markdown"),
        "system": ("NVIDIA's server", None),
        "estimate": ("Our estimate (Wh)", None),
        "relative": ("Relative to H100", ".2f"),
    },
    "tab-planning-claims": {
        "statement": ("Claim", None),
        "verdict": ("Verdict", "verdict"),
        "found": ("Found", None),
        "evidence": ("Why", None),
        "source_key": ("Source", "cite"),
    },
    "tab-planning-systems": {
        "name": ("System", None),
        "accelerators": ("GPUs", None),
        "kw": ("Rated power (kW)", None),
        "kw_each": ("Per GPU (kW)", ".2f"),
        "boundary": ("Boundary", None),
        "cooling": ("Cooling", None),
        "verification": ("Read", None),
        "source_key": ("Source", "cite"),
    },
    "tab-planning-cooling": {
        "fact": ("Fact", None),
        "system": ("System", None),
        "value": ("Value", None),
        "setting": ("Setting", None),
        "verification": ("Read", None),
        "source_key": ("Source", "cite"),
    },
    "tab-planning-boundaries": {
        "gpu": ("GPU", None),
        "chip_w": ("Chip (W)", ",.0f"),
        "server_w": ("Server (W)", ",.0f"),
        "it_w": ("All IT (W)", ",.0f"),
        "facility_low_w": ("Facility, low (W)", ",.0f"),
        "facility_w": ("Facility, central (W)", ",.0f"),
        "facility_high_w": ("Facility, high (W)", ",.0f"),
        "gpus_per_mw": ("GPUs per MW", ",.0f"),
    },
    "tab-planning-loads": {
        "server": ("Server", None),
        "workload": ("Workload", None),
        "mean_kw": ("Mean (kW)", ".1f"),
        "peak_kw": ("Peak (kW)", ".1f"),
        "rated_kw": ("Rating (kW)", ".1f"),
        "mean_share": ("Mean of rating", ".0%"),
        "source_key": ("Source", "cite"),
    },
    "tab-planning-energy": {
        "model": ("Model", None),
        "query": ("Query", None),
        "h100-sxm": ("H100 (Wh)", ",.0f"),
        "h200-sxm": ("H200 (Wh)", ",.0f"),
        "b200-sxm": ("B200 (Wh)", ",.0f"),
        "prompt_share": ("Prompt's share on H100", ".0%"),
        "h200_over_h100": ("H200 / H100", ".2f"),
        "b200_over_h100": ("B200 / H100", ".2f"),
    },
    "tab-planning-loads-energy": {
        "gpu": ("GPU", None),
        "load": ("Load", None),
        "users_per_gpu": ("Users per GPU", ",.3g"),
        "tpot_ms": ("Time per token (ms)", ",.0f"),
        "joules": ("J per token", ",.3g"),
        "low": ("Low", ",.3g"),
        "high": ("High", ",.3g"),
    },
    "tab-planning-energy-proof": {
        "test": ("Prediction of J per output token", None),
        "cases": ("Runs", ",.0f"),
        "mape": ("Mean error", ".1%"),
        "median": ("Median error", ".1%"),
        "bias": ("Bias", "+.1%"),
        "within_20": ("Within 20%", ".0%"),
    },
    "tab-planning-joules": {
        "model": ("Model", None),
        "batch": ("Batch limit", None),
        "h100_j": ("H100 (J)", ".3f"),
        "b200_j": ("B200 (J)", ".3f"),
        "ratio": ("B200 / H100", ".2f"),
    },
    "tab-planning-production": {
        "phase": ("Phase", None),
        "gpus": ("GPUs per copy", ",.0f"),
        "reported": ("Reported (tokens/s)", ",.0f"),
        "predicted": ("Predicted (tokens/s)", ",.0f"),
        "error": ("Error", "+.0%"),
    },
    "tab-planning-fleet": {
        "workload": ("Workload", None),
        "users": ("Users", ",.0f"),
        "gpu": ("GPU", None),
        "gpus_per_copy": ("GPUs per copy", ",.0f"),
        "load_per_copy": ("Users per copy", ",.1f"),
        "ttft_s": ("First token (s)", ",.1f"),
        "tpot_ms": ("Time per token (ms)", ",.0f"),
        "joules": ("J per token", ",.3g"),
        "gpus": ("GPUs", ",.0f"),
        "spread": ("Low to high", None),
    },
    "tab-planning-costs": {
        "gpu": ("GPU", None),
        "gpus": ("GPUs", None),
        "provision_kw": ("To provision (kW)", None),
        "mean_kw": ("Mean (kW)", None),
        "purchase_musd": ("Servers and network ($ million)", None),
        "rent_kusd": ("Rented (thousand $ a month)", None),
        "own_kusd": ("Owned (thousand $ a month)", None),
    },
    "tab-planning-site": {
        "quantity": ("Quantity", None),
        "low": ("Low", None),
        "central": ("Central", None),
        "high": ("High", None),
    },
    "tab-takeaways": {
        "statement": ("The article says", None),
        "reader": ("For", None),
        "verdict": ("Verdict", "verdict"),
        "found": ("What we found", "markdown"),
        "proof": ("Proof", "markdown"),
        "source_key": ("Source", "cite"),
    },
    "tab-report-takeaways": {
        "finding": ("Finding", "markdown"),
        "reader": ("For", None),
        "proof": ("Proof", "markdown"),
    },
}
#: Sources of the tables whose rows do not name them.
SOURCES: Final[dict[str, list[str]]] = {
    "tab-bandwidth-by-model": [ARTICLE, "modelsdev2026prices", "google2025gemini3pro"],
    "tab-planning-reads": ["bekman2026mlengineering"],
    "tab-power-cooling": [ARTICLE, "nvidia_dgxh100_guide", "nvidia_dgxb200_guide"],
    "tab-planning-boundaries": ["epoch2026chipcounts"],
    "tab-planning-joules": [MEASURED],
    "tab-planning-energy-proof": [MEASURED, "mlcommons2024inference41", "mlcommons2025inference51"],
    "tab-planning-production": ["deepseek2025inference"],
    "tab-takeaways": [ARTICLE],
}
#: Paragraphs under the tables.
NOTES: Final[dict[str, str]] = {
    "tab-bandwidth-by-model": "Added columns: low to high over the open models, at the central "
    "measured efficiency.",
    "tab-planning-needs": "Bandwidth at the central measured efficiency. Most models end below "
    "this context; the rows show what their shape would need.",
    "tab-planning-reads": "Memory as the driver shows it.",
    "tab-planning-loads": "The H200 runs were power-capped; the servers differ in maker and "
    "workload.",
    "tab-planning-energy": "Estimates, not measurements. Most models end below this context.",
    "tab-planning-joules": "Lowest over the layouts of each kind, so that numbers of GPUs differ. "
    "Prompts are short.",
    "tab-planning-production": "Per node of eight H800. Prompt tokens include those found in the "
    "cache. The service is not among the cases that set the constants.",
    "tab-planning-fleet": "Time at the load with headroom, power at the load asked for. Low: "
    "without headroom. High: the times hold at the slow end of the 80% interval.",
    "tab-planning-loads-energy": "At the plug of the servers; 80% interval, throughput predicted.",
    "tab-planning-energy-proof": "Bias: mean of predicted over measured, less one. The prompts of "
    "ML.ENERGY and MLPerf are not published and were assumed.",
}
#: What an empty cell means.
EMPTY: Final[dict[str, str]] = {
    "tab-planning-loads": "not metered",
    "tab-planning-fleet": "no layout meets the times",
    "tab-planning-costs": "no layout meets the times",
}


def table_layout(name: str, users: int = 0) -> dict[str, Any]:
    """Return columns, formats, sources and notes of one of the chapter's tables.

    Parameters
    ----------
    name : str
        Name of the table.
    users : int
        Users that the heading of a column counts.

    Returns
    -------
    dict
        Keyword arguments of `tables.table`.

    Raises
    ------
    ComputebookError
        If the chapter has no such table.

    Examples
    --------
    >>> table_layout("tab-planning-reads")["formats"]["peak_ms"]
    '.1f'
    """
    columns = COLUMNS[errors.require_known("table", name, COLUMNS)]
    layout: dict[str, Any] = {
        "name": name,
        "columns": {key: heading.format(users=users) for key, (heading, _) in columns.items()},
        "formats": {key: style for key, (_, style) in columns.items() if style},
        "sources": SOURCES.get(name, []),
        "note": NOTES.get(name),
    }
    return layout | ({"empty": EMPTY[name]} if name in EMPTY else {})
