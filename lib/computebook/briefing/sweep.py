"""Run a model over a grid or over samples of its parameters, block by block, to a Parquet table.

A block of rows follows from its number alone, so that a table is the same on one machine or on a
cluster, and never has to fit in memory.
"""

from __future__ import annotations

import json
import math
import os
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import errors
from computebook.briefing.sweep_models import Output, SweepModel, model
from computebook.parameters import Parameter

__all__ = ["BLOCK_ROWS", "Sweep", "Values", "blocks", "parsed_values", "run", "table_of", "write"]

BLOCK_ROWS: Final = 65_536
MAX_ROWS: Final = 10**10
MAX_STEPS: Final = 10**7


@dataclass(frozen=True)
class Values:
    """What one parameter goes through.

    Parameters
    ----------
    values : tuple
        A list of values, if it is one.
    low, high : float
        A range, for samples.
    logarithmic : bool
        Whether samples of the range are even in its logarithm.
    """

    values: tuple[Any, ...] = ()
    low: float = math.nan
    high: float = math.nan
    logarithmic: bool = False


@dataclass(frozen=True)
class Sweep:
    """A model and the values of its parameters; hands out blocks of rows by number.

    Parameters
    ----------
    model : str
        Name of the model.
    given : dict of str to Values
        By parameter; the others keep their defaults.
    samples : int
        Number of random rows, 0 for the whole grid.
    seed : int
        Of the samples; equal seeds give equal rows.

    Examples
    --------
    >>> given = {"kv_bits": Values((8.0, 16.0)), "batch_size": Values((1.0, 2.0))}
    >>> sweep = Sweep("kv-cache", given)
    >>> sweep.rows, sweep.block(0)["cache_gb"].round(2).tolist()
    (4, [5.37, 10.74, 10.74, 21.47])
    """

    model: str
    given: dict[str, Values]
    samples: int = 0
    seed: int = 0

    @property
    def rows(self) -> int:
        """Rows of the whole table."""
        return self.samples or math.prod(len(v.values) for v in self.given.values())

    @property
    def blocks(self) -> int:
        """Blocks of the whole table."""
        return -(-self.rows // BLOCK_ROWS)

    def block(self, number: int) -> pd.DataFrame:
        """Return one block: a column per parameter, then per output."""
        start = number * BLOCK_ROWS
        count = min(BLOCK_ROWS, self.rows - start)
        drawn = self._sampled(number, count) if self.samples else self._grid(start, count)
        swept = model(self.model)
        fixed = {p.name: p.default for p in swept.parameters if p.name not in drawn}
        columns = [p.name for p in swept.parameters]
        frame = pd.DataFrame(drawn | fixed, index=range(count))[columns]
        return _computed(swept, frame)

    def _grid(self, start: int, count: int) -> dict[str, Any]:
        lengths = [len(values.values) for values in self.given.values()]
        places = np.unravel_index(np.arange(start, start + count), lengths) if lengths else ()
        pairs = zip(self.given.items(), places, strict=True)
        return {name: np.asarray(values.values)[at] for (name, values), at in pairs}

    def _sampled(self, number: int, count: int) -> dict[str, Any]:
        return {
            name: _drawn(v, self._stream(name, number), count) for name, v in self.given.items()
        }

    def _stream(self, name: str, number: int) -> np.random.Generator:
        # A stream for each parameter and block: another parameter leaves these draws as they are.
        return np.random.default_rng([self.seed, zlib.crc32(name.encode()), number])

    def order(self) -> str:
        """Return the sweep as JSON; `Sweep.read` is its inverse."""
        given = {
            n: [list(v.values), *((v.low, v.high) if not v.values else (0, 0)), v.logarithmic]
            for n, v in self.given.items()
        }
        return json.dumps([self.model, given, self.samples, self.seed])

    @classmethod
    def read(cls, order: str) -> Sweep:
        """Return a sweep from its JSON."""
        name, given, samples, seed = json.loads(order)
        values = {n: Values(tuple(v), low, high, log) for n, (v, low, high, log) in given.items()}
        return cls(name, values, samples, seed)


def _drawn(values: Values, stream: np.random.Generator, count: int) -> Any:
    if values.values:
        return np.asarray(values.values)[stream.integers(len(values.values), size=count)]
    even = stream.random(count)
    if values.logarithmic:
        return np.exp(np.log(values.low) + even * np.log(values.high / values.low))
    return values.low + even * (values.high - values.low)


def _computed(swept: SweepModel, frame: pd.DataFrame) -> pd.DataFrame:
    """Run the model on the rows of each combination of words at once."""
    words = [p.name for p in swept.parameters if p.kind == "str"]
    groups = frame.groupby(words, sort=False).indices if words else {(): np.arange(len(frame))}
    results = {output.name: np.empty(len(frame)) for output in swept.outputs}
    for rows in groups.values():
        part = frame.iloc[rows]
        arguments = {
            p.name: part[p.name].iloc[0] if p.name in words else part[p.name].to_numpy(float)
            for p in swept.parameters
        }
        for name, values in swept.function(**arguments).items():
            results[name][rows] = values
    return frame.assign(**results)


def parsed_values(parameter: Parameter, text: str) -> Values:
    """Return what was typed for one parameter, checked.

    Parameters
    ----------
    parameter : Parameter
        Whose values.
    text : str
        `8,16,32`, or a range `1000:200000`, or a range even in its logarithm
        `1000:200000:log`, or evenly spaced values `1000:200000:50` (`:50:log`).

    Raises
    ------
    ComputebookError
        If a value has the wrong type, is out of bounds or is no value.

    Examples
    --------
    >>> bits = Parameter("kv_bits", "float", "bit", 16.0, 1, 64)
    >>> parsed_values(bits, "8,16").values, parsed_values(bits, "4:16:3").values
    ((8.0, 16.0), (4.0, 10.0, 16.0))
    """
    if parameter.kind == "str" or ":" not in text:
        parts = [part.strip() for part in text.split(",")]
        return Values(tuple(parameter.check(_typed(parameter, part)) for part in parts))
    ends, logarithmic = text.removesuffix(":log").split(":"), text.endswith(":log")
    low, high = (parameter.check(_typed(parameter, end)) for end in _two(parameter, ends))
    if not low < high or (logarithmic and low <= 0):
        raise errors.ComputebookError(
            f"{parameter.name} = {text!r}: a range rises from low to high, from above 0 for log"
        )
    if len(ends) == 2:
        return Values((), float(low), float(high), logarithmic)
    steps = _steps(parameter, ends[2])
    spaced = np.geomspace(low, high, steps) if logarithmic else np.linspace(low, high, steps)
    return Values(tuple(float(value) for value in spaced))


def _two(parameter: Parameter, ends: Sequence[str]) -> Sequence[str]:
    if len(ends) not in (2, 3):
        raise errors.ComputebookError(
            f"{parameter.name}: write LOW:HIGH, LOW:HIGH:COUNT, or either with :log"
        )
    return ends[:2]


def _steps(parameter: Parameter, text: str) -> int:
    if not text.isdigit():
        raise errors.ComputebookError(f"{parameter.name}: {text!r} is no whole number of values")
    return int(errors.require_finite_in(f"values of {parameter.name}", int(text), "", 2, MAX_STEPS))


def _typed(parameter: Parameter, text: str) -> Any:
    if parameter.kind == "str":
        return text
    try:
        return float(text.replace("_", ""))
    except ValueError:
        return text  # the parameter says what it needs


def planned(name: str, items: Sequence[str], samples: int = 0, seed: int = 0) -> Sweep:
    """Return the sweep that was asked for on a command line.

    Parameters
    ----------
    name : str
        Name of the model.
    items : sequence of str
        `PARAMETER=VALUES`.
    samples : int
        Random rows, 0 for the whole grid.
    seed : int
        Of the samples.

    Raises
    ------
    ComputebookError
        If a name or value is not accepted, a range is given without samples, or the table would
        have more than ten thousand million rows.
    """
    known = {parameter.name: parameter for parameter in model(name).parameters}
    given: dict[str, Values] = {}
    for item in items:
        parameter, sign, text = item.partition("=")
        if not sign or not text:
            raise errors.ComputebookError(f"{item!r} has no values: write {parameter}=A,B,C")
        errors.require_known(f"parameter of {name}", parameter, known)
        if parameter in given:
            raise errors.ComputebookError(f"{parameter} is given twice")
        given[parameter] = parsed_values(known[parameter], text)
    return _bounded(Sweep(name, given, samples, seed))


def _bounded(sweep: Sweep) -> Sweep:
    open_ranges = [name for name, values in sweep.given.items() if not values.values]
    if open_ranges and not sweep.samples:
        raise errors.ComputebookError(
            f"{open_ranges[0]} is a range without a number of values: add one "
            f"(LOW:HIGH:COUNT), or draw from it with --samples"
        )
    errors.require_finite_in("rows", sweep.rows, "rows", 1, MAX_ROWS)
    return sweep


def blocks(sweep: Sweep) -> Iterator[pd.DataFrame]:
    """Yield the blocks of a sweep in order."""
    return (sweep.block(number) for number in range(sweep.blocks))


def schema(sweep: Sweep) -> Any:
    """Return the Parquet schema: units and meanings with the columns, the sweep with the table."""
    import pyarrow as pa

    swept = model(sweep.model)
    columns: list[Parameter | Output] = [*swept.parameters, *swept.outputs]
    fields = [
        pa.field(
            column.name,
            pa.string() if getattr(column, "kind", "") == "str" else pa.float64(),
            metadata={"unit": column.unit, "meaning": column.meaning},
        )
        for column in columns
    ]
    about = {"model": sweep.model, "meaning": swept.meaning, "sweep": sweep.order()}
    return pa.schema(fields, metadata=about)


def table_of(sweep: Sweep, frame: pd.DataFrame) -> Any:
    """Return a block as an Arrow table with units and meanings."""
    import pyarrow as pa

    return pa.Table.from_pandas(frame, schema=schema(sweep), preserve_index=False)


@contextmanager
def write(sweep: Sweep, out: Path) -> Iterator[Callable[[Any], None]]:
    """Open a Parquet file that appears whole or not at all, and yield what appends a table.

    Parameters
    ----------
    sweep : Sweep
        What the table is of.
    out : pathlib.Path
        The file.

    Raises
    ------
    ComputebookError
        If pyarrow is missing or the file cannot be written.
    """
    try:
        import pyarrow.parquet as pq
    except ModuleNotFoundError as missing:
        raise errors.ComputebookError(
            "--out needs the package pyarrow: pip install 'computebook[cluster]'"
        ) from missing
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        with pq.ParquetWriter(partial, schema(sweep)) as writer:
            yield lambda table: writer.write_table(table, row_group_size=BLOCK_ROWS)
        partial.replace(out)
    except OSError as fault:
        raise errors.ComputebookError(
            f"{out} cannot be written ({fault.strerror or fault}): nothing was left"
        ) from fault
    finally:
        partial.unlink(missing_ok=True)


def run(sweep: Sweep, out: Path, progress: Callable[[int], None] = lambda rows: None) -> None:
    """Write the whole table of a sweep.

    Parameters
    ----------
    sweep : Sweep
        From `planned`.
    out : pathlib.Path
        Parquet file, replaced only by a whole one.
    progress : callable
        Told the rows of each block as it is written.
    """
    with write(sweep, out) as append:
        for frame in blocks(sweep):
            append(table_of(sweep, frame))
            progress(len(frame))


def described(values: Mapping[str, Values]) -> str:
    """Return the values of a sweep in a few words."""
    words = {n: f"{len(v.values)} values" if v.values else "a range" for n, v in values.items()}
    return ", ".join(f"{name}: {text}" for name, text in words.items())
