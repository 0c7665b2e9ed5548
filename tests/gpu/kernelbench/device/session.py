"""Measures one case after another on one device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from kernelbench.counting import AttentionCase, Case, CopyCase, buffers
from kernelbench.device import attention, copies, products
from kernelbench.device.machine import Clocks, free_bytes, machine
from kernelbench.rows import CannotRunError, Machine, Result


def device_count() -> int:
    """Return the number of CUDA GPUs that PyTorch can use."""
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def open_device(name: str, seed: int) -> tuple[Machine, Callable[[Case], Result]]:
    """Return what a device is and the function that measures a case on it."""
    device = torch.device(name)
    if device.type == "cuda":
        device = torch.device("cuda", device.index or 0)
        torch.cuda.set_device(device)
    here = machine(device, seed)
    clocks = Clocks(device)
    driver = clocks.read()

    def measure(case: Case) -> Result:
        with torch.inference_mode():
            result = measure_case(case, here, device)
        return replace(result, clocks=driver | clocks.read())

    return here, measure


def measure_case(case: Case, here: Machine, device: torch.device) -> Result:
    """Measure a case, if its buffers fit.

    Every case starts from the same seed, so that it has the same inputs alone or in a long run.
    """
    free = free_bytes(device)
    needed = case.moved_bytes
    if needed > 0.9 * free:
        raise CannotRunError(f"needs {needed / 1e9:.3g} GB of {free / 1e9:.3g} GB free memory")
    sets = buffers(needed, here.l2_bytes, free)
    generator = torch.Generator(device).manual_seed(here.seed)
    if isinstance(case, CopyCase):
        return copies.measure(case, sets, device, generator)
    if isinstance(case, AttentionCase):
        return attention.measure(case, sets, device, generator, here.processors)
    return products.measure(case, sets, device, generator)
