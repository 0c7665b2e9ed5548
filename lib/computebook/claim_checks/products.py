"""Checks of the limits and release dates of models as sold."""

from __future__ import annotations

import pandas as pd

from computebook import datasets
from computebook.claim_checks.registry import (
    CheckResult,
    Claim,
    check,
    compare,
    compare_any,
    compare_names,
)

DAYS_PER_MONTH = 365.25 / 12


def _models() -> pd.DataFrame:
    return datasets.load("commercial_models").set_index("model_id")


def _limit(model: str, limit: str) -> float:
    return float(_models().at[model, limit])


@check("model_limit")
def model_limit(claim: Claim, model: str, limit: str) -> CheckResult:
    """Compare a context or output limit of a model, tokens."""
    return compare(claim, _limit(model, limit), f"{limit} of {model}")


@check("limit_ratio")
def limit_ratio(claim: Claim, model: str, against: str, limit: str) -> CheckResult:
    """Compare how many times one model's limit is another's."""
    here, there = _limit(model, limit), _limit(against, limit)
    return compare(claim, here / there, f"{here:,.0f} / {there:,.0f} tokens ({model} / {against})")


@check("limit_ratios")
def limit_ratios(claim: Claim, model: str, against: str, limit: str) -> CheckResult:
    """Compare how many times a model's limit is that of any of several others."""
    here = _limit(model, limit)
    ratios = [here / _limit(name, limit) for name in against.split("|")]
    return compare_any(claim, ratios, f"{limit} of {model} over {against.replace('|', ', ')}")


@check("release_date")
def release_date(claim: Claim, model: str, date: str) -> CheckResult:
    """Compare the release date of a model."""
    released = str(_models().at[model, "released_on"].date())
    return compare_names(claim, released, date, f"release of {model}")


@check("release_interval_months")
def release_interval_months(claim: Claim, model: str, against: str) -> CheckResult:
    """Compare the time between two releases, months."""
    table = _models()
    days = (table.at[model, "released_on"] - table.at[against, "released_on"]).days
    return compare(claim, days / DAYS_PER_MONTH, f"{days} days from {against} to {model}, in months")


@check("models_known")
def models_known(claim: Claim, models: str) -> CheckResult:
    """Compare the number of variants that the table of models knows."""
    known = [name for name in models.split("|") if name in _models().index]
    return compare(claim, len(known), f"variants known: {', '.join(known)}")
