"""A kernel that is always the running interpreter, with no file of the user's in play."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from computebook import datasets, provenance
from computebook.book import recording

KERNEL_NAME = "python3"


def kernel_description() -> dict[str, object]:
    """Return the kernel specification of the running interpreter.

    Returns
    -------
    dict
        What `kernel.json` holds.

    Examples
    --------
    >>> kernel_description()["language"]
    'python'
    """
    # The kernel's own log (its transport, its interruption at the end) is no one's concern.
    quiet = "--Application.log_level=CRITICAL"
    launcher = [sys.executable, "-m", recording.__name__, "-f", "{connection_file}", quiet]
    return {"argv": launcher, "display_name": "Python 3", "language": "python"}


@contextlib.contextmanager
def own_kernel(environment: Mapping[str, str] | None = None) -> Iterator[Path]:
    """Let Jupyter find only a kernel of the running interpreter, in a folder of its own.

    Parameters
    ----------
    environment : mapping, optional
        Further variables for the kernel, `COMPUTEBOOK_DATA` say.

    Yields
    ------
    pathlib.Path
        Where the kernel notes the data that it opens, for `recording.read_names`. It is removed
        at the end together with all else that the kernel wrote.
    """
    with tempfile.TemporaryDirectory(prefix="computebook-kernel-") as name:
        folder = Path(name)
        record = folder / "opened"
        spec = folder / "kernels" / KERNEL_NAME / "kernel.json"
        spec.parent.mkdir(parents=True)
        spec.write_text(json.dumps(kernel_description()), encoding="utf-8")
        ours = {
            "JUPYTER_PATH": name,
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "IPYTHONDIR": str(folder / "ipython"),
            "PYTHONHASHSEED": "0",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        with _environment(ours | dict(environment or {})):
            watched = (datasets.data_folder(), provenance.reference_file())
            places = os.pathsep.join(str(path.absolute()) for path in watched)
            with _environment({recording.WATCHED: places, recording.RECORD: str(record)}):
                yield record


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
