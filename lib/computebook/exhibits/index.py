"""The landing page: one computed answer per chapter, and the date of the data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from computebook import datasets, units
from computebook.charts.mini import mini_bars
from computebook.exhibits import (
    api_economics,
    benchmarks,
    colophon,
    competition,
    gpu_sizing,
    infrastructure_planning,
    source_audit,
    training_clusters,
)
from computebook.parameters import Parameter
from computebook.tables.markdown import Markdown, protect_dollars

CHAPTERS = (
    *("benchmarks", "gpu_sizing", "training_clusters"),
    *("api_economics", "competition", "infrastructure_planning"),
)

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "chapters",
        "list",
        "",
        list(CHAPTERS),
        choices=CHAPTERS,
        meaning="Chapters whose answers stand on the landing page.",
    ),
)


@dataclass(frozen=True)
class Answer:
    """One chapter's answer on the landing page.

    Attributes
    ----------
    chapter : str
        Name of the chapter's file.
    question : str
        What the chapter asks.
    figure : str
        The number that a reader remembers, with its unit.
    sentence : str
        What the number is, with its condition.
    bars : tuple of (label, value, printed value)
        What the card draws; the first bar is the one that the number names.
    shows : str
        What the bars measure, for a reader who does not see them.
    """

    chapter: str
    question: str
    figure: str
    sentence: str
    bars: tuple[tuple[str, float, str], ...]
    shows: str


def defaults(parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Return the published value of each parameter of a chapter."""
    return {parameter.name: parameter.default for parameter in parameters}


def benchmark_answer() -> Answer:
    """Return which of the article's leads hold."""
    given = defaults(benchmarks.PARAMETERS)
    names = (
        *("confidence_percent", "significance_percent", "multiple_comparisons"),
        *("preferred_reporter", "frontier_benchmark", "frontier_models", "paired_models"),
    )
    found = benchmarks.headline(**{name: given[name] for name in names})
    return Answer(
        "benchmarks",
        "Which lead between models is real?",
        f"{found.holding} of {found.leads} leads",
        f"that the article prints hold when runs are tested against chance; "
        f"{found.within_noise} lie within noise, and in {found.reversed} the order turns round.",
        tuple(
            (label, float(count), f"{count}")
            for label, count in (
                ("hold", found.holding),
                ("within noise", found.within_noise),
                ("turned round", found.reversed),
            )
        ),
        "Leads that the article prints, by what becomes of them",
    )


def sizing_answer() -> Answer:
    """Return how much cache a full window takes."""
    given = defaults(gpu_sizing.PARAMETERS)
    found = gpu_sizing.headline(given["kv_precision"])
    return Answer(
        "gpu_sizing",
        "Which GPUs, and how many?",
        f"{found.low_gb:.0f} to {found.high_gb:.0f} GB",
        f"of cache for one window of 400,000 tokens over {found.models} open models. Memory does "
        "not tie a context length to a GPU; the article's own cache fits on each of its GPUs.",
        tuple(
            (label, gigabytes, f"{gigabytes:.0f} GB")
            for label, gigabytes in (
                (f"largest: {found.high_name}", found.high_gb),
                ("median of open models", found.central_gb),
                ("the article's assumption", found.article_gb),
                (f"smallest: {found.low_name}", found.low_gb),
            )
        ),
        "Cache of one full window",
    )


def cluster_answer() -> Answer:
    """Return what a building of GPUs draws."""
    given = defaults(training_clusters.PARAMETERS)
    found = training_clusters.headline(**given)
    return Answer(
        "training_clusters",
        "What does a training cluster draw and deliver?",
        f"{found.facility_mw.low:,.0f} to {found.facility_mw.high:,.0f} MW",
        f"at the facility for {given['gpus_per_building']:,} GB200 GPUs, of which the racks take "
        f"{found.rack_mw.central:,.0f} MW: the article's figure is the racks alone.",
        tuple(
            (label, megawatts, f"{megawatts:,.0f} MW")
            for label, megawatts in (
                ("facility, high", found.facility_mw.high),
                ("facility, low", found.facility_mw.low),
                ("racks", found.rack_mw.central),
            )
        ),
        "Power of the building by boundary",
    )


def bill_answer() -> Answer:
    """Return what a thousand requests cost, and how much of that is unseen."""
    given = defaults(api_economics.PARAMETERS)
    request = api_economics.Request(
        given["input_tokens"], given["visible_output_tokens"], given["reasoning_fraction"]
    )
    found = api_economics.headline(
        given["model"], given["price_date"], request, given["cached_fraction"]
    )
    return Answer(
        "api_economics",
        "What will the API bill be?",
        f"${found.usd_per_krequest:,.0f}",
        f"for a thousand requests of {given['input_tokens']:,} input and "
        f"{given['visible_output_tokens']:,} visible tokens to GPT-5.2; "
        f"{found.reasoning_share:.0%} of it buys reasoning that nobody sees. GPT-5.2 Pro, whose "
        f"scores the article leads with, costs {found.pro_multiple:.0f} times as much per token.",
        tuple(
            (label, share, f"{share:.0%}")
            for label, share in (
                ("reasoning", found.reasoning_share),
                ("visible output", 1 - found.reasoning_share - found.input_share),
                ("input", found.input_share),
            )
        ),
        "Share of the bill",
    )


def market_answer() -> Answer:
    """Return what the enterprise cost row hides."""
    given = defaults(competition.PARAMETERS)
    mix = ("input_output_ratio", "cached_fraction", "request_input_tokens", "confidence_percent")
    found = competition.headline(
        given["metric"],
        given["price_date"],
        given["annual_mtok"],
        *(given[name] for name in mix),
    ).costs
    return Answer(
        "competition",
        "Who leads, and by which measure?",
        f"${found.gpt_usd:,.0f}",
        f"a year is the cost of GPT-5.2 at the volumes that the article's cost row implies, not "
        f"${found.printed_usd:,.0f}; Gemini 3 Pro is then cheaper at ${found.gemini_usd:,.0f}.",
        tuple(
            (label, usd, f"${usd:,.0f}")
            for label, usd in (
                ("GPT-5.2", found.gpt_usd),
                ("GPT-5.2 as the article prints it", found.printed_usd),
                ("Gemini 3 Pro", found.gemini_usd),
            )
        ),
        "Annual cost of one workload",
    )


def power_answer() -> Answer:
    """Return what a B200 takes from the grid."""
    given = defaults(infrastructure_planning.PARAMETERS)
    powers = infrastructure_planning.power_by_boundary(given["pue"]).set_index("gpu")
    power = powers.loc["B200"].to_dict()
    return Answer(
        "infrastructure_planning",
        "What must a site provide?",
        f"{power['facility_w'] / units.WATTS_PER_KW:.1f} kW per B200",
        f"at the facility, {power['facility_w'] / power['chip_w']:.1f} times its rating. Bandwidth "
        "adds over GPUs, so a minimum per GPU says nothing about which model it can serve.",
        tuple(
            (label, power[column], f"{power[column] / units.WATTS_PER_KW:.2f} kW")
            for label, column in (
                ("facility", "facility_w"),
                ("IT with network", "it_w"),
                ("server", "server_w"),
                ("GPU rating", "chip_w"),
            )
        ),
        "Power per B200 by boundary",
    )


ANSWERS = dict(
    zip(
        CHAPTERS,
        (
            *(benchmark_answer, sizing_answer, cluster_answer),
            *(bill_answer, market_answer, power_answer),
        ),
        strict=True,
    )
)


def cards(chapters: Sequence[str] = CHAPTERS) -> Markdown:
    """Return the answers of chapters as cards, each a link to its chapter."""
    blocks = [_card(ANSWERS[chapter]()) for chapter in chapters]
    return Markdown("\n".join(["::::{grid} 1 2 2 3", ":gutter: 2", "", *blocks, "::::"]))


def _card(answer: Answer) -> str:
    lines = [
        f":::{{grid-item-card}} {answer.question}",
        f":link: chapters/{answer.chapter}",
        ":link-type: doc",
        ":class-card: answer",
        "",
        f"**{protect_dollars(answer.figure)}** {protect_dollars(answer.sentence)}",
        "",
        "```{raw} html",
        _bars(answer),
        "```",
        ":::",
    ]
    return "\n".join(lines)


def _bars(answer: Answer) -> str:
    said = "; ".join(f"{label} {text}" for label, _, text in answer.bars)
    return mini_bars(answer.bars, alt=f"{answer.shows}: {said}.")


def data_statement() -> str:
    """Return the sentence on edition, date of the data and what stands behind it."""
    counts, audit = colophon.counts(), source_audit.headline()
    date = datasets.data_date()
    return (
        f"Edition {colophon.edition()}, data of {date.day} {date:%B %Y}: "
        f"{counts['tables']} tables, {counts['rows']:,} rows, {counts['sources']} sources. "
        f"Of the article's {audit.claims} claims, {audit.confirmed} are confirmed, "
        f"{audit.wrong} contradicted or inconsistent and {audit.unverified} unverified."
    )
