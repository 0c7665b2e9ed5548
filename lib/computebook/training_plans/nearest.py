"""What would be feasible when a request is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from computebook import datasets, errors
from computebook.training_plans.request import Request
from computebook.training_plans.speed import place

__all__ = ["nearest_feasible"]

_MOST: Final = 1_000_000
_BATCHES: Final = 10


def _fits(request: Request) -> bool:
    for shape in request.shapes:
        try:
            place(request, shape)
        except errors.ComputebookError:
            continue
        return True
    return False


def _changed(request: Request, **changes: Any) -> bool:
    """Return whether a changed request is allowed and fits."""
    try:
        return _fits(replace(request, **changes))
    except errors.ComputebookError:
        return False


def nearest_feasible(request: Request) -> tuple[str, ...]:
    """Return single changes that make a request feasible, in words.

    More accelerators, then fewer, by factors of two; a larger batch; the accelerator of the
    table with least memory that suffices.

    Parameters
    ----------
    request : Request
        An infeasible one.

    Examples
    --------
    >>> ask = Request(model="llama-3.1-405b", tokens=1e12, gpu="h100", count=8)
    >>> nearest_feasible(ask)[0]
    'count 128'
    """
    offers = [_count(request), _batch(request), _gpu(request)]
    return tuple(offer for offer in offers if offer)


def _count(request: Request) -> str:
    """Return the nearest number of accelerators that fits."""
    count = int(request.count)
    up = 1 << count.bit_length() if count & (count - 1) else 2 * count
    while up <= _MOST:
        if _changed(request, count=up):
            return f"count {up:,}"
        up *= 2
    down = 1 << (count.bit_length() - 1)
    while down >= 1:
        if down < count and _changed(request, count=down):
            return f"count {down:,}"
        down //= 2
    return ""


def _batch(request: Request) -> str:
    """Return the batch that gives every accelerator work, if the batch is what binds."""
    for doubling in range(1, _BATCHES):
        tokens = request.step_tokens * 2**doubling
        if _changed(request, batch_tokens=tokens):
            return f"batch of {tokens:,.0f} tokens"
    return ""


def _gpu(request: Request) -> str:
    """Return the accelerator with least memory on which the request fits as it stands."""
    devices = sorted(datasets.accelerators().values(), key=lambda d: d.memory_bytes)
    for device in devices:
        usable = device.tdp_w > 0 and device.scale_up_bytes_per_s > 0
        larger = usable and device.memory_bytes > request.device.memory_bytes
        if larger and _changed(request, gpu=device.accelerator_id):
            return f"gpu {device.accelerator_id}"
    return ""
