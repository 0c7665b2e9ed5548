"""Constants of the training models: scopes, priors and ranges, and how a case finds its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from computebook.training import TrainingConstants

__all__ = ["CONSTANTS", "Constant", "constants_for", "priors", "rate_factor"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Constant:
    """One number to calibrate.

    Parameters
    ----------
    name : str
        Field and scope, for example ``"matrix_fraction.fp8.hopper"``.
    prior : float
        Value before any end-to-end measurement.
    spread : float
        Standard deviation of the logarithm that the prior allows.
    low, high : float
        Bounds that physics sets.
    unit : str
        Unit, empty for a fraction.
    meaning : str
        What it is, in words.
    """

    name: str
    prior: float
    spread: float
    low: float
    high: float
    unit: str
    meaning: str

    @property
    def field(self) -> str:
        """Part of the name before the scope."""
        return self.name.partition(".")[0]

    @property
    def scope(self) -> str:
        """Part of the name after the field; empty for all."""
        return self.name.partition(".")[2]


def _rows(
    field: str, unit: str, meaning: str, spread: float, bounds: tuple[float, float],
    **scopes: float,
) -> list[Constant]:  # fmt: skip
    names = {s.replace("__", ".").replace("_", "-"): value for s, value in scopes.items()}
    return [
        Constant(field if s == "all" else f"{field}.{s}", value, spread, *bounds, unit, meaning)
        for s, value in names.items()
    ]


_SHARE: Final = (0.02, 0.95)
CONSTANTS: Final[tuple[Constant, ...]] = (
    *_rows("matrix_fraction", "", "share of the dense rate that products reach while training",
           0.12, _SHARE, bf16__ampere=0.78, bf16__hopper=0.7, bf16__blackwell=0.7, bf16__cdna=0.5,
           bf16__tpu=0.75, fp8__hopper=0.6, fp8__blackwell=0.65, fp8__cdna=0.45, fp8__tpu=0.6,
           mxfp8__blackwell=0.6, nvfp4__blackwell=0.5),
    *_rows("attention_fraction", "", "share of the dense bf16 rate that attention reaches",
           0.15, _SHARE, ampere=0.55, hopper=0.5, blackwell=0.45, blackwell_ultra=0.55, cdna=0.35,
           tpu=0.45),
    *_rows("expert_fraction", "", "rate of products over experts, relative to dense ones",
           0.1, _SHARE, all=0.85),
    *_rows("expert_half_tokens", "tokens", "tokens of an expert at half of that rate",
           0.5, (10.0, 5000.0), all=500.0),
    *_rows("wide_share", "", "share of the products that an nvfp4 recipe leaves in bf16",
           0.4, (0.01, 0.5), nvfp4__blackwell=0.1),
    *_rows("traffic_factor", "", "bytes of elementwise work, relative to an unfused layer",
           0.3, (0.2, 4.0), bf16=0.9, fp8=1.0, mxfp8=1.2, nvfp4=1.3),
    *_rows("framework_factor", "", "elementwise traffic of a framework, relative to Megatron",
           0.3, (0.3, 5.0), torch=1.3, maxtext=1.0),
    *_rows("expert_traffic_factor", "", "the same for gathering and scattering of experts",
           0.3, (0.2, 6.0), all=1.3),
    *_rows("fused_expert_factor", "", "traffic, kernel starts and exposed exchange of experts "
           "in recipes that fuse and capture whole steps, relative to those before",
           0.4, (0.1, 1.0), all=0.6),
    *_rows("memory_fraction", "", "share of the memory bandwidth of elementwise work",
           0.05, _SHARE, all=0.8),
    *_rows("weight_exposed", "", "share of weight and gradient traffic that products do not hide",
           0.4, _SHARE, all=0.3),
    *_rows("link_fraction", "", "share of the scale-up rate", 0.1, _SHARE, all=0.8),
    *_rows("network_fraction", "", "share of the rate between domains", 0.2, _SHARE, all=0.7),
    *_rows("tensor_exposed", "", "share of tensor-parallel exchange that nothing hides",
           0.3, _SHARE, all=0.4),
    *_rows("context_exposed", "", "the same for context parallelism", 0.4, _SHARE, all=0.25),
    *_rows("expert_exposed", "", "the same for experts", 0.3, _SHARE, all=0.7),
    *_rows("data_exposed", "", "the same for gradients, weights and hand-over between stages",
           0.5, _SHARE, all=0.15),
    *_rows("kernel_s", "s", "start and drain of one kernel", 0.4, (1e-7, 1e-4), all=4e-6),
    *_rows("step_s", "s", "host work per step", 0.5, (1e-4, 1.0), all=0.02),
    *_rows("scale_loss", "", "time that a doubling of the accelerators adds", 0.5, (1e-4, 0.05),
           all=0.004),
    *_rows("power_exponent", "", "growth of the sustained rate with board power per rate",
           0.4, (0.01, 1.5), all=0.3),
    *_rows("software_factor", "", "rate of dense work a year earlier, relative to now",
           0.02, (0.8, 1.0), all=0.97),
    *_rows("expert_software_factor", "", "speed of expert layers a year earlier", 0.1, (0.4, 1.0),
           all=0.85),
)  # fmt: skip
"""Every calibrated constant with its prior, from measured matrix products where they exist."""

_PRESENT: Final = 2026.0
_FUSED_SINCE: Final = 2026.45
"""NeMo 26.06 brought full-iteration CUDA graphs, fused grouped products and overlapped exchange
to MXFP8 recipes of experts on Blackwell (`nvidia2026megatronbridge`, pull request 4249)."""
_REFERENCE_W: Final = {"ampere": 400 / 312, "hopper": 700 / 989, "blackwell": 1000 / 2250,
                       "cdna": 750 / 1307.4}  # fmt: skip


def priors() -> dict[str, float]:
    """Return the constants before calibration, by name.

    Examples
    --------
    >>> priors()["network_fraction"]
    0.7
    """
    return {constant.name: constant.prior for constant in CONSTANTS}


def family_of(generation: str) -> str:
    """Return the family that shares matrix units: Blackwell Ultra counts as Blackwell.

    Parameters
    ----------
    generation : str
        Of the accelerator.

    Examples
    --------
    >>> family_of("blackwell-ultra"), family_of("tpu-v7")
    ('blackwell', 'tpu')
    """
    families = ("ampere", "hopper", "blackwell", "cdna", "tpu")
    return next((family for family in families if generation.startswith(family)), generation)


def _by_scope(values: Mapping[str, float], field: str, scopes: pd.Series) -> Array:
    """Return the constant of each case; an unknown scope counts the mean over the known ones."""
    known = {n.partition(".")[2]: v for n, v in values.items() if n.partition(".")[0] == field}
    usual = float(np.exp(np.mean(np.log(list(known.values())))))
    return np.array([known.get(scope, usual) for scope in scopes.tolist()])


def _framework(values: Mapping[str, float], names: pd.Series) -> Array:
    """Return elementwise traffic relative to Megatron's."""
    return np.array([values.get(f"framework_factor.{name}", 1.0) for name in names.tolist()])


def rate_factor(
    cases: pd.DataFrame, tdp_w: Array, bf16_flop_per_s: Array, exponent: float
) -> Array:
    """Return how far board power raises the sustained rate above its family's usual.

    A chip that must stay within its board power lowers its clock; boards of one family that
    may draw more per nominal rate sustain more of it.

    Parameters
    ----------
    cases : pandas.DataFrame
        Column generation.
    tdp_w, bf16_flop_per_s : numpy.ndarray
        Board power, W, and dense rate, FLOP/s, of each case.
    exponent : float
        Constant ``power_exponent``.
    """
    families = [family_of(name) for name in cases["generation"].tolist()]
    usual = np.array([_REFERENCE_W.get(family, np.nan) for family in families])
    ratio = tdp_w / (bf16_flop_per_s / 1e12) / usual
    return np.where(np.isfinite(ratio), ratio, 1.0) ** exponent


def scope_columns(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the scope of each case by kind of constant.

    Parameters
    ----------
    cases : pandas.DataFrame
        From `cases.normalise`.
    """
    family = cases["generation"].map(family_of)
    # Generations without the narrow arithmetic run it in the next wider one.
    form = cases["format"].where(family != "ampere", "bf16")
    form = form.where((family == "blackwell") | (form == "bf16"), "fp8")
    ultra = cases["generation"].eq("blackwell-ultra")
    return pd.DataFrame({
        "matrix": form.str.cat(family, sep="."), "head": "bf16." + family,
        "attention": family.where(~ultra, "blackwell-ultra"), "traffic": cases["format"],
        # Too few compiled runs to tell their traffic from the others of PyTorch.
        "framework": cases["framework"].replace("torch-compiled", "torch"),
    })  # fmt: skip


def constants_for(
    scopes: pd.DataFrame, years: Array, routed: Array, power: Array, values: Mapping[str, float]
) -> TrainingConstants:
    """Return the constants of each case.

    Parameters
    ----------
    scopes : pandas.DataFrame
        From `scope_columns`.
    years : numpy.ndarray
        When the software of each case was current.
    routed : numpy.ndarray of bool
        Whether the model has experts.
    power : numpy.ndarray
        From `rate_factor`.
    values : mapping of str to float
        Constants by name.
    """
    age = _PRESENT - years
    dense = values["software_factor"] ** age * power
    experts = values["expert_software_factor"] ** age
    share = {"matrix": dense, "head": dense}
    matrix, head = (
        np.clip(_by_scope(values, "matrix_fraction", scopes[k]) * share[k], 1e-3, 1.0)
        for k in ("matrix", "head")
    )
    attention = _by_scope(values, "attention_fraction", scopes["attention"]) * dense
    traffic = _by_scope(values, "traffic_factor", scopes["traffic"])
    traffic = traffic * _framework(values, scopes["framework"])
    slower = np.where(routed, 1.0 / experts, 1.0)
    fused = routed & (years >= _FUSED_SINCE) & scopes["matrix"].eq("mxfp8.blackwell").to_numpy()
    exchange = slower * np.where(fused, values["fused_expert_factor"], 1.0)
    return TrainingConstants(
        wide_share=np.where(scopes["matrix"].str.startswith("nvfp4"),
                            values["wide_share.nvfp4.blackwell"], 0.0),
        expert_half_tokens=values["expert_half_tokens"], matrix_fraction=matrix,
        head_fraction=head, attention_fraction=np.clip(attention, 1e-3, 1.0),
        expert_fraction=np.clip(values["expert_fraction"] * experts, 1e-3, 1.0),
        memory_fraction=values["memory_fraction"], traffic_factor=traffic * slower,
        expert_traffic_factor=values["expert_traffic_factor"] * exchange,
        link_fraction=values["link_fraction"], weight_exposed=values["weight_exposed"],
        network_fraction=values["network_fraction"],
        tensor_exposed=values["tensor_exposed"], context_exposed=values["context_exposed"],
        expert_exposed=np.clip(values["expert_exposed"] * exchange, 1e-3, 1.0),
        data_exposed=values["data_exposed"], kernel_s=values["kernel_s"] * exchange,
        step_s=values["step_s"], scale_loss=values["scale_loss"],
    )  # fmt: skip
