"""How the tables on training of the appendix on validation are headed, formatted and sourced."""

from __future__ import annotations

from typing import Final

__all__ = ["COLUMNS", "EMPTY", "NOTES", "SOURCES"]

COLUMNS: Final[dict[str, dict[str, tuple[str, str | None]]]] = {
    "tab-validation-training-errors": {
        "quantity": ("What is predicted", None),
        "kind": ("Models", None),
        "cases": ("Cases", ",.0f"),
        "groups": ("Groups", ",.0f"),
        "mean_absolute_error_percent": ("Mean error (%)", ",.1f"),
        "median_absolute_error_percent": ("Median (%)", ",.1f"),
        "bias_percent": ("Bias (%)", "+,.1f"),
        "within_20_percent": ("Within 20% (%)", ",.0f"),
        "interval_coverage_percent": ("In the interval (%)", ",.0f"),
        "generation_percent": ("Mean, generation left out (%)", ",.1f"),
    },
    "tab-validation-training-aims": {
        "target": ("Aim", None),
        "cases": ("Cases", ",.0f"),
        "groups": ("Groups", ",.0f"),
        "aim_percent": ("Aim (%)", ",.0f"),
        "mean_error_percent": ("Mean error (%)", ",.1f"),
        "generation_percent": ("Generation left out (%)", ",.1f"),
        "siblings_percent": ("Median of other runs (%)", ",.1f"),
        "others_percent": ("Median of other models (%)", ",.1f"),
        "met": ("Met", "yesno"),
    },
    "tab-validation-training-power": {
        "label": ("Benchmark", None),
        "name": ("Server", None),
        "meter": ("Meter", None),
        "measured_kw": ("Measured (kW per server)", ",.2f"),
        "predicted_kw": ("Predicted (kW per server)", ",.2f"),
        "error_percent": ("Error (%)", "+,.1f"),
        "busy_fraction": ("Predicted busy", "percent"),
        "source_key": ("Source", "cite"),
    },
    "tab-validation-training-worst": {
        "label": ("Model, accelerators, format", None),
        "what": ("Quantity", None),
        "measured": ("Measured", None),
        "predicted": ("Predicted", None),
        "unit": ("Unit", None),
        "ratio": ("Predicted over measured", ",.2f"),
        "cause": ("Likely cause", None),
    },
}
"""By table name: columns with their heading and format."""

_RUNS: Final = [
    "nvidia2026megatronbridge", "mlcommons2025training50", "mlcommons2025training51",
    "pytorch2025torchtitan", "mosaicml2023llmfoundry",
]  # fmt: skip

SOURCES: Final[dict[str, list[str]]] = {
    "tab-validation-training-errors": _RUNS,
    "tab-validation-training-aims": [*_RUNS, "isaev2023calculon"],
    "tab-validation-training-power": ["mlcommons2024training40", "mlcommons2024training41"],
    "tab-validation-training-worst": _RUNS,
}

NOTES: Final[dict[str, str]] = {
    "tab-validation-training-errors": "Errors are absolute; bias keeps the sign. FLOP and "
    "utilization repeat runs that are also counted in tokens, where a source gives both.",
    "tab-validation-training-aims": "A group is a model on a GPU in a number format. Medians are "
    "of the FLOP rate on the same GPU in the same format: without the run itself, so that releases "
    "of one recipe predict each other, and without its model. Power: no constant is fitted to a "
    "meter of a training run.",
    "tab-validation-training-power": "Mean over a run of the benchmark, evaluation included; a "
    "server holds eight GPUs. Layouts are those of another entry of the same size.",
    "tab-validation-training-worst": "Causes are inferred and not confirmed; the worst run of each "
    "group and quantity.",
}

EMPTY: Final[dict[str, str]] = {
    "tab-validation-training-errors": "too few cases",
    "tab-validation-training-aims": "not applicable",
}
