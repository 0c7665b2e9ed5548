"""Aims for the training models, set before the last fit, and how near predictions come."""

from __future__ import annotations

from typing import Final

import pandas as pd

from computebook.training_cases.cluster_power import metered_clusters

__all__ = ["AIMS", "aims_table", "chosen", "power_aim"]

AIMS: Final = {
    "llama": ("Tokens per second, dense Llama class", 6.0),
    "experts": ("Tokens per second, mixtures of experts", 15.0),
    "memory": ("Peak memory", 7.0),
    "power": ("Power of metered clusters", 10.0),
}
"""What is aimed at, and the mean absolute error in percent."""

_FAMILY: Final = "llama"


def chosen(cases: pd.DataFrame, aim: str) -> pd.Series:
    """Return which cases an aim is about.

    Dense Llama class: models of the Llama family without experts, all weights trained.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.normalise`.
    aim : str
        ``"llama"``, ``"experts"`` or ``"memory"``.

    Returns
    -------
    pandas.Series
        Of bool.
    """
    rate = cases["quantity"] == "throughput"
    routed = cases["regime"] == "experts"
    family = cases["architecture_id"].str.startswith(_FAMILY) & ~cases["frozen"].astype(bool)
    return {
        "llama": rate & ~routed & family, "experts": rate & routed,
        "memory": cases["quantity"] == "memory",
    }[aim]  # fmt: skip


def aims_table(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return error, aim, and whether it is met, for every aim that some case belongs to.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From `report.predict_cases`.

    Returns
    -------
    pandas.DataFrame
        Columns aim_id, target, cases, groups (of model x GPU x number format),
        mean_error_percent, median_error_percent, aim_percent, met.
    """
    done = predictions[predictions["predicted"].notna() & (predictions["reason"] == "")]
    rows = []
    for aim in AIMS:
        if aim != "power" and chosen(done, aim).any():
            part = done[chosen(done, aim)]
            rows.append(_row(aim, part["error_fraction"], part["group"].nunique()))
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS: Final = ("aim_id", "target", "cases", "groups", "mean_error_percent",
                   "median_error_percent", "aim_percent", "met")  # fmt: skip


def power_aim() -> pd.DataFrame:
    """Return the same line for the metered clusters, whose meters no constant was fitted to.

    A group is a server with a model.

    Examples
    --------
    >>> power_aim()["aim_percent"].tolist()
    [10.0]
    """
    runs = metered_clusters()
    groups = (runs["name"] + runs["model"] + runs["accelerators"].astype(str)).nunique()
    return pd.DataFrame([_row("power", runs["error_fraction"], groups)], columns=list(_COLUMNS))


def _row(aim: str, errors: pd.Series, groups: int) -> dict[str, object]:
    target, percent = AIMS[aim]
    mean, median = 100.0 * errors.abs().mean(), 100.0 * errors.abs().median()
    return {"aim_id": aim, "target": target, "cases": len(errors), "groups": groups,
            "mean_error_percent": round(mean, 1), "median_error_percent": round(median, 1),
            "aim_percent": percent, "met": bool(mean <= percent)}  # fmt: skip
