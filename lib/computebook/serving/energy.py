"""Energy of serving: what a load moves and computes, the power it draws, joules per token."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import errors, memory, power, roofline, units
from computebook.serving.deployment import Deployment
from computebook.serving.load import packed_prefill_s
from computebook.serving.step import decode_step
from computebook.units import Quantity

__all__ = [
    "NARROW_FACTOR",
    "RequestEnergy",
    "ServingEnergy",
    "Work",
    "decode_work",
    "prefill_work",
    "request_energy",
    "serving_energy",
]

NARROW_FACTOR: Final = 2.0
"""Energy per byte of weights below 16 bits, relative to bf16: unpacking and scaling each value
costs what the shorter read saves."""

_WIDE_BITS: Final = 16.0


@dataclass(frozen=True)
class Work:
    """What one pass asks of each accelerator.

    Parameters
    ----------
    moved_bytes : float or array
        Weights and cache read; narrow weights count `NARROW_FACTOR` times.
    flop : float or array
        Matrix operations.
    """

    moved_bytes: Quantity
    flop: Quantity

    def __add__(self, other: Work) -> Work:
        """Return both together."""
        return Work(np.add(self.moved_bytes, other.moved_bytes), np.add(self.flop, other.flop))

    def times(self, count: Quantity) -> Work:
        """Return that many passes."""
        return Work(np.multiply(self.moved_bytes, count), np.multiply(self.flop, count))


def _energy_bits(bits: Any) -> Any:
    return np.where(np.less(bits, _WIDE_BITS), np.multiply(bits, NARROW_FACTOR), bits)


def _weight_bytes(d: Deployment, tokens: Any) -> Any:
    """Return the bytes of weights one pass reads on each accelerator, as energy counts them."""
    p = d.placement
    experts = p.weight_bits if p.expert_bits is None else p.expert_bits
    counted = dataclasses.replace(
        p, weight_bits=_energy_bits(p.weight_bits), expert_bits=_energy_bits(experts)
    )
    read = roofline.weight_read_bytes_per_accelerator(d.architecture, tokens, counted)
    return read / np.multiply(d.pipeline_parallel, 1.0)


def decode_work(deployment: Deployment, sequences: Quantity, context_tokens: Quantity) -> Work:
    """Return the work of one decode step on each accelerator.

    Parameters
    ----------
    deployment : Deployment
        Model, accelerators and placement.
    sequences : float or array
        Sequences that decode together, 1e-3 to 1e9.
    context_tokens : float or array
        Mean tokens held per sequence, 0 to 1e8.

    Returns
    -------
    Work
        Bytes and FLOP.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> round(decode_work(llama_8b_on_h100(), 1, 1).moved_bytes / 1e9)
    15
    """
    batch = np.multiply(errors.require_finite_in("sequences", sequences, "", 1e-3, 1e9), 1.0)
    p, a = deployment.placement, deployment.architecture
    stages = np.multiply(deployment.pipeline_parallel, 1.0)
    shards = memory.kv_shards(a, p.tensor_parallel, p.attention_data_parallel) * stages
    cache = memory.kv_read_bytes(a, context_tokens, batch, p.kv_bits) / shards
    flop = roofline.decode_step_flop(a, context_tokens, 1.0) * batch / deployment.accelerators
    return Work(_weight_bytes(deployment, np.maximum(batch, 1.0)) + cache, flop)


def prefill_work(
    deployment: Deployment, prompt_tokens: Quantity, cached_fraction: Quantity = 0.0
) -> Work:
    """Return the work of one prompt on each accelerator, weights left to the steps it shares.

    Parameters
    ----------
    deployment : Deployment
        Model, accelerators and placement.
    prompt_tokens : float or array
        Tokens of the prompt, 1 to 1e8.
    cached_fraction : float or array, default 0
        Share found in the prefix cache, 0 to 1.

    Returns
    -------
    Work
        Cache written and read once, and FLOP.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> round(prefill_work(llama_8b_on_h100(), 1000).flop / 1e12)
    14
    """
    prompt = np.multiply(errors.require_finite_in("prompt_tokens", prompt_tokens, "", 1, 1e8), 1.0)
    hit = errors.require_finite_in("cached_fraction", cached_fraction, "", 0.0, 1.0)
    cached = np.minimum(prompt * hit, prompt - 1.0)
    flop = roofline.prefill_flop(deployment.architecture, prompt, cached)
    p, a = deployment.placement, deployment.architecture
    shards = memory.kv_shards(a, p.tensor_parallel, p.attention_data_parallel)
    cache = 2.0 * memory.kv_read_bytes(a, prompt, 1.0, p.kv_bits) / shards
    return Work(cache / np.multiply(deployment.pipeline_parallel, 1.0),
                flop / deployment.accelerators)  # fmt: skip


@dataclass(frozen=True)
class ServingEnergy:
    """Power and energy of one copy of a model under a steady load.

    Parameters
    ----------
    parts : power.DrawParts
        Watts of one accelerator by cause.
    server_w_per_accelerator : float or array
        Watts at the plug per accelerator: host, fans, network and supplies included.
    accelerators : float or array
        Accelerators of the copy.
    output_tokens_per_s : float or array
        What the copy generates.
    """

    parts: power.DrawParts
    server_w_per_accelerator: Quantity
    accelerators: Quantity
    output_tokens_per_s: Quantity

    @property
    def accelerator_w(self) -> Any:
        """Watts of one accelerator."""
        return self.parts.total_w

    @property
    def joules_per_output_token(self) -> Any:
        """Energy of the accelerators per generated token, prompt work included, J."""
        return self._per_token(self.accelerator_w)

    @property
    def server_joules_per_output_token(self) -> Any:
        """The same at the plug of the servers, J."""
        return self._per_token(self.server_w_per_accelerator)

    def _per_token(self, watts: Any) -> Any:
        each = np.multiply(watts, self.accelerators) / np.multiply(self.output_tokens_per_s, 1.0)
        return units.plain(np.asarray(each)[()])


def serving_energy(
    deployment: Deployment,
    sequences: Quantity,
    prompt_tokens: Quantity,
    output_tokens: Quantity,
    output_tokens_per_s: Quantity,
    constants: power.DrawConstants,
    *,
    cached_fraction: Quantity = 0.0,
    utilisation: Quantity = 1.0,
    power_limit_w: Quantity | None = None,
) -> ServingEnergy:
    """Return power and joules per token of a copy that serves at a given throughput.

    Every generated token takes ``1 / sequences`` of a decode step and ``1 / output`` of a
    prompt; that work per second is what `power.accelerator_draw` turns into watts. The
    throughput may be measured or come from `fixed_concurrency`. In the idle share of the time
    the accelerators draw their idle power, and nothing is generated.

    Source: `chung2025mlenergy`, `tschand2025mlperfpower`.

    Parameters
    ----------
    deployment : Deployment
        Model, accelerators and placement.
    sequences : float or array
        Sequences that decode together, 1e-3 to 1e9.
    prompt_tokens, output_tokens : float or array
        Tokens per request, 1 to 1e8.
    output_tokens_per_s : float or array
        Generated tokens of one copy while it is busy, 1e-9 to 1e12.
    constants : power.DrawConstants
        Energy constants of the generation.
    cached_fraction : float or array, default 0
        Share of prompts found in the prefix cache, 0 to 1.
    utilisation : float or array, default 1
        Share of the time that the copy is busy, above 0, to 1.
    power_limit_w : float or array, optional
        Limit set on each accelerator, W; its rated power if left out.

    Returns
    -------
    ServingEnergy
        Mean watts and joules; the throughput in it is the mean, idle time included.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> hopper = power.DrawConstants(active_fraction=0.4, byte_j=86e-12, flop_j=2.5e-12)
    >>> run = serving_energy(llama_8b_on_h100(), 64, 150, 400, 6000.0, hopper)
    >>> 300 < run.accelerator_w < 700
    True
    """
    check = errors.require_finite_in
    rate = np.multiply(check("output_tokens_per_s", output_tokens_per_s, "", 1e-9, 1e12), 1.0)
    output = np.multiply(check("output_tokens", output_tokens, "tokens", 1, 1e8), 1.0)
    share = np.multiply(check("utilisation", utilisation, "", 1e-6, 1.0), 1.0)
    together = _micro_batch(deployment, sequences)
    step = decode_work(deployment, together, np.add(prompt_tokens, output / 2.0))
    prompt = prefill_work(deployment, prompt_tokens, cached_fraction)
    work = step.times(rate / together) + prompt.times(rate / output)
    rated = deployment.accelerator.tdp_w
    busy = power.accelerator_draw(rated, work.moved_bytes, work.flop, constants, power_limit_w)
    waiting = (1.0 - share) * rated * constants.idle_fraction
    parts = power.DrawParts(
        units.plain(busy.active_w * share + waiting),
        units.plain(busy.memory_w * share),
        units.plain(busy.matrix_w * share),
    )
    server = power.server_draw_w(parts.total_w, constants)
    return ServingEnergy(parts, server, deployment.accelerators, units.plain(rate * share))


@dataclass(frozen=True)
class RequestEnergy:
    """Energy of one request, J.

    Parameters
    ----------
    prompt_j, answer_j : float or array
        To read the prompt and to write the answer.
    server_prompt_j, server_answer_j : float or array
        The same at the plug of the servers.
    """

    prompt_j: Quantity
    answer_j: Quantity
    server_prompt_j: Quantity
    server_answer_j: Quantity

    @property
    def total_j(self) -> Any:
        """Both parts at the accelerators, J."""
        return units.plain(np.add(self.prompt_j, self.answer_j))

    @property
    def server_total_j(self) -> Any:
        """Both parts at the plug of the servers, J."""
        return units.plain(np.add(self.server_prompt_j, self.server_answer_j))


def request_energy(
    deployment: Deployment,
    sequences: Quantity,
    prompt_tokens: Quantity,
    output_tokens: Quantity,
    constants: power.DrawConstants,
    *,
    cached_fraction: Quantity = 0.0,
) -> RequestEnergy:
    """Return the energy of one request by part, at the speed of the serving models.

    Prompt: its packed pass at the power of that pass. Answer: its share of the steps of all
    sequences that decode together, at the power of those steps. The stages of a pipeline work on
    as many micro-batches, if there are enough sequences, and on prompts one after another.

    Source: `elsworth2025gemini` (what a figure must include).

    Parameters
    ----------
    deployment : Deployment
        Model, accelerators and constants.
    sequences : float or array
        Sequences that decode together, 1 to 1e9.
    prompt_tokens, output_tokens : float or array
        Tokens of the request, 1 to 1e8.
    constants : power.DrawConstants
        Energy constants of the generation.
    cached_fraction : float or array, default 0
        Share of the prompt found in the prefix cache, 0 to 1.

    Returns
    -------
    RequestEnergy
        Joules.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> hopper = power.DrawConstants(active_fraction=0.4, byte_j=86e-12, flop_j=2.5e-12)
    >>> one, many = request_energy(llama_8b_on_h100(), [1, 64], 1000, 500, hopper).total_j
    >>> bool(many < one / 10)
    True
    """
    output = np.multiply(output_tokens, 1.0)
    context = np.add(prompt_tokens, output / 2.0)
    step_s = decode_step(deployment, sequences, context).total_s
    read_s = packed_prefill_s(deployment, prompt_tokens, cached_fraction)
    answer = _pass_energy(
        deployment, decode_work(deployment, sequences, context), step_s, constants
    )
    prompt = _pass_energy(
        deployment, prefill_work(deployment, prompt_tokens, cached_fraction), read_s, constants
    )
    share = output / np.multiply(sequences, 1.0)
    return RequestEnergy(
        *(units.plain(np.asarray(value)[()])
          for value in (prompt[0], answer[0] * share, prompt[1], answer[1] * share))
    )  # fmt: skip


def _micro_batch(d: Deployment, sequences: Any) -> Any:
    """Return the sequences of one pass: a pipeline splits them over its stages if it can."""
    stages, batch = np.multiply(d.pipeline_parallel, 1.0), np.multiply(sequences, 1.0)
    return np.where(batch >= stages, batch / stages, batch)


def _pass_energy(
    d: Deployment, work: Work, seconds: Any, constants: power.DrawConstants
) -> tuple[Any, Any]:
    """Return the joules of one pass on all accelerators, at the chips and at the plug."""
    rate = work.times(1.0 / np.multiply(seconds, 1.0))
    rated = d.accelerator.tdp_w
    draw = power.accelerator_draw(rated, rate.moved_bytes, rate.flop, constants).total_w
    time = np.multiply(seconds, d.accelerators)
    return draw * time, power.server_draw_w(draw, constants) * time
