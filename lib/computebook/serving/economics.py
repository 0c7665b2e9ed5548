"""Dollars and joules per token from a performance and prices in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import errors, units
from computebook.serving.deployment import Deployment
from computebook.serving.load import Performance, packed_prefill_s
from computebook.serving.step import decode_step
from computebook.units import Quantity

__all__ = ["TokenCosts", "joules_per_output_token", "token_costs"]

_TOKENS_PER_MTOK: Final = 1e6
_SECONDS_PER_HOUR: Final = 3600.0


@dataclass(frozen=True)
class TokenCosts:
    """Cost of accelerator time per million tokens of each kind.

    Parameters
    ----------
    input_usd_per_mtok, cached_input_usd_per_mtok, output_usd_per_mtok : float or array
        Computed prompt tokens, prompt tokens found in the cache, generated tokens.
    request_usd : float or array
        Cost of the whole request; the three kinds add up to it.
    """

    input_usd_per_mtok: Quantity
    cached_input_usd_per_mtok: Quantity
    output_usd_per_mtok: Quantity
    request_usd: Quantity


def token_costs(
    deployment: Deployment,
    sequences: Quantity,
    prompt_tokens: Quantity,
    output_tokens: Quantity,
    *,
    usd_per_accelerator_hour: Quantity,
    utilisation: Quantity = 1.0,
    cached_fraction: Quantity = 0.0,
) -> TokenCosts:
    """Return the cost per million input, cached and output tokens.

    Accelerator time is split by what caused it: computed prompt tokens their own pass; cached
    tokens the extra attention of the rest to them; output tokens their share of the steps.
    Idle time is spread evenly: each price is divided by the utilisation.

    Source: `agrawal2024sarathiserve`, `kwon2023vllm`.

    Parameters
    ----------
    deployment : Deployment
        Model, accelerators and constants.
    sequences : float or array
        Sequences that decode together, 1 to 1e9.
    prompt_tokens, output_tokens : float or array
        Tokens per request, 1 to 1e8.
    usd_per_accelerator_hour : float or array
        Price of one accelerator, $/h, 0 to 1e6.
    utilisation : float or array, default 1
        Share of paid time in which the copy runs at this load, above 0, to 1.
    cached_fraction : float or array, default 0
        Share of prompts found in the prefix cache, 0 to 1.

    Returns
    -------
    TokenCosts
        Dollars.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> cost = token_costs(llama_8b_on_h100(), 128, 2048, 512, usd_per_accelerator_hour=2.5,
    ...                    cached_fraction=0.5)
    >>> cost.cached_input_usd_per_mtok < cost.input_usd_per_mtok < cost.output_usd_per_mtok
    True
    """
    price = errors.require_finite_in(
        "usd_per_accelerator_hour", usd_per_accelerator_hour, "$/h", 0.0, 1e6
    )
    share = errors.require_finite_in("utilisation", utilisation, "", 1e-6, 1.0)
    hit = np.multiply(errors.require_finite_in("cached_fraction", cached_fraction, "", 0, 1), 1.0)
    prompt, output = np.multiply(prompt_tokens, 1.0), np.multiply(output_tokens, 1.0)
    rate = np.multiply(price, deployment.accelerators) / _SECONDS_PER_HOUR / share
    computed = np.maximum(prompt * (1.0 - hit), 1.0)
    own = packed_prefill_s(deployment, computed)
    extra = np.maximum(packed_prefill_s(deployment, prompt, hit) - own, 0.0)
    step = decode_step(deployment, sequences, prompt + output / 2.0).total_s
    token = step / np.multiply(sequences, 1.0)
    cached = np.maximum(prompt - computed, 1.0)
    return TokenCosts(*(units.plain(np.asarray(value)[()]) for value in (
        rate * own / computed * _TOKENS_PER_MTOK,
        np.where(hit > 0.0, rate * extra / cached, 0.0) * _TOKENS_PER_MTOK,
        rate * token * _TOKENS_PER_MTOK,
        rate * (own + extra + token * output),
    )))  # fmt: skip


def joules_per_output_token(
    performance: Performance, power_w_per_accelerator: Quantity, pue: Quantity = 1.0
) -> Any:
    """Return the energy per generated token, prompt work included.

    ``power x PUE x accelerators / output rate``.

    Source: `tschand2025mlperfpower`.

    Parameters
    ----------
    performance : Performance
        Load and throughput.
    power_w_per_accelerator : float or array
        Mean power of one accelerator with its share of the server, W, 0 to 1e6.
    pue : float or array, default 1
        Facility power over equipment power, 1 to 5.

    Returns
    -------
    float or array
        Joules per output token.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> run = Performance(0, 0, 0, 25262.0, 0, 0, 0, 8)
    >>> round(joules_per_output_token(run, 6153 / 8), 4)
    0.2436
    """
    check = errors.require_finite_in
    power = check("power_w_per_accelerator", power_w_per_accelerator, "W", 0.0, 1e6)
    facility = np.multiply(power, check("pue", pue, "", 1.0, 5.0))
    return units.plain(facility / np.multiply(performance.output_tokens_per_s_per_accelerator, 1.0))
