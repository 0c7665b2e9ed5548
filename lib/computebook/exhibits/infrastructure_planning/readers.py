"""What each reader of the report should take away: computed, with links to the proof."""

from __future__ import annotations

from typing import Final

import pandas as pd

from computebook import claims, datasets, memory
from computebook.exhibits import competition
from computebook.exhibits.infrastructure_planning.findings import Headline
from computebook.price_cards import ARTICLE_DATE, price_card
from computebook.scenarios import Range

__all__ = ["report_takeaways"]

PLANNERS: Final = "infrastructure planners"
OPERATORS: Final = "operations teams"
STRATEGISTS: Final = "strategic decision-makers"
MODEL: Final = "gpt-5.2"
#: Open models of this size, released in the year and a half before the article, are of the class.
FRONTIER_PARAMS_B: Final = 100
FRONTIER_DATES: Final = ("2024-07-01", "2026-01-31")

Row = tuple[str, str, tuple[str, ...]]


def _kv_span() -> Range:
    table = datasets.load("architectures")
    recent = table["released_on"].between(*FRONTIER_DATES)
    chosen = table[recent & (table["total_params_b"] >= FRONTIER_PARAMS_B)]["architecture_id"]
    elements = sorted(
        float(memory.kv_elements_per_token(datasets.architecture(name))) for name in chosen
    )
    return Range(elements[0], elements[len(elements) // 2], elements[-1])


def _output_usd(model: str, tier: str = "standard") -> float:
    return price_card(model, ARTICLE_DATE, tier).tiers[0].rates.output_usd_per_mtok


def _for_planners(found: Headline) -> list[Row]:
    span, b200 = _kv_span(), found.power.loc["B200"]
    return [
        (
            PLANNERS,
            f"The KV cache per token of open frontier models spans {span.high / span.low:.0f} "
            f"times. Name the model before the GPU.",
            ("tab-kv-by-architecture", "tab-memory-bandwidth"),
        ),
        (
            PLANNERS,
            f"Size for memory, both latencies and prompts together, with the interval of the "
            f"model: {found.fleet_words()} serve the same mix.",
            ("tab-planning-fleet", "fig-planning-cost"),
        ),
        (
            PLANNERS,
            f"Reserve {b200['facility_w'] / 1e3:.1f} kW of facility power per B200, "
            f"{b200['facility_w'] / b200['chip_w']:.1f} times its rating. Servers of eight can "
            f"stay on air.",
            ("fig-planning-power", "tab-power-cooling"),
        ),
        (
            PLANNERS,
            f"Fill the batch before buying a newer GPU: on {found.cheapest} a token takes "
            f"{found.energy_at(found.cheapest, 0)['joules']:,.1f} J with one user per copy and "
            f"{found.energy_at(found.cheapest, 2)['joules']:,.2f} J at the most users.",
            ("fig-planning-joules",),
        ),
    ]


def _for_operators() -> list[Row]:
    trace = datasets.load("token_profiles").set_index("profile_id").loc["servegen-deepseek-r1"]
    standard = _output_usd(MODEL)
    return [
        (
            OPERATORS,
            f"Reasoning is {trace['reasoning_share_mean']:.0%} of the output in "
            f"{trace['requests'] / 1e6:.2f} million production requests. Log it apart.",
            ("fig-api-lengths", "tab-api-ledger"),
        ),
        (
            OPERATORS,
            f"Budget by variant: GPT-5.2 Pro costs {_output_usd('gpt-5.2-pro') / standard:.0f} "
            f"times GPT-5.2 per output token.",
            ("tab-api-openai",),
        ),
        (
            OPERATORS,
            f"Work that can wait costs {_output_usd(MODEL, 'batch') / standard:.0%} of the "
            f"standard price in the batch tier.",
            ("tab-api-savings",),
        ),
    ]


def _for_strategists() -> list[Row]:
    found, counts = competition.headline(), claims.verdict_counts().loc["all"]
    leads, shares = found.leads, found.shares
    refuted = counts["contradicted"] + counts["inconsistent"]
    return [
        (
            STRATEGISTS,
            f"{leads.over_runner_up or 'None'} of the {leads.categories} leads by category "
            f"survive a test against the true runner-up. Choose on price and fit.",
            ("tab-leaders", "tab-lead-tests"),
        ),
        (
            STRATEGISTS,
            f"Anthropic's share is {shares.lowest['Anthropic']:.0f}% or "
            f"{shares.highest['Anthropic']:.0f}%, depending on what is counted. Ask for the "
            f"definition before the figure.",
            ("fig-share-metrics", "tab-share-definitions"),
        ),
        (
            STRATEGISTS,
            f"Of {counts['claims']} claims of the article {counts['confirmed']} are confirmed; "
            f"{refuted} are contradicted by evidence or by the article itself.",
            ("tab-verdicts",),
        ),
    ]


def report_takeaways(found: Headline) -> pd.DataFrame:
    """Return the findings of the report by reader, each with the exhibits that prove it.

    Parameters
    ----------
    found : Headline
        Findings of this chapter; those of other chapters are computed from the same data.

    Returns
    -------
    DataFrame
        `reader`, `finding`, `proof` (MyST).
    """
    rows = [*_for_planners(found), *_for_operators(), *_for_strategists()]
    frame = pd.DataFrame(rows, columns=["reader", "finding", "proof"])
    links = [", ".join(f"{{numref}}`{name}`" for name in names) for names in frame["proof"]]
    return frame.assign(proof=links)
