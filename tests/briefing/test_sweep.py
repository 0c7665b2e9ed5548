"""`computebook sweep`: grids and samples, whole Parquet files with units, refusals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from computebook import cli, datasets, memory, units
from computebook.briefing import sweep as sweeps
from computebook.briefing.sweep_models import MODELS
from computebook.training_plans import Request
from computebook.training_plans.plan import placements, run_model

sys.path.insert(0, str(Path(__file__).parent))
from book_tree import command


def ran(*words: str | Path) -> Result:
    return CliRunner().invoke(cli.main, ["sweep", *map(str, words)])


def test_a_grid_holds_all_combinations_and_the_models_own_answer(tmp_path: Path) -> None:
    out = tmp_path / "cache.parquet"
    result = ran("kv-cache", "--grid", "context_tokens=8192,131072", "--grid", "kv_bits=8,16",
                 "--out", out)  # fmt: skip
    assert result.exit_code == 0, result.output
    table = pd.read_parquet(out)
    pairs = list(zip(table["context_tokens"], table["kv_bits"], strict=True))
    assert pairs == [(8192, 8), (8192, 16), (131072, 8), (131072, 16)]
    shape = datasets.architecture("llama-3.1-70b")
    alone = [memory.kv_cache_bytes(shape, c, 16, b) / units.BYTES_PER_GB for c, b in pairs]
    np.testing.assert_allclose(table["cache_gb"], alone, rtol=1e-12)


def test_the_file_says_what_its_columns_are_and_what_was_asked(tmp_path: Path) -> None:
    out = tmp_path / "cost.parquet"
    assert ran("serving-cost", "--grid", "utilization=0.1,1", "--out", out).exit_code == 0
    schema = pq.read_schema(out)
    said = {name: schema.field(name).metadata for name in schema.names}
    assert said["usd_per_mtok"][b"unit"] == b"$/M tokens"
    assert all(meaning[b"meaning"] for meaning in said.values())
    asked = sweeps.Sweep.read(schema.metadata[b"sweep"].decode())
    pd.testing.assert_frame_equal(asked.block(0), pd.read_parquet(out))


def test_samples_follow_from_the_seed_and_keep_their_draws_beside_another_parameter() -> None:
    one = sweeps.planned("serving-cost", ["utilization=0.1:1"], 500, 7).block(0)
    again = sweeps.planned("serving-cost", ["utilization=0.1:1"], 500, 7).block(0)
    other = sweeps.planned("serving-cost", ["utilization=0.1:1"], 500, 8).block(0)
    more = ["usd_per_gpu_hour=1:10:log", "utilization=0.1:1"]
    both = sweeps.planned("serving-cost", more, 500, 7).block(0)
    pd.testing.assert_frame_equal(one, again)
    assert not np.isclose(one["utilization"], other["utilization"]).any()
    np.testing.assert_array_equal(one["utilization"], both["utilization"])
    assert both["usd_per_gpu_hour"].between(1, 10).all()
    assert both["usd_per_gpu_hour"].median() < 4  # even in the logarithm, about 3.2


def test_blocks_make_up_the_table(tmp_path: Path) -> None:
    rows = sweeps.BLOCK_ROWS + 17
    out = tmp_path / "two.parquet"
    words = ("serving-cost", "--samples", str(rows), "--grid", "utilization=0.1:1", "--out", out)
    assert ran(*words).exit_code == 0
    file = pq.ParquetFile(out)
    groups = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert groups == [sweeps.BLOCK_ROWS, 17]


@pytest.mark.parametrize("name", MODELS)
def test_every_model_answers_at_its_defaults_with_what_it_declares(name: str) -> None:
    made = sweeps.Sweep(name, {})
    frame = made.block(0)
    outputs = [output.name for output in MODELS[name].outputs]
    assert list(frame.columns) == [p.name for p in MODELS[name].parameters] + outputs
    assert (frame[outputs] > 0).all(axis=None)


def test_a_training_plan_is_the_planners_own_and_empty_where_nothing_fits() -> None:
    made = sweeps.planned("training-plan", ["gpus=8,16384", "tokens=1e13,2e13"])
    frame = made.block(0).set_index(["gpus", "tokens"])
    assert frame.loc[8, "gpu_hours"].isna().all()
    ask = Request(model="llama-3.1-405b", tokens=2e13, gpu="h100-sxm", count=16_384,
                  usd_per_gpu_hour=2.5)  # fmt: skip
    alone = run_model(ask, placements(ask)[0]).central()
    assert frame.loc[(16_384, 2e13), "rental_usd"] == pytest.approx(alone["rental_usd"], rel=1e-9)
    assert frame.loc[(16_384, 2e13), "owned_usd"] == pytest.approx(alone["owned_usd"], rel=1e-9)


def test_a_fleet_is_whole_copies_and_none_where_the_model_does_not_fit() -> None:
    made = sweeps.planned("gpu-fleet", ["weights=bf16,fp8", "tensor_parallel=1,8", "users=100"])
    frame = made.block(0).set_index(["weights", "tensor_parallel"])
    assert (np.ceil(100 / frame["sequences_per_copy"]) * frame.index.get_level_values(1)
            == frame["gpus"]).all()  # fmt: skip
    small = sweeps.planned("gpu-fleet", ["gpu=h100-sxm", "weights=bf16", "tensor_parallel=1"])
    assert small.block(0)[["gpus", "usd_per_mtok"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["decode-stop"], "unknown model 'decode-stop': did you mean 'decode-step'?"),
        (["kv-cache", "--grid", "contex_tokens=1"], "did you mean 'context_tokens'?"),
        (["kv-cache", "--grid", "context_tokens=0,5"], "context_tokens = 0"),
        (["kv-cache", "--grid", "context_tokens=8k"], "context_tokens = '8k'"),
        (["kv-cache", "--grid", "context_tokens=9:5:3"], "a range rises from low to high"),
        (["kv-cache", "--grid", "context_tokens=5:9"], "without a number of values"),
        (["kv-cache", "--grid", "context_tokens=5:9:few"], "'few' is no whole number of values"),
        (["kv-cache", "--grid", "kv_bits=8", "--grid", "kv_bits=4"], "kv_bits is given twice"),
        (["kv-cache", "--grid", "kv_bits"], "'kv_bits' has no values"),
        (["decode-step", "--grid", "gpu=h10-sxm"], "did you mean"),
        (["kv-cache", "--grid", "context_tokens=1:1e6:2000"], "2,000 rows are too many to show"),
        (
            [
                *("kv-cache", "--grid", "context_tokens=1:1e6:1000000"),
                *("--grid", "batch_size=1:1000:100000"),
            ],
            "rows = 1e+11",
        ),
        (
            ["training-plan", "--samples", "2000", "--grid", "gpus=1:9e5", "--out", "x"],
            "gpus takes",
        ),
        (["kv-cache", "--out", "nowhere/x.parquet"], "folder nowhere does not exist"),
        (["kv-cache", "--scheduler", "tcp://127.0.0.1:1"], "--scheduler needs --out"),
    ],
)
def test_a_fault_is_one_sentence_and_leaves_no_file(
    words: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = ran(*words)
    assert result.exit_code == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Error: ")
    assert sentence in last
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_an_interrupt_keeps_the_old_file_and_leaves_no_partial_one(tmp_path: Path) -> None:
    out = tmp_path / "big.parquet"
    out.write_text("old")
    words = command("sweep", "serving-cost", "--samples", "500000000",
                    "--grid", "utilization=0.1:1", "--out", out)  # fmt: skip
    process = subprocess.Popen(words, env=dict(os.environ), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".*.partial")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert f"Interrupted: {out} was not written" in said
    assert [path.name for path in tmp_path.iterdir()] == ["big.parquet"]
    assert out.read_text() == "old"
