"""Accelerators and number formats against published figures."""

from typing import Any

import numpy as np
import pytest

from computebook import hardware
from computebook.errors import ComputebookError
from computebook.hardware import Accelerator, System

A100 = Accelerator(
    accelerator_id="a100-80gb",
    memory_bytes=80e9,
    memory_bandwidth_bytes_per_s=2.039e12,
    bf16_flop_per_s=312e12,
    int8_flop_per_s=624e12,
)
H100 = Accelerator(
    accelerator_id="h100-sxm",
    memory_bytes=81_559 * 2**20,
    memory_bandwidth_bytes_per_s=3.35e12,
    bf16_flop_per_s=989e12,
    fp8_flop_per_s=1979e12,
    int8_flop_per_s=1979e12,
)
B200 = Accelerator(
    accelerator_id="b200",
    memory_bytes=183_359 * 2**20,
    memory_bandwidth_bytes_per_s=8e12,
    bf16_flop_per_s=2250e12,
    fp8_flop_per_s=4500e12,
    int8_flop_per_s=4500e12,
    fp4_flop_per_s=9000e12,
)


@pytest.mark.parametrize(
    ("name", "bits"),
    [("bf16", 16), ("fp8", 8), ("nvfp4", 4.5), ("mxfp4", 4.25), ("int4", 4.125), ("mxfp8", 8.25)],
)
def test_bits_include_block_scales(name: str, bits: float) -> None:
    assert hardware.precision(name).bits_per_element == bits


def test_an_unknown_precision_suggests_the_nearest() -> None:
    with pytest.raises(ComputebookError, match="unknown precision 'fp9': did you mean 'fp8'"):
        hardware.precision("fp9")
    with pytest.raises(ComputebookError, match="unknown precision 'bf61': did you mean 'bf16'"):
        H100.dense_flop_per_s("bf61")


@pytest.mark.parametrize(
    ("gpu", "name", "tflop_s"),
    [
        (A100, "fp8", 312),
        (A100, "nvfp4", 312),
        (A100, "int8", 624),
        (H100, "fp8", 1979),
        (H100, "nvfp4", 1979),
        (H100, "int4", 989),
        (B200, "nvfp4", 9000),
        (B200, "bf16", 2250),
    ],
)
def test_missing_arithmetic_falls_back_to_the_next_wider(
    gpu: Accelerator, name: str, tflop_s: float
) -> None:
    assert gpu.dense_flop_per_s(name) == tflop_s * 1e12


def test_stacked_accelerators_answer_as_single_ones() -> None:
    gpus = [A100, H100, B200]
    together = hardware.stack(gpus)
    for name in ("bf16", "fp8", "int8", "nvfp4"):
        single = [gpu.dense_flop_per_s(name) for gpu in gpus]
        np.testing.assert_array_equal(together.dense_flop_per_s(name), single)


def test_precision_names_may_be_an_array() -> None:
    names = np.array(["bf16", "fp8", "nvfp4"])
    np.testing.assert_array_equal(B200.dense_flop_per_s(names), [2250e12, 4500e12, 9000e12])


def test_a_scalar_rate_is_a_float() -> None:
    assert type(H100.dense_flop_per_s("fp8")) is float


@pytest.mark.parametrize("field", ["memory_bytes", "bf16_flop_per_s"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_impossible_rates_are_refused(field: str, value: float) -> None:
    good: dict[str, Any] = {
        "memory_bytes": 80e9,
        "bf16_flop_per_s": 1e14,
        "memory_bandwidth_bytes_per_s": 1e12,
    }
    with pytest.raises(ComputebookError, match=f"{field} = "):
        Accelerator(accelerator_id="x", **(good | {field: value}))


def test_rated_power_per_accelerator_of_dgx_h100() -> None:
    dgx = System(
        system_id="dgx-h100", accelerator_id="h100-sxm", accelerators=8, rated_power_w=10_200.0
    )
    assert dgx.rated_w_per_accelerator == 1275


def test_a_system_must_name_its_boundary() -> None:
    with pytest.raises(
        ComputebookError, match="unknown power boundary 'racks': did you mean 'rack'"
    ):
        System(
            system_id="s",
            accelerator_id="g",
            accelerators=72,
            rated_power_w=120e3,
            power_boundary="racks",
        )
