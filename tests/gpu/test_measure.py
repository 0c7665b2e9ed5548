"""Rows and the run without PyTorch, a rehearsal with it, and the GPU where there is one."""

from __future__ import annotations

import csv
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from kernelbench import counting, plan, rows, running, shapes
from kernelbench.counting import AttentionCase, CopyCase, MatmulCase, Peaks
from kernelbench.rows import CannotRunError, Machine, Result
from kernelbench.shapes import AttentionShape, WeightShape

HERE = Path(__file__).parent
ARCHITECTURES = shapes.read_table("architectures")
H100 = Peaks(
    "h100-sxm", 3.35e12, {"bf16": 989e12, "fp16": 989e12, "tf32": 494.5e12, "fp8": 1979e12}
)
MACHINE = Machine("NVIDIA H100 80GB HBM3", "2.13.0", "2026-11-23", seed=7, cuda="13.0")

NO_TORCH = importlib.util.find_spec("torch") is None
needs_torch = pytest.mark.skipif(NO_TORCH, reason="PyTorch is not installed")


def attention(name: str, tensor_parallel: int = 1, layer: int = 0) -> AttentionShape:
    return shapes.attention_shapes(ARCHITECTURES[name], tensor_parallel)[layer]


def script(*words: str, code: str = "") -> subprocess.CompletedProcess[str]:
    command = ["-c", code] if code else [str(HERE / "measure.py")]
    return subprocess.run(
        [sys.executable, *command, *words], capture_output=True, text=True, check=False
    )


def passed(seconds: float = 1e-4, error: float = 1e-3, **changes: object) -> Result:
    values = {
        "times_s": (seconds,) * 10, "check_error": error, "check_tolerance": 4e-3, "passed": True,
        "method": "mm", "launch": "graph", "buffers": 3,
    }  # fmt: skip
    return Result(**(values | changes))


class TestRows:
    CASES = (
        CopyCase(10**9),
        MatmulCase(WeightShape("llama-3.1-8b", 1, "qkv", 6144, 4096), "bf16", 16),
        AttentionCase(attention("gpt-oss-120b", layer=1), 400_000, 8),
        AttentionCase(attention("deepseek-v3"), 400_000, 1),
    )

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
    def test_a_row_fits_the_table(self, case: counting.Case, tmp_path: Path) -> None:
        clocks = {"driver": "580.1", "sm_clock_mhz": "1980"}
        row = rows.make_row(case, MACHINE, H100, passed(clocks=clocks))
        with rows.RowFile(tmp_path / "rows.csv") as file:
            file.write(row)
        (read,) = rows.read_rows(tmp_path / "rows.csv")
        assert read["driver"] == "580.1"
        assert_fits(read)

    def test_values_of_a_row(self) -> None:
        times = tuple(1e-3 * (1 + step / 100) for step in range(11))
        row = rows.make_row(CopyCase(10**9), MACHINE, H100, passed(times_s=times))
        assert (row["status"], row["value"], row["unit"]) == ("measured", "1.9048", "TB/s")
        assert (row["time_us"], row["time_p10_us"], row["time_p90_us"]) == ("1050", "1010", "1090")
        # 2 GB at 3.35 TB/s take 597 us.
        assert (row["bound"], row["fraction_of_peak"]) == ("memory", "0.5686")
        assert row["measurement_id"] == "nvidia-h100-80gb-hbm3-copy-1000000000b-20261123"

    def test_an_unknown_gpu_has_no_fraction(self) -> None:
        row = rows.make_row(CopyCase(10**9), MACHINE, None, passed())
        assert (row["accelerator_id"], row["bound"], row["fraction_of_peak"]) == ("", "", "")
        assert row["value"]

    def test_a_failed_check_is_no_measurement(self) -> None:
        row = rows.make_row(CopyCase(10**9), MACHINE, H100, passed(error=0.5, passed=False))
        assert row["status"] == "invalid"
        assert "0.5" in row["reason"]

    def test_a_rehearsal_is_marked(self) -> None:
        here = Machine("cpu", "2.13.0", "2026-11-23", seed=0, rehearsal=True)
        assert rows.make_row(CopyCase(64), here, None, passed())["status"] == "rehearsal"

    def test_the_descriptor_is_one_of_a_table_here(self) -> None:
        datapackage = json.loads((shapes.DATA / "datapackage.json").read_text(encoding="utf-8"))
        ours = json.loads(rows.DESCRIPTOR.read_text(encoding="utf-8"))
        other = next(r for r in datapackage["resources"] if r["name"] == "kv_measurements")
        assert set(ours) == set(other)
        tail = [field["name"] for field in other["schema"]["fields"][-6:]]
        assert rows.columns()[-6:] == tail
        for field in ours["schema"]["fields"]:
            assert field["title"]
            assert field["description"]
            assert field["type"] in ("string", "date") or field["unit"]

    def test_units_are_written_as_in_the_other_tables(self) -> None:
        texts = (shapes.DATA / "datapackage.json", rows.DESCRIPTOR)
        package, ours = (json.loads(path.read_text(encoding="utf-8")) for path in texts)
        used = {
            field.get("unit")
            for table in package["resources"]
            for field in table["schema"]["fields"]
        }
        new = {field.get("unit") for field in ours["schema"]["fields"]} - used
        assert new <= {"µs", "MHz", "FLOP", "°C"}


def assert_fits(row: dict[str, str]) -> None:
    """Check a row against the types and bounds of the table's descriptor."""
    fields = json.loads(rows.DESCRIPTOR.read_text(encoding="utf-8"))["schema"]["fields"]
    assert list(row) == [field["name"] for field in fields]
    for field in fields:
        value, limits = row[field["name"]], field.get("constraints", {})
        if not value:
            assert not limits.get("required"), field["name"]
            continue
        kind = {"integer": int, "number": float}.get(field["type"], str)
        assert kind(value) >= limits.get("minimum", kind(value)), field["name"]
        assert value in limits.get("enum", [value]), field["name"]


class TestRunning:
    CASES = (CopyCase(64), CopyCase(128), CopyCase(256))

    def run(self, tmp_path: Path, *outcomes: Result | BaseException) -> tuple[int, list[str]]:
        def measure(case: counting.Case) -> Result:
            outcome = outcomes[[c.size_bytes for c in self.CASES].index(case.moved_bytes // 2)]
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        with rows.RowFile(tmp_path / "rows.csv") as file:
            status = running.run_cases(self.CASES, MACHINE, H100, measure, file)
        written = list(rows.read_rows(tmp_path / "rows.csv"))
        assert not (tmp_path / "rows.csv.part").exists()
        return status, [f"{row['status']} {row['reason']}".strip() for row in written]

    def test_a_full_memory_skips_one_case(self, tmp_path: Path) -> None:
        full = RuntimeError("CUDA out of memory. Tried to allocate 80.00 GiB\nmore")
        status, written = self.run(tmp_path, passed(), full, passed())
        assert status == 0
        assert written[0] == written[2] == "measured"
        assert written[1].startswith("skipped RuntimeError: CUDA out of memory")

    def test_what_cannot_run_says_why(self, tmp_path: Path) -> None:
        status, written = self.run(
            tmp_path, CannotRunError("needs 90 GB of 80 GB free memory"), passed(), passed()
        )
        assert status == 0
        assert written[0] == "skipped needs 90 GB of 80 GB free memory"

    def test_a_failed_check_fails_the_run(self, tmp_path: Path) -> None:
        status, written = self.run(tmp_path, passed(passed=False), passed(), passed())
        assert status == 1
        assert written[0].startswith("invalid differs from float64")

    def test_an_error_fails_the_run_but_not_the_rest(self, tmp_path: Path) -> None:
        status, written = self.run(tmp_path, RuntimeError("no kernel"), passed(), passed())
        assert status == 1
        assert written == ["invalid RuntimeError: no kernel", "measured", "measured"]

    def test_an_interruption_keeps_what_was_measured(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, written = self.run(tmp_path, passed(), KeyboardInterrupt(), passed())
        assert (status, written) == (130, ["measured"])
        assert "1 of 3 rows are kept" in capsys.readouterr().out

    def test_rows_are_on_disk_before_the_end(self, tmp_path: Path) -> None:
        out = tmp_path / "rows.csv"
        out.write_text("earlier\n", encoding="utf-8")
        with rows.RowFile(out) as file:
            file.write(rows.make_row(CopyCase(64), MACHINE, H100, passed()))
            assert len(list(rows.read_rows(tmp_path / "rows.csv.part"))) == 1
            assert out.read_text(encoding="utf-8") == "earlier\n"
        assert len(list(rows.read_rows(out))) == 1


class TestCommandLine:
    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("--only", "copy,sorting"), "'sorting' is not one of copy, matmul, attention"),
            (("--seed", "-1"), "'-1' is not an integer from 0"),
            (("--device", "tpu"), "'tpu' is not cpu, cuda or cuda:NUMBER"),
            (("--device", "cuda:x"), "'cuda:x' is not cpu, cuda or cuda:NUMBER"),
        ],
    )
    def test_wrong_arguments_are_named(
        self, tmp_path: Path, words: tuple[str, ...], message: str
    ) -> None:
        ended = script("--out", str(tmp_path / "rows.csv"), *words)
        assert ended.returncode == 2
        assert message in ended.stderr

    def test_a_file_is_not_overwritten_unasked(self, tmp_path: Path) -> None:
        out = tmp_path / "rows.csv"
        out.write_text("earlier\n", encoding="utf-8")
        ended = script("--out", str(out))
        assert ended.returncode == 2
        assert "add --force" in ended.stderr
        assert out.read_text(encoding="utf-8") == "earlier\n"

    def test_a_missing_folder_is_named(self, tmp_path: Path) -> None:
        ended = script("--out", str(tmp_path / "none" / "rows.csv"))
        assert ended.returncode == 2
        assert "there is no folder" in ended.stderr

    def test_without_pytorch_one_sentence(self, tmp_path: Path) -> None:
        hide = (
            "import sys, runpy, importlib.util as u; find = u.find_spec\n"
            "u.find_spec = lambda n, *a: None if n == 'torch' else find(n, *a)\n"
            f"sys.path.insert(0, {str(HERE)!r})\n"
            f"runpy.run_path({str(HERE / 'measure.py')!r}, run_name='__main__')"
        )
        ended = script("--out", str(tmp_path / "rows.csv"), code=hide)
        assert ended.returncode == 2
        expected = "PyTorch is not installed in this Python: run `python -m pip install torch`."
        assert ended.stderr.strip() == expected
        assert not list(tmp_path.iterdir())


def gpus() -> int:
    """Return how many GPUs PyTorch sees, asked in a process of its own: importing it may warn."""
    if NO_TORCH:
        return 0
    count = "import torch; print(torch.cuda.device_count() if torch.cuda.is_available() else 0)"
    return int(script(code=count).stdout or 0)


@needs_torch
class TestRehearsal:
    def test_every_path_runs_and_passes_its_check(self, tmp_path: Path) -> None:
        out = tmp_path / "rows.csv"
        ended = script("--out", str(out), "--device", "cpu")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        written = list(rows.read_rows(out))
        assert len(written) == len(plan.plan("rehearsal", plan.METRICS, ARCHITECTURES))
        assert {row["status"] for row in written} <= {"rehearsal", "skipped"}
        assert all(row["precision"] == "fp8" for row in written if row["status"] == "skipped")
        for row in written:
            assert_fits(row)

    def test_the_sample_and_the_inputs_follow_the_seed(self, tmp_path: Path) -> None:
        errors = []
        for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
            out = tmp_path / f"{name}.csv"
            script("--out", str(out), "--device", "cpu", "--only", "matmul", "--seed", seed)
            errors.append([row["check_error"] for row in rows.read_rows(out)])
        assert errors[0] == errors[1] != errors[2]

    def test_checks_see_a_wrong_result(self) -> None:
        code = (
            f"import sys, warnings; sys.path.insert(0, {str(HERE)!r})\n"
            "warnings.simplefilter('ignore')\n"
            "import torch\n"
            "from kernelbench.device.checks import compare\n"
            "x = torch.randn(256, dtype=torch.float64); nan = x.clone(); nan[3] = float('nan')\n"
            "one = x.clone(); one[3] += 1.0\n"
            "cases = (x, x.bfloat16(), x * 1.01, one, nan, torch.zeros(256))\n"
            "print([compare(case, x, 4e-3)[1] for case in cases])"
        )
        assert script(code=code).stdout.strip() == "[True, True, False, False, False, False]"

    @pytest.mark.parametrize(("weighting", "passed"), [("share", True), ("1 / parts", False)])
    def test_a_wrong_merge_of_split_contexts_is_seen(self, weighting: str, passed: bool) -> None:
        code = (
            f"import sys, warnings; sys.path.insert(0, {str(HERE)!r})\n"
            "warnings.simplefilter('ignore')\n"
            "import inspect, torch\n"
            "from kernelbench import plan, shapes\n"
            "from kernelbench.device import attention\n"
            "source = inspect.getsource(attention.merge)\n"
            f"exec(source.replace('* share', '* ({weighting})'), vars(attention))\n"
            "record = shapes.read_table('architectures')['llama-3.1-8b']\n"
            "shape = shapes.attention_shapes(record)[0]\n"
            "case = plan.AttentionCase(shape, 4096, 1)\n"
            "generator = torch.Generator().manual_seed(1)\n"
            "found = attention.measure(case, 1, torch.device('cpu'), generator, processors=132)\n"
            "print(found.passed, found.note)"
        )
        said = script(code=code).stdout
        assert said.startswith(f"{passed} ")
        assert "split-32" in said

    def test_without_a_gpu_one_sentence(self, tmp_path: Path) -> None:
        if gpus():
            pytest.skip("a GPU is at hand")
        ended = script("--out", str(tmp_path / "rows.csv"))
        assert ended.returncode == 2
        assert "`--device cpu` rehearses" in ended.stderr
        assert not list(tmp_path.iterdir())


@needs_torch
class TestGpu:
    def test_the_quick_set_is_right_and_within_the_peaks(self, tmp_path: Path) -> None:
        if not gpus():
            pytest.skip("PyTorch sees no CUDA GPU")
        out = tmp_path / "rows.csv"
        ended = script("--out", str(out), "--quick")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        with out.open(encoding="utf-8", newline="") as file:
            written = list(csv.DictReader(file))
        measured = [row for row in written if row["status"] == "measured"]
        assert {row["metric"] for row in measured} == {"copy", "matmul", "decode-attention"}
        for row in written:
            assert_fits(row)
            assert row["status"] in ("measured", "skipped")
            assert float(row["fraction_of_peak"] or 0) <= 1.05
