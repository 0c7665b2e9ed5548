"""Measured training runs: reading, inference from notes, calibration, report and command."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from computebook import datasets
from computebook.cli import validate_training
from computebook.errors import ComputebookError
from computebook.training_cases import (
    calibration,
    cases,
    devices,
    fit,
    holdout,
    notes,
    predictions,
    report,
    shapes,
    table,
)

BRIDGE = {
    "case_id": "bridge-405b", "source": "NVIDIA Megatron-Bridge", "gpu": "H100-80GB-SXM",
    "n_gpu": 1024, "model": "LLAMA3.1_405B", "seq_len": 8192, "global_batch": 1536,
    "precision": "FP8", "tp": 8, "pp": 8, "dp": 8, "cp": 2, "ep": 1,
    "metric": "tokens_per_s_per_gpu", "value": 326.0, "notes": "NeMo 26.06 MBS 1 VP 8",
}  # fmt: skip
MIXTURE = BRIDGE | {
    "case_id": "bridge-dsv3", "gpu": "GB200", "n_gpu": 256, "model": "DeepSeekV3",
    "seq_len": 4096, "global_batch": 4096, "precision": "MXFP8", "tp": 1, "pp": 4, "dp": 64,
    "cp": 1, "ep": 64, "value": 4912.0, "notes": "NeMo 26.08 MBS 1 VP 4",
}  # fmt: skip


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return cases.normalise(pd.DataFrame(rows))


def written(path: Path, *rows: dict[str, Any]) -> Path:
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def values() -> dict[str, float]:
    return table.constants_from_table()


def predicted(values: dict[str, float], *rows: dict[str, Any]) -> np.ndarray[Any, Any]:
    return predictions.predict(predictions.prepare(predictions.with_layouts(frame(*rows))), values)


# What rows say


@pytest.mark.parametrize(
    ("name", "layers", "width"),
    [
        ("GPT 314B (h=16384,L=96,heads=128,v=131072)", 96, 16384),
        ("GPT 18B (h=6144,L=40,v=51200)", 40, 6144),
        ("BLOOM-prequel 200B (h=14400)", 80, 14400),
        ("DeepSeekV3 (w/o MTP)", 61, 7168),
        ("Llama-2-70B LoRA", 80, 8192),
        ("MPT-125m", 12, 768),
        ("GPT 530B", 105, 20480),
    ],
)
def test_shapes_behind_recorded_names(name: str, layers: int, width: int) -> None:
    shape = shapes.shape_of(name)
    assert shape is not None
    assert (shape.layers, shape.hidden_size) == (layers, width)


@pytest.mark.parametrize(
    ("name", "accelerator_id"),
    [
        ("H100-80GB-SXM", "h100-sxm"),
        ("H800-80GB", "h800-sxm"),
        ("TPU v7 (Ironwood)", "tpu-v7"),
        ("GB300", "gb300"),
        ("H100-96GB-HBM2e-500W", "h100-96gb-500w"),
    ],
)
def test_devices_behind_recorded_names(name: str, accelerator_id: str) -> None:
    device = devices.device_of(name)
    assert device is not None
    assert device.accelerator_id == accelerator_id


def test_unknown_names_have_no_shape_and_no_device() -> None:
    assert shapes.shape_of("Chinchilla 70B") is None
    assert devices.device_of("Gaudi2") is None


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [("FP8-CS (FP8-MX)", "fp8"), ("MXFP8", "mxfp8"), ("FP8-MX", "mxfp8"), ("nvfp4", "nvfp4"),
     ("fp16", "bf16"), ("fp8_full", "fp8"), ("BF16", "bf16")],
)  # fmt: skip
def test_formats(recorded: str, expected: str) -> None:
    assert cases.format_of(recorded) == expected


def test_unrecorded_format_of_mlperf_is_fp8_where_the_device_has_it() -> None:
    mlperf = BRIDGE | {"precision": None, "source": "mlcommons/training_results_v5.1 X"}
    found = frame(mlperf, mlperf | {"gpu": "A100-80GB-SXM"}, BRIDGE | {"precision": None})
    assert list(found["format"]) == ["fp8", "bf16", "bf16"]


@pytest.mark.parametrize(
    ("note", "case_id", "convention"),
    [
        ("HARDWARE flops (full activation recompute)", "meg21_x", "hardware"),
        ("NeMo 25.11 Pre-Training", "bridge", "causal"),
        ("step 98.34 s; MaxText", "ironwood", "causal"),
        ("MBS 1 VP 6", "nemo2407_x", "full"),
        ("MBS 1 VP 8 GA 64", "meglm_x", "full-with-embedding"),
    ],
)
def test_conventions(note: str, case_id: str, convention: str) -> None:
    assert notes.convention_of(note, "", case_id) == convention


def test_notes_carry_layout_and_target() -> None:
    note = "official score = olympic mean x RCP scaling 1.15; samples to target 276480; MBS 2 VP 5"
    found = notes.read_note(note, "training_results_v5.0", "mlp_v5.0_x", "m", "m")
    assert notes.benchmark_samples(note, "", "m", 1152) == 276_480
    assert found["convergence_scaling"] == 1.15
    assert (found["micro_batch_noted"], found["virtual_noted"]) == (2, 5)
    assert found["year"] == 2025.4


@pytest.mark.parametrize(("sequences", "tokens_m"), [(2048, 1208), (3072, 1258.3), (4096, 1308.6)])
def test_tokens_of_the_gpt3_benchmark(sequences: float, tokens_m: float) -> None:
    """Throughput times duration of MLPerf logs: 1.2080e9, 1.2583e9 and 1.3086e9 tokens."""
    source = "mlcommons/training_results_v3.1"
    found = notes.benchmark_samples("", source, "GPT-3 175B", sequences)
    assert found * 2048 / 1e6 == pytest.approx(tokens_m, rel=0.001)
    assert np.isnan(notes.benchmark_samples("", "elsewhere", "GPT-3 175B", sequences))


def test_degrees_of_a_row() -> None:
    row = frame(BRIDGE).iloc[0]
    assert row["reason"] == ""
    assert (row["tensor"], row["pipeline"], row["context"], row["data"]) == (8, 8, 2, 8)
    assert (row["virtual_stages"], row["regime"], row["group"]) == (
        8, "dense", "llama-3.1-405b|h100-sxm|fp8",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model": "Nameless 9B"}, "has no architecture"),
        ({"gpu": "Gaudi2"}, "not an accelerator"),
        ({"seq_len": None}, "sequence length not recorded"),
        ({"global_batch": None}, "global batch not recorded"),
        ({"n_gpu": None}, "number of accelerators not recorded"),
        ({"metric": "loss"}, "metric 'loss' is not predicted"),
        ({"metric": "activation_mem_gb"}, "closed form"),
        ({"metric": "time_to_train_min"}, "samples to the target not recorded"),
        ({"metric": "gpu_hours"}, "tokens of the run not recorded"),
        ({"metric": "peak_mem_gib", "tp": None}, "layout not recorded"),
        ({"n_gpu": 32}, "exceed the accelerators"),
        ({"value": 0}, "not positive"),
        ({"case_id": "nar21_days_x"}, "own estimate"),
    ],
)
def test_reasons(change: dict[str, Any], reason: str) -> None:
    assert reason in frame(BRIDGE | change).iloc[0]["reason"]


# Reader


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda d: d.drop(columns="n_gpu").assign(ngpu=8),
            "lacks columns: ['n_gpu'] (found 'ngpu'",
        ),
        (lambda d: d.assign(value="fast"), "line 2: value = 'fast' is not a finite number"),
        (lambda d: d.assign(seq_len="8k"), "line 2: seq_len = '8k' is not a finite number"),
        (lambda d: d.assign(dp="inf"), "line 2: dp = 'inf' is not a finite number"),
        (lambda d: d.iloc[:0], "has a header but no cases"),
    ],
)
def test_broken_files_are_named(
    tmp_path: Path, spoil: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    path = tmp_path / "cases.csv"
    spoil(pd.DataFrame([BRIDGE])).to_csv(path, index=False)
    with pytest.raises(ComputebookError) as caught:
        cases.read_cases(path)
    assert message in str(caught.value)


def test_missing_file_is_named() -> None:
    with pytest.raises(ComputebookError, match=r"cases file 'no\.csv' does not exist"):
        cases.read_cases("no.csv")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    pd.DataFrame([BRIDGE]).to_csv(path, index=False, encoding="utf-8-sig")
    assert cases.read_cases(path)["reason"].tolist() == [""]


# Predictions: published runs within the interval that the table states


def test_published_runs_lie_near(values: dict[str, float]) -> None:
    found = predicted(values, BRIDGE, MIXTURE)
    assert found[0] == pytest.approx(326, rel=0.12)
    assert found[1] == pytest.approx(4912, rel=0.35)


def test_metrics_of_one_run_agree(values: dict[str, float]) -> None:
    rate, flop, share = predicted(
        values, BRIDGE, BRIDGE | {"metric": "tflops_per_gpu"}, BRIDGE | {"metric": "mfu"}
    )
    assert flop == pytest.approx(rate * 2.524, rel=0.005)
    assert share == pytest.approx(flop / 1979, rel=1e-6)


def test_time_to_train_follows_from_the_rate(values: dict[str, float]) -> None:
    note = "samples to target 300000; RCP scaling 1.1; VP 8"
    rate, minutes = predicted(
        values, BRIDGE, BRIDGE | {"metric": "time_to_train_min", "notes": note + "; NeMo 26.06"}
    )
    assert minutes == pytest.approx(1.1 * 300_000 * 8192 / (rate * 1024) / 60)


def test_layouts_are_searched_where_none_is_recorded(values: dict[str, float]) -> None:
    open_row = BRIDGE | {"tp": None, "pp": None, "dp": None, "cp": None}
    found = predictions.with_layouts(frame(open_row)).iloc[0]
    assert found["tensor"] * found["pipeline"] * found["context"] * found["data"] == 1024
    assert predicted(values, open_row)[0] == pytest.approx(326, rel=0.3)


def test_cases_do_not_depend_on_their_neighbours(values: dict[str, float]) -> None:
    together = predicted(values, BRIDGE, MIXTURE)
    assert together == pytest.approx([predicted(values, BRIDGE)[0], predicted(values, MIXTURE)[0]])


# Calibration


def test_constants_lie_in_their_bounds_and_are_all_in_the_table(values: dict[str, float]) -> None:
    assert set(values) == set(calibration.priors())
    for constant in calibration.CONSTANTS:
        assert constant.low <= constant.prior <= constant.high
        assert constant.low <= values[constant.name] <= constant.high * (1 + 1e-6)


def test_table_has_errors_out_of_sample_and_intervals(values: dict[str, float]) -> None:
    rows = datasets.load(table.TABLE)
    errors_out = rows[rows["field"].str.startswith("error_without")]
    assert {"error_without_group", "error_without_generation"} == set(errors_out["field"])
    assert errors_out["value"].between(0, 2).all()
    for low, high in table.intervals_from_table().values():
        assert low < 1 < high


def test_fit_finds_a_constant_that_made_the_cases() -> None:
    """Cases made with fast links and slow products are best explained by such constants."""
    rows = [
        BRIDGE | {"tp": t, "dp": 64 / t, "cp": 1, "pp": 16, "case_id": f"x{t}", "notes": "VP 4"}
        for t in (1, 2, 4, 8)
    ]
    made = predictions.with_layouts(frame(*rows))
    truth = calibration.priors() | {"matrix_fraction.fp8.hopper": 0.48}
    made = made.assign(measured=predictions.predict(predictions.prepare(made), truth))
    found = fit.fit_constants(made).values
    start = calibration.priors()
    before = abs(start["matrix_fraction.fp8.hopper"] - 0.48)
    assert abs(found["matrix_fraction.fp8.hopper"] - 0.48) < before / 2
    again = fit.fit_constants(made).values
    assert again == found


def test_held_out_predictions_ignore_the_measured_value() -> None:
    rows = [BRIDGE, MIXTURE, BRIDGE | {"gpu": "GB200", "n_gpu": 256, "tp": 4, "pp": 8, "cp": 1}]
    plain = predictions.with_layouts(frame(*rows))
    spoiled = plain.copy()
    spoiled.loc[0, "measured"] *= 3
    start = fit.fit_constants(plain)
    one, other = (holdout.held_out(c, "group", fit=start) for c in (plain, spoiled))
    assert one[0] == pytest.approx(other[0])
    with pytest.raises(ComputebookError, match="did you mean 'group'"):
        holdout.held_out(plain, "grup", fit=start)


@given(st.floats(0.3, 1.5))
def test_power_raises_the_rate(exponent: float) -> None:
    rows = pd.DataFrame({"generation": ["blackwell", "blackwell-ultra"]})
    factors = calibration.rate_factor(
        rows, np.array([1200.0, 1400.0]), np.array([2.5e15, 2.5e15]), exponent
    )
    assert 1 < factors[0] < factors[1]


# Report and command


def test_report_has_all_rows_and_reasons(tmp_path: Path, values: dict[str, float]) -> None:
    path = written(tmp_path / "c.csv", BRIDGE, MIXTURE, BRIDGE | {"gpu": "Gaudi2"})
    found = report.validate(path, values, table.intervals_from_table(), tmp_path / "p.csv")
    out = pd.read_csv(tmp_path / "p.csv")
    assert list(out.columns) == list(report.PREDICTION_COLUMNS)
    assert len(out) == 3
    assert out["status"].tolist()[:2] == ["predicted", "predicted"]
    assert out["predicted"].isna().tolist() == [False, False, True]
    assert (out["low"] < out["predicted"])[:2].all()
    assert out["error_fraction"][0] == pytest.approx(out["predicted"][0] / 326 - 1, abs=1e-5)
    assert found["not_predicted"]["cases"].sum() == 1


def group() -> click.Group:
    made = click.Group("validate")
    validate_training.attach(made)
    return made


def test_command_prints_errors_and_reasons(tmp_path: Path) -> None:
    path = written(tmp_path / "c.csv", BRIDGE, BRIDGE | {"gpu": "Gaudi2"})
    found = CliRunner().invoke(group(), ["training", str(path), "--out", str(tmp_path / "p.csv")])
    assert found.exit_code == 0, found.output
    assert "Errors by metric" in found.output
    assert "Gaudi2" in found.output
    assert (tmp_path / "p.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "metrik"], "did you mean 'metric'"),
        (["--held-out", "grup"], "did you mean 'group'"),
        (["--out", "/nowhere/p.csv"], "folder /nowhere does not exist"),
    ],
)
def test_command_names_bad_options(tmp_path: Path, arguments: list[str], message: str) -> None:
    path = written(tmp_path / "c.csv", BRIDGE)
    found = CliRunner().invoke(group(), ["training", str(path), *arguments])
    assert isinstance(found.exception, ComputebookError)
    assert message in str(found.exception)


def test_command_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path / "c.csv", BRIDGE)
    code = "from computebook.cli.validate_training import training; training()"
    found = subprocess.run(
        [sys.executable, "-c", code, str(path), "--by", "metric", "--csv"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("by,group,cases,")
    assert "tokens_per_s_per_gpu" in found.stdout
