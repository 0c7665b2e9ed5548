"""Run jobs in processes of their own: one that dies takes no other along, and none outlives us.

A pool of the standard library breaks as a whole when one worker is killed, and cannot say which
job it was. Here each job has a fresh process, in a session of its own so that an interrupt from
the keyboard reaches only the driver, which then ends what it started, kernels and browsers too.
"""

from __future__ import annotations

import contextlib
import heapq
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing import connection, forkserver
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Final

import psutil

from computebook.errors import ComputebookError

__all__ = ["Ended", "Job", "Processes", "terminated_as_interrupted", "undisturbed"]

GRACE_S: Final = 5.0
"""Time that a process has to close its kernel or browser before it is killed."""

_LOG_KEPT: Final = 4_000
_THREADS: Final = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
_PRELOADED: Final = ("computebook.briefing.work", "papermill")


@dataclass(frozen=True)
class Job:
    """One call in a process of its own.

    Parameters
    ----------
    owner : str
        Whose work it is: a client's folder name.
    name : str
        What it does, for progress and failures.
    function : callable
        Importable by its name.
    arguments : tuple
        What it is called with; can be pickled.
    environment : mapping
        Variables on top of ours.
    """

    owner: str
    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ended:
    """How a job ended.

    Parameters
    ----------
    job : Job
        Which.
    value : any
        What its function returned.
    error : str
        One sentence why it failed, empty for success.
    detail : str
        Traceback and what the process printed.
    seconds : float
        Wall-clock time.
    """

    job: Job
    value: Any = None
    error: str = ""
    detail: str = ""
    seconds: float = 0.0


@dataclass
class _Running:
    job: Job
    process: BaseProcess
    results: Connection
    start: float


class Processes:
    """A queue of jobs, of which a number run at a time; a context that leaves no process behind.

    Parameters
    ----------
    workers : int
        Processes at a time, 1 to 64.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._context = _context()
        self._waiting: list[tuple[int, int, Job]] = []
        self._running: list[_Running] = []
        self._submitted = 0

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def submit(self, job: Job, rank: int = 0) -> None:
        """Queue a job; of those waiting, the one of lowest rank starts first."""
        self._submitted += 1
        heapq.heappush(self._waiting, (rank, self._submitted, job))

    @property
    def busy(self) -> bool:
        """Whether a job waits or runs."""
        return bool(self._waiting or self._running)

    def poll(self, wait_s: float = 0.5) -> list[Ended]:
        """Return the jobs that ended, waiting a moment for the first one."""
        self._fill()
        if not self._running:
            return []
        ready = connection.wait([run.results for run in self._running], wait_s)
        done = [run for run in self._running if run.results in ready]
        self._running = [run for run in self._running if run not in done]
        return [_outcome(run) for run in done]

    def drop(self, owner: str) -> None:
        """Forget the waiting jobs of an owner, and end those that run."""
        self._waiting = [entry for entry in self._waiting if entry[2].owner != owner]
        heapq.heapify(self._waiting)
        mine = [run for run in self._running if run.job.owner == owner]
        self._running = [run for run in self._running if run not in mine]
        _end(mine)

    def stop(self) -> None:
        """End everything."""
        self._waiting.clear()
        running, self._running = self._running, []
        _end(running)

    def _fill(self) -> None:
        while self._waiting and len(self._running) < self.workers:
            job = heapq.heappop(self._waiting)[2]
            ours, theirs = self._context.Pipe(duplex=False)
            environment = dict(os.environ) | dict(job.environment)
            process = self._context.Process(
                target=_child, args=(theirs, job.function, job.arguments, environment)
            )
            self._running.append(_Running(job, process, ours, time.perf_counter()))
            process.start()
            theirs.close()


def _context() -> Any:
    """Return how processes are made: forked from a small server that has imported what they need.

    The server has one thread and no socket of ours; where there is none, a process starts bare.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_PRELOADED))
    with _one_thread():
        forkserver.ensure_running()
    return context


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Keep NumPy from starting threads in the server; a process gets our variables back."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            os.environ.update({} if value is None else {name: value})


def _outcome(run: _Running) -> Ended:
    seconds = time.perf_counter() - run.start
    try:
        value, error, detail = run.results.recv()
    except (EOFError, OSError):
        run.process.join(GRACE_S)
        how = f"exit status {run.process.exitcode}"
        error = f"its process was killed ({how}); was memory short?"
        value, detail = None, ""
    finally:
        run.results.close()
    run.process.join(GRACE_S)
    _end([run])
    return Ended(run.job, value, error, detail, seconds)


def _end(runs: list[_Running]) -> None:
    """Ask processes to close what they opened, then kill what is left of them and their own."""
    alive = [run for run in runs if run.process.is_alive() and run.process.pid]
    family = {p for run in alive for p in _with_children(run.process.pid)}
    for run in alive:
        run.process.terminate()
    _, left = psutil.wait_procs(family, timeout=GRACE_S)
    for process in left:
        _kill(process)
    for run in runs:
        if run.process.pid:
            run.process.join(GRACE_S)


def _with_children(pid: int | None) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


def _child(
    results: Connection,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    environment: dict[str, str],
) -> None:
    os.setsid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    threading.Thread(target=_follow_parent, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    with tempfile.TemporaryFile() as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
        results.send(_result(function, arguments, log.fileno()))
    results.close()


def _result(
    function: Callable[..., Any], arguments: tuple[Any, ...], log: int
) -> tuple[Any, str, str]:
    try:
        return function(*arguments), "", ""
    except ComputebookError as fault:
        return None, str(fault), _printed(log)
    except OSError as fault:
        return (
            None,
            f"{fault.strerror or fault}: {fault.filename or ''}".rstrip(": "),
            _printed(log),
        )
    except Exception as fault:
        sentence = f"{type(fault).__name__}: {fault}"
        return None, sentence, f"{traceback.format_exc()}\n{_printed(log)}"


def _printed(log: int) -> str:
    sys.stdout.flush()
    sys.stderr.flush()
    size = os.fstat(log).st_size
    text = os.pread(log, _LOG_KEPT, max(0, size - _LOG_KEPT))
    return text.decode("utf-8", errors="replace")


def _follow_parent() -> None:
    """End this process when its driver is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Turn a request to terminate into an interrupt, so that everything is cleared away."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let no further interrupt disturb the clearing away after the first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {n: signal.signal(n, signal.SIG_IGN) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
