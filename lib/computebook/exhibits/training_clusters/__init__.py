"""The chapter on training clusters: sites, a compute deal, MLPerf, and what a run costs.

`sites` gives power at each boundary, `deals` prices per GPU-hour, `speed` and `speedup` the
MLPerf ratios, `steps` and `growth` a run over cluster sizes, `class_run` the range of a run of
GPT-5.2's class and `runs` the check on published runs; `article` holds the article's claims.
"""

from computebook.exhibits.article import article_cells
from computebook.exhibits.training_clusters.article import prose_claims
from computebook.exhibits.training_clusters.class_run import (
    class_assumptions,
    class_by_size,
    class_table,
    cost_chart,
    cost_shares,
    drivers,
    drivers_chart,
)
from computebook.exhibits.training_clusters.deals import (
    compute_deals,
    deal_chart,
    deal_prices,
    market_prices,
)
from computebook.exhibits.training_clusters.findings import Headline, headline
from computebook.exhibits.training_clusters.growth import growth_chart, growth_table
from computebook.exhibits.training_clusters.inputs import PARAMETERS, accelerator_name, model_name
from computebook.exhibits.training_clusters.layouts import layout
from computebook.exhibits.training_clusters.reliability import (
    OBSERVED_GPUS,
    goodput_chart,
    goodput_curves,
)
from computebook.exhibits.training_clusters.runs import published_runs
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
from computebook.exhibits.training_clusters.speedup import speed_parts
from computebook.exhibits.training_clusters.steps import hours_chart, hours_shares
from computebook.exhibits.training_clusters.summary import takeaways
from computebook.exhibits.training_clusters.wording import (
    class_sentence,
    deal_worked,
    drivers_sentence,
    failures_worked,
    growth_finding,
    growth_sentence,
    hours_finding,
    parts_sentence,
    published_sentence,
    run_worked,
    sizes_sentence,
    step_worked,
    train_command,
    validation_sentence,
)

__all__ = [
    "ARTICLE_MW",
    "OBSERVED_GPUS",
    "PARAMETERS",
    "Headline",
    "accelerator_name",
    "article_cells",
    "class_assumptions",
    "class_by_size",
    "class_sentence",
    "class_table",
    "compute_deals",
    "cost_chart",
    "cost_shares",
    "deal_chart",
    "deal_prices",
    "deal_worked",
    "drivers",
    "drivers_chart",
    "drivers_sentence",
    "failures_worked",
    "goodput_chart",
    "goodput_curves",
    "growth_chart",
    "growth_finding",
    "growth_sentence",
    "growth_table",
    "headline",
    "hours_chart",
    "hours_finding",
    "hours_shares",
    "households",
    "layout",
    "market_prices",
    "model_name",
    "parts_sentence",
    "per_dollar",
    "power_by_boundary",
    "power_stack",
    "prose_claims",
    "published_runs",
    "published_sentence",
    "run_worked",
    "scaling",
    "scaling_chart",
    "site_check",
    "sizes_sentence",
    "speed_parts",
    "speed_ratios",
    "step_worked",
    "takeaways",
    "train_command",
    "validation_sentence",
]
