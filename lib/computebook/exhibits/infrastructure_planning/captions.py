"""Captions and alternative texts of the chapter's figures, computed from its findings."""

from __future__ import annotations

from typing import Any, Final

from computebook import datasets, errors
from computebook.exhibits.infrastructure_planning.costs import RENT
from computebook.exhibits.infrastructure_planning.findings import WINDOW_TOKENS, Headline
from computebook.exhibits.infrastructure_planning.schema import GPUS
from computebook.exhibits.infrastructure_planning.wording import drivers_words

__all__ = ["figure_words"]

FIGURE_SOURCES: Final = {
    "fig-planning-bandwidth": ["pope2022efficiently", "williams2009roofline"],
    "fig-planning-power": ["epoch2026chipcounts", "nvidia_dgxh100_guide", "nvidia_dgxb200_guide"],
    "fig-planning-energy": ["elsworth2025gemini", "altman2025gentle", "you2025chatgptenergy"],
    "fig-planning-joules": ["mlenergy2026leaderboard", "chung2025mlenergy"],
    "fig-planning-cost": ["skypilot2026catalog", "dstack2026gpuhunt", "epoch2026trainingcost"],
    "fig-planning-drivers": ["mlenergy2026leaderboard", "skypilot2026catalog"],
}


def bandwidth_caption(now: Headline) -> str:
    """Return the caption of the chart of required bandwidth."""
    ratio = now.high["tb_s"] / now.low["tb_s"]
    return (
        f"**The model moves the requirement {ratio:.0f} times, the choice between H100 and B200 "
        f"{_bandwidth_ratio():.1f} times.** Bandwidth over all GPUs together, {now.batch_size} "
        f"users, {now.tpot_ms:g} ms per token, at peak rate: a lower bound."
    )


def _bandwidth_ratio() -> float:
    old, new = (datasets.accelerator(name) for name in (GPUS[0], GPUS[-1]))
    return float(new.memory_bandwidth_bytes_per_s / old.memory_bandwidth_bytes_per_s)


def power_caption(now: Headline) -> str:
    """Return the caption of the stack of power."""
    shares = now.power["chip_w"] / now.power["facility_w"]
    return (
        f"**The chip is {shares.min():.0%} to {shares.max():.0%} of what a site has to "
        f"connect.** Rated power per GPU, PUE {now.site.pue.central:g}."
    )


def energy_caption(now: Headline) -> str:
    """Return the caption of the chart of energy per query."""
    short, full = now.queries.iloc[0], now.queries.iloc[len(GPUS)]
    return (
        f"**Output, not the prompt, makes the extreme: the longest output takes "
        f"{full['central'] / short['central']:.0f} times the energy of a short answer to the same "
        f"prompt.** Estimates at the facility if GPT-5.2 were {now.model}, central value "
        f"printed; published points have boundaries of their own."
    )


def joules_caption(now: Headline) -> str:
    """Return the caption of the chart of energy per token by load."""
    first = str(now.loads["gpu"].iloc[0])
    alone, full = (float(now.energy_at(first, n)["joules"]) for n in (0, 2))
    return (
        f"**More users per GPU cut the energy of a token up to {alone / full:.0f} times; at the "
        f"same users per GPU the kinds lie much closer.** {now.model}, short context, at the plug "
        f"of the servers; bands: 80% intervals. Each line runs from one user per copy to the most "
        f"that the times allow."
    )


def cost_caption(now: Headline) -> str:
    """Return the caption of the chart of cost."""
    rents = now.spread["rent_usd_per_month"]
    others = [gpu for gpu in now.costs.index if gpu != now.cheapest]
    highest = rents.loc[(now.cheapest, "high")]
    overlap = any(not highest < rents.loc[(gpu, "low")] for gpu in others)
    finding = (
        f"{now.cheapest} has the lowest central rent, and the ranges overlap"
        if overlap
        else f"{now.cheapest} rents for less over the whole range"
    )
    return f"**{finding}.** {now.model}, the mix of {{numref}}`tab-planning-fleet`."


def drivers_caption(now: Headline) -> str:
    """Return the caption of the sensitivity chart."""
    first, price = now.drivers.iloc[0], now.drivers.set_index("input").loc[RENT]
    name = str(first["input"]).lower()
    return (
        f"**The {name} moves the bill {first['high'] / first['low']:.0f} times, the rent per "
        f"GPU-hour {price['high'] / price['low']:.1f} times.** Rent of the {now.cheapest} fleet, "
        f"one input at a time, over ${first['usd_per_month'] / 1e3:,.0f} thousand a month."
    )


def alternatives(now: Headline) -> dict[str, str]:
    """Return what is seen in each figure, for who cannot see it."""
    return {
        "fig-planning-bandwidth": (
            f"Line chart, both axes logarithmic: required bandwidth from 8 thousand to 1 million "
            f"tokens for {len(now.needs)} open models. Dotted lines mark one and eight H100 and "
            f"B200. At {WINDOW_TOKENS:,} tokens {now.high['model']} is highest, "
            f"{now.low['model']} lowest."
        ),
        "fig-planning-power": (
            "Stacked bars of rated watts per GPU for H100, H200, B200 and GB200: chip, rest of "
            "the server, storage with network and control, cooling and losses. The chip is less "
            "than half of each bar."
        ),
        "fig-planning-energy": (
            "Ranges on a logarithmic axis: two readings of a long query on H100, H200 and B200, "
            "and below them five published figures per prompt from 0.24 to 40 Wh."
        ),
        "fig-planning-joules": (
            "Lines with bands, both axes logarithmic: joules per output token against users per "
            f"GPU on {', '.join(map(str, now.loads['gpu'].unique()))}. All lines fall steadily."
        ),
        "fig-planning-cost": (
            "Ranges of monthly cost, rented and owned, for fleets of H100, H200 and B200 on a "
            f"logarithmic axis. The central rent is lowest on {now.cheapest}."
        ),
        "fig-planning-drivers": (
            f"Ranges of monthly rent by input on a logarithmic axis, widest first: "
            f"{drivers_words(now)} lead."
        ),
    }


def figure_words(name: str, now: Headline) -> dict[str, Any]:
    """Return name, caption, alternative text and sources of one of the chapter's figures.

    Parameters
    ----------
    name : str
        Name of the figure.
    now : Headline
        Findings of the chapter.

    Returns
    -------
    dict
        Keyword arguments of `charts.figure`.
    """
    captions = {
        "fig-planning-bandwidth": bandwidth_caption,
        "fig-planning-power": power_caption,
        "fig-planning-energy": energy_caption,
        "fig-planning-joules": joules_caption,
        "fig-planning-cost": cost_caption,
        "fig-planning-drivers": drivers_caption,
    }
    caption = captions[errors.require_known("figure", name, captions)]
    return {
        "name": name,
        "caption": caption(now),
        "alt": alternatives(now)[name],
        "sources": FIGURE_SOURCES[name],
    }
