"""The chapter on training clusters: published figures, whole tables, answers to parameters."""

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from computebook import claims, datasets
from computebook.errors import ComputebookError
from computebook.exhibits import training_clusters as exhibit
from computebook.exhibits.training_clusters import (
    deals,
    inputs,
    reliability,
    runs,
    sites,
    speed,
)
from computebook.parameters import check_parameters

SITE = {"gpus_per_building": 150_000, "rack_kw": 140.0, "pue": 1.1}
RUN = {
    "active_params_b": 405.9,
    "tokens_t": 15.6,
    "accelerator": "gb200",
    "mfu_percent": [17.0, 35.0, 43.0],
    "restart_s": 300.0,
}
HELD = {"run_gpus": 16_384, "usd_per_gpu_hour": [2.25, 5.5, 7.25]}
DEFAULTS = {p.name: p.default for p in exhibit.PARAMETERS}


def changed(**values: Any) -> exhibit.Headline:
    return exhibit.headline(**(DEFAULTS | values))


@pytest.fixture(scope="module")
def base() -> exhibit.Headline:
    return exhibit.headline(**DEFAULTS)


# The article's tables come back whole


@pytest.mark.parametrize(
    ("number", "shape"), [(6, (3, 4)), (7, (1, 6)), (8, (2, 3))], ids=["sites", "deal", "speed"]
)
def test_article_tables_are_complete(number: int, shape: tuple[int, int]) -> None:
    frame = exhibit.article_cells(number, "first")
    assert frame.shape == shape
    rows = claims.claims_of_table(number)
    cells = " ".join(frame.astype(str).to_numpy().ravel()).replace("\\", "")
    for printed, verdict in zip(rows["value_text"], rows["verdict"], strict=True):
        assert printed in cells
        assert f"`{verdict}`" in cells


def test_contradictions_carry_the_correction() -> None:
    users = exhibit.article_cells(6, "Location")["Dedicated user"]
    assert all("Microsoft" in cell and "contradicted" in cell for cell in users[:2])


def test_every_claim_of_the_chapter_is_on_the_page() -> None:
    chosen = claims.by_chapter("training_clusters")
    assert set(chosen["article_table"]) == {0, 6, 7, 8}
    assert len(exhibit.prose_claims()) == (chosen["article_table"] == 0).sum()


# Published values


def test_300_mw_is_the_power_of_the_racks() -> None:
    frame = sites.power_by_boundary(**SITE).set_index("boundary")
    assert frame.loc["racks", "building_mw"] == pytest.approx(292, abs=0.5)
    assert frame.loc["racks", "gpus_in_article_mw"] == 154_285
    assert frame.loc["facility", "building_mw"] == pytest.approx(366, abs=1)
    assert sites.closest_boundary(**SITE) == "racks"


def test_homes_by_hand() -> None:
    frame = sites.households(**SITE)
    assert frame["homes"].iloc[1] == pytest.approx(300e3 * 8_760 / 10_791)
    assert frame["mw"].iloc[0] == pytest.approx(246.4, abs=0.05)


def test_power_stack_adds_up_to_the_boundaries() -> None:
    stack = sites.power_stack(**SITE)
    facility = sites.power_by_boundary(**SITE)["building_mw"].iloc[-1]
    assert stack[stack["case"] == "Racks of 140 kW"]["mw"].sum() == pytest.approx(facility)
    assert (stack["mw"] > 0).all()


def test_published_sites_lie_inside_our_range() -> None:
    assert sites.site_check(pue=1.1)["inside"].all()


@pytest.mark.parametrize(
    ("gpus", "usd"), [(100_000, 6.20), (150_000, 4.13), (200_000, 3.10), (500_000, 1.24)]
)
def test_aws_deal_with_all_gpus_at_once(gpus: int, usd: float) -> None:
    assert 38e9 / (gpus * 7 * 8_760) == pytest.approx(usd, abs=0.005)
    frame = deals.deal_prices(deal_gpus=[200_000, 300_000, 500_000], ramp_years=1.16)
    assert frame.set_index("gpus").loc[gpus, "at_once_usd"] == pytest.approx(usd, abs=0.005)


def test_a_ramp_is_the_mean_of_its_deliveries() -> None:
    years = (np.arange(70_000) + 0.5) / 10_000
    delivered = np.minimum(years / 1.4, 1.0).mean()
    assert deals.linear_ramp_fraction(1.4, 7.0) == pytest.approx(delivered, rel=1e-4)


@pytest.mark.parametrize(
    ("basis", "gb200", "gb300"),
    [
        ("Scored time, H100 v5.0 to v5.1", 3.17, 4.17),
        ("The same, unscaled median time", 2.72, 3.57),
        ("Scored time, H200 and v5.1 only", 2.80, 3.68),
        ("Per GPU, one software release", 2.59, 3.21),
    ],
)
def test_speed_ratios_as_published(basis: str, gb200: float, gb300: float) -> None:
    row = speed.speed_ratios().set_index("basis").loc[basis]
    assert row["gb200"] == pytest.approx(gb200, abs=0.005)
    assert row["gb300"] == pytest.approx(gb300, abs=0.005)


def test_convergence_scaling_agrees_with_throughput() -> None:
    ratios = speed.speed_ratios()[["gb200", "gb300"]]
    scored, raw, tokens = (ratios.iloc[row] for row in (1, 2, 3))
    assert ((scored - tokens).abs() < (raw - tokens).abs() / 10).all()


@pytest.mark.parametrize(
    ("system", "accelerators", "expected"),
    [
        ("H100 FP8 (v5.0)", 8_192, 0.81),
        ("GB200 FP4 (v5.1)", 2_560, 0.90),
        ("GB200 FP4 (v5.1)", 5_120, 0.85),
    ],
)
def test_strong_scaling_as_published(system: str, accelerators: int, expected: float) -> None:
    frame = speed.scaling().set_index(["system", "accelerators"])
    assert frame.loc[(system, accelerators), "efficiency"] == pytest.approx(expected, abs=0.005)


def test_price_per_dollar_needs_a_lower_price_for_2x() -> None:
    frame = speed.per_dollar().set_index("cloud")
    needed = frame.loc["price ratio at which it is 2x", "across_rounds"]
    assert (frame["price_ratio"].dropna() > needed).all()
    assert frame.loc["Nebius", "across_rounds"] == pytest.approx(1.70, abs=0.005)


def test_utilization_of_published_runs() -> None:
    mfu = runs.published_runs().set_index("name")["mfu"]
    assert mfu["Llama 3.1 405B"] == pytest.approx(0.346, abs=0.001)
    assert mfu["DeepSeek-V3"] / 2 == pytest.approx(0.173, abs=0.001)
    assert mfu.between(0.2, 0.4).all()


def test_run_table_matches_the_architectures() -> None:
    table = datasets.load("training_runs")
    known = datasets.load("architectures").set_index("architecture_id")["active_params_b"]
    assert table["active_params_b"].to_numpy() == pytest.approx(
        known[table["architecture_id"]].to_numpy(), rel=0.01
    )


def test_failures_at_three_sizes() -> None:
    hours = [reliability.interruption_hours(gpus) for gpus in (16_384, 100_000, 150_000)]
    assert hours == pytest.approx([3.09, 0.51, 0.34], abs=0.005)


def test_restarts_and_checkpoints_cost_the_same_at_the_bound() -> None:
    gpus = reliability.restart_bound_gpus(checkpoint_s=10.0, restart_s=300.0)
    between = reliability.interruption_hours(gpus) * 3_600
    assert np.sqrt(2 * 10.0 / between) == pytest.approx(300.0 / between)


# A run by hand


def test_run_estimate_by_hand() -> None:
    frame = runs.run_estimate(**RUN, **HELD, pue=1.1).set_index("quantity")
    share = reliability.goodput(16_384, checkpoint_s=30.0, restart_s=300.0)
    hours = 6 * 405.9e9 * 15.6e12 / (5e15 * 0.35 * share * 3_600)
    assert frame.loc["GPU-hours", "central"] == pytest.approx(hours / 1e6)
    assert frame.loc["Duration", "central"] == pytest.approx(hours / 16_384 / 24)
    assert frame.loc["Rental", "central"] == pytest.approx(hours * 5.5 / 1e6)
    assert (frame["low"] < frame["central"]).all()
    assert (frame["central"] < frame["high"]).all()


def test_days_fall_with_gpus_but_less_than_in_proportion() -> None:
    grid = runs.training_days(**RUN, gpus_per_building=150_000)
    row = grid[grid["flop"] == 1e27].sort_values("gpus")
    assert row["days"].is_monotonic_decreasing
    assert (row["days"] * row["gpus"]).is_monotonic_increasing


# Every parameter moves something


@pytest.mark.parametrize(
    ("values", "moved"),
    [
        ({"gpus_per_building": 100_000}, "facility_mw"),
        ({"rack_kw": 160.0}, "rack_mw"),
        ({"pue": 1.4}, "facility_mw"),
        ({"deal_gpus": [150_000, 250_000, 400_000]}, "deal"),
        ({"ramp_years": 3.0}, "deal"),
        ({"active_params_b": 100.0}, "run"),
        ({"tokens_t": 30.0}, "run"),
        ({"accelerator": "h100-sxm"}, "run"),
        ({"run_gpus": 4_096}, "run"),
        ({"mfu_percent": [30.0, 40.0, 50.0]}, "run"),
        ({"usd_per_gpu_hour": [1.0, 2.0, 3.0]}, "run"),
        ({"restart_s": 60.0}, "goodput_building"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_parameters_move_the_page(
    values: dict[str, Any], moved: str, base: exhibit.Headline
) -> None:
    assert getattr(changed(**values), moved) != getattr(base, moved)


def test_every_parameter_is_tried_above() -> None:
    marks = test_parameters_move_the_page.pytestmark
    tried = {next(iter(case[0])) for mark in marks for case in mark.args[1]}
    assert tried == set(DEFAULTS)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"pue": 0.9}, "pue = 0.9 is out of bounds: allowed 1 to 2.5"),
        ({"accelerator": "gb20"}, "did you mean 'gb200'"),
        ({"mfu_percent": [17.0, 35.0, 143.0]}, "mfu_percent = 143 % is out of bounds"),
        ({"restarts_s": 60.0}, "restart_s"),
    ],
)
def test_bad_parameters_are_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ComputebookError) as caught:
        check_parameters(exhibit.PARAMETERS, values)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mfu_percent": [35.0, 43.0]}, "has 2 values: low, central and high are needed"),
        ({"deal_gpus": [5, 4, 3]}, "deal_gpus: range 5, 4, 3 must rise"),
        ({"ramp_years": 8.0}, "ramp_years = 8 years is out of bounds: allowed 0 to 7"),
    ],
)
def test_lists_that_are_no_ranges_are_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ComputebookError) as caught:
        changed(**values)
    assert message in str(caught.value)


@pytest.mark.parametrize("accelerator", inputs.ACCELERATORS)
def test_every_offered_accelerator_works(accelerator: str) -> None:
    frame = runs.run_estimate(**(RUN | {"accelerator": accelerator}), **HELD, pue=1.1)
    assert np.isfinite(frame[["low", "central", "high"]].to_numpy()).all()


def test_charts_keep_titled_axes_under_their_overlays() -> None:
    drawn = [
        exhibit.deal_chart(ramp_years=1.16, rack_kw=140.0, pue=1.1),
        exhibit.scaling_chart(exhibit.scaling()),
        exhibit.goodput_chart(exhibit.goodput_curves(restart_s=300.0)),
    ]
    for chart in drawn:
        encodings = [layer["encoding"] for layer in chart.to_dict()["layer"]]
        titles = {(e["x"]["axis"]["title"], e["y"]["axis"]["title"]) for e in encodings}
        assert len(titles) == 1


def test_chapter_states_the_defaults() -> None:
    path = Path(__file__).parents[2] / "chapters" / "training_clusters.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    cell = next(c for c in cells if "parameters" in c["metadata"].get("tags", []))
    tree = ast.parse("".join(cell["source"]))
    stated = {node.targets[0].id: ast.literal_eval(node.value) for node in tree.body}
    assert stated == DEFAULTS
