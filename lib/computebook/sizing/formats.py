"""Number formats of a deployment: as published, as asked for, or what the chip is best at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from computebook.hardware import Accelerator, precision

__all__ = ["PUBLISHED", "WEIGHT_FORMATS", "Formats", "formats_for"]

WEIGHT_FORMATS: Final = ("bf16", "fp8", "nvfp4", "mxfp4", "int4")
"""Formats of weights that may be asked for."""

PUBLISHED: Final[dict[str, tuple[str, str, str]]] = {
    "gpt-oss-120b": ("bf16", "mxfp4", "openai2025gptoss"),
    "gpt-oss-20b": ("bf16", "mxfp4", "openai2025gptoss"),
    "deepseek-v3": ("fp8", "fp8", "deepseek2024v3"),
    "deepseek-r1": ("fp8", "fp8", "deepseek2024v3"),
    "deepseek-v3.2": ("fp8", "fp8", "deepseek2025v32"),
    "kimi-k2.5": ("bf16", "int4", "moonshot2026kimik25"),
}
"""Models whose publisher trained or released them in narrow formats: format of the dense
weights, of the experts, and the source."""


@dataclass(frozen=True)
class Formats:
    """Names of the number formats of one deployment; see `hardware.PRECISIONS`.

    Parameters
    ----------
    dense, experts : str
        Weights that every token passes, and routed experts.
    kv_cache : str
        Cache.
    expert_arithmetic : str
        Format whose matrix rate the experts run at.
    """

    dense: str
    experts: str
    kv_cache: str
    expert_arithmetic: str

    @property
    def weights(self) -> str:
        """Both weight formats in short."""
        return self.dense if self.dense == self.experts else f"{self.dense}+{self.experts}"


def formats_for(
    architecture_id: str,
    accelerator: Accelerator,
    weights: str | None = None,
    kv_cache: str | None = None,
) -> Formats:
    """Return the number formats that one accelerator would serve a model in.

    Weights: those asked for; else those the model was published in (`PUBLISHED`); else fp8
    where the chip multiplies in it, bf16 elsewhere. Cache: what was asked for; else fp8 beside
    weights of 8 bits or fewer where the chip has fp8, bf16 elsewhere.

    Parameters
    ----------
    architecture_id : str
        Id of the model.
    accelerator : Accelerator
        One device.
    weights, kv_cache : str, optional
        Formats asked for.

    Returns
    -------
    Formats
        Names of the formats.

    Examples
    --------
    >>> b200 = Accelerator(accelerator_id="b200-sxm", generation="blackwell", memory_bytes=180e9,
    ...     memory_bandwidth_bytes_per_s=8e12, bf16_flop_per_s=2250e12, fp8_flop_per_s=4500e12)
    >>> formats_for("llama-3.1-405b", b200).weights, formats_for("gpt-oss-120b", b200).weights
    ('fp8', 'bf16+mxfp4')
    """
    has_fp8 = bool(np.isfinite(accelerator.fp8_flop_per_s))
    dense, experts, _ = PUBLISHED.get(architecture_id, ("", "", ""))
    if weights is not None:
        # A published mixture is what its narrow format means: gpt-oss keeps attention in bf16.
        dense, experts = (dense if weights == experts else weights), weights
    elif not dense:
        dense = experts = "fp8" if has_fp8 else "bf16"
    narrow = precision(dense).bits_per_element <= 8.5
    cache = kv_cache or ("fp8" if narrow and has_fp8 else "bf16")
    return Formats(dense, experts, cache, _expert_arithmetic(experts, accelerator))


def _expert_arithmetic(experts: str, accelerator: Accelerator) -> str:
    """Return the arithmetic of the experts: mxfp4 runs as fp8 on Blackwell, else as bf16."""
    if experts != "mxfp4":
        return experts
    return "fp8" if accelerator.generation.startswith(("blackwell", "cdna4")) else "bf16"
