"""Exhibits of the chapter on competition: shares by metric, costs by mix, leads, routing."""

from computebook.exhibits.competition.articles import (
    article_market,
    positioning_claims,
    share_verdicts,
)
from computebook.exhibits.competition.concentration import (
    concentration_by_metric,
    concentration_series,
)
from computebook.exhibits.competition.costs import (
    crossover,
    enterprise_costs,
    implied_volumes,
    long_prompt_cost_usd,
)
from computebook.exhibits.competition.dates import price_dates, repriced_models
from computebook.exhibits.competition.drawing import (
    cost_by_mix_chart,
    vendor_dots,
    visits_chart,
    visits_in_words,
)
from computebook.exhibits.competition.headline import Headline, headline, in_sentence, none_or, span
from computebook.exhibits.competition.layouts import (
    LAYOUTS,
    OFFER_SOURCES,
    constraint_layout,
    series_sources,
)
from computebook.exhibits.competition.leads import (
    article_leaders,
    lead_tests,
    paired_software_lead,
)
from computebook.exhibits.competition.mixes import cost_by_mix, mix_ranking, workload_range
from computebook.exhibits.competition.portfolios import (
    alternative_table,
    client_problem,
    constraint_table,
    decision,
    limit_curve,
    mix_table,
    place_table,
)
from computebook.exhibits.competition.routing import (
    cost_per_task,
    everywhere_good,
    route_table,
    routes,
)
from computebook.exhibits.competition.schema import PARAMETERS
from computebook.exhibits.competition.shares import (
    latest_shares,
    metric_definitions,
    reading_noise_points,
    share_dots,
    share_moves,
    visit_readings,
)
from computebook.exhibits.competition.wording import (
    assurance_sentence,
    curve_finding,
    decision_finding,
    mix_note,
    noise_finding,
)

__all__ = [
    "LAYOUTS",
    "OFFER_SOURCES",
    "PARAMETERS",
    "Headline",
    "alternative_table",
    "article_leaders",
    "article_market",
    "assurance_sentence",
    "client_problem",
    "concentration_by_metric",
    "concentration_series",
    "constraint_layout",
    "constraint_table",
    "cost_by_mix",
    "cost_by_mix_chart",
    "cost_per_task",
    "crossover",
    "curve_finding",
    "decision",
    "decision_finding",
    "enterprise_costs",
    "everywhere_good",
    "headline",
    "implied_volumes",
    "in_sentence",
    "latest_shares",
    "lead_tests",
    "limit_curve",
    "long_prompt_cost_usd",
    "metric_definitions",
    "mix_note",
    "mix_ranking",
    "mix_table",
    "noise_finding",
    "none_or",
    "paired_software_lead",
    "place_table",
    "positioning_claims",
    "price_dates",
    "reading_noise_points",
    "repriced_models",
    "route_table",
    "routes",
    "series_sources",
    "share_dots",
    "share_moves",
    "share_verdicts",
    "span",
    "vendor_dots",
    "visit_readings",
    "visits_chart",
    "visits_in_words",
    "workload_range",
]
