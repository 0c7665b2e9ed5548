"""Parameters that explain what is wrong with them; ranges, tornado and draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from computebook import scenarios
from computebook.errors import ComputebookError
from computebook.scenarios import Parameter, Range, check_parameters

DECLARED = (
    Parameter("batch_size", "int", "sequences", 16, 1, 4_096, meaning="Sequences together."),
    Parameter("load_fraction", "float", "", 0.5, 0.01, 1),
    Parameter("gpu", "str", "", "h100-sxm", choices=("h100-sxm", "h200-sxm", "b200-sxm")),
    Parameter("prefix_caching", "bool", "", False),
    Parameter("vendors", "list", "", ["OpenAI"], choices=("OpenAI", "Google", "Anthropic")),
    Parameter("context_tokens", "list", "tokens", [1_024], 1, 1_000_000),
    Parameter("kv_bits", "int", "bits", 16, choices=(4, 8, 16)),
)

limits = st.lists(st.floats(0.1, 10), min_size=3, max_size=3).map(lambda v: Range(*sorted(v)))


# Parameters


def test_defaults_hold_where_nothing_is_given() -> None:
    effective = check_parameters(DECLARED, {})
    assert dict(effective) == {p.name: p.default for p in DECLARED}
    assert effective.overridden == frozenset()


def test_overrides_are_marked() -> None:
    given_values = {"batch_size": 32, "gpu": "h100-sxm", "vendors": ["Google", "OpenAI"]}
    effective = check_parameters(DECLARED, given_values)
    assert effective.overridden == {"batch_size", "vendors"}
    table = effective.table().set_index("name")
    assert table.loc["batch_size", ["value", "default", "overridden"]].tolist() == [32, 16, True]
    assert table.loc["batch_size", "meaning"] == "Sequences together."


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"batchsize": 32}, "unknown parameter 'batchsize': did you mean 'batch_size'"),
        ({"gpu": "h10-sxm"}, "unknown gpu 'h10-sxm': did you mean 'h100-sxm'"),
        ({"batch_size": 0}, "batch_size = 0 sequences is out of bounds: allowed 1 to 4096"),
        ({"batch_size": 8.0}, r"batch_size = 8.0 is float: a whole number \(sequences\) is needed"),
        ({"batch_size": True}, "batch_size = True is bool: a whole number"),
        ({"batch_size": "16"}, "batch_size = '16' is str"),
        ({"load_fraction": float("nan")}, "load_fraction = nan is out of bounds"),
        ({"load_fraction": float("inf")}, "load_fraction = inf is out of bounds"),
        ({"load_fraction": False}, "load_fraction = False is bool: a number"),
        ({"load_fraction": np.bool_(True)}, "is bool"),
        ({"load_fraction": None}, "load_fraction = None is NoneType"),
        ({"prefix_caching": 1}, "prefix_caching = 1 is int: true or false"),
        ({"vendors": "OpenAI"}, "vendors = 'OpenAI' is str: a list is needed"),
        ({"vendors": []}, r"vendors = \[\] is empty"),
        ({"vendors": ["Googel"]}, "did you mean 'Google'"),
        ({"context_tokens": [1, 0]}, "context_tokens = 0 tokens is out of bounds"),
        ({"kv_bits": 12}, "kv_bits = 12 bits is not one of 4, 8, 16"),
    ],
)
def test_a_bad_value_is_explained(values: dict[str, object], message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        check_parameters(DECLARED, values)


def test_all_faults_come_in_one_message() -> None:
    with pytest.raises(ComputebookError, match=r"batch_size = 0 .*; gpu|unknown gpu"):
        check_parameters(DECLARED, {"batch_size": 0, "gpu": "h10"})


def test_values_take_their_declared_type() -> None:
    effective = check_parameters(DECLARED, {"load_fraction": 1, "batch_size": np.int64(8)})
    assert type(effective["load_fraction"]) is float
    assert type(effective["batch_size"]) is int


def test_a_default_must_pass_its_own_declaration() -> None:
    with pytest.raises(ComputebookError, match="load_fraction = 2 is out of bounds"):
        Parameter("load_fraction", "float", "", 2, 0, 1)
    with pytest.raises(ComputebookError, match="did you mean 'float'"):
        Parameter("load_fraction", "floa", "", 2)


# Ranges


def test_a_range_must_rise() -> None:
    with pytest.raises(ComputebookError, match="range 3, 2, 4 must rise"):
        Range(3, 2, 4)
    with pytest.raises(ComputebookError, match="high = inf is out of bounds"):
        Range(1, 2, float("inf"))


@given(limits, limits, limits)
def test_corners_hold_every_point_of_a_monotone_model(a: Range, b: Range, c: Range) -> None:
    def model(a: float, b: float, c: float) -> float:
        return a * c / b

    result = scenarios.evaluate_range(model, a=a, b=b, c=c)
    assert result.low <= result.central <= result.high
    assert result.low == pytest.approx(a.low * c.low / b.high)
    assert result.high == pytest.approx(a.high * c.high / b.low)


def test_fixed_arguments_pass_through_a_range() -> None:
    result = scenarios.evaluate_range(lambda x, power: x**power, x=Range(1, 2, 3), power=2)
    assert result == Range(1, 4, 9)
    assert scenarios.evaluate_range(lambda x: x, x=5.0) == Range(5, 5, 5)


def test_too_many_corners_and_bad_results_are_refused() -> None:
    many = {f"x{i}": Range(0, 1, 2) for i in range(17)}
    with pytest.raises(ComputebookError, match="17 ranges have 131072 corners"):
        scenarios.evaluate_range(lambda **x: 1.0, **many)
    with pytest.raises(ComputebookError, match="one finite number is needed"):
        scenarios.evaluate_range(lambda x: float("nan"), x=Range(1, 2, 3))


# Tornado


def test_tornado_ranks_by_swing() -> None:
    ranges = {"a": Range(0, 1, 2), "b": Range(0, 1, 5), "c": Range(1, 1, 1)}
    table = scenarios.tornado(lambda a, b, c, d: a + b + c + d, {"d": 10}, ranges)
    assert table["parameter"].tolist() == ["b", "a", "c"]
    assert table["swing"].tolist() == [5, 2, 0]
    assert table["result_at_central"].unique().tolist() == [13]
    with pytest.raises(ComputebookError, match="ranges is empty"):
        scenarios.tornado(lambda a: a, {"a": 1}, {})


# Draws


def test_draws_are_reproducible_and_independent_of_other_inputs() -> None:
    one = scenarios.monte_carlo(lambda a: a, {"a": Range(0, 1, 2)}, 100, seed=7)
    two = scenarios.monte_carlo(
        lambda b, a: a + b, {"b": stats.norm(), "a": Range(0, 1, 2)}, 100, seed=7
    )
    assert one["a"].tolist() == two["a"].tolist()
    other = scenarios.monte_carlo(lambda a: a, {"a": Range(0, 1, 2)}, 100, seed=8)
    assert one["a"].tolist() != other["a"].tolist()


def test_sum_of_normals_has_the_known_spread() -> None:
    draws = scenarios.monte_carlo(
        lambda a, b: a + b, {"a": stats.norm(1, 3), "b": stats.norm(2, 4)}, 200_000
    )
    low, middle, high = scenarios.quantiles(draws)
    assert middle == pytest.approx(3, abs=0.05)
    assert (high - low) / 2 == pytest.approx(1.645 * 5, rel=0.01)


def test_lognormal_keeps_its_interval() -> None:
    distribution = scenarios.lognormal(0.5, 8.0, 0.8)
    assert distribution.cdf([0.5, 8.0]) == pytest.approx([0.1, 0.9])
    with pytest.raises(ComputebookError, match="low = 2 must be less than high = 1"):
        scenarios.lognormal(2, 1)


def test_a_range_without_width_is_a_constant() -> None:
    draws = scenarios.monte_carlo(lambda a, b: a + b, {"a": Range(2, 2, 2), "b": Range(0, 1, 2)})
    assert (draws["a"] == 2).all()


def test_a_sampler_of_ones_own() -> None:
    draws = scenarios.monte_carlo(
        lambda a: 2 * a, {"a": lambda generator, n: generator.integers(1, 7, n)}, 500
    )
    assert set(draws["result"]) == {2, 4, 6, 8, 10, 12}


def test_rank_correlation_finds_the_driver_and_its_sign() -> None:
    ranges = {"a": Range(0, 1, 2), "b": Range(0, 1, 2)}
    draws = scenarios.monte_carlo(lambda a, b: a - 5 * b, ranges)
    ranks = scenarios.rank_correlation(draws)
    assert ranks.index.tolist() == ["b", "a"]
    assert ranks["b"] < -0.9 < 0 < ranks["a"]


@pytest.mark.parametrize(
    ("distributions", "function", "message"),
    [
        ({"a": 3}, lambda a: a, "distribution of 'a' is 3: pass a Range"),
        ({"a": Range(0, 1, 2)}, lambda a: 1.0, r"returned shape \(\) with 0 values"),
        ({"a": Range(-1, 0, 1)}, lambda a: np.where(a > 0, a, np.nan), "that are not finite"),
    ],
)
def test_bad_draws_are_explained(distributions: dict, function: object, message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        scenarios.monte_carlo(function, distributions, 50)
