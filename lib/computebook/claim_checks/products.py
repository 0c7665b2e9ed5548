"""Checks of the limits and release dates of models as sold."""

from __future__ import annotations

import pandas as pd

from computebook import datasets
from computebook.claim_checks.lookup import row
from computebook.claim_checks.registry import (
    CheckResult,
    Claim,
    check,
    compare,
    compare_any,
    compare_names,
)

DAYS_PER_MONTH = 365.25 / 12


def _limit(model: str, limit: str) -> float:
    return float(row("commercial_models", "model_id", model)[limit])


def _released(model: str) -> pd.Timestamp:
    return pd.Timestamp(row("commercial_models", "model_id", model)["released_on"])


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
    return compare_names(claim, str(_released(model).date()), date, f"release of {model}")


@check("release_interval_months")
def release_interval_months(claim: Claim, model: str, against: str) -> CheckResult:
    """Compare the time between two releases, months."""
    days = (_released(model) - _released(against)).days
    sentence = f"{days} days from {against} to {model}, in months"
    return compare(claim, days / DAYS_PER_MONTH, sentence)


@check("models_known")
def models_known(claim: Claim, models: str) -> CheckResult:
    """Compare the number of variants that the table of models knows."""
    sold = set(datasets.load("commercial_models")["model_id"])
    known = [name for name in models.split("|") if name in sold]
    return compare(claim, len(known), f"variants known: {', '.join(known)}")
