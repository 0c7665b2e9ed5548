"""Every message names the field, the value, its unit, the bound and the nearest name."""

import numpy as np
import pandas as pd
import pytest

from computebook import errors
from computebook.errors import ComputebookError


def test_every_error_is_a_value_error() -> None:
    assert issubclass(ComputebookError, ValueError)


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [("h10-sxm", "h100-sxm"), ("H100-SXM", "h100-sxm"), ("b20-sxm", "b200-sxm"), ("abacus", None)],
)
def test_nearest_name(typed: str, nearest: str | None) -> None:
    assert errors.nearest_name(typed, ["h100-sxm", "b200-sxm"]) == nearest


def test_unknown_name_without_a_near_one_lists_the_known() -> None:
    message = str(errors.unknown_name("gpu", "abacus", ["h100-sxm", "b200-sxm"]))
    assert message == "unknown gpu 'abacus': Known: b200-sxm, h100-sxm"


def test_unknown_name_shortens_a_long_list() -> None:
    message = str(errors.unknown_name("model", "zzz", [f"m{i:02d}" for i in range(20)]))
    assert "m11 and 8 more" in message
    assert "m12" not in message


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (-5, "context_tokens = -5 tokens is out of bounds: allowed 0 to 1e+08 tokens"),
        (float("nan"), "context_tokens = nan tokens is out of bounds"),
        (float("inf"), "context_tokens = inf tokens is out of bounds"),
        ([1.0, -2.0], "context_tokens = -2 tokens is out of bounds"),
        (2e8, r"context_tokens = 2e\+08 tokens is out of bounds"),
        ("many", "context_tokens = 'many' is not a number in tokens"),
        (None, "context_tokens = None is not a number in tokens"),
        (True, "context_tokens = True is not a number in tokens"),
    ],
)
def test_bad_numbers_are_named(value: object, shown: str) -> None:
    with pytest.raises(ComputebookError, match=shown.replace("+", r"\+").replace(r"\\+", r"\+")):
        errors.require_finite_in("context_tokens", value, "tokens", 0, 1e8)


def test_good_numbers_pass_unchanged() -> None:
    assert errors.require_finite_in("n", 3, "", 0, 10) == 3
    assert errors.require_finite_in("n", np.float64(3.5), "", 0, 10) == 3.5
    np.testing.assert_array_equal(errors.require_finite_in("n", (1, 2), "", 0, 10), [1, 2])
    np.testing.assert_array_equal(
        errors.require_finite_in("n", pd.Series([1, 2]), "", 0, 10), [1, 2]
    )


def test_bounds_are_allowed_values() -> None:
    assert errors.require_finite_in("n", 0, "", 0, 10) == 0
    assert errors.require_finite_in("n", 10, "", 0, 10) == 10


class Recorder:
    """Stands for an expression tracer."""

    def __array_ufunc__(self, *_: object, **__: object) -> "Recorder":
        return self


def test_a_tracer_passes_and_numbers_do_not_count_as_one() -> None:
    recorder = Recorder()
    assert errors.require_finite_in("n", recorder, "", 0, 1) is recorder
    assert not errors.is_symbolic(pd.Series([1.0]))
    assert not errors.is_symbolic(np.ones(2))
