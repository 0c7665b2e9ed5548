"""The appendix on validation: its parameters move it, and it hides nothing."""

import pytest

from computebook import price_crosscheck, validation
from computebook.errors import ComputebookError
from computebook.exhibits import validation as exhibit
from computebook.parameters import check_parameters


def test_parameters_accept_their_defaults_and_name_what_is_wrong() -> None:
    defaults = {p.name: p.default for p in exhibit.PARAMETERS}
    assert check_parameters(exhibit.PARAMETERS, defaults) == defaults
    with pytest.raises(ComputebookError, match="runtime_reserve_gib = 99 GiB is out of bounds"):
        check_parameters(exhibit.PARAMETERS, defaults | {"runtime_reserve_gib": 99})


def test_tolerance_moves_the_share_within() -> None:
    strict, loose = (exhibit.overview(5.5, tolerance)["within"].sum() for tolerance in (0.01, 20))
    assert strict < loose


def test_room_moves_the_capacity_line_only() -> None:
    tight, roomy = (exhibit.overview(room, 1.0).set_index("model") for room in (0.0, 5.5))
    assert tight.loc["Sequences that fit", "mean_percent"] > 5
    assert roomy.loc["Sequences that fit", "mean_percent"] < 1.5
    same = ["Parameters, total", "KV cache per token"]
    assert tight.loc[same, "mean_percent"].equals(roomy.loc[same, "mean_percent"])


def test_room_scenarios_bracket_the_bias() -> None:
    bias = exhibit.room_scenarios(5.5)["bias_percent"]
    assert bias.is_monotonic_decreasing
    assert bias.iloc[0] > 0 > bias.iloc[-1]


def test_largest_errors_are_shown_first_and_none_is_left_out() -> None:
    shown = exhibit.counts_by_error(12)["error_percent"].abs()
    assert shown.is_monotonic_decreasing
    assert shown.iloc[0] == validation.parameter_counts()["error_percent"].abs().max()


def test_decode_table_shows_each_small_batch_run_once() -> None:
    both = exhibit.decode_steps(["b200-sxm", "h100-sxm"])
    assert both["label"].is_unique
    assert len(both) == validation.decode_steps()["stated_ms"].notna().sum()
    alone = exhibit.decode_steps(["h100-sxm"])
    assert set(alone["accelerator"]) == {"H100 SXM 80GB"}
    assert exhibit.decode_regimes(["h100-sxm"])["runs"].sum() == len(alone)


def test_best_rates_are_the_best() -> None:
    best = exhibit.serving_throughputs().set_index(["name", "accelerator", "scenario"])
    every = validation.serving_throughputs()
    assert best.index.is_unique
    assert best["measured"].max() == every["measured"].max()


def test_power_groups_keep_every_mean() -> None:
    means = validation.power_against_ratings().query("metric == 'mean_power'")
    assert exhibit.power_by_system()["runs"].sum() == len(means)


def test_prices_add_up_and_agree_on_the_newest_day() -> None:
    pytest.importorskip("genai_prices")
    table = exhibit.price_agreement(["2026-01-15", "2026-11-10"])
    parts = table[["agreeing", "explained", "unexplained"]].sum(axis=1)
    assert parts.tolist() == table["rates"].tolist()
    assert table["unexplained"].tolist() == [0, 0]
    assert table["agreeing"].iloc[1] == table["rates"].iloc[1]
    compared = price_crosscheck.price_comparisons("2026-01-15")
    differing = price_crosscheck.price_differences("2026-01-15")
    assert len(differing) == (~compared["agrees"].astype(bool)).sum()
    with pytest.raises(ComputebookError, match="2026-13-01"):
        exhibit.price_agreement(["2026-13-01"])
