"""Predictions and bounds beside measurements, shaped for the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Final

import pandas as pd

from computebook import datasets, validation
from computebook.price_crosscheck import price_comparisons
from computebook.units import BYTES_PER_GIB
from computebook.validation.bounds import MEASURED_MODELS, SMALL_BATCH

__all__ = [
    "capacities",
    "counts_by_error",
    "decode_regimes",
    "decode_steps",
    "kv_bytes",
    "overview",
    "power_by_system",
    "price_agreement",
    "room_scenarios",
    "serving_throughputs",
    "share_within",
]

#: Words of a model's name that a label can spare.
LABEL_WORDS: Final = r" (Instruct|Thinking|A22B|17B 128E)"
ROOMS_GIB: Final = (0.0, 3.0, 8.0)


def share_within(cases: pd.DataFrame, tolerance_percent: float) -> float:
    """Return the share of cases whose error is within a tolerance.

    Parameters
    ----------
    cases : DataFrame
        With a column `error_percent`.
    tolerance_percent : float
        Accepted error, percent.

    Examples
    --------
    >>> share_within(pd.DataFrame({"error_percent": [0.5, -2.0]}), 1.0)
    0.5
    """
    return float((cases["error_percent"].abs() <= tolerance_percent).mean())


def overview(runtime_reserve_gib: float, tolerance_percent: float) -> pd.DataFrame:
    """Return every comparison in a line, with the share of predictions within a tolerance.

    Parameters
    ----------
    runtime_reserve_gib : float
        Room for the engine, GiB.
    tolerance_percent : float
        Accepted error, percent.

    Returns
    -------
    DataFrame
        The columns of `validation.overview`, and `within` (fraction; predictions only).

    Raises
    ------
    ComputebookError
        If a number is out of bounds.

    Examples
    --------
    >>> overview(5.5, 1.0)["kind"].value_counts().to_dict()
    {'prediction': 4, 'bound': 2, 'rating': 1, 'claim': 1}
    """
    counts = validation.parameter_counts()
    cases = [
        *(counts[counts["quantity"] == quantity] for quantity in ("total", "active")),
        validation.kv_bytes_per_token(),
        capacities(runtime_reserve_gib),
    ]
    table = validation.overview(runtime_reserve_gib * BYTES_PER_GIB)
    shares = [share_within(frame, tolerance_percent) for frame in cases]
    return table.assign(within=pd.Series(shares).reindex(table.index))


def counts_by_error(rows_shown: int) -> pd.DataFrame:
    """Return the parameter counts with the largest errors, largest first.

    Parameters
    ----------
    rows_shown : int
        How many.

    Returns
    -------
    DataFrame
        `label` (model and quantity), the columns of `validation.parameter_counts`, `low` and
        `high`: what the printed digits leave open around the error.

    Examples
    --------
    >>> len(counts_by_error(5))
    5
    """
    counts = validation.parameter_counts()
    ranked = counts.assign(size=counts["error_percent"].abs()).sort_values("size", ascending=False)
    shown = ranked.head(rows_shown).drop(columns="size").reset_index(drop=True)
    return shown.assign(
        label=shown["name"] + ", " + shown["quantity"],
        low=shown["error_percent"] - shown["rounding_percent"],
        high=shown["error_percent"] + shown["rounding_percent"],
    )


def kv_bytes() -> pd.DataFrame:
    """Return the cases of cache per token, published first.

    Examples
    --------
    >>> kv_bytes()["basis"].tolist()[0]
    'published'
    """
    cases = validation.kv_bytes_per_token()
    return cases.sort_values("basis", ascending=False, kind="stable", ignore_index=True)


def capacities(runtime_reserve_gib: float) -> pd.DataFrame:
    """Return predicted and measured capacities with a label for each.

    Parameters
    ----------
    runtime_reserve_gib : float
        Room for the engine, GiB.

    Returns
    -------
    DataFrame
        `label`, `short` (thousands of tokens held / in flight), and the columns of
        `validation.sequence_capacities`.

    Raises
    ------
    ComputebookError
        If the room is out of bounds.

    Examples
    --------
    >>> capacities(5.5)["label"].is_unique
    True
    """
    cases = validation.sequence_capacities(runtime_reserve_gib * BYTES_PER_GIB)
    labels = [
        f"{row['tensor_parallel']} × {row['accelerator']}, {row['max_sequence_tokens']:,.0f} held, "
        f"{row['in_flight_tokens']:,.0f} in flight"
        for row in cases.to_dict("records")
    ]
    thousands = (cases["max_sequence_tokens"] // 1e3, cases["in_flight_tokens"] // 1e3)
    held, flying = (column.astype(int).astype(str) for column in thousands)
    ranks = cases["tensor_parallel"].astype(str) + " × " + cases["accelerator"]
    return cases.assign(label=labels, short=ranks + ", " + held + "k/" + flying + "k")


def room_scenarios(runtime_reserve_gib: float) -> pd.DataFrame:
    """Return the error of the capacity model by the room it leaves for the engine.

    Parameters
    ----------
    runtime_reserve_gib : float
        The reader's room, GiB; none, a small and a large one stand beside it.

    Returns
    -------
    DataFrame
        `room_gib` and the fields of `validation.ErrorSummary`.

    Raises
    ------
    ComputebookError
        If the room is out of bounds.

    Examples
    --------
    >>> room_scenarios(5.5)["room_gib"].tolist()
    [0.0, 3.0, 5.5, 8.0]
    """
    rows = []
    for room in sorted({*ROOMS_GIB, runtime_reserve_gib}):
        cases = capacities(room)
        score = validation.error_summary(cases["predicted"], cases["measured"])
        rows.append({"room_gib": room, **asdict(score)})
    return pd.DataFrame(rows)


def decode_steps(accelerators: Iterable[str]) -> pd.DataFrame:
    """Return measured decode steps at a small batch beside the bound, slowest first.

    Parameters
    ----------
    accelerators : iterable of str
        Ids of the accelerators to show.

    Returns
    -------
    DataFrame
        `label`, `stated_ms`, `measured_ms`, `slower_than_stated`, and the rest of
        `validation.decode_steps`.

    Examples
    --------
    >>> set(decode_steps(["h100-sxm"])["batch_limit"])
    {8}
    """
    names = {datasets.accelerator(name).name for name in accelerators}
    steps = validation.decode_steps()
    same = ("NVIDIA " + steps["accelerator"]).map(lambda short: any(short in n for n in names))
    chosen = steps[same & (steps["batch_limit"] == SMALL_BATCH)]
    shown = chosen.sort_values("slower_than_stated", ascending=False, ignore_index=True)
    machines = shown["accelerators"].astype(str) + " × " + shown["accelerator"].str.split().str[0]
    labels = shown["name"].replace(LABEL_WORDS, "", regex=True) + ", " + machines
    chat = labels.duplicated(keep=False) & shown["measurement_id"].str.contains("lm-arena")
    labels = labels + chat.map({True: ", chat", False: ""})
    return shown.assign(label=labels)


def decode_regimes(accelerators: Iterable[str]) -> pd.DataFrame:
    """Return how much slower than the bound steps are, by kind of model and accelerator.

    Parameters
    ----------
    accelerators : iterable of str
        Ids of the accelerators to show.

    Returns
    -------
    DataFrame
        `regime` ("dense" or "experts"), `accelerator`, `runs`, `low`, `median`, `high`: measured
        over bound at the small batch.

    Examples
    --------
    >>> decode_regimes(["h100-sxm"])["regime"].tolist()
    ['dense', 'experts']
    """
    steps = decode_steps(accelerators)
    experts = [
        bool(datasets.architecture(MEASURED_MODELS[name][0]).experts) for name in steps["name"]
    ]
    named = steps.assign(regime=["experts" if some else "dense" for some in experts])
    grouped = named.groupby(["regime", "accelerator"])["slower_than_stated"]
    table = grouped.agg(runs="size", low="min", median="median", high="max")
    return table.reset_index()


def serving_throughputs() -> pd.DataFrame:
    """Return the best measured serving rate of each model, accelerator and scenario.

    Returns
    -------
    DataFrame
        The columns of `validation.serving_throughputs`, closest to the ceiling first.

    Examples
    --------
    >>> bool(serving_throughputs()["holds"].all())
    True
    """
    cases = validation.serving_throughputs().sort_values("measured", ascending=False)
    best = cases.drop_duplicates(["name", "accelerator", "scenario"])
    return best.sort_values("share_of_compute", ascending=False, ignore_index=True)


def power_by_system() -> pd.DataFrame:
    """Return measured node power by server, metric and load, beside the rating.

    Returns
    -------
    DataFrame
        `name`, `load` ("inference" or "training"), `runs`, `low_kw`, `high_kw` (means of runs),
        `peak_kw` (missing where not read), `rated_kw`, `share_low`, `share_high`, `source_key`.

    Examples
    --------
    >>> bool((power_by_system()["share_high"] <= 1).all())
    True
    """
    runs = validation.power_against_ratings()
    load = (runs["workload"] == "training").map({True: "training", False: "inference"})
    rows = []
    for (name, kind), group in runs.assign(load=load).groupby(["name", "load"], sort=False):
        means = group[group["metric"] == "mean_power"]
        rows.append(
            {
                "name": name,
                "load": kind,
                "runs": len(means),
                "low_kw": means["measured_kw"].min(),
                "high_kw": means["measured_kw"].max(),
                "peak_kw": group.loc[group["metric"] == "peak_power", "measured_kw"].max(),
                "rated_kw": means["rated_kw"].max(),
                "share_low": means["share_of_rating"].min(),
                "share_high": means["share_of_rating"].max(),
                "source_key": means["source_key"].iloc[0],
            }
        )
    return pd.DataFrame(rows)


def price_agreement(days: Sequence[str]) -> pd.DataFrame:
    """Return how many rates agree with the genai-prices package on given days.

    Parameters
    ----------
    days : sequence of str
        ISO dates.

    Returns
    -------
    DataFrame
        `day`, `models`, `rates` compared, `agreeing`, `explained` (differences whose reason is
        known), `unexplained`, `reasons`.

    Raises
    ------
    ComputebookError
        If genai-prices is not installed, or a day is no date.

    Examples
    --------
    >>> from importlib.util import find_spec
    >>> installed = find_spec("genai_prices") is not None
    >>> not installed or int(price_agreement(['2026-01-15'])["unexplained"].sum()) == 0
    True
    """
    rows = []
    for day in dict.fromkeys(days):
        compared = price_comparisons(day)
        differing = compared[~compared["agrees"].astype(bool)]
        known = differing["reason"] != ""
        rows.append(
            {
                "day": str(day),
                "models": compared["model_id"].nunique(),
                "rates": len(compared),
                "agreeing": len(compared) - len(differing),
                "explained": int(known.sum()),
                "unexplained": int((~known).sum()),
                "reasons": "; ".join(dict.fromkeys(differing.loc[known, "reason"])),
            }
        )
    return pd.DataFrame(rows)
