"""How the chapter's tables look: headings with units, number formats, sources and notes."""

from __future__ import annotations

from typing import Any, Final

from computebook import errors, units

__all__ = ["layout"]

ARTICLE: Final = "introl2026gpt52analysis"
WHOLE: Final = ",.0f"
SIGNED: Final = "+.1%"

LAYOUTS: Final[dict[str, dict[str, Any]]] = {
    "tab-clusters-article-sites": {
        "formats": dict.fromkeys(("Capacity", "GPU generation", "Dedicated user"), "markdown"),
        "sources": [ARTICLE, "semianalysis2025microsoft", "epoch2025datacenters"],
    },
    "tab-clusters-article-deal": {
        "formats": dict.fromkeys(
            ("Commitment", "Term", "Years", "Accelerators", "Signed"), "markdown"
        ),
        "sources": [ARTICLE, "tunguz2025openai", "aws2025openai"],
    },
    "tab-clusters-article-speed": {
        "formats": dict.fromkeys(
            ("Training performance vs Hopper", "Price-performance"), "markdown"
        ),
        "sources": [ARTICLE, "nvidia2025modelbuilders", "mlcommons2025training51"],
    },
    "tab-clusters-claims": {
        "columns": {
            "statement": "Claim",
            "ours": "Found",
            "verdict": "Verdict",
            "evidence": "Why",
            "source": "Source",
        },
        "formats": {"verdict": "verdict", "source": "cite"},
    },
    "tab-clusters-boundary": {
        "columns": {
            "boundary": "Boundary",
            "low_w": "Low (W/GPU)",
            "central_w": "Central (W/GPU)",
            "high_w": "High (W/GPU)",
            "building_mw": "Building (MW)",
            "gpus_per_mw": "GPUs per MW",
            "gpus_in_article_mw": "GPUs in 300 MW",
        },
        "formats": dict.fromkeys(
            ("low_w", "central_w", "high_w", "building_mw", "gpus_per_mw", "gpus_in_article_mw"),
            WHOLE,
        ),
        "sources": [
            "nvidia_dps_devices",
            "guthrie2025infinite",
            "epoch2026chipcounts",
            "epoch2026trainingcost",
        ],
        "note": "Low and high take all low or all high factors together. Building, GPUs per MW "
        "and GPUs in 300 MW are central. The range of the PUE is an assumption around published "
        "fleets.",
    },
    "tab-clusters-homes": {
        "columns": {"reading": "Reading", "mw": "Mean power (MW)", "homes": "Homes"},
        "formats": {"mw": WHOLE, "homes": lambda homes: f"{round(homes, -2):,.0f}"},
        "sources": ["eia2024home", "mlcommons2024training40", "mlcommons2024training41"],
    },
    "tab-clusters-site-check": {
        "columns": {
            "site": "Site",
            "boundary": "Boundary",
            "published_w": "Published (W)",
            "low_w": "Low (W)",
            "central_w": "Central (W)",
            "high_w": "High (W)",
            "error": "Error of central",
            "source": "Source",
        },
        "formats": {"source": "cite", "error": SIGNED}
        | dict.fromkeys(("published_w", "low_w", "central_w", "high_w"), WHOLE),
    },
    "tab-clusters-deals": {
        "columns": {
            "counterparty": "With",
            "announced_on": "Announced",
            "value_usd_bn": "Value ($ bn)",
            "value_kind": "Kind",
            "capacity_gw": "Capacity (GW)",
            "term_years": "Term (years)",
            "usd_per_w_year": "$ per W and year",
            "source_key": "Source",
        },
        "formats": {"source_key": "cite", "value_usd_bn": ",.1f", "usd_per_w_year": ".1f"},
        "note": "All values were read in copies or press reports. An investment intent and a "
        "third-party sum are not purchases; only rows with value, capacity and term have a "
        "price. Where only the month is known, its first day stands for it (Oracle, Tunguz).",
    },
    "tab-clusters-deal-price": {
        "columns": {
            "gpus": "GPUs",
            "at_once_usd": "All at once ($/GPU-hour)",
            "ramp_usd": "With the ramp ($/GPU-hour)",
            "usd_per_gpu": "Over the term ($/GPU)",
        },
        "formats": {"gpus": WHOLE, "at_once_usd": ".2f", "ramp_usd": ".2f", "usd_per_gpu": WHOLE},
        "align": {"gpus": "left"},
        "sources": ["aws2025openai"],
    },
    "tab-clusters-speed-ratios": {
        "columns": {
            "basis": "Comparison",
            "formats": "Number formats",
            "gb200": "GB200",
            "gb300": "GB300",
            "source": "Source",
        },
        "formats": {"gb200": ".2f", "gb300": ".2f", "source": "cite"},
        "empty": "no submission",
        "note": "MLPerf logs do not record the number format; it follows the submitters' "
        "statements.",
    },
    "tab-clusters-per-dollar": {
        "columns": {
            "cloud": "Cloud",
            "price_ratio": "Price B200 / H100",
            "across_rounds": "MLPerf v5.0 to v5.1, FP8 to FP4",
            "one_release": "One software release, FP8",
            "one_round": "MLPerf v5.0, FP8",
        },
        "formats": dict.fromkeys(
            ("price_ratio", "across_rounds", "one_release", "one_round"), ".2f"
        ),
        "sources": [
            "skypilot2026catalog",
            "dstack2026gpuhunt",
            "mlcommons2025training51",
            "nvidia2026megatronbridge",
        ],
        "empty": "not applicable",
        "note": "Crusoe's B200 price is an estimate by the catalogue.",
    },
    "tab-clusters-speed-parts": {
        "columns": {
            "name": "Part",
            "gb200": "GB200, logs",
            "gb200_model": "GB200, step model",
            "gb300": "GB300, logs",
            "gb300_model": "GB300, step model",
        },
        "formats": dict.fromkeys(("gb200", "gb200_model", "gb300", "gb300_model"), ".2f"),
        "sources": [
            "mlcommons2025training50",
            "mlcommons2025training51",
            "nvidia2026megatronbridge",
        ],
        "note": "The format is one software release, FP4 over FP8. GB300 entered no round in FP8: "
        "its hardware is that of GB200 times the ratio of the two in the later round. The step "
        "model knows no convergence.",
    },
    "tab-clusters-growth": {
        "columns": {
            "gpus": "GPUs",
            "mfu_percent": "MFU (%)",
            "goodput_percent": "Goodput (%)",
            "days": "Time (days)",
            "facility_mw": "Site (MW)",
            "rental_musd": "Rented ($ million)",
            "owned_musd": "Owned ($ million)",
        },
        "formats": {"gpus": WHOLE, "mfu_percent": ".0f", "facility_mw": ".3g"},
        "align": {"gpus": "left"}
        | dict.fromkeys(("goodput_percent", "days"), "right")
        | dict.fromkeys(("rental_musd", "owned_musd"), "right"),
        "sources": ["nvidia2026megatronbridge", "grattafiori2024llama3", "epoch2026chipcounts"],
        "note": "Central value and 80% interval of the draws. Site power is what to provision. MFU "
        "refers to the dense peak of the format.",
    },
    "tab-clusters-class": {
        "columns": {
            "quantity": "Quantity",
            "unit": "Unit",
            "low": "Low",
            "central": "Median",
            "high": "High",
        },
        "formats": dict.fromkeys(("low", "central", "high"), units.format_significant),
        "align": dict.fromkeys(("low", "central", "high"), "right"),
        "sources": ["nvidia2026megatronbridge", "skypilot2026catalog", "epoch2026chipcounts"],
        "note": "Low and high are the 10th and the 90th percentile of the draws, each row by "
        "itself.",
    },
    "tab-clusters-class-inputs": {
        "columns": {
            "meaning": "Assumption",
            "unit": "Unit",
            "low": "Low",
            "central": "Central",
            "high": "High",
            "basis": "Basis",
            "source_key": "Source",
        },
        "formats": {"source_key": "markdown"},
        "align": dict.fromkeys(("low", "central", "high"), "right"),
        "note": "The source is that of the central value or, for the first two rows, of the low "
        "end; ranges around it are of this report unless the basis says published. GB200 rents "
        "are those of B200. Lognormal inputs have a tenth of their draws beyond each end.",
    },
    "tab-clusters-class-sizes": {
        "columns": {
            "gpus": "GPUs",
            "calendar_s": "Time (days)",
            "rated_facility_w_median": "Site (MW)",
            "facility_energy_j": "Energy (GWh)",
            "rental_usd": "Rented ($ million)",
            "owned_usd": "Owned ($ million)",
        },
        "formats": {"gpus": WHOLE, "rated_facility_w_median": WHOLE},
        "align": {"gpus": "left"}
        | dict.fromkeys(("calendar_s", "facility_energy_j"), "right")
        | dict.fromkeys(("rental_usd", "owned_usd"), "right"),
        "sources": ["nvidia2026megatronbridge", "skypilot2026catalog", "epoch2026chipcounts"],
        "note": "Median and 80% interval of the draws. Site power is what to provision.",
    },
    "tab-clusters-drivers": {
        "columns": {
            "meaning": "Input",
            "low_musd": "Lowest ($ million)",
            "high_musd": "Highest ($ million)",
            "first": "First-order index",
            "total": "Total index",
            "total_conf": "95% half-width",
        },
        "formats": dict.fromkeys(("low_musd", "high_musd"), WHOLE)
        | dict.fromkeys(("first", "total", "total_conf"), ".2f"),
        "sources": ["saltelli2010variance", "herman2017salib"],
        "note": "An index is a share of the variance of the cost: first-order by the input alone, "
        "total with its interactions. One below its half-width cannot be told from zero.",
    },
    "tab-clusters-published-runs": {
        "columns": {
            "name": "Run",
            "accelerator": "GPU",
            "accelerators": "GPUs",
            "mfu": "MFU of BF16 peak",
            "gpu_hours_m": "Published (M GPU-h)",
            "predicted": "Predicted (M GPU-h)",
            "error": "Error",
            "source_key": "Source",
        },
        "formats": {
            "accelerators": WHOLE,
            "gpu_hours_m": ".2f",
            "mfu": "percent",
            "error": SIGNED,
            "source_key": "cite",
        },
        "align": {"predicted": "right"},
        "empty": "not published",
        "note": "Central value and 80% interval. Where the cluster is not published, 2,048 GPUs "
        "are assumed. The published hours of OPT leave failures out. DeepSeek-V3 and Llama 4 Scout "
        "computed mostly in FP8. Llama 3.1 70B counts at least 15 trillion tokens.",
    },
}


def layout(name: str) -> dict[str, Any]:
    """Return the keyword arguments that show one table of the chapter, its name included.

    Parameters
    ----------
    name : str
        Label of the table.

    Raises
    ------
    ComputebookError
        If the chapter has no such table.

    Examples
    --------
    >>> layout("tab-clusters-homes")["columns"]["mw"]
    'Mean power (MW)'
    """
    return {"name": errors.require_known("table", name, LAYOUTS)} | LAYOUTS[name]
