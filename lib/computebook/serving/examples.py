"""A deployment for the examples of this package."""

from __future__ import annotations

from computebook import memory
from computebook.architectures import Transformer
from computebook.hardware import Accelerator
from computebook.serving.deployment import Deployment
from computebook.units import Quantity

__all__ = ["llama_8b_on_h100"]


def llama_8b_on_h100(tensor_parallel: Quantity = 1) -> Deployment:
    """Return Llama 3.1 8B in bf16 on H100 with the default constants.

    Parameters
    ----------
    tensor_parallel : int or array, default 1
        Accelerators that share the weights.

    Returns
    -------
    Deployment
        Shape from the model card, rates from the data sheet.

    Examples
    --------
    >>> llama_8b_on_h100(2).accelerators
    2.0
    """
    llama = Transformer(
        architecture_id="llama-3.1-8b",
        layers=32,
        hidden_size=4096,
        attention_heads=32,
        kv_heads=8,
        head_dim=128,
        ffn_size=14336,
        vocab_size=128256,
    )
    h100 = Accelerator(
        accelerator_id="h100-sxm",
        generation="hopper",
        memory_bytes=85.52e9,
        memory_bandwidth_bytes_per_s=3.35e12,
        bf16_flop_per_s=989e12,
        fp8_flop_per_s=1979e12,
        scale_up_bytes_per_s=450e9,
        scale_up_domain=8,
        tdp_w=700.0,
    )
    placement = memory.Placement(tensor_parallel=tensor_parallel)
    return Deployment(architecture=llama, accelerator=h100, placement=placement)
