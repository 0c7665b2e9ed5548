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
from computebook.cli import calibrate_training, validate_training
from computebook.errors import ComputebookError
from computebook.inference import records
from computebook.training import Batch, Layout, activation_bytes_per_layer, training_memory
from computebook.training.examples import llama_8b
from computebook.training_cases import (
    aims,
    calibration,
    cases,
    cluster_power,
    devices,
    fit,
    holdout,
    notes,
    predictions,
    proof,
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


# What PyTorch keeps, counted by hand from its code


def test_every_second_product_of_llama_8b_by_hand() -> None:
    """Layer input, attention, and q, v, w1 and w2: 4096 + 4096 + 4096 + 1024 + 14336 + 4096."""
    layout = Layout(recompute="alternate")
    assert activation_bytes_per_layer(llama_8b(), layout, 1) == 2 * 31_744


@pytest.mark.parametrize("tensor", [1, 2, 8])
def test_modes_keep_less_the_more_they_compute_again(tensor: int) -> None:
    kept = [
        float(activation_bytes_per_layer(llama_8b(), Layout(tensor=tensor, recompute=mode), 1))
        for mode in ("none", "selective", "alternate", "full")
    ]
    assert kept == sorted(kept, reverse=True)


def test_logits_weigh_what_the_loss_keeps() -> None:
    batch = Batch(sequence_tokens=8192, sequences=1)
    plain, compiled = (
        float(training_memory(llama_8b(), Layout(), batch, logit_bytes=b).logits_bytes)
        for b in (14.0, 4.0)
    )
    assert plain - compiled == pytest.approx(10 * 8192 * 128_256)


TITAN = {
    "case_id": "tt_8b_8_fsdp_pea", "source": "pytorch/torchtitan", "gpu": "H100-96GB-HBM2e-500W",
    "n_gpu": 8, "model": "Llama-3.1-8B", "seq_len": 8192, "global_batch": 16,
    "precision": "bf16", "tp": 1, "pp": 1, "dp": 8, "cp": 1, "ep": 1, "metric": "peak_mem_gib",
    "value": 82.4, "notes": "FSDP2, selective AC, local bs 2",
}  # fmt: skip


def test_memory_of_a_published_run_of_torchtitan(values: dict[str, float]) -> None:
    """82.4 GiB uncompiled and 47.96 GiB on H200 with a compiled loss; no constant is fitted."""
    later = TITAN | {
        "case_id": "tt_8b_h200_32_pea", "gpu": "H200-SXM", "n_gpu": 32, "global_batch": 64,
        "dp": 32, "precision": "fp8", "notes": "FSDP2, compile, float8, local bs 2",
    }  # fmt: skip
    assert predicted(values, TITAN, later) == pytest.approx([82.4, 47.96], rel=0.1)


@pytest.mark.parametrize(
    ("case_id", "framework"),
    [("tt_8b_8_fsdp_tok", "torch"), ("tt_8b_8_fsdp_c_tok", "torch-compiled"),
     ("tt_405b_cp2_pea", "torch-compiled"), ("llmf_h100", "torch")],
)  # fmt: skip
def test_frameworks(case_id: str, framework: str) -> None:
    source = "mosaicml/llm-foundry" if case_id.startswith("llmf") else "pytorch/torchtitan"
    assert notes.framework_of(source, case_id) == framework


def test_fused_expert_recipes_are_faster_since_their_release(values: dict[str, float]) -> None:
    before, after = predicted(
        values, MIXTURE | {"notes": "NeMo 26.04 MBS 1 VP 4"}, MIXTURE | {"notes": "NeMo 26.06 VP 4"}
    )
    later_dense = predicted(
        values, BRIDGE | {"notes": "NeMo 26.04 VP 8"}, BRIDGE | {"notes": "NeMo 26.06 VP 8"}
    )
    assert after / before > 1.05 > later_dense[1] / later_dense[0]


# Cluster power


def test_metered_clusters_are_all_there_and_none_is_far_beyond_its_rating() -> None:
    table_of_power = datasets.load("power_measurements")
    metered = table_of_power[
        (table_of_power["workload"] == "training") & (table_of_power["metric"] == "mean_power")
    ]
    runs = cluster_power.metered_clusters()
    assert sorted(runs["measured_kw"] * 1e3) == pytest.approx(sorted(metered["value"]))
    assert runs["accelerator_w"].between(200, 1000).all()
    behind = runs[runs["meter"] == "behind the supplies"].set_index(["model", "accelerators"])
    plug = runs[runs["meter"] == "at the plug"].drop_duplicates(["model", "accelerators"])
    plug = plug.set_index(["model", "accelerators"])["predicted_kw"]
    assert (behind["predicted_kw"] < plug.reindex(behind.index)).all()


def test_power_of_the_pretraining_run_is_met() -> None:
    runs = cluster_power.metered_clusters().set_index("model")
    assert runs.loc["gpt-3-175b", "error_fraction"].abs().max() < 0.1


# Tables and their proof


def test_shipped_tables_belong_together() -> None:
    measured = datasets.load(table.MEASUREMENTS).set_index("case_id")
    held = datasets.load(table.HOLDOUT)
    assert set(held["split"]) == {"group", "generation"}
    assert not held.duplicated(["case_id", "split"]).any()
    then = measured.loc[held["case_id"], "value"].to_numpy(float)
    np.testing.assert_allclose(held["measured"], then, rtol=1e-5)
    np.testing.assert_allclose(
        held["relative_error"], held["predicted"] / held["measured"] - 1.0, atol=2e-5
    )
    marks = datasets.load(table.TABLE)["locator"].unique()
    assert len(marks) == 1
    assert held["locator"].str.endswith(marks[0]).all()


def test_shipped_constants_are_fitted_to_the_shipped_cases() -> None:
    path = datasets.describe(table.MEASUREMENTS).path
    assert records.fingerprint(path) in datasets.load(table.TABLE)["locator"].iloc[0]


def test_intervals_hold_about_four_in_five() -> None:
    held = datasets.load(table.HOLDOUT)
    rows = held[(held["split"] == "group") & held["low"].notna()]
    inside = (rows["measured"] >= rows["low"]) & (rows["measured"] <= rows["high"])
    assert 0.65 < inside.mean() < 0.95


def small_cases() -> list[dict[str, Any]]:
    further = {"gpu": "GB200", "n_gpu": 256, "tp": 4, "pp": 8, "cp": 1, "value": 843.0}
    return [
        row | {"source_key": "nvidia2026megatronbridge", "as_of": "2026-06-01"}
        for row in (BRIDGE, BRIDGE | further | {"case_id": "bridge-gb200"})
    ]


def test_calibration_command_writes_the_same_bytes_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Few steps: the optimum does not matter here, only that both runs take the same ones.
    monkeypatch.setattr(proof, "fit_constants", lambda cases: fit.fit_constants(cases, steps=2))
    monkeypatch.setattr(holdout, "_STEPS", 2)
    path = written(tmp_path / "cases.csv", *small_cases())
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        found = CliRunner().invoke(
            calibrate_training.training,
            [str(path), "--out", str(folder), "--workers", "1", "--holdout", "group"],
        )
        assert found.exit_code == 0, found.output
        assert "wrote training_calibration.csv and training_holdout.csv" in found.output
        made.append(
            [(folder / f"training_{t}.csv").read_bytes() for t in ("calibration", "holdout")]
        )
    assert len(made[0]) == 2
    assert made[0] == made[1]
    held = pd.read_csv(tmp_path / "one" / "training_holdout.csv")
    assert list(held["as_of"].unique()) == ["2026-06-01"]
    assert set(held["left_out"]) == set(frame(*small_cases())["group"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--holdout", "generation"], "holdout lacks 'group'"),
        (["--holdout", "group,modle"], "did you mean 'model'"),
        (["--out", "/nowhere"], "folder /nowhere does not exist"),
        (["--as-of", "June"], "as_of = 'June' is not a date"),
    ],
)
def test_calibration_command_names_bad_options(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    path = written(tmp_path / "c.csv", *small_cases())
    where = [] if "--out" in arguments else ["--out", str(tmp_path)]
    found = CliRunner().invoke(calibrate_training.training, [str(path), *where, *arguments])
    assert isinstance(found.exception, ComputebookError)
    assert message in str(found.exception)
    assert not list(tmp_path.glob("training_*.csv"))


def test_parts_without_fitted_cases_keep_the_constants() -> None:
    made = predictions.with_layouts(frame(BRIDGE, TITAN))
    start = fit.fit_constants(made, steps=5)
    held = holdout.held_out(made, "group", fit=start)
    inside = predictions.predict(predictions.prepare(made), start.values)
    assert held[1] == pytest.approx(inside[1])
    assert held[0] != pytest.approx(inside[0], rel=1e-6)


# Report and command


def test_known_cases_are_in_sample_until_held_out(values: dict[str, float]) -> None:
    path = datasets.describe(table.MEASUREMENTS).path
    held, factors = datasets.load(table.HOLDOUT), table.intervals_from_table()
    plain = report.validate(path, values, factors, held=held)
    apart = report.validate(path, values, factors, held=held, split="group")
    assert plain["predictions"]["in_sample"].sum() == held[held["fitted"]]["case_id"].nunique()
    assert not apart["predictions"]["in_sample"].any()
    known = apart["predictions"].set_index("case_id")["predicted"]
    rows = held[held["split"] == "group"].set_index("case_id")["predicted"]
    np.testing.assert_allclose(known.loc[rows.index], rows)
    lines = apart["aims"].set_index("aim_id")
    assert list(lines.index) == ["llama", "experts", "memory"]
    assert (lines["met"] == (lines["mean_error_percent"] <= lines["aim_percent"])).all()
    own = apart["predictions"]
    part = own[aims.chosen(own, "experts") & own["predicted"].notna()]
    mean = 100 * part["error_fraction"].abs().mean()
    assert lines.loc["experts", "mean_error_percent"] == pytest.approx(mean, abs=0.06)


def test_a_changed_measurement_is_no_known_case() -> None:
    held = datasets.load(table.HOLDOUT)
    known = datasets.load(table.MEASUREMENTS).rename(columns={"value": "measured"}).iloc[:3]
    same = report.matched(known, held)["fitted"]
    changed = report.matched(known.assign(measured=known["measured"] * 1.01), held)["fitted"]
    assert same.notna().any()
    assert changed.isna().all()


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
    assert "Power of metered clusters" in found.output
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
