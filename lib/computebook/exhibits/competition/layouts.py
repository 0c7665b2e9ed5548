"""How the tables of the chapter are headed, formatted and sourced."""

from __future__ import annotations

from typing import Any, Final

from computebook.exhibits.competition.portfolios import Decision
from computebook.exhibits.competition.shares import metric_definitions

__all__ = ["LAYOUTS", "OFFER_SOURCES", "constraint_layout", "series_sources"]

_VENDORS: Final = ("OpenAI", "Google", "Anthropic")
_VISITED: Final = (*_VENDORS, "DeepSeek", "xAI", "Perplexity", "Microsoft")
_ARTICLE: Final = "introl2026gpt52analysis"
_PRICES: Final = "pydantic2026genaiprices"
#: Scores, costs and token profiles of the models that the example client can choose from.
OFFER_SOURCES: Final = [
    "moonshot2026kimik25",
    "openai2025gpt52",
    "openhands2026index",
    "arcprize2026leaderboard",
    _PRICES,
    "mooncake2025traces",
    "alibaba2025servegen",
]


def series_sources(metric: str) -> list[str]:
    """Return the bib keys behind the readings of a metric over time.

    Parameters
    ----------
    metric : {"web-visits", "enterprise-spend"}
        Which metric.

    Examples
    --------
    >>> series_sources("enterprise-spend")
    ['eurobulletin2026enterprise', 'tailwind2026enterprise']
    """
    sources = metric_definitions().set_index("metric")["source_key"]
    return str(sources[metric]).split(",")


def _same(names: tuple[str, ...], text_format: str) -> dict[str, str]:
    return dict.fromkeys(names, text_format)


def _change(fraction: float) -> str:
    text = f"{fraction:+.0%}".replace("-", "−")
    return "none" if text in ("+0%", "−0%") else text


#: Keyword arguments of `tables.table` by the name of the table.
LAYOUTS: Final[dict[str, dict[str, Any]]] = {
    "tab-market-dynamics": {
        "formats": _same(("GPT-5.2/ChatGPT", "Gemini", "Claude"), "markdown"),
        "sources": [
            _ARTICLE,
            "similarweb2026tracker",
            "ppcland2026traffic",
            "capitalaidaily2025traffic",
            _PRICES,
        ],
        "note": "All shares of web visits were read in copies of the tracker's reports, not in "
        "the reports.",
    },
    "tab-competition-claims": {
        "columns": {
            "statement": "Statement",
            "verdict": "Verdict",
            "our_value_text": "Our value",
            "evidence": "Evidence",
            "source_key": "Source",
        },
        "formats": {"verdict": "verdict", "source_key": "cite"},
    },
    "tab-share-definitions": {
        "columns": {
            "measure": "Measure",
            "definition": "What is counted",
            "population": "Population",
            "adds_up": "Adds up to 100%",
            "source_key": "Sources",
        },
        "formats": {"source_key": "cite", "adds_up": "yesno"},
    },
    "tab-share-values": {
        "columns": {
            "measure": "Measure",
            "month_text": "Month",
            **{name: f"{name} (%)" for name in _VENDORS},
            "others": "Others listed (%)",
            "verification": "Verification",
            "source_key": "Source",
        },
        "formats": {"source_key": "cite", **_same((*_VENDORS, "others"), ".1f")},
        "note": "Secondary: read in a copy, not at the publisher. Menlo Ventures, which surveys "
        "API spending, is an investor in Anthropic; a16z, which surveys use and wallet, is a "
        "venture investor. The expected wallet speaks of the end of the year named.",
    },
    "tab-web-visits": {
        "columns": {"day": "Reading", **{n: n for n in _VISITED}, "source_key": "Sources"},
        "formats": {"source_key": "cite", **_same(_VISITED, ".1f")},
        "empty": "not listed in the copies",
        "note": "All secondary: copies of the tracker's reports. The first of a month also stands "
        "for a whole month or an unknown day in it.",
    },
    "tab-share-moves": {
        "columns": {
            "vendor": "Vendor",
            "earlier_day": "Earlier reading",
            "earlier_percent": "Share (%)",
            "later_day": "Later reading",
            "later_percent": "Later share (%)",
            "change_points": "Change (points)",
        },
        "formats": {"change_points": "+.1f", **_same(("earlier_percent", "later_percent"), ".1f")},
        "empty": "not listed in any reading up to that month",
    },
    "tab-concentration": {
        "columns": {
            "label": "Measure",
            "listed": "Vendors listed",
            "unlisted_percent": "Unlisted (%)",
            "low": "Index, low",
            "high": "Index, high",
            "vendors_low": "Equal vendors, low",
            "vendors_high": "Equal vendors, high",
        },
        "formats": {
            "listed": ".0f",
            "unlisted_percent": ".1f",
            **_same(("low", "high"), ",.0f"),
            **_same(("vendors_low", "vendors_high"), ".1f"),
        },
        "sources": [
            "besourceable2026share",
            "techtimes2026share",
            "webiano2026scoreboard",
            "tailwind2026enterprise",
            "pulse2026ciosurvey",
            "codesota2026openrouter",
        ],
    },
    "tab-enterprise-cost": {
        "columns": {
            "model": "Model",
            "vendor": "Vendor",
            "input_usd_per_mtok": "Input ($/M tokens)",
            "output_usd_per_mtok": "Output ($/M tokens)",
            "article_usd": "Article ($)",
            "annual_usd": "Recomputed ($)",
            "against_gpt": "Times GPT-5.2",
        },
        "formats": {
            **_same(("input_usd_per_mtok", "output_usd_per_mtok", "against_gpt"), ".2f"),
            **_same(("article_usd", "annual_usd"), ",.0f"),
        },
        "sources": [_PRICES, "openai2025gpt52", _ARTICLE],
        "empty": "not printed in the article",
    },
    "tab-mix-ranking": {
        "columns": {
            "workload": "Workload",
            "ratio": "Input per output",
            "cached_fraction": "Cached share",
            "GPT-5.2 Thinking": "GPT-5.2 ($)",
            "Gemini 3 Pro": "Gemini 3 Pro ($)",
            "Claude Opus 4.5": "Opus 4.5 ($)",
            "cheapest_of_three": "Cheapest of the three",
        },
        "formats": {
            "ratio": ".2f",
            "cached_fraction": "percent",
            **_same(("GPT-5.2 Thinking", "Gemini 3 Pro", "Claude Opus 4.5"), ",.0f"),
        },
        "sources": [
            "alibaba2025servegen",
            "azure_llm_traces",
            "laude2025terminalbench",
            "vidur2024traces",
            "mooncake2025traces",
        ],
        "note": "A cached share of zero also stands where the trace publishes none.",
    },
    "tab-workload-range": {
        "columns": {
            "model": "Model",
            "vendor": "Vendor",
            "low_usd": "Low ($/year)",
            "central_usd": "Central ($/year)",
            "high_usd": "High ($/year)",
        },
        "formats": _same(("low_usd", "central_usd", "high_usd"), ",.0f"),
        "sources": [_PRICES, "mooncake2025traces"],
    },
    "tab-price-dates": {
        "columns": {
            "vendor": "Vendor",
            "model": "Model",
            "annual_usd": "Cost then ($)",
            "later_model": "Later namesake",
            "later_usd": "Cost later ($)",
            "change_fraction": "Change",
        },
        "formats": {"change_fraction": _change, **_same(("annual_usd", "later_usd"), ",.0f")},
        "sources": [_PRICES, "berriai2026litellm1815"],
        "empty": "no price of that day is known",
        "note": "OpenAI has two candidates, so both are shown. Some later prices are introductory.",
    },
    "tab-leaders": {
        "formats": {
            **_same(("Leader", "Score (leader)", "Runner-up", "Score (runner-up)"), "markdown"),
            "Lead survives": "yesno",
        },
        "sources": [
            _ARTICLE,
            "arcprize2026leaderboard",
            "openai2025gpt52",
            "moonshot2026kimik25",
            "google2025gemini3",
        ],
        "note": "The score of Gemini 3 Deep Think on GPQA is Google's own and known only from "
        "quotations. GPT-5.2 Pro also prints a full score on AIME.",
    },
    "tab-lead-tests": {
        "columns": {
            "benchmark": "Benchmark",
            "leader": "Leader",
            "runner_up": "Against",
            "against": "Role",
            "lead_points": "Lead (points)",
            "interval": "Interval (points)",
            "p_text": "p",
            "survives_holm": "Survives",
        },
        "formats": {"lead_points": "+.1f", "survives_holm": "yesno"},
        "sources": [
            "arcprize2026leaderboard",
            "openai2025gpt52",
            "moonshot2026kimik25",
            "google2025gemini3",
        ],
        "note": "The last column pays for testing all rows at once (Holm).",
    },
    "tab-routing": {
        "columns": {
            "work": "Work",
            "benchmark": "Benchmark",
            "cost_basis": "Cost",
            "best": "Best model",
            "routed": "Cheapest within the margin",
            "saving_fraction": "Saving",
            "indistinct": "Cheapest not provably worse",
        },
        "formats": {"saving_fraction": "percent"},
        "sources": [
            "moonshot2026kimik25",
            "openai2025gpt52",
            "openhands2026index",
            "arcprize2026leaderboard",
            _PRICES,
        ],
        "note": "Scores of the two document tests come from one competitor's table; science scores "
        "from the vendors; software and puzzles from independent runs.",
    },
    "tab-portfolio": {
        "columns": {
            "work": "Work",
            "model": "Model",
            "share_fraction": "Share of the work",
            "score_percent": "Score (%)",
            "interval": "Interval (%)",
            "floor_percent": "Floor (%)",
            "requests": "Requests a month",
            "monthly_usd": "Cost ($/month)",
        },
        "formats": {
            **_same(("floor_percent", "score_percent"), ".1f"),
            **_same(("requests", "monthly_usd"), ",.0f"),
            "share_fraction": ".0%",
        },
        "sources": OFFER_SOURCES,
    },
    "tab-portfolio-alternatives": {
        "columns": {
            "name": "Rule",
            "monthly_usd": "Cost ($/month)",
            "floors": "Floors met",
            "largest_share": "Largest share",
            "meets_all": "Meets all constraints",
        },
        "formats": {"monthly_usd": ",.0f", "largest_share": ".0%", "meets_all": "yesno"},
    },
    "tab-portfolio-places": {
        "columns": {
            "work": "Work",
            "model": "Model",
            "share_fraction": "Share in the mix",
            "mean_share": "Mean share over draws",
            "passes_fraction": "Draws above the floor",
        },
        "formats": _same(("share_fraction", "mean_share", "passes_fraction"), ".0%"),
        "note": "300 draws; models that get less than a twentieth are left out. The cost of a "
        "model moves by about 15% either way, an assumption.",
    },
}


def constraint_layout(found: Decision) -> dict[str, Any]:
    """Return the layout of the table of constraints, which says more where there is no mix.

    Parameters
    ----------
    found : Decision
        From `portfolios.decision`.

    Examples
    --------
    >>> from computebook.exhibits.competition.portfolios import client_problem, decision
    >>> found = decision(client_problem("2026-01-31", 5.0, 100.0, 60.0))
    >>> list(constraint_layout(found)["columns"])[-1]
    'then_usd'
    """
    shared = {"constraint": "Constraint", "limit": "Limit"}
    if found.mix is None:
        return {
            "columns": shared | {"works_at": "A mix exists at", "then_usd": "Cost then ($/month)"},
            "formats": {"then_usd": ",.0f"},
            "empty": "no mix",
        }
    saved = {
        "saved_usd": "Saved without it ($/month)",
        "by_point_usd": "Saved by one point ($/month)",
    }
    return {
        "columns": shared | saved,
        "formats": _same(tuple(saved), ",.0f"),
        "empty": "a budget is met or not",
        "note": "Each constraint is taken away alone, so the savings do not add up. One point less "
        "of a floor, one point more of the share.",
    }
