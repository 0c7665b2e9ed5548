"""Execute one chapter as asked by a file: how a machine elsewhere runs it.

`python -m computebook.book.remote ORDER.json` writes `outcome.json` beside the order.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

from computebook.book import notebooks
from computebook.book.execution import execute_here

__all__ = ["main"]

_LOOK_S = 1.0


def main(order_file: Path) -> None:
    """Execute what an order asks for: `notebook`, `parameters`, `target`, `timeout`.

    Parameters
    ----------
    order_file : pathlib.Path
        JSON; its paths are absolute.
    """
    watch = (os.getppid(), order_file.parent)
    threading.Thread(target=_end_with_parent, args=watch, daemon=True).start()
    order = json.loads(order_file.read_text("utf-8"))
    paths = Path(order["notebook"]), order["parameters"], Path(order["target"])
    outcome = execute_here(*paths, order["timeout"])
    notebooks.write(order_file.with_name("outcome.json"), json.dumps(asdict(outcome)))


def _end_with_parent(parent: int, scratch: Path) -> None:
    """End, and the kernel and the order's folder with us, when whoever asked is gone."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    shutil.rmtree(scratch, ignore_errors=True)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
