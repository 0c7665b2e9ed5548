"""Collectives over two tiers: links inside a scale-up domain, a network between domains."""

from __future__ import annotations

from typing import Any

import numpy as np

from computebook.network.collectives import all_reduce_s, message_of, participants_of
from computebook.network.link import Link
from computebook.units import Quantity, scalar_in_scalar_out

__all__ = ["two_tier_all_reduce_s", "two_tier_all_to_all_s"]


@scalar_in_scalar_out
def two_tier_all_reduce_s(
    message_bytes: Quantity,
    participants: Quantity,
    scale_up_domain: Quantity,
    scale_up: Link,
    scale_out: Link,
) -> Any:
    """Return the time of an all-reduce that crosses scale-up domains.

    Reduce-scatter inside each domain of d, all-reduce of the d-th part between the n / d
    domains, all-gather inside: three phases, one after another.

    Source: `thakur2005collectives`; hierarchy as in `narayanan2021megatron`.

    Parameters
    ----------
    message_bytes : float or array
        Size of the array on each accelerator, bytes, 0 to 1e18.
    participants : float or array
        Accelerators n, 1 to 1e7.
    scale_up_domain : float or array
        Accelerators per domain d, 1 to 1e7.
    scale_up, scale_out : Link
        Network inside a domain and between domains.

    Returns
    -------
    float or array
        Seconds; `all_reduce_s` inside when everything fits one domain.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> up, out = Link(450e9), Link(50e9, 1e-5)
    >>> np.round(1e3 * two_tier_all_reduce_s(1e9, [8, 64], 8, up, out), 1)
    array([4.3, 9.2])
    """
    ranks = participants_of(participants)
    inside = np.minimum(ranks, participants_of(scale_up_domain))
    across = np.ceil(ranks / inside)
    within_s = all_reduce_s(message_bytes, inside, scale_up)
    return within_s + all_reduce_s(message_of(message_bytes) / inside, across, scale_out)


@scalar_in_scalar_out
def two_tier_all_to_all_s(
    message_bytes: Quantity,
    participants: Quantity,
    scale_up_domain: Quantity,
    scale_up: Link,
    scale_out: Link,
) -> Any:
    """Return the time of an all-to-all that crosses scale-up domains.

    Each accelerator sends ``(d - 1) / n`` of its bytes inside and ``(n - d) / n`` outside; both
    networks work at once, so that the slower decides.

    Source: `deepseek2024v3` section 3.2.

    Parameters
    ----------
    message_bytes : float or array
        Bytes that each accelerator holds for all, itself included, 0 to 1e18.
    participants : float or array
        Accelerators n, 1 to 1e7.
    scale_up_domain : float or array
        Accelerators per domain d, 1 to 1e7.
    scale_up, scale_out : Link
        Network inside a domain and between domains.

    Returns
    -------
    float or array
        Seconds.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> up, out = Link(450e9), Link(50e9, 1e-5)
    >>> np.round(1e3 * two_tier_all_to_all_s(1e9, [8, 64], 8, up, out), 1)
    array([ 2.2, 19.5])
    """
    ranks = participants_of(participants)
    inside = np.minimum(ranks, participants_of(scale_up_domain))
    payload = message_of(message_bytes)
    within_s = scale_up.busy_s((inside - 1) / ranks * payload, inside)
    across_s = scale_out.busy_s((ranks - inside) / ranks * payload, ranks / inside)
    return np.maximum(within_s, across_s)
