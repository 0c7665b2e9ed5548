"""A kernel that is always the running interpreter, with no file of the user's in play."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
    launcher = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", quiet]
    return {"argv": launcher, "display_name": "Python 3", "language": "python"}


@contextlib.contextmanager
def own_kernel() -> Iterator[Path]:
    """Let Jupyter find only a kernel of the running interpreter, in a folder of its own.

    Yields
    ------
    pathlib.Path
        The folder, removed at the end together with what the kernel wrote.
    """
    with tempfile.TemporaryDirectory(prefix="computebook-kernel-") as name:
        folder = Path(name)
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
        with _environment(ours):
            yield folder


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
