"""Pick one record out of many by a position that may be traced."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import numpy as np

from computebook import tracing

__all__ = ["looked_up"]

Record = TypeVar("Record")


def looked_up(stacked: Record, position: Any) -> Record:
    """Return one record of a stack.

    Parameters
    ----------
    stacked : dataclass instance
        Fields are arrays over records, as `units.stack_records` makes them, or single numbers
        that all records share.
    position : int or tracer
        Which record.

    Returns
    -------
    dataclass instance
        Numbers and truth values of that record; texts, which no formula reads, have their
        defaults or, where there is none, stay out.

    Examples
    --------
    >>> from computebook import hardware
    >>> one = hardware.Accelerator(accelerator_id="a", memory_bytes=1e9, bf16_flop_per_s=1e12,
    ...                            memory_bandwidth_bytes_per_s=1e11)
    >>> looked_up(hardware.stack([one, one]), 1).memory_bytes
    1000000000.0
    """
    chosen: dict[str, Any] = {}
    for field in dataclasses.fields(stacked):  # type: ignore[arg-type]  # any dataclass
        values = np.asarray(getattr(stacked, field.name))
        if values.ndim == 0:
            chosen[field.name] = values.item()
        elif values.dtype.kind in "biuf":
            chosen[field.name] = tracing.take(values, position)
        elif field.default is dataclasses.MISSING:
            chosen[field.name] = "chosen"
    return type(stacked)(**chosen)
