"""Copy of one buffer to another within memory."""

from __future__ import annotations

import torch

from kernelbench.counting import CopyCase
from kernelbench.device.timing import time_pass
from kernelbench.rows import Result


def measure(case: CopyCase, sets: int, device: torch.device, generator: torch.Generator) -> Result:
    """Time copies of `size_bytes` from one place to another, over `sets` pairs of places."""
    shape = (sets, case.size_bytes // 4)
    source = torch.randint(
        -(2**31), 2**31 - 1, shape, dtype=torch.int32, device=device, generator=generator
    )
    target = torch.empty_like(source)
    pairs = list(zip(target.unbind(), source.unbind(), strict=True))

    def run() -> list[torch.Tensor]:
        for to, of in pairs:
            to.copy_(of)
        return []

    timed = time_pass(run, device)
    equal = torch.equal(source, target)
    return Result(
        times_s=tuple(second / sets for second in timed.times_s),
        check_error=0.0 if equal else 1.0,
        check_tolerance=0.0,
        passed=equal,
        method="copy_",
        launch=timed.launch,
        buffers=sets,
    )
