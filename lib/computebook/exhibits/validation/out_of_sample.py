"""The serving models set against cases that their constants never saw."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from computebook import datasets
from computebook.exhibits.validation.serving import LOADS, QUANTITIES
from computebook.inference import energy_report, report, scores
from computebook.inference.energy import energy_cases
from computebook.inference.table import HOLDOUT, MEASUREMENTS

__all__ = [
    "AIMS",
    "aims",
    "cliff",
    "errors_by_load",
    "errors_by_model",
    "errors_by_users",
    "held_out_cases",
    "never_fitted",
    "peers",
]

AIMS: Final = (
    ("Sequences that fit", "kv_capacity", "capacity", "mean", 1.0),
    ("Sequences that fit", "kv_capacity", "capacity", "largest", 5.0),
    ("Static batch", "static_batch", "", "median", 8.0),
    ("Static batch", "static_batch", "", "mean", 12.0),
    ("Time per token, fixed users", "serving_fixed_concurrency", "tpot", "median", 11.0),
    ("Time per token, fixed users", "serving_fixed_concurrency", "tpot", "mean", 16.0),
    ("Time per token, fixed users", "serving_fixed_concurrency", "tpot", "within 20%", 72.0),
    ("Time per token, dense in FP8", "serving_fixed_concurrency", "dense", "median", 5.0),
    ("Tokens per second, as many as fit", "max_load", "throughput", "median", 15.0),
    ("Time to first token, fixed users", "serving_fixed_concurrency", "ttft", "median", 35.0),
)
"""Aims set before the fit: what, load, quantity, statistic, percent."""

ENERGY_AIMS: Final = (
    ("J per token, throughput measured", "model left out", "generation left out", 15.0),
    ("J per token, throughput predicted", "throughput predicted", "", 15.0),
)
"""Aims for the mean error of energy: what, scope with groups and generations out, percent."""

_EDGES: Final = (0, 4, 16, 64, 256, np.inf)
_BINS: Final = ("1 to 4", "5 to 16", "17 to 64", "65 to 256", "over 256")
_TAILS: Final = (0.1, 0.9)
_FEWEST: Final = 4


@cache
def _cases() -> pd.DataFrame:
    """Return the measured cases in the terms of the models."""
    return report.cases_of(datasets.describe(MEASUREMENTS).path)


def held_out_cases(split: str = "group") -> pd.DataFrame:
    """Return every held-out prediction of a split with what is known about its case.

    Parameters
    ----------
    split : str, default "group"
        What was left out together: ``"group"`` or ``"generation"``.

    Returns
    -------
    DataFrame
        The columns of the table, of `cases.normalise`, and `error_fraction`, `error_percent`,
        `name` (of the model), `ratio`.

    Examples
    --------
    >>> bool((held_out_cases()["predicted"] > 0).all())
    True
    """
    held = datasets.load(HOLDOUT)
    known = _cases().drop(columns=["metric", "measured", "reason"])
    rows = held[held["split"] == split].merge(known, on="case_id")
    names = datasets.load("architectures").set_index("architecture_id")["name"]
    return rows.assign(
        error_fraction=rows["relative_error"],
        error_percent=100.0 * rows["relative_error"],
        ratio=rows["predicted"] / rows["measured"],
        name=rows["architecture_id"].map(names),
        status=scores.PREDICTED,
    )


def errors_by_load(split: str = "group") -> pd.DataFrame:
    """Return the errors out of sample by load and quantity.

    Parameters
    ----------
    split : str, default "group"
        What was left out together.

    Returns
    -------
    DataFrame
        `load` (marked as seen where no constant is fitted to its cases but the form of the
        models was written with them in view), `quantity`, the columns of `scores.error_table`,
        and `groups`.

    Examples
    --------
    >>> bool(errors_by_load()["cases"].sum() > 1000)
    True
    """
    rows = held_out_cases(split)
    rows = rows[~never_fitted(rows)]
    keys = ["regime", "quantity"]
    table = scores.error_table(rows, keys)
    by = rows.groupby(keys)
    table["groups"] = by["left_out"].nunique()
    table["seen"] = ~by["fitted"].any()
    table = table.reset_index()
    return table.assign(
        load=table["regime"].map(LOADS) + table["seen"].map({True: " (seen)", False: ""}),
        quantity=table["quantity"].map(QUANTITIES),
    )


def never_fitted(rows: pd.DataFrame) -> pd.Series:
    """Return which rows stand beside fitted ones of their load but were kept out of every fit.

    Their authors call them experimental, or their unit is ambiguous.

    Parameters
    ----------
    rows : DataFrame
        From `held_out_cases`.
    """
    return ~rows["fitted"] & rows["regime"].isin(rows.loc[rows["fitted"], "regime"].unique())


def aims() -> pd.DataFrame:
    """Return the aims beside what was reached, and beside two peers.

    Returns
    -------
    DataFrame
        `what`, `statistic`, `cases`, `aim`, `group`, `generation` (percent, by what was left
        out), `roofline`, `aiconfigurator` (percent, on other rows), `met`.

    Examples
    --------
    >>> aims()["met"].dtype.name
    'bool'
    """
    splits = {name: held_out_cases(name) for name in ("group", "generation")}
    rows = []
    for what, regime, quantity, statistic, aim in AIMS:
        errors = {name: _errors(frame, regime, quantity) for name, frame in splits.items()}
        found = {name: _statistic(values, statistic) for name, values in errors.items()}
        met = found["group"] >= aim if statistic == "within 20%" else found["group"] <= aim
        beside = {tool: _peer(tool, quantity, statistic) for tool in ("roofline", "aiconfigurator")}
        rows.append({"what": what, "statistic": statistic, "cases": len(errors["group"]),
                     "aim": aim, **found, **beside, "met": bool(met)})  # fmt: skip
    return pd.DataFrame([*rows, *_energy_aims()])


def _energy_aims() -> list[dict[str, object]]:
    """Return the aims for energy per token; a group there is a model."""
    table = energy_report.energy_error_table(energy_report.energy_errors(energy_cases()))
    whole = table[table["generation"] == "all"].set_index("scope")
    percent, counts = 100.0 * whole["mape"].astype(float), whole["cases"].astype(int)
    return [
        {"what": what, "statistic": "mean", "cases": counts[group], "aim": aim,
         "group": percent[group], "generation": percent.get(generation, np.nan),
         "roofline": np.nan, "aiconfigurator": np.nan, "met": bool(percent[group] <= aim)}
        for what, group, generation, aim in ENERGY_AIMS
    ]  # fmt: skip


def _errors(rows: pd.DataFrame, regime: str, quantity: str) -> pd.Series:
    """Return absolute errors in percent of one aim."""
    chosen = rows[(rows["regime"] == regime) & ~never_fitted(rows)]
    if quantity == "dense":
        shapes = datasets.architectures()
        dense = chosen["architecture_id"].map(lambda name: not shapes[name].experts)
        chosen = chosen[dense & (chosen["weights"] == "fp8") & (chosen["quantity"] == "tpot")]
    elif quantity:
        chosen = chosen[chosen["quantity"] == quantity]
    return chosen["error_percent"].abs()


def _statistic(errors: pd.Series, name: str) -> float:
    figures = {
        "mean": errors.mean(), "median": errors.median(), "largest": errors.max(),
        "within 20%": 100.0 * (errors <= 20.0).mean(),
    }  # fmt: skip
    return float(figures[name])


def _peer(tool: str, quantity: str, statistic: str) -> float:
    """Return a peer's figure on the rows that aiconfigurator can run, NaN where none is known."""
    column = {"mean": "mean_error", "median": "median_error", "within 20%": "within_a_fifth"}
    table = datasets.load("inference_peer_errors")
    named = "Roofline with 8 constants" if tool == "roofline" else "aiconfigurator"
    rows = table[(table["tool"] == named) & (table["metric"] == quantity)]
    rows = rows[rows["cases_offered"] > rows["cases"]]
    first = rows[rows["evaluated_by"] == "computebook study"].head(1)
    return float(first[column[statistic]].iloc[0]) if len(first) and statistic in column else np.nan


def peers() -> pd.DataFrame:
    """Return the errors of other models on time per output token, ours first.

    Returns
    -------
    DataFrame
        `tool`, `row_set`, `cases`, `mean_error`, `median_error`, `p90_error`, `bias`,
        `within_a_fifth` (percent), `seconds_per_evaluation`, `calibrated`, `source_key`.

    Examples
    --------
    >>> peers()["tool"].iloc[0]
    'This report, group left out'
    """
    table = datasets.load("inference_peer_errors")
    others = table[(table["metric"] == "tpot") & (table["evaluated_by"] == "computebook study")]
    others = others.assign(calibrated=others["calibrated_on_rows"].astype(bool))
    sets = others["row_set"].str.replace(" of NVIDIA's measured file", "", regex=False)
    others = others.assign(row_set=sets.str.replace("the tool", "aiconfigurator", regex=False))
    ours = [_our_row(split) for split in ("group", "generation")]
    return pd.concat([pd.DataFrame(ours), others[list(ours[0])]], ignore_index=True)


def _our_row(split: str) -> dict[str, object]:
    """Return our errors on time per token as a row beside the peers'."""
    rows = held_out_cases(split)
    rows = rows[(rows["regime"] == "serving_fixed_concurrency") & (rows["quantity"] == "tpot")]
    rows = rows[rows["fitted"]]
    error = rows["error_percent"]
    return {
        "tool": f"This report, {split} left out", "row_set": "Sample of the aggregated rows",
        "cases": len(rows), "mean_error": error.abs().mean(),
        "median_error": error.abs().median(), "p90_error": error.abs().quantile(0.9),
        "bias": error.mean(), "within_a_fifth": 100.0 * (error.abs() <= 20.0).mean(),
        "seconds_per_evaluation": np.nan, "calibrated": True, "source_key": "",
    }  # fmt: skip


def _spread(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return median and central 80 % of the signed error by group."""
    grouped = rows.groupby(by, observed=True)["error_percent"]
    low, high = (grouped.quantile(tail) for tail in _TAILS)
    table = pd.DataFrame(
        {"cases": grouped.size(), "median": grouped.median(), "low": low, "high": high}
    )
    return table[table["cases"] >= _FEWEST].reset_index()


def errors_by_model(quantity: str = "tpot") -> pd.DataFrame:
    """Return the spread of errors by model, at a fixed number of users.

    Parameters
    ----------
    quantity : str, default "tpot"
        ``"tpot"`` or ``"ttft"``.

    Returns
    -------
    DataFrame
        `name`, `cases`, `median`, `low`, `high` (percent); models with four cases or more.

    Examples
    --------
    >>> bool((errors_by_model()["low"] <= errors_by_model()["high"]).all())
    True
    """
    rows = held_out_cases()
    rows = rows[(rows["regime"] == "serving_fixed_concurrency") & rows["fitted"]]
    return _spread(rows[rows["quantity"] == quantity], "name")


def errors_by_users() -> pd.DataFrame:
    """Return the spread of errors by number of users and by what is predicted.

    Returns
    -------
    DataFrame
        `users` (a range), `what`, `cases`, `median`, `low`, `high` (percent).

    Examples
    --------
    >>> sorted(errors_by_users()["what"].unique())
    ['Time per output token', 'Time to first token']
    """
    rows = held_out_cases()
    rows = rows[(rows["regime"] == "serving_fixed_concurrency") & rows["fitted"]]
    rows = rows.assign(users=pd.cut(rows["users"], _EDGES, labels=_BINS))
    whats = {"tpot": "Time per output token", "ttft": "Time to first token"}
    parts = [
        _spread(rows[rows["quantity"] == name], "users").assign(what=what)
        for name, what in whats.items()
    ]
    return pd.concat(parts, ignore_index=True).astype({"users": str})


def cliff() -> pd.DataFrame:
    """Return Llama 3.1 70B in FP8 at maximum load on more and more accelerators.

    Returns
    -------
    DataFrame
        `label`, `gpu`, `ranks`, `measured`, `predicted` (tokens/s, group left out), `low`,
        `high`, `error_percent`.

    Examples
    --------
    >>> cliff()["gpu"].unique().tolist()
    ['H100', 'H200']
    """
    rows = held_out_cases()
    published = datasets.load(MEASUREMENTS).set_index("case_id")
    version = rows["case_id"].map(published["source_key"]) == "nvidia2025trtllm017"
    shape = (rows["architecture_id"] == "llama-3.1-70b") & (rows["weights"] == "fp8")
    lengths = (rows["prompt_tokens"] == 1000) & (rows["output_tokens"] == 1000)
    chosen = rows[version & shape & lengths & (rows["regime"] == "max_load")]
    chosen = chosen.assign(ranks=chosen["tensor_parallel"].astype(int))
    chosen = chosen.sort_values(["gpu", "ranks"], ignore_index=True)
    return chosen.assign(label=chosen["ranks"].astype(str) + " × " + chosen["gpu"])
