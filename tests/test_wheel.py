"""The wheel in a clean environment: it carries the data, and its entry point answers."""

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, cwd=cwd, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, cwd=root)
    return next(out.glob("*.whl"))


@pytest.mark.slow
def test_wheel_carries_code_data_and_licences(wheel: Path, root: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tables = {f"computebook/data/{path.name}" for path in (root / "data").glob("*.csv")}
    assert tables <= names
    needed = ["computebook/py.typed", "computebook/data/references.bib"]
    assert {*needed, "computebook/data/datapackage.json"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests", "chapters")) for name in names)


@pytest.mark.slow
def test_wheel_answers_in_a_clean_environment(wheel: Path, root: Path, tmp_path: Path) -> None:
    """Only the core dependencies, from the lock file's versions; no book, no test packages."""
    home = tmp_path / "clean"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    run(
        python, "-m", "pip", "install", "-q", "-c", constraints(root, tmp_path), wheel, cwd=tmp_path
    )
    packages = {
        p["name"].lower()
        for p in json.loads(run(python, "-m", "pip", "list", "--format", "json", cwd=tmp_path))
    }
    assert not packages & {"sphinx", "jupyter-book", "papermill", "pytest", "frictionless"}
    words = "memory --model deepseek-v3 --gpu h200 --context 32768 --json"
    answer = json.loads(run(home / "bin" / "computebook", *words.split(), cwd=tmp_path))
    assert {row["quantity"] for row in answer} >= {"weights", "KV cache"}
    assert "accelerators" in run(home / "bin" / "computebook", "data", "list", cwd=tmp_path)
    plan = "train --params 70b --tokens 15t --gpu h100 --count 2048 --draws 200 --json"
    assert json.loads(run(home / "bin" / "computebook", *plan.split(), cwd=tmp_path))
    for command, extra in (("build", "book"), ("brief", "book,brief"), ("sweep", "brief,cluster")):
        refused = subprocess.run(
            [home / "bin" / "computebook", command], capture_output=True, text=True, check=False
        )
        assert refused.returncode == 1
        assert f"pip install 'computebook[{extra}]'" in refused.stderr


def constraints(root: Path, folder: Path) -> Path:
    """Write the versions of the lock file without their hashes: a local wheel has none."""
    lines = (root / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [line.rstrip(" \\") for line in lines if "==" in line and not line.startswith(" ")]
    (folder / "constraints.txt").write_text("\n".join(pins), encoding="utf-8")
    return folder / "constraints.txt"
