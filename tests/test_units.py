"""Units: a closed list, exact conversions, stable number text."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import units
from computebook.errors import ComputebookError


def test_every_base_unit_is_listed_with_factor_one() -> None:
    for unit in units.UNITS.values():
        assert units.UNITS[unit.base].factor == 1.0, unit.suffix


@pytest.mark.parametrize(
    ("value", "start", "end", "expected"),
    [
        (81_559, "mib", "gb", 85.5208),
        (183_359, "mib", "gib", 179.0615),
        (1, "usd_per_mtok", "usd_per_token", 1e-6),
        (1, "kwh", "j", 3.6e6),
        (0.24, "wh", "j", 864),
        (10_791, "kwh_per_year", "w", 1231.85),
        (1, "usd_per_mw", "usd_per_w", 1e-6),
        (250, "percent", "fraction", 2.5),
    ],
)
def test_conversions(value: float, start: str, end: str, expected: float) -> None:
    assert units.convert(value, start, end) == pytest.approx(expected, rel=1e-5)


@given(st.sampled_from(sorted(units.UNITS)), st.floats(1e-6, 1e6))
@settings(max_examples=100, deadline=None)
def test_conversion_there_and_back(suffix: str, value: float) -> None:
    base = units.UNITS[suffix].base
    there = units.convert(value, suffix, base)
    assert units.convert(there, base, suffix) == pytest.approx(value, rel=1e-12)


def test_conversion_refuses_another_kind() -> None:
    with pytest.raises(ComputebookError, match="cannot convert gb to ms: they measure bytes and s"):
        units.convert(1, "gb", "ms")
    with pytest.raises(ComputebookError, match="unknown unit 'gigabyte': "):
        units.convert(1, "gigabyte", "gb")


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("memory_gb", "GB"),
        ("memory_bandwidth_tb_s", "TB/s"),
        ("fp8_dense_tflop_s", "TFLOP/s"),
        ("time_per_output_token_s", "s"),
        ("usd_per_gpu_hour", "$/GPU-h"),
        ("uncached_input_usd_per_mtok", "$/M tokens"),
        ("kv_elements_per_token", "elements/token"),
    ],
)
def test_unit_of_takes_the_longest_ending(name: str, symbol: str) -> None:
    unit = units.unit_of(name)
    assert unit is not None
    assert unit.symbol == symbol


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 3, "0"),
        (999.6, 3, "1,000"),
        (0.09996, 3, "0.100"),
        (-12.345, 3, "-12.3"),
        (2.5e18, 2, "2.5e+18"),
        (float("nan"), 3, "not available"),
        (float("inf"), 3, "inf"),
    ],
)
def test_significant_digits(value: float, digits: int, text: str) -> None:
    assert units.format_significant(value, digits) == text


def test_negative_dollars_keep_their_sign_in_front() -> None:
    assert units.format_quantity(-2.5, "usd") == "-$2.50"


def test_plain_keeps_truth_values_and_arrays() -> None:
    assert units.plain(np.bool_(True)) is True
    assert type(units.plain(np.int64(3))) is float
    assert units.plain("text") == "text"
    assert units.plain(np.ones(1)).shape == (1,)


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    count: int
    flag: bool


def test_stack_makes_columns_that_cannot_overflow() -> None:
    stacked = units.stack_records([Row("a", 10**18, True), Row("b", 2, False)])
    assert np.asarray(stacked.count).dtype == np.float64
    assert list(stacked.flag) == [True, False]  # type: ignore[call-overload]
    with pytest.raises(ComputebookError, match="nothing to stack"):
        units.stack_records([])
