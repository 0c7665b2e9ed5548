"""The chapter on training clusters: sites, a compute deal, MLPerf, and what a run takes.

`sites` gives power at each boundary, `deals` prices per GPU-hour, `speed` the MLPerf ratios and
`runs` time, energy and rental of a training run; `article` brings back the article's tables.
"""

from computebook.exhibits.training_clusters.article import article_cells, prose_claims
from computebook.exhibits.training_clusters.deals import (
    compute_deals,
    deal_chart,
    deal_prices,
    market_prices,
)
from computebook.exhibits.training_clusters.findings import Headline, headline
from computebook.exhibits.training_clusters.inputs import PARAMETERS, accelerator_name
from computebook.exhibits.training_clusters.layouts import layout
from computebook.exhibits.training_clusters.reliability import (
    OBSERVED_GPUS,
    goodput_chart,
    goodput_curves,
)
from computebook.exhibits.training_clusters.runs import (
    published_runs,
    run_estimate,
    training_days,
)
from computebook.exhibits.training_clusters.sites import (
    ARTICLE_MW,
    households,
    power_by_boundary,
    power_stack,
    site_check,
)
from computebook.exhibits.training_clusters.speed import (
    per_dollar,
    scaling,
    scaling_chart,
    speed_ratios,
)

__all__ = [
    "ARTICLE_MW",
    "OBSERVED_GPUS",
    "PARAMETERS",
    "Headline",
    "accelerator_name",
    "article_cells",
    "compute_deals",
    "deal_chart",
    "deal_prices",
    "goodput_chart",
    "goodput_curves",
    "headline",
    "households",
    "layout",
    "market_prices",
    "per_dollar",
    "power_by_boundary",
    "power_stack",
    "prose_claims",
    "published_runs",
    "run_estimate",
    "scaling",
    "scaling_chart",
    "site_check",
    "speed_ratios",
    "training_days",
]
