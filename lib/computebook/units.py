"""The closed list of units, conversions between them and the way numbers are printed.

Names end in a unit. Inside the library the base units are used (``_bytes``, ``_flop``, ``_s``,
``_w``, ``_j``, ``_usd``, ``_tokens``, ``_fraction``); tables and charts use those of the field
(``_gb``, ``_tflop_s``, ``_ms``, ``_usd_per_mtok``).
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from computebook import errors

__all__ = [
    "BITS_PER_BYTE",
    "BYTES_PER_GB",
    "BYTES_PER_GIB",
    "BYTES_PER_MIB",
    "BYTES_PER_TB",
    "FLOP_PER_TFLOP",
    "HOURS_PER_YEAR",
    "JOULES_PER_KWH",
    "JOULES_PER_WH",
    "SECONDS_PER_DAY",
    "SECONDS_PER_HOUR",
    "SECONDS_PER_YEAR",
    "TOKENS_PER_MTOK",
    "UNITS",
    "WATTS_PER_KW",
    "WATTS_PER_MW",
    "Quantity",
    "Unit",
    "convert",
    "format_quantity",
    "format_significant",
    "plain",
    "scalar_in_scalar_out",
    "stack_records",
    "unit_of",
]

Quantity: TypeAlias = float | npt.NDArray[Any]
"""A number or an array of numbers; what every physics function takes and returns."""

P = ParamSpec("P")
Record = TypeVar("Record")

BITS_PER_BYTE: Final = 8.0
BYTES_PER_GB: Final = 1e9
BYTES_PER_TB: Final = 1e12
BYTES_PER_MIB: Final = 2.0**20
BYTES_PER_GIB: Final = 2.0**30
FLOP_PER_TFLOP: Final = 1e12
SECONDS_PER_HOUR: Final = 3600.0
SECONDS_PER_DAY: Final = 86400.0
HOURS_PER_YEAR: Final = 8760.0
SECONDS_PER_YEAR: Final = HOURS_PER_YEAR * SECONDS_PER_HOUR
JOULES_PER_WH: Final = 3600.0
JOULES_PER_KWH: Final = 3.6e6
WATTS_PER_KW: Final = 1e3
WATTS_PER_MW: Final = 1e6
TOKENS_PER_MTOK: Final = 1e6


@dataclass(frozen=True)
class Unit:
    """One unit of the closed list.

    Parameters
    ----------
    suffix : str
        What a name ends in, without the leading underscore, for example ``"tb_s"``.
    symbol : str
        How the unit is printed, for example ``"TB/s"``.
    meaning : str
        The unit in words.
    base : str
        Suffix of the base unit of the same kind.
    factor : float
        Number of base units in one of this unit.
    """

    suffix: str
    symbol: str
    meaning: str
    base: str
    factor: float


def _table(*rows: tuple[str, str, str, str, float]) -> dict[str, Unit]:
    return {row[0]: Unit(*row) for row in rows}


UNITS: Final[dict[str, Unit]] = _table(
    ("bits", "bit", "bits", "bytes", 1 / BITS_PER_BYTE),
    ("bits_per_element", "bit", "bits per stored value", "bits_per_element", 1.0),
    ("bytes", "B", "bytes", "bytes", 1.0),
    ("kb", "kB", "thousand bytes", "bytes", 1e3),
    ("kib", "KiB", "2^10 bytes", "bytes", 2.0**10),
    ("mb", "MB", "million bytes", "bytes", 1e6),
    ("mib", "MiB", "2^20 bytes", "bytes", BYTES_PER_MIB),
    ("gb", "GB", "1e9 bytes", "bytes", BYTES_PER_GB),
    ("gib", "GiB", "2^30 bytes", "bytes", BYTES_PER_GIB),
    ("tb", "TB", "1e12 bytes", "bytes", BYTES_PER_TB),
    ("bytes_per_s", "B/s", "bytes per second", "bytes_per_s", 1.0),
    ("gb_s", "GB/s", "1e9 bytes per second", "bytes_per_s", 1e9),
    ("tb_s", "TB/s", "1e12 bytes per second", "bytes_per_s", 1e12),
    ("bytes_per_token", "B/token", "bytes per token", "bytes_per_token", 1.0),
    ("kb_per_token", "kB/token", "thousand bytes per token", "bytes_per_token", 1e3),
    ("elements", "elements", "stored values, whatever their precision", "elements", 1.0),
    ("elements_per_token", "elements/token", "stored values per token", "elements_per_token", 1.0),
    ("params", "parameters", "learned weights", "params", 1.0),
    ("params_b", "B", "billions of parameters", "params", 1e9),
    ("flop", "FLOP", "floating-point operations (a count)", "flop", 1.0),
    ("flop_per_token", "FLOP/token", "operations per token", "flop_per_token", 1.0),
    ("flop_per_s", "FLOP/s", "floating-point operations per second", "flop_per_s", 1.0),
    ("tflop_s", "TFLOP/s", "1e12 floating-point operations per second", "flop_per_s", 1e12),
    ("top_s", "TOP/s", "1e12 integer operations per second", "flop_per_s", 1e12),
    ("pflop_s", "PFLOP/s", "1e15 floating-point operations per second", "flop_per_s", 1e15),
    ("flop_per_byte", "FLOP/B", "arithmetic intensity", "flop_per_byte", 1.0),
    ("s", "s", "seconds", "s", 1.0),
    ("us", "µs", "microseconds", "s", 1e-6),
    ("ms", "ms", "milliseconds", "s", 1e-3),
    ("min", "min", "minutes", "s", 60.0),
    ("hours", "h", "hours", "s", SECONDS_PER_HOUR),
    ("days", "d", "days", "s", SECONDS_PER_DAY),
    ("years", "yr", "years of 8,760 hours", "s", SECONDS_PER_YEAR),
    ("gpu_hours", "GPU-h", "accelerator-hours", "gpu_hours", 1.0),
    ("per_s", "1/s", "events per second", "per_s", 1.0),
    ("w", "W", "watts", "w", 1.0),
    ("kw", "kW", "kilowatts", "w", 1e3),
    ("mw", "MW", "megawatts", "w", 1e6),
    ("gw", "GW", "gigawatts", "w", 1e9),
    ("j", "J", "joules", "j", 1.0),
    ("wh", "Wh", "watt-hours", "j", JOULES_PER_WH),
    ("kwh", "kWh", "kilowatt-hours", "j", JOULES_PER_KWH),
    ("mwh", "MWh", "megawatt-hours", "j", 3.6e9),
    ("gwh", "GWh", "gigawatt-hours", "j", 3.6e12),
    ("j_per_token", "J/token", "joules per token", "j_per_token", 1.0),
    ("kwh_per_year", "kWh/yr", "kilowatt-hours a year", "w", 1e3 / HOURS_PER_YEAR),
    ("l_per_kwh", "L/kWh", "litres of water per kilowatt-hour of IT", "l_per_kwh", 1.0),
    ("litres", "L", "litres", "litres", 1.0),
    ("usd", "$", "US dollars", "usd", 1.0),
    ("usd_per_token", "$/token", "US dollars per token", "usd_per_token", 1.0),
    ("usd_per_mtok", "$/M tokens", "US dollars per million tokens", "usd_per_token", 1e-6),
    ("usd_per_mtok_hour", "$/M tokens/h", "$ per M tokens and hour", "usd_per_mtok_hour", 1.0),
    ("usd_per_call", "$/call", "US dollars per call", "usd_per_call", 1.0),
    ("usd_per_kcall", "$/1,000 calls", "US dollars per thousand calls", "usd_per_call", 1e-3),
    ("usd_per_gpu_hour", "$/GPU-h", "US dollars per GPU and hour", "usd_per_gpu_hour", 1.0),
    ("usd_per_kwh", "$/kWh", "US dollars per kilowatt-hour", "usd_per_j", 1 / JOULES_PER_KWH),
    ("usd_per_j", "$/J", "US dollars per joule", "usd_per_j", 1.0),
    ("usd_per_mw", "$/MW", "US dollars per megawatt of capacity", "usd_per_w", 1e-6),
    ("usd_per_w", "$/W", "US dollars per watt of capacity", "usd_per_w", 1.0),
    ("tokens", "tokens", "tokens", "tokens", 1.0),
    ("mtok", "M tokens", "million tokens", "tokens", 1e6),
    ("token_hours", "token-hours", "tokens times the hours they are kept", "token_hours", 1.0),
    ("tokens_per_s", "tokens/s", "tokens per second", "tokens_per_s", 1.0),
    ("requests_per_s", "requests/s", "requests per second", "requests_per_s", 1.0),
    ("fraction", "", "share of one", "fraction", 1.0),
    ("percent", "%", "hundredths", "fraction", 0.01),
    ("kg_per_s", "kg/s", "kilograms per second", "kg_per_s", 1.0),
    ("m3_per_s", "m³/s", "cubic metres per second", "m3_per_s", 1.0),
    ("kelvin", "K", "temperature difference", "kelvin", 1.0),
    ("celsius", "°C", "degrees Celsius", "celsius", 1.0),
)
"""Every unit that a name may end in, by suffix."""


def unit_of(name: str) -> Unit | None:
    """Return the unit that a name ends in.

    Parameters
    ----------
    name : str
        Name of an argument, a function, a field or a column.

    Returns
    -------
    Unit or None
        The longest matching suffix; None for a plain count such as ``layers``.

    Examples
    --------
    >>> unit_of("memory_bandwidth_bytes_per_s").symbol
    'B/s'
    >>> unit_of("weight_read_s").symbol
    's'
    >>> unit_of("layers") is None
    True
    """
    endings = [suffix for suffix in UNITS if name == suffix or name.endswith(f"_{suffix}")]
    return UNITS[max(endings, key=len)] if endings else None


def convert(value: Quantity, from_unit: str, to_unit: str) -> Quantity:
    """Return a value expressed in another unit of the same kind.

    Parameters
    ----------
    value : float or array
        Number of `from_unit`.
    from_unit, to_unit : str
        Suffixes of the closed list `UNITS`, with the same base unit.

    Returns
    -------
    float or array
        Number of `to_unit`.

    Raises
    ------
    ComputebookError
        If a unit is unknown or the two measure different things.

    Examples
    --------
    >>> convert(80, "gb", "bytes")
    80000000000.0
    >>> convert(1.0, "gib", "gb")
    1.073741824
    """
    for suffix in (from_unit, to_unit):
        errors.require_known("unit", suffix, UNITS)
    start, end = UNITS[from_unit], UNITS[to_unit]
    if start.base != end.base:
        raise errors.ComputebookError(
            f"cannot convert {from_unit} to {to_unit}: they measure {start.base} and {end.base}"
        )
    return value * (start.factor / end.factor)


def format_significant(value: float, digits: int = 3) -> str:
    """Return a number as text with a fixed count of significant digits.

    Parameters
    ----------
    value : float
        The number.
    digits : int, default 3
        Significant digits, 1 to 15; integers are not padded with decimals.

    Returns
    -------
    str
        Thousands separated by commas; powers of ten below 1e-4 and from 1e15 on.

    Examples
    --------
    >>> format_significant(1234567), format_significant(0.24357), format_significant(7.0)
    ('1,230,000', '0.244', '7.00')
    >>> format_significant(2.5e-6, 2)
    '2.5e-06'
    """
    if not np.isfinite(value):
        return "not available" if np.isnan(value) else f"{value}"
    if value == 0:
        return "0"
    magnitude = abs(value)
    if magnitude < 1e-4 or magnitude >= 1e15:
        return f"{value:.{digits - 1}e}"
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = max(digits - 1 - int(np.floor(np.log10(abs(rounded)))), 0)
    return f"{rounded:,.{decimals}f}"


def format_quantity(value: float, unit: str, digits: int = 3) -> str:
    """Return a number with its unit as text.

    Parameters
    ----------
    value : float
        The number, in `unit`.
    unit : str
        Suffix of the closed list `UNITS`.
    digits : int, default 3
        Significant digits.

    Returns
    -------
    str
        Dollars lead and a percent sign follows without a space.

    Raises
    ------
    ComputebookError
        If the unit is unknown.

    Examples
    --------
    >>> format_quantity(25.6, "gb"), format_quantity(1.75, "usd_per_mtok")
    ('25.6 GB', '$1.75/M tokens')
    >>> format_quantity(42, "percent", 2)
    '42%'
    """
    errors.require_known("unit", unit, UNITS)
    number, symbol = format_significant(value, digits), UNITS[unit].symbol
    if symbol.startswith("$"):
        return f"-${number[1:]}{symbol[1:]}" if value < 0 else f"${number}{symbol[1:]}"
    return f"{number}{symbol}" if symbol in ("%", "") else f"{number} {symbol}"


def plain(value: Any) -> Any:
    """Return a NumPy scalar or 0-dimensional array as a Python number, all else unchanged.

    Parameters
    ----------
    value : any
        Result of array arithmetic, or a tracer.

    Returns
    -------
    float, bool, array or tracer
        Integers become floats, because every quantity is a float.

    Examples
    --------
    >>> plain(np.float64(2.0)), plain(np.array(3)), plain(np.array([1.0, 2.0]))
    (2.0, 3.0, array([1., 2.]))
    """
    if isinstance(value, np.ndarray | np.generic) and value.ndim == 0:
        item = value.item()
        return float(item) if isinstance(item, int) and not isinstance(item, bool) else item
    return value


def scalar_in_scalar_out(function: Callable[P, Any]) -> Callable[P, Any]:
    """Return a function whose 0-dimensional results are Python floats.

    Parameters
    ----------
    function : callable
        A broadcasting function of numbers and arrays.

    Returns
    -------
    callable
        The same function; `plain` is applied to its result.

    Examples
    --------
    >>> twice = scalar_in_scalar_out(lambda x: 2 * np.asarray(x))
    >>> twice(2.0), twice([1.0, 2.0])
    (4.0, array([2., 4.]))
    """

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Any:
        return plain(function(*args, **kwargs))

    return wrapped


def stack_records(records: Sequence[Record]) -> Record:
    """Return one record whose fields are arrays over several records of the same dataclass.

    Parameters
    ----------
    records : sequence of dataclass instances
        At least one; all of one class.

    Returns
    -------
    dataclass instance
        Every field has shape ``(len(records),)``: numbers, truth values and text alike.

    Raises
    ------
    ComputebookError
        If there is no record.

    Examples
    --------
    >>> stack_records([UNITS["gb"], UNITS["tb"]]).factor
    array([1.e+09, 1.e+12])
    """
    if not records:
        raise errors.ComputebookError("nothing to stack: give at least one record")
    first: Any = records[0]
    columns = {
        field.name: _column([getattr(record, field.name) for record in records])
        for field in dataclasses.fields(first)
    }
    stacked: Record = type(first)(**columns)
    return stacked


def _column(values: list[Any]) -> npt.NDArray[Any]:
    """Return values as an array; integers become floats, which cannot overflow in products."""
    column = np.array(values)
    return column.astype(np.float64) if column.dtype.kind in "iu" else column
