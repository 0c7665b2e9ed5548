"""Time to combine partial results: all-reduce and expert exchange with a latency floor."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from computebook.serving.deployment import Deployment

__all__ = ["all_reduce_s", "expert_exchange_s"]

_LATENCY_GROWTH: Final = 0.35
_FILL_HALF_S: Final = 8e-6
_SCALE_OUT_LATENCY_S: Final = 20e-6
_EXCHANGE_BYTES: Final = 3.0


def all_reduce_s(deployment: Deployment, message_bytes: Any, ranks: Any) -> Any:
    r"""Return the time of one all-reduce.

    ``latency (1 + 0.35 log2 n) + y + fill y / (y + 8 us)`` with ``y = 2 (n - 1)/n M / (f BW)``:
    a floor, the transfer at full bandwidth, and the pipeline's fill, which small messages do
    not pay. Beyond the scale-up domain the slower network adds one exchange between domains.
    The form follows measured times of 16 KB to 128 MB on 2 to 8 accelerators.

    Source: `nvidia_aiconfigurator`.

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
    >>> all_reduce_s(llama_8b_on_h100(), 1e6, 1.0).item()
    0.0
    """
    a, c = deployment.accelerator, deployment.constants
    share = 2.0 * (ranks - 1.0) / np.maximum(ranks, 1.0)
    link = np.maximum(np.where(a.scale_up_bytes_per_s > 0, a.scale_up_bytes_per_s, 25e9), 1.0)
    transfer = share * message_bytes / (link * c.link_fraction)
    fill = c.link_fill_s * transfer / (transfer + _FILL_HALF_S)
    floor = c.link_latency_s * (1.0 + _LATENCY_GROWTH * np.log2(np.maximum(ranks, 2.0)))
    inside = floor + transfer + fill
    return np.where(
        ranks > 1.0, inside + _between_domains(deployment, share * message_bytes, ranks), 0.0
    )


def _between_domains(deployment: Deployment, sent_bytes: Any, ranks: Any) -> Any:
    """Return the extra time of a group that is larger than one scale-up domain."""
    domain = np.maximum(deployment.accelerator.scale_up_domain, 1)
    outside = sent_bytes / (deployment.scale_out_bytes_per_s * domain) + _SCALE_OUT_LATENCY_S
    return np.where(ranks > domain, outside, 0.0)


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
    a, g, c = deployment.architecture, deployment.accelerator, deployment.constants
    ranks = np.multiply(deployment.placement.tensor_parallel, 1.0)
    spread = np.minimum(np.maximum(a.experts_per_token, 1), ranks) * (ranks - 1) / ranks
    inside = np.where(g.scale_up_bytes_per_s > 0, g.scale_up_bytes_per_s, 25e9) * c.link_fraction
    link = np.where(ranks > g.scale_up_domain, deployment.scale_out_bytes_per_s, inside)
    moved = tokens_per_rank * a.hidden_size * _EXCHANGE_BYTES * spread
    on = np.greater(deployment.placement.attention_data_parallel, 1)
    return np.where(on, c.exchange_latency_s + moved / link, 0.0)
