"""Execute chapters on an existing Dask cluster; the driver alone writes."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import logging
import socket
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from computebook.book import notebooks
from computebook.book.execution import Outcome
from computebook.briefing import digests, worker
from computebook.briefing.processes import Ended, Job
from computebook.errors import ComputebookError, require_known

__all__ = ["ChaptersOnCluster", "by_value", "check_workers", "connected", "library_archive"]

CONNECT_S: Final = 10.0
KNOCK_S: Final = 5.0
PROTOCOLS: Final = ("tcp", "tls", "ws", "wss")
ATTEMPTS: Final = 2
#: Packages that a chapter's numbers and pictures come from, or that execute it.
NEEDED: Final = (
    *("numpy", "pandas", "scipy", "altair", "vl-convert-python"),
    *("papermill", "nbclient", "nbformat", "ipykernel", "jupyter-client"),
    *("dask", "distributed"),
)


def connected(address: str) -> Any:
    """Return a client of the scheduler at an address.

    Parameters
    ----------
    address : str
        As Dask prints it: `tcp://host:8786`.

    Raises
    ------
    ComputebookError
        If nothing answers there, or Dask is not installed.
    """
    try:
        import distributed
    except ModuleNotFoundError as missing:
        raise ComputebookError(
            f"--scheduler needs the package {missing.name}: pip install 'computebook[cluster]'"
        ) from missing
    try:
        _knock(address)
        # A lost scheduler is told in our own sentence; Dask would add a traceback.
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        client: Any = distributed.Client
        return client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError) as fault:
        raise ComputebookError(f"no Dask scheduler answers at {address!r}: {fault}") from fault


def _knock(address: str) -> None:
    """Reject an address at once that Dask would try for long, or close with a traceback."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    require_known("protocol of --scheduler", parts.scheme, PROTOCOLS)
    try:
        place = parts.hostname or "", parts.port or 0
    except ValueError:  # no number after the colon
        place = "", 0
    if not all(place):
        raise ComputebookError(f"--scheduler = {address!r}: write tcp://HOST:PORT")
    socket.create_connection(place, KNOCK_S).close()


class by_value:  # noqa: N801 - used as a function
    """A function that travels as its code, to machines that do not have this package."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__name__ = function.__name__

    def __call__(self, *arguments: Any) -> Any:
        """Call the function, where it has not travelled."""
        return self.function(*arguments)

    def __reduce__(self) -> tuple[Callable[[bytes], Any], tuple[bytes]]:
        import cloudpickle

        cloudpickle.register_pickle_by_value(worker)
        return cloudpickle.loads, (cloudpickle.dumps(self.function),)


def check_workers(client: Any, packages: Sequence[str] = NEEDED) -> None:
    """Reject a cluster whose workers would compute with other packages.

    Parameters
    ----------
    client : distributed.Client
        Connected.
    packages : sequence of str
        Whose versions must be those here.

    Raises
    ------
    ComputebookError
        If there is no worker, or one has other versions; each difference is named.
    """
    here = worker.versions(packages)
    there = client.run(by_value(worker.versions), tuple(packages))
    if not there:
        raise ComputebookError("the cluster has no worker: start one, then run this again")
    faults = [
        f"{address}: {words}" for address, found in there.items() if (words := _other(here, found))
    ]
    if faults:
        raise ComputebookError(
            f"{len(faults)} of {len(there)} workers have other packages than this machine; "
            f"install requirements.lock there: {'; '.join(faults)}"
        )


def _other(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    pairs = {name: (here[name], there.get(name, "")) for name in here}
    return ", ".join(
        f"{name} {found or 'missing'} (here {ours or 'missing'})"
        for name, (ours, found) in pairs.items()
        if ours != found
    )


def library_archive() -> bytes:
    """Return the package that runs here, as bytes."""
    files = digests.library_files()
    return worker.packed({f"computebook/{name}": p.read_bytes() for name, p in files.items()})


def folder_archive(folder: Path) -> bytes:
    """Return all files of a folder, as bytes."""
    return worker.packed({name: (folder / name).read_bytes() for name in digests.files(folder)})


class ChaptersOnCluster:
    """Chapters under way on a cluster; a context that leaves nothing behind on its machines.

    Parameters
    ----------
    address : str
        Of the scheduler.

    Raises
    ------
    ComputebookError
        If nothing answers there, or the workers have other packages.
    """

    def __init__(self, address: str) -> None:
        self.client = connected(address)
        self.run = uuid.uuid4().hex
        self._archives: dict[str, Any] = {}
        self._data: dict[Path, bytes] = {}
        self._running: dict[Any, tuple[Job, Path, float]] = {}
        self._numbers = itertools.count()
        try:
            check_workers(self.client)
        except BaseException:
            self.client.close()
            raise
        self._library = self._sent(library_archive())

    def __enter__(self) -> ChaptersOnCluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        with contextlib.suppress(OSError, TimeoutError):
            self.client.close(timeout=CONNECT_S)

    @property
    def busy(self) -> bool:
        """Whether a chapter is under way."""
        return bool(self._running)

    def _sent(self, archive: bytes) -> Any:
        """Return a task that carries an archive: Dask moves it between machines, once each."""
        key = f"archive-{self.run}-{hashlib.sha256(archive).hexdigest()}"
        if key not in self._archives:
            self._archives[key] = self.client.submit(by_value(worker.carried), archive, key=key)
        return self._archives[key]

    def submit(
        self, job: Job, path: Path, parameters: Mapping[str, Any], data: Path, timeout: int
    ) -> None:
        """Send a chapter.

        Parameters
        ----------
        job : Job
            Whose, and which.
        path : pathlib.Path
            The notebook; replaced by the executed one.
        parameters : mapping
            Checked values.
        data : pathlib.Path
            Folder of the client's tables.
        timeout : int
            Longest time for one cell, in seconds.
        """
        if data not in self._data:
            self._data[data] = folder_archive(data)
        future = self.client.submit(
            by_value(worker.execute),
            self._library,
            self._sent(self._data[data]),
            path.read_bytes(),
            job.name,
            dict(parameters),
            timeout,
            self.run,
            # Keys show in the scheduler's pages and logs: no client's name in them.
            key=f"chapter-{self.run}-{next(self._numbers)}",
            retries=ATTEMPTS,
            pure=False,
        )
        self._running[future] = (job, path, time.perf_counter())

    def poll(self, wait_s: float = 0.2) -> list[Ended]:
        """Return the chapters that ended; waits a moment if none did."""
        done = [future for future in self._running if future.done()]
        if not done and self._running:
            time.sleep(wait_s)
        return [self._ended(future) for future in done]

    def _ended(self, future: Any) -> Ended:
        job, path, start = self._running.pop(future)
        seconds = time.perf_counter() - start
        try:
            values, notebook = future.result(timeout=CONNECT_S)
        except Exception as fault:
            words = " ".join(str(fault).split())
            sentence = f"the cluster could not execute it: {type(fault).__name__}: {words}"
            return Ended(job, None, sentence, "", seconds)
        outcome = Outcome(**values | {"opened": tuple(values["opened"])})
        if not outcome.failed:
            notebooks.write(path, notebook.decode("utf-8"))
        return Ended(job, outcome, "", "", seconds)

    def stop(self) -> None:
        """Cancel what is under way, end its kernels, and clear the machines."""
        futures, self._running = list(self._running), {}
        if self.client.status != "running":
            return
        with contextlib.suppress(OSError, TimeoutError):
            self.client.cancel([*futures, *self._archives.values()], force=True)
            self.client.run(by_value(worker.clear), self.run)
        self._archives.clear()
