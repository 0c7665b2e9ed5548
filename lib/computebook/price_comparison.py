"""Compare price cards: blended prices, the cheapest model by mix, what caching saves.

Which model is cheapest depends on the mix of the workload, not on one number: the ratio of
input to output tokens, the cached share, and the length of the prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from computebook import errors
from computebook.pricing import PriceCard, bill, rate_usd_per_mtok
from computebook.units import TOKENS_PER_MTOK, Quantity, scalar_in_scalar_out
from computebook.usage import Usage

__all__ = [
    "ImpliedVolumes",
    "blended_usd_per_mtok",
    "cache_break_even_uses",
    "cached_prefix_cost_ratio",
    "cheapest",
    "crossover_input_output_ratio",
    "implied_token_volumes",
]

MAX_RATIO = 1e6


class ImpliedVolumes(NamedTuple):
    """Token volumes behind published costs, and how far the best fit stays from them."""

    input_tokens: float
    output_tokens: float
    residual_usd: float


def blended_usd_per_mtok(
    card: PriceCard,
    input_output_ratio: Quantity,
    cached_fraction: Quantity = 0.0,
    request_input_tokens: Quantity = 0.0,
) -> Any:
    r"""Return the average price of a token at a given mix, $/M tokens.

    .. math:: \frac{\rho\,[(1 - c)\,p_\text{in} + c\,p_\text{cached}] + p_\text{out}}{\rho + 1}

    Parameters
    ----------
    card : PriceCard
        The price card.
    input_output_ratio : float or array
        Input tokens per output token :math:`\rho`, 0 to 1e6.
    cached_fraction : float or array
        Share :math:`c` of the input read from a cache, 0 to 1.
    request_input_tokens : float or array
        Total input of one request, tokens, which selects the context tier.

    Raises
    ------
    ComputebookError
        If an argument is out of bounds, or tokens are cached that the card has no rate for.

    Examples
    --------
    The customary 3:1 blend of GPT-5.2:

    >>> blended_usd_per_mtok(PriceCard.flat("gpt-5.2", 1.75, 14.0), 3)
    4.8125
    """
    ratio = errors.require_finite_in("input_output_ratio", input_output_ratio, "", 0.0, MAX_RATIO)
    million = Usage.from_shares(
        TOKENS_PER_MTOK * ratio / (ratio + 1),
        TOKENS_PER_MTOK / (ratio + 1),
        cached_fraction=cached_fraction,
    )
    return bill(million, card, request_input_tokens).total_usd


def cheapest(
    cards: Sequence[PriceCard],
    input_output_ratio: Quantity,
    cached_fraction: Quantity = 0.0,
    request_input_tokens: Quantity = 0.0,
) -> NDArray[np.str_]:
    """Return the model with the lowest blended price at each mix.

    Parameters
    ----------
    cards : sequence of PriceCard
        At least one card; the first of equals wins.
    input_output_ratio, cached_fraction, request_input_tokens : float or array
        The mix, as in `blended_usd_per_mtok`.

    Returns
    -------
    array of str
        `model_id` of the cheapest card, in the broadcast shape of the mix.

    Raises
    ------
    ComputebookError
        If there are no cards, or a mix cannot be priced.

    Examples
    --------
    >>> cards = [PriceCard.flat("gpt-5.2", 1.75, 14.0), PriceCard.flat("gemini-3-pro", 2.0, 12.0)]
    >>> cheapest(cards, [1.0, 7.9, 8.1]).tolist()
    ['gemini-3-pro', 'gemini-3-pro', 'gpt-5.2']
    """
    if not cards:
        raise errors.ComputebookError("cards is empty: at least one price card is needed")
    prices = [
        blended_usd_per_mtok(card, input_output_ratio, cached_fraction, request_input_tokens)
        for card in cards
    ]
    first_lowest = np.argmin(np.stack(np.broadcast_arrays(*prices)), axis=0)
    return np.asarray(np.take([card.model_id for card in cards], first_lowest))


def crossover_input_output_ratio(
    first: PriceCard, second: PriceCard, request_input_tokens: float = 0.0
) -> float:
    r"""Return the ratio of input to output tokens at which two cards cost the same.

    .. math:: \rho^* = (p_\text{out,2} - p_\text{out,1}) / (p_\text{in,1} - p_\text{in,2})

    Parameters
    ----------
    first, second : PriceCard
        The cards, compared without caching.
    request_input_tokens : float
        Total input of one request, tokens, which selects the context tier.

    Returns
    -------
    float
        Input tokens per output token; nan if one card is cheaper at every mix.

    Examples
    --------
    GPT-5.2 undercuts Gemini 3 Pro only above eight input tokens per output token:

    >>> gpt, gemini = PriceCard.flat("gpt", 1.75, 14.0), PriceCard.flat("gemini", 2.0, 12.0)
    >>> crossover_input_output_ratio(gpt, gemini)
    8.0
    """
    (in_1, out_1), (in_2, out_2) = (_in_out(card, request_input_tokens) for card in (first, second))
    ratio = (out_2 - out_1) / (in_1 - in_2) if in_1 != in_2 else float("nan")
    return ratio if ratio > 0 else float("nan")


def _in_out(card: PriceCard, request_input_tokens: float) -> tuple[float, float]:
    names = ("uncached_input_usd_per_mtok", "output_usd_per_mtok")
    rates = [float(rate_usd_per_mtok(card, name, request_input_tokens)) for name in names]
    return rates[0], rates[1]


def implied_token_volumes(
    costs_usd: Sequence[float], cards: Sequence[PriceCard], request_input_tokens: float = 0.0
) -> ImpliedVolumes:
    r"""Return the token volumes that would produce published costs on known cards.

    Solves :math:`p_{\text{in},i}\, I + p_{\text{out},i}\, O = C_i` for the volumes
    :math:`I, O`: exactly for two costs, by least squares for more.

    Parameters
    ----------
    costs_usd : sequence of float
        Cost of the same workload on each card, US dollars; at least two.
    cards : sequence of PriceCard
        The card behind each cost, without caching.
    request_input_tokens : float
        Total input of one request, tokens, which selects the context tier.

    Returns
    -------
    ImpliedVolumes
        Input and output tokens, and the root of the summed squared misses in US dollars.

    Raises
    ------
    ComputebookError
        If the numbers of costs and cards differ, there are fewer than two, or the cards are
        proportional to each other, so that the mix cannot be told.

    Examples
    --------
    The article's annual enterprise cost of Gemini and Claude hides a round assumption:

    >>> cards = [PriceCard.flat("gemini-3-pro", 2.0, 12.0),
    ...          PriceCard.flat("claude-opus-4.5", 5.0, 25.0)]
    >>> volumes = implied_token_volumes([70_000, 150_000], cards)
    >>> round(volumes.input_tokens / 1e6), round(volumes.output_tokens / 1e6)
    (5000, 5000)
    """
    costs = errors.require_finite_in("costs_usd", costs_usd, "$", 0.0, 1e15)
    if costs.shape != (len(cards),) or len(cards) < 2:
        raise errors.ComputebookError(
            f"costs_usd has {costs.size} values for {len(cards)} cards: "
            f"two unknown volumes need at least 2 costs, one per card"
        )
    prices = np.array([_in_out(card, request_input_tokens) for card in cards])
    if np.linalg.matrix_rank(prices) < 2:
        raise errors.ComputebookError(
            f"the prices of {', '.join(card.model_id for card in cards)} are proportional: "
            f"their costs cannot tell input from output tokens"
        )
    mtok = np.linalg.lstsq(prices, costs, rcond=None)[0]
    residual = float(np.linalg.norm(prices @ mtok - costs))
    inputs, outputs = (float(volume) * TOKENS_PER_MTOK for volume in mtok)
    return ImpliedVolumes(inputs, outputs, residual)


@scalar_in_scalar_out
def cached_prefix_cost_ratio(
    uses: Quantity, write_multiplier: Quantity, read_multiplier: Quantity
) -> Any:
    r"""Return the cost of a cached prefix relative to sending it uncached every time.

    .. math:: \frac{w + (n - 1)\, r}{n}

    Parameters
    ----------
    uses : float or array
        Requests that share the prefix while the cache lives, >= 1; the first one writes.
    write_multiplier : float or array
        Price of a written token over an uncached one: 1 where writing is free of surcharge
        (OpenAI), 1.25 for five minutes and 2 for one hour at Anthropic.
    read_multiplier : float or array
        Price of a token read over an uncached one, 0.1 say.

    Examples
    --------
    >>> round(cached_prefix_cost_ratio(10, 1.25, 0.1), 3)
    0.215
    """
    n = errors.require_finite_in("uses", uses, "requests", 1.0, 1e15)
    write = errors.require_finite_in("write_multiplier", write_multiplier, "", 0.0, 100.0)
    read = errors.require_finite_in("read_multiplier", read_multiplier, "", 0.0, 100.0)
    return (write + (n - 1) * read) / n


@scalar_in_scalar_out
def cache_break_even_uses(write_multiplier: Quantity, read_multiplier: Quantity) -> Any:
    r"""Return the fewest uses of a prefix at which caching it costs less than not.

    The least whole :math:`n > (w - r) / (1 - r)`, from `cached_prefix_cost_ratio` below 1.

    Parameters
    ----------
    write_multiplier : float or array
        Price of a written token over an uncached one.
    read_multiplier : float or array
        Price of a token read over an uncached one, 0 to below 1.

    Returns
    -------
    float or array
        Requests, the writing one included.

    Raises
    ------
    ComputebookError
        If reading costs as much as sending the tokens again: then caching never pays.

    Examples
    --------
    No surcharge, five minutes and one hour:

    >>> cache_break_even_uses([1.0, 1.25, 2.0], 0.1)
    array([2., 2., 3.])
    """
    write = errors.require_finite_in("write_multiplier", write_multiplier, "", 0.0, 100.0)
    read = errors.require_finite_in("read_multiplier", read_multiplier, "", 0.0, 1 - 1e-9)
    return np.maximum(np.floor((write - read) / (1 - read)) + 1, 1)
