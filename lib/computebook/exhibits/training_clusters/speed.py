"""How much faster Blackwell trains than Hopper, by what is compared, and how it scales."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import charts, datasets, training
from computebook.exhibits.training_clusters.overlay import on_axes_of

__all__ = [
    "bridge_ratio",
    "mlperf_ratio",
    "per_dollar",
    "price_ratios",
    "scaling",
    "scaling_chart",
    "speed_ratios",
]

BENCHMARK: Final = "llama-3.1-405b"
SIZE: Final = 512
#: Accelerator, round and number format of each line in the scaling chart.
SERIES: Final = {
    "H100 FP8 (v5.0)": ("h100-sxm", "v5.0"),
    "H200 FP8 (v5.1)": ("h200-sxm", "v5.1"),
    "B200 FP8 (v5.1)": ("b200-sxm", "v5.1"),
    "GB200 FP8 (v5.0)": ("gb200", "v5.0"),
    "GB200 FP4 (v5.1)": ("gb200", "v5.1"),
    "GB300 FP4 (v5.1)": ("gb300", "v5.1"),
}
#: The article's figures for the two systems, against Hopper.
ARTICLE: Final = {"gb200": 3.0, "gb300": 4.0}
ARTICLE_PER_DOLLAR: Final = 2.0
MEASURES: Final = ("score_min", "raw_median_min", "tokens_per_s")


@lru_cache(maxsize=1)
def results() -> pd.DataFrame:
    """Return the MLPerf Training results on Llama 3.1 405B with tokens per second.

    Tokens per second are batch times sequence over the median step, whole system. Callers
    read it and do not change it.
    """
    table = datasets.load("mlperf_training")
    table = table[table["benchmark"] == BENCHMARK]
    tokens = table["global_batch"] * table["sequence_tokens"]
    return table.assign(tokens_per_s=tokens / table["median_step_s"])


def _at_512(accelerator_id: str, in_round: str) -> pd.Series[Any]:
    """Return the 512-GPU result of a round; NVIDIA's own where it submitted one."""
    table = results()
    chosen = table[
        (table["accelerator_id"] == accelerator_id)
        & (table["round"] == in_round)
        & (table["accelerators"] == SIZE)
    ]
    own = chosen[chosen["submitter"] == "NVIDIA"]
    return (own if len(own) else chosen).iloc[0]


def mlperf_ratio(
    accelerator_id: str,
    in_round: str,
    against: str = "h100-sxm",
    against_round: str = "v5.0",
    measure: str = "score_min",
) -> float:
    """Return how many times as fast 512 accelerators train as 512 others.

    Parameters
    ----------
    accelerator_id, in_round : str
        The faster system and its MLPerf round.
    against, against_round : str
        The baseline.
    measure : {"score_min", "raw_median_min", "tokens_per_s"}
        Scored time, unscaled median time, or throughput.

    Returns
    -------
    float
        Ratio above 1 where the first is faster.

    Examples
    --------
    >>> round(mlperf_ratio("gb200", "v5.1"), 2), round(mlperf_ratio("gb300", "v5.1"), 2)
    (3.17, 4.17)
    """
    fast, slow = _at_512(accelerator_id, in_round), _at_512(against, against_round)
    ratio = float(slow[measure]) / float(fast[measure])
    return 1 / ratio if measure == "tokens_per_s" else ratio


def bridge_ratio(accelerator_id: str, precision: str = "fp8") -> float:
    """Return throughput per GPU over that of H100 in FP8, one software release, no MLPerf.

    Parameters
    ----------
    accelerator_id : str
        ``"gb200"`` or ``"gb300"``.
    precision : {"fp8", "mxfp8", "nvfp4"}
        Number format of that accelerator.

    Examples
    --------
    >>> round(bridge_ratio("gb200"), 2), round(bridge_ratio("gb300"), 2)
    (2.59, 3.21)
    """
    table = datasets.load("training_throughput").set_index(
        ["software", "accelerator_id", "compute_precision"]
    )["tokens_per_s_per_accelerator"]
    release = "NeMo 26.06"
    return float(table[release, accelerator_id, precision] / table[release, "h100-sxm", "fp8"])


def speed_ratios() -> pd.DataFrame:
    """Return the speed of GB200 and GB300 over Hopper for each fair and unfair comparison.

    Returns
    -------
    DataFrame
        `basis`, `formats`, `gb200`, `gb300` (ratios; NaN where there is no result), `source`.

    Examples
    --------
    >>> speed_ratios()["gb200"].round(2).tolist()
    [3.0, 3.17, 2.72, 3.19, 2.8, 2.21, 2.2, 2.59, 3.58]
    """
    both = "mlcommons2025training50|mlcommons2025training51"
    v51, bridge = "mlcommons2025training51", "nvidia2026megatronbridge"

    def across(measure: str) -> tuple[float, ...]:
        return tuple(mlperf_ratio(name, "v5.1", measure=measure) for name in ARTICLE)

    h200 = tuple(mlperf_ratio(name, "v5.1", "h200-sxm", "v5.1") for name in ARTICLE)
    same = (mlperf_ratio("gb200", "v5.0", measure=measure) for measure in MEASURES)
    scored, _raw, rate = same
    fp8, fp4 = (tuple(bridge_ratio(name, p) for name in ARTICLE) for p in ("fp8", "nvfp4"))
    mixed, alike = "FP8 to FP4", "FP8 to FP8"
    rows = [
        ("The article", "not stated", *ARTICLE.values(), "nvidia2025modelbuilders"),
        ("Scored time, H100 v5.0 to v5.1", mixed, *across("score_min"), both),
        ("The same, unscaled median time", mixed, *across("raw_median_min"), both),
        ("The same, tokens per second", mixed, *across("tokens_per_s"), both),
        ("Scored time, H200 and v5.1 only", mixed, *h200, v51),
        ("Scored time, H100 and v5.0 only", alike, scored, np.nan, "mlcommons2025training50"),
        ("The same, tokens per second", alike, rate, np.nan, "mlcommons2025training50"),
        ("Per GPU, one software release", alike, *fp8, bridge),
        ("The same", mixed, *fp4, bridge),
    ]
    return pd.DataFrame(rows, columns=["basis", "formats", "gb200", "gb300", "source"])


def price_ratios() -> pd.Series[float]:
    """Return the on-demand price of a B200 over an H100 at each cloud that lists both.

    Examples
    --------
    >>> price_ratios().round(2).to_dict()
    {'Crusoe': 1.86, 'Lambda': 1.68, 'Nebius': 1.86}
    """
    prices = datasets.load("gpu_hour_prices")
    listed = prices[prices["kind"] == "on-demand"]
    wide = listed.pivot_table(index="provider", columns="accelerator_id", values="usd_per_gpu_hour")
    return (wide["b200-sxm"] / wide["h100-sxm"]).dropna()


def per_dollar() -> pd.DataFrame:
    """Return GB200 training speed per dollar over H100, by cloud and by comparison.

    No public price of a GB200 is in the data: a B200 stands in for it.

    Returns
    -------
    DataFrame
        `cloud`, `price_ratio`, `across_rounds` (FP8 to FP4), `one_release` and `one_round` (FP8
        to FP8). The last row, "needed for 2x", holds the price ratio at which each would double.

    Examples
    --------
    >>> per_dollar().set_index("cloud").loc["Lambda"].round(2).tolist()
    [1.68, 1.89, 1.54, 1.32]
    """
    speeds = {
        "across_rounds": mlperf_ratio("gb200", "v5.1"),
        "one_release": bridge_ratio("gb200"),
        "one_round": mlperf_ratio("gb200", "v5.0"),
    }
    ratios = price_ratios()
    frame = pd.DataFrame({"cloud": ratios.index, "price_ratio": ratios.to_numpy()})
    frame = frame.assign(**{name: speed / frame["price_ratio"] for name, speed in speeds.items()})
    needed = {name: speed / ARTICLE_PER_DOLLAR for name, speed in speeds.items()}
    row = {"cloud": "price ratio at which it is 2x", "price_ratio": np.nan, **needed}
    return pd.concat([frame, pd.DataFrame([row])], ignore_index=True)


def scaling() -> pd.DataFrame:
    """Return MLPerf times by number of accelerators and the share of ideal scaling.

    Returns
    -------
    DataFrame
        `system`, `accelerators`, `minutes` (best scored result at that size), `ideal_minutes`
        and `efficiency` against the smallest size of 512 or more, `throughput_efficiency` (the
        same from tokens per second: what the larger batch does not cost).

    Examples
    --------
    >>> frame = scaling().set_index(["system", "accelerators"])
    >>> round(float(frame.loc[("H100 FP8 (v5.0)", 8192), "efficiency"]), 2)
    0.81
    """
    return pd.concat([_one_line(name, *key) for name, key in SERIES.items()], ignore_index=True)


def _one_line(name: str, accelerator_id: str, in_round: str) -> pd.DataFrame:
    table = results()
    rows = table[(table["accelerator_id"] == accelerator_id) & (table["round"] == in_round)]
    best = rows.sort_values("score_min").drop_duplicates("accelerators").sort_values("accelerators")
    large = best[best["accelerators"] >= SIZE]
    first = (large if len(large) else best).iloc[0]
    count, minutes = best["accelerators"].to_numpy(float), best["score_min"].to_numpy()
    fraction = training.strong_scaling_fraction(
        minutes, count, first["score_min"], first["accelerators"]
    )
    per_gpu = best["tokens_per_s"].to_numpy() / count
    return pd.DataFrame(
        {
            "system": name,
            "accelerators": count,
            "minutes": minutes,
            "ideal_minutes": first["score_min"] * first["accelerators"] / count,
            "efficiency": fraction,
            "throughput_efficiency": per_gpu / (first["tokens_per_s"] / first["accelerators"]),
        }
    )


def scaling_chart(frame: pd.DataFrame) -> Any:
    """Return time over accelerators, both logarithmic, with dashed ideal lines.

    Parameters
    ----------
    frame : DataFrame
        As `scaling` returns it.

    Returns
    -------
    altair.LayerChart
        A chart for `charts.figure`.
    """
    import altair as alt

    lines = charts.lines(
        frame, x="accelerators", y="minutes", series="system", log_x=True, log_y=True,
        x_title="Accelerators (count)", y_title="Time to train (min)", x_format=",~f",
    )  # fmt: skip
    ideal = alt.Chart(frame).mark_line(strokeDash=[3, 3], strokeWidth=1, opacity=0.7)
    return lines + ideal.encode(
        **on_axes_of(lines, "accelerators", "ideal_minutes"),
        detail="system:N",
        color=alt.value(charts.theme.MUTED),
    )
