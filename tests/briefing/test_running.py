"""The command that makes briefings: whole folders, failures, resumption, interruption."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from computebook import briefing as briefings
from computebook import cli
from computebook.briefing import digests, failure, manifest, running, staging, work
from computebook.briefing.processes import Job, Processes
from computebook.briefing.running import ClientOutcome, Options
from computebook.errors import ComputebookError

sys.path.insert(0, str(Path(__file__).parent))
from book_tree import (
    READS_SYSTEMS,
    brief,
    files,
    make_briefing,
    make_report,
    notebook,
    strays,
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with two clients that can be served and two that fail."""
    root = make_report(tmp_path_factory.mktemp("report"), "assert users != 13\nusers * 3")
    for name, users in (("alpha", 5), ("beta", 64), ("gamma", 13), ("delta", 13)):
        make_briefing(root, name, users)
    return root


@pytest.fixture(scope="module")
def first_run(report: Path) -> subprocess.CompletedProcess[str]:
    return brief(report, "alpha.yaml", "beta.yaml", "gamma.yaml", "delta.yaml")


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.glob(".*")]


@pytest.mark.slow
def test_each_client_has_a_folder_and_one_failure_stops_nobody(
    report: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    assert first_run.returncode == 2  # as many as failed
    said = first_run.stderr.splitlines()[-1]
    assert said.startswith("Error: 2 of 4 clients failed: ")
    assert set(said.split(": ")[-1].split(", ")) == {"gamma", "delta"}
    out = report / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        *("alpha", "beta", "delta.failed", "gamma.failed")
    ]
    assert set(files(out / "alpha")) == {
        "manifest.json",
        "notebooks/benchmarks.ipynb",
        "notebooks/gpu_sizing.ipynb",
    }
    executed = (out / "alpha/notebooks/gpu_sizing.ipynb").read_text()
    assert '"15"' in executed
    assert "users = 5" in executed


@pytest.mark.slow
def test_the_failure_names_cell_error_and_parameters(
    report: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    folder = report / "out/gamma.failed"
    fault = json.loads((folder / "failure.json").read_text())["faults"][0]
    assert fault["step"] == "gpu_sizing"
    assert fault["message"].startswith("cell 3: AssertionError")
    assert fault["parameters"] == {"users": 13}
    page = (folder / "FAILED.md").read_text()
    assert "assert users != 13" in page
    assert "`users`: `13`" in page
    assert "\x1b" not in page
    assert "gamma: failed: gpu_sizing: cell 3: AssertionError" in first_run.stderr


@pytest.mark.slow
def test_the_manifest_says_what_went_in(
    report: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    content = json.loads((report / "out/alpha/manifest.json").read_text())
    users = content["parameters"]["gpu_sizing"]["users"]
    assert (users["value"], users["default"], users["overridden"]) == (5, 64, True)
    assert not content["parameters"]["benchmarks"]["confidence_percent"]["overridden"]
    assert content["request"]["inputs"] == {"briefing": digests.file(report / "alpha.yaml")}
    assert content["request"]["commit"] is None
    assert content["date"] == "2026-01-15T00:00:00Z"
    opened = content["executions"]["benchmarks"]["opened"]
    assert set(opened) == {"datapackage.json", "terms.csv"}
    assert content["executions"]["gpu_sizing"]["opened"] == {}
    recorded = content["files"]["notebooks/gpu_sizing.ipynb"]
    assert recorded == digests.file(report / "out/alpha/notebooks/gpu_sizing.ipynb")
    assert str(report) not in json.dumps(content)


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes_and_a_second_run_executes_nothing(
    report: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    before = files(report / "out/alpha")
    again = brief(report, "alpha.yaml")
    assert "alpha: 0 chapters executed, 2 taken over" in again.stderr
    assert files(report / "out/alpha") == before
    shutil.move(report / "out/alpha", report / "kept")
    anew = brief(report, "alpha.yaml")
    assert "alpha: 1 chapters executed, 1 taken over" in anew.stderr
    assert files(report / "out/alpha") == before


@pytest.mark.slow
def test_resume_does_what_is_missing_or_stale(
    report: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    shutil.copytree(report / "out/beta", report / "out/kept-beta")
    resumed = brief(report, "beta.yaml", "--resume")
    assert "beta: current, nothing to do" in resumed.stderr
    (report / "out/beta/notebooks/benchmarks.ipynb").unlink()
    assert (
        "beta: 0 chapters executed, 2 taken over" in brief(report, "beta.yaml", "--resume").stderr
    )
    assert files(report / "out/beta") == files(report / "out/kept-beta")
    shutil.rmtree(report / "out/kept-beta")


@pytest.mark.slow
def test_other_data_executes_only_the_chapters_that_read_it(tmp_path: Path) -> None:
    root = make_report(tmp_path)
    notebook(root / "chapters/validation.ipynb", ["x = 1", READS_SYSTEMS])
    chapters = ["benchmarks", "gpu_sizing", "validation"]
    make_briefing(root, "alpha", 5, chapters=chapters)
    assert brief(root, "alpha.yaml").returncode == 0
    places = work.Places(root, root / "staging", root / "out/alpha")
    places.staging.mkdir()
    plan = work.prepare(places, briefings.load(root / "alpha.yaml"))
    assert set(plan.ways.values()) == {work.OWN}
    data = plan.data | {"systems.csv": "other"}
    known = (manifest.read(places.target) or {})["executions"]
    overrides = {"gpu_sizing": {"users": 5}}
    held = {
        name: digests.is_reusable(
            known[name], plan.sources[name], plan.code, overrides.get(name, {}), data
        )
        for name in chapters
    }
    assert held == {"benchmarks": True, "gpu_sizing": True, "validation": False}
    assert not digests.is_reusable(
        known["gpu_sizing"], plan.sources["gpu_sizing"], plan.code, {"users": 6}, plan.data
    )
    assert not digests.is_reusable(
        known["gpu_sizing"], plan.sources["gpu_sizing"], "other code", {"users": 5}, plan.data
    )


@pytest.mark.slow
def test_a_killed_kernel_is_a_failure_like_another(tmp_path: Path) -> None:
    root = make_report(tmp_path, "import os; os.kill(os.getpid(), 9)")
    make_briefing(root, "alpha", 5)
    done = brief(root, "alpha.yaml")
    assert done.returncode == 1
    assert "DeadKernelError" in (root / "out/alpha.failed/FAILED.md").read_text()
    assert [path.name for path in (root / "out").iterdir()] == ["alpha.failed"]
    assert strays(str(tmp_path)) == []


INTERRUPTED_IN = ("loading", "executing", "building", "writing")


@pytest.mark.slow
@pytest.mark.parametrize("phase", INTERRUPTED_IN)
def test_an_interrupt_leaves_nothing(tmp_path: Path, phase: str) -> None:
    """A file says which phase is reached; the command is then interrupted."""
    slow = f"import time; open({str(tmp_path / 'reached')!r}, 'w').close(); time.sleep(60)"
    root = make_report(tmp_path / "report", slow if phase == "executing" else "users * 3")
    make_briefing(root, "alpha", 5)
    start = f"import interrupted; interrupted.main({phase!r}, {str(tmp_path / 'reached')!r})"
    process = subprocess.Popen(
        [sys.executable, "-c", start, "brief", "alpha.yaml", "--formats", "json", "--out", "out"],
        cwd=root,
        env=dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parent)},
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "reached").exists() and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert process.returncode in (1, 130)
    assert "Interrupted" in said or "Aborted" in said
    assert "Traceback" not in said
    left = [] if not (root / "out").exists() else [p.name for p in (root / "out").iterdir()]
    assert left == []
    assert strays(str(tmp_path)) == []


def test_what_a_dead_process_left_is_swept_and_put_back(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    gone = tmp_path / f".alpha.{dead.pid}.partial"
    (gone / "replaced").mkdir(parents=True)
    (gone / "replaced/manifest.json").write_text("{}")
    ours = staging.staging_folder(tmp_path, "beta")
    ours.mkdir()
    staging.sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [ours.name, "alpha"]
    assert (tmp_path / "alpha/manifest.json").is_file()


def test_a_folder_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished, target = tmp_path / "staging/finished", tmp_path / "alpha"
    finished.mkdir(parents=True)
    (finished / "new").touch()
    target.mkdir()
    (target / "old").touch()
    rename = Path.rename

    def fail(self: Path, place: Path) -> Path:
        if self == finished:
            raise OSError(errno.ENOSPC, "No space left on device")
        return rename(self, place)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail)
        with pytest.raises(OSError, match="No space left"):
            staging.put_in_place(finished, target)
    assert [path.name for path in target.iterdir()] == ["old"]
    staging.put_in_place(finished, target)
    assert [path.name for path in target.iterdir()] == ["new"]


def full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "somewhere")


@pytest.mark.parametrize("function", ["prepare", "close_folder"])
def test_a_full_disk_fails_the_client_and_leaves_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    root = make_report(tmp_path)
    old = root / "out/alpha"
    old.mkdir(parents=True)
    (old / "kept").touch()
    asked = [briefings.load(make_briefing(root, "alpha", 5))]
    monkeypatch.setattr(work, function, full_disk)
    monkeypatch.setattr(running, "execute_here", unexpected)
    if function == "close_folder":
        monkeypatch.setattr(work, "prepare", lambda places, briefing: prepared_empty(places))
    events = list(running.run(asked, Options(root, root / "out", formats=())))
    outcome = next(event for event in events if isinstance(event, ClientOutcome))
    assert outcome.failed
    assert "No space left on device" in outcome.message
    assert [path.name for path in old.iterdir()] == ["kept"]
    assert hidden(root / "out") == []


def unexpected(*_: object) -> None:
    raise AssertionError("nothing has to be executed")


def prepared_empty(places: work.Places) -> work.Plan:
    (places.book / "chapters").mkdir(parents=True)
    places.finished.mkdir(parents=True)
    return work.Plan()


def test_a_failure_that_cannot_be_written_is_still_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_report(tmp_path)
    asked = [briefings.load(make_briefing(root, "alpha", 5))]
    monkeypatch.setattr(work, "prepare", full_disk)
    monkeypatch.setattr(failure, "write_folder", full_disk)
    outcome = list(running.run(asked, Options(root, root / "out", formats=())))[-1]
    assert isinstance(outcome, ClientOutcome)
    assert "alpha.failed could not be written: No space left on device" in outcome.message


def test_an_unwritable_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        ComputebookError, match=r"folder .*file/out cannot be written .*nothing was done"
    ):
        staging.prepared(tmp_path / "file" / "out")


def test_wrong_requests_are_refused_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_report(tmp_path / "report")
    monkeypatch.chdir(root)
    make_briefing(root, "alpha", 5)

    def said(*words: str) -> str:
        result = CliRunner().invoke(cli.main, ["brief", *words])
        assert result.exit_code == 1
        return result.output

    assert "unknown format 'pfd': did you mean 'pdf'" in said("alpha.yaml", "--formats", "pfd")
    assert "unknown chapter 'gpu_sizng': did you mean" in said(
        "alpha.yaml", "--chapters", "gpu_sizng"
    )
    assert "no briefing given" in said()
    assert "alpha.yaml exists: nothing was written" in said("--new", "alpha.yaml")
    assert not (root / "briefings").exists()


def test_two_clients_of_one_name_are_refused(tmp_path: Path) -> None:
    root = make_report(tmp_path)
    one = briefings.load(make_briefing(root, "alpha", 5))
    other = one.model_copy(update={"client": "Another"})
    with pytest.raises(ComputebookError, match="share the folder name 'alpha'"):
        next(running.run([one, other], Options(root, root / "out")))
    assert not (root / "out").exists()


def test_a_new_briefing_is_accepted_as_it_is(tmp_path: Path) -> None:
    made = CliRunner().invoke(cli.main, ["brief", "--new", str(tmp_path / "client.yaml")])
    assert made.exit_code == 0, made.output
    assert briefings.load(tmp_path / "client.yaml").slug


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_dies_takes_no_other_along() -> None:
    with Processes(2) as processes:
        processes.submit(Job("a", "dies", killed))
        processes.submit(Job("b", "lives", os.getcwd))
        ended = []
        while processes.busy:
            ended += processes.poll()
    by_name = {end.job.name: end for end in ended}
    assert by_name["lives"].value == str(Path.cwd())
    assert "its process was killed" in by_name["dies"].error


def test_jobs_of_the_first_client_come_first_and_dropped_ones_never() -> None:
    with Processes(1) as processes:
        processes.submit(Job("late", "late", os.getpid), rank=2)
        processes.submit(Job("dropped", "dropped", os.getpid), rank=1)
        processes.submit(Job("early", "early", os.getpid), rank=0)
        processes.drop("dropped")
        names = []
        while processes.busy:
            names += [end.job.name for end in processes.poll()]
    assert names == ["early", "late"]
