"""Price cards that a calculator offers, by position."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from computebook import datasets
from computebook.price_cards import ARTICLE_DATE, price_card, price_cards
from computebook.pricing import Bill, PriceCard, bill
from computebook.rates import first_missing_edge
from computebook.tracing import take
from computebook.usage import Usage

__all__ = ["Offer", "batch_bill", "chosen", "offers"]

MEASURED_DAY: Final = "2025-02-28"
"""The month in which the fleets of `fleets` ran, for the price of the model that they served."""


class Offer(NamedTuple):
    """A model with its cards; missing cache rates are those of new input."""

    model_id: str
    label: str
    standard: PriceCard
    batch: PriceCard | None


@functools.cache
def offers() -> tuple[Offer, ...]:
    """Return the models with a price in the month of the article, by name, and R1 a year before.

    Examples
    --------
    >>> [offer.label for offer in offers()][-1]
    'DeepSeek-R1, Feb 2025'
    """
    batch = price_cards(ARTICLE_DATE, "batch")
    listed = [
        Offer(
            model_id,
            _name(model_id),
            card.without_cache_discount(),
            batch[model_id].without_cache_discount() if model_id in batch else None,
        )
        for model_id, card in price_cards(ARTICLE_DATE, "standard").items()
    ]
    r1 = price_card("deepseek-r1", MEASURED_DAY).without_cache_discount()
    old = Offer("deepseek-r1", f"{_name('deepseek-r1')}, Feb 2025", r1, None)
    return (*sorted(listed, key=lambda offer: offer.label.lower()), old)


def _name(model_id: str) -> str:
    models = datasets.load("commercial_models").set_index("model_id")["name"]
    return str(models.to_dict()[model_id]).split(" (")[0]


def chosen(values: Callable[[Offer], Any], model: Any) -> Any:
    """Return what a function says of the chosen offer.

    Parameters
    ----------
    values : callable
        From an offer to a number or tracer; it is asked about every offer.
    model : int or tracer
        Position in `offers`.

    Examples
    --------
    >>> chosen(lambda offer: len(offer.standard.tiers), 0)
    1
    """
    return take([values(offer) for offer in offers()], model)


def batch_bill(offer: Offer, usage: Usage) -> Bill:
    """Return the bill of requests that can wait.

    Where no batch price is known, for the model or for prompts of that length, it is the standard
    one: none is assumed.

    Parameters
    ----------
    offer : Offer
        Cards of a model.
    usage : Usage
        Tokens of one request.
    """
    standard = bill(usage, offer.standard)
    if offer.batch is None:
        return standard
    cheap = bill(usage, offer.batch)
    edge = first_missing_edge(offer.batch, offer.standard)
    if edge is None:
        return cheap
    beyond = edge.contains(usage.input_tokens)
    parts = standard.parts()
    return Bill(**{n: np.where(beyond, parts[n], usd) for n, usd in cheap.parts().items()})
