"""Time of one pass over rotated buffers, on a GPU by CUDA events, elsewhere by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

# Each case is repeated for about this long, between the least and the most repeats.
BUDGET_S = 0.15
LEAST, MOST = 10, 200

Pass = Callable[[], list[torch.Tensor]]


@dataclass(frozen=True)
class Timed:
    """Seconds of every repeat, the outputs of the last one, and how it was launched.

    `held` keeps a graph alive for as long as its outputs are read.
    """

    times_s: tuple[float, ...]
    outputs: list[torch.Tensor]
    launch: str
    held: object = None


def repeats_for(pass_s: float) -> int:
    """Return how often to repeat a pass of this length."""
    return int(min(MOST, max(LEAST, BUDGET_S / max(pass_s, 1e-9))))


def events(run: Callable[[], object], repeats: int) -> tuple[float, ...]:
    """Return the seconds between CUDA events around each of several calls, queued together."""
    marks = [
        (torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True))
        for _ in range(repeats)
    ]
    for start, end in marks:
        start.record()
        run()
        end.record()
    torch.cuda.synchronize()
    return tuple(start.elapsed_time(end) / 1e3 for start, end in marks)


def warm_up(run: Pass) -> list[torch.Tensor]:
    """Run twice on a stream of its own, as capture asks for, and return the outputs."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        run()
        outputs = run()
    torch.cuda.current_stream().wait_stream(side)
    torch.cuda.synchronize()
    return outputs


def captured(run: Pass) -> tuple[Callable[[], object], list[torch.Tensor]] | None:
    """Return a replay of the pass as one CUDA graph and its outputs, or None if it cannot be one.

    Engines run decode in graphs; without one, the launch from Python outlasts a short kernel.
    """
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph):
            outputs = run()
    except torch.cuda.OutOfMemoryError:
        raise
    except RuntimeError:
        torch.cuda.synchronize()
        return None
    return graph.replay, outputs


def time_on_gpu(run: Pass) -> Timed:
    """Time a pass with CUDA events: warm-up, capture, one trial to size the repeats, repeats."""
    warm_up(run)
    capture = captured(run)
    replay: Callable[[], object] = capture[0] if capture else run
    trial = min(events(replay, 3))
    times = events(replay, repeats_for(trial))
    if capture:
        return Timed(times, capture[1], "graph", held=replay)
    return Timed(times, run(), "eager")


def time_on_cpu(run: Pass, repeats: int = 3) -> Timed:
    """Time a pass by the clock, as a rehearsal."""
    outputs = run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        outputs = run()
        times.append(max(time.perf_counter() - start, 1e-9))
    return Timed(tuple(times), outputs, "eager")


def time_pass(run: Pass, device: torch.device) -> Timed:
    """Return the times of a pass on a device."""
    return time_on_gpu(run) if device.type == "cuda" else time_on_cpu(run)
