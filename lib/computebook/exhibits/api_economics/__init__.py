"""What a request to a model costs: the numbers behind the chapter on API economics.

Price cards by date, a bill by leaf, reasoning tokens as a distribution, what caching and batching
save by workload, a monthly budget with its range, and when own serving costs less.
"""

from computebook.exhibits.api_economics.articles import (
    article_prices,
    article_queries,
    priced_queries,
    prose_claims,
)
from computebook.exhibits.api_economics.budget import (
    budget_range,
    forecast,
    monthly_bill_usd,
    sensitivity,
)
from computebook.exhibits.api_economics.drawings import (
    cache_chart,
    ends_in_words,
    largest_leaves_in_words,
    leaves_chart,
    lengths_chart,
    utilization_chart,
)
from computebook.exhibits.api_economics.headline import Headline, headline
from computebook.exhibits.api_economics.layout import layout
from computebook.exhibits.api_economics.offers import (
    context_cliffs,
    latest_check,
    model_name,
    newer_cards,
    openai_cards,
    price_agreement,
    price_changes,
    unsold,
)
from computebook.exhibits.api_economics.reasoning import (
    effort_multiples,
    interpolated_mean_tokens,
    length_curve,
    length_percentile,
    longest_output_tokens,
    published_mean_tokens,
    requests_counted,
    sampling_error_fraction,
    tail_share,
)
from computebook.exhibits.api_economics.savings import (
    cache_break_even,
    cost_by_cached_share,
    saved_by_cached_share,
    savings,
    write_surcharges,
)
from computebook.exhibits.api_economics.schema import PARAMETERS
from computebook.exhibits.api_economics.self_hosting import (
    break_even,
    cost_by_utilization,
    published_cases,
    smallest_fleet_in_words,
)
from computebook.exhibits.api_economics.workloads import (
    CODE_TRACE,
    REASONING_TRACE,
    Request,
    bills_by_leaf,
    cost_by_model,
    ledger,
    profiles,
)

__all__ = [
    "CODE_TRACE",
    "PARAMETERS",
    "REASONING_TRACE",
    "Headline",
    "Request",
    "article_prices",
    "article_queries",
    "bills_by_leaf",
    "break_even",
    "budget_range",
    "cache_break_even",
    "cache_chart",
    "context_cliffs",
    "cost_by_cached_share",
    "cost_by_model",
    "cost_by_utilization",
    "effort_multiples",
    "ends_in_words",
    "forecast",
    "headline",
    "interpolated_mean_tokens",
    "largest_leaves_in_words",
    "latest_check",
    "layout",
    "leaves_chart",
    "ledger",
    "length_curve",
    "length_percentile",
    "lengths_chart",
    "longest_output_tokens",
    "model_name",
    "monthly_bill_usd",
    "newer_cards",
    "openai_cards",
    "price_agreement",
    "price_changes",
    "priced_queries",
    "profiles",
    "prose_claims",
    "published_cases",
    "published_mean_tokens",
    "requests_counted",
    "sampling_error_fraction",
    "saved_by_cached_share",
    "savings",
    "sensitivity",
    "smallest_fleet_in_words",
    "tail_share",
    "unsold",
    "utilization_chart",
    "write_surcharges",
]
