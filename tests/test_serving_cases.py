"""Published serving results that no constant was fitted to, and the validation harness."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from computebook import datasets, errors, memory, serving
from computebook.inference.calibration import CONSTANTS, constants_for, priors
from computebook.inference.cases import COLUMNS, normalise, read_cases
from computebook.inference.holdout import interval_factors
from computebook.inference.predictions import predict
from computebook.inference.report import PREDICTION_COLUMNS, validate
from computebook.inference.table import constants_from_table, intervals_from_table


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    path = datasets.data_folder() / "inference_calibration.csv"
    return pd.read_csv(path, keep_default_na=False)


@pytest.fixture(scope="module")
def values(table: pd.DataFrame) -> dict[str, float]:
    return constants_from_table(table)


def maximum_load(
    values: dict[str, float], model: str, gpu: str, ranks: int, formats: tuple[str, str],
    prompt: float, output: float, limit: float = 4096,
) -> tuple[float, float]:  # fmt: skip
    """Return sequences that fit and output tokens/s with all requests queued at once."""
    accelerator = datasets.accelerator(gpu)
    deployment = serving.Deployment(
        architecture=datasets.architecture(model),
        accelerator=accelerator,
        placement=memory.Placement.of(*formats, tensor_parallel=ranks),
        constants=constants_for(
            values, generation=accelerator.generation, weights=formats[0], engine="tensorrt-llm"
        ),
    )
    held = serving.most_sequences(deployment, prompt + output, 0.92, limit)
    run = serving.fixed_concurrency(deployment, held, prompt, output, sequence_limit=held)
    return held, run.output_tokens_per_s


TENSORRT_017 = [
    ("h100-sxm", 1, 840), ("h100-sxm", 2, 4391), ("h100-sxm", 4, 7431), ("h100-sxm", 8, 11451),
    ("h200-sxm", 1, 2823), ("h200-sxm", 2, 5165), ("h200-sxm", 4, 8911), ("h200-sxm", 8, 13181),
]  # fmt: skip
"""Llama 3.1 70B FP8, 1,000 in and 1,000 out: TensorRT-LLM 0.17 performance overview."""


@pytest.mark.parametrize(("gpu", "ranks", "measured"), TENSORRT_017)
def test_llama_70b_at_maximum_load(
    values: dict[str, float], gpu: str, ranks: int, measured: float
) -> None:
    _, predicted = maximum_load(values, "llama-3.1-70b", gpu, ranks, ("fp8", "fp8"), 1000, 1000)
    assert predicted == pytest.approx(measured, rel=0.2)


def test_second_h100_lifts_llama_70b_fivefold(values: dict[str, float]) -> None:
    one, two = (
        maximum_load(values, "llama-3.1-70b", "h100-sxm", n, ("fp8", "fp8"), 1000, 1000)
        for n in (1, 2)
    )
    assert one[0] < 40 < 200 < two[0]
    assert 4.0 < two[1] / one[1] < 7.5


def test_unknown_generation_is_the_mean_of_the_known_ones(values: dict[str, float]) -> None:
    known = [v for k, v in values.items() if k.startswith("memory_fraction.")]
    new = constants_for(values, generation="unheard-of", weights="bf16")
    assert new.memory_fraction == pytest.approx(np.exp(np.mean(np.log(known))))


def test_every_constant_is_calibrated_within_its_interval(table: pd.DataFrame) -> None:
    rows = table[table["field"] != "interval_factor"].set_index("constant_id")
    assert list(rows.index) == [constant.name for constant in CONSTANTS]
    value, low, high = (rows[name].astype(float) for name in ("value", "low", "high"))
    assert ((low <= value) & (value <= high)).all()
    fractions = rows["field"].str.endswith("_fraction")
    assert (value[fractions] <= 1.0).all()


def case(**changes: object) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(COLUMNS)
    row |= {
        "case_id": "c", "system": "H100", "n_gpu": 4.0, "tp": 4.0,
        "model": "meta-llama/Llama-3.1-70B",
        "weights_dtype": "fp8", "kv_dtype": "fp8", "input_len": 1024.0, "output_len": 1024.0,
        "concurrency_or_batch": "16", "metric": "tpot_ms", "value": 13.19,
        "scenario_notes": "", "engine": "vllm 0.9", "regime": "serving_fixed_concurrency",
    }  # fmt: skip
    return row | changes


def test_published_step_time_of_llama_70b(values: dict[str, float]) -> None:
    # 13.19 ms on four H100 with vLLM FP8, 1,024 in and out, 16 users.
    cases = normalise(pd.DataFrame([case()]))
    assert predict(cases, values).item() == pytest.approx(13.19, rel=0.2)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model": "no-such-model"}, "has no architecture"),
        ({"system": "abacus"}, "is not an accelerator"),
        ({"input_len": None}, "prompt length not recorded"),
        ({"metric": "colour"}, "is not predicted"),
        ({"regime": "production"}, "is not modelled"),
        ({"concurrency_or_batch": None}, "batch or concurrency not recorded"),
    ],
)
def test_rows_that_cannot_be_predicted_say_why(changes: dict[str, object], reason: str) -> None:
    assert reason in normalise(pd.DataFrame([case(**changes)]))["reason"].item()


def test_records_that_count_expert_parallelism_twice_are_the_plain_layout() -> None:
    notes = "InferenceX random data"
    twice = case(n_gpu=64.0, tp=64.0, ep=8.0, attn_dp=1.0, scenario_notes=notes)
    plain = case(n_gpu=8.0, tp=8.0, ep=8.0, attn_dp=1.0, scenario_notes=notes)
    both = normalise(pd.DataFrame([twice, plain]))
    assert both["tensor_parallel"].tolist() == [8.0, 8.0]
    assert both["recorded_accelerators"].tolist() == [8.0, 8.0]


def test_validation_writes_predictions(
    tmp_path: Path, table: pd.DataFrame, values: dict[str, float]
) -> None:
    source, out = tmp_path / "cases.csv", tmp_path / "out.csv"
    pd.DataFrame([case(), case(case_id="d", model="no-such-model")]).to_csv(source, index=False)
    tables = validate(source, values, intervals_from_table(table), out)
    written = pd.read_csv(out)
    assert tuple(written.columns) == PREDICTION_COLUMNS
    assert written["status"].tolist() == ["predicted", "model 'no-such-model' has no architecture"]
    assert written["low"][0] < written["predicted"][0] < written["high"][0]
    assert tables["by_regime"]["coverage_percent"].tolist() == [50.0]
    assert tables["not_predicted"]["cases"].sum() == 1


def test_a_file_without_a_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    pd.DataFrame([case()]).drop(columns="tp").to_csv(path, index=False)
    with pytest.raises(errors.ComputebookError, match=r"lacks columns: .'tp'."):
        read_cases(path)


def test_interval_factors_hold_their_share() -> None:
    rng = np.random.default_rng(0)
    predicted = np.ones(4000)
    measured = np.exp(rng.normal(0, 0.3, 4000))
    low, high = interval_factors(measured, predicted, ["a"] * 4000)["a"]
    assert np.mean((measured >= low) & (measured <= high)) == pytest.approx(0.8, abs=0.01)


def test_priors_are_positive() -> None:
    assert all(value > 0 for value in priors().values())
