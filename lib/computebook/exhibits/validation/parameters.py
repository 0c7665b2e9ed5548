"""What a reader can change in the appendix on validation."""

from __future__ import annotations

from typing import Final

from computebook.memory import RUNTIME_RESERVE_BYTES
from computebook.parameters import Parameter
from computebook.price_cards import ARTICLE_DATE
from computebook.units import BYTES_PER_GIB

__all__ = ["PARAMETERS"]

METERED: Final = ("b200-sxm", "h100-sxm")

PARAMETERS: Final = (
    Parameter(
        "runtime_reserve_gib",
        "float",
        "GiB",
        RUNTIME_RESERVE_BYTES / BYTES_PER_GIB,
        0.0,
        50.0,
        meaning="Room on each accelerator for activations and libraries.",
    ),
    Parameter(
        "tolerance_percent",
        "float",
        "%",
        1.0,
        0.01,
        50.0,
        meaning="Error that you accept; cases within it are counted.",
    ),
    Parameter(
        "price_days",
        "list",
        "",
        [ARTICLE_DATE, "2026-11-10"],
        meaning="Days on which prices are compared, ISO dates.",
    ),
    Parameter(
        "decode_accelerators",
        "list",
        "",
        list(METERED),
        choices=METERED,
        meaning="Accelerators whose measured decode steps are shown.",
    ),
    Parameter(
        "rows_shown",
        "int",
        "rows",
        12,
        3,
        40,
        meaning="Parameter counts and serving cases shown, largest errors first.",
    ),
)
