"""Exhibits of the chapter on benchmarks: scores, leads, harness, cost of a solved task."""

from computebook.exhibits.benchmarks.cases import (
    findings,
    lead_case,
    lead_note,
    lead_summary,
    paired_case,
    public_gap_sentence,
    runs_note,
    width_sentence,
    wilson_case,
)
from computebook.exhibits.benchmarks.costs import (
    break_even_failure_cost_usd,
    configurations,
    effort_spans,
    expected_costs,
    failure_scenarios,
    openhands_costs,
    purchase_ladder,
    qualified,
)
from computebook.exhibits.benchmarks.drawing import frontier_chart
from computebook.exhibits.benchmarks.harness import harness_pairs, public_gaps, software_runs
from computebook.exhibits.benchmarks.headline import CostStep, Headline, cost_step, headline
from computebook.exhibits.benchmarks.layouts import LAYOUTS
from computebook.exhibits.benchmarks.leads import (
    article_leads,
    lead_table,
    paired_table,
    paired_widths,
    standard_errors,
)
from computebook.exhibits.benchmarks.numbers import adjustment, p_value, signed
from computebook.exhibits.benchmarks.parameters import PARAMETERS
from computebook.exhibits.benchmarks.runs import (
    all_runs,
    article_table,
    best_runs,
    contamination,
    data_date,
    faulted_sentences,
    overlapping_benchmarks,
    printed_scores,
    runs_of_record,
    score_table,
    verdict_counts,
)
from computebook.exhibits.benchmarks.wording import (
    cost_finding,
    effort_finding,
    floor_sentence,
    step_sentence,
)

__all__ = [
    "LAYOUTS",
    "PARAMETERS",
    "CostStep",
    "Headline",
    "adjustment",
    "all_runs",
    "article_leads",
    "article_table",
    "best_runs",
    "break_even_failure_cost_usd",
    "configurations",
    "contamination",
    "cost_finding",
    "cost_step",
    "data_date",
    "effort_finding",
    "effort_spans",
    "expected_costs",
    "failure_scenarios",
    "faulted_sentences",
    "findings",
    "floor_sentence",
    "frontier_chart",
    "harness_pairs",
    "headline",
    "lead_case",
    "lead_note",
    "lead_summary",
    "lead_table",
    "openhands_costs",
    "overlapping_benchmarks",
    "p_value",
    "paired_case",
    "paired_table",
    "paired_widths",
    "printed_scores",
    "public_gap_sentence",
    "public_gaps",
    "purchase_ladder",
    "qualified",
    "runs_note",
    "runs_of_record",
    "score_table",
    "signed",
    "software_runs",
    "standard_errors",
    "step_sentence",
    "verdict_counts",
    "width_sentence",
    "wilson_case",
]
