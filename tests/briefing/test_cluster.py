"""`--scheduler`: chapters and sweeps on Dask workers that have none of this package."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from computebook.briefing import cluster, worker
from computebook.errors import ComputebookError

sys.path.insert(0, str(Path(__file__).parent))
from book_tree import command, computebook, files, make_briefing, make_report

pytest.importorskip("distributed")
WAIT_S = 60.0


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not what():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


class Machines:
    """A scheduler and workers, started elsewhere, by a Python that cannot import this package."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.temporary = folder, folder / "temporary"
        self.temporary.mkdir(parents=True)
        self.python = bare_python(folder / "env")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.defpath, "HOME": str(self.folder), "TMPDIR": str(self.temporary),
        }  # fmt: skip
        process = subprocess.Popen(
            [str(self.python), "-m", "dask", *words, "--no-dashboard"],
            cwd=self.folder, env=environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.started.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start("worker", self.address, "--nthreads", "1", "--no-nanny",
                          "--local-directory", str(self.folder))  # fmt: skip

    def stop(self) -> None:
        for process in self.started:
            process.kill()
            process.wait()

    def left(self) -> list[str]:
        """Return what lies in the machines' temporary folder, but for Dask's own."""
        return [path.name for path in self.temporary.iterdir() if "dask" not in path.name]


def bare_python(folder: Path) -> Path:
    """Return an interpreter with the packages of this one, but not this package."""
    venv.create(folder, symlinks=True)
    places = [Path(place) for place in sys.path if place.endswith("-packages")]
    into = next(folder.glob("lib/python*/site-packages"))
    for entry in (entry for place in places for entry in place.iterdir()):
        own = entry.name.startswith(("computebook", "_editable")) or entry.suffix == ".pth"
        if not own and not (into / entry.name).exists():
            (into / entry.name).symlink_to(entry)
    return folder / "bin/python"


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    made = Machines(tmp_path_factory.mktemp("machines"))
    try:
        made.start("scheduler", "--host", "127.0.0.1", "--port", str(made.port))
        made.worker()
        made.worker()
        with cluster_client(made.address) as client:
            client.wait_for_workers(2, timeout=WAIT_S)
        yield made
    finally:
        made.stop()


def cluster_client(address: str) -> Any:
    wait_for(lambda: _answers(address))
    return cluster.connected(address)


def _answers(address: str) -> bool:
    host, port = address.removeprefix("tcp://").split(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except OSError:
        return False
    return True


def brief(root: Path, address: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    options = ("--formats", "", "--out", root / "out", "--scheduler", address)
    return computebook(root, "brief", *words, *options)


@pytest.mark.slow
def test_the_machines_cannot_import_this_package(machines: Machines) -> None:
    words = [str(machines.python), "-c", "import dask, papermill, computebook"]
    said = subprocess.run(words, cwd=machines.folder, capture_output=True, text=True, check=False)
    assert "No module named 'computebook'" in said.stderr


@pytest.mark.slow
def test_a_killed_machine_loses_nothing_and_nothing_stays_behind(
    machines: Machines, tmp_path: Path
) -> None:
    # The kernel says that it is at work, so that its machine is killed in the middle.
    signs = tmp_path / "signs"
    signs.mkdir()
    cell = (
        "import os, pathlib, time\n"
        f"signs = pathlib.Path({str(signs)!r})\n"
        "first = not (signs / 'pid').exists()\n"
        "(signs / 'pid').write_text(str(os.getpid()))\n"
        "time.sleep(600 if first else 0)\n"
        "users * 3"
    )
    root = make_report(tmp_path / "report", cell)
    make_briefing(root, "alpha", 5)
    words = ("brief", "alpha.yaml", "--formats", "", "--out", "out", "--scheduler")
    run = subprocess.Popen(command(*words, machines.address), cwd=root, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)  # fmt: skip
    wait_for(lambda: (signs / "pid").exists() and (signs / "pid").read_text())
    kernel = int((signs / "pid").read_text())
    doomed = machine_of(kernel, machines)
    doomed.send_signal(signal.SIGKILL)
    said = run.communicate(timeout=WAIT_S)[0]
    assert run.returncode == 0, said
    assert "15" in (root / "out/alpha/notebooks/gpu_sizing.ipynb").read_text()
    wait_for(lambda: not machines.left())
    assert not Path(f"/proc/{kernel}").exists()
    machines.worker()


def machine_of(process: int, machines: Machines) -> subprocess.Popen[bytes]:
    """Return the worker whose descendant a process is."""
    by_pid = {started.pid: started for started in machines.started}
    while process not in by_pid:
        process = int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return by_pid[process]


@pytest.mark.slow
def test_a_failing_cell_fails_its_client_alone(machines: Machines, tmp_path: Path) -> None:
    root = make_report(tmp_path / "report", "assert users != 13\nusers * 3")
    for name, users in (("alpha", 5), ("gamma", 13)):
        make_briefing(root, name, users)
    said = brief(root, machines.address, "alpha.yaml", "gamma.yaml")
    assert said.returncode == 1
    assert said.stderr.splitlines()[-1] == "Error: 1 of 2 clients failed: gamma"
    here = computebook(root, "brief", "alpha.yaml", "--formats", "", "--out", root / "here")
    assert here.returncode == 0
    name = "notebooks/gpu_sizing.ipynb"
    assert files(root / "out/alpha")[name] == files(root / "here/alpha")[name]
    assert not machines.left()


@pytest.mark.slow
def test_a_sweep_has_the_same_bytes_on_the_machines(machines: Machines, tmp_path: Path) -> None:
    words = ("sweep", "serving-cost", "--samples", "1200000", "--grid", "utilization=0.1:1")
    assert computebook(tmp_path, *words, "--out", "here.parquet").returncode == 0
    there = computebook(tmp_path, *words, "--out", "there.parquet", "--scheduler",
                        machines.address)  # fmt: skip
    assert there.returncode == 0, there.stderr
    content = files(tmp_path)
    assert content["here.parquet"] == content["there.parquet"]
    assert not machines.left()


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at 'tcp://127.0.0.1:1'"),
        ("nonsense", "write tcp://HOST:PORT"),
        ("tcp://127.0.0.1:many", "write tcp://HOST:PORT"),
        ("tpc://127.0.0.1:8786", "did you mean 'tcp'?"),
    ],
)
def test_an_address_that_does_not_answer_is_one_sentence_at_once(
    address: str, sentence: str
) -> None:
    start = time.monotonic()
    with pytest.raises(ComputebookError) as fault:
        cluster.connected(address)
    assert sentence in str(fault.value)
    assert "\n" not in str(fault.value)
    assert time.monotonic() - start < 5


@pytest.mark.slow
def test_nothing_is_written_where_no_scheduler_answers(tmp_path: Path) -> None:
    root = make_report(tmp_path / "report")
    make_briefing(root, "alpha", 5)
    said = brief(root, "tcp://127.0.0.1:1", "alpha.yaml")
    assert said.returncode == 1
    assert said.stderr.splitlines()[-1].startswith("Error: no Dask scheduler answers")
    assert not (root / "out").exists()


class Workers:
    """What a client answers when its workers have certain packages."""

    def __init__(self, *found: dict[str, str]) -> None:
        self.found = {f"tcp://10.0.0.{n}:1": versions for n, versions in enumerate(found, 1)}

    def run(self, function: object, packages: tuple[str, ...]) -> dict[str, dict[str, str]]:
        return self.found


def test_other_packages_on_a_worker_are_named() -> None:
    ours = worker.versions(cluster.NEEDED)
    cluster.check_workers(Workers(ours, ours))
    other = ours | {"numpy": "1.26.4", "papermill": ""}
    with pytest.raises(ComputebookError) as fault:
        cluster.check_workers(Workers(ours, other))
    assert str(fault.value) == (
        "1 of 2 workers have other packages than this machine; install requirements.lock there: "
        f"tcp://10.0.0.2:1: numpy 1.26.4 (here {ours['numpy']}), "
        f"papermill missing (here {ours['papermill']})"
    )
    with pytest.raises(ComputebookError, match="no worker"):
        cluster.check_workers(Workers())


def test_what_travels_is_unpacked_for_its_user_only_and_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = worker.run_folder("run")
    assert folder.stat().st_mode & 0o777 == 0o700
    place = worker.unpacked(worker.packed({"a/b.csv": b"1"}), folder)
    assert (place / "a/b.csv").read_bytes() == b"1"
    assert worker.unpacked(worker.packed({"a/b.csv": b"1"}), folder) == place
    worker.clear("run")
    assert not list(tmp_path.iterdir())
    shutil.rmtree(folder, ignore_errors=True)
