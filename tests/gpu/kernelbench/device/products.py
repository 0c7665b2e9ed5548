"""Matrix products of activations with a weight, by precision."""

from __future__ import annotations

from collections.abc import Callable

import torch

from kernelbench.counting import MatmulCase
from kernelbench.device.checks import TOLERANCE, compare
from kernelbench.device.timing import time_pass
from kernelbench.rows import CannotRunError, Result

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "tf32": torch.float32}
SAMPLE = 64
FP8_CAPABILITY = (8, 9)

Product = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def require_fp8(device: torch.device) -> None:
    """Raise `CannotRunError` where PyTorch or the GPU cannot multiply 8-bit floats."""
    if not hasattr(torch, "_scaled_mm") or not hasattr(torch, "float8_e4m3fn"):
        raise CannotRunError("this PyTorch has no 8-bit product")
    if device.type == "cuda" and torch.cuda.get_device_capability(device) < FP8_CAPABILITY:
        raise CannotRunError("the GPU has no 8-bit floating-point units")


def product(precision: str, device: torch.device) -> tuple[Product, str]:
    """Return how to multiply [m, k] with a weight [n, k], and its name.

    Weights lie as [n, k], as in a linear layer and as 8-bit kernels want them.
    """
    if precision != "fp8":
        # Only float32 heeds this; "high" lets it be multiplied as TF32.
        torch.set_float32_matmul_precision("high")
        return (lambda a, w: torch.mm(a, w.t())), "mm"
    require_fp8(device)
    one = torch.ones((), device=device)

    def scaled(a: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return torch._scaled_mm(
            a, w.t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16, use_fast_accum=True
        )

    return scaled, "scaled_mm fast-accumulation"


def random(
    shape: tuple[int, ...], precision: str, device: torch.device, generator: torch.Generator
) -> torch.Tensor:
    """Return normal random numbers in the precision of the product."""
    if precision != "fp8":
        return torch.randn(shape, dtype=DTYPES[precision], device=device, generator=generator)
    wide = torch.randn(shape, dtype=torch.bfloat16, device=device, generator=generator)
    return wide.to(torch.float8_e4m3fn)


def check(
    a: torch.Tensor, w: torch.Tensor, out: torch.Tensor, tolerance: float, seed: int
) -> tuple[float, bool]:
    """Compare a sample of rows and columns of the output with float64.

    The last row and the last column are always in it, where a kernel's edge would show.
    """
    generator = torch.Generator().manual_seed(seed)
    picks = [torch.randint(size, (SAMPLE,), generator=generator) for size in out.shape]
    rows, columns = picks[0].to(out.device), picks[1].to(out.device)
    rows[-1], columns[-1] = out.shape[0] - 1, out.shape[1] - 1
    # Indexing is not defined for 8-bit floats on every device; their bytes can be indexed.
    sample = [_pick(x, at).double() for x, at in ((a, rows), (w, columns))]
    expected = sample[0] @ sample[1].t()
    return compare(out[rows][:, columns], expected, tolerance)


def _pick(matrix: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Return some rows of a matrix of any format."""
    if matrix.element_size() > 1:
        return matrix[rows]
    return matrix.view(torch.uint8)[rows].view(matrix.dtype).float()


def measure(
    case: MatmulCase, sets: int, device: torch.device, generator: torch.Generator
) -> Result:
    """Time a product over `sets` pairs of activations and weights, and check the last output."""
    multiply, method = product(case.precision, device)
    n, k = case.weight.n, case.weight.k
    weights = random((sets, n, k), case.precision, device, generator)
    inputs = random((sets, case.m, k), case.precision, device, generator)
    pairs = list(zip(inputs.unbind(), weights.unbind(), strict=True))

    timed = time_pass(lambda: [multiply(a, w) for a, w in pairs], device)
    tolerance = TOLERANCE[case.precision]
    error, passed = check(*pairs[-1], timed.outputs[-1], tolerance, generator.initial_seed())
    return Result(
        times_s=tuple(second / sets for second in timed.times_s),
        check_error=error,
        check_tolerance=tolerance,
        passed=passed,
        method=method,
        launch=timed.launch,
        buffers=sets,
    )
