"""Accelerators, systems and number formats as frozen records in base units.

Rates are dense: a vendor's figure "with sparsity" is halved before it gets here. A record may
hold one device or, after `stack`, many: every numeric field is then an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import errors, units
from computebook.units import Quantity

__all__ = [
    "COMPUTE_TYPES",
    "POWER_BOUNDARIES",
    "PRECISIONS",
    "Accelerator",
    "Precision",
    "System",
    "precision",
    "stack",
]

COMPUTE_TYPES: Final = ("bf16", "fp8", "int8", "fp4")
"""Arithmetic for which an accelerator has a dense rate."""

POWER_BOUNDARIES: Final = ("gpu", "node", "rack", "it", "facility")
"""What a power figure includes, from the chip alone to the whole site."""

MAX_BYTES: Final = 1e16
MAX_RATE: Final = 1e21


@dataclass(frozen=True)
class Precision:
    """A number format for weights or cache.

    Parameters
    ----------
    name : str
        Slug, for example ``"nvfp4"``.
    bits_per_element : float
        Bits stored per value, block scales included.
    compute : str
        Matrix arithmetic that engines use for it where the chip has it; see `COMPUTE_TYPES`.
    meaning : str
        Format and block size in words.
    source_key : str
        Entry of the bibliography that defines the format.
    """

    name: str
    bits_per_element: float
    compute: str
    meaning: str
    source_key: str


def _precisions(*rows: tuple[str, float, str, str, str]) -> dict[str, Precision]:
    return {row[0]: Precision(*row) for row in rows}


PRECISIONS: Final[dict[str, Precision]] = _precisions(
    ("fp32", 32.0, "bf16", "IEEE single precision; matrices run in bf16", "ieee2019float"),
    ("bf16", 16.0, "bf16", "bfloat16, no scales", "kalamkar2019bfloat16"),
    ("fp16", 16.0, "bf16", "IEEE half precision, no scales", "ieee2019float"),
    ("fp8", 8.0, "fp8", "E4M3 or E5M2, one scale per tensor or channel", "micikevicius2022fp8"),
    ("fp8-block", 8.0 + 32 / 128**2, "fp8", "E4M3, fp32 scale per 128 x 128", "deepseek2024v3"),
    ("mxfp8", 8.0 + 8 / 32, "fp8", "8-bit float, 8-bit scale per 32 values", "rouhani2023mx"),
    ("int8", 8.0, "int8", "8-bit integer, one scale per channel", "dettmers2022llmint8"),
    ("nvfp4", 4.0 + 8 / 16, "fp4", "E2M1, 8-bit scale per 16 values", "nvidia2025nvfp4"),
    ("mxfp4", 4.0 + 8 / 32, "fp4", "E2M1, 8-bit scale per 32 values", "rouhani2023mx"),
    ("int4", 4.0 + 16 / 128, "bf16", "weight-only, 16-bit scale per 128", "frantar2022gptq"),
)
"""The closed list of number formats, by name."""


def precision(name: str) -> Precision:
    """Return a number format by name.

    Parameters
    ----------
    name : str
        One of `PRECISIONS`.

    Returns
    -------
    Precision
        Bits per element and the arithmetic it runs in.

    Raises
    ------
    ComputebookError
        If the name is unknown; the nearest one is suggested.

    Examples
    --------
    >>> precision("nvfp4").bits_per_element, precision("mxfp4").bits_per_element
    (4.5, 4.25)
    """
    return PRECISIONS[errors.require_known("precision", name, PRECISIONS)]


@dataclass(frozen=True, kw_only=True)
class Accelerator:
    """One accelerator, or several as arrays; see `stack`.

    Parameters
    ----------
    accelerator_id, name, vendor : str
        Slug, label and maker.
    generation : str
        Architecture family, for example ``"hopper"``.
    memory_bytes : float
        Memory that an engine can address, bytes (the driver's figure, not the label).
    memory_bandwidth_bytes_per_s : float
        Peak memory bandwidth, bytes/s.
    bf16_flop_per_s : float
        Dense matrix rate in bf16, FLOP/s.
    fp8_flop_per_s, int8_flop_per_s, fp4_flop_per_s : float, default nan
        Dense rates in the narrower formats; NaN where the chip has none.
    bf16_measured_flop_per_s, fp8_measured_flop_per_s : float, default nan
        Best measured matrix multiplication; NaN where none is published.
    scale_up_bytes_per_s : float, default 0
        Bandwidth to its scale-up neighbours in one direction, bytes/s.
    scale_up_domain : int, default 1
        Accelerators that reach each other at that bandwidth.
    tdp_w : float, default nan
        Thermal design power of the accelerator alone, W.
    cooling : str, default ""
        ``"air"``, ``"liquid"`` or ``"air-or-liquid"``.
    released_on : str, default ""
        ISO date.

    Raises
    ------
    ComputebookError
        If memory, bandwidth or the bf16 rate is not a positive number.

    Examples
    --------
    >>> Accelerator(accelerator_id="h100-sxm", memory_bytes=85.52e9,
    ...             memory_bandwidth_bytes_per_s=3.35e12, bf16_flop_per_s=989e12,
    ...             fp8_flop_per_s=1979e12).dense_flop_per_s("nvfp4")
    1979000000000000.0
    """

    accelerator_id: str
    name: str = ""
    vendor: str = ""
    generation: str = ""
    memory_bytes: Quantity
    memory_bandwidth_bytes_per_s: Quantity
    bf16_flop_per_s: Quantity
    fp8_flop_per_s: Quantity = np.nan
    int8_flop_per_s: Quantity = np.nan
    fp4_flop_per_s: Quantity = np.nan
    bf16_measured_flop_per_s: Quantity = np.nan
    fp8_measured_flop_per_s: Quantity = np.nan
    scale_up_bytes_per_s: Quantity = 0.0
    scale_up_domain: Quantity = 1
    tdp_w: Quantity = np.nan
    cooling: str = ""
    released_on: str = ""

    def __post_init__(self) -> None:
        check = errors.require_finite_in
        check("memory_bytes", self.memory_bytes, "B", 1.0, MAX_BYTES)
        bandwidth = self.memory_bandwidth_bytes_per_s
        check("memory_bandwidth_bytes_per_s", bandwidth, "B/s", 1.0, MAX_RATE)
        check("bf16_flop_per_s", self.bf16_flop_per_s, "FLOP/s", 1.0, MAX_RATE)
        check("scale_up_bytes_per_s", self.scale_up_bytes_per_s, "B/s", 0.0, MAX_RATE)
        check("scale_up_domain", self.scale_up_domain, "accelerators", 1, 1e6)

    def dense_flop_per_s(self, precision_name: Any) -> Any:
        """Return the dense matrix rate for a number format.

        A chip without the narrow arithmetic unpacks the weights and multiplies in the next
        wider type (fp4, then fp8, then bf16), which is what engines do.

        Parameters
        ----------
        precision_name : str or array of str
            One of `PRECISIONS` or of `COMPUTE_TYPES`.

        Returns
        -------
        float or array
            FLOP/s, dense.

        Raises
        ------
        ComputebookError
            If the name is unknown.

        Examples
        --------
        >>> a100 = Accelerator(accelerator_id="a100", memory_bytes=80e9, bf16_flop_per_s=312e12,
        ...                    memory_bandwidth_bytes_per_s=2.039e12)
        >>> a100.dense_flop_per_s("fp8") == a100.bf16_flop_per_s
        True
        """
        compute: Any = precision_name
        # A recorder names the arithmetic itself: a format cannot be looked up by it.
        if not errors.is_symbolic(precision_name):
            compute = np.vectorize(_compute_type, otypes=[str])(precision_name)
        wide = self.bf16_flop_per_s
        fp8 = np.where(np.isnan(self.fp8_flop_per_s), wide, self.fp8_flop_per_s)
        fp4 = np.where(np.isnan(self.fp4_flop_per_s), fp8, self.fp4_flop_per_s)
        int8 = np.where(np.isnan(self.int8_flop_per_s), wide, self.int8_flop_per_s)
        narrow = np.where(compute == "fp4", fp4, np.where(compute == "int8", int8, fp8))
        return units.plain(np.where(compute == "bf16", wide, narrow))


def _compute_type(name: str) -> str:
    """Return the arithmetic of a number format, or the arithmetic itself."""
    if name in COMPUTE_TYPES:
        return name
    known = {**PRECISIONS, **dict.fromkeys(COMPUTE_TYPES)}
    errors.require_known("precision", name, known)
    return PRECISIONS[name].compute


@dataclass(frozen=True, kw_only=True)
class System:
    """A product of several accelerators with a rated power.

    Parameters
    ----------
    system_id, name, vendor : str
        Slug, label and maker.
    accelerator_id : str
        The accelerator inside.
    accelerators : int
        How many.
    memory_total_bytes : float, default nan
        Accelerator memory of the whole system, bytes.
    scale_up_total_bytes_per_s : float, default nan
        Sum of the scale-up bandwidth as the vendor prints it, bytes/s.
    rated_power_w : float
        Rated power, W.
    power_boundary : str, default "node"
        What the rating includes: one of `POWER_BOUNDARIES`.
    power_kind : str, default "maximum"
        ``"maximum"``, ``"nominal"``, ``"budget"`` or ``"supplier"``.
    cooling : str, default ""
        ``"air"``, ``"liquid"`` or ``"air-or-liquid"``.

    Raises
    ------
    ComputebookError
        If there is no accelerator, or the boundary is not in the closed list.

    Examples
    --------
    >>> dgx = System(system_id="dgx-h100", accelerator_id="h100-sxm", accelerators=8,
    ...              rated_power_w=10_200.0)
    >>> dgx.rated_w_per_accelerator
    1275.0
    """

    system_id: str
    name: str = ""
    vendor: str = ""
    accelerator_id: str
    accelerators: Quantity
    memory_total_bytes: Quantity = np.nan
    scale_up_total_bytes_per_s: Quantity = np.nan
    rated_power_w: Quantity
    power_boundary: str = "node"
    power_kind: str = "maximum"
    cooling: str = ""

    def __post_init__(self) -> None:
        errors.require_finite_in("accelerators", self.accelerators, "accelerators", 1, 1e7)
        for boundary in np.atleast_1d(self.power_boundary):
            errors.require_known("power boundary", str(boundary), POWER_BOUNDARIES)

    @property
    def rated_w_per_accelerator(self) -> Any:
        """Rated power divided by the number of accelerators, W."""
        return self.rated_power_w / self.accelerators


def stack(accelerators: Sequence[Accelerator]) -> Accelerator:
    """Return one record whose numeric fields are arrays over several accelerators.

    Parameters
    ----------
    accelerators : sequence of Accelerator
        At least one.

    Returns
    -------
    Accelerator
        Fields of shape ``(len(accelerators),)``; any function of one device takes it.

    Raises
    ------
    ComputebookError
        If the sequence is empty.

    Examples
    --------
    >>> h100, h200 = (Accelerator(accelerator_id=i, memory_bytes=m, bf16_flop_per_s=989e12,
    ...                           memory_bandwidth_bytes_per_s=b)
    ...               for i, m, b in [("h100", 85e9, 3.35e12), ("h200", 150e9, 4.8e12)])
    >>> stack([h100, h200]).memory_bytes
    array([8.5e+10, 1.5e+11])
    """
    return units.stack_records(accelerators)
