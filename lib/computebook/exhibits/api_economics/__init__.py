"""What a request to a model costs: the numbers behind the chapter on API economics.

The article's prices and reasoning table, a bill by leaf, the month as a distribution with its
chance of passing a budget, levers that are counted once, and when own serving costs less.
"""

from computebook.exhibits.api_economics.articles import (
    article_prices,
    article_queries,
    priced_queries,
)
from computebook.exhibits.api_economics.budget import (
    Traffic,
    budget_curves,
    budget_for,
    doubts,
    spreads,
    workload,
)
from computebook.exhibits.api_economics.drawings import (
    budget_chart,
    cache_chart,
    lengths_chart,
    rival_chart,
    volume_chart,
)
from computebook.exhibits.api_economics.export import example_in_words, example_ledger
from computebook.exhibits.api_economics.headline import Headline, headline
from computebook.exhibits.api_economics.layout import layout
from computebook.exhibits.api_economics.offers import (
    latest_check,
    model_name,
    no_longer_listed,
    openai_cards,
    price_agreement,
)
from computebook.exhibits.api_economics.ranking import (
    cheapest_in_words,
    crossover,
    enterprise_row,
    implied,
    rival_curves,
)
from computebook.exhibits.api_economics.reasoning import (
    effort_multiples,
    length_percentile,
    output_lengths,
    published_mean_tokens,
    requests_counted,
    tail_share,
)
from computebook.exhibits.api_economics.savings import (
    cache_break_even,
    cache_curves,
    cascades,
    lifetime_switch_per_hour,
    savings,
)
from computebook.exhibits.api_economics.schema import PARAMETERS
from computebook.exhibits.api_economics.self_hosting import (
    Terms,
    break_even,
    cost_by_volume,
    node_rate_span,
    owned_usd_per_gpu_hour,
    published_cases,
)
from computebook.exhibits.api_economics.wording import (
    cascade_in_words,
    hosting_in_words,
    least_load,
    newer_api_in_words,
    open_model_in_words,
    rounded,
)
from computebook.exhibits.api_economics.workloads import (
    REASONING_TRACE,
    YOURS,
    Request,
    ledger,
    measured_requests,
)

__all__ = [
    "PARAMETERS",
    "REASONING_TRACE",
    "YOURS",
    "Headline",
    "Request",
    "Terms",
    "Traffic",
    "article_prices",
    "article_queries",
    "break_even",
    "budget_chart",
    "budget_curves",
    "budget_for",
    "cache_break_even",
    "cache_chart",
    "cache_curves",
    "cascade_in_words",
    "cascades",
    "cheapest_in_words",
    "cost_by_volume",
    "crossover",
    "doubts",
    "effort_multiples",
    "enterprise_row",
    "example_in_words",
    "example_ledger",
    "headline",
    "hosting_in_words",
    "implied",
    "latest_check",
    "layout",
    "least_load",
    "ledger",
    "length_percentile",
    "lengths_chart",
    "lifetime_switch_per_hour",
    "measured_requests",
    "model_name",
    "newer_api_in_words",
    "no_longer_listed",
    "node_rate_span",
    "open_model_in_words",
    "openai_cards",
    "output_lengths",
    "owned_usd_per_gpu_hour",
    "price_agreement",
    "priced_queries",
    "published_cases",
    "published_mean_tokens",
    "requests_counted",
    "rival_chart",
    "rival_curves",
    "rounded",
    "savings",
    "spreads",
    "tail_share",
    "volume_chart",
    "workload",
]
