"""Findings and worked cases of the chapter on benchmarks, as sentences."""

from __future__ import annotations

import pandas as pd

from computebook.exhibits.benchmarks.harness import public_gaps
from computebook.exhibits.benchmarks.headline import Headline
from computebook.exhibits.benchmarks.numbers import adjustment, signed
from computebook.exhibits.benchmarks.progress import (
    composite_finding,
    composite_scores,
    progress_finding,
    progress_table,
)
from computebook.exhibits.benchmarks.runs import data_date, verdict_counts
from computebook.exhibits.benchmarks.wording import cost_finding, effort_finding

__all__ = [
    "findings",
    "lead_case",
    "lead_note",
    "lead_summary",
    "paired_case",
    "public_gap_sentence",
    "runs_note",
    "width_sentence",
    "wilson_case",
]


def findings(
    found: Headline,
    configurations: pd.DataFrame,
    ranks: pd.DataFrame,
    significance_percent: float,
    confidence_percent: float,
) -> list[tuple[str, str | tuple[str, ...]]]:
    """Return the takeaways of the chapter, each with the names of its proofs.

    Parameters
    ----------
    found : Headline
        From `headline`.
    configurations : DataFrame
        From `configurations`: the cost frontier.
    ranks : DataFrame
        From `composite_ranks`.
    significance_percent, confidence_percent : float
        Chance of a false lead that is accepted, and level of the intervals, percent.
    """
    counts, benchmark = verdict_counts(), str(configurations["benchmark"].iloc[0])
    effort = effort_finding(configurations)
    return [
        (
            f"Of the {counts['claims']} cells of the article's three benchmark tables, "
            f"{counts['confirmed']} are confirmed and {counts['contradicted']} are contradicted.",
            ("tab-reasoning", "tab-mathematics", "tab-software"),
        ),
        (
            f"Of the {found.leads} leads that it states, {found.holding} hold at the "
            f"{significance_percent:g}% level and {found.within_noise} are within the noise. "
            f"Reversed: {'; '.join(found.reversed_leads) or 'none'}.",
            "tab-leads",
        ),
        (
            f"On the same {found.tasks} tasks of SWE-bench Verified, {found.first} solves "
            f"{found.first_gap_points:.1f} points more than {found.second} "
            f"({found.first_gap_interval}). A difference is shown for {found.differing} of "
            f"{found.pairs} pairs of models.",
            "fig-paired-outcomes",
        ),
        (
            "Vendors' own SWE-bench Verified scores lie on average "
            f"{found.premium_points:.1f} points above the best independent run. The lead that "
            f"the article prints there is {found.printed_gap_points:.1f} points.",
            "fig-harness-effect",
        ),
        (f"On {benchmark}, {effort[0].lower()}{effort[1:]}", "fig-cost-frontier"),
        (cost_finding(found.step, benchmark), ("tab-solved-costs", "tab-purchase-ladder")),
        (
            progress_finding(progress_table(confidence_percent)),
            ("tab-progress", "fig-cost-over-time"),
        ),
        (
            composite_finding(ranks, composite_scores()),
            ("tab-composite-ranks", "tab-composite-weights"),
        ),
    ]


def runs_note(confidence_percent: float) -> str:
    """Return what the table of runs needs to be read.

    Parameters
    ----------
    confidence_percent : float
        Level of its intervals, percent.
    """
    day = data_date()
    return (
        f"Wilson intervals at {confidence_percent:g}%. The verdict says whether the printed "
        "figure was published as such; the run shown may be another party's. "
        f"{{numref}}`tab-contamination` has the number of items. Newest score: {day.day} "
        f"{day:%B %Y}."
    )


def wilson_case(scores: pd.DataFrame) -> str:
    """Return the interval of the article's perfect score.

    Parameters
    ----------
    scores : DataFrame
        From `score_table`.
    """
    row = scores.sort_values("printed_percent").iloc[-1]
    missed = max(100 - row["low_percent"], 1e-9)
    return (
        f"Worked case: {row['model']} solves {row['score_percent']:.0f}% of the "
        f"{row['items']:.0f} problems of {row['benchmark']}. By {{eq}}`eq-wilson` the interval is "
        f"{row['low_percent']:.1f}% to {row['high_percent']:.1f}%: so few problems cannot rule "
        f"out a model that misses one in {100 / missed:.0f}."
    )


def lead_case(leads: pd.DataFrame, alone: pd.DataFrame, multiple_comparisons: str) -> str:
    """Return the closest lead as a worked case, and what testing them together changes.

    Parameters
    ----------
    leads, alone : DataFrame
        From `lead_table`, with the chosen adjustment and with none.
    multiple_comparisons : {"holm", "bonferroni", "none"}
        The chosen adjustment.
    """
    row = leads.loc[leads["lead_points"].abs() == leads["lead_points"].abs().min()].iloc[0]
    held = [int((table["outcome"] == "holds").sum()) for table in (alone, leads)]
    return (
        f"Worked case, the closest: {row['lead']}. The lead of {signed(row['lead_points'])} points "
        f"has {{math}}`z = {row['z']:.2f}` by {{eq}}`eq-lead-z` and an interval of "
        f"{row['interval']} points. Tested one at a time, {held[0]} leads hold; tested together "
        f"(p-values {adjustment(multiple_comparisons)}), {held[1]} do."
    )


def lead_note(significance_percent: float, multiple_comparisons: str) -> str:
    """Return what the table of leads needs to be read.

    Parameters
    ----------
    significance_percent : float
        Chance of a false lead that is accepted, percent.
    multiple_comparisons : {"holm", "bonferroni", "none"}
        Adjustment of the p-values.
    """
    return (
        f"Intervals at {100 - significance_percent:g}%; p-values "
        f"{adjustment(multiple_comparisons)}, compared with {significance_percent:g}%. Run by: one "
        "independent party both, each vendor its own, or a competitor's table. Within noise means "
        "not shown, not absent."
    )


def lead_summary(leads: pd.DataFrame) -> str:
    """Return how Pro stands to Thinking, and which leads are the clearest.

    Parameters
    ----------
    leads : DataFrame
        From `lead_table`.
    """
    pro = leads[(leads["leader_id"] == "gpt-5.2-pro") & (leads["runner_up_id"] == "gpt-5.2")]
    clearest = leads.sort_values("z", ascending=False)["lead"].head(2)
    return (
        "GPT-5.2 Pro is shown to beat the cheaper Thinking variant on "
        f"{(pro['outcome'] == 'holds').sum()} of {len(pro)} benchmarks. The clearest leads: "
        f"{'; '.join(clearest)}."
    )


def paired_case(pairs: pd.DataFrame) -> str:
    """Return the paired test of the best two models as a worked case.

    Parameters
    ----------
    pairs : DataFrame
        From `paired_table`.
    """
    row = pairs.iloc[0]
    return (
        f"Worked case: {row['first_name']} alone solves {row['only_first']} tasks and "
        f"{row['second_name']} alone {row['only_second']}. The difference is "
        f"{row['difference_points']:.1f} points, with {{eq}}`eq-paired` an interval of "
        f"{row['interval']}, and the exact p-value is {row['p_value']:.2f}."
    )


def width_sentence(errors_checked: pd.DataFrame, widths: pd.DataFrame) -> str:
    """Return how far the model of errors is off, and how cautious the unpaired test is.

    Parameters
    ----------
    errors_checked : DataFrame
        From `standard_errors`.
    widths : DataFrame
        From `paired_widths`.
    """
    ratio = 100 * widths["ratio"]
    return (
        f"The model is off by {100 * (errors_checked['ratio'] - 1).abs().max():.0f}% at the most. "
        "The test of {numref}`tab-leads` is cautious: it takes the two runs as independent, but "
        "both models meet the same tasks, and like tasks are hard for both. Where task outcomes "
        f"exist, the paired interval is on average {ratio.mean():.0f}% as wide as the independent "
        f"one ({ratio.min():.0f}% to {ratio.max():.0f}% over {len(ratio)} pairs)."
    )


def public_gap_sentence() -> str:
    """Return how public and semi-private scores on ARC-AGI compare.

    Examples
    --------
    >>> "no proof of contamination" in public_gap_sentence()
    True
    """
    old, new = (row for _, row in public_gaps().iterrows())
    excess = new["highest_public_percent"] - new["highest_private_percent"]
    return (
        "ARC-AGI allows a check, since it has public and semi-private tasks. On "
        f"{old['benchmark']} the public score is {old['mean_points']:.1f} points higher on average "
        f"over {old['configurations']} configurations. The sets were not made equally hard, so "
        f"this is no proof of contamination. On {new['benchmark']} the average gap is "
        f"{signed(new['mean_points'])} points over {new['configurations']}, although the best "
        f"public score ({new['best']}) is {excess:.1f} points above its semi-private one "
        "{cite}`arcprize2026leaderboard`."
    )
