"""Time of twenty small clients on a cluster of one and of two workers, and of sweeps.

`python bench/bench_briefings.py` prints one line each.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from distributed import LocalCluster

from computebook import briefing
from computebook.briefing import running, sweep

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/briefing"))
from book_tree import make_briefing, make_report

CLIENTS = 20
ROWS = 1_000_000
SWEEPS = {
    "kv-cache": ["context_tokens=1000:200000:log", "batch_size=1:256"],
    "decode-step": ["context_tokens=1000:200000:log", "batch_size=1:256"],
    "api-bill": ["input_tokens=100:100000:log", "cached_fraction=0:1"],
    "gpu-fleet": ["users=1:10000:log", "context_tokens=1000:200000:log"],
    "training-plan": ["gpus=1024,4096,16384", "tokens=1e12:1e14:log"],
    "serving-cost": ["utilization=0.1:1", "usd_per_gpu_hour=1:10"],
}


def clients_seconds(root: Path, workers: int) -> float:
    """Return how long twenty clients with a chapter of their own take."""
    paths = [make_briefing(root, f"client-{n}", 64 + n) for n in range(1, CLIENTS + 1)]
    asked = briefing.load_all(paths)
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as machines:
        options = running.Options(
            root=root,
            out=root / f"out-{workers}",
            formats=(),
            workers=1,
            scheduler=machines.scheduler_address,
        )
        start = time.perf_counter()
        outcomes = [e for e in running.run(asked, options) if isinstance(e, running.ClientOutcome)]
        seconds = time.perf_counter() - start
    assert [outcome.status for outcome in outcomes] == ["written"] * CLIENTS
    return seconds


def rows_per_s(name: str, folder: Path) -> float:
    """Return the rows that a sweep writes to a file in a second."""
    made = sweep.planned(name, SWEEPS[name], samples=ROWS)
    start = time.perf_counter()
    sweep.run(made, folder / f"{name}.parquet")
    return ROWS / (time.perf_counter() - start)


def main() -> None:
    """Print every time."""
    with tempfile.TemporaryDirectory() as folder:
        for name in SWEEPS:
            print(f"sweep {name}: {rows_per_s(name, Path(folder)):,.0f} rows/s")
        root = make_report(Path(folder) / "report")
        one, two = clients_seconds(root, 1), clients_seconds(root, 2)
        print(f"{CLIENTS} clients: 1 worker {one:.1f} s, 2 workers {two:.1f} s, {one / two:.2f}x")


if __name__ == "__main__":
    main()
