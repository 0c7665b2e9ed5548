"""The record of the models: published numbers, honest errors, bounds that hold."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from computebook import datasets, validation
from computebook.errors import ComputebookError
from computebook.validation.bounds import MEASURED_MODELS

GIB = 2.0**30


def test_error_is_signed_and_relative_to_the_measurement() -> None:
    assert validation.error_percent(90, 120) == -25.0
    assert validation.error_percent([1.0, 3.0], [2.0, 2.0]).tolist() == [-50.0, 50.0]


def test_summary_separates_size_and_bias() -> None:
    summary = validation.error_summary([90, 120, 100], [100, 100, 100])
    assert dataclasses.astuple(summary) == pytest.approx((3, 10.0, 10.0, 20.0, 10 / 3))


@pytest.mark.parametrize(
    ("predicted", "measured", "message"),
    [
        ([], [], "0 predictions for 0 measurements"),
        ([1.0], [1.0, 2.0], "1 predictions for 2 measurements"),
        ([1.0], [0.0], "measured = 0 is out of bounds"),
        ([math.nan], [1.0], "predicted = nan is out of bounds"),
    ],
)
def test_summary_refuses_what_is_no_pair(
    predicted: list[float], measured: list[float], message: str
) -> None:
    with pytest.raises(ComputebookError, match=message):
        validation.error_summary(predicted, measured)


def test_summarise_names_a_missing_column() -> None:
    with pytest.raises(ComputebookError, match="column of cases 'gpu'"):
        validation.summarise(pd.DataFrame({"predicted": [1.0], "measured": [1.0]}), "gpu")


@pytest.mark.parametrize(
    ("printed", "percent"), [(671.0, 0.0745), (70.6, 0.0708), (3.0, 16.67), (480.2, 0.0104)]
)
def test_rounding_is_half_of_the_last_digit(printed: float, percent: float) -> None:
    assert validation.rounding_percent(printed) == pytest.approx(percent, rel=2e-3)


def test_every_model_with_a_published_size_is_counted() -> None:
    published = datasets.load("architectures").dropna(subset=["total_params_b"])
    counts = validation.parameter_counts()
    totals = counts[counts["quantity"] == "total"]
    assert sorted(totals["architecture_id"]) == sorted(published["architecture_id"])


@pytest.mark.parametrize(
    ("model", "quantity", "billions"),
    [
        ("llama-3.1-405b", "total", 405.853),
        ("deepseek-v3", "total", 671.026),
        ("mixtral-8x7b", "active", 12.880),
        ("gpt-oss-120b", "active", 5.133),
    ],
)
def test_counts_match_sums_made_by_hand(model: str, quantity: str, billions: float) -> None:
    counts = validation.parameter_counts().set_index(["architecture_id", "quantity"])
    assert counts.loc[(model, quantity), "predicted"] == pytest.approx(billions, abs=1e-3)


def test_total_counts_are_within_three_percent_and_mostly_far_closer() -> None:
    totals = validation.parameter_counts().query("quantity == 'total'")["error_percent"].abs()
    assert totals.max() < 3
    assert totals.median() < 0.05


def test_published_cache_bytes_are_met_exactly() -> None:
    cases = validation.kv_bytes_per_token()
    published = cases[cases["basis"] == "published"]
    assert len(published) == 3
    assert (published["predicted"] == published["measured"]).all()


def test_logged_cache_bytes_are_met_within_rounding_but_for_one_log() -> None:
    logged = validation.kv_bytes_per_token().query("basis == 'measured'")
    beyond = logged[logged["error_percent"].abs() > logged["rounding_percent"] + 0.02]
    assert beyond["case_id"].tolist() == ["log-vllm-qwen3-235b-tp4"]
    assert beyond["error_percent"].abs().max() < 1.5


def test_capacity_follows_the_formula_worked_by_hand() -> None:
    """Two H100 (81,559 MiB), 0.8 of what is free, 131,072 elements in bf16 over two ranks."""
    weights = (32.762e9 + 2 * 151_936 * 5_120) / 2
    free = 81_559 * 2**20 - weights - 5.5 * GIB
    by_hand = math.floor(0.8 * free / (5_096 * 131_072 * 2 / 2))
    cases = validation.sequence_capacities().set_index("case_id")
    assert cases.loc["trtllm-qwen3-32b-fp8-h100-tp2-2048-2048", "predicted"] == by_hand == 74


def test_capacity_error_without_any_fit() -> None:
    cases = validation.sequence_capacities()
    summary = validation.error_summary(cases["predicted"], cases["measured"])
    assert summary.cases == 12
    assert summary.mean_percent < 1.5
    assert summary.max_percent < 8


def test_more_room_never_holds_more_sequences() -> None:
    small, large = (validation.sequence_capacities(room * GIB) for room in (0.0, 12.0))
    assert (small["predicted"] >= large["predicted"]).all()
    assert small["predicted"].sum() > large["predicted"].sum()


def test_capacity_refuses_impossible_room() -> None:
    with pytest.raises(ComputebookError, match="runtime_reserve_bytes = -1 B is out of bounds"):
        validation.sequence_capacities(-1)


def test_every_measured_step_has_a_shape_and_respects_its_bound() -> None:
    runs = datasets.load("power_measurements").dropna(subset=["inter_token_latency_ms"])
    assert set(runs["model"]) <= set(MEASURED_MODELS)
    steps = validation.decode_steps()
    assert len(steps) == len(runs) >= 40
    assert steps["holds"].all()
    small = steps.dropna(subset=["stated_ms"])
    assert (small["stated_ms"] >= small["least_ms"]).all()
    assert (small["slower_than_stated"] > 1).all()


def test_dense_bound_is_the_weights_over_the_bandwidth() -> None:
    """Llama 3.1 405B in FP8 on four B200: the weights but one embedding table, read once."""
    steps = validation.decode_steps()
    four = steps[(steps["name"] == "Llama 3.1 405B Instruct FP8") & (steps["accelerators"] == 4)]
    read = (405.853e9 - 128_256 * 16_384) / (4 * 8.0e12)
    assert four["least_ms"].to_numpy() == pytest.approx(1e3 * read, rel=1e-4)


def test_no_serving_rate_passes_its_ceiling() -> None:
    cases = validation.serving_throughputs()
    assert len(cases) >= 20
    assert cases["holds"].all()
    both = cases.dropna(subset=["batch_ceiling"])
    assert (both["batch_ceiling"] <= both["compute_ceiling"] * (1 + 1e-9)).all()


def test_meters_stay_below_ratings() -> None:
    runs = validation.power_against_ratings()
    b200 = runs[(runs["name"].str.startswith("Lenovo SR680a")) & (runs["metric"] == "mean_power")]
    assert b200["share_of_rating"].min() == pytest.approx(10.401 / 14.3, rel=1e-3)
    assert (runs["share_of_rating"] < 1).all()


def test_training_ratios_are_those_of_the_result_logs() -> None:
    ratios = validation.training_speedups()
    assert ratios["scored"].to_numpy() == pytest.approx([269.12 / 84.94, 269.12 / 64.61], rel=1e-3)
    assert ratios["raw"].to_numpy() == pytest.approx([230.68 / 84.94, 230.68 / 64.61], rel=1e-3)


def test_overview_has_errors_for_predictions_and_counts_for_the_rest() -> None:
    table = validation.overview()
    predicted = table["kind"] == "prediction"
    assert table.loc[predicted, "mean_percent"].notna().all()
    assert table.loc[~predicted, "mean_percent"].isna().all()
    assert np.array_equal(table.loc[~predicted, "held"], table.loc[~predicted, "cases"])
