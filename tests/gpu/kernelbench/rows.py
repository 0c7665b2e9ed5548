"""Rows of the measurement table: its columns, how a case fills them, and the file they go to."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from kernelbench.counting import AttentionCase, Case, MatmulCase, Peaks, bound, rate

DESCRIPTOR = Path(__file__).resolve().parents[1] / "kernel_measurements.json"
PROVENANCE = {
    "basis": "measured",
    "verification": "primary",
    "source_key": "computebook2026kernels",
    "locator": "tests/gpu/measure.py",
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Machine:
    """What the rows of one run share."""

    gpu: str
    torch: str
    as_of: str
    seed: int
    cuda: str = ""
    rehearsal: bool = False
    l2_bytes: int = 0
    processors: int = 1


@dataclass(frozen=True)
class Result:
    """What was measured of one case. Times are those of one operation, in seconds."""

    times_s: tuple[float, ...]
    check_error: float
    check_tolerance: float
    passed: bool
    method: str
    launch: str
    buffers: int
    note: str = ""
    clocks: dict[str, str] = field(default_factory=dict)


class CannotRunError(Exception):
    """The case cannot run on this device; the message says why."""


def columns() -> list[str]:
    """Return the names of the table's columns, in order, from its descriptor."""
    descriptor = json.loads(DESCRIPTOR.read_text(encoding="utf-8"))
    return [column["name"] for column in descriptor["schema"]["fields"]]


def percentile(values: tuple[float, ...], part: float) -> float:
    """Return a percentile by linear interpolation.

    >>> percentile((1.0, 2.0, 3.0, 4.0), 0.5)
    2.5
    """
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def slug(text: str) -> str:
    """Return text as an id of lower-case words.

    >>> slug("NVIDIA H100 80GB HBM3")
    'nvidia-h100-80gb-hbm3'
    """
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")


def described(case: Case) -> Row:
    """Return the columns that say what the case is."""
    row: Row = {"metric": case.metric, "precision": case.precision}
    row |= {"moved_bytes": case.moved_bytes, "flop": case.flop}
    if isinstance(case, MatmulCase):
        shape = asdict(case.weight)
        row |= {"m": case.m, "part": shape.pop("name")}
        return row | shape
    if isinstance(case, AttentionCase):
        shape = asdict(case.shape)
        row |= {"part": shape.pop("layer"), "batch_size": case.batch_size}
        row |= {"context_tokens": case.context_tokens, "attended_tokens": case.attended_tokens}
        unused = ("window_tokens", "values_in_keys")
        return row | {name: value for name, value in shape.items() if name not in unused}
    return row | {"size_bytes": case.size_bytes}


def timed(case: Case, result: Result, limit: Peaks | None) -> Row:
    """Return the columns that say how fast the case ran and how right it was."""
    middle = percentile(result.times_s, 0.5)
    value, unit = rate(case, middle)
    least = bound(case, limit) if limit else None
    row = {
        "value": f"{value:.5g}",
        "unit": unit,
        "repeats": len(result.times_s),
        "bound": least[0] if least else "",
        "fraction_of_peak": f"{least[1] / middle:.4f}" if least else "",
        "check_error": f"{result.check_error:.3g}",
        "check_tolerance": f"{result.check_tolerance:.3g}",
    }
    times = {"time_us": 0.5, "time_p10_us": 0.1, "time_p90_us": 0.9}
    row |= {name: f"{percentile(result.times_s, p) * 1e6:.5g}" for name, p in times.items()}
    plain = {name: getattr(result, name) for name in ("method", "launch", "buffers", "note")}
    return row | plain | result.clocks


def make_row(
    case: Case,
    machine: Machine,
    limit: Peaks | None,
    result: Result | None = None,
    status: str = "",
    reason: str = "",
) -> Row:
    """Return the row of a case.

    Parameters
    ----------
    case
        What was to be measured.
    machine
        Where.
    limit
        Data-sheet peaks, or None where the GPU is not known.
    result
        What came out, or None if nothing did; then `status` and `reason` say why.
    """
    name = f"{slug(machine.gpu)}-{case.metric}-{case.slug}-{machine.as_of.replace('-', '')}"
    row: Row = {"measurement_id": name, "accelerator_id": limit.accelerator_id if limit else ""}
    row |= {name: getattr(machine, name) for name in ("gpu", "torch", "cuda", "as_of", "seed")}
    row |= described(case) | PROVENANCE | {"status": status, "reason": reason}
    if result is None:
        return row
    row |= timed(case, result, limit)
    if not result.passed:
        off = f"differs from float64 by {result.check_error:.3g}"
        return row | {
            "status": "invalid",
            "reason": f"{off}; allowed {result.check_tolerance:.3g}, no element by eight times it",
        }
    return row | {"status": "rehearsal" if machine.rehearsal else "measured"}


class RowFile:
    """A CSV file that is written row by row under a second name and takes its own at the end.

    If the run is interrupted, the file holds the rows so far; if the process is killed, they lie
    in the file that ends in `.part`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(path.name + ".part")

    def __enter__(self) -> RowFile:
        self._file = self.part.open("w", encoding="utf-8", newline="")
        self._writer = csv.DictWriter(self._file, columns(), restval="", lineterminator="\n")
        self._writer.writeheader()
        return self

    def write(self, row: Row) -> None:
        """Write one row and hand it to the system."""
        self._writer.writerow(row)
        self._file.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self.part.replace(self.path)


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a file of measurements."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
