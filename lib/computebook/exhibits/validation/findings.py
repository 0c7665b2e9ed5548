"""The findings of the appendix on validation, as sentences and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from computebook import charts

if TYPE_CHECKING:
    import altair as alt

__all__ = [
    "aims_sentence",
    "capacity_chart",
    "counts_chart",
    "power_sentence",
    "serving_takeaways",
    "steps_chart",
    "takeaways",
]

Proof = str | tuple[str, ...]


def takeaways(
    overview: pd.DataFrame, steps: pd.DataFrame, prices: pd.DataFrame
) -> list[tuple[str, Proof]]:
    """Return the findings for `tables.takeaways`.

    Parameters
    ----------
    overview : DataFrame
        From `overview`.
    steps : DataFrame
        From `decode_steps`.
    prices : DataFrame
        From `price_agreement`.
    """
    line = overview.set_index("model")
    capacity, counts = line.loc["Sequences that fit"], line.loc["Parameters, total"]
    bounds = overview[overview["kind"] == "bound"]
    slower, held = steps["slower_than_stated"], bounds["held"].sum()
    return [
        (
            f"The number of sequences that fit is predicted with a mean error of "
            f"{capacity['mean_percent']:.1f}% over {capacity['cases']} measured cases, all of one "
            f"model (largest {capacity['max_percent']:.1f}%).",
            ("tab-validation-capacity", "fig-validation-capacity"),
        ),
        (
            f"Parameter counts follow from shapes with a median error of "
            f"{counts['median_percent']:.2f}% over {counts['cases']} models.",
            ("tab-validation-parameters", "fig-validation-parameters"),
        ),
        (
            f"Of {bounds['cases'].sum():.0f} measurements set against a bound on speed, "
            f"{held:.0f} respect it.",
            "tab-validation-overview",
        ),
        (
            f"The bound on a decode step is no forecast: measured steps take {slower.min():.1f} to "
            f"{slower.max():.1f} times as long, {slower.median():.1f} in the median.",
            ("fig-validation-decode", "tab-validation-regimes"),
        ),
        (
            f"Of {prices['rates'].sum():,} rates compared with another price table, "
            f"{prices['unexplained'].sum() or 'none'} differ without a known reason.",
            "tab-validation-prices",
        ),
    ]


def serving_takeaways(by_load: pd.DataFrame, steps_up: pd.DataFrame) -> list[tuple[str, Proof]]:
    """Return the findings on the serving models for `tables.takeaways`.

    Parameters
    ----------
    by_load : DataFrame
        From `errors_by_load`, groups left out.
    steps_up : DataFrame
        From `cliff`.
    """
    keys = by_load["regime"] + ", " + by_load["quantity"]
    median = dict(zip(keys, by_load["median_absolute_error_percent"].astype(float), strict=True))
    token = median["serving_fixed_concurrency, time per output token"]
    first = median["serving_fixed_concurrency, time to first token"]
    most = median["max_load, tokens per second"]
    inside = by_load.loc[~by_load["seen"], "interval_coverage_percent"]
    h100 = steps_up[steps_up["gpu"] == "H100"].head(2)
    measured, predicted = (h100[name].map("{:,.0f}".format) for name in ("measured", "predicted"))
    return [
        (
            f"With the model, GPU and engine of a case left out of the fit, the serving models "
            f"miss time per output token by {token:.0f}% in the median, tokens per second "
            f"at full load by {most:.0f}% and time to first token by {first:.0f}%.",
            ("tab-validation-group", "tab-validation-aims"),
        ),
        (
            f"Their intervals, meant for four in five, hold {inside.min():.0f}% to "
            f"{inside.max():.0f}% of the measurements, {inside.median():.0f}% in the median load.",
            "tab-validation-group",
        ),
        (
            f"A second H100 lifts Llama 3.1 70B in FP8 from {measured.iloc[0]} to "
            f"{measured.iloc[1]} tokens per second; predicted are {predicted.iloc[0]} and "
            f"{predicted.iloc[1]}.",
            ("tab-validation-cliff", "fig-validation-cliff"),
        ),
    ]


def aims_sentence(aims: pd.DataFrame) -> str:
    """Return how many aims are met.

    Parameters
    ----------
    aims : DataFrame
        From `aims`.
    """
    missed = aims[~aims["met"]]
    named = "; ".join(missed["what"] + ", " + missed["statistic"])
    return f"{aims['met'].sum()} of {len(aims)} aims are met with groups left out. Missed: {named}."


def power_sentence(power: pd.DataFrame) -> str:
    """Return the range of measured power over rating.

    Parameters
    ----------
    power : DataFrame
        From `power_by_system`.
    """
    return (
        f"Mean power reached {100 * power['share_low'].min():.0f}% to "
        f"{100 * power['share_high'].max():.0f}% of the rating. The servers are partly other "
        "makers' and one is power-capped, so these shares are a range for a plan and not the error "
        "of a model."
    )


def counts_chart(worst: pd.DataFrame) -> alt.LayerChart:
    """Return the largest errors of parameter counts with what rounding leaves open.

    Parameters
    ----------
    worst : DataFrame
        From `counts_by_error`.
    """
    return charts.dots_with_intervals(
        worst,
        category="label",
        value="error_percent",
        low="low",
        high="high",
        value_title="Error of the parameter count (%)",
        reference=(0.0, "published"),
    )


def _pairs(
    frame: pd.DataFrame, before: str, after: str, before_label: str, title: str
) -> alt.LayerChart:
    return charts.dumbbell(
        frame,
        category="label",
        before=before,
        after=after,
        value_title=title,
        before_label=before_label,
        after_label=after.partition("_")[0].capitalize(),
        log=True,
    )


def capacity_chart(cases: pd.DataFrame) -> alt.LayerChart:
    """Return measured and predicted capacities.

    Parameters
    ----------
    cases : DataFrame
        From `capacities`.
    """
    named = cases.assign(label=cases["short"])
    return _pairs(named, "measured", "predicted", "Measured", "Sequences (logarithmic)")


def steps_chart(steps: pd.DataFrame) -> alt.LayerChart:
    """Return bounds and measured times of decode steps.

    Parameters
    ----------
    steps : DataFrame
        From `decode_steps`.
    """
    return _pairs(steps, "stated_ms", "measured_ms", "Bound", "Time per token (ms, logarithmic)")
