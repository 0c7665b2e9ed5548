"""Sizing: plans keep their own limits, move the right way, and say what is in the way."""

import csv
import dataclasses
import functools
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import datasets, memory, serving, sizing
from computebook.cli import main
from computebook.errors import ComputebookError
from computebook.inference import cases, predictions, table
from computebook.inference.calibration import constants_for
from computebook.sizing.grid import grid_for, robust_grid
from computebook.sizing.intervals import chance_within
from computebook.sizing.quantities import KINDS, parse
from computebook.sizing.room import USABLE_FRACTION

EXAMPLE: dict[str, Any] = {
    "model": "llama-3.1-405b",
    "gpus": ("b200",),
    "input_tokens": 8000.0,
    "output_tokens": 1000.0,
    "users": 200.0,
    "time_to_first_token_s": 2.0,
    "time_per_output_token_s": 0.05,
}
WORDS = (
    "size --model llama-3.1-405b --gpu b200 --input 8000 --output 1000 --users 200 "
    "--ttft 2s --tpot 50ms"
)
MODELS = st.sampled_from(["llama-3.1-70b", "gpt-oss-120b", "qwen3-235b-a22b"])
GPUS = st.sampled_from(["h100-sxm", "h200-sxm", "b200-sxm"])
PROMPTS, OUTPUTS = st.integers(100, 20_000), st.integers(20, 2000)
few = settings(max_examples=15, deadline=None)


def request(**changes: Any) -> sizing.Request:
    return sizing.Request(**(EXAMPLE | changes))


@functools.cache
def example() -> sizing.Plan:
    return sizing.plan(request(draft_tokens=3.0))


def fewest(ask: sizing.Request) -> float:
    """Return the accelerators of the smallest fleet, infinity if there is none."""
    found = sizing.options(grid_for(ask))
    return float(found["gpus"].min()) if len(found) else np.inf


@st.composite
def asks(draw: st.DrawFn) -> sizing.Request:
    return request(
        model=draw(MODELS), gpus=(draw(GPUS),), input_tokens=float(draw(PROMPTS)),
        output_tokens=float(draw(OUTPUTS)), users=float(draw(st.integers(1, 3000))),
        time_to_first_token_s=draw(st.floats(0.2, 20)),
        time_per_output_token_s=draw(st.floats(0.01, 0.2)),
        cached_fraction=draw(st.sampled_from([0.0, 0.5, 0.9])),
        headroom_fraction=draw(st.sampled_from([0.0, 0.2, 1.0])),
    )  # fmt: skip


# How a planner types


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("2s", "duration", 2.0),
        ("50ms", "duration", 0.05),
        ("0.05 s", "duration", 0.05),
        ("1.5min", "duration", 90.0),
        ("8k", "tokens", 8000.0),
        ("128Ki", "tokens", 131072.0),
        ("700/min", "rate", 700 / 60),
        ("50%", "share", 0.5),
        ("$3.5/h", "price", 3.5),
        ("1e3", "count", 1000.0),
    ],
)
def test_quantities_are_read(text: str, kind: str, value: float) -> None:
    assert parse("x", text, kind) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "kind", "sentence"),
    [
        ("2", "duration", "--ttft = '2' has no unit: write a number with s, ms, us or min"),
        ("2h", "duration", "--ttft = '2h' has unknown unit 'h'"),
        ("-2s", "duration", "--ttft = '-2s' is negative: write 2s or 50ms"),
        ("two", "tokens", "'two' is not a number"),
        ("1,000", "tokens", "unknown unit ',000'"),
        ("8K", "tokens", "has unknown unit 'K': write a number with no unit, k, Ki or M"),
        ("$5", "count", "'$5' is not a number"),
        ("nan", "share", "'nan' is not a number"),
        ("", "count", "'' is not a number"),
    ],
)
def test_other_quantities_are_refused(text: str, kind: str, sentence: str) -> None:
    with pytest.raises(ComputebookError) as raised:
        parse("--ttft", text, kind)
    assert sentence in str(raised.value)


@given(st.sampled_from(sorted(KINDS)), st.floats(1e-3, 1e6), st.data())
def test_a_unit_scales_by_its_size(kind: str, number: float, data: st.DataObject) -> None:
    scales, _ = KINDS[kind]
    unit = data.draw(st.sampled_from(sorted(scales)))
    assert parse("x", f"{number:.6f}{unit}", kind) == pytest.approx(
        float(f"{number:.6f}") * scales[unit], rel=1e-12
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model": "llama-3.1-450b"}, "did you mean 'llama-3.1-405b'?"),
        ({"gpus": ("b2000",)}, "unknown gpu 'b2000': did you mean"),
        ({"weights": "fp7"}, "unknown weights 'fp7'"),
        ({"kv_cache": "int4"}, "unknown kv 'int4'"),
        ({"engine": "vlm"}, "did you mean 'vllm'?"),
        ({"objective": "euro"}, "unknown objective 'euro'"),
        ({"users": 0.0}, "users = 0 users is out of bounds: allowed 1 to 1e+07 users"),
        ({"users": np.nan}, "users = nan users is out of bounds"),
        ({"input_tokens": 0.0}, "input_tokens = 0 tokens is out of bounds"),
        ({"utilisation": 1.5}, "utilisation = 1.5 is out of bounds: allowed 0.001 to 1"),
        ({"cached_fraction": 1.0}, "cached_fraction = 1 is out of bounds: allowed 0 to 0.999"),
        ({"max_gpus": 0.0}, "max_gpus = 0 accelerators is out of bounds"),
        ({"users": None}, "give the load once"),
        ({"requests_per_s": 1.0}, "give the load once"),
        ({"percentile": 95.0}, "percentile needs a rate of requests"),
        ({"time_to_first_token_s": 0.0}, "time_to_first_token_s = 0.0 s must be above 0"),
        ({"time_per_output_token_s": np.nan}, "time_per_output_token_s = nan s must be above 0"),
    ],
)
def test_a_bad_request_gets_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ComputebookError) as raised:
        request(**changes)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_names_and_defaults_are_resolved() -> None:
    ask = request(model="meta-llama/Llama-3.1-405B-Instruct", gpus=("B200", "b200-sxm"))
    assert (ask.model, ask.gpus) == ("llama-3.1-405b", ("b200-sxm",))
    generations = {device.generation for device in request(gpus=()).accelerators}
    assert generations <= sizing.calibrated_generations()
    assert set(request(gpus=("all",)).gpus) == set(datasets.accelerators())


def test_formats_follow_the_publisher_and_the_chip() -> None:
    chips = datasets.accelerators()

    def of(model: str, chip: str, *asked: str) -> sizing.Formats:
        return sizing.formats_for(model, chips[chip], *asked)

    assert of("llama-3.1-70b", "a100-80gb-sxm").weights == "bf16"
    assert of("llama-3.1-70b", "h100-sxm").kv_cache == "fp8"
    assert of("deepseek-v3", "a100-80gb-sxm").weights == "fp8"
    assert of("gpt-oss-120b", "h100-sxm").weights == "bf16+mxfp4"
    assert of("gpt-oss-120b", "b200-sxm", "mxfp4").weights == "bf16+mxfp4"
    assert of("gpt-oss-120b", "b200-sxm", "bf16").weights == "bf16"
    assert of("llama-3.1-70b", "b200-sxm", "nvfp4", "bf16").kv_cache == "bf16"


# What fits


@pytest.mark.parametrize(
    ("model", "gpu", "gpus", "weights", "fits"),
    [
        # Meta serves the 405B in FP8 on one node of eight H100; in bf16 it does not fit there.
        ("llama-3.1-405b", "h100", 8, "fp8", True),
        ("llama-3.1-405b", "h100", 8, "bf16", False),
        # OpenAI: gpt-oss-120b runs on a single 80 GB accelerator.
        ("gpt-oss-120b", "h100", 1, None, True),
        # DeepSeek-V3 in FP8 takes 671 GB: a node of H200, not one of H100.
        ("deepseek-v3", "h200", 8, None, True),
        ("deepseek-v3", "h100", 8, None, False),
    ],
)
def test_published_placements(
    model: str, gpu: str, gpus: int, weights: str | None, fits: bool
) -> None:
    ask = request(model=model, gpus=(gpu,), weights=weights, input_tokens=1000.0, users=1.0,
                  max_gpus=float(gpus), time_to_first_token_s=1e4,
                  time_per_output_token_s=1e4)  # fmt: skip
    assert sizing.is_feasible(ask) is fits


def test_no_measured_configuration_is_called_infeasible() -> None:
    measured = cases.normalise(datasets.load(table.MEASUREMENTS))
    blocks = predictions.blocks(measured)
    assert sum(len(block.rows) for block in blocks) > 500
    for block in blocks:
        context = (block.rows["prompt_tokens"] + block.rows["output_tokens"]).to_numpy()
        places = sizing.sequences_that_fit(block.deployment, context)
        # A recorded layout whose weights exceed the memory did run: the record is wrong.
        sound = block.deployment.weight_bytes < block.deployment.accelerator.memory_bytes
        assert (places[sound] >= 1).all(), block.regime


def test_room_agrees_with_the_serving_model_where_neither_is_at_its_floor() -> None:
    grid = grid_for(request(gpus=("h100", "h200", "b200")))
    most = serving.most_sequences(grid.deployment, 9000.0, USABLE_FRACTION, 1e9)
    ample = grid.places >= 50
    ratio = (grid.places / most)[ample]
    assert ample.sum() > 5
    assert ratio.min() > 0.85
    assert ratio.max() < 1.15


def test_memory_of_a_plan_adds_up() -> None:
    frame = example().options
    parts = ["weights", "cache", "engine", "spare"]
    total = sum(frame[f"memory_{part}_gb_per_gpu"] for part in parts)
    np.testing.assert_allclose(total, frame["memory_total_gb_per_gpu"])
    assert (frame["memory_spare_gb_per_gpu"] > 0).all()


# A plan keeps its limits, recomputed by hand


def recomputed(ask: sizing.Request, row: pd.Series) -> serving.Performance:
    """Return the performance of a plan's copy, built from the tables and nothing of `sizing`."""
    chip = datasets.accelerators()[row["gpu"]]
    experts = row["weights"].split("+")[-1]
    dense = row["weights"].split("+")[0]
    placement = memory.Placement.of(
        dense, row["kv_cache"], experts=experts, tensor_parallel=float(row["tensor_parallel"]),
        attention_data_parallel=float(row["attention_data_parallel"]),
    )  # fmt: skip
    blackwell = chip.generation.startswith("blackwell")
    mixed = "fp8" if blackwell else "bf16"
    deployed = serving.Deployment(
        architecture=datasets.architecture(ask.model), accelerator=chip, placement=placement,
        pipeline_parallel=float(row["pipeline_parallel"]),
        expert_precision=mixed if experts == "mxfp4" else experts,
        constants=constants_for(
            table.constants_from_table(), generation=chip.generation, weights=dense,
            experts=experts, engine=ask.engine,
        ),
    )  # fmt: skip
    return serving.fixed_concurrency(
        deployed, row["design_load_per_copy"], ask.input_tokens, ask.output_tokens,
        cached_fraction=ask.cached_fraction, sequence_limit=row["sequences_that_fit_per_copy"],
    )  # fmt: skip


@few
@given(asks())
def test_a_plan_keeps_its_limits_when_recomputed(ask: sizing.Request) -> None:
    answer = sizing.plan(ask)
    if not answer.feasible:
        assert answer.binding
        return
    row = answer.chosen
    run = recomputed(ask, row)
    assert float(run.time_to_first_token_s) == pytest.approx(row["ttft_s"])
    assert float(run.time_per_output_token_s) * 1e3 == pytest.approx(row["tpot_ms"])
    assert float(run.time_to_first_token_s) <= ask.time_to_first_token_s
    assert float(run.time_per_output_token_s) <= ask.time_per_output_token_s
    assert row["design_load_per_copy"] <= row["sequences_that_fit_per_copy"]
    assert row["copies"] * row["design_load_per_copy"] >= ask.design_load * (1 - 1e-9)
    assert (answer.options["gpus"] == answer.options["copies"]
            * answer.options["gpus_per_copy"]).all()  # fmt: skip


@few
@given(asks())
def test_one_more_user_per_copy_breaks_a_limit(ask: sizing.Request) -> None:
    found = sizing.options(grid_for(ask))
    if found.empty or found.loc[0, "most_load_per_copy"] >= 1000:
        return
    row = found.iloc[0]
    crowded = pd.Series({**row, "design_load_per_copy": row["most_load_per_copy"] + 1})
    more = recomputed(ask, crowded)
    broken = (
        float(more.time_to_first_token_s) > ask.time_to_first_token_s
        or float(more.time_per_output_token_s) > ask.time_per_output_token_s
    )
    assert broken or row["most_load_per_copy"] + 1 > row["sequences_that_fit_per_copy"]


# Directions


@few
@given(asks(), st.floats(1.0, 5.0))
def test_more_users_never_need_fewer_gpus(ask: sizing.Request, factor: float) -> None:
    more = dataclasses.replace(ask, users=np.floor((ask.users or 1.0) * factor))
    assert fewest(more) >= fewest(ask)


@few
@given(asks(), st.floats(1.0, 3.0), st.floats(1.0, 3.0))
def test_looser_limits_never_need_more_gpus(
    ask: sizing.Request, first: float, token: float
) -> None:
    loose = dataclasses.replace(
        ask, time_to_first_token_s=ask.time_to_first_token_s * first,
        time_per_output_token_s=ask.time_per_output_token_s * token,
    )  # fmt: skip
    assert fewest(loose) <= fewest(ask)


@few
@given(asks(), st.floats(0.01, 100.0))
def test_a_price_changes_dollars_and_nothing_else(ask: sizing.Request, price: float) -> None:
    one = sizing.options(grid_for(dataclasses.replace(ask, usd_per_gpu_hour=1.0)))
    other = sizing.options(grid_for(dataclasses.replace(ask, usd_per_gpu_hour=price)))
    dollars = [name for name in one.columns if "usd" in name]
    if one.empty:
        assert other.empty
        return
    pd.testing.assert_frame_equal(one.drop(columns=dollars), other.drop(columns=dollars))
    np.testing.assert_allclose(other["usd_per_hour"], one["usd_per_hour"] * price)


@few
@given(asks())
def test_a_robust_plan_is_never_smaller_and_holds_at_the_slow_end(ask: sizing.Request) -> None:
    sure = dataclasses.replace(ask, robust=True)
    assert fewest(sure) >= fewest(ask)
    found = sizing.options(grid_for(sure))
    if len(found):
        assert found["holds_at_slow_end"].all()
        assert (found["ttft_chance_fraction"] >= 0.9 - 1e-6).all()
        through = sizing.options(robust_grid(grid_for(ask)))
        assert through["gpus"].min() == found["gpus"].min()


@few
@given(asks(), st.floats(0.05, 20.0), st.floats(1.0, 4.0))
def test_more_arrivals_or_a_stricter_percentile_never_need_fewer_gpus(
    ask: sizing.Request, rate: float, factor: float
) -> None:
    arriving = dataclasses.replace(ask, users=None, requests_per_s=rate)
    more = dataclasses.replace(arriving, requests_per_s=rate * factor)
    strict = dataclasses.replace(arriving, percentile=99.0)
    assert fewest(more) >= fewest(arriving)
    assert fewest(strict) >= fewest(arriving)


def test_arrivals_stay_below_saturation_and_are_all_served() -> None:
    ask = request(users=None, requests_per_s=5.0, percentile=95.0, time_to_first_token_s=5.0,
                  time_per_output_token_s=0.1)  # fmt: skip
    row = sizing.plan(ask).chosen
    assert row["requests_per_s"] == pytest.approx(5.0)
    assert row["output_tokens_per_s"] == pytest.approx(5000.0)
    assert row["copies"] * row["design_load_per_copy"] == pytest.approx(6.0)
    assert row["ttft_s"] <= 5.0
    assert row["design_load_per_copy"] <= row["most_load_per_copy"] * (1 + 1e-9)


@few
@given(asks())
def test_dollars_of_the_tokens_add_up_to_the_fleet(ask: sizing.Request) -> None:
    found = sizing.options(grid_for(dataclasses.replace(ask, usd_per_gpu_hour=2.0)))
    if found.empty:
        return
    hit = ask.cached_fraction
    per_request = (
        found["input_usd_per_mtok"] * ask.input_tokens * (1 - hit)
        + found["cached_input_usd_per_mtok"] * ask.input_tokens * hit
        + found["output_usd_per_mtok"] * ask.output_tokens
    ) / 1e6
    np.testing.assert_allclose(per_request, found["request_usd"], rtol=1e-6)
    np.testing.assert_allclose(
        found["request_usd"] * found["requests_per_s"] * 3600, found["usd_per_hour"]
    )


def test_half_the_utilisation_doubles_the_price_of_a_token() -> None:
    full, half = (sizing.options(grid_for(request(utilisation=share))) for share in (1.0, 0.5))
    np.testing.assert_allclose(half["output_usd_per_mtok"], 2 * full["output_usd_per_mtok"])
    assert (half["output_j_per_token"] > full["output_j_per_token"]).all()
    assert (half["output_j_per_token"] < 2 * full["output_j_per_token"]).all()


# How sure


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.floats(0.3, 0.95), st.floats(1.05, 3))
def test_a_chance_is_half_at_the_prediction_and_a_tenth_beyond_the_ends(
    value: float, limit: float, low: float, high: float
) -> None:
    ends = (low, high)
    assert chance_within(value, value, ends) == pytest.approx(0.5)
    assert chance_within(value, value * high, ends) == pytest.approx(0.9)
    assert chance_within(value, value * low, ends) == pytest.approx(0.1)
    assert 0 <= chance_within(value, limit, ends) <= chance_within(value, limit * 1.1, ends) <= 1
    assert chance_within(value, np.inf, ends) == pytest.approx(1.0)


def test_every_uncertain_quantity_has_an_interval_around_its_value() -> None:
    frame = example().frame().set_index("quantity")
    named = frame[frame["low"].notna()]
    uncertain = {"time to first token", "time per output token", "output per accelerator",
                 "output per user", "input price", "output price",
                 "energy per output token"}  # fmt: skip
    assert uncertain <= set(named.index)
    assert (named["low"] <= named["value"]).all()
    assert (named["value"] <= named["high"]).all()
    limits = frame.loc[["time to first token", "time per output token"]]
    assert limits["limit"].tolist() == [2.0, 50.0]
    assert limits["chance_fraction"].between(0, 1).all()


# What else could be bought


def test_alternatives_hold_the_best_of_each_type_and_the_extremes() -> None:
    answer = sizing.plan(request(gpus=("b200", "h200", "gb200")))
    found, roles = answer.options, answer.alternatives
    assert roles.loc[0, "role"].startswith("plan")
    everything = "; ".join(roles["role"])
    for gpu in answer.request.gpus:
        assert f"best on {gpu}" in everything
    cheapest = roles[roles["role"].str.contains("cheapest")].iloc[0]
    assert cheapest["usd_per_hour"] == found["usd_per_hour"].min()
    smallest = roles[roles["role"].str.contains("fewest GPUs")].iloc[0]
    assert smallest["gpus"] == found["gpus"].min()
    fastest = roles[roles["role"].str.contains("fastest")].iloc[0]
    assert fastest["tpot_ms"] < answer.chosen["tpot_ms"]
    assert fastest["usd_per_hour"] <= 2 * answer.chosen["usd_per_hour"]
    fewest_first = sizing.plan(request(gpus=("b200", "h200", "gb200"), objective="gpus"))
    assert fewest_first.chosen["gpus"] == found["gpus"].min()


def test_nothing_beats_a_point_of_the_front() -> None:
    front = example().front
    assert 3 <= len(front) <= 12
    assert front["output_tokens_per_s_per_user"].is_monotonic_decreasing
    assert front["output_tokens_per_s_per_gpu"].is_monotonic_increasing


def test_prompts_apart_meet_the_limits_with_a_ratio() -> None:
    split = example().disaggregated
    used = split["prefill_copies"] * split["prefill_gpus_per_copy"]
    used += split["decode_copies"] * split["decode_gpus_per_copy"]
    assert split["gpus"] == used
    assert split["ttft_s"] <= 2.0
    assert split["tpot_ms"] <= 50.0
    assert split["decode_copies"] * split["load_per_decode_copy"] >= 240


def test_drafted_tokens_help_only_where_they_are_accepted() -> None:
    taken, refused = (
        sizing.plan(request(draft_tokens=3.0, acceptance_fraction=share)).speculative_tpot_ms
        for share in (0.9, 0.0)
    )
    plain = example().chosen["tpot_ms"]
    assert taken < plain < refused
    assert np.isnan(sizing.plan(request()).speculative_tpot_ms)


# What is in the way

INFEASIBLE: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = (
    ({"gpus": ("h100",), "max_gpus": 4.0}, ("memory",)),
    ({"gpus": ("l40s",), "model": "llama-3.1-8b", "input_tokens": 9e6, "max_gpus": 8.0},
     ("memory",)),
    ({"time_to_first_token_s": 0.1}, ("time to first token",)),
    ({"time_per_output_token_s": 0.005}, ("time per output token",)),
    ({"time_to_first_token_s": 0.1, "time_per_output_token_s": 0.005},
     ("time to first token", "time per output token")),
    ({"max_gpus": 16.0}, ("accelerators",)),
    ({"time_to_first_token_s": 0.9, "robust": True}, ("time to first token",)),
    ({"users": None, "requests_per_s": 50.0, "max_gpus": 64.0}, ("accelerators",)),
)  # fmt: skip


@pytest.mark.parametrize(("changes", "binding"), INFEASIBLE)
def test_an_infeasible_request_says_what_binds_and_what_would_do(
    changes: dict[str, Any], binding: tuple[str, ...]
) -> None:
    answer = sizing.plan(request(**changes))
    assert not answer.feasible
    assert answer.binding == binding
    assert answer.nearest
    for offer in answer.nearest:
        assert sizing.plan(offer.apply(answer.request)).feasible, offer


@pytest.mark.parametrize("changes", [changes for changes, _ in INFEASIBLE])
def test_the_nearest_request_is_near(changes: dict[str, Any]) -> None:
    answer = sizing.plan(request(**changes))
    for offer in answer.nearest:
        if len(offer.changes) > 1 or "weights" in offer.changes:
            continue
        ((field, value),) = offer.changes.items()
        steps = {"users": value + 1, "max_gpus": value - 1, "requests_per_s": value * 1.02,
                 "input_tokens": max(value * 1.02, value + 1)}  # fmt: skip
        closer = steps.get(field, value * 0.99)
        assert not sizing.is_feasible(dataclasses.replace(answer.request, **{field: closer})), field


def test_warnings_name_what_was_never_measured() -> None:
    far = sizing.plan(request(gpus=("mi300x",), input_tokens=120_000.0, users=1.0,
                              time_to_first_token_s=600.0))  # fmt: skip
    text = " ".join(far.warnings)
    assert "No case of generation cdna3 was calibrated" in text
    assert "beyond the measured range" in text
    assert not sizing.plan(request(headroom_fraction=0.0, time_to_first_token_s=60.0,
                                   time_per_output_token_s=10.0, users=1.0)).warnings  # fmt: skip


def test_assumptions_carry_price_date_and_source() -> None:
    rows = example().assumptions.set_index("topic")
    assert rows.loc["price", "source_key"]
    assert rows.loc["price", "as_of"].startswith("20")
    assert "boundary: plug of the servers" in rows.loc["power", "assumption"]
    keys = {key for cell in rows["source_key"] for key in cell.split("; ") if key}
    bib = (datasets.data_folder().parent / "references.bib").read_text(encoding="utf-8")
    assert all(f"{{{key}," in bib for key in keys)


def test_an_answer_is_the_same_every_time() -> None:
    one, other = (sizing.plan(request(gpus=("h200", "b200"))) for _ in range(2))
    pd.testing.assert_frame_equal(one.options, other.options)
    pd.testing.assert_frame_equal(one.front, other.front)


# The command


def run(*words: str) -> Any:
    return CliRunner().invoke(main, list(words))


def test_the_example_of_the_handbook_runs(root: Path) -> None:
    command = Path(sys.executable).with_name("computebook")
    done = subprocess.run([command, *WORDS.split(), "--json"], capture_output=True, text=True,
                          timeout=120, cwd=root, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    chosen = example().chosen
    assert answer["feasible"] is True
    assert answer["plan"]["gpus"] == chosen["gpus"]
    assert answer["plan"]["ttft_s"] == pytest.approx(chosen["ttft_s"])
    assert answer["request"]["time_per_output_token_s"] == 0.05
    assert answer["request"]["max_gpus"] is None
    assert {row["topic"] for row in answer["assumptions"]} >= {"price", "constants", "interval"}


def test_the_answer_in_words_says_everything() -> None:
    done = run(*WORDS.split(), "--speculative", "3")
    assert done.exit_code == 0, done.output
    for words in ("Llama 3.1 405B", "x NVIDIA B200", "(80 %: ", "limit 50: holds with a chance",
                  "Alternatives", "Prompts apart: ", "drafted tokens", "Assumptions",
                  "robust", "$/M tokens", "J/token"):  # fmt: skip
        assert words in done.output, words


def test_keys_of_the_plan_name_their_units() -> None:
    plan = json.loads(run(*WORDS.split(), "--json").output)["plan"]
    numbers = {k for k, v in plan.items() if isinstance(v, float) and not k.endswith("_fraction")}
    units = ("_s", "_ms", "_gb_per_gpu", "_usd_per_mtok", "_j_per_token", "_usd_per_hour", "_kw",
             "usd_per_hour", "usd_per_gpu_hour", "_usd", "_per_copy", "_per_gpu",
             "_per_user")  # fmt: skip
    assert numbers
    assert all(name.endswith(units) for name in numbers), numbers


def test_csv_has_one_row_for_each_alternative() -> None:
    done = run(*WORDS.split(), "--gpu", "h200", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.output)))
    assert rows[0]["role"].startswith("plan")
    assert {row["gpu"] for row in rows} == {"b200-sxm", "h200-sxm"}
    assert float(rows[0]["tpot_ms"]) <= 50


@pytest.mark.parametrize(
    ("changed", "sentences"),
    [
        ("--ttft 100ms", ["time to first token binds", "--ttft ", "(asked: 100ms)"]),
        ("--tpot 5ms", ["time per output token binds", "--tpot "]),
        ("--max-gpus 2 --weights bf16", ["memory binds", "the weights take", "--max-gpus "]),
        ("--max-gpus 16", ["accelerators binds", "--users ", "--max-gpus "]),
    ],
)
def test_an_infeasible_request_ends_with_status_1(changed: str, sentences: list[str]) -> None:
    done = run(*WORDS.split(), *changed.split())
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    for sentence in sentences:
        assert sentence in done.stderr
    answer = run(*WORDS.split(), *changed.split(), "--json")
    assert answer.exit_code == 1
    parsed = json.loads(answer.stdout)
    assert parsed["feasible"] is False
    assert parsed["plan"] is None
    assert parsed["nearest"]
    rows = list(csv.DictReader(io.StringIO(run(*WORDS.split(), *changed.split(), "--csv").stdout)))
    assert len(rows) >= len(parsed["nearest"])


@pytest.mark.parametrize(
    ("changed", "status", "sentence"),
    [
        ("--ttft 2", 1, "--ttft = '2' has no unit: write a number with s, ms, us or min"),
        ("--tpot 50furlongs", 1, "--tpot = '50furlongs' has unknown unit 'furlongs'"),
        ("--input many", 1, "--input = 'many' is not a number: write 8000, 8k or 128Ki"),
        ("--users -3", 1, "--users = '-3' is negative"),
        ("--users 0", 1, "users = 0 users is out of bounds"),
        ("--rate 5/s", 1, "give the load once"),
        ("--gpu b2000", 1, "unknown gpu 'b2000'"),
        ("--model lama", 1, "unknown model 'lama'"),
        ("--weights fp7", 1, "unknown weights 'fp7'"),
        ("--engine vlm", 1, "did you mean 'vllm'?"),
        ("--cached 2", 1, "cached_fraction = 2 is out of bounds"),
        ("--percentile 95", 1, "percentile needs a rate of requests"),
        ("--percentile high", 2, "'high' is not a valid float"),
        ("--speed 3", 2, "No such option"),
    ],
)
def test_bad_words_get_one_sentence(changed: str, status: int, sentence: str) -> None:
    done = run(*WORDS.split(), *changed.split())
    assert done.exit_code == status
    assert sentence in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.output


def test_arrivals_are_sized_from_the_command_line() -> None:
    words = (
        "size --model gpt-oss-120b --gpu h100 --input 1k --output 500 --rate 600/min "
        "--percentile 95 --ttft 3s --tpot 80ms --cached 50% --price $2.5/h --json"
    )
    answer = json.loads(run(*words.split()).stdout)
    assert answer["plan"]["requests_per_s"] == pytest.approx(10.0)
    assert answer["plan"]["usd_per_hour"] == pytest.approx(2.5 * answer["plan"]["gpus"])
    assert 0 < answer["plan"]["cached_input_usd_per_mtok"] < answer["plan"]["input_usd_per_mtok"]
