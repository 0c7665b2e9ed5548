"""Run the briefings of many clients: every client on its own, each folder whole or not at all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from computebook import datasets, errors
from computebook.book.execution import DEFAULT_TIMEOUT_S, Outcome, execute_here
from computebook.briefing import failure, manifest, staging, work
from computebook.briefing.processes import (
    Ended,
    Job,
    Processes,
    terminated_as_interrupted,
    undisturbed,
)
from computebook.briefing.request import Briefing
from computebook.briefing.steps import ClientOutcome, Step
from computebook.briefing.work import FORMATS, Places, Plan

__all__ = ["ClientOutcome", "Options", "Runner", "Step", "check", "run"]

#: Formats of one group come from one build; the groups are made side by side.
GROUPS = (work.PAGE_FORMATS, ("xlsx", "json"))
PREPARE, KEEP, PAGES, CLOSE = "preparing", "notebooks", "cover and changes", "manifest"
_SHARED_OWNER = ""


@dataclass(frozen=True)
class Options:
    """How to run briefings.

    Parameters
    ----------
    root : pathlib.Path
        Root of the published report.
    out : pathlib.Path
        Folder that gets one folder per client.
    formats : tuple of str
        Some of `FORMATS`; executed notebooks and manifest are always written.
    workers : int
        Processes at a time, 1 to 64.
    resume : bool
        Leave alone what is finished and current.
    timeout : int
        Longest time for one cell, in seconds.
    scheduler : str
        Address of a Dask scheduler whose workers execute the chapters; empty for processes here.
    """

    root: Path
    out: Path
    formats: tuple[str, ...] = FORMATS
    workers: int = 2
    resume: bool = False
    timeout: int = DEFAULT_TIMEOUT_S
    scheduler: str = ""


@dataclass
class _Client:
    briefing: Briefing
    places: Places
    rank: int
    asked: dict[str, Any] = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)
    waiting: set[tuple[str, str]] = field(default_factory=set)  # owner and name of jobs
    opened: dict[str, tuple[str, ...]] = field(default_factory=dict)
    faults: list[failure.Fault] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def run(briefings: Sequence[Briefing], options: Options) -> Iterator[Step | ClientOutcome]:
    """Write a folder for every client and yield what happens.

    Parameters
    ----------
    briefings : sequence of Briefing
        Checked, of different folder names.
    options : Options
        How.

    Yields
    ------
    Step or ClientOutcome
        Steps as they are done, and one outcome per client.

    Raises
    ------
    ComputebookError
        If the folder cannot be written, a format is unknown, or two clients share a name:
        before anything is done.
    """
    check(briefings, options)
    with terminated_as_interrupted(), ExitStack() as stack:
        cluster = _cluster(options, stack)  # first: if nothing answers, nothing is written
        out = staging.prepared(options.out)
        staging.sweep(out)
        processes = stack.enter_context(Processes(options.workers))
        yield from Runner(options, out, processes, cluster).run(briefings)


def check(briefings: Sequence[Briefing], options: Options) -> None:
    """Raise if a run would be refused: its number of processes, formats, or names of clients."""
    errors.require_finite_in("workers", options.workers, "processes", 1, 64)
    for name in options.formats:
        errors.require_known("format", name, FORMATS)
    first: dict[str, Briefing] = {}
    for briefing in briefings:
        other = first.setdefault(briefing.slug, briefing)
        if other is not briefing:
            raise errors.ComputebookError(
                f"{other.source} and {briefing.source} share the folder name {briefing.slug!r}: "
                f"give one of them another slug"
            )


def _cluster(options: Options, stack: ExitStack) -> Any:
    if not options.scheduler:
        return None
    from computebook.briefing.cluster import ChaptersOnCluster

    return stack.enter_context(ChaptersOnCluster(options.scheduler))


class Runner:
    """The state of a run: which client waits for which jobs.

    Parameters
    ----------
    options : Options
        How to run.
    out : pathlib.Path
        Absolute folder of all clients.
    processes : Processes
        Where jobs run.
    cluster : ChaptersOnCluster or None
        Where chapters run, if not there.
    """

    def __init__(self, options: Options, out: Path, processes: Processes, cluster: Any) -> None:
        self.options, self.out = options, out
        self.processes, self.cluster = processes, cluster
        self.clients: dict[str, _Client] = {}
        self.shared: dict[str, Path] = {}
        self.shared_opened: dict[str, tuple[str, ...]] = {}
        self.shared_faults: dict[str, failure.Fault] = {}
        self.done = self.total = 0

    def run(self, briefings: Sequence[Briefing]) -> Iterator[Step | ClientOutcome]:
        """Yield steps and outcomes until every client has ended."""
        try:
            yield from self._start(briefings)
            while self.processes.busy or (self.cluster is not None and self.cluster.busy):
                for ended in self._ended():
                    yield from self._advance(ended)
        finally:
            with undisturbed():
                self._clear()

    def _clear(self) -> None:
        self.processes.stop()
        if self.cluster is not None:
            self.cluster.stop()
        for client in self.clients.values():
            shutil.rmtree(client.places.staging, ignore_errors=True)
        shutil.rmtree(self._scratch, ignore_errors=True)

    @property
    def _scratch(self) -> Path:
        return staging.staging_folder(self.out, "published")

    def _ended(self) -> list[Ended]:
        if self.cluster is None:
            return self.processes.poll()
        return [*self.processes.poll(0.2), *self.cluster.poll(0.2)]

    def _start(self, briefings: Sequence[Briefing]) -> Iterator[Step | ClientOutcome]:
        for rank, briefing in enumerate(briefings):
            target = self.out / briefing.slug
            asked = manifest.request(briefing, self.options.root, self.options.formats)
            if self.options.resume and manifest.is_current(target, asked):
                yield ClientOutcome(briefing.slug, "current", target)
                continue
            places = Places(
                self.options.root, staging.staging_folder(self.out, briefing.slug), target
            )
            client = self.clients[briefing.slug] = _Client(briefing, places, rank)
            self.total += 3 + len(self._groups()) + bool(self._groups())
            client.asked = asked
            yield from self._here(client, PREPARE, self._prepare)

    def _groups(self) -> list[tuple[str, ...]]:
        wanted = [tuple(n for n in group if n in self.options.formats) for group in GROUPS]
        return [group for group in wanted if group]

    def _submit(
        self,
        client: _Client,
        name: str,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        environment: dict[str, str] | None = None,
    ) -> None:
        client.waiting.add((client.briefing.slug, name))
        job = Job(client.briefing.slug, name, function, arguments, environment or {})
        self.processes.submit(job, client.rank)

    def _environment(self, client: _Client) -> dict[str, str]:
        """Return what a client's pages are built with: its data, its date, nobody's library."""
        noon = client.briefing.date.toordinal() - _EPOCH_ORDINAL
        return {
            datasets.FOLDER_VARIABLE: str(client.places.data),
            "SOURCE_DATE_EPOCH": str(noon * 86_400),
        }

    def _advance(self, ended: Ended) -> Iterator[Step | ClientOutcome]:
        ended = _with_chapter_faults(ended)
        self.done += 1
        name = ended.job.name
        yield Step(ended.job.owner, name, self.done, self.total, ended.error)
        if ended.job.owner == _SHARED_OWNER:
            self._note_shared(ended)
        for client in self._waiting_for(ended):
            client.waiting.discard((ended.job.owner, name))
            client.seconds[name] = ended.seconds
            if ended.error:
                client.faults.append(failure.told(name, ended))
            elif isinstance(ended.value, Outcome):
                client.opened[name] = ended.value.opened
            yield from self._next(client, ended)

    def _waiting_for(self, ended: Ended) -> list[_Client]:
        if ended.job.owner != _SHARED_OWNER:
            found = self.clients.get(ended.job.owner)
            return [found] if found else []
        # Others wait for a chapter of this name too, executed with their own parameters.
        awaited = (_SHARED_OWNER, ended.job.name)
        return [c for c in self.clients.values() if awaited in c.waiting]

    def _note_shared(self, ended: Ended) -> None:
        name = ended.job.name
        if ended.error:
            self.shared_faults[name] = failure.told(name, ended)
        else:
            self.shared_opened[name] = ended.value.opened

    def _here(
        self, client: _Client, name: str, function: Callable[[_Client], None]
    ) -> Iterator[Step | ClientOutcome]:
        """Do a short step in this process, then what follows it."""
        start, error = time.perf_counter(), ""
        try:
            function(client)
        except (OSError, errors.ComputebookError) as fault:
            error = str(fault)
        job = Job(client.briefing.slug, name, function)
        seconds = time.perf_counter() - start
        yield from self._advance(Ended(job, None, error, "", seconds))

    def _next(self, client: _Client, ended: Ended) -> Iterator[Step | ClientOutcome]:
        """Submit what follows; a client that failed waits only for what still runs."""
        name = ended.job.name
        if name == PREPARE and not ended.error:
            self._submit_chapters(client)
        if client.waiting:
            return
        if client.faults:
            yield self._fail(client)
        elif name == CLOSE:
            yield self._finish(client)
        elif name == PAGES:
            self._submit_formats(client)
        elif name == KEEP and self._groups():
            arguments = (client.places, client.briefing, self.options.formats)
            self._submit(client, PAGES, work.make_pages, arguments, self._environment(client))
        elif name == KEEP or name in map(_group_name, self._groups()):
            yield from self._here(client, CLOSE, self._close)
        else:
            yield from self._here(client, KEEP, self._keep)

    def _submit_formats(self, client: _Client) -> None:
        environment = self._environment(client)
        for group in self._groups():
            arguments = (client.places, client.briefing, group)
            self._submit(client, _group_name(group), work.write_formats, arguments, environment)

    def _prepare(self, client: _Client) -> None:
        client.plan = work.prepare(client.places, client.briefing)

    def _close(self, client: _Client) -> None:
        for name, way in client.plan.ways.items():
            if way == work.SHARED:
                client.opened[name] = self.shared_opened[name]
        work.close_folder(client.places, client.briefing, client.plan, client.opened, client.asked)

    def _keep(self, client: _Client) -> None:
        ways = client.plan.ways.items()
        left = [n for n, way in ways if way == work.EXECUTE and n not in client.opened]
        if left:
            raise errors.ComputebookError(f"{', '.join(left)} not executed with its parameters")
        shared = {name: self.shared[name] for name, way in ways if way == work.SHARED}
        work.keep_notebooks(client.places, shared)

    def _submit_chapters(self, client: _Client) -> None:
        plan = client.plan
        client.opened |= plan.opened
        for name, way in plan.ways.items():
            if way == work.EXECUTE:
                self._execute(client, name)
            elif way == work.SHARED:
                self._execute_shared(client, name)

    def _execute(self, client: _Client, name: str) -> None:
        self.total += 1
        values = client.briefing.parameters.get(name, {})
        path = client.places.chapter(name)
        if self.cluster is not None:
            client.waiting.add((client.briefing.slug, name))
            self.cluster.submit(
                Job(client.briefing.slug, name, execute_here),
                path,
                values,
                client.places.data,
                self.options.timeout,
            )
            return
        environment = self._environment(client) | {"PYTHONPATH": ""}
        arguments = (path, values, path, self.options.timeout, environment)
        self._submit(client, name, execute_here, arguments, environment)

    def _execute_shared(self, client: _Client, name: str) -> None:
        """Execute a chapter of the report whose outputs are stale, once for all clients."""
        if name in self.shared_faults:
            client.faults.append(self.shared_faults[name])
        if name in self.shared_opened or name in self.shared_faults:
            return
        client.waiting.add((_SHARED_OWNER, name))
        if name in self.shared:
            return
        self.total += 1
        source = self.options.root / "chapters" / f"{name}.ipynb"
        target = self.shared[name] = self._scratch / f"{name}.ipynb"
        arguments: tuple[Any, ...] = (source, {}, target, self.options.timeout)
        job = Job(_SHARED_OWNER, name, execute_here, arguments)
        self.processes.submit(job, client.rank)

    def _finish(self, client: _Client) -> ClientOutcome:
        places, slug = client.places, client.briefing.slug
        try:
            staging.put_in_place(places.finished, places.target)
        except OSError as fault:
            client.faults.append(failure.Fault("moving into place", f"{fault.strerror}", ""))
            return self._fail(client)
        shutil.rmtree(places.failed, ignore_errors=True)
        shutil.rmtree(places.staging, ignore_errors=True)
        ways = list(client.plan.ways.values())
        executed = sum(way == work.EXECUTE for way in ways)
        del self.clients[slug]
        return ClientOutcome(
            slug, "written", places.target, "", executed, len(ways) - executed, client.seconds
        )

    def _fail(self, client: _Client) -> ClientOutcome:
        slug, places = client.briefing.slug, client.places
        self.processes.drop(slug)
        message = client.faults[0].sentence()
        try:
            failure.write_folder(places.staging, places.failed, client.briefing, client.faults)
        except OSError as fault:
            message += f" (and {places.failed.name} could not be written: {fault.strerror})"
        shutil.rmtree(places.staging, ignore_errors=True)
        del self.clients[slug]
        return ClientOutcome(slug, "failed", places.failed, message, seconds=client.seconds)


def _group_name(group: tuple[str, ...]) -> str:
    return ", ".join(group)


_EPOCH_ORDINAL = 719_163  # 1970-01-01, as datetime.date.toordinal counts


def _with_chapter_faults(ended: Ended) -> Ended:
    """Turn the outcome of a failed chapter into a failed job."""
    if isinstance(ended.value, Outcome) and ended.value.failed:
        return Ended(ended.job, None, ended.value.message, ended.value.detail, ended.seconds)
    return ended
