"""A model, a device and a layout for examples and tests of the training models."""

from __future__ import annotations

from computebook.architectures import Transformer
from computebook.hardware import Accelerator
from computebook.training.layout import Batch, Layout

__all__ = ["h100", "llama_8b", "llama_405b", "llama_405b_on_1024"]


def llama_8b() -> Transformer:
    """Return the shape of Llama 3.1 8B."""
    return Transformer(
        architecture_id="llama-3.1-8b", layers=32, hidden_size=4096, attention_heads=32,
        kv_heads=8, head_dim=128, ffn_size=14336, vocab_size=128256,
    )  # fmt: skip


def llama_405b() -> Transformer:
    """Return the shape of Llama 3.1 405B."""
    return Transformer(
        architecture_id="llama-3.1-405b", layers=126, hidden_size=16384, attention_heads=128,
        kv_heads=8, head_dim=128, ffn_size=53248, vocab_size=128256,
    )  # fmt: skip


def h100() -> Accelerator:
    """Return an H100 SXM."""
    return Accelerator(
        accelerator_id="h100-sxm", generation="hopper", memory_bytes=85.52e9,
        memory_bandwidth_bytes_per_s=3.35e12, bf16_flop_per_s=989e12, fp8_flop_per_s=1979e12,
        scale_up_bytes_per_s=450e9, scale_up_domain=8, tdp_w=700.0,
    )  # fmt: skip


def llama_405b_on_1024() -> tuple[Layout, Batch]:
    """Return how NVIDIA trains Llama 3.1 405B on 1,024 H100, as its performance summary says."""
    layout = Layout(tensor=8, pipeline=8, context=2, data=8, virtual_stages=8)
    return layout, Batch(sequence_tokens=8192, sequences=1536)
