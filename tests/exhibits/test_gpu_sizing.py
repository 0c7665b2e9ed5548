"""The chapter on GPU sizing: published values, complete tables, answers to its parameters."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from computebook import claims, datasets, serving, sizing
from computebook.errors import ComputebookError
from computebook.exhibits import gpu_sizing as exhibit
from computebook.parameters import check_parameters

GPUS = ["h100-sxm", "h200-sxm", "b200-sxm", "gb200"]
ASKED = exhibit.DEFAULT
SMALL = replace(ASKED, models=("llama-3.1-70b",), accelerators=("h100-sxm", "h200-sxm"))


@pytest.mark.parametrize("number", [4, 5])
def test_the_articles_tables_come_back_whole(number: int) -> None:
    cells = exhibit.article_cells(number)
    printed = claims.article_table(number, "printed")
    assert cells.iloc[:, 0].tolist() == printed.index.tolist()
    assert list(cells.columns[1:]) == list(printed.columns)
    badges = cells.iloc[:, 1:].map(lambda cell: cell.count("{bdg-"))
    assert (badges.to_numpy() == (printed != "").to_numpy().astype(int)).all()


def test_contradicted_and_unverified_cells_show_ours() -> None:
    cells = exhibit.article_cells(5).set_index("Workload profile")
    assert "→ 180 GB" in cells.loc["Long context (100K-400K)", "Memory"]
    kv = exhibit.article_cells(4).set_index("Specification").loc["Effective KV cache", "GPT-5.2"]
    assert "18,432-258,048" in kv
    assert "unverified" in kv


def test_every_sentence_of_the_article_on_the_subject_is_answered() -> None:
    ours = claims.by_chapter("gpu_sizing")
    prose = exhibit.prose_claims()
    assert len(prose) + 9 + 16 == len(ours)
    assert (prose["our_value_text"] != "").all()


def test_each_pick_of_the_article_is_tested_on_all_cases_of_its_row() -> None:
    table = exhibit.workload_cells(ASKED)
    assert list(table.columns[:-2]) == list(exhibit.article_cells(5).columns)
    cases = [cell.split(" of ") for cell in table["per_gpu"]]
    assert [int(total) for _, total in cases] == [36, 36, 54, 30]
    assert all(int(part) <= int(total) for part, total in cases)
    assert table["per_dollar"].iloc[-1] == "no list price"
    fewer = replace(ASKED, accelerators=("h200-sxm", "b200-sxm"))
    assert exhibit.workload_cells(fewer)["per_gpu"].iloc[0] == "not compared"


@pytest.mark.parametrize(
    ("model", "gigabytes"),
    [
        ("llama-3.1-405b", 206.4),
        ("qwen3-235b-a22b", 77.0),
        ("kimi-k2", 28.1),
        ("gpt-oss-120b", 14.75),
    ],
)
def test_published_caches_at_the_full_window(model: str, gigabytes: float) -> None:
    table = exhibit.caches("bf16").set_index("architecture_id")
    assert table.loc[model, "window_gb"] == pytest.approx(gigabytes, rel=1e-3)


def test_the_articles_constant_stands_inside_the_range() -> None:
    low, central, high = exhibit.cache_range_gb(400_000, "bf16")
    assert exhibit.ARTICLE_ELEMENTS == 32_000
    assert low < exhibit.article_cache_gb(400_000, 16.0) < central < high
    assert high / low == pytest.approx(14, rel=1e-2)
    assert [exhibit.article_read_ms(16, gpu) for gpu in GPUS[:3]] == pytest.approx(
        [7.64, 5.33, 3.2], rel=1e-2
    )
    assert "10 of 14 keep more, 4 less" in exhibit.cache_sentence(exhibit.caches("bf16"))


def test_window_is_prompt_and_answer() -> None:
    needs = exhibit.window_needs("fp8", 16).set_index("what")
    assert needs.loc["Longest prompt", "tokens"] + needs.loc["Longest answer", "tokens"] == 400_000
    one, many = needs.loc["Full window, one user"], needs.loc["Full window, all 16"]
    assert many["high_gb"] == pytest.approx(16 * one["high_gb"])
    halved = exhibit.window_needs("bf16", 16).set_index("what")
    assert halved.loc["Longest prompt", "article_gb"] == pytest.approx(
        2 * needs.loc["Longest prompt", "article_gb"]
    )


def test_no_prediction_beats_physics() -> None:
    table = exhibit.forecasts(ASKED).dropna(subset=["token_ms"])
    assert len(table) >= 20
    assert (table["token_ms"] > table["bound_ms"]).all()
    window = exhibit.window_serving(ASKED)
    assert (window["token_ms"] > window["bound_ms"]).all()
    assert (window["first_s"] > window["first_bound_s"]).all()


def test_every_forecast_keeps_the_time_and_fits() -> None:
    for row in exhibit.forecasts(ASKED).dropna(subset=["token_ms"]).to_dict("records"):
        assert row["token_ms"] <= ASKED.time_per_output_token_ms
        model, gpu = exhibit.served(ASKED, row["model"]), datasets.accelerator(row["accelerator"])
        layout = (row["copy_accelerators"], row["copy_groups"])
        held = exhibit.most_users(model, gpu, ASKED.context_tokens, *layout)
        assert 1 <= row["copy_users"] <= held


def test_cost_worked_by_hand() -> None:
    """Nebius lists 2.95 and 3.50 dollars, Crusoe 3.90 and 4.29, AWS 12.29 and 10.60."""
    row = exhibit.forecasts(SMALL).set_index("accelerator").loc["h200-sxm"]
    hour = (3.50 + 4.29 + 10.60) / 3
    assert row["usd_per_mtok"] == pytest.approx(hour / 3600 / row["tokens_per_s"] * 1e6)
    half = exhibit.forecasts(replace(SMALL, price_percent=50.0)).set_index("accelerator")
    assert half.loc["h200-sxm", "usd_per_mtok"] == pytest.approx(row["usd_per_mtok"] / 2)


def test_a_gpu_at_its_tie_price_costs_as_much_as_the_other() -> None:
    table = exhibit.forecasts(SMALL).set_index("accelerator")
    tie = table.loc["h100-sxm", "worth_usd_per_hour"]
    cost = exhibit.usd_per_mtok(tie, table.loc["h100-sxm", "tokens_per_s"])
    assert cost == pytest.approx(table.loc["h200-sxm", "usd_per_mtok"])


def test_prices_compare_within_providers() -> None:
    assert exhibit.price_providers(GPUS) == ["Crusoe", "Nebius"]
    low, _, high = exhibit.price_ratio("h200-sxm", "h100-sxm") or (0.0, 0.0, 0.0)
    assert (low, high) == pytest.approx((10.60 / 12.29, 3.50 / 2.95))
    assert exhibit.price_ratio("gb200", "b200-sxm") is None
    assert "gb200" not in exhibit.hour_prices(GPUS)


def test_power_is_the_nodes_rating_times_the_load_share() -> None:
    assert exhibit.watts("h100-sxm") == pytest.approx(10_200 / 8 * 0.7)
    assert exhibit.watts("b200-sxm") == pytest.approx(14_300 / 8 * 0.7)


def test_a_winner_is_called_only_where_intervals_do_not_overlap() -> None:
    low, high = exhibit.interval("tpot")
    edge = high / low
    near = exhibit.contest(["a", "b"], [10.0, 10.0 * edge * 0.999], "latency")
    assert near.tied == ("a", "b")
    assert not near.called
    far = exhibit.contest(["a", "b", "c"], [10.0, 10.0 * edge * 1.001, math.nan], "latency")
    assert (far.leader, far.behind, far.called) == ("a", "b", True)
    assert far.lead == pytest.approx(edge * 1.001)
    assert exhibit.contest(["a", "b"], [1.0, 9.0], "throughput").leader == "b"
    assert exhibit.contest(["a"], [math.nan], "cost") == exhibit.Contest()


@given(
    st.lists(st.floats(0.01, 1e4), min_size=2, max_size=5),
    st.floats(0.1, 10.0),
    st.sampled_from(sorted(exhibit.METRICS)),
)
def test_a_contest_does_not_depend_on_the_unit(
    values: list[float], factor: float, metric: str
) -> None:
    names = [str(number) for number in range(len(values))]
    one = exhibit.contest(names, values, metric)
    other = exhibit.contest(names, [factor * value for value in values], metric)
    assert one.leader in one.tied
    assert one.margin >= 1
    assert other.margin == pytest.approx(one.margin)
    assert set(one.tied) | {one.behind} <= {*names, ""}


def test_the_decision_covers_every_context_and_load() -> None:
    table = exhibit.decision_table(ASKED)
    pairs = list(zip(table["context"], table["load"], strict=True))
    assert len(set(pairs)) == len(exhibit.CONTEXTS) * len(exhibit.USERS) == 15
    assert not table["cost"].str.contains("GB200").any(), "it has no price"
    shown = exhibit.scores(ASKED)
    assert shown[shown["accelerator"] == "gb200"]["cost"].isna().all()
    assert shown.groupby("accelerator")["throughput"].count().min() > 0


def test_a_looser_time_limit_never_costs_throughput() -> None:
    strict, loose = (
        exhibit.scores(replace(SMALL, time_per_output_token_ms=limit))["throughput"]
        for limit in (20.0, 80.0)
    )
    assert (loose >= strict).mask(strict.isna(), True).all()
    assert (loose > strict).any()


def test_the_longest_context_fits_and_the_next_block_does_not() -> None:
    model, gpu = exhibit.served(ASKED, "llama-3.1-70b"), datasets.accelerator("h200-sxm")
    edge = exhibit.longest_context(model, "h200-sxm", 1)
    assert exhibit.most_users(model, gpu, edge, 1) == 1
    assert exhibit.most_users(model, gpu, edge + 17, 1) == 0
    assert exhibit.longest_context(exhibit.served(ASKED, "llama-3.1-405b"), "h100-sxm", 1) == 0


def test_the_measured_cliff_of_one_h100_shows() -> None:
    """Llama 3.1 70B in FP8: measured 840 tokens/s on one H100 and 4,391 on two."""
    model = exhibit.served(replace(ASKED, kv_precision="fp8"), "llama-3.1-70b")
    one, two = (exhibit.longest_context(model, "h100-sxm", count) for count in (1, 2))
    assert two > 8 * one


@given(st.floats(1e-3, 1e3))
def test_the_search_finds_where_a_condition_breaks(edge: float) -> None:
    found = exhibit.last_true(lambda value: value <= edge, 1e-4, 1e4)
    assert found == pytest.approx(edge, rel=1e-9)


def test_more_users_than_the_break_point_are_too_slow() -> None:
    row = exhibit.break_points(SMALL).set_index("accelerator").loc["H200"]
    gpu, model = datasets.accelerator("h200-sxm"), exhibit.served(SMALL, "llama-3.1-70b")
    loads = np.arange(1.0, 65.0)
    found = exhibit.options(SMALL, model, gpu, SMALL.context_tokens, loads)
    each = found.users / found.accelerators
    in_time = found.token_s * 1e3 <= SMALL.time_per_output_token_ms
    assert (each * in_time).max() == pytest.approx(row["timely_users"])


def test_useful_accelerators_stop_where_doubling_stops_paying() -> None:
    count = np.array([1.0, 2.0, 4.0, 8.0])
    assert exhibit.enough_ranks(count, np.array([10.0, 5.0, 2.5, 2.0])) == 8
    assert exhibit.enough_ranks(count, np.array([10.0, 5.0, 4.9, 4.8])) == 2
    assert exhibit.enough_ranks(count, np.array([np.nan, np.nan, 3.0, 2.9])) == 4
    assert math.isnan(exhibit.enough_ranks(count, np.full(4, np.nan)))


def test_where_cache_outweighs_weights_both_take_equal_time() -> None:
    asked = replace(SMALL, accelerator="h200-sxm")
    table = exhibit.forecasts(asked).set_index("accelerator", drop=False)
    place = table.loc["h200-sxm"].to_dict()
    edge = exhibit.cache_outweighs(asked, "llama-3.1-70b", place)
    placed = exhibit.served(asked, "llama-3.1-70b").deployment(
        datasets.accelerator("h200-sxm"), place["copy_accelerators"], place["copy_groups"]
    )
    parts = serving.decode_step(placed, place["copy_users"], edge)
    weights = parts.dense_s + parts.experts_s + parts.head_s
    assert float(parts.attention_s) == pytest.approx(float(weights), rel=1e-6)


def test_narrow_formats_pay_and_published_mixtures_have_none() -> None:
    gain = exhibit.format_gains(ASKED, "llama-3.1-405b", "fp8", "nvfp4", 1)
    assert 1.2 < float(gain.split()[0]) < 2.1, "weights of 4.5 bits for 8, and links beside them"
    assert exhibit.format_gains(ASKED, "gpt-oss-120b", "fp8", "nvfp4", 1) == ""


def test_capacity_is_that_of_the_sizing_models() -> None:
    model, gpu = exhibit.served(ASKED, "deepseek-v3"), datasets.accelerator("h200-sxm")
    placed = model.deployment(gpu, 8, 8)
    fit = sizing.sequences_that_fit(placed, 32_768)
    assert exhibit.most_users(model, gpu, 32_768, 8, 8) == fit // 8 * 8


def test_steps_between_gpus_meet_mlperf() -> None:
    steps = exhibit.served_steps(ASKED)
    assert steps["measured"].tolist() == pytest.approx([1.41, 3.00, 1.03], abs=5e-3)
    assert (steps["predicted"] / steps["measured"]).between(0.75, 1.25).all()


def test_measured_pairs_differ_in_the_gpu_alone_and_are_mostly_ordered_right() -> None:
    pairs = exhibit.measured_pairs()
    assert len(pairs) >= 100
    assert (pairs["accelerator_id"] != pairs["accelerator_id_b"]).all()
    right = np.sign(np.log(pairs["measured"])) == np.sign(np.log(pairs["predicted"]))
    assert right.mean() > 0.85
    low, high = exhibit.pair_interval()
    wide = exhibit.interval("throughput")
    assert wide[0] < low < 1.1
    assert 0.9 < high < wide[1]


def test_the_longest_measured_request_is_in_the_table() -> None:
    """TensorRT-LLM measured 32,768 tokens of prompt or of answer with 1,024 of the other."""
    assert exhibit.measured_context_tokens() == 32_768 + 1_024


def test_the_full_window_is_beyond_every_measurement() -> None:
    assert exhibit.beyond_measured(exhibit.measured_context_tokens()) == 1
    assert exhibit.beyond_measured() > 10
    table = exhibit.window_serving(ASKED).set_index(exhibit.window_serving(ASKED)["name"])
    assert len(table) == len(exhibit.ARCHETYPES)
    assert (table["shared_usd"] <= table["alone_usd"]).all()
    seconds = table["first_s"] + 128_000 * table["token_ms"] / 1e3
    assert table["request_s"].to_numpy() == pytest.approx(seconds.to_numpy())


def test_a_machine_too_small_for_the_window_says_so() -> None:
    tiny = replace(ASKED, accelerator="a100-40gb-sxm")
    table = exhibit.window_serving(tiny)
    assert table["first"].isna().any()
    assert "extrapolation" in exhibit.window_takeaway(tiny, table)


def test_parameters_accept_their_defaults_and_name_what_is_wrong() -> None:
    defaults = {p.name: p.default for p in exhibit.PARAMETERS}
    assert check_parameters(exhibit.PARAMETERS, defaults) == defaults
    with pytest.raises(ComputebookError, match="did you mean 'qwen3-235b-a22b'"):
        check_parameters(exhibit.PARAMETERS, defaults | {"models": ["qwen3-235b-a22"]})
    with pytest.raises(ComputebookError, match="users = 0 users is out of bounds"):
        check_parameters(exhibit.PARAMETERS, defaults | {"users": 0})
    with pytest.raises(ComputebookError, match="output_tokens = 2048 tokens is out of bounds"):
        exhibit.plan(**defaults | {"context_tokens": 2_048, "output_tokens": 2_048})


@pytest.mark.parametrize(
    "change",
    [
        {"models": ("llama-3.1-8b",)},
        {"accelerators": ("h100-sxm",)},
        {"engine": "vllm"},
        {"weight_precision": "bf16"},
        {"kv_precision": "fp8"},
        {"context_tokens": 8_192},
        {"output_tokens": 200},
        {"users": 4},
        {"time_per_output_token_ms": 20.0},
        {"cached_percent": 80.0},
        {"price_percent": 50.0},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_parameter_moves_the_forecasts(change: dict[str, object]) -> None:
    base, other = exhibit.forecasts(SMALL), exhibit.forecasts(replace(SMALL, **change))  # type: ignore[arg-type]
    columns = ["token_ms", "tokens_per_s", "usd_per_mtok"]
    assert not base[columns].equals(other[columns])


def test_verdicts_follow_the_numbers() -> None:
    alone = replace(ASKED, accelerators=("b200-sxm",))
    assert exhibit.speed_sentence(alone) == "No GPU is clearly ahead of another in tokens per GPU."
    assert exhibit.rack_sentence(alone) == ""
    cached = exhibit.context_sentence(replace(ASKED, cached_percent=100.0))
    assert cached != exhibit.context_sentence(ASKED)
    decided, able = exhibit.called_cells(ASKED, "cost")
    assert f"{able - decided:,} of them" in exhibit.cost_sentence(ASKED)
