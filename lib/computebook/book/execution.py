"""Execute one chapter: strictly checked parameters, all or nothing, equal bytes on every run.

A chapter runs in a process of its own, into a hidden file beside the target, which replaces the
target only when every cell ran without fault. Its outputs are then in normal form.
"""

from __future__ import annotations

import importlib
import multiprocessing
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from computebook import errors
from computebook.book import notebooks, recording
from computebook.book.kernel import KERNEL_NAME, own_kernel
from computebook.parameters import Parameter, check_parameters

DEFAULT_TIMEOUT_S = 600
#: How often a kernel is started before its end counts as a failure.
STARTS = 3
_NOT_STARTED = "Kernel died before replying"


@dataclass(frozen=True)
class Outcome:
    """How the execution of one chapter ended.

    Parameters
    ----------
    chapter : str
        Name of the notebook without its ending.
    status : str
        `written`, `unchanged`, `cached` or `failed`.
    seconds : float
        Wall-clock time in seconds.
    message : str
        For a failure: the cell and its error.
    detail : str
        For a failure: the failing source and its traceback.
    opened : tuple of str
        Files of the data that the kernel opened; "*" stands for all of them.
    """

    chapter: str
    status: str
    seconds: float = 0.0
    message: str = ""
    detail: str = ""
    opened: tuple[str, ...] = (recording.EVERYTHING,)

    @property
    def failed(self) -> bool:
        """Whether the chapter has to be mended."""
        return self.status == "failed"


def declared_parameters(chapter: str) -> Sequence[Parameter]:
    """Return what a chapter can be asked for.

    Parameters
    ----------
    chapter : str
        Name of the notebook without its ending.

    Returns
    -------
    sequence of computebook.parameters.Parameter
        Empty for a chapter without an exhibits module.
    """
    name = f"computebook.exhibits.{chapter}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name == name:
            return ()
        raise
    return tuple(getattr(module, "PARAMETERS", ()))


def checked_parameters(chapter: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values to inject, each of declared name, type and bounds.

    Parameters
    ----------
    chapter : str
        Name of the notebook without its ending.
    parameters : mapping
        Values that override the notebook's.

    Returns
    -------
    dict
        Only what was given, in its declared type.

    Raises
    ------
    ComputebookError
        If a name is unknown or a value has the wrong type or is out of bounds.
    """
    effective = check_parameters(declared_parameters(chapter), parameters)
    return {name: effective[name] for name in parameters}


def execute_chapter(
    path: Path,
    parameters: Mapping[str, Any] | None = None,
    out_path: Path | None = None,
    timeout: int = DEFAULT_TIMEOUT_S,
) -> Outcome:
    """Execute one chapter in a process of its own.

    Parameters
    ----------
    path : pathlib.Path
        The notebook.
    parameters : mapping, optional
        Values that override those of its parameters cell.
    out_path : pathlib.Path, optional
        Where the executed notebook goes; in place otherwise, which is for defaults only.
    timeout : int
        Longest time for one cell, in seconds.

    Returns
    -------
    Outcome
        A failure is returned, not raised; the target is then as it was.

    Raises
    ------
    ComputebookError
        If a parameter is not accepted, would change the published chapter in place, or there
        is no such notebook.
    """
    if parameters and out_path in (None, path):
        raise errors.ComputebookError(
            f"{path.name} keeps its defaults in place: give another file for other parameters"
        )
    values = checked_parameters(path.stem, parameters or {})
    notebooks.read(path)
    target = (out_path or path).resolve()
    with process_pool(1) as pool:
        return pool.submit(execute_here, path.resolve(), values, target, timeout).result()


def process_pool(workers: int) -> ProcessPoolExecutor:
    """Return a pool of fresh processes: a fork would share the parent's threads and sockets.

    Parameters
    ----------
    workers : int
        Processes at a time.

    Returns
    -------
    concurrent.futures.ProcessPoolExecutor
        Each task has a process of its own, so that none inherits another's folder or kernel.
    """
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, max_tasks_per_child=1)


def execute_here(
    path: Path,
    parameters: Mapping[str, Any],
    target: Path,
    timeout: int,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """Execute a notebook in this process and put it in place if nothing went wrong.

    Parameters
    ----------
    path, target : pathlib.Path
        Absolute paths of the notebook and of its executed form.
    parameters : mapping
        Checked values.
    timeout : int
        Longest time for one cell, in seconds.
    environment : mapping, optional
        Further variables for the kernel.

    Returns
    -------
    Outcome
        How it ended.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    start = time.perf_counter()
    target.parent.mkdir(parents=True, exist_ok=True)
    notebooks.sweep(target.parent, target.stem)
    partial = notebooks.partial_path(target)
    try:
        opened = _started(path, partial, parameters, timeout, environment or {})
        notebook = notebooks.normalised(notebooks.read(partial))
        found = notebooks.faults(notebook)
        if found:
            return Outcome(path.stem, "failed", _since(start), found[0], "\n".join(found))
        changed = notebooks.write(target, notebooks.as_text(notebook))
        status = "written" if changed else "unchanged"
        return Outcome(path.stem, status, _since(start), opened=opened)
    except Exception as fault:
        return _failure(path.stem, fault, _since(start))
    finally:
        partial.unlink(missing_ok=True)


def _since(start: float) -> float:
    return time.perf_counter() - start


def _started(
    path: Path,
    partial: Path,
    parameters: Mapping[str, Any],
    timeout: int,
    environment: Mapping[str, str],
) -> tuple[str, ...]:
    """Execute a notebook; again if its kernel died before any cell.

    Jupyter picks the ports of a kernel before the kernel binds them. Where several kernels start
    at once, another may have taken one meanwhile, and the kernel ends.
    """
    for _ in range(STARTS - 1):
        try:
            return _papermill(path, partial, parameters, timeout, environment)
        except RuntimeError as fault:
            if _NOT_STARTED not in str(fault):
                raise
    return _papermill(path, partial, parameters, timeout, environment)


def _papermill(
    path: Path,
    partial: Path,
    parameters: Mapping[str, Any],
    timeout: int,
    environment: Mapping[str, str],
) -> tuple[str, ...]:
    import papermill

    # Papermill is told what it would guess wrong: no saving on the way (a file saved half-way
    # looks finished), the interpreter that runs us, and the folder of the notebook.
    with own_kernel(environment) as record:
        papermill.execute_notebook(
            str(path),
            str(partial),
            parameters=dict(parameters),
            kernel_name=KERNEL_NAME,
            language="python",
            cwd=str(path.parent),
            progress_bar=False,
            log_output=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            execution_timeout=timeout,
        )
        return recording.read_names(record)


def _failure(chapter: str, fault: Exception, seconds: float) -> Outcome:
    name = getattr(fault, "ename", type(fault).__name__)
    value = getattr(fault, "evalue", str(fault))
    cell = getattr(fault, "cell_index", None)
    place = "" if cell is None else f"cell {cell}: "
    traceback = "\n".join(getattr(fault, "traceback", []))
    source = getattr(fault, "source", "")
    return Outcome(chapter, "failed", seconds, f"{place}{name}: {value}", f"{source}\n{traceback}")
