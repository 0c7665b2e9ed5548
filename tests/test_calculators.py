"""Calculators: what the page evaluates is what the library's functions say."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import calculators, serving, sizing, training
from computebook.calculators import CALCULATOR_MIME, CALCULATORS, Calculator, Field, calculator
from computebook.calculators.calculator import value_text
from computebook.errors import ComputebookError
from computebook.exhibits import api_economics
from computebook.parameters import Parameter

EACH = pytest.mark.parametrize("name", CALCULATORS)
MOST_BYTES = 60_000


def drawn(data: st.DataObject, asked: Calculator) -> dict[str, Any]:
    """Return inputs anywhere within their bounds, numbers over all their magnitudes."""
    values: dict[str, Any] = {}
    for parameter in asked.parameters:
        if parameter.choices:
            values[parameter.name] = data.draw(st.sampled_from(parameter.choices))
            continue
        low, high = float(parameter.low or 0), float(parameter.high or 0)
        share = data.draw(st.floats(0, 1))
        value = math.exp(math.log(low + 1) + share * math.log((high + 1) / (low + 1))) - 1
        value = min(max(value, low), high)
        values[parameter.name] = int(value) if parameter.kind == "int" else value
    for field in asked.fields:
        if field.below:
            values[field.name] = max(min(values[field.name], values[field.below] - 1), 1)
    return values


@EACH
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_the_traced_program_equals_the_functions(name: str, data: st.DataObject) -> None:
    asked = calculator(name)
    values = drawn(data, asked)
    inputs = {field.name: field.position(values[field.name]) for field in asked.fields}
    found, direct = asked.program.evaluate(inputs), asked.evaluate(values)
    for result in asked.results:
        np.testing.assert_allclose(float(found[result.name]), direct[result.name], rtol=1e-12)


@EACH
def test_what_a_notebook_holds_is_whole_and_light(name: str) -> None:
    bundle = calculators.show(name)._repr_mimebundle_()
    assert list(bundle) == [CALCULATOR_MIME, "text/plain"]
    assert json.loads(json.dumps(bundle)) == bundle
    assert len(json.dumps(bundle)) < MOST_BYTES
    assert calculators.show(name)._repr_mimebundle_() == bundle
    content, asked = bundle[CALCULATOR_MIME], calculator(name)
    assert [f["label"] for f in content["fields"]] == [f.label for f in asked.fields]
    assert all(f["meaning"].endswith(".") for f in content["fields"])
    assert not re.search(r"nan|inf\b", json.dumps(content["results"]))
    page = json.loads(content["page"])
    assert [r["name"] for r in page["results"]] == [r.name for r in asked.results]
    assert {field["name"] for field in page["fields"]} == set(page["program"]["inputs"])


@EACH
def test_a_choice_that_sets_other_inputs_sets_valid_ones(name: str) -> None:
    asked = calculator(name)
    for field in asked.fields:
        for other, values in field.fills.items():
            for value in (value for value in values if value is not None):
                assert asked.check({other: value})[other] == value


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("gpu-sizing", {"user": 3}, "unknown parameter 'user': did you mean 'users'"),
        ("gpu-sizing", {"users": 5_000}, "users = 5000 users is out of bounds: allowed 1 to 4096"),
        ("gpu-sizing", {"accelerator": "b20"}, "unknown accelerator 'b20': did you mean"),
        ("gpu-sizing", {"context_tokens": 2_048, "output_tokens": 2_048}, "must be below"),
        ("training-run", {"pue": 0.9}, "pue = 0.9 is out of bounds: allowed 1 to 2.5"),
    ],
)
def test_a_wrong_input_is_named(name: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        calculator(name).evaluate(values)


def test_an_unknown_calculator_is_named() -> None:
    with pytest.raises(ComputebookError, match="unknown calculator 'gpu-sizin': did you mean"):
        calculators.show("gpu-sizin")


def test_a_choice_needs_a_label() -> None:
    parameter = Parameter("gpu", "str", "", "a", choices=("a", "b"))
    with pytest.raises(ComputebookError, match="gpu has 2 choices: each needs a label"):
        Field(parameter, "GPU", ("A",))


@given(value=st.floats(1e-6, 1e15))
def test_numbers_are_shown_to_three_digits(value: float) -> None:
    text = value_text(value)
    assert float(text.replace(",", "")) == pytest.approx(value, rel=5.1e-3)
    assert len(re.sub(r"[,.]", "", text).lstrip("0")) >= 3


def test_the_bill_is_that_of_the_chapter() -> None:
    request = api_economics.Request(6_000, 500, 0.7)
    asked = ("gpt-5.2", "2026-01-15", request)
    traffic = api_economics.Traffic(1_000_000, 0.5, 0.2)
    months = api_economics.budget_for(*asked, traffic, 35_000.0).set_index("case")["mean_usd"]
    found = calculator("api-bill").evaluate()
    # The chapter draws lengths of requests, whose mean is the one asked for but for rounding.
    assert found["month_usd"] == pytest.approx(months["Chance alone, all means known"], rel=1e-4)
    at_once = calculator("api-bill").evaluate({"batch_percent": 0.0})
    head = api_economics.headline(*asked, 0.5)
    assert at_once["krequest_usd"] == pytest.approx(head.usd_per_krequest, rel=1e-12)
    assert at_once["reasoning_percent"] == pytest.approx(100 * head.reasoning_share, rel=1e-9)


def test_long_prompts_pay_the_price_of_their_tier() -> None:
    short, long = (
        calculator("api-bill").evaluate({"model": "gemini-3-pro", "input_tokens": tokens})
        for tokens in (200_000, 200_001)
    )
    assert 1.5 < long["new_input"] / short["new_input"] < 2.5


def test_the_break_even_is_that_of_the_chapter() -> None:
    request, terms = api_economics.Request(6_000, 500, 0.7), api_economics.Terms(3.0, 2.0, 3e5)
    table = api_economics.break_even("gpt-5.2", "2026-01-15", request, 0.5, terms)
    table = table[table["api"].str.contains("GPT-5.2")].set_index("fleet")
    asked = calculator("break-even")
    speeds = next(field for field in asked.fields if field.name == "rates")
    fleets = {"sglang": "SGLang's rates", "deepseek": "DeepSeek's rates",
              "node": "8 x H200, modelled"}  # fmt: skip
    for position, choice in enumerate(speeds.parameter.choices):
        filled = {name: values[position] for name, values in speeds.fills.items()}
        found, row = asked.evaluate({"rates": choice} | filled), table.loc[fleets[choice]]
        # Speeds are rounded to four digits, so that a reader can type them.
        assert found["break_even_requests"] * 1e6 == pytest.approx(row["requests"], rel=1e-3)
        assert found["break_even_gpus"] == row["accelerators"]
        assert found["break_even_usd"] == pytest.approx(row["month_usd"], rel=1e-12)


def test_hosting_may_never_pay() -> None:
    found = calculator("break-even").evaluate({"model": "deepseek-v3.2"})
    assert math.isinf(found["break_even_requests"])
    assert math.isnan(found["break_even_usd"])


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"architecture": "gpt-oss-120b", "accelerator": "h100-sxm", "users": 300},
        {"architecture": "deepseek-v3", "accelerator": "h200-sxm", "users": 256},
        {"architecture": "llama-3.1-8b", "users": 1_000, "time_per_output_token_ms": 20.0},
    ],
    ids=["published", "mixture", "latent", "many"],
)
def test_the_fleet_is_that_of_the_search_over_all_layouts(values: dict[str, Any]) -> None:
    known, found = calculator("gpu-sizing").check(values), calculator("gpu-sizing").evaluate(values)
    mixed = "oss" in known["architecture"]
    asked = sizing.Request(
        model=known["architecture"], gpus=(known["accelerator"],), objective="gpus",
        input_tokens=known["context_tokens"] - known["output_tokens"],
        output_tokens=known["output_tokens"], users=known["users"], headroom_fraction=0.0,
        time_per_output_token_s=known["time_per_output_token_ms"] / 1e3, engine="tensorrt-llm",
        weights=None if mixed else known["weight_precision"], kv_cache=known["kv_precision"],
    )  # fmt: skip
    best = sizing.options(sizing.grid_for(asked)).iloc[0]
    # Not every number of copies is tried: the next one is at most an eighth away.
    assert best["gpus"] <= found["gpus"] <= best["gpus"] * 1.07
    assert found["bound_ms"] < found["token_ms"] <= known["time_per_output_token_ms"]
    assert found["memory_percent"] < 100


def test_no_fleet_is_in_time_below_the_bound() -> None:
    found = calculator("gpu-sizing").evaluate({"time_per_output_token_ms": 0.5})
    assert math.isnan(found["gpus"])
    shown = next(r for r in calculator("gpu-sizing").results if r.name == "gpus")
    assert shown.value_text(found["gpus"]) == "no layout is in time"


def test_a_copy_of_the_fleet_is_the_serving_model_itself() -> None:
    from computebook.calculators import gpu_sizing

    asked = calculator("gpu-sizing")
    known, found = asked.check({}), asked.evaluate()
    choices = ("architecture", "accelerator", "weight_precision", "kv_precision")
    chosen = (f.position(known[f.name]) for f in asked.fields if f.name in choices)
    placed = gpu_sizing.deployment(*chosen, found["gpus_per_copy"], 1.0)
    run = serving.fixed_concurrency(
        placed, known["users"] / found["copies"],
        known["context_tokens"] - known["output_tokens"], known["output_tokens"],
    )  # fmt: skip
    assert run.time_per_output_token_s * 1e3 == pytest.approx(found["token_ms"], rel=1e-12)
    assert placed.architecture.layers == 80
    assert placed.accelerator.memory_bytes == pytest.approx(192e9, rel=0.01)


def test_the_training_run_is_work_over_rate() -> None:
    values = {"accelerator": "h100-sxm", "precision": "bf16", "mfu_percent": 40.0}
    found = calculator("training-run").evaluate(values)
    flop = training.training_flop(405.9e9, 15.6e12)
    hours = training.run_gpu_hours(flop, 989e12, 0.4, found["goodput_percent"] / 100)
    assert found["gpu_hours_m"] * 1e6 == pytest.approx(hours, rel=1e-3)
    assert found["days"] == pytest.approx(hours / 16_384 / 24, rel=1e-3)
    assert found["energy_gwh"] == pytest.approx(found["drawn_mw"] * found["days"] * 0.024, rel=1e-9)
