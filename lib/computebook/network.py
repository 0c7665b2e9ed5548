"""Time of collective operations between accelerators: a latency floor and a bandwidth term.

Ring algorithms at a stated share of the link rate. At medium sizes (about 1 to 16 MB) real
collectives take up to three times as long, because latency and bandwidth do not add so simply
there: read these as lower bounds unless a measured efficiency is put in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from computebook import errors
from computebook.architectures import Transformer
from computebook.units import Quantity, scalar_in_scalar_out

__all__ = [
    "SCALE_OUT_LATENCY_S",
    "SCALE_UP_EFFICIENCY",
    "SCALE_UP_LATENCY_S",
    "Link",
    "all_gather_s",
    "all_reduce_s",
    "all_to_all_s",
    "point_to_point_s",
    "tensor_parallel_step_s",
    "two_tier_all_reduce_s",
    "two_tier_all_to_all_s",
]

SCALE_UP_LATENCY_S: Final = 3.6e-6
"""Floor of an all-reduce over NVLink: 16 KB over eight H100 took 3.6 microseconds in the
kernel tables of `nvidia_aiconfigurator` (H200 3.5, B200 5.9, A100 8.4)."""

SCALE_UP_EFFICIENCY: Final = 0.9
"""Bus bandwidth of large all-reduces over NVLink as a share of one direction's peak: 128 MB over
eight H100 ran at 408 of 450 GB/s in the kernel tables of `nvidia_aiconfigurator`."""

SCALE_OUT_LATENCY_S: Final = 1e-5
"""Floor of one transfer between nodes, as `nvidia_aiconfigurator` assumes for point to point."""


@dataclass(frozen=True)
class Link:
    """One tier of a network as an accelerator sees it.

    Parameters
    ----------
    bandwidth_bytes_per_s : float or array
        Rate in one direction per accelerator, bytes/s, above 0.
    latency_s : float or array, default 3.6e-6
        Floor of one collective, s, 0 to 1.
    efficiency : float or array, default 0.9
        Share of the rate that large messages reach, above 0 up to 1.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> Link(450e9).effective_bytes_per_s
    405000000000.0
    """

    bandwidth_bytes_per_s: Quantity
    latency_s: Quantity = SCALE_UP_LATENCY_S
    efficiency: Quantity = SCALE_UP_EFFICIENCY

    def __post_init__(self) -> None:
        check = errors.require_finite_in
        check("bandwidth_bytes_per_s", self.bandwidth_bytes_per_s, "B/s", 1, 1e18)
        check("latency_s", self.latency_s, "s", 0, 1)
        check("efficiency", self.efficiency, "of peak", 1e-6, 1)

    @property
    def effective_bytes_per_s(self) -> Any:
        """Bandwidth that large messages reach, bytes/s in one direction."""
        return self.bandwidth_bytes_per_s * self.efficiency


def _message(value: Quantity) -> Any:
    return errors.require_finite_in("message_bytes", value, "B", 0, 1e18)


def _participants(value: Quantity) -> Any:
    return errors.require_finite_in("participants", value, "accelerators", 1, 1e7)


def _collective_s(traversed_bytes: Any, participants: Any, link: Link) -> Any:
    """Time of a collective whose every participant sends a number of bytes; 0 when alone."""
    busy = link.latency_s + traversed_bytes / link.effective_bytes_per_s
    return np.where(np.greater(participants, 1), busy, 0.0)


@scalar_in_scalar_out
def all_reduce_s(message_bytes: Quantity, participants: Quantity, link: Link) -> Any:
    """Return the time to sum an array over accelerators and give everyone the result.

    ``latency + 2 (n - 1) / n x M / W``: the ring, whose traffic no algorithm without
    in-network reduction undercuts. Exactly 0 for one participant.

    Source: `patarasuk2009allreduce`.

    Parameters
    ----------
    message_bytes : float or array
        Size M of the array on each accelerator, bytes, 0 to 1e18.
    participants : float or array
        Accelerators n, 1 to 1e7.
    link : Link
        Rate and latency between them.

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
    >>> np.round(1e6 * all_reduce_s(2**27, [1, 8], Link(450e9)))
    array([  0., 584.])
    """
    ranks = _participants(participants)
    return _collective_s(2 * (ranks - 1) / ranks * _message(message_bytes), ranks, link)


@scalar_in_scalar_out
def all_gather_s(message_bytes: Quantity, participants: Quantity, link: Link) -> Any:
    """Return the time to give everyone an array of which each holds a part.

    ``latency + (n - 1) / n x M / W``; a reduce-scatter takes the same. Exactly 0 for one
    participant.

    Source: `thakur2005collectives`.

    Parameters
    ----------
    message_bytes : float or array
        Size M of the whole array, bytes, 0 to 1e18.
    participants : float or array
        Accelerators n, 1 to 1e7.
    link : Link
        Rate and latency between them.

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
    >>> round(1e6 * all_gather_s(2**27, 8, Link(450e9)))
    294
    """
    ranks = _participants(participants)
    return _collective_s((ranks - 1) / ranks * _message(message_bytes), ranks, link)


@scalar_in_scalar_out
def all_to_all_s(message_bytes: Quantity, participants: Quantity, link: Link) -> Any:
    """Return the time for every accelerator to send a different part to every other.

    ``latency + (n - 1) / n x M / W``. Exactly 0 for one participant.

    Source: `thakur2005collectives`; experts: `deepseek2024v3` section 3.2.

    Parameters
    ----------
    message_bytes : float or array
        Bytes M that each accelerator holds for all, itself included, 0 to 1e18.
    participants : float or array
        Accelerators n, 1 to 1e7.
    link : Link
        Rate and latency between them.

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
    >>> all_to_all_s(1e6, 1, Link(450e9))
    0.0
    """
    return all_gather_s(message_bytes, participants, link)


@scalar_in_scalar_out
def point_to_point_s(message_bytes: Quantity, link: Link) -> Any:
    """Return the time to send bytes from one accelerator to one other.

    ``latency + M / W``: a pipeline stage handing on, or a cache moving to another pool.

    Source: `hockney1994communication`.

    Parameters
    ----------
    message_bytes : float or array
        Bytes M, 0 to 1e18.
    link : Link
        Rate and latency between the two.

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
    >>> round(1e3 * point_to_point_s(25.6e9, Link(50e9, SCALE_OUT_LATENCY_S, 1.0)))
    512
    """
    return link.latency_s + _message(message_bytes) / link.effective_bytes_per_s


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
    >>> up, out = Link(450e9), Link(50e9, SCALE_OUT_LATENCY_S)
    >>> np.round(1e3 * two_tier_all_reduce_s(1e9, [8, 64], 8, up, out), 1)
    array([4.3, 9.2])
    """
    ranks = _participants(participants)
    inside = np.minimum(ranks, _participants(scale_up_domain))
    across = np.ceil(ranks / inside)
    within_s = all_reduce_s(message_bytes, inside, scale_up)
    return within_s + all_reduce_s(_message(message_bytes) / inside, across, scale_out)


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
    >>> up, out = Link(450e9), Link(50e9, SCALE_OUT_LATENCY_S)
    >>> np.round(1e3 * two_tier_all_to_all_s(1e9, [8, 64], 8, up, out), 1)
    array([ 2.2, 19.5])
    """
    ranks = _participants(participants)
    inside = np.minimum(ranks, _participants(scale_up_domain))
    payload = _message(message_bytes)
    within_s = _collective_s((inside - 1) / ranks * payload, inside, scale_up)
    across_s = _collective_s((ranks - inside) / ranks * payload, ranks / inside, scale_out)
    return np.maximum(within_s, across_s)


@scalar_in_scalar_out
def tensor_parallel_step_s(
    architecture: Transformer,
    tokens: Quantity,
    tensor_parallel: Quantity,
    link: Link,
    bytes_per_activation: Quantity = 2.0,
) -> Any:
    """Return the time that tensor parallelism spends on communication in one forward pass.

    Two all-reduces per layer of ``tokens x hidden size`` activations. Exactly 0 for one
    accelerator.

    Source: `shoeybi2019megatron` section 3.

    Parameters
    ----------
    architecture : Transformer
        Shape of the model.
    tokens : float or array
        Tokens that pass together: the batch in decoding, prompt tokens in prefill, 0 to 1e12.
    tensor_parallel : float or array
        Accelerators, 1 to 1e7.
    link : Link
        Rate and latency between them.
    bytes_per_activation : float or array, default 2
        Bytes per value sent, 0.5 to 8.

    Returns
    -------
    float or array
        Seconds per pass, nothing overlapped.

    Raises
    ------
    ComputebookError
        If a number is outside its bounds.

    Examples
    --------
    >>> llama = Transformer(architecture_id="llama-3.1-70b", layers=80, hidden_size=8192,
    ...     attention_heads=64, kv_heads=8, head_dim=128, ffn_size=28672, vocab_size=128256)
    >>> np.round(1e3 * tensor_parallel_step_s(llama, 64, [1, 8], Link(450e9)), 2)
    array([0.  , 1.3])
    """
    batch = errors.require_finite_in("tokens", tokens, "tokens", 0, 1e12)
    width = errors.require_finite_in("bytes_per_activation", bytes_per_activation, "B", 0.5, 8)
    message = batch * architecture.hidden_size * width
    return 2 * architecture.layers * all_reduce_s(message, tensor_parallel, link)
