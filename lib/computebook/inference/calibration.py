"""Constants of the serving models: their scopes, priors, values and how a case finds its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from computebook.serving import ServingConstants

__all__ = ["CONSTANTS", "FIELDS", "Constant", "constants_for", "priors"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Constant:
    """One number to calibrate.

    Parameters
    ----------
    name : str
        Field and scope, for example ``"memory_fraction.hopper"``.
    prior : float
        Value before any end-to-end measurement, from kernel timings where they exist.
    spread : float
        Standard deviation of the logarithm that the prior allows.
    unit : str
        Unit, empty for a fraction.
    meaning : str
        What it is, in words.
    """

    name: str
    prior: float
    spread: float
    unit: str
    meaning: str

    @property
    def scope(self) -> str:
        """Part of the name after the field: generation, format or engine; empty for all."""
        return self.name.partition(".")[2]


def _rows(field: str, unit: str, meaning: str, spread: float, **scopes: float) -> list[Constant]:
    names = {scope.replace("__", ".").replace("_", "-"): value for scope, value in scopes.items()}
    named = {f"{field}.{scope}" if scope != "all" else field: v for scope, v in names.items()}
    return [Constant(name, value, spread, unit, meaning) for name, value in named.items()]


CONSTANTS: Final[tuple[Constant, ...]] = (
    *_rows("memory_fraction", "", "share of peak bandwidth at which large weights are read",
           0.05, ampere=0.79, ada=0.85, hopper=0.92, blackwell=0.92),
    *_rows("narrow_read_fraction", "", "the same for weights that are unpacked on the way",
           0.1, int4=0.75, mxfp4=0.85),
    *_rows("matrix_fraction", "", "share of the dense matrix rate that large products reach",
           0.1, bf16__ampere=0.8, bf16__ada=0.8, bf16__hopper=0.75, bf16__blackwell=0.6,
           fp8__ada=0.6, fp8__hopper=0.58, fp8__blackwell=0.5, nvfp4__blackwell=0.38,
           int4__hopper=0.6, mxfp4__hopper=0.5, mxfp4__blackwell=0.4),
    *_rows("grouped_fraction", "", "the same for products over experts, relative to dense ones",
           0.3, all=0.6),
    *_rows("cache_read_fraction", "", "share of peak bandwidth at which attention reads a cache",
           0.04, ampere=0.87, ada=0.87, hopper=0.87, blackwell=0.87),
    *_rows("attention_fraction", "", "share of the bf16 rate that attention over a prompt reaches",
           0.2, ampere=0.45, ada=0.5, hopper=0.5, blackwell=0.45),
    *_rows("link_fraction", "", "share of scale-up bandwidth of a large all-reduce", 0.1, all=0.9),
    *_rows("link_latency_s", "s", "latency floor of an all-reduce", 0.15, all=2e-6),
    *_rows("link_fill_s", "s", "pipeline fill of an all-reduce", 0.15, all=50e-6),
    *_rows("reduce_factor", "", "all-reduce time of an older engine, relative to today's",
           0.2, fastertransformer=3.0, tensorrt_llm_session=1.7),
    *_rows("exchange_latency_s", "s", "latency floor of an expert exchange", 0.7, all=20e-6),
    *_rows("kernel_s", "s", "start, ramp and drain of one kernel", 0.3, fastertransformer=10e-6,
           tensorrt_llm_session=5e-6, tensorrt_llm=3.5e-6, vllm=3.5e-6, sglang=3.5e-6),
    *_rows("step_s", "s", "host work per step", 0.8, fastertransformer=5e-4,
           tensorrt_llm_session=5e-4, tensorrt_llm=5e-4, vllm=5e-4, sglang=5e-4),
    *_rows("sequence_s", "s", "host work per sequence and step", 0.7, fastertransformer=1e-5,
           tensorrt_llm_session=1e-5, tensorrt_llm=1e-5, vllm=1e-5, sglang=1e-5),
    *_rows("request_s", "s", "host work to admit a request", 1.0, all=2e-3),
    *_rows("burst_share", "", "share of users whose requests arrive together",
           0.7, tensorrt_llm=0.2, vllm=0.2, sglang=0.2),
    *_rows("first_token_steps", "", "steps from computed prompt to the first token at the client",
           0.7, tensorrt_llm=10.0, vllm=10.0, sglang=10.0),
)  # fmt: skip
"""Every calibrated constant with its prior."""

_ONE_HOST_ENGINE: Final = "tensorrt-llm"
# With attention data parallelism one of its processes gathers the tokens of all groups: four runs
# of DeepSeek-R1 on 28 to 48 GB200 take the time of all sequences on one host.

FIELDS: Final = tuple(dict.fromkeys(c.name.partition(".")[0] for c in CONSTANTS))


def priors() -> dict[str, float]:
    """Return the constants before calibration.

    Returns
    -------
    dict of str to float
        Value by name.

    Examples
    --------
    >>> priors()["memory_fraction.hopper"]
    0.92
    """
    return {constant.name: constant.prior for constant in CONSTANTS}


def _lookup(values: Mapping[str, float], field: str, scopes: Any, default: float) -> Array:
    """Return the constant of each scope; an unknown one gets the mean over the known ones.

    The mean is geometric and over scopes that share the part before the dot (the number
    format), which is how a device that was never measured is predicted from its data sheet.
    """
    unique, inverse = np.unique(np.atleast_1d(np.asarray(scopes, dtype=str)), return_inverse=True)
    found = np.array([_one(values, field, str(scope), default) for scope in unique])
    return found[inverse].reshape(np.shape(scopes))


def _one(values: Mapping[str, float], field: str, scope: str, default: float) -> float:
    exact = values.get(f"{field}.{scope}")
    if exact is not None:
        return exact
    prefix = f"{field}.{scope.partition('.')[0]}." if "." in scope else f"{field}."
    kin = [v for name, v in values.items() if name.startswith(prefix)]
    kin = kin if "." in scope or field in ("memory_fraction", "cache_read_fraction",
                                           "attention_fraction") else []  # fmt: skip
    return float(np.exp(np.mean(np.log(kin)))) if kin else default


def constants_for(
    values: Mapping[str, float],
    *,
    generation: Sequence[str] | str,
    weights: Sequence[str] | str = "bf16",
    experts: Sequence[str] | str | None = None,
    engine: Sequence[str] | str = "tensorrt-llm",
) -> ServingConstants:
    """Return the constants of one configuration, or of many as arrays.

    Parameters
    ----------
    values : mapping of str to float
        Constants by name; see `CONSTANTS`.
    generation : str or sequence of str
        Accelerator generation; an unknown one gets the mean of the known ones.
    weights, experts : str or sequence of str
        Number formats of the dense weights and of the experts.
    engine : str or sequence of str
        One of `cases.ENGINES`; an unknown one counts as vLLM.

    Returns
    -------
    ServingConstants
        Ready for a `serving.Deployment`.

    Examples
    --------
    >>> constants_for(priors(), generation="hopper", weights="fp8").matrix_fraction.item()
    0.58
    """
    gen = np.asarray(generation, dtype=str)
    fmt = np.asarray(weights, dtype=str)
    expert = fmt if experts is None else np.asarray(experts, dtype=str)
    gen, fmt, expert, eng = np.broadcast_arrays(gen, fmt, expert, np.asarray(engine, dtype=str))

    def by(field: str, scopes: Any, default: float = 1.0) -> Array:
        return _lookup(values, field, scopes, default)

    def flat(field: str) -> float:
        return float(values[field])

    reduce = by("reduce_factor", eng)
    narrowest = np.where(expert == fmt, fmt, expert)
    read = by("memory_fraction", gen, 0.9) * by("narrow_read_fraction", narrowest)
    dense = by("matrix_fraction", _joined(fmt, gen), 0.5)
    grouped = by("matrix_fraction", _joined(expert, gen), 0.4) * flat("grouped_fraction")
    return ServingConstants(
        memory_fraction=np.minimum(read, 0.95),
        matrix_fraction=np.minimum(dense, 0.95),
        expert_matrix_fraction=np.minimum(grouped, 0.95),
        cache_read_fraction=np.minimum(by("cache_read_fraction", gen, 0.87), 0.97),
        attention_fraction=np.minimum(by("attention_fraction", gen, 0.48), 0.95),
        link_fraction=min(flat("link_fraction"), 1.0),
        link_latency_s=flat("link_latency_s") * reduce,
        link_fill_s=flat("link_fill_s") * reduce,
        exchange_latency_s=flat("exchange_latency_s"),
        kernel_s=by("kernel_s", eng, values["kernel_s.vllm"]),
        step_s=by("step_s", eng, values["step_s.vllm"]),
        sequence_s=by("sequence_s", eng, values["sequence_s.vllm"]),
        shared_host=np.where(np.char.startswith(eng.astype(str), _ONE_HOST_ENGINE), 1.0, 0.0),
        request_s=flat("request_s"),
        burst_share=np.minimum(by("burst_share", eng, 0.0), 1.0),
        first_token_steps=by("first_token_steps", eng, 0.0),
    )


def _joined(formats: Array, generations: Array) -> Array:
    return np.char.add(np.char.add(formats.astype(str), "."), generations.astype(str))
