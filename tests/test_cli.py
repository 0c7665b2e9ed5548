"""The command line through its real entry point: answers, forms, refusals, exit statuses."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("computebook")


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, timeout=120, cwd=cwd, check=False
    )


def test_memory_answers_as_json(root: Path) -> None:
    words = "memory --model llama-3.1-405b --gpu h200 --context 131072 --weights fp8 --json"
    done = run(*words.split(), cwd=root)
    assert done.returncode == 0, done.stderr
    answer = {row["quantity"]: row["value"] for row in json.loads(done.stdout)}
    assert answer["weights"] == pytest.approx(405.9, abs=0.1)
    assert answer["KV cache"] == pytest.approx(131_072 * 516_096 / 1e9)
    assert answer["accelerators for one copy"] == 4


def test_a_table_comes_out_as_csv_that_equals_the_file(root: Path) -> None:
    done = run("data", "show", "accelerators", "--csv", cwd=root)
    assert done.returncode == 0
    shown = list(csv.DictReader(io.StringIO(done.stdout)))
    with (root / "data" / "accelerators.csv").open(encoding="utf-8") as stream:
        kept = list(csv.DictReader(stream))
    assert [row["accelerator_id"] for row in shown] == [row["accelerator_id"] for row in kept]


def test_columns_are_explained(root: Path) -> None:
    done = run("data", "show", "api_prices", "--fields", "--json", cwd=root)
    fields = {row["field"]: row for row in json.loads(done.stdout)}
    assert fields["output_usd_per_mtok"]["unit"] == "$/M tokens"


def test_price_differences_all_have_their_reason(root: Path) -> None:
    done = run("data", "prices", "--on", "2026-01-15", "--json", cwd=root)
    rows = json.loads(done.stdout)
    assert rows
    assert all(row["reason"] for row in rows)


def test_parameters_of_a_chapter_are_listed(root: Path) -> None:
    done = run("params", "gpu_sizing", "--json", cwd=root)
    assert done.returncode == 0, done.stderr
    assert all(row["meaning"] for row in json.loads(done.stdout))


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        ("memory --model llama-3.1-405b --gpu h10 --context 8", 1, "did you mean 'h100-sxm'?"),
        ("memory --model lama-3.1-70b --gpu h100 --context 8", 1, "did you mean 'llama-3.1-70b'?"),
        (
            "memory --model llama-3.1-70b --gpu h100 --context -8",
            1,
            "context_tokens = -8 tokens is out of bounds: allowed 0 to 1e+08 tokens",
        ),
        ("memory --model llama-3.1-70b --gpu h100 --context nan", 1, "context_tokens = nan tokens"),
        ("memory --model llama-3.1-70b --gpu h100 --context long", 2, "'long' is not a valid"),
        ("memory --model llama-3.1-70b --gpu h100 --context 8 --weights fp7", 1, "unknown precis"),
        ("memory --model llama-3.1-70b --gpu h100 --context 8 --gpus 0", 1, "tensor_parallel = 0"),
        ("memory --gpu h100 --context 8", 2, "Missing option '--model'"),
        ("data show acelerators", 1, "did you mean 'accelerators'?"),
        ("params gpu_sizin", 1, "did you mean 'gpu_sizing'?"),
        ("data prices --on yesterday", 1, "yesterday"),
        ("buld", 2, "buld"),
    ],
)
def test_bad_input_gets_one_sentence(root: Path, words: str, status: int, sentence: str) -> None:
    done = run(*words.split(), cwd=root)
    assert done.returncode == status
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ("context_token=8", "did you mean 'context_tokens'"),
        ("context_tokens=-8", "context_tokens = -8"),
        ("context_tokens=NaN", "context_tokens"),
        ("context_tokens=many", "context_tokens"),
        ("context_tokens", "write context_tokens=VALUE"),
    ],
)
def test_run_refuses_bad_parameters_and_writes_nothing(
    root: Path, tmp_path: Path, item: str, sentence: str
) -> None:
    out = tmp_path / "out.ipynb"
    done = run("run", "gpu_sizing", "-p", item, "--out", str(out), cwd=root)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_run_refuses_a_folder_that_does_not_exist(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "none" / "out.ipynb"
    done = run("run", "gpu_sizing", "--out", str(out), cwd=root)
    assert done.returncode == 1
    assert "does not exist: nothing was written" in done.stderr


def test_outside_a_checkout_the_report_commands_say_so(tmp_path: Path) -> None:
    done = run("build", cwd=tmp_path)
    assert done.returncode == 1
    assert "no report at or above" in done.stderr
