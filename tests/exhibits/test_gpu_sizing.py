"""The chapter on GPU sizing: published values, complete tables, answers to its parameters."""

import math

import numpy as np
import pytest

from computebook import claims, datasets, memory
from computebook.errors import ComputebookError
from computebook.exhibits import gpu_sizing as exhibit
from computebook.parameters import check_parameters

GPUS = ["h100-sxm", "h200-sxm", "b200-sxm", "gb200"]
CODER = exhibit.case("qwen3-coder-480b", "fp8", "bf16")
LLAMA = exhibit.case("llama-3.1-70b", "fp8", "bf16")


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


def test_window_is_prompt_and_answer() -> None:
    needs = exhibit.window_needs("fp8", 16).set_index("what")
    assert needs.loc["Longest prompt", "tokens"] + needs.loc["Longest answer", "tokens"] == 400_000
    one, many = needs.loc["Full window, one user"], needs.loc["Full window, all 16"]
    assert many["high_gb"] == pytest.approx(16 * one["high_gb"])
    halved = exhibit.window_needs("bf16", 16).set_index("what")
    assert halved.loc["Longest prompt", "article_gb"] == pytest.approx(
        2 * needs.loc["Longest prompt", "article_gb"]
    )


def test_bands_cover_every_edge_and_machine() -> None:
    table = exhibit.bands("bf16")
    assert len(table) == 12
    assert table.set_index(["band", "machine"]).loc[("400,000", "B200 SXM"), "held"] == "0 to 13"


def test_smallest_fleet_holds_and_half_of_it_does_not() -> None:
    for name in GPUS:
        gpu = datasets.accelerator(name)
        fleet = exhibit.layout(CODER, gpu, 131_072, 16)
        placed = CODER.placement(fleet.accelerators, fleet.groups)
        assert memory.fits(CODER.shape, gpu.memory_bytes, 131_072, 16, placed)
        for groups in (1, 2, 4):
            half = CODER.placement(fleet.accelerators // 2, groups)
            assert not memory.fits(CODER.shape, gpu.memory_bytes, 131_072, 16, half)


def test_groups_take_over_where_heads_run_out() -> None:
    """A latent cache has no heads: every rank holds all of it, until groups split the users."""
    latent = exhibit.case("deepseek-v3", "fp8", "bf16")
    fleet = exhibit.layout(latent, datasets.accelerator("h100-sxm"), 131_072, 256)
    assert fleet.groups > 1
    single = exhibit.layout(latent, datasets.accelerator("h100-sxm"), 131_072, 1)
    assert single.groups == 1


def test_fleets_grow_with_users_and_with_context() -> None:
    cells = exhibit.fleet_map(LLAMA, "h200-sxm")
    grid = cells.pivot_table(index="context_tokens", columns="batch_size", values="accelerators")
    values = grid.to_numpy()
    assert (np.diff(values, axis=0) >= 0).all()
    assert (np.diff(values, axis=1) >= 0).all()


def test_nobody_fits_beside_weights_that_do_not_fit() -> None:
    gpu = datasets.accelerator("h100-sxm")
    assert exhibit.most_users(exhibit.case("kimi-k2", "bf16", "bf16"), gpu, 8_192, 8) == 0
    cached = 65_536 * 2 * 8_192
    room = 0.9 * gpu.memory_bytes - 5.5 * 2**30 - 2 * 8_030_261_248
    users = exhibit.most_users(exhibit.case("llama-3.1-8b", "bf16", "bf16"), gpu, 8_192, 1)
    assert users == math.floor(room / cached)


def test_break_point_is_where_cache_and_weights_take_equal_time() -> None:
    edge = float(
        exhibit.break_points(LLAMA, ["h100-sxm"], 8_192, 16, 25)["cache_context_tokens"][0]
    )
    bound = exhibit.decode_bounds(LLAMA, ["h100-sxm"], 8_192, 16).iloc[0]
    slope = bound["cache_ms"] / 8_192
    assert edge * slope == pytest.approx(bound["weights_ms"], rel=1e-6)


def test_time_limit_bounds_users_and_memory_caps_them() -> None:
    limits = (1.0, 12.0, 1_000.0)
    tables = [exhibit.break_points(LLAMA, ["h100-sxm"], 8_192, 16, ms) for ms in limits]
    users = [float(table["timely_users"].iloc[0]) for table in tables]
    assert users[0] == 0 < users[1] <= users[2]
    assert users[2] == tables[2]["full_users"].iloc[0]


def test_cost_bound_worked_by_hand() -> None:
    bound = exhibit.decode_bounds(LLAMA, ["h200-sxm"], 8_192, 16).iloc[0]
    cost = exhibit.cost_bounds(LLAMA, ["h200-sxm"], 8_192, 16, price_percent=50).iloc[0]
    dollars = bound["accelerators"] * 4.29 / 2 / 3600 * bound["step_ms"] / 1e3 / 16 * 1e6
    assert cost["central_output_usd_per_mtok"] == pytest.approx(dollars)
    idle = exhibit.cost_bounds(LLAMA, ["h200-sxm"], 8_192, 16, 50, busy_percent=25).iloc[0]
    assert idle["central_output_usd_per_mtok"] == pytest.approx(4 * dollars)


def test_a_machine_without_a_price_has_no_cost() -> None:
    costs = exhibit.cost_bounds(LLAMA, ["gb200"], 8_192, 16)
    assert costs["central_output_usd_per_mtok"].isna().all()
    assert costs["offers"].iloc[0] == 0


def test_parameters_accept_their_defaults_and_name_what_is_wrong() -> None:
    defaults = {p.name: p.default for p in exhibit.PARAMETERS}
    assert check_parameters(exhibit.PARAMETERS, defaults) == defaults
    with pytest.raises(ComputebookError, match="did you mean 'qwen3-coder-480b'"):
        check_parameters(exhibit.PARAMETERS, defaults | {"model": "qwen3-coder-480"})
    with pytest.raises(ComputebookError, match="batch_size = 0 sequences is out of bounds"):
        check_parameters(exhibit.PARAMETERS, defaults | {"batch_size": 0})


def test_a_load_that_nothing_holds_says_what_to_lower() -> None:
    huge = exhibit.case("llama-3.1-405b", "fp8", "bf16")
    with pytest.raises(
        ComputebookError, match=r"do not hold Llama 3\.1 405B.*lower one of the two"
    ):
        exhibit.decode_bounds(huge, ["l40s"], 10_000_000, 4_096)


def test_every_parameter_moves_the_headline() -> None:
    place = (["h200-sxm"], 131_072, 16)
    base = exhibit.headline(CODER, *place, 20.0)
    narrow = exhibit.headline(exhibit.case("qwen3-coder-480b", "nvfp4", "fp8"), *place, 20.0)
    assert narrow.points["full_users"].iloc[0] > 2 * base.points["full_users"].iloc[0]
    assert narrow.article_gb == pytest.approx(base.article_gb / 2)
    tight = exhibit.case("qwen3-coder-480b", "fp8", "bf16", 50.0, 20.0)
    assert exhibit.headline(tight, *place, 20.0).fleets["accelerators"].iloc[0] > 8
    slow = exhibit.headline(CODER, *place, 8.0).points["timely_users"].iloc[0]
    assert slow < base.points["timely_users"].iloc[0]
    cheap, dear = (exhibit.headline(CODER, *place, 20.0, percent).cheapest for percent in (50, 200))
    assert cheap is not None
    assert dear is not None
    assert cheap["central_output_usd_per_mtok"] < dear["central_output_usd_per_mtok"]
