"""Calibration by command: reproducible, blind to what it leaves out, and honest about the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import datasets
from computebook.cli import main
from computebook.errors import ComputebookError
from computebook.inference import fit, holdout, proof, refit, report, scores
from computebook.inference.calibration import CONSTANTS, priors
from computebook.inference.cases import COLUMNS, ENGINES
from computebook.inference.predictions import predict
from computebook.inference.records import read_rows, write_tables
from computebook.inference.table import HOLDOUT, MEASUREMENTS, TABLE, intervals_from_table


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    path = datasets.describe(MEASUREMENTS).path
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def some(measured: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with groups of two engines and three generations."""
    static = measured["source_key"] == "nvidia2024trtllm090"
    small = static & (measured["model"] == "LLaMA 7B") & (measured["system"] != "H200")
    old = measured["model"] == "NVIDIA GPT-89B"
    chosen = measured[small | old]
    path = tmp_path_factory.mktemp("cases") / "cases.csv"
    chosen.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def cases(some: Path) -> pd.DataFrame:
    return report.cases_of(some)


@pytest.fixture(scope="module")
def best(cases: pd.DataFrame) -> fit.Fit:
    return fit.fit_constants(fit.calibration_cases(cases), priors())


GOOD = dict.fromkeys(COLUMNS, "") | {"case_id": "a", "metric": "tpot_ms", "value": "10"}


def written(path: Path, **changes: str) -> Path:
    pd.DataFrame([GOOD | changes]).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("column", "text", "sentence"),
    [
        ("value", "fast", r"line 2: value = 'fast' is not a finite number"),
        ("value", "inf", r"line 2: value = 'inf' is not a finite number"),
        ("tp", "two", r"line 2: tp = 'two' is not a finite number"),
    ],
)
def test_text_where_a_number_belongs_is_named(
    tmp_path: Path, column: str, text: str, sentence: str
) -> None:
    path = written(tmp_path / "cases.csv", **{column: text})
    with pytest.raises(ComputebookError, match=sentence):
        read_rows(path, COLUMNS)


def test_a_misspelt_column_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    pd.DataFrame([GOOD]).rename(columns={"input_len": "input_length"}).to_csv(path, index=False)
    with pytest.raises(ComputebookError, match=r"lacks columns: \['input_len'\] .*input_length"):
        read_rows(path, COLUMNS)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        ((",".join(COLUMNS) + "\n").encode(), "has a header but no cases"),
        (b"\xff\xfe\x00\x01", "is not a CSV in UTF-8"),
        (b'a,b\n"1,2\n', "is not a CSV in UTF-8|lacks columns"),
    ],
)
def test_a_file_without_cases_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "cases.csv"
    path.write_bytes(content)
    with pytest.raises(ComputebookError, match=sentence):
        read_rows(path, COLUMNS)


def test_further_columns_are_ignored_and_a_value_of_zero_is_no_measurement(tmp_path: Path) -> None:
    path = written(tmp_path / "cases.csv", colour="green", value="0")
    found = report.cases_of(path)
    assert found["reason"].item() != ""


def test_tables_are_written_all_or_none(tmp_path: Path) -> None:
    old, nowhere = tmp_path / "old.csv", tmp_path / "missing" / "new.csv"
    old.write_text("kept\n")
    frame = pd.DataFrame({"a": [1.0]})
    with pytest.raises(ComputebookError, match="nothing was written"):
        write_tables({old: frame, nowhere: frame})
    assert old.read_text() == "kept\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.csv"]


def test_an_interrupt_leaves_the_old_tables(
    some: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / f"{TABLE}.csv"
    old.write_text("kept\n")

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(holdout, "refit", stop)
    words = ["calibrate", "inference", str(some), "--out", str(tmp_path), "--workers", "1"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert old.read_text() == "kept\n"
    assert list(tmp_path.iterdir()) == [old]


def test_the_same_cases_and_seed_give_the_same_bytes(some: Path, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two", "other")]
    for folder, seed, workers in zip(folders, (1, 1, 2), (1, 2, 1), strict=True):
        folder.mkdir()
        words = ["calibrate", "inference", str(some), "--out", str(folder)]
        words += ["--seed", str(seed), "--workers", str(workers), "--holdout", "group"]
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
    one, two, other = (
        {path.name: path.read_bytes() for path in sorted(folder.iterdir())} for folder in folders
    )
    assert sorted(one) == [f"{TABLE}.csv", f"{HOLDOUT}.csv"]
    assert one == two
    constants = [pd.read_csv(folder / f"{TABLE}.csv") for folder in (folders[0], folders[2])]
    assert constants[0]["value"].equals(constants[1]["value"])
    assert not constants[0]["low"].equals(constants[1]["low"])
    assert one[f"{HOLDOUT}.csv"] != other[f"{HOLDOUT}.csv"]  # the seed stands in the locator


def test_values_of_a_group_change_no_prediction_of_it(cases: pd.DataFrame, best: fit.Fit) -> None:
    group = "llama-7b|h100-sxm|tensorrt-llm-session"
    own = cases["group"] == group
    assert 2 <= own.sum() < len(cases)
    spoilt = cases.assign(measured=cases["measured"].where(~own, 3.0 * cases["measured"]))
    clean = holdout.held_out(cases, fit=best, steps=8)
    again = holdout.held_out(spoilt, steps=8)
    np.testing.assert_allclose(again["predicted"][own], clean["predicted"][own], rtol=2e-3)
    others = ~own & (cases["reason"] == "")
    moved = np.abs(again["predicted"][others] / clean["predicted"][others] - 1.0)
    assert moved.max() > 0.01


def test_a_few_steps_from_the_optimum_equal_a_full_refit(
    cases: pd.DataFrame, best: fit.Fit
) -> None:
    quick = holdout.held_out(cases, fit=best)
    for group in holdout.groups_of(cases, "group")[1:3]:
        out = cases["group"] == group
        rest = fit.calibration_cases(cases[~out])
        full = fit.fit_constants(rest, priors(), 40)
        slow = predict(cases[out], fit.supported(full.values, rest))
        np.testing.assert_allclose(quick["predicted"][out], slow, rtol=5e-3)


def test_constants_of_a_left_out_generation_are_not_known(cases: pd.DataFrame) -> None:
    rest = fit.calibration_cases(cases[cases["generation"] != "ada"])
    values = fit.supported(priors(), rest)
    assert "memory_fraction.ada" not in values
    assert "memory_fraction.hopper" in values


def test_ranges_hold_the_optimum_and_widen_to_the_prior_without_cases(
    cases: pd.DataFrame, best: fit.Fit
) -> None:
    low, high = fit.ranges(best, cases["group"], seed=3)
    value = np.exp(best.logs)
    assert (low <= value).all()
    assert (value <= high).all()
    silent = [i for i, c in enumerate(CONSTANTS) if c.scope == "sglang"]
    width = np.log(high / low)[silent] / [CONSTANTS[i].spread for i in silent]
    np.testing.assert_allclose(width, 2 * 1.2816, rtol=0.15)


def test_constants_varied_together_are_felt_by_no_common_case(best: fit.Fit) -> None:
    sets = refit.independent_constants(best.slopes)
    assert sorted(column for group in sets for column in group) == list(range(len(CONSTANTS)))
    felt = best.slopes != 0.0
    assert all(felt[:, group].sum(axis=1).max() <= 1 for group in sets)
    assert len(sets) < len(CONSTANTS)


ratios = st.lists(st.floats(0.2, 5.0), min_size=2, max_size=30)


@settings(deadline=None)
@given(own=ratios, other=ratios, factor=st.floats(0.1, 10.0))
def test_an_interval_never_sees_its_own_group(
    own: list[float], other: list[float], factor: float
) -> None:
    groups = pd.Series(["own"] * len(own) + ["other"] * len(other))
    same = pd.Series(["load"] * len(groups))
    ones = pd.Series(np.ones(len(groups)))
    measured = pd.Series(own + other)
    spoilt = measured.mask(groups == "own", factor * measured)
    first, second = (holdout.cross_intervals(m, ones, same, groups) for m in (measured, spoilt))
    mine = groups == "own"
    assert first[mine].equals(second[mine])
    assert (first["low"] < 1.0).all()
    assert (first["high"] > 1.0).all()


@given(low=st.floats(0.1, 0.99), high=st.floats(1.01, 9.0), load=st.sampled_from(["a", "b"]))
def test_a_rate_is_as_uncertain_as_the_time_behind_it(low: float, high: float, load: str) -> None:
    down, up = report.factor_of(f"{load}.throughput", {f"{load}.tpot": (low, high)})
    assert down == pytest.approx(1.0 / high)
    assert up == pytest.approx(1.0 / low)
    back = report.factor_of(f"{load}.tpot", {f"{load}.throughput": (down, up)})
    assert back == pytest.approx((low, high))


def test_the_tables_agree_with_each_other(measured: pd.DataFrame) -> None:
    held = datasets.load(HOLDOUT)
    known = measured.set_index("case_id")["value"].astype(float)
    assert held["case_id"].isin(known.index).all()
    np.testing.assert_allclose(held["measured"], held["case_id"].map(known), rtol=1e-4)
    error = held["predicted"] / held["measured"] - 1.0
    np.testing.assert_allclose(held["relative_error"], error, atol=1e-3, rtol=1e-3)
    by_split = held.groupby("split")["case_id"].nunique()
    assert by_split["group"] == by_split["generation"]
    constants = datasets.load(TABLE)
    fitted = int(held[held["split"] == "group"]["fitted"].sum())
    assert constants["locator"].str.contains(f"fit to {fitted} cases").all()


def test_each_interval_says_whether_it_is_in_sample() -> None:
    table = datasets.load(TABLE)
    rows = table[table["field"] == "interval_factor"].set_index("scope")
    assert rows["note"].str.len().min() > 0
    seen = rows["note"].str.startswith("In sample")
    assert seen["kv_capacity.capacity"]
    assert not seen["serving_fixed_concurrency.tpot"]
    assert set(intervals_from_table()) == set(rows.index)


def test_own_table_is_in_sample_and_says_so(tmp_path: Path) -> None:
    out = tmp_path / "predictions.csv"
    path = datasets.describe(MEASUREMENTS).path
    result = CliRunner().invoke(main, ["validate", "inference", str(path), "--out", str(out)])
    assert result.exit_code == 0, result.output
    held = datasets.load(HOLDOUT)
    fitted = int(held[held["split"] == "group"]["fitted"].sum())
    assert f"{fitted:,} of " in result.output
    predictions = pd.read_csv(out)
    assert tuple(predictions.columns) == report.PREDICTION_COLUMNS
    assert len(predictions) == len(pd.read_csv(path))
    done = predictions["status"] == scores.PREDICTED
    numbers = predictions[["predicted", "low", "high", "error_fraction"]]
    assert numbers[done].notna().all(axis=None)
    assert predictions.loc[~done, "predicted"].isna().all()


def test_held_out_errors_are_those_of_the_table() -> None:
    path = datasets.describe(MEASUREMENTS).path
    words = ["validate", "inference", str(path), "--held-out", "--by", "regime", "--json"]
    rows = json.loads(CliRunner().invoke(main, words).output)
    shown = next(row for row in rows if row["group"] == "max_load.throughput")
    held = datasets.load(HOLDOUT)
    ids = report.cases_of(path).set_index("case_id")["regime"]
    own = held[(held["split"] == "group") & (held["case_id"].map(ids) == "max_load")]
    expected = 100.0 * own["relative_error"].abs().median()
    assert shown["median_absolute_error_percent"] == pytest.approx(expected, abs=0.06)
    assert shown["in_sample_cases"] == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.csv"], "cases file 'nowhere.csv' does not exist"),
        (["nowhere.csv", "--by", "gpus"], "did you mean 'gpu'"),
        (["nowhere.csv", "--out", "missing/x.csv"], "folder missing does not exist"),
        (["nowhere.csv", "--out", "."], "is a folder"),
    ],
)
def test_a_wrong_word_is_answered_in_a_sentence(words: list[str], sentence: str) -> None:
    result = CliRunner().invoke(main, ["validate", "inference", *words])
    assert result.exit_code == 1
    assert sentence in result.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--holdout", "groups"], "did you mean 'group'"),
        (["--holdout", "generation"], "holdout lacks 'group'"),
        (["--out", "missing"], "folder missing does not exist"),
        (["--as-of", "yesterday"], "as_of = 'yesterday' is not a date"),
    ],
)
def test_a_wrong_calibration_is_refused(some: Path, words: list[str], sentence: str) -> None:
    result = CliRunner().invoke(main, ["calibrate", "inference", str(some), *words])
    assert result.exit_code == 1
    assert sentence in result.output


def test_a_table_without_dates_needs_one(some: Path) -> None:
    path = some.parent / "undated.csv"
    pd.read_csv(some, dtype=str).drop(columns="as_of").to_csv(path, index=False)
    with pytest.raises(ComputebookError, match="carry no date"):
        proof.prove(path)


def test_the_real_command_predicts_a_file(tmp_path: Path) -> None:
    path = written(
        tmp_path / "cases.csv", system="H100", n_gpu="4", tp="4", model="meta-llama/Llama-3.1-70B",
        weights_dtype="fp8", input_len="1024", output_len="1024", concurrency_or_batch="16",
        engine="vllm", regime="serving_fixed_concurrency",
    )  # fmt: skip
    command = Path(sys.executable).with_name("computebook")
    words = [str(command), "validate", "inference", str(path), "--csv"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "gpu,H100,1,100.0" in done.stdout


def test_every_engine_has_its_own_constants() -> None:
    scopes = {constant.scope for constant in CONSTANTS}
    assert set(ENGINES) <= scopes
