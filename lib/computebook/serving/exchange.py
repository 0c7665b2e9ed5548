"""Time to combine partial results on a deployment's own links: all-reduce and expert exchange."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from computebook import network
from computebook.serving.deployment import Deployment

__all__ = ["all_reduce_s", "expert_exchange_s", "scale_out_link", "scale_up_link"]

_LATENCY_GROWTH: Final = 0.35
_SCALE_OUT_LATENCY_S: Final = 20e-6
_EXCHANGE_BYTES: Final = 3.0
_PCIE_BYTES_PER_S: Final = 25e9


def scale_up_link(deployment: Deployment) -> network.Link:
    """Return the links inside a scale-up domain at their calibrated efficiency.

    Accelerators without such links talk over their PCIe slot.

    Parameters
    ----------
    deployment : Deployment
        Accelerators and constants.

    Returns
    -------
    network.Link
        Latency floor, fill and share of the data sheet's rate.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> scale_up_link(llama_8b_on_h100()).bandwidth_bytes_per_s.item()
    450000000000.0
    """
    rate, c = deployment.accelerator.scale_up_bytes_per_s, deployment.constants
    return network.Link(
        np.where(np.greater(rate, 0), rate, _PCIE_BYTES_PER_S),
        latency_s=c.link_latency_s,
        efficiency=c.link_fraction,
        fill_s=c.link_fill_s,
        latency_growth=_LATENCY_GROWTH,
    )


def scale_out_link(deployment: Deployment) -> network.Link:
    """Return the network beyond the scale-up domain.

    Parameters
    ----------
    deployment : Deployment
        Accelerators and their network rate.

    Returns
    -------
    network.Link
        Latency floor and rate per accelerator.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> scale_out_link(llama_8b_on_h100()).effective_bytes_per_s
    50000000000.0
    """
    return network.Link(deployment.scale_out_bytes_per_s, _SCALE_OUT_LATENCY_S, 1.0)


def all_reduce_s(deployment: Deployment, message_bytes: Any, ranks: Any) -> Any:
    r"""Return the time of one all-reduce on the deployment's links.

    Source: `nvidia_aiconfigurator` (measured form); see `network.two_tier_all_reduce_s`.

    Parameters
    ----------
    deployment : Deployment
        Links and constants.
    message_bytes : float or array
        Bytes per accelerator, at least 0.
    ranks : float or array
        Accelerators that take part; 1 needs no communication.

    Returns
    -------
    float or array
        Seconds; 0 for one rank.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> all_reduce_s(llama_8b_on_h100(), 1e6, 1.0)
    0.0
    """
    domain = np.maximum(deployment.accelerator.scale_up_domain, 1)
    return network.two_tier_all_reduce_s(
        message_bytes, ranks, domain, scale_up_link(deployment), scale_out_link(deployment)
    )


def expert_exchange_s(deployment: Deployment, tokens_per_rank: Any) -> Any:
    """Return the time to send tokens to their experts and back, per MoE layer.

    ``floor + tokens x H x 3 bytes x min(k, n) (n - 1)/n / bandwidth``: one byte out, two back.
    Only layouts with attention data parallelism exchange tokens; others reduce whole rows.

    Source: `deepseek2024v3` section 3.4.

    Parameters
    ----------
    deployment : Deployment
        Model, links and constants.
    tokens_per_rank : float or array
        Tokens of each attention group in this step.

    Returns
    -------
    float or array
        Seconds; 0 without attention data parallelism.

    Examples
    --------
    >>> from computebook.serving.examples import llama_8b_on_h100
    >>> expert_exchange_s(llama_8b_on_h100(), 64.0).item()
    0.0
    """
    a, c = deployment.architecture, deployment.constants
    ranks = np.multiply(deployment.placement.tensor_parallel, 1.0)
    copies = np.minimum(np.maximum(a.experts_per_token, 1), ranks)
    up, out = scale_up_link(deployment), scale_out_link(deployment)
    moved = network.two_tier_all_to_all_s(
        tokens_per_rank * a.hidden_size * _EXCHANGE_BYTES * copies,
        ranks,
        np.maximum(deployment.accelerator.scale_up_domain, 1),
        network.Link(up.bandwidth_bytes_per_s, 0.0, up.efficiency),
        network.Link(out.bandwidth_bytes_per_s, 0.0, 1.0),
    )
    on = np.greater(deployment.placement.attention_data_parallel, 1)
    return np.where(on, c.exchange_latency_s + moved, 0.0)
