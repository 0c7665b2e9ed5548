"""The planning chapter: the article's tables, published values, and what each parameter moves."""

import ast
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from computebook import claims, datasets, serving
from computebook.errors import ComputebookError
from computebook.exhibits import infrastructure_planning as exhibit
from computebook.exhibits.infrastructure_planning.article import PROOFS
from computebook.exhibits.infrastructure_planning.energy import deployment as exhibit_deployment
from computebook.exhibits.infrastructure_planning.schema import placement
from computebook.inference.energy_table import draw_constants
from computebook.parameters import check_parameters

DEFAULTS = {parameter.name: parameter.default for parameter in exhibit.PARAMETERS}
CHAPTER = Path(__file__).parents[2] / "chapters" / "infrastructure_planning.ipynb"
FORMATS = ["fp8", "bf16"]
PUE, BUSY = DEFAULTS["pue"], DEFAULTS["busy_fraction"]


def planned(**changes: Any) -> exhibit.Plan:
    given = {**DEFAULTS, **changes}
    work = exhibit.workloads(*(given[n] for n in ("context_tokens", "concurrent_users", "ttft_s")))
    formats = exhibit.formats(given["precisions"])
    tpot_s = given["tpot_ms"] / 1e3
    return exhibit.Plan(given["fleet_model"], *formats, tpot_s, work, given["cached_fraction"])


def placed(**changes: Any) -> exhibit.Site:
    given = {**DEFAULTS, **changes}
    return exhibit.Site.of(given["pue"], given["busy_fraction"], given["electricity_usd_per_kwh"])


# The article's tables come back whole.


def test_every_cell_of_the_bandwidth_table_returns_with_its_verdict() -> None:
    table = exhibit.article_bandwidth(DEFAULTS["architectures"], 8, 50.0, FORMATS)
    printed = claims.article_table(13, "printed")
    assert table["Model"].tolist() == printed.index.tolist()
    for column in printed:
        for shown, cell in zip(table[column], printed[column], strict=True):
            assert shown.startswith(cell)
    assert "contradicted" in table.set_index("Model").loc["Gemini 3 Pro", "GPU tier"]


def test_every_cell_of_the_power_table_returns_and_the_b200_is_corrected() -> None:
    table = exhibit.article_power("deepseek-v3", FORMATS, PUE).set_index("GPU")
    printed = claims.article_table(14, "printed")
    assert set(printed.columns) <= set(table.columns)
    assert table.index.tolist() == printed.index.tolist()
    assert "contradicted" in table.loc["B200", "Cooling requirement"]
    assert table.loc["B200", "system"] == "DGX B200: 14.3 kW, air"


def test_every_takeaway_of_the_article_has_a_verdict_and_a_proof() -> None:
    table = exhibit.article_takeaways()
    assert len(table) == len(claims.claims_of_table(15)) == len(PROOFS)
    assert table["verdict"].isin(claims.VERDICTS).all()
    assert table["proof"].str.contains("numref").all()
    assert set(table["reader"]) == {
        "infrastructure planners", "operations teams", "strategic decision-makers",
    }  # fmt: skip


# Published and hand-made values.


def test_one_user_on_deepseek_v3_reads_active_weights_and_a_28_gb_cache() -> None:
    # 35,136 elements x 400,000 tokens x 2 B = 28.1 GB beside about 37 GB of active FP8 weights.
    needed = exhibit.required_tb_s("deepseek-v3", 400_000, 1, 50.0, FORMATS) * 50.0
    assert needed - 28.1 == pytest.approx(37, rel=0.03)


def test_a_dense_model_reads_all_its_weights_whatever_the_batch() -> None:
    one, many = (
        exhibit.required_tb_s("llama-3.1-405b", 0, batch, 50.0, FORMATS) for batch in (1, 64)
    )
    assert one == many == pytest.approx(405.9 / 50, rel=0.01)


def test_the_requirement_is_a_sum_over_gpus() -> None:
    needs = exhibit.requirements(["llama-3.1-405b"], 400_000, 8, 50.0, FORMATS).iloc[0]
    assert needs["h100-sxm_bandwidth"] > 1
    assert needs["h100-sxm_bandwidth"] == int(np.ceil(needs["measured_tb_s"] / 3.35))


def test_full_reads_follow_from_the_data_sheets() -> None:
    reads = exhibit.full_reads().set_index("gpu")["peak_ms"]
    assert reads["H200"] == pytest.approx(143_771 * 2**20 / 4.8e12 * 1e3)
    assert reads.idxmin() == "B200"


def test_power_at_the_boundaries_is_the_published_rating_times_stated_factors() -> None:
    rows = exhibit.power_by_boundary([1.0, 1.2, 1.5]).set_index("gpu")
    assert rows.loc["H100", "server_w"] == pytest.approx(10_200 / 8)
    assert rows.loc["B200", "server_w"] == pytest.approx(14_300 / 8)
    assert rows.loc["H100", "facility_w"] == pytest.approx(1_275 * 1.14 * 1.2)
    assert rows.loc["H100", "gpus_per_mw"] == 1e6 // (1_275 * 1.14 * 1.2)


def test_the_metered_air_cooled_b200_server_draws_10_4_kw() -> None:
    rows = exhibit.server_loads()
    air = rows[rows["cooling"] == "air-cooled"]
    assert air["mean_kw"].round(1).unique().tolist() == [10.4]
    assert air["peak_kw"].max() == pytest.approx(11.84, abs=0.01)
    assert (rows["peak_share"].dropna() < 1).all()


def test_the_site_budget_multiplies_out() -> None:
    rows = exhibit.site_budget(
        gpus=1_000, accelerator_id="b200-sxm", server_w=1_200.0, pue=[1.0, 1.2, 1.5],
        busy_fraction=[0.5, 0.7, 1.0], electricity_usd_per_kwh=[0.05, 0.10, 0.20],
    ).set_index("quantity")["central"]  # fmt: skip
    rated_mw = 14_300 / 8 * 1.14 * 1.2 * 1_000 / 1e6
    # 12 % of 1,000 W, the host and the losses while waiting; 1,200 W while busy.
    idle_w = (120 + float(draw_constants("blackwell").host_w)) / 0.95
    mean_mw = (0.7 * 1_200 + 0.3 * idle_w) * 1.14 * 1.2 / 1e3
    gwh = mean_mw * 8_760 / 1e3
    assert rows.tolist() == pytest.approx([125, 63, rated_mw, mean_mw, gwh, gwh * 0.10], rel=1e-4)


def test_racks_on_air_hold_what_their_ratings_allow() -> None:
    table = datasets.load("power_measurements").set_index("measurement_id")["value"]
    limit_kw = float(table["cooling-air-rack-limit"]) / 1e3
    held = exhibit.rack_servers("b200-sxm")
    assert held * 14.3 <= limit_kw < (held + 1) * 14.3


def test_the_long_query_splits_the_window_as_openai_does() -> None:
    short, full = exhibit.long_queries()
    assert full.prompt_tokens + full.answer_tokens == 400_000
    assert short.prompt_tokens == 272_000


def test_energy_of_a_query_is_that_of_its_servers_times_what_surrounds_them() -> None:
    query = exhibit.Query("q", 1_000, 1_000)
    shape, gpu = datasets.architecture("llama-3.1-70b"), datasets.accelerator("h100-sxm")
    layout = placement(shape, *FORMATS, 8)
    copy = exhibit_deployment("llama-3.1-70b", "h100-sxm", layout)
    alone = serving.request_energy(copy, 1, 1_000, 1_000, draw_constants(gpu.generation))
    found = exhibit.query_energy(
        "llama-3.1-70b", "h100-sxm", query, FORMATS, [1.0, 1.0, 1.0], "high"
    )
    expected = alone.server_answer_j / 3_600 * 1.2 * exhibit.interval().high
    assert found.answer_wh == pytest.approx(expected)


def test_a_short_query_costs_less_than_the_long_ones_and_published_points_are_there() -> None:
    rows = exhibit.query_ranges("deepseek-v3", FORMATS, PUE).set_index("case")
    published = rows[rows["kind"] == "published"]["central"]
    assert published.min() == 0.24
    assert published.max() == 40.0
    assert (rows.loc[rows["kind"] == "estimate", "low"] > published.min()).all()


def test_energy_per_token_falls_with_load_on_every_gpu() -> None:
    curves = exhibit.energy_by_load(planned())
    assert set(curves["gpu"]) == {"H100", "H200", "B200"}
    for _, group in curves.groupby("gpu"):
        assert group["joules"].is_monotonic_decreasing
        assert (group["low"] < group["joules"]).all()
        assert (group["joules"] < group["high"]).all()
    fullest = exhibit.energy_load_table(curves).groupby("gpu").last()
    assert (fullest["tpot_ms"] <= DEFAULTS["tpot_ms"] * 1.001).all()


def test_the_proof_meets_the_target_where_throughput_is_known() -> None:
    rows = exhibit.energy_proof().set_index("scope")
    assert rows.loc["model left out", "mape"] < 0.15
    assert rows.loc["server, throughput measured", "mape"] < 0.15
    assert rows.loc["throughput predicted", "mape"] > rows.loc["model left out", "mape"]
    assert rows["test"].notna().all()


def test_the_models_come_close_to_deepseeks_own_layout() -> None:
    rows = exhibit.production_check().set_index("phase")
    assert rows["reported"].tolist() == [14_800, 73_700]
    assert (rows["error"].abs() < 0.4).all()


# The fleet obeys its own constraints.


@pytest.mark.parametrize("gpu", exhibit.GPUS)
def test_a_pool_meets_its_times_fits_its_memory_and_serves_its_users(gpu: str) -> None:
    plan = planned()
    for work in plan.workloads:
        found = exhibit.pool(plan, gpu, work)
        row = found.row
        assert row["tpot_ms"] <= plan.tpot_s * 1e3 * 1.001
        assert row["ttft_s"] <= work.ttft_s * 1.001
        assert row["copies"] * row["most_load_per_copy"] >= work.users * 1.2 * 0.999
        assert row["most_load_per_copy"] <= row["sequences_that_fit_per_copy"] * 1.001
        assert found.gpus == row["copies"] * row["gpus_per_copy"]


def test_a_server_at_the_peak_draws_between_idle_and_its_rating() -> None:
    for gpu in exhibit.GPUS:
        drawn = exhibit.fleet(planned(), gpu).server_w_per_gpu
        rated = exhibit.boundary_w(gpu, "node", PUE).central
        assert 0.3 * rated < drawn < rated


def test_a_busier_month_draws_more_and_never_more_than_the_peak() -> None:
    low, mid, high = (
        exhibit.mean_facility_w("h100-sxm", 900.0, [1.2] * 3, [busy] * 3).central
        for busy in (0.1, 0.5, 1.0)
    )
    assert low < mid < high == pytest.approx(900.0 * 1.14 * 1.2)


def test_fleets_come_in_whole_servers_with_spares() -> None:
    found = exhibit.fleet(planned(), "b200-sxm")
    assert found.gpus % 8 == 0
    assert found.gpus >= sum(pool.gpus for pool in found.pools) * 1.05


MORE: dict[str, tuple[Callable[[], exhibit.Plan], Callable[[], exhibit.Plan]]] = {
    "users": (lambda: planned(), lambda: planned(concurrent_users=[4_000, 800, 100])),
    "prompts": (lambda: planned(), lambda: planned(context_tokens=[8_000, 48_000, 140_000])),
    "time": (lambda: planned(tpot_ms=100.0), lambda: planned(tpot_ms=40.0)),
    "wait": (lambda: planned(ttft_s=[4.0, 10.0, 40.0]), lambda: planned()),
    "cache": (lambda: planned(cached_fraction=0.9), lambda: planned(cached_fraction=0.0)),
    "weights": (lambda: planned(), lambda: planned(precisions=["bf16", "bf16"])),
    "model": (lambda: planned(), lambda: planned(fleet_model="llama-3.1-405b")),
}


@pytest.mark.parametrize("name", MORE)
def test_more_demand_takes_more_gpus(name: str) -> None:
    less, more = (make() for make in MORE[name])
    assert exhibit.fleet(more, "h200-sxm").gpus > exhibit.fleet(less, "h200-sxm").gpus


def test_the_ends_of_the_range_enclose_the_centre() -> None:
    costs = exhibit.monthly_costs(planned(), placed(), DEFAULTS["gpu_hour_usd"])
    for _, group in costs.groupby("gpu"):
        for column in ("gpus", "provision_kw", "rent_usd_per_month", "own_usd_per_month"):
            assert group[column].dropna().is_monotonic_increasing


def test_a_model_that_no_layout_serves_safely_says_so_in_the_chart() -> None:
    plan = planned(fleet_model="llama-3.1-405b")
    costs = exhibit.monthly_costs(plan, placed(), DEFAULTS["gpu_hour_usd"])
    rows = exhibit.cost_ranges(costs)
    unsafe = costs[costs["gpus"].isna() & (costs["end"] == "high")]["gpu"]
    flagged = rows[rows["case"].str.endswith("not served")]
    assert len(rows) == 2 * costs[costs["end"] == "central"]["gpus"].notna().sum()
    assert set(flagged["case"].str.split(",").str[0]) <= set(unsafe)
    assert (flagged["high"] == flagged["central"]).all()


def test_a_single_user_per_workload_can_be_planned() -> None:
    plan = planned(concurrent_users=[1, 1, 1])
    rows = exhibit.sensitivity(plan, "b200-sxm", DEFAULTS["gpu_hour_usd"], ["gpt-oss-120b"])
    assert rows.set_index("input").loc["Users", "low"] == 1.0


def test_site_parameters_move_power_and_own_cost() -> None:
    base, dear = placed(), placed(pue=[1.5, 1.6, 1.7], electricity_usd_per_kwh=[0.2, 0.3, 0.4])
    cheap = exhibit.owned_usd_per_gpu_hour("h100-sxm", base, "central", 900.0)
    costly = exhibit.owned_usd_per_gpu_hour("h100-sxm", dear, "central", 900.0)
    assert costly["electricity"] > 4 * cheap["electricity"]
    assert costly["servers and network"] == cheap["servers and network"]


def test_a_rent_outside_the_offers_widens_the_range() -> None:
    assert exhibit.rent_ranges([2.0, 3.9, 6.7])["h100-sxm"].low == 2.0
    assert exhibit.rent_ranges([3.9, 3.9, 9.9])["b200-sxm"].high == 9.9


def test_drivers_hold_the_central_rent_inside_their_ranges() -> None:
    rows = exhibit.sensitivity(planned(), "b200-sxm", DEFAULTS["gpu_hour_usd"], ["gpt-oss-120b"])
    assert rows["swing"].is_monotonic_decreasing
    assert ((rows["low"] <= rows["central"]) & (rows["central"] <= rows["high"])).all()


# Bad parameters say what is wrong.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: planned(context_tokens=[4_000, 32_000]), r"context_tokens = .* has 2 values"),
        (lambda: planned(precisions=["fp8"] * 3), r"precisions = .* has 3 values"),
        (lambda: placed(pue=[1.5, 1.2, 1.1]), r"pue: range 1.5, 1.2, 1.1 must rise"),
        (lambda: exhibit.rent_ranges([3.9]), r"gpu_hour_usd = \[3.9\] has 1 values"),
        (lambda: exhibit.requirement_curves(["gpt-oss-120b"] * 8, 8, 50.0, FORMATS), "8 models"),
    ],
)
def test_lists_of_the_wrong_length_or_order(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        call()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("tpot_ms", 0, "tpot_ms = 0 ms is out of bounds"),
        ("fleet_model", "deepseek-v4", "did you mean 'deepseek-v3"),
        ("precisions", ["fp9", "bf16"], "unknown precisions 'fp9'"),
        ("cached_fraction", 1.0, "cached_fraction = 1"),
        ("concurrent_users", [0, 1, 1], "concurrent_users = 0"),
    ],
)
def test_a_parameter_out_of_bounds_names_itself(name: str, value: Any, message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        check_parameters(exhibit.PARAMETERS, {name: value})


def test_a_time_that_no_layout_meets_says_so() -> None:
    slow = dataclasses.replace(planned(), tpot_s=1e-4)
    with pytest.raises(ComputebookError, match="no layout of any GPU"):
        exhibit.headline(
            plan=slow, site=placed(), architectures=["deepseek-v3"], precisions=FORMATS,
            batch_size=8, gpu_hour_usd=DEFAULTS["gpu_hour_usd"],
        )  # fmt: skip


# The notebook.


def test_the_parameters_cell_holds_the_defaults() -> None:
    cells = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
    cell = next(c for c in cells if "parameters" in c["metadata"].get("tags", []))
    statements = ast.parse("".join(cell["source"])).body
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in statements
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    assert values == DEFAULTS
