"""Checks of benchmark scores, their differences and their leaders."""

from __future__ import annotations

import pandas as pd

from computebook import datasets, units
from computebook.claim_checks.registry import (
    CheckResult,
    Claim,
    check,
    compare,
    compare_any,
    compare_names,
)


def _runs(benchmark: str, model: str) -> pd.DataFrame:
    scores = datasets.load("benchmark_scores")
    return scores[(scores["benchmark_id"] == benchmark) & (scores["model_id"] == model)]


def _best(benchmark: str, model: str) -> float:
    """Return the highest recorded score of a model, at whatever effort, percent."""
    return float(_runs(benchmark, model)["score_percent"].max())


@check("benchmark_score")
def benchmark_score(claim: Claim, benchmark: str, model: str) -> CheckResult:
    """Compare a score with every recorded run of the model; one run is enough."""
    return compare_any(claim, _runs(benchmark, model)["score_percent"], f"{model} on {benchmark}")


@check("score_gap")
def score_gap(claim: Claim, benchmark: str, model: str, against: str) -> CheckResult:
    """Compare the difference of two models, both as reported by the same kind of party."""
    best = [
        _runs(benchmark, name).groupby("reported_by")["score_percent"].max()
        for name in (model, against)
    ]
    sentence = f"{model} less {against} on {benchmark}"
    return compare_any(claim, (best[0] - best[1]).dropna(), sentence)


@check("score_ratio")
def score_ratio(claim: Claim, benchmark: str, model: str, against: str) -> CheckResult:
    """Compare how many times one model's best score is another's."""
    here, there = _best(benchmark, model), _best(benchmark, against)
    return compare(claim, here / there, f"{here:g}% / {there:g}% on {benchmark}")


@check("score_above")
def score_above(claim: Claim, benchmark: str, model: str) -> CheckResult:
    """Compare whether a model's best score lies above the claimed threshold."""
    best = _best(benchmark, model)
    sentence = f"best run of {model} on {benchmark}: {best:g}%"
    return CheckResult(best, claim.unit, 0.0, best > claim.value, sentence)


def _ranked(benchmark: str, among: str) -> list[str]:
    """Return models by their best recorded score, highest first."""
    return sorted(among.split("|"), key=lambda model: -_best(benchmark, model))


@check("score_leader")
def score_leader(claim: Claim, benchmark: str, names: str, among: str) -> CheckResult:
    """Compare which of several models has the highest score."""
    return compare_names(claim, _ranked(benchmark, among)[0], names, f"first on {benchmark}")


@check("score_runner_up")
def score_runner_up(claim: Claim, benchmark: str, names: str, among: str) -> CheckResult:
    """Compare which of several models has the second highest score."""
    return compare_names(claim, _ranked(benchmark, among)[1], names, f"second on {benchmark}")


@check("tokens_bought")
def tokens_bought(claim: Claim, benchmark: str, model: str, at_least: str) -> CheckResult:
    """Compare whether the dearest run of a task could pay for so many output tokens.

    The cost of a task includes its prompt, so the count is an upper bound.
    """
    dearest = float(_runs(benchmark, model)["cost_per_task_usd"].max())
    cards = datasets.load("api_prices")
    standard = cards[(cards["model_id"] == model) & (cards["service_tier"] == "standard")]
    rate = float(standard["output_usd_per_mtok"].iloc[0])
    tokens = dearest / rate * units.TOKENS_PER_MTOK
    sentence = f"${dearest:.2f} a task at ${rate:g} per million output tokens: {tokens:,.0f} tokens"
    return CheckResult(tokens, "tokens", 0.0, tokens >= float(at_least), sentence)
