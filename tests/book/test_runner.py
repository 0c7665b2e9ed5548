from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest

from computebook.book import execution, notebooks, runner
from computebook.errors import ComputebookError
from computebook.parameters import Parameter

GOOD = ["users = 2", "users * 3"]


def notebook(path: Path, sources: list[str]) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[0].metadata["tags"] = ["parameters"]
    cells[0].metadata["collapsed"] = True
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)))
    return path


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "_toc.yml").write_text("root: index\n")
    (tmp_path / "_config.yml").write_text("title: t\n")
    notebook(tmp_path / "chapters/good.ipynb", GOOD)
    return tmp_path


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    users = Parameter("users", "int", "users", 2, 1, 100, meaning="Users at a time.")
    monkeypatch.setattr(execution, "declared_parameters", lambda chapter: (users,))


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*partial*")]


@pytest.mark.slow
def test_a_run_is_complete_normal_and_equal_to_the_next(book: Path) -> None:
    path = book / "chapters/good.ipynb"
    assert runner.execute_chapter(path).status == "written"
    first = path.read_bytes()
    assert runner.execute_chapter(path).status == "unchanged"
    assert path.read_bytes() == first
    done = notebooks.read(path)
    assert [cell["id"] for cell in done["cells"]] == ["c000", "c001"]
    assert done["cells"][0]["metadata"] == {"tags": ["parameters"]}
    assert done["cells"][1]["outputs"][0]["data"]["text/plain"] == "6"
    assert "version" not in done["metadata"]["language_info"]
    assert notebooks.faults(done) == []
    assert left_over(book) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("last", "message"),
    [
        ("1 / 0", "cell 1: ZeroDivisionError: division by zero"),
        ("import time; time.sleep(60)", "TimeoutError"),
        ("import sys; print('odd', file=sys.stderr)", "cell 1 wrote to stderr: odd"),
        ("import pandas; pandas.DataFrame({'a': [1]})", "cell 1 shows text/html"),
        ("import os; os._exit(3)", "DeadKernelError"),
    ],
)
def test_a_fault_leaves_the_chapter_as_it_was(book: Path, last: str, message: str) -> None:
    path = notebook(book / "chapters/bad.ipynb", ["users = 1", last])
    before = path.read_bytes()
    outcome = runner.execute_chapter(path, timeout=5)
    assert outcome.failed
    assert message in outcome.message
    assert path.read_bytes() == before
    assert left_over(book) == []


@pytest.mark.slow
def test_parameters_are_injected_into_another_file(book: Path, declared: None) -> None:
    out = book / "elsewhere/run.ipynb"
    outcome = runner.execute_chapter(book / "chapters/good.ipynb", {"users": 5}, out)
    assert outcome.status == "written"
    assert notebooks.read(out)["cells"][2]["outputs"][0]["data"]["text/plain"] == "15"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"user": 5}, "unknown parameter 'user': did you mean 'users'"),
        ({"users": "5"}, "users"),
        ({"users": 0}, "users = 0 users is out of bounds: allowed 1 to 100 users"),
        ({"users": float("nan")}, "users"),
    ],
)
def test_parameters_are_checked_before_anything_runs(
    book: Path, declared: None, values: dict[str, object], message: str
) -> None:
    with pytest.raises(ComputebookError, match=message):
        runner.execute_chapter(book / "chapters/good.ipynb", values, book / "out.ipynb")
    assert not (book / "out.ipynb").exists()


def test_the_published_chapter_keeps_its_defaults(book: Path, declared: None) -> None:
    with pytest.raises(ComputebookError, match=r"good\.ipynb keeps its defaults in place"):
        runner.execute_chapter(book / "chapters/good.ipynb", {"users": 5})


def test_what_is_no_notebook_is_said_to_be_none(book: Path) -> None:
    with pytest.raises(ComputebookError, match="no notebook at"):
        runner.execute_chapter(book / "chapters/none.ipynb")
    (book / "chapters/text.ipynb").write_text("hello")
    with pytest.raises(ComputebookError, match="is not a notebook"):
        runner.execute_chapter(book / "chapters/text.ipynb")


@pytest.mark.slow
def test_refresh_executes_only_what_something_changed_for(book: Path) -> None:
    notebook(book / "index.ipynb", ["greeting = 'hi'", "greeting"])
    (book / "lib/computebook").mkdir(parents=True)
    library = book / "lib/computebook/model.py"
    library.write_text("answer = 1\n")

    def statuses() -> dict[str, str]:
        return {outcome.chapter: outcome.status for outcome in runner.refresh(root=book)}

    assert statuses() == {"index": "written", "good": "written"}
    assert statuses() == {"index": "cached", "good": "cached"}
    assert runner.stale_chapters(book) == []
    library.write_text("answer = 2\n")
    assert statuses() == {"index": "unchanged", "good": "unchanged"}
    path = book / "chapters/good.ipynb"
    path.write_text(path.read_text().replace("users * 3", "users * 4"))
    assert [stale.stem for stale in runner.stale_chapters(book)] == ["good"]
    assert statuses() == {"index": "cached", "good": "written"}


def test_an_output_changed_by_hand_is_stale(book: Path) -> None:
    path = book / "chapters/good.ipynb"
    key = notebooks.cache_key(path, book, {})
    runner._remember(path, book, key)
    assert runner.stale_chapters(book) == []
    changed = notebooks.read(path)
    changed["cells"][0]["outputs"] = [nbformat.v4.new_output("stream", text="9")]
    path.write_text(nbformat.writes(changed))
    assert notebooks.cache_key(path, book, {}) == key
    assert runner.stale_chapters(book) == [path]


@pytest.mark.slow
def test_an_interruption_leaves_nothing(book: Path) -> None:
    path = notebook(book / "chapters/slow.ipynb", ["n = 1", "import time; time.sleep(60)"])
    before = path.read_bytes()
    command = [sys.executable, "-m", "computebook.book.runner", str(path)]
    process = subprocess.Popen(command, cwd=book, start_new_session=True, stderr=subprocess.DEVNULL)
    time.sleep(4)  # by now the kernel runs the second cell
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=30) != 0
    assert path.read_bytes() == before
    assert left_over(book) == []


def test_writing_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.ipynb"
    target.write_text("old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        notebooks.write(target, "new")
    assert target.read_text() == "old"
    assert left_over(tmp_path) == []


def test_root_is_found_upwards(book: Path) -> None:
    assert runner.book_root(book / "chapters") == book
    with pytest.raises(ComputebookError, match="no report at or above"):
        runner.book_root(Path("/"))


def kernel_dying(monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    starts: list[int] = []

    def papermill(*_: Any) -> tuple[str, ...]:
        starts.append(len(starts) + 1)
        if len(starts) <= times:
            raise RuntimeError("Kernel died before replying to kernel_info")
        return ("prices",)

    monkeypatch.setattr(execution, "_papermill", papermill)
    return starts


def test_a_kernel_that_dies_before_the_first_cell_is_started_again(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = kernel_dying(monkeypatch, execution.STARTS - 1)
    path = book / "chapters" / "good.ipynb"
    assert execution._started(path, path, {}, 60, {}) == ("prices",)
    assert len(starts) == execution.STARTS


def test_a_kernel_that_never_starts_is_a_failure(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = kernel_dying(monkeypatch, 99)
    path = book / "chapters" / "good.ipynb"
    outcome = execution.execute_here(path, {}, path, 60)
    assert outcome.failed
    assert "Kernel died" in outcome.message
    assert len(starts) == execution.STARTS
