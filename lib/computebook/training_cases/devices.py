"""Accelerators by the names that training records use."""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from typing import Final

from computebook import datasets, errors
from computebook.hardware import Accelerator

__all__ = ["device_of"]

_HBM2E_MIB: Final = 95_830
_HBM2E_BYTES_PER_S: Final = 2.4e12
_HBM2E_W: Final = 500.0
"""The 96 GB board with HBM2e, 2.4 TB/s and a limit of 500 W of torchtitan's H100 benchmarks
(pytorch/torchtitan, benchmarks); the MiB that its driver shows are taken from a board of that
size and not re-read."""


@cache
def device_of(name: str) -> Accelerator | None:
    """Return an accelerator by a recorded name, None if the table has none.

    Sizes, form factors and notes in brackets are dropped from the end until a name fits.

    Parameters
    ----------
    name : str
        As recorded.

    Examples
    --------
    >>> device_of("H100-80GB-SXM").accelerator_id, device_of("TPU v7 (Ironwood)").accelerator_id
    ('h100-sxm', 'tpu-v7')
    >>> device_of("H100-96GB-HBM2e-500W").tdp_w
    500.0
    """
    if name.upper().startswith("H100-96GB") and "500W" in name.upper():
        return dataclasses.replace(
            datasets.accelerator("h100-sxm"), accelerator_id="h100-96gb-500w", tdp_w=_HBM2E_W,
            memory_bytes=_HBM2E_MIB * 2.0**20, memory_bandwidth_bytes_per_s=_HBM2E_BYTES_PER_S,
        )  # fmt: skip
    plain = re.sub(r"\s*\(.*\)", "", name).strip()
    shorter = re.sub(r"-\d+GB|-HBM\w*|-\d+W", "", plain)
    for candidate in (name, plain, shorter, shorter.removesuffix("-SXM")):
        try:
            return datasets.accelerator(candidate)
        except errors.ComputebookError:
            continue
    return None
