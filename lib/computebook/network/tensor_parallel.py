"""Communication of tensor parallelism in one forward pass."""

from __future__ import annotations

from typing import Any

from computebook import errors
from computebook.architectures import Transformer
from computebook.network.collectives import all_reduce_s
from computebook.network.link import Link
from computebook.units import Quantity, scalar_in_scalar_out

__all__ = ["tensor_parallel_step_s"]


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
    >>> import numpy as np
    >>> llama = Transformer(architecture_id="llama-3.1-70b", layers=80, hidden_size=8192,
    ...     attention_heads=64, kv_heads=8, head_dim=128, ffn_size=28672, vocab_size=128256)
    >>> np.round(1e3 * tensor_parallel_step_s(llama, 64, [1, 8], Link(450e9)), 2)
    array([0.  , 1.3])
    """
    batch = errors.require_finite_in("tokens", tokens, "tokens", 0, 1e12)
    width = errors.require_finite_in("bytes_per_activation", bytes_per_activation, "B", 0.5, 8)
    message = batch * architecture.hidden_size * width
    return 2 * architecture.layers * all_reduce_s(message, tensor_parallel, link)
