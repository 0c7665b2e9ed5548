"""Shapes of real models and peaks of real GPUs, read from the report's tables without pandas."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).resolve().parents[3] / "data"

Record = dict[str, str]


@dataclass(frozen=True)
class WeightShape:
    """One weight of one layer as one GPU holds it: k inputs to n outputs."""

    architecture_id: str
    tensor_parallel: int
    name: str
    n: int
    k: int


@dataclass(frozen=True)
class AttentionShape:
    """Decode attention of one layer as one GPU runs it.

    Multi-head latent attention is written in its absorbed form: all query heads read one latent
    vector a token (`kv_heads` 1), whose first `value_dim` elements are also the value.
    """

    architecture_id: str
    tensor_parallel: int
    layer: str
    query_heads: int
    kv_heads: int
    key_dim: int
    value_dim: int
    window_tokens: int = 0
    values_in_keys: bool = False


def read_table(name: str, data: Path = DATA) -> dict[str, Record]:
    """Return the rows of `data/<name>.csv` by their first column."""
    with (data / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {next(iter(row.values())): row for row in csv.DictReader(file)}


def integer(record: Record, field: str) -> int:
    """Return a cell as an integer; an empty one is 0, as for a part that a model lacks."""
    return int(float(record[field] or 0))


def share(total: int, parts: int, what: str) -> int:
    """Return the part of `total` that each of `parts` GPUs holds.

    >>> share(64, 8, "query heads")
    8
    """
    if total % parts:
        raise ValueError(f"{total} {what} do not divide over {parts} GPUs")
    return total // parts


def kv_heads_held(kv_heads: int, tensor_parallel: int) -> int:
    """Return the KV heads of one GPU: with more GPUs than heads, heads are held twice.

    >>> kv_heads_held(8, 4), kv_heads_held(8, 16)
    (2, 1)
    """
    return max(1, kv_heads // tensor_parallel)


def attention_shapes(record: Record, tensor_parallel: int = 1) -> list[AttentionShape]:
    """Return the attention of a model's full layers and, where it has them, of its window layers.

    Parameters
    ----------
    record
        A row of `data/architectures.csv`.
    tensor_parallel
        GPUs that share one layer; query heads divide over them.
    """
    heads = share(integer(record, "attention_heads"), tensor_parallel, "query heads")
    name = record["architecture_id"]
    if record["attention"] == "mla":
        latent, rope = integer(record, "kv_lora_rank"), integer(record, "qk_rope_head_dim")
        whole = AttentionShape(
            name, tensor_parallel, "latent", heads, 1, latent + rope, latent, values_in_keys=True
        )
        return [whole]
    held = kv_heads_held(integer(record, "kv_heads"), tensor_parallel)
    dim, window = integer(record, "head_dim"), integer(record, "sliding_window_tokens")
    layers = {
        "full": (integer(record, "full_attention_layers"), 0),
        "window": (integer(record, "sliding_window_layers"), window),
    }
    return [
        AttentionShape(name, tensor_parallel, layer, heads, held, dim, dim, tokens)
        for layer, (count, tokens) in layers.items()
        if count
    ]


def attention_weights(record: Record, tensor_parallel: int) -> dict[str, tuple[int, int]]:
    """Return (n, k) of the projections around attention; queries, keys and values are fused."""
    hidden, dim = integer(record, "hidden_size"), integer(record, "head_dim")
    heads = share(integer(record, "attention_heads"), tensor_parallel, "query heads")
    if record["attention"] == "mla":
        rank, latent = integer(record, "q_lora_rank"), integer(record, "kv_lora_rank")
        return {
            "latent-down": (rank + latent + integer(record, "qk_rope_head_dim"), hidden),
            "query-up": (heads * dim, rank),
            "attention-out": (hidden, heads * integer(record, "v_head_dim")),
        }
    held = kv_heads_held(integer(record, "kv_heads"), tensor_parallel)
    return {"qkv": ((heads + 2 * held) * dim, hidden), "attention-out": (hidden, heads * dim)}


def mlp_weights(record: Record, tensor_parallel: int) -> dict[str, tuple[int, int]]:
    """Return (n, k) of the dense MLP and of one expert, where the model has them."""
    hidden = integer(record, "hidden_size")
    widening = 2 if record["gated_mlp"] == "true" else 1
    sizes = {"mlp": integer(record, "ffn_size"), "expert": integer(record, "expert_ffn_size")}
    weights = {}
    for part, size in sizes.items():
        if size:
            width = share(size, tensor_parallel, f"{part} columns")
            weights[f"{part}-up"] = (widening * width, hidden)
            weights[f"{part}-down"] = (hidden, width)
    return weights


def weight_shapes(record: Record, tensor_parallel: int = 1) -> list[WeightShape]:
    """Return every weight shape of a layer as one GPU holds it.

    Parameters
    ----------
    record
        A row of `data/architectures.csv`.
    tensor_parallel
        GPUs that share one layer.
    """
    weights = attention_weights(record, tensor_parallel) | mlp_weights(record, tensor_parallel)
    name = record["architecture_id"]
    return [WeightShape(name, tensor_parallel, part, n, k) for part, (n, k) in weights.items()]
