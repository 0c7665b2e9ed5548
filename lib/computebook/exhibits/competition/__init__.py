"""Exhibits of the chapter on competition: shares by metric, costs by mix, leads, routing."""

from computebook.exhibits.competition.articles import article_market
from computebook.exhibits.competition.concentration import (
    concentration_by_metric,
    concentration_series,
)
from computebook.exhibits.competition.costs import (
    cost_by_mix,
    crossover,
    enterprise_costs,
    implied_volumes,
    long_prompt_cost_usd,
    mix_ranking,
    workload_range,
)
from computebook.exhibits.competition.dates import price_dates, repriced_models
from computebook.exhibits.competition.drawing import cost_by_mix_chart, vendor_dots, visits_chart
from computebook.exhibits.competition.headline import Headline, headline
from computebook.exhibits.competition.leads import (
    article_leaders,
    lead_tests,
    paired_software_lead,
)
from computebook.exhibits.competition.routing import cost_per_task, everywhere_good, routes
from computebook.exhibits.competition.schema import PARAMETERS
from computebook.exhibits.competition.shares import (
    latest_shares,
    metric_definitions,
    reading_noise_points,
    share_dots,
    share_moves,
)

__all__ = [
    "PARAMETERS",
    "Headline",
    "article_leaders",
    "article_market",
    "concentration_by_metric",
    "concentration_series",
    "cost_by_mix",
    "cost_by_mix_chart",
    "cost_per_task",
    "crossover",
    "enterprise_costs",
    "everywhere_good",
    "headline",
    "implied_volumes",
    "latest_shares",
    "lead_tests",
    "long_prompt_cost_usd",
    "metric_definitions",
    "mix_ranking",
    "paired_software_lead",
    "price_dates",
    "reading_noise_points",
    "repriced_models",
    "routes",
    "share_dots",
    "share_moves",
    "vendor_dots",
    "visits_chart",
    "workload_range",
]
