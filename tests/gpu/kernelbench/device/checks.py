"""Whether a sample of an output is what float64 arithmetic gives."""

from __future__ import annotations

import torch

# Largest root mean square difference, over that of the reference. An output in bf16 is off by
# about 2**-9 of itself; TF32 multiplies with 10 bits of mantissa; FP8 products are exact but are
# summed with few bits on Hopper; attention also rounds its scores or its weights to bf16.
TOLERANCE = {"bf16": 4e-3, "fp16": 2e-3, "tf32": 2e-3, "fp8": 3e-2, "attention": 2e-2}
# No single element of the sample may be off by more than this many times the tolerance.
WORST = 8.0


def compare(found: torch.Tensor, expected: torch.Tensor, tolerance: float) -> tuple[float, bool]:
    """Return the error of a sample relative to its size, and whether it passes.

    Parameters
    ----------
    found
        Sampled elements of the output.
    expected
        The same elements in float64.
    tolerance
        Largest error allowed.
    """
    difference = found.double() - expected
    size = expected.square().mean().sqrt()
    error = (difference.square().mean().sqrt() / size).item()
    worst = (difference.abs().max() / size).item()
    # A comparison with NaN is false, so that NaN fails.
    return error, error <= tolerance and worst <= WORST * tolerance
