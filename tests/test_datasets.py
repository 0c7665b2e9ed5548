"""Tables load typed, names resolve, and specifications carry base units."""

import math

import pytest

from computebook import architectures, datasets, memory
from computebook.errors import ComputebookError


@pytest.mark.parametrize("name", datasets.table_names())
def test_each_table_loads_and_says_what_it_is(name: str) -> None:
    frame, described = datasets.load(name), datasets.describe(name)
    assert len(frame) > 0
    assert list(frame.columns) == [field.name for field in described.fields]
    assert described.title
    assert len(described.description) > 20
    assert described.licences
    assert all(len(field.description) > 5 for field in described.fields)


def test_changing_a_loaded_table_changes_nothing_else() -> None:
    frame = datasets.load("accelerators")
    frame["name"] = "gone"
    assert "gone" not in set(datasets.load("accelerators")["name"])


@pytest.mark.parametrize(
    ("usual", "accelerator_id"),
    [("H100", "h100-sxm"), ("h200", "h200-sxm"), ("B200", "b200-sxm"), ("GB200", "gb200")],
)
def test_usual_gpu_names(usual: str, accelerator_id: str) -> None:
    assert datasets.accelerator(usual).accelerator_id == accelerator_id


@pytest.mark.parametrize(
    ("usual", "architecture_id"),
    [
        ("meta-llama/Llama-3.1-405B", "llama-3.1-405b"),
        ("Llama-3.1-70B", "llama-3.1-70b"),
        ("deepseek-ai/DeepSeek-V3", "deepseek-v3"),
        ("openai/gpt-oss-120b", "gpt-oss-120b"),
    ],
)
def test_usual_model_names(usual: str, architecture_id: str) -> None:
    assert datasets.architecture(usual).architecture_id == architecture_id


def test_required_accelerators_and_architectures_are_there() -> None:
    needed = "a100-80gb-sxm h100-sxm h200-sxm b200-sxm b300-sxm gb200 gb300 mi300x mi325x mi355x"
    assert {*needed.split(), "tpu-v5p", "tpu-v6e", "tpu-v7"} <= set(datasets.accelerators())
    assert len(datasets.architectures()) >= 28


def test_base_units_of_the_h100() -> None:
    h100 = datasets.accelerator("h100-sxm")
    assert h100.memory_bytes == 81559 * 2**20
    assert h100.memory_bandwidth_bytes_per_s == pytest.approx(3.35e12)
    assert h100.bf16_flop_per_s == pytest.approx(989e12)
    assert h100.scale_up_bytes_per_s == pytest.approx(450e9)
    assert math.isnan(h100.fp4_flop_per_s)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: datasets.load("acelerators"), "unknown table 'acelerators': did you mean 'accel"),
        (lambda: datasets.accelerator("h10"), "unknown gpu 'h10': did you mean 'h100-sxm'"),
        (lambda: datasets.architecture("llama-3.1-405c"), "did you mean 'llama-3.1-405b'"),
        (lambda: datasets.field_unit("systems", "rated_power"), "did you mean 'rated_power_kw'"),
    ],
)
def test_an_unknown_name_gets_the_nearest(call: object, sentence: str) -> None:
    with pytest.raises(ComputebookError) as caught:
        call()  # type: ignore[operator]
    assert sentence in str(caught.value)


def test_parameter_counts_match_the_published_ones() -> None:
    table = datasets.load("architectures").set_index("architecture_id")
    errors = {
        name: architectures.parameter_count(a) / (table.loc[name, "total_params_b"] * 1e9) - 1
        for name, a in datasets.architectures().items()
    }
    close = [name for name, error in errors.items() if abs(error) <= 0.0025]
    assert len(close) >= 48
    reasoned = [name for name, error in errors.items() if abs(error) > 0.0025]
    assert all(table.loc[name, "note"] for name in reasoned), "a difference needs its reason"
    assert max(abs(error) for error in errors.values()) < 0.03


def test_cache_sizes_match_the_published_ones() -> None:
    cases = datasets.load("kv_measurements")
    published = cases[cases["engine"] == "paper"]
    assert len(published) >= 3
    for case in published.itertuples():
        computed = memory.kv_bytes_per_token(datasets.architecture(case.architecture_id), 16)
        assert computed == pytest.approx(case.kv_bytes_per_token, rel=1e-3)
