"""The appendix on validation: its parameters move it, and it hides nothing."""

import numpy as np
import pytest

from computebook import datasets, price_crosscheck, validation
from computebook.errors import ComputebookError
from computebook.exhibits import validation as exhibit
from computebook.exhibits.validation import training
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


def test_held_out_figures_are_recomputed_from_the_table() -> None:
    rows = exhibit.held_out_cases("group")
    steps = rows[(rows["quantity"] == "tpot") & rows["fitted"]]
    error = np.abs(steps["predicted"] / steps["measured"] - 1.0)
    line = exhibit.errors_by_load().set_index(["regime", "quantity"])
    shown = line.loc[("serving_fixed_concurrency", "time per output token")]
    assert shown["cases"] == len(steps)
    assert shown["mean_absolute_error_percent"] == pytest.approx(100 * error.mean(), abs=0.06)
    assert shown["within_20_percent"] == pytest.approx(100 * (error <= 0.2).mean(), abs=0.06)


def test_experimental_cases_stand_in_no_figure_and_in_the_table() -> None:
    rows = exhibit.held_out_cases()
    shown = exhibit.errors_by_load()["cases"].sum()
    out = rows["notes"].str.contains("experimental|ambiguous|never fitted")
    assert out.any()
    assert shown == len(rows) - out.sum()


def test_an_aim_is_met_only_if_reached() -> None:
    table = exhibit.aims().set_index(["what", "statistic"])
    for (_, statistic), row in table.iterrows():
        reached = (
            row["group"] >= row["aim"] if "within" in statistic else row["group"] <= row["aim"]
        )
        assert row["met"] == reached
    peer = table.loc[("Time per token, fixed users", "median")]
    assert (peer["roofline"], peer["aiconfigurator"]) == (14.5, 17.0)
    energy = table[table.index.get_level_values("what").str.startswith("J per token")]
    assert energy["group"].is_monotonic_increasing
    assert energy["cases"].min() > 400


def test_published_jump_of_llama_70b_stands_on_the_page() -> None:
    table = exhibit.cliff().set_index("label")
    assert table.loc["1 × H100", "measured"] == 840
    assert table.loc["2 × H100", "measured"] == 4391
    assert not table["fitted"].any()
    jump = table.loc["2 × H100", "predicted"] / table.loc["1 × H100", "predicted"]
    assert 4.0 < jump < 7.5


def test_worst_cases_are_the_worst_and_each_has_a_cause() -> None:
    rows = exhibit.held_out_cases()
    every = np.log(rows.loc[rows["fitted"], "ratio"]).abs().sort_values(ascending=False)
    shown = exhibit.worst_cases(9)
    np.testing.assert_allclose(np.log(shown["ratio"]).abs(), every.iloc[:9])
    assert (shown["cause"].str.len() > 0).all()


def test_each_fitted_case_is_drawn_once() -> None:
    rows = exhibit.held_out_cases()
    points = sum(len(exhibit.agreement_points(rows, kind)) for kind in ("throughput", "times"))
    assert points == rows["fitted"].sum()


def test_each_constant_with_cases_is_shown_once() -> None:
    table = datasets.load("inference_calibration")
    fitted = table[(table["field"] != "interval_factor") & (table["cases"] > 0)]
    shown = sum(len(exhibit.serving_constants(times)) for times in (True, False))
    assert shown == len(fitted)


def test_our_errors_stand_first_among_the_peers() -> None:
    table = exhibit.peers()
    assert table["tool"].str.startswith("This report").tolist()[:3] == [True, True, False]
    known = datasets.load("inference_peer_errors")
    assert (
        len(table)
        == 2 + ((known["metric"] == "tpot") & (known["evaluated_by"] == "computebook study")).sum()
    )


def test_training_errors_are_recomputed_from_the_table() -> None:
    rows = exhibit.training_cases()
    shown = exhibit.training_errors().set_index(["quantity", "kind"])
    part = rows[(rows["quantity"] == "throughput") & (rows["regime"] == "experts")]
    line = shown.loc[("Tokens per second", "experts")]
    error = np.abs(part["predicted"] / part["measured"] - 1.0)
    assert line["cases"] == len(part)
    assert line["groups"] == part["left_out"].nunique()
    assert line["mean_absolute_error_percent"] == pytest.approx(100 * error.mean(), abs=0.06)
    assert shown["cases"].sum() == len(rows)


def test_training_aims_are_met_only_if_reached_and_count_their_groups() -> None:
    table = exhibit.training_aims().set_index("aim_id")
    assert (table["met"] == (table["mean_error_percent"] <= table["aim_percent"])).all()
    assert table["groups"].le(table["cases"]).all()
    assert table.loc["llama", "siblings_percent"] < table.loc["llama", "others_percent"]
    sentence = exhibit.training_aims_sentence(exhibit.training_aims())
    assert f"{int(table['met'].sum())} of 4 aims are met" in sentence
    for missed in table.loc[~table["met"], "target"]:
        assert missed[1:] in sentence


def test_training_median_never_sees_what_is_left_out() -> None:
    rows = exhibit.training_cases()
    rate = rows[rows["quantity"] == "throughput"].reset_index(drop=True)
    changed = rate.copy()
    own = rate["architecture_id"] == "kimi-k2"
    changed.loc[own, "measured"] *= 9.0
    before, after = (
        training.median_of_others(frame, "architecture_id")[own] for frame in (rate, changed)
    )
    assert own.any()
    np.testing.assert_allclose(before, after)


def test_worst_training_runs_are_the_worst_and_each_has_a_cause() -> None:
    rows = exhibit.training_cases()
    rows = rows[rows["quantity"] != "rate"]
    shown = exhibit.training_worst(6)
    assert np.abs(np.log(shown["ratio"])).is_monotonic_decreasing
    assert np.abs(np.log(shown["ratio"])).iloc[0] == np.abs(np.log(rows["ratio"])).max()
    assert (shown["cause"].str.len() > 0).all()
    assert not shown["cause"].str.contains("{", regex=False).any()


def test_cluster_power_lists_every_metered_training_run() -> None:
    shown = exhibit.cluster_power()
    assert len(shown) == exhibit.power_by_system().query("load == 'training'")["runs"].sum()
    error = shown["predicted_kw"] / shown["measured_kw"] - 1.0
    np.testing.assert_allclose(shown["error_percent"], 100 * error)


def test_each_training_rate_is_drawn_once() -> None:
    rows = exhibit.training_cases()
    assert len(exhibit.training_points()) == (rows["quantity"] == "throughput").sum()
