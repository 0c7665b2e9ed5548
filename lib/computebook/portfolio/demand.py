"""Read what a client asks for: one workload a line, as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd

from computebook import datasets, errors

__all__ = ["COLUMNS", "EXAMPLE_MIX", "Demand", "parse_demands", "read_demands"]

#: A month of a mid-sized firm: our assumption of volumes and floors, over measured requests.
EXAMPLE_MIX: Final = """\
workload,requests_per_month,benchmark,floor_percent,margin_points,cost,profile
Long documents,600000,longbench-v2,63.2,,tokens,mooncake-conversation
Analysis reports,250000,aa-lcr,,5,tokens,mooncake-conversation
Science questions,300000,gpqa-diamond,88.2,,tokens,servegen-deepseek-r1
Software issues,20000,swe-bench-verified,,5,measured,
Abstract puzzles,2000,arc-agi-2,,5,measured,
"""

COLUMNS: Final = {
    "workload": "name of the work",
    "requests_per_month": "requests a month",
    "benchmark": "id of the benchmark that stands for the work",
    "floor_percent": "lowest admissible score, percent",
    "margin_points": "or how far below the best score on offer, points",
    "cost": "tokens (list prices, the default) or measured (the benchmark's cost per task)",
    "profile": "token profile of a trace, which gives the tokens of a request",
    "input_tokens": "or tokens in of a mean request, cached ones included",
    "output_tokens": "and tokens out, reasoning included",
    "cached_fraction": "share of the input read from a cache, 0 to 1",
    "service_tier": "standard (the default), batch, flex or priority",
}
_MEAN_REQUEST: Final = ("input_tokens", "output_tokens", "cached_fraction")
_REQUIRED: Final = ("workload", "requests_per_month", "benchmark")
TOKENS, MEASURED = "tokens", "measured"
MAX_REQUEST_INPUT_TOKENS: Final = 1.2e7


@dataclass(frozen=True)
class Demand:
    """One workload as a client states it.

    Attributes
    ----------
    workload, benchmark : str
        Name of the work, and id of the benchmark that stands for it.
    requests : float
        Requests a month.
    floor_percent, margin_points : float
        Lowest admissible score, percent, or how far below the best one, points; one of the two
        is nan.
    cost : str
        "tokens" or "measured".
    input_tokens, output_tokens, cached_fraction : float
        Mean request; nan where the cost is measured.
    service_tier : str
        Service tier of list prices.
    """

    workload: str
    benchmark: str
    requests: float
    floor_percent: float = math.nan
    margin_points: float = math.nan
    cost: str = TOKENS
    input_tokens: float = math.nan
    output_tokens: float = math.nan
    cached_fraction: float = 0.0
    service_tier: str = "standard"


def read_demands(path: Path | str) -> list[Demand]:
    """Return the workloads of a CSV file.

    Parameters
    ----------
    path : Path or str
        UTF-8 CSV whose first line names the columns; see `COLUMNS`.

    Raises
    ------
    ComputebookError
        If the file cannot be read or a line is wrong: the message has file and line.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise errors.ComputebookError(f"{path} is no UTF-8 text: save it as CSV UTF-8") from wrong
    except OSError as wrong:
        raise errors.ComputebookError(f"{path} cannot be read: {wrong.strerror}") from wrong
    return parse_demands(text, str(path))


def parse_demands(text: str, name: str = "mix") -> list[Demand]:
    r"""Return the workloads of a CSV text, each line checked.

    Parameters
    ----------
    text : str
        Comma-separated, the first line naming the columns; see `COLUMNS`. Empty lines and those
        that start with # are skipped.
    name : str
        What the text is called in an error.

    Raises
    ------
    ComputebookError
        If a column, a name or a number is wrong: the message has the line.

    Examples
    --------
    >>> [demand.workload for demand in parse_demands(EXAMPLE_MIX)][:2]
    ['Long documents', 'Analysis reports']
    >>> parse_demands("workload,requests_per_month,benchmark,floor_percent\nx,many,gpqa-diamond,9")
    Traceback (most recent call last):
    computebook.errors.ComputebookError: mix line 2: requests_per_month = 'many' is not a number
    """
    lines = list(_lines(text, name))
    if not lines:
        raise errors.ComputebookError(f"{name} is empty: the first line names the columns")
    (_, header), rows = lines[0], lines[1:]
    _require_header([column.strip() for column in header], name)
    if not rows:
        raise errors.ComputebookError(f"{name} names columns but no workload")
    tables = _Tables.load()
    return [_demand(header, row, f"{name} line {number}", tables) for number, row in rows]


class _Tables(NamedTuple):
    """What a line may name: benchmarks, service tiers, and the mean request of each trace."""

    benchmarks: list[str]
    service_tiers: list[str]
    traces: dict[str, dict[str, float]]

    @classmethod
    def load(cls) -> _Tables:
        """Read the names once, apart from any line: a faulty table is not the line's fault."""
        profiles = datasets.load("token_profiles")
        profiles = profiles[profiles["output_mean_tokens"].notna()]
        means = profiles[["input_mean_tokens", "output_mean_tokens"]].assign(
            cached_fraction=profiles["cached_share"].fillna(0.0)
        )
        means.columns = pd.Index(_MEAN_REQUEST)
        traces = {
            str(name): {str(column): float(value) for column, value in row.items()}
            for name, row in zip(profiles["profile_id"], means.to_dict("records"), strict=True)
        }
        tiers = datasets.load("api_prices")["service_tier"].unique()
        benchmarks = datasets.load("benchmarks")["benchmark_id"]
        return cls(list(map(str, benchmarks)), list(map(str, tiers)), traces)


def _lines(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of every line that says something."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not cells[0].startswith("#"):
                yield reader.line_num, cells
    except csv.Error as wrong:
        raise errors.ComputebookError(f"{name} line {reader.line_num}: {wrong}") from wrong


def _require_header(columns: list[str], name: str) -> None:
    unknown = [column for column in columns if column not in COLUMNS]
    if unknown:
        raise errors.ComputebookError(
            f"{name} line 1: {errors.unknown_name('column', unknown, COLUMNS)}"
        )
    twice = [column for column in columns if columns.count(column) > 1]
    if twice:
        raise errors.ComputebookError(f"{name} line 1: column {twice[0]} stands twice")
    missing = [column for column in _REQUIRED if column not in columns]
    if missing:
        raise errors.ComputebookError(f"{name} line 1: no column {', '.join(missing)}")


def _demand(header: list[str], cells: list[str], where: str, tables: _Tables) -> Demand:
    if len(cells) != len(header):
        raise errors.ComputebookError(
            f"{where} has {len(cells)} cells, the header {len(header)}: check its commas"
        )
    stated = {key.strip(): cell.strip() for key, cell in zip(header, cells, strict=True)}
    try:
        return _checked({key: text for key, text in stated.items() if text}, tables)
    except errors.ComputebookError as wrong:
        raise errors.ComputebookError(f"{where}: {wrong}") from wrong


def _checked(stated: dict[str, str], tables: _Tables) -> Demand:
    for column in _REQUIRED:
        if column not in stated:
            raise errors.ComputebookError(f"{column} is empty")
    floors = {
        "floor_percent": _number(stated, "floor_percent", "%", 0.0, 100.0),
        "margin_points": _number(stated, "margin_points", "points", 0.0, 100.0),
    }
    if sum(math.isnan(value) for value in floors.values()) != 1:
        raise errors.ComputebookError("give one of floor_percent and margin_points")
    tier = stated.get("service_tier", "standard")
    return Demand(
        stated["workload"],
        errors.require_known("benchmark", stated["benchmark"], tables.benchmarks),
        _number(stated, "requests_per_month", "requests", math.ulp(0.0), 1e15),
        **floors,
        cost=errors.require_known("cost", stated.get("cost", TOKENS), (TOKENS, MEASURED)),
        service_tier=errors.require_known("service_tier", tier, tables.service_tiers),
        **(_tokens(stated, tables.traces) if stated.get("cost", TOKENS) == TOKENS else {}),
    )


def _number(stated: dict[str, str], column: str, unit: str, low: float, high: float) -> float:
    if column not in stated:
        return math.nan
    try:
        value = float(stated[column])
    except ValueError as wrong:
        raise errors.ComputebookError(f"{column} = {stated[column]!r} is not a number") from wrong
    errors.require_finite_in(column, value, unit, low, high)
    return value


def _tokens(stated: dict[str, str], traces: dict[str, dict[str, float]]) -> dict[str, float]:
    """Return the mean request: that of a trace, unless the line states its own."""
    bounds = {"cached_fraction": ("of 1", 1.0)}
    given = {
        name: _number(stated, name, unit, 0.0, most)
        for name in _MEAN_REQUEST
        for unit, most in [bounds.get(name, ("tokens", MAX_REQUEST_INPUT_TOKENS))]
    }
    found = {"cached_fraction": 0.0}
    if "profile" in stated:
        found = traces[errors.require_known("profile", stated["profile"], traces)]
    found = found | {name: value for name, value in given.items() if not math.isnan(value)}
    if len(found) < len(_MEAN_REQUEST):
        raise errors.ComputebookError(
            "the tokens of a request are missing: give profile, or input_tokens and "
            "output_tokens, or cost = measured"
        )
    return found
