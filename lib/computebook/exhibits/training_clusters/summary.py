"""The findings that open the chapter, each with its proof."""

from __future__ import annotations

from typing import Any

from computebook.exhibits.training_clusters import sites
from computebook.exhibits.training_clusters.findings import Headline
from computebook.exhibits.training_clusters.wording import PERCENT, growth_finding, share_words

__all__ = ["takeaways"]


def takeaways(now: Headline, gpus: int, deal_gpus: list[int]) -> list[tuple[str, Any]]:
    """Return the findings of the chapter, each with its proof.

    Parameters
    ----------
    now : Headline
        Values of the chapter.
    gpus : int
        GPUs of the article's building.
    deal_gpus : list of int
        Readings of the AWS deal.
    """
    rent, days = now.of_class("rental_usd"), now.of_class("calendar_s")
    power = now.of_class("rated_facility_w")
    kept, fast = now.goodput_building, now.goodput_building_fast
    return [
        (
            f"{gpus:,} GB200 need {now.rack_mw.central:.0f} MW for their racks and "
            f"{now.facility_mw.central:.0f} MW ({now.facility_mw.low:.0f} to "
            f"{now.facility_mw.high:.0f}) at the facility. The article's {sites.ARTICLE_MW:.0f} "
            f"MW comes closest to {now.closest_boundary}; grid power is reserved for the facility.",
            "fig-clusters-power-stack",
        ),
        (
            f"The ${now.deal_bn:.0f} billion AWS deal pays ${now.deal.low:.2f} to "
            f"${now.deal.high:.2f} per GPU-hour for {max(deal_gpus):,} to {min(deal_gpus):,} "
            f"GPUs. The lowest B200 on demand is listed at ${now.listed_usd:.2f}.",
            "fig-clusters-deal-price",
        ),
        (
            f"The 3x and 4x over Hopper reproduce as {now.scored[0]:.2f}x and "
            f"{now.scored[1]:.2f}x. Hardware is {share_words(now.shares, 'hardware')} of the "
            f"first on a logarithmic scale, FP4 {share_words(now.shares, 'number_format')}. Per "
            f"dollar the gain is {now.per_dollar_low:.1f}x to {now.per_dollar_high:.1f}x at list "
            "prices, short of 2x.",
            ("tab-clusters-speed-parts", "tab-clusters-per-dollar"),
        ),
        (
            f"{gpus:,} GPUs on one job fail every {60 * now.interruption_hours[gpus]:.0f} minutes "
            f"at the failure rate of Llama 3. {PERCENT * kept.low:.0f} to "
            f"{PERCENT * kept.high:.0f}% of the time reaches the model; restarts five times as "
            f"fast raise that to {PERCENT * fast:.0f}%.",
            "fig-clusters-goodput",
        ),
        (
            f"For a run of {now.growth_given['tokens_t']:g} trillion tokens, "
            f"{growth_finding(now.grown)}",
            ("tab-clusters-growth", "fig-clusters-growth"),
        ),
        (
            "A run of the class of GPT-5.2, of which nothing is disclosed, may hold "
            f"{now.class_given['run_gpus']:,} GPUs for {days.low:.0f} to {days.high:.0f} days, "
            f"rent for ${rent.low:,.0f} to ${rent.high:,.0f} million and need {power.low:,.0f} to "
            f"{power.high:,.0f} MW: a range over assumptions, for the final training run alone.",
            ("tab-clusters-class", "fig-clusters-drivers"),
        ),
    ]
