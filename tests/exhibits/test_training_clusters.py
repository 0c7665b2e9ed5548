"""The chapter on training clusters: published figures, whole tables, answers to parameters."""

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from computebook import claims, datasets
from computebook.cli import main
from computebook.errors import ComputebookError
from computebook.exhibits import training_clusters as exhibit
from computebook.exhibits.facility import RATED_ACCELERATORS, factor, rated_w_per_gpu
from computebook.exhibits.training_clusters import (
    deals,
    growth,
    reliability,
    runs,
    sites,
    speed,
    speedup,
    steps,
    wording,
)
from computebook.parameters import check_parameters

SITE = {"gpus_per_building": 150_000, "rack_kw": 140.0, "pue": 1.1}
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


@pytest.mark.parametrize("system", ["gb200", "gb300"])
def test_parts_of_the_speed_multiply_to_the_scored_ratio(system: str) -> None:
    factors = speedup.speed_parts().set_index("part")[system]
    assert factors["product"] == pytest.approx(speed.mlperf_ratio(system, "v5.1"))
    assert factors["product"] == pytest.approx(factors.drop("product").prod())
    assert factors["hardware"] > factors["number_format"] > factors["software"] > 1


def test_number_format_of_the_speed_is_one_software_release() -> None:
    factors = speedup.speed_parts().set_index("part")
    assert factors.loc["number_format", "gb200"] == pytest.approx(1_166 / 843)
    assert factors.loc["number_format", "gb300"] == pytest.approx(1_413 / 1_048)


@pytest.mark.parametrize("system", ["gb200", "gb300"])
def test_step_model_reaches_the_measured_ratio(system: str) -> None:
    product = speedup.speed_parts().set_index("part").loc["product"]
    assert product[f"{system}_model"] == pytest.approx(product[system], rel=0.1)


def test_utilization_of_published_runs() -> None:
    mfu = runs.published_runs().set_index("name")["mfu"]
    assert mfu["Llama 3.1 405B"] == pytest.approx(0.346, abs=0.001)
    assert mfu["DeepSeek-V3"] / 2 == pytest.approx(0.173, abs=0.001)
    assert mfu.between(0.2, 0.4).all()


def test_chain_predicts_the_hours_of_llama_405b() -> None:
    frame = runs.published_runs().set_index("name")
    llama = frame.loc["Llama 3.1 405B"]
    assert llama["predicted_m"] == pytest.approx(30.84, rel=0.15)
    assert (frame["low_m"] < frame["predicted_m"]).all()
    assert (frame["predicted_m"] < frame["high_m"]).all()
    # No run is missed by more than a factor of two: beyond it the chapter's text is wrong.
    assert frame["error"].between(-0.5, 1.0).all()


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


# A run over cluster sizes


@pytest.fixture(scope="module")
def grown(base: exhibit.Headline) -> pd.DataFrame:
    return base.grown


def test_growth_holds_the_sizes_that_were_asked_for(grown: pd.DataFrame) -> None:
    assert grown["gpus"].min() == 1_000
    assert grown["gpus"].max() == 200_000
    assert {16_384, 100_000, 150_000} <= set(grown["gpus"])


def test_more_gpus_are_faster_and_dearer(grown: pd.DataFrame) -> None:
    assert grown["days"].is_monotonic_decreasing
    assert grown["goodput_percent"].is_monotonic_decreasing
    assert grown["rental_musd"].is_monotonic_increasing


@pytest.mark.parametrize("name", ["days", "goodput_percent", "rental_musd", "owned_musd"])
def test_growth_lies_inside_its_interval(name: str, grown: pd.DataFrame) -> None:
    assert grown[name].between(grown[f"{name}_low"], grown[f"{name}_high"]).all()


def test_cost_is_hours_times_rent(grown: pd.DataFrame) -> None:
    row = growth.at_size(grown, 100_000)
    hours = row["days"] * 24 * row["gpus"] / 1e6
    assert row["gpu_hours_m"] == pytest.approx(hours)
    assert row["rental_musd"] / hours == pytest.approx(6.69)


def test_days_follow_from_the_step_and_the_goodput(grown: pd.DataFrame) -> None:
    row = growth.at_size(grown, 100_000)
    found = steps.placement("llama-3.1-405b", "gb200", 100_000)
    rate = found.working * found.tokens_per_s_per_gpu
    seconds = 15.6e12 / rate / (row["goodput_percent"] / 100)
    assert row["days"] == pytest.approx(seconds / 86_400)


def test_shares_of_the_hours_add_up_and_failures_grow() -> None:
    frame = steps.hours_shares(model="llama-3.1-405b", accelerator="gb200", restart_s=300.0)
    assert frame.groupby("gpus")["percent"].sum().to_numpy() == pytest.approx(100)
    lost = frame[frame["part"] == steps.FAILURES].sort_values("gpus")["percent"]
    assert lost.is_monotonic_increasing
    # The failures that the goodput of the same cluster leaves.
    kept = reliability.goodput(16_384, checkpoint_s=30.0, restart_s=300.0)
    at_llama = frame[(frame["part"] == steps.FAILURES) & (frame["gpus"] == 16_384)]["percent"]
    assert at_llama.iloc[0] == pytest.approx(100 * (1 - kept))


# The run of GPT-5.2's class: always a range


def test_class_is_a_range_around_its_median(base: exhibit.Headline) -> None:
    table = exhibit.class_table(base.found).set_index("quantity")
    assert (table["low"] < table["central"]).all()
    assert (table["central"] < table["high"]).all()
    assert table.loc["Cost if rented", "high"] > 3 * table.loc["Cost if rented", "low"]


def test_class_states_every_assumption_with_a_source(base: exhibit.Headline) -> None:
    table = exhibit.class_assumptions(base.found)
    assert (table["low"] < table["high"]).all()
    assert table["source_key"].str.contains(r"\{cite\}|this report").all()
    first = table.set_index("meaning").loc["Training tokens"]
    assert [first["low"], first["central"], first["high"]] == [15.0, 30.0, 60.0]


def test_share_of_the_draws_is_the_quantile(base: exhibit.Headline) -> None:
    frame = exhibit.cost_shares(base.found)
    rented = frame[frame["way"] == "rented"]
    at_ten = np.interp(10.0, rented["percent"], rented["million_usd"])
    assert at_ten == pytest.approx(base.of_class("rental_usd").low, rel=0.02)
    assert rented["million_usd"].is_monotonic_increasing


def test_drivers_rank_swings_and_bound_indices(base: exhibit.Headline) -> None:
    frame = exhibit.drivers(**base.class_given)
    swing = frame["high_musd"] - frame["low_musd"]
    assert swing.is_monotonic_decreasing
    assert {"Active parameters", "Training tokens", "Rent"} <= set(frame["meaning"])
    assert frame["first"].sum() < 1.1
    assert (frame["first"] <= frame["total"] + frame["total_conf"] + 0.02).all()


def test_a_small_cluster_is_slower_and_cheaper(base: exhibit.Headline) -> None:
    frame = exhibit.class_by_size((16_384, 100_000, 16_384), **base.class_given)
    small, large = frame.iloc[0], frame.iloc[1]
    assert len(frame) == 2
    assert small["calendar_s_median"] > large["calendar_s_median"]
    assert small["rental_usd_median"] < large["rental_usd_median"]


def test_command_of_the_chapter_answers(base: exhibit.Headline) -> None:
    text = exhibit.train_command(base)
    words = text.strip("`").removeprefix("bash\n").replace("\\\n", " ").split()
    assert words[:2] == ["computebook", "train"]
    result = CliRunner().invoke(main, [*words[1:-1], "--draws", "200"])
    assert result.exit_code == 0, result.output


def test_sentences_follow_the_numbers() -> None:
    frame = pd.DataFrame(
        {"gpus": [16_384, 100_000], "calendar_s_median": [28.0, 8.0],
         "rental_usd_median": [59.0, 106.0]}
    )  # fmt: skip
    assert "not the fastest" not in wording.sizes_sentence(frame)
    slower = frame.assign(calendar_s_median=[28.0, 30.0])
    assert "beyond 16,384 GPUs" in wording.sizes_sentence(slower)


# Every parameter moves something


@pytest.mark.parametrize(
    ("values", "moved"),
    [
        ({"gpus_per_building": 100_000}, "facility_mw"),
        ({"rack_kw": 160.0}, "rack_mw"),
        ({"pue": 1.4}, "facility_mw"),
        ({"deal_gpus": [150_000, 250_000, 400_000]}, "deal"),
        ({"ramp_years": 3.0}, "deal"),
        ({"model": "llama-3.1-70b"}, "growth_given"),
        ({"tokens_t": 30.0}, "growth_given"),
        ({"accelerator": "h100-sxm"}, "growth_given"),
        ({"run_gpus": 16_384}, "class_given"),
        ({"class_active_b": [50.0, 150.0, 400.0]}, "class_given"),
        ({"class_tokens_t": [20.0, 40.0, 80.0]}, "class_given"),
        ({"restart_s": 60.0}, "goodput_building"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_parameters_move_the_page(
    values: dict[str, Any], moved: str, base: exhibit.Headline
) -> None:
    assert getattr(changed(**values), moved) != getattr(base, moved)


@pytest.mark.parametrize("values", [{"model": "llama-3.1-70b"}, {"tokens_t": 30.0}])
def test_growth_answers_to_its_run(values: dict[str, Any], base: exhibit.Headline) -> None:
    assert growth.largest(changed(**values).grown)["days"] != growth.largest(base.grown)["days"]


@pytest.mark.parametrize("name", ["class_active_b", "class_tokens_t"])
def test_a_larger_class_costs_more(name: str, base: exhibit.Headline) -> None:
    small = changed(run_gpus=16_384)
    large = changed(run_gpus=16_384, **{name: [2 * value for value in DEFAULTS[name]]})
    cost = [each.of_class("rental_usd").central for each in (small, large)]
    assert cost[1] > 1.3 * cost[0]


def test_every_parameter_is_tried_above() -> None:
    marks = test_parameters_move_the_page.pytestmark
    tried = {next(iter(case[0])) for mark in marks for case in mark.args[1]}
    assert tried == set(DEFAULTS)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"pue": 0.9}, "pue = 0.9 is out of bounds: allowed 1 to 2.5"),
        ({"accelerator": "gb20"}, "did you mean 'gb200'"),
        ({"class_tokens_t": [15.0, 30.0, 6_000.0]}, "class_tokens_t = 6000 trillion tokens"),
        ({"model": "llama-3.1-450b"}, "did you mean 'llama-3.1-405b'"),
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
        ({"deal_gpus": [5, 4, 3]}, "deal_gpus: range 5, 4, 3 must rise"),
        ({"ramp_years": 8.0}, "ramp_years = 8 years is out of bounds: allowed 0 to 7"),
    ],
)
def test_lists_that_are_no_ranges_are_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ComputebookError) as caught:
        changed(**values)
    assert message in str(caught.value)


def test_a_class_that_is_no_range_is_named() -> None:
    with pytest.raises(ComputebookError, match=r"class_active_b = .* has 2 values: low, central"):
        _ = changed(class_active_b=[100.0, 300.0]).found


def test_shared_factors_and_rows_name_what_they_do_not_know() -> None:
    assert factor("it-overhead-epoch").central == 1.14
    with pytest.raises(ComputebookError, match="did you mean 'it-overhead-epoch'"):
        factor("it-overhead-epok")
    with pytest.raises(ComputebookError, match="did you mean 'gb200'"):
        rated_w_per_gpu("gb20")
    row = datasets.row_of("systems", "system_id", "dgx-h100")
    row["rated_power_kw"] = 0.0
    assert datasets.row_of("systems", "system_id", "dgx-h100")["rated_power_kw"] == 10.2


@pytest.mark.parametrize("accelerator", RATED_ACCELERATORS)
def test_every_offered_accelerator_works(accelerator: str) -> None:
    given = DEFAULTS | {"accelerator": accelerator, "run_gpus": 4_096}
    found = exhibit.headline(**given)
    assert np.isfinite(found.of_class("total_usd").central)
    assert rated_w_per_gpu(accelerator).low > 0


def test_charts_keep_titled_axes_under_their_overlays(base: exhibit.Headline) -> None:
    drawn = [
        exhibit.deal_chart(ramp_years=1.16, rack_kw=140.0, pue=1.1),
        exhibit.scaling_chart(exhibit.scaling()),
        exhibit.goodput_chart(exhibit.goodput_curves(restart_s=300.0)),
        exhibit.growth_chart(base.grown),
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
