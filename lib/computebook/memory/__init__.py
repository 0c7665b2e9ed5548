"""Bytes that a model needs while it serves, and what fits into the accelerators.

`shape` counts the values that a cache holds, `cache` gives them a precision, `placement` says
how a model is laid out, `footprint` adds up what each accelerator holds, and `capacity` turns
that round: the largest batch, the longest context, the smallest number of accelerators.
"""

from computebook.memory.cache import (
    INDEXER_BITS,
    LINEAR_STATE_BITS,
    cache_bytes_from_elements,
    cached_tokens_per_sequence,
    kv_bytes_per_token,
    kv_cache_bytes,
    kv_read_bytes,
    kv_shards,
)
from computebook.memory.capacity import (
    USABLE_FRACTION,
    accelerators_needed,
    cache_budget_bytes,
    fits,
    max_batch_size,
    max_context_tokens,
)
from computebook.memory.footprint import (
    RUNTIME_RESERVE_BYTES,
    MemoryParts,
    kv_bytes_per_accelerator,
    memory_per_accelerator,
    weight_bytes,
    weight_bytes_per_accelerator,
)
from computebook.memory.placement import Placement
from computebook.memory.shape import (
    SLIDING_WINDOW_MODES,
    attended_tokens,
    indexer_elements_per_token,
    kv_elements_per_layer,
    kv_elements_per_token,
    linear_state_elements,
)

__all__ = [
    "INDEXER_BITS",
    "LINEAR_STATE_BITS",
    "RUNTIME_RESERVE_BYTES",
    "SLIDING_WINDOW_MODES",
    "USABLE_FRACTION",
    "MemoryParts",
    "Placement",
    "accelerators_needed",
    "attended_tokens",
    "cache_budget_bytes",
    "cache_bytes_from_elements",
    "cached_tokens_per_sequence",
    "fits",
    "indexer_elements_per_token",
    "kv_bytes_per_accelerator",
    "kv_bytes_per_token",
    "kv_cache_bytes",
    "kv_elements_per_layer",
    "kv_elements_per_token",
    "kv_read_bytes",
    "kv_shards",
    "linear_state_elements",
    "max_batch_size",
    "max_context_tokens",
    "memory_per_accelerator",
    "weight_bytes",
    "weight_bytes_per_accelerator",
]
